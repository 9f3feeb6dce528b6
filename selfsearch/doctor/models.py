"""The settings, and the model packs byte by byte."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from .. import settings
from ..errors import PackError, UsageError
from ..packs import store
from ..recognition.calibration import find_calibration
from ..recognition.model_pack import DEFAULT_PACK
from .finding import Finding


def check_settings(home: Path) -> Iterator[Finding]:
    """Whether config.toml can be read, and names a pack that is there."""
    try:
        used = settings.read(home).pack
    except UsageError as exc:
        yield Finding("settings", "error", str(exc), f"correct or delete {home / 'config.toml'}")
        return
    if used in [pack.name for pack in store.list_packs(home / "packs")]:
        yield Finding("settings", "ok", f"the settings are readable; the model pack in use is {used}")
    else:
        yield Finding(
            "settings", "error", f"the model pack in use, {used}, is not there or cannot be read",
            f"add it again (selfsearch models add), or: selfsearch models use {DEFAULT_PACK}",
        )  # fmt: skip


def packs_are_whole(home: Path) -> Iterator[Finding]:
    """Whether every pack is, byte for byte, what its manifest says."""
    for pack in store.list_packs(home / "packs"):
        try:
            pack.verify()
            measured = find_calibration(pack)
        except PackError as exc:
            said, _, cure = str(exc).partition("; ")
            yield Finding("packs", "error", said, cure)
            continue
        yield Finding("packs", "ok", f"the model pack {pack.name} is what its manifest says")
        if measured is None:
            yield Finding(
                "packs", "note", f"the model pack {pack.name} has no calibration: its scores have no bands",
                "measure it on labelled photographs: scripts/calibrate",
            )  # fmt: skip
    for name, why in store.unreadable_packs(home / "packs").items():
        yield Finding("packs", "error", why, f"take it away: selfsearch models remove {name}")
