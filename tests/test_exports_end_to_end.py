"""Every platform's export through the command line: indexed side by side, asked with a selfie, and each
planted appearance comes back with what its platform said of it.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import pkgutil
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from selfsearch.types import Exposure
from tests import exports, photos
from tests.exports import Pack, Planted

from .conftest import Run

LOOSE = ("loose-1.jpg", "between/loose-2.jpg")
ENDINGS = (None, "", ".zip", ".tgz")  # as the platform packs it, unpacked, and packed otherwise
SURE = ("strong", "likely")  # "possible" allows for one false match in an answer


def command(*args: object) -> dict[str, Any]:
    """The object that a command prints with --json; it must succeed."""
    from selfsearch.cli import main

    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        returned = main([str(arg) for arg in (*args, "--json")])
    assert returned == 0, err.getvalue()
    answer: dict[str, Any] = json.loads(out.getvalue())
    return answer


@dataclass
class Placed:
    """One export as it lies on the disk."""

    platform: str
    layout: str
    pack: Pack
    at: Path
    ending: str

    @cached_property
    def label(self) -> str:
        return f"{self.platform}/{self.layout}{self.ending or ' (folder)'}"

    def address(self, path: str) -> str:
        """How the answer calls a file of this export."""
        between = "!" if self.ending else "/"
        return unicodedata.normalize("NFC", f"{self.at}{between}{self.pack.packed_path(path)}")


@dataclass
class World:
    """Everything on the disk, and everything that the command line said of it."""

    folder: Path
    placed: list[Placed] = field(default_factory=list)
    index: dict[str, Any] = field(default_factory=dict)
    sources: list[dict[str, Any]] = field(default_factory=list)
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)  # person -> answer

    @cached_property
    def places(self) -> dict[str, dict[str, list[dict[str, Any]]]]:
        """Person -> address -> what was said there."""
        return {person: _by_address(answer) for person, answer in self.answers.items()}

    @cached_property
    def links(self) -> dict[int, list[dict[str, Any]]]:
        """Source -> what is only spoken of."""
        by_source: dict[int, list[dict[str, Any]]] = {}
        for link in self.answers["astronaut"]["links"]:
            by_source.setdefault(link["source"], []).append(link)
        return by_source

    def sources_of(self, placed: Placed) -> list[dict[str, Any]]:
        """What one export was recognised as."""
        inside = (str(placed.at), f"{placed.at}/")
        return [
            row for row in self.sources
            if any(path == inside[0] or path.startswith(inside[1]) for path in row["containers"])
        ]  # fmt: skip


def _by_address(answer: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    by_address: dict[str, list[dict[str, Any]]] = {}
    for appearance in answer["appearances"]:
        for sighting in appearance["sightings"]:
            by_address.setdefault(sighting["path"], []).append(sighting)
    return by_address


def generators() -> Iterator[tuple[str, Any]]:
    """Every module of tests/exports that writes exports."""
    for info in pkgutil.iter_modules(exports.__path__):
        module = importlib.import_module(f"tests.exports.{info.name}")
        if hasattr(module, "LAYOUTS"):
            yield info.name, module


def write(folder: Path) -> list[Placed]:
    """In each folder one layout of every platform side by side, and loose photographs between them."""
    placed = []
    for ending in ENDINGS:
        for platform, module in generators():
            for number, layout in enumerate(module.LAYOUTS):
                pack = module.build(layout)
                shelf = folder / f"{ending or ('folders' if ending == '' else 'packed')}-{number}".strip(".")
                shelf.mkdir(parents=True, exist_ok=True)
                packed = pack.ending if ending is None else ending
                placed.append(Placed(platform, layout, pack, pack.write(shelf, packed), packed))
    for shelf in folder.iterdir():
        for number, name in enumerate(LOOSE):
            (shelf / name).parent.mkdir(exist_ok=True)
            (shelf / name).write_bytes(photos.photo("astronaut", 30 + number))
    return placed


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """All platforms' exports in every layout and packing, indexed in one go; asked for everybody in them."""
    folder = tmp_path_factory.mktemp("exports")
    world = World(folder, write(folder))
    with pytest.MonkeyPatch.context() as patch:
        aside = tmp_path_factory.mktemp("aside")
        patch.setenv("SELFSEARCH_HOME", str(aside / "library"))
        patch.setenv("SELFSEARCH_KEYS", str(aside / "keys"))
        patch.setenv("SELFSEARCH_KEYRING", "off")
        world.index = command("index", folder, "--consent", "own")
        world.sources = command("sources")["sources"]
        for person in photos.PEOPLE:
            selfie = aside / f"{person}.jpg"
            selfie.write_bytes(photos.photo(person, 0, side=400))
            release = ("--person", person, "--consent", "release", "--by", person)
            world.answers[person] = command("query", selfie, *release)
        yield world


