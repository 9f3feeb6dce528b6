"""HTML that cannot be broken by what it shows: children and attributes are escaped unless they are Markup."""

from __future__ import annotations

import base64
import hashlib
import html
from functools import lru_cache
from importlib import resources
from string import Template

from .text import plain, web

VOID = ("img", "input")  # those that we use; SVG has none in HTML

Attribute = str | int | float | bool | None


class Markup(str):
    """Text that is HTML. Made only by the functions of this module."""

    __slots__ = ()


def escape(text: str) -> Markup:
    """Text as HTML, without invisible characters."""
    return text if isinstance(text, Markup) else Markup(html.escape(plain(text), quote=True))


def element(name: str, *children: str | None, **attributes: Attribute) -> Markup:
    """One element. `class_` means class, `data_kind` data-kind; None and False leave it out."""
    said = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in VOID:
        return Markup(f"<{name}{said}>")
    inner = "".join(escape(child) for child in children if child is not None)
    return Markup(f"<{name}{said}>{inner}</{name}>")


def joined(*parts: str | None) -> Markup:
    """Several pieces one after the other."""
    return Markup("".join(escape(part) for part in parts if part is not None))


def link(url: str | None, text: str, **attributes: Attribute) -> Markup | None:
    """A link if the address is one that a browser may open; else the address as text, for what it tells."""
    if not url:
        return None
    safe = web(url)
    if safe is None:
        return element("span", f"{url} (not a web address, so not linked)", class_="unlinked")
    return element("a", text, href=safe, rel="noreferrer noopener", target="_blank", **attributes)


def jpeg(data: bytes) -> Markup:
    """A picture as an address that holds it."""
    return Markup("data:image/jpeg;base64," + base64.b64encode(data).decode("ascii"))


def page(title: str, body: Markup) -> str:
    """The whole document. Style and script are the only ones that its content security policy lets run."""
    style, script = _asset("report.css"), _asset("report.js")
    return Template(_asset("report.html")).substitute(
        title=escape(title),
        style=style,
        script=script,
        body=body,
        style_hash=_hash(style),
        script_hash=_hash(script),
    )


def _attribute(key: str, value: Attribute) -> str:
    name = key.rstrip("_").replace("_", "-") if key != "viewBox" else key
    if value is None or value is False:
        return ""
    if value is True:
        return f" {name}"
    return f' {name}="{escape(value if isinstance(value, str) else f"{value:g}")}"'


@lru_cache
def _asset(name: str) -> str:
    """A file of page/, with newlines as a browser normalises them: the hash is taken over that."""
    text = resources.files(__package__).joinpath("page").joinpath(name).read_text("utf-8")
    return text.replace("\r\n", "\n")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
