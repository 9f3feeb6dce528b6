"""A limit on what this process may allocate while it does something whose need is not known."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def allocated_bytes() -> int:
    """What the kernel counts towards RLIMIT_DATA. Linux only."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmData:"))


@contextmanager
def limited_memory(more: int) -> Iterator[None]:
    """Inside, no more than `more` bytes can be allocated beyond what is now; whoever asks gets MemoryError.

    Or what a C++ library makes of it. For all threads; only Linux counts and refuses.
    """
    if sys.platform != "linux":
        yield
        return
    import resource

    before, most = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = allocated_bytes() + more
    bounds = [limit for limit in (before, most) if limit != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_DATA, (min([wanted, *bounds]), most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (before, most))
