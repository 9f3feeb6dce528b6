"""Every decision about consent, one by one: what may be read and searched, who ended what, what is shown of
it, and when the ledger is believed. No photograph is needed for that.
"""

from __future__ import annotations

import json
import os
import threading
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from selfsearch.consent import audit, enrolment, grants
from selfsearch.errors import ConsentError, InputError, LibraryError, UsageError
from selfsearch.library import erasure, keys, ledger, people, sources
from selfsearch.library.changes import Change, State
from selfsearch.library.ledger import LedgerEntry
from selfsearch.library.ledger_head import Head, HeadFile
from selfsearch.library.library import Library, open_library
from selfsearch.types import isoformat

NOW = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
LATER = NOW + timedelta(days=400)
links = pytest.mark.skipif(os.name != "posix", reason="making links takes rights on Windows")


def wish(subject: object = "/album", kind: str = "source", **more: Any) -> grants.ConsentRequest:
    return grants.ConsentRequest(**{"kind": kind, "subject": str(subject), "basis": "own", **more})


def give(library: Library, *subjects: object, kind: str = "source", **more: Any) -> None:
    for subject in subjects:
        grants.give(library, wish(subject, kind, **more), NOW)


def source(library: Library, root: object, **more: Any) -> int:
    """A source of which nothing was read yet."""
    row = {
        "locator": str(root), "root": str(root), "platform": "folder", "title": "x", "why": "x",
        "containers": json.dumps([str(root)]), "added_at": "2026",
    }  # fmt: skip
    return int(library.db.table("sources").insert(row | more).last_pk)


def item(library: Library, number: int, path: str, real: str | None = None) -> str:
    address = f"{sources.all_sources(library)[number - 1].root}/{path}"
    media = library.db.table("media").insert(
        {"sha256": address, "bytes": 1, "type": "image/png", "width": 1, "height": 1}
    ).last_pk  # fmt: skip
    library.db.table("items").insert(
        {
            "source_id": number, "path": path, "address": address, "real": real, "media_id": media,
            "outcome": "indexed", "size": 1, "stamp": "", "said": "", "found_at": "2026",
        }
    )  # fmt: skip
    return address


# ---- what is agreed to ----


@pytest.mark.parametrize(
    ("request_", "begins", "holds"),
    [
        (wish(), "The media in /album are mine", "until 2027-03-01"),
        (wish(given_as="/link"), "The media in /link (a link to /album) are mine", "until I withdraw this"),
        (wish(basis="release", by="Ana"), "Ana has the right to the media in /album", "it is withdrawn"),
        (wish("me", "person"), "The photograph shows me. I agree", "called me"),
        (
            wish("me", "person", photographs=("ab" * 32,)),
            "The photograph (SHA-256 abababababab) shows me.", "called me",
        ),
        (
            wish("me", "person", photographs=("ab" * 32, "cd" * 32)),
            "The photographs (SHA-256 abababababab, cdcdcdcdcdcd) show me.", "called me",
        ),
        (
            wish("me", "person", photographs=("ab" * 32,), is_unlike=True),
            "The photograph (SHA-256 abababababab), which does not look like what is kept",
            "of me already, shows me. ",
        ),
        (
            wish("me", "person", photographs=("ab" * 32, "cd" * 32), is_unlike=True),
            "The photographs (SHA-256 abababababab, cdcdcdcdcdcd), which do not look like",
            "already, show me",
        ),
        (
            wish("bo", "person", basis="release", by="Ana", lookalikes=("me", "she")),
            "The photograph shows bo and not me, she, who looks alike. Ana agreed", "template of bo",
        ),
    ],
)  # fmt: skip
def test_the_statement_names_what_is_agreed_to(
    request_: grants.ConsentRequest, begins: str, holds: str
) -> None:
    words = grants.statement(request_, NOW)
    assert words.startswith(begins)
    assert holds in words


