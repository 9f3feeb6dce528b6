"""Consent: a ledger's entries become a Grant, and without a Grant nothing is read, searched or shown.

`require` is the only maker of Grants. Python cannot stop a caller from forging one; it stops every caller
from forgetting. A source's consent is about a path and everything below it: the entry about the path that was
indexed decides, or about the nearest one above it.
"""

from __future__ import annotations

import json
import os
import shlex
import sys
import threading
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import Any

from .. import places
from ..errors import ConsentError, UsageError
from ..library import changes, items, ledger, people, sources
from ..library.changes import Change, State
from ..library.items import LinkedItem
from ..library.ledger import GIVEN, LAPSE, LedgerEntry
from ..library.library import Library
from ..library.people import Person
from ..library.sources import SourceRow
from ..types import Clock, isoformat

LONGEST = timedelta(days=3 * 365)  # Illinois' Biometric Information Privacy Act, section 15(a)
USUAL = timedelta(days=365)
VERSION = "2"
CATEGORIES = "photographs, videos and their records; face templates (biometric data)"
PURPOSE = "to show the person where their own face appears in media that they control"
CONTRAST_PURPOSE = "to tell the person apart from people who are searched for; not to search for the person"

GIVEN_AS = "given as"  # in an entry's detail: the path that was named, when it was a link
CONTRAST = "contrast"  # in an entry's detail: the person may be told apart from others, and not searched for

NewestEntries = Mapping[str, LedgerEntry]  # subject -> its newest entry, in the order of first naming

STATEMENTS = {
    ("source", "own"): (
        "The media in {subject} are mine, or I have the right to examine them. I agree that this program"
        " finds the faces in them and keeps face templates in a private library on this machine, until"
        " {expires} or until I withdraw this."
    ),
    ("source", "release"): (
        "{by} has the right to the media in {subject} and agreed in writing that this program finds the"
        " faces in them and keeps face templates in a private library on this machine, until {expires} or"
        " until it is withdrawn."
    ),
    ("person", "own"): (
        "{photographs} me{lookalikes}. I agree that this program keeps a face template of me, called"
        " {subject}, in a private library on this machine and searches the library for my face, until"
        " {expires} or until I withdraw this."
    ),
    ("person", "release"): (
        "{photographs} {subject}{lookalikes}. {by} agreed in writing that this program keeps a face template"
        " of {subject} in a private library on this machine and searches the library for that face, until"
        " {expires} or until it is withdrawn."
    ),
}
CONTRAST_STATEMENTS = {  # of a person who is to be told apart from others: by basis
    "own": (
        "{photographs} me{lookalikes}. I agree that this program keeps a face template of me, called"
        " {subject}, in a private library on this machine, to tell me apart from the people whom it searches"
        " for and to name me where a face may be mine, and not to search for me, until {expires} or until I"
        " withdraw this."
    ),
    "release": (
        "{photographs} {subject}{lookalikes}. {by} agreed in writing that this program keeps a face template"
        " of {subject} in a private library on this machine, to tell {subject} apart from the people whom it"
        " searches for and to name {subject} where a face may be theirs, and not to search for {subject},"
        " until {expires} or until it is withdrawn."
    ),
}


@dataclass(frozen=True, slots=True)
class ConsentRequest:
    """What is agreed to when somebody gives consent."""

    kind: str  # source, person
    subject: str  # absolute path, or the person's name
    basis: str  # own, release
    by: str = ""  # who released it
    evidence_sha256: str = ""
    lasts: timedelta = USUAL
    method: str = "command line"
    photographs: tuple[str, ...] = ()  # of a person: sha256 of each that the statement is about
    is_unlike: bool = False  # one of them does not resemble what is kept of the person
    lookalikes: tuple[str, ...] = ()  # other enrolled people whom they resemble and do not show
    given_as: str = ""  # the path that was named, where links lead from it to `subject`
    is_contrast: bool = False  # the person is to be told apart from others, and not to be searched for


@dataclass(frozen=True, slots=True)
class Grant:
    """Live consent. Only `require` makes one."""

    kind: str
    subject: str
    entry: int  # the ledger's entry that it rests on
    expires_at: datetime
    is_contrast: bool = False  # allows to tell the person apart from others alone


@dataclass(frozen=True, slots=True)
class ConsentStatus:
    """Where consent stands for one subject of the ledger."""

    state: str  # live, expired, withdrawn, erased
    entry: LedgerEntry  # the one that decides
    expires_at: datetime | None

    @property
    def is_contrast(self) -> bool:
        """Whether a person agreed to be told apart from others alone."""
        return _is_contrast(self.entry)


