"""Google+'s pages: what they say of pictures that stand beside them, elsewhere, or nowhere."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest

from selfsearch.exports.discovery import discover
from selfsearch.exports.platforms.google_plus import GooglePlus
from selfsearch.types import Exposure

from . import photos
from .exports import Pack, google_photos, google_plus
from .exports.google_plus import ANA, BO, CIRCLE, link, media, post


def read(pack: Pack) -> list[Any]:
    return list(GooglePlus(pack.as_export()).mentions())


def said(shared: str) -> Any:
    pack = Pack("x")
    pack.add("Posts/a.html", post("Aaaaaa", "", media("a.jpg"), shared))
    return read(pack)[0].provenance


@pytest.mark.parametrize(
    ("shared", "level"),
    [
        ("Shared with: Public", Exposure.PUBLIC),
        ("Geteilt mit: Öffentlich", Exposure.PUBLIC),
        ("Geteilt mit: Meine erweiterten Kreise", Exposure.NETWORK),
        (f"Shared with: Your circles, {link(BO)}", Exposure.NETWORK),
        (f"Shared with: {link(('Friends', CIRCLE))}", Exposure.NETWORK),
        ("Shared with: ", Exposure.UNKNOWN),
        ("Shared with: Your circles, Somebody Ltd", Exposure.UNKNOWN),
        (f"Shared with: {link(('x', 'https://plus.google.com/collection/abc'))}", Exposure.UNKNOWN),
        ("Public", Exposure.UNKNOWN),
        (f"Shared with: {link(('Public', CIRCLE))}", Exposure.NETWORK),
    ],
)
def test_who_could_see_a_post_is_what_the_page_says(shared: str, level: Exposure) -> None:
    assert said(shared).exposure.level is level


def test_posts_by_several_people_are_nobodys_own() -> None:
    pack = google_plus.build("communities")
    text = post("Other1", "", media("b.jpg"), "Shared with: Public").replace(ANA[0], "Cy Ode")
    pack.add("Bees/Posts/Other1.html", text)
    reader = GooglePlus(pack.as_export())
    assert reader.account.display_name is None
    assert {each.provenance.author_is_owner for each in reader.mentions()} == {None}


def test_two_pictures_of_the_name_that_a_page_gives_are_none() -> None:
    pack = Pack("x")
    pack.add("Posts/a.html", post("Aaaaaa", "", media("a.jpg"), "Shared with: Public"))
    for folder in ("1", "2"):
        pack.add(f"Photos/{folder}/a.jpg", b"x")
    (mention,) = read(pack)
    assert mention.path == "a.jpg"


def test_pages_of_others_are_not_google_plus(tmp_path: Path) -> None:
    folder = tmp_path / "notes" / "Google+ leftovers" / "pages"
    folder.mkdir(parents=True)
    (folder / "a.html").write_text("<p>about Google+</p>")
    (folder / "a.jpg").write_bytes(b"x")
    assert [source.platform for source in discover(tmp_path).sources] == ["folder"]


def test_beside_google_photos_it_is_a_source_of_its_own(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "takeout-20181210T101112Z-001.zip", "w") as archive:
        for module in (google_photos, google_plus):
            pack = module.build(module.LAYOUTS[0])
            for path, data in pack.files.items():
                archive.writestr(pack.wrapper + path, data)
        record = '{"title": "a.jpg", "photoTakenTime": {"timestamp": "1"}}'
        archive.writestr("Takeout/Google+ Stream/Photos/2014/a.jpg.json", record)
    counts = {each.platform: len(list(each.items())) for each in discover(tmp_path).sources}
    assert set(counts) == {"google_photos", "google_plus"}
    assert all(counts.values())


def test_a_picture_of_a_post_is_found_with_its_audience(run: Any, tmp_path: Path) -> None:
    archive = google_plus.build("takeout-2018").write(tmp_path)
    run("index", archive, "--consent", "own")
    selfie = tmp_path / "selfie.jpg"
    selfie.write_bytes(photos.photo("astronaut", 0, side=400))
    (source,) = run("sources", "--json").json["sources"]
    assert source["platform"] == "google_plus"
    answer = run("query", selfie, "--self", "--json").json
    rows = [row for appearance in answer["appearances"] for row in appearance["sightings"]]
    levels = {row["path"].rpartition("/")[2]: (row["exposure"], row["caption"]) for row in rows}
    assert levels["IMG_1.jpg"] == ("public", "At <the> sea")
    assert levels["Circles1aaa.jpg"] == ("network", None)
    assert levels["Bees1aaaaaa.jpg"] == ("unknown", None)
