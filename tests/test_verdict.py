"""What somebody said of an appearance goes for what they were shown, for good, and can be undone."""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import selfsearch
from selfsearch.cli import main
from selfsearch.consent import grants
from selfsearch.errors import SelfsearchError, UsageError
from selfsearch.library import changes, faces, people, verdicts
from selfsearch.library.library import Library, open_library
from selfsearch.recognition.calibration import Calibration
from selfsearch.types import Analysis, Answer, Detail
from selfsearch.workflows import diff, enroll, index
from selfsearch.workflows import verdict as naming
from selfsearch.workflows.gallery import Gallery
from selfsearch.workflows.query import Filters, query
from tests import photos
from tests.conftest import Output, Run, id_of
from tests.fakes import COLOURS, ColourEngine, coloured

if os.name == "posix":
    from tests.terminals import attached

NOW = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)


on_a_terminal = pytest.mark.skipif(os.name != "posix", reason="Windows has no pseudo-terminals of this kind")


@dataclass
class House:
    """A library of an album in which two people appear, who are enrolled as me and Ada."""

    top: Path
    run: Run

    @property
    def home(self) -> Path:
        return self.top / "library"

    @property
    def album(self) -> Path:
        return self.top / "album"

    def put(self, name: str, data: bytes) -> Path:
        path = self.album / f"{name}.jpg"
        path.write_bytes(data)
        return path

    def index(self) -> None:
        self.run("index", self.album)

    def answer(self, *words: object, photo: str = "me") -> dict[str, Any]:
        return self.run("query", self.top / f"{photo}.jpg", "--json", *words).json

    def shown(self, photo: str = "me") -> dict[str, set[str]]:
        """Id -> names of the files, of every appearance in the answer."""
        return {
            one["id"]: {Path(place["path"]).stem for place in one["sightings"]}
            for one in self.answer(photo=photo)["appearances"]
        }

    def files(self, photo: str = "me") -> set[str]:
        return set().union(*self.shown(photo).values())

    def id(self, name: str, photo: str = "me") -> str:
        """The id of the appearance that is in the file of this name."""
        (found,) = (id_ for id_, files in self.shown(photo).items() if name in files)
        return found

    def said(self) -> dict[int, tuple[str, str, bool]]:
        """Face -> who said what of it, and whether they are searched by it."""
        with self.open() as library:
            names = {person.id: person.name for person in people.all_people(library)}
            rows = library.db.execute("select face_id, person_id, verdict, in_template from verdicts")
            return {face: (names[person], value, bool(used)) for face, person, value, used in rows}

    def face(self, name: str) -> int:
        """The first face in the file of this name."""
        with self.open() as library:
            (face,) = library.db.execute(
                "select min(faces.id) from faces join items using (media_id) where path = ?", [f"{name}.jpg"]
            ).fetchone()
        return int(face)

    def open(self) -> Any:
        return open_library(self.home, key_folder=self.top / "keys")


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the house stands: what the tests make of it is put back after each."""
    top = tmp_path_factory.mktemp("verdicts")
    (top / "album").mkdir()
    pictures = {f"mine-{number}": ("astronaut", number) for number in range(2)} | {
        "ada": ("c", 1),
        "bo": ("a", 1),
    }
    for name, (person, variant) in pictures.items():
        (top / "album" / f"{name}.jpg").write_bytes(photos.photo(person, variant, side=300))
    (top / "album" / "party.jpg").write_bytes(photos.encoded(photos.group()))
    (top / "me.jpg").write_bytes(photos.photo("astronaut", 5, side=300))
    (top / "Ada.jpg").write_bytes(photos.photo("c", 5, side=300))
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"HOME": top / "library", "KEYS": top / "keys", "KEYRING": "off"}.items():
            patch.setenv(f"SELFSEARCH_{name}", str(value))
        for words in (
            ("index", top / "album", "--consent", "own"),
            ("people", "add", "me", top / "me.jpg", "--consent", "own"),
            ("people", "add", "Ada", top / "Ada.jpg", "--consent", "release", "--by", "Ada"),
        ):
            assert main([str(word) for word in words]) == 0
    for name in ("album", "library", "keys"):
        shutil.copytree(top / name, top / "untouched" / name)
    return top


@pytest.fixture
def house(original: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> House:
    for name in ("album", "library", "keys"):
        shutil.rmtree(original / name)
        shutil.copytree(original / "untouched" / name, original / name)
    monkeypatch.setenv("SELFSEARCH_HOME", str(original / "library"))
    monkeypatch.setenv("SELFSEARCH_KEYS", str(original / "keys"))
    return House(original, run)


def line_of(output: Output, begin: str) -> str:
    (line,) = (line for line in (output.out + output.err).splitlines() if line.strip().startswith(begin))
    return line.strip()


# ---- by what is on the screen ----


def test_the_number_of_a_row_marks_nothing_and_says_that_it_is_no_id(house: House) -> None:
    """Rows were numbered by answer, faces by library: row 8 was face 9, and 8 marked another person's."""
    assert len(house.shown()) == 2
    for number in ("1", "2", "8"):
        said = house.run("verdict", number, "not-me", "--yes", code=2).err
        assert f"{number} is a row number, not an id" in said
    assert house.said() == {}


