"""YouTube exports: rows and files that only titles connect, in languages whose words are not all known."""

from __future__ import annotations

import time

import pytest

from selfsearch.exports.path_index import PathIndex
from selfsearch.exports.platforms.base import Account
from selfsearch.exports.platforms.youtube import YouTube
from selfsearch.exports.platforms.youtube_titles import TitleMatch, VideoRow, match_titles
from selfsearch.types import Exposure

from .exports import Pack
from .exports import youtube as fixture
from .exports.reading import readings


@pytest.mark.parametrize(
    "folder",
    [
        "Takeout/YouTube/",
        "YouTube and YouTube Music/",
        "Takeout/YouTube と YouTube Music/",
        "x/YouTube och YouTube Music/",
    ],
)
def test_the_products_folder_is_known_in_other_languages(folder: str) -> None:
    assert [root.prefix for root in YouTube.recognize(PathIndex([folder + "videos/a.mp4"]))] == [folder]


@pytest.mark.parametrize(
    "path", ["YouTube/a.mp4", "Videos/youtube-dl/videos/a.mp4", "Takeout/Drive/YouTube.mp4"]
)
def test_a_folder_of_downloads_is_not_an_export(path: str) -> None:
    assert list(YouTube.recognize(PathIndex([path]))) == []


@pytest.mark.parametrize(
    ("word", "level"),
    [
        ("Public", Exposure.PUBLIC),
        ("PUBLIC", Exposure.PUBLIC),
        ("Öffentlich", Exposure.PUBLIC),
        ("公開", Exposure.PUBLIC),
        ("Unlisted", Exposure.NETWORK),
        ("限定公開", Exposure.NETWORK),
        ("Non répertoriée", Exposure.NETWORK),
        ("Private", Exposure.PRIVATE),
        ("非公開", Exposure.PRIVATE),
        ("Members only", Exposure.UNKNOWN),
    ],
)
def test_the_privacy_gives_the_exposure_and_is_quoted(word: str, level: Exposure) -> None:
    pack = Pack("takeout-20240501T101112Z-001")
    pack.add(
        "video metadata/videos.csv", fixture.table(fixture.HEADER, [fixture.row("aB3dE5fG7h_", "x", word)])
    )
    (provenance,) = readings(pack, YouTube)[None]
    assert (provenance.audience, provenance.audience_source) == (word, "per_item")
    assert provenance.exposure is level
    assert provenance.exposure_reason.startswith(f'YouTube: Privacy = "{word}"')


def test_sentence_case_headers_are_the_same_headers() -> None:
    pack = Pack("takeout-20240501T101112Z-001")
    headers = tuple(word.capitalize() for word in fixture.HEADER)
    pack.add(
        "video metadata/videos.csv", fixture.table(fixture.HEADER, [fixture.row("aB3dE5fG7h_", "x")], headers)
    )
    pack.add("videos/x.mp4", fixture.video())
    (provenance,) = readings(pack, YouTube)["videos/x.mp4"]
    assert (provenance.post_id, provenance.caption) == ("aB3dE5fG7h_", "x")
    assert provenance.posted_at_source == "Video publish timestamp"


def test_titles_that_differ_in_signs_only_are_told_apart_where_the_file_name_can() -> None:
    rows = [VideoRow("C++ basics", None), VideoRow("C basics", None)]
    matches = match_titles(rows, ["videos/C basics.mp4", "videos/C__ basics.mp4"], lambda path: None)
    assert {match.path: match.rows for match in matches} == {
        "videos/C basics.mp4": (1,),
        "videos/C__ basics.mp4": (0,),
    }


def test_a_whole_title_goes_before_one_that_is_cut_there() -> None:
    short = "A title of exactly forty-five letters, or so."
    rows = [VideoRow(f"{short} and then some more", None), VideoRow(short, None)]
    assert list(match_titles(rows, [f"{short}.mp4"], lambda path: None)) == [TitleMatch(f"{short}.mp4", (1,))]


def test_a_cut_title_finds_its_file() -> None:
    rows = [
        VideoRow("What we did in the summer of that long year, and why", None),
        VideoRow("What we did", None),
    ]
    path = "videos/What we did in the summer of that long year, a.mp4"
    assert list(match_titles(rows, [path], lambda path: None)) == [TitleMatch(path, (0,))]


def test_a_file_more_than_rows_is_left_without_one() -> None:
    matches = list(match_titles([VideoRow("x", None)], ["x(1).mp4", "x.mp4"], lambda path: None))
    assert matches == [TitleMatch("x.mp4", (0,))]


def test_the_account_is_the_channel() -> None:
    export = fixture.build("english").as_export()
    assert YouTube(export).account == Account(
        display_name="Ana's channel", exported_at="2024-05-01T10:11:12+00:00"
    )


def test_a_channel_of_a_hundred_thousand_videos_is_matched_in_seconds() -> None:
    rows = [VideoRow(f"Episode {number}: {'long ' * (number % 12)}story", None) for number in range(100_000)]
    paths = [f"videos/{row.title.replace(':', '_')[:47]}.mp4" for row in rows]
    start = time.process_time()
    assert len(list(match_titles(rows, paths, lambda path: None))) > 90_000
    assert time.process_time() - start < 20
