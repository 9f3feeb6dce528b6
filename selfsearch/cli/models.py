"""selfsearch models"""

from __future__ import annotations

import typer

from ..errors import PackError
from . import options

app = typer.Typer(
    help="Model packs: which there are, under which licence, and which is used.", invoke_without_command=True
)


@app.callback(invoke_without_command=True)
def list_models(context: typer.Context, as_json: options.AsJson = False) -> None:
    """List the model packs with licence, size and the state of their checksums."""
    if context.invoked_subcommand:
        return
    from .. import config
    from ..engine import packs
    from ..engine.calibration import find_calibration

    used = config.read(options.home()).pack
    listed = []
    for pack in packs.all_packs(options.home() / "packs"):
        try:
            pack.verify()
            state = "good"
        except PackError as exc:
            state = str(exc)
        listed.append(
            {
                "name": pack.name, "used": pack.name == used, "licence": next(iter(pack.licence.splitlines()), "none"),
                "bytes": pack.size, "dimension": pack.dimension, "checksums": state,
                "calibrated": find_calibration(pack) is not None, "folder": str(pack.folder),
            }
        )  # fmt: skip
    if as_json:
        options.answer_json({"schema": "selfsearch.models/1", "packs": listed})
        return
    for one in listed:
        mark = "*" if one["used"] else " "
        options.answer(
            f"{mark} {one['name']}: {one['bytes'] / 2**20:.0f} MB, checksums {one['checksums']}, {one['licence']}"
        )
