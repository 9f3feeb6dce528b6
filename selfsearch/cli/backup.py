"""selfsearch backup and restore"""

from __future__ import annotations

import getpass
import sys
from collections.abc import Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import UsageError
from ..sandbox import process
from ..types import isoformat
from ..words import counted, quantity
from . import erasure_output, options

if TYPE_CHECKING:
    from ..library.backup import Backup
    from ..library.library import Library
    from ..library.restore import Candidate, Restored
    from ..settings import Settings

UNSEALED = (
    "This backup was made by an earlier selfsearch, which put no seal on backups: nothing shows whether"
    " somebody changed it or put it together from several. Its settings are not taken. Restore it only if"
    " nobody else could write to the place where it was kept."
)


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write it; a new file.")],
    with_key: Annotated[
        bool, typer.Option("--with-key", help="Put the key in, sealed under a passphrase that is asked for.")
    ] = False,
    yes: options.Yes = False,
) -> None:
    """Save the library in one encrypted file, and check it.

    Reports are not in it, nor is the key unless you ask.

    A backup opens with the library's key or its recovery code (selfsearch key export).
    """
    from ..library.backup import save
    from .key import new_passphrase
    from .progress import progress_bar

    target = file.expanduser().absolute()
    replacing = options.may_replace(target, yes=yes)
    if not target.parent.is_dir():
        raise UsageError(f"there is no folder {target.parent}")
    passphrase = new_passphrase() if with_key else None
    with options.opened(writing=True) as library:
        manifest = save(
            library,
            target,
            isoformat(options.now()),
            passphrase,
            replacing=replacing,
            progress=progress_bar(),
        )
    options.answer(
        f"saved and checked: {target}: {_held(manifest.counts)},"
        f" {counted(manifest.ledger_length, 'entries of the ledger')}"
    )
    if not with_key:
        options.answer(
            "it opens with this library's key only: keep the recovery code elsewhere (selfsearch key export)"
        )
    options.answer("after an erasure the faces in it do not open any more: make a new backup then")


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="A backup.")],
    code: Annotated[
        bool, typer.Option("--code", help="Type its recovery code (or give it on standard input).")
    ] = False,
    take_settings: Annotated[
        bool,
        typer.Option("--settings", help="Take the backup's settings, too; notifications only if you agree."),
    ] = False,
    unauthenticated: Annotated[
        bool,
        typer.Option("--unauthenticated", help="Take a backup of an earlier version, which bears no seal."),
    ] = False,
    yes: options.Yes = False,
) -> None:
    """Put a backup in the library's place. What was withdrawn, erased or removed since does not come back.

    It is checked whole before anything is replaced. With a key of its own, SELFSEARCH_BACKUP_PASSPHRASE or
    the terminal gives its passphrase.
    """
    from .. import settings
    from ..consent.forget import complete
    from ..home import claim
    from ..library.backup import opened
    from ..library.ledger import believed
    from ..library.library import finish_replacement, writer
    from ..library.restore import Caller
    from ..library.restore import restore as put_in_place

    path, home = file.expanduser().absolute(), options.home()
    with opened(path) as source:
        if not source.is_sealed and not unauthenticated and not options.ask(f"{UNSEALED} Restore it?"):
            raise UsageError(f"{UNSEALED} To restore it all the same: --unauthenticated")
        if (home / "library.db").exists() and not yes:
            question = f"Replace the library in {home} by this backup?"
            if not options.ask(question):
                raise UsageError(
                    options.with_hint(f"the library in {home} was not replaced", "to replace it")
                )
        claim(home)
        caller = Caller(_erase_without_consent, partial(_choose_settings, take=take_settings), options.now())
        with writer(home):
            finish_replacement(home)
            candidates = _candidates(source, home, code)
            restored = put_in_place(home, options.key_folder(), source, candidates, caller)
    for line in _described(restored):
        options.answer(line)
    if settings.read(home).bystanders == "discard":
        options.answer(
            "faces of others are discarded from now on; what the backup alone still had of them goes with:"
            " selfsearch forget --bystanders"
        )
    with options.opened(writing=True, completing=False) as library:
        receipts = complete(library, options.now(), restored.removed.samples)
        options.say(*erasure_output.as_lines(receipts))
        believed(library, "library")  # the head of the ledger is that of this one from now on


