"""A source: one export with all its parts, or one folder or archive of plain files, as a stream of items.

Every file that was found is exactly one item, and so is every file that the records speak of and that is
not there.
"""

from __future__ import annotations

import heapq
import itertools
import marshal
import os
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from ..containers.archive import why_unopened
from ..containers.base import Container, Member, address, printable
from ..containers.tar import MAX_RECORD, RECORDS
from ..errors import ItemError
from ..types import READ_IN_PART, Exposure, Outcome, Provenance
from .export import Export
from .path_index import is_litter
from .platforms.base import Account, Platform

LITTER = (Outcome.UNSUPPORTED, "an operating system's own file")
ABSENT = (Outcome.LINK_ONLY, "the export names this file but does not hold it")
LINK = (Outcome.LINK_ONLY, "the export has only a link to it")
NEITHER_FILE_NOR_LINK = (Outcome.LINK_ONLY, "the export speaks of it but does not hold it")
RECORD = (Outcome.RECORD, "read for what it says about the media")


UNSHOWN = "nothing in the export shows who else could see it"
NARROWER = (Exposure.NETWORK, Exposure.PRIVATE)

COLUMNS = tuple(Provenance("").columns())


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a container that could not even be listed."""

    container: Container
    path: str  # "" is all of it
    outcome: Outcome
    reason: str


@dataclass(frozen=True, slots=True)
class Item:
    """One file, or one that is only spoken of."""

    path: str  # unique in its source: from the export's root, below the part's name where parts differ
    address: str  # for people: /abs/file or /abs/ARCHIVE!MEMBER, or the link
    member: Member | None  # None: there is nothing to read
    size: int
    stamp: str  # changes when the content does
    provenance: tuple[Provenance, ...]  # at least one
    decided: tuple[Outcome, str] | None  # the outcome, where it is known without reading

    @property
    def real_place(self) -> str | None:
        """The real path of the file on disk that it is in, where a link leads there."""
        return self.member.real_place if self.member else None


@dataclass(frozen=True, slots=True)
class SourcePart:
    """What one container holds of a source."""

    container: Container
    prefix: str  # where the export begins inside it: "" or a path ending in "/"
    members: Sequence[Member]
    name: str  # the download's name, without ending
    below: str = ""  # of an archive inside another: where in the export its files stand, ending in "/"

    @property
    def path(self) -> str:
        """The archive, the folder in which the export begins, or the only file that was asked for."""
        if not self.container.is_folder or not self.prefix:
            return self.container.only or self.container.path
        return f"{self.container.path.rstrip('/')}/{self.prefix.rstrip('/')}"


class Source:
    """What `discover` found. The attributes say what it was taken for, and why."""

    def __init__(
        self,
        files: FileSet,
        *,
        title: str,
        why: str,
        rest: tuple[type[Platform], Sequence[SourcePart]] | None = None,
        problems: Sequence[Problem] = (),
    ) -> None:
        """`rest`: files of the same archives beside the export, and the reader of plain files."""
        self.platform = files.platform.name
        self.title = title  # "Instagram export"
        self.why = why  # in words
        self.problems = tuple(problems)
        # Absolute paths of all parts; what is inside one of them is none.
        self.containers = tuple(dict.fromkeys(part.path for part in files.parts if not part.below))
        containers = [part.container for part in (*files.parts, *(rest[1] if rest else ()))]
        containers += [problem.container for problem in problems]
        self._containers = list({id(container): container for container in containers}.values())
        self._file_sets = [files]
        if rest and rest[1]:
            self._file_sets.append(FileSet(*rest, beside=files))

    @property
    def stamps(self) -> dict[str, str]:
        """Archive path -> "size:mtime_ns"; with every container here, `discover` can leave them closed."""
        stamps = ((container.path, container.stamp) for container in self._containers)
        return {path: stamp for path, stamp in stamps if stamp is not None}

    @property
    def count(self) -> int:
        """How many files it holds; what the records only speak of is not known before they are read."""
        return sum(map(len, self._file_sets)) + len(self.problems)

    @cached_property
    def account(self) -> Account:
        """Whose export it is; reads records."""
        return self._file_sets[0].reader.account

    def items(self) -> Iterator[Item]:
        """Every file found, each exactly once, in the order in which reading is cheap; links last."""
        _ = self.account  # what it reads are records, too
        rank = {id(container): number for number, container in enumerate(self._containers)}
        rows = heapq.merge(*(files.items(rank) for files in self._file_sets), key=lambda row: row[0])
        problems = map(self._problem_item, self.problems)
        taken: set[str] = set()
        unique = Numbering(lambda key: key in taken or self._file_sets[-1].has(key))
        for item in itertools.chain((item for _, item in rows), problems):
            if item.member is None:
                item = replace(item, path=unique(item.path))
                taken.add(item.path)
            yield item

    def _problem_item(self, problem: Problem) -> Item:
        path = problem.path or os.path.basename(problem.container.path)
        place = address(problem.container, problem.path)
        decided = (problem.outcome, problem.reason)
        return Item(path, place, None, 0, "", (Provenance(self.platform),), decided)

    def close(self) -> None:
        """Let go of open files. Items can be read afterwards, too: what they need is opened again."""
        for container in self._containers:
            container.close()


class CompactProvenance:
    """Path -> everything said of it, in the order in which it was said.

    Kept compressed: half a million of Provenance would take half a gigabyte.
    """

    def __init__(self) -> None:
        self._packed: dict[str, bytes | list[bytes]] = {}
        self._dictionary = b""  # the first one: most of what is said of the others stands in it, too

    def add(self, path: str, provenance: Provenance) -> None:
        """One more thing said of a path."""
        packed = self._pack(provenance)
        earlier = self._packed.setdefault(path, packed)
        if isinstance(earlier, list):
            earlier.append(packed)
        elif earlier is not packed:
            self._packed[path] = [earlier, packed]

    def of(self, path: str) -> tuple[Provenance, ...]:
        """Everything said of a path; () when nothing was."""
        packed = self._packed.get(path, [])
        return tuple(map(self._unpack, packed if isinstance(packed, list) else [packed]))

    def __iter__(self) -> Iterator[str]:
        return iter(self._packed)

    def _pack(self, provenance: Provenance) -> bytes:
        columns = provenance.columns()
        columns["exposure"] = provenance.exposure.level.value
        data = marshal.dumps(tuple(columns.values()), 0)
        self._dictionary = self._dictionary or data
        compressor = zlib.compressobj(1, wbits=-12, memLevel=4, zdict=self._dictionary)
        return compressor.compress(data) + compressor.flush()

    def _unpack(self, packed: bytes) -> Provenance:
        data = zlib.decompressobj(-12, zdict=self._dictionary).decompress(packed)
        values = marshal.loads(data)  # noqa: S302  (written by _pack in this very process)
        columns = dict(zip(COLUMNS, values, strict=True))
        columns["exposure"] = Exposure(columns["exposure"])
        return Provenance.from_columns(columns)


def as_far_as_shown(provenance: Provenance) -> Provenance:
    """A level below public that rests on nothing in the export is not believed: it is `unknown`."""
    exposure = provenance.exposure
    if exposure.level not in NARROWER or exposure.evidence:
        return provenance
    return replace(provenance, exposure=Exposure.UNKNOWN.because(f"{UNSHOWN} ({exposure.reason})"))


@dataclass
class RecordIndex:
    """What all records of an export say."""

    present: CompactProvenance = field(default_factory=CompactProvenance)  # by key of a file that is there
    missing: CompactProvenance = field(default_factory=CompactProvenance)  # by path of one that is not
    links: list[Provenance] = field(default_factory=list)


class FileSet:
    """The files of a source that one reader answers for, from all parts, with what is said of each."""

    def __init__(
        self, platform: type[Platform], parts: Sequence[SourcePart], beside: FileSet | None = None
    ) -> None:
        """`beside`: another of the same source, whose keys are not used again."""
        self.platform = platform
        self.parts = tuple(parts)
        self._beside = beside
        self._unique = Numbering(self.has)
        self._members: dict[str, Member] = {}
        # key -> a copy and the key of what it copies, or litter and None
        self._copies: dict[str, tuple[Member, str | None]] = {}
        for part in parts:
            for member in part.members:
                self._add(part, member)
        self._container = parts[0].container
        self._kept: RecordIndex | None = None
        self.export = Export(parts[0].name, self._members)
        self.reader = platform(self.export)

    def _add(self, part: SourcePart, member: Member) -> None:
        key = part.below + member.path[len(part.prefix) :]
        if is_litter(member.path):
            self._copies[self._unique(key)] = (member, None)
            return
        if self._beside is not None:
            key = self._beside._unique(key)
        first = self._members.setdefault(key, member)
        if first is member:
            return
        is_same_place = first.container is member.container and first.path == member.path
        other = key if is_same_place else f"{part.name}/{key}"  # as a folder, so that readers find it, too
        if is_copy(first, member):
            self._copies[self._unique(other)] = (member, key)
        else:
            self._members[self._unique(other)] = member

    def __len__(self) -> int:
        return len(self._members) + len(self._copies)

    def has(self, key: str) -> bool:
        """Whether a file is called so already."""
        own = key in self._members or key in self._copies
        return own or (self._beside is not None and self._beside.has(key))

    def read_records(self, *, keep: bool = False) -> RecordIndex:
        """Everything that the records say. `keep`: until it is asked for once more."""
        index, self._kept = self._kept or self._read_records(), None
        if keep:
            self._kept = index
        return index

    def _read_records(self) -> RecordIndex:
        index = RecordIndex()
        for mention in self.reader.mentions():
            if mention.path is None:
                index.links.append(mention.provenance)
            elif (key := self.export.find(mention.path)) is not None:
                index.present.add(key, mention.provenance)
            else:
                index.missing.add(mention.path, mention.provenance)
        self.export.clear_caches()
        return index

    def items(self, rank: Mapping[int, int]) -> Iterator[tuple[tuple[int, int], Item]]:
        """One item per file with its place in reading order. `rank`: of containers, by identity.

        What is only spoken of comes last, and under paths that may not be unique.
        """
        index = self.read_records()
        rows = heapq.merge(
            (((rank[id(file.container)], file.order), key, file, key) for key, file in self._members.items()),
            (
                ((rank[id(file.container)], file.order), key, file, original)
                for key, (file, original) in self._copies.items()
            ),
            key=lambda row: row[0],
        )
        for place, key, file, original in rows:
            yield place, self._item(key, file, original, index)
        for item in self._items_without_file(index):
            yield (len(rank), 0), item

    def _item(self, key: str, file: Member, original: str | None, index: RecordIndex) -> Item:
        """`original`: the path by which records speak of it; None for the operating system's litter."""
        decided: tuple[Outcome, str] | None = LITTER
        provenance: tuple[Provenance, ...] = ()
        if original is None:
            provenance = (Provenance(self.platform.name),)
        else:
            provenance = index.present.of(original)
            decided = file.refused or self._decided(file, original, mentioned=bool(provenance))
            provenance = provenance or (self.reader.infer(original),)
            provenance = tuple(map(as_far_as_shown, provenance))
        return Item(key, file.address, file, file.size, file.stamp, provenance, decided)

    def _decided(self, file: Member, key: str, *, mentioned: bool) -> tuple[Outcome, str] | None:
        if reason := why_unopened(key, inside=not file.container.is_folder):
            return Outcome.UNSUPPORTED, reason
        if mentioned:
            return None
        if key in self.export.unread and key not in self.export.used:
            return Outcome.UNREADABLE, self.export.notes[key]
        if key in self.export.notes:
            return Outcome.RECORD, f"{READ_IN_PART}: {self.export.notes[key]}"
        if key in self.export.records:
            return RECORD
        why_derivative = self.platform.derivative(key)
        return (Outcome.DERIVATIVE, why_derivative) if why_derivative else None

    def _items_without_file(self, index: RecordIndex) -> Iterator[Item]:
        for path in index.missing:
            yield self._item_without_file(path, index.missing.of(path), ABSENT)
        for provenance in index.links:
            link, posted = provenance.link, provenance.posted
            path = (link and link.url) or provenance.post_id or (posted and posted.at) or "without a link"
            yield self._item_without_file(path, (provenance,), LINK if link else NEITHER_FILE_NOR_LINK)

    def _item_without_file(
        self, path: str, provenance: tuple[Provenance, ...], decided: tuple[Outcome, str]
    ) -> Item:
        link = provenance[0].link
        provenance = tuple(map(as_far_as_shown, provenance))
        place = printable(link.url) if link else address(self._container, path)
        return Item(path, place, None, 0, "", provenance, decided)


class Numbering:
    """Finds names that are free, without trying the same numbers again for each of a million equal ones."""

    def __init__(self, is_taken: Callable[[str], bool]) -> None:
        self._is_taken = is_taken
        self._next: dict[str, int] = {}

    def __call__(self, key: str) -> str:
        """`key`, or "stem [2].ending" and so on when it is taken."""
        if not self._is_taken(key):
            return key
        folder, slash, name = key.rpartition("/")
        stem, dot, ending = name.rpartition(".") if "." in name[1:] else (name, "", "")
        number = self._next.get(key, 2)
        while self._is_taken(free := f"{folder}{slash}{stem} [{number}]{dot}{ending}"):
            number += 1
        self._next[key] = number + 1
        return free


def is_copy(first: Member, other: Member) -> bool:
    """Whether two files at one path are copies: by checksum, else by size, records by content."""
    if first.size != other.size or first.refused or other.refused:
        return False
    sums = first.container.checksum(first), other.container.checksum(other)
    if None not in sums:
        return sums[0] == sums[1]
    if not first.path.lower().endswith(RECORDS):
        return True
    try:
        return first.read(MAX_RECORD) == other.read(MAX_RECORD)
    except ItemError:
        return False
