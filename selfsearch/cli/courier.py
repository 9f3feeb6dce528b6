"""selfsearch courier: not for people, and not in the help."""

from __future__ import annotations

from . import options, signals
from .network_policy import Need, network


@network(Need.HELPER)
def courier() -> None:
    """Send what a sealed re-scan or watch has to tell, by mail or over the network. It starts this itself."""
    from .. import settings
    from ..monitoring import notify
    from ..monitoring.courier import Courier
    from ..monitoring.message import RECORD_BYTES
    from ..sandbox.privileged_helper import serve

    signals.leave_to_system()
    channels = notify.remote(notify.parse(settings.read(options.home()).notify))
    serve(RECORD_BYTES, Courier(channels).carry)
