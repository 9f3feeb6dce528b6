"""Consent follows the real path: what a link leads to is read only with consent for where it leads.

And whoever withdraws or forgets something may name it by the path as it was given, by its real path, and in
another form of Unicode.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import unicodedata
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from selfsearch import places
from selfsearch.consent import forget, grants
from selfsearch.containers.folder import Folder
from selfsearch.errors import ConsentError, ItemError
from selfsearch.library import ledger, sources
from selfsearch.library.library import Library, open_library
from selfsearch.types import Outcome, ProgressListener
from selfsearch.workflows import index, rescan, retention
from tests import photos
from tests.conftest import Run
from tests.fakes import ColourEngine, coloured

pytestmark = pytest.mark.skipif(os.name != "posix", reason="making links takes rights on Windows")
NOW = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
REASON = "a link to a place without consent"


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A folder of somebody else's, for which nobody consented."""
    folder = tmp_path / "secret"
    (folder / "inner").mkdir(parents=True)
    (folder / "red.png").write_bytes(coloured("red"))
    (folder / "inner/green.png").write_bytes(coloured("green"))
    with zipfile.ZipFile(folder / "blue.zip", "w") as archive:
        archive.writestr("blue.png", coloured("blue"))
    return folder


@pytest.fixture
def linking(tmp_path: Path, secret: Path) -> Path:
    """A folder with a photograph of its own, and with links of every kind to the other one."""
    folder = tmp_path / "linking"
    folder.mkdir()
    (folder / "own.png").write_bytes(coloured("red", "green"))
    (folder / "file.png").symlink_to(secret / "red.png")
    (folder / "folder").symlink_to(secret / "inner")
    (folder / "archive.zip").symlink_to(secret / "blue.zip")
    return folder


def consent(library: Library, folder: Path | str, days: int = 365, now: datetime = NOW) -> grants.Grant:
    lasts = timedelta(days=days)
    return grants.give(library, grants.ConsentRequest("source", str(folder), "own", lasts=lasts), now)


def read(library: Library, folder: Path, now: datetime = NOW) -> list[index.IndexResult]:
    grant = grants.require(library, "source", str(folder), now)
    return index.index(library, ColourEngine(), grant, folder, lambda: now)  # type: ignore[arg-type]


def stored(library: Library) -> dict[str, str | None]:
    """Address -> real path, of files of which something is kept and shown."""
    rows = library.db.execute(
        "select address, real from items where media_id is not null and gone_at is null"
    )
    return dict(rows.fetchall())


def outcomes(library: Library) -> dict[str, tuple[str, str | None]]:
    """Path in its source -> outcome and reason."""
    rows = library.db.execute("select path, outcome, reason from items where gone_at is null").fetchall()
    return {path: (outcome, reason) for path, outcome, reason in rows}


# ---- without consent for where they lead ----


def test_what_a_link_leads_to_is_not_read_without_consent_for_that_place(
    library: Library, linking: Path, secret: Path
) -> None:
    consent(library, linking)
    (result,) = read(library, linking)
    assert result.counts == {"indexed": 1, "unsupported": 3}
    assert outcomes(library) == {
        "own.png": ("indexed", None),
        "file.png": ("unsupported", REASON),
        "folder/": ("unsupported", REASON),
        "archive.zip": ("unsupported", REASON),
    }
    assert stored(library) == {str(linking / "own.png"): None}


def test_the_command_line_says_which_files_those_are(run: Run, tmp_path: Path, album: Path) -> None:
    folder = tmp_path / "with-a-link"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(photos.photo("c", 1))
    (folder / "link.jpg").symlink_to(album / "astronaut-0.jpg")
    index = run("index", folder, "--consent", "own", "--json")
    assert index.json["outcomes"] == {"indexed": 1, "unsupported": 1}
    assert "1 link to places without consent: what is there was not opened" in index.err
    assert REASON in run("status", "--problems").out
    run("index", album, "--consent", "own")
    again = run("index", folder, "--json").json
    assert again["outcomes"] == {"duplicate": 1, "indexed": 1}


