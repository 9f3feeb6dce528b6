"""selfsearch from Python: the same verbs, and an import that costs nothing."""

from __future__ import annotations

import ast
import builtins
import inspect
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import selfsearch
from selfsearch.library import faces
from selfsearch.report import crops
from tests import photos
from tests.conftest import Run

CHECKOUT = Path(__file__).parent.parent
HEAVY = {
    "numpy",
    "faiss",
    "onnxruntime",
    "insightface",
    "cv2",
    "PIL",
    "sqlcipher3",
    "sqlite_utils",
    "typer",
    "rich",
}


@pytest.fixture
def folder(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a program stands: photos/ with the astronaut in two of three, and her selfie."""
    (tmp_path / "photos").mkdir()
    for variant in range(2):
        (tmp_path / f"photos/astronaut-{variant}.jpg").write_bytes(photos.photo("astronaut", variant))
    (tmp_path / "photos/other.jpg").write_bytes(photos.photo("a", 1))
    (tmp_path / "selfie.jpg").write_bytes(photos.photo("astronaut", 5))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def fenced(document: str) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```$", (CHECKOUT / document).read_text("utf-8"), re.S | re.M)


def test_the_ten_lines_of_the_document_run_as_they_stand(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, *_ = fenced("docs/library.md")
    assert len(first.splitlines()) == 10
    exec(compile(first, "docs/library.md", "exec"), {})  # noqa: S102  (our own document)
    lines = capsys.readouterr().out.splitlines()
    assert sorted(line.split()[-1] for line in lines) == [
        str(folder / "photos/astronaut-0.jpg"),
        str(folder / "photos/astronaut-1.jpg"),
    ]
    assert {line.split()[0] for line in lines} == {"strong"}


def test_every_other_example_of_the_document_runs_after_the_first(folder: Path) -> None:
    for example in fenced("docs/library.md"):
        exec(compile(example, "docs/library.md", "exec"), {})  # noqa: S102  (our own document)


def test_all_is_sorted_and_is_what_a_type_checker_sees() -> None:
    stub = Path(str(selfsearch.__file__)).with_suffix(".pyi").read_text("utf-8")
    names, listed = stub.split("__all__ = ")
    exported = re.findall(r"^from \.\S+ import (\w+) as \1$", names, re.M)
    assert selfsearch.__all__ == sorted(selfsearch.__all__) == ast.literal_eval(listed)
    assert sorted(exported) == sorted([*selfsearch.__all__, "open"])


def test_a_star_import_leaves_every_builtin_as_it_was() -> None:
    names: dict[str, object] = {}
    exec("from selfsearch import *", names)  # noqa: S102  (our own package)
    assert "Selfsearch" in names
    assert names.keys() & vars(builtins).keys() == set()


def test_every_public_name_can_be_fetched_and_is_listed() -> None:
    for name in [*selfsearch.__all__, "open"]:
        assert getattr(selfsearch, name) is not None
        assert name in dir(selfsearch)
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        selfsearch.nonsense  # type: ignore[attr-defined]  # noqa: B018


def test_every_error_is_public() -> None:
    from selfsearch import errors

    assert {name for name in vars(errors) if isinstance(getattr(errors, name), type)} - {"Outcome"} <= {
        *selfsearch.__all__
    }


def test_importing_it_loads_nothing_heavy() -> None:
    code = f"import sys, selfsearch; selfsearch.ConsentError; print({HEAVY!r} & sys.modules.keys())"
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert process.stdout == "set()\n"


def test_every_method_says_what_it_does() -> None:
    public = [name for name in vars(selfsearch.Selfsearch) if not name.startswith("_")]
    methods = [
        getattr(selfsearch.Selfsearch, name)
        for name in public
        if callable(getattr(selfsearch.Selfsearch, name))
    ]
    assert methods
    assert [method.__name__ for method in methods if not method.__doc__] == []


def test_nothing_is_read_or_searched_without_a_grant(folder: Path) -> None:
    with selfsearch.open("library", create=True) as opened:
        with pytest.raises(selfsearch.ConsentError, match="no consent on record"):
            opened.require_consent("source", "photos")
        photos_of_mine = opened.give_consent("source", "photos", basis="own")
        me = opened.give_consent("person", "me", basis="own")
        with pytest.raises(selfsearch.UsageError, match="consent for a source"):
            opened.index(me)
        with pytest.raises(selfsearch.UsageError, match="needs the person's consent"):
            opened.enroll(photos_of_mine, "selfie.jpg")
        with pytest.raises(selfsearch.UsageError, match="nobody called 'me' is enrolled"):
            opened.query(me)
        with pytest.raises(selfsearch.UsageError, match="own or release"):
            opened.give_consent("person", "me", basis="because")


def test_a_strangers_photograph_is_refused_and_the_attempt_is_kept(folder: Path) -> None:
    (folder / "stranger.jpg").write_bytes(photos.photo("c", 1))
    with selfsearch.open("library", create=True) as opened:
        me = opened.give_consent("person", "me", basis="own")
        opened.enroll(me, "selfie.jpg")
        with pytest.raises(selfsearch.ConsentError, match="shows nobody who agreed"):
            opened.query(me, "stranger.jpg", purpose="curious")
        query = "select person, purpose, outcome, appearances from queries where action = 'query'"
        asked = list(opened.library.db.query(query))
    assert asked == [{"person": "me", "purpose": "curious", "outcome": "refused", "appearances": None}]


def test_a_group_photograph_needs_to_be_told_which_face(folder: Path) -> None:
    (folder / "group.jpg").write_bytes(photos.encoded(photos.group()))
    with selfsearch.open("library", create=True) as opened:
        me = opened.give_consent("person", "me", basis="own")
        with pytest.raises(
            selfsearch.InputError, match=r"with face=N: 1 \((leftmost|\w+ from the left)\), 2"
        ):
            opened.enroll(me, "group.jpg")
        assert opened.enroll(me, "group.jpg", face=2).name == "me"


def test_a_face_that_is_said_to_be_somebody_else_is_not_shown_again(folder: Path) -> None:
    with selfsearch.open("library", create=True) as opened:
        opened.index(opened.give_consent("source", "photos", basis="own"))
        me = opened.give_consent("person", "me", basis="own")
        opened.enroll(me, "selfie.jpg")
        first, second = opened.query(me).appearances
        opened.verdict(me, first.face, "not_me")
        assert [one.face for one in opened.query(me).appearances] == [second.face]


def test_what_changed_is_told_until_somebody_was_told(folder: Path) -> None:
    with selfsearch.open("library", create=True) as opened:
        opened.index(opened.give_consent("source", "photos", basis="own"))
        opened.enroll(opened.give_consent("person", "me", basis="own"), "selfie.jpg")
        assert opened.rescan().first == {"me": 2}
        (folder / "photos/astronaut-2.jpg").write_bytes(photos.photo("astronaut", 2))
        assert [change.kind for change in opened.rescan().changes] == ["new"]
        changes = opened.changes()
        assert [(change.person, change.kind) for change in changes] == [("me", "new")]
        opened.tell(changes)
        assert opened.changes() == []


def test_what_is_withdrawn_or_forgotten_is_gone_and_a_receipt_says_so(folder: Path) -> None:
    with selfsearch.open("library", create=True) as opened:
        opened.index(opened.give_consent("source", "photos", basis="own"))
        me = opened.give_consent("person", "me", basis="own")
        opened.enroll(me, "selfie.jpg")
        (receipt,) = opened.revoke_consent("source", "photos", "enough")
        assert (receipt.subject, receipt.remnants) == (str(folder / "photos"), ())
        assert (opened.sources(), opened.query(me).appearances) == ([], ())
        with pytest.raises(selfsearch.ConsentError, match="withdrawn"):
            opened.require_consent("source", "photos")
        (receipt,) = opened.forget("me")
        assert (receipt.subject, receipt.remnants, opened.people()) == ("me", (), [])


def test_a_report_never_shows_who_is_in_the_file_now_and_was_not_when_it_was_read(folder: Path) -> None:
    with selfsearch.open("library", create=True) as opened:
        opened.index(opened.give_consent("source", "photos", basis="own"))
        me = opened.give_consent("person", "me", basis="own")
        opened.enroll(me, "selfie.jpg")
        shown = opened.query(me).appearances
        replaced = Path(shown[0].sightings[0].path)
        other = photos.picture("astronaut", 7).resize((shown[0].width, shown[0].height))
        replaced.write_bytes(photos.encoded(other))
        picture = crops.for_appearances(opened.library, opened.engine, shown)
        assert picture(shown[0]) == crops.chip_picture(opened.library, shown[0].face)
        assert picture(shown[1]) != crops.chip_picture(opened.library, shown[1].face)


def test_the_number_of_a_face_that_is_gone_is_given_to_no_other(folder: Path) -> None:
    with selfsearch.open("library", create=True) as opened:
        grant = opened.give_consent("source", "photos", basis="own")
        opened.index(grant)
        first = set(faces.find_faces(opened.library, range(1, 100)))
        opened.forget("photos")
        opened.index(opened.give_consent("source", "photos", basis="own"))
        assert first.isdisjoint(faces.find_faces(opened.library, range(1, 100)))


def test_a_library_can_be_opened_and_closed_without_a_with_statement(folder: Path) -> None:
    opened = selfsearch.open("library", create=True)
    opened.index(opened.give_consent("source", "photos", basis="own"))
    with pytest.raises(selfsearch.LibraryBusyError, match="another selfsearch is writing"):
        selfsearch.open("library")
    opened.close()
    opened.close()  # once more does no harm
    with selfsearch.open("library") as again:
        assert len(again.sources()) == 1


def test_without_a_name_it_is_the_library_of_the_command_line(folder: Path, home: Path, run: Run) -> None:
    run("index", "photos", "--consent", "own")
    with selfsearch.open() as opened:
        assert opened.library.home == home
        assert [row.root for row in opened.sources()] == [str(folder / "photos")]


def test_a_library_that_nobody_closed_is_closed_when_it_is_not_used_any_more(folder: Path) -> None:
    opened = selfsearch.open("library", create=True)
    kept = [opened]
    del opened
    with pytest.warns(ResourceWarning, match=r"the library in .*library was never closed"):
        kept.clear()
    selfsearch.open("library").close()


def test_a_library_that_another_thread_lets_go_is_free_again(folder: Path) -> None:
    opened = selfsearch.open("library", create=True)
    thread = threading.Thread(target=opened.close)
    thread.start()
    thread.join()
    selfsearch.open("library").close()


def test_an_error_while_opening_leaves_the_library_free(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    selfsearch.open("library", create=True).close()
    with monkeypatch.context() as patched:
        patched.setattr("selfsearch.consent.forget.complete", interrupted)
        with pytest.raises(KeyboardInterrupt):
            selfsearch.open("library")
    selfsearch.open("library").close()


def interrupted(*_: object) -> None:
    raise KeyboardInterrupt


def test_every_method_of_a_closed_library_says_that_it_is_closed(folder: Path) -> None:
    with selfsearch.open("library", create=True) as opened:
        source = opened.give_consent("source", "photos", basis="own")
        me = opened.give_consent("person", "me", basis="own")
        opened.enroll(me, "selfie.jpg")
        answer = opened.query(me)
    closed = f"the library in {folder / 'library'} is closed; open it again: selfsearch.open"
    calls: dict[str, Callable[[], object]] = {
        "statement": lambda: opened.statement("person", "me", basis="own"),
        "give_consent": lambda: opened.give_consent("person", "me", basis="own"),
        "require_consent": lambda: opened.require_consent("person", "me"),
        "revoke_consent": lambda: opened.revoke_consent("person", "me"),
        "forget": lambda: opened.forget("me"),
        "index": lambda: opened.index(source),
        "enroll": lambda: opened.enroll(me, "selfie.jpg"),
        "photographs": lambda: opened.photographs("me"),
        "remove_photograph": lambda: opened.remove_photograph("me", 1),
        "query": lambda: opened.query(me),
        "verdict": lambda: opened.verdict(me, 1, "me"),
        "rescan": lambda: opened.rescan(),
        "changes": lambda: opened.changes(),
        "tell": lambda: opened.tell([]),
        "sources": lambda: opened.sources(),
        "people": lambda: opened.people(),
        "outcomes": lambda: opened.outcomes(),
        "html": lambda: opened.html(answer),
    }
    methods = {name for name, method in vars(selfsearch.Selfsearch).items() if inspect.isfunction(method)}
    assert {name for name in methods if not name.startswith("_")} - {"close"} == calls.keys()
    for name, call in calls.items():
        with pytest.raises(selfsearch.UsageError) as caught:
            call()
        assert str(caught.value) == closed, name
    with pytest.raises(selfsearch.UsageError, match="is closed"), opened:
        pass


def test_it_uses_the_model_pack_that_the_library_is_set_to(
    folder: Path, home: Path, run: Run, older: Path
) -> None:
    run("models", "add", str(older), "--accept-license")
    run("models", "use", older.name)
    with selfsearch.open(create=True) as opened:
        assert opened.engine.pack.name == older.name
    with selfsearch.open(pack="opencv-zoo") as opened:
        assert opened.engine.pack.name == "opencv-zoo"
    with pytest.raises(
        selfsearch.PackError, match=f"no model pack called 'buffalo_x' .there are: {older.name}, opencv-zoo"
    ):
        selfsearch.open(pack="buffalo_x")


def test_it_keeps_what_has_ended_as_long_as_the_library_is_set_to(folder: Path, home: Path) -> None:
    with selfsearch.open(create=True) as opened:
        opened.index(opened.give_consent("source", "photos", basis="own", lasts=timedelta(days=1)))
        later = selfsearch.api.now() + timedelta(days=40)
        opened.clock = lambda: later
        (home / "config.toml").write_text("grace_days = 60")
        assert opened.rescan().erased == []
        (home / "config.toml").write_text("grace_days = 20")
        (receipt,) = opened.rescan().erased
    assert receipt.subject == str(folder / "photos")


@pytest.mark.parametrize(
    ("call", "error", "sentence"),
    [
        (lambda it, me: it.photographs("bob"), selfsearch.UsageError, "nobody called 'bob' is enrolled"),
        (lambda it, me: it.remove_photograph("bob", 1), selfsearch.UsageError, "nobody called 'bob'"),
        (lambda it, me: it.remove_photograph("me", 9), selfsearch.UsageError, "me has no photograph 9"),
        (lambda it, me: it.rescan([9]), selfsearch.UsageError, "there is no source 9"),
        (lambda it, me: it.forget(9), selfsearch.UsageError, "file or sha256 called '9'"),
        (lambda it, me: it.require_consent("person", "bob"), selfsearch.ConsentError, "no consent on record"),
        (lambda it, me: it.revoke_consent("person", "bob"), selfsearch.UsageError, "no consent on record"),
        (lambda it, me: it.revoke_consent("face", "me"), selfsearch.UsageError, "a source or for a person"),
        (lambda it, me: it.require_consent("face", "me"), selfsearch.UsageError, "a source or for a person"),
        (lambda it, me: it.statement("person", "me", basis="x"), selfsearch.UsageError, "own or release"),
        (lambda it, me: it.give_consent("source", ".", basis="x"), selfsearch.UsageError, "own or release"),
        (lambda it, me: it.query(me, "group.jpg", face=9), selfsearch.UsageError, "shows 6 faces"),
        (lambda it, me: it.query(me, "group.jpg", face=0), selfsearch.UsageError, "shows 6 faces"),
        (lambda it, me: it.query(me, filters=selfsearch.Filters(min_band="sure")), selfsearch.UsageError,
         "min_band is one of strong, likely, possible, not 'sure'"),
        (lambda it, me: it.query(me, filters=selfsearch.Filters(since="May")), selfsearch.UsageError,
         "since is a day such as 2021-06-02, not 'May'"),
        (lambda it, me: it.query(me, filters=selfsearch.Filters(until="2021")), selfsearch.UsageError,
         "until is a day"),
        (lambda it, me: it.query(me, filters=selfsearch.Filters(sources=frozenset({9}))),
         selfsearch.UsageError, "9"),
        (lambda it, me: it.query(me, "nowhere.jpg"), selfsearch.InputError, "nowhere.jpg cannot be read"),
    ],
)  # fmt: skip
def test_what_there_is_not_is_said_in_a_sentence(
    folder: Path, call: Callable[[Any, object], object], error: type[Exception], sentence: str
) -> None:
    (folder / "group.jpg").write_bytes(photos.encoded(photos.group()))
    with selfsearch.open("library", create=True) as opened:
        me = opened.give_consent("person", "me", basis="own")
        opened.enroll(me, "selfie.jpg")
        with pytest.raises(error, match=sentence):
            call(opened, me)


def test_opening_what_is_no_library_says_what_to_do(folder: Path) -> None:
    with pytest.raises(
        selfsearch.LibraryError, match=r"to make one: selfsearch\.open\(\.\.\., create=True\)"
    ):
        selfsearch.open("nowhere")
    assert not (folder / "nowhere").exists()
    with pytest.raises(selfsearch.UsageError, match="what is in it is no library"):
        selfsearch.open("photos", create=True)


def test_a_locked_library_opens_with_the_passphrase_of_the_environment(
    folder: Path, home: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("index", "photos", "--consent", "own")
    monkeypatch.setenv("SELFSEARCH_NEW_PASSPHRASE", "four words of mine")
    run("key", "set-passphrase")
    with pytest.raises(selfsearch.KeyUnavailable, match="set SELFSEARCH_PASSPHRASE"):
        selfsearch.open()
    selfsearch.open(ask=lambda: "four words of mine").close()
    monkeypatch.setenv("SELFSEARCH_PASSPHRASE", "four words of mine")
    selfsearch.open().close()


def test_nothing_that_is_printed_shows_a_key_or_a_face(folder: Path) -> None:
    with selfsearch.open("library", create=True) as opened:
        indexed = opened.index(opened.give_consent("source", "photos", basis="own"))
        me = opened.give_consent("person", "me", basis="own")
        person = opened.enroll(me, "selfie.jpg")
        answer, photographs = opened.query(me), opened.photographs("me")
        shown = [
            opened,
            opened.library,
            opened.gallery,
            indexed,
            me,
            person,
            answer,
            photographs,
            opened.rescan(),
        ]
        printed = " ".join(map(repr, shown))
        assert repr(opened) == f"<Selfsearch '{folder / 'library'}'>"
        keys = (opened.library.root.library, *opened.library.root.wrapping)
    assert repr(opened) == f"<Selfsearch '{folder / 'library'}', closed>"
    assert [key for key in keys if repr(key) in printed or key.hex() in printed] == []
    assert re.findall(r"array|embedding=|chip=|landmarks=|\bb'|\\x", printed) == []


@pytest.mark.slow
def test_the_examples_of_the_document_are_well_typed(tmp_path: Path) -> None:
    for number, example in enumerate(fenced("docs/library.md")):
        (tmp_path / f"example_{number}.py").write_text(example)
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", *sorted(tmp_path.glob("*.py"))],
        env=os.environ | {"MYPYPATH": str(CHECKOUT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.stdout.startswith("Success"), checked.stdout
