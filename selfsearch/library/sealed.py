"""Sealed blocks: what the library keeps of faces, encrypted under the key of the source or person it is from.

A media file has one block of chips and, for each pack, one of embeddings; both hold a record per face, in the
order of `faces.ordinal`. A probe has a chip and, for each pack, an embedding. Every block is bound to its row
by associated data (AAD), so that one that is moved elsewhere does not open.

Byte formats, all little-endian: an embedding is dimension x float32; landmarks are 5 x 2 float32; a chip is
its length as uint32 and a JPEG of 112x112 pixels (quality 90, before 95; no chroma subsampling: the embedding
made again from it differs from the first by a cosine of 0.003). The tables and the associated data say
"vector" for embedding: both are contracts with libraries that exist.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import simplejpeg

from ..errors import LibraryError
from ..types import Chip, Embeddings
from .library import Library

CHIP_QUALITY = 90


def pack_embeddings(embeddings: Embeddings) -> bytes:
    """The stored form of embeddings: little-endian float32, row after row, no header."""
    return embeddings.astype("<f4").tobytes()


def unpack_embeddings(data: bytes, dimension: int) -> Embeddings:
    """The inverse. Raises LibraryError when the length does not fit."""
    if len(data) % (4 * dimension):
        raise LibraryError("a vector block has the wrong length; run: selfsearch doctor")
    return np.frombuffer(data, "<f4").reshape(-1, dimension).astype(np.float32, copy=False)


def pack_chips(chips: Iterable[Chip]) -> bytes:
    """The stored form of aligned chips."""
    return join_chips(
        simplejpeg.encode_jpeg(np.ascontiguousarray(chip), CHIP_QUALITY, "RGB", "444") for chip in chips
    )


def unpack_chips(data: bytes) -> list[Chip]:
    """The inverse. Raises LibraryError when the block is damaged."""
    try:
        return [simplejpeg.decode_jpeg(jpeg, "RGB") for jpeg in split_chips(data)]
    except ValueError as exc:
        raise LibraryError("a chip block is damaged; run: selfsearch doctor") from exc


def chip_shapes(data: bytes) -> list[tuple[int, int]]:
    """Height and width of each chip, as its header says. Raises LibraryError when the block is damaged.

    A block that opens is, byte for byte, what was written; decoding tells nothing more and takes ten times as
    long.
    """
    try:
        return [simplejpeg.decode_jpeg_header(jpeg)[:2] for jpeg in split_chips(data)]
    except ValueError as exc:
        raise LibraryError("a chip block is damaged; run: selfsearch doctor") from exc


def join_chips(jpegs: Iterable[bytes]) -> bytes:
    """JPEGs as a chip block."""
    return b"".join(struct.pack("<I", len(jpeg)) + jpeg for jpeg in jpegs)


def split_chips(data: bytes) -> list[bytes]:
    """The JPEGs of a chip block. Raises LibraryError when it is cut."""
    jpegs, start = [], 0
    while start < len(data):
        end = start + 4 + int.from_bytes(data[start : start + 4], "little")
        if end > len(data):
            raise LibraryError("a chip block is damaged; run: selfsearch doctor")
        jpegs.append(data[start + 4 : end])
        start = end
    return jpegs


def embeddings_aad(media: int, pack: int) -> str:
    """What the embeddings of a media file are bound to."""
    return f"vectors of media {media}, pack {pack}"


def chips_aad(media: int) -> str:
    """What the chips of a media file are bound to."""
    return f"chips of media {media}"


def probe_embedding_aad(probe: int, pack: int) -> str:
    """What a probe's embedding is bound to."""
    return f"vector of probe {probe}, pack {pack}"


def probe_chip_aad(probe: int) -> str:
    """What a probe's chip is bound to."""
    return f"chip of probe {probe}"


