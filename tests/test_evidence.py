"""Whatever an export lacks, and whatever word in it is not known: no picture is said to be seen by fewer.

Of the invented exports of every platform it is tried what is said without one record, without one entry of
a record (an element of a list, a field, a row, a line), with one word that nobody knows instead of another,
and, by hypothesis, with several of these at once. `unknown` is always allowed.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Hashable, Iterator
from copy import deepcopy
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from selfsearch.exports.platforms import PLATFORMS
from selfsearch.exports.platforms.base import Platform
from selfsearch.exports.source import as_far_as_shown
from selfsearch.types import EXPOSURES, Exposure, Provenance

from .exports import Pack
from .exports.reading import RECORDS, Readings, readings
from .test_readers import build, fixture, name_of

UNKNOWN_WORD = "zzyzx"
WITH_WORDS = {  # platforms whose exports say in a word who could see something
    "bereal", "discord", "facebook", "flickr", "google_photos", "google_plus", "hangouts", "icloud",
    "instagram", "linkedin", "reddit", "telegram", "tiktok", "youtube",
}  # fmt: skip
MAX_WORD = 20  # characters of a word for an audience, a type, a setting


@pytest.mark.parametrize("platform", PLATFORMS, ids=name_of)
def test_what_is_said_of_a_picture_names_the_records_and_the_evidence_it_rests_on(
    platform: type[Platform],
) -> None:
    """A level below public names records or folders of the export; so does everything that a record says."""
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


@pytest.mark.parametrize("level", list(Exposure))
def test_a_level_below_public_that_rests_on_nothing_is_not_believed(level: Exposure) -> None:
    bare = Provenance("x", exposure=level.because("a setting"))
    shown = Provenance("x", exposure=level.because("a setting", "settings.json"))
    assert as_far_as_shown(shown) is shown
    if level in (Exposure.NETWORK, Exposure.PRIVATE):
        assert as_far_as_shown(bare).exposure.level is Exposure.UNKNOWN
        assert "a setting" in as_far_as_shown(bare).exposure.reason
    else:
        assert as_far_as_shown(bare) is bare


def assert_shown(said: Provenance, there: set[str]) -> None:
    """The evidence of a level below public is there, and is in the export."""
    is_narrower = said.exposure.level in (Exposure.NETWORK, Exposure.PRIVATE)
    assert said.exposure.evidence or not is_narrower, said
    assert set(said.exposure.evidence) <= there, said


def folders_above(path: str) -> Iterator[str]:
    """The folders "a/" and "a/b/" of "a/b/c.jpg"."""
    return (path[: at + 1] for at, sign in enumerate(path) if sign == "/")


def widest(pack: Pack, platform: type[Platform]) -> dict[str, Exposure]:
    """Each file, or link, and the widest exposure that is said of it."""
    return widest_of(readings(pack, platform), pack)


def widest_of(said: Readings, pack: Pack) -> dict[str, Exposure]:
    levels: dict[str, list[Exposure]] = {}
    for path, items in said.items():
        for item in items:
            key = path if path in pack.files else item.url
            if key:
                levels.setdefault(key, []).append(item.exposure)
    return {key: min(found, key=EXPOSURES.index) for key, found in levels.items()}


def understated(whole: dict[str, Exposure], changed: dict[str, Exposure]) -> list[str]:
    """Files of which less is said in a changed export than in the whole one."""
    return [
        f"{path}: {whole[path].value} became {level.value}"
        for path, level in changed.items()
        if level is not Exposure.UNKNOWN
        and path in whole
        and EXPOSURES.index(level) > EXPOSURES.index(whole[path])
    ]


def is_record(path: str) -> bool:
    return path.lower().endswith((*RECORDS, "js"))


@pytest.mark.parametrize("platform", PLATFORMS, ids=name_of)
def test_without_a_record_no_picture_is_said_to_be_seen_by_fewer(platform: type[Platform]) -> None:
    needed = set()
    for layout in fixture(platform).LAYOUTS:
        pack = build(platform, layout)
        whole = widest(pack, platform)
        for record in filter(is_record, pack.files):
            rest = {path: data for path, data in pack.files.items() if path != record}
            if understated(whole, widest(Pack(pack.name, rest), platform)):
                needed.add(record)
    assert needed == set()


@pytest.mark.parametrize("platform", PLATFORMS, ids=name_of)
def test_a_word_that_nobody_knows_or_an_entry_that_is_missing_never_makes_a_picture_seen_by_fewer(
    platform: type[Platform],
) -> None:
    """And where it stands for who could see a picture, it is said to be unknown, and quoted."""
    tried: set[Hashable] = set()
    unknown_words = 0
    for layout in fixture(platform).LAYOUTS:
        pack = build(platform, layout)
        whole = widest(pack, platform)
        for record in filter(is_record, pack.files):
            for what, changed in changes(record, pack.files[record]):
                if what not in tried:
                    tried.add(what)
                    less = Pack(pack.name, pack.files | {record: changed()})
                    said = readings(less, platform)
                    assert understated(whole, widest_of(said, less)) == [], (layout, record, what)
                    unknown_words += count_unknown_words(said, (layout, record, what))
    assert bool(unknown_words) is (platform.name in WITH_WORDS)


def count_unknown_words(said: Readings, where: object) -> int:
    """How often it stands for who could see something; then it is not known, and the reason quotes it."""
    found = [
        item
        for items in said.values()
        for item in items
        if UNKNOWN_WORD in (item.audience or "") and item.exposure is Exposure.UNKNOWN
    ]
    for item in found:
        assert not item.audience_known, where
        assert UNKNOWN_WORD in item.exposure_reason, where
    return len(found)


@settings(max_examples=15, deadline=None)
@given(st.data())
@pytest.mark.parametrize("platform", PLATFORMS, ids=name_of)
def test_whatever_is_taken_away_no_picture_is_said_to_be_seen_by_fewer(
    platform: type[Platform], data: st.DataObject
) -> None:
    """Any records are missing, and in any others a word is not known or an entry is missing."""
    pack = build(platform, data.draw(st.sampled_from(fixture(platform).LAYOUTS)))
    whole = widest(pack, platform)
    files = dict(pack.files)
    records = sorted(filter(is_record, pack.files))
    for record in data.draw(st.sets(st.sampled_from(records), max_size=4)) if records else ():
        choices = list(changes(record, files[record]))
        number = data.draw(st.integers(0, len(choices)))  # the last one: it is missing as a whole
        if number < len(choices):
            files[record] = choices[number][1]()
        else:
            del files[record]
    assert understated(whole, widest(Pack(pack.name, files), platform)) == []


Change = tuple[Hashable, Callable[[], bytes]]  # what is changed, for not trying it twice; the changed record


def changes(record: str, data: bytes) -> Iterator[Change]:
    """The record with another word in one place, or without one entry, for each place."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return
    if record.endswith(("json", "js")):
        yield from _changes_of_json(record, text)
    elif record.endswith("csv"):
        yield from _changes_of_table(record, text)
    else:
        yield from _changes_of_lines(record, text)