def test_the_ledger_keeps_everything_that_was_agreed_to(library: Library) -> None:
    wanted = wish("bo", "person", basis="release", by="Ana", evidence_sha256="ef" * 32, method="a form")
    grant = grants.give(library, replace(wanted, lasts=timedelta(days=10)), NOW)
    (entry,) = ledger.entries(library)
    assert (entry.event, entry.kind, entry.subject, entry.basis, entry.given_by) == (
        "grant", "person", "bo", "release", "Ana",
    )  # fmt: skip
    assert (entry.evidence_sha256, entry.method, entry.at) == ("ef" * 32, "a form", isoformat(NOW))
    assert entry.previous_hash == "0" * 64  # what every ledger began with so far
    assert (entry.expires_at, entry.detail) == (isoformat(NOW + timedelta(days=10)), "")
    assert entry.statement == grants.statement(replace(wanted, lasts=timedelta(days=10)), NOW)
    assert (grant.entry, grant.expires_at) == (1, NOW + timedelta(days=10))
    give(library, "/album")
    assert ledger.entries(library)[1].given_by == "the user"


@pytest.mark.parametrize(
    ("request_", "why"),
    [
        (wish(basis="guess"), "consent for a source is own or release, not 'guess'"),
        (wish(kind="thing"), "not for a 'thing'"),
        (wish(basis="release"), "a release needs the name"),
        (wish(lasts=timedelta(0)), "at least a day"),
        (wish(lasts=timedelta(days=3 * 365, seconds=1)), "at most three years"),
    ],
)
def test_consent_that_is_not_complete_is_not_written_down(
    library: Library, request_: grants.ConsentRequest, why: str
) -> None:
    with pytest.raises(UsageError, match=why):
        grants.give(library, request_, NOW)
    assert ledger.entries(library) == []


def test_three_years_are_allowed_and_a_year_is_usual(library: Library) -> None:
    assert grants.give(library, wish(lasts=timedelta(days=1095)), NOW).expires_at == NOW + timedelta(
        days=1095
    )
    assert grants.give(library, wish(), NOW).expires_at == NOW + timedelta(days=365)


# ---- whether it is live ----


def test_consent_ends_at_its_moment_and_not_before(library: Library) -> None:
    give(library, "/album")
    end = NOW + timedelta(days=365)
    for now, live, state in (
        (end - timedelta(seconds=1), {"/album"}, "live"), (end, set(), "expired"), (LATER, set(), "expired"),
    ):  # fmt: skip
        assert grants.live(library, "source", ["/album", "/other"], now) == live
        assert [status.state for status in grants.statuses(library, now)] == [state]
        assert grants.may_read(library, "/album/inner", now) is bool(live)
    with pytest.raises(
        ConsentError,
        match="the consent for /album expired on 2027-03-01; renew it: selfsearch consent renew /album",
    ):
        grants.require(library, "source", "/album", LATER)
    with pytest.raises(
        ConsentError, match="no consent on record for /other; give it with: selfsearch index /other"
    ):
        grants.require(library, "source", "/other", NOW)


def test_where_consent_stands_is_said_of_every_subject_in_order(library: Library) -> None:
    give(library, "/a", "/b")
    give(library, "me", kind="person")
    grants.revoke(library, "source", "/a", NOW)
    ledger.append(library, LedgerEntry(isoformat(NOW), "erase", "person", "me"))
    found = grants.statuses(library, NOW)
    assert [(one.entry.subject, one.state) for one in found] == [
        ("/a", "withdrawn"), ("/b", "live"), ("me", "erased"),
    ]  # fmt: skip
    assert found[0].expires_at is None
    assert found[1].expires_at == NOW + timedelta(days=365)
    of = grants.statuses_of(library, "source", ["/a/x", "/b", "/c"], NOW)
    assert {subject: status.state for subject, status in of.items()} == {"/a/x": "withdrawn", "/b": "live"}


@pytest.mark.parametrize(
    ("event", "word"), [("revoke", "withdrawn"), ("erase", "erased"), ("accept", "withdrawn")]
)
def test_whatever_else_the_ledger_says_last_ends_consent(library: Library, event: str, word: str) -> None:
    give(library, "me", kind="person")
    ledger.append(library, LedgerEntry(isoformat(NOW), event, "person", "me"))
    for act in (grants.require, grants.renew):
        with pytest.raises(ConsentError, match=f"was {word} on 2026-03-01; a search for a person needs"):
            act(library, "person", "me", NOW)
    assert grants.ended(library, "person") == set()
    people.save_person(library, "me", "2026")
    people.save_person(library, "she", "2026")
    assert grants.ended(library, "person") == {"me"}
    assert grants.consented_people(library, NOW) == []


