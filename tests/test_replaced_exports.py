"""Once public, always public: what an export shows counts after a newer export took its place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Run
from tests.exports import Pack, flickr, instagram
from tests.scenes import scene

OLDER, NEWER = (f"instagram-ana.example-{day}-AbCd1234.zip" for day in ("2023-07-01", "2024-07-01"))
TODAY = "2026-11-26T12:00:00+00:00"
POST = "media/posts/202306/1.jpg"
PICTURE = scene(1)
TO_PRIVATE = {"title": "Private", "string_map_data": {"Time": {"timestamp": 1609459200}}}


def export(day: str, *, private: bool, uri: str = POST, data: bytes = PICTURE) -> Pack:
    """An Instagram export of a post of 2023-06-17; a private one's history has a switch to private alone."""
    pack = Pack(f"instagram-ana.example-{day}-AbCd1234")
    personal = "personal_information/personal_information/personal_information.json"
    pack.add(personal, instagram.account(private))
    if private:
        where = "security_and_login_information/login_and_profile_creation/profile_privacy_changes.json"
        pack.add(where, {"account_history_account_privacy_history": [TO_PRIVATE]})
    posts = [{"media": [instagram.picture(uri, creation_timestamp=1687000000)]}]
    pack.add("your_instagram_activity/media/posts_1.json", posts)
    pack.add(uri, data)
    return pack


@pytest.fixture
def both(run: Run, at: Callable[[str], None], tmp_path: Path, selfie: Path) -> Path:
    """A folder with an export of when the account was public and one of when it was private, asked about."""
    at(TODAY)
    folder = tmp_path / "exports"
    folder.mkdir()
    export("2023-07-01", private=False).write(folder)
    export("2024-07-01", private=True).write(folder)
    run("index", folder, "--consent", "own")
    assert asked(run, selfie, "--self", "--consent", "own")["exposure"] == "public"
    return folder


def asked(run: Run, selfie: Path, *options: object) -> dict[str, Any]:
    (found,) = run("query", selfie, *options, "--json").json["appearances"]
    return found


def test_what_was_public_stays_public_when_a_newer_export_takes_the_place_of_the_proof(
    run: Run, both: Path, selfie: Path
) -> None:
    assert "replaced" not in run("query", selfie).out
    run("sources", "supersede", 1, 2)
    found = asked(run, selfie)
    assert found["exposure"] == "public"
    assert [place["source"] for place in found["sightings"]] == [1, 2]
    older, newer = found["sightings"]
    assert older["exposure_reason"].endswith("this is from an older export, which a newer one replaced")
    assert newer["exposure"] != "public"
    short = " ".join(run("query", selfie).out.replace("\xa0", " ").split())
    assert short.startswith("You are in 1 public photograph.")
    assert "(in an older export that was replaced)" in short
    assert "from an older export, which a newer one replaced" in " ".join(
        run("query", selfie, "--verbose").out.split()
    )


def test_a_rescan_tells_no_narrower_audience_and_none_that_is_wider_when_it_is_taken_back(
    run: Run, both: Path
) -> None:
    for successor in (2, 0, 2):
        run("sources", "supersede", 1, successor)
        assert "No appearance has changed" in run("rescan", "--fail-on-new").out
        assert run("report", "--json").json["changes"] == []


def test_an_older_export_that_was_deleted_counts_until_it_is_erased(
    run: Run, at: Callable[[str], None], both: Path, selfie: Path, tmp_path: Path
) -> None:
    (both / OLDER).unlink()
    assert "No appearance has changed" in run("rescan", "--fail-on-new").out
    assert run("sources", "--json").json["sources"][0]["successor"] == 2
    found = asked(run, selfie)
    assert (found["exposure"], found["sightings"][0]["gone"]) == ("public", True)
    page = tmp_path / "page.html"
    run("query", selfie, "--html", page)
    assert "this is from an older export, which a newer one replaced" in page.read_text()
    at("2027-03-01T12:00:00+00:00")
    run("rescan")
    assert asked(run, selfie)["exposure"] != "public"
    assert "No appearance has changed" in run("rescan", "--fail-on-new").out
    assert run("report", "--json").json["changes"] == []


