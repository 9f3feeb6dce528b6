"""selfsearch from Python: the same verbs, and an import that costs nothing."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import selfsearch
from selfsearch.library import faces
from selfsearch.report import crops
from tests import photos

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
    exported = re.findall(r"^from \.\S+ import (\w+) as \1$", stub, re.M)
    assert selfsearch.__all__ == sorted(selfsearch.__all__) == sorted(exported)
    assert len(stub.splitlines()) == len(exported) + 2  # and says nothing else


def test_every_public_name_can_be_fetched_and_is_listed() -> None:
    for name in selfsearch.__all__:
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
        with pytest.raises(selfsearch.ConsentError, match="not one of the people who agreed"):
            opened.query(me, "stranger.jpg", purpose="curious")
        query = "select person, purpose, outcome, appearances from queries where action = 'query'"
        asked = list(opened.library.db.query(query))
    assert asked == [{"person": "me", "purpose": "curious", "outcome": "refused", "appearances": None}]


def test_a_group_photograph_needs_to_be_told_which_face(folder: Path) -> None:
    (folder / "group.jpg").write_bytes(photos.encoded(photos.group()))
    with selfsearch.open("library", create=True) as opened:
        me = opened.give_consent("person", "me", basis="own")
        with pytest.raises(selfsearch.InputError, match="face=1 is the largest"):
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