def require_kind(kind: str) -> None:
    """Raises UsageError for what consent cannot be about."""
    if not any(kind == known for known, _ in STATEMENTS):
        raise UsageError(f"consent is for a source or for a person, not for a {kind!r}")


def statement(request: ConsentRequest, now: datetime) -> str:
    """The sentences that are agreed to, with names and dates filled in. Raises UsageError."""
    require_kind(request.kind)
    if (request.kind, request.basis) not in STATEMENTS:
        raise UsageError(f"consent for a {request.kind} is own or release, not {request.basis!r}")
    if request.is_contrast and request.kind != "person":
        raise UsageError("people are told apart, not sources")
    words = CONTRAST_STATEMENTS[request.basis] if request.is_contrast else None
    return (words or STATEMENTS[request.kind, request.basis]).format(
        subject=_named(request),
        by=request.by or "the owner",
        expires=f"{now + request.lasts:%Y-%m-%d}",
        photographs=_photographs(request),
        lookalikes=f" and not {', '.join(request.lookalikes)}, who looks alike" if request.lookalikes else "",
    )


def _photographs(request: ConsentRequest) -> str:
    """Which photographs, by the beginnings of their SHA-256, and that they show somebody: whom comes next."""
    several = len(request.photographs) > 1
    words = "The photographs" if several else "The photograph"
    if request.photographs:
        words += f" (SHA-256 {', '.join(sha256[:12] for sha256 in request.photographs)})"
    if request.is_unlike:
        verb = "do" if several else "does"
        words += f", which {verb} not look like what is kept of {request.subject} already,"
    return f"{words} show{'' if several else 's'}"


def _named(request: ConsentRequest) -> str:
    return f"{request.given_as} (a link to {request.subject})" if request.given_as else request.subject


def _check_name(name: str) -> None:
    """Raises UsageError for a name that could not be told from something else when it is said later."""
    if not name or name != name.strip():
        raise UsageError(f"a person's name is some text without spaces around it, not {name!r}")
    if name.isdecimal():
        raise UsageError(f"a person's name is not a number alone: {name} would be taken for source {name}")


def give(library: Library, request: ConsentRequest, now: datetime, *, event: str = "grant") -> Grant:
    """Write consent into the ledger. Raises UsageError when it is not complete or lasts too long."""
    if request.kind == "person" and not ledger.entries(library, "person", request.subject):
        _check_name(request.subject)
    agreed = statement(request, now)
    if request.basis == "release" and not request.by:
        raise UsageError("a release needs the name of the person who gave it: --by NAME")
    if not timedelta(0) < request.lasts <= LONGEST:
        raise UsageError("consent lasts at least a day and at most three years")
    detail: dict[str, Any] = {GIVEN_AS: request.given_as} if request.given_as else {}
    detail |= {CONTRAST: True} if request.is_contrast else {}
    entry = LedgerEntry(
        at=isoformat(now),
        event=event,
        kind=request.kind,
        subject=request.subject,
        basis=request.basis,
        given_by=request.by or "the user",
        evidence_sha256=request.evidence_sha256,
        purpose=CONTRAST_PURPOSE if request.is_contrast else PURPOSE,
        categories=CATEGORIES,
        statement_version=VERSION,
        statement=agreed,
        method=request.method,
        expires_at=isoformat(now + request.lasts),
        detail=json.dumps(detail) if detail else "",
    )
    ledger.append(library, entry)
    return require(library, request.kind, request.subject, now, contrast=request.is_contrast)


def renew(library: Library, kind: str, subject: str, now: datetime, lasts: timedelta = USUAL) -> Grant:
    """Consent anew to what was consented to, live or expired.

    Raises ConsentError when it was withdrawn or erased.
    """
    return give(library, renewal(library, kind, subject, now, lasts), now, event="renew")


def renewal(
    library: Library, kind: str, subject: str, now: datetime, lasts: timedelta = USUAL
) -> ConsentRequest:
    """What renewing says; `statement` puts it in words."""
    entry = _deciding(_newest_entries(library, kind, [subject]), kind, subject)
    if entry is None or entry.event not in GIVEN:
        raise _refusal(entry, kind, subject)
    by = entry.given_by if entry.basis == "release" else ""
    given_as = next(iter(_aliases(entry)), "")
    return ConsentRequest(
        kind, entry.subject, entry.basis, by, entry.evidence_sha256, lasts, given_as=given_as,
        is_contrast=_is_contrast(entry),
    )  # fmt: skip


