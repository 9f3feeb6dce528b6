"""The verbs of the command line as methods: one open library, one engine, one clock.

What needs permission takes a Grant, and Grants come from `give_consent` and `require_consent` alone.
Nothing here prints or asks: values come in, values go out. The library's settings count here as well, but
for `notify`: nobody is told of anything.
"""

from __future__ import annotations

import hashlib
import warnings
import weakref
from collections.abc import Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Literal, TypeAlias

from . import places, settings
from .consent import audit, enrolment, forget, grants
from .consent.forget import Receipt
from .consent.grants import ConsentRequest, Grant
from .errors import InputError, LibraryError, SelfsearchError, UsageError
from .library import changes, items, people, sources
from .library.changes import Change
from .library.library import Library, open_library
from .library.people import KeptProbe, Person
from .library.root_key import AskPassphrase
from .library.sources import SourceRow
from .packs.store import find_pack
from .recognition.engine import Engine
from .recognition.worker_pool import WorkerPool
from .report import crops
from .sandbox import process
from .types import Answer, Clock, Detail, ProgressListener, isoformat
from .workflows import diff, enroll
from .workflows import verdict as verdicts
from .workflows.gallery import Gallery
from .workflows.index import IndexResult, index
from .workflows.probes import Probe, ProbePhoto
from .workflows.query import Filters, query
from .workflows.rescan import RescanResult, mark_announced, rescan

Kind: TypeAlias = Literal["source", "person"]
Basis: TypeAlias = Literal["own", "release"]
PathLike: TypeAlias = "Path | str"


def open(
    home: PathLike | None = None,
    *,
    create: bool = False,
    key_folder: PathLike | None = None,
    pack: str | None = None,
    ask: AskPassphrase | None = None,
) -> Selfsearch:
    """Open the library in the folder `home`, by default the command line's; `create` makes it if need be.

    Close it, or use it in a `with` statement: one program at a time may have a library open in this way, and
    LibraryBusyError says that another one does. `pack` is the model pack to use instead of the one that the
    library is set to (`selfsearch models use`). `ask` is called for the passphrase of a library that has one;
    otherwise it is read from SELFSEARCH_PASSPHRASE.
    """
    place = settings.chosen_home() if home is None else Path(home).expanduser().absolute()
    keys = settings.chosen_key_folder() if key_folder is None else Path(key_folder).expanduser().absolute()
    if not create and not place.exists():
        raise LibraryError(f"there is no library in {place}; to make one: selfsearch.open(..., create=True)")
    model = find_pack(pack or settings.read(place).pack, place / "packs")
    with ExitStack() as stack:
        engine = stack.enter_context(closing(WorkerPool(model)))
        library = stack.enter_context(
            open_library(place, key_folder=keys, create=create, writing=True, ask=ask or process.passphrase)
        )
        forget.complete(library, now())  # what an earlier run was to erase and could not
        return Selfsearch(library, engine, resources=stack.pop_all())


def now() -> datetime:
    """The present moment, with its zone."""
    return datetime.now(timezone.utc).astimezone()