def test_renewing_says_the_same_again_and_no_more(library: Library) -> None:
    give(library, "bo", kind="person", basis="release", by="Ana", evidence_sha256="ef" * 32)
    again = grants.renewal(library, "person", "bo", LATER)
    assert again == wish("bo", "person", basis="release", by="Ana", evidence_sha256="ef" * 32)
    give(library, "/album", given_as="/link")
    assert grants.renewal(library, "source", "/album/part", LATER, timedelta(days=9)) == wish(
        given_as="/link", lasts=timedelta(days=9)
    )
    assert grants.renew(library, "source", "/album", LATER).expires_at == LATER + timedelta(days=365)
    assert ledger.entries(library)[-1].event == "renew"
    assert grants.paths_as_given(library) == {"/album": ["/link", "/link"]}


# ---- withdrawing ----


def test_withdrawing_a_folder_takes_what_was_given_for_links_into_it(library: Library) -> None:
    give(library, "/disk/a", given_as="/links/a")
    give(library, "/disk/b", "/other")
    assert grants.revoke(library, "source", "/links", NOW, "why not") == ["/links", "/disk/a"]
    assert [entry.detail for entry in ledger.entries(library) if entry.event == "revoke"] == ["why not"] * 2
    assert grants.revoke(library, "source", "/nowhere", NOW, also=["/disk/b"]) == ["/nowhere", "/disk/b"]
    assert grants.live(library, "source", ["/disk/a", "/disk/b", "/other"], NOW) == {"/other"}


def test_of_people_the_one_who_is_named_alone_is_withdrawn(library: Library) -> None:
    give(library, "me", "me/too", kind="person")
    assert grants.revoke(library, "person", "me", NOW) == ["me"]
    assert grants.live(library, "person", ["me", "me/too"], NOW) == {"me/too"}
    for name in ("nobody", "me"):
        with pytest.raises(
            UsageError, match=f"no consent on record for {name}; see: selfsearch consent list"
        ):
            grants.revoke(library, "person", name, NOW)


def test_a_source_inside_of_what_was_consented_to_can_be_withdrawn_alone(library: Library) -> None:
    give(library, "/a")
    source(library, "/a/part/deep")
    with pytest.raises(UsageError, match=r"consent was given for /a as a whole.*selfsearch forget /a/other"):
        grants.revoke(library, "source", "/a/other", NOW)
    assert grants.revoke(library, "source", "/a/part", NOW) == ["/a/part"]
    with pytest.raises(UsageError, match="no consent on record for /a/part/deep"):
        grants.revoke(library, "source", "/a/part/deep", NOW)  # it is withdrawn already
    assert grants.live(library, "source", ["/a", "/a/part", "/a/part/deep", "/a/x"], NOW) == {"/a", "/a/x"}


def test_what_is_left_readable_above_what_was_withdrawn_is_named(library: Library) -> None:
    for root in ("/a", "/a/b", "/a/b/c", "/z", "/a/erasing"):
        source(library, root)
        give(library, root)
    sources.update_source(library, 5, state="erasing")
    assert grants.covering(library, "/a/b/c", NOW) == ["/a", "/a/b"]
    assert grants.covering(library, "/a/erasing/x", NOW) == ["/a"]
    assert grants.covering(library, "/a", NOW) == []
    grants.revoke(library, "source", "/a/b", NOW)
    assert grants.covering(library, "/a/b/c", NOW) == ["/a"]
    assert grants.covering(library, "/a/b/c", LATER) == []


