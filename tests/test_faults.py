"""Whatever change of a file fails, or is the last one before death: nothing is lost, and the same command,
run again, ends where it would have ended.
"""

from __future__ import annotations

import random
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from selfsearch.errors import LibraryError
from selfsearch.library.integrity import check_library
from selfsearch.library.library import STAGE, commit_replacement, open_library, staged_replacement
from tests import photos
from tests.conftest import Run
from tests.faulty_disk import Ending, FaultyDisk, faulty_disk

DOCUMENTED = {0, 1, 2, 3, 4, 5, 10}
POINTS = 40  # faults for each command and kind
PASSPHRASE = "a long enough passphrase"  # noqa: S105 - of a test
TABLES = {  # what must be the same; times, hashes and what is sealed differ from run to run
    "sources": "select platform, root, successor, account_was from sources",
    "items": "select path, outcome, reason, gone_at is null, media_id is null from items",
    "media": "select sha256, type, width, height from media",
    "faces": "select sha256, ordinal, round(x), round(y) from faces join media on media.id = media_id",
    "sealed": "select sha256 from chips join media on media.id = media_id join vectors using (media_id)",
    "people": "select name from people",
    "probes": "select name, sha256 from probes join people on people.id = person_id",
    "verdicts": "select name, face_id, verdict from verdicts join people on people.id = person_id",
    "consents": "select event, kind, subject from consents",
    "erasures": "select kind, subject from erasures",
}


@dataclass(frozen=True)
class Writing:
    """A command that writes. {album} and the like are places; `given` is typed."""

    words: str
    given: str = ""
    library: bool = True  # or none at the beginning

    def in_words(self, places: dict[str, Path]) -> list[str]:
        return [word.format(**places) for word in self.words.split()]


WRITING = {
    writing.words: writing
    for writing in (
        Writing("index {album} --consent own", library=False),
        Writing("index {album}"),
        Writing("index {new} --consent own"),
        Writing("query {selfie} --person me --html {out}/page.html"),
        Writing("rescan"),
        Writing("people add me {second}"),
        Writing("people remove me 1 --yes"),
        Writing("people verdict me 1 not-me"),
        Writing("sources supersede 1 2"),
        Writing("consent renew {album} --yes"),
        Writing("consent revoke {private}"),
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
        Writing("key rotate"),
        Writing("key rotate --databases"),
        Writing("key set-passphrase"),
        Writing("key use-file"),
        Writing("key export --yes"),
        Writing("key import", given="{code}"),
        Writing("export --plain {out}/plain.db --with-biometrics --really --yes"),
        Writing("report --html {out}/report.html"),
        Writing("models use opencv-zoo"),
        Writing("status"),
        Writing("doctor --fix"),
    )
}
EXAMPLES = [  # of what failed once: command, fault, and how far into the run
    ("forget me --yes", "full", 0.3),
    ("forget {album}/a.jpg --yes", "full", 0.12),
    ("consent revoke {private}", "error", 0.4),
    ("people remove me 1 --yes", "death", 0.35),
    ("export --plain {out}/plain.db --with-biometrics --really --yes", "death", 0.5),
]


