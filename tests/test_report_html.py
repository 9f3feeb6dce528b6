"""The HTML report: one file, safe with hostile text, complete without its script."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser
from importlib import resources
from typing import Any

import pytest

from selfsearch.consent.grants import ConsentStatus
from selfsearch.library.ledger import LedgerEntry
from selfsearch.report import html
from selfsearch.report.consent_records import ConsentRecord
from selfsearch.report.differences import Difference
from selfsearch.report.html import consent_to_html, differences_to_html, faces_to_html, to_html
from selfsearch.report.page_check import is_own_page
from selfsearch.types import Answer

from .report_samples import (
    HOSTILE,
    TIKTOK,
    WHATSAPP,
    answer,
    appearance,
    hostile,
    pictured,
    provenance,
    realistic,
    seen,
)

PLAIN = provenance("folder")
VOID = {"meta", "img", "input"}


class Page(HTMLParser):
    """What a browser would see: elements with their attributes, and the text outside of style and script."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.source = source
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.raw: dict[str, str] = {}
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {key: value or "" for key, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("style", "script"):
            self.raw[self.open[-1]] = self.raw.get(self.open[-1], "") + data
        else:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())

    def all(self, tag: str, **wanted: str) -> list[dict[str, str]]:
        elements = [attributes for name, attributes in self.elements if name == tag]
        return [
            a
            for a in elements
            if all(a.get(key.rstrip("_").replace("_", "-")) == w for key, w in wanted.items())
        ]


def page(result: Answer) -> Page:
    return Page(to_html(result, lambda appearance: pictured(appearance.rank)))


@pytest.fixture(scope="module")
def report() -> Page:
    return page(realistic())


def test_every_element_is_closed_and_every_id_is_there_once(report):
    assert report.open == []
    ids = [attributes["id"] for _, attributes in report.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    for _, attributes in report.elements:
        if attributes.get("href", "").startswith("#"):
            assert attributes["href"][1:] in ids


def test_the_policy_lets_only_this_style_and_this_script_run_and_loads_nothing(report):
    [policy] = [
        meta["content"] for meta in report.all("meta") if meta.get("http-equiv") == "Content-Security-Policy"
    ]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules == {
        "default-src": "'none'",
        "img-src": "data:",
        "style-src": f"'{_hash(report.raw['style'])}'",
        "script-src": f"'{_hash(report.raw['script'])}'",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    assert "unsafe" not in policy


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@pytest.mark.parametrize("result", [realistic(), hostile(), answer()], ids=["realistic", "hostile", "empty"])
def test_nothing_is_loaded_from_anywhere_and_no_text_becomes_an_element_or_a_handler(result):
    shown = page(result)
    for tag, attributes in shown.elements:
        assert not [key for key in attributes if key.startswith("on") or key in ("style", "srcdoc", "action")]
        assert attributes.get("src", "data:image/jpeg;base64,").startswith("data:image/jpeg;base64,")
        if attributes.get("href", "#")[0] != "#":
            assert tag == "a"
            assert attributes["href"].startswith(("https://", "http://"))
            assert attributes["rel"] == "noreferrer noopener"
    names = [tag for tag, _ in shown.elements]
    assert (names.count("script"), names.count("style"), names.count("link"), names.count("iframe")) == (
        1,
        1,
        0,
        0,
    )
    assert "url(" not in shown.raw["style"]
    assert "innerHTML" not in shown.raw["script"]


def test_nothing_but_our_own_style_and_script_is_exempt_from_escaping():
    templates = resources.files("selfsearch.report").joinpath("templates")
    sources = [file.read_text("utf-8") for file in templates.iterdir() if file.name.endswith(".html")]
    exempt = [match for source in sources for match in re.findall(r"{{[^}]*safe[^}]*}}", source)]
    assert exempt == ["{{ style|safe }}", "{{ script|safe }}"]
    assert not [source for source in sources if "autoescape" in source]


def test_hostile_text_is_shown_as_the_text_it_is():
    source = to_html(hostile(), lambda _: None)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2028\u2029\ud800-\udfff]", source)
    shown = Page(source)
    assert "<script>alert(1)</script>" in shown.text
    assert "javascript:alert(3)" in shown.text
    assert "(not a web address, so not linked)" in shown.text
    assert "${body} $body" in shown.text
    source.encode("utf-8")


def test_hostile_text_is_text_in_the_page_of_differences_and_in_the_consent_receipt():
    state = {"band": HOSTILE, "exposure": HOSTILE, "places": [HOSTILE]}
    entry = LedgerEntry(HOSTILE, HOSTILE, "source", HOSTILE, statement=HOSTILE, expires_at=HOSTILE)
    record = ConsentRecord("1", HOSTILE, 1, (entry,), (ConsentStatus("live", entry, None),))
    changes = [
        Difference(HOSTILE, kind, 1, HOSTILE, state, state, HOSTILE) for kind in ("new", "gone", "moved")
    ]
    for source, scripts in ((differences_to_html(changes), 1), (consent_to_html(record), 0)):
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2028\u2029\ud800-\udfff]", source)
        shown = Page(source)
        names = [tag for tag, _ in shown.elements]
        assert (names.count("script"), names.count("img")) == (scripts, 0)
        assert "<script>alert(1)</script>" in shown.text
        assert shown.open == []


