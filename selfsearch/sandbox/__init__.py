"""Nothing leaves this machine: network connections are refused inside the process that has the photographs.

Four layers, none of which needs a privilege, and none of which can be taken off again:

1. ORT_DISABLE_TELEMETRY, which onnxruntime reads when it is imported; without it onnxruntime reports home.
2. An audit hook of Python's: whoever tries from Python code is named (audit_hook.py). All systems.
3. A seccomp filter: the kernel makes no socket but local ones, for C code and for children, too (kernel.py).
   Linux on x86-64 and ARM64.
4. Landlock: the kernel refuses TCP on sockets that were there before. Linux 6.7 and later.

macOS and Windows have the first two only. The command line calls `enforce()` before it loads anything that
could make a connection; a program that imports selfsearch has to ask for it, since it binds the whole
process.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from . import audit_hook, kernel
from .audit_hook import refusals

__all__ = ["Layers", "enforce", "layers", "refusals"]


@dataclass(frozen=True)
class Layers:
    """Which layers hold in this process."""

    telemetry_off: bool = False
    hook: bool = False
    seccomp: bool = False
    landlock: bool = False


_layers = Layers()


def enforce(*, through_kernel: bool = True) -> Layers:
    """Refuse connections from now on, as far as this system can; returns the layers that hold.

    Calling it again is harmless. `through_kernel=False` leaves out the layers that children inherit. Threads
    that run already are bound by all layers but Landlock, so call it early.
    """
    global _layers
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    if not _layers.hook:
        audit_hook.install()
    seccomp, landlock = _layers.seccomp, _layers.landlock
    if through_kernel:
        seccomp = seccomp or kernel.forbid_sockets()
        landlock = landlock or kernel.forbid_tcp()
    _layers = Layers(True, True, seccomp, landlock)
    return _layers


def layers() -> Layers:
    """Which layers hold in this process now."""
    return _layers
