"""A platform's word for an audience that is not known here: shown, counted, and settled by the user."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests import photos
from tests.conftest import Run
from tests.exports import Pack
from tests.exports import bereal as bereal_export

FLICKR = "Flickr (Your Flickr data) of ana_example (source 1)"
NOT_KNOWN = "and it is not known what that means"


@pytest.fixture
def flickr(run: Run, tmp_path: Path) -> Path:
    """Two photographs for "Vrienden", one of them spelled otherwise, one for "Ma famille", one public."""
    pack = Pack("data-download-1")
    pack.add("account_profile.json", {"nsid": "1@N00", "screen_name": "ana_example"})
    pack.add("albums.json", {"albums": []})
    for number, privacy in enumerate(("Vrienden", "vrienden", "Ma famille", "public"), 11111111):
        pack.add(f"photo_{number}.json", {"id": str(number), "name": "x", "privacy": privacy})
        pack.add(f"x_{number}_o.jpg", photos.photo("astronaut", number % 7))
    run("index", pack.write(tmp_path), "--consent", "own")
    return tmp_path


@pytest.fixture
def reasons(run: Run, selfie: Path) -> Any:
    def ask() -> dict[str, str]:
        """The audience's word -> exposure and reason."""
        run("query", selfie, "--self")
        found = run("query", selfie, "--json").json["appearances"]
        places = [place for appearance in found for place in appearance["sightings"]]
        return {place["audience"]: f"{place['exposure']}: {place['exposure_reason']}" for place in places}

    return ask


def test_status_counts_what_hangs_on_a_word_and_says_how_to_settle_it(run: Run, flickr: Path) -> None:
    lines = [line for line in run("status").out.splitlines() if NOT_KNOWN in line]
    assert lines == [
        f"2 files: {FLICKR} says “Vrienden” of who could see them, {NOT_KNOWN}; say what it means: selfsearch"
        " sources set 1 --audience Vrienden --means public (or network, or private)",
        f"1 file: {FLICKR} says “Ma famille” of who could see it, {NOT_KNOWN}; say what it means: selfsearch"
        " sources set 1 --audience 'Ma famille' --means public (or network, or private)",
    ]
    assert run("status", "--json").json["unknown_words"] == [
        {"source": 1, "name": FLICKR, "word": "Vrienden", "files": 2, "posts": 0},
        {"source": 1, "name": FLICKR, "word": "Ma famille", "files": 1, "posts": 0},
    ]


def test_an_answer_says_where_a_word_is_settled_as_long_as_there_is_one(
    run: Run, flickr: Path, selfie: Path
) -> None:
    def next_step() -> str:
        shown = " ".join(run("query", selfie, "--self").out.split())
        return shown.partition("Next: ")[2].partition(" Only what was indexed")[0]

    first = "see the pictures with --open. Not you? selfsearch verdict ID not-me"
    told = next_step()
    assert told.startswith(f"{first}. Not known: what “")
    assert told.endswith("means; selfsearch status says what to do")
    for word in ("Vrienden", "Ma famille"):
        run("sources", "set", 1, "--audience", word, "--means", "network")
    assert next_step() == first


def test_a_settled_word_decides_every_picture_that_has_it_and_can_be_taken_back(
    run: Run, flickr: Path, reasons: Any
) -> None:
    before = reasons()
    assert before["Vrienden"].startswith("unknown: ")
    assert "“Vrienden”" in before["Vrienden"] or '"Vrienden"' in before["Vrienden"]
    told = run("sources", "set", 1, "--audience", "VRIENDEN", "--means", "network").err
    assert told == (
        f"noted: in {FLICKR}, “Vrienden” means friends or a group (network)\nthat decides 2 files\n"
    )
    network = "network: you said that “Vrienden” means friends or a group (network)"
    after = reasons()
    assert after == before | {"Vrienden": network, "vrienden": network.replace("“V", "“v")}
    assert [each["word"] for each in run("status", "--json").json["unknown_words"]] == ["Ma famille"]
    assert "   you said: “Vrienden” means friends or a group (network)\n" in run("sources").out
    assert run("sources", "--json").json["sources"][0]["audience_means"] == {"Vrienden": "network"}

    run("sources", "set", 1, "--audience", "vrienden", "--means", "public")
    assert run("sources", "--json").json["sources"][0]["audience_means"] == {"Vrienden": "public"}
    assert run("sources", "set", 1, "--audience", "vrienden", "--means", "unknown").err == (
        f"taken back: what you said that “Vrienden” means in {FLICKR}\n"
    )
    assert reasons() == before


