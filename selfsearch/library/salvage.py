"""Salvage: what is intact of a damaged library goes into a new one, and what is lost is counted.

The damaged files are read page by page (page_reader.py) and never written. The new library is made beside
them and put in their place as a restored one is; they are put aside and stay. What counts is that nothing
wrong comes of it: rows that refer to what is lost go, too; faces that cannot be opened go, so that the next
index reads their files again; and where entries of the ledger are lost, no consent that could have been
withdrawn in one of them lives on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path

from sqlite_utils import Migrations

from ..errors import KeyUnavailable, LibraryBusyError, LibraryError
from ..types import Outcome, isoformat
from . import crypto, erasure, faces, ledger, people
from .db import LOST, Database, batched, marks, memory_database
from .integrity import examples, file_faults
from .ledger import GENESIS, GIVEN, LAPSE, LedgerEntry
from .ledger_head import Head, HeadFile
from .library import Library, commit_replacement, staged_replacement
from .page_reader import EVERYTHING, Losses, PageReader, Row, Value, opened
from .root_key import KeyPlace, RootKey
from .schema import keys_schema, schema
from .sealed import MediaBlock, ProbeBlock, media_blocks, probe_blocks

WORTH = (  # tables that people are told of, in the order of what they are worth
    "people", "probes", "verdicts", "sources", "media", "items", "sightings", "faces", "appearances",
    "changes", "queries",
)  # fmt: skip
COUNTED = {
    "consents": "entries of the consent ledger",
    **{name: erasure.COUNTED[name] for name in WORTH},
    "keys": "keys of sources and people",
}
READ_AGAIN = ("sources", "media", "items", "sightings", "faces", "chips", "vectors")  # the next index can
MADE_ANEW = {"_sqlite_migrations", "identity"}


@dataclass
class Tally:
    """Of one table."""

    kept: int
    lost: int
    is_exact: bool  # whether nothing was lost beyond these: where an index is lost, too, nobody knows


@dataclass
class Repaired:
    """What came of it."""

    aside: Path  # where the damaged files are now
    tallies: dict[str, Tally]
    lapsed: list[str] | None  # subjects whose consent must be given again; None: the ledger is whole
    requests_lost: bool  # whether something that was to be erased may stand there again


@dataclass(frozen=True, slots=True)
class Column:
    """Of a table, as far as a row can be known by it."""

    name: str
    type: str
    is_number: bool  # another name of the row's number
    is_required: bool
    has_default: bool

    def takes(self, value: Value) -> bool:
        """Whether the table accepts this value here."""
        if value is None or self.is_number:
            return value is None and (self.is_number or not self.is_required)
        types = {"INTEGER": (int,), "REAL": (int, float), "TEXT": (str,), "BLOB": (bytes,)}
        return isinstance(value, types[self.type])


Shape = list[Column]


@dataclass
class TableFound:
    """A table of the damaged file."""

    shape: Shape
    roots: list[int] = field(default_factory=list)  # its first page; empty when what says it is lost
    indexes: list[int] = field(default_factory=list)  # those of its indexes that have every row
    losses: Losses = field(default_factory=Losses)
    copied: set[int] = field(default_factory=set)  # numbers of rows
    known: set[int] = field(default_factory=set)  # those that an index names included
    is_counted: bool = False  # whether an index names them all

    @property
    def numbers(self) -> set[int]:
        """Of all its rows that are known of."""
        return self.copied | self.known | self.losses.cut

    @property
    def is_exact(self) -> bool:
        """Whether there were no others."""
        return self.is_counted or not self.losses.gaps

    def fits(self, rows: Sequence[Row]) -> bool:
        """Whether the rows of a page can be a part of what is lost of it."""
        return bool(rows) and all(
            any(gap.low < row.number <= gap.high for gap in self.losses.gaps)
            and row.number not in self.copied
            and len(row.values) <= len(self.shape)
            and all(column.has_default for column in self.shape[len(row.values) :])
            and all(map(Column.takes, self.shape, row.values))
            for row in rows
        )


def find_damage(home: Path, key_folder: Path, root: RootKey) -> list[str]:
    """What is wrong with the files of the library; nothing when they are sound.

    Raises KeyUnavailable when it is the key that does not fit, LibraryError when nothing can be salvaged.
    """
    try:
        with Library(home, root, key_folder) as library:
            faults = {name: file_faults(library, name) for name in ("library.db", "keys.db")}
            found = [f"{name} is damaged: {examples(lines)}" for name, lines in faults.items() if lines]
    except LibraryBusyError:
        raise
    except LibraryError as exc:
        found = [str(exc)]
    if found:
        with opened(home / "library.db", _keys(root, "library.db")) as reader:
            _require_some(reader, home)
    return found


def _require_some(reader: PageReader, home: Path) -> None:
    if reader.sound:
        return
    if reader.damaged > 1 and not reader.opens_without_salt():
        raise KeyUnavailable(
            "not one page of library.db opens: the key is not the one it was made with. Nothing was changed."
            " Put the right key back: selfsearch key import"
        )
    raise LibraryError(
        f"nothing can be salvaged: of {home / 'library.db'} so much is lost that no part of it can be told"
        f" from a forged one; {LOST}"
    )


def repair(home: Path, key_folder: Path, root: RootKey, now: datetime) -> Repaired:
    """Put a new library of all that is intact in the place of a damaged one. Needs the writer's place.

    Killed at any moment, the damaged library or the new one is in place.
    """
    place = KeyPlace.read(home)
    head = HeadFile(key_folder, place.library_id)
    with staged_replacement(home) as folder:
        place.write(folder)
        with Library(folder, root, key_folder, create=True) as made:
            contents = _salvage(schema, made.db, home / "library.db", root)
            if contents.identity not in ("", place.library_id):
                raise LibraryError(f"{home / 'key.json'} is that of another library; {LOST}")
            found = contents.tables | _salvage(keys_schema, made.keys, home / "keys.db", root).tables
            made.migrate()
            is_whole = _is_whole(made, found["consents"], head, contents.identity)
            entries = made.db.table("consents").count
            with made.atomic():
                lapsed = None if is_whole else _end_consents(made, now)
                _drop_unopenable(made)
                _ask_again_for_erasures(made, now)
            tallies = {name: _tally(made, name, table) for name, table in found.items()}
            tallies["consents"] = _tallied(entries, found["consents"])  # without those that were just added
            if any(tallies[name].lost or not tallies[name].is_exact for name in READ_AGAIN):
                _have_read_again(made, tallies["sightings"])
            for db in (made.db, made.keys):
                db.execute("pragma wal_checkpoint(truncate)")
        (folder / "key.json").unlink()  # that in place stays
        aside = _new_folder(home, now)
        if lapsed is not None:
            head.remove()  # this ledger is the one from now on
        commit_replacement(home, keeping=aside.name)
    return Repaired(aside, tallies, lapsed, bool(found["erasures"].losses.gaps))


def _keys(root: RootKey, name: str) -> list[bytes]:
    return [crypto.derive(key, name) for key in root.libraries]


def _new_folder(home: Path, now: datetime) -> Path:
    """For the damaged files; none that is there."""
    while (aside := home / f"damaged-{now:%Y%m%dT%H%M%S}").exists():
        now += timedelta(seconds=1)
    return aside


def _salvage(steps: Migrations, db: Database, path: Path, root: RootKey) -> Contents:
    """Copy all rows that can be had of the database at `path` into a new one, which has no tables yet."""
    with opened(path, _keys(root, path.name)) as reader:
        contents = _find_tables(reader, steps)
        tables = contents.tables
        steps.apply(db, stop_before=contents.following)
        db.execute("pragma foreign_keys = off")
        with db.atomic(), _without_triggers(db):
            for name, table in tables.items():
                for page in table.roots:
                    _copy(db, name, table, reader.rows(page, table.losses))
            for rows in reader.stray_rows():
                owners = [name for name, table in tables.items() if table.fits(rows)]
                if len(owners) == 1 and not _is_migration(rows, steps):
                    _copy(db, owners[0], tables[owners[0]], rows)
            for table in tables.values():
                _count(reader, table)
            if "consents" in tables:
                _cut_ledger(db)
            _go_on_numbering(db, contents)
            _drop_orphans(db)
        db.execute("pragma foreign_keys = on")
    return contents


def _count(reader: PageReader, table: TableFound) -> None:
    """Learn from its indexes which rows a table had."""
    for page in table.indexes:
        losses = Losses()
        table.known |= {_last_number(row) for row in reader.rows(page, losses)}
        table.is_counted |= not losses.gaps and not losses.cut


@contextmanager
def _without_triggers(db: Database) -> Iterator[None]:
    """In a transaction. The ledger's refuse that its end is cut off."""
    triggers = db.execute("select name, sql from sqlite_master where type = 'trigger'").fetchall()
    for name, _ in triggers:
        db.execute(f"drop trigger {name}")
    yield
    for _, sql in triggers:
        db.execute(sql)


