"""The command line: parse, one call into the library, print. The only place that prints, and the only error
boundary.
"""

from __future__ import annotations

import os
import sys

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # before anything can import onnxruntime, which else reports home

import typer

from ..errors import SelfsearchError
from . import demo, index, models, people, query, report, rescan, sources, status
from .options import show_version

INTERRUPTED = 130  # the shell's own convention: 128 + SIGINT

app = typer.Typer(
    name="selfsearch",
    help="Find where your own face appears in the media you control. Nothing leaves this machine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.callback()(show_version)
app.command("index")(index.index)
app.command("query")(query.query)
app.command("rescan")(rescan.rescan)
app.command("report")(report.report)
app.command("status")(status.status)
app.add_typer(sources.app, name="sources")
app.add_typer(people.app, name="people")
app.add_typer(models.app, name="models")
app.command("demo")(demo.demo)

MISSING_LIBRARIES = (
    "OpenCV cannot be loaded here: the system's graphics libraries (libGL, libgthread, libxcb) are missing. Either install"
    " them (Debian: apt install libgl1 libglib2.0-0), or replace OpenCV by the one that needs none:"
    " pip uninstall -y opencv-python && pip install opencv-python-headless"
)


def main(argv: list[str] | None = None) -> int:
    """Run one command; returns its exit code. The only place where an error becomes a message."""
    os.umask(0o077)
    try:
        app(argv, prog_name="selfsearch")
    except SystemExit as stop:  # typer always ends this way: 0, or 2 for wrong usage
        return stop.code if isinstance(stop.code, int) else 1
    except SelfsearchError as exc:
        return _tell(str(exc), exc.exit_code)
    except KeyboardInterrupt:
        return _tell(
            "stopped; everything finished so far is kept, and the next run goes on from there", INTERRUPTED
        )
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except ImportError as exc:
        if not any(word in str(exc) for word in ("libGL", "libgthread", "libxcb", "libglib")):
            raise
        return _tell(MISSING_LIBRARIES, 1)
    except OSError as exc:
        return _tell(f"{exc.strerror or exc}" + (f": {exc.filename}" if exc.filename else ""), 1)
    return 0


def _tell(message: str, code: int) -> int:
    print(f"selfsearch: {message}", file=sys.stderr)
    return code


def run() -> None:
    """The console script."""
    sys.exit(main())
