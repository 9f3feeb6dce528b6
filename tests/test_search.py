"""What a search decides, on faces whose scores are known: which are found, what they are called, which
pictures are one appearance, and what of the answer is kept back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from selfsearch.consent import grants
from selfsearch.errors import ConsentError, UsageError
from selfsearch.library import faces, people, sources
from selfsearch.library.faces import StoredFace
from selfsearch.library.library import Library, open_library
from selfsearch.recognition.calibration import Calibration
from selfsearch.recognition.probe_calibration import ProbeCalibration, Spread
from selfsearch.report.summary import summarise
from selfsearch.types import (
    Answer,
    Appearance,
    Exposure,
    Facts,
    Location,
    Outcome,
    Provenance,
    Sighting,
    Timestamp,
)
from selfsearch.workflows import enroll, index
from selfsearch.workflows.gallery import FaceIndex, Gallery, Stamp
from selfsearch.workflows.query import (
    NOT_LOOKED_AT,
    Filters,
    Hit,
    Scope,
    choose_listed,
    describe,
    fold,
    query,
)
from tests.fakes import COLOURS, ColourEngine, coloured

NOW = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
TENTHS = Calibration(  # a decade for each tenth: in a small library strong from 0.9, likely 0.8, possible 0.7
    "colour", "colour-1", (0.5, 0.6, 0.7, 0.8, 0.9), (1e-1, 1e-2, 1e-3, 1e-4, 1e-5), (), (), 1, 1, "numbers"
)
SHADES = {  # name -> how green a red face is; its score
    "same": 0.0,  # 1.0
    "strong": 0.3,  # 0.93
    "likely": 0.4,  # 0.86
    "possible": 0.5,  # 0.77
    "weak": 0.6,  # 0.65
    "faint": 0.85,  # 0.34
    "stranger": 1.0,  # 0.18
}


def shade(green: float) -> tuple[int, ...]:
    red, other = np.array(COLOURS["red"]), np.array(COLOURS["green"])
    return tuple(int(value) for value in np.round(red * (1 - green) + other * green))


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """Two folders, one face in each picture, and somebody enrolled whose face is red."""
    base = tmp_path_factory.mktemp("search")
    COLOURS.update({name: shade(green) for name, green in SHADES.items()})
    for number, name in enumerate(SHADES):
        folder = base / ("second" if name in ("likely", "stranger") else "first")
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.png").write_bytes(coloured(name, number=number))
    (base / "first" / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 no more than its beginning")
    (base / "first" / "clip.mp4").write_bytes(b"\0\0\0\x18ftypisom" + bytes(64))
    (base / "me.png").write_bytes(coloured("red", number=99))
    keyring = pytest.MonkeyPatch()
    keyring.setenv("SELFSEARCH_KEYRING", "off")
    with open_library(base / "library", key_folder=base / "keys", create=True) as opened:
        for name in ("first", "second"):
            grant = grants.give(opened, grants.ConsentRequest("source", str(base / name), "own"), NOW)
            index.index(opened, ColourEngine(), grant, base / name, lambda: NOW)  # type: ignore[arg-type]
        gallery = gallery_of(opened)
        probes = enroll.read_probes(gallery, [base / "me.png"], lambda photo: 0)
        for name in ("me", "other"):
            wish = grants.ConsentRequest("person", name, "own", lookalikes=("me",))
            enroll.enroll(gallery, wish, probes, NOW)
        yield opened
    keyring.undo()
    for name in SHADES:
        del COLOURS[name]


def gallery_of(library: Library, calibration: Calibration | None = TENTHS) -> Gallery:
    gallery = Gallery(library, ColourEngine())  # type: ignore[arg-type]
    gallery.calibration = calibration
    return gallery


def ask(library: Library, calibration: Calibration | None = TENTHS, **filters: Any) -> Answer:
    grant = grants.require(library, "person", "me", NOW)
    person = people.find_person(library, "me")
    assert person
    return query(gallery_of(library, calibration), grant, person, [], NOW, Filters(folded=False, **filters))


def names(answer: Answer) -> list[str]:
    return [Path(one.sightings[0].path).stem for one in answer.appearances]


def test_the_best_comes_first_and_each_is_called_what_its_score_means(library: Library) -> None:
    answer = ask(library)
    assert names(answer) == ["same", "strong", "likely", "possible"]
    assert [one.band for one in answer.appearances] == ["strong", "strong", "likely", "possible"]
    assert [one.rank for one in answer.appearances] == [1, 2, 3, 4]
    assert answer.bands == {"strong": 0.9, "likely": 0.8, "possible": 0.7}
    first, last = answer.appearances[0], answer.appearances[3]
    assert (first.score, first.expected_false_matches) == (1.0, pytest.approx(7e-6))
    assert last.score == 0.7678
    assert last.expected_false_matches == float(f"{7 * 10 ** (-3 - 0.678):.3g}")
    assert (answer.sources, answer.media, answer.faces, answer.hidden, answer.calibrated) == (
        2,
        7,
        7,
        0,
        True,
    )


def test_weaker_ones_down_to_one_stranger_in_a_hundred_are_shown_when_asked_for(library: Library) -> None:
    answer = ask(library, everything=True)
    assert names(answer) == ["same", "strong", "likely", "possible", "weak"]
    assert answer.appearances[4].band is None
    assert names(ask(library, everything=True, min_band="likely")) == ["same", "strong", "likely"]
    assert names(ask(library, everything=True, min_band="strong")) == ["same", "strong"]


def test_a_lowest_band_and_a_limit_hide_and_say_how_many(library: Library) -> None:
    for filters, shown in (
        ({"min_band": "strong"}, 2), ({"min_band": "likely"}, 3), ({"min_band": "possible"}, 4),
        ({"limit": 1}, 1), ({"limit": 3}, 3), ({"limit": 9}, 4), ({"limit": 2, "min_band": "strong"}, 2),
    ):  # fmt: skip
        answer = ask(library, **filters)
        assert (len(answer.appearances), answer.hidden) == (shown, 4 - shown), filters


@given(
    min_band=st.sampled_from(["strong", "likely", "possible"]), limit=st.none() | st.integers(1, 5),
    source=st.none() | st.sampled_from([1, 2]), since=st.none() | st.just("2020-01-01"),
    dated_only=st.booleans(),
)  # fmt: skip
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_listed_changes_nothing_of_what_is_found(
    library: Library, source: int | None, **filters: Any
) -> None:
    whole = ask(library)
    answer = ask(library, sources=frozenset({source}) if source else None, **filters)
    assert set(answer.found) == set(whole.found)
    assert summarise(answer).headline == summarise(whole).headline
    assert (answer.media, answer.faces, answer.sources) == (whole.media, whole.faces, whole.sources)
    assert answer.hidden == sum(answer.left_out.values()) == len(whole.found) - len(answer.appearances)
    assert [one.rank for one in answer.appearances] == [*range(1, len(answer.appearances) + 1)]


def test_without_a_calibration_faces_have_scores_and_no_bands(library: Library) -> None:
    answer = ask(library, None)
    assert names(answer) == ["same", "strong", "likely", "possible", "weak", "faint"]
    assert names(ask(library, None, min_band="strong")) == names(answer)
    assert {(one.band, one.expected_false_matches) for one in answer.appearances} == {(None, None)}
    assert (answer.bands, answer.calibrated) == ({}, False)


def test_sources_can_be_chosen(library: Library) -> None:
    assert names(ask(library, sources=frozenset({2}))) == ["likely"]
    assert names(ask(library, sources=frozenset({1, 2}))) == names(ask(library))
    with pytest.raises(UsageError, match="there is no source 3, 7; see"):
        ask(library, sources=frozenset({1, 7, 3}))


def test_a_source_that_was_replaced_is_searched_when_it_is_named(library: Library) -> None:
    sources.update_source(library, 2, successor=1)
    try:
        assert names(ask(library)) == ["same", "strong", "possible"]
        assert names(ask(library, sources=frozenset({2}))) == ["likely"]
    finally:
        sources.update_source(library, 2, successor=None)


def test_what_could_not_be_looked_at_is_counted(library: Library) -> None:
    assert ask(library).not_looked_at == {"unreadable": 1, "unsupported": 1}
    assert ask(library, sources=frozenset({2})).not_looked_at == {"unreadable": 1, "unsupported": 1}
    assert {*NOT_LOOKED_AT} == {
        Outcome.UNSUPPORTED, Outcome.UNREADABLE, Outcome.TOO_LARGE, Outcome.FAILED, Outcome.ENCRYPTED,
    }  # fmt: skip


def test_the_consent_that_is_shown_must_be_this_persons(library: Library) -> None:
    person = people.find_person(library, "me")
    assert person
    for kind, subject in (("person", "other"), ("source", None)):
        subject = subject or sources.all_sources(library)[0].root
        with pytest.raises(ConsentError, match="is not me's"):
            query(gallery_of(library), grants.require(library, kind, subject, NOW), person, [], NOW)


def test_consent_that_was_withdrawn_since_it_was_asked_for_counts(library: Library) -> None:
    grant, later = grants.require(library, "person", "me", NOW), NOW.replace(year=2030)
    person = people.find_person(library, "me")
    assert person
    with pytest.raises(ConsentError, match="expired"):
        query(gallery_of(library), grant, person, [], later)


def test_the_index_is_kept_while_it_holds_what_is_searched(library: Library) -> None:
    gallery = gallery_of(library)
    first = gallery.face_index([1, 2])
    assert gallery.face_index([1, 2]) is first
    assert (len(first), len(gallery.face_index([2])), len(gallery.face_index([]))) == (7, 2, 0)
    first = gallery.face_index([1])
    sources.update_source(library, 1, account_was=[])  # whatever was written: it may have been a face
    assert gallery.face_index([1]) is not first


def test_what_resembles_no_photograph_that_consent_was_stated_for_is_not_found(library: Library) -> None:
    library.db.execute("update probes set stated = 0")
    try:
        assert names(ask(library, everything=True)) == []
    finally:
        library.db.execute("update probes set stated = 1")


def test_embeddings_of_two_packs_are_never_mixed(library: Library) -> None:
    engine = ColourEngine()
    engine.pack = SimpleNamespace(**{**vars(ColourEngine.pack), "name": "shades", "revision": "shades-1"})
    gallery = Gallery(library, engine)  # type: ignore[arg-type]
    assert len(gallery.face_index([1, 2])) == 0
    person = people.find_person(library, "me")
    assert person
    answer = query(gallery, grants.require(library, "person", "me", NOW), person, [], NOW)
    assert answer.faces == 7  # made anew from the kept faces
    assert len(Gallery(library, ColourEngine()).face_index([1, 2])) == 7  # type: ignore[arg-type]


def test_an_appearance_is_told_by_its_best_face_and_has_the_places_of_all(library: Library) -> None:
    person = people.find_person(library, "me")
    assert person
    answer = query(gallery_of(library), grants.require(library, "person", "me", NOW), person, [], NOW)
    first, second = answer.appearances
    assert [Path(place.path).stem for place in first.sightings] == ["same", "strong"]
    assert [Path(place.path).stem for place in second.sightings] == ["likely", "possible"]
    assert (first.score, second.score) == (1.0, 0.8628)


# ---- which pictures are one appearance ----


def stored(number: int, media: int, phash: int | None) -> StoredFace:
    return StoredFace(
        number,
        media,
        0,
        (0, 0, 9, 9),
        Facts(),
        1.0,
        None,
        None,
        None,
        f"{media:064x}",
        phash,
        "image/png",
        9,
        9,
    )


def indexed(embeddings: Any) -> FaceIndex:
    rows = np.asarray(embeddings, np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return FaceIndex(np.arange(1, len(rows) + 1, dtype=np.int64), rows, Stamp("r", 1, (1,)))


def folded(*faces: tuple[int, int | None, float]) -> list[list[int]]:
    """Groups of faces, each given as (media, hash, angle of its embedding in degrees)."""
    rows = {number: stored(number, media, phash) for number, (media, phash, _) in enumerate(faces, 1)}
    angles = np.radians([angle for _, _, angle in faces])
    groups = fold(
        [Hit(number, 1.0) for number in rows],
        rows,
        indexed(np.stack([np.cos(angles), np.sin(angles)], axis=1)),
    )
    return [[hit.face for hit in group] for group in groups]


@pytest.mark.parametrize(
    ("faces", "groups"),
    [
        ([(1, 0, 0), (2, 0, 0)], [[1, 2]]),
        ([(1, 0, 0), (2, 0b111111, 0)], [[1, 2]]),  # six bits of 64
        ([(1, 0, 0), (2, 0b1111111, 0)], [[1], [2]]),
        ([(1, -1, 0), (2, -2, 0)], [[1, 2]]),  # signed in the library, as bits here
        ([(1, 0, 0), (2, 0, 25.8)], [[1, 2]]),  # cosine 0.9003
        ([(1, 0, 0), (2, 0, 25.9)], [[1], [2]]),  # 0.8996: another face in the same picture, or a burst
        ([(1, 0, 0), (1, 0, 0)], [[1], [2]]),  # twice in one picture: a mirror
        ([(1, None, 0), (2, None, 0)], [[1], [2]]),  # without a hash nothing says that they are copies
        ([(1, 0, 0), (2, None, 0)], [[1], [2]]),
        ([(1, None, 0), (2, 0, 0)], [[1], [2]]),
        ([(1, 0, 0), (2, 1, 0), (3, 3, 0)], [[1, 2, 3]]),
        ([(1, 0, 0), (2, 0, 90), (3, 0, 90), (4, 0, 0)], [[1, 4], [2, 3]]),
        ([(1, 0, 0), (2, 0b111111, 0), (3, 0b111111111, 0)], [[1, 2], [3]]),  # like the second, not the first
    ],
)
def test_copies_of_one_picture_with_one_face_are_one_appearance(
    faces: list[tuple[int, int | None, float]], groups: list[list[int]]
) -> None:
    assert folded(*faces) == groups


def test_nothing_folds_to_nothing() -> None:
    assert folded(*[(1, 0, 0.0)]) == [[1]]
    assert fold([], {}, indexed(np.ones((1, 2)))) == []


# ---- the search itself ----


@settings(max_examples=15)
@given(seed=st.integers(0, 2**32 - 1), count=st.integers(0, 700), threshold=st.floats(-1, 1))
def test_the_search_finds_what_comparing_with_every_face_finds(
    seed: int, count: int, threshold: float
) -> None:
    random = np.random.default_rng(seed)
    about = random.normal(size=4)
    rows = random.normal(size=(count, 4)) * random.choice([0.02, 0.3, 2]) + about
    face_index = indexed(rows) if count else FaceIndex(
        np.empty(0, np.int64), np.empty((0, 4), np.float32), Stamp("r", 1, ())
    )  # fmt: skip
    probe = np.asarray(about / np.linalg.norm(about), np.float32)
    ids, scores = face_index.search(probe, threshold)
    exact = face_index.embeddings_of(face_index.ids) @ probe
    assert sorted(ids) == sorted(face_index.ids[exact >= threshold])
    for bound in exact[:5]:
        found = face_index.search(probe, float(bound) - 1e-5)[0]
        assert {*face_index.ids[exact >= bound]} <= {*found}
    assert list(scores) == sorted(scores, reverse=True)
    assert len(face_index) == count


def test_what_scores_exactly_the_bound_is_found_and_belongs_to_the_band(library: Library) -> None:
    assert list(indexed([[1, 0], [0, 1]]).search(np.array([1, 0], np.float32), 1.0)[0]) == [1]
    rows = faces.find_faces(library, [1])
    person = people.find_person(library, "me")
    assert person
    scope = Scope(sources.all_sources(library))
    calibration = ProbeCalibration(TENTHS, Spread(0, 0, 0), faces=7)
    for score, band in ((0.9, "strong"), (0.8, "likely"), (0.7, "possible")):
        (found,) = describe(library, person, [[Hit(1, score)]], rows, scope, calibration)
        assert found.band == band


def test_of_equal_scores_the_face_that_came_first_is_first() -> None:
    face_index = indexed([[1, 0], [0, 1], [1, 0], [1, 0]])
    assert list(face_index.search(np.array([1, 0], np.float32), 0.5)[0]) == [1, 3, 4]


# ---- days ----


def appearance(*days: tuple[str | None, str | None], band: str | None = "strong") -> Appearance:
    """An appearance with a place for each (day of posting, day of taking)."""
    places = tuple(
        Sighting(1, "x", Provenance("p", posted=Timestamp.of(posted, ""), taken=Timestamp.of(taken, "")))
        for posted, taken in days
    )
    return Appearance(
        0, "q1", None, 1, 0.9, band, 0.1, (0, 0, 9, 9), None, None, None, 1.0, "", "image/png", 9, 9, places
    )


@pytest.mark.parametrize(
    ("since", "until", "day", "admitted"),
    [
        ("2020-01-01", None, "2020-01-01T08:00:00", True),
        ("2020-01-01", None, "2019-12-31T23:59:59", False),
        (None, "2020-01-31", "2020-01-31T23:59:59", True),
        (None, "2020-01-31", "2020-02-01", False),
        ("2020-01-01", "2020-01-31", "2020-01-15", True),
        ("2020-01-01", "2020-01-31", "2021-01-15", False),
        ("2020-01-01", "2020-01-31", "2019-01-15", False),
        ("2020-01-01T12:00:00", "2020-01-01T13:00:00", "2020-01-01T08:00:00", True),
        ("2020-01-01", None, None, True),
        (None, "2020-01-31", None, True),
        (None, None, None, True),
    ],
)
def test_the_first_and_the_last_day_asked_for_belong_to_it(
    since: str | None, until: str | None, day: str | None, admitted: bool
) -> None:
    filters = Filters(since=since, until=until)
    why = None if admitted else "dates"
    assert filters.why_left_out(appearance((day, None))) == why
    assert filters.why_left_out(appearance((None, day))) == why
    assert filters.why_left_out(appearance((None, None), (day, None))) == why


def test_the_day_of_posting_decides_before_that_of_taking() -> None:
    assert Filters(since="2020-01-01").why_left_out(appearance(("2019-01-01", "2020-06-01"))) == "dates"
    assert Filters(since="2020-01-01").why_left_out(appearance(("2020-06-01", "2019-01-01"))) is None


def test_what_has_no_date_is_left_out_by_dates_only_when_that_is_asked_for() -> None:
    assert Filters(since="2020-01-01").why_left_out(appearance((None, None))) is None
    for day in ({}, {"since": "2020-01-01"}, {"until": "2020-01-31"}):
        filters = Filters(dated_only=True, **day)  # type: ignore[arg-type]
        assert filters.why_left_out(appearance((None, None))) == "undated"


def test_each_is_left_out_for_one_reason_alone() -> None:
    filters = Filters(since="2020-01-01", min_band="strong", sources=frozenset({2}))
    assert filters.why_left_out(appearance(("2019-06-01", None), band="likely")) == "source"
    assert (
        Filters(since="2020-01-01", min_band="strong").why_left_out(
            appearance(("2019-06-01", None), band="likely")
        )
        == "band"
    )


def listed(*appearances: Appearance, **filters: Any) -> tuple[list[tuple[int, int]], dict[str, int]]:
    """(rank, number of the face) of what is listed, and what is left out by why."""
    found = [replace(one, face=number) for number, one in enumerate(appearances, 1)]
    chosen, left_out = choose_listed(found, Filters(**filters))
    return [(one.rank, one.face) for one in chosen], left_out


def seen_by(level: Exposure, score: float, day: str | None = None) -> Appearance:
    place = Provenance("p", posted=Timestamp.of(day, ""), exposure=level.because(""))
    return replace(appearance((None, None)), score=score, sightings=(Sighting(1, "x", place),))


def test_the_widest_audience_comes_first_then_the_best_score_and_numbers_run_in_that_order() -> None:
    every = (
        seen_by(Exposure.PRIVATE, 0.99), seen_by(Exposure.PUBLIC, 0.5), seen_by(Exposure.UNKNOWN, 0.9),
        seen_by(Exposure.NETWORK, 0.7), seen_by(Exposure.PUBLIC, 0.8),
    )  # fmt: skip
    assert listed(*every) == ([(1, 5), (2, 2), (3, 4), (4, 3), (5, 1)], {})


def test_with_a_date_what_has_none_comes_last_and_a_limit_counts_what_it_leaves_out() -> None:
    every = (
        seen_by(Exposure.PUBLIC, 0.9), seen_by(Exposure.PRIVATE, 0.9, "2020-06-01"),
        seen_by(Exposure.PUBLIC, 0.8, "2019-06-01"), seen_by(Exposure.NETWORK, 0.7, "2020-07-01"),
    )  # fmt: skip
    assert listed(*every, since="2020-01-01") == ([(1, 4), (2, 2), (3, 1)], {"dates": 1})
    assert listed(*every, since="2020-01-01", dated_only=True) == (
        [(1, 4), (2, 2)], {"dates": 1, "undated": 1}
    )  # fmt: skip
    assert listed(*every, since="2020-01-01", limit=1) == ([(1, 4)], {"dates": 1, "limit": 2})
    assert listed(*every, limit=4)[1] == {}


# ---- places ----


def test_places_are_told_widest_first_with_what_the_file_says_where_the_platform_does_not(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    from selfsearch.library import faces, items

    taken, here = Timestamp("2020-01-01", "EXIF"), Location(1.0, 2.0, "EXIF")
    platform = Provenance(
        "p", caption="theirs", taken=Timestamp("2019-01-01", "json"), location=Location(3.0, 4.0, "json")
    )
    told = [
        Sighting(1, "private", replace(platform, exposure=Exposure.PRIVATE.because(""))),
        Sighting(1, "unknown", Provenance("p", context="post", exposure=Exposure.UNKNOWN.because(""))),
        Sighting(1, "public", replace(platform, exposure=Exposure.PUBLIC.because(""))),
        Sighting(2, "second", Provenance("p", context="post", exposure=Exposure.UNKNOWN.because(""))),
    ]
    found, facts = faces.find_faces, Facts(taken, here, "the file's")
    monkeypatch.setattr(items, "sightings_of", lambda library, media, sources: dict.fromkeys(media, told))
    monkeypatch.setattr(
        faces, "find_faces",
        lambda *args: {
            number: replace(row, facts=facts) for number, row in found(*args).items()
        },
    )  # fmt: skip
    sources.update_source(library, 2, account_was=[{"public": False, "since": None, "until": None}])
    try:
        first = ask(library).appearances[0]
    finally:
        sources.update_source(library, 2, account_was=[])
    assert [place.path for place in first.sightings] == ["public", "second", "unknown", "private"]
    assert first.exposure is Exposure.PUBLIC
    public, second, unknown, _ = (place.provenance for place in first.sightings)
    assert (public.caption, public.taken, public.location) == ("theirs", platform.taken, platform.location)
    assert (unknown.caption, unknown.taken, unknown.location) == ("the file's", taken, here)
    assert second.exposure.level is Exposure.NETWORK
