"""Texts that make a regular expression try again and again, made from its grammar; and every pattern we have.

For each repetition without a bound in a pattern there is one attack: the shortest text that leads up to it, a
thousand times what it repeats, and an end that nothing matches.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import selfsearch

if sys.version_info >= (3, 11):
    from re import _constants as constants
    from re import _parser as parser
else:
    import sre_constants as constants
    import sre_parse as parser

UNBOUNDED = 1_000  # repetitions from which on it counts as one
REPEATS = {constants.MAX_REPEAT, constants.MIN_REPEAT}


def attacks(pattern: re.Pattern[Any], length: int) -> Iterator[Any]:
    """Texts of about `length` signs, of the pattern's own type."""
    for before, pump in sorted(set(_pumps(parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG)))):
        text = before + pump * (length // max(1, len(pump))) + "\0"
        yield text if isinstance(pattern.pattern, str) else text.encode("latin-1", "replace")


def _pumps(nodes: Any, before: str = "") -> Iterator[tuple[str, str]]:
    """(what leads up to a repetition, what it repeats) for every repetition without a bound."""
    between = ""
    for operator, argument in nodes:
        if operator in REPEATS:
            _least, most, body = argument
            once = _shortest(body)
            if most >= UNBOUNDED and once:
                yield before, once
                yield "", before + once  # the whole beginning again and again
                yield before[: len(before) - len(between)], between or once  # what stands between two of them
                between = ""
            yield from _pumps(body, before)
        elif operator is constants.SUBPATTERN:
            yield from _pumps(argument[-1], before)
        elif operator is constants.BRANCH:
            for branch in argument[1]:
                yield from _pumps(branch, before)
        elif operator in (constants.ASSERT, constants.ASSERT_NOT):
            yield from _pumps(argument[1], before)
        step = _shortest([(operator, argument)])
        before += step
        between += "" if operator in REPEATS and argument[1] >= UNBOUNDED else step


def _shortest(nodes: Any) -> str:
    """A short text that these nodes match; what is optional is left out."""
    return "".join(_text_of(operator, argument) for operator, argument in nodes)


def _text_of(operator: Any, argument: Any) -> str:
    if operator is constants.LITERAL:
        return chr(argument)
    if operator is constants.NOT_LITERAL:
        return "a" if argument != ord("a") else "b"
    if operator is constants.ANY:
        return "a"
    if operator is constants.IN:
        return _sign_in(argument)
    if operator in REPEATS:
        least, most, body = argument
        return _shortest(body) * max(least, 1 if most >= UNBOUNDED else least)
    if operator is constants.SUBPATTERN:
        return _shortest(argument[-1])
    if operator is constants.BRANCH:
        return _shortest(argument[1][0])
    return ""


NAMED = {constants.LITERAL, constants.RANGE}
SAMPLES = [*map(chr, range(32, 127)), *"\n\té\xff", *map(chr, range(32))]


def _sign_in(choices: Any) -> str:
    named = [value if kind is constants.LITERAL else value[0] for kind, value in choices if kind in NAMED]
    return next(sign for sign in (*SAMPLES, *map(chr, named)) if _matches(choices, sign))


CATEGORIES = {
    constants.CATEGORY_DIGIT: str.isdigit, constants.CATEGORY_SPACE: str.isspace,
    constants.CATEGORY_WORD: lambda sign: sign.isalnum() or sign == "_",
    constants.CATEGORY_NOT_DIGIT: lambda sign: not sign.isdigit(),
    constants.CATEGORY_NOT_SPACE: lambda sign: not sign.isspace(),
    constants.CATEGORY_NOT_WORD: lambda sign: not (sign.isalnum() or sign == "_"),
}  # fmt: skip


def _matches(choices: Any, sign: str) -> bool:
    negated = found = False
    for kind, value in choices:
        if kind is constants.NEGATE:
            negated = True
        elif kind is constants.LITERAL:
            found |= ord(sign) == value
        elif kind is constants.RANGE:
            found |= value[0] <= ord(sign) <= value[1]
        elif kind is constants.CATEGORY:
            found |= CATEGORIES[value](sign)
    return found != negated


METHODS = ("match", "fullmatch", "search", "sub", "split", "findall", "finditer")
Use = tuple[str, "re.Pattern[Any]", str]  # where a pattern stands, the pattern, how it is called


def patterns_in_use() -> Iterator[Use]:
    """Every pattern of ours with each way in which it is called."""
    for info in pkgutil.walk_packages(selfsearch.__path__, "selfsearch."):
        if not info.name.endswith("__main__"):
            module = importlib.import_module(info.name)
            source = Path(str(module.__file__)).read_text("utf-8")
            yield from _compiled(module, source)
            yield from _inline(module, source)


def _compiled(module: ModuleType, source: str) -> Iterator[Use]:
    """Patterns that the module holds, alone or in a table; of one in a table, any call may be the one."""
    calls_of_any = set(re.findall(rf"\b[a-z]\w*\.({'|'.join(METHODS)})\(", source.replace("re.", ""))) or {
        "search"
    }
    for name, value in vars(module).items():
        calls = set(re.findall(rf"\b{name}\.({'|'.join(METHODS)})\(", source)) or calls_of_any
        yield from ((f"{module.__name__}.{name}", each, call) for each in _patterns(value) for call in calls)


def _patterns(value: object) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, (dict, tuple, list, set, frozenset)):
        for item in value.items() if isinstance(value, dict) else value:
            yield from _patterns(item)


def _inline(module: ModuleType, source: str) -> Iterator[Use]:
    """Patterns that stand in a call such as re.split("[|/]", text)."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        text = node.args[0] if node.args else None
        is_re = isinstance(node.func.value, ast.Name) and node.func.value.id == "re"
        if is_re and node.func.attr in METHODS and isinstance(text, ast.Constant):
            yield f"{module.__name__}, line {node.lineno}", re.compile(text.value), node.func.attr