@links
def test_a_name_means_the_path_on_record_and_where_it_leads(library: Library, tmp_path: Path) -> None:
    real, link = tmp_path / "disk", tmp_path / "link"
    (real / "inner").mkdir(parents=True)
    link.symlink_to(real)
    give(library, real, given_as=str(link))
    assert grants.meant_by(library, str(link)) == [str(link), str(real)]
    assert grants.meant_by(library, str(real)) == [str(real)]
    assert grants.meant_by(library, str(link / "inner")) == [str(real / "inner")]
    assert grants.meant_by(library, str(real / "inner")) == [str(real / "inner")]
    assert grants.meant_by(library, str(tmp_path / "unknown")) == []
    assert grants.subject_at(library, str(link)) == str(real)
    assert grants.require(library, "source", str(link), NOW).subject == str(link)
    grants.revoke(library, "source", str(real), NOW)
    with pytest.raises(ConsentError, match="withdrawn"):
        grants.require(library, "source", str(link), NOW)


def test_an_archive_is_known_by_every_spelling_that_the_file_system_takes_for_it(
    library: Library, tmp_path: Path
) -> None:
    archive, spelled = tmp_path / "Album.zip", tmp_path / "album.zip"
    archive.touch()
    give(library, archive)
    if not spelled.exists():
        assert grants.live(library, "source", [str(spelled)], NOW) == set()
        os.link(archive, spelled)  # as in a file system that knows no case
    assert grants.live(library, "source", [str(spelled)], NOW) == {str(spelled)}


@links
def test_a_folder_that_became_a_link_needs_both_consents(library: Library, tmp_path: Path) -> None:
    real, link = tmp_path / "disk", tmp_path / "link"
    real.mkdir()
    give(library, link)
    link.symlink_to(real)
    with pytest.raises(ConsentError, match=f"no consent on record for {real}"):
        grants.require(library, "source", str(link), NOW)
    give(library, real)
    assert grants.require(library, "source", str(link), NOW).subject == str(link)
    grants.revoke(library, "source", str(link), NOW)
    with pytest.raises(ConsentError, match=f"{link} was withdrawn"):
        grants.require(library, "source", str(link), NOW)


# ---- behind links ----


def test_what_links_led_to_is_hidden_when_its_consent_ends(library: Library) -> None:
    source(library, "/a")
    give(library, "/a", "/gone", "/expired", "/there")
    addresses = {
        name: item(library, 1, name, real)
        for name, real in (
            ("own", None), ("inside", "/a/x"), ("there", "/there/x"), ("gone", "/gone/x"),
            ("none", "/none/x"), ("lapsed", "/lapsed/x"),
        )
    }  # fmt: skip
    grants.revoke(library, "source", "/gone", NOW)
    entry = LedgerEntry(isoformat(NOW), ledger.LAPSE, "source", "/lapsed", expires_at=isoformat(NOW))
    ledger.append(library, entry)

    def hidden(now: datetime, **which: bool) -> set[str]:
        return {Path(link.address).name for link in grants.unconsented_links(library, now, **which)}

    assert hidden(NOW) == {"gone", "none", "lapsed"}
    assert hidden(LATER) == {"gone", "none", "lapsed", "there"}
    assert hidden(NOW, expired=False) == hidden(LATER, expired=False) == {"gone", "none"}
    assert [row.id for row in grants.consented_sources(library, NOW)] == [1]
    left = {row[0] for row in library.db.execute("select address from items where gone_at is null")}
    assert left == {addresses[name] for name in ("own", "inside", "there")}


def test_one_run_asks_once_for_a_folder_and_other_threads_get_no_for_the_rest(library: Library) -> None:
    give(library, "/a", "/b/closed")
    asked = grants.ConsentBehindLinks(library, lambda: NOW)
    assert asked("/a/one.jpg")
    assert not asked("/z/one.jpg")
    assert not asked("/b/one.jpg")
    assert asked("/b/closed/x.jpg")
    answers: dict[str, bool] = {}

    def from_another_thread() -> None:
        for path in ("/a/two.jpg", "/z/two.jpg", "/b/one.jpg", "/b/two.jpg", "/a/deeper/two.jpg"):
            answers[path] = asked(path)

    thread = threading.Thread(target=from_another_thread)
    thread.start()
    thread.join()
    assert answers == {
        "/a/two.jpg": True, "/z/two.jpg": False, "/b/one.jpg": False, "/b/two.jpg": False,
        "/a/deeper/two.jpg": False,
    }  # fmt: skip
    assert asked("/a/deeper/two.jpg")


