"""What a re-scan makes of two looks: what is new, gone or moved, what only seems so, and what is told once.

In small libraries whose faces are stripes of colour; the whole way is in test_rescan.py.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from selfsearch.consent import grants
from selfsearch.library import changes, items, people, sources, verdicts
from selfsearch.library.changes import Change, Snapshot, State
from selfsearch.library.library import Library, open_library
from selfsearch.recognition.calibration import Calibration
from selfsearch.types import EXPOSURES, Analysis, Detail, isoformat
from selfsearch.workflows import diff, enroll, index
from selfsearch.workflows.gallery import Gallery
from selfsearch.workflows.query import query
from tests.fakes import ColourEngine, coloured

NOW = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
TENTHS = Calibration(  # strong from 0.9, likely 0.8, possible 0.7
    "colour", "colour-1", (0.5, 0.6, 0.7, 0.8, 0.9), (1e-1, 1e-2, 1e-3, 1e-4, 1e-5), (), (), 1, 1, "numbers"
)
PICTURES = {  # the face that is looked for is red; each is another picture
    "first": ("red", "blue"), "second": ("blue", "red"), "third": ("green", "blue", "red"),
    "fourth": ("red", "green", "green", "blue"), "nobody": ("blue", "green"),
}  # fmt: skip
NOT_ME = verdicts.Verdict("not_me", isoformat(NOW))
Told = tuple[str, list[str], list[str], "str | None"]  # kind, where it is now, where it was, why


class PictureEngine(ColourEngine):
    """Other stripes are another picture, to the perceptual hash as well."""

    def analyse(self, data: bytes, kind: str | None = None, detail: Detail = Detail.NORMAL) -> Analysis:
        analysis = super().analyse(data, kind, detail)
        stripes = np.stack([face.embedding for face in analysis.faces]).tobytes()
        return replace(analysis, phash=int.from_bytes(hashlib.sha256(stripes).digest()[:8], "big"))


@dataclass
class World:
    """A library, a folder, and somebody who is looked for in it."""

    library: Library
    folder: Path
    engine: Any = field(default_factory=PictureEngine)
    now: datetime = NOW

    def put(self, name: str, picture: str | None = None, number: int = 0) -> Path:
        path = self.folder / f"{name}.png"
        path.write_bytes(coloured(*PICTURES[picture or name], number=number))
        return path

    def read(self, folder: Path | None = None, days: int = 365) -> None:
        folder = folder or self.folder
        if not grants.live(self.library, "source", [str(folder)], self.now):
            wish = grants.ConsentRequest("source", str(folder), "own", lasts=timedelta(days=days))
            grants.give(self.library, wish, self.now)
        grant = grants.require(self.library, "source", str(folder), self.now)
        index.index(self.library, self.engine, grant, folder, lambda: self.now)

    def compare(self) -> diff.ComparisonResult:
        return diff.compare_everybody(self.library, self.engine, lambda: self.now)

    def look(self) -> list[Told]:
        """Compare, and tell what was not told before."""
        self.compare()
        untold = changes.changes(self.library, untold=True)
        changes.mark_told(self.library, untold, isoformat(self.now))
        return [(one.kind, names(one.after), names(one.before), one.why) for one in untold]

    def look_again(self) -> list[Told]:
        """The same after reading the folder."""
        self.read()
        return self.look()


def names(state: State | None) -> list[str]:
    return sorted(Path(place).stem for place in state.places) if state else []


def enrolled(world: World, photograph: Path) -> people.Person:
    gallery = Gallery(world.library, world.engine)
    probes = enroll.read_probes(gallery, [photograph], lambda photo: 0)
    return enroll.enroll(gallery, grants.ConsentRequest("person", "me", "own"), probes, NOW)


@pytest.fixture
def world(home: Path, tmp_path: Path) -> Iterator[World]:
    """Two pictures of the person and one of others, looked at once."""
    folder = tmp_path / "photos"
    folder.mkdir()
    (tmp_path / "me.png").write_bytes(coloured("red"))
    with open_library(home, key_folder=tmp_path / "keys", create=True) as library:
        world = World(library, folder)
        for name in ("first", "second", "nobody"):
            world.put(name)
        world.read()
        enrolled(world, tmp_path / "me.png")
        assert world.compare().first == {"me": 2}
        assert changes.changes(library) == []
        yield world


# ---- what is told ----


def test_what_did_not_change_is_not_told(world: World) -> None:
    assert world.look_again() == []
    world.put("nobody", number=7)
    assert world.look_again() == []


def test_a_new_picture_is_new_once(world: World) -> None:
    world.put("third")
    assert world.look_again() == [("new", ["third"], [], None)]
    assert world.look_again() == []


def test_a_deleted_picture_is_gone_and_one_with_something_else_in_it_was_replaced(world: World) -> None:
    (world.folder / "first.png").unlink()
    world.put("second", "nobody", number=3)
    assert world.look_again() == [
        ("gone", [], ["first"], diff.DELETED), ("gone", [], ["second"], diff.REPLACED),
    ]  # fmt: skip


def test_a_renamed_picture_has_moved(world: World) -> None:
    (world.folder / "first.png").rename(world.folder / "renamed.png")
    assert world.look_again() == [("moved", ["renamed"], ["first"], None)]


def test_a_copy_is_a_place_more_of_the_same_appearance(world: World) -> None:
    world.put("copy", "first", number=5)
    assert world.look_again() == [("moved", ["copy", "first"], ["first"], None)]
    (world.folder / "first.png").unlink()
    assert world.look_again() == [("moved", ["copy"], ["copy", "first"], None)]


@pytest.mark.parametrize(
    ("first", "third", "told"),
    [
        (0, 0b111111, ("moved", ["first", "third"], ["first"], None)),  # six bits of 64
        (0, 0b1111111, ("new", ["third"], [], None)),
        (None, None, ("new", ["third"], [], None)),  # nothing says that they are copies
        (0, None, ("new", ["third"], [], None)),
    ],
)
def test_pictures_that_differ_in_six_bits_at_most_are_copies(
    world: World, first: int | None, third: int | None, told: Told
) -> None:
    world.put("third")
    world.read()
    for name, phash in (("first", first), ("third", third)):
        world.library.db.execute(
            "update media set phash = ? where id = (select media_id from items where path = ?)",
            [phash, f"{name}.png"],
        )
    assert world.look() == [told]


def test_other_faces_in_pictures_that_look_alike_are_other_appearances(world: World) -> None:
    world.library.db.execute("update media set phash = 0")
    first, second = sorted(memory(world))
    (other,) = world.library.db.execute(
        "select min(faces.id) from faces join items using (media_id) where path = 'nobody.png'"
    ).fetchone()
    gallery = Gallery(world.library, world.engine)
    assert diff.group_faces(gallery, [first], [second, other], {}) == [[first, second]]


def test_an_edited_picture_continues_its_appearance(world: World) -> None:
    world.put("first", number=9)
    assert world.look_again() == []


def test_who_can_see_it_is_told_with_both_levels(world: World) -> None:
    said(world, "first", "network")
    assert audiences(world) == [(None, "network")]  # a plain file says nothing
    for was, now in (("network", "public"), ("public", "private"), ("private", "unknown")):
        said(world, "first", now)
        assert audiences(world) == [(was, now)]
        assert audiences(world) == []


def test_what_an_export_adds_without_a_wider_audience_is_another_place(world: World) -> None:
    for exposure in ("unknown", "private"):
        said(world, "first", exposure)
        assert world.look() == []
        said(world, "first", None)
        assert world.look() == []


def test_a_place_that_is_gone_says_nothing_of_who_can_see_the_others(world: World, tmp_path: Path) -> None:
    """Deleting a download does not take a post down."""
    for name, exposure in (("first", "private"), ("copy", "public")):
        world.put(name, "first", number=len(name))
        world.read()
        said(world, name, exposure)
        world.look()
    (world.folder / "copy.png").unlink()
    assert world.look_again() == [("moved", ["first"], ["copy", "first"], None)]


def test_a_narrower_word_of_a_newer_export_makes_nothing_narrower(world: World, tmp_path: Path) -> None:
    """Who could see it when the older one was made may have seen it."""
    said(world, "first", "public")
    said(world, "second", "public")
    world.look()
    exports(world, tmp_path)
    for exposure in ("public", "private"):
        world.library.db.execute(
            "update sightings set platform = 'p', exposure = ? where item_id > 3", [exposure]
        )
        assert audiences(world) == []


Step = tuple[str, Any]  # copy or remove a plain file by its number, or say who can see it


@given(
    steps=st.lists(
        st.one_of(
            st.tuples(st.sampled_from(["copy", "remove"]), st.integers(1, 3)),
            st.tuples(st.just("say"), st.sampled_from(EXPOSURES)),
        ),
        min_size=1, max_size=6,
    )
)  # fmt: skip
@settings(max_examples=25, suppress_health_check=list(HealthCheck))
def test_plain_copies_change_no_audience_and_an_exports_word_does(world: World, steps: list[Step]) -> None:
    said(world, "first", "private")
    audiences(world)
    current = "private"
    for step, what in steps:
        path = world.folder / f"copy-{what}.png"
        if step == "copy":
            world.put(path.stem, "first", number=10 + what)
        elif step == "remove":
            path.unlink(missing_ok=True)
        else:
            said(world, "first", what.value)
        world.read()
        then, current = current, what.value if step == "say" else current
        assert audiences(world) == ([(then, current)] if then != current else [])
    for copy in world.folder.glob("copy-*"):
        copy.unlink()
    world.read()
    assert audiences(world) == []


@pytest.mark.parametrize(
    ("noted", "places", "said_now", "told"),
    [
        ("private", ["first"], "private", []),  # a plain copy that came since makes no difference
        ("public", ["first"], "private", [("public", "private")]),
        ("unknown", ["first"], "public", [("unknown", "public")]),
        ("unknown", ["first", "copy"], "private", []),  # a plain copy made it unknown
        ("public", ["first", "elsewhere"], "private", []),  # what is gone may have been the public one
        ("unknown", ["first", "elsewhere"], "public", []),
    ],
)
def test_what_version_1_0_noted_gives_no_false_alarm(
    world: World, noted: str, places: list[str], said_now: str, told: list[tuple[str, str]]
) -> None:
    """It noted the widest exposure of all places alone."""
    world.put("copy", "first", number=9)
    world.read()
    said(world, "first", said_now)
    world.compare()
    now, here = memory(world), [str(world.folder / f"{name}.png") for name in places]
    then = {face: State(one.score, one.band, noted, tuple(here)) if "first" in names(one) else one
            for face, one in now.items() if names(one) != ["copy"]}  # fmt: skip
    changes.save_snapshot(world.library, 1, Snapshot(then, "colour-1", 9), [], isoformat(NOW))
    assert changes.load_snapshot(world.library, 1).states == then
    changes.mark_told(world.library, changes.changes(world.library), "2026")
    assert audiences(world) == told
    assert all(one.exposures is not None for one in memory(world).values())
    assert audiences(world) == []


def said(world: World, name: str, exposure: str | None) -> None:
    """Let this file be one of an export that says who can see it; None: a plain file."""
    world.library.db.execute(
        """
        update sightings set platform = ?, exposure = ?
        where item_id in (select id from items where path = ?)
        """,
        ["instagram" if exposure else "folder", exposure or "unknown", f"{name}.png"],
    )


def audiences(world: World) -> list[tuple[str | None, str | None]]:
    """Who could see an appearance before and who can now, of each that is told as seen by others."""
    world.compare()
    untold = changes.changes(world.library, untold=True)
    changes.mark_told(world.library, untold, isoformat(world.now))
    return [
        (one.before and one.before.audience, one.after and one.after.audience)
        for one in untold
        if one.kind == "exposure"
    ]


def test_somebody_elses_face_is_neither_gone_nor_new_again(world: World) -> None:
    (face,) = (face for face, state in memory(world).items() if names(state) == ["first"])
    person = people.find_person(world.library, "me")
    assert person
    verdicts.save(world.library, person.id, {face: NOT_ME})
    assert world.look_again() == []
    assert [names(state) for state in memory(world).values()] == [["second"]]


def memory(world: World) -> dict[int, State]:
    return changes.load_snapshot(world.library, 1).states


def test_a_verdict_takes_back_what_was_not_told_yet(world: World) -> None:
    world.put("third")
    world.read()
    world.compare()
    found = changes.changes(world.library)
    assert changes.denied(world.library, found) == set()
    person = people.find_person(world.library, "me")
    assert person
    verdicts.save(world.library, person.id, {found[0].face: NOT_ME})
    assert changes.denied(world.library, found) == {found[0].id}
    assert changes.denied(world.library, []) == set()


def test_nobody_is_looked_for_without_consent_or_photograph(world: World) -> None:
    people.save_person(world.library, "she", isoformat(NOW))
    grants.give(world.library, grants.ConsentRequest("person", "she", "own"), NOW)
    world.put("third")
    world.read()
    assert world.compare().people == ["me"]
    world.now = NOW + timedelta(days=366)
    assert world.compare().people == []


def test_of_copies_that_score_alike_the_first_face_stands_for_the_appearance(world: World) -> None:
    world.put("third")
    world.put("another", "third", number=4)
    assert world.look_again() == [("new", ["another", "third"], [], None)]
    assert changes.changes(world.library)[0].face == min(
        face for face, one in memory(world).items() if {*names(one)} & {"another", "third"}
    )


def test_a_face_without_an_embedding_counts_as_the_same_in_the_same_picture() -> None:
    red, green = np.array([1, 0], np.float32), np.array([0, 1], np.float32)
    assert diff._agree(None, red)
    assert diff._agree(red, None)
    assert diff._agree(red, red)
    assert not diff._agree(red, green)


# ---- the first answer ----


@pytest.fixture
def unseen(world: World) -> World:
    """The same, where nobody was told of anything."""
    world.library.db.execute("update people set looked_at = null, seen_pack = null, seen_media = null")
    world.library.db.execute("delete from appearances")
    assert changes.since(world.library, 1) is None
    return world


def answered(world: World, **changed: Any) -> bool:
    """Ask, and note the answer if it is the first; whether it was."""
    gallery = Gallery(world.library, world.engine)
    person = people.find_person(world.library, "me")
    assert person
    grant = grants.require(world.library, "person", "me", world.now)
    answer = replace(query(gallery, grant, person, [], world.now), **changed)
    baseline = diff.prepare_baseline(gallery, person, answer, lambda: world.now)
    if baseline is not None:
        diff.save_baseline(world.library, baseline)
    return baseline is not None


def test_the_first_answer_is_noted_and_later_ones_are_not(unseen: World) -> None:
    first = isoformat(unseen.now)
    assert answered(unseen)
    assert sorted(name for one in memory(unseen).values() for name in names(one)) == ["first", "second"]
    assert changes.since(unseen.library, 1) == changes.Since(first, "query")
    unseen.put("third")
    unseen.read()
    unseen.now += timedelta(days=1)
    assert not answered(unseen)
    assert len(memory(unseen)) == 2
    result = unseen.compare()
    assert (result.first, result.unnoted) == ({}, [])
    assert result.since == {"me": changes.Since(first, "query")}
    assert [one.kind for one in changes.changes(unseen.library)] == ["new"]


def test_of_two_first_answers_at_once_the_first_counts(unseen: World) -> None:
    gallery = Gallery(unseen.library, unseen.engine)
    person = people.find_person(unseen.library, "me")
    assert person
    answer = diff._query_person(gallery, person, lambda: NOW)
    assert answer
    later = diff.prepare_baseline(gallery, person, answer, lambda: NOW)
    assert later
    assert answered(unseen, asked_at="2026-02-01T00:00:00+00:00")
    diff.save_baseline(unseen.library, later)
    assert changes.since(unseen.library, 1) == changes.Since("2026-02-01T00:00:00+00:00", "query")


def test_what_the_photographs_of_the_question_found_was_told_as_well(unseen: World) -> None:
    """It is no match by the person's own photographs alone, but neither new later nor gone untold."""
    unseen.put("third")
    unseen.read()
    gallery = Gallery(unseen.library, unseen.engine)
    person = people.find_person(unseen.library, "me")
    assert person
    answer = diff._query_person(gallery, person, lambda: NOW)
    assert answer
    own = [one for one in answer.found if Path(one.sightings[0].path).stem == "nobody"]
    assert own == []
    (other,) = unseen.library.db.execute(
        "select min(faces.id) from faces join items using (media_id) where path = 'nobody.png'"
    ).fetchone()
    place = replace(answer.found[0].sightings[0], path=str(unseen.folder / "nobody.png"))
    more = replace(answer.found[0], face=other, sightings=(place,))
    assert answered(unseen, found=(*answer.found, more))
    assert memory(unseen)[other].band is None
    assert unseen.look_again() == []
    (unseen.folder / "nobody.png").unlink()
    assert unseen.look_again() == [("gone", [], ["nobody"], diff.DELETED)]


