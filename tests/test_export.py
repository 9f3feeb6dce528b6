"""An export as readers see it: files found by what records call them, records read as far as they go."""

from __future__ import annotations

import random
from typing import BinaryIO

import pytest

from selfsearch.errors import ItemError
from selfsearch.exports import json_stream
from selfsearch.exports.export import natural_key
from selfsearch.exports.grouping import (
    download_name,
    group_by_prefix,
    innermost_prefix,
    part_key,
    possible_downloads,
    recognize,
)
from selfsearch.exports.path_index import (
    PathIndex,
    file_name,
    file_stem,
    folder_name,
    folder_names,
    folder_of,
    is_litter,
    outermost_folders,
    outermost_named,
)
from selfsearch.exports.platforms.instagram import Instagram
from selfsearch.exports.platforms.mastodon import Mastodon
from selfsearch.exports.source import CompactProvenance, Numbering
from selfsearch.types import Exposure, Outcome, Provenance

from .exports import Pack
from .exports.mastodon import build as mastodon

PATHS = ["a/B/IMG_1.jpg", "a/c/img_1.JPG", "IMG_10.jpg", "caf\u00e9/x_2.json", "x_10.json", "d/x_1.json"]


def holding(*paths: str, **records: object) -> Pack:
    pack = Pack("export")
    for path in paths:
        pack.add(path, b"")
    for name, content in records.items():
        pack.add(f"{name}.json", content)
    return pack


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("a/B/IMG_1.jpg", "a/B/IMG_1.jpg"),
        ("A/b/img_1.JPG", "a/B/IMG_1.jpg"),
        ("./a/B/IMG_1.jpg", "a/B/IMG_1.jpg"),
        ("/IMG_10.jpg", "IMG_10.jpg"),
        ("cafe\u0301/X_2.json", "caf\u00e9/x_2.json"),
        ("IMG_1.jpg", None),
        ("x" * 5000, None),
    ],
)
def test_a_path_is_found_whatever_its_case_and_form(path: str, found: str | None) -> None:
    assert holding(*PATHS).as_export().find(path) == found


def test_files_are_found_by_their_names_their_ends_and_their_patterns() -> None:
    export = holding(*PATHS).as_export()
    assert export.with_name("Img_1.jpg") == ["a/B/IMG_1.jpg", "a/c/img_1.JPG"]
    assert export.with_name("none") == []
    assert export.namesakes("z/img_10.jpg") == ["IMG_10.jpg"]
    assert export.deeper("c/IMG_1.jpg") == ["a/c/img_1.JPG"]
    assert export.deeper("IMG_10.jpg") == []
    assert export.beside("a/c/record.json", "img_1.jpg") == "a/c/img_1.JPG"
    assert export.beside("a/c/record.json", "IMG_10.jpg") is None
    assert export.matching("x_*.json") == ["caf\u00e9/x_2.json", "d/x_1.json", "x_10.json"]
    assert export.matching("d/x_?.json") == ["d/x_1.json"]
    export.clear_caches()
    assert vars(export).keys().isdisjoint(("_folded", "_path_index", "_by_basename"))
    assert export.with_name("IMG_10.jpg") == ["IMG_10.jpg"]


def test_parts_stand_in_the_order_of_their_numbers() -> None:
    assert sorted(["p10", "p9", "p", "p9a", "o99"], key=natural_key) == ["o99", "p", "p9", "p9a", "p10"]
    long = ["p100000000000000002", "p100000000000000001"]
    assert sorted(long, key=natural_key) == long[::-1]


