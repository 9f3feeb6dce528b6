"""YouTube exports: rows and files that only titles connect, in languages whose words are not all known."""

from __future__ import annotations

import io
import struct
import time
from types import SimpleNamespace

import pytest

from selfsearch.containers.base import Member
from selfsearch.exports.export import Export
from selfsearch.exports.path_index import PathIndex
from selfsearch.exports.platforms.base import Account
from selfsearch.exports.platforms.youtube import VideoColumns, YouTube
from selfsearch.exports.platforms.youtube_titles import TitleMatch, VideoRow, match_titles, mp4_seconds
from selfsearch.types import Exposure, Outcome

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
        "Takeout/YouTube y YouTube\u00a0Music/",
    ],
)
def test_the_products_folder_is_known_in_other_languages(folder: str) -> None:
    for path in ("videos/a.mp4", "videos.csv"):
        assert [root.prefix for root in YouTube.recognize(PathIndex([folder + path]))] == [folder]


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
        ("Tidak Publik", Exposure.NETWORK),
        ("Không công khai", Exposure.NETWORK),
        ("Niepubliczny", Exposure.NETWORK),
        ("सूचीमध्ये नसलेले", Exposure.NETWORK),
        ("Lokað", Exposure.PRIVATE),
        ("Gizli", Exposure.PRIVATE),
        ("不公開", Exposure.UNKNOWN),  # unlisted in Taiwan, as far as we know: not seen in any source
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


def test_a_row_that_has_its_file_gets_no_other() -> None:
    matches = match_titles([VideoRow("A b", None)], ["Ab.mp4", "A b.mp4"], lambda path: None)
    assert list(matches) == [TitleMatch("A b.mp4", (0,))]


def test_a_cut_title_finds_its_file() -> None:
    rows = [
        VideoRow("What we did in the summer of that long year, and why", None),
        VideoRow("What we did", None),
    ]
    path = "videos/What we did in the summer of that long year, a.mp4"
    assert list(match_titles(rows, [path], lambda path: None)) == [TitleMatch(path, (0,))]


def test_a_file_more_than_rows_is_left_without_one() -> None:
    matches = list(match_titles([VideoRow("x", None)], ["x(1).mp4", "x.mp4"], lambda path: None))
    assert matches == [unsure("x.mp4", 0)]


def unsure(path: str, *rows: int, by_order: bool = False) -> TitleMatch:
    """A file that may belong to another row of its title."""
    return TitleMatch(path, rows, by_order, is_sure=False)


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


def upload(words: dict[str, str]) -> SimpleNamespace:
    """What is said of one upload whose row has these columns."""
    pack = Pack("takeout-20240501T101112Z-001")
    pack.add("video metadata/videos.csv", fixture.table(list(words), [words]))
    pack.add("channels/channel.csv", f"Channel ID,Title\n{fixture.CHANNEL},Ana\n")
    (provenance,) = readings(pack, YouTube)[None]
    return provenance


@pytest.mark.parametrize(
    ("columns", "at", "source"),
    [
        (
            {
                "Video Publish Timestamp": "2021-07-05T10:30:00",
                "Video Create Timestamp": "2020-01-01T00:00:00",
            },
            "2021-07-05T10:30:00+00:00",
            "Video Publish Timestamp",
        ),
        (
            {"Video Create Timestamp": "2020-01-01T00:00:00"},
            "2020-01-01T00:00:00+00:00",
            "Video Create Timestamp",
        ),
        (
            {"Erstellt": "2020-01-01T00:00:00", "Veröffentlicht": "2021-07-05T10:30:00"},
            "2021-07-05T10:30:00+00:00",
            "Veröffentlicht",
        ),
        (
            {"Eins": "2020-01-01T00:00:00", "Zwei": "2021-07-05T10:30:00"},
            "2021-07-05T10:30:00+00:00",
            "Zwei",
        ),  # creation stands before publication
        ({"Eins": "2020-01-01T00:00:00"}, "2020-01-01T00:00:00+00:00", "Eins"),
        ({}, None, None),
    ],
)
def test_a_video_is_of_the_time_at_which_it_was_published(
    columns: dict[str, str], at: str | None, source: str | None
) -> None:
    item = upload({"Video ID": "aB3dE5fG7h_", "Video Title": "x", "Privacy": "Public"} | columns)
    assert (item.posted_at, item.posted_at_source) == (at, source)


