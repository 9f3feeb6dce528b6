"""What an erasure takes along, what it leaves, and what the search for remnants finds.

In small libraries whose faces are stripes of colour.
"""

from __future__ import annotations

import gzip
import json
import os
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from selfsearch.consent import bystanders, forget, grants
from selfsearch.errors import LibraryError, UsageError
from selfsearch.library import (
    changes,
    crypto,
    erasure,
    faces,
    items,
    keys,
    ledger,
    people,
    remnant_scan,
    sources,
)
from selfsearch.library.changes import Change, Snapshot, State
from selfsearch.library.library import Library
from selfsearch.library.people import NewProbe
from selfsearch.types import isoformat
from selfsearch.workflows import enroll, index
from selfsearch.workflows.gallery import Gallery
from tests.fakes import ColourEngine, coloured
from tests.forensics import sha256

NOW = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """Three pictures with four faces."""
    folder = tmp_path / "album"
    folder.mkdir()
    for name, colours in (("red", ["red"]), ("both", ["red", "green"]), ("blue", ["blue"])):
        (folder / f"{name}.png").write_bytes(coloured(*colours))
    return folder


def read(library: Library, *folders: Path) -> None:
    for folder in folders:
        grant = grants.give(library, grants.ConsentRequest("source", str(folder), "own"), NOW)
        index.index(library, ColourEngine(), grant, folder, lambda: NOW)  # type: ignore[arg-type]


def enrolled(library: Library, photograph: Path, name: str = "me") -> people.Person:
    gallery = Gallery(library, ColourEngine())  # type: ignore[arg-type]
    probes = enroll.read_probes(gallery, [photograph], lambda photo: 0)
    return enroll.enroll(gallery, grants.ConsentRequest("person", name, "own"), probes, NOW)


def erase(library: Library, *names: object) -> list[forget.Receipt]:
    targets = [target for name in names for target in forget.resolve(library, str(name))]
    forget.request(library, targets, NOW)
    return forget.complete(library, NOW)


def count(library: Library, table: str) -> int:
    return int(library.db.table(table).count)


def face_of(library: Library, path: Path) -> int:
    (face,) = library.db.execute(
        "select min(faces.id) from faces join items using (media_id) where address = ?", [str(path)]
    ).fetchone()
    return int(face)


def remember(
    library: Library,
    person: people.Person,
    face: int,
    *addresses: Path,
    exposures: dict[Path, str | None] | None = None,
) -> None:
    """That the person appeared at these places at the last look, and that this was news.

    Without `exposures`, as version 1.0 noted it.
    """
    state = State(1.0, "strong", "unknown", tuple(sorted(map(str, addresses))))
    if exposures is not None:
        state = State.of(1.0, "strong", {str(place): level for place, level in exposures.items()})
    change = Change(person.name, "moved", face, state, state, isoformat(NOW))
    before = changes.load_snapshot(library, person.id).states
    changes.save_snapshot(
        library, person.id, Snapshot({**before, face: state}, "colour-1", 9), [change], isoformat(NOW)
    )


# ---- what goes along, and what stays ----


def test_what_was_remembered_and_told_of_an_erased_picture_goes_with_it(
    library: Library, album: Path
) -> None:
    read(library, album)
    me = enrolled(library, album / "red.png")
    for name in ("red", "blue"):
        remember(library, me, face_of(library, album / f"{name}.png"), album / f"{name}.png")
    gone, stays = face_of(library, album / "red.png"), face_of(library, album / "blue.png")
    receipt = erase(library, album / "red.png")[0]
    assert (receipt.counts["remembered appearances"], receipt.counts["remembered changes"]) == (1, 1)
    assert set(changes.load_snapshot(library, me.id).states) == {stays}
    assert [change.face for change in changes.changes(library)] == [stays]
    assert receipt.remnants == ()
    assert gone not in set(faces.find_faces(library, [gone, stays]))


@pytest.mark.parametrize("is_of_version_1_0", [False, True])
def test_of_a_picture_that_stays_elsewhere_the_erased_place_alone_is_forgotten(
    library: Library, album: Path, tmp_path: Path, is_of_version_1_0: bool
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "copy.png").write_bytes((album / "red.png").read_bytes())
    read(library, album, other)
    me = enrolled(library, album / "blue.png")
    places = {album / "red.png": "public", other / "copy.png": None}
    exposures = None if is_of_version_1_0 else places
    remember(library, me, face_of(library, other / "copy.png"), *places, exposures=exposures)
    assert erase(library, album)[0].remnants == ()
    (state,) = changes.load_snapshot(library, me.id).states.values()
    assert state.places == (str(other / "copy.png"),)
    assert state.exposures == (None if is_of_version_1_0 else {})
    (change,) = changes.changes(library)
    assert change.before
    assert change.after
    assert change.before.places == change.after.places == (str(other / "copy.png"),)
    assert len(faces.load_embeddings(library, 1, 4, faces.media_in(library, [2]))[0]) == 1


