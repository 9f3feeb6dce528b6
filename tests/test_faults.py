"""Whatever change of a file fails, or is the last one before death: nothing is lost, and the same command,
run again, ends where it would have ended.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from selfsearch.errors import LibraryError
from selfsearch.library.integrity import check_library
from selfsearch.library.library import STAGE, commit_replacement, open_library, staged_replacement
from tests import packs, photos
from tests.conftest import Run, id_of
from tests.faulty_disk import Ending, FaultyDisk, faulty_disk
from tests.test_damage import instagram_export, without_chance

DOCUMENTED = {0, 1, 2, 3, 4, 5, 10}
POINTS = 40  # faults for each command and kind
KILLS = 25  # of each command
RACES = 5  # of a command with readers
PASSPHRASE = "a long enough passphrase"  # noqa: S105 - of a test
TABLES = {  # what must be the same; times, hashes and what is sealed differ from run to run
    "sources": "select platform, root, successor, account_was from sources",
    "items": "select path, outcome, reason, gone_at is null, media_id is null from items",
    "media": "select sha256, type, width, height from media",
    "faces": "select sha256, ordinal, round(x), round(y) from faces join media on media.id = media_id",
    "sealed": "select sha256 from chips join media on media.id = media_id join vectors using (media_id)",
    "people": "select name from people",
    "probes": "select name, sha256 from probes join people on people.id = person_id",
    "verdicts": "select name, face_id, verdict, in_template from verdicts join people on id = person_id",
    "consents": "select event, kind, subject from consents",
    "erasures": "select kind, subject from erasures",
}


@dataclass(frozen=True)
class Writing:
    """A command that writes. {album} and the like are places; `given` is typed."""

    words: str
    given: str = ""
    begins: str = "before"  # which library is there at the beginning; "nothing": none

    def in_words(self, places: Mapping[str, object]) -> list[str]:
        return [word.format(**places) for word in self.words.split()]


WRITING = {
    writing.words: writing
    for writing in (
        Writing("index {album} --consent own", begins="nothing"),
        Writing("index {album}"),
        Writing("index {new} --consent own"),
        Writing("query {selfie} --person me --html {out}/page.html"),
        Writing("rescan"),
        Writing("rescan --scheduled"),
        Writing("people add me {second}"),
        Writing("people add friend {friend} --consent release --by Friend --evidence {selfie}"),
        Writing("people remove me 1 --yes"),
        Writing("verdict {id} me --strengthen --yes"),
        Writing("sources set 3 --account-was private", begins="with an export"),
        Writing("sources supersede 1 2"),
        Writing("consent renew {album} --yes"),
        Writing("consent revoke {private} --yes"),
        Writing("consent accept --yes"),
        Writing("consent export me --html {out}/consent.html"),
        Writing("forget me --yes"),
        Writing("forget {private} --yes"),
        Writing("forget {album}/a.jpg --yes"),
        Writing("forget --bystanders --yes"),
        Writing("forget --all --yes"),
        Writing("backup {out}/backup.zip"),
        Writing("backup {out}/backup.zip --with-key"),
        Writing("restore {out}/before.zip --yes"),
        Writing("restore {out}/before.zip --yes --settings"),
        Writing("key rotate --yes"),
        Writing("key rotate --yes --databases"),
        Writing("key set-passphrase"),
        Writing("key use-file"),
        Writing("key export --yes"),
        Writing("key import", given="{code}"),
        Writing("export --plain {out}/plain.db --with-biometrics --really --yes"),
        Writing("report --html {out}/report.html"),
        Writing("report"),
        Writing("models use opencv-zoo"),
        Writing("models add {pack} --accept-license"),
        Writing("models remove buffalo_s --yes", begins="with a pack"),
        Writing("schedule install --system systemd --daily 04:00"),
        Writing("schedule remove", begins="with a timer"),
        Writing("status"),
        Writing("doctor --fix"),
        Writing("doctor --repair --yes", begins="damaged"),
    )
}
BEGINNINGS = {  # what was done to the library that is there at the beginning; "": it was damaged
    "with a pack": "models add {pack} --accept-license",
    "with a timer": "schedule install --system systemd",
    "with an export": "index {export} --consent own",
    "damaged": "",
}
READING = ("query {selfie} --person me --json", "status --json", "people --json", "consent show me --json")
BUSY = 5  # exit code: another selfsearch is at work
EXAMPLES = [  # of what failed once: command, fault, and how far into the run
    ("forget me --yes", "full", 0.3),
    pytest.param("forget {album}/a.jpg --yes", "full", 0.12, marks=pytest.mark.slow),
    ("consent revoke {private} --yes", "error", 0.4),
    pytest.param("people remove me 1 --yes", "death", 0.35, marks=pytest.mark.slow),
    ("export --plain {out}/plain.db --with-biometrics --really --yes", "death", 0.5),
]


@dataclass
class Laboratory:
    """A library to try things on; each try begins with the same one."""

    top: Path
    disk: FaultyDisk
    environment: dict[str, str]
    places: dict[str, Path]
    id: str  # of an appearance
    code: str

    def reset(self, writing: Writing) -> None:
        if not (self.top / writing.begins).exists():
            self._begin_with(writing.begins)
        self._put(writing.begins)

    def _put(self, name: str) -> None:
        shutil.rmtree(self.disk.folder)
        shutil.copytree(self.top / name, self.disk.folder)

    def _begin_with(self, name: str) -> None:
        self._put("before")
        if words := BEGINNINGS[name]:
            ended = self.run(Writing(words))
            assert ended.code == 0, ended
        else:
            with (self.disk.folder / "library" / "library.db").open("r+b") as file:
                file.seek(-20_000, os.SEEK_END)
                file.write(b"of another file")
        shutil.copytree(self.disk.folder, self.top / name)

    def run(self, writing: Writing, **fault: Any) -> Ending:
        if "{pack}" in writing.words and not self.places["pack"].exists():
            packs.older_layout(self.places["pack"])
        variables = {
            "SELFSEARCH_PASSPHRASE": PASSPHRASE if self.has_passphrase() else "",
            "SELFSEARCH_NEW_PASSPHRASE": PASSPHRASE,
            "SELFSEARCH_BACKUP_PASSPHRASE": PASSPHRASE,
        }
        words, given = writing.in_words({**self.places, "id": self.id}), writing.given.format(code=self.code)
        return self.disk.run(*words, **fault, given=given, environment=variables)

    def has_passphrase(self) -> bool:
        place = self.disk.folder / "library" / "key.json"
        return place.exists() and '"passphrase"' in place.read_text()

    def state(self) -> dict[str, Any] | None:
        """What is in the library and what is wrong with it; None when there is none."""
        home = self.disk.folder / "library"
        if not (home / "library.db").exists() and not (home / ".restore" / "ready").exists():
            return None
        try:
            with open_library(home, key_folder=home.parent / "keys", ask=lambda: PASSPHRASE) as library:
                findings = check_library(library, fix=False)
                errors = {finding.what for finding in findings if finding.level == "error"}
                rows = {name: set(library.db.execute(query).fetchall()) for name, query in TABLES.items()}
                return {"errors": errors} if errors else rows
        except LibraryError as exc:
            return {"errors": {str(exc)}}

    def files(self) -> set[str]:
        """Names of files, with what is random taken out.

        But for those that SQLite makes and removes, and halves that hold no secret and that doctor removes.
        """
        names = {str(path.relative_to(self.disk.folder)) for path in self.disk.folder.rglob("*")}
        passing = "-wal|-shm|lock$|(config.toml|head|runs.jsonl)[.].*part$|packs/[.].*part(/|$)"
        chance = "[0-9a-f]{16}|(?<=damaged-)[0-9T]+"
        return {re.sub(chance, "*", name) for name in names if not re.search(passing, name)}

    def album(self) -> dict[str, bytes]:
        """The user's own files."""
        own = self.places["album"].parent
        return {str(path): path.read_bytes() for path in own.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    top = tmp_path_factory.mktemp("laboratory")
    folder, own = top / "disk", top / "own"
    for made in (folder / "out", own / "album", own / "private", own / "new", top / "nothing" / "out"):
        made.mkdir(parents=True)
    pictures = {
        "album/one.jpg": ("astronaut", 1), "album/a.jpg": ("a", 1), "private/two.jpg": ("astronaut", 2),
        "new/three.jpg": ("astronaut", 3), "selfie.jpg": ("astronaut", 5), "second.jpg": ("astronaut", 6),
        "friend.jpg": ("b", 1),
    }  # fmt: skip
    for name, (person, variant) in pictures.items():
        (own / name).write_bytes(photos.photo(person, variant, side=200))
    places = {name: own / name for name in ("album", "private", "new")} | {"out": folder / "out"}
    places |= {name: own / f"{name}.jpg" for name in ("selfie", "second", "friend")}
    places |= {"pack": top / "buffalo_s", "export": instagram_export(own)}
    (top / "bin").mkdir()
    (top / "bin" / "systemctl").write_text("#!/bin/sh\n")
    (top / "bin" / "systemctl").chmod(0o700)
    environment = {
        "SELFSEARCH_HOME": str(folder / "library"), "SELFSEARCH_KEYS": str(folder / "keys"),
        "SELFSEARCH_KEYRING": "off", "HOME": str(folder), "XDG_CONFIG_HOME": str(folder / "config"),
        "PATH": f"{top / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1",
    }  # fmt: skip
    with faulty_disk(folder, environment) as disk:
        for words in (
            ["index", own / "album", own / "private", "--consent", "own"],
            ["people", "add", "me", own / "selfie.jpg", own / "album" / "one.jpg", "--consent", "own"],
            ["rescan"],
            ["backup", folder / "out" / "before.zip"],
        ):
            ended = disk.run(*words)
            assert ended.code == 0, ended
        code = disk.run("key", "export", "--yes").out
        id_ = id_of(folder / "library", 2)
        shutil.copytree(folder, top / "before")
        (own / "album" / "late.jpg").write_bytes(photos.photo("astronaut", 4, side=200))
        yield Laboratory(top, disk, environment, places, id_, code)


def ask(laboratory: Laboratory, disk: FaultyDisk, question: str) -> Ending:
    """A command that reads, from another process."""
    return disk.run(*Writing(question).in_words(laboratory.places))


def without_times(ended: Ending) -> str:
    """An answer without what differs from moment to moment."""
    return re.sub(r"[0-9-]{10}T[0-9:+.]+", "*", f"{ended.code} {without_chance(ended.out)}")


def difference(state: dict[str, Any] | None, expected: dict[str, Any] | None) -> dict[str, Any]:
    """Rows that are in one of two states alone."""
    return {name: (state or {}).get(name, set()) ^ rows for name, rows in (expected or {}).items()}


@dataclass(frozen=True)
class Undisturbed:
    """What a command makes of the library when nothing fails."""

    calls: int
    seconds: float
    state: dict[str, Any] | None
    files: set[str]
    album: dict[str, bytes]


def undisturbed(laboratory: Laboratory, writing: Writing) -> Undisturbed:
    laboratory.reset(writing)
    album = laboratory.album()
    begun = time.monotonic()
    ended = laboratory.run(writing)
    seconds = time.monotonic() - begun
    assert ended.code == 0, ended
    return Undisturbed(ended.calls, seconds, laboratory.state(), laboratory.files(), album)


def fail_and_run_again(laboratory: Laboratory, writing: Writing, expected: Undisturbed, **fault: Any) -> None:
    """One run with a fault, and one without."""
    laboratory.reset(writing)
    ended = laboratory.run(writing, **fault)
    where = f"{writing.words}: {fault} of {expected.calls} and {expected.seconds}: {ended.code} {ended.err}"
    if "after" in fault or fault["fault"] == "death":
        assert ended.code in {-9, -14, 0}, where
        assert "Traceback" not in ended.err, where
    else:
        assert_said(ended, where)
    between = laboratory.state()
    assert writing.begins == "damaged" or "errors" not in (between or {}), f"{where}\n{between}"
    assert between == expected.state or ended.code, where
    run_again(laboratory, writing, expected, between, where)


def assert_said(ended: Ending, where: str) -> None:
    """It ended well, or with a sentence."""
    assert ended.code in DOCUMENTED, where
    assert not ended.code or re.search("^(selfsearch|Error): ", ended.err, re.MULTILINE), where
    assert "Traceback" not in ended.err, where


def run_again(
    laboratory: Laboratory, writing: Writing, expected: Undisturbed, between: Any, where: str
) -> None:
    """What was wrong is over: the command ends where it would have ended."""
    again = laboratory.run(writing)
    state = laboratory.state()
    assert state == expected.state, f"{where}\nand then {again}\n{difference(state, expected.state)}"
    was_done = between == expected.state
    assert again.code == 0 or (was_done and again.code in DOCUMENTED), f"{where}\nand then {again}"
    assert laboratory.files() == expected.files, f"{where}\n{laboratory.files() ^ expected.files}"
    assert laboratory.album() == expected.album, where


@pytest.mark.parametrize(("words", "kind", "share"), EXAMPLES)
def test_a_command_whose_disk_fails_ends_with_a_sentence_and_can_be_run_again(
    laboratory: Laboratory, words: str, kind: str, share: float
) -> None:
    expected = undisturbed(laboratory, WRITING[words])
    at = round(expected.calls * share)
    fail_and_run_again(laboratory, WRITING[words], expected, at=at, fault=kind)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["full", "error", "death"])