def revoke(
    library: Library, kind: str, subject: str, now: datetime, detail: str = "", also: Sequence[str] = ()
) -> list[str]:
    """Withdraw consent: it counts from this moment, also for a run that goes on in another process.

    For a path everything below it is withdrawn, too, and what was given under that path when it was a link.
    `also`: other paths that were meant. Returns the subjects that had consent until now, for forget.py to
    erase what rests on it. Raises UsageError when no consent is on record.
    """
    with library.atomic():
        subjects = withdrawable(library, kind, subject, also)
        for each in subjects:
            ledger.append(library, LedgerEntry(isoformat(now), "revoke", kind, each, detail=detail))
    return subjects


def withdrawable(library: Library, kind: str, subject: str, also: Sequence[str] = ()) -> list[str]:
    """What `revoke` withdraws, while nothing is withdrawn yet. Raises UsageError as it does."""
    newest = ledger.newest(library, kind)  # to withdraw is possible whatever was done to the ledger
    given = [entry.subject for entry in newest.values() if entry.event in GIVEN]
    ended = [each for each in given if each == subject]
    if kind == "source":
        names = paths_as_given(library)
        ended = [each for each in given if _is_meant([each, *names.get(each, ())], [subject, *also])]
    if not ended:
        _check_part(library, newest, kind, subject)
    return list(dict.fromkeys([subject, *ended]))


def _is_meant(paths: Iterable[str], named: Sequence[str]) -> bool:
    """Whether what has these paths lies at or below something that was named."""
    return any(places.may_be_meant(path, each) for path in paths for each in named)


def _aliases(entry: LedgerEntry) -> list[str]:
    """The path as it was given, where it was a link to the entry's subject."""
    given_as = _detail(entry).get(GIVEN_AS)
    return [given_as] if isinstance(given_as, str) else []


def _is_contrast(entry: LedgerEntry) -> bool:
    """Whether what was agreed to is that the person is told apart from others, and no more."""
    return bool(_detail(entry).get(CONTRAST))


def _detail(entry: LedgerEntry) -> dict[str, Any]:
    """What a consent says beyond its fields; the detail of other entries is in the user's own words."""
    if entry.event not in GIVEN or not entry.detail.startswith("{"):
        return {}
    return dict(json.loads(entry.detail))


def meant_by(library: Library, name: str) -> list[str]:
    """The paths on record that somebody who names a path may mean: itself, and where it leads.

    Each has an entry of the ledger or a source at or below it, or lies in one.
    """
    known = [row.root for row in sources.all_sources(library)]
    known += [path for subject, given in paths_as_given(library).items() for path in (subject, *given)]
    named = dict.fromkeys([places.path_as_given(name), places.real_path(name)])
    found = [path for path in named if any(places.may_be_meant(each, path) for each in known)]
    if not found:
        found = [path for path in named if any(places.is_at_or_below(path, each) for each in known)][-1:]
    return [_as_spelled(known, path) for path in found]


def paths_as_given(library: Library) -> dict[str, list[str]]:
    """Subject -> the paths that were named when consent was given for it, where they were links to it."""
    given: dict[str, list[str]] = {}
    for entry in ledger.entries(library, "source"):
        given.setdefault(entry.subject, []).extend(_aliases(entry))
    return given


def subject_at(library: Library, path: str) -> str:
    """The real path of a place: what consent for it is about. Spelled as it is on record, if it is."""
    roots = [row.root for row in sources.all_sources(library)]
    return _as_spelled([*roots, *ledger.subjects(library, "source")], places.real_path(path))


def _as_spelled(known: Sequence[str], path: str) -> str:
    return path if path in known else next((each for each in known if places.is_same(each, path)), path)


def _check_part(library: Library, newest: NewestEntries, kind: str, subject: str) -> None:
    """Raises UsageError unless the subject is a source that rests on the consent for a folder above it."""
    entry = _deciding(newest, kind, subject)
    if entry is None or entry.event not in GIVEN:
        raise UsageError(f"there is no consent on record for {subject}; see: selfsearch consent list")
    roots = [row.root for row in sources.all_sources(library)]
    if not any(root == subject or _below(root, subject) for root in roots):
        raise UsageError(
            f"consent was given for {entry.subject} as a whole; withdraw that, or take {subject} out of the"
            f" folder and erase what is kept of it: selfsearch forget {shlex.quote(subject)}"
        )