def _last_number(row: Row) -> int:
    """Of the row that an entry of an index is about; the last that was given, in sqlite_sequence."""
    last = row.values[-1]
    return last if isinstance(last, int) else 0


@dataclass(frozen=True, slots=True)
class Contents:
    """What is known of a damaged file before its rows are read."""

    tables: dict[str, TableFound]
    following: list[str]  # migrations that come after the version of these tables
    numbers: dict[str, int]  # table -> the last number that was given in it
    identity: str  # the library's number; "" when that is lost


def _find_tables(reader: PageReader, steps: Migrations) -> Contents:
    """Of which version the tables are is told by the columns of those whose description is there."""
    entries = [row.values for row in reader.rows(1, Losses())]
    shapes, following = _version(entries, steps)
    tables = {name: TableFound(shape) for name, shape in shapes.items() if name not in MADE_ANEW}
    others: dict[str, list[Row]] = {}
    for kind, name, table, page, sql in entries:
        if kind == "index" and table in tables and " where " not in str(sql):
            tables[str(table)].indexes.append(_page_number(page))
        elif kind == "table" and name in tables:
            tables[str(name)].roots.append(_page_number(page))
        elif kind == "table":
            others[str(name)] = list(reader.rows(_page_number(page), Losses()))
    for each in tables.values():
        if not each.roots:
            each.losses.gaps.append(EVERYTHING)
    numbers = {str(row.values[0]): _last_number(row) for row in others.get("sqlite_sequence", ())}
    identity = next((str(row.values[0]) for row in others.get("identity", ())), "")
    return Contents(tables, following, numbers, identity)