def test_a_picture_that_goes_with_two_sources_at_once_is_kept_for_neither(
    library: Library, album: Path, tmp_path: Path
) -> None:
    others = [tmp_path / name for name in ("second", "third")]
    for folder in others:
        folder.mkdir()
        (folder / "copy.png").write_bytes((album / "red.png").read_bytes())
    read(library, album, *others)
    for receipt in erase(library, album, others[0]):
        assert receipt.remnants == ()
    assert [row[0] for row in library.keys.execute("select name from keys")] == ["source:3"]
    ids, embeddings = faces.load_embeddings(library, 1, 4, faces.media_in(library, [3]))
    assert len(ids) == len(embeddings) == 1
    assert [len(faces.load_chips(library, media)) for media in faces.media_in(library, [3])] == [1]


def test_who_was_searched_for_is_forgotten_with_everything_and_with_the_person(
    library: Library, album: Path
) -> None:
    read(library, album)
    for name in ("me", "she"):
        enrolled(library, album / ("red.png" if name == "me" else "blue.png"), name)
    for person in ("me", "she", None):
        people.save_query(library, people.AuditedQuestion("2026", person, "why", "refused", None))
    counts = erase(library, "me")[0].counts
    assert {key: counts[key] for key in ("people", "probe photographs", "probe vectors", "keys")} == {
        "people": 1, "probe photographs": 1, "probe vectors": 1, "keys": 1,
    }  # fmt: skip
    asked = {row["person"] for row in people.audit_log(library) if isinstance(row, dict)}
    assert asked == {"she", None}
    before = library.root.library
    forget.request(library, forget.everything(library), NOW)
    forget.complete(library, NOW)
    assert library.root.library != before  # old copies of the databases do not open either
    assert people.audit_log(library) == []
    assert count(library, "people") == count(library, "probes") == 0


def test_a_newer_export_does_not_point_to_the_one_that_was_erased(
    library: Library, album: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "green.png").write_bytes(coloured("green"))
    read(library, album, other)
    sources.update_source(library, 1, successor=2)
    erase(library, other)
    assert [row.successor for row in sources.all_sources(library)] == [None]


def test_a_source_is_out_of_sight_from_the_moment_it_is_asked_for(library: Library, album: Path) -> None:
    read(library, album)
    forget.request(library, forget.resolve(library, "1"), NOW)
    forget.request(library, forget.resolve(library, "1"), NOW)
    assert sources.visible_sources(library) == []
    assert len(erasure.pending(library)) == 1
    assert len(forget.complete(library, NOW)) == 1
    assert forget.complete(library, NOW) == []


def test_pictures_can_be_named_by_their_path_hash_or_folder(library: Library, album: Path) -> None:
    (album / "inner").mkdir()
    (album / "inner" / "deep.png").write_bytes(coloured("green", number=3))
    (album / "inner-too.png").write_bytes(coloured("green", number=4))
    read(library, album)
    for name in (album / "inner", album / "inner" / "deep.png", sha256(coloured("green", number=3)).upper()):
        assert [target.kind for target in forget.resolve(library, str(name))] == ["media"]
    with pytest.raises(UsageError, match="no media file with that sha256"):
        forget.resolve(library, "0" * 64)
    with pytest.raises(UsageError, match="has no source, person, file or sha256 called 'in'"):
        forget.resolve(library, "in")
    receipts = erase(library, album / "inner", album / "red.png", album / "both.png")
    assert [(receipt.subject, receipt.kind, receipt.counts["media"]) for receipt in receipts] == [
        ("3 media files", "media", 3)
    ]
    assert items.count_outcomes(library) == {"indexed": 2}
    one = erase(library, album / "blue.png")[0]
    assert one.subject == "a media file"
    assert ledger.entries(library)[-1].kind == "library"
    assert grants.require(library, "source", str(album), NOW)


