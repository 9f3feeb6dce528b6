"""What will be erased, said before it is asked for; completing it; and the words of its receipts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ..words import counted, quantity

if TYPE_CHECKING:
    from datetime import datetime

    from ..consent.forget import Receipt
    from ..library.erasure_preview import Preview
    from ..library.library import Library


def require_yes(
    count: Callable[[], Preview], question: str, otherwise: str, *, yes: bool, warning: str = ""
) -> None:
    """Unless `yes`: say what would be erased, and ask.

    Raises UsageError, which begins with `otherwise`, when it is not agreed to.
    """
    from . import options

    if not yes:
        options.say(*preview_lines(count()), *filter(None, [warning]))
    options.require_yes(f"{question} This cannot be undone.", otherwise, yes=yes)


def preview_lines(preview: Preview) -> list[str]:
    """What goes, what stays, and what becomes of backups, for whoever has to decide."""
    if not preview.requests:
        return ["Nothing is kept of it, so there is nothing to erase."]
    return [
        "This will be erased:",
        *(f"  - {line}" for line in _what_goes(preview)),
        "This stays:",
        *(f"  - {line}" for line in _what_stays(preview)),
        "Backups made earlier:",
        *(f"  - {line}" for line in _of_backups(preview)),
    ]


def _what_goes(preview: Preview) -> list[str]:
    from ..report.wording import join_and

    counts, lines = preview.counts, []
    if named := [counted(counts[name], name) for name in ("sources", "files", "sightings") if name in counts]:
        lines.append(f"{join_and(named)}: where each file was found, with dates, captions and links")
    faces, media = counts.get("faces", 0), counts.get("media", 0)
    if faces:
        where = f" in {quantity(media, 'photograph')}" if media else ""
        lines.append(f"{quantity(faces, 'face')}{where}: templates and small pictures of them")
    elif media:
        lines.append(f"{quantity(media, 'photograph')} without a face")
    if photographs := counts.get("probe photographs", 0):
        people = join_and([request.subject for request in preview.requests if request.kind == "person"])
        enrolment = f"the enrolment of {people}: " if people else ""
        lines.append(
            f"{enrolment}the template and a small picture from {quantity(photographs, 'photograph')}"
        )
    elif "people" in counts:
        lines.append(counted(counts["people"], "people"))
    remembered = ("verdicts", "remembered appearances", "remembered changes", "entries of the audit log")
    lines += [counted(counts[name], name) for name in remembered if name in counts]
    if "keys" in counts:
        lines.append(f"{quantity(counts['keys'], 'key')} that these faces are sealed with")
    if preview.reports:
        pages = counted(preview.reports, "pages of reports")
        lines.append(f"{pages} in the library's folder: each may show what is erased")
    return lines


def _what_stays(preview: Preview) -> list[str]:
    lines = ["your own files: none of them is changed or deleted"]
    if preview.shared:
        shared = quantity(preview.shared, "photograph")
        lines.append(f"{shared} that another source has as well, with the faces in it")
    is_about_people = bool(preview.kinds & {"person", "probe"})
    if is_about_people and "library" not in preview.kinds:
        lines.append("the faces that were found in your sources: a source is forgotten by itself")
    hashes = ", and the SHA-256 of photographs to search by" if is_about_people else ""
    lines.append(f"the ledger of consent: what was agreed to, when it ended, how much was erased{hashes}")
    if "library" not in preview.kinds:
        whom = " about others, or about nobody by name" if "person" in preview.kinds else ""
        lines.append(f"the entries of the audit log{whom}")
    return lines


def _of_backups(preview: Preview) -> list[str]:
    whole = "a backup made with its key, or a recovery code from before, still opens all of it"
    again = "make a new one afterwards: selfsearch backup FILE"
    if "library" in preview.kinds:
        return [f"they do not open with the key that this library has from then on; {again}", whole]
    if preview.kinds & {"source", "person"}:
        opens = "the faces of this do not open in them any more; names, paths and captions do"
    else:
        opens = "this stays open in them for whoever has this library: the key it is sealed with stays"
    return [opens, f"without this library they open no face, not of others either; {again}", whole]


def complete(library: Library, now: datetime) -> list[str]:
    """Complete what an earlier command was to erase; returns what there is to say about it."""
    from ..library import erasure, root_key

    root_key.tidy(library.home, library.key_folder, library.root)
    if not erasure.pending(library) and len(library.root.wrapping) == 1:
        return []
    from ..consent import forget

    receipts = forget.complete(library, now)
    return ["completing what was to be erased before:", *as_lines(receipts)] if receipts else []


def as_lines(receipts: Sequence[Receipt]) -> list[str]:
    """Receipts for people; what is true of all of them is said once."""
    details = [_details(receipt) for receipt in receipts]
    shared = [line for line in details[0] if all(line in each for each in details)] if receipts[1:] else []
    lines = []
    for receipt, about in zip(receipts, details, strict=True):
        counts = ", ".join(counted(count, name) for name, count in receipt.counts.items())
        lines += [
            f"{receipt.subject} is erased: {counts or 'nothing was kept of it'}",
            *(line for line in about if line not in shared),
            f"  receipt: entry {receipt.entry} of the ledger, {receipt.at}, sha256 {receipt.hash}",
        ]
    return [*lines, *(["for each of them:"] if shared else []), *shared]


def _details(receipt: Receipt) -> list[str]:
    """What was done besides deleting rows, and what was found afterwards."""
    deleted = f"{counted(receipt.reports, 'reports')} deleted, " if receipt.reports else ""
    lines = [f"  {deleted}free space in the library overwritten", *_about_keys(receipt)]
    if receipt.remnants:
        lines.append(
            f"  BUT something of it is still in: {', '.join(receipt.remnants)}. Run the same command again; a"
            " file there that is not the library's own you can delete yourself"
        )
    elif receipt.checked:
        lines.append(
            "  looked for its texts again in every table, and for samples of it in the"
            f" {counted(receipt.searched, 'files')} of the library's folder: nothing is left of them"
        )
    else:
        lines.append(
            "  the run that began this was interrupted after the rows were gone: their texts could not be"
            " searched for again"
        )
    return lines


def _about_keys(receipt: Receipt) -> list[str]:
    """What became of the keys that sealed it."""
    if receipt.kind == "library":
        return ["  every key of the library replaced: a copy of it from before does not open with today's"]
    if receipt.kind in ("media", "bystanders"):
        return ["  no key destroyed: what stays of its source is sealed under the same one"]
    if receipt.kind == "probe":
        return ["  no key destroyed: what stays of the person is sealed under the same one"]
    if not receipt.counts.get("keys"):
        return []
    return ["  its key destroyed: with today's key no copy of the library from before opens a face of it"]


def not_reached(receipts: list[Receipt]) -> list[str]:
    """What no erasure can reach from here."""
    from ..consent import forget

    return ["what cannot be erased from here:", *(f"  - {copy}" for copy in forget.not_reached(receipts))]
