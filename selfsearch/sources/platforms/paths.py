"""Paths that a record names for files which the export does not hold."""

from __future__ import annotations

MAX_LENGTH = 400  # characters; no platform's own paths come near


def absent(path: str | None) -> str | None:
    """The path when it could be one inside the export, so that it can be shown as missing; else None."""
    parts = (path or "").split("/")
    if not path or len(path) > MAX_LENGTH or not path.isprintable() or "\\" in path or ":" in parts[0]:
        return None
    return None if any(part in ("", ".", "..") for part in parts) else path