def test_a_face_that_is_in_no_answer_about_the_person_cannot_be_marked(house: House) -> None:
    stranger, adas = house.face("bo"), house.face("ada")
    for id_ in (id_of(house.home, stranger), id_of(house.home, adas), "k7q2mf", "482915", "what?"):
        said = house.run("verdict", id_, "not-me", "--yes", code=2).err
        assert f"no answer about me or Ada has the id {id_!r}" in said
    said = house.run("verdict", house.id("ada", "Ada"), "me", "--person", "me", "--yes", code=2).err
    assert "no answer about me has" in said
    assert house.said() == {}


def test_the_id_says_whose_answer_it_is_in(house: House) -> None:
    house.run("verdict", house.id("ada", "Ada"), "not-me", "--yes")
    assert set(house.said().values()) == {("Ada", "not_me", False)}
    assert house.files("Ada") == {"party"}
    assert house.files() == {"mine-0", "mine-1"}


def test_which_picture_is_meant_is_shown_before_anything_is_asked(house: House) -> None:
    id_ = house.id("party", "Ada")
    said = house.run("verdict", id_, "not-me", code=2)
    assert said.err.splitlines() == [
        f"{id_}: {house.album / 'party.jpg'}",
        "    Files and folders, no date",
        f"    {line_of(said, 'almost certainly Ada (score 0.9')}",
        "    face 3 of 6, counted from the left",
        "selfsearch: nothing was changed; to go ahead without a question: --yes",
    ]
    assert house.said() == {}


@on_a_terminal
@pytest.mark.parametrize(
    ("typed", "marked"), [("y\n", {"party"}), ("n\n", {"ada", "party"}), ("\n", {"ada", "party"})]
)
def test_on_a_terminal_it_asks(house: House, typed: str, marked: set[str]) -> None:
    id_ = house.id("ada", "Ada")
    with attached(typed) as terminal:
        code = main(["verdict", id_, "not-me"])
    assert "Mark this as not Ada? It is then left out of later answers. [y/N]" in terminal.shown
    assert "counted from the left" not in terminal.shown  # nobody else is in the picture
    assert code == (0 if marked == {"party"} else 2), terminal.shown
    assert house.files("Ada") == marked


def test_a_word_that_is_no_verdict_is_refused(house: House) -> None:
    id_ = house.id("mine-0")
    assert "a verdict is me, not-me or unset, not 'maybe'" in house.run("verdict", id_, "maybe", code=2).err
    assert "go with me" in house.run("verdict", id_, "not-me", "--strengthen", "--yes", code=2).err
    house.run("verdict", id_, "NOT_ME", "--yes")
    assert house.files() == {"mine-1"}


