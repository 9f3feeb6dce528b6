"""HTML as text, in time that grows with its length and no faster, whatever somebody wrote into it."""

from __future__ import annotations

import html
import re

_BREAKS = frozenset(("br", "p", "div", "li", "tr", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6"))
# No alternative looks past the next "<" but those that end at what they look for, or at the end of the text.
_TAG = re.compile(
    r"<!--.*?(?:-->|\Z)"
    r"|<(?P<silent>script|style)\b[^<>]*>.*?(?:</(?P=silent)[^<>]*>|\Z)"
    r"|</?(?P<name>[a-z][a-z0-9]*)\b[^<>]*>",
    re.IGNORECASE | re.DOTALL,
)


def plain(text: str | None) -> str | None:
    """What a reader of the page would see. Text without tags or entities comes back as it is."""
    if not text or not any(sign in text for sign in "<&"):
        return text or None
    shown = html.unescape(_TAG.sub(_between, text))
    lines = (" ".join(line.split()) for line in shown.splitlines())
    return "\n".join(line for line in lines if line) or None


def _between(tag: re.Match[str]) -> str:
    return "\n" if (tag["name"] or "").lower() in _BREAKS else ""
