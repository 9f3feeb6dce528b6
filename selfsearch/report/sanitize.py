"""Text that others wrote (captions, names, links), made safe to show: no cursor moves, nothing hides.

It is still text: a page escapes it, a table guards it against formulas, a terminal prints it.
"""

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
_SIGNS = (
    "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f"
)
_HIDDEN = re.compile(f"[{_SIGNS}]")
_BREAKS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_LINE = re.compile(f"[{_SIGNS}\t\n\r\x0b\x0c\x85\u2028\u2029]")
_LINES = re.compile(f"[{_SIGNS}\x0b\x0c\x85\u2028\u2029]|\r(?!\n)")
REPLACEMENT = "\ufffd"


def plain(text: str) -> str:
    """The text without anything invisible; line breaks stay, as newlines."""
    if text.isascii() and text.isprintable():  # most texts, and every picture in a page
        return text
    return _HIDDEN.sub("", _BREAKS.sub("\n", _ESCAPES.sub("", text))).replace("\t", " ")


def line(text: str) -> str:
    """The text on one line, runs of space folded."""
    return " ".join(plain(text).split())


def visible(text: str) -> str:
    """The text on one line, with nothing left out: what acts or hides becomes U+FFFD.

    For a path, and for a line on a terminal in which words of ours and of others stand side by side: there a
    sequence is not taken out whole, because one that does not end would take our words along.
    """
    return text if text.isprintable() else _LINE.sub(REPLACEMENT, text)


def visible_lines(text: str) -> str:
    """The same for a text of several lines: newlines (LF, CR LF) and tabs stay."""
    return text if text.isprintable() else _LINES.sub(REPLACEMENT, text)


def web(url: str | None) -> str | None:
    """The address if it is one that a browser may be sent to (http, https), else None."""
    if not url or _HIDDEN.search(url) or any(sign.isspace() for sign in url):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.netloc else None