class Selfsearch:
    """An open library with everything that can be done to it. `open` makes one, for one thread."""

    def __init__(
        self, library: Library, engine: Engine, *, clock: Clock = now, resources: ExitStack | None = None
    ) -> None:
        """`resources`: what is let go when this is closed."""
        self.engine = engine
        self.clock = clock
        self._library = library
        self._gallery = Gallery(library, engine)
        self._resources = resources or ExitStack()
        self._closing = weakref.finalize(self, _close_leaked, self._resources, library.home)

    def __repr__(self) -> str:
        return f"<Selfsearch {str(self._library.home)!r}{'' if self._closing.alive else ', closed'}>"

    def __enter__(self) -> Selfsearch:
        self._require_open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the library, which other programs may write to from then on. Twice does no harm."""
        if self._closing.detach():
            self._resources.close()

    @property
    def library(self) -> Library:
        """What is stored. Raises UsageError when it was closed, and so does every method."""
        self._require_open()
        return self._library

    @property
    def gallery(self) -> Gallery:
        """The library's faces, to search among."""
        self._require_open()
        return self._gallery

    def _require_open(self) -> None:
        if not self._closing.alive:
            raise UsageError(f"the library in {self._library.home} is closed; open it again: selfsearch.open")

    def statement(self, kind: Kind, subject: PathLike, *, basis: Basis, by: str = "") -> str:
        """The words that somebody agrees to with `give_consent`. Show them first."""
        return grants.statement(ConsentRequest(kind, self._subject(kind, subject), basis, by), self.clock())

    def give_consent(
        self,
        kind: Kind,
        subject: PathLike,
        *,
        basis: Basis,
        by: str = "",
        evidence: bytes | None = None,
        lasts: timedelta = grants.USUAL,
    ) -> Grant:
        """Write consent for a source (a path and everything below it) or a person (a name) into the ledger.

        `basis` is "own" (my media, my face) or "release" (in writing, given by `by`; the hash of `evidence`
        is kept). Only call it when that is true.
        """
        digest = hashlib.sha256(evidence).hexdigest() if evidence is not None else ""
        subject, given_as = self._subject(kind, subject), subject
        is_link = kind == "source" and not places.is_same(places.path_as_given(given_as), subject)
        request = ConsentRequest(
            kind, subject, basis, by, digest, lasts, method="library",
            given_as=places.path_as_given(given_as) if is_link else "",
        )  # fmt: skip
        return grants.give(self.library, request, self.clock())

    def require_consent(self, kind: Kind, subject: PathLike) -> Grant:
        """The consent that was given before. Raises ConsentError when there is none that is live."""
        return grants.require(self.library, kind, self._subject(kind, subject), self.clock())

    def revoke_consent(self, kind: Kind, subject: PathLike, why: str = "") -> list[Receipt]:
        """Withdraw consent, and erase everything that was derived from it. Your own files are not touched."""
        also = [places.path_as_given(subject)] if kind == "source" else []
        forget.withdraw(self.library, kind, self._subject(kind, subject), self.clock(), why, also)
        return forget.complete(self.library, self.clock())

    def forget(self, what: PathLike | int) -> list[Receipt]:
        """Erase what was derived from a source (its number or path), a person, a file, a sha256.

        Consent for a source or person ends with it; the ledger stays.

        A receipt's `remnants` name where something of it was found all the same: none is what is promised.
        """
        forget.request(self.library, forget.resolve(self.library, str(what)), self.clock())
        return forget.complete(self.library, self.clock())

    def index(
        self,
        grant: Grant,
        progress: ProgressListener | None = None,
        *,
        detail: Detail | Literal["fast", "normal", "thorough"] | None = None,
    ) -> list[IndexResult]:
        """Read what is new or changed at the path of the grant; one result per source found there.

        `detail`: how carefully pictures there are searched for faces from now on, by `rescan`, too; those
        that were searched less carefully, or by an earlier version, are searched again. None: as before.
        """
        library = self.library
        if grant.kind != "source":
            raise UsageError("indexing needs consent for a source, not for a person")
        wanted = None if detail is None else Detail(detail)
        return index(library, self.engine, grant, Path(grant.subject), self.clock, progress, wanted)

    def enroll(
        self,
        consent: Grant | ConsentRequest,
        *photos: PathLike,
        face: int | None = None,
        confirmed: bool = False,
    ) -> Person:
        """Remember a person by photographs, or add clearer ones.

        `face` counts from 1, largest first: needed where a photograph shows several and none stands out by
        size and sharpness. Otherwise InputError lists them. Raises ConsentError for a photograph that does
        not look like what is kept of the person. If it shows the person all the same, such as an old one,
        give a ConsentRequest: a statement for these photographs, which stays in the ledger with their hashes.
        What looks more like somebody else who is enrolled is refused even so, but for the `lookalikes` of the
        statement. One that resembles the person, but so little that it could be a brother or sister, needs a
        statement, or `confirmed`: that somebody looked, and it is the person. That stays on record. Who is to
        be told apart from others alone agrees to that by a ConsentRequest with `is_contrast`.
        """
        with enrolment.attempt(self.library, consent.subject, self.clock):
            probes, now = self._read_probes(consent.subject, photos, face), self.clock()
            if isinstance(consent, ConsentRequest):
                consent = enroll.about(self.gallery, replace(consent, method="library"), probes, now)
            return enroll.enroll(self.gallery, consent, probes, now, confirmed=confirmed)

    def photographs(self, name: str) -> list[KeptProbe]:
        """By which photographs a person is searched, and on what each rests."""
        return people.kept_probes(self.library, self._find(name))

    def remove_photograph(self, name: str, number: int) -> list[Receipt]:
        """Erase one of them; its number is in `photographs`. The last one goes with the person: `forget`."""
        enrolment.remove(self.library, self._find(name), number, self.clock())
        return forget.complete(self.library, self.clock())

    def query(
        self,
        grant: Grant,
        *photos: PathLike,
        face: int | None = None,
        purpose: str = "",
        filters: Filters | None = None,
        confirmed: bool = False,
    ) -> Answer:
        """Where an enrolled person appears, by what is remembered of them and by `photos`.

        The photographs must show that person: ConsentError for anybody else, and where they could show a
        brother or sister as well, unless `confirmed`: that somebody looked, and it is the person. Who was
        asked about, when and why is kept in the library, and that it was confirmed. The first answer about a
        person is what `rescan` compares with.
        """
        person = self._enrolled(grant)
        with audit.question(self.library, person.name, purpose, self.clock) as question:
            probes = self._read_probes(person.name, photos, face)
            if probes:
                _, doubtful = enroll.identify(self.gallery, probes, [person.name], self.clock())
                if doubtful and not confirmed:
                    raise enroll.refuse_doubtful(person.name, doubtful, enroll.CONFIRM)
                question.is_confirmed = bool(doubtful)
            answer = query(self.gallery, grant, person, probes, self.clock(), filters)
            baseline = diff.prepare_baseline(self.gallery, person, answer, self.clock)
            question.answer = answer
        if baseline is not None:
            with suppress(SelfsearchError):  # the answer stands; the next one is noted
                diff.save_baseline(self.library, baseline)
        return answer

    def verdict(
        self, grant: Grant, which: str | int, verdict: str | None, *, strengthen: bool = False
    ) -> verdicts.Saved:
        """Say for good that an appearance is, or is not, the person of the grant.

        `which`: its id in an answer, or the number of a face; the verdict goes for every copy of the picture.
        `verdict`: "me", "not_me" (or "not-me"), or "unset" (or None) to take it back. With `strengthen` the
        person is searched by a face that is theirs as well, unless it is too unlike the photographs that are
        kept. Raises UsageError for what is in no answer about the person, and for other words.
        """
        person, value, now = self._enrolled(grant), verdicts.parse(verdict), self.clock()
        grants.require(self.library, "person", person.name, now)
        named = verdicts.find(self.gallery, [person], [which], now)
        return verdicts.save(self.gallery, grant, named, value, now, strengthen=strengthen or None)

    def rescan(
        self, only: Sequence[int] | None = None, progress: ProgressListener | None = None
    ) -> RescanResult:
        """Read every consented source again (or those numbered in `only`); note what changed for whom."""
        grace = timedelta(days=settings.read(self.library.home).grace_days)
        result = rescan(self.library, self.engine, self.clock, only=only, progress=progress, grace=grace)
        mark_announced(self.library, result, self.clock)
        return result

    def changes(self, since: datetime | None = None) -> list[Change]:
        """What re-scans found different, for people and in sources whose consent is live.

        Since a moment, or all that `tell` was not given yet.
        """
        moment = isoformat(since.astimezone()) if since else None
        noted = changes.changes(self.library, since=moment, untold=since is None)
        return grants.visible_changes(self.library, noted, self.clock())

    def tell(self, told: list[Change]) -> None:
        """These changes were shown to somebody: they are not new any more."""
        changes.mark_told(self.library, told, isoformat(self.clock()))

    def sources(self) -> list[SourceRow]:
        """What was indexed, what it was recognised as and why."""
        return sources.all_sources(self.library)

    def people(self) -> list[Person]:
        """Everybody who is enrolled."""
        return people.all_people(self.library)

    def outcomes(self) -> dict[str, int]:
        """What became of every file that was found: outcome -> files."""
        return items.count_outcomes(self.library)

    def html(self, answer: Answer) -> str:
        """The answer as one page with the photographs in it. It shows faces: keep it private."""
        from .report.html import to_html

        return to_html(answer, crops.for_appearances(self.library, self.engine, answer.appearances))

    def _subject(self, kind: Kind, subject: PathLike) -> str:
        """Of a path, where it really leads, so that one place has one name in the ledger."""
        library = self.library
        grants.require_kind(kind)
        return grants.subject_at(library, str(subject)) if kind == "source" else str(subject)

    def _enrolled(self, grant: Grant) -> Person:
        if grant.kind != "person":
            raise UsageError("a search needs consent for a person, not for a source")
        return self._find(grant.subject)

    def _find(self, name: str) -> Person:
        person = people.find_person(self.library, name)
        if person is None:
            raise UsageError(f"nobody called {name!r} is enrolled")
        return person

    def _read_probes(self, name: str, photos: Sequence[PathLike], face: int | None) -> list[Probe]:
        def refuse(photo: ProbePhoto, likely: int | None) -> int:
            raise InputError(
                f"{photo.path} shows {len(photo.faces)} faces, and none stands out. Say which is meant, with"
                f" face=N: {photo.listed(likely)}"
            )

        paths = [Path(photo) for photo in photos]
        known = partial(enroll.known_faces, self.gallery, [name], self.clock())
        return enroll.read_probes(self.gallery, paths, refuse, which=face, known=known)


def _close_leaked(resources: ExitStack, home: Path) -> None:
    """A library that nobody closed is closed when nothing refers to it any more."""
    resources.close()
    warnings.warn(f"the library in {home} was never closed", ResourceWarning, stacklevel=2)
