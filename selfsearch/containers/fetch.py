"""Getting single files again by the address that an item had."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from ..errors import ItemError
from .archive import archive
from .base import Member


def fetch(addresses: Iterable[str], limit: int) -> Iterator[tuple[str, bytes]]:
    """(address, content) of those files that can be read now and are at most `limit` bytes; each archive is
    opened once.
    """
    inside: dict[str, set[str]] = {}
    for address in addresses:
        container = _archive_of(address)
        if container:
            inside.setdefault(container, set()).add(address)
            continue
        try:
            with open(address, "rb") as file:
                data = file.read(limit + 1)
        except OSError:
            continue
        if len(data) <= limit:
            yield address, data
    for container, wanted in inside.items():
        yield from _from_archive(container, wanted, limit)


def _archive_of(address: str) -> str | None:
    """The archive that an ARCHIVE!MEMBER address begins with; None for a plain file. Both may have "!" in
    their names.
    """
    if os.path.isfile(address):
        return None
    marks = [at for at, sign in enumerate(address) if sign == "!"]
    return next((address[:at] for at in marks if os.path.isfile(address[:at])), None)


def _from_archive(path: str, wanted: set[str], limit: int) -> Iterator[tuple[str, bytes]]:
    box = archive(path)
    if box is None:
        return
    try:
        found: list[Member] = [member for member in box.members() if member.address in wanted]
        for member in sorted(found, key=lambda one: one.order):
            try:
                yield member.address, member.read(limit)
            except ItemError:
                continue
    finally:
        box.close()
