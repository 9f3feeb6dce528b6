"""The command line: parse, one call, print. The only place that prints, and the only error boundary.

A command imports what it works with inside its function, and for types only under TYPE_CHECKING: so --help
loads none of the heavy libraries, and the network is shut (network_policy.py) before they are loaded.
"""

from __future__ import annotations

import os
import shlex
import signal
import sys
from contextlib import suppress

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # before anything can import onnxruntime, which else reports home

import typer

from .. import sandbox
from ..errors import SelfsearchError
from ..sandbox import process
from . import (
    backup,
    completion,
    consent,
    console,
    courier,
    demo,
    doctor,
    export,
    forget,
    help_page,
    index,
    key,
    models,
    network_policy,
    opener,
    options,
    people,
    query,
    report,
    rescan,
    schedule,
    signals,
    sources,
    status,
    verdict,
    watch,
)
from .options import show_version

INTERRUPTED = 128 + signal.SIGINT  # the shell's own convention

app = typer.Typer(
    name="selfsearch",
    help="Find where your own face appears in the media you control. Nothing is sent unless you ask.",
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
app.command("verdict")(verdict.verdict)
app.add_typer(consent.app, name="consent")
app.command("forget")(forget.forget)
app.add_typer(key.app, name="key")
app.command("backup")(backup.backup)
app.command("restore")(backup.restore)
app.command("export")(export.export)
app.add_typer(models.app, name="models")
app.add_typer(schedule.app, name="schedule")
app.command("watch")(watch.watch)
app.command("courier", hidden=True)(courier.courier)
app.command("opener", hidden=True)(opener.opener)
app.command("doctor")(doctor.doctor)
app.command("demo")(demo.demo)
app.command("completion")(completion.completion)
help_page.use_layout(app)

MISSING_LIBRARIES = (
    "OpenCV cannot be loaded here: the system's graphics libraries (libGL, libgthread, libxcb) are missing."
    " Either install them (Debian: apt install libgl1 libglib2.0-0), or take the OpenCV that needs none:"
    " {python} -m pip uninstall -y opencv-python && {python} -m pip install opencv-python-headless"
)

_reported: set[str] = set()  # what was said on stderr


def main(argv: list[str] | None = None) -> int:
    """Run one command; returns its exit code. The only place where an error becomes a message."""
    os.umask(0o077)
    signals.when_stopped(None)
    with console.guarded(sys.argv if argv is None else argv):
        try:
            code = _main(argv)
            signals.pass_over()
        except BaseException as exc:
            if signals.received() is None and not isinstance(exc, KeyboardInterrupt):
                raise
            code = INTERRUPTED
        number = signals.received()
        if number is None and code != INTERRUPTED:
            return code
        with suppress(OSError):  # the terminal may be gone
            _report(signals.stopped(), code)
        return INTERRUPTED if number is None else 128 + number


def _main(argv: list[str] | None) -> int:
    try:
        app(argv, prog_name="selfsearch")
    except SystemExit as stop:  # typer always ends this way: 0, 2 for wrong usage, 130 for Ctrl-C
        return stop.code if isinstance(stop.code, int) else 1
    except SelfsearchError as exc:
        return _report(str(exc), exc.exit_code)
    except BrokenPipeError:  # whoever read the answer had enough of it
        return 0
    except ImportError as exc:
        if not any(library in str(exc) for library in ("libGL", "libgthread", "libxcb", "libglib")):
            raise
        return _report(MISSING_LIBRARIES.format(python=shlex.quote(sys.executable)), 1)
    except OSError as exc:
        return _report(f"{exc.strerror or exc}" + (f": {exc.filename}" if exc.filename else ""), 1)
    return 0


def _report(message: str, code: int) -> int:
    options.say(f"selfsearch: {message}")
    _reported.add(message)
    return code


def run() -> None:
    """The console script: `main()` with the process hardened and the network shut for the whole of it."""
    console.guard(sys.argv)
    process.take_passphrases()
    process.no_core_dumps()  # children included
    network_policy.guard(app)
    signals.raise_first()
    try:
        code = main(sys.argv[1:])
    finally:
        sandbox.enforce()  # where no command was reached: --help, a usage error
    for refusal in sandbox.refusals():
        if str(refusal) not in _reported:  # a library caught it and went on
            _report(str(refusal), 0)
    sys.exit(_flush(code))


def _flush(code: int) -> int:
    """Write out the answer; returns the exit code. What cannot be written is let go of here.

    Python would try again at its end and exit with 120.
    """
    try:
        sys.stdout.flush()
    except OSError as exc:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(exc, BrokenPipeError):
            return code or _report(exc.strerror or str(exc), 1)
    return code
