"""One of a thing is never called in the plural: every command, on a library that holds one of everything."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from selfsearch.words import counted, quantity

from . import photos
from .conftest import Run

ENDS_IN_S = {"is", "was", "has", "bus", "address"}  # and is one
PLURAL_OF_ONE = re.compile(
    r"(?<![\w.,:/-])1\s+(?:(?:more|other|distinct|public|new|newer|kept|remembered|sealed|probe|weaker|chip)\s+)*"
    r"(\w+s)\b(?!-)"
)
COMMANDS = [
    ("status", "--problems"),
    ("status", "--json"),
    ("sources",),
    ("people",),
    ("people", "show", "me"),
    ("consent",),
    ("consent", "show", "me"),
    ("consent", "audit"),
    ("consent", "verify"),
    ("consent", "export"),
    ("doctor",),
    ("doctor", "--json"),
    ("rescan",),
    ("report",),
    ("report", "--json"),
    ("report", "--md"),
    ("key", "show"),
    ("models",),
    ("schedule", "status"),
]


def plurals_of_one(said: str) -> list[str]:
    return [match[0] for match in PLURAL_OF_ONE.finditer(said) if match[1] not in ENDS_IN_S]


@pytest.fixture
def one_of_each(run: Run, tmp_path: Path, selfie: Path) -> Path:
    """A folder with a photograph, a copy, a damaged one, and a text; and somebody who was searched for."""
    folder = tmp_path / "album"
    folder.mkdir()
    (folder / "photo.jpg").write_bytes(photos.photo("astronaut", 1))
    (folder / "copy.jpg").write_bytes(photos.photo("astronaut", 1))
    (folder / "damaged.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    (folder / "note.txt").write_text("hello")
    run("index", folder, "--consent", "own")
    run("query", selfie, "--self")
    return folder


def test_one_of_a_thing_is_said_in_the_singular(
    run: Run, one_of_each: Path, selfie: Path, tmp_path: Path
) -> None:
    page, receipt = tmp_path / "page.html", tmp_path / "receipt.html"
    commands = [
        *COMMANDS,
        ("index", one_of_each),
        ("query", selfie),
        ("query", selfie, "--json"),
        ("query", selfie, "--csv"),
        ("query", selfie, "--limit", "1", "--html", page),
        ("consent", "export", "--html", receipt),
        ("backup", tmp_path / "backup"),
        ("export", "--plain", tmp_path / "plain", "--yes"),
        ("restore", tmp_path / "backup", "--yes"),
    ]
    said = {}
    for words in commands:
        output = run(*words)
        said[" ".join(map(str, words))] = output.out + output.err
    (shown,) = run("query", selfie, "--json").json["appearances"]
    for words, code in (
        (("verdict", shown["id"], "not-me", "--yes"), 0),
        (("query", selfie, "--verbose"), 0),
        (("people", "show", "me"), 0),
        (("verdict", shown["id"], "unset", "--yes"), 0),
        (("forget", "1"), 2),
        (("consent", "revoke", "me"), 2),
    ):
        output = run(*words, code=code)
        said[f"later: {' '.join(map(str, words))}"] = output.out + output.err
    for name in (page, receipt):
        body = name.read_text("utf-8").partition("<body>")[2].partition("<script>")[0]
        said[name.name] = re.sub("<[^>]*>", " ", body)
    (one_of_each / "photo.jpg").unlink()
    (one_of_each / "copy.jpg").unlink()
    for words in (("rescan",), ("report",), ("forget", "1", "--yes"), ("forget", "--all", "--yes")):
        output = run(*words)
        said[f"after the photograph is gone: {' '.join(words)}"] = output.out + output.err
    assert {words: found for words, text in said.items() if (found := plurals_of_one(text))} == {}


@pytest.mark.parametrize(
    ("number", "plural", "words"),
    [
        (1, "sources", "1 source"),
        (0, "sources", "0 sources"),
        (1404, "faces", "1,404 faces"),
        (1, "people", "1 person"),
        (1, "media", "1 media file"),
        (1, "entries of the audit log", "1 entry of the audit log"),
        (1, "newer entries of the ledger", "1 newer entry of the ledger"),
        (2, "newer entries of the ledger", "2 newer entries of the ledger"),
        (1, "sealed chip blocks", "1 sealed chip block"),
        (1, "copies of other files", "1 copy of other files"),
        (1, "false matches", "1 false match"),
    ],
)
def test_what_is_named_in_the_plural_is_said_of_one(number: int, plural: str, words: str) -> None:
    assert counted(number, plural) == words


def test_a_noun_in_the_singular_is_said_of_many() -> None:
    assert [quantity(number, "photograph") for number in (0, 1, 2, 1404)] == [
        "0 photographs",
        "1 photograph",
        "2 photographs",
        "1,404 photographs",
    ]


@pytest.mark.parametrize("text", ["1 files found", "it holds\n   1  copies of files", "1 more appearances"])
def test_the_search_for_plurals_finds_them(text: str) -> None:
    assert plurals_of_one(text)


@pytest.mark.parametrize("text", ["1 file found", "11 files", "1 is no file", "0.1 seconds", "12:01 files"])
def test_the_search_for_plurals_lets_pass_what_is_right(text: str) -> None:
    assert plurals_of_one(text) == []