def test_weak_resemblances_that_were_asked_for_are_not_noted(unseen: World, rated: World) -> None:
    rated.library.db.execute("update people set looked_at = null")
    rated.library.db.execute("delete from appearances")
    gallery = Gallery(rated.library, rated.engine)
    person = people.find_person(rated.library, "me")
    assert person
    answer = diff._query_person(gallery, person, lambda: NOW)
    assert answer
    weak = replace(answer.found[0], face=999, band=None)
    assert answered(rated, found=(weak,))
    assert 999 not in memory(rated)


def test_a_face_that_was_not_recognised_before_is_new_in_a_photograph_that_was_read_before(
    world: World,
) -> None:
    states = memory(world)
    first = min(states)
    media, _ = changes.newest(world.library)
    changes.save_snapshot(world.library, 1, Snapshot({first: states[first]}, "colour-1", media), [], "2026")
    assert [(kind, why) for kind, *_, why in world.look()] == [("new", diff.READ_BEFORE)]
    changes.save_snapshot(world.library, 1, Snapshot({first: states[first]}, "colour-1", 0), [], "2026")
    assert [(kind, why) for kind, *_, why in world.look()] == [("new", None)]


def test_since_when_changes_are_told(world: World) -> None:
    assert changes.since(world.library, 1) == changes.Since(isoformat(NOW), "first")
    assert changes.last_rescan(world.library) is None
    changes.mark_announced(world.library, [], "2026-04-01", people=["me"])
    assert changes.since(world.library, 1) == changes.Since("2026-04-01", "re-scan")
    people.save_person(world.library, "she", isoformat(NOW))
    changes.mark_announced(world.library, [], "2026-05-01", people=["she"])
    assert changes.since(world.library, 1) == changes.Since("2026-04-01", "re-scan")
    assert changes.last_rescan(world.library) == "2026-05-01"


