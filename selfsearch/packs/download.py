"""Packs that InsightFace publishes, their terms, and downloading one: the only code that connects anywhere.

Nothing here runs unless the user asks for a pack by name and has accepted its terms. What was received
before an interruption is kept beside its place and continued (HTTP range requests, RFC 9110 section 14).
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import requests

from ..errors import PackError
from ..files import open_private, private_folder

PUBLISHED = ("buffalo_l", "buffalo_m", "buffalo_s", "buffalo_sc", "antelopev2", "raccoon_s", "raccoon_l")
TERMS = (
    "InsightFace pretrained models: for non-commercial research purposes only.\n"
    "They, and what is derived from them, may not be used commercially without\n"
    "a licence from InsightFace (https://github.com/deepinsight/insightface).\n"
    "selfsearch and its default models are free of this restriction.\n"
)
UNKNOWN_TERMS = "No licence came with this pack: ask whoever made it what you may do with it.\n"
MAX_BYTES = 2 << 30  # InsightFace's largest pack has 408 MB
BLOCK = 1 << 16  # bytes; what is in a block that breaks off is fetched again
TIMEOUTS = (15, 60)  # seconds: to connect; without a byte

Progress = Callable[[int, int], None]  # bytes that are there, bytes in all


def download_file(url: str, target: Path, progress: Progress) -> Path:
    """Fetch `url` to `target` (0600), going on where an earlier attempt stopped.

    Raises PackError, saying what to do.
    """
    private_folder(target.parent)
    part = target.with_name(f"{target.name}.part")
    try:
        _request(url, part, progress)
    except requests.RequestException as exc:
        raise PackError(_unreachable(url, part, target.name)) from exc
    os.replace(part, target)
    return target


def _request(url: str, part: Path, progress: Progress) -> None:
    have = part.stat().st_size if part.exists() else 0
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
    with requests.get(url, stream=True, timeout=TIMEOUTS, headers=headers) as response:
        if response.status_code == 416 and _total(response) == have:
            return  # it was whole already
        if response.status_code in (416, 206) and _start(response) != have:
            part.unlink(missing_ok=True)
            raise PackError(
                f"what was fetched before does not belong to {url} any more; try again from the start"
            )
        if response.status_code not in (200, 206):
            raise PackError(_refused(url, response.status_code))
        have = have if response.status_code == 206 else 0
        _receive(response, part, have, progress)


def _receive(response: requests.Response, part: Path, have: int, progress: Progress) -> None:
    """Write the partial file from byte `have` on. Raises PackError when the size is not the declared one."""
    total = _total(response)
    if total > MAX_BYTES:
        raise PackError(
            f"the server offers {total >> 20} MB; no model pack is that large, so nothing was fetched"
        )
    with open(part, "r+b" if have else "wb", opener=open_private) as file:
        file.truncate(have)
        file.seek(have)
        for block in response.iter_content(BLOCK):
            have += len(block)
            if have > (total or MAX_BYTES):
                raise PackError("the server sent more than it had announced; try again later")
            file.write(block)
            progress(have, total)
        file.flush()
        os.fsync(file.fileno())
    if total and have != total:
        raise PackError(f"only {have:,} of {total:,} bytes came; the same command goes on from there")


def _total(response: requests.Response) -> int:
    """Bytes of the whole file; 0 when the server does not say."""
    ranged = re.fullmatch(r"bytes (?:\d+-\d+|\*)/(\d+)", response.headers.get("Content-Range", ""))
    text = ranged[1] if ranged else response.headers.get("Content-Length", "0")
    return int(text) if text.isdecimal() else 0


def _start(response: requests.Response) -> int:
    """From which byte on the server sends; -1 when it does not say."""
    ranged = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
    return int(ranged[1]) if ranged else -1


def _unreachable(url: str, part: Path, file: str) -> str:
    have = part.stat().st_size if part.exists() else 0
    so_far = f" ({have >> 20:,} MB are here; the same command goes on from there)" if have else ""
    return (
        f"{url} cannot be reached from here{so_far}. Without a network: fetch {url} on another machine or"
        f" with a browser, bring it here and run: selfsearch models add {file}"
    )


def _refused(url: str, status: int) -> str:
    why = "is not there any more" if status in (404, 410) else f"was refused by its server (HTTP {status})"
    return f"{url} {why}. A copy from elsewhere can be added as a file: selfsearch models add FILE.zip"
