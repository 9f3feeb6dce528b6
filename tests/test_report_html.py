"""The HTML report: one file, safe with hostile text, complete without its script."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser
from importlib import resources

import pytest

from selfsearch.consent.grants import ConsentStatus
from selfsearch.library.ledger import LedgerEntry
from selfsearch.report.consent_records import ConsentRecord
from selfsearch.report.differences import Difference
from selfsearch.report.html import consent_to_html, differences_to_html, to_html
from selfsearch.types import Answer

from .report_samples import HOSTILE, TIKTOK, answer, appearance, hostile, pictured, realistic, seen

VOID = {"meta", "img", "input"}


class Page(HTMLParser):
    """What a browser would see: elements with their attributes, and the text outside of style and script."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
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
    assert "A face search engine would find you in 1 public photograph and 1 public video" in report.text
    assert "Almost certainly you" in report.text
    assert "Possibly you; check it yourself" in report.text
    assert "fewer than 1 in 2,000 libraries like this would have a false match this strong" in report.text


def test_every_appearance_has_its_face_with_a_box_or_says_why_not(report):
    assert len(report.all("article", class_="card")) == 8
    assert len(report.all("img")) == 7
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


def test_without_the_script_everything_is_open_and_no_dead_control_is_shown(report):
    assert all("open" in details for details in report.all("details"))
    [form] = report.all("form")
    [theme] = report.all("button", id="theme")
    assert "hidden" in form
    assert "hidden" in theme


def test_controls_and_tables_have_names(report):
    labels = len(report.all("label"))
    fields = [f for f in report.all("input") if f["type"] != "checkbox"] + report.all("select")
    assert labels == len(fields)
    assert all(box["aria-label"] for box in report.all("input", type="checkbox"))
    assert [tag for tag, _ in report.elements if re.fullmatch("h[1-6]", tag)].count("h1") == 1


def test_what_was_not_looked_at_and_what_nobody_can_tell_is_said(report):
    for sentence in (
        "22 files could not be searched for faces:",
        "2 files locked with a password",
        "2 posts of which the export has only a link.",
        "TikTok's export has links, not media",
        "Not in an export is not the same as not on the web.",
        "Children, siblings and twins are hard.",
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
    assert "You were not found in what was searched." in shown.text
    assert "That speaks for these files and for nothing else" in shown.text
    assert "3 files damaged or not permitted to be read" in shown.text
    assert not shown.all("form")


def test_an_answer_without_calibration_claims_nothing():
    shown = page(answer(appearance(1, seen(1, "a.jpg", TIKTOK), expected=None), calibrated=False, bands={}))
    assert "Not rated: this model has no calibration" in shown.text
    assert "certainly" not in shown.text
    assert "What the words and scores mean" not in shown.text


def test_two_thousand_appearances_make_one_page_that_the_browser_renders_as_it_scrolls():
    many = answer(*(appearance(rank, seen(1, f"{rank}.jpg", TIKTOK)) for rank in range(1, 2001)))
    source = to_html(many, lambda _: None)
    assert source.count('<article class="card"') == 2000
    assert len(source) < 8_000_000
    assert "content-visibility: auto" in source


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
