"""The contract of all readers: they find their exports, say what was planted, and no damage hides a file."""

from __future__ import annotations

import importlib
from functools import cache
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from selfsearch.exports.grouping import part_key
from selfsearch.exports.path_index import PathIndex
from selfsearch.exports.platforms import PLAIN_FILES, PLATFORMS
from selfsearch.exports.platforms.base import Platform
from selfsearch.types import Provenance

from .exports import Pack
from .exports.reading import RECORDS, misread, readings, scrambled
from .exports.said import file_of, said

READERS = (*PLATFORMS, PLAIN_FILES)


def name_of(platform: type[Platform]) -> str:
    """The reader's module, which is also its fixture's."""
    return platform.__module__.rpartition(".")[2]


def fixture(platform: type[Platform]) -> ModuleType:
    """The generator of a platform's exports."""
    return importlib.import_module(f"tests.exports.{name_of(platform)}")


def build(platform: type[Platform], layout: str) -> Pack:
    pack: Pack = fixture(platform).build(layout)
    return pack


def layouts_of(*platforms: type[Platform]) -> pytest.MarkDecorator:
    cases = [
        pytest.param(platform, layout, id=f"{name_of(platform)}-{layout}")
        for platform in platforms
        for layout in fixture(platform).LAYOUTS
    ]
    return pytest.mark.parametrize(("platform", "layout"), cases)


@layouts_of(*PLATFORMS)
def test_an_export_is_found_bare_and_inside_any_folder(platform: type[Platform], layout: str) -> None:
    pack = build(platform, layout)
    inner_roots = getattr(fixture(platform), "ROOTS", {}).get(layout, [""])
    for around in ("", "backups/2024/", "takeout-20250105T101112Z-001/"):
        prefix = around + pack.wrapper
        roots = [root.prefix for root in platform.recognize(PathIndex(prefix + path for path in pack.files))]
        assert roots == [prefix + root for root in inner_roots]
    assert platform.confirm(pack.as_export())


@layouts_of(*PLATFORMS)
def test_the_key_of_a_download_is_the_same_with_and_without_its_ending(
    platform: type[Platform], layout: str
) -> None:
    pack = build(platform, layout)
    assert part_key(platform, pack.name) == part_key(platform, pack.name + (pack.ending or ".zip"))


@pytest.mark.parametrize("platform", [p for p in PLATFORMS if hasattr(fixture(p), "split")], ids=name_of)
def test_the_parts_of_a_download_share_their_key(platform: type[Platform]) -> None:
    module = fixture(platform)
    (key,) = {part_key(platform, part.name) for part in module.split(module.build(module.LAYOUTS[0]))}
    assert key is not None


@layouts_of(*PLATFORMS)
def test_the_account_is_the_one_that_the_files_are_said_to_be_of(
    platform: type[Platform], layout: str
) -> None:
    pack = build(platform, layout)
    account = platform(pack.as_export()).account
    planted = {planted.says.get("account") for planted in pack.planted}
    assert planted <= {account.name, account.display_name, None}


@layouts_of(*READERS)
def test_every_planted_file_is_read_as_planted_and_nothing_else(
    platform: type[Platform], layout: str
) -> None:
    assert misread(build(platform, layout), platform) == []


@pytest.mark.parametrize("platform", READERS, ids=name_of)
def test_what_is_said_of_an_export_is_word_for_word_what_was_agreed(platform: type[Platform]) -> None:
    assert said(platform) == file_of(platform).read_text("utf-8"), "see tests/exports/said.py"


@layouts_of(*READERS)
def test_a_planted_file_is_no_derivative(platform: type[Platform], layout: str) -> None:
    pack = build(platform, layout)
    assert [planted.path for planted in pack.planted if platform.derivative(planted.path or "")] == []


@pytest.mark.parametrize("seed", range(4))
@layouts_of(*READERS)
def test_scrambled_records_hide_no_media(platform: type[Platform], layout: str, seed: int) -> None:
    pack = scrambled(build(platform, layout), seed)
    media = {path for path in pack.files if path.rpartition(".")[2].lower() not in RECORDS}
    assert {path for path in media if not platform.derivative(path)} <= set(readings(pack, platform))


@cache
def reader_of(platform: type[Platform]) -> Platform:
    return platform(build(platform, fixture(platform).LAYOUTS[0]).as_export())


NAMES = st.text(st.characters(exclude_characters="/\0"), min_size=1, max_size=40)


@pytest.mark.parametrize("platform", READERS, ids=name_of)
@settings(max_examples=30, deadline=None)
@given(st.lists(NAMES, min_size=1, max_size=4).map("/".join))
def test_something_is_said_of_any_path(platform: type[Platform], path: str) -> None:
    provenance = reader_of(platform).infer(path)
    assert isinstance(provenance, Provenance)
    assert provenance.platform in (platform.name, PLAIN_FILES.name)
    assert provenance.exposure.reason
    assert platform.derivative(path) is None or platform.derivative(path)