# ---- what is searched and shown ----


def test_sources_are_searched_with_live_consent_and_until_they_are_replaced(library: Library) -> None:
    for root in ("/a", "/b", "/c", "/d"):
        source(library, root)
    give(library, "/a", "/b", "/d")
    sources.update_source(library, 2, successor=1)
    sources.update_source(library, 4, state="erasing")

    def searched(*named: int) -> list[int]:
        return [row.id for row in grants.searchable_sources(library, NOW, named)]

    assert searched() == [1]
    assert searched(1) == [1]
    assert searched(2) == [1, 2]  # the older export, which is searched when it is named
    for number, why in ((3, "has no live consent"), (4, "is being erased")):
        with pytest.raises(ConsentError, match=rf"\(source {number}\) {why}, so it is not searched"):
            searched(1, number)
    with pytest.raises(UsageError, match="there is no source 7, 9; see: selfsearch sources"):
        searched(9, 1, 7)
    assert grants.searchable_sources(library, LATER) == []
    assert grants.ended(library, "source") == set()
    grants.revoke(library, "source", "/a", NOW)
    assert grants.ended(library, "source") == {"/a"}


def news(person: str, *places: str, number: int = 1, kind: str = "new") -> Change:
    now = State(0.9, "strong", "public", places)
    return Change(
        person, kind, 1, None if kind == "new" else now, None if kind == "gone" else now, "2026", id=number
    )


def test_changes_are_shown_of_people_and_places_with_live_consent(library: Library) -> None:
    for root in ("/a", "/a/zip.zip", "/b"):
        source(library, root)
    give(library, "/a", "/a/zip.zip")
    give(library, "me", kind="person")

    def shown(*found: Change, now: datetime = NOW) -> list[tuple[tuple[str, ...], ...]]:
        return [
            tuple(state.places if state else () for state in (change.before, change.after))
            for change in grants.visible_changes(library, found, now)
        ]

    assert shown(news("me", "/a/1", "/b/1")) == [((), ("/a/1",))]
    assert shown(news("me", "/a/1", kind="gone")) == [(("/a/1",), ())]
    assert shown(news("me", "/b/1")) == shown(news("she", "/a/1")) == shown(news("me")) == []
    assert shown(news("me", "/a/zip.zip!x.jpg", "/nowhere/x")) == [((), ("/a/zip.zip!x.jpg", "/nowhere/x"))]
    grants.revoke(library, "source", "/a/zip.zip", NOW)
    assert shown(news("me", "/a/zip.zip!x.jpg", "/a/1")) == [((), ("/a/1",))]
    assert shown(news("me", "/a/1"), now=LATER) == []
    link = item(library, 1, "link", "/elsewhere/x")
    assert shown(news("me", link)) == []


def test_a_change_that_lies_in_hidden_places_alone_waits(library: Library) -> None:
    for root in ("/a", "/b"):
        source(library, root)
    give(library, "/a", "/b")
    give(library, "me", kind="person")

    def state(**places: str | None) -> State:
        return State.of(0.9, "strong", {f"/{name}/x": level for name, level in places.items()})

    wider = Change(
        "me", "exposure", 1, state(a="private", b="private"), state(a="private", b="public"), "2026"
    )
    moved = replace(wider, kind="moved", before=state(a=None), after=state(a=None, b=None))
    surer = replace(moved, kind="band")
    found = [wider, moved, surer]
    assert grants.visible_changes(library, found, NOW) == found
    grants.revoke(library, "source", "/b", NOW)
    (shown,) = grants.visible_changes(library, found, NOW)
    assert (shown.kind, shown.after) == ("band", state(a=None))


def test_a_change_about_somebody_elses_face_is_not_shown(library: Library) -> None:
    give(library, "me", kind="person")
    person = people.save_person(library, "me", "2026")
    library.db.table("changes").insert(
        {
            "id": 1,
            "person_id": person.id,
            "at": "2026",
            "kind": "new",
            "face_id": 1,
            "before": "{}",
            "after": "{}",
        }
    )
    assert len(grants.visible_changes(library, [news("me", "/x")], NOW)) == 1
    library.db.execute("pragma foreign_keys = off")
    library.db.table("verdicts").insert(
        {"person_id": person.id, "face_id": 1, "verdict": "not_me", "at": "2026"}
    )
    assert grants.visible_changes(library, [news("me", "/x"), news("me", "/x", number=2)], NOW) == [
        news("me", "/x", number=2)
    ]