@pytest.mark.parametrize("words", WRITING)
def test_wherever_a_command_s_disk_fails_it_can_be_run_again(
    laboratory: Laboratory, words: str, kind: str
) -> None:
    expected = undisturbed(laboratory, WRITING[words])
    every = range(1, expected.calls + 1)
    for at in random.Random(words).sample(every, min(POINTS, len(every))):  # noqa: S311
        fail_and_run_again(laboratory, WRITING[words], expected, at=at, fault=kind)


@pytest.mark.slow
@pytest.mark.parametrize(
    "words",
    [
        "forget me --yes",
        "forget {private} --yes",
        "restore {out}/before.zip --yes",
        "key rotate --yes --databases",
        "doctor --repair --yes",
    ],
)
def test_whenever_a_command_is_killed_it_can_be_run_again(laboratory: Laboratory, words: str) -> None:
    expected = undisturbed(laboratory, WRITING[words])
    dice = random.Random(words)  # noqa: S311
    for _ in range(KILLS):
        fail_and_run_again(laboratory, WRITING[words], expected, after=dice.random() * expected.seconds)


@pytest.mark.slow
@pytest.mark.parametrize("words", ["forget {private} --yes", "key rotate --yes --databases"])
def test_who_reads_while_a_command_erases_gets_the_answer_from_before_or_after(
    laboratory: Laboratory, words: str
) -> None:
    writing = WRITING[words]
    answers: dict[str, set[str]] = {question: set() for question in READING}
    expected = undisturbed(laboratory, writing)
    with faulty_disk(laboratory.disk.folder, laboratory.environment) as other, ThreadPoolExecutor(1) as pool:
        for begin in (lambda: None, lambda: laboratory.reset(writing)):
            begin()
            for question in READING:
                ended = ask(laboratory, other, question)
                assert ended.code in (0, 3), ended
                answers[question].add(without_times(ended))
        for _ in range(RACES):
            laboratory.reset(writing)
            erasing = pool.submit(laboratory.run, writing)
            while not erasing.done():
                for question in READING:
                    ended = ask(laboratory, other, question)
                    assert_said(ended, question)
                    known = without_times(ended) in answers[question]
                    assert known or ended.code == BUSY, f"{question}: {ended}"
            assert_said(erasing.result(), words)
            run_again(laboratory, writing, expected, laboratory.state(), words)