def _held(counts: dict[str, int]) -> str:
    """ "2 sources, 812 photographs, 1,404 faces"."""
    nouns = {"sources": "source", "media": "photograph", "faces": "face"}
    return ", ".join(quantity(counts[name], noun) for name, noun in nouns.items())


def _described(restored: Restored) -> Iterator[str]:
    """What came of it, in words."""
    from .key import PLACES

    manifest, counts = restored.manifest, restored.manifest.counts
    yield f"restored the library of {manifest.made_at}: {_held(counts)}"
    if restored.key_kind:
        yield f"its key is kept in {PLACES[restored.key_kind][0]} from now on; see: selfsearch key show"
    if restored.newer:
        newer = counted(restored.newer, "newer entries of the ledger")
        yield f"taken over from the library in place: {newer}"
    if restored.removed.count:
        faces = counted(restored.removed.count, "faces")
        yield f"removed again, because they were removed after the backup: {faces}"
    if restored.verdicts_lost:
        verdicts = counted(restored.verdicts_lost, "verdicts")
        yield (
            f"lost: {verdicts} (me, not me) on photographs that came after the backup; to be given again when"
            " index has read those"
        )
    if restored.lost:
        yield (
            "their keys open no more, because something was erased or the key was rotated since the backup:"
            f" {', '.join(restored.lost)}; what is kept of them is erased, and index or people add makes it"
            " anew"
        )
    if restored.is_behind:
        yield (
            "this machine has seen this library with more entries in its ledger than there are now, or what"
            " it keeps of that is damaged: what was withdrawn, erased or removed after the backup may have"
            " come back. Look through: selfsearch consent list, sources, people"
        )
    elif restored.unread:
        yield (
            "the library that was in place could not be read whole: what was withdrawn, erased or removed in"
            " it after the backup may have come back. Look through: selfsearch consent list, sources, people"
        )


def _choose_settings(here: Settings, saved: Settings, *, take: bool) -> dict[str, Any]:
    """What to change in the settings in place: the stricter always, the rest when asked for."""
    from .. import settings

    changes = settings.stricter(here, saved)
    for name, value in changes.items():
        options.say(f"{name} is {value} from now on, as it was in the backup: the stricter of the two counts")
    looser = settings.stricter(saved, here)
    others = {
        name: value
        for name, value in asdict(saved).items()
        if value != getattr(here, name) and name not in (*changes, *looser)
    }
    notify = others.pop("notify", "")
    if others and take:
        changes |= others
    elif others:
        listed = ", ".join(
            f"{name} = {value!r} (here {getattr(here, name)!r})" for name, value in others.items()
        )
        options.say(f"the backup has other settings, which are not taken: {listed}; to take them: --settings")
    if notify and _takes_notify(notify, take):
        changes["notify"] = notify
    return changes


def _takes_notify(setting: str, take: bool) -> bool:
    """Where notifications go is never taken without a question."""
    from ..monitoring import notify

    try:
        shown = ", ".join(channel.shown for channel in notify.parse(setting))
    except UsageError:
        return False
    if take and options.ask(f"Send notifications as the backup says: {shown}?"):
        return True
    options.say(
        f"the backup says where notifications go ({shown}); this is not taken: that needs --settings and a"
        " yes at a terminal"
    )
    return False


def _erase_without_consent(library: Library) -> None:
    """Ask for the erasure of what has no consent any more by the merged ledger."""
    from ..consent import forget, grants

    for kind in ("source", "person"):
        forget.withdrawn(library, kind, grants.ended(library, kind), options.now())


def _candidates(source: Backup, home: Path, code: bool) -> list[Candidate]:
    """The keys that may open the backup."""
    from ..library import root_key
    from ..library.restore import Candidate, find_roots
    from .key import read_code

    library_id = source.manifest.library_id
    candidates = find_roots(home, options.key_folder(), library_id, options.ask_passphrase)
    if code:
        candidates.append(Candidate(root_key.from_code(read_code())))
    if source.has_root:
        passphrase = process.passphrase("SELFSEARCH_BACKUP_PASSPHRASE")
        if passphrase is None and not candidates and sys.stdin.isatty():
            passphrase = getpass.getpass("Passphrase of the backup: ")
        if passphrase:
            candidates.append(Candidate(source.sealed_root(passphrase)))
    return candidates