def test_it_warns_that_it_is_private_and_says_for_whom_and_when_it_was_made(report):
    assert "Contains photographs and biometric comparison results: keep private." in report.text
    assert "22 November 2026, 01:26 UTC" in report.text
    assert "Ana" in page(replace(realistic(), person="Ana Example")).text
    assert report.all("meta", name="robots", content="noindex, nofollow, noarchive")


def test_the_answer_stands_at_the_top_in_words(report):
    assert "You are in 1 public photograph and 1 public video" in report.text
    assert "Almost certainly you" in report.text
    assert "Possibly you; check it yourself" in report.text
    assert "fewer than 1 in 2,000 libraries like this would have a false match this strong" in report.text


def test_every_appearance_has_its_face_with_a_box_or_says_why_not(report):
    assert len(report.all("li", class_="tile")) == len(report.all("article", class_="card")) == 8
    assert (
        len(report.all("img")) == len({image["src"] for image in report.all("img")}) == 7
    )  # each picture once
    assert len(report.all("rect", class_="box")) == 7
    assert "The picture could not be opened any more." in report.text
    assert all(image["alt"] and image["width"] and image["height"] for image in report.all("img"))


def test_the_box_is_drawn_where_the_face_is(report):
    [first] = list(report.all("rect", class_="box"))[:1]
    picture = pictured(1)
    assert float(first["x"]) == pytest.approx(picture.box[0] * picture.width, rel=1e-3)
    assert float(first["height"]) == pytest.approx(picture.box[3] * picture.height, rel=1e-3)


def test_every_place_is_listed_with_its_evidence(report):
    text = report.text
    for sentence in (
        "TikTok: Who can view = Everyone",
        "The same picture in 2 other places",
        "/home/ana/exports/Pictures/Camera/2021/06/IMG_2231.jpg (gone since)",
        "Everyone (said of this very item)",
        "14 March 2022, 18:30, time zone not given (from Date)",
        "link to the profile only; the export has none to the post",
        "Tia Rosa (not the owner of this export)",
        "Ana Example, Rui and Łucja",
        "38.7979, -9.3906 (exif)",
        "In the video from 0:12 to 0:17, best at 0:14",
    ):
        assert sentence in text


def test_every_value_can_be_filtered_by(report):
    labels = {option["data-label"] for option in report.all("option") if "data-label" in option}
    assert labels >= {
        "Public", "Friends or group", "Not known", "Private",
        "almost certainly you", "probably you", "possibly you; check it yourself",
        "TikTok", "Instagram", "Facebook", "WhatsApp", "Google Photos", "Files and folders",
        "ana.moves (TikTok)", "ana.lisbon (Instagram)", "Ana Example (Facebook)",
        "ana@example.org (Google Photos)",
        "post", "story", "album", "message", "not given",
        "2013", "2019", "2020", "2021", "2022",
        "Erasmus 2013", "Instagram Photos", "Trip to Lisbon",
    }  # fmt: skip
    keys = {select["data-filter"] for select in report.all("select") if "data-filter" in select}
    assert keys == {"exposure", "band", "platform", "account", "context", "year", "album"}


