"""selfsearch backup and restore"""

from __future__ import annotations

import getpass
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import UsageError
from ..sandbox import process
from ..types import isoformat
from . import options

if TYPE_CHECKING:
    from ..library.library import Library
    from ..library.root_key import RootKey


def backup(
    file: Annotated[Path, typer.Argument(help="Where to write it; a new file.")],
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

    target = file.expanduser().absolute()
    replacing = options.may_replace(target, yes=yes)
    if not target.parent.is_dir():
        raise UsageError(f"there is no folder {target.parent}")
    passphrase = new_passphrase() if with_key else None
    with options.opened(writing=True) as library:
        manifest = save(library, target, isoformat(options.now()), passphrase, replacing=replacing)
    counts = manifest.counts
    options.answer(
        f"saved and checked: {target}: {counts['sources']} sources, {counts['media']:,} media,"
        f" {counts['faces']:,} faces, {manifest.ledger_length} entries of the ledger"
    )
    if not with_key:
        options.answer(
            "it opens with this library's key only: keep the recovery code elsewhere (selfsearch key export)"
        )
    options.answer("after an erasure the faces in it do not open any more: make a new backup then")


def restore(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A backup.")],
    code: Annotated[
        bool, typer.Option("--code", help="Type its recovery code (or give it on standard input).")
    ] = False,
    yes: options.Yes = False,
) -> None:
    """Put a backup in the library's place. What was withdrawn or erased since does not come back.

    It is checked whole before anything is replaced. With a key of its own, SELFSEARCH_BACKUP_PASSPHRASE or
    the terminal gives its passphrase.
    """
    from ..home import claim
    from ..library.library import finish_replacement, writer
    from ..library.restore import restore as put_in_place

    path, home = file.expanduser().absolute(), options.home()
    if (home / "library.db").exists() and not yes:
        question = f"Replace the library in {home} by this backup?"
        if not options.ask(question):
            raise UsageError(f"there is a library in {home}; to replace it without a question: --yes")
    claim(home)
    with writer(home):
        finish_replacement(home)
        roots = _root_keys(path, home, code)
        restored = put_in_place(
            home, options.key_folder(), path, roots, _erase_without_consent, options.now()
        )
    manifest, counts = restored.manifest, restored.manifest.counts
    options.answer(
        f"restored the library of {manifest.made_at}: {counts['sources']} sources, {counts['media']:,}"
        f" media, {counts['faces']:,} faces"
    )
    if restored.newer:
        options.answer(f"{restored.newer} newer entries of the ledger were taken over")
    if restored.lost:
        lost = ", ".join(restored.lost)
        options.answer(
            f"their keys open no more, because something was erased since the backup: {lost};"
            " what is kept of them is erased, and index or people add makes it anew"
        )
    with options.opened(writing=True):
        pass  # completes the erasures


def _erase_without_consent(library: Library) -> None:
    """Ask for the erasure of what has no consent any more by the merged ledger."""
    from ..consent import forget, grants

    for kind in ("source", "person"):
        forget.withdrawn(library, kind, grants.ended(library, kind), options.now())


def _root_keys(path: Path, home: Path, code: bool) -> list[RootKey]:
    """The keys that may open the backup."""
    from ..library import backup, restore, root_key
    from .key import read_code

    backup.check(path)
    keys = restore.root_keys(home, options.key_folder(), path, options.ask_passphrase)
    if code:
        keys.append(root_key.from_code(read_code()))
    if backup.has_root(path):
        passphrase = process.passphrase("SELFSEARCH_BACKUP_PASSPHRASE")
        if passphrase is None and not keys and sys.stdin.isatty():
            passphrase = getpass.getpass("Passphrase of the backup: ")
        if passphrase:
            keys.append(backup.sealed_root(path, passphrase))
    return keys
