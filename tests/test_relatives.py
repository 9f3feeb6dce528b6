"""A brother or sister looks like the person who is searched for: what shows that person less clearly is asked
about, and what may show a relative who is known here is called "you or NAME".

Pictures mixed from two people stand for relatives.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import datetime, timezone
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

import selfsearch
from selfsearch.cli import options
from selfsearch.library.library import open_library
from selfsearch.media import decode
from selfsearch.recognition.embedding import embed_probes
from selfsearch.types import Embedding
from selfsearch.workflows import enroll
from selfsearch.workflows.gallery import Gallery
from tests import photos
from tests.conftest import Run
from tests.forensics import all_bytes, decrypted, encodings
from tests.mixed import engine, morph

NOW = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
RELEASE = ("--consent", "release", "--by", "Ben")
SHARES = tuple(share / 40 for share in range(14, 40))  # of the astronaut's face; the rest is c's

Offer = Callable[[str], Path]


@lru_cache
def mixed(share: float) -> bytes:
    """The astronaut's face with another's laid over it."""
    return morph(photos.picture("astronaut", 2), photos.picture("c", 1), share)


def embedded(data: bytes) -> Embedding:
    _, (face, *_) = engine().detect_and_embed(decode.open_still(data))
    return embed_probes(engine().embed, face.chip[None])[0]


@lru_cache
def scores() -> dict[float, float]:
    """Share of the astronaut's face -> how much a mixed picture looks like the selfie of these tests."""
    kept = embedded(photos.photo("astronaut", 5))
    return {share: float(embedded(mixed(share)) @ kept) for share in SHARES}


@pytest.fixture
def thresholds(run: Run, selfie: Path, home: Path) -> tuple[float, float]:
    """I am enrolled; from which scores on a photograph is mine, and is mine clearly."""
    run("people", "add", "me", selfie, "--consent", "own")
    with open_library(home, key_folder=home.parent / "keys") as library:
        gallery = Gallery(library, engine())
        return enroll.same_person_score(gallery), enroll.clear_score(gallery)


@pytest.fixture
def offer(thresholds: tuple[float, float], tmp_path: Path) -> Offer:
    """offer("doubtful") is a photograph that resembles me so little that it could show my brother."""

    def offer(which: str) -> Path:
        same, clear = thresholds
        wanted = {
            "doubtful": (same + clear) / 2, "another": (same + clear) / 2 + 0.02, "clear": clear + 0.03,
        }[which]  # fmt: skip
        ordered = sorted(SHARES, key=lambda share: abs(scores()[share] - wanted))
        share = ordered[1 if which == "another" else 0]
        assert (scores()[share] >= clear) is (which == "clear")
        assert scores()[share] >= same
        path = tmp_path / f"{which}.jpg"
        path.write_bytes(mixed(share))
        return path

    return offer


@pytest.fixture
def between(run: Run, tmp_path: Path) -> Path:
    """An indexed album: three photographs of me, one of Ben, and one that could be of either."""
    folder = tmp_path / "album"
    folder.mkdir()
    for variant in (1, 2, 3):
        (folder / f"mine-{variant}.jpg").write_bytes(photos.photo("astronaut", variant))
    (folder / "ben.jpg").write_bytes(photos.photo("c", 2))
    other = embedded(photos.photo("c", 5))
    share = min(SHARES, key=lambda share: abs(scores()[share] - float(embedded(mixed(share)) @ other)))
    (folder / "between.jpg").write_bytes(mixed(share))
    run("index", folder, "--consent", "own")
    return folder


@pytest.fixture
def ben(tmp_path: Path) -> Path:
    path = tmp_path / "ben.jpg"
    path.write_bytes(photos.photo("c", 5))
    return path


def questions(run: Run) -> list[tuple[str, str, bool]]:
    rows = run("consent", "audit", "--json").json["queries"]
    return [(row["person"], row["outcome"], row["confirmed"]) for row in rows]