def test_a_number_that_is_also_a_name_must_be_said_otherwise(library: Library, album: Path) -> None:
    read(library, album)
    people.save_person(library, "1", isoformat(NOW))  # as earlier versions let people be called
    with pytest.raises(UsageError, match="'1' is a source and a person"):
        forget.resolve(library, "1")
    assert [target.kind for target in forget.resolve(library, str(album))] == ["source"]


@pytest.mark.skipif(os.name != "posix", reason="making links takes rights on Windows")
def test_what_another_source_knows_by_a_link_is_out_of_sight_at_once_and_goes(
    library: Library, album: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "own.png").write_bytes(coloured("green", number=3))
    (other / "link.png").symlink_to(album / "both.png")
    read(library, album, other)
    me = enrolled(library, album / "red.png")
    remember(library, me, face_of(library, other / "own.png"), other / "own.png", other / "link.png")
    library.db.execute("update sources set stamps = '{\"a.zip\": 1}' where id = 2")
    forget.request(library, forget.resolve(library, "1"), NOW)
    shown = library.db.execute("select address from items where gone_at is null and source_id = 2").fetchall()
    assert shown == [(str(other / "own.png"),)]
    assert forget.complete(library, NOW)[0].remnants == ()
    (state,) = changes.load_snapshot(library, me.id).states.values()
    assert state.places == (str(other / "own.png"),)
    assert library.db.execute("select stamps from sources").fetchall() == [("{}",)]  # archives are read again


def test_a_damaged_photograph_of_a_person_does_not_end_the_search_for_the_others(
    library: Library, album: Path
) -> None:
    enrolled(library, album / "red.png")
    chip = next(block for block in remnant_scan.probe_blocks(library, "person", 1) if block.pack is None)
    (library.home / "left").write_bytes(chip.open(library))
    library.db.execute("update probe_vectors set sealed = randomblob(90)")
    assert erase(library, "me")[0].remnants == ("left",)


def test_a_damaged_picture_does_not_end_the_search_for_the_others(library: Library, album: Path) -> None:
    read(library, album)
    last = faces.find_chips(library, 3)
    assert last
    (library.home / "left").write_bytes(last.open(library))
    library.db.execute("update vectors set sealed = randomblob(90) where media_id = 1")
    assert erase(library, album)[0].remnants == ("left",)