def test_no_byte_is_read_of_what_has_no_consent(
    library: Library, linking: Path, secret: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_by_us: list[str] = []
    descriptors = os.pread, os.read, os.fdopen

    def noting(call: Callable[..., object]) -> Callable[..., object]:
        def noted(descriptor: int, *given: object, **more: object) -> object:
            read_by_us.append(os.readlink(f"/proc/self/fd/{descriptor}"))
            return call(descriptor, *given, **more)

        return noted

    for name, call in zip(("pread", "read", "fdopen"), descriptors, strict=True):
        monkeypatch.setattr(os, name, noting(call))
    consent(library, linking)
    read(library, linking)
    assert str(linking / "own.png") in read_by_us
    assert [path for path in read_by_us if path.startswith(str(secret))] == []


def test_with_consent_for_it_the_next_index_reads_it_and_knows_where_it_is(
    library: Library, linking: Path, secret: Path
) -> None:
    consent(library, linking)
    read(library, linking)
    consent(library, secret)
    assert sum(result.counts["indexed"] for result in read(library, linking)) == 4
    assert stored(library) == {
        str(linking / "own.png"): None,
        str(linking / "file.png"): str(secret / "red.png"),
        str(linking / "folder/green.png"): str(secret / "inner/green.png"),
        f"{linking}/archive.zip!blue.png": str(secret / "blue.zip"),
    }
    assert sum(result.new for result in read(library, linking)) == 0


def test_links_within_what_was_consented_to_are_followed(library: Library, tmp_path: Path) -> None:
    folder = tmp_path / "album"
    (folder / "2020").mkdir(parents=True)
    (folder / "2020/a.png").write_bytes(coloured("red"))
    (folder / "best.png").symlink_to("2020/a.png")
    (folder / "favourites").symlink_to("2020")
    consent(library, folder)
    (result,) = read(library, folder)
    assert result.counts == {"duplicate": 1, "indexed": 1, "unsupported": 1}
    assert outcomes(library)["favourites/"][1] == "is looked into already, under another path"


def test_a_link_that_leads_elsewhere_now_is_another_file(
    library: Library, linking: Path, secret: Path, tmp_path: Path
) -> None:
    consent(library, linking)
    consent(library, secret)
    read(library, linking)
    other = tmp_path / "other"
    shutil.copytree(secret, other)  # same sizes; the same times, too
    (linking / "file.png").unlink()
    (linking / "file.png").symlink_to(other / "red.png")
    read(library, linking)
    assert outcomes(library)["file.png"] == ("unsupported", REASON)
    assert str(linking / "file.png") not in stored(library)


def test_parts_of_an_export_behind_links_need_consent_like_any_file(
    library: Library, tmp_path: Path, secret: Path
) -> None:
    export = tmp_path / "instagram-ana-2024-05-01-AbCd1234"
    (export / "media/posts").mkdir(parents=True)
    (export / "your_instagram_activity/content").mkdir(parents=True)
    (export / "your_instagram_activity/content/posts_1.json").write_text(
        '[{"media": [{"uri": "media/posts/red.png", "creation_timestamp": 1700000000, "title": "me"}]}]'
    )
    (export / "media/posts/red.png").symlink_to(secret / "red.png")
    (export / "your_instagram_activity/content/stories.json").symlink_to(secret / "red.png")
    consent(library, export)
    (result,) = read(library, export)
    assert result.source.platform == "instagram"
    assert stored(library) == {}
    assert [reason for _, reason in outcomes(library).values()].count(REASON) == 2


# ---- races ----


def test_what_is_swapped_between_listing_and_opening_is_not_read(tmp_path: Path, secret: Path) -> None:
    folder = tmp_path / "album"
    (folder / "inner").mkdir(parents=True)
    for name in ("file.png", "inner/red.png", "linked.png"):
        (folder / name).write_bytes(coloured("blue"))
    (folder / "link.png").symlink_to("linked.png")
    members = {member.path: member for member in Folder(str(folder)).members()}
    (folder / "file.png").unlink()
    (folder / "file.png").symlink_to(secret / "red.png")
    (folder / "inner").rename(folder / "was-inner")
    (folder / "inner").symlink_to(secret)
    (folder / "link.png").unlink()
    (folder / "link.png").symlink_to(secret / "red.png")
    for name in ("file.png", "inner/red.png", "link.png"):
        with pytest.raises(ItemError, match=REASON):
            members[name].read(10**6)
    (folder / "link.png").unlink()
    (folder / "link.png").symlink_to("was-inner/red.png")
    with pytest.raises(ItemError, match="was moved or replaced"):
        members["link.png"].read(10**6)
    assert members["linked.png"].read(10**6) == coloured("blue")


SWAPPING = """
import os, sys
os.chdir(sys.argv[1])
os.symlink(sys.argv[2] + "/a.png", "other-file"), os.symlink(sys.argv[2], "other-folder")
while True:
    for name, other in (("b.png", "other-file"), ("folder", "other-folder")):
        for first, second in ((name, "aside"), (other, name), (name, other), ("aside", name)):
            os.rename(first, second)
"""


def test_links_that_are_swapped_all_the_time_never_show_what_is_outside(tmp_path: Path) -> None:
    folder, outside = tmp_path / "album", tmp_path / "outside"
    (folder / "folder").mkdir(parents=True)
    outside.mkdir()
    (outside / "a.png").write_bytes(b"outside")
    for name in ("b.png", "folder/a.png"):
        (folder / name).write_bytes(b"inside")
    seen: set[bytes] = set()
    swapping = subprocess.Popen([sys.executable, "-c", SWAPPING, str(folder), str(outside)])
    try:
        for _ in range(400):
            with suppress(OSError):
                for member in Folder(str(folder)).members():
                    for _ in range(10):
                        with suppress(ItemError):
                            seen.add(member.read(100))
    finally:
        swapping.kill()
        swapping.wait()
    assert seen == {b"inside"}


def test_an_archive_that_is_swapped_for_a_link_is_not_opened(
    library: Library, tmp_path: Path, secret: Path
) -> None:
    from selfsearch.exports.discovery import discover

    folder = tmp_path / "album"
    folder.mkdir()
    shutil.copy(secret / "blue.zip", folder / "a.zip")
    (source,) = discover(folder).sources
    source.close()
    (folder / "a.zip").unlink()
    (folder / "a.zip").symlink_to(secret / "blue.zip")
    (item,) = source.items()
    assert item.member is not None
    with pytest.raises(ItemError, match=REASON):
        item.member.read(10**6)


def test_a_folder_that_becomes_a_link_while_it_is_walked_is_not_listed(
    tmp_path: Path, secret: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "album"
    (folder / "inner").mkdir(parents=True)
    (folder / "inner/a.png").write_bytes(coloured("blue"))
    opened, swapped = os.open, []

    def swapping(path: object, *given: int, **more: object) -> int:
        if str(path).rstrip("/").endswith("/inner") and not swapped:
            swapped.append(path)
            (folder / "inner").rename(tmp_path / "aside")
            (folder / "inner").symlink_to(secret)
        return opened(path, *given, **more)  # type: ignore[call-overload, no-any-return]

    monkeypatch.setattr(os, "open", swapping)
    listed = Folder(str(folder))
    assert list(listed.members()) == []
    assert swapped
    assert listed.problems == [("inner/", Outcome.UNSUPPORTED, REASON)]


def test_a_consented_folder_that_was_replaced_by_a_link_is_not_read(
    library: Library, tmp_path: Path, secret: Path
) -> None:
    folder = tmp_path / "album"
    folder.mkdir()
    (folder / "a.png").write_bytes(coloured("blue"))
    grant = consent(library, folder)
    read(library, folder)
    folder.rename(tmp_path / "aside")
    folder.symlink_to(secret)
    with pytest.raises(ConsentError, match=f"no consent on record for {secret}"):
        index.index(library, ColourEngine(), grant, folder, lambda: NOW)  # type: ignore[arg-type]
    result = rescan.rescan(library, ColourEngine(), lambda: NOW)  # type: ignore[arg-type]
    assert [row.root for row in result.without_consent] == [str(folder)]
    assert set(stored(library)) == {str(folder / "a.png")}


def test_a_report_reads_an_original_only_where_it_was(library: Library, linking: Path, secret: Path) -> None:
    from selfsearch.containers.archive import read_by_address
    from selfsearch.library import items

    consent(library, linking)
    consent(library, secret)
    read(library, linking)
    addresses = sorted(stored(library))

    def originals() -> list[str]:
        real_places = items.real_places(library, addresses)
        return sorted(address for address, _ in read_by_address(addresses, 10**6, real_places))

    assert originals() == addresses
    shutil.copytree(secret, secret.with_name("aside"))
    for name in ("own.png", "file.png", "folder", "archive.zip"):
        (linking / name).unlink()
    (linking / "own.png").symlink_to(secret / "red.png")
    (linking / "file.png").symlink_to(secret.with_name("aside") / "red.png")
    (linking / "folder").symlink_to(secret.with_name("aside") / "inner")
    (linking / "archive.zip").symlink_to(secret.with_name("aside") / "blue.zip")
    assert originals() == []


# ---- consent that ends ----


def test_withdrawing_consent_erases_what_links_led_to(library: Library, linking: Path, secret: Path) -> None:
    consent(library, linking)
    consent(library, secret)
    read(library, linking)
    grants.revoke(library, "source", str(secret), NOW)
    forget.withdrawn(library, "source", grants.ended(library, "source"), NOW)
    receipts = forget.complete(library, NOW)
    assert [receipt.remnants for receipt in receipts] == [()]
    assert stored(library) == {str(linking / "own.png"): None}
    grants.give(library, grants.ConsentRequest("source", str(secret), "own"), NOW)
    read(library, linking)
    read(library, secret)
    grants.revoke(library, "source", str(secret), NOW)
    forget.withdrawn(library, "source", grants.ended(library, "source"), NOW)
    assert {receipt.subject for receipt in forget.complete(library, NOW)} == {str(secret)}
    read(library, linking)
    assert outcomes(library)["file.png"] == ("unsupported", REASON)
    assert library.db.execute("select count(*) from media").fetchone()[0] == 1


def test_withdrawing_a_source_erases_what_others_have_of_it_by_links_and_not_their_own_copies(
    library: Library, linking: Path, secret: Path
) -> None:
    shutil.copy(secret / "inner/green.png", linking / "copy.png")
    for folder in (linking, secret):
        consent(library, folder)
        read(library, folder)
    grants.revoke(library, "source", str(secret), NOW)
    forget.withdrawn(library, "source", grants.ended(library, "source"), NOW)
    assert set(stored(library)) >= {str(linking / "own.png"), str(linking / "copy.png")}
    for receipt in forget.complete(library, NOW):
        assert receipt.remnants == ()
    assert stored(library) == {str(linking / name): None for name in ("own.png", "copy.png")}
    assert library.db.execute("select count(*) from faces").fetchone()[0] == 3


def test_consent_that_expires_ends_the_view_through_links_at_once(
    library: Library, linking: Path, secret: Path
) -> None:
    consent(library, linking)
    consent(library, secret, days=10)
    read(library, linking)
    later = NOW + timedelta(days=11)
    assert [row.root for row in grants.searchable_sources(library, later)] == [str(linking)] * 2
    assert set(stored(library)) == {str(linking / "own.png")}
    grants.renew(library, "source", str(secret), later)
    read(library, linking, later)
    assert len(stored(library)) == 4


def test_what_expired_and_is_then_withdrawn_is_erased_behind_links_too(
    library: Library, linking: Path, secret: Path
) -> None:
    consent(library, linking)
    consent(library, secret, days=10)
    read(library, linking)
    later = NOW + timedelta(days=11)
    grants.consented_sources(library, later)
    grants.revoke(library, "source", str(secret), later)
    forget.withdrawn(library, "source", grants.ended(library, "source"), later)
    for receipt in forget.complete(library, later):
        assert receipt.remnants == ()
    assert library.db.execute("select count(*) from media").fetchone()[0] == 1


def test_what_links_led_to_is_erased_when_the_grace_after_an_expiry_is_over(
    library: Library, linking: Path, secret: Path
) -> None:
    consent(library, linking)
    consent(library, secret, days=10)  # and nothing of it was indexed by itself
    read(library, linking)
    grace = timedelta(days=30)
    assert retention.erase_ended(library, NOW + timedelta(days=39), grace) == []
    (receipt,) = retention.erase_ended(library, NOW + timedelta(days=41), grace)
    assert receipt.remnants == ()
    assert library.db.execute("select count(*) from media").fetchone()[0] == 1


def test_changes_are_told_without_places_behind_links_whose_consent_has_ended(
    run: Run, tmp_path: Path, selfie: Path, at: Callable[[str], None]
) -> None:
    folder, elsewhere = tmp_path / "linking", tmp_path / "elsewhere"
    for place in (folder, elsewhere):
        place.mkdir()
    at("2026-03-01T12:00:00+00:00")
    run("index", elsewhere, "--consent", "own", "--days", 10, code=4)
    (folder / "c.jpg").write_bytes(photos.photo("c", 1))
    run("index", folder, "--consent", "own")
    run("query", selfie, "--self")
    run("rescan")
    (elsewhere / "a.jpg").write_bytes(photos.photo("astronaut", 0))
    (folder / "link.jpg").symlink_to(elsewhere / "a.jpg")
    run("rescan")
    at("2026-03-20T12:00:00+00:00")
    assert str(folder / "link.jpg") not in run("report").out
    assert run("query", selfie, "--json").json["appearances"] == []


def test_consent_withdrawn_while_an_index_runs_stops_what_links_lead_to(
    library: Library, linking: Path, secret: Path
) -> None:
    for number in range(200):
        (linking / f"{number:03}.png").write_bytes(coloured("blue", number=number))
        (secret / f"{number:03}.png").write_bytes(coloured("green", number=number))
    (linking / "zz").symlink_to(secret)
    consent(library, secret)
    grant = consent(library, linking)

    class Withdrawing(ProgressListener):
        """Withdraws consent for where the link leads when some of it were read."""

        count = 0

        def step(self, outcome: object, address: str) -> None:
            self.count += "/zz/" in address
            if self.count == 3:
                grants.revoke(library, "source", str(secret), NOW)

    index.index(library, ColourEngine(), grant, linking, lambda: NOW, Withdrawing())  # type: ignore[arg-type]
    kept = [address for address, real in stored(library).items() if real]
    forget.withdrawn(library, "source", grants.ended(library, "source"), NOW)
    forget.complete(library, NOW)
    assert [real for real in stored(library).values() if real] == []
    assert len(kept) < 100  # what came after is an outcome with a reason
    assert ("unsupported", REASON) in outcomes(library).values()


# ---- forgetting by any of the paths ----


@pytest.mark.parametrize(
    "by", ["real file", "real folder", "real archive", "real member", "link", "linked folder"]
)
def test_files_behind_links_are_forgotten_by_either_path(
    library: Library, linking: Path, secret: Path, by: str
) -> None:
    consent(library, linking)
    consent(library, secret)
    read(library, linking)
    name, gone = {
        "real file": (secret / "red.png", {"file.png"}),
        "real folder": (secret / "inner", {"folder/green.png"}),
        "real archive": (secret / "blue.zip", {"archive.zip!blue.png"}),
        "real member": (f"{secret}/blue.zip!blue.png", {"archive.zip!blue.png"}),
        "link": (linking / "file.png", {"file.png"}),
        "linked folder": (linking / "folder", {"folder/green.png"}),
    }[by]
    before = set(stored(library))
    forget.request(library, forget.resolve(library, str(name)), NOW)
    for receipt in forget.complete(library, NOW):
        assert receipt.remnants == ()
    assert before - set(stored(library)) == {f"{linking}/{each}" for each in gone}


def test_a_link_s_file_is_forgotten_when_the_link_is_gone(
    library: Library, linking: Path, secret: Path
) -> None:
    consent(library, linking)
    consent(library, secret)
    read(library, linking)
    (linking / "file.png").unlink()
    shutil.rmtree(secret)
    for name in (linking / "file.png", secret / "inner/green.png"):
        forget.request(library, forget.resolve(library, str(name)), NOW)
    forget.complete(library, NOW)
    assert set(stored(library)) == {str(linking / "own.png"), f"{linking}/archive.zip!blue.png"}


# ---- consent for a path that is a link ----


@pytest.fixture
def named(tmp_path: Path) -> Path:
    """A link by which somebody names an album."""
    album = tmp_path / "disk/album"
    album.mkdir(parents=True)
    (album / "a.jpg").write_bytes(photos.photo("astronaut", 0))
    (tmp_path / "Pictures").symlink_to(album)
    return tmp_path / "Pictures"


def test_the_record_holds_the_link_and_where_it_led(run: Run, named: Path, tmp_path: Path) -> None:
    said = run("index", named, "--consent", "own").err
    assert f"The media in {named} (a link to {tmp_path / 'disk/album'}) are mine" in said
    assert run("consent", "list").out.startswith(f"live      source {tmp_path / 'disk/album'}")
    assert f"in detail: given as: {named}\n" in run("consent", "show", named).out
    assert run("index", named, "--json").json["unchanged"] == 1


@pytest.mark.parametrize("command", ["consent revoke --yes", "forget --yes"])
@pytest.mark.parametrize("becomes", ["nothing", "another link", "the same"])
def test_a_link_s_name_withdraws_and_forgets_what_it_led_to(
    run: Run, named: Path, tmp_path: Path, command: str, becomes: str
) -> None:
    run("index", named, "--consent", "own")
    if becomes != "the same":
        named.unlink()
    if becomes == "another link":
        (tmp_path / "other").mkdir()
        named.symlink_to(tmp_path / "other")
    run(*command.split(), named)
    assert run("sources", "--json").json["sources"] == []
    assert run("status", "--json").json["media"] == 0
    run("index", tmp_path / "disk/album", code=3)


def test_a_link_that_leads_elsewhere_has_no_consent_for_that(run: Run, named: Path, tmp_path: Path) -> None:
    run("index", named, "--consent", "own")
    other = tmp_path / "other"
    other.mkdir()
    (other / "a.jpg").touch()
    named.unlink()
    named.symlink_to(other)
    assert f"no consent on record for {other}" in run("index", named, code=3).err


def test_a_reason_for_withdrawing_is_taken_as_the_text_it_is(run: Run, named: Path) -> None:
    run("index", named, "--consent", "own")
    run("consent", "revoke", "--yes", named, "--why", '{"given as": ')
    run("index", named, "--consent", "own")


def test_renewing_keeps_the_path_as_it_was_given(run: Run, named: Path) -> None:
    run("index", named, "--consent", "own")
    run("consent", "renew", named, "--yes")
    named.unlink()
    run("consent", "revoke", "--yes", named)
    assert run("status", "--json").json["media"] == 0


# ---- Unicode and letter case ----

COMPOSED, DECOMPOSED = (unicodedata.normalize(form, "Zoë à Wismar") for form in ("NFC", "NFD"))


@pytest.mark.parametrize(("kept", "typed"), [(DECOMPOSED, COMPOSED), (COMPOSED, DECOMPOSED)])
@pytest.mark.parametrize("what", ["folder", "file"])
def test_a_name_in_another_form_of_unicode_is_forgotten(
    library: Library, tmp_path: Path, kept: str, typed: str, what: str
) -> None:
    folder = tmp_path / kept
    folder.mkdir()
    (folder / f"{kept}.png").write_bytes(coloured("red"))
    consent(library, folder)
    read(library, folder)
    name = tmp_path / typed if what == "folder" else tmp_path / typed / f"{typed}.png"
    forget.request(library, forget.resolve(library, str(name)), NOW)
    for receipt in forget.complete(library, NOW):
        assert receipt.remnants == ()
    assert stored(library) == {}


def test_a_name_in_another_form_of_unicode_is_withdrawn(library: Library, tmp_path: Path) -> None:
    (tmp_path / DECOMPOSED).mkdir()
    consent(library, tmp_path / DECOMPOSED)
    (name,) = grants.meant_by(library, str(tmp_path / COMPOSED))
    assert grants.revoke(library, "source", name, NOW)
    with pytest.raises(ConsentError, match="withdrawn"):
        grants.require(library, "source", str(tmp_path / DECOMPOSED), NOW)


def test_names_that_this_file_system_keeps_apart_are_two_places(library: Library, tmp_path: Path) -> None:
    pairs = [("Album", "album"), (COMPOSED, DECOMPOSED)]
    for one, other in pairs:
        (tmp_path / one).mkdir()
        try:
            (tmp_path / other).mkdir()
        except FileExistsError:
            pytest.skip("they are one place here")
        consent(library, tmp_path / one)
        grants.require(library, "source", str(tmp_path / one), NOW)
        with pytest.raises(ConsentError):
            grants.require(library, "source", str(tmp_path / other), NOW)
        assert grants.meant_by(library, str(tmp_path / other)) == []
        grants.revoke(library, "source", str(tmp_path / one), NOW)


@contextmanager
def one_place_for_both(one: Path, other: Path) -> Iterator[None]:
    """What a file system without letter case does: both names lead to the one folder, by no link."""
    other.mkdir()
    command = ["/bin/mount", "--bind", str(one), str(other)]
    if not Path(command[0]).exists() or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("nothing can be mounted here")
    try:
        yield
    finally:
        subprocess.run(["/bin/umount", str(other)], check=True)


@pytest.mark.parametrize(("one", "other"), [("Album", "album"), (DECOMPOSED, COMPOSED)])
def test_where_the_file_system_has_one_folder_for_both_names_they_are_one_place(
    library: Library, tmp_path: Path, one: str, other: str
) -> None:
    (tmp_path / one).mkdir()
    (tmp_path / one / "red.png").write_bytes(coloured("red"))
    consent(library, tmp_path / one)
    with one_place_for_both(tmp_path / one, tmp_path / other):
        assert places.is_same(str(tmp_path / one), str(tmp_path / other))
        grants.require(library, "source", str(tmp_path / other / "inner"), NOW)
        assert grants.meant_by(library, str(tmp_path / other)) == [str(tmp_path / one)]
        assert grants.subject_at(library, str(tmp_path / other)) in (
            str(tmp_path / one), str(tmp_path / other)
        )  # fmt: skip
        read(library, tmp_path / one)
        forget.request(library, forget.resolve(library, str(tmp_path / other)), NOW)
        forget.complete(library, NOW)
        assert sources.all_sources(library) == []


def test_a_folder_s_sibling_in_other_letters_that_a_link_makes_one_is_not_read(
    library: Library, tmp_path: Path
) -> None:
    """Letter case must not become a way around: the consented name is a link to the other one now."""
    for name in ("Album", "album"):
        try:
            (tmp_path / name).mkdir()
        except FileExistsError:
            pytest.skip("they are one place here")
    consent(library, tmp_path / "Album")
    (tmp_path / "Album").rmdir()
    (tmp_path / "Album").symlink_to(tmp_path / "album")
    with pytest.raises(ConsentError):
        grants.require(library, "source", str(tmp_path / "Album"), NOW)


# ---- libraries of before ----


def test_a_library_of_before_learns_the_real_paths_with_its_next_index(
    library: Library, linking: Path, secret: Path
) -> None:
    consent(library, linking)
    consent(library, secret)
    read(library, linking)
    before = stored(library)
    library.db.execute("update items set real = null, stamp = substr(stamp, 1, length(stamp) - 13)")
    library.db.execute("update sources set stamps = '{}'")
    results = read(library, linking)
    assert stored(library) == before
    assert sum(result.new for result in results) == 3 + 1  # the link's files, and one whose stamp was cut


def test_a_library_of_before_forgets_with_its_next_index_what_has_no_consent(
    library: Library, linking: Path, secret: Path
) -> None:
    consent(library, linking)
    consent(library, secret)
    read(library, linking)
    library.db.execute("update items set real = null")
    grants.revoke(library, "source", str(secret), NOW)
    read(library, linking)
    assert stored(library) == {str(linking / "own.png"): None}


# ---- the law ----

NAMES = ("a", "b", "c")
PLACES = st.lists(st.sampled_from(NAMES), max_size=3).map("/".join)
STEPS = st.lists(
    st.tuples(st.sampled_from(("folder", "file", "archive", "link", "relative link")), PLACES, PLACES),
    max_size=14,
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    base = tmp_path_factory.mktemp("law")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SELFSEARCH_KEYRING", "off")
        with open_library(base / "library", key_folder=base / "keys", create=True) as library:
            yield library


@settings(max_examples=30, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS, consented=st.sets(PLACES.filter(bool), min_size=1, max_size=2))
def test_whatever_links_there_are_nothing_outside_of_what_was_consented_to_is_stored(
    shared: Library,
    steps: list[tuple[str, str, str]],
    consented: set[str],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    base = Path(os.path.realpath(tempfile.mkdtemp(dir=tmp_path_factory.getbasetemp())))
    for number, (kind, place, target) in enumerate(steps):
        build(base, kind, place, target, number)
    roots = [base / name for name in sorted(consented) if (base / name).exists()]
    real = [os.path.realpath(root) for root in roots]
    for root in real:
        consent(shared, root)
    for root in real:
        read(shared, Path(root))
    found = stored(shared)
    for address, recorded in found.items():
        file = address.partition("!")[0]
        there = os.path.realpath(file)
        assert any(places.is_at_or_below(there, root) for root in real), (address, real)
        assert recorded in (None, there)
        assert (recorded is None) == (there == file)
    expected = {
        os.path.realpath(path)
        for root in real
        for path in (Path(root), *Path(root).rglob("*"))
        if path.is_file() and not path.is_symlink() and "!" not in path.name
    }
    assert {os.path.realpath(address.partition("!")[0]) for address in found} >= expected
    for row in sources.all_sources(shared):
        forget.request(shared, [forget.Target.of_source(row)], NOW)
    assert [receipt.remnants for receipt in forget.complete(shared, NOW) if receipt.remnants] == []
    assert stored(shared) == {}
    shutil.rmtree(base)


def build(base: Path, kind: str, place: str, target: str, number: int) -> None:
    """One step of a tree; one that cannot be done is none."""
    path = base / place / f"{kind.split()[0]}-{number}"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.parent.resolve().is_relative_to(base):
            return
        if kind == "folder":
            path.mkdir()
        elif kind == "file":
            path.with_suffix(".png").write_bytes(coloured("red", number=number))
        elif kind == "archive":
            with zipfile.ZipFile(path.with_suffix(".zip"), "w") as archive:
                archive.writestr("a.png", coloured("green", number=number))
        else:
            leads = base / target
            names = sorted(leads.iterdir()) if leads.is_dir() else []
            leads = names[number % len(names)] if names and number % 2 else leads
            path = path.with_suffix(leads.suffix)
            path.symlink_to(os.path.relpath(leads, path.parent) if kind.startswith("rel") else leads)
    except OSError:
        pass


def test_what_was_forgotten_in_an_archive_is_read_again_by_the_next_index(
    library: Library, linking: Path, secret: Path
) -> None:
    """As a receipt says: it is still in a folder with consent."""
    for folder in (linking, secret):
        consent(library, folder)
    for folder in (linking, secret):
        read(library, folder)
    before = stored(library)
    forget.request(library, forget.resolve(library, f"{linking}/archive.zip!blue.png"), NOW)
    forget.complete(library, NOW)
    assert f"{linking}/archive.zip!blue.png" not in stored(library)
    read(library, linking)
    read(library, secret)
    assert stored(library) == before


def test_the_ledger_says_what_was_consented_to_by_its_real_path(library: Library, secret: Path) -> None:
    consent(library, secret)
    assert ledger.subjects(library, "source") == [str(secret)]
