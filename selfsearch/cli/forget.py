"""selfsearch forget"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import LibraryError, UsageError
from . import options

if TYPE_CHECKING:
    from ..consent.forget import Receipt, Target
    from ..library.library import Library


def forget(
    what: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[WHAT]...",
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
    """Erase everything that was derived from a source, a person or a photograph, and show that it is gone.

    Your own files are not touched. The receipt stays in the ledger of consent.
    """
    from ..consent import forget as forgetting

    if bool(what) + everything + bystanders > 1:
        raise UsageError("say what to forget, or --all, or --bystanders: one of them")
    if bystanders:
        _forget_bystanders(pack, yes=yes, as_json=as_json)
        return
    with options.opened(writing=True, completing=False) as library:
        before = forgetting.complete(library, options.now())
        if not what and not everything:
            if not before:
                raise UsageError("say what to forget, or --all")
            tell(before, as_json=as_json)
            return
        targets = _targets(library, what or [])
        if not yes and not options.ask(f"Erase {_named(targets)}? This cannot be undone."):
            raise UsageError("nothing was erased; to go ahead without a question: --yes")
        forgetting.request(library, targets, options.now())
        tell(before + forgetting.complete(library, options.now()), as_json=as_json)


def _forget_bystanders(pack: str | None, *, yes: bool, as_json: bool) -> None:
    """Purge what is stored of others, and discard them from now on."""
    from .. import settings
    from ..consent import bystanders
    from ..consent import forget as forgetting

    with options.opened(writing=True) as library:
        if not yes and not options.ask(
            "Erase every face that resembles nobody enrolled? This cannot be undone."
        ):
            raise UsageError("nothing was erased; to go ahead without a question: --yes")
        removed = bystanders.remove_bystanders(library, options.engine(pack), options.now())
        settings.write(library.home, bystanders="discard")
        receipts = forgetting.complete(library, options.now(), removed.samples)
    options.say("from now on faces that resemble nobody enrolled are counted and not kept")
    if not receipts:
        options.say("none were stored")
    tell(receipts, as_json=as_json)


def tell(receipts: list[Receipt], *, as_json: bool) -> None:
    """Print receipts. Raises LibraryError when something was found that should be gone."""
    from ..consent.forget import as_dict
    from .erasure_output import not_reached, words

    if as_json:
        options.answer_json({"schema": "selfsearch.forget/1", "receipts": [as_dict(one) for one in receipts]})
    else:
        for one in receipts:
            options.answer(words(one))
        options.answer(not_reached())
    if any(one.remnants for one in receipts):
        raise LibraryError("something of what was to be erased is still there; the receipt says where")


def _targets(library: Library, words: list[str]) -> list[Target]:
    from ..consent import forget as forgetting

    if not words:
        return forgetting.everything(library)
    return list(dict.fromkeys(one for word in words for one in forgetting.resolve(library, word)))


def _named(targets: list[Target]) -> str:
    names = dict.fromkeys(one.subject for one in targets)
    return ", ".join(names) if len(names) < 6 else f"{len(targets)} sources, people and media"
