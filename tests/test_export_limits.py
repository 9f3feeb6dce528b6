"""Exports that are damaged, hostile or enormous: what can be read is read, the rest is said."""

from __future__ import annotations

import json
import os
import re
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from selfsearch.exports.platforms.parsing import html_to_text
from tests import photos
from tests.exports import instagram, telegram, tiktok, twitter

from .archives import Raw, raw_zip
from .conftest import Run

ROOT = Path(__file__).parent.parent
MEMORY = 700 << 20  # bytes that the process may take while it indexes
POSTS = MEMBERS = 100_000
DOWNLOAD = "instagram-ana-2024-05-01-AbCd1234"
RECORD = "your_instagram_activity/media/posts_1.json"


def problems(run: Run) -> dict[str, tuple[str, str]]:
    """What `status --problems` lists: the end of the address -> outcome, reason."""
    listed = run("status", "--problems", "--json").json["problems"]
    return {re.split("[/!]", row["address"])[-1]: (row["outcome"], row["reason"]) for row in listed}


CUT = (  # generator, layout, record, in the middle of which value it ends
    (instagram, "2024", RECORD, b'"title": "'),
    (twitter, "current", "data/tweets.js", b'"full_text": "'),
    (telegram, "full", "result.json", b'"text": "'),
    (tiktok, "2025", "user_data_tiktok.json", b'"Title": "'),
)


