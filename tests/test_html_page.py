"""Web pages are read as a stream, by their structure, as far as they are whole."""

from __future__ import annotations

import html
import time
import tracemalloc
from typing import BinaryIO, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfsearch.containers.base import Member
from selfsearch.errors import ItemError
from selfsearch.exports import html_page
from selfsearch.exports.export import Export
from selfsearch.exports.html_page import CHUNK_BYTES, MAX_DEPTH, Element, HtmlPage
from selfsearch.types import Outcome

from .exports import Pack


def record(data: bytes | str) -> Export:
    pack = Pack("any")
    pack.add("a.html", data)
    return pack.as_export()


def read(data: bytes | str, tag: str = "article") -> tuple[list[Element], list[str]]:
    """The outermost elements with this tag, and what was noted."""
    export = record(data)
    elements = list(export.html("a.html", lambda name, attributes, level: name == tag))
    return elements, list(export.notes.values())


def parse_fragment(text: str) -> Element:
    """A piece of a page, as what it is inside another element."""
    return read(f"<article>{text}")[0][0]


def shape(element: Element) -> object:
    """Tags and texts as they are nested."""
    return [
        part if isinstance(part, str) else {part.tag: shape(part)}
        for part in element.children
        if not isinstance(part, str) or part.strip()
    ]


def test_the_outermost_wanted_elements_come_one_by_one() -> None:
    page = (
        "<!DOCTYPE html><html><body><article id=1>a<article>b</article></article>x"
        "<article id='2'>c</article></body></html>"
    )
    elements, notes = read(page)
    assert [element.attributes for element in elements] == [{"id": "1"}, {"id": "2"}]
    assert [element.lines for element in elements] == [["a", "b"], ["c"]]
    assert notes == []


def test_what_is_wanted_is_asked_with_the_levels_above() -> None:
    asked = []
    page = "<html><body><p>a<br>b<p class=x>c</body></html>"
    list(record(page).html("a.html", lambda *start: bool(asked.append(start))))
    assert asked == [("html", {}, 0), ("body", {}, 1), ("p", {}, 2), ("br", {}, 3), ("p", {"class": "x"}, 2)]


@pytest.mark.parametrize(
    ("page", "nested"),
    [
        ("<ul><li>a<li><ul><li>b</ul></ul>", [{"ul": [{"li": ["a"]}, {"li": [{"ul": [{"li": ["b"]}]}]}]}]),
        ("<p>a<p>b<div>c</div>", [{"p": ["a"]}, {"p": ["b"]}, {"div": ["c"]}]),
        (
            "<table><tr><td>a<td>b<tr><td>c<table><tr><td>d</table>e</table>",
            [
                {
                    "table": [
                        {"tr": [{"td": ["a"]}, {"td": ["b"]}]},
                        {"tr": [{"td": ["c", {"table": [{"tr": [{"td": ["d"]}]}]}, "e"]}]},
                    ]
                }
            ],
        ),
        ("<select><option>a<option>b</select>", [{"select": [{"option": ["a"]}, {"option": ["b"]}]}]),
        ("<dl><dt>a<dd>b<dt>c</dl>", [{"dl": [{"dt": ["a"]}, {"dd": ["b"]}, {"dt": ["c"]}]}]),
        ("<img src=a>b<br/>c<hr>", [{"img": []}, "b", {"br": []}, "c", {"hr": []}]),
        ("<div/>a</div>b", [{"div": ["a"]}, "b"]),
        ("a</b></div>b", ["ab"]),
        ("<i><div>a</i>b</div>c", [{"i": [{"div": ["ab"]}, "c"]}]),
        ("<div><table><td>a</div>b</table>c</div>d", [{"div": [{"table": [{"td": ["ab"]}]}, "c"]}, "d"]),
        ("<A HREF='x'>a</A>", [{"a": ["a"]}]),
        ("a<![CDATA[b]]>c<![foo[d]]>e<!-- f -->g<?h?>i", ["acegi"]),
        ("a &lt;b&gt; &#x41;&#66; &amp;amp; < c", ["a <b> AB &amp; < c"]),
        ("a<script>'<p>b'</script><style>c</style>d", ["ad"]),
        ("&#99999999999999999999999999999999999999;a", ["\ufffda"]),
    ],
)  # fmt: skip
def test_elements_are_nested_as_a_browser_would(page: str, nested: object) -> None:
    assert shape(parse_fragment(page)) == nested


