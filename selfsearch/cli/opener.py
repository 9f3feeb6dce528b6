"""selfsearch opener: not for people, and not in the help."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from .network_policy import Need, network


@network(Need.HELPER)
def opener(page: Annotated[Path, typer.Argument()]) -> None:
    """Show a report that a sealed command writes, and remove it ten minutes later. It starts this itself."""
    from ..library import pages
    from ..report.opener import SHOW, PageOpener
    from ..sandbox.privileged_helper import serve

    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), _end)
    shower = PageOpener(page)
    try:
        serve(len(SHOW), shower.show)
        shower.wait(pages.LIFETIME.total_seconds())
    finally:
        shower.remove()


def _end(number: int, frame: FrameType | None) -> None:
    """The machine goes down: not without removing the page."""
    sys.exit()
