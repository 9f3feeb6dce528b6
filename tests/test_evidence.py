"""Whatever an export lacks, and whatever word in it is not known: no picture is said to be seen by fewer.

Of each record of the invented exports it is tried what is said without it, and of each field of a platform's
records, and each short word in it, what is said with a word that nobody knows. `unknown` is always allowed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import pytest

from selfsearch.exports.platforms import PLATFORMS
from selfsearch.exports.platforms.base import Platform
from selfsearch.exports.source import NOT_YET
from selfsearch.types import EXPOSURES, Exposure, Provenance

from .exports import Pack
from .exports.reading import RECORDS, readings
from .test_readers import build, fixture, name_of

MAX_WORD = 20  # characters of a word for an audience, a type, a setting

# Records without which a reader says less than they would: it takes their absence for privacy.
TAKEN_FOR_PRIVACY = {
    "instagram": {"profile_privacy_changes.json"},  # today's setting stands in for the history
    "icloud": {"Shared Library Details.csv"},
    "google_photos": {
        "partner.jpg.supplemental-metadata.json",
        "Family/metadata.json",
        "Ausflug/Metadaten.json",
        "Été à la mer/métadonnées.json",
    },
}


@pytest.mark.parametrize("platform", PLATFORMS, ids=name_of)
def test_what_is_said_of_a_picture_names_the_records_and_the_evidence_it_rests_on(
    platform: type[Platform],
) -> None:
    """A level below public names records or folders of the export; so does everything that a record says."""
    if platform.name in NOT_YET:
        pytest.skip("names no evidence yet")
    for layout in fixture(platform).LAYOUTS:
        pack = build(platform, layout)
        export = pack.as_export()
        reader = platform(export)
        there = {*pack.files, *(folder for path in pack.files for folder in folders_above(path))}
        mentioned = set()
        for mention in reader.mentions():
            mentioned.add(mention.path)
            said = mention.provenance
            assert said.records, (layout, mention)
            assert set(said.records) <= pack.files.keys(), (layout, mention)
            assert_shown(said, there)
        for path in pack.files.keys() - mentioned:
            assert_shown(reader.infer(path), there)


def assert_shown(said: Provenance, there: set[str]) -> None:
    """The evidence of a level below public is there, and is in the export."""
    is_narrower = said.exposure.level in (Exposure.NETWORK, Exposure.PRIVATE)
    assert said.exposure.evidence or not is_narrower, said
    assert set(said.exposure.evidence) <= there, said


def folders_above(path: str) -> Iterator[str]:
    """The folders "a/" and "a/b/" of "a/b/c.jpg"."""
    return (path[: at + 1] for at, sign in enumerate(path) if sign == "/")


def widest(pack: Pack, platform: type[Platform]) -> dict[str, Exposure]:
    """Each file, and the widest exposure that is said of it."""
    said = readings(pack, platform)
    levels = {path: [item.exposure for item in said[path]] for path in pack.files if path in said}
    return {path: min(levels[path], key=EXPOSURES.index) for path in levels}


def understated(platform: type[Platform], whole: dict[str, Exposure], changed: Pack) -> list[str]:
    """Files of which less is said in a changed export than in the whole one."""
    return [
        f"{path}: {whole[path].value} became {level.value}"
        for path, level in widest(changed, platform).items()
        if level is not Exposure.UNKNOWN and EXPOSURES.index(level) > EXPOSURES.index(whole[path])
    ]


@pytest.mark.parametrize("platform", PLATFORMS, ids=name_of)
def test_without_a_record_no_picture_is_said_to_be_seen_by_fewer(platform: type[Platform]) -> None:
    needed = set()
    for layout in fixture(platform).LAYOUTS:
        pack = build(platform, layout)
        whole = widest(pack, platform)
        for record in (path for path in pack.files if path.endswith((*RECORDS, "js"))):
            rest = {path: data for path, data in pack.files.items() if path != record}
            if understated(platform, whole, Pack(pack.name, rest)):
                needed.add(record)
    known = TAKEN_FOR_PRIVACY.get(name_of(platform), set())
    assert {next((end for end in known if record.endswith(end)), record) for record in needed} == known


@pytest.mark.parametrize("platform", PLATFORMS, ids=name_of)
def test_a_word_that_nobody_knows_never_makes_a_picture_seen_by_fewer(platform: type[Platform]) -> None:
    tried: set[tuple[str, ...]] = set()
    for layout in fixture(platform).LAYOUTS:
        pack = build(platform, layout)
        whole = widest(pack, platform)
        for record in pack.files:
            for fields, changed in with_unknown_words(record, pack.files[record]):
                if fields not in tried:
                    tried.add(fields)
                    less = Pack(pack.name, pack.files | {record: changed()})
                    assert understated(platform, whole, less) == [], (record, fields)


def with_unknown_words(record: str, data: bytes) -> Iterator[tuple[tuple[str, ...], Callable[[], bytes]]]:
    """The record with another word in one place, for each place; before it the fields that lead there."""
    try:
        head, equals, body = data.decode().partition("= ") if record.endswith(".js") else ("", "", data)
        document = json.loads(body) if record.endswith(("json", "js")) else None
    except ValueError:
        return
    for path, value in _words(document):
        fields = tuple(key for key in path if isinstance(key, str))
        is_word = isinstance(value, str) and value.replace(" ", "").replace("-", "").isalpha()

        def changed(path: tuple[Any, ...] = path) -> bytes:
            copy = deepcopy(document)
            around = copy
            for key in path[:-1]:
                around = around[key]
            around[path[-1]] = "zzyzx"
            return f"{head}{equals}{json.dumps(copy)}".encode()

        yield (*fields, value if is_word and len(value) < MAX_WORD else ""), changed


def _words(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    if isinstance(value, (dict, list)):
        for key, part in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _words(part, (*path, key))
    elif isinstance(value, (str, bool)) and path:
        yield path, value
