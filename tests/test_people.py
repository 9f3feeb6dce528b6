"""The photographs by which people are searched: no stranger becomes one of them unseen, and each can be taken
out again.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import selfsearch
from selfsearch.cli import options
from selfsearch.consent import grants
from selfsearch.errors import ConsentError, InputError
from selfsearch.library import ledger, people, schema, verdicts
from selfsearch.library.library import Library, open_library
from selfsearch.workflows import enroll, probes
from selfsearch.workflows.gallery import Gallery
from tests import photos
from tests.conftest import Run, id_of
from tests.fakes import ColourEngine, coloured
from tests.forensics import all_bytes, decrypted, encodings, sha256
from tests.mixed import morph

NOW = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
Shot = Callable[..., Path]


@pytest.fixture
def shot(tmp_path: Path) -> Shot:
    """shot("c", 2) is the file of another photograph of c; the astronaut is who enrols in these tests."""

    def shot(person: str = "astronaut", variant: int = 1) -> Path:
        path = tmp_path / f"{person}-{variant}.shot.jpg"
        path.write_bytes(photos.photo(person, variant))
        return path

    return shot


@pytest.fixture
def enrolled(run: Run, selfie: Path) -> Path:
    """I am enrolled, by this photograph."""
    run("people", "add", "me", selfie, "--consent", "own")
    return selfie


def kept(run: Run, name: str = "me") -> list[dict[str, Any]]:
    return run("people", "show", name, "--json").json["photographs"]


def notes(run: Run, name: str = "me") -> list[tuple[str, Any]]:
    """Events and details of a person in the ledger."""
    entries = run("consent", "show", name, "--json").json["entries"]
    assert {entry["detail"]["person"] for entry in entries if entry["kind"] == "library"} == {name}
    return [(entry["event"], _without_person(entry["detail"])) for entry in entries]


def _without_person(detail: Any) -> Any:
    return {key: detail[key] for key in detail if key != "person"} if isinstance(detail, dict) else detail


def audited(run: Run) -> list[tuple[str, str, list[str]]]:
    rows = run("consent", "audit", "--json").json["photographs"]
    return [(row["person"], row["outcome"], row["photographs"]) for row in rows]


def digest(path: Path) -> str:
    return sha256(path.read_bytes())


def found(answer: dict[str, Any]) -> set[str]:
    """Whose photographs of the album are in the answer."""
    places = [place["path"] for one in answer["appearances"] for place in one["sightings"]]
    return {Path(place).stem.split("-")[0] for place in places}


def test_a_photograph_of_somebody_else_is_not_added_to_me(run: Run, enrolled: Path, shot: Shot) -> None:
    said = run("people", "add", "me", shot("c"), code=3).err
    assert "does not look like the photographs that are kept of me" in said
    assert "needs that person's own consent" in said
    assert [one["sha256"] for one in kept(run)] == [digest(enrolled)]
    assert audited(run) == [("me", "added", [digest(enrolled)]), ("me", "refused", [])]
    assert len(notes(run)) == 2
    assert "refused   me: a photograph was to be added" in run("consent", "audit").out


def test_what_is_added_is_in_the_ledger_the_audit_log_and_the_listing(
    run: Run, enrolled: Path, shot: Shot
) -> None:
    more = shot("astronaut", 1)
    assert "added to me: 1 photograph" in run("people", "add", "me", more).err
    assert notes(run) == [
        ("grant", ""),
        ("enroll", {"photographs": [digest(enrolled)], "stated": True, "statement": 1}),
        ("enroll", {"photographs": [digest(more)], "stated": False, "statement": 1}),
    ]
    assert audited(run) == [("me", "added", [digest(enrolled)]), ("me", "added", [digest(more)])]
    out = run("people", "show", "me").out
    assert "photograph 2: added 20" in out
    assert digest(more)[:12] in out
    assert "because it resembled what was kept" in out
    assert "2 photographs" in run("people").out
    assert run("consent", "verify").out.startswith("the ledger is whole: 3 entries")


def test_a_photograph_that_is_unlike_needs_a_statement_that_stays_on_record(
    run: Run, enrolled: Path, shot: Shot
) -> None:
    changed = shot("c")
    run("people", "add", "me", changed, "--consent", "release", code=2)  # a release is given by somebody
    said = run("people", "add", "me", changed, "--consent", "own").err
    assert (
        f"The photograph (SHA-256 {digest(changed)[:12]}), which does not look like what is kept of me"
        in said
    )
    assert notes(run)[-1] == ("enroll", {"photographs": [digest(changed)], "stated": True, "statement": 3})
    assert digest(changed)[:12] in run("consent", "show", "me").out
    assert [one["statement"] for one in kept(run)] == [1, 3]
    run("people", "add", "me", shot("f"), code=3)  # the statement was about that one
    run("people", "add", "me", shot("astronaut", 1))
    assert [one["unlike_the_others"] for one in kept(run)] == [False, True, False]
    assert run("people", "show", "me").out.count("looks UNLIKE the others") == 1


def test_at_a_terminal_the_statement_is_asked_for_in_words(
    run: Run, enrolled: Path, shot: Shot, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    for agrees in (False, True):
        monkeypatch.setattr(options, "ask", lambda text, _, agrees=agrees: asked.append(text) or agrees)
        said = run("people", "add", "me", shot("c"), code=0 if agrees else 3).err
        assert "which does not look like what is kept of me already, shows me" in said
        assert len(kept(run)) == 1 + agrees
    assert asked == ["Is this true, and do you agree?"] * 2
    run("people", "add", "Ada", shot("a", 1), "--consent", "release", "--by", "A. L.")
    said = run("people", "add", "Ada", shot("f", 1)).err  # on the basis that is on record
    assert "shows Ada. A. L. agreed in writing" in said


def test_each_of_several_photographs_must_look_like_me(run: Run, enrolled: Path, shot: Shot) -> None:
    run("people", "add", "me", shot("astronaut", 1), shot("c", 1), shot("c", 2), code=3)
    assert len(kept(run)) == 1


def test_a_pair_of_mine_does_not_vouch_for_a_pair_of_somebody_else(run: Run, shot: Shot) -> None:
    pairs = [shot(person, variant) for person in ("astronaut", "c") for variant in (1, 2)]
    said = run("people", "add", "me", *pairs, "--consent", "own", code=4).err
    assert "one person at a time" in said
    assert run("people", "--json").json["people"] == []
    assert run("consent", "list").out.startswith("nobody has consented")


def test_mine_beside_a_strangers_in_one_question_is_refused_and_on_record(
    run: Run, enrolled: Path, shot: Shot
) -> None:
    run("query", enrolled, shot("c"), code=3)
    assert [row["outcome"] for row in run("consent", "audit", "--json").json["queries"]] == ["refused"]


def test_who_is_enrolled_under_one_name_is_not_added_under_another(
    run: Run, enrolled: Path, shot: Shot
) -> None:
    run("people", "add", "Chandra", shot("c", 1), "--consent", "release", "--by", "Chandra")
    for words in (["me", shot("c", 2), "--consent", "own"], ["Eve", shot("c", 2), "--consent", "own"]):
        said = run("people", "add", *words, code=3).err
        assert "looks more like somebody else who is enrolled" in said
        assert "Chandra" not in said
    run("people", "add", "Twin", shot("c", 2), "--not", "Chandra", code=3)  # that is said in a statement
    run("people", "add", "Twin", shot("c", 2), "--not", "Nobody", "--consent", "own", code=2)
    words = ["--not", "Chandra", "--consent", "release", "--by", "T."]
    assert (
        "shows Twin and not Chandra, who looks alike"
        in run("people", "add", "Twin", shot("c", 2), *words).err
    )


def test_another_face_of_a_group_photograph_does_not_take_the_place_of_mine(
    run: Run, home: Path, tmp_path: Path
) -> None:
    group = tmp_path / "group.jpg"
    group.write_bytes(photos.encoded(photos.group()))
    run("people", "add", "me", group, "--face", "1", "--consent", "own")
    before = faces_of(home, "me")
    assert "nothing was added" in run("people", "add", "me", group, "--face", "2").err
    assert np.array_equal(faces_of(home, "me"), before)
    run("query", group, "--face", "2", code=3)


def faces_of(home: Path, name: str) -> Any:
    with open_library(home, key_folder=home.parent / "keys") as library:
        person = people.find_person(library, name)
        assert person is not None
        return people.probe_embeddings(library, person, 1, 128).embeddings


def test_consent_is_recorded_with_its_photographs_or_not_at_all(run: Run, tmp_path: Path, shot: Shot) -> None:
    (tmp_path / "nobody.jpg").write_bytes(photos.nobody())
    run("people", "add", "me", tmp_path / "nobody.jpg", "--consent", "own", code=4)
    run("people", "add", "me", shot("c"), code=3)
    assert run("consent", "list").out.startswith("nobody has consented")


def test_no_refusal_tells_the_way_around_it(run: Run, enrolled: Path, shot: Shot) -> None:
    for words in ([], ["--self"], ["--person", "me"]):
        said = run("query", shot("c"), *words, code=3).err
        assert "needs that person's own consent" in said
        assert "people add" not in said
        assert "--consent" not in said
        assert "--person" not in said


def test_a_picture_mixed_from_two_people_does_not_find_the_other_one(
    run: Run, album: Path, tmp_path: Path, shot: Shot
) -> None:
    """It passes as mine. Without the comparison with what was stated it finds c, and c then passes by it."""
    mixed = tmp_path / "mixed.jpg"
    mixed.write_bytes(morph(photos.picture("d", 0), photos.picture("c", 1), 0.55))
    run("index", album, "--consent", "own")
    run("people", "add", "me", shot("d", 5), "--consent", "own")
    assert found(run("query", mixed, "--confirm-person", "--json").json) == {"d"}
    run("people", "add", "me", mixed, "--confirm-person")  # alike enough
    assert not kept(run)[-1]["stated"]
    assert found(run("query", shot("d", 5), "--json").json) == {"d"}
    run("query", album / "c.jpg", code=3)
    run("people", "add", "me", album / "c.jpg", code=3)


def test_a_verdict_makes_nobody_searchable(run: Run, home: Path, album: Path, enrolled: Path) -> None:
    run("index", album, "--consent", "own")
    others = run("query", enrolled, "--all", "--json").json["appearances"]
    with_c = run("people", "add", "c", album / "c.jpg", "--consent", "release", "--by", "C.")
    assert "c is enrolled" in with_c.err
    (face,) = {one["face"]["id"] for one in run("query", album / "c.jpg", "--json").json["appearances"]}
    said = run("verdict", id_of(home, face), "me", "--strengthen", "--yes", code=2).err
    assert "no answer about me or c has the id" in said
    with open_library(home, key_folder=home.parent / "keys") as library:  # the worst that could be there
        me = people.find_person(library, "me")
        assert me
        verdict = verdicts.Verdict("me", "2026-03-01T12:00:00+00:00", in_template=True)
        verdicts.save(library, me.id, {face: verdict})
    run("query", album / "c.jpg", "--self", code=3)
    found = run("query", enrolled, "--json").json["appearances"]
    assert {one["face"]["id"] for one in found} == {*(one["face"]["id"] for one in others), face}


def test_a_photograph_taken_out_is_in_no_file_and_stays_on_record(
    run: Run, home: Path, enrolled: Path, shot: Shot
) -> None:
    gone = shot("c")
    run("people", "add", "me", gone, "--consent", "own")
    run("query", gone, "--purpose", "with the one that goes")
    with open_library(home, key_folder=home.parent / "keys", writing=True) as library:
        secrets, root = blocks(library, 2), library.root.library
        library.db.execute("pragma wal_checkpoint(truncate)")
    before = decrypted(home / "library.db", root)
    assert all(
        secret[:40] in before for secret in secrets[::2]
    )  # the sealed ones: what is looked for is there
    receipt = run("people", "remove", "me", 2, "--yes", "--json").json["receipts"][0]
    assert (receipt["subject"], receipt["remnants"]) == ("a photograph of me", [])
    assert receipt["counts"] == {"probe photographs": 1, "probe vectors": 1}
    raw = all_bytes(home) + decrypted(home / "library.db", root) + decrypted(home / "keys.db", root)
    for secret in secrets:
        pieces = [secret[at : at + 24] for at in range(0, len(secret) - 24, 24)]
        assert not any(form in raw for piece in pieces for form in encodings(piece))
    run("query", gone, code=3)
    assert [one["number"] for one in kept(run)] == [1]
    assert ("remove", {"number": 2, "photographs": [digest(gone)]}) in notes(run)
    assert audited(run)[-1] == ("me", "removed", [digest(gone)])
    questions = run("consent", "audit", "--json").json["queries"]
    assert questions[0]["purpose"] == "with the one that goes"
    run("query", enrolled)  # the consent goes on
    run("people", "add", "me", shot("astronaut", 1))
    assert [one["number"] for one in kept(run)] == [1, 3]  # no number twice


def blocks(library: Library, probe: int) -> list[bytes]:
    """What is kept of a probe, sealed and opened in turn."""
    from selfsearch.library.sealed import probe_blocks

    pairs = [(block.sealed, block.open(library)) for block in probe_blocks(library, "probe", probe)]
    assert len(pairs) == 2  # the chip, and an embedding
    return [secret for pair in pairs for secret in pair]


def test_the_last_photograph_goes_with_the_person(run: Run, enrolled: Path, shot: Shot) -> None:
    assert "selfsearch forget me" in run("people", "remove", "me", 1, "--yes", code=2).err
    run("people", "add", "me", shot("astronaut", 1))
    said = run("people", "remove", "me", 1, "--yes", code=2).err  # the other one only resembles it
    assert "consent was stated for this one alone" in said
    assert "--yes" in run("people", "remove", "me", 2, code=2).err
    assert "has no photograph 7" in run("people", "remove", "me", 7, "--yes", code=2).err
    assert [one["number"] for one in kept(run)] == [1, 2]


def test_what_was_to_be_taken_out_is_not_used_and_goes_with_the_next_command(
    run: Run, home: Path, enrolled: Path, shot: Shot
) -> None:
    from selfsearch.consent import enrolment

    run("people", "add", "me", shot("c"), "--consent", "own")
    with open_library(home, key_folder=home.parent / "keys", writing=True) as library:
        person = people.all_people(library)[0]
        enrolment.remove(library, person, 2, NOW)  # and killed here
        assert len(people.probe_embeddings(library, person, 1, 128).qualities) == 1
    assert [one["number"] for one in kept(run)] == [1]
    out = run("forget").out
    assert "a photograph of me is erased" in out
    assert "no key was destroyed: the rest of what is kept of the person needs the same one" in out


def test_a_photograph_taken_out_does_not_come_back_with_a_backup(
    run: Run, tmp_path: Path, enrolled: Path, shot: Shot
) -> None:
    run("people", "add", "me", shot("c"), "--consent", "own")
    run("backup", tmp_path / "b.zip")
    run("people", "remove", "me", 2, "--yes")
    run("restore", tmp_path / "b.zip", "--yes")
    assert [one["number"] for one in kept(run)] == [1]
    run("query", shot("c"), code=3)


def test_a_library_from_before_opens_with_its_photographs_and_its_ledger(
    run: Run, home: Path, selfie: Path, shot: Shot, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as earlier:
        earlier.setattr(Library, "migrate", migrate_as_before)
        with open_library(home, key_folder=home.parent / "keys", create=True) as library:
            grants.give(library, grants.ConsentRequest("person", "me", "own"), NOW)
            person = people.save_person(library, "me", "2026-03-01T12:00:01+00:00")
            seal_as_before(library, person, shot("astronaut", 1))
            library.db.table("queries").insert({"at": "2026-03-02", "purpose": "x", "outcome": "answered"})
            library.db.table("reminders").insert({"entry": 1, "what": "soon", "at": "2026-03-02"})
    assert [(one["statement"], one["stated"]) for one in kept(run)] == [(1, True)]
    with open_library(home, key_folder=home.parent / "keys", writing=True) as library:
        assert ledger.verify(library) == 1
        assert library.db.execute("select entry, what from reminders").fetchall() == [(1, "soon")]
        assert library.db.execute("pragma foreign_key_check").fetchall() == []
        with pytest.raises(selfsearch.LibraryError, match="only ever appended to"), library.atomic():
            library.db.execute("delete from consents")
    assert run("consent", "audit", "--json").json["queries"][0]["purpose"] == "x"
    run("consent", "renew", "me", "--yes")
    run("query", selfie)


def migrate_as_before(library: Library) -> None:
    schema.schema.apply(library.db, stop_before="m011_ledger_of_any_event")
    schema.keys_schema.apply(library.keys)


def seal_as_before(library: Library, person: people.Person, path: Path) -> None:
    """A photograph as the version before kept it."""
    from selfsearch.library.sealed import pack_chips, probe_chip_aad
    from selfsearch.packs.store import find_pack
    from selfsearch.recognition.model_engine import ModelEngine

    engine = ModelEngine(find_pack("opencv-zoo", Path("/nonexistent")))
    probe = probes.make_probe(engine, probes.read_photo(engine, path))
    sealed = library.sealer(f"person:{person.id}", create=True).seal(
        pack_chips([probe.chip]), probe_chip_aad(1)
    )
    values = {"person_id": person.id, "sha256": probe.photo.sha256, "quality": 0.9, "chip": sealed}
    library.db.table("probes").insert({**values, "added_at": "2026-03-01T12:00:01+00:00"})


@pytest.mark.parametrize("why", ["{not JSON", '{"a": ' * 9, "[1]", "[" * 100_000, "{}", '"{'])
def test_a_reason_in_braces_does_not_hide_the_record(run: Run, home: Path, why: str) -> None:
    with open_library(home, key_folder=home.parent / "keys", create=True) as library:
        grants.give(library, grants.ConsentRequest("person", "me", "own"), NOW)
        grants.revoke(library, "person", "me", NOW, why)
    wanted = {} if why == "{}" else why
    assert run("consent", "show", "me", "--json").json["entries"][1]["detail"] == wanted
    assert run("consent", "export", "me").json["entries"][1]["detail"] == wanted


def test_a_release_without_a_document_says_so(run: Run, shot: Shot) -> None:
    run("people", "add", "Chandra", shot("c"), "--consent", "release", "--by", "Chandra")
    assert "none: the release itself was not shown to the program" in run("consent", "show", "Chandra").out


def colour_probe(colour: str, number: int = 0) -> enroll.Probe:
    data = coloured(colour, number=number)
    faces = ColourEngine().analyse(data).faces
    return probes.Probe(
        probes.ProbePhoto(f"{colour}{number}", sha256(data), faces), faces[0], faces[0].embedding
    )


def test_a_pack_without_a_calibration_compares_too(home: Path) -> None:
    with open_library(home, key_folder=home.parent / "keys", create=True) as library:
        gallery = Gallery(library, ColourEngine())  # type: ignore[arg-type]
        statement = grants.ConsentRequest("person", "me", "own")
        with pytest.raises(InputError, match="one person at a time"):
            enroll.enroll(gallery, statement, [colour_probe("red"), colour_probe("blue")], NOW)
        enroll.enroll(gallery, statement, [colour_probe("red"), colour_probe("red", 1)], NOW)
        grant = grants.require(library, "person", "me", NOW)
        with pytest.raises(ConsentError, match="does not look like"):
            enroll.enroll(gallery, grant, [colour_probe("blue")], NOW)


def test_a_program_meets_the_same_comparison(home: Path, selfie: Path, shot: Shot) -> None:
    with selfsearch.open(home, create=True) as opened:
        me = opened.give_consent("person", "me", basis="own")
        opened.enroll(me, selfie)
        for grant in (
            me,
            opened.give_consent("person", "me", basis="own"),
        ):  # no statement about a photograph
            with pytest.raises(selfsearch.ConsentError, match="does not look like"):
                opened.enroll(grant, shot("c"))
        opened.enroll(selfsearch.ConsentRequest("person", "me", "own"), shot("c"))
        opened.enroll(me, shot("astronaut", 1))
        assert [photo.is_stated for photo in opened.photographs("me")] == [True, True, False]
        assert "does not look like what is kept" in ledger.entries(opened.library)[-3].statement
        assert opened.remove_photograph("me", 2)[0].remnants == ()
        assert len(opened.photographs("me")) == 2


@pytest.mark.parametrize("name", ["", " ", " ana", "ana ", "ana\n", "2", "٣"])
def test_a_name_is_not_mistaken_for_anything_else_later(run: Run, selfie: Path, name: str) -> None:
    said = run("people", "add", name, selfie, "--consent", "own", code=2).err
    assert "a person's name is" in said
    said = run("query", selfie, "--person", name, "--consent", "own", code=2).err
    assert "a person's name is" in said
    assert run("consent", "list").out == "nobody has consented to anything yet\n"


def test_a_name_may_be_of_several_words_with_a_number(run: Run, selfie: Path) -> None:
    run("people", "add", "Ana 2", selfie, "--consent", "own")
    assert run("people").out.startswith("Ana 2: enrolled")