@pytest.mark.parametrize(
    ("record", "keys", "elements"),
    [
        ([1, 2], (), [1, 2]),
        ({"a": 1}, (), [{"a": 1}]),
        ({"a": [1, 2], "b": [3]}, ("b",), [3]),
        ({"a": [1, 2], "b": {"c": [3]}}, ("*",), [1, 2, 3]),
        ({"a": [{"b": [1]}]}, ("*",), [{"b": [1]}]),
        ({"a": {"b": [1]}}, ("a.b",), [1]),
        ({"a": {"x": 1}}, ("a",), [{"x": 1}]),
        ({"a": 1}, ("b",), []),
        ([[1], [2]], (), [[1], [2]]),
        ([[1], [2]], ("item",), [1, 2]),
        ('"= [1]"', (), []),  # a text, and no script
    ],
)
def test_the_elements_of_a_list_are_read_wherever_it_stands(
    record: object, keys: tuple[str, ...], elements: list[object]
) -> None:
    export = holding(r=record).as_export()
    assert list(export.each("r.json", *keys)) == elements
    assert export.notes == {}
    assert ("r.json" in export.used, "r.json" in export.records) == (bool(elements), True)


@pytest.mark.parametrize(
    ("text", "value", "note"),
    [
        ('{"a": 1}', {"a": 1}, None),
        ('\ufeff{"a": 1}', {"a": 1}, None),
        ("{", None, "not valid JSON"),
        ("", None, "not valid JSON"),
        ("[" * 100_000, None, "not valid JSON"),
        ('"\\ud83d"', "?", None),
        ('"\\ud83d\\ude00"', "\U0001f600", None),
    ],
)
def test_a_document_is_read_or_noted(text: str, value: object, note: str | None) -> None:
    export = holding(r=text).as_export()
    assert export.json("r.json") == value
    assert [reason[: len(note or "")] for reason in export.notes.values()] == ([note] if note else [])
    assert ("r.json" in export.unread) == bool(note)
    assert export.object_at("R.json") == (value if isinstance(value, dict) else {})


def test_text_is_read_in_its_encoding_and_what_is_none_is_said() -> None:
    pack = Pack("export")
    for name, data in (("utf16", "né".encode("utf-16")), ("mark", b"\xef\xbb\xbfn"), ("bad", b"n\xff")):
        pack.add(name, data)
    export = pack.as_export()
    assert [export.text(name) for name in ("utf16", "mark", "bad")] == ["né", "n", "n\ufffd"]
    assert list(export.notes) == ["bad"]


@pytest.mark.parametrize(
    ("table", "column", "rows"),
    [
        ("a,b\n1,2\n", None, [{"a": "1", "b": "2"}]),
        (" a ,b\n1\n\n", None, [{"a": "1"}]),
        ("notes\n\na,b\n1,2\n", "b", [{"a": "1", "b": "2"}]),
        ("a,b\n1,2\n", "c", []),
        ("", "c", []),
        ('a\n"1\0\n2"\n', None, [{"a": "1\n2"}]),
    ],
)
def test_rows_are_read_below_their_header(table: str, column: str | None, rows: list[object]) -> None:
    export = holding().as_export()
    pack = Pack("export")
    pack.add("t.csv", table)
    export = pack.as_export()
    assert list(export.rows("t.csv", skip_to=column)) == rows
    assert export.notes == ({"t.csv": "has no column called c"} if column == "c" and table else {})


def test_of_two_reasons_the_first_stays_and_only_a_first_one_makes_a_record_unread() -> None:
    export = holding().as_export()
    export.note("r", "one")
    export.note("r", "two", unread=True)
    export.note("s", "three", unread=True)
    assert (export.notes, export.unread) == ({"r": "one", "s": "three"}, {"s"})


def test_paths_are_taken_apart() -> None:
    assert [folder_of(path) for path in ("a/b/c.jpg", "c.jpg")] == ["a/b/", ""]
    assert [folder_name(path) for path in ("a/b/c.jpg", "c.jpg")] == ["b", ""]
    assert folder_names("A/b/C.jpg") == ["a", "b"]
    assert [file_name(path) for path in ("a/b.jpg", "b.jpg")] == ["b.jpg", "b.jpg"]
    assert [file_stem(path) for path in ("a/b.c.jpg", "b", ".jpg")] == ["b.c", "", ""]
    assert outermost_named("a/X/b/x/", lambda name: name in "xX") == "a/X/"
    assert outermost_named("a/X/", lambda name: name in "xX") == "a/X/"
    assert outermost_named("a/b/", lambda name: name == "x") is None
    assert outermost_folders(["b/c/", "a/", "b/", "a/x/"]) == ["a/", "b/"]