def test_who_got_answers_that_nobody_noted_is_named_at_the_first_look(unseen: World) -> None:
    people.save_query(unseen.library, people.AuditedQuestion("2026", "me", "", "answered", 2))
    result = unseen.compare()
    assert (result.first, result.unnoted, result.since) == ({"me": 2}, ["me"], {})
    result = unseen.compare()
    assert (result.first, result.unnoted) == ({}, [])
    assert result.since == {"me": changes.Since(isoformat(NOW), "first")}


def test_new_content_without_a_match_counts_as_read_before_at_the_next_look(world: World) -> None:
    world.put("nobody", number=5)
    assert world.look_again() == []
    assert changes.load_snapshot(world.library, 1).media == changes.newest(world.library)[0]


def test_only_answered_questions_count_as_asked(world: World) -> None:
    person = people.find_person(world.library, "me")
    assert person
    for purpose, outcome, asked in (("re-scan", "answered", False), ("", "refused", False),
                                    ("", "answered", True)):  # fmt: skip
        people.save_query(world.library, people.AuditedQuestion("2026", "me", purpose, outcome, None))
        assert people.was_asked(world.library, person) is asked


# ---- what only seems to have changed ----


def test_a_source_whose_consent_ended_is_not_gone_and_comes_back_untold(world: World, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "third.png").write_bytes(coloured(*PICTURES["third"]))
    world.read(other, days=10)
    assert world.look() == [("new", ["third"], [], None)]
    world.now = NOW + timedelta(days=11)
    assert world.look() == []
    assert sorted(name for state in memory(world).values() for name in names(state)) == [
        "first", "second", "third",
    ]  # fmt: skip
    grants.renew(world.library, "source", str(other), world.now)
    assert world.look() == []