def test_a_record_that_was_cut_is_read_as_far_as_it_goes(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "exports"
    folder.mkdir()
    for module, layout, record, end in CUT:
        pack = module.build(layout)
        data = pack.files[record]
        pack.files[record] = data[: data.rindex(end) + len(end) + 2]
        pack.write(folder)
    answer = run("index", folder, "--consent", "own", "--json").json
    assert [source["found"] for source in answer["sources"]] == [
        sum(source["outcomes"].values()) for source in answer["sources"]
    ]
    outcome_of = problems(run)
    for _, _, record, _ in CUT:
        outcome, reason = outcome_of[record.rpartition("/")[2]]
        assert outcome == "record"
        assert reason.startswith("read only in part: damaged JSON, read as far as it goes")


SAYS_NOTHING = (
    b"",
    b"{",
    b"null",
    b"7",
    b'"x"',
    b"\xff\xfe",
    b"[[[[",
    b"\0" * 99,
    b"[null, 3]",
    b"[" * 100_000,
)


def test_a_record_that_says_nothing_hides_no_media(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "exports"
    folder.mkdir()
    for number, record in enumerate(SAYS_NOTHING):
        picture = Raw(b"media/posts/202306/a.jpg", photos.photo("astronaut", number))
        (folder / f"instagram-ana{number}-2024-05-01-AbCd1234.zip").write_bytes(
            raw_zip(Raw(RECORD.encode(), record), picture)
        )
    answer = run("index", folder, "--consent", "own", "--json").json
    assert [source["platform"] for source in answer["sources"]] == ["instagram"] * len(SAYS_NOTHING)
    assert [source["outcomes"]["indexed"] for source in answer["sources"]] == [1] * len(SAYS_NOTHING)


RECORDS_ALONE = {"link_only", "record", "unsupported"}
MEDIA_ALONE = {"indexed", "duplicate", "no_face", "unsupported"}


@pytest.mark.parametrize(("ending", "outcomes"), [(".json", RECORDS_ALONE), (".jpg", MEDIA_ALONE)])
def test_records_without_media_and_media_without_records_are_told(
    ending: str, outcomes: set[str], run: Run, tmp_path: Path
) -> None:
    pack = instagram.build("2024")
    pack.files = {path: data for path, data in pack.files.items() if path.endswith(ending)}
    answer = run("index", pack.write(tmp_path), "--consent", "own", "--json").json
    assert answer["sources"][0]["found"] == sum(answer["outcomes"].values()) >= len(pack.files)
    assert set(answer["outcomes"]) <= outcomes
    assert (answer["sources"][0]["platform"], answer["sources"][0]["account"]) == ("instagram", "ana.example")


HOSTILE_NAMES = (
    b"../../../etc/passwd.jpg", b"/etc/x.jpg", b"C:\\Users\\x.jpg", b"\x1b[31mred.jpg",
    b"nul\0nul.jpg", "\u202egpj.exe.jpg".encode(), b"\xff\xfe\xfd.jpg", b"d/" * 500 + b"deep.jpg",
    b".", b"..", b"../", b"a//b///c.jpg", b"line\nbreak.jpg", b"'; drop table items;--.jpg", b"%s%n{}.jpg",
    b"x!y.jpg", b"-rf.jpg", b"media/posts/202306/../../../x.jpg", *[b"twice.jpg"] * 3,
)  # fmt: skip


@pytest.mark.parametrize("name", [DOWNLOAD, "photos"])
def test_hostile_names_are_names_and_nothing_else(name: str, run: Run, tmp_path: Path) -> None:
    picture = photos.photo("astronaut", 1)
    record = json.dumps(
        [
            {
                "media": [
                    {"uri": "../../../etc/passwd.jpg"},
                    {"uri": "\x1b[31mred.jpg", "title": "\x1b[2J\u202e"},
                ]
            }
        ]
    )
    path = tmp_path / "in" / f"{name}.zip"
    path.parent.mkdir()
    path.write_bytes(
        raw_zip(*(Raw(name, picture) for name in HOSTILE_NAMES), Raw(RECORD.encode(), record.encode()))
    )
    answer = run("index", path, "--consent", "own", "--json").json
    read = answer["outcomes"]["indexed"] + answer["outcomes"]["duplicate"]
    assert (read, answer["outcomes"]["indexed"]) == (len(HOSTILE_NAMES), 1)
    selfie = tmp_path / "selfie.jpg"
    selfie.write_bytes(photos.photo("astronaut", 0))
    shown = run("query", selfie, "--self").out + run("sources").out + run("status", "--problems").out
    assert not set(shown) & set("\x1b\0\u202e")
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("sign", ["<a", "<!--", "<![x[", "<script>", "</", "&#", "<p ", "< "])
def test_hostile_markup_takes_no_longer_than_it_is_long(sign: str) -> None:
    html_to_text(sign * 500_000)  # ten thousand times slower if the time grew with the square


@dataclass(frozen=True)
class Ran:
    """What a process came to."""

    out: dict[str, Any]
    seconds: float
    peak: int  # bytes


PROGRAM = """
import sys, time
start = time.perf_counter()
from selfsearch.cli import main
code = main(sys.argv[1:])
peak = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(f"measured {code} {time.perf_counter() - start} {peak}", file=sys.stderr)
"""


@pytest.fixture
def measured(home: Path) -> Callable[..., Ran]:
    """measured("index", ...) is the command in a process of its own, with its time and its peak memory."""

    def measured(*args: object, code: int = 0) -> Ran:
        argv = [sys.executable, "-c", PROGRAM, *map(str, args), "--json"]
        finished = subprocess.run(
            argv, capture_output=True, text=True, check=False, cwd=ROOT, env={**os.environ}
        )
        last = finished.stderr.splitlines()[-1].split()
        assert last[:2] == ["measured", str(code)], finished.stderr
        ran = Ran(json.loads(finished.stdout), float(last[2]), int(last[3]) << 10)
        print(f"{args[0]}: {ran.seconds:.1f} s, {ran.peak >> 20} MB")
        return ran

    return measured


def posts_of_instagram() -> Iterator[tuple[str, bytes]]:
    media = [
        {"uri": f"media/posts/202306/{n}.jpg", "creation_timestamp": 1687000000 + n} for n in range(POSTS)
    ]
    yield RECORD, json.dumps([{"media": [item | {"title": "caption " * 9}]} for item in media]).encode()
    yield "media/posts/202306/7.jpg", photos.photo("astronaut", 1)


def posts_of_facebook() -> Iterator[tuple[str, bytes]]:
    base = "your_facebook_activity/posts"
    uris = [f"{base}/media/a_1/{number}_n.jpg" for number in range(POSTS)]
    posts = [
        {
            "timestamp": 1600000000,
            "attachments": [{"data": [{"media": {"uri": uri}}]}],
            "data": [{"post": uri}],
        }
        for uri in uris
    ]
    yield f"{base}/your_posts__check_ins__photos_and_videos_1.json", json.dumps(posts).encode()
    yield uris[7], photos.photo("astronaut", 1)


def posts_of_x() -> Iterator[tuple[str, bytes]]:
    first = 1226462117360567049
    when, media = "Sun Feb 09 11:05:30 +0000 2020", "https://pbs.twimg.com/media/D%d.jpg"
    tweets = [
        {"id_str": str(first + n), "created_at": when, "full_text": f"tweet {n}",
         "extended_entities": {"media": [{"type": "photo", "media_url_https": media % n}]}}
        for n in range(POSTS)
    ]  # fmt: skip
    yield (
        "data/account.js",
        b'window.YTD.account.part0 = [{"account": {"username": "ana", "accountId": "1"}}]',
    )
    yield (
        "data/tweets.js",
        b"window.YTD.tweets.part0 = " + json.dumps([{"tweet": tweet} for tweet in tweets]).encode(),
    )
    yield f"data/tweets_media/{first + 7}-D7.jpg", photos.photo("astronaut", 1)


def posts_of_telegram() -> Iterator[tuple[str, bytes]]:
    messages = [
        {"id": n, "type": "message", "date": "2023-06-17T12:01:02", "date_unixtime": "1686996062",
         "from": "Bo", "from_id": "user1",
         "photo": f"photos/photo_{n}@17-06-2023_12-01-02.jpg", "text": f"message {n}"}
        for n in range(POSTS)
    ]  # fmt: skip
    yield (
        "result.json",
        json.dumps({"name": "Bo", "type": "personal_chat", "id": 1, "messages": messages}).encode(),
    )
    yield "photos/photo_7@17-06-2023_12-01-02.jpg", photos.photo("astronaut", 1)


def posts_of_tiktok() -> Iterator[tuple[str, bytes]]:
    first = 7364098226472890425
    posts = [
        {
            "Date": "2024-05-01 18:22:10",
            "Link": tiktok.share(str(first + n)),
            "WhoCanView": "Everyone",
            "Title": str(n),
        }
        for n in range(POSTS)
    ]
    yield "user_data_tiktok.json", json.dumps({"Post": {"Posts": {"VideoList": posts}}}).encode()
    yield f"{first + 7}.jpg", photos.photo("astronaut", 1)


LARGE = {
    "instagram": (posts_of_instagram, DOWNLOAD),
    "facebook": (posts_of_facebook, "facebook-ana-2024-05-01-AbCd1234"),
    "x": (posts_of_x, f"twitter-2024-05-01-{'ab' * 32}"),
    "telegram": (posts_of_telegram, "ChatExport_2023-06-18"),
    "tiktok": (posts_of_tiktok, "TikTok_Data_1714586400"),
}


@pytest.mark.slow
@pytest.mark.parametrize("platform", LARGE)
def test_a_hundred_thousand_posts_in_one_file(platform: str, measured: Any, tmp_path: Path) -> None:
    files, name = LARGE[platform]
    with zipfile.ZipFile(tmp_path / f"{name}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in files():
            archive.writestr(path, data)
    ran = measured("index", tmp_path / f"{name}.zip", "--consent", "own")
    assert ran.out["sources"][0]["platform"] == platform
    assert (ran.out["outcomes"]["indexed"], ran.out["outcomes"]["link_only"]) == (1, POSTS - 1)
    assert ran.peak < MEMORY
    selfie = tmp_path / "selfie.jpg"
    selfie.write_bytes(photos.photo("astronaut", 0))
    answer = measured("query", selfie, "--self")
    assert len(answer.out["links"]) == POSTS - 1
    assert answer.peak < MEMORY


class Writer:
    """A zip of stored members, written without keeping anything; holes take no space on the disk."""

    def __init__(self, path: Path) -> None:
        self.file = path.open("wb")
        self.entries: list[bytes] = []
        self.end = 0

    def add(self, name: str, data: bytes, size: int | None = None) -> None:
        """A member; `size` declares more than `data`, and the rest is a hole of zeros."""
        encoded, declared = name.encode(), len(data) if size is None else size
        crc = zlib.crc32(data) if size is None else 0
        common = struct.pack("<4H3L2H", 0x800, 0, 0x6000, 0x58A1, crc, declared, declared, len(encoded), 0)
        far = struct.pack("<2HQ", 1, 8, self.end) if self.end > 0xFFFFFFFE else b""
        self.file.seek(self.end)
        self.file.write(b"PK\3\4\x2d\0" + common + encoded + data)
        place = min(self.end, 0xFFFFFFFF)
        common = common[:-2] + struct.pack("<H3H2L", len(far), 0, 0, 0, 0o100644 << 16, place)
        self.entries.append(b"PK\1\2\x2d\3\x2d\0" + common + encoded + far)
        self.end += 30 + len(encoded) + declared

    def close(self) -> None:
        """The directory, with the records of zip64."""
        directory, count = b"".join(self.entries), len(self.entries)
        self.file.seek(self.end)
        self.file.write(directory)
        wide = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, len(directory), self.end)
        self.file.write(wide + struct.pack("<4sLQL", b"PK\6\7", 0, self.end + len(directory), 1))
        self.file.write(struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0))
        self.file.close()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "folder", "platform"),
    [
        ("photos", "a/", "folder"),
        (DOWNLOAD, "media/posts/202306/", "instagram"),
        ("takeout-20240501T101112Z-001", "Takeout/Google Photos/Photos from 2021/", "google_photos"),
    ],
)
def test_a_hundred_thousand_members_in_one_zip(
    name: str, folder: str, platform: str, measured: Any, tmp_path: Path
) -> None:
    archive = Writer(tmp_path / f"{name}.zip")
    archive.add(f"{folder}face.jpg", photos.photo("astronaut", 1))
    for number in range(MEMBERS - 1):
        archive.add(f"{folder}{number:07}.jpg", b"x")
    archive.close()
    ran = measured("index", tmp_path / f"{name}.zip", "--consent", "own")
    assert (ran.out["found"], ran.out["sources"][0]["platform"]) == (MEMBERS, platform)
    assert (ran.out["outcomes"]["indexed"], ran.out["outcomes"]["unsupported"]) == (1, MEMBERS - 1)
    assert ran.peak < MEMORY


