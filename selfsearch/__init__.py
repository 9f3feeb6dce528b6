"""Find where your own face appears in the media you control, on your own machine.

`selfsearch.open` gives a `Selfsearch`, whose methods are the verbs of the command line; docs/library.md shows
ten lines. Importing this package loads nothing heavy: each name below is fetched at its first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .version import __version__

if TYPE_CHECKING:
    from .api import Selfsearch, open
    from .consent.forget import Receipt
    from .consent.grants import Grant
    from .errors import (
        ConsentError,
        InputError,
        ItemError,
        KeyUnavailable,
        LibraryBusyError,
        LibraryError,
        NetworkRefused,
        PackError,
        SelfsearchError,
        UsageError,
    )
    from .library.changes import Change
    from .library.library import Library, default_home, open_library
    from .library.people import Person
    from .library.sources import SourceRow
    from .packs.store import find_pack
    from .recognition.engine import Engine
    from .recognition.model_pack import Pack
    from .report.csv import to_csv
    from .report.json import to_json
    from .types import (
        Answer,
        Appearance,
        Exposure,
        LinkOnly,
        Outcome,
        ProbeSummary,
        ProgressListener,
        Provenance,
        Sighting,
    )
    from .workflows.index import IndexResult
    from .workflows.query import Filters
    from .workflows.rescan import RescanResult
__all__ = [
    "Answer",
    "Appearance",
    "Change",
    "ConsentError",
    "Engine",
    "Exposure",
    "Filters",
    "Grant",
    "IndexResult",
    "InputError",
    "ItemError",
    "KeyUnavailable",
    "Library",
    "LibraryBusyError",
    "LibraryError",
    "LinkOnly",
    "NetworkRefused",
    "Outcome",
    "Pack",
    "PackError",
    "Person",
    "ProbeSummary",
    "ProgressListener",
    "Provenance",
    "Receipt",
    "RescanResult",
    "Selfsearch",
    "SelfsearchError",
    "Sighting",
    "SourceRow",
    "UsageError",
    "__version__",
    "default_home",
    "find_pack",
    "open",
    "open_library",
    "to_csv",
    "to_json",
]

_FOUND_IN = {
    "consent.grants": ["Grant"],
    "packs.store": ["find_pack"],
    "recognition.engine": ["Engine"],
    "recognition.model_pack": ["Pack"],
    "errors": [
        "ConsentError", "InputError", "ItemError", "KeyUnavailable", "LibraryBusyError", "LibraryError",
        "NetworkRefused", "PackError", "SelfsearchError", "UsageError",
    ],
    "consent.forget": ["Receipt"],
    "workflows.index": ["IndexResult"],
    "library.library": ["Library", "default_home", "open_library"],
    "library.changes": ["Change"],
    "library.people": ["Person"],
    "library.sources": ["SourceRow"],
    "workflows.query": ["Filters"],
    "report.csv": ["to_csv"],
    "report.json": ["to_json"],
    "workflows.rescan": ["RescanResult"],
    "types": [
        "Answer", "Appearance", "Exposure", "LinkOnly", "Outcome", "ProbeSummary", "ProgressListener",
        "Provenance", "Sighting",
    ],
    "api": ["Selfsearch", "open"],
}  # fmt: skip
_MODULE = {name: module for module, names in _FOUND_IN.items() for name in names}

if not TYPE_CHECKING:  # a type checker reads the imports above instead

    def __getattr__(name: str) -> Any:
        """Fetch one of the names above, once."""
        if name not in _MODULE:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        value = globals()[name] = getattr(import_module(f".{_MODULE[name]}", __name__), name)
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
