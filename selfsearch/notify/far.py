"""Being told elsewhere: by the machine's own mail program, or over the network. The only code that sends over
the network.

It runs in a process that was made before the layers of selfsearch.offline were set, has read no photograph
and has no key of the library, and is given nothing but the text. Apprise speaks some 130 services with one
URL each; what comes beside it (notifiers, ntfy's and Gotify's own clients) speaks a few, or has seen no
release for years.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Sequence
from typing import Any

from ..errors import SelfsearchError
from .near import TITLE, Start, start


def by_mail(address: str, message: str, *, run: Start = start) -> None:
    """Give a mail to the local sendmail. Raises SelfsearchError when there is none or it refuses."""
    from email.message import EmailMessage

    mail = EmailMessage()
    mail["To"], mail["Subject"] = address, f"{TITLE}: {message.splitlines()[0]}"
    mail.set_content(message + "\n")
    code = run(["sendmail", "-i", "--", address], {}, mail.as_bytes())
    if code != 0:
        raise SelfsearchError(f"sendmail refused the mail (exit code {code})")


def over_network(url: str, message: str, *, failed: bool) -> None:
    """Send by Apprise. Raises SelfsearchError when it did not arrive; its text holds nothing of the URL."""
    import apprise

    kind = apprise.NotifyType.FAILURE if failed else apprise.NotifyType.INFO
    if not apprise_with([url]).notify(body=message, title=TITLE, notify_type=kind):
        raise SelfsearchError("the service did not take it; is the network there, and the URL still right?")


def apprise_with(urls: Sequence[str]) -> Any:
    """An Apprise object for those of `urls` that it understands. It logs nothing: its lines may hold parts of
    a URL.
    """
    import apprise

    logger = logging.getLogger("apprise")
    logger.handlers, logger.propagate = [logging.NullHandler()], False
    sender = apprise.Apprise(asset=apprise.AppriseAsset(app_id=TITLE, app_desc=TITLE, async_mode=False))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # it tries a module that Python has given up
        for url in urls:
            sender.add(url)
    return sender