def _is_migration(rows: Sequence[Row], steps: Migrations) -> bool:
    """Whether these are of the table of steps, whose rows could be people's by their shape."""
    names = {step.name for step in steps._migrations}
    return all(row.values[1:2] == [steps.name] and names.issuperset(row.values[2:3]) for row in rows)


def _page_number(value: Value) -> int:
    return value if isinstance(value, int) else 0


def _version(entries: Sequence[Sequence[Value]], steps: Migrations) -> tuple[dict[str, Shape], list[str]]:
    """The tables as they are in the newest version that fits the entries, and the steps after it."""
    described = [str(sql) for kind, name, _, _, sql in entries if kind == "table" and not _is_internal(name)]
    columns = _columns_of(described)
    fitting = [
        (shapes, following)
        for shapes, following in _versions(steps)
        if all(names == [column.name for column in shapes.get(name, ())] for name, names in columns.items())
    ]
    if not fitting:
        raise LibraryError("the library was written by a newer selfsearch; update this one")
    return fitting[-1]


def _is_internal(name: Value) -> bool:
    return str(name).startswith("sqlite_")


def _columns_of(descriptions: Iterable[str]) -> dict[str, list[str]]:
    """Table -> its columns, of tables as `create table` describes them."""
    with closing(memory_database()) as db:
        for sql in descriptions:
            db.execute(sql)
        return {name: [column.name for column in shape] for name, shape in _shapes(db).items()}


