"""selfsearch forget"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import LibraryError, UsageError
from . import erasure_output, options
from .key import warn_of_passphrase

if TYPE_CHECKING:
    from ..consent.forget import Receipt, Target
    from ..library.erasure import Erasure
    from ..library.library import Library


def forget(
    what: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="WHAT",
            help="A source (number or path), a person, a file or folder that was read, a sha256.",
        ),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Everything but the ledger of consent.")] = False,
    bystanders: Annotated[
        bool,
        typer.Option(
            "--bystanders", help="Faces that resemble nobody enrolled, and keep none of them from now on."
        ),
    ] = False,
    pack: options.PackName = None,
    yes: options.Yes = False,
    as_json: options.AsJson = False,
) -> None:
    """Erase what was derived from a source, a person or a photograph.

    Then the library is searched for it, to show that it is gone. Your own files are not touched. The receipt
    stays in the ledger of consent.
    """
    from ..consent.forget import complete, preview, request
    from ..library.erasure import pending

    if bool(what) + everything + bystanders > 1:
        raise UsageError("say what to forget, or --all, or --bystanders: one of them")
    if bystanders:
        _forget_bystanders(pack, yes=yes, as_json=as_json)
        return
    with options.opened(writing=True, completing=False) as library:
        begun = pending(library)
        completed = complete(library, options.now())
        targets = _targets(library, what or [], begun) if what or everything else []
        if not targets:
            if not completed:
                raise UsageError("say what to forget, or --all")
            print_receipts(completed, as_json=as_json)
            return
        erasure_output.require_yes(
            partial(preview, library, targets),
            f"Erase {_as_text(library, targets, what or [])}?",
            "nothing was erased",
            yes=yes,
        )
        request(library, targets, options.now())
        receipts = completed + complete(library, options.now())
    if everything:
        warn_of_passphrase()
    print_receipts(receipts, as_json=as_json)


def _forget_bystanders(pack: str | None, *, yes: bool, as_json: bool) -> None:
    """Purge what is stored of others, and discard them from now on."""
    from .. import settings
    from ..consent import bystanders
    from ..consent.forget import BYSTANDERS, complete, preview

    with options.opened(writing=True) as library:
        engine, now = options.engine(pack), options.now()
        erasure_output.require_yes(
            lambda: preview(library, [BYSTANDERS], sorted(bystanders.find_bystanders(library, engine, now))),
            "Erase every face that resembles nobody enrolled?",
            "nothing was erased",
            yes=yes,
        )
        removed = bystanders.remove_bystanders(library, engine, now)
        settings.write(library.home, bystanders="discard")
        receipts = complete(library, options.now(), removed.samples)
    options.say("from now on faces that resemble nobody enrolled are counted and not kept")
    if not receipts:
        options.say("none were stored")
    print_receipts(receipts, as_json=as_json)


def print_receipts(receipts: list[Receipt], *, as_json: bool) -> None:
    """Raises LibraryError when something was found that should be gone."""
    from ..consent.forget import as_dict

    if as_json:
        options.answer_json(
            {"schema": "selfsearch.forget/1", "receipts": [as_dict(receipt) for receipt in receipts]}
        )
    else:
        options.answer(*erasure_output.as_lines(receipts), *erasure_output.not_reached(receipts))
    if any(receipt.remnants for receipt in receipts):
        raise LibraryError("something of what was to be erased is still there; the receipt says where")


def _were_begun(names: list[str], begun: list[Erasure]) -> bool:
    """Whether an earlier run had begun to erase all that is named."""
    subjects = {name for each in begun for name in (each.subject, str(each.number))}
    is_media = any(each.kind == "media" for each in begun)  # they have lost their names
    return all(
        is_media or {name, str(Path(name).expanduser().absolute())} & subjects for name in names
    ) and bool(begun)


def _targets(library: Library, names: list[str], begun: list[Erasure]) -> list[Target]:
    """What is meant; nothing when an earlier run had begun to erase it, and it is gone now."""
    from ..consent.forget import everything, resolve

    if not names:
        return everything(library)
    try:
        return list(dict.fromkeys(target for name in names for target in resolve(library, name)))
    except UsageError:
        if not _were_begun(names, begun):
            raise
        return []


def _as_text(library: Library, targets: list[Target], names: list[str]) -> str:
    """What will be erased, as the question names it."""
    from ..library import sources

    if any(target.kind == "library" for target in targets):
        return "everything"
    if any(target.kind == "media" for target in targets):  # they are known by what was typed
        return (
            f"what is kept of {', '.join(names)}"
            if len(names) < 6
            else f"these {len(names)} files and folders"
        )
    rows = {row.id: row.name for row in sources.all_sources(library)}
    called = dict.fromkeys(
        rows.get(target.number or 0, target.subject) if target.kind == "source" else target.subject
        for target in targets
    )
    what = ", ".join(called) if len(called) < 6 else f"these {len(called)} sources and people"
    return f"what is kept of {what}"
