"""Laws of all readers: what was planted is read as planted, and no damage hides a file."""

from __future__ import annotations

import importlib
from types import ModuleType

import pytest

from selfsearch.exports.platforms import PLATFORMS

from .exports.reading import RECORDS, misread, said, scrambled

FIXTURES = {platform.__module__.rpartition(".")[2]: platform for platform in PLATFORMS}


def fixture(name: str) -> ModuleType:
    """The generator of a platform's exports."""
    return importlib.import_module(f"tests.exports.{name}")


CASES = [(name, layout) for name in FIXTURES for layout in fixture(name).LAYOUTS]


@pytest.mark.parametrize(("name", "layout"), CASES)
def test_every_planted_file_is_read_as_planted(name: str, layout: str) -> None:
    pack = fixture(name).build(layout)
    assert misread(pack, FIXTURES[name], [one for one in pack.planted if one.path in pack.files]) == []


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("name", "layout"), CASES)
def test_scrambled_records_hide_no_media(name: str, layout: str, seed: int) -> None:
    reader = FIXTURES[name]
    pack = scrambled(fixture(name).build(layout), seed)
    media = {path for path in pack.files if path.rpartition(".")[2].lower() not in RECORDS}
    assert {path for path in media if not reader.derivative(path)} <= set(said(pack, reader))