def covering(library: Library, subject: str, now: datetime) -> list[str]:
    """Paths of sources above `subject` whose own consent is live.

    What lies at `subject` goes on being read and shown as a part of them.
    """
    above = {row.root for row in sources.visible_sources(library) if _below(subject, row.root)}
    return sorted(live(library, "source", above, now))


def statuses(library: Library, now: datetime) -> list[ConsentStatus]:
    """Where consent stands for every subject of the ledger, in the order in which they were first named."""
    entries = [entry for kind in ("source", "person") for entry in _newest_entries(library, kind).values()]
    return [_status(entry, now) for entry in entries]


def statuses_of(
    library: Library, kind: str, subjects: Iterable[str], now: datetime
) -> dict[str, ConsentStatus]:
    """Subject -> where the consent that decides about it stands; none for what the ledger does not cover."""
    subjects = list(subjects)
    newest = _newest_entries(library, kind, subjects)
    entries = {subject: _deciding(newest, kind, subject) for subject in subjects}
    return {subject: _status(entry, now) for subject, entry in entries.items() if entry}


def _status(entry: LedgerEntry, now: datetime) -> ConsentStatus:
    expires = datetime.fromisoformat(entry.expires_at) if entry.expires_at else None
    state = {"revoke": "withdrawn", "erase": "erased"}.get(entry.event, "live")
    return ConsentStatus("expired" if expires and expires <= now else state, entry, expires)


def ended(library: Library, kind: str, withdrawing: Collection[str] = ()) -> set[str]:
    """Paths of sources, or names of people, in the library whose consent was withdrawn or erased.

    `withdrawing`: as it will be once the consent for these subjects is withdrawn, too.
    """
    if kind == "source":
        subjects = {row.root for row in sources.all_sources(library)}
    else:
        subjects = {person.name for person in people.all_people(library)}
    newest = _newest_entries(library, kind, subjects, withdrawing)
    deciding = {subject: _deciding(newest, kind, subject) for subject in subjects}
    return {subject for subject, entry in deciding.items() if entry and entry.event not in (*GIVEN, LAPSE)}


def require(library: Library, kind: str, subject: str, now: datetime, *, contrast: bool = False) -> Grant:
    """The live consent for a source's path, or for a person to be searched for.

    With `contrast`, a person's consent to be told apart from others is enough. A path that is, or has become,
    a link needs consent for where it leads as well. Raises ConsentError, saying how to give it; LibraryError
    when the ledger was changed.
    """
    real = os.path.realpath(subject) if kind == "source" else subject
    newest = _newest_entries(library, kind, [subject, real])
    if places.is_same(real, subject):
        return _grant(newest, kind, subject, now, contrast=contrast)
    if _deciding(newest, kind, subject):
        _grant(newest, kind, subject, now)
    return replace(_grant(newest, kind, real, now), subject=subject)


def may_read(library: Library, real: str, now: datetime) -> bool:
    """Whether there is live consent for a real path, behind a link."""
    return real in live(library, "source", [real], now)


class ConsentBehindLinks:
    """Whether real paths may be read, for one run: the ledger's answers, remembered for every thread.

    The thread that made it has the library and asks; others get no for what was not asked before.
    """

    def __init__(self, library: Library, clock: Clock) -> None:
        self._library, self._clock = library, clock
        self._thread = threading.get_ident()
        self._paths: dict[str, bool] = {}
        self._folders: dict[str, bool] = {}  # those in which every file has the same answer

    def __call__(self, real: str) -> bool:
        folder = os.path.dirname(real)
        answer = self._folders.get(folder, self._paths.get(real))
        if answer is None and threading.get_ident() == self._thread:
            answer = may_read(self._library, real, self._clock())
            is_uniform = not any(_below(each, folder) for each in ledger.subjects(self._library, "source"))
            remembered = self._folders if is_uniform else self._paths
            remembered[folder if is_uniform else real] = answer
        return bool(answer)


def live(
    library: Library, kind: str, subjects: Iterable[str], now: datetime, *, contrast: bool = False
) -> set[str]:
    """Those of `subjects` that have live consent, for people that to be searched for.

    With `contrast`, a person's consent to be told apart from others is enough.
    """
    subjects = list(subjects)
    newest = _newest_entries(library, kind, subjects)
    return {subject for subject in subjects if _is_live(newest, kind, subject, now, contrast=contrast)}


