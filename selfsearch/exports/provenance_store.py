"""What records say of each file, kept small: half a million of Provenance would take half a gigabyte."""

from __future__ import annotations

import marshal
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from ..types import Exposure, Provenance

_COLUMNS = tuple(Provenance("").columns())


class CompactProvenance:
    """Path -> everything said of it, in the order in which it was said."""

    def __init__(self) -> None:
        self._packed: dict[str, bytes | list[bytes]] = {}
        self._dictionary = b""  # the first one: most of what is said of the others stands in it, too

    def add(self, path: str, provenance: Provenance) -> None:
        """One more thing said of a path."""
        packed = self._pack(provenance)
        earlier = self._packed.setdefault(path, packed)
        if isinstance(earlier, list):
            earlier.append(packed)
        elif earlier is not packed:
            self._packed[path] = [earlier, packed]

    def of(self, path: str) -> tuple[Provenance, ...]:
        """Everything said of a path; () when nothing was."""
        packed = self._packed.get(path, [])
        return tuple(map(self._unpack, packed if isinstance(packed, list) else [packed]))

    def __iter__(self) -> Iterator[str]:
        return iter(self._packed)

    def _pack(self, provenance: Provenance) -> bytes:
        columns = provenance.columns() | {"exposure": provenance.exposure.level.value}
        data = marshal.dumps(tuple(columns.values()), 0)
        self._dictionary = self._dictionary or data
        compressor = zlib.compressobj(1, wbits=-12, memLevel=4, zdict=self._dictionary)
        return compressor.compress(data) + compressor.flush()

    def _unpack(self, packed: bytes) -> Provenance:
        data = zlib.decompressobj(-12, zdict=self._dictionary).decompress(packed)
        values = marshal.loads(data)  # noqa: S302  (written by _pack in this very process)
        columns = dict(zip(_COLUMNS, values, strict=True))
        return Provenance.from_columns(columns | {"exposure": Exposure(columns["exposure"])})


@dataclass
class RecordIndex:
    """What all records of an export say."""

    present: CompactProvenance = field(default_factory=CompactProvenance)  # by key of a file that is there
    missing: CompactProvenance = field(default_factory=CompactProvenance)  # by path of one that is not
    links: list[Provenance] = field(default_factory=list)
