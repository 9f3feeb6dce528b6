"""The library as a whole: one folder, two encrypted databases, one writer and any number of readers."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from filelock import FileLock, Timeout

from ..errors import KeyUnavailable, LibraryBusyError, LibraryError, UsageError
from ..files import delete_tree, private_folder, require_own_file, write_private
from ..home import FIRST, PUT_ASIDE, claim, keep_private, require_home
from ..settings import default_key_folder
from . import crypto, ledger, root_key
from .db import LOST, Database, copy_database, open_database
from .ledger_head import HeadFile
from .schema import keys_schema, schema

STAGE, ASIDE, MARKER = ".restore", ".before-restore", "ready"
REPLACED = ("config.toml", "keys.db", "library.db", "key.json")  # by a restored library, in this order


class Library:
    """An open library, for one thread. Use `open_library`; close it, or use it in a `with` statement."""

    def __init__(self, home: Path, root: root_key.RootKey, key_folder: Path, *, create: bool = False) -> None:
        self.home = home
        self.root = root
        self.key_folder = key_folder
        self.head: HeadFile | None = None  # open_library sets it; a copy or a staged library has none
        self.believed_at: tuple[int, int] | None = None  # state of the ledger when it was last verified
        self._after_commit: list[Callable[[Library], None]] = []
        self._raw: dict[str, BinaryIO] = {}
        self._library_id: str | None = None  # as the database says; read when it is first asked for
        self._open(create=create)
        self._sealers: dict[str, crypto.Sealer] = {}

    def _open(self, *, create: bool = False) -> None:
        self.db, self.is_retired = _open_under(self.home / "library.db", self.root, create=create)
        self.keys, _ = _open_under(self.home / "keys.db", self.root, create=create)
        self.keys.execute("pragma synchronous = full")  # what a lost key sealed would be lost, too

    def __enter__(self) -> Library:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close both databases."""
        self.db.close()
        self.keys.close()
        for file in self._raw.values():
            file.close()
        self._raw.clear()

    def raw(self, name: str) -> BinaryIO:
        """One of the two databases' files as bytes, at its beginning.

        It is open as long as the database is: when a process closes a file, POSIX drops every lock that it
        has on it, SQLite's included.
        """
        if name not in self._raw:
            self._raw[name] = (self.home / name).open("rb", buffering=0)
        self._raw[name].seek(0)
        return self._raw[name]

    @property
    def path(self) -> Path:
        """The main database's file."""
        return self.home / "library.db"

    def migrate(self) -> None:
        """Bring the tables up to this version. Raises LibraryError when the library is from a newer one."""
        self.require_known()
        for steps, db in ((schema, self.db), (keys_schema, self.keys)):
            if steps.pending(db):
                steps.apply(db)
        if self.library_id is None:
            self.identify(root_key.KeyPlace.read(self.home).library_id)

    def require_known(self) -> None:
        """Raises LibraryError when the tables are those of a later version."""
        for steps, db in ((schema, self.db), (keys_schema, self.keys)):
            names = {step.name for step in steps._migrations}
            if any(step.name not in names for step in steps.applied(db)):
                raise LibraryError("the library was written by a newer selfsearch; update this one")

    @property
    def library_id(self) -> str | None:
        """Which library this is, as its database says; None before it has been brought up to this version."""
        if self._library_id is None and self.db.table("identity").exists():
            row = self.db.execute("select library_id from identity").fetchone()
            self._library_id = row and str(row[0])
        return self._library_id

    def identify(self, library_id: str) -> None:
        """Note in the database which library it is."""
        with self.atomic():
            self._library_id = None
            self.db.execute("delete from identity")
            self.db.execute("insert into identity values (?)", [library_id])

    def write_anew(self) -> None:
        """Put both databases under the current key: copies under it are made, and take their places.

        Needs the writer's place. Killed in between, one or the other generation is there, whole.
        """
        with staged_replacement(self.home) as folder:
            for name, db in (("library.db", self.db), ("keys.db", self.keys)):
                copy_database(db, folder / name, self.root.library)
            self.close()
            commit_replacement(self.home)
        self._open()

    def is_older(self) -> bool:
        """Whether the tables are those of an earlier version. Damage is for others to find."""
        try:
            return bool(schema.pending(self.db) or keys_schema.pending(self.keys))
        except LibraryError:
            return False

    @contextmanager
    def reader(self) -> Iterator[Database]:
        """Another connection, for look-ups from another thread; what was committed is seen at once."""
        db, _ = _open_under(self.path, self.root)
        try:
            yield db
        finally:
            db.close()

    @contextmanager
    def atomic(self) -> Iterator[None]:
        """All or nothing.

        The write lock is taken at once: consent may be withdrawn while another process writes, and a
        transaction that has read what that changed could not be completed.
        """
        try:
            with _immediate(self.db), self.db.atomic():
                yield
        finally:
            is_over = not self.db.conn.in_transaction
            actions, self._after_commit = (
                self._after_commit if is_over else [],
                ([] if is_over else self._after_commit),
            )
        for act in actions:
            act(self)

    def after_commit(self, act: Callable[[Library], None]) -> None:
        """Have this done once when the outermost transaction is committed; at once outside of one."""
        if not self.db.conn.in_transaction:
            act(self)
        elif act not in self._after_commit:
            self._after_commit.append(act)

    def sealer(self, name: str, *, create: bool = False) -> crypto.Sealer:
        """What seals and opens under the key called `name`. Raises KeyUnavailable when it was destroyed."""
        if name not in self._sealers:
            self._sealers[name] = crypto.Sealer(self._key(name, create=create))
        return self._sealers[name]

    def _key(self, name: str, *, create: bool) -> bytes:
        rows = list(self.keys.query("select wrapped from keys where name = ?", [name]))
        if rows:
            return crypto.unwrap(rows[0]["wrapped"], self.root.wrapping, name)
        if not create:
            raise KeyUnavailable(
                f"the key of {name} is gone: what it sealed cannot be read any more; run: selfsearch doctor"
            )
        key = crypto.new_key()
        wrapped = crypto.Sealer(self.root.wrapping[0]).seal(key, name)
        self.keys.execute("insert into keys values (?, ?, datetime('now'))", [name, wrapped])
        return key

    def forget_sealer(self, name: str) -> None:
        """Drop a key from memory (it was destroyed on disk)."""
        self._sealers.pop(name, None)


