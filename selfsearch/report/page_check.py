"""Whether a page is one of our reports, and can send nothing by itself: asked before a browser is given it.

The page comes from a process that may have been taken over, and a browser has the network. So its head, with
the content security policy, and its script must be ours to the letter, and its body may hold nothing but the
elements and attributes that our templates use, written as they write them. Text that our templates put out
never holds a "<", so every "<" begins an element. What stays open is what a person clicks on: an address
in a link is the page's own.
"""

from __future__ import annotations

import re
from functools import lru_cache

from .html import frame

ELEMENTS = (
    "a|article|b|bdi|blockquote|button|code|dd|details|dialog|div|dl|dt|figcaption|figure|footer|form|h[1-5]|header"
    "|img|input|label|li|main|ol|option|p|q|rect|section|select|small|span|strong|summary|svg|table|tbody|td|th|thead"
    "|tr|ul"
)
ATTRIBUTES = (  # with any value
    "alt|aria-[a-z]+|autocomplete|class|data-[a-z_]+|decoding|dir|height|id|rel|role|scope|tabindex|target|type"
    "|value|viewBox|width|x|y"
)
SWITCHES = "hidden|open|selected"  # without one
VALUE = r'"[^"<>]*"'
ATTRIBUTE = (
    rf"(?:{ATTRIBUTES})={VALUE}|(?:{SWITCHES})"
    rf'|href="(?:https?://|#)[^"<>]*"|src="data:image/jpeg;base64,[A-Za-z0-9+/=]*"'
)
ELEMENT = re.compile(rf"(?:/(?:{ELEMENTS})|(?:{ELEMENTS})(?: (?:{ATTRIBUTE}))*/?)>")


def is_own_page(page: str) -> bool:
    """Whether it is what `to_html`, `differences_to_html` or `faces_to_html` makes, of whatever content."""
    before_title, before_body, end = _frame()
    title_end = page.find("</title>", len(before_title))
    start = title_end + len(before_body)
    if not (page.startswith(before_title) and page.startswith(before_body, title_end) and page.endswith(end)):
        return False
    if "<" in page[len(before_title) : title_end]:
        return False
    return all(map(ELEMENT.match, page[start : len(page) - len(end)].split("<")[1:]))


@lru_cache
def _frame() -> tuple[str, str, str]:
    """What stands before the title, between it and the body, and after the body."""
    before_title, _, rest = frame().partition("</title>")
    before_body, body, end = rest.partition("<body>\n")
    return before_title, f"</title>{before_body}{body}", end.lstrip("\n")
