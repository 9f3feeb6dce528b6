"""How carefully pictures are searched: said once for a source, remembered, and made up for when it is raised.

With an engine that sees more stripes the more carefully it looks; the last tests are of real faces.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from PIL import Image

from selfsearch import api
from selfsearch.cli import options
from selfsearch.errors import ItemError, SelfsearchError
from selfsearch.library.library import open_library
from selfsearch.types import Analysis, Detail, Outcome
from selfsearch.workflows import diff, index
from tests.conftest import Run
from tests.fakes import ColourEngine, coloured
from tests.photos import encoded, picture
from tests.test_detection import SMALL, with_people

STRIPES = {Detail.FAST: 1, Detail.NORMAL: 2, Detail.THOROUGH: 9}  # how many are seen, from the left
OLDER = "searched by an earlier version, which missed many small and tilted faces"


@dataclass
class CarefulEngine(ColourEngine):
    """Sees more stripes the more carefully it looks, and notes at what it looked."""

    looks: list[tuple[str, str]] = field(default_factory=list)  # width of the picture in stripes, detail
    is_wiser: bool = False  # takes green for no face
    sees_double: bool = False  # lists every face twice
    fails: Exception | None = None
    breaks_after: int | None = None  # looks

    def analyse(self, data: bytes, kind: str | None = None, detail: Detail = Detail.NORMAL) -> Analysis:
        if self.breaks_after is not None and len(self.looks) >= self.breaks_after:
            raise SelfsearchError("stopped")
        if self.fails is not None:
            raise self.fails
        self.looks.append((str(Image.open(io.BytesIO(data)).width // 16), detail.value))
        analysis = super().analyse(data, kind)
        seen = analysis.faces[: STRIPES[detail]]
        if self.is_wiser:
            seen = tuple(face for face in seen if face.chip[0, 0, 1] < 200)
        if self.sees_double:
            shifted = (replace(face, box=(face.box[0] + 2, *face.box[1:])) for face in seen)
            seen = tuple(sorted([*seen, *shifted], key=lambda face: face.box))
        fingerprint = int.from_bytes(hashlib.sha256(data).digest()[:8], "big")  # no picture is a copy
        return replace(analysis, faces=seen, phash=fingerprint)

    def warm_up(self) -> None:
        """There is nothing to load."""

    def looked(self) -> list[tuple[str, str]]:
        """What was looked at since the last time, in the order of sizes."""
        looks, self.looks = sorted(self.looks), []
        return looks


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> CarefulEngine:
    """What the command line works with here."""
    engine = CarefulEngine()
    monkeypatch.setattr(options, "engine", lambda *_, **__: engine)
    return engine


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Three pictures, of one, three and four stripes: red is the person, seen last in the largest one."""
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "one.png").write_bytes(coloured("blue"))
    (folder / "three.png").write_bytes(coloured("red", "green", "blue"))
    (folder / "four.png").write_bytes(coloured("blue", "green", "green", "red"))
    return folder


@pytest.fixture
def me(tmp_path: Path) -> Path:
    path = tmp_path / "me.png"
    path.write_bytes(coloured("red"))
    return path


def make_older(home: Path) -> None:
    """The library as the version before this one leaves it."""
    with open_library(home, key_folder=home.parent / "keys", writing=True) as library:
        library.db.execute("update media set detail = 'normal', detection = 0")
        library.db.execute("update sources set detail = 'normal', detection = 0, scanned_with = '0'")


def faces_in(home: Path, name: str) -> list[tuple[int, float]]:
    """Number and left edge of the faces in a file, in their order."""
    with open_library(home, key_folder=home.parent / "keys") as library:
        return library.db.execute(
            "select id, x from faces where media_id = (select media_id from items where path = ?)"
            " order by ordinal",
            [name],
        ).fetchall()


# ---- remembered ----


def test_a_new_source_is_searched_normally(run: Run, engine: CarefulEngine, photos: Path) -> None:
    run("index", photos, "--consent", "own")
    assert engine.looked() == [("1", "normal"), ("3", "normal"), ("4", "normal")]


def test_what_was_said_once_counts_for_every_later_index_and_rescan(
    run: Run, engine: CarefulEngine, photos: Path
) -> None:
    run("index", photos, "--consent", "own", "--detail", "thorough")
    (photos / "two.png").write_bytes(coloured("red", "red"))
    run("index", photos)
    (photos / "five.png").write_bytes(coloured(*["red"] * 5))
    run("rescan")
    assert {detail for _, detail in engine.looks} == {"thorough"}
    assert [stripes for stripes, _ in engine.looked()] == ["1", "2", "3", "4", "5"]