def listed(wrong: list[Any]) -> str:
    """One a line, so that a failing test shows them all."""
    return "\n".join(map(str, wrong))


def differences(planted: Planted, sightings: list[dict[str, Any]]) -> dict[str, Any] | None:
    """How the best of these sightings differs from what was planted: {} when right, None without any."""
    candidates = [_difference(planted.says, sighting) for sighting in sightings]
    return min(candidates, key=len) if candidates else None


def _difference(says: dict[str, Any], sighting: dict[str, Any]) -> dict[str, Any]:
    read = {name: _read(sighting, name) for name in says}
    return {name: (right, read[name]) for name, right in says.items() if _plain(right) != read[name]}


def _plain(value: Any) -> Any:
    if isinstance(value, Exposure):
        return value.value
    return list(value) if isinstance(value, tuple) else value


def _read(sighting: dict[str, Any], name: str) -> Any:
    place = sighting["location"]
    if name == "location":
        return [place["latitude"], place["longitude"]] if place else None
    if name == "location_source":
        return place["source"] if place else None
    return sighting[name]


def test_every_planted_appearance_comes_back_with_what_its_platform_said(world: World) -> None:
    wrong = []
    for placed in world.placed:
        for planted in placed.pack.planted:
            if planted.person and planted.path:
                sightings = world.places[planted.person].get(placed.address(planted.path), [])
                if (different := differences(planted, sightings)) != {}:
                    wrong.append((placed.label, planted.path, different))
    assert listed(wrong) == ""


def test_nobody_is_found_where_nobody_was_planted(world: World) -> None:
    who: dict[str, set[str]] = {}
    for placed in world.placed:
        for planted in placed.pack.planted:
            if planted.path:
                who.setdefault(placed.address(planted.path), set()).add(planted.person or "")
    for shelf in world.folder.iterdir():
        who |= {f"{shelf}/{name}": {"astronaut"} for name in LOOSE}
    wrong = [
        (person, appearance["band"], place["path"])
        for person, answer in world.answers.items()
        for appearance in answer["appearances"]
        for place in appearance["sightings"]
        if appearance["band"] in SURE and person not in who.get(place["path"], set())
    ]  # fmt: skip
    assert listed(wrong) == ""


def test_what_is_only_a_link_is_listed_with_what_was_said_of_it(world: World) -> None:
    wrong = []
    for placed in world.placed:
        links = [link for row in world.sources_of(placed) for link in world.links.get(row["id"], [])]
        for planted in placed.pack.planted:
            absent = planted.path is None or planted.path not in placed.pack.files
            if absent and (different := differences(planted, links)) != {}:
                wrong.append((placed.label, planted.path or planted.says, different))
    assert listed(wrong) == ""


def test_every_file_has_exactly_one_outcome_and_the_totals_add_up(world: World) -> None:
    sources = world.index["sources"]
    assert [sum(source["outcomes"].values()) for source in sources] == [source["found"] for source in sources]
    counts = sum(source["found"] for source in sources), sum(world.index["outcomes"].values())
    assert counts == (world.index["found"], world.index["found"])
    exported = sum(len(placed.pack.files) for placed in world.placed)
    loose = len(LOOSE) * len(list(world.folder.iterdir()))
    assert world.index["found"] == exported + loose + world.index["outcomes"]["link_only"]


def in_parts(name: str, layout: str, parts: dict[str, str], folder: Path) -> Pack:
    """An export written as several zips. `parts`: how paths begin -> the zip's name; "" takes the rest."""
    pack: Pack = importlib.import_module(f"tests.exports.{name}").build(layout)
    for zip_name in parts.values():
        part = Pack(zip_name, wrapper=pack.wrapper)
        for path, data in pack.files.items():
            if parts[next(start for start in parts if path.startswith(start))] == zip_name:
                part.files[path] = data
        part.write(folder)
    return pack


