"""What a reader says about a fixture, compared with what was planted in it."""

from __future__ import annotations

import random
import zipfile
from pathlib import Path
from types import SimpleNamespace

from selfsearch.exports.discovery import discover
from selfsearch.exports.export import Export
from selfsearch.exports.platforms.base import Platform
from selfsearch.exports.platforms.media_refs import is_media_name
from selfsearch.types import Provenance

from . import Pack

RECORDS = ("json", "csv", "html", "txt")

Readings = dict["str | None", list[SimpleNamespace]]  # path -> provenances, as their columns


def readings(pack: Pack, platform: type[Platform]) -> Readings:
    """Everything said about every media file, mentioned or not; under None what has only a link."""
    export = pack.as_export()
    reader = platform(export)
    by_path: Readings = {}
    for mention in reader.mentions():
        by_path.setdefault(mention.path, []).append(columns(mention.provenance))
    for path in export.members:
        is_record = path.rpartition(".")[2].lower() in RECORDS
        if path not in by_path and not is_record and not reader.derivative(path):
            by_path[path] = [columns(reader.infer(path))]
    return by_path


def mentioned(platform: type[Platform], export: Export) -> list[SimpleNamespace]:
    """What the records say, mention by mention: the columns of each provenance, and its `path`."""
    return [
        SimpleNamespace(path=mention.path, **mention.provenance.columns())
        for mention in platform(export).mentions()
    ]


def columns(provenance: Provenance) -> SimpleNamespace:
    """Its flat form, which is how fixtures say what is planted."""
    return SimpleNamespace(**provenance.columns())


def misread(pack: Pack, platform: type[Platform]) -> list[str]:
    """What was planted and is not said; and media of the platform's of which nothing was planted."""
    by_path = readings(pack, platform)
    absent = [reading for path in by_path if path not in pack.files for reading in by_path[path]]
    wrong = []
    for planted in pack.planted:
        candidates = by_path.get(planted.path, []) if planted.path else absent
        differences = [_difference(planted.says, reading) for reading in candidates]
        if {} not in differences:
            wrong.append(f"{planted.path}: {min(differences, key=len) if differences else 'not there'}")
    for path in by_path.keys() & pack.files.keys() - {planted.path for planted in pack.planted}:
        if is_media_name(path or "") and by_path[path][0].platform == platform.name:
            wrong.append(f"{path}: nothing was planted")
    return wrong


def _difference(says: dict[str, object], reading: SimpleNamespace) -> dict[str, tuple[object, object]]:
    """Field -> (planted, read), where they differ."""
    return {
        field: (right, getattr(reading, field))
        for field, right in says.items()
        if getattr(reading, field) != right
    }


def joined(pack: Pack, containers: dict[str, str], into: Path) -> Readings:
    """The export written as zips and found again. `containers`: the beginning of paths -> a zip's name."""
    for prefix, container in containers.items():
        with zipfile.ZipFile(into / f"{container}.zip", "w") as archive:
            for path, data in pack.files.items():
                if prefix == next(start for start in containers if path.startswith(start)):
                    archive.writestr(pack.wrapper + path, data)
    (source,) = discover(into).sources
    return {item.path: [columns(provenance) for provenance in item.provenance] for item in source.items()}


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