def test_a_picture_in_two_sources_of_which_one_is_closed_keeps_its_widest_exposure(
    world: World, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "copy.png").write_bytes((world.folder / "first.png").read_bytes())
    world.read(other, days=10)
    said(world, "copy", "public")
    assert [kind for kind, *_ in world.look()] == ["exposure"]
    world.now = NOW + timedelta(days=11)
    assert world.look() == []
    (state,) = (state for state in memory(world).values() if "first" in names(state))
    assert (names(state), state.exposure) == (["copy", "first"], "public")


@pytest.fixture
def rated(world: World) -> World:
    """The same, with a pack whose scores have bands."""
    world.engine = with_pack(revision="colour-1", calibration=TENTHS)
    world.look()
    return world


def with_pack(**changed: Any) -> ColourEngine:
    engine = PictureEngine()
    engine.pack = SimpleNamespace(**{**vars(ColourEngine.pack), **changed})  # type: ignore[assignment,misc]
    return engine


def test_a_surer_match_is_told_and_a_larger_library_is_not(rated: World) -> None:
    states = {
        face: State(state.score, "likely", state.exposure, state.places)
        for face, state in memory(rated).items()
    }
    for score, told in ((0.0, []), (0.0004, []), (0.0006, ["band"])):
        (first, *_), others = states, dict(list(states.items())[1:])
        state = states[first]
        moved = State(state.score - score, "likely", state.exposure, state.places)
        changes.save_snapshot(rated.library, 1, Snapshot({first: moved, **others}, "colour-1", 9), [], "2026")
        assert [kind for kind, *_ in rated.look()] == told, score


