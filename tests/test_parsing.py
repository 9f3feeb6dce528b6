"""Values of records: what each is read as, and that what cannot be used is None. Names of files, likewise."""

from __future__ import annotations

from typing import Any

import pytest

from selfsearch.exports.platforms.dates import (
    discord_id_time,
    parse_iso,
    parse_timestamp,
    twitter_id_time,
)
from selfsearch.exports.platforms.media_refs import (
    STILL_EXTENSIONS,
    VIDEO_EXTENSIONS,
    SavedFiles,
    extension,
    is_media_name,
    may_show_faces,
    media_by_key,
    missing_path,
    split_url,
    url_file_name,
)
from selfsearch.exports.platforms.parsing import (
    MAX_TEXT,
    as_dict,
    as_list,
    as_number,
    as_point,
    as_text,
    as_url,
    distinct,
    first_text,
    html_to_text,
    is_digits,
    is_same,
    unescape_html,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (" a ", "a"),
        ("", None),
        (" ", None),
        (0, "0"),
        (1.5, "1.5"),
        (True, None),
        (None, None),
        ([], None),
        ({"a": 1}, None),
        ("a\ud83d", "a?"),
        ("é", "é"),
        ("x" * (MAX_TEXT + 1), "x" * MAX_TEXT),
    ],
)
def test_a_text_has_something_in_it(value: Any, text: str | None) -> None:
    assert as_text(value) == text


@pytest.mark.parametrize(
    ("value", "number"),
    [
        *((3, 3), ("3.5", 3.5), ("-1", -1), (0, 0)),
        *((value, None) for value in (True, "x", None, [], "nan", "inf", 10**400)),
    ],
)
def test_a_number_is_finite(value: Any, number: float | None) -> None:
    assert as_number(value) == number


@pytest.mark.parametrize(
    ("latitude", "longitude", "point"),
    [
        (38.7, -9.1, (38.7, -9.1)),
        ("38.7", "-9.1", (38.7, -9.1)),
        (90, 180, (90, 180)),
        (-90, -180, (-90, -180)),
        (90.1, 0, None),
        (0, 180.1, None),
        (0, 0, None),
        (0, 5, (0, 5)),
        (5, 0, (5, 0)),
        (None, 5, None),
        (5, None, None),
    ],
)
def test_a_place_is_on_earth(latitude: Any, longitude: Any, point: tuple[float, float] | None) -> None:
    assert as_point(latitude, longitude) == point


@pytest.mark.parametrize(
    ("value", "url"),
    [
        ("https://a/b", "https://a/b"),
        (" http://a ", "http://a"),
        ("ftp://a", None),
        ("HTTPS://a", None),
        ("https://a b", None),
        ("a https://a", None),
        (5, None),
    ],
)
def test_an_address_is_one_of_the_web(value: Any, url: str | None) -> None:
    assert as_url(value) == url


def test_what_has_another_type_counts_as_nothing_or_as_a_list_of_one() -> None:
    assert [as_dict(value) for value in ({"a": 1}, [], "a", None)] == [{"a": 1}, {}, {}, {}]
    assert [as_list(value) for value in ([1], {"a": 1}, "a", {}, "", None, 5)] == [
        [1], [{"a": 1}], ["a"], [], [], [], [],
    ]  # fmt: skip
    assert first_text({"a": "", "b": 2, "c": "x"}, "a", "b", "c") == "2"
    assert first_text({}, "a") is None
    assert distinct(["b", None, "a", "", "b"]) == ("b", "a")
    assert [is_same(*names) for names in (("a", "a"), ("a", "b"), (None, "b"), ("a", ""))] == [
        True, False, None, None,
    ]  # fmt: skip
    assert [is_digits(text) for text in ("12", "", "1a", "\u0661", "\u00b2")] == [
        True, False, False, False, False,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("plain", "plain"),
        ("", None),
        (None, None),
        ("a<br>b", "a\nb"),
        ("<p>a</p><p>b</p>", "a\nb"),
        *((f"a<{tag}>b", "a\nb") for tag in ("br/", "div", "li", "TR", "blockquote")),
        *((f"a<h{level}>b", "a\nb") for level in range(1, 7)),
        ("a<b>c</b>", "ac"),
        ("a  <i> b</i>", "a b"),
        ("a<script>x</script>b", "ab"),
        ("a<style>x", "a"),
        ("a<!-- x -->b", "ab"),
        ("1 &lt; 2", "1 < 2"),
        ("1 < 2", "1 < 2"),
        ("<p></p>", None),
        (f"a&#{'9' * 5000};b", "a\ufffdb"),  # more digits than Python makes a number of
    ],
)
def test_html_is_read_as_it_is_shown(page: str | None, text: str | None) -> None:
    assert html_to_text(page) == text