@pytest.mark.parametrize(
    ("path", "is_systems"),
    [
        ("a/._b.jpg", True),
        ("__MACOSX/b.jpg", True),
        ("a/__MACOSX/b.jpg", True),
        ("a/.DS_Store", True),
        ("a/thumbs.DB", True),
        ("a/desktop.ini", True),
        ("a__MACOSX/b.jpg", False),
        ("a/b._.jpg", False),
    ],
)
def test_what_the_operating_system_left_is_known(path: str, is_systems: bool) -> None:
    assert is_litter(path) is is_systems


@pytest.mark.parametrize(
    ("mark", "prefixes"),
    [
        ("posts.json", ["", "x/", "x/y/"]),
        ("y/posts.json", ["x/"]),
        ("p?sts.json", ["", "x/", "x/y/"]),
        ("*/posts.json", ["", "x/"]),
        ("sts.json", []),
        ("Z.jpg", ["x/y/"]),
    ],
)
def test_a_mark_is_found_at_every_depth_as_whole_names(mark: str, prefixes: list[str]) -> None:
    index = PathIndex(["posts.json", "x/Posts.json", "x/y/posts.json", "x/y/z.JPG", "x/myposts.json"])
    assert index.prefixes_with_file(mark) == prefixes
    assert PathIndex(index.paths, 1).prefixes_with_file(mark) == [p for p in prefixes if p.count("/") <= 1]


def test_a_folder_is_found_at_every_depth_as_whole_names() -> None:
    index = PathIndex(["m/a.jpg", "x/M/b/c.jpg", "x/m/m/d.jpg", "xm/e.jpg", "n/m"])
    assert index.prefixes_with_folder("m/") == ["", "x/", "x/m/"]
    assert PathIndex(index.paths, 1).prefixes_with_folder("m") == ["", "x/"]
    assert (index.has("N/m"), index.has("m")) == (True, False)
    reasons = index.find_marks({"m/": "one", "n/m": "two", "d.jpg": "three"})
    assert reasons == {"": "one", "x/": "one", "x/m/": "one", "x/m/m/": "three"}


@pytest.mark.parametrize(
    ("path", "around"),
    [("a/b/c/d", "a/b/"), ("a/b/", "a/"), ("a/x", "a/"), ("x", ""), ("", None), ("a/", "")],
)
def test_the_innermost_prefix_lies_around_a_path(path: str, around: str | None) -> None:
    assert innermost_prefix(path, ["", "a/", "a/b/"]) == around


def test_members_are_grouped_under_the_innermost_prefix() -> None:
    members = list(holding("a/1", "a/b/2", "c/3").as_export().members.values())
    groups = group_by_prefix(members, ["a/", "a/b/"])
    paths = {prefix: [member.path for member in group] for prefix, group in groups.items()}
    assert paths == {"a/": ["a/1"], "a/b/": ["a/b/2"], None: ["c/3"]}


def test_names_that_are_taken_are_numbered() -> None:
    taken = {"a.jpg", "a [2].jpg", "b/c", "b/.d"}
    unique = Numbering(lambda key: key in taken)
    assert [unique(key) for key in ("x.jpg", "a.jpg", "a.jpg", "b/c", "b/.d")] == [
        "x.jpg", "a [3].jpg", "a [4].jpg", "b/c [2]", "b/.d [2]",
    ]  # fmt: skip