def test_of_several_ids_all_are_marked_or_none(house: House) -> None:
    first, second = house.id("mine-0"), house.id("mine-1")
    house.run("verdict", first, "zzzzzz", "not-me", "--yes", code=2)
    said = house.run("verdict", first, house.id("ada", "Ada"), "not-me", "--yes", code=2).err
    assert "these are appearances of Ada and of me: one person at a time" in said
    assert house.said() == {}
    house.run("verdict", first, second, first, "not-me", "--yes")
    assert house.files() == set()
    assert len(house.said()) == 2


def test_it_can_be_undone_as_it_says(house: House) -> None:
    before, ids = house.shown(), sorted(house.shown())
    undo = line_of(house.run("verdict", *ids, "not-me", "--yes"), "to undo: ")
    assert house.shown() == {}
    house.run("verdict", *shlex.split(undo.partition("verdict ")[2]), "--yes")
    assert house.shown() == before
    assert house.said() == {}
    assert f"there was nothing to take back: {ids[0]}" in house.run("verdict", ids[0], "unset").out


def test_undoing_brings_back_what_was_said_before_and_not_only_takes_away(house: House) -> None:
    first, second = house.id("mine-0"), house.id("mine-1")
    house.run("verdict", first, "me", "--strengthen", "--yes")
    before, shown = house.said(), house.shown()
    undo = house.run("verdict", first, second, "not-me", "--yes", "--json").json["undo"]
    assert undo == [f"selfsearch verdict {first} me --strengthen", f"selfsearch verdict {second} unset"]
    for command in undo:
        house.run(*shlex.split(command)[1:], "--yes")
    assert (house.said(), house.shown()) == (before, shown)
    for words, then, undone in (
        ("me --no-strengthen", "me --strengthen", "me --no-strengthen"),
        ("not-me", "me --strengthen", "not-me"),
        ("not-me", "not-me", "unset"),
    ):
        house.run("verdict", first, *words.split(), "--yes")
        said = house.run("verdict", first, *then.split(), "--yes")
        assert line_of(said, "to undo: ") == f"to undo: selfsearch verdict {first} {undone}"


