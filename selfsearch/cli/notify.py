"""selfsearch notify-send: not for people, and not in the help."""

from __future__ import annotations

import sys

from ..errors import SelfsearchError
from .network_policy import Need, network


@network(Need.NETWORK, because="it sends one message, which holds no photograph, no name and no path")
def send() -> None:
    """Send the message on stdin by mail or over the network. Started by a scheduled re-scan or a watch."""
    from ..monitoring import notify

    if not notify.send_remote(sys.stdin.read()):
        raise SelfsearchError("the message was not sent by every way that was set")
