"""Find where your own face appears in the media you control, on your own machine.

`selfsearch.open` gives a `Selfsearch`, whose methods are the verbs of the command line; docs/library.md shows
ten lines. Importing this package loads nothing heavy: each public name is fetched at its first use, from the
module that the type stub beside this file names (SPEC 1 of Scientific Python does the same).
"""

from __future__ import annotations

import ast
import builtins
from importlib import import_module
from pathlib import Path
from typing import Any

from .version import __version__ as __version__

_MODULES = {
    alias.name: statement.module
    for statement in ast.parse(Path(__file__).with_suffix(".pyi").read_text("utf-8")).body
    if isinstance(statement, ast.ImportFrom)
    for alias in statement.names
}
__all__ = sorted(_MODULES.keys() - vars(builtins).keys())  # a star import leaves the builtin `open` alone


def __getattr__(name: str) -> Any:
    """Fetch one of the public names, once."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f".{_MODULES[name]}", __name__), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES})
