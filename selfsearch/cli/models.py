"""selfsearch models"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import PackError, UsageError
from . import options
from .network_policy import Need, network

if TYPE_CHECKING:
    from ..packs.install import AddedPack
    from ..recognition.model_pack import Pack

app = typer.Typer(
    help="Model packs: which there are, their licences, which one is used.", invoke_without_command=True
)


@app.callback(invoke_without_command=True)
def list_models(context: typer.Context, as_json: options.AsJson = False) -> None:
    """List the model packs with licence, size and the state of their checksums."""
    if context.invoked_subcommand:
        return
    from .. import settings
    from ..packs import store

    used, folder = settings.read(options.home()).pack, options.home() / "packs"
    packs = [_as_object(pack, used) for pack in store.list_packs(folder)]
    unusable = store.unreadable_packs(folder)
    if as_json:
        problems = [{"name": name, "problem": problem} for name, problem in unusable.items()]
        options.answer_json({"schema": "selfsearch.models/1", "packs": packs, "unusable": problems})
        return
    for pack in packs:
        options.answer(*_as_lines(pack))
    for name, problem in unusable.items():
        options.answer(f"! {name}: {problem}; take it away: selfsearch models remove {name}")


@app.command("add")
@network(
    Need.NETWORK,
    when=lambda arguments: not Path(arguments["source"]).exists(),
    because="models add {source} fetches a model pack that is not on this machine;"
    " no photograph and no face is read",
)
def add(
    source: Annotated[
        str, typer.Argument(metavar="FOLDER|ZIP|NAME", help="A pack on disk, or the name of a published one.")
    ],
    name: Annotated[str | None, typer.Option("--name", metavar="NAME", help="What to call it here.")] = None,
    accept_license: Annotated[
        bool, typer.Option("--accept-license", help="You have read the pack's licence and accept it.")
    ] = False,
) -> None:
    """Add a model pack: from a folder, from a zip, or by fetching it.

    It is one of InsightFace's. This is the only command that connects anywhere, and only when a published
    pack is asked for by its name.
    """
    from ..home import claim
    from ..packs.download import PUBLISHED
    from ..packs.install import add_pack

    if Path(source).exists():
        added = add_pack(Path(source), claim(options.home()) / "packs", name)
    elif source in PUBLISHED:
        added = _download(source, options.home() / "packs", name, accept_license)
    else:
        raise UsageError(
            f"{source} is no folder or zip here, nor a pack that InsightFace publishes"
            f" ({', '.join(PUBLISHED)})"
        )
    pack = added.pack
    options.answer(
        f"{pack.name} is {'replaced' if added.replaced else 'added'}: {pack.dimension} numbers per face,"
        f" {pack.size / 2**20:.0f} MB, checksums recorded; licence: {pack.terms}"
    )
    if added.ignored:
        options.answer(f"not needed and left out: {', '.join(added.ignored)}")
    options.answer(f"to use it: selfsearch models use {pack.name}")


@app.command("use")
def use(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The pack; see: selfsearch models.")],
) -> None:
    """Set the pack that index and query use from now on."""
    from .. import settings
    from ..packs.store import find_pack

    home = options.home()
    pack = find_pack(name, home / "packs")
    pack.verify()
    settings.write(home, pack=name)
    options.say(
        f"index and query now use {name}. Templates of different packs are never compared: the next index"
        " or query makes"
        " new ones from the faces that the library keeps; your photographs are not read again."
    )
    if pack.calibration is None:
        options.say(
            f"{name} has no calibration: its scores are not sorted into strong, likely and possible, and"
            " no number of"
            " expected false matches is given. To measure it on labelled photographs: scripts/calibrate"
        )
    if os.environ.get("SELFSEARCH_PACK"):
        options.say(
            f"note: SELFSEARCH_PACK is set in your environment to {os.environ['SELFSEARCH_PACK']}, and"
            " counts more"
        )


@app.command("remove")
def remove(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The pack; see: selfsearch models.")],
    yes: options.Yes = False,
) -> None:
    """Delete a pack that you added. What the library holds stays."""
    from .. import settings
    from ..packs.install import remove_pack

    home = options.home()
    if settings.read(home).pack == name and (home / "packs" / name).is_dir():
        raise UsageError(f"{name} is in use; choose another one first: selfsearch models use opencv-zoo")
    if (home / "packs" / name).is_dir():
        options.require_yes(
            f"Delete the files of {name}? To use it again, it must be added again.",
            "nothing was deleted",
            yes=yes,
        )
    remove_pack(name, home / "packs")
    options.say(
        f"{name} is deleted; templates that it made stay in the library and are not searched without it"
    )


def _download(name: str, folder: Path, new_name: str | None, accepted: bool) -> AddedPack:
    """Add a published pack, after its terms were accepted."""
    from ..files import sha256_of
    from ..home import claim
    from ..packs.download import TERMS, download_file
    from ..packs.install import add_pack
    from ..recognition.session import release_url
    from .progress import DownloadProgress

    options.say(*TERMS.splitlines())
    if not accepted and not options.ask(
        f"Do you accept this for {name}, and shall it be fetched from InsightFace?"
    ):
        raise UsageError(
            f"nothing was fetched; to accept the licence: selfsearch models add {name} --accept-license"
        )
    claim(options.home())
    url, target = release_url(f"{name}.zip"), folder / f"{name}.zip"
    if os.path.lexists(target):
        raise UsageError(f"there is a file {target} already; to add it: selfsearch models add {target}")
    options.say(f"fetching {url}")
    with DownloadProgress() as progress:
        download_file(url, target, progress)
    try:
        origin = {"from": url, "sha256": sha256_of(target), "bytes": target.stat().st_size}
        return add_pack(target, folder, new_name or name, origin)
    finally:
        target.unlink(missing_ok=True)


def _as_object(pack: Pack, used: str) -> dict[str, Any]:
    return {
        "name": pack.name, "used": pack.name == used, "licence": pack.terms, "bytes": pack.size,
        "dimension": pack.dimension, "checksums": _checksums(pack),
        "calibrated": pack.calibration is not None, "folder": str(pack.folder),
    }  # fmt: skip


def _checksums(pack: Pack) -> str:
    try:
        pack.verify()
    except PackError as exc:
        return str(exc)
    return "good"


def _as_lines(pack: dict[str, Any]) -> list[str]:
    good, used = pack["checksums"] == "good", pack["used"]
    summary = (
        f"{'!' if not good else '*' if used else ' '} {pack['name']}{' (used)' if used else ''}:"
        f" {pack['bytes'] / 2**20:.0f} MB, {pack['dimension']} numbers per face,"
        f" checksums {'good' if good else 'BAD'}, {'' if pack['calibrated'] else 'not '}calibrated"
    )
    problem = [] if good else [f"    {pack['checksums']}"]
    return [summary, *(f"    {line}" for line in pack["licence"].splitlines()), *problem]