class MediaBlock(NamedTuple):
    """The chips of a media file, or its embeddings by one pack, sealed under a source's key."""

    media: int
    pack: int | None  # None: chips
    source: int  # one of those that have the media; its key seals the block
    sealed: bytes
    faces: int  # how many records it holds by its row; 0 for chips, whose rows do not say

    @property
    def aad(self) -> str:
        """What the block is bound to."""
        return chips_aad(self.media) if self.pack is None else embeddings_aad(self.media, self.pack)

    def open(self, library: Library) -> bytes:
        """Raises KeyUnavailable when its key was destroyed, LibraryError when it was changed or moved."""
        return library.sealer(f"source:{self.source}").open(self.sealed, self.aad)

    def records(self, library: Library) -> list[bytes]:
        """One for each face: a JPEG, or an embedding. Raises what `open` raises."""
        data = self.open(library)
        if self.pack is None:
            return split_chips(data)
        size = len(data) // self.faces if self.faces else 1
        return [data[start : start + size] for start in range(0, len(data), size)]

    def replace(self, library: Library, data: bytes, *, source: int | None = None) -> None:
        """Seal `data` in its place, under the same key or another source's. In the caller's transaction."""
        values: dict[str, object] = {} if source is None else {"source_id": source}  # indexed: costs most
        name = f"source:{self.source if source is None else source}"
        values["sealed"] = library.sealer(name, create=True).seal(data, self.aad)
        library.db.execute(
            f"update {self._table} set {', '.join(f'{column} = ?' for column in values)} where {self._where}",
            [*values.values(), *self._primary_key],
        )

    def delete(self, library: Library) -> None:
        """Remove it. In the caller's transaction."""
        library.db.execute(f"delete from {self._table} where {self._where}", self._primary_key)

    @property
    def _table(self) -> str:
        return "chips" if self.pack is None else "vectors"

    @property
    def _where(self) -> str:
        return "media_id = ?" if self.pack is None else "media_id = ? and pack_id = ?"

    @property
    def _primary_key(self) -> list[int]:
        return [self.media] if self.pack is None else [self.media, self.pack]


class ProbeBlock(NamedTuple):
    """The chip of a probe, or its embedding by one pack, sealed under the person's key."""

    probe: int
    pack: int | None  # None: the chip
    person: int
    sealed: bytes

    @property
    def aad(self) -> str:
        """What the block is bound to."""
        return probe_chip_aad(self.probe) if self.pack is None else probe_embedding_aad(self.probe, self.pack)

    def open(self, library: Library) -> bytes:
        """Raises KeyUnavailable when its key was destroyed, LibraryError when it was changed or moved."""
        return library.sealer(f"person:{self.person}").open(self.sealed, self.aad)


def media_blocks(library: Library, media: int) -> list[MediaBlock]:
    """Every block of a media file: embeddings first, then chips."""
    rows = library.db.execute(
        """
        select media_id, pack_id, source_id, sealed, count from vectors where media_id = ?1
        union all
        select media_id, null, source_id, sealed, 0 from chips where media_id = ?1
        """,
        [media],
    )
    return [MediaBlock(*row) for row in rows]


def probe_blocks(library: Library, kind: str, number: int) -> list[ProbeBlock]:
    """Every block of one probe, or of all probes of a person; none for another kind."""
    where = {"probe": "probes.id = ?1", "person": "person_id = ?1"}.get(kind)
    if where is None:
        return []
    rows = library.db.execute(
        f"""
        select probe_id, pack_id, person_id, sealed
        from probe_vectors
        join probes on probes.id = probe_id
        where {where}
        union all
        select id, null, person_id, chip from probes where {where}
        """,
        [number],
    )
    return [ProbeBlock(*row) for row in rows]


def insert_embeddings(
    library: Library, media: int, pack: int, source: int, embeddings: Embeddings, bystanders: int
) -> None:
    """Seal and write embeddings, (n, dimension), unless the media has some of this pack.

    `bystanders`: faces that were counted and not kept. In the caller's transaction.
    """
    sealer = library.sealer(f"source:{source}", create=True)
    sealed = sealer.seal(pack_embeddings(embeddings), embeddings_aad(media, pack))
    library.db.execute(
        """
        insert into vectors (media_id, pack_id, source_id, count, bystanders, sealed)
        values (?, ?, ?, ?, ?, ?)
        on conflict do nothing
        """,
        [media, pack, source, len(embeddings), bystanders, sealed],
    )


def insert_chips(library: Library, media: int, source: int, block: bytes) -> None:
    """Seal and write the chips of a media file. In the caller's transaction."""
    sealed = library.sealer(f"source:{source}", create=True).seal(block, chips_aad(media))
    library.db.execute(
        "insert into chips (media_id, source_id, sealed) values (?, ?, ?)", [media, source, sealed]
    )
