"""Nothing is read, searched or shown without live consent, and the ledger tells when somebody changed it."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from selfsearch.consent import forget, grants
from selfsearch.errors import ConsentError, LibraryError, UsageError
from selfsearch.library import faces, ledger, people, sealed, sources
from selfsearch.library.library import Library, open_library
from selfsearch.types import ProgressListener
from selfsearch.workflows import enroll, index, probes, query
from selfsearch.workflows.gallery import Gallery
from tests import photos
from tests.conftest import Run
from tests.fakes import ColourEngine, coloured
from tests.forensics import all_bytes, encodings, sha256

NOW = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
At = Callable[[str], None]


@pytest.fixture
def portraits(tmp_path: Path) -> Path:
    folder = tmp_path / "portraits"
    folder.mkdir()
    for variant in range(2):
        (folder / f"{variant}.jpg").write_bytes(photos.photo("astronaut", variant))
    return folder


def wish(subject: str = "/album", kind: str = "source", **more: Any) -> grants.ConsentRequest:
    return grants.ConsentRequest(kind, subject, "own", **more)


def tampered(library: Library, statement: str) -> None:
    """What somebody with the key can do to the file."""
    for name in ("consents_keep_update", "consents_keep_delete"):
        library.db.execute(f"drop trigger {name}")
    library.db.execute(statement)


@pytest.mark.parametrize(
    ("statement", "entry"),
    [
        ("update consents set statement = replace(statement, '2027', '2029') where id = 1", 1),
        ("update consents set expires_at = '2029-03-01T12:00:00+00:00' where id = 2", 2),
        ("update consents set hash = replace(hash, substr(hash, 1, 1), 'x') where id = 3", 3),
        ("delete from consents where id = 2", 3),
        ("update consents set id = 9 where id = 2", 3),
    ],
)
def test_a_changed_ledger_is_noticed(run: Run, home: Path, statement: str, entry: int) -> None:
    with open_library(home, key_folder=home.parent / "keys", create=True) as library:
        for name in ("/a", "/b", "/c"):
            grants.give(library, wish(name), NOW)
        assert ledger.verify(library) == 3
        tampered(library, statement)
    assert f"changed at entry {entry}" in run("consent", "verify", code=5).err
    assert f"changed at entry {entry}" in run("consent", "export", code=5).err


@pytest.mark.parametrize("statement", ["update consents set subject = 'x'", "delete from consents"])
def test_the_database_itself_refuses_to_change_the_ledger(library: Library, statement: str) -> None:
    grants.give(library, wish(), NOW)
    with pytest.raises(LibraryError, match="only ever appended to"), library.atomic():
        library.db.execute(statement)
    assert ledger.verify(library) == 1


def test_consent_ends_when_it_said_and_can_be_renewed(library: Library) -> None:
    grant = grants.give(library, wish(lasts=timedelta(days=10)), NOW)
    assert grant.expires_at == NOW + timedelta(days=10)
    later = NOW + timedelta(days=10)
    with pytest.raises(
        ConsentError, match="expired on 2026-03-11; renew it: selfsearch consent renew /album"
    ):
        grants.require(library, "source", "/album", later)
    assert [status.state for status in grants.statuses(library, later)] == ["expired"]
    assert grants.renew(library, "source", "/album", later).entry == 2
    assert [entry.event for entry in ledger.entries(library)] == ["grant", "renew"]
    assert [status.state for status in grants.statuses(library, later)] == ["live"]


@pytest.mark.parametrize("days", [0, -1, 3 * 365 + 1])
def test_consent_lasts_three_years_at_most(library: Library, days: int) -> None:
    with pytest.raises(UsageError):
        grants.give(library, wish(lasts=timedelta(days=days)), NOW)
    assert ledger.entries(library) == []


def test_a_folder_withdrawn_takes_everything_below_it_along(library: Library) -> None:
    for name in ("/a", "/a/b", "/a/b/c", "/ab"):
        grants.give(library, wish(name), NOW)
    assert grants.revoke(library, "source", "/a", NOW) == ["/a", "/a/b", "/a/b/c"]
    assert grants.live(library, "source", ["/a", "/a/b", "/a/b/c/d", "/ab"], NOW) == {"/ab"}
    with pytest.raises(ConsentError, match="withdrawn"):
        grants.renew(library, "source", "/a/b", NOW)


def test_a_part_of_what_was_consented_to_is_not_withdrawn_silently(library: Library) -> None:
    grants.give(library, wish("/a"), NOW)
    with pytest.raises(UsageError, match="consent was given for /a as a whole"):
        grants.revoke(library, "source", "/a/b", NOW)
    with pytest.raises(UsageError, match="no consent on record"):
        grants.revoke(library, "source", "/z", NOW)


def test_the_nearest_folder_decides(library: Library) -> None:
    grants.give(library, wish("/a/b"), NOW)
    grants.revoke(library, "source", "/a/b", NOW)
    grants.give(library, wish("/a"), NOW)
    assert grants.live(library, "source", ["/a", "/a/c", "/a/b", "/a/b/c"], NOW) == {"/a", "/a/c"}


def test_withdrawing_erases_at_once_and_says_so(run: Run, portraits: Path, selfie: Path) -> None:
    run("index", portraits, "--consent", "own")
    assert run("query", selfie, "--self", "--json").json["summary"]["appearances"] == 2
    out = run("consent", "revoke", "--yes", portraits, "--why", "no longer")
    assert "is erased" in out.out
    assert "nothing is left" in out.out
    assert run("query", selfie, "--self", "--json").json["summary"]["appearances"] == 0
    run("index", portraits, code=3)
    run("consent", "renew", portraits, "--yes", code=3)
    states = {
        consent["subject"]: consent["state"] for consent in run("consent", "list", "--json").json["consents"]
    }
    assert states == {str(portraits): "erased", "me": "live"}
    entries = run("consent", "show", portraits, "--json").json["entries"]
    assert [(entry["event"], entry["detail"]) for entry in entries][:2] == [
        ("grant", ""),
        ("revoke", "no longer"),
    ]
    assert entries[2]["detail"]["remnants"] == 0


def test_what_expired_is_neither_searched_nor_read_until_it_is_renewed(
    run: Run, at: At, portraits: Path, selfie: Path
) -> None:
    at("2026-03-01T12:00:00+00:00")
    run("index", portraits, "--consent", "own", "--days", "30")
    run("query", selfie, "--self")
    at("2026-03-31T12:00:00+00:00")
    assert run("query", selfie, "--self", "--json").json["summary"]["appearances"] == 0
    assert "expired" in run("index", portraits, code=3).err
    status = run("status").out
    assert f"selfsearch consent renew {portraits}" in status
    assert "--yes" in run("consent", "renew", portraits, code=3).err
    run("consent", "renew", "1", "--yes")
    assert run("query", selfie, "--self", "--json").json["summary"]["appearances"] == 2


def test_a_person_whose_consent_ended_is_not_searched_for(
    run: Run, at: At, portraits: Path, selfie: Path
) -> None:
    at("2026-03-01T12:00:00+00:00")
    run("index", portraits, "--consent", "own")
    run("query", selfie, "--person", "ada", "--consent", "release", "--by", "Ada", "--days", "5")
    at("2026-03-06T12:00:00+00:00")
    run("query", selfie, "--person", "ada", code=3)
    run("consent", "renew", "ada", "--yes")
    run("query", selfie, "--person", "ada")
    run("consent", "revoke", "--yes", "ada")
    run("query", selfie, "--person", "ada", code=3)
    assert run("people", "--json").json["people"] == []


def test_what_is_exported_is_on_record_whatever_is_forgotten_later(
    run: Run, portraits: Path, selfie: Path, tmp_path: Path
) -> None:
    run("index", portraits, "--consent", "own")
    run("query", selfie, "--person", "ada", "--consent", "own")
    run("export", "--plain", tmp_path / "plain")
    run("export", "--plain", tmp_path / "biometrics", "--with-biometrics", "--yes", "--really")
    plain, biometric = run("consent", "audit", "--json").json["exports"]
    assert (plain["biometrics"], biometric["biometrics"]) == (False, True)
    assert biometric["to"] == str(tmp_path / "biometrics" / "selfsearch.db")
    assert (biometric["people"], biometric["sources"]) == (["ada"], [str(portraits)])
    assert biometric["rows"]["biometrics"] == 2
    said = run("consent", "audit", "ada").out
    assert f"exported  ada, {portraits}, with templates and face pictures: {biometric['to']}" in said
    assert run("consent", "audit", "nobody", "--json").json["exports"] == []
    run("forget", "--all", "--yes")
    assert "with templates and face pictures" in run("consent", "audit").out
    assert [entry["event"] for entry in run("consent", "export").json["entries"]].count("export") == 2


def test_the_audit_log_says_who_was_searched_for_and_refused(
    run: Run, at: At, portraits: Path, selfie: Path, tmp_path: Path
) -> None:
    at("2026-03-01T12:00:00+00:00")
    run("index", portraits, "--consent", "own")
    run("query", selfie, "--self", "--purpose", "before I apply")
    stranger = tmp_path / "stranger.jpg"
    stranger.write_bytes(photos.photo("c", 1))
    run("query", stranger, "--purpose", "curious", code=3)
    at_once = {"at": "2026-03-01T12:00:00+00:00", "confirmed": False}
    assert run("consent", "audit", "--json").json["queries"] == [
        {**at_once, "person": "me", "purpose": "before I apply", "outcome": "answered", "appearances": 2},
        {**at_once, "person": None, "purpose": "curious", "outcome": "refused", "appearances": None},
    ]
    added, answered = run("consent", "audit", "me").out.splitlines()
    assert f"added     me: photograph with SHA-256 {sha256(selfie.read_bytes())[:12]}" in added
    assert "answered  me, 2 appearances: before I apply" in answered


def test_the_receipt_is_one_private_page_that_shows_what_was_agreed_to(
    run: Run, home: Path, tmp_path: Path
) -> None:
    with open_library(home, key_folder=home.parent / "keys", create=True) as library:
        grants.give(library, grants.ConsentRequest("person", "<b>Ada</b>", "release", "A & B", "f" * 64), NOW)
        grants.give(library, wish(), NOW)
    target = tmp_path / "receipt.html"
    run("consent", "export", "<b>Ada</b>", "--html", target)
    page = target.read_text()
    assert target.stat().st_mode & 0o777 == 0o600
    assert "&lt;b&gt;Ada&lt;/b&gt;" in page
    assert "<b>Ada" not in page
    assert "A &amp; B agreed in writing" in page
    assert "f" * 64 in page
    assert "/album" not in page
    assert "http" not in page.replace("http-equiv", "")
    record = run("consent", "export").json
    assert record["ledger_length"] == 2
    assert [entry["subject"] for entry in record["entries"]] == ["<b>Ada</b>", "/album"]


def test_a_thief_of_the_folder_reads_no_name_path_caption_thumbnail_or_template(
    run: Run, home: Path, tmp_path: Path, selfie: Path
) -> None:
    folder = tmp_path / "canary-folder"
    folder.mkdir()
    (folder / "canary-path.jpg").write_bytes(photos.photo("astronaut", 1))
    run("index", folder, "--consent", "own")
    run("query", selfie, "--person", "Canary Name", "--consent", "own", "--purpose", "canary purpose")
    with open_library(home, key_folder=home.parent / "keys", writing=True) as library:
        library.db.execute("update sightings set caption = 'canary caption'")
        _, embeddings = faces.load_embeddings(library, 1, 128, {1})
        chip = library.sealer("source:1").open(
            library.db.execute("select sealed from chips").fetchone()[0], sealed.chips_aad(1)
        )
        (probe,) = people.probe_embeddings(library, people.all_people(library)[0], 1, 128)[0]
        secrets = [
            sealed.pack_embeddings(embeddings),
            sealed.pack_embeddings(probe),
            chip,
            library.root.pack(),
        ]
    raw = all_bytes(home)
    assert b"SQLite format 3" not in raw
    assert b"canary" not in raw.lower()
    for secret in secrets:
        pieces = [secret[at : at + 24] for at in range(0, len(secret) - 24, 24)]
        assert not any(form in raw for piece in pieces for form in encodings(piece))
    modes = {path.stat().st_mode & 0o777 for path in home.rglob("*") if path.is_file()}
    assert (modes, home.stat().st_mode & 0o777) == ({0o600}, 0o700)


def test_consent_withdrawn_while_an_index_runs_stops_it(run: Run, home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(400):
        (folder / f"{number:03}.png").write_bytes(coloured("red", number=number))
    reached, withdrawn = threading.Event(), threading.Event()

    class Gate(ProgressListener):
        """Holds the run after a hundred files until consent is withdrawn."""

        count = 0

        def step(self, outcome: object, address: str) -> None:
            self.count += 1
            if self.count == 100:
                reached.set()
                assert withdrawn.wait(30)

    stopped: list[BaseException] = []

    def run_index() -> None:
        with open_library(home, key_folder=home.parent / "keys", create=True) as library:
            grant = grants.give(library, wish(str(folder)), NOW)
            try:
                index.index(library, ColourEngine(), grant, folder, lambda: NOW, Gate())  # type: ignore[arg-type]
            except ConsentError as exc:
                stopped.append(exc)
                # The library is about to be closed: no thread may go on that reads it.
                assert not [each for each in threading.enumerate() if each.name.startswith("selfsearch_")]

    running = threading.Thread(target=run_index)
    running.start()
    assert reached.wait(30)
    result = run("consent", "revoke", "--yes", folder)  # the other thread holds the writer's place
    assert "another selfsearch is at work" in result.err
    withdrawn.set()
    running.join(60)
    assert [type(error) for error in stopped] == [ConsentError]
    with open_library(home, key_folder=home.parent / "keys") as library:
        count = library.db.execute("select count(*) from items").fetchone()[0]
        assert 0 < count <= 2 * index.BATCH
        assert grants.searchable_sources(library, NOW) == []
    assert f"{folder} is erased" in run("forget").out
    with open_library(home, key_folder=home.parent / "keys") as library:
        assert sources.all_sources(library) == []
        assert library.db.execute("select count(*) from faces").fetchone()[0] == 0


FOLDERS, PEOPLE = ("first", "second", "second/below"), ("red", "blue")
DAYS = st.integers(1, 400)


class ConsentMachine(RuleBasedStateMachine):
    """Whatever is done in whatever order: no face is shown without live consent for source and person."""

    base: Path  # set by the test
    answered = 0  # answers with somebody in them: without any, the test would prove nothing

    def __init__(self) -> None:
        super().__init__()
        import tempfile

        self.home = Path(tempfile.mkdtemp(dir=self.base))
        self.opening = open_library(self.home / "library", key_folder=self.home / "keys", create=True)
        self.library = self.opening.__enter__()
        self.now, self.engine = NOW, ColourEngine()
        self.given: dict[tuple[str, str], datetime | None] = {}  # our own book: subject -> end
        for at, name in enumerate(FOLDERS):
            folder = self.home / name
            folder.mkdir(parents=True)
            (folder / "all.png").write_bytes(coloured("red", "blue", number=at))
            (folder / "red.png").write_bytes(coloured("red"))
        self.enroll("red", 200)
        self.grant_source("second", 300)
        self.index("second")
        assert self.answer("red")

    def teardown(self) -> None:
        self.opening.__exit__(None, None, None)

    def path(self, name: str) -> str:
        return str(self.home / name)

    def alive(self, kind: str, subject: str) -> bool:
        """By our own book: the nearest that was ever spoken of decides."""
        places = [subject, *map(str, Path(subject).parents)] if kind == "source" else [subject]
        ends = next((self.given[kind, place] for place in places if (kind, place) in self.given), None)
        return ends is not None and ends > self.now

    @rule(name=st.sampled_from(FOLDERS), days=DAYS, at_once=st.booleans())
    def grant_and_index(self, name: str, days: int, at_once: bool) -> None:
        self.grant_source(name, days)
        if at_once:
            self.index(name)

    def grant_source(self, name: str, days: int) -> None:
        grants.give(self.library, wish(self.path(name), lasts=timedelta(days=days)), self.now)
        self.given["source", self.path(name)] = self.now + timedelta(days=days)

    @rule(name=st.sampled_from(PEOPLE), days=DAYS)
    def enroll(self, name: str, days: int) -> None:
        grant = grants.give(self.library, wish(name, "person", lasts=timedelta(days=days)), self.now)
        self.given["person", name] = self.now + timedelta(days=days)
        enroll.enroll(self.gallery(), grant, [self.probe(name)], self.now)

    @rule(kind=st.sampled_from(("source", "person")), at=st.integers(0, 2), days=DAYS)
    def renew(self, kind: str, at: int, days: int) -> None:
        subject = self.path(FOLDERS[at]) if kind == "source" else PEOPLE[at % 2]
        try:
            grants.renew(self.library, kind, subject, self.now, timedelta(days=days))
        except ConsentError:
            return
        places = [subject, *map(str, Path(subject).parents)] if kind == "source" else [subject]
        nearest = next(place for place in places if (kind, place) in self.given)
        assert self.given[kind, nearest] is not None  # what was withdrawn or erased is not renewed
        self.given[kind, nearest] = self.now + timedelta(days=days)

    @rule(kind=st.sampled_from(("source", "person")), at=st.integers(0, 2), erasing=st.booleans())
    def revoke(self, kind: str, at: int, erasing: bool) -> None:
        subject = self.path(FOLDERS[at]) if kind == "source" else PEOPLE[at % 2]
        try:
            ended = grants.revoke(self.library, kind, subject, self.now)
        except UsageError:
            return
        for subject in ended:
            self.given[kind, subject] = None
        if erasing:
            forget.withdrawn(self.library, kind, grants.ended(self.library, kind), self.now)
            forget.complete(self.library, self.now)

    @rule(days=DAYS)
    def time_passes(self, days: int) -> None:
        self.now += timedelta(days=days)

    @rule(name=st.sampled_from(FOLDERS))
    def index(self, name: str) -> None:
        subject, alive = self.path(name), self.alive("source", self.path(name))
        try:
            grant = grants.require(self.library, "source", subject, self.now)
        except ConsentError:
            assert not alive
            return
        assert alive
        index.index(self.library, self.engine, grant, Path(subject), lambda: self.now)  # type: ignore[arg-type]

    @rule(kind=st.sampled_from(("source", "person")), at=st.integers(0, 2))
    def forget(self, kind: str, at: int) -> None:
        subject = self.path(FOLDERS[at]) if kind == "source" else PEOPLE[at % 2]
        try:
            targets = forget.resolve(self.library, subject)
        except UsageError:
            return
        forget.request(self.library, targets, self.now)
        for receipt in forget.complete(self.library, self.now):
            assert receipt.remnants == ()
        for target in targets:
            if target.kind in ("source", "person"):
                self.given[target.kind, target.subject] = None

    @invariant()
    def nobody_is_shown_without_consent(self) -> None:
        for name in PEOPLE:
            shown = self.answer(name)
            if shown:
                ConsentMachine.answered += 1
                assert self.alive("person", name)
            roots = {row.id: row.root for row in sources.all_sources(self.library)}
            assert all(self.alive("source", roots[number]) for number in shown)

    @invariant()
    def the_ledger_is_whole(self) -> None:
        assert ledger.verify(self.library) == len(ledger.entries(self.library))

    def answer(self, name: str) -> set[int]:
        """Sources in which a person is shown."""
        person = people.find_person(self.library, name)
        if person is None:
            return set()
        try:
            grant = grants.require(self.library, "person", name, self.now)
            answer = query.query(self.gallery(), grant, person, [], self.now)
        except ConsentError:
            return set()
        return {sighting.source for appearance in answer.appearances for sighting in appearance.sightings}

    def gallery(self) -> Gallery:
        return Gallery(self.library, self.engine)  # type: ignore[arg-type]

    def probe(self, name: str) -> Any:
        """A probe as read from a photograph of one colour."""
        faces = self.engine.analyse(coloured(name)).faces
        photo = probes.ProbePhoto(name, hashlib.sha256(name.encode()).hexdigest(), faces)
        return probes.Probe(photo, faces[0], faces[0].embedding)


def test_no_sequence_of_events_shows_a_face_without_live_consent(tmp_path: Path) -> None:
    from hypothesis.stateful import run_state_machine_as_test

    ConsentMachine.base = tmp_path
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        ConsentMachine,
        settings=settings(
            max_examples=25, stateful_step_count=20, deadline=None, database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
    assert ConsentMachine.answered > 10


def test_the_receipt_of_an_erasure_can_be_read_from_the_export(library: Library) -> None:
    grants.give(library, wish(), NOW)
    forget.request(library, [forget.Target("library", None, "everything")], NOW)
    forget.complete(library, NOW)
    entry = ledger.entries(library)[-1]
    assert (entry.kind, entry.subject) == ("library", "everything")
    assert json.loads(entry.detail)["search complete"] is True


def test_a_folder_that_is_withdrawn_inside_a_wider_one_is_not_claimed_to_be_out_of_sight(
    run: Run, album: Path, tmp_path: Path
) -> None:
    part = album / "part"
    part.mkdir()
    (album / "a.jpg").rename(part / "a.jpg")
    run("index", part, album, "--consent", "own")
    warning = run("consent", "revoke", "--yes", part).err.replace("\n", " ")
    assert f"still searched, read and shown. Withdraw that, too: selfsearch consent revoke {album}" in warning
    assert "Nothing of it is searched" in run("consent", "revoke", "--yes", album).err