def test_a_damaged_picture_that_stays_elsewhere_stands_in_no_ones_way_and_is_read_again(
    library: Library, album: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    for name in ("red", "blue"):
        (other / f"{name}.png").write_bytes((album / f"{name}.png").read_bytes())
    read(library, album, other)
    library.db.execute(
        "update vectors set sealed = randomblob(90) where media_id ="
        " (select min(media_id) from items where source_id = 2)"
    )
    assert erase(library, album)[0].remnants == ()
    assert [row[0] for row in library.keys.execute("select name from keys")] == ["source:2"]
    assert count(library, "faces") == 1
    read(library, other)
    assert items.count_outcomes(library) == {"indexed": 2}
    assert count(library, "faces") == 2


@pytest.mark.skipif(os.name != "posix", reason="making links takes rights on Windows")
def test_what_links_led_to_is_erased_when_its_consent_is_withdrawn_and_not_when_it_expired(
    library: Library, album: Path, tmp_path: Path
) -> None:
    folders = [tmp_path / name for name in ("other", "third")]
    for folder in folders:
        folder.mkdir()
    (folders[0] / "link.png").symlink_to(album / "both.png")
    wish = grants.ConsentRequest("source", str(album), "own", lasts=timedelta(days=10))
    grants.give(library, wish, NOW)
    read(library, *folders)
    later = NOW + timedelta(days=11)
    for subject, left in ((folders[1], 1), (album, 0)):
        forget.withdraw(library, "source", str(subject), later)
        forget.complete(library, later)
        assert count(library, "media") == left


@pytest.mark.parametrize(
    ("when", "said", "found"),
    [
        ("insert on erasures", "Nothing was erased, and it is found as before", 3),
        ("delete on sources", "is not searched or shown any more, but not all of it is erased yet", 0),
    ],
)
def test_an_error_says_what_was_erased_and_what_was_not(
    library: Library, album: Path, when: str, said: str, found: int
) -> None:
    read(library, album)
    library.db.execute(f"create trigger stop before {when} begin select raise(abort, 'stopped'); end")
    with pytest.raises(LibraryError, match=said):
        erase(library, album)
    assert len(faces.media_in(library, [row.id for row in sources.visible_sources(library)])) == found
    library.db.execute("drop trigger stop")
    assert [receipt.subject for receipt in erase(library, album)] == [str(album)]


def test_a_change_of_keys_that_was_cut_short_is_ended_by_the_next_command_that_writes(
    library: Library, album: Path
) -> None:
    read(library, album)
    keys._store(library, replace(library.root, wrapping=(crypto.new_key(), *library.root.wrapping)))
    assert forget.complete(library, NOW) == []
    assert len(library.root.wrapping) == 1
    assert keys.unopenable(library) == []


def test_no_page_of_before_is_left_in_the_log_while_the_program_goes_on(
    library: Library, album: Path
) -> None:
    read(library, album)
    log, header = library.home / "library.db-wal", 24  # bytes before each page
    before = log.read_bytes()
    pages = [before[at : at + 4096] for at in range(32 + header, len(before), 4096 + header)]
    assert pages
    erase(library, album)
    after = log.read_bytes()
    assert not any(page in after for page in pages)


# ---- the search for remnants ----


def test_texts_of_eight_characters_and_more_are_searched_for(library: Library, album: Path) -> None:
    read(library, album)
    for number, caption in ((1, "7 chars"), (2, "8 chars!")):
        library.db.execute("update sightings set caption = ? where id = ?", [caption, number])
    (library.home / "left-over.txt").write_text("7 chars")
    traces = remnant_scan.collect(library, [erasure.Erasure(1, "source", 1, str(album), "", None)])
    assert "8 chars!" in traces.texts
    assert "7 chars" not in traces.texts
    assert str(album / "red.png") in traces.texts
    assert remnant_scan.remnants(library, traces)[0] != []  # nothing was erased yet
    assert library.db.execute("select 1 from temp.sqlite_master where name = 'erased'").fetchall() == []
    assert erase(library, "1")[0].remnants == ()


def test_what_is_searched_for_stands_in_no_repr(library: Library) -> None:
    traces = remnant_scan.Traces(frozenset({"a secret"}), (b"a secret",))
    assert "secret" not in repr(traces) + repr(erasure.RemovedFaces(1, (b"a secret",)))


def test_what_another_source_says_too_is_no_remnant(library: Library, album: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "copy.png").write_bytes((album / "red.png").read_bytes())
    read(library, album, other)
    library.db.execute("update sightings set caption = 'said of both of them'")
    assert erase(library, album)[0].remnants == ()


def test_who_is_searched_by_a_photograph_of_the_album_is_kept_when_the_album_goes(
    library: Library, album: Path
) -> None:
    read(library, album)
    me = enrolled(library, album / "red.png")
    assert erase(library, album)[0].remnants == ()
    assert [probe.sha256 for probe in people.kept_probes(library, me)] == [sha256(coloured("red"))]
    assert erase(library, "me")[0].remnants == ()


def test_a_photograph_that_goes_with_its_album_and_its_person_is_searched_for(
    library: Library, album: Path
) -> None:
    read(library, album)
    enrolled(library, album / "red.png")
    (library.home / "left.txt").write_text(sha256(coloured("red")))
    receipts = erase(library, album, "me")
    assert receipts[0].remnants == ("left.txt",)


def test_the_hash_of_a_photograph_that_is_in_no_album_is_searched_for_with_its_person(
    library: Library, album: Path
) -> None:
    enrolled(library, album / "red.png")
    (library.home / "left.txt").write_text(sha256(coloured("red")))
    assert erase(library, "me")[0].remnants == ("left.txt",)


@pytest.mark.parametrize(
    ("table", "values", "place"),
    [
        ("queries", {"at": "2026", "purpose": "PLACE", "outcome": "answered"}, "queries.purpose"),
        ("settings_of_old", {"value": json.dumps({"deep": ["x", {"PLACE": 1}]})}, "settings_of_old.value"),
        ("settings_of_old", {"value": json.dumps(["PLACE"])}, "settings_of_old.value"),
        ("settings_of_old", {"value": "see PLACE"}, None),  # a text is compared as a whole
        ("settings_of_old", {"value": "[PLACE"}, None),
    ],
)
def test_a_text_that_is_left_in_a_table_is_found(
    library: Library, album: Path, table: str, values: dict[str, str], place: str | None
) -> None:
    read(library, album)
    library.db.execute("create table settings_of_old (id integer primary key, value text)")
    row = {name: value.replace("PLACE", str(album / "red.png")) for name, value in values.items()}
    library.db.table(table).insert(row)
    assert erase(library, "1")[0].remnants == ((place,) if place else ())


Packed = Callable[[bytes], bytes]


@pytest.mark.parametrize(
    "packed",
    [
        bytes,
        gzip.compress,
        zlib.compress,
        lambda data: data.hex().encode(),
        lambda data: data.hex().upper().encode(),
    ],
    ids=["as it is", "gzip", "zlib", "hexadecimal", "in capitals"],
)
def test_a_template_a_chip_or_a_text_that_is_left_in_a_file_is_found(
    library: Library, album: Path, packed: Packed
) -> None:
    read(library, album)
    enrolled(library, album / "red.png")
    block = next(library.db.query("select media_id, pack_id, source_id, sealed, count from vectors"))
    vectors = remnant_scan.MediaBlock(*block.values())
    chips = faces.find_chips(library, block["media_id"])
    probe = next(iter(remnant_scan.probe_blocks(library, "person", 1)))
    assert chips
    left = {
        "template": vectors.open(library), "sealed": vectors.sealed, "chip": chips.open(library),
        "text": str(album / "red.png").encode(), "probe": probe.open(library), "sealed probe": probe.sealed,
    }  # fmt: skip
    for name, data in left.items():
        (library.home / name).write_bytes(packed(data))
    (library.home / "empty").touch()
    (library.home / "broken").write_bytes(b"\x1f\x8b and nothing else")
    (library.home / "packs").mkdir(exist_ok=True)
    (library.home / "packs" / "a copy").write_bytes(left["template"])
    receipts = erase(library, "1", "me")
    assert set(receipts[0].remnants) == set(left)
    assert receipts[0].searched >= len(left) + 2


def test_the_receipt_counts_the_files_that_were_searched(library: Library, album: Path) -> None:
    read(library, album)
    first = erase(library, album / "red.png")[0].searched
    assert first == sum(path.is_file() for path in library.home.rglob("*"))
    for number in range(3):
        (library.home / f"{number}.txt").write_text("x")
    assert erase(library, album / "blue.png")[0].searched == first + 3


# ---- single faces ----


def test_bystanders_are_taken_out_of_their_pictures_and_searched_for(library: Library, album: Path) -> None:
    read(library, album)
    me = enrolled(library, album / "red.png")
    others = [face_of(library, album / "blue.png"), face_of(library, album / "both.png") + 1]
    for face in others:
        remember(library, me, face, album / "both.png")
    removed = bystanders.remove_bystanders(library, ColourEngine(), NOW)  # type: ignore[arg-type]
    assert removed.count == 2
    assert removed.samples
    receipt = forget.complete(library, NOW, removed.samples)[0]
    assert (receipt.kind, receipt.counts, receipt.remnants, receipt.checked) == (
        "bystanders",
        {"faces": 2},
        (),
        True,
    )
    assert faces.find_faces(library, others) == {}
    assert changes.load_snapshot(library, me.id).states == {}
    ids, embeddings = faces.load_embeddings(library, 1, 4, faces.media_in(library, [1]))
    assert (len(ids), len(embeddings)) == (2, 2)
    red = ColourEngine().analyse(coloured("red")).faces[0].embedding
    assert all(float(embedding @ red) > 0.99 for embedding in embeddings)
    chips = [len(faces.load_chips(library, media)) for media in faces.media_in(library, [1])]
    assert sorted(chips) == [0, 1, 1]
    assert items.count_outcomes(library) == {"indexed": 2, "no_face": 1}
    assert library.db.execute("select sum(count), sum(bystanders) from vectors").fetchone() == (2, 2)
    assert bystanders.remove_bystanders(library, ColourEngine(), NOW).count == 0  # type: ignore[arg-type]
    assert forget.complete(library, NOW) == []


def test_who_stays_in_a_picture_is_counted_from_the_first_again(library: Library, album: Path) -> None:
    (album / "late.png").write_bytes(coloured("blue", "green", "red"))
    read(library, album)
    enrolled(library, album / "red.png")
    bystanders.remove_bystanders(library, ColourEngine(), NOW)  # type: ignore[arg-type]
    face = face_of(library, album / "late.png")
    assert faces.find_faces(library, [face])[face].ordinal == 0
    assert len(faces.load_chips(library, faces.find_faces(library, [face])[face].media)) == 1


@pytest.mark.parametrize(("name", "record"), [("blue", 0), ("both", 1)], ids=["alone", "beside another"])
def test_a_bystander_that_is_left_in_a_file_is_found(
    library: Library, album: Path, name: str, record: int
) -> None:
    read(library, album)
    enrolled(library, album / "red.png")
    (media,) = library.db.execute(
        "select media_id from items where address = ?", [str(album / f"{name}.png")]
    ).fetchone()
    (chip,) = (
        block.records(library)[record] for block in erasure.media_blocks(library, media) if block.pack is None
    )
    (library.home / "left.jpg").write_bytes(chip)
    removed = bystanders.remove_bystanders(library, ColourEngine(), NOW)  # type: ignore[arg-type]
    assert forget.complete(library, NOW, removed.samples)[0].remnants == ("left.jpg",)


def test_where_a_block_is_damaged_the_picture_loses_its_faces_rather_than_keep_a_strangers(
    library: Library, album: Path
) -> None:
    read(library, album)
    enrolled(library, album / "red.png")
    library.db.execute("update chips set sealed = randomblob(90)")
    bystanders.remove_bystanders(library, ColourEngine(), NOW)  # type: ignore[arg-type]
    ids, _ = faces.load_embeddings(library, 1, 4, faces.media_in(library, [1]))
    assert len(ids) == 1  # of the picture that shows nobody else


def test_a_search_that_was_cut_short_is_not_called_complete(library: Library, album: Path) -> None:
    read(library, album)
    enrolled(library, album / "red.png")
    bystanders.remove_bystanders(library, ColourEngine(), NOW)  # type: ignore[arg-type]
    assert [receipt.checked for receipt in forget.complete(library, NOW)] == [False]
    entry = ledger.entries(library)[-1]
    assert json.loads(entry.detail)["search complete"] is False


def test_of_what_is_completed_together_that_alone_is_called_searched_for_which_was(
    library: Library, album: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "green.png").write_bytes(coloured("green"))
    read(library, album, other)
    enrolled(library, album / "red.png")
    forget.request(library, forget.resolve(library, str(other)), NOW)
    erasure.purge(library, erasure.pending(library)[0])  # and killed after that
    removed = bystanders.remove_bystanders(library, ColourEngine(), NOW)  # type: ignore[arg-type]
    checked = {receipt.kind: receipt.checked for receipt in forget.complete(library, NOW, removed.samples)}
    assert checked == {"source": False, "bystanders": True}


# ---- receipts ----


def receipt(kind: str) -> forget.Receipt:
    return forget.Receipt(kind, "x", "2026", {}, 0, 0, (), True, 1, "")


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        (["source"], forget.BACKUPS), (["person"], forget.BACKUPS), (["media"], forget.BACKUPS_OF_A_PART),
        (["probe"], forget.BACKUPS_OF_A_PART), (["bystanders"], forget.BACKUPS_OF_A_PART),
        (["library"], forget.BACKUPS_OF_ALL), (["source", "media"], forget.BACKUPS_OF_A_PART),
        ([], forget.BACKUPS),
    ],
)  # fmt: skip
def test_what_earlier_backups_still_hold_is_said(kinds: list[str], expected: str) -> None:
    assert forget.not_reached([receipt(kind) for kind in kinds]) == [expected, *forget.NOT_REACHED]


