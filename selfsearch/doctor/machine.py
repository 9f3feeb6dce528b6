"""What has to work on this machine."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator

from .finding import Finding

PROGRAMS = {  # module -> what to do when it does not load
    "cv2": "install libgl1 and libglib2.0-0, or replace opencv-python by opencv-python-headless",
    "faiss": "install it again: pip install --force-reinstall faiss-cpu",
    "onnxruntime": "install it again: pip install --force-reinstall onnxruntime",
}


def programs() -> Iterator[Finding]:
    """Whether what the work is done with can be loaded."""
    for name, cure in PROGRAMS.items():
        try:
            module = importlib.import_module(name)
        except (ImportError, OSError) as exc:
            yield Finding("programs", "error", f"{name} cannot be loaded: {exc}", cure)
        else:
            yield Finding("programs", "ok", f"{name} {getattr(module, '__version__', '')} loads")


def telemetry() -> Finding:
    """onnxruntime reports home in some builds unless this is set before it is loaded."""
    if os.environ.get("ORT_DISABLE_TELEMETRY") == "1":
        return Finding("telemetry", "ok", "onnxruntime's telemetry is switched off")
    return Finding(
        "telemetry",
        "warning",
        "onnxruntime's telemetry is not switched off in this process",
        "set ORT_DISABLE_TELEMETRY=1 before starting Python; the command selfsearch does so itself",
    )
