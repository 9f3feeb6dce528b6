"""The answer on a terminal: a screenful by default, more when it is asked for, and page by page."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from itertools import accumulate, pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from selfsearch import cli
from selfsearch.cli import console, pager
from selfsearch.report.summary import summarise
from selfsearch.report.text import Form, cells, fit_middle, shorten, to_text, wrap
from selfsearch.types import EXPOSURES, Answer, Exposure
from selfsearch.workflows.query import Filters, choose_listed

from . import photos
from .conftest import Run
from .report_samples import (
    FOLDER,
    GOOGLE,
    INSTAGRAM,
    TIKTOK,
    answer,
    appearance,
    changed,
    hostile,
    provenance,
    realistic,
    seen,
)

IDEOGRAPHS = "写真家族旅行東京山田ひらがなカナ"
NEXT = "Next: see the pictures with --open. Not you? selfsearch verdict ID not-me"
CAVEAT = "Only what was indexed was searched, and a match is no proof. More: --verbose"


def listed(result: Answer, filters: Filters | None = None) -> Answer:
    """As a query gives it: in its order, numbered, and filtered."""
    filters = filters or Filters()
    appearances, left_out = choose_listed(result.found, filters)
    return replace(result, appearances=tuple(appearances), left_out=left_out, is_by_date=filters.is_by_date)


def many(count: int) -> Answer:
    """So many photographs in one folder."""
    return listed(
        answer(*(appearance(n, seen(1, f"Pictures/{n:03}.jpg", FOLDER)) for n in range(1, count + 1)))
    )


# The short form


def test_the_answer_is_a_screenful_and_says_at_once_what_is_public():
    head, _, text = to_text(listed(realistic())).partition("8 appearances")
    assert " ".join(head.split()) == summarise(realistic()).headline
    assert f"8 appearances{text}".splitlines() == [
        "8 appearances: 3 public, 1 for friends or a group, 2 of unknown audience, 2",
        "private.",
        "",
        "#  id      is it you?        when        where",
        "Anyone could see it: 3",
        "1  q00001  almost certainly  2022-03-14  TikTok, post, ana.moves",
        "   https://www.tiktok.com/@ana.moves/video/7071234567890123456 (at 0:14)",
        "2  q00002  almost certainly  2021-06-02  Instagram, post, ana.lisbon",
        "   https://www.instagram.com/ana.lisbon/ (+ 2 other places)",
        "3  q00008  possibly; check   2022-04-02  TikTok, post, ana.moves",
        "   https://www.tiktok.com/@ana.moves/video/7079999999999999999",
        "Friends, followers or a group could see it: 1",
        "4  q00003  almost certainly  2013-05-20  Facebook, album, Ana Example, Erasmus",
        "                                         2013",
        "Not known who could see it: 2",
        "Do you know? Say it once for a whole source: selfsearch sources set --help",
        "5  q00004  almost certainly  2022-03-01  Instagram, story, ana.lisbon",
        "6  q00007  probably          2019-08-11",
        "   /home/ana/exports/Pictures/Camera/2019/08/",
        "   a folder with a rather long name, and then some/IMG_0044.HEIC",
        "Only the account's owner, or the people in a message: 2",
        "7  q00005  almost certainly  2020-12-24  WhatsApp, message, Primos 👨‍👩‍👧",
        "8  q00006  probably          2019-08-11  Google Photos, album, ana@example.org,",
        "                                         Trip to Lisbon",
        "",
        "Not searched: 22 files and 2 posts. --verbose says why.",
        NEXT,
        "The estimates rest on strangers: relatives, children and people of one origin",
        "look more alike. To tell apart a relative who agrees: selfsearch people add NAME",
        "PHOTO --contrast",
        CAVEAT,
    ]


def test_where_only_sure_ones_are_listed_nothing_is_said_of_relatives():
    assert "relatives" not in to_text(many(2))


def test_what_may_be_somebody_elses_is_called_you_or_name():
    one = appearance(1, seen(1, "Pictures/1.jpg", FOLDER), may_also_be=("Ben",))
    two = appearance(2, seen(1, "Pictures/2.jpg", FOLDER), may_also_be=("Benedict Longname", "Ada"))
    text = to_text(listed(answer(one, two)))
    assert "1  q00001  you or Ben     " in text
    assert "2  q00002  maybe another  " in text
    assert "Pictures/2.jpg (may also be Benedict Longname and Ada)" in text
    assert "2 appearances may show Ben or Benedict Longname or Ada and not you: the faces" in text
    assert "relatives" not in text
    assert "You are possibly in 2 photographs" in text


def test_the_first_twenty_are_listed_and_all_of_them_counted():
    lines = to_text(many(100)).splitlines()
    assert lines[:2] == [
        "You are in 100 photographs; who could see them is not known.",
        "100 appearances: 0 public, 100 of unknown audience.",
    ]
    assert lines[4] == "Not known who could see it: 20 of 100"
    assert [line.split()[0] for line in lines[5:25]] == [str(number) for number in range(1, 21)]
    assert lines[25:] == [
        "Pictures is /home/ana/exports/Pictures",
        "",
        "80 more: --all-rows lists them.",
        NEXT,
        CAVEAT,
    ]


def test_all_of_them_are_listed_on_request():
    assert len(re.findall(r"Pictures/\d+\.jpg", to_text(many(100), most=None))) == 100


def test_what_is_not_listed_is_said_and_what_has_no_date_stands_apart():
    dated = changed(FOLDER, taken_at="2023-05-01")
    undated = provenance("folder")
    result = listed(
        answer(
            appearance(1, seen(1, "a.jpg", FOLDER)),
            appearance(2, seen(1, "b.jpg", dated)),
            appearance(3, seen(1, "c.jpg", changed(undated, exposure=Exposure.PUBLIC))),
        ),
        Filters(since="2022-01-01"),
    )
    head, _, text = to_text(result).partition("3 appearances")
    assert head.startswith("You are in 1 public photograph.")
    assert f"3 appearances{text}".splitlines() == [
        "3 appearances: 1 public, 2 of unknown audience.",
        "",
        "#  id      is it you?        when        where",
        "Not known who could see it: 1 of 2",
        "1  q00002  almost certainly  2023-05-01  exports/b.jpg",
        "Without a date; anyone could see it: 1",
        "2  q00003  almost certainly              exports/c.jpg",
        "exports is /home/ana/exports",
        "",
        "1 more outside these dates.",
        NEXT,
        CAVEAT,
    ]


def test_a_date_of_another_copy_is_said_to_be_one_when_dates_decide():
    copies = (seen(1, "a.jpg", FOLDER), seen(1, "b.jpg", changed(FOLDER, taken_at="2023-05-01")))
    result = listed(answer(appearance(1, *copies)), Filters(since="2022-01-01"))
    assert "(+ 1 other place, with other dates)" in to_text(result)
    assert "(+ 1 other place)" in to_text(listed(result))


def test_nothing_found_is_told_with_what_it_does_not_mean():
    text = " ".join(to_text(answer()).split())
    assert text.startswith("You were not found among 1,404 faces in 812 files from 2 sources. No face there")
    assert "That speaks for these files and for nothing else" in text
    assert text.endswith(f"Next: index what is still missing: selfsearch index FOLDER-OR-EXPORT {CAVEAT}")
    assert "appearances" not in text


def test_what_could_not_be_searched_is_said_once():
    short = to_text(listed(realistic()))
    assert "Not searched: 22 files and 2 posts. --verbose says why." in short
    nothing = to_text(answer(not_looked_at={"encrypted": 2}), width=1000)
    assert "Could not be searched: 2 files locked with a password." in nothing
    assert "Not searched" not in nothing


def test_a_demo_has_no_hints_at_other_commands():
    text = to_text(listed(realistic()), command=None)
    assert "--" not in text.replace("--all-rows", "")
    assert "selfsearch verdict" not in text
    assert "Only what was indexed was searched, and a match is no proof." in text


def test_the_address_of_a_profile_is_said_once_and_a_private_one_in_the_long_form_only():
    posts = [appearance(n, seen(1, f"{n}.jpg", INSTAGRAM)) for n in (1, 2)]
    result = listed(answer(*posts, appearance(3, seen(2, "x.jpg", GOOGLE))))
    short, long = to_text(result), to_text(result, form=Form.LONG)
    assert short.count("https://www.instagram.com/ana.lisbon/") == 1
    assert long.count("   https://www.instagram.com/ana.lisbon/") == 2
    assert "photos.google.com" not in short
    assert "   https://photos.google.com/photo/AF1QipEXAMPLE" in long


def test_a_post_without_a_date_is_told_apart_by_its_file():
    undated = changed(INSTAGRAM, posted_at=None)
    one = appearance(1, seen(1, "i.zip!media/posts/198273645.jpg", undated))
    text = to_text(listed(answer(one)), width=100)
    assert "Instagram, post, ana.lisbon, 198273645.jpg" in text


def test_files_are_named_by_their_folder_and_folders_of_one_name_by_their_source():
    result = listed(
        answer(
            *(
                appearance(10 * source + n, seen(source, f"{disk}/Pictures/{n}/x.jpg", FOLDER))
                for source, disk in ((1, "a"), (2, "b"))
                for n in (1, 2)
            ),
            appearance(30, seen(3, "alone.jpg", FOLDER)),
            appearance(40, seen(4, r"C:\Users\Ana\1\x.jpg", FOLDER)),
            appearance(41, seen(4, r"C:\Users\Ana\2\x.jpg", FOLDER)),
        )
    )
    text = to_text(result)
    assert "  Pictures (source 1)/2/x.jpg\n" in text
    assert "\nPictures (source 2) is /home/ana/exports/b/Pictures\n" in text
    assert "  /home/ana/exports/alone.jpg\n" in text
    assert "  Ana\\2\\x.jpg\n" in text


def test_what_the_person_said_of_a_face_stands_in_its_row():
    text = to_text(listed(answer(appearance(1, seen(1, "a.jpg", TIKTOK), verdict="me"))))
    assert "1  q00001  confirmed         2022-03-14" in text


def test_without_a_calibration_no_row_says_how_sure_it_is():
    one = appearance(1, seen(1, "a.jpg", TIKTOK), expected=None)
    text = to_text(listed(answer(one, calibrated=False, bands={}, pack="mine")))
    assert "1  q00001  not rated  " in text
    assert "The model mine has no calibration" in text


# The other forms


def test_the_brief_form_is_the_headline_and_the_counts():
    assert to_text(many(100), form=Form.BRIEF).splitlines() == [
        "You are in 100 photographs; who could see them is not known.",
        "100 appearances: 0 public, 100 of unknown audience.",
    ]
    assert (
        to_text(answer(), form=Form.BRIEF)
        == "You were not found among 1,404 faces in 812 files from 2 sources.\n"
    )


def test_an_appearance_in_the_long_form_says_how_sure_where_when_and_why():
    public = changed(INSTAGRAM, exposure=Exposure.PUBLIC)
    copies = seen(1, "instagram.zip!media/x.jpg", public), seen(2, "y.jpg", FOLDER)
    lines = to_text(listed(answer(appearance(1, *copies))), form=Form.LONG).splitlines()
    at = lines.index("Anyone could see it: 1")
    assert lines[at : at + 9] == [
        "Anyone could see it: 1",
        "#  id      is it you?        score  when        where",
        "1  q00001  almost certainly   0.71  2021-06-02  Instagram, post, ana.lisbon",
        "                                                (+ 1 other place)",
        "   /home/ana/exports/instagram.zip!media/x.jpg",
        "   https://www.instagram.com/ana.lisbon/",
        "   “Beach with Ana \U0001f3d6\ufe0f and the whole crew, before the storm came in”",
        "   Instagram does not export who could see a post; the account was public at",
        "   export",
    ]


def test_the_long_form_lists_everything_and_says_what_nobody_can_tell_and_what_can_be_done():
    result = listed(realistic())
    text = to_text(result, form=Form.LONG)
    headings = re.findall(r"^(\S.*): (\d+)$", text, re.MULTILINE)
    assert headings[:4] == [
        ("Anyone could see it", "3"),
        ("Friends, followers or a group could see it", "1"),
        ("Not known who could see it", "2"),
        ("Only the account's owner, or the people in a message", "2"),
    ]
    assert re.findall(r"^ *(\d+)  q0", text, re.MULTILINE) == [str(number) for number in range(1, 9)]
    for one in result.found:
        assert one.sightings[0].path in text.replace("/\n   ", "/")
    words = " ".join(text.split())
    assert "Not in an export is not the same as not on the web." in words
    assert 'TikTok: per video: Privacy settings > "Who can watch this video"' in words
    assert "As of 2026-11. Menus move" in words


# Widths


@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize("width", [60, 80, 100, 120])
def test_nothing_but_links_and_paths_is_wider_than_the_terminal(width, form):
    for result in (listed(realistic()), answer(), many(1000)):
        lines = to_text(result, form=form, width=width, most=None).splitlines()
        paths = " ".join(place.path for one in result.found for place in one.sightings)
        wide = [text for text in lines if cells(text) > width and text.strip() not in paths]
        assert all(re.match(r" *(public|network|unknown|private)? *https?://", text) for text in wide), wide


names = st.one_of(
    st.text("abcdefghijklmnopqrstuvwxyz_.-", min_size=1, max_size=14),
    st.text(IDEOGRAPHS, min_size=1, max_size=12),
    st.text("صورالعائلة", min_size=1, max_size=10),
    st.sampled_from(["🎉", "👨‍👩‍👧", "🏖️", "é", "한국어", "w" * 70, "「写真」、", "…"]),
)
phrases = st.lists(names, min_size=1, max_size=6).map(" ".join)


@st.composite
def answers(draw: st.DrawFn) -> Answer:
    """Whatever people call their accounts, albums and files."""
    found = []
    for number in range(1, draw(st.integers(1, 5)) + 1):
        said = provenance(
            draw(st.sampled_from(["folder", "instagram", "mastodon"])),
            context=draw(st.sampled_from(["file", "post", "album"])),
            account=draw(st.none() | phrases),
            album=draw(st.none() | phrases),
            posted_at=draw(st.sampled_from([None, "2021-06-02T10:11:12", "in the summer of 2021"])),
            url=draw(st.none() | names.map(lambda name: f"https://x.example/{name}")),
            exposure=draw(st.sampled_from(EXPOSURES)),
            exposure_reason=draw(phrases),
        )
        path = "/".join(draw(st.lists(names, min_size=1, max_size=5)))
        places = [seen(draw(st.integers(1, 2)), path, said)] * draw(st.integers(1, 3))
        time = draw(st.none() | st.integers(0, 9_000_000))
        found.append(appearance(number, *places, time_ms=time))
    dates = draw(st.sampled_from([None, "2020-01-01"]))
    result = answer(*found, person=draw(st.sampled_from(["me", "Ana Example"])), probes=())
    return listed(result, Filters(since=dates))


def breaks(text: str) -> set[int]:
    """After how many signs, spaces not counted, a line may end."""
    words = text.split()
    ends = set(accumulate(map(len, words)))
    signs = "".join(words)
    pairs = enumerate(pairwise(signs), 1)
    return ends | {at for at, pair in pairs if pair[0] in "/\\" or set(pair) & set(IDEOGRAPHS)}


@settings(max_examples=40)
@given(answers(), st.integers(60, 140), st.sampled_from(Form))
def test_no_word_is_broken_nothing_is_cut_and_only_what_stays_whole_is_wider_than_the_terminal(
    result, width, form
):
    one_line = to_text(result, form=form, width=100_000)
    text = to_text(result, form=form, width=width)
    assert "".join(text.split()) == "".join(one_line.split())
    ends = set(accumulate(len("".join(line.split())) for line in text.splitlines()))
    assert ends <= breaks(one_line)
    for line in text.splitlines():
        whole = re.sub(r"^(  (public|network|unknown|private) +|\S+ is )", "", line).strip()
        assert cells(line) <= width or " " not in whole, line


def test_chinese_and_japanese_are_broken_between_signs_and_not_before_punctuation():
    assert wrap("写真、写真", 6) == ["写真、", "写真"]
    assert wrap("写真「写真」", 6) == ["写真", "「写", "真」"]
    assert wrap("IMG写真 2", 5) == ["IMG写", "真 2"]


def test_a_caption_is_shortened_after_a_word_and_a_word_only_if_nothing_else_fits():
    assert shorten("one two three", 13) == "one two three"
    assert shorten("one two three", 12) == "one two…"
    assert shorten("写真" * 10, 6) == "写真…"
    assert shorten("w" * 70, 10) == "w" * 9 + "…"


def test_a_long_path_is_cut_in_its_middle():
    short = fit_middle("/home/ana/exports/instagram.zip!media/posts/x.jpg", 30)
    assert cells(short) == 30
    assert short.startswith("/home/ana")
    assert short.endswith("/posts/x.jpg")
    assert cells(fit_middle("写真" * 40, 21)) <= 21


def test_what_the_person_rejected_is_said_to_be_left_out():
    text = to_text(listed(replace(realistic(), rejected=2)))
    assert "\nLeft out: 2 appearances that you marked as not you.\n" in text


@pytest.mark.parametrize("form", Form)
def test_without_colour_the_terminal_gets_no_control_character_whatever_captions_hold(form):
    plain = to_text(hostile(), form=form)
    assert not re.search(r"[^\n\x20-\x7e\xa0-\U0010ffff]|[\u2028\u202e\ud800-\udfff]", plain)
    coloured = re.sub(r"\x1b\[[0-9;]*m", "", to_text(hostile(), form=form, colour=True))
    assert coloured == plain
    assert "[red]markup[/red]" in coloured


# Through the command line


@pytest.fixture
def indexed(run: Run, album: Path) -> Path:
    """Three photographs of the person, one of which is dated, and one of somebody else."""
    for person in "adf":
        (album / f"{person}.jpg").unlink()
    exif = Image.Exif()
    exif.get_ifd(0x8769)[36867] = "2023:05:01 12:00:00"
    picture = photos.picture("astronaut", 3)
    picture.save(album / "astronaut-2.jpg", exif=exif.tobytes())
    run("index", album, "--consent", "own")
    return album


HEADLINE = "You are in 3 photographs; who could see them is not known."
COUNTS = "3 appearances: 0 public, 3 of unknown audience."


def test_whatever_is_listed_headline_and_counts_are_of_everything(
    run: Run, indexed: Path, selfie: Path
) -> None:
    run("query", selfie, "--self")
    for options, shown, more, is_apart in (
        (("--since", "2030-01-01"), 2, "1 more outside these dates.", True),
        (
            ("--since", "2030-01-01", "--dated-only"),
            0,
            "None of them is listed: 1 outside these dates, 2 without a date.",
            False,
        ),
        (("--until", "2024-01-01", "--dated-only"), 1, "2 more without a date.", False),
        (("--limit", "1"), 1, "2 more beyond the limit.", False),
        (("--source", "1"), 3, None, False),
    ):
        lines = run("query", selfie, *options).out.splitlines()
        assert lines[:2] == [HEADLINE, COUNTS], options
        assert len([line for line in lines if "almost certainly" in line]) == shown, options
        assert [line for line in lines if " more" in line or "None" in line] == ([more] if more else []), (
            options
        )
        assert any(line.startswith("Without a date;") for line in lines) == is_apart, options


def test_quiet_prints_the_headline_and_the_counts_alone(
    run: Run, indexed: Path, selfie: Path, tmp_path: Path
) -> None:
    run("query", selfie, "--self")
    said = run("query", selfie, "--quiet", "--html", tmp_path / "report.html")
    assert said.out.splitlines() == [HEADLINE, COUNTS]
    assert said.err == ""
    assert (tmp_path / "report.html").is_file()
    for option in ("--verbose", "--all-rows"):
        assert "--quiet lists nothing" in run("query", selfie, "--quiet", option, code=2).err
    assert "shows nobody who agreed" in run("query", indexed / "c.jpg", "--quiet", code=3).err


def test_verbose_says_everything_and_json_is_never_shortened(run: Run, indexed: Path, selfie: Path) -> None:
    run("query", selfie, "--self")
    assert "--verbose" in run("query", selfie).out
    long = run("query", selfie, "--verbose").out
    assert str(indexed / "astronaut-2.jpg") in long
    for heading in ("In words", "What you can do now", "What this cannot tell"):
        assert f"\n{heading}\n" in long
    whole = run("query", selfie, "--json").json
    for option in ("--quiet", "--verbose", "--all-rows", "--no-pager"):
        document = run("query", selfie, "--json", option).json
        assert document | {"asked_at": ""} == whole | {"asked_at": ""}


def test_all_rows_and_limit_list_more_than_a_screenful(
    run: Run, indexed: Path, selfie: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("selfsearch.report.text.SCREENFUL", 2)
    short = run("query", selfie, "--self").out
    assert len(re.findall("album/astronaut", short)) == 2
    assert "\n1 more: --all-rows lists them.\n" in short
    for options in (["--all-rows"], ["--limit", 3], ["--verbose"]):
        assert len(re.findall("album/astronaut", run("query", selfie, *options).out)) == 3


# Page by page

if os.name == "posix":
    from .terminals import attached

posix = pytest.mark.skipif(os.name != "posix", reason="Windows has no pseudo-terminals of this kind")
LINES = "".join(f"line {number}\n" for number in range(1, 31))
FOOT = re.compile(r"(\d+) more lines?(?:\. Enter: next page, a: all, q: end)?\r\x1b\[2K")


@pytest.fixture(autouse=True)
def screen(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal of 12 lines, with nothing of the user's settings."""
    for name in ("PAGER", "SELFSEARCH_PAGER", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"TERM": "xterm", "LINES": "12", "COLUMNS": "80"}.items():
        monkeypatch.setenv(name, value)


