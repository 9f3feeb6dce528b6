"""`--open`: a browser is given one of our reports and nothing else, from a file that does not stay."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from selfsearch.library import pages
from selfsearch.report.differences import Difference
from selfsearch.report.html import differences_to_html, to_html
from selfsearch.report.opener import FAILED, SHOW, SHOWN, PageOpener
from selfsearch.report.page_check import is_own_page
from tests.conftest import Run, Service
from tests.hijack import CHECKOUT, taken_over
from tests.report_samples import answer, hostile, pictured, realistic

pytestmark = pytest.mark.skipif(os.name != "posix", reason="programs and links as POSIX has them")
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")

QUERY = ("query", __file__, "--open")
OWN = to_html(realistic(), lambda appearance: pictured(appearance.rank))
EMPTY = differences_to_html([])

BROWSER = """#!{python}
import json, os, socket, sys
from pathlib import Path
from urllib.parse import unquote
socket.socket().close()
page = Path(unquote(sys.argv[1].removeprefix("file://")))
seen = [sys.argv[1], page.read_text() if page.exists() else "", "SELFSEARCH_PASSPHRASE" in os.environ]
Path({seen!r}).write_text(json.dumps([*seen, os.umask(0), os.getppid()]))
"""


class Browser:
    """A browser that writes down what it was started with."""

    def __init__(self, folder: Path) -> None:
        self._program, self._seen = folder / "browser", folder / "seen"
        self._program.write_text(BROWSER.format(python=sys.executable, seen=str(self._seen)))
        self._program.chmod(0o755)
        self.variables = {"BROWSER": f"{self._program} %s"}

    @property
    def was_started(self) -> bool:
        return self._seen.exists()

    @property
    def saw(self) -> tuple[str, str, bool, int, int]:
        """Address, content of the page, whether there was a passphrase, umask, who started it."""
        address, content, secret, umask, parent = json.loads(self._seen.read_text())
        return address, content, secret, umask, parent


@pytest.fixture
def browser(tmp_path: Path) -> Browser:
    return Browser(tmp_path)


def wait_until(done: Callable[[], bool]) -> None:
    for _ in range(3000):
        if done():
            return
        time.sleep(0.02)
    pytest.fail("it did not come to that")


# ---- what it is for ----


def test_a_report_is_shown_from_a_private_file_that_goes_with_the_machine_or_after_a_while(
    run: Run, home: Path, album: Path, selfie: Path, browser: Browser
) -> None:
    run("index", album, "--consent", "own")
    command = [sys.executable, "-m", "selfsearch", "query", str(selfie), "--self", "--open"]
    variables = os.environ | browser.variables | {"PYTHONPATH": str(CHECKOUT)}
    variables |= {"SELFSEARCH_PASSPHRASE": "open sesame"}
    process = subprocess.run(
        command, env=variables, capture_output=True, text=True, timeout=120, umask=0o027, check=False
    )
    assert process.returncode == 0, process.stderr
    assert "the report is in your browser; its file is removed in 10 minutes" in process.stderr
    address, content, secret, umask, opener = browser.saw
    (page,) = (home / "reports").iterdir()
    assert (address, is_own_page(content), secret, umask) == (page.as_uri(), True, False, 0o027)
    assert stat.S_IMODE(page.stat().st_mode) == 0o600
    assert stat.S_IMODE(page.parent.stat().st_mode) == 0o700
    os.kill(opener, signal.SIGTERM)
    wait_until(lambda: not page.exists())


def test_where_no_browser_can_be_started_that_is_said_and_no_page_stays(
    run: Run, home: Path, album: Path, selfie: Path, tmp_path: Path
) -> None:
    run("index", album, "--consent", "own")
    command = [sys.executable, "-m", "selfsearch", "query", str(selfie), "--self", "--open"]
    command += ["--html", str(tmp_path / "mine.html")]
    variables = os.environ | {"PYTHONPATH": str(CHECKOUT), "BROWSER": "/nowhere/browser", "PATH": "/nowhere"}
    process = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=120, check=False)
    assert process.returncode == 0, process.stderr
    assert "no browser could be started here. For the report as a file: --html FILE" in process.stderr
    assert is_own_page((tmp_path / "mine.html").read_text())
    wait_until(lambda: not list((home / "reports").iterdir()))


def test_a_page_goes_when_its_time_is_over(tmp_path: Path) -> None:
    opener, _ = opening(tmp_path)
    assert opener.show(SHOW) == SHOWN
    before = time.monotonic()
    opener.wait(0.05)
    opener.remove()
    assert time.monotonic() - before < 5
    assert list((tmp_path / "reports").iterdir()) == []


# ---- who takes over the process that may have a page shown ----


@on_linux
def test_an_address_that_is_written_into_its_pipe_is_not_opened(
    home: Path, browser: Browser, service: Service
) -> None:
    """As versions before took it. It ends the opener."""
    address = service[0].replace("json:", "http:") + "/a-template-in-hexadecimal"
    code = f"""
