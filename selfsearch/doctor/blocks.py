"""Chips and vectors: each sealed block opens where it lies, and holds what it should. One block in memory
at a time.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..errors import KeyUnavailable, LibraryError
from ..library import integrity
from ..library.faces import chips_aad, embeddings_aad, unpack_chips, unpack_embeddings
from ..library.integrity import Block, ProbeBlock
from ..library.library import Library
from ..types import Embeddings
from .finding import Finding, listed

CHIP = (112, 112, 3)
UNIT = 1e-3  # how far a vector's length may be from 1
READ_AGAIN = "selfsearch doctor --fix, then index: the files are read again"
MADE_AGAIN = "selfsearch doctor --fix; the next index or query makes them anew from the kept faces"
OPENS_NOT = "do not open: they were changed, or moved from another place"
KEYLESS = "are sealed under a key that is gone"


def chips(library: Library, fix: bool) -> Iterator[Finding]:
    """The aligned faces: without them a change of packs would have to read every file again."""
    bad: dict[str, list[int]] = {}
    count = 0
    for block in integrity.chip_blocks(library):
        count += 1
        if wrong := _chips_wrong(library, block):
            bad.setdefault(wrong, []).append(block.media)
    if missing := integrity.without(library, "chips"):
        bad["are missing"] = missing
    if not bad:
        yield Finding("chips", "ok", f"the kept faces of {count:,} files can be opened, and none is missing")
    for wrong, media in bad.items():
        said = f"the kept faces of {len(media):,} files {wrong} (media {listed(media)})"
        yield _read_again(library, media, said) if fix else Finding("chips", "error", said, READ_AGAIN)


def _read_again(library: Library, media: list[int], said: str) -> Finding:
    done = integrity.read_again(library, media)
    if done == len(media):
        return Finding(
            "chips", "error", said, "taken out; the next index reads their files again", mended=True
        )
    left = f"{done:,} are taken out for the next index; the other files are gone, so theirs stay"
    return Finding("chips", "error", said, left)


def embeddings(library: Library, fix: bool) -> Iterator[Finding]:
    """What is searched."""
    bad: dict[str, list[tuple[int, int]]] = {}
    count = 0
    for block in integrity.embedding_blocks(library):
        count += 1
        if wrong := _embeddings_wrong(library, block):
            bad.setdefault(wrong, []).append((block.media, block.pack))
    if missing := integrity.without(library, "vectors"):
        found = f"the faces of {len(missing):,} files have no vectors"
        said = f"{found}, so they are not found (media {listed(missing)})"
        yield Finding("vectors", "warning", said, "the next index or query makes them from the kept faces")
    elif not bad:
        yield Finding(
            "vectors", "ok", f"the vectors of {count:,} files open, fit their faces and have length 1"
        )
    for wrong, blocks in bad.items():
        said = (
            f"the vectors of {len(blocks):,} files {wrong} (media {listed([media for media, _ in blocks])})"
        )
        if fix:
            integrity.drop_embeddings(library, blocks)
            cure = "taken out; the next index or query makes them anew"
            yield Finding("vectors", "error", said, cure, mended=True)
        else:
            yield Finding("vectors", "error", said, MADE_AGAIN)


def probes(library: Library) -> Iterator[Finding]:
    """The photographs that people are searched by."""
    bad: dict[int, str] = {}
    count = 0
    for block in integrity.probe_blocks(library):
        count += 1
        if wrong := _probe_wrong(library, block):
            bad[block.person] = wrong
    if count and not bad:
        yield Finding("people", "ok", "the faces of the people who are searched for can be opened")
    for person, wrong in bad.items():
        said = f"the faces by which person {person} is searched {wrong}"
        yield Finding(
            "people", "error", said, "forget this person (selfsearch forget) and add a photograph anew"
        )


def _chips_wrong(library: Library, block: Block) -> str | None:
    """What is wrong with a block of chips; None when nothing is."""
    try:
        found = unpack_chips(_opened(library, block, chips_aad(block.media)))
    except KeyUnavailable:
        return KEYLESS
    except LibraryError:
        return OPENS_NOT
    if len(found) != block.faces:
        return "are more or fewer than the faces that were found"
    return None if all(chip.shape == CHIP for chip in found) else "are no pictures of 112x112 pixels"


def _embeddings_wrong(library: Library, block: Block) -> str | None:
    """What is wrong with a block of vectors; None when nothing is."""
    try:
        data = _opened(library, block, embeddings_aad(block.media, block.pack))
    except KeyUnavailable:
        return KEYLESS
    except LibraryError:
        return OPENS_NOT
    if block.count != block.faces:
        return "are more or fewer than the faces that were found"
    if len(data) != 4 * block.dimension * block.count:
        return "have the wrong size"
    return _unlike_embeddings(unpack_embeddings(data, block.dimension))


def _unlike_embeddings(found: Embeddings) -> str | None:
    if not np.isfinite(found).all():
        return "hold values that are no numbers"
    lengths = np.linalg.norm(found, axis=1)
    return "do not have length 1" if np.any(np.abs(lengths - 1) > UNIT) else None


def _opened(library: Library, block: Block, belongs: str) -> bytes:
    return library.sealer(f"source:{block.source}").open(block.sealed, belongs)


def _probe_wrong(library: Library, block: ProbeBlock) -> str | None:
    kind = (
        f"vector of probe {block.probe}, pack {block.pack}" if block.pack else f"chip of probe {block.probe}"
    )
    try:
        data = library.sealer(f"person:{block.person}").open(block.sealed, kind)
        if block.pack:
            return _unlike_embeddings(unpack_embeddings(data, block.dimension))
        return (
            None
            if [chip.shape for chip in unpack_chips(data)] == [CHIP]
            else "are no pictures of 112x112 pixels"
        )
    except KeyUnavailable:
        return KEYLESS
    except LibraryError:
        return OPENS_NOT