def test_what_a_platform_finds_again_in_its_own_export_is_part_of_it() -> None:
    pack = mastodon("zip")
    inner = {f"media_attachments/{path}": data for path, data in pack.files.items()}
    twice = Pack("x", pack.files | inner)
    other = {f"old/{path}": b"" for path in ("your_instagram_activity/media/a.jpg",)}
    members = list(Pack("x", twice.files | other).as_export().members.values())
    found = [(recognition.platform, recognition.prefix) for recognition in recognize(members, "x")]
    assert found == [(Mastodon, ""), (Instagram, "old/")]
    facebook = {"old/content/posts_1.json": b"[]", "old/posts/your_posts_1.json": b"[]"}
    mixed = Pack("x", {"your_instagram_activity/media/a.jpg": b""} | facebook).as_export().members.values()
    assert [(each.platform, each.prefix) for each in recognize(list(mixed), "x")] == [(Instagram, "")]
    deep = list(
        Pack("x", {f"1/2/3/{path}": data for path, data in pack.files.items()}).as_export().members.values()
    )
    assert [r.prefix for r in recognize(deep, "x", max_depth=3)] == ["1/2/3/"]
    assert recognize(deep, "x", max_depth=2) == []


IG = "instagram-ana-2024-05-01-AbCd"


@pytest.mark.parametrize(
    ("container", "prefix", "name"),
    [
        (IG, "", IG),
        ("x", f"{IG}/", IG),
        (IG, "wrapper/", IG),
        ("x", "wrapper/inner/", "inner"),
        ("x", "", "x"),
        (IG, f"{IG}-2/", f"{IG}-2"),
    ],
)
def test_a_download_has_the_nearest_name_of_the_platforms_form(
    container: str, prefix: str, name: str
) -> None:
    assert download_name(container, prefix, Instagram) == name


def test_an_archives_name_tells_which_exports_it_may_belong_to() -> None:
    assert part_key(Instagram, f"{IG}.zip") == part_key(Instagram, IG) == "instagram-ana-2024-05-01"
    downloads = possible_downloads("/x/takeout-20240501T101112Z-001.zip")
    assert {key.folder for key in downloads} == {"/x"}
    google = {"google_photos", "google_chat", "google_maps", "google_plus", "hangouts", "youtube"}
    assert {key.platform for key in downloads} == google
    assert possible_downloads("/x/holiday.zip") == []


def test_a_record_that_cannot_be_opened_is_noted_once_as_unread() -> None:
    def refuse(member: object) -> BinaryIO:
        raise ItemError(Outcome.ENCRYPTED, "needs a password")

    for read in (
        lambda export: export.text("r.json"),
        lambda export: export.json("r.json"),
        lambda export: list(export.each("r.json")),
        lambda export: list(export.events("r.json")),
        lambda export: list(export.rows("r.json", skip_to="a")),
    ):
        export = holding(r={}).as_export()
        export.members["r.json"].container.open = refuse
        assert not read(export)
        assert (export.notes, export.unread) == ({"r.json": "needs a password"}, {"r.json"})
        assert (export.records, export.used) == ({"r.json"}, set())
        assert export.head("r.json", 5) == b""


def test_the_head_of_a_file_makes_no_record_of_it() -> None:
    export = holding(r="abcdef").as_export()
    assert (export.head("r.json", 3), export.head("r.json", 9), export.records) == (b"abc", b"abcdef", set())


def test_a_text_that_looks_like_a_script_is_a_text() -> None:
    export = holding(r='"= [1]"').as_export()
    assert [value for _, _, value in export.events("r.json")] == ["= [1]"]


def test_entries_that_are_no_objects_are_passed_over_and_said() -> None:
    export = holding(r=[{"a": 1}, 2, {"b": 3}]).as_export()
    assert list(export.each_object("r.json")) == [{"a": 1}, {"b": 3}]
    assert export.notes == {"r.json": "holds entries that are not objects; they were passed over"}
    pack = Pack("x")
    pack.add("r.js", 'window.YTD = [{"a": 1}];')
    assert list(pack.as_export().each_object("r.js", assigned=True)) == [{"a": 1}]