@pytest.mark.parametrize(
    ("columns", "privacy", "level"),
    [
        ({"Privacy": "Public"}, "Public", Exposure.PUBLIC),
        ({"Sichtbarkeit": "Nicht gelistet"}, "Nicht gelistet", Exposure.NETWORK),
        ({"Unbekannt": "Privat", "Zeit": "2021-07-05T10:30:00"}, "Privat", Exposure.PRIVATE),  # by its values
        ({"Privacy": "Hologram"}, "Hologram", Exposure.UNKNOWN),
        ({"Privacy": ""}, None, Exposure.UNKNOWN),
    ],
)
def test_the_column_of_the_privacy_is_known_by_its_values_or_its_name(
    columns: dict[str, str], privacy: str | None, level: Exposure
) -> None:
    item = upload({"Video ID": "aB3dE5fG7h_", "Video Title": "x", "Channel ID": fixture.CHANNEL} | columns)
    assert (item.audience, item.exposure, item.account) == (privacy, level, "Ana")
    assert (item.url, item.url_kind) == ("https://www.youtube.com/watch?v=aB3dE5fG7h_", "constructed")


@pytest.mark.parametrize(
    ("created", "level"),
    [
        ("2016-12-31T23:59:59+00:00", Exposure.UNKNOWN),  # perhaps unlisted, until YouTube made it private
        ("2017-01-01T00:00:00+00:00", Exposure.PRIVATE),
        ("", Exposure.UNKNOWN),
        ("long ago", Exposure.UNKNOWN),
    ],
)
def test_a_private_video_of_before_2017_may_have_been_unlisted(created: str, level: Exposure) -> None:
    row = {"Video ID": "aB3dE5fG7h_", "Video Title": "x", "Privacy": "Private", "Created": created}
    item = upload(row)
    assert (item.exposure, item.audience) == (level, "Private")


@pytest.mark.parametrize(
    ("published", "level"),
    [
        ("2021-07-05T10:30:00+00:00", Exposure.PRIVATE),
        ("2021-08-01T09:00:00+00:00", Exposure.UNKNOWN),
        ("", Exposure.PRIVATE),
    ],
)
def test_a_private_video_that_was_published_after_its_upload_may_have_been_public(
    published: str, level: Exposure
) -> None:
    row = {"Video ID": "aB3dE5fG7h_", "Video Title": "x", "Privacy": "Private"}
    item = upload(row | {"Create Timestamp": fixture.CREATED, "Publish Timestamp": published})
    assert (item.exposure, item.audience) == (level, "Private")
    assert ("published on 2021-08-01" in item.exposure_reason) == (level is Exposure.UNKNOWN)


def test_a_row_says_title_and_description_and_no_address_without_an_id() -> None:
    row = {"Video ID": "short", "Titel": "Sea", "Beschreibung": "and sun", "Privacy": "Public"}
    item = upload(row)
    assert (item.caption, item.url, item.post_id) == ("Sea\nand sun", None, "short")


@pytest.mark.parametrize(
    ("record", "video_id", "level"),
    [
        ({"id": "aB3dE5fG7h_", "status": {"privacyStatus": "unlisted"}}, "aB3dE5fG7h_", Exposure.NETWORK),
        (
            {"id": {"videoId": "aB3dE5fG7h_"}, "status": {"privacyStatus": "public"}},
            "aB3dE5fG7h_",
            Exposure.PUBLIC,
        ),
        ([{"id": "aB3dE5fG7h_", "snippet": {}}], "aB3dE5fG7h_", Exposure.UNKNOWN),
        ({"snippet": {}, "status": {"privacyStatus": "hologram"}}, None, Exposure.UNKNOWN),
    ],
)
def test_a_record_beside_a_video_says_who_may_see_it(
    record: object, video_id: str | None, level: Exposure
) -> None:
    for name in ("x.json", "x.mp4.json"):
        pack = Pack("takeout-20240501T101112Z-001")
        pack.add("videos/x.mp4", b"")
        pack.add(f"videos/{name}", record)
        (item,) = readings(pack, YouTube)["videos/x.mp4"]
        assert (item.post_id, item.exposure, item.context) == (video_id, level, "video")


