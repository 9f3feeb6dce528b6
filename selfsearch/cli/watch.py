"""selfsearch watch"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import ConsentError, LibraryBusyError, SelfsearchError, UsageError
from ..words import quantity
from . import options
from .network_policy import Need, courier, network
from .rescan import counts, message_of

if TYPE_CHECKING:
    from ..library.library import Library
    from ..recognition.worker_pool import WorkerPool
    from ..workflows.rescan import RescanResult


@network(Need.NOTIFICATIONS)
def watch(
    source: Annotated[list[int] | None, typer.Argument(metavar="SOURCE", help="Only these sources.")] = None,
) -> None:
    """Follow the folders of your sources, and look when they change.

    Waits until a file is whole and a burst is over, and reads what is new. Tells by the notifications that
    are set; runs until it is stopped, by Ctrl-C or a signal.
    """
    from ..monitoring.watch import follow

    rescans = _Rescans(source)
    roots = rescans.roots()
    for root in roots:
        options.say(f"watching {root}")
    follow(roots, rescans, ignore=[options.home(), options.key_folder()])


class _Rescans:
    """Re-scans the sources of one root. The library is open only meanwhile: other commands get their turn."""

    def __init__(self, wanted: list[int] | None) -> None:
        self.wanted = wanted
        self._engine: WorkerPool | None = None
        self._passphrase: str | None = None

    def roots(self) -> list[Path]:
        """What to watch.

        Raises UsageError when a number is none of a source, ConsentError when nothing is left.
        """
        from ..consent import grants
        from ..library import sources

        with self._opened(writing=False) as library:
            rows = sources.all_sources(library)
            unknown = sorted(set(self.wanted or ()) - {row.id for row in rows})
            if unknown:
                raise UsageError(f"there is no source {unknown[0]}; see: selfsearch sources")
            roots = {row.root for row in rows if self.wanted is None or row.id in self.wanted}
            live = grants.live(library, "source", roots, options.now())
        for root in sorted(roots - live):
            give = f"selfsearch index {shlex.quote(root)}"
            options.say(f"not watched, since there is no live consent: {root}; to give it: {give}")
        if not live:
            raise ConsentError(
                "there is no source with live consent to watch; begin with: selfsearch index PATH"
            )
        return [Path(root) for root in sorted(live)]

    def __call__(self, root: Path) -> bool:
        """False when it has to be tried again."""
        from ..monitoring import run_log

        try:
            with run_log.record_run(options.home(), options.now, by="watch") as run:
                result = self._rescan(root)
                run.result(**counts(result))
        except LibraryBusyError as exc:
            options.say(f"{exc} (it is tried again)")
            return False
        except SelfsearchError as exc:
            options.say(f"{root}: {exc}")
            return True
        read = sum(indexed.new for indexed in result.indexed)
        options.say(f"{root}: {quantity(read, 'file')} read")
        return True

    def _rescan(self, root: Path) -> RescanResult:
        """What changed counts as told when the notifications were sent; else the next look tells it again."""
        from .. import settings
        from ..library import sources
        from ..monitoring import notify
        from ..workflows.rescan import mark_announced, rescan

        grace = timedelta(days=settings.read(options.home()).grace_days)
        with self._opened(writing=True) as library:
            self._engine = self._engine or options.engine()
            numbers = [row.id for row in sources.all_sources(library) if row.root == str(root)]
            if self.wanted is not None:
                numbers = [number for number in numbers if number in self.wanted]
            result = rescan(library, self._engine, options.now, only=numbers, grace=grace)
            self._engine.rest()  # the next change may be days away
            if message := message_of(result):
                options.say(*message.text.splitlines())
                if not notify.send(settings.read(options.home()), message, courier()):
                    return result
            mark_announced(library, result, options.now)
        return result

    @contextmanager
    def _opened(self, *, writing: bool) -> Iterator[Library]:
        from ..library.library import open_library

        with open_library(
            options.home(), key_folder=options.key_folder(), writing=writing, ask=self._ask_passphrase
        ) as library:
            yield library

    def _ask_passphrase(self) -> str | None:
        """Asked for once, at the beginning, when somebody is there."""
        self._passphrase = self._passphrase or options.ask_passphrase()
        return self._passphrase
