"""Wherever a person reads of a source, it has one name: what it is, whose or where, and its number."""

from __future__ import annotations

from pathlib import Path

import pytest

from . import photos
from .conftest import Run
from .exports import instagram

Names = tuple[str, str, str]


@pytest.fixture
def three(run: Run, tmp_path: Path, selfie: Path) -> Names:
    """Two folders and an export, indexed and asked of; returns their names."""
    places = [tmp_path / name for name in ("Pictures", "Camera")]
    for number, place in enumerate(places, 1):
        place.mkdir()
        (place / "photo.jpg").write_bytes(photos.photo("astronaut", number))
    export = instagram.build("2024-public").write(tmp_path)
    run("index", *places, export, "--consent", "own")
    run("query", selfie, "--self")
    first, second = (f"Folder {place} (source {number})" for number, place in enumerate(places, 1))
    (account,) = {
        source["account"] for source in run("sources", "--json").json["sources"] if source["account"]
    }
    return first, second, f"Instagram export of {account} (source 3)"


def one_line(text: str) -> str:
    return " ".join(text.split())


def test_every_command_calls_a_source_by_its_name(run: Run, three: Names, tmp_path: Path) -> None:
    first, second, export = three
    assert len({first.split(" (")[0], second.split(" (")[0]}) == 2  # told apart without the number
    listed = run("sources").out
    again = run("index", tmp_path / "Pictures").out
    rescanned = run("rescan").out
    assert all(name in listed and name in rescanned for name in three)
    assert again.startswith(f"{first}: 1 file found\n")
    assert [source["name"] for source in run("sources", "--json").json["sources"]] == list(three)
    assert run("sources", "set", 3, "--account-was", "private").err == (
        f"noted: the account of {export} was private\n"
    )
    assert first in run("sources", "set", 1, "--account-was", "private", code=2).err
    assert f"{second} is not of the same platform as {export}" in one_line(
        run("sources", "supersede", 3, 2, code=2).err
    )
    assert second in run("sources", "gone", 2, code=2).err


def test_consent_and_status_say_what_was_read_at_a_path(run: Run, three: Names) -> None:
    pictures = three[0].removeprefix("Folder ").removesuffix(" (source 1)")
    listed = run("consent", "list").out
    assert f"live      source {pictures} (Folder, source 1), until " in listed
    assert "(Instagram export of " in listed
    assert f"consent for {pictures} (Folder, source 1) is live until" in run("status").out


def test_an_answer_names_few_sources_and_counts_many(run: Run, three: Names, selfie: Path) -> None:
    shown = run("query", selfie, "--json").json
    assert shown["library"]["source_names"] == list(three)
    assert "from 3 sources (selfsearch sources lists them)" in one_line(run("query", selfie, "--verbose").out)
    run("forget", 3, "--yes")
    assert f"from {three[0]} and {three[1]}" in one_line(run("query", selfie, "--verbose").out)


def test_what_is_to_be_erased_is_named(run: Run, three: Names, monkeypatch: pytest.MonkeyPatch) -> None:
    from selfsearch.cli import options

    asked: list[str] = []
    monkeypatch.setattr(options, "ask", lambda question, _: bool(asked.append(question)))
    run("forget", 3, code=2)
    run("consent", "revoke", 1, code=2)
    assert asked[0].startswith(f"Erase what is kept of {three[2]}?")
    assert "(Folder, source 1), and erase this?" in asked[1]
