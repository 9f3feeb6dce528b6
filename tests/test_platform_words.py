"""The words that platforms use, in many languages (exports/platforms/data): language and source of each."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import selfsearch.exports.platforms
from selfsearch.exports.path_index import fold
from selfsearch.exports.platforms.parsing import load_words

DATA = Path(selfsearch.exports.platforms.__file__).parent / "data"
TABLES = sorted(file.stem for file in DATA.glob("*.json"))
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2}|-419)?")  # BCP 47: de, pt-BR, zh-Hant, es-419
NOT_SEEN = "interface text, not seen in an export"
SOURCE = re.compile(rf"[\w.-]+/[\w.-]+: \S.*|https://\S+|{NOT_SEEN}")

# The same word in two fields that are never read at the same place, so that it cannot be mistaken.
NOT_MISTAKEN = {
    "page_dates": [
        {"am", "between"},  # only beside the clock is it a half of the day
        # Polish, Czech and Croatian: such a month is left unknown
        {"month_6", "month_7"},
        {"month_7", "month_8"},
        {"month_10", "month_11"},
    ],
    "youtube": [  # the name of a file, a header, a value below a header
        {"channel_csv", "column_channel"},
        {"privacy_public", "column_privacy"},
        {"privacy_public", "column_published"},
        {"column_privacy", "column_published"},  # what is a header of privacy is known by its values first
        {"privacy_private", "column_privacy"},
    ],
}


def table(name: str) -> dict[str, list[dict[str, Any]]]:
    """field -> groups, without what is said about the table."""
    fields: dict[str, list[dict[str, Any]]] = json.loads((DATA / f"{name}.json").read_text("utf-8"))
    return {field: groups for field, groups in fields.items() if field != "about"}


def groups_of(name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    return ((field, group) for field, groups in table(name).items() for group in groups)


@pytest.mark.parametrize("name", TABLES)
def test_every_group_of_words_has_a_language_and_a_source(name: str) -> None:
    for field, group in groups_of(name):
        assert group.keys() == {"language", "words", "source"}, (field, group)
        assert LANGUAGE.fullmatch(group["language"]), (field, group)
        assert all(SOURCE.fullmatch(source) for source in group["source"].split("; ")), (field, group)


@pytest.mark.parametrize("name", TABLES)
def test_every_word_can_be_found(name: str) -> None:
    for field, group in groups_of(name):
        words = group["words"]
        assert words, (field, group)
        assert all(word == word.strip() != "" for word in words), (field, group)
        assert len({*map(fold, words)}) == len(words), f"{field}: a word twice in {group}"
        assert {*map(fold, words)} <= load_words(name, field).keys()


@pytest.mark.parametrize("name", TABLES)
def test_a_language_has_one_group_of_words_from_one_source(name: str) -> None:
    keys = [(field, group["language"], group["source"]) for field, group in groups_of(name)]
    assert len(set(keys)) == len(keys), [key for key in keys if keys.count(key) > 1]


@pytest.mark.parametrize("name", TABLES)
def test_no_word_has_two_meanings(name: str) -> None:
    fields = list(table(name))
    for at, field in enumerate(fields):
        for other in fields[at + 1 :]:
            shared = load_words(name, field).keys() & load_words(name, other).keys()
            assert not shared or {field, other} in NOT_MISTAKEN.get(name, []), (field, other, shared)


def test_a_word_is_found_in_any_case_and_says_its_language() -> None:
    words = load_words("instagram", "private_account")
    assert words[fold("PRIVATES KONTO")] == "de"
    assert words[fold("Privat konto")] == "sv"  # the first of several languages that have it
