"""Which face of a photograph with several is meant: the dominant one, or that which is named or asked for."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

import selfsearch
from selfsearch.cli import face_choice, query
from selfsearch.errors import InputError, UsageError
from selfsearch.library.library import open_library
from selfsearch.types import Box, Face
from selfsearch.workflows.face_positions import positions
from selfsearch.workflows.probes import ProbePhoto, dominant_face, find_face
from tests import photos
from tests.conftest import Run

if os.name == "posix":  # Windows has no pseudo-terminals of this kind
    from tests.terminals import type_at
at_a_terminal = pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals")

Placed = tuple[str, int, int, int]  # who, how wide in pixels, and where: left and top
Make = Callable[..., Path]

SHARP = np.random.default_rng(1).integers(0, 255, (112, 112, 3), np.uint8)
BLURRED = np.full((112, 112, 3), 120, np.uint8)


@pytest.fixture(autouse=True)
def begun(home: Path) -> None:
    """There is a library, with nothing in it."""
    with open_library(home, key_folder=home.parent / "keys", create=True):
        pass


@pytest.fixture
def scene(tmp_path: Path) -> Make:
    """scene("two", ("astronaut", 500, 30, 100), ...) is a photograph of several people."""

    def scene(name: str, *people: Placed, blurred: str = "") -> Path:
        canvas = Image.new("RGB", (1300, 900), (120, 120, 120))
        for person, width, left, top in people:
            picture = photos.picture(person, 0, width)
            if person == blurred:
                picture = picture.filter(ImageFilter.GaussianBlur(width / 50))
            canvas.paste(picture, (left, top))
        path = tmp_path / f"{name}.jpg"
        path.write_bytes(photos.encoded(canvas))
        return path

    return scene


@pytest.fixture
def mine(scene: Make) -> Path:
    """Me, somebody behind me, and somebody far behind me."""
    return scene("mine", ("astronaut", 700, 250, 150), ("a", 160, 20, 40), ("c", 180, 1000, 60))


@pytest.fixture
def two(scene: Make) -> Path:
    """Me on the left, and somebody whose face is a little larger on the right."""
    return scene("two", ("astronaut", 500, 30, 100), ("c", 520, 700, 100))


@pytest.fixture
def enrolled(run: Run, selfie: Path) -> Path:
    run("people", "add", "me", selfie, "--consent", "own")
    return selfie


def face(box: Box, chip: np.ndarray = SHARP) -> Face:
    return Face(box, np.zeros((5, 2), np.float32), 0.9, 0.9, chip, np.ones(1, np.float32))


# ---- the rule ----


def test_a_face_over_four_times_as_prominent_as_any_other_is_the_one() -> None:
    beside = face((0, 0, 100, 100))
    assert dominant_face([beside]) == 0
    assert dominant_face([face((200, 0, 200, 200)), beside]) is None  # four times, and not over
    assert dominant_face([face((200, 0, 201, 200)), beside]) == 0
    assert dominant_face([face((500, 0, 201, 200)), face((200, 0, 201, 200)), beside]) is None


def test_what_is_blurred_counts_less_but_sharpness_alone_decides_nothing() -> None:
    assert dominant_face([face((0, 0, 100, 100), BLURRED), face((200, 0, 100, 100))]) is None
    assert dominant_face([face((0, 0, 100, 100), BLURRED), face((200, 0, 121, 100))]) == 1
    assert dominant_face([face((0, 0, 300, 100), BLURRED), face((400, 0, 100, 100))]) is None
    assert dominant_face([face((0, 0, 300, 500), BLURRED), face((400, 0, 100, 100))]) == 0


def test_a_face_is_named_by_its_number_or_as_the_largest() -> None:
    photo = ProbePhoto("x.jpg", "", (face((0, 0, 110, 100)), face((200, 0, 100, 100))))
    assert [find_face(photo, which) for which in ("largest", "1", "2", 2, None)] == [0, 0, 1, 1, None]
    for wrong in ("0", "3", 0, -1, "first", "²"):
        with pytest.raises(UsageError, match=r"numbers 1 \(left\), 2 \(right\)$"):
            find_face(photo, wrong)
    alone = ProbePhoto("x.jpg", "", (face((0, 0, 1, 1)),))
    assert [find_face(alone, which) for which in (None, "largest", 7)] == [
        0,
        0,
        0,
    ]  # --face is for the others


# ---- where a face is, in words ----


def at(x: float, y: float, side: float = 100) -> Box:
    return (x, y, side, side)


@pytest.mark.parametrize(
    ("boxes", "words"),
    [
        ([at(0, 0)], [""]),
        ([at(0, 0), at(200, 0)], ["left", "right"]),
        ([at(400, 0), at(0, 20), at(200, 40)], ["right", "left", "middle"]),
        ([at(x, 0) for x in (0, 200, 400, 600)],
         ["leftmost", "2nd from the left", "3rd from the left", "rightmost"]),
        ([at(0, 0, 200), at(300, 0, 150), at(500, 0, 149), at(700, 0, 79)],
         ["leftmost, large", "2nd from the left, large", "3rd from the left, smaller",
          "rightmost, small, in the background"]),
        # two rows
        ([at(0, 0), at(200, 0), at(0, 300), at(200, 310), at(400, 290)],
         ["upper row, left", "upper row, right", "lower row, left", "lower row, middle", "lower row, right"]),
        # heads of one row are not at one height
        ([at(0, 70), at(90, 0)], ["left", "right"]),
        ([at(0, 76), at(90, 0)], ["at the bottom, left", "at the top, right"]),
        ([at(0, 300), at(50, 0), at(500, 0)], ["at the bottom", "upper row, left", "upper row, right"]),
        ([at(700, 300), at(650, 0), at(500, 0)], ["at the bottom", "upper row, right", "upper row, left"]),
        ([at(800, 300), at(650, 0), at(500, 10), at(600, 5)],
         ["at the bottom, right", "upper row, right", "upper row, left", "upper row, middle"]),
        ([at(0, 300), at(200, 0), at(250, 5), at(400, 10)],
         ["at the bottom, left", "upper row, left", "upper row, middle", "upper row, right"]),
        # more than can be counted at a glance
        ([at(200 * n, 200 * (n % 2)) for n in range(8)],
         ["upper row, leftmost", "lower row, leftmost", "upper row, 2nd from the left",
          "lower row, 2nd from the left", "upper row, 3rd from the left", "lower row, 3rd from the left",
          "upper row, rightmost", "lower row, rightmost"]),
        ([at(0, 0), at(0, 200), at(0, 400)], ["at the top", "middle row", "at the bottom"]),
        ([at(0, 200 * n) for n in range(4)],
         ["at the top", "2nd row from the top", "3rd row from the top", "at the bottom"]),
    ],
)  # fmt: skip
def test_a_position_is_said_as_a_person_would(boxes: list[Box], words: list[str]) -> None:
    assert positions(boxes) == words
    assert len(set(words)) == len(words)


def test_very_many_faces_are_counted_in_their_rows() -> None:
    crowd = [at(150 * n, 400 * (n % 3)) for n in range(63)]
    words = positions(crowd)
    assert words[3 * 10] == "upper row, 11th from the left"
    assert words[3 * 11] == "upper row, 12th from the left"
    assert words[3 * 12 + 1] == "middle row, 13th from the left"
    assert words[3 * 1 + 2] == "lower row, 2nd from the left"
    assert len(set(words)) == 63


# ---- through the command line ----


def test_the_dominant_face_is_used_with_a_sentence_that_says_how_to_choose_another(
    run: Run, mine: Path
) -> None:
    answer = run("query", mine, "--self", "--json")
    assert answer.err.partition("Consent recorded")[0] == (
        f"{mine} shows 3 faces; the largest and sharpest is used. To choose another: --face N\n"
        "  - 1: middle, large (used)\n"
        "  - 2: right, smaller\n"
        "  - 3: left, small, in the background\n"
    )
    probe = answer.json["probes"][0]
    assert probe["faces_found"] == 3
    assert probe["box"][2] > 200


def test_the_sentence_does_not_call_a_blurred_face_the_sharpest(run: Run, scene: Make) -> None:
    path = scene("b", ("astronaut", 700, 250, 150), ("a", 90, 20, 40), blurred="astronaut")
    assert "the largest is used. To choose" in run("query", path, "--self").err


@pytest.mark.parametrize("command", [("query", "--self"), ("people", "add", "me")])
def test_another_face_than_the_dominant_one_is_chosen_by_its_number(
    run: Run, enrolled: Path, mine: Path, command: tuple[str, ...]
) -> None:
    said = run(*command, mine, "--face", "2", code=3).err  # that is somebody else
    assert "shows 3 faces" not in said
    assert "is used" not in run(*command, mine, "--face", "largest").err


def test_without_a_terminal_faces_of_about_one_size_are_listed(run: Run, tmp_path: Path) -> None:
    group = tmp_path / "group.jpg"
    group.write_bytes(photos.encoded(photos.group()))
    listed = run("query", group, "--self", code=4).err.partition("--face largest: ")[2].rstrip("\n")
    places = [place.partition(" (") for place in listed.split(", ")]  # which is a pixel larger, nobody sees
    assert [number for number, _, _ in places] == list("123456")
    assert {place for _, _, place in places} == {
        "leftmost)",
        "2nd from the left)",
        "3rd from the left)",
        "4th from the left)",
        "5th from the left)",
        "rightmost)",
    }
    for command in (("query", group, "--self"), ("people", "add", "me", group, "--consent", "own")):
        assert run(*command, code=4).err == (
            f"selfsearch: {group} shows 6 faces, and none stands out. Say which is meant, with --face N or"
            f" --face largest: {listed}\n"
        )
        assert run(*command, "--face", "9", code=2).err == (
            f"selfsearch: {group} shows 6 faces, and 9 is not one of them: give largest, or one of the"
            f" numbers {listed}\n"
        )
    assert run("query", group, "--face", "me", code=2).err == (
        "selfsearch: --face takes largest or a number, not 'me'\n"
    )
    assert run("people").out == ""


@at_a_terminal
def test_a_terminal_asks_by_position_and_size_and_enter_takes_the_default(run: Run, two: Path) -> None:
    shown = type_at("\n", "query", two, "--person", "c", "--consent", "own")
    assert (
        f"{two} shows 2 faces, the largest first: - 1: right, large - 2: left, smaller Which one is meant?"
        " 1 or 2; Enter takes 1, the largest:"
    ) in shown
    assert run("query", two, "--face", "1", "--json").json["person"] == "c"


@at_a_terminal
def test_a_wrong_answer_is_explained_and_asked_again(run: Run, two: Path) -> None:
    shown = type_at("7\nleft\n0\n²\n 2 \n", "query", two, "--person", "me", "--consent", "own")
    for wrong in ("7", "left", "0", "²"):
        assert f"'{wrong}' is not one of them: type 1 or 2, or press Enter alone" in shown
    assert shown.count("Which one is meant?") == 5
    run("query", two, "--face", "2")
    run("query", two, "--face", "1", code=3)


@at_a_terminal
def test_no_answer_ends_with_what_to_do_and_nothing_is_kept(run: Run, two: Path) -> None:
    shown = type_at("", "query", two, "--self", code=4)
    assert shown.endswith(
        "selfsearch: no face was chosen. Run it again and answer with a number, or add --face N"
    )
    assert run("people").out == ""


@at_a_terminal
@pytest.mark.parametrize("others", ["enrolled", "beside it"])
def test_the_face_that_looks_like_the_person_is_offered_and_not_taken_silently(
    run: Run, two: Path, selfie: Path, scene: Make, others: str
) -> None:
    photographs = [two] if others == "enrolled" else [two, selfie]
    if others == "enrolled":
        run("people", "add", "me", selfie, "--consent", "own")
    refused = run("query", *photographs, "--self", code=4).err
    assert "1 (right, large), 2 (left, smaller; looks like the person)" in refused
    shown = type_at("\n", "query", *photographs, "--self")
    assert "- 2: left, smaller (looks like the person)" in shown
    assert "Enter takes 2, which looks like the person:" in shown
    type_at("1\n", "query", *photographs, "--self", code=3)


@at_a_terminal
def test_where_two_faces_look_like_the_person_none_is_offered(run: Run, enrolled: Path, scene: Make) -> None:
    twice = scene("twice", ("astronaut", 500, 30, 100), ("astronaut", 520, 700, 100))
    assert "looks like" not in run("query", twice, code=4).err
    assert "Enter takes 1, the largest:" in type_at("\n", "query", twice)


@at_a_terminal
def test_nobody_whose_consent_ended_is_compared_with(run: Run, enrolled: Path, two: Path, home: Path) -> None:
    assert "looks like" in run("query", two, code=4).err
    run("consent", "revoke", "me", "--yes")
    assert "looks like" not in run("query", two, "--self", code=4).err


def test_only_who_is_named_is_compared_with(run: Run, enrolled: Path, two: Path, tmp_path: Path) -> None:
    (tmp_path / "c.jpg").write_bytes(photos.photo("c", 1))
    run("people", "add", "c", tmp_path / "c.jpg", "--consent", "own")
    assert "looks like" not in run("query", two, code=4).err  # either may be meant
    assert "2 (left, smaller; looks like the person)" in run("query", two, "--person", "me", code=4).err
    assert "1 (right, large; looks like the person)" in run("people", "add", "c", two, code=4).err


@at_a_terminal
def test_with_open_the_pictures_are_shown_before_the_question(
    run: Run, enrolled: Path, two: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages: list[str] = []
    monkeypatch.setattr(face_choice, "show_in_browser", lambda page: not pages.append(page))
    monkeypatch.setattr(query, "show_in_browser", lambda page: not pages.append(page))
    shown = type_at("2\n", "query", two, "--open")
    assert shown.index("their pictures are in your browser, with the same numbers") < shown.index("Which one")
    assert len(pages) == 2
    assert "two.jpg shows 2 faces" in pages[0]
    assert pages[0].count("data:image/jpeg") == 2
    assert pages[0].index("right, large") < pages[0].index("left, smaller")
    run("query", two, "--open", code=4)  # without a terminal there is no question, and no page
    assert len(pages) == 2
    again = two.with_name("again.jpg")
    again.write_bytes(two.read_bytes() + b"\0")
    assert type_at("2\n2\n", "query", two, again, "--open").count("are in your browser") == 1
    assert len(pages) == 4  # of faces but one, for the report has to be shown, too


def test_a_photograph_that_goes_meanwhile_is_asked_about_without_pictures(
    run: Run, enrolled: Path, two: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(face_choice, "show_in_browser", lambda page: True)
    photo = ProbePhoto(str(two), "", (face((0, 0, 110, 100)), face((200, 0, 100, 100))))
    two.unlink()
    assert not face_choice._show_faces(None, photo)  # type: ignore[arg-type]


@at_a_terminal
def test_of_a_crowd_the_largest_are_listed(
    run: Run, two: Path, monkeypatch: pytest.MonkeyPatch, enrolled: Path
) -> None:
    monkeypatch.setattr(face_choice, "MOST_LISTED", 1)
    assert "- 1: right, large - 2: left, smaller (looks" in type_at("\n", "query", two)
    run("consent", "revoke", "me", "--yes")
    shown = type_at("", "query", two, "--self", code=4)
    assert "- 1: right, large - and 1 more, smaller than these Which" in shown


# ---- from Python ----


def test_in_python_too_the_dominant_face_is_used_and_others_are_listed(
    run: Run, home: Path, enrolled: Path, mine: Path, two: Path
) -> None:
    with selfsearch.open(home, key_folder=home.parent / "keys") as mine_:
        grant = mine_.require_consent("person", "me")
        assert mine_.query(grant, mine).probes[0].faces_found == 3
        with pytest.raises(InputError) as refused:
            mine_.query(grant, two)
        assert str(refused.value) == (
            f"{two} shows 2 faces, and none stands out. Say which is meant, with face=N: 1 (right, large), 2"
            " (left, smaller; looks like the person)"
        )
        assert mine_.query(grant, two, face=2).probes
        with pytest.raises(
            UsageError, match=r"and 3 is not one of them: give largest, or one of the numbers 1"
        ):
            mine_.query(grant, two, face=3)
        with pytest.raises(InputError, match="looks like the person"):
            mine_.enroll(grant, two)