def test_consent_goes_on_where_another_source_is_at_the_same_path(library: Library, album: Path) -> None:
    read(library, album)
    values: dict[str, Any] = dict(next(library.db.query("select * from sources where id = 1")))
    library.db.table("sources").insert(values | {"id": 2, "locator": "another one"})
    erase(library, "1")
    entry = ledger.entries(library)[-1]
    assert (entry.kind, entry.subject) == ("library", f"source 1 of {album}")
    assert grants.require(library, "source", str(album), NOW)
    assert erase(library, "2")[0].subject == str(album)
    assert ledger.entries(library)[-1].kind == "source"


def test_a_photograph_of_a_person_is_erased_with_its_own_receipt(library: Library, album: Path) -> None:
    me = enrolled(library, album / "red.png")
    chip, embedding = ColourEngine().analyse(coloured("red")).faces[0].chip, [[1.0, 0, 0, 0]]
    import numpy as np

    row = NewProbe("ab" * 32, 1.0, chip, np.array(embedding[0], np.float32))
    people.save_probe(library, me, 1, row, isoformat(NOW))
    first, second = people.kept_probes(library, me)
    erasure.request(library, "probe", second.number, "a photograph of me", NOW)
    (done,) = forget.complete(library, NOW)
    assert (done.kind, done.counts["probe photographs"], done.remnants) == ("probe", 1, ())
    assert [probe.number for probe in people.kept_probes(library, me)] == [first.number]