def test_what_falls_under_every_band_is_told_when_it_was_above_them(rated: World) -> None:
    states = memory(rated)
    (first, *_) = states
    for score, told in ((0.75, ["band"]), (0.7, ["band"]), (0.69, [])):
        weak = State(score, "possible", "unknown", states[first].places)
        changes.save_snapshot(
            rated.library, 1, Snapshot({**states, first: weak}, "colour-1", 9), [], isoformat(NOW)
        )
        person = people.find_person(rated.library, "me")
        assert person
        answer = diff._query_person(Gallery(rated.library, rated.engine), person, lambda: NOW)
        assert answer
        without = tuple(one for one in answer.found if one.face != first)
        look = diff.Diff(
            Gallery(rated.library, rated.engine), person, replace(answer, found=without),
            changes.load_snapshot(rated.library, 1), lambda: NOW,
        )  # fmt: skip
        assert [change.kind for change in look.changes()] == told, score
        assert look.after[first].band is None


def test_another_pack_is_counted_and_not_told(world: World) -> None:
    world.engine = with_pack(name="other", revision="colour-2")
    world.read()
    result = world.compare()
    assert result.recounted == {"me": diff.Recount(0, 0)}
    assert result.first == {}
    assert changes.changes(world.library) == []
    assert world.compare().recounted == {}
    states = memory(world)
    first, _ = states
    changes.save_snapshot(world.library, 1, Snapshot({first: states[first]}, "colour-1", 9), [], "2026")
    assert world.compare().recounted == {"me": diff.Recount(1, 0)}
    media, _ = changes.newest(world.library)
    world.put("third")
    world.read()
    changes.save_snapshot(world.library, 1, Snapshot(states, "colour-1", media), [], "2026")
    assert [kind for kind, *_ in world.look()] == ["new"]


