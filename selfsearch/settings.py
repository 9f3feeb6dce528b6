"""Settings: defaults, then config.toml in the library's folder, then the environment.

Flags count more than all of these; the command line sees to that.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import platformdirs
import tomli_w

from .errors import UsageError
from .files import write_private
from .home import claim

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # the same module, before it was the standard library's

BYSTANDERS = ("keep", "discard")


@dataclass(frozen=True, slots=True)
class Settings:
    """What can be set once. Every field is also SELFSEARCH_<FIELD> in the environment."""

    pack: str = "opencv-zoo"  # the model pack that index and query use
    bystanders: str = "keep"  # keep or discard faces that resemble nobody enrolled
    grace_days: int = 30  # what rests on consent that has ended is kept this long, then erased
    # ways to be told, see selfsearch.monitoring.notify; URLs may hold secrets
    notify: str = field(default="", repr=False)


def default_home() -> Path:
    """Where the library is when nobody says otherwise."""
    return Path(platformdirs.user_data_dir("selfsearch", appauthor=False))


def default_key_folder() -> Path:
    """Where key files are: outside the library, so that a copy of the library alone opens nothing."""
    return Path(platformdirs.user_config_dir("selfsearch", appauthor=False)) / "keys"


def chosen_home() -> Path:
    """The command line's library: $SELFSEARCH_HOME, or `default_home`."""
    folder = os.environ.get("SELFSEARCH_HOME")
    return Path(folder).expanduser().absolute() if folder else default_home()


def chosen_key_folder() -> Path:
    """Where the command line has its key files: $SELFSEARCH_KEYS, or `default_key_folder`."""
    folder = os.environ.get("SELFSEARCH_KEYS")
    return Path(folder).expanduser().absolute() if folder else default_key_folder()


def read(home: Path, environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings of the library at `home`. Raises UsageError when one is not usable."""
    in_file = _checked(load(home / "config.toml"), "config.toml")
    variables = {name: environment.get(f"SELFSEARCH_{name.upper()}") for name in _TYPES}
    given = {name: value for name, value in variables.items() if value}
    return replace(Settings(), **in_file | _checked(given, "the environment"))


def in_file(home: Path) -> Settings:
    """What config.toml alone says. Raises UsageError."""
    return replace(Settings(), **_checked(load(home / "config.toml"), "config.toml"))


def parse(text: str, where: str) -> Settings:
    """The settings of a text in config.toml's form. Raises UsageError, naming `where` it is from."""
    try:
        return replace(Settings(), **_checked(tomllib.loads(text), where))
    except ValueError as exc:
        raise UsageError(f"{where} cannot be used: {exc}") from exc


def stricter(one: Settings, other: Settings) -> dict[str, Any]:
    """The settings of `other` by which less is kept than by those of `one`."""
    changes: dict[str, Any] = {}
    if other.bystanders == "discard" != one.bystanders:
        changes["bystanders"] = other.bystanders
    if other.grace_days < one.grace_days:
        changes["grace_days"] = other.grace_days
    return changes


def write(home: Path, **changes: Any) -> Settings:
    """Change settings in config.toml; what else stands there stays. Returns what it says now."""
    raw = load(home / "config.toml") | changes
    settings = replace(Settings(), **_checked(raw, "config.toml"))
    write_private(claim(home) / "config.toml", tomli_w.dumps(raw).encode())
    return settings


def load(path: Path) -> dict[str, Any]:
    """What a settings file says, as it stands; {} when there is none. Raises UsageError."""
    try:
        return dict(tomllib.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as exc:
        raise UsageError(f"{path} cannot be used: {exc}") from exc


_TYPES: dict[str, type] = {field.name: type(getattr(Settings(), field.name)) for field in fields(Settings)}


def _checked(raw: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The values as their types, by name. Raises UsageError, saying where the unusable one stands."""
    for name in raw:
        if name not in _TYPES:
            raise UsageError(f"{where} sets {name!r}, which is no setting; there are: {', '.join(_TYPES)}")
    try:
        values = {name: _TYPES[name](value) for name, value in raw.items()}
    except (TypeError, ValueError) as exc:
        raise UsageError(f"{where} has a setting of the wrong kind: {exc}") from exc
    if values.get("grace_days", 0) < 0:
        raise UsageError(f"{where}: grace_days is 0 or more")
    if values.get("bystanders", "keep") not in BYSTANDERS:
        raise UsageError(f"{where}: bystanders is keep or discard")
    return values