def _open_under(path: Path, root: root_key.RootKey, *, create: bool = False) -> tuple[Database, bool]:
    """The database at `path`, and whether the key that opened it is one that is being replaced."""
    try:
        return open_database(path, root.library, create=create), False
    except KeyUnavailable:
        if root.retired is None:
            raise
    return open_database(path, root.retired), True


@contextmanager
def _immediate(db: Database) -> Iterator[None]:
    """A transaction that may write from its first statement on; inside of one, nothing more."""
    if db.conn.in_transaction:
        yield
        return
    db.conn.execute("begin immediate")
    try:
        yield
        db.conn.execute("commit")
    finally:
        if db.conn.in_transaction:
            db.conn.execute("rollback")


@contextmanager
def open_library(
    home: Path,
    *,
    key_folder: Path | None = None,
    create: bool = False,
    writing: bool = False,
    ask: root_key.AskPassphrase | None = None,
    accepting: bool = False,
) -> Iterator[Library]:
    """Open the library at `home`; `create` makes it when there is none.

    `writing` takes the one writer's place; `accepting` opens it even if its ledger is older than what this
    machine last saw. Raises LibraryError when there is no library or an old one, KeyUnavailable when its key
    cannot be had, LibraryBusyError when another run writes.
    """
    key_folder = key_folder or default_key_folder()
    _prepare(home, create=create)
    with writer(home, writing or create):
        if not (home / "key.json").exists():
            _make(home, key_folder)
        root = root_key.unlock(home, key_folder, ask)
        with Library(home, root, key_folder) as library:
            number = root_key.KeyPlace.read(home).library_id
            if library.library_id not in (None, number):
                raise LibraryError(f"{home / 'key.json'} is that of another library; {LOST}")
            library.head = HeadFile(key_folder, number)
            if not accepting:
                ledger.compare_with_head(library)
            _migrate(library, is_writer=writing or create)
            yield library


def _migrate(library: Library, *, is_writer: bool) -> None:
    """Bring the tables up to this version. A reader takes the writer's place for it when it must."""
    library.require_known()
    if is_writer:
        library.migrate()
    elif library.is_older():
        with ExitStack() as stack:
            try:
                stack.enter_context(writer(library.home))
            except LibraryError as exc:
                what = "the library was written by an older selfsearch: index once to bring it up to date"
                raise type(exc)(f"{what} ({exc})") from exc
            library.migrate()