for pipe in pipes():
    os.write(pipe, json.dumps({address!r}).encode() + b"\\n")
wait_for_children()
print(children())
"""
    assert taken_over(code, *QUERY, **browser.variables) == "[]\n"
    assert not browser.was_started
    assert service[1] == []


@on_linux
def test_a_page_that_is_not_ours_is_not_opened_and_does_not_stay(home: Path, browser: Browser) -> None:
    code = """
refresh = "<meta http-equiv=refresh content='0;url=http://192.0.2.1/?a-template'>"
print(cli.network_policy.show_in_browser(refresh))
"""
    assert taken_over(code, *QUERY, **browser.variables) == "False\n"
    assert not browser.was_started
    wait_until(lambda: not list((home / "reports").iterdir()))


# ---- the opener by itself ----


def opening(folder: Path, page: str | None = OWN) -> tuple[PageOpener, list[str]]:
    """An opener for a page that is there, and the addresses that it opens."""
    place, opened = pages.new_place(folder), list[str]()
    if page is not None:
        pages.write(place, page)
    return PageOpener(place, browse=lambda address: not opened.append(address)), opened


def test_it_opens_the_faces_to_choose_from_and_the_report_and_no_third_page(tmp_path: Path) -> None:
    opener, opened = opening(tmp_path)
    assert [opener.show(SHOW) for _ in range(4)] == [SHOWN, SHOWN, b"", b""]
    assert opened == 2 * [next((tmp_path / "reports").iterdir()).as_uri()]


def test_what_replaces_the_faces_is_looked_at_as_well(tmp_path: Path) -> None:
    opener, opened = opening(tmp_path)
    assert opener.show(SHOW) == SHOWN
    pages.write(next((tmp_path / "reports").iterdir()), OWN + "<script>x</script>")
    assert opener.show(SHOW) == FAILED
    assert len(opened) == 1


def test_it_takes_no_other_record(tmp_path: Path) -> None:
    opener, opened = opening(tmp_path)
    assert {opener.show(bytes([byte])) for byte in range(256) if bytes([byte]) != SHOW} == {b""}
    assert opened == []


def a_link_to_a_page(place: Path) -> None:
    place.rename(place.with_name("other.html"))
    place.symlink_to("other.html")


def a_second_name(place: Path) -> None:
    place.with_name("other.html").hardlink_to(place)


def a_pipe(place: Path) -> None:
    place.unlink()
    os.mkfifo(place)


def a_folder_that_is_a_link(place: Path) -> None:
    place.parent.rename(place.parent.with_name("elsewhere"))
    place.parent.symlink_to("elsewhere")


def no_text(place: Path) -> None:
    place.write_bytes(OWN.encode("utf-16"))


def nothing(place: Path) -> None:
    place.unlink()


@pytest.mark.parametrize(
    "change",
    [a_link_to_a_page, a_second_name, a_pipe, a_folder_that_is_a_link, no_text, nothing],
    ids=lambda change: change.__name__,
)
def test_it_opens_only_a_file_of_ours_in_a_folder_of_ours(
    tmp_path: Path, change: Callable[[Path], None]
) -> None:
    opener, opened = opening(tmp_path)
    change(next((tmp_path / "reports").iterdir()))
    assert opener.show(SHOW) == FAILED
    assert opened == []


# ---- which page is ours ----


def test_our_pages_are_ours() -> None:
    assert OWN.count("data:image/jpeg") > 3
    assert is_own_page(OWN)
    assert is_own_page(to_html(hostile(), lambda appearance: pictured(appearance.rank)))
    assert is_own_page(to_html(answer(), lambda _: None))
    assert is_own_page(differences_to_html([]))
    state = {"score": 0.8, "band": "strong", "exposure": "public", "places": ["/<b>&\"'.jpg"]}
    assert is_own_page(
        differences_to_html([Difference("<me>", "new", 1, "2026-03-01", None, state, None, pictured(1))])
    )


ADDED = [
    "<script>fetch('https://evil.example')</script>",
    "<img src=https://evil.example/?a>",
    '<img src="https://evil.example/?a">',
    '<img src="data:image/svg+xml;base64,PHN2Zz4=">',
    '<img src="data:image/jpeg;base64,AAAA" onerror="x">',
    '<meta http-equiv="refresh" content="0;url=https://evil.example/?a">',
    '<link rel="dns-prefetch" href="//a-template.evil.example">',
    '<a href="javascript:x">',
    '<a href="&#106;avascript:x">',
    '<a href="//evil.example">',
    '<a ping="https://evil.example" href="#a">',
    '<form action="https://evil.example">',
    '<button formaction="https://evil.example">',
    '<iframe srcdoc="x">',
    '<base href="https://evil.example/">',
    '<svg><use href="https://evil.example/x.svg"/></svg>',
    '<p style="background:url(https://evil.example)">',
    "<p onclick='x'>",
    '<P class="x">',
    '<p class="x"data-y="z">',
    "<!-- -->",
    "<![CDATA[x]]>",
    "<?x?>",
    "< p>",
    "<p",
    "<",
    "</body>",
    "<style>@import 'https://evil.example'</style>",
    '<object data="https://evil.example">',
    '<video src="https://evil.example">',
    '<p class="a\n<b">',
]


@pytest.mark.parametrize("added", ADDED)
def test_a_page_with_one_element_more_is_not_ours(added: str) -> None:
    place = OWN.index("<main")
    assert not is_own_page(OWN[:place] + added + OWN[place:])


PIECES = st.sampled_from(
    [*"<>/\"'= \n\t\0x", "&#60;", "<!--", "-->", "<p", "<a", "<img", "<svg", "<rect", "<script", "<meta",
     "<link", "<form", "<style", "<template", "<math", "</", "</p>", "</main>", "</body>", "href", "src",
     "onload", "style", "action", "class", "id", "hidden", "http-equiv", '="x"', '="#x"', '="https://x"',
     '">', "/>", '="javascript:x"', '="data:image/jpeg;base64,AA"', '="data:text/html,x"']
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=12).map("".join))
def test_whatever_is_added_what_is_accepted_holds_only_what_reports_are_made_of(added: str) -> None:
    place = EMPTY.index("<main")
    if not is_own_page(EMPTY[:place] + added + EMPTY[place:]):
        return
    seen = Elements(added)
    assert {name for name, _ in seen.found} <= {"p", "a", "img", "svg", "rect", "form"}
    for _, attributes in seen.found:
        assert attributes.keys() <= {"href", "src", "class", "id", "hidden"}
        assert (attributes.get("href") or "#").startswith(("#", "https://"))
        assert (attributes.get("src") or "data:image/jpeg;").startswith("data:image/jpeg;")


class Elements(HTMLParser):
    """Every element that another reader sees in a piece of a page."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_comment(self, data: str) -> None:
        self.found.append(("a comment", {}))