def _changes_of_json(record: str, text: str) -> Iterator[Change]:
    head, equals, body = text.partition("= ") if record.endswith(".js") else ("", "", text)
    try:
        document = json.loads(body)
    except ValueError:
        return
    for path, value in _places(document):
        fields = tuple(key if isinstance(key, str) else "" for key in path)
        if isinstance(value, (str, bool)):
            is_word = isinstance(value, str) and value.replace(" ", "").replace("-", "").isalpha()
            word = value if is_word and len(value) < MAX_WORD else ""
            yield (*fields, word), partial(_changed, (head, equals), document, path, UNKNOWN_WORD)
        yield (path, "without", len(body)), partial(_changed, (head, equals), document, path, None)


def _changed(before: tuple[str, str], document: Any, path: tuple[Any, ...], word: str | None) -> bytes:
    copy = deepcopy(document)
    around = copy
    for key in path[:-1]:
        around = around[key]
    if word is None:
        del around[path[-1]]
    else:
        around[path[-1]] = word
    return "".join((*before, json.dumps(copy))).encode()


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Every value inside a JSON document, with the way to it."""
    if isinstance(value, (dict, list)):
        for key, part in value.items() if isinstance(value, dict) else enumerate(value):
            yield (*path, key), part
            yield from _places(part, (*path, key))


def _changes_of_table(record: str, text: str) -> Iterator[Change]:
    rows = list(csv.reader(io.StringIO(text)))
    for number, row in enumerate(rows):
        yield (record, "without row", number, *row), partial(_table, rows[:number] + rows[number + 1 :])
        for column, cell in enumerate(row):
            if cell:
                other = [*row[:column], UNKNOWN_WORD, *row[column + 1 :]]
                yield (column, cell), partial(_table, [*rows[:number], other, *rows[number + 1 :]])


def _table(rows: list[list[str]]) -> bytes:
    file = io.StringIO()
    csv.writer(file).writerows(rows)
    return file.getvalue().encode()


_WORDS = re.compile(
    r"(?<=>)[^<>\n]+(?=<)|(?<=: )[^:\n]{1,40}$", re.MULTILINE
)  # of a page; of a line "Field: word"


def _changes_of_lines(record: str, text: str) -> Iterator[Change]:
    lines = text.splitlines(keepends=True)
    for number, line in enumerate(lines):
        if line.strip():
            yield (line, "without"), partial("".join(lines[:number] + lines[number + 1 :]).encode)
    for match in _WORDS.finditer(text):
        if match[0].strip():
            other = f"{text[: match.start()]}{UNKNOWN_WORD}{text[match.end() :]}"
            yield (record, match[0]), partial(other.encode)