def test_lines_are_those_that_a_reader_would_see() -> None:
    page = "<div>one\n  two<br>three <b>f</b>our<table><tr><td>a</td><td> b </td></tr></table></div>\nfive"
    assert parse_fragment(page).lines == ["one two", "three four", "a", "b", "five"]
    assert parse_fragment(page).text == "one two\nthree four\na\nb\nfive"


def test_links_and_elements_are_found_in_their_order() -> None:
    root = parse_fragment('<a href="1"><img src="2"></a><video src=3><source src="4"></video><a>x</a>')
    assert root.links == ["1", "2", "3", "4"]
    assert [element.tag for element in root.find_all("img", "a")] == ["a", "img", "a"]
    assert next(root.find_all("img")).links == ["2"]


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("<p>Ä 🎉</p>".encode(), "Ä 🎉"),
        (b"\xef\xbb\xbf" + "<p>Ä 🎉</p>".encode(), "Ä 🎉"),
        ("<p>Ä 🎉</p>".encode("utf-16"), "Ä 🎉"),
        (b'<meta charset="windows-1252"><p>\xc4 \x80</p>', "Ä €"),
        (b"<meta http-equiv=x content='text/html; charset=ISO-8859-1'><p>\xc4 \x80</p>", "Ä €"),
        (b"<meta charset=shift_jis>" + "<p>写真</p>".encode("shift_jis"), "写真"),
        (b"<meta charset=hex>" + "<p>Ä</p>".encode(), "Ä"),
        (b"<meta charset=utf-7><p>+AMQ-</p>", "+AMQ-"),
    ],
)
def test_the_page_says_how_it_is_encoded(data: bytes, text: str) -> None:
    ((element,), notes) = read(data, "p")
    assert (element.text, notes) == (text, [])


def test_damage_is_noted_and_the_rest_is_read() -> None:
    assert read("") == ([], ["is empty"])
    assert read("<html><article>a</article><article>b")[1] == [html_page.CUT]
    assert [element.text for element in read("<html><article>a</article><article>b")[0]] == ["a", "b"]
    assert read("<article>a</article><art")[1] == [html_page.CUT]
    assert read(b"<article>a\xff</article>")[1] == [html_page.BAD_BYTES]
    assert read("<article>a</article>")[1] == []


def test_a_page_that_cannot_be_read_to_its_end_is_read_as_far_as_it_goes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Broken:
        def __init__(self, *pieces: bytes) -> None:
            self.pieces = list(pieces)

        def read(self, _: int) -> bytes:
            if not self.pieces:
                raise ItemError(Outcome.UNREADABLE, "the archive is damaged here")
            return self.pieces.pop(0)

        def __enter__(self) -> Broken:
            return self

        def __exit__(self, *_: object) -> None:
            pass

    export = record("x")
    monkeypatch.setattr(Member, "open", lambda _: Broken(b"<article>a</article><article>"))
    assert [element.text for element in export.html("a.html", lambda tag, *_: tag == "article")] == ["a"]
    assert export.notes == {"a.html": "read as far as it goes: the archive is damaged here"}
    assert (export.used, export.unread) == ({"a.html"}, set())
    other = record("x")
    monkeypatch.setattr(Member, "open", lambda _: Broken())
    assert list(other.html("a.html", lambda *_: True)) == []
    assert other.unread == {"a.html"}


@given(st.binary(max_size=2000))
def test_no_bytes_make_it_raise(data: bytes) -> None:
    read(data, "p")
    parse_fragment(data.decode("latin-1")).text  # noqa: B018


MARKUP = st.sampled_from(
    ["<", ">", "</", "/>", "<p>", "</p>", "<div a='", "'", '"', "=", "<!--", "-->", "<script>", "</script",
     "<![", "]]>", "<table>", "<td>", "&", "&#", "9", ";", "&amp", "x", " ", "\0", "<a href=b>", "</a>",
     "<br/>", "<?"]
)  # fmt: skip


@given(st.lists(MARKUP, max_size=60).map("".join))
def test_no_markup_makes_it_raise(text: str) -> None:
    read(text, "p")
    parse_fragment(text).text  # noqa: B018