@pytest.mark.parametrize(
    ("columns", "is_upload"),
    [
        ({"Channel ID": fixture.CHANNEL, "Privacy": "Public"}, True),
        ({"Channel ID": fixture.CHANNEL, "Length (ms)": "1"}, True),
        ({"Channel ID": fixture.CHANNEL, "Comment": "hi"}, False),
        ({"Video Title": "x"}, True),
        ({"Privacy": "Public"}, False),  # as playlists have it
    ],
)
def test_a_table_is_the_list_of_uploads_by_its_title_or_two_columns_of_its_own(
    columns: dict[str, str], is_upload: bool
) -> None:
    pack = Pack("takeout-20240501T101112Z-001")
    row = {"Video ID": "aB3dE5fG7h_"} | columns
    pack.add("any.csv", fixture.table(list(row), [row]))
    assert [item.post_id for item in readings(pack, YouTube).get(None, [])] == ["aB3dE5fG7h_"] * is_upload


def test_a_record_beside_a_video_that_is_none_is_noted_as_unread() -> None:
    pack = Pack("takeout-20240501T101112Z-001")
    pack.add("videos/x.mp4", b"")
    pack.add("videos/x.json", {"kind": "else"})
    export = pack.as_export()
    assert list(YouTube(export).mentions()) == []
    assert export.unread == {"videos/x.json"}


def test_a_video_that_cannot_be_opened_has_no_length() -> None:
    pack = Pack("takeout-20240501T101112Z-001")
    rows = [fixture.row(f"aB3dE5fG7h{sign}", "x") for sign in "_-"]
    pack.add("videos.csv", fixture.table(fixture.HEADER, rows))
    pack.add("videos/x.mp4", b"")
    export = pack.as_export()
    video = export.members["videos/x.mp4"]
    locked = Member(video.container, video.path, 0, "", 9, refused=(Outcome.ENCRYPTED, "locked"))
    mentions = list(YouTube(Export("any", {**export.members, video.path: locked})).mentions())
    assert [mention.path for mention in mentions] == ["videos/x.mp4", None, None]
    assert mentions[0].provenance.exposure.reason.startswith("2 uploads have this title")


@pytest.mark.parametrize(
    ("ending", "is_packed", "reads"), [("mov", False, 2), ("mov", True, 0), ("avi", False, 0)]
)
def test_a_length_is_read_from_mp4s_that_can_be_opened_out_of_order(
    ending: str, is_packed: bool, reads: int
) -> None:
    pack = Pack("takeout-20240501T101112Z-001")
    rows = [fixture.row(f"aB3dE5fG7h{sign}", "x") for sign in "_-"]
    pack.add("videos.csv", fixture.table(fixture.HEADER, rows))
    for name in ("x", "x(1)"):
        pack.add(f"videos/{name}.{ending}", fixture.video(93))
    export = pack.as_export()
    container = export.members["videos.csv"].container
    container.forward_only = is_packed
    opened: list[str] = []
    plain_open = container.open
    container.open = lambda member: opened.append(member.path) or plain_open(member)  # type: ignore[method-assign, func-returns-value]
    assert len(list(YouTube(export).mentions())) == 2
    assert sum(path.startswith("videos/") for path in opened) == reads


@pytest.mark.parametrize(
    ("privacy", "rows", "files", "level"),
    [
        ("Private", 1, ("x",), Exposure.PRIVATE),
        ("Public", 2, ("x", "x(1)"), Exposure.PUBLIC),
        ("Private", 2, ("x", "x(1)"), Exposure.UNKNOWN),  # only their order tells them apart
        ("Unlisted", 2, ("x", "x(1)"), Exposure.UNKNOWN),
        ("Private", 1, ("x", "x(1)"), Exposure.UNKNOWN),  # a row is missing
        ("Public", 1, ("x", "x(1)"), Exposure.PUBLIC),
    ],
)
def test_a_file_that_may_be_another_video_of_its_title_is_not_said_to_be_seen_by_fewer(
    privacy: str, rows: int, files: tuple[str, ...], level: Exposure
) -> None:
    pack = Pack("takeout-20240501T101112Z-001")
    uploads = [fixture.row(f"aB3dE5fG7h{number}", "x", privacy) for number in range(rows)]
    pack.add("video metadata/videos.csv", fixture.table(fixture.HEADER, uploads))
    for name in files:
        pack.add(f"videos/{name}.avi", b"")
    (item,) = readings(pack, YouTube)["videos/x.avi"]
    is_known = level is not Exposure.UNKNOWN
    assert (item.exposure, item.audience) == (level, privacy if is_known else None)
    assert item.exposure_evidence == ("video metadata/videos.csv",)