def test_every_place_carries_a_number_of_a_filter_that_exists(report):
    places = [attributes for _, attributes in report.elements if attributes.get("class") == "place"]
    assert len(places) == 10
    numbers = {option.get("value") for option in report.all("option")}
    for place in places:
        assert {
            place[f"data-{key}"] for key in ("exposure", "platform", "account", "context", "year", "album")
        } <= numbers


def test_what_the_script_looks_for_is_in_the_page(report):
    ids = {attributes.get("id") for _, attributes in report.elements}
    assert set(re.findall(r'byId\("(\w+)"\)', report.raw["script"])) <= ids


def test_without_the_script_everything_can_be_opened_and_no_dead_control_is_shown(report):
    tiles = [
        tile.split("</li>")[0] for tile in to_html(realistic(), lambda _: None).split('<li class="tile"')[1:]
    ]
    assert all(tile.count("<details>\n<summary>") == 1 for tile in tiles)
    assert not [details for details in report.all("details") if "hidden" in details]
    [form] = report.all("form")
    [theme] = report.all("button", id="theme")
    [viewer] = report.all("dialog")
    assert "hidden" in form
    assert "hidden" in theme
    assert "open" not in viewer


def test_controls_and_tables_have_names(report):
    labels = len(report.all("label"))
    fields = [f for f in report.all("input") if f["type"] != "checkbox"] + report.all("select")
    assert labels == len(fields)
    assert all(box["aria-label"] for box in report.all("input", type="checkbox"))
    assert [tag for tag, _ in report.elements if re.fullmatch("h[1-6]", tag)].count("h1") == 1


def test_what_was_not_looked_at_and_what_nobody_can_tell_is_said(report):
    for sentence in (
        "Not searched: 22 files and 2 posts.",
        "22 files could not be searched for faces:",
        "2 files locked with a password",
        "2 posts of which the export has only a link.",
        "TikTok's export has links, not media",
        "Not in an export is not the same as not on the web.",
        "Faces of children were not measured",
        "is not proof of absence",
    ):
        assert sentence in report.text


def test_advice_stands_for_every_platform_found_or_linked_to_and_for_the_web(report):
    for sentence in (
        "Instagram",
        "TikTok",
        "LinkedIn",
        "Face search engines and the rest of the web",
        "As of 2026-11.",
    ):
        assert sentence in report.text
    assert "Snapchat" not in report.text


def test_no_appearance_says_what_that_means_and_what_not():
    shown = page(answer(not_looked_at={"unreadable": 3}))
    assert (
        "You were not found among 1,404 faces in 812 files from 2 sources. "
        "Not looked at: 3 more files." in (shown.text)
    )
    assert "That speaks for these files and for nothing else" in shown.text
    assert "3 files damaged or not permitted to be read" in shown.text
    assert not shown.all("form")


def test_an_answer_without_calibration_claims_nothing():
    shown = page(answer(appearance(1, seen(1, "a.jpg", TIKTOK), expected=None), calibrated=False, bands={}))
    assert "Not rated: this model has no calibration" in shown.text
    assert "certainly" not in shown.text
    assert "What the words and scores mean" not in shown.text


def test_two_thousand_appearances_make_one_page_that_is_shown_sixty_at_a_time():
    many = answer(*(appearance(rank, seen(1, f"{rank}.jpg", TIKTOK)) for rank in range(1, 2001)))
    source = to_html(many, lambda _: None)
    assert source.count('<article class="card"') == 2000
    assert len(source) < 8_000_000
    assert "content-visibility: auto" in source
    shown = Page(source)
    assert len(shown.all("details", class_="more")) == 33
    assert "Show 61 to 120 of 2,000" in shown.text
    assert "Show 1981 to 2000 of 2,000" in shown.text
    sixty = Page(to_html(answer(*many.appearances[:60]), lambda _: None))
    assert not sixty.all("details", class_="more")


# ---- the gallery ----


