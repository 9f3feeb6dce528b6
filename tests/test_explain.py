"""selfsearch sources explain: which records decided what is said of a picture, at each of its places."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from selfsearch.library.sources import SourceRow
from selfsearch.types import Audience, Exposure, Outcome, Provenance
from selfsearch.workflows.explain import Explanation, Record, redacted
from tests import photos
from tests.conftest import Run
from tests.exports import Pack, bereal, facebook, whatsapp


@pytest.fixture
def archive(run: Run, tmp_path: Path, selfie: Path) -> Path:
    """A BeReal export with a picture whose audience is a word that is not known, and its owner enrolled."""
    path = bereal.build("posts").write(tmp_path)
    run("index", path, "--consent", "own")
    run("people", "add", "me", selfie, "--consent", "own")
    return path


def of_word(run: Run, selfie: Path, word: str) -> dict[str, Any]:
    """The appearance with a place that has this word for its audience."""
    found = run("query", selfie, "--json").json["appearances"]
    return next(each for each in found if word in {place["audience"] for place in each["sightings"]})


def test_it_names_what_decided_platform_time_link_and_exposure(run: Run, archive: Path) -> None:
    assert run("sources", "explain", "StU.webp").out == "\n".join(
        (
            f"{archive}!Photos/post/StU.webp",
            "  is        BeReal, post, ana.example",
            "  because   it is in BeReal export of ana.example (source 1); recognised: has posts.json",
            f"  says so   {archive}!posts.json",
            "  posted    nothing says",
            "  taken     1 May 2024, 18:22 UTC (from takenAt)",
            "  link      none",
            "  who       Not known who could see it (unknown)",
            "  why       BeReal: visibility = galaxy, a word that is not known",
            "  audience  galaxy (said of this very item)\n",
        )
    )


def test_an_id_stands_for_all_places_of_the_picture(run: Run, archive: Path, selfie: Path) -> None:
    found = of_word(run, selfie, "galaxy")
    explained = run("sources", "explain", found["id"].upper(), "--json").json
    assert explained["schema"] == "selfsearch.explanation/1"
    assert [place["path"] for place in explained["places"]] == list(
        dict.fromkeys(place["path"] for place in found["sightings"])
    )
    for place, sighting in zip(explained["places"], found["sightings"], strict=True):
        assert place["exposure"] == {"level": sighting["exposure"], "reason": sighting["exposure_reason"]}
        assert [record["record"] for record in place["records"]] == sighting["records"]
        assert [record["record"] for record in place["evidence"]] == sighting["exposure_evidence"]
        assert (place["taken"] or {}).get("at") == sighting["taken_at"]


def test_what_the_user_said_stands_beside_what_the_export_says(run: Run, archive: Path) -> None:
    run("sources", "set", 1, "--audience", "galaxy", "--means", "network")
    shown = run("sources", "explain", "Photos/post/StU.webp").out
    assert "  who       Friends, followers or a group could see it (network)\n" in shown
    assert "  why       You said that “galaxy” means friends or a group (network)\n" in shown
    assert "  export    By itself it says unknown: BeReal: visibility = galaxy, a word that is" in shown
    (place,) = run("sources", "explain", "StU.webp", "--json").json["places"]
    assert (place["decided_by"], place["exposure_of_export"]["level"]) == ("user", "unknown")


def test_evidence_is_named_by_its_archive_also_where_it_is_a_folder(run: Run, tmp_path: Path) -> None:
    path = facebook.build("2023").write(tmp_path)
    run("index", path, "--consent", "own")
    (place,) = run("sources", "explain", "inbox/boberg_1234567890/photos/118_n_567.jpg", "--json").json[
        "places"
    ]
    named = {record["record"]: record["path"] for record in place["evidence"]}
    assert place["exposure"]["level"] == "private"
    assert named
    assert all(there == f"{path}!{record}" for record, there in named.items())
    assert any(record.endswith("/") for record in named)


def test_nothing_but_the_library_is_read(run: Run, archive: Path) -> None:
    before = run("sources", "explain", "StU.webp").out
    archive.unlink()
    assert run("sources", "explain", "StU.webp").out == before


def test_what_is_not_consented_to_is_refused_as_what_is_not_there(
    run: Run, archive: Path, selfie: Path
) -> None:
    found = of_word(run, selfie, "galaxy")["id"]
    missing = run("sources", "explain", "nowhere.webp", code=2).err
    assert missing == (
        "selfsearch: no source with live consent has a file nowhere.webp; ids and paths stand in: selfsearch"
        " query --verbose\n"
    )
    run("consent", "revoke", archive, "--yes")
    assert run("sources", "explain", "StU.webp", code=2).err == missing.replace("nowhere", "StU")
    assert "no answer about me has the id" in run("sources", "explain", found, code=2).err
    run("consent", "revoke", "me", "--yes")
    assert "nobody with live consent is enrolled" in run("sources", "explain", found, code=3).err


def test_a_name_that_many_files_have_asks_for_more_of_the_path(run: Run, tmp_path: Path) -> None:
    for number in range(21):
        (tmp_path / f"album/{number}").mkdir(parents=True)
        (tmp_path / f"album/{number}/x.jpg").write_bytes(photos.nobody(1))
    run("index", tmp_path / "album", "--consent", "own")
    refused = run("sources", "explain", "x.jpg", code=2).err
    assert "more than 20 files are called x.jpg: give more of the path" in refused
    assert run("sources", "explain", "7/x.jpg").out.startswith(f"{tmp_path}/album/7/x.jpg\n  is        Files")
    assert "no source" in run("sources", "explain", "jpg", code=2).err


@pytest.mark.parametrize(
    "pack", [facebook.build("2023"), whatsapp.build("android")], ids=lambda pack: pack.name
)
def test_a_bug_report_holds_no_name_text_address_day_or_path(pack: Pack, run: Run, tmp_path: Path) -> None:
    run("index", pack.write(tmp_path), "--consent", "own")
    words = [str(tmp_path), "berg", "bérg", "silva", "sílva", "ana.example", "2023", "2020", "paris"]
    private = [json.dumps(word)[1:-1] for word in words]
    for picture in [file for file in pack.files if file.endswith(("jpg", "webp"))][:4]:
        shown = run("sources", "explain", picture, "--redacted", "--json")
        assert "read it before you pass it on" in shown.err
        assert [word for word in private if word in shown.out.casefold()] == []
        assert '"level": "' in shown.out


@pytest.mark.parametrize(
    ("platform", "reason", "audience", "told"),
    [
        (
            "google_plus",
            "Google+: Shared with: Friends, Bo Berg",
            "Friends, Bo Berg",
            "Shared with: …, …",
        ),
        (
            "google_photos",
            "shared: 2 comments by Bo (a), Cy on it (sharedAlbumComments)",
            None,
            "by … on it (s",
        ),
        (
            "google_photos",
            "which has 1 like by Bo (sharedAlbumComments); more",
            None,
            "like by … (sharedAlbum",
        ),
        ("flickr", "in the pool of Bo's, Cy's, whose members can see it", None, "pool of …, whose members"),
    ],
)
def test_names_that_stand_in_an_audience_or_a_reason_alone_are_left_out(
    platform: str, reason: str, audience: str | None, told: str
) -> None:
    source = SourceRow(**dict.fromkeys(SourceRow.__dataclass_fields__) | {"containers": [], "why": ""})  # type: ignore[arg-type]
    exposure = Exposure.NETWORK.because(reason)
    said = Provenance(platform, audience=Audience.of(audience, "per_item"), exposure=exposure)
    shown = redacted(Explanation(source, "x.jpg", Outcome.INDEXED, None, False, said, said, (), ()))
    assert told in shown.said.exposure.reason
    assert not {"Bo", "Cy"} & set(re.findall(r"\w+", f"{shown.said} {shown.exported}"))


def test_a_name_that_is_known_is_left_out_of_reasons_and_records_too() -> None:
    own = {
        "account": "ana.k",
        "containers": ["/home/ana/ana.k.zip"],
        "root": "/home/ana",
        "why": "recognised: has ana.k/posts.json",
    }
    source = SourceRow(**dict.fromkeys(SourceRow.__dataclass_fields__) | own)  # type: ignore[arg-type]
    said = Provenance(
        "x",
        author="Bo Berg",
        album="Our trip",
        exposure=Exposure.NETWORK.because("bo berg showed “Our trip” to ana.k", "our trip/Bo Berg.json"),
    )
    records = Record("our trip/Bo Berg.json", "/home/ana/ana.k.zip!x"), Record("posts/posts_1.json", None)
    whole = Explanation(
        source, "/home/ana/ana.k.zip!beach.jpg", Outcome.INDEXED, None, False, said, said,
        (*records, Record("posts/beach.jpg.json", None), Record("inbox/bo_1/", None)), (),
    )  # fmt: skip
    told = redacted(whole)
    assert told.said.exposure.reason == "… showed “…” to …"
    assert [record.path for record in told.records] == ["…/….json", "…/posts_1.json", "…/….json", "…/"]
    assert {record.place for record in told.records} == {None}
    assert (told.source.why, told.path) == ("recognised: has …/posts.json", "….jpg")


def test_a_hostile_record_does_not_act_on_the_terminal(run: Run, tmp_path: Path) -> None:
    pack = Pack("data-download-1")
    pack.add("account_profile.json", {"nsid": "1@N00", "screen_name": "ana"})
    pack.add("albums.json", {"albums": []})
    attack = {"id": "11111111", "name": "a\x1b[2J\nb", "description": "\u202eevil", "privacy": "\x1b]0;x\x07"}
    pack.add("photo_11111111.json", attack)
    pack.add("x_11111111_o.jpg", photos.nobody(1))
    run("index", pack.write(tmp_path), "--consent", "own")
    shown = run("sources", "explain", "x_11111111_o.jpg").out
    assert not {"\x1b", "\x07", "\u202e"} & set(shown)
    assert sum(line.startswith("  ") for line in shown.splitlines()) == shown.count("\n") - 1
