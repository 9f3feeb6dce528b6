"""Which calls may leave the machine, decided here and nowhere else: from their words, before anything is
parsed or loaded.

Every call runs behind all layers of `selfsearch.sandbox`. The exceptions:

- `models add NAME`, where NAME is no file here, fetches a published model pack. It runs without the layers,
  says so, and reads no photograph and no face.
- `schedule` starts the system's own timer tools. crontab needs rights that the kernel's layers take away, so
  it has the audit hook alone. It reads no photograph either.
- `--open` starts a browser, which would inherit the kernel's layers and be a browser without a network. So it
  is started by a child that was made before them, and is told nothing but the report's path.
- `watch` and a re-scan by a timer may have to send a message by mail or over the network, where the user set
  that. A child does it, which was made before anything was read and is given nothing but the message. On
  systems without such children it is another program, `notify-send`, which for that alone has the network.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from .. import sandbox
from ..sandbox import process
from ..sandbox.privileged_helper import PrivilegedHelper

_browser: PrivilegedHelper | None = None


def shut(words: list[str]) -> str:
    """Shut what this call has no need of. Returns why the network stays open, "" when it is shut."""
    process.take_passphrases()
    process.no_core_dumps()  # children included
    _make_children(words)
    reason = _reason(words)
    if not reason:
        sandbox.enforce(through_kernel=words[:1] != ["schedule"])
    return reason


def _make_children(words: list[str]) -> None:
    """Those who do what this process may not do any more."""
    global _browser
    if "--open" in words:
        _browser = PrivilegedHelper(_browse)
    if words[:1] == ["watch"] or (words[:1] == ["rescan"] and "--scheduled" in words):
        from ..monitoring import notify

        notify.send_through(
            PrivilegedHelper(notify.send_far).do if sys.platform == "linux" else notify.in_program
        )


def open_in_browser(page: Path) -> bool:
    """Show a page of ours in the user's browser. False when there is none."""
    address = page.absolute().as_uri()
    return _browser.do(address) if _browser else _browse(address)


def _browse(address: str) -> bool:
    import webbrowser

    return webbrowser.open(address)


def _reason(words: list[str]) -> str:
    """Why the network has to be open; "" for nearly all calls."""
    if words[:1] == ["notify-send"]:
        return "it sends one message, which holds no photograph, no name and no path"
    if words[:2] != ["models", "add"]:
        return ""
    after = {at + 1 for at, word in enumerate(words) if word == "--name"}
    named = [word for at, word in enumerate(words[2:], 2) if not word.startswith("-") and at not in after]
    if not named or any(os.path.exists(word) for word in named) or "--help" in words:
        return ""
    return (
        f"models add {named[0]} fetches a model pack that is not on this machine;"
        " no photograph and no face is read"
    )


def untold(told: set[str]) -> list[str]:
    """What was refused and that nobody has heard of, because a library caught the error and went on."""
    return [str(refusal) for refusal in sandbox.refusals() if str(refusal) not in told]