PARTS = {
    "google_photos/english-2025": {
        "Photos from 2021/IMG": "takeout-20250105T101112Z-3-001",
        "": "takeout-20250105T101112Z-3-002",
    },
    "facebook/2024": {
        "your_facebook_activity/posts/media": "facebook-ana.silva-2024-05-01-Zz9_xYw1",
        "": "facebook-ana.silva-2024-05-01-AbCd1234",
    },
    "instagram/2024": {
        "media/": "instagram-ana.example-2024-05-01-Zz9_xYw1",
        "": "instagram-ana.example-2024-05-01-AbCd1234",
    },
    "snapchat/json": {"memories/": "mydata~1767614400000-2", "": "mydata~1767614400000"},
    "icloud/three-parts": {
        "iCloud Photos Part 1": "iCloud Photos Part 1 of 3",
        "iCloud Photos Part 2": "iCloud Photos Part 2 of 3",
        "": "iCloud Photos Part 3 of 3",
    },
    "flickr/records-and-media-apart": {
        "data-download-1/": "data-download-1",
        "": "72157700000000000_0a1b2c3d4e5f_part1",
    },
}


@pytest.mark.parametrize("export", PARTS)
def test_an_export_in_parts_is_one_source_that_says_so(export: str, run: Run, tmp_path: Path) -> None:
    name, _, layout = export.partition("/")
    folder = tmp_path / "downloads"
    folder.mkdir()
    pack = in_parts(name, layout, PARTS[export], folder)
    (folder / "loose.jpg").write_bytes(photos.photo("astronaut", 30))
    run("index", folder, "--consent", "own")
    (joined, loose) = run("sources", "--json").json["sources"]
    assert (joined["platform"], loose["platform"], loose["outcomes"]) == (name, "folder", {"indexed": 1})
    assert sorted(joined["containers"]) == sorted(f"{folder}/{part}.zip" for part in PARTS[export].values())
    assert f"{len(PARTS[export])} parts that belong together" in joined["why"]
    assert "could not be read" not in run("sources").out
    selfie = tmp_path / "selfie.jpg"
    selfie.write_bytes(photos.photo("astronaut", 0, side=400))
    places = _by_address(run("query", selfie, "--self", "--json").json)
    wrong = []
    for planted in pack.planted:
        if planted.person == "astronaut" and planted.path in pack.files:
            ends = tuple(f"{sign}{planted.path}" for sign in "/!")
            sightings = [row for path, rows in places.items() if path.endswith(ends) for row in rows]
            if (different := differences(planted, sightings)) != {}:
                wrong.append((planted.path, different))
    assert listed(wrong) == ""


NAMES = {"twitter": "x", "plain_files": "folder"}  # generator -> platform, where they differ


def test_sources_say_what_each_was_recognised_as_and_why(world: World) -> None:
    wrong = []
    for placed in world.placed:
        platform = NAMES.get(placed.platform, placed.platform)
        if (placed.platform, placed.ending) == ("plain_files", ""):
            continue  # a plain folder is part of the folder around it
        recognised = {(row["platform"], row["why"].partition(":")[0]) for row in world.sources_of(placed)}
        if (
            platform,
            "no platform's export was recognised in it" if platform == "folder" else "recognised",
        ) not in recognised:
            wrong.append((placed.label, recognised))
    assert listed(wrong) == ""
    assert world.index["sources"][0].keys() >= {"platform", "title", "why", "account", "paths", "outcomes"}


def test_what_was_not_looked_at_is_counted_in_the_summary_and_in_the_answer(world: World) -> None:
    links = world.answers["astronaut"]["links"]
    assert len(links) >= world.index["outcomes"]["link_only"] > 0
    assert {"tiktok", "discord", "linkedin", "reddit"} <= {link["platform"] for link in links}
    assert any("not looked at" in sentence for sentence in world.answers["astronaut"]["summary"]["sentences"])
    assert {link["reason"] for link in links} == {
        "the export has only a link to it",
        "the export names this file but does not hold it",
        "the export speaks of it but does not hold it",
    }


@pytest.fixture
def ask(run: Run, tmp_path: Path) -> Any:
    """ask() is what was said of every place in which the astronaut appears, by the end of its path."""
    selfie = tmp_path / "selfie.jpg"
    selfie.write_bytes(photos.photo("astronaut", 0, side=400))

    def ask() -> dict[str, dict[str, Any]]:
        answer = run("query", selfie, "--self", "--json").json
        return {path.rpartition("/")[2]: sightings[0] for path, sightings in _by_address(answer).items()}

    return ask


