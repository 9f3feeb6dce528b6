"""Re-scan: every consented source again, and what became different for each enrolled person since the last
time.

A source that cannot be reached (an unplugged disk, an unmounted share) is unreachable; nothing of it counts
as gone. Changes are worked out from what the library holds before and after, written down in one
transaction, and told once.
"""

from .accounts import successors
from .lookout import Recount
from .retention import GRACE, Ending
from .rounds import Rescan, Unreachable, announced, rescan, rescan_unannounced

__all__ = [
    "GRACE",
    "Ending",
    "Recount",
    "Rescan",
    "Unreachable",
    "announced",
    "rescan",
    "rescan_unannounced",
    "successors",
]