def test_it_counts_for_an_archive_that_comes_to_the_same_place(
    run: Run, engine: CarefulEngine, photos: Path
) -> None:
    with zipfile.ZipFile(photos / "first.zip", "w") as archive:
        archive.writestr("five.png", coloured(*["red"] * 5))
    run("index", photos, "--consent", "own", "--detail", "thorough")
    with zipfile.ZipFile(photos / "second.zip", "w") as archive:
        archive.writestr("six.png", coloured(*["red"] * 6))
    run("rescan")
    assert ("6", "thorough") in engine.looked()


def test_another_source_is_not_concerned(
    run: Run, engine: CarefulEngine, photos: Path, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other/two.png").write_bytes(coloured("red", "red"))
    run("index", photos, "--consent", "own", "--detail", "fast")
    run("index", tmp_path / "other", "--consent", "own")
    assert engine.looked()[1] == ("2", "normal")
    listed = run("sources", "--json").json["sources"]
    assert [source["detail"] for source in listed] == ["fast", "normal"]
    said = run("sources").out
    assert "   searched fast for faces: small ones in large pictures are missed\n" in said
    assert "   searched normally for faces\n" in said


def test_a_photograph_to_search_by_is_searched_thoroughly(
    run: Run, engine: CarefulEngine, photos: Path
) -> None:
    run("index", photos, "--consent", "own", "--detail", "fast")
    engine.looked()
    run("query", photos / "three.png", "--self", "--face", "3")
    assert engine.looked() == [("3", "thorough")]


def test_another_word_is_wrong_usage(run: Run, engine: CarefulEngine, photos: Path) -> None:
    said = run("index", photos, "--consent", "own", "--detail", "slow", code=2)
    assert "--detail takes fast, normal or thorough, not 'slow'" in said.err
    assert engine.looked() == []


# ---- raised and lowered ----


def test_raised_it_looks_again_at_exactly_what_was_searched_less_carefully(
    run: Run, home: Path, engine: CarefulEngine, photos: Path
) -> None:
    run("index", photos, "--consent", "own", "--detail", "fast")
    assert [len(faces_in(home, f"{name}.png")) for name in ("one", "three", "four")] == [1, 1, 1]
    engine.looked()
    said = run("index", photos, "--detail", "thorough", "--json").json
    assert (said["searched_again"], said["new"], said["sources"][0]["detail"]) == (3, 3, "thorough")
    assert engine.looked() == [("1", "thorough"), ("3", "thorough"), ("4", "thorough")]
    assert [len(faces_in(home, f"{name}.png")) for name in ("one", "three", "four")] == [1, 3, 4]
    for words in (("--detail", "thorough"), ()):
        said = run("index", photos, *words, "--json").json
        assert (said["searched_again"], said["unchanged"], engine.looked()) == (0, 3, [])


def test_lowered_it_looks_again_at_nothing(run: Run, engine: CarefulEngine, photos: Path) -> None:
    run("index", photos, "--consent", "own")
    engine.looked()
    run("index", photos, "--detail", "fast")
    run("rescan")
    assert engine.looked() == []
    (photos / "two.png").write_bytes(coloured("red", "red"))
    run("rescan")
    assert engine.looked() == [("2", "fast")]


def test_an_archive_that_has_not_changed_is_opened_for_it_once(
    run: Run, engine: CarefulEngine, tmp_path: Path, photos: Path
) -> None:
    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as archive:
        archive.write(photos / "four.png", "four.png")
    run("index", tmp_path / "photos.zip", "--consent", "own")
    engine.looked()
    said = run("index", tmp_path / "photos.zip", "--detail", "thorough", "--json").json["sources"][0]
    assert (said["opened"], said["searched_again"], engine.looked()) == (True, 1, [("4", "thorough")])
    said = run("index", tmp_path / "photos.zip", "--detail", "thorough", "--json").json["sources"][0]
    assert (said["opened"], said["searched_again"]) == (False, 0)


def test_a_run_that_is_interrupted_goes_on(
    run: Run, engine: CarefulEngine, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "BATCH", 1)
    monkeypatch.setattr(index.os, "cpu_count", lambda: 1)
    for number in range(20):
        (photos / f"{number}.png").write_bytes(coloured("red", "blue", "red", number=number))
    run("index", photos, "--consent", "own")
    engine.looked()
    engine.breaks_after = 15
    run("index", photos, "--detail", "thorough", code=1)
    assert len(engine.looked()) == 15
    engine.breaks_after = None
    said = run("index", photos, "--json").json
    left = said["searched_again"]
    assert 8 <= left < 23, "what was stored is not looked at again"
    assert len(engine.looked()) == left
    run("rescan")
    assert engine.looked() == []


def test_a_run_over_several_places_that_is_interrupted_in_the_first_goes_on_with_all(
    run: Run, engine: CarefulEngine, photos: Path, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other/two.png").write_bytes(coloured("red", "red"))
    run("index", photos, tmp_path / "other", "--consent", "own")
    engine.looked()
    engine.breaks_after = 0
    run("index", photos, tmp_path / "other", "--detail", "thorough", code=1)
    engine.breaks_after = None
    run("rescan")
    assert engine.looked() == [(stripes, "thorough") for stripes in "1234"]


# ---- the same bytes in two sources ----


def test_of_two_sources_with_the_same_bytes_the_more_careful_one_counts(
    run: Run, home: Path, engine: CarefulEngine, photos: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "copy.png").write_bytes((photos / "four.png").read_bytes())
    run("index", photos, "--consent", "own")
    engine.looked()
    said = run("index", other, "--consent", "own", "--detail", "thorough", "--json").json
    assert (engine.looked(), said["outcomes"]) == ([("4", "thorough")], {"duplicate": 1})
    assert len(faces_in(home, "four.png")) == 4
    run("index", photos, other)
    run("rescan")
    run("index", photos, "--detail", "normal")
    assert engine.looked() == []


def test_a_picture_in_which_more_care_finds_the_first_face_counts_as_one_with_faces(
    run: Run, engine: CarefulEngine, photos: Path, tmp_path: Path
) -> None:
    engine.is_wiser = True
    (photos / "hidden.png").write_bytes(coloured("green", "green", "red"))
    (tmp_path / "other").mkdir()
    (tmp_path / "other/hidden.png").write_bytes((photos / "hidden.png").read_bytes())
    assert run("index", photos, "--consent", "own", "--json").json["outcomes"] == {"indexed": 3, "no_face": 1}
    run("index", tmp_path / "other", "--consent", "own", "--detail", "thorough")
    outcomes = [source["outcomes"] for source in run("sources", "--json").json["sources"]]
    assert outcomes == [{"indexed": 4}, {"duplicate": 1}]


# ---- what is known of faces ----


def test_faces_that_are_still_there_keep_ids_and_verdicts_and_new_ones_come(
    run: Run, home: Path, engine: CarefulEngine, photos: Path, me: Path
) -> None:
    run("index", photos, "--consent", "own", "--detail", "fast")
    (shown,) = run("query", me, "--self", "--json").json["appearances"]
    run("verdict", shown["id"], "me", "--yes")
    before = faces_in(home, "three.png")
    run("index", photos, "--detail", "thorough")
    after = run("query", me, "--json").json["appearances"]
    assert {each["id"]: each["verdict"] for each in after}[shown["id"]] == "me"
    assert len(after) == 2
    assert faces_in(home, "three.png")[0] == before[0]
    run("doctor")


def test_a_face_that_is_refused_goes_unless_somebody_gave_a_verdict_on_it(
    run: Run, home: Path, engine: CarefulEngine, photos: Path, tmp_path: Path
) -> None:
    (tmp_path / "green.png").write_bytes(coloured("green"))
    (photos / "other.png").write_bytes(coloured("blue", "green"))
    run("index", photos, "--consent", "own")
    shown = run("query", tmp_path / "green.png", "--self", "--json").json["appearances"]
    (mine,) = (one for one in shown if one["sightings"][0]["path"].endswith("other.png"))
    run("verdict", mine["id"], "me", "--yes")
    kept = faces_in(home, "other.png")
    engine.is_wiser = True
    run("index", photos, "--detail", "thorough")
    assert [len(faces_in(home, f"{name}.png")) for name in ("three", "four")] == [2, 2]
    assert faces_in(home, "other.png") == kept
    engine.is_wiser = False
    left = run("query", tmp_path / "green.png", "--json").json["appearances"]
    assert [one["id"] for one in left] == [mine["id"]]
    run("doctor")


def test_what_is_found_by_looking_more_carefully_is_told_as_such(
    run: Run, engine: CarefulEngine, photos: Path, me: Path
) -> None:
    run("index", photos, "--consent", "own", "--detail", "fast")
    run("query", me, "--self")
    run("index", photos, "--detail", "thorough")
    (photos / "posted.png").write_bytes(coloured("green", "red", number=3))
    run("rescan")
    changes = run("report", "--json").json["changes"]
    told = {Path(change["after"]["places"][0]).name: (change["kind"], change["why"]) for change in changes}
    assert told == {"four.png": ("new", diff.FOUND_AGAIN), "posted.png": ("new", None)}


def test_a_face_that_turns_out_to_be_none_is_told_as_such(
    run: Run, engine: CarefulEngine, photos: Path, tmp_path: Path
) -> None:
    (tmp_path / "green.png").write_bytes(coloured("green"))
    run("index", photos, "--consent", "own")
    run("query", tmp_path / "green.png", "--self")
    engine.is_wiser = True
    run("index", photos, "--detail", "thorough")
    (photos / "three.png").unlink()
    run("rescan")
    changes = run("report", "--json").json["changes"]
    told = {Path(change["before"]["places"][0]).name: (change["kind"], change["why"]) for change in changes}
    assert told == {"four.png": ("gone", diff.NO_FACE), "three.png": ("gone", diff.DELETED)}


def test_a_face_that_was_listed_twice_is_listed_once_and_nothing_is_told(
    run: Run, home: Path, engine: CarefulEngine, photos: Path, me: Path
) -> None:
    engine.sees_double = True
    run("index", photos, "--consent", "own", "--detail", "fast")
    engine.sees_double = False
    shown = run("query", me, "--self", "--json").json["appearances"]
    assert len(shown) == 2
    run("verdict", shown[1]["id"], "me", "--yes")
    run("index", photos, "--detail", "normal")
    run("rescan")
    assert run("report", "--json").json["changes"] == []
    left = run("query", me, "--json").json["appearances"]
    assert [(one["id"], one["verdict"]) for one in left] == [(shown[1]["id"], "me")]
    assert len(faces_in(home, "three.png")) == 2
    run("doctor")


def test_a_picture_that_was_deleted_meanwhile_keeps_its_faces(
    run: Run, home: Path, engine: CarefulEngine, photos: Path
) -> None:
    run("index", photos, "--consent", "own")
    kept = faces_in(home, "four.png")
    data = (photos / "four.png").read_bytes()
    (photos / "four.png").unlink()
    run("index", photos, "--detail", "thorough")
    assert faces_in(home, "four.png") == kept
    engine.looked()
    (photos / "four.png").write_bytes(data)
    run("rescan")
    assert engine.looked() == [("4", "thorough")]
    assert faces_in(home, "four.png")[:2] == kept


def test_a_picture_that_cannot_be_searched_more_carefully_keeps_its_faces_and_is_listed(
    run: Run, home: Path, engine: CarefulEngine, photos: Path
) -> None:
    run("index", photos, "--consent", "own")
    kept = faces_in(home, "four.png")
    engine.fails = ItemError(Outcome.FAILED, "too slow")
    said = run("index", photos, "--detail", "thorough", "--json", code=1).json
    assert (said["outcomes"], faces_in(home, "four.png")) == ({"indexed": 3}, kept)
    problem = run("status", "--problems", "--json").json["problems"][0]
    assert problem["reason"] == f"{index.NOT_MORE_CAREFULLY}: too slow"
    engine.fails = None
    engine.looked()
    run("rescan")
    assert engine.looked() == [], "it would fail, and take its time, in every run"


# ---- what an earlier version searched ----


def test_pictures_of_an_earlier_version_are_searched_again_only_when_somebody_asks(
    run: Run, home: Path, engine: CarefulEngine, photos: Path, me: Path
) -> None:
    run("index", photos, "--consent", "own")
    run("query", me, "--self")
    make_older(home)
    engine.looked()
    (photos / "two.png").write_bytes(coloured("red", "red"))
    command = f"selfsearch index {photos} --detail normal"
    said = run("index", photos)
    assert f"3 pictures were {OLDER}" in said.out
    assert command in said.out
    assert engine.looked() == [("2", "normal")]
    assert command in run("status").out
    assert command in run("sources").out
    assert run("status", "--json").json["searched_before"] == 3
    assert run("sources", "--json").json["sources"][0]["searched_before"] == 3
    assert run("rescan", "--scheduled").out == ""
    assert command in run("rescan").out, "a timer told nobody"
    assert command not in run("rescan").out, "it was told"
    assert run("rescan", "--json").json["sources"][0]["searched_before"] == 3
    assert engine.looked() == []
    said = run("index", photos, "--detail", "normal", "--json").json["sources"][0]
    assert (said["searched_again"], said["searched_before"]) == (3, 0)
    assert engine.looked() == [("1", "normal"), ("3", "normal"), ("4", "normal")]
    assert OLDER not in run("index", photos).out + run("status").out + run("sources").out
    assert engine.looked() == []


def test_what_an_earlier_version_searched_thoroughly_is_searched_thoroughly_again(
    run: Run, home: Path, engine: CarefulEngine, photos: Path
) -> None:
    run("index", photos, "--consent", "own", "--detail", "thorough")
    run("index", photos, "--detail", "normal")
    with open_library(home, key_folder=home.parent / "keys", writing=True) as library:
        library.db.execute("update media set detection = 0")
        library.db.execute("update sources set detection = 0")
    engine.looked()
    run("index", photos, "--detail", "normal")
    assert {detail for _, detail in engine.looked()} == {"thorough"}


def test_who_wants_little_care_is_not_told_of_an_earlier_version(
    run: Run, home: Path, engine: CarefulEngine, photos: Path
) -> None:
    run("index", photos, "--consent", "own")
    make_older(home)
    engine.looked()
    for _ in range(2):
        assert OLDER not in run("index", photos, "--detail", "fast").out
    assert engine.looked() == []


def test_copies_that_come_later_to_a_new_source_are_searched_as_that_is(
    run: Run, home: Path, engine: CarefulEngine, photos: Path, tmp_path: Path
) -> None:
    run("index", photos, "--consent", "own")
    make_older(home)
    engine.looked()
    (photos / "copy.png").write_bytes((photos / "one.png").read_bytes())
    run("index", photos)
    assert engine.looked() == [], "a copy there is as good as its original"
    (tmp_path / "other").mkdir()
    (tmp_path / "other/copy.png").write_bytes((photos / "four.png").read_bytes())
    run("index", tmp_path / "other", "--consent", "own")
    assert engine.looked() == [("4", "normal")]
    assert "2 pictures were" in run("index", photos).out


# ---- from Python ----


def test_a_program_says_it_as_well(home: Path, engine: CarefulEngine, photos: Path) -> None:
    keys = home.parent / "keys"
    with (
        open_library(home, key_folder=keys, create=True, writing=True) as library,
        api.Selfsearch(library, engine) as mine,  # type: ignore[arg-type]
    ):
        grant = mine.give_consent("source", photos, basis="own")
        (done,) = mine.index(grant, detail="fast")
        assert done.source.detail is Detail.FAST
        (done,) = mine.index(grant, detail=Detail.THOROUGH)
        assert done.again == 3
        assert [row.detail for row in mine.sources()] == [Detail.THOROUGH]


# ---- real faces ----


def test_faces_far_away_come_when_the_detail_is_raised_and_the_near_one_keeps_its_id(
    run: Run, tmp_path: Path, selfie: Path
) -> None:
    folder = tmp_path / "album"
    folder.mkdir()
    image = with_people(2800, 2100, 26, SMALL)
    image.paste(picture("astronaut", 0, 700), (1700, 700))
    (folder / "meadow.jpg").write_bytes(encoded(image))
    run("index", folder, "--consent", "own", "--detail", "fast")
    assert run("status", "--json").json["faces"] == 1
    (before,) = run("query", selfie, "--self", "--json").json["appearances"]
    run("index", folder, "--detail", "thorough")
    assert run("status", "--json").json["faces"] == 1 + len(SMALL)
    after = run("query", selfie, "--json").json["appearances"]
    assert before["id"] in {one["id"] for one in after}
    run("rescan")
    told = run("report", "--json").json["changes"]
    assert [change["why"] for change in told] == [diff.FOUND_AGAIN] * (len(after) - 1)