def test_all_files_of_a_name_are_found_and_too_many_say_nothing() -> None:
    export = holding(*(f"{number}/a.jpg" for number in range(1001)), "b.jpg").as_export()
    assert (len(export.with_name("a.jpg")), export.namesakes("a.jpg")) == (1001, [])
    assert len(holding(*(f"{number}/a.jpg" for number in range(1000))).as_export().namesakes("a.jpg")) == 1000


def test_objects_are_read_at_the_places_that_are_wanted() -> None:
    record = {"a": {"x": [{"n": 1, "in": {"n": 2}}]}, "b": {"n": 3}}
    export = holding(r=record).as_export()
    assert list(export.objects("r.json", lambda prefix: prefix in ("a.x.item", "b"))) == [
        ("a.x.item", {"n": 1, "in": {"n": 2}}),
        ("b", {"n": 3}),
    ]
    assert list(export.objects("r.json", lambda prefix: prefix == "a.x.item.in")) == [
        ("a.x.item.in", {"n": 2})
    ]


def test_a_text_beyond_reason_ends_a_record_that_is_streamed_and_refuses_one_that_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(json_stream, "MAX_TOKEN", 200_000)
    export = holding(r=[{"a": 1}, "x" * 400_000]).as_export()
    assert list(export.each("r.json")) == [{"a": 1}]
    reason = "one text in it has more than 4 MB"
    assert export.notes["r.json"].startswith("read as far as it goes: one text in it has more than")
    assert (export.unread, export.used) == (set(), {"r.json"})
    export = holding(r=[{"a": 1}, "x" * 400_000]).as_export()
    assert export.json("r.json") is None
    assert (export.notes, export.unread) == ({"r.json": reason}, {"r.json"})


def test_a_text_beyond_reason_is_told_in_megabytes() -> None:
    export = holding(r=[{"a": 1}, "x" * (5 << 20)]).as_export()
    assert list(export.each("r.json")) == [{"a": 1}]
    assert export.notes == {"r.json": "read as far as it goes: one text in it has more than 4 MB"}


def test_a_cell_beyond_reason_ends_a_table() -> None:
    pack = Pack("export")
    pack.add("t.csv", f"a\n1\n{'x' * 200_000}\n2\n")
    export = pack.as_export()
    assert list(export.rows("t.csv")) == [{"a": "1"}]
    assert export.notes["t.csv"].startswith("damaged CSV, read as far as it goes")
    assert export.unread == set()


def test_a_name_with_a_line_end_hides_no_other() -> None:
    index = PathIndex(["a\nb/x.jpg", "c/y.jpg", "z.jpg"])
    assert list(index.matching("y.jpg")) == ["c/y.jpg"]
    assert index.prefixes_with_file("z.jpg") == [""]
    assert index.prefixes_with_folder("c") == [""]
    assert not index.has("b/x.jpg")


def test_what_is_said_of_a_path_comes_back_as_it_was_said() -> None:
    letters = random.Random(1)  # noqa: S311
    texts = ["".join(letters.choices("abcdefghijklmnop", k=3900)) for _ in range(2)]
    said = [
        Provenance("x", caption=text, people=("Ana", "Bo"), exposure=Exposure.NETWORK.because("so"))
        for text in (*texts, texts[0])
    ]
    compact = CompactProvenance()
    for path, provenance in (("a", said[0]), ("a", said[1]), ("b", said[2]), ("a", said[2])):
        compact.add(path, provenance)
    assert list(compact) == ["a", "b"]
    assert compact.of("a") == (said[0], said[1], said[2])
    assert (compact.of("b"), compact.of("c")) == ((said[2],), ())


@pytest.mark.parametrize(
    ("text", "unread", "used"), [('[{"a"', True, False), ('[1, {"a"', False, True), ("[]", False, False)]
)
def test_a_record_of_which_nothing_could_be_used_is_unread(text: str, unread: bool, used: bool) -> None:
    export = holding(r=text).as_export()
    list(export.each("r.json"))
    assert ("r.json" in export.unread, "r.json" in export.used) == (unread, used)
