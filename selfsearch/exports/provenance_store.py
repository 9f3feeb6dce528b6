"""What records say of each file, kept small: half a million of Provenance would take half a gigabyte."""

from __future__ import annotations

import marshal
import zlib
from collections.abc import Iterator

from ..types import Exposure, Provenance

_COLUMNS = tuple(Provenance("").columns())


class CompactProvenance:
    """Path -> everything said of it, in the order in which it was said."""

    def __init__(self) -> None:
        self._packed: dict[str, bytes | list[bytes]] = {}
        self._like = b""  # the first one: most of what is said of the others stands in it, too

    def add(self, path: str, said: Provenance) -> None:
        """One more thing said of a path."""
        packed = self._pack(said)
        known = self._packed.setdefault(path, packed)
        if isinstance(known, list):
            known.append(packed)
        elif known is not packed:
            self._packed[path] = [known, packed]

    def of(self, path: str) -> tuple[Provenance, ...]:
        """Everything said of a path; () when nothing was."""
        found = self._packed.get(path, [])
        return tuple(map(self._unpack, found if isinstance(found, list) else [found]))

    def __iter__(self) -> Iterator[str]:
        return iter(self._packed)

    def _pack(self, said: Provenance) -> bytes:
        columns = said.columns() | {"exposure": said.exposure.level.value}
        data = marshal.dumps(tuple(columns.values()), 0)
        self._like = self._like or data
        squeezer = zlib.compressobj(1, wbits=-12, memLevel=4, zdict=self._like)
        return squeezer.compress(data) + squeezer.flush()

    def _unpack(self, packed: bytes) -> Provenance:
        data = zlib.decompressobj(-12, zdict=self._like).decompress(packed)
        values = marshal.loads(data)  # noqa: S302  (written by _pack in this very process)
        columns = dict(zip(_COLUMNS, values, strict=True))
        return Provenance.from_columns(columns | {"exposure": Exposure(columns["exposure"])})
