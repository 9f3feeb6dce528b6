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

LOOSE = ("loose-1.jpg", "between/loose-2.jpg")
ENDINGS = (None, "", ".zip", ".tgz")  # as the platform packs it, unpacked, and packed otherwise
SURE = ("strong", "likely")  # "possible" allows for one false match in an answer


def command(*words: object) -> dict[str, Any]:
    """The object that a command prints with --json; it must succeed."""
    from selfsearch.cli import main

    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        returned = main([str(word) for word in (*words, "--json")])
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
        return unicodedata.normalize("NFC", f"{self.at}{between}{self.pack.wrapper}{path}")


@dataclass
class World:
    """Everything on the disk, and everything that the command line said of it."""

    folder: Path
    placed: list[Placed] = field(default_factory=list)
    index: dict[str, Any] = field(default_factory=dict)
    sources: list[dict[str, Any]] = field(default_factory=list)
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)  # person -> answer

    @cached_property
    def seen(self) -> dict[str, dict[str, list[dict[str, Any]]]]:
        """Person -> address -> what was said there."""
        return {person: _by_address(answer) for person, answer in self.answers.items()}

    @cached_property
    def links(self) -> dict[int, list[dict[str, Any]]]:
        """Source -> what is only spoken of."""
        found: dict[int, list[dict[str, Any]]] = {}
        for link in self.answers["astronaut"]["links"]:
            found.setdefault(link["source"], []).append(link)
        return found

    def sources_of(self, placed: Placed) -> list[dict[str, Any]]:
        """What one export was recognised as."""
        inside = (str(placed.at), f"{placed.at}/")
        return [
            row for row in self.sources
            if any(path == inside[0] or path.startswith(inside[1]) for path in row["containers"])
        ]  # fmt: skip


def _by_address(answer: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for appearance in answer["appearances"]:
        for sighting in appearance["sightings"]:
            found.setdefault(sighting["path"], []).append(sighting)
    return found


def generators() -> Iterator[tuple[str, Any]]:
    """Every module of tests/exports that writes exports."""
    for found in pkgutil.iter_modules(exports.__path__):
        module = importlib.import_module(f"tests.exports.{found.name}")
        if hasattr(module, "LAYOUTS"):
            yield found.name, module


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
    """How the best of these sightings differs from what was planted: {} when it is right, None without any."""
    found = [_difference(planted.says, one) for one in sightings]
    return min(found, key=len) if found else None


def _difference(says: dict[str, Any], one: dict[str, Any]) -> dict[str, Any]:
    read = {name: _read(one, name) for name in says}
    return {name: (right, read[name]) for name, right in says.items() if _plain(right) != read[name]}


def _plain(value: Any) -> Any:
    if isinstance(value, Exposure):
        return value.value
    return list(value) if isinstance(value, tuple) else value


def _read(one: dict[str, Any], name: str) -> Any:
    place = one["location"]
    if name == "location":
        return [place["latitude"], place["longitude"]] if place else None
    if name == "location_source":
        return place["source"] if place else None
    return one[name]


def test_every_planted_appearance_comes_back_with_what_its_platform_said(world: World) -> None:
    wrong = []
    for placed in world.placed:
        for planted in placed.pack.planted:
            if planted.person and planted.path:
                seen = world.seen[planted.person].get(placed.address(planted.path), [])
                if (different := differences(planted, seen)) != {}:
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
        (person, one["band"], place["path"])
        for person, answer in world.answers.items()
        for one in answer["appearances"]
        for place in one["sightings"]
        if one["band"] in SURE and person not in who.get(place["path"], set())
    ]  # fmt: skip
    assert listed(wrong) == ""


def test_what_is_only_a_link_is_listed_with_what_was_said_of_it(world: World) -> None:
    wrong = []
    for placed in world.placed:
        near = [link for row in world.sources_of(placed) for link in world.links.get(row["id"], [])]
        for planted in placed.pack.planted:
            absent = planted.path is None or planted.path not in placed.pack.files
            if absent and (different := differences(planted, near)) != {}:
                wrong.append((placed.label, planted.path or planted.says, different))
    assert listed(wrong) == ""


def test_every_file_has_exactly_one_outcome_and_the_totals_add_up(world: World) -> None:
    told = world.index["sources"]
    assert [sum(one["outcomes"].values()) for one in told] == [one["found"] for one in told]
    assert world.index["found"] == sum(one["found"] for one in told) == sum(world.index["outcomes"].values())
    exported = sum(len(placed.pack.files) for placed in world.placed)
    loose = len(LOOSE) * len(list(world.folder.iterdir()))
    assert world.index["found"] == exported + loose + world.index["outcomes"]["link_only"]