def test_signs_written_as_entities_are_signs() -> None:
    assert [unescape_html(text) for text in ("a &amp; b ", "<b>", "", None)] == ["a & b", "<b>", None, None]


@pytest.mark.parametrize(
    ("seconds", "time"),
    [
        (1, "1970-01-01T00:00:01+00:00"),
        ("1687000000", "2023-06-17T11:06:40+00:00"),
        (1687000000.9, "2023-06-17T11:06:40+00:00"),
        (-1, "1969-12-31T23:59:59+00:00"),
        (-0.5, "1969-12-31T23:59:59+00:00"),
        (0, None),
        (-4544208000, "1826-01-01T00:00:00+00:00"),  # the year of the oldest photograph
        (-4544208001, None),
        (4102444799, "2099-12-31T23:59:59+00:00"),
        (4102444800, None),
        (1687000000000, None),
        (None, None),
    ],
)
def test_unix_seconds_are_a_time_at_which_there_were_photographs(seconds: Any, time: str | None) -> None:
    assert parse_timestamp(seconds) == time


@pytest.mark.parametrize(
    ("text", "time", "in_utc"),
    [
        ("2016-09-10 17:45:00", "2016-09-10T17:45:00", "2016-09-10T17:45:00+00:00"),
        ("2016-09-10T17:45:00Z", "2016-09-10T17:45:00+00:00", "2016-09-10T17:45:00+00:00"),
        ("2016-09-10T17:45:00.123+02:00", "2016-09-10T17:45:00+02:00", "2016-09-10T17:45:00+02:00"),
        ("2016-09-10 17:45:00 UTC", "2016-09-10T17:45:00+00:00", "2016-09-10T17:45:00+00:00"),
        ("2016-09-10 17:45:00 GMT", "2016-09-10T17:45:00+00:00", "2016-09-10T17:45:00+00:00"),
        ("2016-09-10", "2016-09-10T00:00:00", "2016-09-10T00:00:00+00:00"),
        ("1687000000", "2023-06-17T11:06:40+00:00", "2023-06-17T11:06:40+00:00"),
        ("16870000", None, None),
        ("1825-09-10 17:45:00", None, None),
        ("2100-09-10 17:45:00", None, None),
        ("10 September 2016", None, None),
        (None, None, None),
    ],
)
def test_a_written_time_keeps_its_zone_or_has_none(text: Any, time: str | None, in_utc: str | None) -> None:
    assert (parse_iso(text), parse_iso(text, utc=True)) == (time, in_utc)


@pytest.mark.parametrize(
    ("item", "of_x", "of_discord"),
    [
        ("1226462117360567049", "2020-02-09T11:05:30+00:00", "2024-04-07T09:22:35+00:00"),
        ("30000000000", None, None),
        ("30000000001", "2010-11-04T01:43:01+00:00", None),
        (str(1 << 40), "2010-11-04T01:47:16+00:00", None),
        (str((1 << 40) + 1), "2010-11-04T01:47:16+00:00", "2015-01-01T00:04:22+00:00"),
        ("x", None, None),
        ("-1226462117360567049", None, None),
        ("12264621173605670490", None, None),
        ("9" * 20, None, None),
    ],
)
def test_an_id_tells_when_it_was_made(item: str, of_x: str | None, of_discord: str | None) -> None:
    assert (twitter_id_time(item), discord_id_time(item)) == (of_x, of_discord)