def test_a_word_of_posts_without_media_is_counted_too(run: Run, tmp_path: Path) -> None:
    run("index", bereal_export.build("posts").write(tmp_path), "--consent", "own")
    (word,) = run("status", "--json").json["unknown_words"]
    assert (word["word"], word["files"], word["posts"]) == ("galaxy", 1, 1)
    assert "1 file and 1 post without media: BeReal export of ana" in run("status").out


NOTHING_SUCH = "of nothing that this could decide"


@pytest.mark.parametrize(
    ("args", "why"),
    [
        ("--audience nobody --means public", f"“nobody” {NOTHING_SUCH}"),
        ("--audience nobody --means public", "that are not known: “Vrienden”, “Ma famille”"),
        ("--audience public --means private", f"“public” {NOTHING_SUCH}"),
        ("--audience Vrienden --means friends", "--means takes public, network, private or unknown"),
        ("--audience Vrienden --means unknown", "nothing was said of “Vrienden”"),
        ("--audience Vrienden", "--audience WORD and --means go together"),
        ("--means public", "say one of both: --account-was, or --audience WORD with --means"),
        ("", "say one of both: --account-was, or --audience WORD with --means"),
        ("--audience Vrienden --means public --account-was public", "say one of both"),
        ("--audience Vrienden --means public --from 2020-01-01", "go with --account-was"),
    ],
)
def test_a_meaning_that_makes_no_sense_is_explained(args: str, why: str, run: Run, flickr: Path) -> None:
    assert why in run("sources", "set", 1, *args.split(), code=2).err
    assert run("sources", "--json").json["sources"][0]["audience_means"] == {}


def test_words_of_what_is_not_searched_are_not_asked_about(run: Run, flickr: Path) -> None:
    run("consent", "revoke", flickr / "data-download-1.zip", "--yes")
    assert run("status", "--json").json["unknown_words"] == []


def test_a_hostile_word_neither_fills_the_screen_nor_acts_on_it(run: Run, tmp_path: Path) -> None:
    pack = Pack("data-download-1")
    pack.add("account_profile.json", {"nsid": "1@N00", "screen_name": "ana_example"})
    pack.add("albums.json", {"albums": []})
    words = ["\x1b[2Jclear", "x" * 5000, *(f"word{number}" for number in range(20))]
    for number, word in enumerate(words, 11111111):
        pack.files[f"photo_{number}.json"] = json.dumps({"id": str(number), "privacy": word}).encode()
        pack.add(f"x_{number}_o.jpg", photos.nobody(1))
    run("index", pack.write(tmp_path), "--consent", "own")
    shown = run("status").out
    assert "\x1b" not in shown
    assert "x" * 100 not in shown
    assert shown.count(NOT_KNOWN) == 8
    assert "14 more words that are not known; all of them: selfsearch status --json" in shown
    assert len(run("status", "--json").json["unknown_words"]) == 22


def test_a_photo_library_is_said_to_be_shared_or_not(run: Run, tmp_path: Path) -> None:
    from tests.exports import google_photos

    run("index", google_photos.build("english-2025").write(tmp_path), "--consent", "own")
    name = run("sources", "--json").json["sources"][0]["name"]
    refused = run("sources", "set", 1, "--account-was", "public", code=2).err
    assert f"{name} is a photo library, of which albums are shared one by one: nothing was noted." in refused
    told = run("sources", "set", 1, "--account-was", "private", "--to", "2020-12-31").err
    assert told.startswith(f"noted: nothing of {name} was shared until 2020-12-31\n")
    assert "that does not say whether any was after 2020-12-31" in told
    assert "   you said: nothing of it was shared until 2020-12-31\n" in run("sources").out
    taken = run("sources", "set", 1, "--account-was", "unknown").err
    assert taken == f"taken back: what you said of {name}\n"
