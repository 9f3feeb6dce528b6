"""Nothing is erased unasked: whoever has to decide is shown what will go and what stays, and it is true."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from datetime import datetime, timezone
from pathlib import Path
from unittest.mock import Mock

import pytest

from selfsearch import cli
from selfsearch.cli import options
from selfsearch.consent import forget, grants
from selfsearch.library.library import open_library
from selfsearch.recognition import worker_pool
from tests import photos
from tests.conftest import KeptWorker, Run, id_of

if os.name != "posix":
    pytest.skip("Windows has no pseudo-terminals of this kind", allow_module_level=True)
from tests.terminals import type_at

NOW = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
NOT_ROWS_OF_THEIR_OWN = {"scans", "sealed chip blocks", "sealed vector blocks", "probe vectors"}
BEGINNING = "This will be erased:"
PICTURES: dict[str, dict[str, tuple[str, int] | None]] = {
    "album": {
        **{f"astronaut-{variant}.jpg": ("astronaut", variant) for variant in range(3)},
        **{f"{person}.jpg": (person, 1) for person in "acdf"},
        "nobody.jpg": None,
    },
    "other": {"copy.jpg": ("astronaut", 1), "mine.jpg": ("astronaut", 7)},
    "photographs": {"selfie.jpg": ("astronaut", 5), "second.jpg": ("astronaut", 6)},
}


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a library of two sources that have one photograph in common; I am enrolled, and told."""
    place = tmp_path_factory.mktemp("preview")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"HOME": place / "library", "KEYS": place / "keys", "KEYRING": "off"}.items():
            patch.setenv(f"SELFSEARCH_{name}", str(value))
        patch.setattr(worker_pool, "_Worker", KeptWorker.take)
        patch.chdir(place)
        for folder, pictures in PICTURES.items():
            (place / folder).mkdir()
            for file, picture in pictures.items():
                (place / folder / file).write_bytes(photos.photo(*picture) if picture else photos.nobody())
        for words in (
            "index album other --consent own",
            "query photographs/selfie.jpg --self",
            "people add me photographs/second.jpg",
            "rescan",
        ):
            assert cli.main(words.split()) == 0
        (place / "album/astronaut-2.jpg").unlink()
        assert cli.main(["rescan"]) == 0
        assert cli.main(["verdict", id_of(place / "library", 2), "me", "--yes"]) == 0
    return place


@pytest.fixture
def asked(original: Path, home: Path, tmp_path: Path) -> Path:
    """The same for one test, which may change the library but not the pictures. Returns their folder."""
    for name in ("library", "keys"):
        shutil.copytree(original / name, tmp_path / name)
    return original


@pytest.fixture
def album(asked: Path) -> Path:
    return asked / "album"


def state(run: Run) -> tuple[object, ...]:
    """What an erasure would change."""
    status = run("status", "--json").json
    entries = run("consent", "export").json["entries"]
    return status["sources"], status["media"], len(entries), run("people", "--json").json


