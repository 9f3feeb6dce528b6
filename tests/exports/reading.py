"""What a reader says about a fixture, compared with what was planted in it."""

from __future__ import annotations

import random
import zipfile
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace

from selfsearch.exports.discovery import discover
from selfsearch.exports.export import Export
from selfsearch.exports.platforms.base import Platform
from selfsearch.types import Provenance

from . import Pack, Planted

RECORDS = ("json", "csv", "html", "txt")

RecordIndex = dict["str | None", list[SimpleNamespace]]  # path -> provenances, as their columns


def said(pack: Pack, platform: type[Platform]) -> RecordIndex:
    """Everything said about every media file, mentioned or not; under None what has only a link."""
    export = pack.as_export()
    reader = platform(export)
    found: RecordIndex = {}
    for mention in reader.mentions():
        found.setdefault(mention.path, []).append(columns(mention.provenance))
    for path in export.members:
        if (
            path not in found
            and path.rpartition(".")[2].lower() not in RECORDS
            and not reader.derivative(path)
        ):
            found[path] = [columns(reader.infer(path))]
    return found


def mentioned(platform: type[Platform], export: Export) -> list[SimpleNamespace]:
    """What the records say, mention by mention: the columns of each provenance, and its `path`."""
    return [
        SimpleNamespace(path=mention.path, **mention.provenance.columns())
        for mention in platform(export).mentions()
    ]


def columns(provenance: Provenance) -> SimpleNamespace:
    """Its flat form, which is how fixtures say what is planted."""
    return SimpleNamespace(**provenance.columns())


def unread(pack: Pack, reader: type[Platform]) -> list[str]:
    """What was planted and is not said, in words; and files of which nothing was planted."""
    paths = {planted.path for planted in pack.planted}
    extra = [path for path in said(pack, reader) if path not in paths]
    return misread(pack, reader, pack.planted) + [f"{path}: nothing was planted" for path in extra]


def misread(pack: Pack, reader: type[Platform], expected: Iterable[Planted]) -> list[str]:
    """What was planted and is not said, in words."""
    found = said(pack, reader)
    wrong = []
    for planted in expected:
        near = found.get(planted.path, [])
        differences = [_difference(planted.says, one) for one in near]
        if {} not in differences:
            wrong.append(f"{planted.path}: {min(differences, key=len) if differences else 'not found'}")
    return wrong


def _difference(says: dict[str, object], one: SimpleNamespace) -> dict[str, tuple[object, object]]:
    """Field -> (planted, read), where they differ."""
    return {
        field: (right, getattr(one, field)) for field, right in says.items() if getattr(one, field) != right
    }


def joined(pack: Pack, containers: dict[str, str], into: Path) -> RecordIndex:
    """The export written as zips and found again. `containers`: the beginning of paths -> a zip's name."""
    for prefix, container in containers.items():
        with zipfile.ZipFile(into / f"{container}.zip", "w") as archive:
            for path, data in pack.files.items():
                if prefix == next(start for start in containers if path.startswith(start)):
                    archive.writestr(pack.wrapper + path, data)
    (source,) = discover(into).sources
    return {item.path: [columns(said) for said in item.provenance] for item in source.items()}


def scrambled(pack: Pack, seed: int) -> Pack:
    """The same export with bytes of its records changed, lost and added, differently for each seed."""
    chance = random.Random(seed)  # noqa: S311 (not for secrets)
    for path, data in pack.files.items():
        if path.rpartition(".")[2].lower() not in RECORDS:
            continue
        broken = bytearray(data)
        for _ in range(chance.randrange(20)):
            at = chance.randrange(len(broken) + 1)
            broken[at : at + chance.randrange(3)] = chance.choice(
                [b"", b'"', b",", b"\n", b"\xff", b"[", b"0"]
            )
        pack.files[path] = bytes(
            broken[: chance.randrange(len(broken) + 1)] if chance.random() < 0.2 else broken
        )
    return pack