def paged(text: str, typed: str = "", **how: bool) -> str:
    """What is on the terminal when these keys are pressed."""
    with attached(typed) as terminal, console.guarded([]):
        pager.show(text, **how)
    return terminal.shown


@posix
def test_a_long_answer_stops_at_each_full_screen():
    assert FOOT.split(paged(LINES, "\n ")) == [
        "".join(f"line {number}\n" for number in range(1, 12)),
        "19",
        "".join(f"line {number}\n" for number in range(12, 23)),
        "8",
        "".join(f"line {number}\n" for number in range(23, 31)),
    ]


@posix
@pytest.mark.parametrize("key", ["q", "Q", "\x03", ""])
def test_it_can_be_ended_at_a_page(key):
    assert paged(LINES, key).count("line ") == 11


@posix
@pytest.mark.parametrize("key", ["a", "A"])
def test_the_rest_is_written_at_once_on_request(key):
    shown = paged(LINES, key)
    assert FOOT.sub("", shown) == LINES
    assert len(FOOT.findall(shown)) == 1


@posix
def test_a_key_that_sends_several_signs_is_one_key():
    assert FOOT.findall(paged(LINES, "\x1b[6~")) == ["19", "8"]


@posix
@pytest.mark.parametrize(("lines", "is_paged"), [(11, False), (12, True)])
def test_what_fits_the_screen_is_not_stopped(lines, is_paged):
    assert bool(FOOT.search(paged("x\n" * lines, "q"))) == is_paged
    assert bool(FOOT.search(paged(f"{'w' * 81}\n" + "x\n" * (lines - 2), "q"))) == is_paged