def test_what_you_say_of_an_account_decides_what_its_export_left_open(
    run: Run, ask: Any, tmp_path: Path
) -> None:
    pack = Pack("facebook-ana.silva-2024-05-01-AbCd1234")
    base = "your_facebook_activity"
    stamps = {"old.jpg": 1_500_000_000, "new.jpg": 1_600_000_000}  # 2017-07-14 and 2020-09-13
    pack.add(
        f"{base}/posts/your_posts__check_ins__photos_and_videos_1.json",
        [
            {"timestamp": at, "attachments": [{"data": [{"media": {"uri": f"{base}/posts/media/{name}"}}]}]}
            for name, at in stamps.items()
        ],
    )
    message = {"sender_name": "Bo", "timestamp_ms": 1_600_000_000_000}
    message["photos"] = [{"uri": f"{base}/messages/inbox/bo_1/photos/message.jpg"}]  # type: ignore[assignment]
    thread = {"participants": [{"name": "Bo"}, {"name": "Ana Silva"}], "title": "Bo", "messages": [message]}
    pack.add(f"{base}/messages/inbox/bo_1/message_1.json", thread)
    for number, path in enumerate(
        ("posts/media/old.jpg", "posts/media/new.jpg", "messages/inbox/bo_1/photos/message.jpg")
    ):
        pack.add(f"{base}/{path}", photos.photo("astronaut", number + 1))
    run("index", pack.write(tmp_path), "--consent", "own")

    def exposure() -> dict[str, str]:
        return {name: sighting["exposure"] for name, sighting in ask().items()}

    assert exposure() == {"old.jpg": "unknown", "new.jpg": "unknown", "message.jpg": "private"}
    told = run("sources", "set", 1, "--account-was", "private", "--to", "2018-12-31").err
    assert "that does not say what it was after 2018-12-31: as long as you do not say it" in told
    assert exposure()["old.jpg"] == "unknown"
    assert "but not what it was after that" in ask()["old.jpg"]["exposure_reason"]
    run("sources", "set", 1, "--account-was", "public", "--from", "2019-01-01")
    assert exposure() == {"old.jpg": "public", "new.jpg": "public", "message.jpg": "private"}
    assert ask()["old.jpg"]["exposure_reason"].endswith("from 2019-01-01, which showed its older posts, too")
    run("sources", "set", 1, "--account-was", "unknown")
    run("sources", "set", 1, "--account-was", "public", "--from", "2017-01-01", "--to", "2018-12-31")
    assert exposure() == {"old.jpg": "public", "new.jpg": "unknown", "message.jpg": "private"}
    assert (
        ask()["old.jpg"]["exposure_reason"]
        == "you said that the account was public from 2017-01-01 until 2018-12-31"
    )
    assert "you said: the account was public from 2017-01-01 until 2018-12-31" in run("sources").out
    for _ in range(2):
        run("sources", "set", 1, "--account-was", "private")
    assert run("sources").out.count("you said: the account was private") == 1
    assert exposure() == {"old.jpg": "network", "new.jpg": "network", "message.jpg": "private"}
    run("sources", "set", 1, "--account-was", "unknown")
    assert exposure() == {"old.jpg": "unknown", "new.jpg": "unknown", "message.jpg": "private"}


def test_tweets_without_a_protect_history_follow_what_you_say_and_a_circle_does_not(
    run: Run, ask: Any, tmp_path: Path
) -> None:
    from tests.exports import twitter

    pack = twitter.build("current")
    del pack.files["data/protected-history.js"], pack.files["data/manifest.js"]
    run("index", pack.write(tmp_path), "--consent", "own")
    before = _exposures(ask())
    run("sources", "set", 1, "--account-was", "private")
    after = _exposures(ask())
    for context in ("post", "repost", "deleted"):
        assert (before[context], after[context]) == ({"public"}, {"network"})
    for context in before.keys() - {"post", "repost", "deleted"}:
        assert before[context] == after[context]


def test_what_was_posted_elsewhere_on_facebook_is_not_decided_by_what_you_say_of_the_account(
    run: Run, ask: Any, tmp_path: Path
) -> None:
    from tests.exports import facebook

    run("index", facebook.build("elsewhere").write(tmp_path), "--consent", "own")
    before = ask()
    run("sources", "set", 1, "--account-was", "private")
    after = ask()
    settled = {before[name]["context"] for name in before if before[name] != after[name]}
    assert settled <= {"post", "album", "other"}
    timelines = [sighting for sighting in after.values() if sighting["context"] == "timeline"]
    assert [sighting["exposure"] for sighting in timelines] == ["unknown"] * len(timelines) != []


