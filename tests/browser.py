"""Chromium without a window, driven over a pipe by its DevTools protocol."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome") if os.name == "posix" else ()
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)
SECONDS = 60  # for a page to load, on a busy machine
KEYS = {"Escape": 27, "Enter": 13, "Tab": 9, "ArrowRight": 39, "ArrowLeft": 37, "Home": 36, "End": 35}


class Browser:
    """One page in a browser that has no network to go to."""

    def __init__(self, requests: int, replies: int) -> None:
        self._requests, self._replies, self._rest = requests, replies, b""
        self._numbers = count(1)
        self._session: str | None = None
        [target] = [
            target for target in self.call("Target.getTargets")["targetInfos"] if target["type"] == "page"
        ]
        attached = self.call("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        self._session = attached["sessionId"]
        self.problems: list[str] = []
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One request of the protocol, and its result."""
        number = next(self._numbers)
        message: dict[str, Any] = {"id": number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._requests, data) :]
        while True:
            reply = self._read()
            if reply.get("id") == number:
                assert "error" not in reply, reply
                return dict(reply["result"])
            self._note(reply)

    def _read(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            part = os.read(self._replies, 1 << 20)
            assert part, "the browser ended"
            self._rest += part
        message, _, self._rest = self._rest.partition(b"\0")
        return dict(json.loads(message))

    def _note(self, event: dict[str, Any]) -> None:
        """Errors of scripts, and what the page's policy refused."""
        values = event.get("params", {})
        if event.get("method") == "Runtime.exceptionThrown":
            self.problems.append(values["exceptionDetails"]["exception"].get("description", "exception"))
        elif event.get("method") == "Log.entryAdded":
            self.problems.append(values["entry"]["text"])

    def show(self, page: Path, *, width: int = 1280, height: int = 900, script: bool = True) -> None:
        """Load a file, in a window of this size."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )
        self.call("Emulation.setScriptExecutionDisabled", value=not script)
        self.problems.clear()
        assert "errorText" not in self.call("Page.navigate", url=page.as_uri())
        end = time.monotonic() + SECONDS
        while self("document.readyState + location.href") != f"complete{page.as_uri()}":
            assert time.monotonic() < end, "the page was not loaded"
            time.sleep(0.01)

    def __call__(self, expression: str) -> Any:
        """The value of an expression of JavaScript; a promise is waited for."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    def press(self, key: str) -> None:
        """A key, down and up."""
        code = KEYS[key]
        text = {"Enter": "\r"}.get(key, "")
        for kind in ("keyDown", "keyUp"):
            self.call(
                "Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, text=text
            )

    def click(self, selector: str) -> None:
        """The left button, in the middle of the first element that fits."""
        self(f"document.querySelector({selector!r}).scrollIntoView({{block: 'center', behavior: 'instant'}})")
        box = self(
            f"(() => {{ const b = document.querySelector({selector!r}).getBoundingClientRect();"
            " return [b.x + b.width / 2, b.y + b.height / 2]; })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=box[0], y=box[1], button="left", clickCount=1)

    def picture(self, *, whole: bool = False) -> bytes:
        """A screenshot as PNG."""
        shot = self.call("Page.captureScreenshot", captureBeyondViewport=whole)
        return base64.b64decode(shot["data"])

    def printed(self) -> bytes:
        """The page as PDF, A4."""
        pdf = self.call("Page.printToPDF", paperWidth=8.27, paperHeight=11.69, preferCSSPageSize=True)
        return base64.b64decode(pdf["data"])


@contextmanager
def browser(profile: Path) -> Iterator[Browser]:
    """A browser of its own, which ends with the block."""
    assert CHROMIUM
    from_us, requests = os.pipe()
    replies, to_us = os.pipe()

    def connect() -> None:  # Chromium reads 3 and writes 4
        high = os.dup(from_us), os.dup(to_us)
        spare = [os.dup2(fd, 100 + at) for at, fd in enumerate(high)]
        os.dup2(spare[0], 3)
        os.dup2(spare[1], 4)

    arguments = (
        "headless", "remote-debugging-pipe", "no-sandbox", "disable-gpu", "no-first-run",
        "disable-background-networking", "disable-dev-shm-usage", f"user-data-dir={profile}",
    )  # fmt: skip
    process = subprocess.Popen(
        [CHROMIUM, *(f"--{argument}" for argument in arguments), "about:blank"],
        preexec_fn=connect,
        close_fds=False,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(from_us)
    os.close(to_us)
    try:
        yield Browser(requests, replies)
    finally:
        os.close(requests)
        os.close(replies)
        process.terminate()
        process.wait(20)