def marks(run: Run, selfie: Path) -> dict[str, list[str]]:
    """File -> whose face it may be as well, in my answer."""
    found = run("query", selfie, "--json").json["appearances"]
    return {Path(one["sightings"][0]["path"]).stem: one["may_also_be"] for one in found}


# ---- whom a photograph shows ----


def test_what_could_show_my_brother_is_refused_and_says_what_helps(
    run: Run, offer: Offer, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = run("query", offer("doubtful"), code=3).err
    assert "resembles the photographs that are kept of me, but not clearly" in said
    assert "a brother or sister can look like that" in said
    assert f"another photograph that is clear: selfsearch query {offer('doubtful')} ANOTHER" in said
    assert "If it is you: --confirm-person says so, and that stays in the audit log" in said
    assert questions(run) == [("me", "refused", False)]
    monkeypatch.setenv("SELFSEARCH_COMMAND", "scripts/selfsearch")
    assert ": scripts/selfsearch query " in run("query", offer("doubtful"), code=3).err


def test_a_clear_photograph_goes_straight_through(run: Run, offer: Offer, selfie: Path) -> None:
    run("query", offer("clear"))
    run("query", selfie)
    assert questions(run) == [("me", "answered", False)] * 2


def test_whoever_says_that_it_is_the_person_is_answered_and_on_record(run: Run, offer: Offer) -> None:
    run("query", offer("doubtful"), "--confirm-person")
    assert questions(run) == [("me", "answered", True)]
    assert "confirmed by whoever asked: the photograph did not show it clearly" in run("consent", "audit").out


def test_to_confirm_makes_nobody_of_a_stranger(run: Run, offer: Offer, ben: Path) -> None:
    run("query", ben, "--confirm-person", code=3)
    run("people", "add", "me", ben, "--confirm-person", code=3)


def test_at_a_terminal_it_is_asked_in_plain_words(
    run: Run, offer: Offer, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(options, "is_at_terminal", lambda: True)
    for answer in (False, True):
        monkeypatch.setattr(options, "ask", lambda text, _, answer=answer: asked.append(text) or answer)
        said = run("query", offer("doubtful"), code=0 if answer else 3).err
        assert "A brother or sister can look like that." in said
    assert asked == ["Is it you? A yes stays in the audit log."] * 2
    assert questions(run) == [("me", "refused", False), ("me", "answered", True)]


def test_a_second_clear_photograph_of_the_same_face_vouches_for_it(run: Run, offer: Offer) -> None:
    run("query", offer("doubtful"), offer("clear"))
    assert questions(run) == [("me", "answered", False)]


def test_two_that_are_not_clear_prove_no_more_than_one(run: Run, offer: Offer) -> None:
    assert "resemble the photographs" in run("query", offer("doubtful"), offer("another"), code=3).err


def test_a_clear_one_of_mine_does_not_vouch_for_my_brothers(run: Run, offer: Offer, selfie: Path) -> None:
    said = run("query", selfie, offer("doubtful"), code=3).err
    assert f"refused: {offer('doubtful')} resembles" in said


def test_what_is_less_clear_is_added_with_the_same_word_alone(run: Run, offer: Offer) -> None:
    said = run("people", "add", "me", offer("doubtful"), code=3).err
    assert f"selfsearch people add me {offer('doubtful')} ANOTHER" in said
    assert len(run("people", "show", "me", "--json").json["photographs"]) == 1
    run("people", "add", "me", offer("doubtful"), "--confirm-person")
    assert run("consent", "show", "me", "--json").json["entries"][-1]["detail"]["confirmed"] is True
    added = run("consent", "audit", "--json").json["photographs"]
    assert [(row["outcome"], row["confirmed"]) for row in added] == [
        ("added", False), ("refused", False), ("added", True),
    ]  # fmt: skip
    run("people", "add", "me", offer("clear"))
    run("people", "add", "me", offer("another"), "--consent", "own")  # a statement about it says more


def test_an_ended_consent_is_not_given_anew_by_what_could_show_my_brother(
    run: Run, at: Callable[[str], None], offer: Offer
) -> None:
    at("2031-03-01T12:00:00+00:00")
    run("query", offer("doubtful"), "--self", code=3)
    assert run("consent", "list").out.startswith("expired   person me")
    run("query", offer("doubtful"), "--self", "--confirm-person")
    assert run("consent", "list").out.startswith("live      person me")


def test_a_program_is_refused_too_and_says_who_looked(run: Run, home: Path, offer: Offer) -> None:
    with selfsearch.open(home) as opened:
        me = opened.require_consent("person", "me")
        for verb in (opened.query, opened.enroll):
            with pytest.raises(selfsearch.ConsentError, match=r"not clearly.*confirmed=True"):
                verb(me, offer("doubtful"))
        opened.query(me, offer("doubtful"), confirmed=True)
        opened.enroll(me, offer("doubtful"), confirmed=True)
    assert questions(run) == [("me", "refused", False), ("me", "answered", True)]


# ---- you or NAME ----


def test_a_relative_who_is_told_apart_turns_what_is_as_near_into_you_or_name(
    run: Run, selfie: Path, between: Path, ben: Path
) -> None:
    run("query", selfie, "--self")
    plain = marks(run, selfie)
    assert plain["between"] == []
    said = run("people", "add", "Ben", ben, "--contrast", *RELEASE).err
    assert "to tell Ben apart from the people whom it searches for" in said
    assert "not to search for Ben" in said
    assert marks(run, selfie) == {**plain, "between": ["Ben"]}  # and nothing is left out
    text = run("query", selfie).out
    assert "you or Ben" in text
    assert "1 appearance may show Ben and not you: the face looks as much like Ben, or more." in text
    rows = csv.DictReader(io.StringIO(run("query", selfie, "--csv").out))
    assert {Path(row["path"]).stem: row["may_also_be"] for row in rows}["between"] == "Ben"
    run("query", selfie, "--html", between / "page.html")
    page = (between / "page.html").read_text("utf-8")
    assert page.count("<b>You or Ben</b>") == 1  # on the tile
    assert page.count("You or Ben: it looks as much like Ben, or more") == 1  # on its card


def test_a_rescan_does_not_call_certain_what_may_be_my_relatives(
    run: Run, selfie: Path, between: Path, ben: Path
) -> None:
    shared = between / "between.jpg"
    later = {"shared": shared.read_bytes(), "mine": photos.photo("astronaut", 4)}
    shared.unlink()
    run("index", between)
    run("query", selfie, "--self")
    run("rescan")
    run("people", "add", "Ben", ben, "--contrast", *RELEASE)
    for name, data in later.items():
        (between / f"new-{name}.jpg").write_bytes(data)
    run("rescan")
    told = {
        Path(change["after"]["places"][0]).stem: change["after"]["band"]
        for change in run("report", "--json").json["changes"]
    }
    assert told == {"new-shared": "possible", "new-mine": "strong"}
    assert "Ben" not in run("report", "--since", "2026-01-01").out


def test_what_i_confirmed_is_mine_alone(run: Run, selfie: Path, between: Path, ben: Path) -> None:
    run("query", selfie, "--self")
    run("people", "add", "Ben", ben, "--contrast", *RELEASE)
    found = run("query", selfie, "--json").json["appearances"]
    (shared,) = (one for one in found if one["may_also_be"])
    assert "you or Ben" in run("verdict", shared["id"], "me", "--yes").err
    assert marks(run, selfie)["between"] == []


def test_everybody_who_is_enrolled_is_told_apart_from_everybody_else(
    run: Run, selfie: Path, between: Path, ben: Path
) -> None:
    run("query", selfie, "--self")
    run("people", "add", "Ben", ben, *RELEASE)
    assert marks(run, selfie)["between"] == ["Ben"]
    found = run("query", ben, "--person", "Ben", "--json").json["appearances"]
    names = {Path(one["sightings"][0]["path"]).stem: one["may_also_be"] for one in found}
    assert names["between"] == ["me"]
    assert names["ben"] == []


def test_who_is_told_apart_is_not_searched_for(run: Run, selfie: Path, between: Path, ben: Path) -> None:
    run("query", selfie, "--self")
    run("people", "add", "Ben", ben, "--contrast", *RELEASE)
    for words in ([], ["--self"]):
        assert "needs that person's own consent" in run("query", ben, *words, code=3).err
    for words in (["--person", "Ben"], ["--person", "Ben", *RELEASE]):
        said = run("query", ben, *words, code=3).err
        assert "Ben agreed to be told apart from others, and not to be searched for" in said
    run("verdict", "k7q2mf", "me", "--person", "Ben", "--yes", code=3)
    run("rescan")
    assert "Ben" not in run("rescan", "--json").json["people"]
    assert "told apart from others and not searched for, consent live, 1 photograph" in run("people").out
    assert "person Ben (to be told apart from others, not searched for), until" in run("consent", "list").out
    assert [(one["name"], one["contrast"]) for one in run("people", "--json").json["people"]] == [
        ("me", False), ("Ben", True),
    ]  # fmt: skip


def test_bystanders_are_not_kept_because_they_look_like_who_is_told_apart(
    run: Run, home: Path, tmp_path: Path, selfie: Path, ben: Path
) -> None:
    (tmp_path / "party").mkdir()
    (tmp_path / "party/ben.jpg").write_bytes(photos.photo("c", 3))
    run("people", "add", "me", selfie, "--consent", "own")
    run("people", "add", "Ben", ben, "--contrast", *RELEASE)
    run("index", tmp_path / "party", "--consent", "own", "--bystanders", "discard")
    assert run("status", "--json").json["faces"] == 0


def test_who_wants_to_be_searched_for_later_says_so_in_a_statement(
    run: Run, selfie: Path, between: Path, ben: Path, tmp_path: Path
) -> None:
    run("people", "add", "Ben", ben, "--contrast", *RELEASE)
    more = tmp_path / "more.jpg"
    more.write_bytes(photos.photo("c", 3))
    assert "told apart" in run("people", "add", "Ben", more, code=3).err
    run("people", "add", "Ben", more, "--contrast")  # that is what was agreed to
    assert len(run("people", "show", "Ben", "--json").json["photographs"]) == 2
    third = tmp_path / "third.jpg"
    third.write_bytes(photos.photo("c", 4))
    run("people", "add", "Ben", third, *RELEASE)
    run("query", ben, "--person", "Ben")
    assert "leave out --contrast" in run("people", "add", "Ben", more, "--contrast", *RELEASE, code=2).err


def test_a_twin_who_is_clearly_like_me_is_told_apart_with_a_word_more(
    run: Run, selfie: Path, tmp_path: Path
) -> None:
    run("people", "add", "me", selfie, "--consent", "own")
    twin = tmp_path / "twin.jpg"
    twin.write_bytes(photos.photo("astronaut", 1))
    words = ("people", "add", "Eve", twin, "--contrast", "--consent", "release", "--by", "Eve")
    assert "looks more like somebody else who is enrolled" in run(*words, code=3).err
    assert "shows Eve and not me, who looks alike" in run(*words, "--not", "me").err


def test_with_my_twins_photograph_nobody_is_told_where_i_am(run: Run, selfie: Path, tmp_path: Path) -> None:
    """Not even who says that it is me: in the ledger it stands as somebody else's."""
    run("people", "add", "me", selfie, "--consent", "own")
    twin = tmp_path / "twin.jpg"
    twin.write_bytes(photos.photo("astronaut", 1))
    run("people", "add", "Eve", twin, "--contrast", "--not", "me", *("--consent", "release", "--by", "Eve"))
    for words in ([], ["--confirm-person"], ["--person", "me", "--confirm-person"], [selfie]):
        said = run("query", twin, *words, code=3).err
        assert "is kept in this library as a photograph of somebody else" in said
    run("query", selfie)


def test_my_photograph_that_looks_more_like_my_relative_is_asked_about(
    run: Run, thresholds: tuple[float, float], ben: Path, tmp_path: Path
) -> None:
    """However well it reaches my own score."""
    other = embedded(ben.read_bytes())
    nearer = [
        share for share in SHARES
        if thresholds[0] <= scores()[share] < float(embedded(mixed(share)) @ other)
    ]  # fmt: skip
    path = tmp_path / "nearer.jpg"
    path.write_bytes(mixed(max(nearer)))
    run("people", "add", "Ben", ben, "--contrast", *RELEASE)
    run("query", path, code=3)
    assert "looks more like somebody else" in run("people", "add", "me", path, code=3).err


def test_what_is_forgotten_or_withdrawn_of_a_relative_is_gone_and_answers_are_as_before(
    run: Run, home: Path, selfie: Path, between: Path, ben: Path
) -> None:
    run("query", selfie, "--self")
    plain = marks(run, selfie)
    run("people", "add", "Ben", ben, "--contrast", *RELEASE)
    with open_library(home, key_folder=home.parent / "keys") as library:
        root, secrets = library.root.library, kept_of(library, "Ben")
        library.db.execute("pragma wal_checkpoint(truncate)")
    assert all(secret[:40] in decrypted(home / "library.db", root) for secret in secrets)
    (receipt,) = run("forget", "Ben", "--yes", "--json").json["receipts"]
    assert receipt["remnants"] == []
    assert receipt["counts"]["probe photographs"] == receipt["counts"]["keys"] == 1
    raw = all_bytes(home) + decrypted(home / "library.db", root) + decrypted(home / "keys.db", root)
    for secret in secrets:
        assert not any(form in raw for form in encodings(secret[:24]))
    assert marks(run, selfie) == plain
    run("people", "add", "Ben", ben, "--contrast", *RELEASE)
    run("consent", "revoke", "Ben", "--yes")
    assert marks(run, selfie) == plain
    assert [one["name"] for one in run("people", "--json").json["people"]] == ["me"]


def kept_of(library: Any, name: str) -> list[bytes]:
    """What is kept of somebody's photograph, sealed."""
    rows = library.db.execute(
        "select chip, sealed from people join probes on person_id = people.id"
        " join probe_vectors on probe_id = probes.id where name = ?",
        [name],
    )
    return [bytes(value) for row in rows for value in row]


def test_after_a_relatives_consent_has_expired_nothing_is_marked_until_it_is_renewed(
    run: Run, at: Callable[[str], None], selfie: Path, between: Path, ben: Path
) -> None:
    at("2026-03-01T12:00:00+00:00")
    run("query", selfie, "--self")
    run("consent", "renew", between, "--yes")
    run("people", "add", "Ben", ben, "--contrast", *RELEASE, "--days", 30)
    assert marks(run, selfie)["between"] == ["Ben"]
    at("2026-05-01T12:00:00+00:00")
    assert marks(run, selfie)["between"] == []
    run("query", ben, "--person", "Ben", *RELEASE, code=3)
    run("consent", "renew", "Ben", "--yes")  # to what was agreed to before
    assert marks(run, selfie)["between"] == ["Ben"]
    run("query", ben, "--person", "Ben", code=3)


def test_without_a_calibration_a_face_is_somebody_elses_too_within_a_margin() -> None:
    from selfsearch.workflows.contrast import UNCALIBRATED, is_as_near

    assert is_as_near(None, 0.5, 0.5 + UNCALIBRATED - 0.001)
    assert not is_as_near(None, 0.5, 0.5 + UNCALIBRATED + 0.001)