def tile(shown: Page, rank: int) -> str:
    """The words of one tile, without its card."""
    source = shown.source.split(f'<li class="tile" id="a{rank}"')[1].split("</summary>")[0]
    return Page("<li" + source + "</summary></details></li>").text


def test_the_pictures_come_before_what_is_folded(report):
    order = [
        report.source.index(mark)
        for mark in ("<h1>", 'class="counts"', 'class="caveat"', 'id="controls"', 'class="tile"')
    ]
    folds = [report.source.index(f'<details class="fold" id="{part}"') for part in (
        "links", "advice", "words", "missed", "bands", "limits", "about",
    )]  # fmt: skip
    assert order == sorted(order)
    assert folds == sorted(folds)
    assert folds[0] > report.source.rindex('class="tile"')
    assert "Only what was indexed was searched, and a match is no proof. What this cannot tell" in report.text


def test_a_tile_says_number_how_sure_where_when_and_who_could_see_it(report):
    assert tile(report, 1).startswith("1 video Almost certainly you TikTok post 2022-03-14 Public")
    assert "+ 2 other places" in tile(report, 2)
    assert "no date" in tile(page(answer(appearance(1, seen(1, "a.jpg", PLAIN)))), 1)
    dated_elsewhere = appearance(1, seen(1, "a.jpg", PLAIN), seen(2, "b.jpg", TIKTOK))
    assert "2022-03-14" in tile(page(answer(dated_elsewhere)), 1)
    assert "https://www.tiktok.com/@ana.moves/video/7071234567890123456" in tile(report, 1)  # for paper
    assert "53012345.jpg" in tile(report, 3)


def test_tiles_stand_under_who_could_see_them_in_the_order_of_their_numbers():
    listed = [
        appearance(1, seen(1, "a.jpg", TIKTOK)),
        appearance(2, seen(1, "b.jpg", TIKTOK)),
        appearance(3, seen(1, "c.jpg", WHATSAPP)),
    ]
    shown = page(answer(*listed))
    assert [item["id"] for item in shown.all("li", class_="tile")] == ["a1", "a2", "a3"]
    assert [section["id"] for section in shown.all("section", class_="group")] == ["public", "private"]
    assert "Anyone could see it 2 " in shown.text


def test_what_has_no_date_stands_apart_when_dates_were_asked_for():
    listed = [appearance(1, seen(1, "a.jpg", TIKTOK)), appearance(2, seen(1, "b.jpg", PLAIN))]
    by_date = page(answer(*listed, is_by_date=True))
    assert [section["id"] for section in by_date.all("section", class_="group")] == ["public", "undated"]
    assert "Without a date 1 Nothing says when these were posted or taken" in by_date.text
    usual = page(answer(*listed))
    assert [section["id"] for section in usual.all("section", class_="group")] == ["public", "unknown"]


def test_what_is_found_and_not_listed_is_counted_and_said():
    found = tuple(appearance(0, seen(1, f"{n}.jpg", TIKTOK), sha256=f"{n:064x}") for n in range(1, 9))
    shown = page(answer(found=found, left_out={"dates": 5, "undated": 3}))
    assert "in 8 public photographs" in shown.text
    assert "8 Anyone could see it" in shown.text
    assert "None of them is listed: 5 outside these dates, 3 without a date." in shown.text
    assert not shown.all("a", href="#public")
    first = replace(found[0], rank=1)
    one = page(answer(found=found, appearances=(first,), left_out={"limit": 7}, rejected=2))
    assert "7 more beyond the limit. Left out: 2 appearances that you marked as not you." in one.text
    assert "Anyone could see it 1 of 8 " in one.text


def test_a_card_names_the_command_that_says_it_is_somebody_else(report):
    assert "Not you? Say so: selfsearch verdict q00001 not-me" in report.text
    confirmed = page(answer(appearance(1, seen(1, "a.jpg", TIKTOK), verdict="me")))
    assert tile(confirmed, 1).endswith(
        "confirmed https://www.tiktok.com/@ana.moves/video/7071234567890123456"
    )
    assert "selfsearch verdict q00001 unset" in confirmed.text
    assert "confirmed" not in tile(report, 1)


