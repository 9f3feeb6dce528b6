"""Putting a restored library in the place of the one that is there, so that a kill at any moment loses
neither.

The new files stand complete in `.restore`; from the moment its marker is written, whoever opens the library
moves them into place one by one, and the old ones aside, until all are moved.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from ..files import private_folder, write_private

STAGE, ASIDE, MARKER = ".restore", ".before-restore", "ready"
MOVED = ("config.toml", "keys.db", "library.db", "key.json")


def stage(home: Path) -> Path:
    """An empty private folder for the new files."""
    private_folder(home)
    shutil.rmtree(home / STAGE, ignore_errors=True)
    return private_folder(home / STAGE)


def commit(home: Path) -> None:
    """The staged files are complete: put them into place. Needs the writer's place, the library closed."""
    write_private(home / STAGE / MARKER, b"")
    finish(home)


def is_ready(home: Path) -> bool:
    """Whether a replacement was begun and must be finished."""
    return (home / STAGE / MARKER).exists()


def finish(home: Path) -> None:
    """Move what is not moved yet. Needs the writer's place."""
    if not is_ready(home):
        return
    aside = private_folder(home / ASIDE)
    for name in MOVED:
        if not (home / STAGE / name).exists():
            continue
        if (home / name).exists() and not (aside / name).exists():
            os.replace(home / name, aside / name)
        for side in ("-wal", "-shm"):  # of the old file; the new one was closed and has none
            (home / f"{name}{side}").unlink(missing_ok=True)
        os.replace(home / STAGE / name, home / name)
    shutil.rmtree(aside)
    shutil.rmtree(home / STAGE)