def test_what_another_pack_finds_no_more_is_counted_when_it_is_still_there(world: World) -> None:
    (blue,) = world.library.db.execute(
        "select min(faces.id) from faces join items using (media_id) where path = 'nobody.png'"
    ).fetchone()
    place = str(world.folder / "nobody.png")
    states = {face: replace(one, score=0.5) for face, one in memory(world).items()}
    for more, fewer in ((states, 0), ({**states, blue: state(0.9, "strong", "unknown", place)}, 1)):
        changes.save_snapshot(world.library, 1, Snapshot(more, "older", 9), [], isoformat(NOW))
        assert world.compare().recounted == {"me": diff.Recount(0, fewer)}
        assert changes.changes(world.library) == []


def test_another_packs_surer_match_is_not_told(rated: World) -> None:
    states = {face: replace(state, band="likely", score=0.5) for face, state in memory(rated).items()}
    for pack, told in (("older", []), ("colour-1", ["band", "band"])):
        changes.save_snapshot(rated.library, 1, Snapshot(states, pack, 9), [], isoformat(NOW))
        assert [kind for kind, *_ in rated.look()] == told


# ---- exports ----


def exports(world: World, tmp_path: Path, *, same_account: bool = True) -> None:
    """The folder is an export that a second folder, with its second picture alone, took the place of."""
    newer = tmp_path / "newer"
    newer.mkdir()
    (newer / "second.png").write_bytes((world.folder / "second.png").read_bytes())
    world.read(newer)
    for number, account in ((1, "me"), (2, "me" if same_account else "she")):
        world.library.db.execute(
            "update sources set platform = 'p', account = ?, exported_at = ? where id = ?",
            [account, f"2026-0{number}-05T00:00:00", number],
        )
    sources.update_source(world.library, 1, successor=2)