def unconsented_links(
    library: Library, now: datetime, *, expired: bool = True, withdrawing: Collection[str] = ()
) -> list[LinkedItem]:
    """Files that were read behind links out of their source and that no consent covers any more.

    Unless `expired`, those alone whose consent was withdrawn or erased; `withdrawing` as for `ended`.
    """
    links = [link for link in items.linked_items(library) if not places.is_at_or_below(link.real, link.root)]
    newest = _newest_entries(library, "source", {link.real for link in links}, withdrawing)
    deciding = {link.real: _deciding(newest, "source", link.real) for link in links}
    covered = {real for real, entry in deciding.items() if entry and entry.event in (*GIVEN, LAPSE)}
    if expired:
        covered = {real for real in covered if _is_live(newest, "source", real, now)}
    return [link for link in links if link.real not in covered]


def consented_sources(library: Library, now: datetime) -> list[SourceRow]:
    """Sources whose consent is live and that are not being erased, oldest first.

    Files behind links to a place whose consent has ended count as gone from here on.
    """
    items.hide(library, [link.item for link in unconsented_links(library, now)], isoformat(now))
    rows = sources.visible_sources(library)
    roots = live(library, "source", {row.root for row in rows}, now)
    return [row for row in rows if row.root in roots]


def searchable_sources(library: Library, now: datetime, named: Collection[int] = ()) -> list[SourceRow]:
    """Consented sources that no newer export has replaced, and those that are `named` by their numbers.

    Raises UsageError for a number that no source has, and ConsentError for one that may not be searched.
    """
    known = {row.id: row for row in sources.all_sources(library)}
    unknown = sorted(set(named) - known.keys())
    if unknown:
        raise UsageError(f"there is no source {', '.join(map(str, unknown))}; see: selfsearch sources")
    rows = consented_sources(library, now)
    for number in sorted(set(named) - {row.id for row in rows}):
        why = "is being erased" if known[number].is_erasing else "has no live consent"
        name = known[number].name
        raise ConsentError(f"{name} {why}, so it is not searched; see: selfsearch consent list")
    return [row for row in rows if row.successor is None or row.id in named]


def replaced_sources(library: Library, now: datetime, searched: Collection[SourceRow]) -> list[SourceRow]:
    """Consented sources that a newer export has replaced, without those that are `searched` all the same."""
    numbers = {row.id for row in searched}
    rows = [
        row for row in sources.visible_sources(library) if row.successor is not None and row.id not in numbers
    ]
    roots = live(library, "source", {row.root for row in rows}, now) if rows else set()
    return [row for row in rows if row.root in roots]


def consented_people(library: Library, now: datetime, *, contrast: bool = False) -> list[Person]:
    """Everybody whose consent to be searched for is live.

    With `contrast`, those as well who agreed to be told apart from others alone.
    """
    persons = people.all_people(library)
    names = live(library, "person", [person.name for person in persons], now, contrast=contrast)
    return [person for person in persons if person.name in names]


def is_contrast(library: Library, name: str) -> bool:
    """Whether what a person agreed to last, also if that has expired, is to be told apart from others alone.

    Raises LibraryError when the ledger was changed.
    """
    entry = _deciding(_newest_entries(library, "person", [name]), "person", name)
    return entry is not None and _is_contrast(entry)


def visible_changes(library: Library, found: Sequence[Change], now: datetime) -> list[Change]:
    """Changes of people whose consent is live, with the places in sources whose consent is. Others wait.

    So do changes of which nothing is left to see without the places that are hidden. Faces that the person
    said are somebody else's are not among them.
    """
    names = live(library, "person", {change.person for change in found}, now)
    denied = changes.denied(library, found)
    roots = {row.root for row in sources.all_sources(library)}
    closed = roots - live(library, "source", roots, now)
    unread = {link.address for link in unconsented_links(library, now)}
    visible = []
    for change in found:
        before, after = (
            _open_places(state, closed, roots, unread) for state in (change.before, change.after)
        )
        if change.person in names and change.id not in denied and _differ(change.kind, before, after):
            visible.append(replace(change, before=before, after=after))
    return visible


def _differ(kind: str, before: State | None, after: State | None) -> bool:
    """Whether a change of this kind can be seen in these two."""
    if before is None or after is None:
        return bool(before or after)
    if kind == "exposure":
        return before.audience != after.audience
    return kind != "moved" or before.places != after.places


