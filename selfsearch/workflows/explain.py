"""Explain: why a place of a picture is described as it is, and by which records. Reads the library alone."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ..consent import grants
from ..consent.exposure import Knowledge
from ..errors import UsageError
from ..exports.path_index import fold
from ..exports.platforms.parsing import load_words
from ..library import named_files
from ..library.library import Library
from ..library.named_files import NamedFile
from ..library.sources import SourceRow
from ..types import Outcome, Provenance, Sighting, Timestamp
from .query import complete, wider

MOST = 20  # files that one name may stand for
LEFT_OUT = "…"

_RECORD_NAME = re.compile(r"[a-z0-9 ._-]{1,60}\.(?:json|js|csv|html)", re.IGNORECASE)
_NUMBERED = re.compile(r"[0-9]{3,}")
_DIGIT = re.compile(r"[0-9]")
_NAMES = re.compile(  # in a reason: of people who commented, of the groups in whose pool it is
    r"((?:comments?|likes?) by |in the pool of ).+?(?=(?: on it)? \(\S+\)(?:;|$)|, whose members|\Z)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Record:
    """A record or a folder of an export."""

    path: str  # from the export's root
    place: str | None  # absolute, ARCHIVE!RECORD; None when it is not known in which archive it is


@dataclass(frozen=True, slots=True)
class Explanation:
    """One thing that is said of one file, and what says so."""

    source: SourceRow
    path: str  # absolute; a member of an archive is ARCHIVE!MEMBER
    outcome: Outcome
    outcome_reason: str | None
    gone: bool
    said: Provenance  # as answers have it, with the user's own knowledge
    exported: Provenance  # as the export has it
    records: tuple[Record, ...]
    evidence: tuple[Record, ...]  # of the exposure

    @property
    def is_decided_by_user(self) -> bool:
        """Whether it was the user who said who could see it."""
        return self.said.exposure != self.exported.exposure


def of_path(library: Library, name: str, now: datetime) -> list[Explanation]:
    """Everything said of the files that a path stands for, or the end of one.

    Raises UsageError when no source with live consent has such a file, or too many are meant.
    """
    rows = {row.id: row for row in grants.consented_sources(library, now)}
    files = named_files.find_files(library, name, list(rows), MOST + 1)
    if not files:
        raise UsageError(
            f"no source with live consent has a file {name}; ids and paths stand in: selfsearch query"
            " --verbose"
        )
    if len(files) > MOST:
        raise UsageError(f"more than {MOST} files are called {name}: give more of the path")
    return _explained(library, files, rows)


def of_sightings(library: Library, sightings: Iterable[Sighting], now: datetime) -> list[Explanation]:
    """Everything said at these places of an appearance."""
    rows = {row.id: row for row in grants.consented_sources(library, now)}
    places = [(each.source, each.path) for each in sightings if each.source in rows]
    files = named_files.files_at(library, [path for _, path in places], list(rows))
    files = [file for file in files if (file.source, file.address) in places]
    files.sort(key=lambda file: places.index((file.source, file.address)))
    return _explained(library, files, rows)


def _explained(
    library: Library, files: Sequence[NamedFile], rows: Mapping[int, SourceRow]
) -> list[Explanation]:
    """What is said of these files; and what exports that were replaced say of the same pictures beyond it."""
    media = dict.fromkeys(file.media for file in files if rows[file.source].successor is None)
    known = {file.id for file in files}
    found = [each for file in files for each in _of_file(library, file, rows[file.source])]
    for number in media:
        if number is not None:
            found += _of_replaced(library, number, rows, known)
    return found


def _of_replaced(
    library: Library, media: int, rows: Mapping[int, SourceRow], known: Collection[int]
) -> Iterator[Explanation]:
    """A picture's places in exports that were replaced, wider than all others, that are not `known` yet."""
    if all(row.successor is None for row in rows.values()):
        return
    current: list[Sighting] = []
    former: list[tuple[NamedFile, Explanation]] = []
    for file in named_files.files_with(library, media, list(rows)):
        source = rows[file.source]
        for each in _of_file(library, file, source):
            if source.successor is not None:
                former.append((file, each))
            elif not file.gone:
                current.append(_sighting(each))
    for file, each in former:
        if file.id not in known and any(wider([_sighting(each)], current)):
            yield each


def _sighting(explanation: Explanation) -> Sighting:
    return Sighting(explanation.source.id, explanation.path, explanation.said)


