"""docs/variants.md: every variant that make-export writes has a source and a test, and both are there."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType

import pytest

from .test_exports_end_to_end import generators

ROOT = Path(__file__).parent.parent
SECTION = re.compile(r"^## .*\((\w+)\)$", re.MULTILINE)
TEST = re.compile(r"(tests/test_\w+\.py)::(test_\w+)")


def rows() -> dict[str, list[list[str]]]:
    """The rows of each section, by the name of its generator."""
    _, *parts = SECTION.split((ROOT / "docs" / "variants.md").read_text("utf-8"))
    return {
        module: [
            [cell.strip() for cell in line.strip("|").split(" | ")] for line in text.splitlines()[4:] if line
        ]
        for module, text in zip(parts[::2], parts[1::2], strict=True)
    }


@pytest.mark.parametrize(("module", "generator"), [pytest.param(*each, id=each[0]) for each in generators()])
def test_every_layout_is_in_the_table(module: str, generator: ModuleType) -> None:
    listed = {name for row in rows()[module] for name in re.findall(r"`([^`]+)`", row[2])}
    assert set(generator.LAYOUTS) <= listed, f"rows are missing in docs/variants.md, {module}"


def test_every_row_says_where_its_format_is_described_and_what_tries_it() -> None:
    for module, table in rows().items():
        for row in table:
            assert len(row) == 4, (module, row)
            assert all(row), (module, row)
            tests = TEST.findall(row[3])
            assert tests, (module, row)
            for file, name in tests:
                assert f"def {name}(" in (ROOT / file).read_text("utf-8"), (module, file, name)