@pytest.mark.parametrize(
    ("name", "is_media", "ending"),
    [
        ("a.JPG", True, "jpg"),
        ("x/a.tar.heic", True, "heic"),
        ("a.mov", True, "mov"),
        ("a.txt", False, "txt"),
        ("jpg", False, ""),
        ("a.jpg/b", False, ""),
        (".jpg", True, "jpg"),
    ],
)
def test_a_name_tells_whether_it_is_a_pictures(name: str, is_media: bool, ending: str) -> None:
    assert (is_media_name(name), extension(name)) == (is_media, ending)


STILLS = (
    "jpg jpeg jpe jfif png gif webp heic heif hif avif bmp tif tiff dng cr2 cr3 nef arw raf orf rw2 svg ico"
    " jxl"
)
FILMS = "mp4 m4v mov mp avi wmv mkv webm 3gp 3g2 flv mpg mpeg mts m2ts ts mod vob asf divx mpe mmv mpo"


@pytest.mark.parametrize(("endings", "is_film"), [(STILLS, False), (FILMS, True)])
def test_every_ending_of_pictures_and_films_is_known(endings: str, is_film: bool) -> None:
    for ending in endings.split():
        assert is_media_name(f"a.{ending.upper()}")
        assert (ending in VIDEO_EXTENSIONS, ending in STILL_EXTENSIONS) == (is_film, not is_film)


@pytest.mark.parametrize(
    ("url", "name", "may_show"),
    [
        ("https://a/b/c.jpg?x=1#y", "c.jpg", True),
        ("https://a/b/c%20d.heic", "c d.heic", True),
        ("https://a/b/c/", "c", True),
        ("https://a/c.pdf", "c.pdf", False),
        ("https://a/c.psd", "c.psd", True),  # a picture, though of a kind that is not read
        ("https://a/c.mp3", "c.mp3", False),
        ("https://a/c.mov", "c.mov", True),
        ("https://[", "", True),
    ],
)
def test_an_address_has_a_file_name(url: str, name: str, may_show: bool) -> None:
    assert (url_file_name(url), may_show_faces(url)) == (name, may_show)
    assert bool(split_url(url).hostname) == ("[" not in url)


@pytest.mark.parametrize(
    ("path", "is_kept"),
    [
        *((path, True) for path in ("a/b.jpg", "a" * 400, "a/b:c")),
        *(
            (path, False)
            for path in ("a" * 401, "", None, "/a", "a//b", "./a", "a/../b", "a\\b", "C:/a", "a\nb")
        ),
    ],
)
def test_a_missing_file_is_named_where_the_name_is_one(path: str | None, is_kept: bool) -> None:
    assert missing_path(path) == (path if is_kept else None)


def test_saved_files_are_found_by_whole_ids_and_names() -> None:
    paths = [
        "x/me 1234567890.jpg",
        "12345678901.jpg",
        "AbCdEfGhIj.png",
        "x/AbCdEfGhIj2.png",
        "1234567890.txt",
    ]
    saved = SavedFiles(paths)
    assert saved
    assert not SavedFiles(["1234567890.txt"])
    assert saved.with_id("1234567890") == ["x/me 1234567890.jpg"]
    assert saved.with_id("abcdefghij") == ["AbCdEfGhIj.png"]
    assert saved.with_id("abcdefghij", "12345678901") == ["AbCdEfGhIj.png", "12345678901.jpg"]
    assert saved.with_id("123456789", "AbCdEfGhI") == []  # too short to be no chance
    assert saved.with_name("ABCDEFGHIJ.PNG") == ["AbCdEfGhIj.png"]
    assert saved.with_name("x") == []
    keyed = media_by_key(["a/1-2.jpg", "b/2.jpg", "2.txt"], lambda name: name.partition(".")[0].split("-"))
    assert keyed == {"1": ["a/1-2.jpg"], "2": ["a/1-2.jpg", "b/2.jpg"]}