@pytest.mark.parametrize("command", [("consent", "revoke"), ("forget",)], ids=" ".join)
@pytest.mark.parametrize("what", ["album", "me"])
def test_without_a_terminal_nothing_is_erased_unless_yes_is_said(
    run: Run, asked: Path, command: tuple[str, ...], what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(asked)
    before = state(run)
    for form in ((), ("--json",)):
        refused = run(*command, what, *form, code=2)
        assert refused.out == ""
        assert refused.err.startswith(BEGINNING)
        assert refused.err.endswith("to go ahead without a question: --yes\n")
        assert "nothing was erased" in refused.err
        assert state(run) == before
    agreed = run(*command, what, "--yes", "--json")
    assert BEGINNING not in agreed.err
    assert agreed.json["receipts"]
    assert state(run) != before


def test_withdrawing_at_a_terminal_shows_what_goes_and_a_no_changes_nothing(
    run: Run, home: Path, album: Path
) -> None:
    (home / "reports").mkdir(exist_ok=True)
    (home / "reports/page-0123456789abcdef.html").touch()
    before = state(run)
    for typed in ("n\n", "\n", "yesterday\n", ""):
        shown = type_at(typed, "consent", "revoke", album, code=2)
        assert shown.endswith("nothing was withdrawn and nothing was erased")  # and not how to go ahead
        assert state(run) == before
    assert (
        "This will be erased:"
        " - what is noted of 1 source and 8 files: where each was found, dates, captions and links"
        " - what was found in 7 photographs: templates and small pictures of 6 faces"
        " - 1 verdict"
        " - 1 appearance and 1 change noted for re-scans"
        " - 1 encryption key"
        " - 1 page of reports in the library's folder: each may show what is erased"
        " This stays:"
        " - your own files: none of them is changed or deleted"
        " - 1 photograph that another source has as well, and the faces there"
        " - the ledger of consent: what was agreed to, when it ended, how much was erased"
        " - the entries of the audit log"
        " Backups made earlier:"
        " - these faces cannot be opened in them any more; names, paths and captions can"
        " - if this library is lost, they give back no face, not even of others; make a new one afterwards:"
        " selfsearch backup FILE"
        " - one that was made with its key still opens in full; so do all, with a recovery code from before"
        f" Withdraw the consent for {album} (Folder, source 1), and erase this? This cannot be undone. [y/N]"
    ) in shown
    shown = type_at("y\n", "consent", "revoke", album)
    assert f"withdrawn: {album}. Nothing of it is searched" in shown
    assert "sealed" not in shown
    assert "1 source, 8 files, 6 faces, " in shown.partition(f"{album} is erased: ")[2]
    assert sorted(path.name for path in album.iterdir())[:3] == [
        "a.jpg",
        "astronaut-0.jpg",
        "astronaut-1.jpg",
    ]


def test_who_stops_at_a_question_reads_that_nothing_was_done(
    run: Run, asked: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, face = state(run), id_of(home, 2)
    monkeypatch.setattr(options, "prompt", Mock(side_effect=KeyboardInterrupt))
    for words, kept in (
        (("consent", "revoke", "1"), "nothing was withdrawn and nothing was erased"),
        (("forget", "1"), "nothing was erased"),
        (("verdict", face, "not-me"), "nothing was changed"),
        (("consent", "renew", "1"), "nothing was renewed"),
    ):
        assert type_at("", *words, code=130).endswith(f"selfsearch: stopped; {kept}")
    assert state(run) == before


def test_for_a_person_the_enrolment_and_the_audit_log_are_named_and_go(run: Run, asked: Path) -> None:
    log = run("consent", "audit", "--json").json
    about_me = len(log["queries"]) + len(log["photographs"])
    shown = type_at("y\n", "consent", "revoke", "me")
    assert "the enrolment of me: the template and a small picture from 2 photographs" in shown
    assert f"{about_me} entries of the audit log - 1 encryption key" in shown
    assert "the faces that were found in your sources" in shown
    assert "when it ended, how much was erased, and the SHA-256 of photographs to search by" in shown
    assert "the entries of the audit log that name somebody else, or nobody" in shown
    left = run("consent", "audit", "--json").json
    assert left["queries"] + left["photographs"] == []
    assert run("status", "--json").json["faces"] == 7
    assert "in detail: person: me; photographs: " in run("consent", "show", "me").out  # by their SHA-256


def test_a_withdrawal_that_was_interrupted_is_completed_without_a_question(
    run: Run, asked: Path, home: Path, album: Path
) -> None:
    with open_library(home, key_folder=home.parent / "keys") as library:
        forget.withdraw(library, "source", str(album), NOW)
    done = run("consent", "revoke", album)
    assert BEGINNING not in done.err
    assert f"{album} is erased" in done.out
    run("consent", "revoke", album, code=2)  # there is nothing left to withdraw
    with open_library(home, key_folder=home.parent / "keys") as library:
        forget.withdraw(library, "person", "me", NOW)
    assert "me is erased" in run("consent", "revoke", "me").out


def test_what_is_already_being_erased_is_not_counted_again(run: Run, asked: Path, home: Path) -> None:
    with open_library(home, key_folder=home.parent / "keys") as library:
        forget.withdraw(library, "source", str(asked / "album"), NOW)
        everything = forget.preview(library, forget.everything(library))
    assert everything.counts["sources"] == 1


def test_consent_that_nothing_rests_on_is_withdrawn_after_a_question_too(run: Run, home: Path) -> None:
    with open_library(home, key_folder=home.parent / "keys", create=True) as library:
        grants.give(library, grants.ConsentRequest("person", "Ada", "own"), NOW)
    refused = run("consent", "revoke", "Ada", code=2).err
    assert refused.startswith("Nothing is kept of it, so there is nothing to erase.")
    assert "Withdraw the consent for Ada? This" in type_at("n\n", "consent", "revoke", "Ada", code=2)
    run("consent", "revoke", "Ada", "--yes")
    assert run("consent", "list").out.startswith("withdrawn person Ada")


def test_a_folder_inside_a_wider_one_is_said_to_stay_readable_before_the_question(
    run: Run, asked: Path, album: Path
) -> None:
    part = album / "part"
    part.mkdir()
    (part / "c.jpg").write_bytes(photos.photo("c", 1))
    run("index", part, "--consent", "own")
    shutil.rmtree(part)
    shown = type_at("n\n", "consent", "revoke", part, code=2)
    assert shown.index("as a part of that it is still searched") < shown.index("Withdraw the consent for")
    shown = type_at("n\n", "consent", "revoke", album, code=2)
    assert f"Withdraw the consent for {album} (Folder, source 1) and 1 place in it, and erase this?" in shown
    assert "2 sources" in shown


def test_forgetting_one_photograph_says_that_its_key_stays(run: Run, asked: Path, album: Path) -> None:
    shown = type_at("n\n", "forget", album / "a.jpg", code=2)
    assert "what is noted of 1 file: where it was found" in shown
    assert "what was found in 1 photograph: templates and small pictures of 1 face" in shown
    assert "whoever has this library can still open this in them" in shown
    assert "1 encryption key" not in shown
    assert f"Erase what is kept of {album / 'a.jpg'}? This cannot be undone. [y/N]" in shown
    assert "1 photograph without a face" in type_at("n\n", "forget", album / "nobody.jpg", code=2)


def test_forgetting_everything_says_that_no_backup_opens_with_the_new_key(run: Run, asked: Path) -> None:
    shown = type_at("n\n", "forget", "--all", code=2)
    assert "what is noted of 2 sources and " in shown
    assert "Erase everything? This cannot be undone." in shown
    assert "they do not open with the new key of this library" in shown
    assert "audit log" in shown.partition("This stays:")[0]
    assert "audit log" not in shown.partition("This stays:")[2]


def test_removing_a_photograph_of_a_person_is_shown_first_too(run: Run, asked: Path) -> None:
    run("people", "remove", "me", "2", code=2)
    shown = type_at("n\n", "people", "remove", "me", "2", code=2)
    assert f"{BEGINNING} - the template and a small picture from 1 photograph This stays:" in shown
    assert "Erase photograph 2 of me? This cannot be undone." in shown
    assert len(run("people", "show", "me", "--json").json["photographs"]) == 2
    type_at("y\n", "people", "remove", "me", "2")
    assert len(run("people", "show", "me", "--json").json["photographs"]) == 1


def test_bystanders_are_counted_before_they_go(run: Run, asked: Path) -> None:
    before = run("status", "--json").json["faces"]
    shown = type_at("n\n", "forget", "--bystanders", code=2)
    assert "- templates and small pictures of 4 faces" in shown
    assert run("status", "--json").json["faces"] == before
    assert "nobody enrolled is erased: 4 faces" in type_at("y\n", "forget", "--bystanders")
    assert run("status", "--json").json["faces"] == before - 4


@pytest.mark.parametrize(
    "names",
    [["album"], ["other"], ["album", "other"], ["me"], ["me", "album"], ["album/c.jpg"], ["linked"], []],
    ids=lambda names: "+".join(names) or "all",
)
def test_what_is_shown_is_what_the_receipt_says(
    run: Run, asked: Path, home: Path, names: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(asked)
    if "linked" in names:
        (asked / "linked").mkdir()
        (asked / "linked/x.jpg").write_bytes(photos.photo("b", 2))
        (asked / "other/link.jpg").symlink_to(asked / "linked/x.jpg")
        run("index", "linked", "other", "--consent", "own")
    with open_library(home, key_folder=home.parent / "keys", writing=True) as library:
        named = [target for name in names for target in forget.resolve(library, name)]
        targets = named or forget.everything(library)
        shown = forget.preview(library, targets)
        forget.request(library, targets, NOW)
        receipts = forget.complete(library, NOW)
    erased = sum((Counter(receipt.counts) for receipt in receipts), Counter[str]())
    for table in NOT_ROWS_OF_THEIR_OWN:
        del erased[table]
    assert shown.counts == erased
    assert sum(erased.values()) > 3


@pytest.mark.parametrize(
    ("words", "question"),
    [
        ("key rotate", "Backups made before will open no face any more without this library, except with"),
        ("key rotate --databases", "Backups made before will not open any more, except with a recovery code"),
        ("models remove mine", "Delete the files of mine? To use it again, it must be added again. [y/N]"),
    ],
)
def test_what_shuts_backups_or_deletes_a_pack_asks_too(
    run: Run, asked: Path, home: Path, older: Path, words: str, question: str
) -> None:
    (home / "packs").mkdir(exist_ok=True)
    shutil.copytree(older, home / "packs/mine")
    before = (home / "key.json").read_bytes(), (home / "keys.db").read_bytes(), state(run)
    assert run(*words.split(), code=2).err.endswith("; to go ahead without a question: --yes\n")
    assert question in type_at("n\n", *words.split(), code=2)
    assert ((home / "key.json").read_bytes(), (home / "keys.db").read_bytes(), state(run)) == before
    assert (home / "packs/mine").exists()
    type_at("y\n", *words.split())
    assert (home / "packs/mine").exists() == words.startswith("key")
    changed = (home / "key.json").read_bytes(), (home / "keys.db").read_bytes(), state(run)
    assert (changed != before) == words.startswith("key")
