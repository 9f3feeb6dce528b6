"""The report in a browser: what clicks, keys, filters and paper do. Skipped where there is no Chromium."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from selfsearch.report.differences import Difference
from selfsearch.report.html import differences_to_html, faces_to_html, to_html
from selfsearch.types import Answer, Exposure
from tests.browser import CHROMIUM, Browser, browser
from tests.conftest import Run
from tests.report_samples import (
    FOLDER,
    INSTAGRAM,
    TIKTOK,
    answer,
    appearance,
    changed,
    hostile,
    pictured,
    realistic,
    seen,
)  # fmt: skip

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")

Show = Callable[..., Browser]


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("profile")) as running:
        yield running


@pytest.fixture
def show(started: Browser, tmp_path: Path) -> Iterator[Show]:
    """Shows an answer, or a page. At the end nothing may have failed in it or been refused by its policy."""

    def show(page: Answer | str, **window: object) -> Browser:
        file = tmp_path / "page.html"
        source = (
            page if isinstance(page, str) else to_html(page, lambda shown: pictured((shown.rank - 1) % 8 + 1))
        )
        file.write_text(source, "utf-8")
        started.show(file, **window)  # type: ignore[arg-type]
        return started

    yield show
    assert started.problems == []


def many(number: int) -> Answer:
    """Public ones of two platforms, and as many again by half of which nobody knows who could see them."""
    public = changed(INSTAGRAM, exposure=Exposure.PUBLIC)
    kinds = [TIKTOK, public, INSTAGRAM]
    return answer(
        *(
            appearance(rank, seen(1, f"{rank}.jpg", kinds[3 * (rank - 1) // number]), sha256=f"{rank:064x}")
            for rank in range(1, number + 1)
        )
    )


OPEN = "document.getElementById('viewer').open"
HEADING = "document.querySelector('#stage h4, #stage h3')?.textContent"
FOCUS = "document.activeElement.closest('.tile')?.id"
POSITION = "document.getElementById('position').firstChild.data"
STATUS = "document.getElementById('status').textContent"
SHOWN = (
    "Array.from(document.querySelectorAll('.tile')).filter((tile) => tile.checkVisibility()).map((t) => t.id)"
)
PICTURES = "document.querySelectorAll('.tile .frame img').length"


def choose(page: Browser, selector: str, value: str) -> None:
    page(
        f"(() => {{ const node = document.querySelector({selector!r}); node.value = {value!r};"
        " node.dispatchEvent(new Event('input', {bubbles: true})); })()"
    )


def test_a_click_on_a_tile_opens_its_card_with_the_picture_and_esc_puts_both_back(show: Show) -> None:
    page = show(realistic())
    page.click("#a2 summary")
    assert page(OPEN)
    assert page(HEADING) == "2. Almost certainly you"
    assert page("document.querySelectorAll('#stage img').length") == 1
    assert page("getComputedStyle(document.querySelector('#stage svg')).display") != "none"
    assert "The same picture in 2 other places" in page("document.getElementById('stage').innerText")
    page.press("Escape")
    assert not page(OPEN)
    assert page(FOCUS) == "a2"
    assert page(PICTURES) == 7
    assert page("document.querySelector('#a2 .card') !== null")


def test_the_keyboard_opens_a_card_goes_on_and_back_and_returns_to_the_tile(show: Show) -> None:
    page = show(realistic())
    page("document.querySelector('#a1 summary').focus()")
    page.press("Enter")
    assert page(HEADING) == "1. Almost certainly you"
    assert page("document.getElementById('viewer').ariaLabel") == "1. Almost certainly you"
    assert page("document.activeElement.id") == "stage"  # the arrows up and down scroll it
    page.press("ArrowRight")
    page.press("ArrowRight")
    order = page(SHOWN)
    assert page(HEADING).startswith(f"{order[2][1:]}. ")
    assert page(POSITION) == "3 of 8"
    page.press("ArrowLeft")
    assert page(HEADING).startswith(f"{order[1][1:]}. ")
    page.press("Escape")
    assert page(FOCUS) == order[1]
    page.press("ArrowRight")
    assert page(FOCUS) == order[2]
    page.press("ArrowLeft")
    page.press("ArrowLeft")
    page.press("ArrowLeft")
    assert page(FOCUS) == order[-1]  # round again


def test_the_buttons_do_the_same_and_the_backdrop_closes(show: Show) -> None:
    page = show(realistic())
    page.click("#a1 summary")
    page.click("#next")
    assert page(POSITION) == "2 of 8"
    page.click("#previous")
    page.click("#close")
    assert (page(OPEN), page(FOCUS)) == (False, "a1")
    page.click("#a1 summary")
    for kind in ("mousePressed", "mouseReleased"):
        page.call("Input.dispatchMouseEvent", type=kind, x=5, y=450, button="left", clickCount=1)
    assert not page(OPEN)


def test_a_number_in_the_worklist_opens_the_card(show: Show) -> None:
    page = show(realistic())
    page("document.getElementById('links').open = true")
    page.click("#links a[href='#a1']")
    page("new Promise((done) => setTimeout(done, 50))")
    assert page(OPEN)
    assert page(HEADING) == "1. Almost certainly you"


def test_the_command_that_says_it_is_somebody_else_can_be_copied(show: Show) -> None:
    page = show(realistic())
    page.click("#a1 summary")
    page("navigator.clipboard.writeText = (text) => { window.copied = text; return Promise.resolve(); }")
    page.click(".copy")
    assert page("window.copied") == "selfsearch verdict q00001 not-me"
    page.press("ArrowRight")
    page.press("ArrowLeft")
    assert page("document.querySelectorAll('.copy').length") == 1


def test_without_the_script_a_card_opens_in_the_grid(show: Show) -> None:
    page = show(realistic(), script=False)
    page.click("#a2 summary")
    page.call("Emulation.setScriptExecutionDisabled", value=False)
    assert page("document.querySelector('#a2 .card').checkVisibility()")
    assert not page("document.querySelector('#a1 .card').checkVisibility()")
    assert page("document.querySelector('#a2').offsetWidth") > 1000
    assert page("document.querySelector('#a2 img').offsetWidth") > 300


def test_sixty_of_each_audience_are_shown_and_more_when_asked_for(show: Show) -> None:
    page = show(many(240))
    assert page(STATUS) == "120 of 240 shown, 120 more below them"
    assert page("document.querySelector('#public .show').textContent") == "Show 60 more of 100"
    page.click("#public .show")
    assert page(STATUS) == "180 of 240 shown, 60 more below them"
    assert page(FOCUS) == "a61"
    page.click("#a120 summary")
    page.press("ArrowRight")  # one that is not shown yet
    page.press("Escape")
    assert page(FOCUS) == "a121"
    assert page("document.getElementById('a121').checkVisibility()")


def test_filters_keep_what_fits_and_count_it(show: Show) -> None:
    page = show(many(90))
    assert page(STATUS) == "90 of 90 shown"
    choose(page, "select[data-filter=platform]", page(OPTION.format("platform", "TikTok")))
    assert page(STATUS) == "30 of 90 shown"
    assert page("document.querySelector('#public .number').textContent") == "30 of 60"
    assert len(page(SHOWN)) == 30
    choose(page, "#search", "27.jpg")
    assert (page(STATUS), page(SHOWN)) == ("1 of 90 shown", ["a27"])
    page.click("#a27 summary")
    assert page(POSITION) == "1 of 1"
    page.press("Escape")
    choose(page, "#search", "nowhere")
    assert page("document.getElementById('none').checkVisibility()")
    page("document.getElementById('controls').reset()")
    page("new Promise((done) => setTimeout(done))")
    assert page(STATUS) == "90 of 90 shown"


OPTION = (
    "Array.from(document.querySelectorAll('[data-filter={}] option'))"
    ".find((option) => option.dataset.label === '{}').value"
)


@pytest.mark.parametrize(
    ("key", "label", "left"),
    [
        ("exposure", "Public", ["a1", "a2", "a8"]),
        ("band", "almost certainly you", ["a1", "a2", "a3", "a4", "a5"]),
        ("account", "ana.moves (TikTok)", ["a1", "a8"]),
        ("context", "story", ["a4"]),
        ("year", "2019", ["a2", "a6", "a7"]),
        ("album", "Instagram Photos", ["a2"]),
    ],
)
def test_every_filter_works_on_tiles(show: Show, key: str, label: str, left: list[str]) -> None:
    page = show(realistic())
    choose(page, f"select[data-filter={key}]", page(OPTION.format(key, label)))
    assert sorted(page(SHOWN)) == left
    assert page(STATUS) == f"{len(left)} of 8 shown"


def test_tiles_can_be_grouped_by_something_else_ordered_and_put_back(show: Show) -> None:
    page = show(realistic())
    before = page(SHOWN)
    choose(page, "#group", "platform")
    headings = page("Array.from(document.querySelectorAll('#list h3')).map((node) => node.textContent)")
    assert headings == [
        "Facebook 1", "Files and folders 1", "Instagram 2", "TikTok 2", "Google Photos 1", "WhatsApp 1",
    ]  # fmt: skip
    choose(page, "#group", "")
    choose(page, "#order", "old")
    assert page(SHOWN) != before
    choose(page, "#order", "rank")
    assert page(SHOWN) == before


def test_what_has_no_date_stays_apart_in_the_browser(show: Show) -> None:
    undated = changed(FOLDER, taken_at=None)
    page = show(
        answer(
            appearance(1, seen(1, "a.jpg", TIKTOK)), appearance(2, seen(1, "b.jpg", undated)), is_by_date=True
        )
    )
    headings = page("Array.from(document.querySelectorAll('#list h3')).map((node) => node.textContent)")
    assert headings == ["Anyone could see it 1", "Without a date 1"]


def test_the_theme_button_says_what_is_shown(show: Show) -> None:
    page = show(realistic())
    paper = page("getComputedStyle(document.body).backgroundColor")
    assert page("document.getElementById('theme').textContent") == "Theme: light"
    page.click("#theme")
    assert page("document.getElementById('theme').textContent") == "Theme: dark"
    assert page("getComputedStyle(document.body).backgroundColor") != paper


def test_the_script_runs_to_its_end_on_the_page_of_differences_and_on_that_of_faces(show: Show) -> None:
    state = {"band": "strong", "exposure": "public", "places": ["/a/b.jpg"]}
    page = show(
        differences_to_html([Difference("me", "new", 1, "2026-03-01", None, state, None, pictured(1))])
    )
    page.click("#theme")
    assert page("document.getElementById('theme').textContent") == "Theme: dark"
    page.click("#a1 summary")
    assert (page(OPEN), page(HEADING)) == (True, "1. me")
    page.press("Escape")
    assert (page(OPEN), page(FOCUS)) == (False, "a1")
    page = show(faces_to_html("2 faces", [(pictured(1), "on the left"), (pictured(3), "on the right")]))
    assert page("document.getElementById('theme').textContent") == "Theme: light"


def test_hostile_text_runs_nothing(show: Show) -> None:
    page = show(hostile())
    page("window.alert = () => { window.ran = true; }")
    page.click("#a1 summary")
    page.press("Escape")
    assert page("window.ran === undefined")


@pytest.mark.parametrize("width", [1280, 390, 320])
def test_nothing_is_wider_than_the_window(show: Show, width: int) -> None:
    page = show(realistic(), width=width, height=800)
    assert page("document.documentElement.scrollWidth <= innerWidth")
    page.click("#a2 summary")
    assert page(
        "document.getElementById('stage').scrollWidth <= document.getElementById('stage').clientWidth"
    )


def test_five_hundred_appearances_are_a_page_to_scroll_and_some_sheets_of_paper(show: Show) -> None:
    page = show(many(500))
    assert page("document.documentElement.scrollHeight") < 12_000
    pdf = page.printed()
    assert max(int(count) for count in re.findall(rb"/Count (\d+)", pdf)) <= 25
    page = show(many(500), script=False)
    page.call("Emulation.setScriptExecutionDisabled", value=False)
    assert page("document.documentElement.scrollHeight") < 12_000


def test_paper_shows_every_tile_with_its_link_and_no_card(show: Show) -> None:
    page = show(many(240))
    page.call("Emulation.setEmulatedMedia", media="print")
    try:
        assert len(page(SHOWN)) == 240
        assert page("document.querySelector('#a1 .print').checkVisibility()")
        assert not page("document.getElementById('controls').checkVisibility()")
        assert not page("document.querySelector('#a1 .card').checkVisibility()")
    finally:
        page.call("Emulation.setEmulatedMedia", media="")


def test_a_card_of_a_real_answer_names_the_id_that_the_answer_has(
    run: Run, album: Path, selfie: Path, tmp_path: Path, show: Show
) -> None:
    run("index", album, "--consent", "own")
    found = run("query", selfie, "--self", "--json", "--html", tmp_path / "report.html").json["appearances"]
    page = show((tmp_path / "report.html").read_text("utf-8"))
    assert page(SHOWN) == [f"a{listed['rank']}" for listed in found]
    for listed in found:
        page.click(f"#a{listed['rank']} summary")
        command = page("document.querySelector('#stage code').textContent")
        assert command == f"selfsearch verdict {listed['id']} not-me"
        page.press("Escape")
    run("verdict", found[0]["id"], "me", "--yes")
    run("query", selfie, "--self", "--html", tmp_path / "report.html")
    page = show((tmp_path / "report.html").read_text("utf-8"))
    assert "confirmed" in page("document.getElementById('a1').innerText")


@pytest.mark.parametrize("card", [False, True])
def test_whatever_takes_the_focus_has_a_name_and_headings_do_not_skip_a_level(show: Show, card: bool) -> None:
    page = show(realistic())
    page("document.querySelectorAll('details:not(.tile details)').forEach((node) => { node.open = true; })")
    if card:
        page.click("#a2 summary")
    nodes = [node for node in page.call("Accessibility.getFullAXTree")["nodes"] if not node["ignored"]]
    focusable = [
        node
        for node in nodes
        if any(item["name"] == "focusable" and item["value"]["value"] for item in node.get("properties", []))
        and node["role"]["value"] != "RootWebArea"
    ]
    assert len(focusable) > (4 if card else 40)
    assert [node for node in focusable if not node.get("name", {}).get("value")] == []
    levels = [
        item["value"]["value"]
        for node in nodes
        if node["role"]["value"] == "heading"
        for item in node["properties"]
        if item["name"] == "level"
    ]
    assert levels
    if not card:
        assert levels[0] == 1
        assert all(after <= before + 1 for before, after in pairwise(levels))