def test_what_a_newer_export_lacks_is_gone_with_its_day_and_what_it_has_is_not_moved(
    world: World, tmp_path: Path
) -> None:
    exports(world, tmp_path)
    assert world.look() == [("gone", [], ["first"], "no longer in the newer export of 2026-02-05")]


def test_an_export_without_a_day_is_told_without_one(world: World, tmp_path: Path) -> None:
    exports(world, tmp_path)
    world.library.db.execute("update sources set exported_at = null")
    assert [why for *_, why in world.look()] == ["no longer in the newer export"]


def test_exports_that_replace_one_another_in_a_ring_do_not_hang(world: World, tmp_path: Path) -> None:
    exports(world, tmp_path)
    sources.update_source(world.library, 2, successor=1)
    addresses = [str(world.folder / "first.png")]
    history = diff.PlaceHistory(world.library, sources.all_sources(world.library), addresses)
    assert history.is_replaced(addresses[0])


def test_exports_of_one_account_hold_the_same_place_and_those_of_two_do_not(
    world: World, tmp_path: Path
) -> None:
    exports(world, tmp_path)
    sources.update_source(world.library, 1, successor=None)
    old, new = str(world.folder / "second.png"), str(tmp_path / "newer" / "second.png")

    def is_moved(before: list[str], after: list[str]) -> bool:
        rows = sources.all_sources(world.library)
        return diff.PlaceHistory(world.library, rows, [old, new, "/elsewhere"]).is_moved(before, after)

    assert not is_moved([old], [new])
    assert not is_moved([old], [old, new])
    assert not is_moved([old, new], [new])
    assert is_moved([old], [old, "/elsewhere"])
    assert not is_moved([old, "/elsewhere"], [old])  # nothing is known of it: erased long after it went
    world.library.db.execute("update sources set account = 'she' where id = 2")
    assert is_moved([old], [new])
    assert is_moved([old], [old, new])
    assert is_moved([old, new], [new])
    world.library.db.execute("update sources set account = null")
    assert is_moved([old], [new])


# ---- appearances as one ----


def state(score: float, band: str | None, exposure: str, *places: str) -> State:
    return State(score, band, exposure, places)


def test_faces_of_one_appearance_are_told_by_the_best_of_each() -> None:
    merged = diff.merge_states(
        [
            state(0.7, "possible", "private", "/b"),
            state(0.9, "strong", "network", "/c", "/a"),
            state(0.8, None, "unknown", "/b"),
        ]
    )
    assert merged == state(0.9, "strong", "network", "/a", "/b", "/c")
    assert diff.merge_states([state(0.1, None, "public", "/a")]) == state(0.1, None, "public", "/a")
    assert diff.merge_states([]) is None


def test_a_state_knows_who_can_see_it_at_each_place() -> None:
    known = State.of(0.9, "strong", {"/b": "private", "/a": None, "/c": "network"})
    assert (known.places, known.exposure, known.audience) == (("/a", "/b", "/c"), "network", "network")
    assert known.by_place == {"/a": None, "/b": "private", "/c": "network"}
    assert known.within(["/b", "/a"]) == State.of(0.9, "strong", {"/a": None, "/b": "private"})
    assert known.within(["/b", "/a"]).exposure == "unknown"  # as in an answer, where plain files count
    assert known.within(["/b", "/a"]).audience == "private"
    assert State.of(0.9, None, {"/a": None}).audience is None
    assert State.of(0.9, None, {}).exposure == "unknown"
    older = state(0.9, "strong", "private", "/a", "/b")
    assert older.within(["/b"]) == state(0.9, "strong", "private", "/b")
    assert older.audience == "private"
    assert older.as_dict() == {
        "score": 0.9, "band": "strong", "exposure": "private", "audience": "private", "places": ["/a", "/b"],
    }  # fmt: skip
    one, other = State.of(0.5, None, {"/a": "public"}), State.of(0.7, "likely", {"/b": None})
    assert diff.merge_states([one, other]) == State.of(0.7, "likely", {"/a": "public", "/b": None})