def test_a_picture_of_a_community_post_is_the_posts() -> None:
    pack = Pack("takeout-20240501T101112Z-001")
    row = {
        "Post ID": "Ugkx1234567890abc",
        "Post Text": "hello",
        "Time": "2021-07-05T10:30:00",
        "Image": "a.jpg",
    }
    pack.add("posts/posts.csv", fixture.table(list(row), [row]))
    pack.add("posts/a.jpg", b"")
    (item,) = readings(pack, YouTube)["posts/a.jpg"]
    assert (item.context, item.caption, item.exposure) == ("post", "hello", Exposure.UNKNOWN)
    assert (item.url, item.posted_at_source) == ("https://www.youtube.com/post/Ugkx1234567890abc", "Time")
    assert item.posted_at == "2021-07-05T10:30:00+00:00"


def matched(*lengths: float | None, files: tuple[float | None, ...]) -> list[TitleMatch]:
    """Rows of one title with these lengths, and files of it with those."""
    paths = {f"x({number}).mp4" if number else "x.mp4": length for number, length in enumerate(files)}
    return list(
        match_titles([VideoRow("x", length) for length in lengths], list(paths), lambda path: paths[path])
    )


@pytest.mark.parametrize(
    ("rows", "files", "matches"),
    [
        ((10.0, 20.0), (20.0, 10.0), [TitleMatch("x.mp4", (1,)), TitleMatch("x(1).mp4", (0,))]),
        ((100.0, 50.0), (101.9, None), [TitleMatch("x.mp4", (0,)), unsure("x(1).mp4", 1)]),
        ((100.0, 50.0), (102.0,), [TitleMatch("x.mp4", (0,))]),
        ((100.0, 50.0), (102.1,), [unsure("x.mp4", 0, 1)]),  # too far from either
        ((10.0, 20.0), (10.5,), [TitleMatch("x.mp4", (0,))]),
        ((10.0, 20.0), (10.6,), [unsure("x.mp4", 0, 1)]),
        (
            (10.0, 10.1),
            (10.0, 10.1),
            [unsure("x.mp4", 0, by_order=True), unsure("x(1).mp4", 1, by_order=True)],
        ),
        ((None, None), (None,), [unsure("x.mp4", 0, 1)]),
        ((10.0, 20.0, 30.0), (20.0,), [TitleMatch("x.mp4", (1,))]),
        ((None,), (None, None), [unsure("x.mp4", 0)]),
        ((10.0,), (20.0, 10.0), [TitleMatch("x(1).mp4", (0,))]),
        ((10.0,), (20.0,), [TitleMatch("x.mp4", (0,))]),
    ],
)
def test_videos_of_one_title_are_told_apart_by_their_length_then_by_their_order(
    rows: tuple[float | None, ...], files: tuple[float | None, ...], matches: list[TitleMatch]
) -> None:
    assert matched(*rows, files=files) == matches


@pytest.mark.parametrize(("rows", "is_asked"), [(100, True), (101, False)])
def test_more_than_ten_thousand_pairs_are_not_compared_by_length(rows: int, is_asked: bool) -> None:
    asked: list[str] = []
    paths = [f"x({number}).mp4" for number in range(100)]
    matches = list(match_titles([VideoRow("x", None)] * rows, paths, asked.append))
    assert (len(matches), bool(asked)) == (100, is_asked)