def _open_places(state: State | None, closed: set[str], roots: set[str], unread: set[str]) -> State | None:
    """The state without its places below `closed` roots; None when none is left, or all were erased.

    Nor with those behind links to where there is no consent any more, `unread`.
    """
    if state is None:
        return None
    open_places = [
        place for place in state.places if place not in unread and _root_of(place, roots) not in closed
    ]
    return state.within(open_places) if open_places else None


def _root_of(place: str, roots: set[str]) -> str:
    """The nearest root above an address, or the archive itself; "" when there is none."""
    file = place if place in roots else next((root for root in roots if place.startswith(f"{root}!")), place)
    above = (str(path) for path in (PurePath(file), *PurePath(file).parents))
    return next((path for path in above if path in roots), "")


def _newest_entries(
    library: Library, kind: str, subjects: Iterable[str] | None = None, withdrawing: Collection[str] = ()
) -> NewestEntries:
    """What may decide about these subjects, or all. Raises LibraryError when the ledger was changed.

    `withdrawing`: as it will be once the consent for these is withdrawn, too.
    """
    if withdrawing:
        revoked = {each: LedgerEntry("", "revoke", kind, each, id=sys.maxsize) for each in withdrawing}
        return {**_newest_entries(library, kind, subjects), **revoked}
    if subjects is None:
        return ledger.believed(library, kind)
    wanted = {place for subject in subjects for place in _places(kind, subject)}
    if kind == "source":
        forms = set(map(places.folded, wanted))
        wanted |= {each for each in ledger.subjects(library, kind) if places.folded(each) in forms}
    return ledger.believed(library, kind, wanted)


def _deciding(newest: NewestEntries, kind: str, subject: str) -> LedgerEntry | None:
    """The newest entry about the subject; for a path, about the nearest folder above it that has one."""
    if kind == "person":
        return newest.get(subject)
    alike: dict[str, list[str]] = {}
    for each in newest:
        alike.setdefault(places.folded(each), []).append(each)
    for place in _places(kind, subject):
        spellings = alike.get(places.folded(place), ())
        if found := [newest[each] for each in spellings if places.is_same(each, place)]:
            return max(found, key=lambda entry: entry.id)
    return None


def _places(kind: str, subject: str) -> list[str]:
    """What an entry that decides about the subject may be about, the nearest first."""
    return [subject] if kind == "person" else [subject, *map(str, PurePath(subject).parents)]


def _below(path: str, folder: str) -> bool:
    return places.is_at_or_below(path, folder) and not places.is_same(path, folder)


def _is_live(
    newest: NewestEntries, kind: str, subject: str, now: datetime, *, contrast: bool = False
) -> bool:
    try:
        _grant(newest, kind, subject, now, contrast=contrast)
    except ConsentError:
        return False
    return True


def _grant(newest: NewestEntries, kind: str, subject: str, now: datetime, *, contrast: bool = False) -> Grant:
    """Raises ConsentError when the deciding entry is no consent, not for that, or has expired."""
    entry = _deciding(newest, kind, subject)
    if entry is None or entry.event not in GIVEN:
        raise _refusal(entry, kind, subject)
    if _is_contrast(entry) and not contrast:
        raise ConsentError(
            f"{subject} agreed to be told apart from others, and not to be searched for. That needs a"
            " statement of its own: selfsearch people add --help"
        )
    expires = datetime.fromisoformat(entry.expires_at)
    if expires <= now:
        raise ConsentError(
            f"the consent for {subject} expired on {entry.expires_at[:10]};"
            f" renew it: selfsearch consent renew {shlex.quote(entry.subject)}"
        )
    return Grant(kind, subject, entry.id, expires, _is_contrast(entry))


def _refusal(entry: LedgerEntry | None, kind: str, subject: str) -> ConsentError:
    if kind == "source":
        how = f"give it with: selfsearch index {shlex.quote(subject)} --consent own"
    else:
        how = (
            "a search for a person needs that person's own consent. If the photographs show you, --self says"
            " so; how somebody else agrees: selfsearch query --help"
        )
    if entry is None:
        return ConsentError(f"there is no consent on record for {subject}; {how}")
    if entry.event == LAPSE:
        return ConsentError(
            f"the library was damaged, and with it what the ledger said last of the consent for {subject}:"
            f" whether it was withdrawn is not known; {how}"
        )
    ended = "erased" if entry.event == "erase" else "withdrawn"
    return ConsentError(f"the consent for {subject} was {ended} on {entry.at[:10]}; {how}")
