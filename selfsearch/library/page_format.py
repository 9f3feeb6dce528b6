"""Pages of a database file: SQLite's b-trees within SQLCipher's encryption.

SQLite does not show what lies beside its rows, and SQLCipher gives up a whole file at the first damaged page;
who must look there reads pages by this module: slack.py what deleted rows leave, page_reader.py what is left
of a damaged file. The formats: https://www.sqlite.org/fileformat2.html, and SQLCipher 4's at
https://www.zetetic.net/sqlcipher/design/ (pages of 4096 bytes, AES-256-CBC, at the end of each the IV and an
HMAC-SHA512).
"""

from __future__ import annotations

from typing import NamedTuple

PAGE = 4096  # bytes
SALT, IV, MAC = 16, 16, 64  # bytes: in front of page 1; at the end of each page
USABLE = PAGE - IV - MAC  # bytes that SQLite has of a page
FILE_HEADER = 100  # bytes of page 1 before its b-tree
INNER_INDEX, INNER_TABLE, LEAF_INDEX, LEAF_TABLE = KINDS = 2, 5, 10, 13  # pages of b-trees
LARGEST_IN_LEAF = USABLE - 35  # bytes of a table's row that go on no other page
LARGEST_IN_INDEX = (USABLE - 12) * 64 // 255 - 23  # of an entry of an index
SMALLEST_PART = (USABLE - 12) * 32 // 255 - 23  # of a longer one, that stay on its page
FOLLOWING = USABLE - 4  # bytes of it on each page that it goes on


class Page(NamedTuple):
    """A page, decrypted, without what SQLCipher adds. Raises IndexError for one that makes no sense."""

    number: int  # from 1
    data: bytes

    @property
    def start(self) -> int:
        """Where its b-tree begins."""
        return FILE_HEADER if self.number == 1 else 0

    @property
    def kind(self) -> int:
        """One of KINDS; of a page of no b-tree, any byte."""
        return self.data[self.start]

    @property
    def pointers(self) -> int:
        """Where the places of its cells are listed."""
        return self.start + (12 if self.kind in (INNER_INDEX, INNER_TABLE) else 8)

    @property
    def cells(self) -> list[int]:
        """Where its cells (rows, entries, ways to other pages) begin, in their order."""
        first, count = self.pointers, integer(self.data, self.start + 3, 2)
        return [integer(self.data, at, 2) for at in range(first, first + 2 * count, 2)]

    @property
    def last_child(self) -> int:
        """Of an inner page, the page below it that has the greatest keys."""
        return integer(self.data, self.start + 8, 4)


def local_bytes(size: int, largest: int) -> int:
    """How many bytes of a row or an entry of `size` are on its own page; `largest` as above."""
    if size <= largest:
        return size
    part = SMALLEST_PART + (size - SMALLEST_PART) % FOLLOWING
    return part if part <= largest else SMALLEST_PART


def integer(data: bytes, at: int, length: int) -> int:
    """A number of so many bytes. Raises IndexError when the data end before it does."""
    if not 0 <= at <= len(data) - length:
        raise IndexError("a page that points beyond its end")
    return int.from_bytes(data[at : at + length], "big")


def varint(data: bytes, at: int) -> tuple[int, int]:
    """A number of one to nine bytes, and where it ends. Raises IndexError when the data end before."""
    value = 0
    for offset in range(8):
        byte = data[at + offset]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + offset + 1
    return value << 8 | data[at + 8], at + 9
