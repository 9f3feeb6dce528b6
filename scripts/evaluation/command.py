"""The door of every script that measures: what somebody can mend is said in one line, without a traceback."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Collection
from pathlib import Path

from selfsearch.errors import SelfsearchError, UsageError


def run_command(main: Callable[[], int]) -> int:
    """The exit code of the script whose `main` this is."""
    name = Path(sys.argv[0]).name
    try:
        return main()
    except SelfsearchError as exc:
        print(f"{name}: {exc}", file=sys.stderr)
        return exc.exit_code
    except OSError as exc:
        print(f"{name}: {exc}", file=sys.stderr)
    except (json.JSONDecodeError, UnicodeDecodeError) as exc:
        print(f"{name}: a file does not hold what it should: {exc}", file=sys.stderr)
    except subprocess.CalledProcessError as exc:
        print(f"{name}: a program that it runs failed, see above: {Path(exc.cmd[0]).name}", file=sys.stderr)
    return 1


def parse_words(option: str, text: str, known: Collection[str]) -> list[str]:
    """The words of an option, with commas between. Raises UsageError for one that is not known."""
    words = text.split(",")
    if unknown := [word for word in words if word not in known]:
        raise UsageError(f"{option} takes {', '.join(known)}, not {unknown[0]!r}")
    return words


def parse_checkouts(options: list[str]) -> list[tuple[str, Path]]:
    """NAME=DIR of --code. Raises UsageError for what is not of that form."""
    pairs = [option.partition("=") for option in options]
    if wrong := [name for name, equals, folder in pairs if not (name and equals and folder)]:
        raise UsageError(f"--code takes NAME=DIR, not {wrong[0]!r}")
    return [(name, Path(folder).resolve()) for name, _, folder in pairs]
