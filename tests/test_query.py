"""Queries through the front door: the right person, nobody else, and never without consent."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import photos
from tests.conftest import Run


@pytest.fixture
def indexed(run: Run, album: Path) -> Path:
    """The album, in the library."""
    run("index", album, "--consent", "own")
    return album


def names(answer: dict[str, object]) -> set[str]:
    """File names of every place in the answer."""
    return {Path(place["path"]).name for one in answer["appearances"] for place in one["sightings"]}  # type: ignore[attr-defined]


def test_finds_the_person_and_nobody_else(run: Run, indexed: Path, selfie: Path) -> None:
    answer = run("query", selfie, "--self", "--json").json
    assert names(answer) == {"astronaut-0.jpg", "astronaut-1.jpg", "astronaut-2.jpg"}
    assert {one["band"] for one in answer["appearances"]} == {"strong"}
    assert answer["schema"] == "selfsearch.query/1"
    assert answer["library"] == {
        "sources": 1, "media": 8, "faces": 7, "source_names": [f"Folder {indexed} (source 1)"],
        "replaced_names": [],
    }  # fmt: skip


def test_boxes_are_pixels_of_the_upright_image(run: Run, indexed: Path, selfie: Path) -> None:
    for one in run("query", selfie, "--self", "--json").json["appearances"]:
        x, y, width, height = one["face"]["box"]
        assert x >= 0
        assert x + width <= one["media"]["width"]
        assert y >= 0
        assert y + height <= one["media"]["height"]
        assert width > 20 < height


def test_without_consent_nobody_is_searched_for(run: Run, indexed: Path, selfie: Path) -> None:
    assert "there is no consent on record for me" in run("query", selfie, code=3).err


def test_the_person_is_remembered(run: Run, indexed: Path, selfie: Path) -> None:
    run("query", selfie, "--self")
    assert run("query", selfie, "--json").json["person"] == "me"


def test_a_stranger_is_refused(run: Run, indexed: Path, selfie: Path) -> None:
    run("query", selfie, "--self")
    for words in ([], ["--self"], ["--person", "me"]):
        said = run("query", indexed / "c.jpg", *words, code=3).err
        assert "shows nobody who agreed to be searched for" in said


def test_a_stranger_does_not_become_who_consented_before(
    run: Run, indexed: Path, selfie: Path, at: Callable[[str], None]
) -> None:
    at("2026-03-01T12:00:00+00:00")
    run("query", selfie, "--self", "--days", "7")
    at("2026-04-01T12:00:00+00:00")
    run("consent", "renew", indexed, "--yes")
    said = run("query", indexed / "c.jpg", "--consent", "own", code=3).err
    assert "shows nobody who agreed to be searched for" in said
    assert "expired" in run("query", selfie, code=3).err  # and nobody's consent was renewed by it
    answer = run("query", selfie, "--consent", "own", "--json").json
    assert names(answer) == {f"astronaut-{number}.jpg" for number in range(3)}


def test_another_person_needs_a_release_of_their_own(run: Run, indexed: Path) -> None:
    picture = indexed / "c.jpg"
    assert "no consent on record for Chandra" in run("query", picture, "--person", "Chandra", code=3).err
    words = ("--person", "Chandra", "--consent", "release", "--by", "Chandra", "--json")
    answer = run("query", picture, *words).json
    assert (answer["person"], names(answer)) == ("Chandra", {"c.jpg"})


def test_several_photographs_make_one_template(run: Run, indexed: Path, selfie: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.png"
    other.write_bytes(photos.photo("astronaut", 8, kind="PNG"))
    answer = run("query", selfie, other, "--self", "--json").json
    assert [probe["faces_found"] for probe in answer["probes"]] == [1, 1]
    assert len(answer["appearances"]) == 3


def test_photographs_of_two_people_are_not_mixed(run: Run, indexed: Path, selfie: Path) -> None:
    said = run("query", selfie, indexed / "c.jpg", "--self", code=4).err
    assert "one person at a time" in said


def test_a_group_photograph_needs_a_choice(run: Run, indexed: Path, tmp_path: Path) -> None:
    group = tmp_path / "group.jpg"
    group.write_bytes(photos.encoded(photos.group()))
    said = run("query", group, "--self", code=4).err
    assert "shows 6 faces" in said
    assert re.search(r"--face largest: 1 \([\w ]+\), 2 \([\w ]+\)", said)
    answer = run("query", group, "--self", "--face", "largest", "--json").json
    assert answer["probes"][0]["faces_found"] == 6
    run("query", group, "--self", "--face", "9", code=2)


def test_a_photograph_without_a_face_is_nothing_to_ask_with(run: Run, indexed: Path) -> None:
    assert "no face was found" in run("query", indexed / "nobody.jpg", "--self", code=4).err


def test_a_text_file_is_no_selfie(run: Run, indexed: Path, tmp_path: Path) -> None:
    (tmp_path / "me.jpg").write_text("hello")
    assert "not a picture" in run("query", tmp_path / "me.jpg", "--self", code=4).err


def test_near_identical_copies_fold_into_one_appearance(run: Run, album: Path, selfie: Path) -> None:
    (album / "small.jpg").write_bytes(photos.encoded(photos.picture("astronaut", 0, 240), quality=60))
    run("index", album, "--consent", "own")
    answer = run("query", selfie, "--self", "--json").json
    copies = {one["media"]["copies"] for one in answer["appearances"] if "small.jpg" in str(one["sightings"])}
    assert (len(answer["appearances"]), copies) == (3, {2})


def test_limits_and_filters_choose_what_is_listed_and_nothing_else(
    run: Run, indexed: Path, selfie: Path
) -> None:
    whole = run("query", selfie, "--self", "--json").json
    for flags, not_listed in (
        (["--limit", "1"], {"limit": 2}),
        (["--since", "2020-01-01", "--dated-only"], {"undated": 3}),
        (["--dated-only"], {"undated": 3}),
        (["--until", "2020-01-01"], {}),
    ):
        answer = run("query", selfie, *flags, "--json").json
        assert (answer["not_listed"], answer["hidden"]) == (not_listed, sum(not_listed.values()))
        assert len(answer["appearances"]) == 3 - answer["hidden"]
        assert answer["summary"]["headline"] == whole["summary"]["headline"]
        assert answer["summary"]["exposure"] == whole["summary"]["exposure"]
    assert len(run("query", selfie, "--source", "1", "--json").json["appearances"]) == 3
    assert "no source 7" in run("query", selfie, "--source", "7", code=2).err
    assert "is not a day" in run("query", selfie, "--since", "soon", code=2).err
    turned = run("query", selfie, "--since", "2021-01-02", "--until", "2021-01-01", code=2).err
    assert "no day lies between 2021-01-02 and 2021-01-01: turn them round" in turned
    run("query", selfie, "--since", "2021-01-01", "--until", "2021-01-01")
    assert "--min-band takes" in run("query", selfie, "--min-band", "sure", code=2).err


def test_weaker_resemblances_are_shown_on_request_only(run: Run, indexed: Path, selfie: Path) -> None:
    usual = run("query", selfie, "--self", "--json").json["appearances"]
    everything = run("query", selfie, "--all", "--json").json["appearances"]
    surest = run("query", selfie, "--all", "--min-band", "strong", "--json").json["appearances"]
    assert {one["band"] for one in surest} == {"strong"}
    assert len(everything) >= len(usual)
    assert all(one["band"] for one in usual)


def test_where_nothing_is_listed_every_form_says_what_was_found(
    run: Run, indexed: Path, selfie: Path, tmp_path: Path
) -> None:
    run("query", selfie, "--self")
    page, none = tmp_path / "page.html", "one of them is listed: 3 without a date"
    said = run("query", selfie, "--dated-only", "--html", page).out
    assert said.startswith("You are in 3 photographs")
    assert f"N{none}.\n" in said
    assert "Next: to list them, ask without the options that leave them out\n" in said
    assert f"N{none}." in page.read_text()
    assert f"- N{none}.\n" in run("query", selfie, "--dated-only", "--verbose").out
    table = run("query", selfie, "--dated-only", "--csv")
    assert (table.out.count("\n"), table.err) == (1, f"in the table: 0 of 3 appearances; n{none}\n")
    assert "in the table: 1 of 3 appearances; 2 more" in run("query", selfie, "--limit", "1", "--csv").err
    assert run("query", selfie, "--csv").err == ""


def test_csv_has_a_row_per_place(run: Run, indexed: Path, selfie: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(run("query", selfie, "--self", "--csv").out)))
    assert len(rows) == 3


def test_the_page_is_private_and_whole(run: Run, indexed: Path, selfie: Path, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    run("query", selfie, "--self", "--html", page)
    assert page.stat().st_mode & 0o077 == 0
    text = page.read_text()
    assert text.count("data:image/jpeg;base64,") == 3
    assert "http://" not in text.split("<body", 1)[0]


def test_not_me_sticks(run: Run, indexed: Path, selfie: Path) -> None:
    first = run("query", selfie, "--self", "--json").json["appearances"][0]["id"]
    run("verdict", first, "not-me", "--yes")
    again = run("query", selfie, "--json").json["appearances"]
    assert first not in [one["id"] for one in again]
    assert len(again) == 2


def test_consent_that_ran_out_hides_the_source(run: Run, at: object, indexed: Path, selfie: Path) -> None:
    run("query", selfie, "--self", "--days", "1000")
    at("2028-01-01T00:00:00+00:00")  # type: ignore[operator]
    answer = run("query", selfie, "--json").json
    assert answer["appearances"] == []
    assert json.loads(run("status", "--json").out)["without_consent"] == [str(indexed)]


def test_an_answer_is_given_while_another_run_writes(
    run: Run, home: Path, tmp_path: Path, indexed: Path, selfie: Path
) -> None:
    from selfsearch.library.library import open_library

    with open_library(home, key_folder=tmp_path / "keys", writing=True):
        answer = run("query", selfie, "--self", "--json").json
        assert len(answer["appearances"]) == 3
        assert len(run("query", selfie, "--json").json["appearances"]) == 3
        run("report")
        run("index", indexed, code=5)