def test_what_the_newer_export_has_no_more_is_told_as_gone_and_not_found(
    run: Run, at: Callable[[str], None], tmp_path: Path, selfie: Path
) -> None:
    at(TODAY)
    run("index", export("2023-07-01", private=False).write(tmp_path), "--consent", "own")
    run("query", selfie, "--self", "--consent", "own")
    newer = export("2024-07-01", private=True, uri="media/posts/202306/2.jpg", data=scene(4, "a"))
    run("index", newer.write(tmp_path), "--consent", "own")
    run("sources", "supersede", 1, 2)
    assert run("query", selfie, "--json").json["appearances"] == []
    run("rescan")
    (change,) = run("report", "--json").json["changes"]
    assert (change["kind"], change["why"]) == ("gone", "no longer in the newer export of 2024-07-01")


def test_a_picture_that_the_platform_compressed_anew_is_not_told_as_seen_by_fewer(
    run: Run, at: Callable[[str], None], tmp_path: Path, selfie: Path
) -> None:
    at(TODAY)
    run("index", export("2023-07-01", private=False).write(tmp_path), "--consent", "own")
    run("query", selfie, "--self", "--consent", "own")
    newer = export("2024-07-01", private=True, data=scene(1, side=470, quality=60))
    run("index", newer.write(tmp_path), "--consent", "own")
    run("sources", "supersede", 1, 2)
    run("rescan")
    assert run("report", "--json").json["changes"] == []


def test_a_folder_that_was_replaced_says_nothing_of_who_could_see_it(
    run: Run, at: Callable[[str], None], tmp_path: Path, selfie: Path
) -> None:
    at(TODAY)
    for name, data in (("older", PICTURE), ("newer", scene(4, "a"))):
        (tmp_path / name).mkdir()
        (tmp_path / name / "1.jpg").write_bytes(data)
        run("index", tmp_path / name, "--consent", "own")
    private = Pack("data-download-1")
    private.add("account_profile.json", {"real_name": "Ana", "screen_name": "ana", "nsid": "1@N00"})
    private.add("albums.json", {"albums": []})
    record = flickr.record("53012345678", privacy="private", count_views="0")
    private.add("photo_53012345678.json", record)
    private.add("img_53012345678_o.jpg", PICTURE)
    run("index", private.write(tmp_path), "--consent", "own")
    run("sources", "supersede", 1, 2)
    assert asked(run, selfie, "--self", "--consent", "own")["exposure"] == "private"


def test_an_older_export_without_consent_does_not_count(
    run: Run, at: Callable[[str], None], tmp_path: Path, selfie: Path
) -> None:
    at(TODAY)
    older = export("2023-07-01", private=False).write(tmp_path)
    run("index", older, "--consent", "release", "--by", "Bo", "--days", "3")
    run("index", export("2024-07-01", private=True).write(tmp_path), "--consent", "own")
    run("sources", "supersede", 1, 2)
    assert asked(run, selfie, "--self", "--consent", "own")["exposure"] == "public"
    at("2026-11-30T12:00:00+00:00")
    assert asked(run, selfie)["exposure"] != "public"


def test_explain_shows_the_older_export_beside_the_newer_one(run: Run, both: Path, selfie: Path) -> None:
    run("sources", "supersede", 1, 2)
    newer = f"{both / NEWER}!{POST}"
    shown = run("sources", "explain", newer).out
    assert "Instagram export of ana.example (source 1), which source 2 replaced;" in shown
    by_path = run("sources", "explain", newer, "--json").json["places"]
    assert [(each["source"]["id"], each["source"]["replaced_by"]) for each in by_path] == [(2, None), (1, 2)]
    assert by_path[1]["exposure"]["level"] == "public"
    by_id = run("sources", "explain", asked(run, selfie)["id"], "--json").json["places"]
    assert sorted(each["source"]["id"] for each in by_id) == [1, 2]
    (both / OLDER).unlink()
    run("rescan")
    for name in (newer, asked(run, selfie)["id"]):
        places = run("sources", "explain", name, "--json").json["places"]
        assert [(each["source"]["id"], each["gone"]) for each in places] == [(2, False), (1, True)]