@pytest.mark.slow
def test_a_takeout_of_three_parts_of_two_gigabytes_is_not_read_again(measured: Any, tmp_path: Path) -> None:
    folder = tmp_path / "takeout"
    folder.mkdir()
    for part in range(1, 4):
        archive = Writer(folder / f"takeout-20240501T101112Z-{part:03}.zip")
        for number in range(500):
            where = f"Takeout/Google Photos/Photos from 2021/IMG_{part}_{number:05}.jpg"
            archive.add(where, photos.photo("astronaut", number % 9))
            archive.add(
                f"{where}.supplemental-metadata.json", b'{"photoTakenTime": {"timestamp": "1625317121"}}'
            )
        archive.add("Takeout/Google Photos/Photos from 2021/film.mp4", b"\0\0\0\x18ftypisom", 2_000_000_000)
        archive.close()
    first = measured("index", folder, "--consent", "own")
    assert (first.out["found"], len(first.out["sources"])) == (3 * 1001, 1)
    again = measured("rescan")
    assert again.out["sources"][0]["unchanged"] == 3 * 1001
    assert again.seconds < 2


@pytest.mark.slow
def test_an_unchanged_archive_of_ten_gigabytes_costs_a_look_at_its_date(
    measured: Any, tmp_path: Path
) -> None:
    archive = Writer(tmp_path / "photos.zip")
    for number in range(5):
        archive.add(f"film-{number}.mp4", b"\0\0\0\x18ftypisom", 2_000_000_000)
    archive.add("last.jpg", photos.photo("astronaut", 1))
    archive.close()
    first = measured("index", tmp_path / "photos.zip", "--consent", "own")
    assert first.out["outcomes"] == {"indexed": 1, "unsupported": 5}
    assert measured("rescan").seconds - measured("status").seconds < 1
