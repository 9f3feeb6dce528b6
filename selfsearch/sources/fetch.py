"""Getting single files again by the address that an item had."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..errors import ItemError
from .archives import archive
from .members import Member


def fetch(addresses: Iterable[str], limit: int) -> Iterator[tuple[str, bytes]]:
    """(address, content) of those files that can be read now and are at most `limit` bytes; each archive is opened once."""
    inside: dict[str, set[str]] = {}
    for address in addresses:
        container, mark, _ = address.partition("!")
        if mark:
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
