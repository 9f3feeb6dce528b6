"""Pages that `--open` shows: files in `reports/` of the library's folder, for ten minutes.

They show faces and are not encrypted, since a browser has to read them. The opener (report/opener.py) removes
its page; what a crash has left is removed by the next command that writes. A report that is to be kept is
written where its user says, by --html.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from pathlib import Path

from ..files import delete_files, private_folder, write_private
from ..home import KEPT_PAGE, PAGE

FOLDER = "reports"
LIFETIME = timedelta(minutes=10)  # long enough for a browser that has to be started first
KEPT_BEFORE = timedelta(days=7)  # for pages of versions before this one, which kept them for two years


def new_place(home: Path) -> Path:
    """Where a page may be put that is to be shown. Makes nothing."""
    return home / FOLDER / f"page-{secrets.token_hex(8)}.html"


def write(place: Path, page: str) -> None:
    """Put a page there. Raises SelfsearchError when the folder is a link, OSError."""
    private_folder(place.parent)
    write_private(place, page.encode())


def remove_expired(home: Path, now: datetime) -> None:
    """Remove pages whose time is over. Links are not followed, and files with other names stay."""
    shown, kept = (now - LIFETIME).timestamp(), (now - KEPT_BEFORE).timestamp()
    delete_files(home / FOLDER, PAGE, when=lambda info: info.st_mtime < shown)
    delete_files(home / FOLDER, KEPT_PAGE, when=lambda info: info.st_mtime < kept)