def _of_file(library: Library, file: NamedFile, source: SourceRow) -> Iterator[Explanation]:
    for exported in file.provenance:
        said = complete(exported, file.facts, Knowledge.of(source))
        yield Explanation(
            source=source,
            path=file.address,
            outcome=file.outcome,
            outcome_reason=file.reason,
            gone=file.gone,
            said=said,
            exported=exported,
            records=_records(library, source, exported.records),
            evidence=_records(library, source, exported.exposure.evidence),
        )


def _records(library: Library, source: SourceRow, paths: Sequence[str]) -> tuple[Record, ...]:
    return tuple(Record(path, named_files.place_of(library, source.id, path)) for path in paths)


# For a bug report: what decided, without what it was decided of


def redacted(explanation: Explanation) -> Explanation:
    """The same without names, words, addresses, days and paths, as far as their places are known."""
    names, source = _names(explanation), explanation.source
    return replace(
        explanation,
        source=replace(
            source,
            account=source.account and LEFT_OUT,
            display_name=source.display_name and LEFT_OUT,
            root=LEFT_OUT,
            containers=[LEFT_OUT + _ending(path) for path in source.containers],
            why=_without(source.why, names),
        ),
        path=LEFT_OUT + _ending(explanation.path),
        outcome_reason=explanation.outcome_reason and _without(explanation.outcome_reason, names),
        said=_redacted_provenance(explanation.said, names),
        exported=_redacted_provenance(explanation.exported, names),
        records=tuple(_redacted_record(record, names) for record in explanation.records),
        evidence=tuple(_redacted_record(record, names) for record in explanation.evidence),
    )


def _names(explanation: Explanation) -> list[str]:
    """Every text of a person's that may stand in another one, the longest first."""
    said, source = explanation.said, explanation.source
    file = re.split(r"[/!]", explanation.path)[-1].partition(".")[0]
    texts = (
        source.account, source.display_name, said.account, said.author, said.album, said.place, said.caption,
        *said.people, said.link and said.link.url, source.root, *source.containers,
        *(os.path.basename(path) for path in source.containers), file, *_named_audience(explanation.exported),
    )  # fmt: skip
    return sorted({text for text in texts if text and len(text) > 1}, key=len, reverse=True)


def _named_audience(exported: Provenance) -> Iterator[str]:
    """The people, circles and communities that Google+ names as an audience, without its own words."""
    audience = exported.audience and exported.audience.name
    if exported.platform == "google_plus" and audience:
        known = {*load_words("google_plus", "public"), *load_words("google_plus", "network")}
        yield from (name for part in audience.split(",") if fold(name := part.strip()) not in known)


def _without(text: str, names: Sequence[str]) -> str:
    for name in names:
        text = re.sub(re.escape(name), LEFT_OUT, text, flags=re.IGNORECASE)
    return text


def _redacted_provenance(provenance: Provenance, names: Sequence[str]) -> Provenance:
    reason = _NAMES.sub(rf"\1{LEFT_OUT}", _without(provenance.exposure.reason, names))
    audience = provenance.audience
    if audience and audience.name:
        audience = replace(audience, name=_without(audience.name, names))
    return replace(
        provenance,
        account=provenance.account and LEFT_OUT,
        caption=provenance.caption and LEFT_OUT,
        posted=_redacted_time(provenance.posted),
        taken=_redacted_time(provenance.taken),
        link=provenance.link and replace(provenance.link, url=LEFT_OUT),
        audience=audience,
        exposure=replace(provenance.exposure, reason=reason),
        album=provenance.album and LEFT_OUT,
        location=None,
        place=provenance.place and LEFT_OUT,
        people=(LEFT_OUT,) * bool(provenance.people),
        author=provenance.author and LEFT_OUT,
        post_id=provenance.post_id and LEFT_OUT,
    )


def _redacted_time(time: Timestamp | None) -> Timestamp | None:
    """Its form alone: which parts it has, and whether a zone."""
    return time and replace(time, at=_DIGIT.sub("0", time.at))


def _redacted_record(record: Record, names: Sequence[str]) -> Record:
    """The name of a record that the platform gave it, without the folders; of another one its ending."""
    base = record.path.rpartition("/")[2]
    is_own = _RECORD_NAME.fullmatch(base) and not _NUMBERED.search(base)
    kept = base if is_own and _without(base, names) == base else base and LEFT_OUT + _ending(base)
    return Record(f"{LEFT_OUT}/{kept}", None)


def _ending(path: str) -> str:
    name = path.rpartition("/")[2]
    return f".{name.rpartition('.')[2]}" if "." in name[1:] and len(name.rpartition(".")[2]) < 6 else ""