@posix
def test_a_line_that_is_higher_than_the_screen_is_written_all_the_same():
    assert "w" * 2000 in paged("w" * 2000 + "\nend\n", "q").replace("\n", "")


@posix
@pytest.mark.parametrize(
    ("name", "value"),
    [("PAGER", "cat"), ("SELFSEARCH_PAGER", ""), ("SELFSEARCH_PAGER", "cat"), ("TERM", "dumb")],
)
def test_pages_can_be_switched_off(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    assert paged(LINES) == LINES


@posix
def test_no_program_is_started_as_a_pager(monkeypatch, tmp_path):
    monkeypatch.setenv("PAGER", f"touch {tmp_path}/started; cat")
    monkeypatch.setattr(os, "fork", None)
    assert FOOT.sub("", paged(LINES, "a")) == LINES
    assert list(tmp_path.iterdir()) == []


@posix
def test_pages_are_not_for_pipes_and_files(capsys):
    pager.show(LINES)
    assert capsys.readouterr().out == LINES


@posix
def test_the_terminal_is_as_before_and_styles_count_no_columns():
    import termios

    with attached("q") as terminal, console.guarded([]):
        before = termios.tcgetattr(terminal.slave)
        pager.show(f"\x1b[1m{'w' * 80}\x1b[0m\n" * 11)
        assert termios.tcgetattr(terminal.slave) == before
    assert FOOT.search(terminal.shown) is None


@posix
@pytest.mark.parametrize(
    ("options", "is_paged"), [((), True), (("--no-pager",), False), (("--json",), False)]
)
def test_a_query_is_read_page_by_page_with_the_library_closed(
    run: Run,
    indexed: Path,
    selfie: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...],
    is_paged: bool,
) -> None:
    run("query", selfie, "--self")
    monkeypatch.setenv("LINES", "6")
    real, codes = pager._ask, []

    def ask(left: int, columns: int) -> str:
        codes.append(cli.main(["rescan"]))  # another command writes while somebody reads
        return real(left, columns)

    monkeypatch.setattr(pager, "_ask", ask)
    with attached("q") as terminal:
        assert cli.main(["query", str(selfie), *options]) == 0
    assert (codes == [0]) == is_paged
    assert ("What this cannot tell" in terminal.shown) is False
    assert (CAVEAT in terminal.shown) == (options == ("--no-pager",))