def test_files_of_cut_titles_are_taken_in_the_order_of_their_counters() -> None:
    rows = [VideoRow(f"{'a' * 50} {word}", None) for word in ("one", "two", "three")]
    paths = [f"{'a' * 45}{counter}.mp4" for counter in ("(2)", "(1)", "")]
    assert [(match.path[45:], match.rows) for match in match_titles(rows, paths, lambda path: None)] == [
        (".mp4", (0,)), ("(1).mp4", (1,)), ("(2).mp4", (2,)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("title", "name", "is_matched"),
    [
        ("a" * 50, "a" * 40, True),
        ("a" * 50, "a" * 39, False),  # too short to have been cut
        ("Sea & sun", "Sea _ sun", True),
        ("Sea & sun", "sea sun", True),
        ("😀", "😀", True),
        ("Part (2)", "Part (2)", True),
        ("", "x", False),
    ],
)
def test_a_file_is_called_after_the_title(title: str, name: str, is_matched: bool) -> None:
    matches = match_titles([VideoRow(title, None)], [f"{name}.mp4"], lambda path: None)
    assert list(matches) == [TitleMatch(f"{name}.mp4", (0,))] * is_matched


WIDE = struct.pack(">I4sI4sB", 48, b"moov", 40, b"mvhd", 1) + bytes(19) + struct.pack(">IQ", 10, 70)


@pytest.mark.parametrize(
    ("data", "seconds"),
    [
        (fixture.video(93.5), 93.5),
        (fixture.video(), None),
        (struct.pack(">I4sQ", 1, b"free", 24) + bytes(8) + fixture.video(12)[24:], 12.0),
        (struct.pack(">I4s", 8, b"moov"), None),
        (b"", None),
        (b"\0" * 64, None),
        (struct.pack(">I4sI4sB", 116, b"moov", 108, b"mvhd", 1) + bytes(19) + struct.pack(">IQ", 10, 70)
         + bytes(80), 7.0),
        (struct.pack(">I4sI4sB", 116, b"moov", 108, b"mvhd", 0) + bytes(11) + struct.pack(">II", 0, 70)
         + bytes(80), None),
        (WIDE, 7.0),
        (WIDE[:-1], None),
        (struct.pack(">I4s", 80, b"moov") + b"\1" * 72, None),
        (struct.pack(">I4s", 8, b"free") * 62 + fixture.video(3), 3.0),
        (struct.pack(">I4s", 8, b"free") * 63 + fixture.video(3), None),  # so many boxes are no film
    ],
)  # fmt: skip
def test_the_length_of_a_film_is_in_its_movie_header(data: bytes, seconds: float | None) -> None:
    assert mp4_seconds(io.BytesIO(data), len(data)) == seconds


@pytest.mark.parametrize(
    ("title", "privacy", "created", "published", "others"),
    [  # what-if-horizon/what-if-data-donation: YT_merged_column_names_annotated.csv
        (
            "Vaizdo įrašo pavadinimas (originalas)",
            "Privatumas",
            "Vaizdo įrašo sukūrimo laiko žymė",
            "Vaizdo įrašo paskelbimo laiko žymė",
            ("Vaizdo įrašo kategorija", "Vaizdo įrašo aprašas (originalas)", "Vaizdo įrašo būsena"),
        ),
        (
            "Titlul videoclipului (original)",
            "Confidențialitate",
            "Marcajul temporal de creare a videoclipului",
            "Marcajul temporal de publicare a videoclipului",
            ("Categorie de videoclipuri", "Descrierea videoclipului (original)", "Starea videoclipului"),
        ),
        (
            "Videotitel (origineel)",
            "Privacy",
            "Tijdstempel aanmaaktijd video",
            "Tijdstempel publicatietijd video",
            ("Videocategorie", "Videobeschrijving (origineel)", "Videostatus"),
        ),
        (
            "Título del vídeo (original)",
            "Privacidad",
            "Marca de tiempo de creación del vídeo",
            "Marca de tiempo de publicación del vídeo",
            ("Categoría del vídeo", "Descripción del vídeo (original)", "Estado del vídeo"),
        ),
    ],
)
def test_the_columns_of_published_exports_are_known_though_no_word_for_the_privacy_is(
    title: str, privacy: str, created: str, published: str, others: tuple[str, str, str]
) -> None:
    category, description, state = others
    row = {
        "id": "aB3dE5fG7h_", category: "Howto", description: "d", title: "t", privacy: "zzyzx", state: "x",
        created: "2021-07-05T10:00:00+00:00", published: "2021-07-05T10:30:00+00:00",
    }  # fmt: skip
    columns = VideoColumns.of([row])
    assert (columns.title, columns.description, columns.privacy) == (title, description, privacy)
    assert (columns.created, columns.published) == (created, published)