def _exposures(sightings: dict[str, dict[str, Any]]) -> dict[str, set[str]]:
    by_context: dict[str, set[str]] = {}
    for sighting in sightings.values():
        by_context.setdefault(sighting["context"], set()).add(sighting["exposure"])
    return by_context


def test_what_a_platform_says_of_a_post_is_not_overruled(run: Run, ask: Any, tmp_path: Path) -> None:
    from tests.exports import tiktok

    folder = tmp_path / "tiktok"
    tiktok.build("2025").write(folder.parent)
    run("index", tmp_path / "TikTok_Data_1714586400.zip", "--consent", "own")
    run("sources", "set", 1, "--account-was", "public")
    run("query", _selfie(tmp_path), "--self", code=0)
    links = run("query", _selfie(tmp_path), "--json").json["links"]
    posts = {link["audience"]: link["exposure"] for link in links if link["context"] == "post"}
    assert posts == {"Everyone": "public", "Friends": "network", "Followers": "network", "Only me": "private",
                    "Amigxs": "unknown", None: "public"}  # fmt: skip


def _selfie(folder: Path) -> Path:
    path = folder / "me.jpg"
    path.write_bytes(photos.photo("astronaut", 0, side=400))
    return path


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        (("2", "--account-was", "public"), "there is no source 2"),
        (("1", "--account-was", "open"), "--account-was takes public, private or unknown"),
        (("1", "--account-was", "public", "--from", "last year"), "'last year' is not a day"),
        (
            ("1", "--account-was", "public", "--from", "2022-01-02", "--to", "2022-01-01"),
            "is after --to 2022-01-01",
        ),
        (("1", "--account-was", "public"), "plain files, which are in nobody's account"),
    ],
)
def test_a_statement_that_makes_no_sense_is_explained(
    args: tuple[str, ...], reason: str, run: Run, album: Path
) -> None:
    run("index", album, "--consent", "own")
    assert reason in run("sources", "set", *args, code=2).err


@pytest.mark.parametrize("ending", [".zip", ""])
def test_media_saved_beside_an_export_of_links_belongs_to_its_post(
    ending: str, run: Run, ask: Any, tmp_path: Path
) -> None:
    from tests.exports import discord, tiktok

    folder = tmp_path / "downloads"
    (folder / "saved").mkdir(parents=True)
    tiktok.build("2025").write(folder, ending)
    discord.build("current").write(folder, ending)
    run("index", folder, "--consent", "own")
    before = run("index", folder, "--json").json["outcomes"]["link_only"]
    (folder / "saved" / f"ana - harbour [{tiktok.FIRST}].jpg").write_bytes(photos.photo("astronaut", 41))
    (folder / "777000000000000003_image.jpg").write_bytes(photos.photo("astronaut", 42))
    (folder / "saved" / "DSC01234.jpg").write_bytes(photos.photo("astronaut", 43))
    after = run("index", folder, "--json").json["outcomes"]["link_only"]
    sightings = ask()
    post = sightings[f"ana - harbour [{tiktok.FIRST}].jpg"]
    assert (post["platform"], post["url"], post["audience"]) == (
        "tiktok",
        tiktok.share(tiktok.FIRST),
        "Everyone",
    )
    assert sightings["DSC01234.jpg"]["platform"] == "folder"
    message = sightings["777000000000000003_image.jpg"]
    assert (message["platform"], message["context"]) == ("discord", "message")
    assert after == before - 2
    assert "1 file beside it that its posts name" in run("sources").out
    assert run("index", folder, "--json").json["new"] == 0


def test_a_newer_export_of_the_same_account_is_noticed(run: Run, tmp_path: Path) -> None:
    from tests.exports import tiktok

    folder = tmp_path / "downloads"
    folder.mkdir()
    older, newer = tiktok.build("2025"), tiktok.build("2025")
    newer.name = "TikTok_Data_1724586400"
    for pack in (older, newer):
        pack.write(folder)
    run("index", folder, "--consent", "own")
    accounts = [(row["account"], row["exported_at"][:10]) for row in run("sources", "--json").json["sources"]]
    assert accounts == [("ana.example", "2024-05-01"), ("ana.example", "2024-08-25")]
    answer = run("rescan")
    assert "sources supersede 1 2" in answer.out + answer.err