def _prepare(home: Path, *, create: bool) -> None:
    """Have a private folder at `home`, with a whole library in it or a place for one. Raises LibraryError."""
    require_home(home)
    if is_committed(home):
        with writer(home):
            finish_replacement(home)
    if not (home / "key.json").exists():
        if (home / "library.db").exists():
            raise root_key.is_missing(home)
        if not create:
            raise LibraryError(f"there is no library in {home} yet; make one: selfsearch index PATH")
    try:
        keep_private(claim(home))
    except OSError as exc:
        raise LibraryError(f"the library cannot be made in {home}: {exc.strerror}") from exc


def is_inside(key_folder: Path, home: Path) -> bool:
    """Whether the key lies in the library's own folder, so that a copy of this has both."""
    return key_folder.resolve().is_relative_to(home.resolve())


def require_outside(key_folder: Path, home: Path) -> None:
    """Raises UsageError when a key would be put into the library's own folder."""
    if is_inside(key_folder, home):
        raise UsageError(
            f"{key_folder} lies in the library's own folder: whoever has a copy of that would have the key."
            " Choose another folder for the key: SELFSEARCH_KEYS"
        )


def _make(home: Path, key_folder: Path) -> None:
    """Make a library, whole or not at all: one whose files are empty was damaged.

    Raises UsageError when its key would lie in its own folder.
    """
    require_outside(key_folder, home)
    with staged_replacement(home) as folder:
        root = root_key.create(folder, key_folder)
        with Library(folder, root, key_folder, create=True) as library:
            library.migrate()
        commit_replacement(home)


@contextmanager
def writer(home: Path, wanted: bool = True) -> Iterator[None]:
    """Have the one writer's place. Raises LibraryBusyError when another run has it."""
    if not wanted:
        yield
        return
    lock = FileLock(require_own_file(home / FIRST), mode=0o600, thread_local=False)  # any thread may let go
    try:
        lock.acquire(timeout=0)
    except Timeout as exc:
        raise LibraryBusyError(
            f"another selfsearch is writing to the library in {home}; try again when it has finished"
        ) from exc
    except OSError as exc:
        raise LibraryError(f"the library in {home} cannot be written: {exc.strerror}") from exc
    try:
        yield
    finally:
        lock.release()


@contextmanager
def staged_replacement(home: Path) -> Iterator[Path]:
    """An empty private folder for the files of a library that is to replace the one at `home`.

    From the moment they are committed, whoever opens the library moves them into place one by one, and the
    old ones aside, until all are moved: killed at any moment, neither library is lost. What is not committed
    is removed.
    """
    delete_tree(home / STAGE)
    try:
        yield private_folder(home / STAGE)
    finally:
        if not is_committed(home):
            delete_tree(home / STAGE)


def commit_replacement(home: Path, *, keeping: str = "") -> None:
    """The staged files are complete: put them into place. Needs the writer's place, the library closed.

    `keeping`: a new folder's name, as home.PUT_ASIDE has it, for the old ones; else they are deleted. Raises
    LibraryError when SQLite could not write one whole as it was closed, of which it says nothing: what is in
    its log alone would be lost.
    """
    if any(log.stat().st_size for log in (home / STAGE).glob("*-wal")):
        raise LibraryError(
            f"the disk that holds {home} reports an error: the new library could not be written whole and is"
            " not put into place; what was there before is kept. See that the disk is sound, then try again"
        )
    write_private(home / STAGE / MARKER, keeping.encode())
    finish_replacement(home)


def is_committed(home: Path) -> bool:
    """Whether a library waits to be moved into place. What lies behind a link is none."""
    return not (home / STAGE).is_symlink() and (home / STAGE / MARKER).exists()


def finish_replacement(home: Path) -> None:
    """Move what is committed and not moved yet. Needs the writer's place."""
    if not is_committed(home):
        return
    keeping = (home / STAGE / MARKER).read_bytes().decode("ascii", "replace")
    is_kept = PUT_ASIDE.fullmatch(keeping) is not None
    aside = private_folder(home / (keeping if is_kept else ASIDE))
    for name in REPLACED:
        if not (home / STAGE / name).exists():
            continue
        if (home / name).exists() and not (aside / name).exists():
            os.replace(home / name, aside / name)
        for side in ("-wal", "-shm"):  # of the old file; the new one was closed and has none
            with suppress(FileNotFoundError):
                os.replace(home / f"{name}{side}", aside / f"{name}{side}")
        os.replace(home / STAGE / name, home / name)
    if not is_kept:
        delete_tree(aside)
    delete_tree(home / STAGE)