@pytest.mark.slow
@pytest.mark.parametrize("words", WRITING)
def test_a_file_that_may_not_be_read_costs_a_sentence_and_nothing_else(
    laboratory: Laboratory, words: str
) -> None:
    writing = WRITING[words]
    expected = undisturbed(laboratory, writing)
    laboratory.reset(writing)
    folder = laboratory.disk.folder
    for name in sorted(str(path.relative_to(folder)) for path in folder.rglob("*")):
        laboratory.reset(writing)
        mode = (folder / name).stat().st_mode
        (folder / name).chmod(0)
        ended = laboratory.run(writing)
        where = f"{words}, {name}: {ended}"
        assert_said(ended, where)
        if (folder / name).exists():
            (folder / name).chmod(mode)
        between = laboratory.state()
        assert writing.begins == "damaged" or "errors" not in (between or {}), where
        if ended.code:
            run_again(laboratory, writing, expected, between, where)


def test_what_a_killed_run_left_of_a_file_goes_when_the_file_is_written(
    run: Run, one_photograph: Path, tmp_path: Path
) -> None:
    (key,) = (tmp_path / "keys").glob("*.key")
    out = tmp_path / "out"
    out.mkdir()
    for path, words in (
        (key, ["key", "rotate", "--yes"]),
        (out / "backup.zip", ["backup", out / "backup.zip"]),
        (out / "selfsearch.db", ["export", "--plain", out, "--with-biometrics", "--really", "--yes"]),
        (out / "page.html", ["report", "--html", out / "page.html"]),
    ):
        half, other = (path.with_name(f".{name}.abcdefg_.part") for name in (path.name, "mine.jpg"))
        half.write_bytes(b"half a secret")
        other.write_bytes(b"the user's own")
        run(*words)
        assert not half.exists(), path
        assert other.exists(), path


def test_a_library_that_sqlite_could_not_close_whole_replaces_none(one_photograph: Path) -> None:
    before = (one_photograph / "library.db").read_bytes()
    with staged_replacement(one_photograph) as folder:
        (folder / "library.db").touch()
        (folder / "library.db-wal").write_bytes(b"all that is in it")
        with pytest.raises(LibraryError, match="not put into place"):
            commit_replacement(one_photograph)
    assert (one_photograph / "library.db").read_bytes() == before
    assert not (one_photograph / STAGE).exists()