# ---- photographs on record ----


def probe(library: Library, person: people.Person, digit: str, *, is_stated: bool) -> None:
    chip = np.zeros((112, 112, 3), np.uint8)
    row = people.NewProbe(digit * 64, 1.0, chip, np.array([1, 0, 0, 0], np.float32), 1, is_stated)
    people.save_probe(library, person, sources.save_pack(library, "p", "r", 4), row, "2026")
    enrolment.note_added(library, person, [row.sha256], enrolment.Basis(1, is_stated), NOW)


def test_the_last_photograph_that_consent_was_stated_for_stays(library: Library) -> None:
    give(library, "me", kind="person")
    me = people.save_person(library, "me", "2026")
    probe(library, me, "a", is_stated=True)
    with pytest.raises(UsageError, match="this is the last photograph of me"):
        enrolment.remove(library, me, 1, NOW)
    probe(library, me, "b", is_stated=False)
    with pytest.raises(UsageError, match="consent was stated for this one alone"):
        enrolment.remove(library, me, 1, NOW)
    with pytest.raises(UsageError, match="me has no photograph 3; see: selfsearch people show me"):
        enrolment.remove(library, me, 3, NOW)
    enrolment.remove(library, me, 2, NOW)
    assert [(one.kind, one.number) for one in erasure.pending(library)] == [("probe", 2)]
    probe(library, me, "c", is_stated=True)
    enrolment.remove(library, me, 1, NOW)
    assert [one.sha256[0] for one in people.kept_probes(library, me)] == ["c"]


def test_what_was_added_and_removed_stands_in_the_ledger_and_the_audit_log(library: Library) -> None:
    give(library, "me", kind="person")
    me = people.save_person(library, "me", "2026")
    probe(library, me, "a", is_stated=True)
    probe(library, me, "b", is_stated=False)
    enrolment.remove(library, me, 2, NOW)
    found = enrolment.entries(library, "person", "me")
    assert [(entry.id, entry.event) for entry in found] == [
        (1, "grant"), (2, "enroll"), (3, "enroll"), (4, "remove"),
    ]  # fmt: skip
    assert [json.loads(entry.detail) for entry in found[1:]] == [
        {"person": "me", "photographs": ["a" * 64], "statement": 1, "stated": True},
        {"person": "me", "photographs": ["b" * 64], "statement": 1, "stated": False},
        {"person": "me", "photographs": ["b" * 64], "number": 2},
    ]
    give(library, "/album")
    assert [entry.id for entry in enrolment.entries(library, "source", "/album")] == [5]
    assert len(enrolment.entries(library, None, None)) == 5
    log = [row for row in people.audit_log(library) if isinstance(row, people.AuditedPhotographs)]
    assert [(row.action, row.outcome, row.photographs) for row in log] == [
        ("add", "added", ("a" * 64,)), ("add", "added", ("b" * 64,)), ("remove", "removed", ("b" * 64,)),
    ]  # fmt: skip


def test_refusals_are_on_record_and_other_errors_are_no_question(library: Library) -> None:
    for error in (ConsentError("no"), InputError("no face")):
        with pytest.raises(type(error)), audit.question(library, "me", "why", lambda: NOW):
            raise error
        with pytest.raises(type(error)), enrolment.attempt(library, "me", lambda: NOW):
            raise error
    with audit.question(library, "me", "why", lambda: NOW):
        pass  # it came to no answer
    with enrolment.attempt(library, "me", lambda: NOW):
        pass
    question, photographs = people.audit_log(library)
    assert question == {
        "at": isoformat(NOW), "person": "me", "purpose": "why", "outcome": "refused", "appearances": None,
        "confirmed": False,
    }  # fmt: skip
    assert isinstance(photographs, people.AuditedPhotographs)
    assert (photographs.action, photographs.outcome, photographs.photographs) == ("add", "refused", ())


