"""Hatchling's hook: every wheel carries the default model pack and a bill of materials (PEP 770), and so does
an editable checkout. A wheel also brings man pages and completion for shells, made of the commands.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(1, str(Path(__file__).resolve().parent.parent))
import convert_pack
import sbom
import typer

from selfsearch import cli
from selfsearch.cli import completion, manual

PACKS = Path("selfsearch/packs/bundled")


def shared_files(version: str) -> dict[str, str]:
    """Path under the prefix -> text, of what shells and man read."""
    program = typer.main.get_command(cli.app)
    scripts = {path: completion.SCRIPTS[shell](program) for shell, path in completion.PLACES.items()}
    return scripts | {f"share/man/man1/{name}": page for name, page in manual.pages(program, version).items()}


class WheelHook(BuildHookInterface):  # type: ignore[type-arg]
    """Takes the pack that is already in the checkout if it is right, and makes it otherwise.

    Only an editable install writes into the checkout: a plain build must work where that is read-only.
    """

    scratch: Path

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        self.scratch = Path(tempfile.mkdtemp(prefix="selfsearch-wheel-"))
        place = PACKS / convert_pack.NAME
        pack = Path(self.root) / place
        if version != "editable" and not convert_pack.is_built(pack):
            pack = self.scratch / convert_pack.NAME
        try:
            convert_pack.build(pack)
        except convert_pack.PackBuildError as exc:
            self.app.abort(f"The default model pack cannot be built: {exc}")
        if version != "editable":
            build_data["force_include"][str(pack)] = place.as_posix()
            for name, text in shared_files(self.metadata.version).items():
                file = self.scratch / name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, "utf-8")
                build_data["shared_data"][str(file)] = name
        materials = self.scratch / sbom.NAME
        materials.write_bytes(sbom.sbom(self.metadata.version))
        build_data["sbom_files"].append(str(materials))

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        shutil.rmtree(self.scratch)