@pytest.mark.parametrize(
    ("pairs", "groups"),
    [
        ([], [[1], [2], [3]]),
        ([(1, 2)], [[1, 2], [3]]),
        ([(3, 1)], [[1, 3], [2]]),
        ([(1, 2), (2, 3)], [[1, 2, 3]]),
        ([(1, 9), (3, 9)], [[1, 3, 9], [2]]),
        ([(1, 9), (9, 8), (8, 7), (7, 3)], [[1, 3, 7, 8, 9], [2]]),
    ],
)
def test_groups_are_what_is_connected(pairs: list[tuple[int, int]], groups: list[list[int]]) -> None:
    assert diff._connected([1, 2, 3], pairs) == groups


# ---- the book of changes ----


@pytest.fixture
def book(world: World) -> Callable[..., list[int]]:
    """Three changes, of 1, 2 and 3 March; which of them are read back."""
    some = state(0.9, "strong", "public", "/a")
    written = [
        Change("me", "gone", 7, some, None, f"2026-03-0{day}T00:00:00+00:00", f"why {day}")
        for day in (1, 2, 3)
    ]
    changes.save_snapshot(world.library, 1, Snapshot({7: some}, "colour-1", 5), written, "2026")
    return lambda **wanted: [int(one.at[9]) for one in changes.changes(world.library, **wanted)]


def test_changes_are_read_back_as_they_were_written(world: World, book: Callable[..., list[int]]) -> None:
    one = changes.changes(world.library)[0]
    some = state(0.9, "strong", "public", "/a")
    assert (one.person, one.kind, one.face, one.before, one.after, one.why, one.told_at) == (
        "me", "gone", 7, some, None, "why 1", None,
    )  # fmt: skip
    assert changes.load_snapshot(world.library, 1) == Snapshot({7: some}, "colour-1", 5)
    she = people.save_person(world.library, "she", "2026")
    assert changes.load_snapshot(world.library, she.id) == Snapshot({}, None, 0)  # nobody looked yet


def test_since_a_moment_includes_that_moment(book: Callable[..., list[int]]) -> None:
    assert book(since="2026-03-02T00:00:00+00:00") == [2, 3]
    assert book(since="2026-03-02T00:00:01+00:00") == [3]
    assert book() == [1, 2, 3]


def test_what_was_told_is_not_told_again_and_keeps_its_day(
    world: World, book: Callable[..., list[int]]
) -> None:
    first, second, _ = changes.changes(world.library)
    changes.mark_told(world.library, [first], "2026-03-05")
    changes.mark_told(world.library, [first, second], "2026-03-06")
    changes.mark_told(world.library, [], "2026-03-07")
    assert book(untold=True) == [3]
    assert book() == [1, 2, 3]
    assert [one.told_at for one in changes.changes(world.library)] == ["2026-03-05", "2026-03-06", None]


def test_what_a_rescan_counted_waits_for_the_report_alone(
    world: World, book: Callable[..., list[int]]
) -> None:
    first, second, _ = changes.changes(world.library)
    changes.mark_announced(world.library, [first], "2026-03-05")
    changes.mark_told(world.library, [second], "2026-03-05")
    assert book(unannounced=True) == [3]
    assert book(untold=True) == [1, 3]


def test_of_history_what_was_told_before_a_moment_is_dropped(
    world: World, book: Callable[..., list[int]]
) -> None:
    first, second, _ = changes.changes(world.library)
    changes.mark_told(world.library, [first], "2026-03-05")
    changes.mark_told(world.library, [second], "2026-03-06")
    (world.folder / "first.png").unlink()
    world.now = NOW + timedelta(days=1)
    world.read()
    gone = isoformat(world.now)
    changes.prune(world.library, told_before="2026-03-06")
    assert items.delete_gone(world.library, before=gone) == 0
    assert book() == [2, 3]
    assert world.library.db.table("items").count == 3
    assert world.library.db.table("scans").count == 1  # the last one of a source stays
    assert items.count_gone(world.library) == (1, gone)
    assert items.delete_gone(world.library, before=isoformat(world.now + timedelta(seconds=1))) == 1
    assert world.library.db.table("items").count == 2
    assert items.count_gone(world.library) == (0, None)


def test_a_reminder_is_kept_once(world: World) -> None:
    changes.mark_reminded(world.library, [(1, "soon"), (1, "soon"), (2, "ended")], "2026")
    changes.mark_reminded(world.library, [(1, "soon")], "2027")
    changes.mark_reminded(world.library, [], "2027")
    assert changes.reminded(world.library) == {(1, "soon"), (2, "ended")}
