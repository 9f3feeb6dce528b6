"""The round: the machine first, then the folders, the packs, and last what the library holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from ..errors import LibraryBusyError, LibraryError
from ..library.library import open_library
from . import contents, folders, machine, models
from .finding import Finding

Ask = Callable[[], "str | None"]  # for the library's passphrase


def examine(home: Path, key_folder: Path, ask: Ask | None = None, *, fix: bool = False) -> Iterator[Finding]:
    """Every finding, as it is made. Raises Busy when `fix` is asked for while another selfsearch is
    writing.
    """
    yield from machine.programs()
    yield machine.telemetry()
    if home.is_dir():
        yield from folders.permissions(home, key_folder, fix)
        yield from folders.leftovers(home, fix)
        yield folders.disk(home)
    yield from models.check_settings(home)
    yield from models.packs_are_whole(home)
    if not (home / "key.json").exists() and not (home / "library.db").exists():
        yield Finding(
            "library", "note", f"there is no library in {home} yet", "make one: selfsearch index PATH"
        )
        return
    yield from _library(home, key_folder, ask, fix)


def _library(home: Path, key_folder: Path, ask: Ask | None, fix: bool) -> Iterator[Finding]:
    try:
        with open_library(home, key_folder=key_folder, ask=ask, writing=fix) as library:
            yield from contents.contents(library, fix)
    except LibraryBusyError:
        raise
    except LibraryError as exc:
        yield Finding(
            "library",
            "error",
            str(exc),
            "put the library's folder or its key back from a backup; if there is none, move the folder"
            " away and index again",
        )
