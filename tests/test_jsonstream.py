"""JSON records are read as a stream, as far as they are whole."""

from __future__ import annotations

from typing import Any

import pytest

from selfsearch.containers.base import Member
from selfsearch.errors import ItemError
from selfsearch.exports import json_stream
from selfsearch.exports.export import Export
from selfsearch.types import Outcome

from .exports import Pack


def record(data: bytes) -> Export:
    pack = Pack("any")
    pack.add("a.json", data)
    return pack.as_export()


def read(data: bytes, *keys: str, assigned: bool = False) -> tuple[list[Any], list[str]]:
    export = record(data)
    return list(export.each("a.json", *keys, assigned=assigned)), list(export.notes.values())


@pytest.mark.parametrize(
    "data",
    [
        b'window.YTD.x.part0 = [{"a": 1}, {"b": "; "}]',
        b'window.YTD.x.part0=[{"a":1},{"b":"; "}] ; \r\n',
        b'\xef\xbb\xbfwindow.YTD.x.part0 =\n[{"a": 1}, {"b": "; "}];',
        b'[{"a": 1}, {"b": "; "}];',
        "window.YTD.x.part0 = [{'a': 1}, {'b': '; '}];".replace("'", '"').encode("utf-16"),
    ],
)
def test_what_a_script_assigns_is_read(data):
    assert read(data, assigned=True) == ([{"a": 1}, {"b": "; "}], [])


def test_semicolons_in_a_text_are_kept_at_every_length():
    for length in (4000, 4095, 4096, 4097, 70_000, 200_000):
        text = "; " * length
        assert read(b'x = [{"a":"%s"}];' % text.encode(), assigned=True) == ([{"a": text}], [])


@pytest.mark.parametrize("data", [b"", b"  \n", b"window.YTD.x.part0 =", b"window.YTD.x.part0 = ;"])
def test_a_script_without_a_value_is_said_to_be_empty(data):
    assert read(data, assigned=True) == ([], ["is empty"])


def test_bytes_that_are_no_utf8_spoil_only_their_own_text():
    assert read(b'[{"a": "\xff"}, {"b": "c"}]') == ([{"a": "\ufffd"}, {"b": "c"}], [])


def test_half_an_emoji_is_replaced():
    assert record(b'["\\ud800", "\\ud83d\\ude00"]').json("a.json") == ["?", "\U0001f600"]


def test_nesting_beyond_reason_is_refused_before_it_costs_memory():
    notes = ["damaged JSON, read as far as it goes: nested more than 200 levels deep"]
    assert read(b"[" * 1_000_000) == ([], notes)


@pytest.mark.parametrize(("length", "elements"), [(9_998, [{"a": 1}]), (9_999, [])])
def test_keys_beyond_reason_are_refused(length: int, elements: list[Any]) -> None:
    found, notes = read(b'{"k":[{"a": 1}], "%s": {"a": 1}}' % (b"x" * length), "k", "x" * length)
    assert (found[1:], bool(notes)) == (elements, not elements)


@pytest.mark.parametrize(
    ("text", "is_long"),
    [
        ("x" * 10, False),
        ("x" * 11, True),
        ('"' + "x" * 9 + '"' + "x" * 9 + '"', False),
        ('"' + "x" * 11 + '"', True),
        ('""""""""""' + "x" * 10, False),
        ('""""""""""' + "x" * 11, True),
        ('"' + r"\"" * 11 + '"', False),
        ("x" * 9 + '"' + "x" * 10, False),
        ('"xxxx"' * 5, False),
        ("x" * 9 + '"' + "x" * 11, True),
    ],
)
def test_a_text_beyond_reason_is_known_before_it_is_parsed(
    text: str, is_long: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_stream, "MAX_TOKEN", 10)
    assert json_stream.has_long_token(text) is is_long


def test_the_reason_for_damage_quotes_nothing_of_the_record():
    _, notes = read(b'[{"a": 1}, {"secret": nonsense}]')
    assert notes == ["damaged JSON, read as far as it goes: lexical error: invalid string in json text."]


def test_events_end_at_the_damage_with_a_note():
    export = record(b'{"a": [1, 2')
    assert [event for _, event, _ in export.events("a.json")][-1] == "number"
    assert list(export.notes) == ["a.json"]


def test_a_record_that_cannot_be_opened_is_noted():
    export = record(b"[]")
    refused = Member(
        export.members["a.json"].container, "a.json", 2, "", refused=(Outcome.ENCRYPTED, "locked")
    )
    locked = Export("any", {"a.json": refused})
    assert list(locked.each("a.json")) == list(locked.events("a.json")) == []
    assert locked.notes == {"a.json": "locked"}


def test_a_record_that_breaks_while_it_is_read_is_noted():
    class Broken:
        def read(self, size: int) -> bytes:
            raise ItemError(Outcome.UNREADABLE, "the archive is damaged here")

        def __enter__(self) -> Broken:
            return self

        def __exit__(self, *_: object) -> None:
            pass

    export = record(b"[]")
    export.members["a.json"].container.open = lambda member: Broken()
    assert list(export.each("a.json")) == []
    assert export.notes == {"a.json": "the archive is damaged here"}