@dataclass
class Laboratory:
    """A library to try things on; each try begins with the same one."""

    top: Path
    disk: FaultyDisk
    places: dict[str, Path]
    code: str

    def reset(self, writing: Writing) -> None:
        shutil.rmtree(self.disk.folder)
        shutil.copytree(self.top / ("before" if writing.library else "nothing"), self.disk.folder)

    def run(self, writing: Writing, at: int = 0, fault: str = "full") -> Ending:
        variables = {
            "SELFSEARCH_PASSPHRASE": PASSPHRASE if self.has_passphrase() else "",
            "SELFSEARCH_NEW_PASSPHRASE": PASSPHRASE,
            "SELFSEARCH_BACKUP_PASSPHRASE": PASSPHRASE,
        }
        words, given = writing.in_words(self.places), writing.given.format(code=self.code)
        return self.disk.run(*words, at=at, fault=fault, given=given, environment=variables)

    def has_passphrase(self) -> bool:
        place = self.disk.folder / "library" / "key.json"
        return place.exists() and '"passphrase"' in place.read_text()

    def state(self) -> dict[str, Any] | None:
        """What is in the library, which is sound, and which files there are; None when there is none."""
        home = self.disk.folder / "library"
        if not (home / "library.db").exists() and not (home / ".restore" / "ready").exists():
            return None
        with open_library(home, key_folder=home.parent / "keys", ask=lambda: PASSPHRASE) as library:
            errors = [finding for finding in check_library(library, fix=False) if finding.level == "error"]
            assert not errors, errors
            return {name: set(library.db.execute(rows).fetchall()) for name, rows in TABLES.items()}

    def files(self) -> set[str]:
        """Names of files, with what is random taken out.

        But for those that SQLite makes and removes, and halves that hold no secret and that doctor removes.
        """
        names = {str(path.relative_to(self.disk.folder)) for path in self.disk.folder.rglob("*")}
        passing = "-wal|-shm|lock$|(config.toml|head)[.].*part$"
        return {re.sub("[0-9a-f]{16}", "*", name) for name in names if not re.search(passing, name)}

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
    }  # fmt: skip
    for name, (person, variant) in pictures.items():
        (own / name).write_bytes(photos.photo(person, variant, side=200))
    places = {name: own / name for name in ("album", "private", "new")} | {"out": folder / "out"}
    places |= {name: own / f"{name}.jpg" for name in ("selfie", "second")}
    environment = {
        "SELFSEARCH_HOME": str(folder / "library"), "SELFSEARCH_KEYS": str(folder / "keys"),
        "SELFSEARCH_KEYRING": "off", "HOME": str(folder), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1",
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
        shutil.copytree(folder, top / "before")
        (own / "album" / "late.jpg").write_bytes(photos.photo("astronaut", 4, side=200))
        yield Laboratory(top, disk, places, code)


def difference(state: dict[str, Any] | None, expected: dict[str, Any] | None) -> dict[str, Any]:
    """Rows that are in one of two states alone."""
    return {name: (state or {}).get(name, set()) ^ rows for name, rows in (expected or {}).items()}


@dataclass(frozen=True)
class Undisturbed:
    """What a command makes of the library when nothing fails."""

    calls: int
    state: dict[str, Any] | None
    files: set[str]


def undisturbed(laboratory: Laboratory, writing: Writing) -> Undisturbed:
    laboratory.reset(writing)
    ended = laboratory.run(writing)
    assert ended.code == 0, ended
    return Undisturbed(ended.calls, laboratory.state(), laboratory.files())


def fail_and_run_again(
    laboratory: Laboratory, writing: Writing, expected: Undisturbed, at: int, kind: str
) -> None:
    """One run with a fault, and one without."""
    own = laboratory.album()
    laboratory.reset(writing)
    ended = laboratory.run(writing, at, kind)
    where = f"{writing.words}: {kind} at {at} of {expected.calls}: {ended.code} {ended.err}"
    if kind == "death":
        assert ended.code in {-9, 0}, where
    else:
        assert ended.code in DOCUMENTED, where
        assert not ended.code or "selfsearch: " in ended.err, where
    assert "Traceback" not in ended.err, where
    was_done = laboratory.state() == expected.state
    again = laboratory.run(writing)
    state = laboratory.state()
    assert state == expected.state, f"{where}\nand then {again}\n{difference(state, expected.state)}"
    assert again.code == 0 or (was_done and again.code in DOCUMENTED), f"{where}\nand then {again}"
    assert was_done or ended.code, where
    assert laboratory.files() == expected.files, f"{where}\n{laboratory.files() ^ expected.files}"
    assert laboratory.album() == own, where


@pytest.mark.parametrize(("words", "kind", "share"), EXAMPLES)
def test_a_command_whose_disk_fails_ends_with_a_sentence_and_can_be_run_again(
    laboratory: Laboratory, words: str, kind: str, share: float
) -> None:
    expected = undisturbed(laboratory, WRITING[words])
    fail_and_run_again(laboratory, WRITING[words], expected, round(expected.calls * share), kind)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["full", "error", "death"])
@pytest.mark.parametrize("words", WRITING)
def test_wherever_a_command_s_disk_fails_it_can_be_run_again(
    laboratory: Laboratory, words: str, kind: str
) -> None:
    expected = undisturbed(laboratory, WRITING[words])
    every = range(1, expected.calls + 1)
    for at in random.Random(words).sample(every, min(POINTS, len(every))):  # noqa: S311
        fail_and_run_again(laboratory, WRITING[words], expected, at, kind)


def test_what_a_killed_run_left_of_a_file_goes_when_the_file_is_written(
    run: Run, one_photograph: Path, tmp_path: Path
) -> None:
    (key,) = (tmp_path / "keys").glob("*.key")
    out = tmp_path / "out"
    out.mkdir()
    for path, words in (
        (key, ["key", "rotate"]),
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