def _versions(steps: Migrations) -> Iterator[tuple[dict[str, Shape], list[str]]]:
    """The tables after each step, and the steps that follow it; the newest last."""
    names = [step.name for step in steps._migrations]
    with closing(memory_database()) as db:
        for at in range(1, len(names) + 1):
            steps.apply(db, stop_before=names[at:])
            yield _shapes(db), names[at:]


def _shapes(db: Database) -> dict[str, Shape]:
    shapes = {}
    for name in db.table_names():
        if _is_internal(name):
            continue
        rows = db.execute(f'pragma table_info("{name}")').fetchall()
        keys = [row for row in rows if row[5]]
        shapes[name] = [
            Column(
                column,
                kind.upper(),
                is_number=len(keys) == 1 and bool(key) and kind.upper() == "INTEGER",
                is_required=bool(required),
                has_default=not required or default is not None,
            )
            for _, column, kind, required, default, key in rows
        ]
    return shapes


def _copy(db: Database, name: str, table: TableFound, rows: Iterable[Row]) -> None:
    numbers = [column.is_number for column in table.shape]
    for batch in batched(rows):
        table.copied |= {row.number for row in batch}
        values = [
            [
                row.number if is_number else value
                for is_number, value in zip(numbers, row.values, strict=False)
            ]
            for row in batch
        ]
        for length, group in groupby(sorted(values, key=len), key=len):
            columns = ", ".join(f'"{column.name}"' for column in table.shape[:length])
            db.conn.executemany(
                f'insert or ignore into "{name}" ({columns}) values ({marks(range(length))})', group
            )


def _cut_ledger(db: Database) -> None:
    """Keep the entries that are there from the first on without one missing, each as it was written."""
    number, previous = 0, GENESIS
    for row in db.table("consents").rows_where(order_by="id"):
        entry = LedgerEntry(**row)
        is_next = entry.id == number + 1 and entry.previous_hash == previous
        if not is_next or entry.hash != ledger.digest(entry):
            break
        number, previous = entry.id, entry.hash
    db.execute("delete from consents where id > ?", [number])


def _go_on_numbering(db: Database, contents: Contents) -> None:
    """See that no number is given that was given before, as far as anything still names it."""
    users: dict[str, list[tuple[str, str]]] = {"faces": [("appearances", "face_id"), ("changes", "face_id")]}
    for table in contents.tables:
        for _, _, parent, column, *_ in db.execute(f'pragma foreign_key_list("{table}")').fetchall():
            users.setdefault(parent, []).append((table, column))
    rows = db.execute("select name from sqlite_master where sql like '%autoincrement%'").fetchall()
    for (name,) in rows:
        given = [contents.numbers.get(name, 0), *contents.tables[name].numbers]
        for table, column in users.get(name, ()):
            given.append(db.execute(f'select coalesce(max("{column}"), 0) from "{table}"').fetchone()[0])
        db.execute("delete from sqlite_sequence where name = ?", [name])
        db.execute("insert into sqlite_sequence values (?, ?)", [name, max(given)])


def _drop_orphans(db: Database) -> None:
    """Remove rows that refer to what is lost, until none does. Of sources, the reference alone goes."""
    references = [
        (table, column, parent, to)
        for table in db.table_names()
        for _, _, parent, column, to, *_ in db.execute(f'pragma foreign_key_list("{table}")').fetchall()
    ]
    changed = True
    while changed:
        changed = False
        for table, column, parent, to in references:
            act = f"update {table} set {column} = null" if table == "sources" else f"delete from {table}"
            cursor = db.execute(
                f"{act} where {column} is not null and {column} not in (select {to} from {parent})"
            )
            changed |= cursor.rowcount > 0


