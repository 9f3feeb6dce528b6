"""Find where your own face appears in the media you control, on your own machine.

`selfsearch.open` gives a `Selfsearch`, whose methods are the verbs of the command line; docs/library.md shows
ten lines. Importing this package loads nothing heavy: each name below is fetched at its first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .version import __version__

if TYPE_CHECKING:
    from .consent import Grant
    from .engine import Engine, Pack, find_pack
    from .errors import (
        Busy,
        ConsentError,
        InputError,
        ItemError,
        KeyUnavailable,
        LibraryError,
        NetworkRefused,
        PackError,
        SelfsearchError,
        UsageError,
    )
    from .forget import Receipt
    from .indexing import Indexed, Watcher
    from .library import Library, default_home, open_library
    from .library.changes import Change
    from .library.people import Person
    from .library.sources import SourceRow
    from .query import Filters
    from .report.as_csv import to_csv
    from .report.as_json import to_json
    from .rescan import Rescan
    from .types import Answer, Appearance, Exposure, LinkOnly, Outcome, Probe, Provenance, Sighting
    from .verbs import Selfsearch, open
__all__ = [
    "Answer",
    "Appearance",
    "Busy",
    "Change",
    "ConsentError",
    "Engine",
    "Exposure",
    "Filters",
    "Grant",
    "Indexed",
    "InputError",
    "ItemError",
    "KeyUnavailable",
    "Library",
    "LibraryError",
    "LinkOnly",
    "NetworkRefused",
    "Outcome",
    "Pack",
    "PackError",
    "Person",
    "Probe",
    "Provenance",
    "Receipt",
    "Rescan",
    "Selfsearch",
    "SelfsearchError",
    "Sighting",
    "SourceRow",
    "UsageError",
    "Watcher",
    "__version__",
    "default_home",
    "find_pack",
    "open",
    "open_library",
    "to_csv",
    "to_json",
]

_FOUND_IN = {
    "consent": ["Grant"],
    "engine": ["Engine", "Pack", "find_pack"],
    "errors": [
        "Busy", "ConsentError", "InputError", "ItemError", "KeyUnavailable", "LibraryError", "NetworkRefused",
        "PackError", "SelfsearchError", "UsageError",
    ],
    "forget": ["Receipt"],
    "indexing": ["Indexed", "Watcher"],
    "library": ["Library", "default_home", "open_library"],
    "library.changes": ["Change"],
    "library.people": ["Person"],
    "library.sources": ["SourceRow"],
    "query": ["Filters"],
    "report.as_csv": ["to_csv"],
    "report.as_json": ["to_json"],
    "rescan": ["Rescan"],
    "types": ["Answer", "Appearance", "Exposure", "LinkOnly", "Outcome", "Probe", "Provenance", "Sighting"],
    "verbs": ["Selfsearch", "open"],
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