def test_a_page_with_another_head_or_script_is_not_ours() -> None:
    title, body, end = OWN.index("<title>"), OWN.index("<body>"), OWN.index("<script>")
    for at in [
        *range(0, title, 7),
        *range(OWN.index("</title>") + 1, body, 97),
        *range(end + 1, len(OWN), 97),
    ]:
        assert not is_own_page(OWN[:at] + "x" + OWN[at:])
    for page in ("", "<body>", OWN[:body], OWN[end:], OWN * 2, OWN + "\n<p>", "<title>" + OWN):
        assert not is_own_page(page)


# ---- what stays ----


def put(path: Path, age: timedelta, now: datetime) -> Path:
    path.write_text("a page")
    at = (now - age).timestamp()
    os.utime(path, (at, at))
    return path


def test_the_next_command_removes_pages_whose_time_is_over_and_nothing_else(
    run: Run, home: Path, album: Path, tmp_path: Path
) -> None:
    run("index", album, "--consent", "own")
    now, folder = datetime.now(timezone.utc), home / "reports"
    folder.mkdir(mode=0o700)
    page, kept = "page-0123456789abcdef.html", "2026-03-01T120000.html"
    old = [
        put(folder / page, timedelta(minutes=11), now),
        put(folder / f".{page}.x7_yzabc.part", timedelta(minutes=11), now),
        put(folder / kept, timedelta(days=8), now),
    ]
    stays = [
        put(folder / page.replace("0", "f"), timedelta(minutes=8), now),
        put(folder / kept.replace("1", "2"), timedelta(days=6), now),
        put(folder / "my notes.html", timedelta(days=900), now),
        put(folder / "page-1.html", timedelta(days=900), now),
    ]
    elsewhere = put(tmp_path / "mine.html", timedelta(days=900), now)
    (folder / page.replace("0", "e")).symlink_to(elsewhere)
    run("report")
    assert [path for path in old if path.exists()] == []
    assert all(path.exists() for path in stays)
    assert elsewhere.read_text() == "a page"