def _is_whole(made: Library, table: TableFound, head_file: HeadFile, identity: str) -> bool:
    """Whether no entry of the ledger is missing, by what this machine last saw of it."""
    length = made.db.table("consents").count
    if length < max(table.numbers, default=0):
        return False
    try:
        head = head_file.read(made.root)
    except LibraryError:  # it cannot be believed
        return False
    if head is None:
        return bool(identity) and table.is_exact
    return head.number <= length and _seen(made, head)


def _seen(made: Library, head: Head) -> bool:
    hashes = [GENESIS, *(entry.hash for entry in ledger.entries(made))]
    return hashes[head.number] == head.hash


def _end_consents(made: Library, now: datetime) -> list[str]:
    """End all consent: it may have been withdrawn in an entry that is lost. Returns whose, or for what."""
    length, at = made.db.table("consents").count, isoformat(now)
    for table in ("probes", "queries"):
        made.db.execute(f"update {table} set entry = null where entry > ?", [length])
    given = [
        entry
        for kind in ("source", "person")
        for entry in ledger.newest(made, kind).values()
        if entry.event in GIVEN
    ]
    why = f"entries after {length} are lost"
    for entry in given:
        ledger.append(made, LedgerEntry(at, LAPSE, entry.kind, entry.subject, expires_at=at, detail=why))
    ledger.append(made, LedgerEntry(at, "accept", "library", "a repaired library", detail=why))
    return [entry.subject for entry in given]


def _drop_unopenable(made: Library) -> None:
    """Remove faces that are not there whole, and people of whom no photograph is left."""
    for (media,) in made.db.execute("select id from media").fetchall():
        count = made.db.table("faces").count_where("media_id = ?", [media])
        blocks = media_blocks(made, media)
        chips = [_records(made, block) for block in blocks if block.pack is None]
        if chips != [count] * bool(count):
            faces.drop_faces(made, media)
            continue
        for block in blocks:
            if block.pack is not None and (block.faces != count or _records(made, block) != count):
                block.delete(made)
    for person in people.all_people(made):
        for probe in probe_blocks(made, "person", person.id):
            if not _opens(made, probe):
                table, column = ("probes", "id") if probe.pack is None else ("probe_vectors", "probe_id")
                made.db.execute(f"delete from {table} where {column} = ?", [probe.probe])
    made.db.execute("delete from people where id not in (select person_id from probes)")


def _records(made: Library, block: MediaBlock) -> int | None:
    """How many faces a block holds; None when it does not open."""
    try:
        return len(block.records(made))
    except LibraryError:
        return None


def _opens(made: Library, block: ProbeBlock) -> bool:
    try:
        block.open(made)
    except LibraryError:
        return False
    return True


def _ask_again_for_erasures(made: Library, now: datetime) -> None:
    """What is being erased is to be erased, though the request for it may be lost."""
    rows = made.db.execute("select id, root from sources where state = 'erasing'").fetchall()
    for number, root in rows:
        erasure.request(made, "source", number, root, now)


def _tally(made: Library, name: str, table: TableFound) -> Tally:
    return _tallied((made.keys if name == "keys" else made.db).table(name).count, table)


def _tallied(kept: int, table: TableFound) -> Tally:
    return Tally(kept, max(0, len(table.numbers) - kept), table.is_exact)


def _have_read_again(made: Library, sightings: Tally) -> None:
    """See that the next index looks at every file that it must look at, and answers say so until then."""
    with made.atomic():
        made.db.execute(
            """
            update items
            set outcome = ?, reason = ?
            where media_id not in (select media_id from vectors union select media_id from chips)
            """,
            [Outcome.UNREADABLE.value, "its faces were lost with a damaged library; it is read again"],
        )
        made.db.execute("update sources set stamps = '{}', scanned_pack = null")
        if sightings.lost or not sightings.is_exact:
            made.db.execute("update items set stamp = ''")