# ---- whether the ledger is believed ----


def change(library: Library, statement: str, *values: str) -> None:
    """What somebody with the key can do, in a process that has not looked yet."""
    for name in ("consents_keep_update", "consents_keep_delete"):
        library.db.execute(f"drop trigger if exists {name}")
    library.db.execute(statement, values)
    library.believed_at = None


CHANGES = [
    "update consents set expires_at = '2029-01-01T00:00:00+00:00' where id = 2",
    "update consents set subject = '/elsewhere' where id = 2",
    "update consents set previous_hash = hash where id = 2",
    "update consents set hash = upper(hash) where id = 3",
    "delete from consents where id = 2",
    "delete from consents where id = 3",
    "delete from consents",
]


@pytest.mark.parametrize("ordinary", [1000, 2], ids=["verified whole", "compared with the head"])
@pytest.mark.parametrize("statement", CHANGES)
def test_a_changed_or_shortened_ledger_decides_nothing(
    library: Library, monkeypatch: pytest.MonkeyPatch, statement: str, ordinary: int
) -> None:
    monkeypatch.setattr(ledger, "ORDINARY", ordinary)
    give(library, "/a", "/b", "/c")
    assert ledger.verify(library) == 3
    change(library, statement)
    with pytest.raises(LibraryError):
        grants.live(library, "source", ["/b"], NOW)
    give_up = grants.revoke if "delete" not in statement else None
    if give_up:
        assert give_up(library, "source", "/a", NOW) == ["/a"]  # withdrawing is always possible


def test_an_entry_that_was_written_anew_with_a_hash_of_its_own_breaks_the_chain(library: Library) -> None:
    give(library, "/a", "/b", "/c")
    forged = replace(ledger.entries(library)[1], expires_at="2029-01-01T00:00:00+00:00")
    statement = "update consents set expires_at = ?, hash = ? where id = 2"
    change(library, statement, forged.expires_at, ledger.digest(forged))
    for decide in (ledger.verify, lambda one: grants.live(one, "source", ["/b"], NOW)):
        with pytest.raises(LibraryError, match="was changed at entry 3"):
            decide(library)


def test_a_ledger_without_an_entry_is_believed_again_and_again(library: Library) -> None:
    for _ in range(2):
        assert grants.live(library, "source", ["/a"], NOW) == set()
        library.believed_at = None


@links
def test_a_head_that_cannot_be_written_is_warned_of_and_what_was_committed_stands(
    library: Library, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "unplugged").symlink_to(tmp_path / "nothing")
    library.head = HeadFile(tmp_path / "unplugged", "library")
    ledger.append(library, LedgerEntry(isoformat(NOW), "grant", "source", "/a"))
    assert len(ledger.entries(library)) == 1
    assert "an old copy that is put in the library's place may go unnoticed" in caplog.text


def test_a_withdrawal_is_remembered_outside_of_the_library_at_once(library: Library) -> None:
    give(library, "/a")
    grants.revoke(library, "source", "/a", NOW)
    head = library.head and library.head.read(library.root)
    assert head
    assert head.number == 2


def test_a_head_that_fits_its_ledger_is_not_written_again(library: Library) -> None:
    give(library, "/a")
    assert library.head
    library.head.path.write_text(library.head.path.read_text() + " ")
    library.believed_at = None
    assert grants.live(library, "source", ["/a"], NOW)
    assert library.head.path.read_text().endswith(" ")


def test_a_gap_in_the_numbers_is_a_change(library: Library) -> None:
    give(library, "/a", "/b", "/c")
    change(library, "update consents set id = 4 where id = 3")
    with pytest.raises(LibraryError, match="was changed at entry 4"):
        ledger.verify(library)


def test_under_a_new_key_the_ledger_is_believed_as_before(library: Library, home: Path) -> None:
    give(library, "/a")
    keys.renew(library)
    with open_library(home, key_folder=home.parent / "keys") as opened:
        assert grants.live(opened, "source", ["/a"], NOW) == {"/a"}


