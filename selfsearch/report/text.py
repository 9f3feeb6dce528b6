"""Text that others wrote (captions, names, links), made safe to show: no cursor moves, nothing hides."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

# Terminal sequences go as a whole, so that nothing of "ESC[31m" is left standing.
_ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # colours, cursor
    r"|(?:\x1b[\]PX^_]|[\x90\x9d])[^\x07\x1b\x9c]*(?:\x07|\x9c|\x1b\\)?"  # titles, links
    r"|\x1b.?"
)
# Control characters, lone surrogates, and those format characters that reorder or hide text. The joiners that
# emoji and some scripts need (U+200C, U+200D) stay.
_HIDDEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
_BREAKS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")


def plain(text: str) -> str:
    """The text without anything invisible; line breaks stay, as newlines."""
    return _HIDDEN.sub("", _BREAKS.sub("\n", _ESCAPES.sub("", text))).replace("\t", " ")


def line(text: str) -> str:
    """The text on one line, runs of space folded."""
    return " ".join(plain(text).split())


def path(text: str) -> str:
    """A path on one line. What cannot be shown becomes U+FFFD: nothing that belongs to a path is left out."""
    return _HIDDEN.sub("\ufffd", re.sub("[\t\n\r\x0b\x0c\x85\u2028\u2029]", "\ufffd", text))


def web(url: str | None) -> str | None:
    """The address if it is one that a browser may be sent to (http, https), else None."""
    if not url or _HIDDEN.search(url) or any(sign.isspace() for sign in url):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.netloc else None


def cells(text: str) -> int:
    """How many columns of a terminal the text takes."""
    from rich.cells import cell_len

    return cell_len(text)


def fit(text: str, width: int) -> str:
    """The text, cut at its end to at most `width` columns."""
    if cells(text) <= width:
        return text
    return _head(text, width - 1) + "…" if width > 0 else ""


def fit_middle(text: str, width: int) -> str:
    """The text, cut in its middle to at most `width` columns: a path's begin and end both tell something."""
    if cells(text) <= width:
        return text
    if width <= 0:
        return ""
    tail = _tail(text, (width - 1) * 2 // 3)
    return _head(text, width - 1 - cells(tail)) + "…" + tail


def pad(text: str, width: int) -> str:
    """The text in exactly `width` columns."""
    text = fit(text, width)
    return text + " " * (width - cells(text))


def _head(text: str, width: int) -> str:
    """As much of the beginning as fits: measured whole, since some signs combine."""
    end = 0
    while end < len(text) and cells(text[: end + 1]) <= width:
        end += 1
    return text[:end]


def _tail(text: str, width: int) -> str:
    start = len(text)
    while start and cells(text[start - 1 :]) <= width:
        start -= 1
    return text[start:]
