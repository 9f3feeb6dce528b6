"""Words for an audience that are not known, as `selfsearch status` and `selfsearch sources` show them."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..words import quantity

if TYPE_CHECKING:
    from ..consent.audience_words import UnknownWord

MOST = 8  # words in the text; all of them: --json
LONGEST = 60  # characters of a word that is shown whole; none that was seen comes near


def as_object(each: UnknownWord) -> dict[str, Any]:
    """For --json."""
    return {
        "source": each.source.id, "name": each.source.name, "word": each.word, "files": each.files,
        "posts": each.posts,
    }  # fmt: skip


def unknown_words(words: Sequence[dict[str, Any]]) -> list[str]:
    """A line for each: what hangs on it, and the command that settles it."""
    lines = [_line(each) for each in words[:MOST]]
    if more := words[MOST:]:
        lines.append(
            f"{quantity(len(more), 'more word')} that are not known; all of them: selfsearch status --json"
        )
    return lines


def _line(each: dict[str, Any]) -> str:
    them = "it" if each["files"] + each["posts"] == 1 else "them"
    return (
        f"{hangs_on(each)}: {each['name']} says “{shown(each['word'])}” of who could see {them}, and it is"
        f" not known what that means{_settle(each)}"
    )


def hangs_on(each: dict[str, Any]) -> str:
    """ "31 files and 6 posts without media"."""
    parts = [quantity(each["files"], "file")] * bool(each["files"])
    parts += [f"{quantity(each['posts'], 'post')} without media"] * bool(each["posts"])
    return " and ".join(parts)


def shown(word: str) -> str:
    """A word as it can stand in a sentence."""
    return word if len(word) <= LONGEST else f"{word[:LONGEST]}…"


def _settle(each: dict[str, Any]) -> str:
    word = each["word"]
    if len(word) > LONGEST or not word.isprintable():
        return ""
    command = f"selfsearch sources set {each['source']} --audience {shlex.quote(word)} --means"
    return f"; say what it means: {command} public (or network, or private)"