def test_an_id_is_read_as_people_write_it(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Crockford's base 32: o is read as 0, i and l as 1, capitals as small letters."""
    monkeypatch.setattr(people, "appearance_id", lambda library, person, face: f"k0{person.id}1{face:02}")
    me, first, second = 1, house.face("mine-0"), house.face("mine-1")
    house.run("verdict", f"KO{me}I{first:02}", f"Ko{me}l{second:02}", "not-me", "--yes")
    assert house.shown() == {}


def test_a_person_without_live_consent_is_not_marked_for(house: House) -> None:
    id_ = house.id("ada", "Ada")
    house.run("consent", "revoke", "Ada", "--yes")
    assert "no answer about me has" in house.run("verdict", id_, "not-me", "--yes", code=2).err
    assert "Ada" in house.run("verdict", id_, "not-me", "--person", "Ada", "--yes", code=3).err


def test_the_audit_log_says_that_answers_were_changed(house: House) -> None:
    house.run("verdict", house.id("mine-0"), "not-me", "--yes")
    assert "verdict: not-me" in house.run("consent", "audit", "me").out.splitlines()[-1]


def test_two_faces_with_one_id_are_both_shown_and_neither_is_marked(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "appearance_id", lambda *_: "k7q2mf")
    said = house.run("verdict", "k7q2mf", "not-me", "--yes", code=2).err
    for name in ("mine-0", "mine-1", "ada", "party"):
        assert f"{house.album / name}.jpg (face " in said
    assert house.said() == {}


def test_json_names_what_was_marked(house: House) -> None:
    id_ = house.id("mine-0")
    answer = house.run("verdict", id_, "me", "--yes", "--json").json
    assert answer == {
        "schema": "selfsearch.verdict/1",
        "person": "me",
        "verdict": "me",
        "appearances": [
            {"id": id_, "faces": [house.face("mine-0")], "paths": [str(house.album / "mine-0.jpg")]}
        ],
        "searched_by": [],
        "not_searched_by": {},
        "undo": [f"selfsearch verdict {id_} unset"],
    }
    assert house.run("verdict", id_, "unset", "--yes", "--json").json["undo"] == []


# ---- for every copy, and for good ----


def small(number: int) -> bytes:
    """The picture mine-NUMBER, smaller and compressed more."""
    return photos.encoded(photos.picture("astronaut", number, 200), quality=60)


def test_it_goes_for_every_copy_and_by_the_id_of_any(house: House) -> None:
    house.put("copy", small(0))
    house.index()
    (id_,) = (id_ for id_, files in house.shown().items() if files == {"mine-0", "copy"})
    assert id_ == id_of(house.home, house.face("mine-0")), "of the oldest face"
    other = id_of(house.home, house.face("copy"))
    said = house.run("verdict", other, "not-me", "--yes").err
    assert "also in 1 other place" in said
    assert house.files() == {"mine-1"}
    assert house.said().keys() == {house.face("mine-0"), house.face("copy")}
    (house.album / "mine-0.jpg").unlink()
    house.index()
    assert house.files() == {"mine-1"}
    house.run("verdict", id_of(house.home, house.face("copy")), "unset", "--yes")
    assert house.files() == {"mine-1", "copy"}


def test_the_answer_says_how_many_it_leaves_out(house: House) -> None:
    house.put("copy", small(0))
    house.index()
    assert house.answer()["rejected"] == 0
    house.run("verdict", house.id("mine-0"), "not-me", "--yes")
    answer = house.answer()
    assert answer["rejected"] == 1
    assert "Left out: 1 appearance that you marked as not you." in answer["summary"]["sentences"]


@pytest.mark.parametrize("kind", ["beside it", "in its place", "after it was gone"])
def test_a_rejected_face_does_not_come_back_as_new_in_a_copy(house: House, kind: str) -> None:
    house.run("rescan")
    house.run("verdict", house.id("mine-0"), "not-me", "--yes")
    if kind == "after it was gone":
        (house.album / "mine-0.jpg").unlink()
        house.run("rescan")
    house.put("mine-0" if kind == "in its place" else "copy", small(0))
    house.run("rescan", "--fail-on-new")
    assert house.run("report", "--json").json["changes"] == []
    assert house.files() == {"mine-1"}
    if kind != "beside it":
        assert house.files() == {"mine-1"}
        house.put("another", photos.encoded(photos.picture("astronaut", 0, 260), quality=70))
        house.run("rescan", "--fail-on-new")
        assert house.files() == {"mine-1"}


def test_a_rejected_face_stays_out_when_its_file_is_read_again(house: House) -> None:
    house.run("verdict", house.id("mine-0"), "not-me", "--yes")
    before = house.said()
    with house.open() as library:
        library.db.execute("delete from vectors")
        library.db.execute("delete from chips")
    house.index()
    assert house.files() == {"mine-1"}
    assert house.said().items() >= before.items(), "its face was found where it was"


def test_a_rejected_face_stays_out_with_another_pack(house: House, older: Path) -> None:
    house.run("rescan")
    house.run("verdict", house.id("mine-0"), "not-me", "--yes")
    (house.album / "mine-0.jpg").unlink()
    house.index()
    house.run("models", "add", older)
    house.run("models", "use", "buffalo_s")
    house.run("rescan")
    assert house.files() == {"mine-1"}
    house.put("copy", small(0))
    house.run("rescan", "--fail-on-new")
    assert house.files() == {"mine-1"}


def test_copies_of_what_earlier_versions_marked_alone_stay_out_too(house: House) -> None:
    house.put("copy", small(0))
    house.index()
    house.run("rescan")
    with house.open() as library:
        me = people.find_person(library, "me")
        assert me
        verdicts.save(
            library, me.id, {house.face("mine-0"): verdicts.Verdict("not_me", "2026-03-01T12:00:00Z")}
        )
    assert house.files() == {"mine-1"}
    assert house.answer()["rejected"] == 1
    house.run("rescan")
    assert house.run("report", "--json").json["changes"] == []


def test_what_was_said_of_a_copy_itself_counts(house: House) -> None:
    house.put("copy", small(0))
    house.index()
    with house.open() as library:
        me = people.find_person(library, "me")
        assert me
        said = {house.face("mine-0"): "not_me", house.face("copy"): "me"}
        verdicts.save(
            library, me.id, {face: verdicts.Verdict(value, "2026-03-01") for face, value in said.items()}
        )
    assert house.files() == {"mine-1", "copy"}


def test_what_is_taken_back_is_not_told_as_new(house: House) -> None:
    house.run("rescan")
    id_ = house.id("mine-0")
    house.run("verdict", id_, "not-me", "--yes")
    house.run("rescan")
    house.run("verdict", id_, "unset", "--yes")
    house.run("rescan", "--fail-on-new")
    assert house.run("report", "--json").json["changes"] == []
    (house.album / "mine-0.jpg").unlink()
    house.run("rescan")
    assert [change["kind"] for change in house.run("report", "--json").json["changes"]] == ["gone"]


def test_what_came_since_the_last_look_is_told_whatever_is_said_of_it(house: House) -> None:
    house.run("rescan")
    house.put("new", photos.photo("astronaut", 3, side=300))
    house.index()
    house.run("verdict", house.id("new"), "me", "--yes")
    house.run("rescan", "--fail-on-new", code=10)


# ---- what is the person ----


def test_a_confirmed_appearance_says_so(house: House) -> None:
    id_ = house.id("mine-0")
    house.run("verdict", id_, "me", "--yes")
    answer = house.answer()
    (confirmed,) = (one for one in answer["appearances"] if one["id"] == id_)
    assert (confirmed["verdict"], confirmed["in_words"]) == ("me", "you confirmed it")
    assert answer["summary"]["confirmed"] == 1
    assert "confirmed" in house.run("query", house.top / "me.jpg").out
    assert set(house.said().values()) == {("me", "me", False)}, "nobody agreed to be searched by it"


def kept(house: House, name: str = "me") -> int:
    """By how many faces a person is searched."""
    with house.open() as library:
        person = people.find_person(library, name)
        assert person
        rows = [row.id for row in grants.searchable_sources(library, datetime.now(timezone.utc))]
        embed: Any = None
        return len(people.enrolled_embeddings(library, person, 1, 128, embed, rows).embeddings)


@on_a_terminal
def test_a_confirmed_face_strengthens_the_search_if_the_user_agrees(house: House) -> None:
    id_ = house.id("mine-0")
    with attached("y\ny\n") as terminal:
        assert main(["verdict", id_, "me"]) == 0
    assert "Search for you by this face as well?" in terminal.shown
    assert f"from now on {id_} is used to search for you as well" in terminal.shown
    assert set(house.said().values()) == {("me", "me", True)}
    assert kept(house) == 2
    assert (
        f"{id_}: marked as me, {house.album / 'mine-0.jpg'}; searched by as well"
        in house.run("people", "show", "me").out
    )
    added, asked = house.run("consent", "audit", "me").out.splitlines()[-2:]
    digest = hashlib.sha256((house.album / "mine-0.jpg").read_bytes()).hexdigest()
    assert f"photograph with SHA-256 {digest[:12]}" in added
    assert "verdict: me" in asked
    house.run("consent", "verify")


@on_a_terminal
def test_no_to_the_second_question_keeps_the_verdict_alone(house: House) -> None:
    id_ = house.id("mine-0")
    with attached("y\nn\n"):
        assert main(["verdict", id_, "me"]) == 0
    assert set(house.said().values()) == {("me", "me", False)}
    assert kept(house) == 1


def test_nobody_is_searched_by_a_face_any_more_when_the_verdict_is_taken_back(house: House) -> None:
    id_ = house.id("mine-0")
    for words in (("unset",), ("not-me",), ("me", "--no-strengthen")):
        house.run("verdict", id_, "me", "--strengthen", "--yes")
        house.run("verdict", id_, "me", "--yes")
        assert kept(house) == 2, "to say it again changes nothing"
        house.run("verdict", id_, *words, "--yes")
        assert kept(house) == 1
        assert "removed" in house.run("consent", "audit", "me").out.splitlines()[-2]


def test_copies_of_a_confirmed_face_weigh_once(house: House) -> None:
    house.put("copy", small(0))
    house.index()
    house.run("verdict", house.id("mine-0"), "me", "--strengthen", "--yes")
    assert sorted(house.said().values()) == [("me", "me", True), ("me", "me", True)]
    assert kept(house) == 2
    house.put("another", photos.encoded(photos.picture("astronaut", 0, 260), quality=70))
    house.index()
    assert len(house.said()) == 3
    assert kept(house) == 2


@pytest.mark.parametrize("what", ["source", "photograph", "consent"])
def test_what_is_erased_is_searched_by_no_more(house: House, what: str) -> None:
    """The face stays under its source's key: no copy of it is kept with the person."""
    house.run("verdict", house.id("mine-0"), "me", "--strengthen", "--yes")
    assert kept(house) == 2
    with house.open() as library:
        assert library.db.table("probes").count == 2, "one of each person"
    words = {
        "source": ("forget", house.album, "--yes"),
        "photograph": ("forget", house.album / "mine-0.jpg", "--yes"),
        "consent": ("consent", "revoke", house.album, "--yes"),
    }[what]
    said = house.run(*words)
    assert "1 verdict" in said.out + said.err
    assert kept(house) == 1
    assert house.said() == {}


def test_a_restored_backup_knows_by_which_faces_somebody_is_searched(house: House, tmp_path: Path) -> None:
    house.run("backup", tmp_path / "before.zip")
    house.run("verdict", house.id("mine-0"), "me", "--strengthen", "--yes")
    house.run("restore", tmp_path / "before.zip", "--yes")
    assert set(house.said().values()) == {("me", "me", True)}
    assert kept(house) == 2
    house.run("doctor")
    house.run("export", "--plain", tmp_path / "plain")


# ---- from Python ----


def test_python_programs_get_sentences_and_may_use_the_commands_words(house: House) -> None:
    """It answered unknown faces and "not-me" with a constraint of the database."""
    ids, mine, stranger = house.shown(), house.face("mine-0"), house.face("bo")
    with selfsearch.open(house.home, key_folder=house.top / "keys") as opened:
        me = opened.require_consent("person", "me")

        def shown() -> set[str]:
            return {one.id for one in opened.query(me).appearances}

        for unknown in (10_000, -1, stranger):
            with pytest.raises(UsageError, match=f"face {unknown} is in no answer about me"):
                opened.verdict(me, unknown, "not_me")
        with pytest.raises(UsageError, match="no answer about me has the id 'zzzzzz'"):
            opened.verdict(me, "zzzzzz", "not_me")
        with pytest.raises(UsageError, match="a verdict is me, not-me or unset, not 'perhaps'"):
            opened.verdict(me, mine, "perhaps")
        with pytest.raises(SelfsearchError, match="consent for a person"):
            opened.verdict(opened.require_consent("source", house.album), mine, "me")
        for word in ("not-me", "not_me"):
            opened.verdict(me, mine, word)
            assert len(shown()) == 1
            opened.verdict(me, mine, None if word == "not_me" else "unset")
            assert shown() == set(ids)
        saved = opened.verdict(me, sorted(ids)[0], "me", strengthen=True)
        assert saved.used == (sorted(ids)[0],)


# ---- by scores that are known ----

TENTHS = Calibration(  # strong from 0.9, likely 0.8, possible 0.7; the same person from 0.8
    "colour", "colour-1", (0.5, 0.6, 0.7, 0.8, 0.9), (1e-1, 1e-2, 1e-3, 1e-4, 1e-5), (), (), 1, 1, "numbers"
)
SHADES = {
    "strong": 0.3,
    "likely": 0.4,
    "possible": 0.5,
    "weak": 0.6,
    "stranger": 1.0,
}  # name -> share of green


class PictureEngine(ColourEngine):
    """Every shade is another picture, to the perceptual hash as well, where there is one."""

    has_hash = True

    def analyse(self, data: bytes, kind: str | None = None, detail: Detail = Detail.NORMAL) -> Analysis:
        analysis = super().analyse(data, kind, detail)
        stripes = np.stack([face.embedding for face in analysis.faces]).tobytes()
        phash = int.from_bytes(hashlib.sha256(stripes).digest()[:8], "big") if self.has_hash else None
        return replace(analysis, phash=phash)


class Shades:
    """A library with one face of each shade, and somebody enrolled whose face is red."""

    def __init__(self, library: Library, folder: Path) -> None:
        self.library = library
        self.gallery = Gallery(library, PictureEngine())  # type: ignore[arg-type]
        self.gallery.calibration = TENTHS
        self.folder = folder
        grants.give(library, grants.ConsentRequest("source", str(folder), "own"), NOW)
        self.read()
        self.me = self.enroll("me", folder.parent / "me.png")

    def read(self) -> None:
        grant = grants.require(self.library, "source", str(self.folder), NOW)
        index.index(self.library, self.gallery.engine, grant, self.folder, lambda: NOW)

    def put(self, name: str, *shades: str) -> None:
        """A picture with these faces, from left to right, read at once."""
        number = len(list(self.folder.iterdir())) + 100
        (self.folder / f"{name}.png").write_bytes(coloured(*shades, number=number))
        self.read()

    def enroll(self, name: str, path: Path, *lookalikes: str) -> people.Person:
        probes = enroll.read_probes(self.gallery, [path], lambda photo: 0)
        wish = grants.ConsentRequest("person", name, "own", lookalikes=lookalikes)
        return enroll.enroll(self.gallery, wish, probes, NOW)

    def ask(self, **filters: Any) -> Answer:
        grant = grants.require(self.library, "person", "me", NOW)
        return query(self.gallery, grant, self.me, [], NOW, Filters(**filters))

    def names(self, **filters: Any) -> list[str]:
        return [Path(one.sightings[0].path).stem for one in self.ask(**filters).appearances]

    def say(self, name: str, word: str, **options: bool) -> naming.Saved:
        """Of the face in the picture of this name."""
        (id_,) = (
            one.id for one in self.ask(everything=True).found if Path(one.sightings[0].path).stem == name
        )
        named = naming.find(self.gallery, [self.me], [id_], NOW)
        grant = grants.require(self.library, "person", "me", NOW)
        return naming.save(self.gallery, grant, named, naming.parse(word), NOW, **options)


@pytest.fixture
def shades(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shades]:
    red, green = np.array(COLOURS["red"]), np.array(COLOURS["green"])
    folder = tmp_path / "shades"
    folder.mkdir()
    for number, (name, share) in enumerate(SHADES.items()):
        shade = tuple(int(value) for value in np.round(red * (1 - share) + green * share))
        monkeypatch.setitem(COLOURS, name, shade)
        (folder / f"{name}.png").write_bytes(coloured(name, number=number))
    (tmp_path / "me.png").write_bytes(coloured("red"))
    with open_library(home, key_folder=tmp_path / "keys", create=True) as library:
        yield Shades(library, folder)


def test_what_is_confirmed_is_listed_however_weak_it_is(shades: Shades) -> None:
    assert shades.names() == ["strong", "likely", "possible"]
    shades.say("weak", "me")
    assert shades.names() == ["strong", "likely", "possible", "weak"]
    assert shades.names(min_band="strong") == ["strong", "weak"]
    weak = shades.ask().appearances[-1]
    assert (weak.verdict, weak.band) == ("me", None)
    shades.say("weak", "unset")
    assert shades.names() == ["strong", "likely", "possible"]


@pytest.mark.parametrize(
    ("bits", "is_copy"),
    [(0, True), (0b111111, True), (0b1111111, False), (1 << 63, True), (None, False)],
)
def test_what_comes_later_is_a_copy_up_to_six_bits_away(
    shades: Shades, bits: int | None, is_copy: bool
) -> None:
    shades.say("strong", "not-me")
    (face,) = verdicts.of_person(shades.library, shades.me.id)
    signed = "update media set phash = ?1 where id = (select media_id from faces where id = ?2)"
    phash = shades.library.db.execute(
        "select phash from media join faces on media_id = media.id where faces.id = ?", [face]
    ).fetchone()[0]
    if bits is None:
        shades.library.db.execute(signed, [None, face])
    else:
        shades.library.db.execute(signed, [phash ^ (bits - (1 << 64) if bits >> 63 else bits), face])
    shades.put("again", "strong")
    assert len(verdicts.of_person(shades.library, shades.me.id)) == (2 if is_copy else 1)
    assert ("again" in shades.names()) is not is_copy


def test_what_has_no_perceptual_hash_is_a_copy_of_nothing(shades: Shades) -> None:
    shades.say("strong", "not-me")
    shades.gallery.engine.has_hash = False  # type: ignore[attr-defined]
    shades.put("again", "strong")
    assert "again" in shades.names()


def test_of_several_faces_only_the_one_that_was_meant_is_marked_in_a_copy(shades: Shades) -> None:
    shades.put("party", "stranger", "strong")
    shades.say("party", "not-me")
    shades.put("copy", "stranger", "strong")
    said = sorted(verdicts.of_person(shades.library, shades.me.id))
    assert len(said) == 2
    assert [row.ordinal for row in faces.find_faces(shades.library, said).values()] == [1, 1]


def test_what_is_confirmed_is_not_told_as_new(shades: Shades) -> None:
    for word in ("me", "unset"):
        diff.compare_everybody(shades.library, shades.gallery.engine, lambda: NOW)
        shades.say("weak", word)
    diff.compare_everybody(shades.library, shades.gallery.engine, lambda: NOW)
    assert changes.changes(shades.library) == []


def test_a_face_that_is_too_unlike_is_confirmed_and_not_searched_by(shades: Shades) -> None:
    for name in ("possible", "weak"):
        saved = shades.say(name, "me", strengthen=True)
        ((_, why),) = saved.refused.items()
        assert why == "it does not look enough like the photographs that are kept of me"
        assert saved.used == ()
    said = verdicts.of_person(shades.library, shades.me.id).values()
    assert {(each.value, each.in_template) for each in said} == {("me", False)}
    assert shades.ask().appearances[0].score == pytest.approx(0.93, abs=0.01), "the template is what it was"


def test_a_face_that_is_like_enough_finds_more(shades: Shades) -> None:
    before = {Path(one.sightings[0].path).stem: one.score for one in shades.ask(everything=True).found}
    assert shades.say("likely", "me", strengthen=True).refused == {}
    after = {Path(one.sightings[0].path).stem: one.score for one in shades.ask(everything=True).found}
    assert after["possible"] > before["possible"] + 0.02
    assert after.keys() == before.keys(), "and nobody else"


def test_a_face_that_looks_more_like_somebody_else_is_not_searched_by(shades: Shades, tmp_path: Path) -> None:
    (tmp_path / "other.png").write_bytes(coloured("likely", number=77))
    shades.enroll("other", tmp_path / "other.png", "me")
    saved = shades.say("likely", "me", strengthen=True)
    assert list(saved.refused.values()) == [
        "it looks more like somebody else who is enrolled in this library"
    ]
    assert saved.used == ()


def test_nothing_is_kept_when_a_face_is_gone_meanwhile(shades: Shades) -> None:
    named = naming.find(shades.gallery, [shades.me], [one.id for one in shades.ask().found], NOW)
    assert len(named) == 3
    shades.library.db.execute("delete from faces where id = ?", [named[2].faces[0]])
    grant = grants.require(shades.library, "person", "me", NOW)
    with pytest.raises(UsageError, match="nothing was kept"):
        naming.save(shades.gallery, grant, named, "not_me", NOW)
    assert verdicts.of_person(shades.library, shades.me.id) == {}


def test_a_verdict_on_what_a_larger_library_lists_no_more_can_be_taken_back(shades: Shades) -> None:
    (id_,) = (one.id for one in shades.ask(everything=True).found if one.band is None)
    shades.say("weak", "not-me")
    (named,) = naming.find(shades.gallery, [shades.me], [id_], NOW)
    assert named.appearance.verdict == "not_me"
    assert [each.id for each in naming.judged(shades.gallery, shades.me, NOW)] == [id_]