def test_a_tile_shows_the_face_large_wherever_it_is_in_the_picture(report):
    [third] = [
        attributes for attributes in report.all("span", class_="picture") if attributes.get("data-y") == "0"
    ]
    assert third["data-x"] == "2"  # at the upper edge of the group
    assert f"scale: {html.ENLARGED}" in report.raw["style"]
    filled = replace(pictured(1), box=(0.0, 0.0, 0.3, 0.46))
    whole = Page(to_html(answer(appearance(1, seen(1, "a.jpg", TIKTOK))), lambda _: filled))
    assert "data-x" not in whole.all("span", class_="picture")[0]


# ---- other pages ----


def test_the_faces_to_choose_from_are_numbered_pictures_with_what_is_said_of_them():
    shown = Page(
        faces_to_html("IMG_1.jpg shows 2 faces", [(pictured(1), "on the left"), (pictured(3), HOSTILE)])
    )
    assert shown.open == []
    assert len(shown.all("img")) == len(shown.all("rect", class_="box")) == 2
    assert "IMG_1.jpg shows 2 faces" in shown.text
    assert "1 on the left" in shown.text
    assert "2 </blockquote><script>alert(1)</script>" in shown.text
    assert len(shown.all("script")) == 1
    assert is_own_page(shown.source)


def test_a_tile_of_a_difference_counts_the_places_that_its_card_names():
    def state(*places: str, audience: str = "private") -> dict[str, Any]:
        return {"band": "strong", "exposure": audience, "audience": audience, "places": list(places)}

    def brief(before: dict[str, Any], after: dict[str, Any], kind: str = "moved") -> str:
        return Difference("me", kind, 1, "2026-03-01", before, after, None, None).brief

    assert brief(state("/a"), state("/a", "/b")) == "the same picture is in 1 more place now"
    assert brief(state("/a", "/b", "/c"), state("/a")) == "no longer in 2 places"
    assert brief(state("/a"), state("/b")) == "the same picture is elsewhere now"
    assert brief(state("/a", "/b"), state("/b", "/c", "/d")) == (
        "the same picture is in 2 more places now; no longer in 1 place"
    )
    assert brief(state("/a"), state("/a", "/b", audience="public"), "exposure") == (
        "now anyone can see it; before, only the account's owner, or the people in a message, could"
    )


def test_the_page_of_differences_has_the_same_tiles_numbered_by_weight():
    state = {"band": "strong", "exposure": "public", "places": ["/a/b.jpg"]}
    gone = Difference("me", "gone", 1, "2026-03-01T10:00:00", state, None, "the file is gone", pictured(1))
    new = Difference("me", "new", 2, "2026-03-02T10:00:00", None, state, None, None)
    shown = Page(differences_to_html([gone, new]))
    assert [item["id"] for item in shown.all("li", class_="tile")] == ["a1", "a2"]
    assert tile(shown, 1).startswith(
        "There is no picture of it any more. 1 me almost certainly you; anyone can see it"
    )
    assert "the file is gone 2026-03-01" in tile(shown, 2)
    assert shown.open == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("level", ["public", "network", "unknown", "private"])
def test_colours_of_every_audience_can_be_read(theme, level):
    colours = _colours(theme)
    assert _contrast(colours[level], colours[f"{level}-soft"]) >= 4.5
    assert _contrast(colours["ink"], colours[f"{level}-soft"]) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_texts_and_links_can_be_read(theme):
    colours = _colours(theme)
    for ground in ("paper", "sheet"):
        for ink in ("ink", "soft", "accent"):
            assert _contrast(colours[ink], colours[ground]) >= 4.5
    assert _contrast(colours["warn-ink"], colours["warn"]) >= 4.5


def _colours(theme: str) -> dict[str, str]:
    css = resources.files("selfsearch.report").joinpath("templates").joinpath("report.css").read_text("utf-8")
    start = {"light": ":root {", "dark": '[data-theme="dark"] {'}[theme]
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", css.split(start, 1)[1].split("}", 1)[0]))


def _contrast(first: str, second: str) -> float:
    """WCAG 2: the ratio of relative luminances."""
    bright, dark = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