def test_a_long_ledger_is_verified_from_its_head_on(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "ORDINARY", 2)
    walked = []
    walk = ledger._walk
    monkeypatch.setattr(ledger, "_walk", lambda *args: walked.append(args[1]) or walk(*args))
    for number in range(1, 6):
        give(library, f"/{number}")
    assert walked == [0, 0, 0, 3, 4]
    assert library.head
    head = library.head.read(library.root)
    assert head
    assert (head.number, head.hash) == (5, ledger.entries(library)[4].hash)
    walked.clear()
    grants.live(library, "source", ["/1"], NOW)
    assert walked == []  # nothing was written since
    library.believed_at = None
    grants.live(library, "source", ["/1"], NOW)
    assert walked == [5]


def test_a_head_behind_its_ledger_is_brought_up_to_date_and_one_ahead_is_the_alarm(library: Library) -> None:
    give(library, "/a", "/b")
    assert library.head
    ahead = library.head.read(library.root)
    assert ahead
    first = ledger.entries(library)[0]
    behind = Head(1, first.hash, ledger._outline(library, 1))
    library.head.write(library.root, behind)
    library.believed_at = None
    with library.atomic():
        grants.live(library, "source", ["/a"], NOW)
    assert library.head.read(library.root) == ahead
    change(library, "delete from consents where id = 2")
    with pytest.raises(
        LibraryError,
        match="is older than this machine remembers: its ledger of consent ends at entry 1, not at 2",
    ):
        ledger.compare_with_head(library)  # fmt: skip
    change(library, "delete from consents")
    with pytest.raises(LibraryError, match="its ledger of consent is empty, not at 2"):
        ledger.compare_with_head(library)
    for root in ("/other", "/another"):
        entry = LedgerEntry(isoformat(NOW), "grant", "source", root, expires_at=isoformat(LATER))
        ledger.append(library, entry)
    with pytest.raises(
        LibraryError, match="is not the one that this machine remembers: entry 2 of its ledger"
    ):
        ledger.compare_with_head(library)
    entry = ledger.accept(library, "2026")
    assert json.loads(entry.detail) == {"ledger_ended_at": 2}
    head = library.head.read(library.root)
    assert head
    assert head.number == 3
    assert grants.live(library, "source", ["/other"], NOW) == {"/other"}


def test_a_head_is_believed_with_the_library_s_key_alone(library: Library, tmp_path: Path) -> None:
    give(library, "/a")
    assert library.head
    path, good = library.head.path, library.head.path.read_text()
    another = HeadFile(path.parent, "another library")
    another.path.write_text(good)
    record = json.loads(good)
    for text in (
        "", "[]", "{}", "not json", "[" * 3000, json.dumps(record | {"number": 2}),
        json.dumps(record | {"mac": "00" * 32}), json.dumps(record | {"mac": "no hex"}),
        json.dumps(record | {"hash": "0" * 64}), json.dumps(record | {"outline": ""}),
        good + " " * 5000 + "x",
    ):  # fmt: skip
        path.write_text(text)
        if text.startswith(good):
            assert library.head.read(library.root)  # no more than its beginning is read
            continue
        with pytest.raises(LibraryError, match="was not written with this library's key"):
            library.head.read(library.root)
    with pytest.raises(LibraryError, match="was not written with"):
        another.read(library.root)
    for _ in range(2):
        library.head.remove()
        ledger.sign_head_anew(library)
        assert library.head.read(library.root) is None
    path.mkdir()
    with pytest.raises(LibraryError, match="cannot be read"):
        library.head.read(library.root)


def test_what_was_given_out_is_listed_for_those_whom_it_is_about(library: Library) -> None:
    for number, (where, who) in enumerate([(["/a"], ["me"]), (["/b"], []), ([], ["she"])]):
        detail = {"biometrics": False, "sources": where, "people": who, "rows": number}
        entry = LedgerEntry(f"202{number}", "export", "library", f"/out{number}", detail=json.dumps(detail))
        ledger.append(library, entry)
    assert [one["rows"] for one in ledger.exports(library)] == [0, 1, 2]
    assert [one["to"] for one in ledger.exports(library, "/a")] == ["/out0"]
    assert [one["at"] for one in ledger.exports(library, "she")] == ["2022"]
    assert ledger.exports(library, "nobody") == []