@given(
    st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffd"), min_size=1).filter(
        str.split
    ),
    st.integers(CHUNK_BYTES - 40, CHUNK_BYTES + 5),
)
def test_a_text_comes_out_as_it_was_put_in_wherever_the_page_is_divided(text: str, at: int) -> None:
    page = f"<html>{'x' * at}<article title='{html.escape(text)}'>{html.escape(text)}</article></html>"
    ((element,), notes) = read(page)
    shown = " ".join(text.split())
    assert (element.text, element.attributes["title"], notes) == (shown, text, [])


HOSTILE = {
    "nested": "<div>",
    "nested inline": "<a>",
    "paragraphs": "<p>",
    "cells": "<tr><td>",
    "tags that do not end": "<a ",
    "attributes": "<a b='",
    "equals": "<a =",
    "comments": "<!--",
    "declarations": "<!",
    "instructions": "<?",
    "scripts": "<script>",
    "signs": "<",
    "ampersands": "&",
    "numbers": "&#9",
    "digits": "9",
    "ends": "</b>",
    "crossed": "<b><div></b>",
    "closed across": "<p><table><b></p>",
}


@pytest.mark.parametrize("start", ["", "<a ", "<article>", "<script>", "<!--", "&#"])
def test_a_hostile_page_takes_time_by_its_length_alone(start: str) -> None:
    began = time.process_time()
    for unit in HOSTILE.values():
        read(start + unit * (100_000 // len(unit)))
    assert time.process_time() - began < 8  # minutes, if the time grew with the square


def test_deeply_nested_elements_are_read_without_the_levels_below() -> None:
    elements, notes = read("<div>" * 200_000 + "x" + "</div>" * 200_000 + "<article>a</article>")
    assert [element.text for element in elements] == ["a"]
    assert notes == [html_page.TOO_DEEP]


class Endless:
    """A page of `size` bytes that nobody has to hold."""

    def __init__(self, size: int, start: bytes, unit: bytes) -> None:
        self.left, self.start, self.unit = size, start, unit

    def read(self, size: int) -> bytes:
        data, self.start = (self.start + self.unit * (size // len(self.unit)))[: min(size, self.left)], b""
        self.left -= len(data)
        return data


@pytest.mark.parametrize(
    ("start", "unit"),
    [
        (b"", b"<article><p>Ana</p><a href='a.jpg'>b</a></article>"),
        (b"<article>", b"<p>Ana</p><a href='a.jpg'>b</a>"),
        (b"<article a='", b"x"),
        (b"<article>", b"x"),
        (b"<article><script>", b"x = '<p>' ;"),
        (b"<!--", b"<p>"),
    ],
)
def test_a_page_of_any_size_takes_no_memory(start: bytes, unit: bytes) -> None:
    tracemalloc.start()
    try:
        page = HtmlPage(cast(BinaryIO, Endless(1 << 19, start, unit)))
        for _ in page.elements(lambda tag, *_: tag == "article"):
            pass
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


def test_an_element_keeps_what_may_be_kept_of_it() -> None:
    ((element,), notes) = read("<article>" + "<b>x</b>" * 100_000 + "</article><p>")
    assert 1000 < len(element.children) <= html_page.MAX_ELEMENT / html_page.NODE_COST
    assert notes == [html_page.TOO_LARGE]
    ((element,), notes) = read("<article>" + "x" * 100_000 + "<b>y</b></article>")
    assert (len(element.children[0]), notes) == (html_page.MAX_TEXT, [])  # type: ignore[arg-type]
    assert next(element.find_all("b")).text == "y"


def test_a_tag_that_is_too_long_is_passed_over_and_the_next_is_read() -> None:
    page = f"<html><article><img src='data:{'A' * 400_000}'>b<!--{'c>' * 200_000}-->d</article></html>"
    ((element,), notes) = read(page)
    assert (element.text, notes) == ("bd", [html_page.LONG_TAG])


def test_levels_below_the_deepest_do_not_close_those_above() -> None:
    deep = "<div>" * (MAX_DEPTH + 5) + "x" + "</div>" * (MAX_DEPTH + 5)
    ((element,), _) = read(f"<article>{deep}<p>y</p></article>")
    assert element.lines == ["x", "y"]
