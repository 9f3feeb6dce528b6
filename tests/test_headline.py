"""The first line of an answer: what is public, and which face search engines could find it there."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from selfsearch.exports.platforms import PLATFORMS
from selfsearch.report import engines
from selfsearch.report.advice import advice, platform_key
from selfsearch.report.summary import summarise
from selfsearch.types import Appearance, Exposure, Provenance

from .conftest import Run
from .exports import flickr, instagram
from .report_samples import FOLDER, WHATSAPP, answer, appearance, changed, seen

DATA = json.loads((Path(engines.__file__).parent / "engines.json").read_text("utf-8"))
DOCS = (Path(__file__).parent.parent / "docs/engines.md").read_text("utf-8")
SOCIAL = (
    "Face search engines such as FaceCheck.ID and Clearview AI could find you there; "
    "PimEyes says that it reads no social networks."
)


def public(rank: int, platform: str, **more: object) -> Appearance:
    """A public post on this platform."""
    said = changed(Provenance(platform), exposure=Exposure.PUBLIC, context="post")
    return appearance(rank, seen(1, f"{rank}.jpg", said), **more)


def headline(*appearances: Appearance, **more: object) -> str:
    return summarise(answer(*appearances, **more)).headline


# Which engines


def test_only_engines_that_read_social_networks_are_named_for_what_is_public_there() -> None:
    assert (
        headline(public(1, "instagram"), public(2, "facebook"))
        == f"You are in 2 public photographs. {SOCIAL}"
    )


@pytest.mark.parametrize("platform", ["flickr", "mastodon", "a platform that nobody knows"])
def test_every_engine_is_named_for_the_open_web(platform: str) -> None:
    assert headline(public(1, platform)) == (
        "You are in 1 public photograph. Face search engines such as PimEyes, FaceCheck.ID and Clearview AI "
        "could find you there."
    )


def test_an_engine_that_reads_some_of_the_places_is_named_with_how_many() -> None:
    assert headline(public(1, "flickr"), public(2, "instagram"), public(3, "tiktok")) == (
        "You are in 3 public photographs. Face search engines such as FaceCheck.ID and Clearview AI could "
        "find you there; PimEyes in 1 of them."
    )


def test_a_photograph_that_is_public_in_two_places_is_found_where_either_is_read() -> None:
    both = public(1, "instagram")
    both = appearance(1, *both.sightings, *public(1, "flickr").sightings)
    assert "PimEyes, FaceCheck.ID and Clearview AI could find you there." in headline(both)


def test_a_private_copy_elsewhere_does_not_make_an_engine_read_it() -> None:
    copied = appearance(1, *public(1, "discord").sightings, seen(2, "a.jpg", changed(Provenance("flickr"))))
    assert "No face search engine is known to read Discord" in headline(copied)


def test_for_a_video_only_an_engine_that_reads_videos_is_named() -> None:
    assert headline(public(1, "youtube", type="video/mp4")) == (
        "You are in 1 public video. Face search engines such as Clearview AI could find you there; "
        "PimEyes says that it reads no social networks."
    )
    assert headline(public(1, "flickr", type="video/mp4")) == (
        "You are in 1 public video. Face search engines such as Clearview AI could find you there; "
        "PimEyes says that it reads no videos."
    )


def test_where_no_engine_is_known_to_look_none_is_named() -> None:
    assert headline(public(1, "discord"), public(2, "bereal")) == (
        "You are in 2 public photographs. No face search engine is known to read BeReal and Discord, but "
        "anybody there could have kept a copy."
    )


def test_engines_that_read_only_some_of_it_are_counted_each() -> None:
    assert headline(public(1, "discord"), public(2, "flickr"), public(3, "instagram")) == (
        "You are in 3 public photographs. Face search engines could find you in some of them: PimEyes in 1, "
        "FaceCheck.ID in 2 and Clearview AI in 2."
    )


# How sure


def test_what_is_uncertain_is_called_possible() -> None:
    unsure = public(1, "instagram", score=0.5, expected=0.6)
    assert headline(unsure) == f"You are possibly in 1 public photograph. {SOCIAL}"
    assert headline(unsure, public(2, "x")) == (
        f"You are in 1 public photograph, and possibly in 1 more photograph. {SOCIAL}"
    )


def test_what_the_person_confirmed_is_not_called_possible() -> None:
    confirmed = public(1, "instagram", score=0.5, expected=0.6, verdict="me")
    assert headline(confirmed).startswith("You are in 1 public photograph. ")


def test_a_model_without_calibration_makes_no_match_certain() -> None:
    rated = public(1, "instagram", expected=None)
    assert headline(rated, calibrated=False, bands={}).startswith("You are possibly in 1 public photograph. ")


def test_a_weak_public_resemblance_is_not_said_to_be_the_person() -> None:
    weak = public(1, "instagram", score=0.3, expected=20.0)
    assert headline(weak) == "You were not found; only faces that are less alike were."
    assert headline(weak, person="Ana") == "Ana was not found; only faces that are less alike were."


# Nothing public


def test_without_anything_public_the_headline_says_what_is_known() -> None:
    private, unknown = appearance(1, seen(1, "a.jpg", WHATSAPP)), appearance(2, seen(1, "b.jpg", FOLDER))
    assert headline(private) == "You are in 1 photograph; it is not known to be public."
    assert headline(private, appearance(3, seen(1, "c.jpg", WHATSAPP))) == (
        "You are in 2 photographs; none of them is known to be public."
    )
    assert headline(private, unknown) == (
        "You are in 2 photographs; none of them is known to be public, and who could see 1 of them is not "
        "known."
    )
    assert headline(unknown) == "You are in 1 photograph; who could see it is not known."
    assert headline(unknown, appearance(3, seen(1, "c.jpg", FOLDER))) == (
        "You are in 2 photographs; who could see them is not known."
    )


def test_where_all_that_was_alike_was_marked_as_somebody_else_no_other_face_was() -> None:
    sentences = summarise(answer(rejected=1)).sentences
    assert sentences[0] == "No other face there is similar enough to be listed."
    assert "Left out: 1 appearance that you marked as not you." in sentences


# Through the front door


def test_a_public_account_is_said_to_be_found_by_engines_that_read_it(
    run: Run, tmp_path: Path, selfie: Path
) -> None:
    run("index", instagram.build("2024-public").write(tmp_path), "--consent", "own")
    summary = run("query", selfie, "--self", "--json").json["summary"]
    assert re.fullmatch(
        r"You are in \d+ public photographs?( and .*)?\. Face search engines such as .*", summary["headline"]
    )
    assert "PimEyes" not in summary["headline"].partition(";")[0]
    shown = " ".join(run("query", selfie).out.split())
    assert summary["headline"] in shown
    assert "would find" not in shown


def test_public_pictures_on_the_open_web_name_every_engine(run: Run, tmp_path: Path, selfie: Path) -> None:
    run("index", flickr.build("together").write(tmp_path), "--consent", "own")
    said = run("query", selfie, "--self", "--json").json["summary"]["headline"]
    assert "PimEyes" in said
    assert "says that it reads no" not in said


def test_a_library_in_which_nobody_is_found_says_in_how_much_and_what_was_not_looked_at(
    run: Run, tmp_path: Path, selfie: Path
) -> None:
    from . import photos

    folder = tmp_path / "others"
    folder.mkdir()
    (folder / "c.jpg").write_bytes(photos.photo("c", 1))
    (folder / "damaged.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    run("index", folder, "--consent", "own")
    out = run("query", selfie, "--self").out
    assert (
        "You were not found among 1 face in 1 file from 1 source. Not looked at: 1 more file."
    ) in " ".join(out.split())


# What is known of the engines


def test_every_platform_that_is_read_has_its_place() -> None:
    for platform in PLATFORMS:
        assert platform_key(platform.name) in DATA["places"], platform.name
    assert all(advice(platform) for platform in DATA["places"])


@pytest.mark.parametrize("engine", DATA["engines"], ids=lambda engine: engine["name"])
def test_what_is_claimed_of_an_engine_has_a_source_and_stands_in_the_docs(engine: dict) -> None:
    assert {*engine["reads"], *engine["says_not"]} <= {"web", "social", "video"}
    assert not set(engine["reads"]) & set(engine["says_not"])
    assert engine["sources"]
    assert f"## {engine['name']}" in DOCS
    for source in engine["sources"]:
        assert source["url"] in DOCS
    assert engine["opt_out"] in DOCS


def test_the_docs_say_of_when_they_are() -> None:
    assert re.fullmatch(r"\d{4}-\d\d", DATA["as_of"])
    assert DATA["as_of"] in DOCS
