"""SECURITY.md promises nothing that no test holds: the tests that it names are there, in every guarantee."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parent.parent
TEXT = (CHECKOUT / "SECURITY.md").read_text("utf-8")
NAMED = sorted(set(re.findall(r"`(tests/\w+\.py)::(\w+)`", TEXT)))


@cache
def functions_of(path: Path) -> dict[str, ast.FunctionDef]:
    return {
        node.name: node for node in ast.parse(path.read_bytes()).body if isinstance(node, ast.FunctionDef)
    }


@pytest.mark.parametrize(("file", "name"), NAMED, ids=lambda value: value.removeprefix("tests/"))
def test_a_test_that_is_named_exists(file: str, name: str) -> None:
    assert name in functions_of(CHECKOUT / file)


@pytest.mark.parametrize(("file", "name"), NAMED, ids=lambda value: value.removeprefix("tests/"))
def test_a_test_that_is_named_is_never_just_skipped(file: str, name: str) -> None:
    """It may be skipped where a system lacks something, never without a condition."""
    marks = [ast.unparse(mark) for mark in functions_of(CHECKOUT / file)[name].decorator_list]
    assert not any(mark.startswith(("pytest.mark.skip(", "pytest.mark.xfail")) for mark in marks)


def test_every_guarantee_names_its_tests() -> None:
    guarantees = re.split(
        r"^(?=\d+\. )", TEXT.partition("## Guarantees")[2].partition("\n## ")[0], flags=re.M
    )
    numbered = [part for part in guarantees if re.match(r"\d+\. ", part)]
    assert [int(part.split(".")[0]) for part in numbered] == list(range(1, len(numbered) + 1))
    assert [part[:40] for part in numbered if "`tests/" not in part] == []


def test_it_is_in_the_order_in_which_it_is_read() -> None:
    assert re.findall(r"^## (.*)", TEXT, re.M) == [
        "Assumptions",
        "Guarantees",
        "What an adversary can do all the same",
        "What is not protected",
        "Reporting a vulnerability",
    ]
