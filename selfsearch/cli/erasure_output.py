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
    if named := [counted(counts[name], name) for name in ("sources", "files") if name in counts]:
        each = "it" if named == ["1 file"] else "each"
        lines.append(f"what is noted of {join_and(named)}: where {each} was found, dates, captions and links")
    faces, media = counts.get("faces", 0), counts.get("media", 0)
    if faces:
        where = f"what was found in {quantity(media, 'photograph')}: " if media else ""
        lines.append(f"{where}templates and small pictures of {quantity(faces, 'face')}")
    elif media:
        lines.append(f"what is noted of {quantity(media, 'photograph')} without a face")
    if photographs := counts.get("probe photographs", 0):
        people = join_and([request.subject for request in preview.requests if request.kind == "person"])
        enrolment = f"the enrolment of {people}: " if people else ""
        lines.append(
            f"{enrolment}the template and a small picture from {quantity(photographs, 'photograph')}"
        )
    elif "people" in counts:
        lines.append(counted(counts["people"], "people"))
    lines += _what_was_noted(counts)
    if preview.reports:
        pages = counted(preview.reports, "pages of reports")
        lines.append(f"{pages} in the library's folder: each may show what is erased")
    return lines


def _what_was_noted(counts: dict[str, int]) -> list[str]:
    """What people, re-scans and the program itself noted of it, and the keys."""
    from ..report.wording import join_and

    names = {"remembered appearances": "appearance", "remembered changes": "change"}
    for_rescans = [quantity(counts[name], noun) for name, noun in names.items() if name in counts]
    noted = [
        quantity(counts.get("verdicts", 0), "verdict"),
        f"{join_and(for_rescans)} noted for re-scans" if for_rescans else "",
        counted(counts.get("entries of the audit log", 0), "entries of the audit log"),
        quantity(counts.get("keys", 0), "encryption key"),
    ]
    return [text for text in noted if text and not text.startswith("0 ")]


def _what_stays(preview: Preview) -> list[str]:
    lines = ["your own files: none of them is changed or deleted"]
    if preview.shared:
        shared = quantity(preview.shared, "photograph")
        lines.append(f"{shared} that another source has as well, and the faces there")
    is_about_people = bool(preview.kinds & {"person", "probe"})
    if is_about_people and "library" not in preview.kinds:
        lines.append("the faces that were found in your sources; to erase those as well, forget the sources")
    hashes = ", and the SHA-256 of photographs to search by" if is_about_people else ""
    lines.append(f"the ledger of consent: what was agreed to, when it ended, how much was erased{hashes}")
    if "library" not in preview.kinds:
        whom = " that name somebody else, or nobody" if "person" in preview.kinds else ""
        lines.append(f"the entries of the audit log{whom}")
    return lines


def _of_backups(preview: Preview) -> list[str]:
    whole = "one that was made with its key still opens in full; so do all, with a recovery code from before"
    again = "make a new one afterwards: selfsearch backup FILE"
    if "library" in preview.kinds:
        return [f"they do not open with the new key of this library; {again}", whole]
    if preview.kinds & {"source", "person"}:
        opens = "these faces cannot be opened in them any more; names, paths and captions can"
    else:
        opens = "whoever has this library can still open this in them: its encryption key stays in use"
    return [opens, f"if this library is lost, they give back no face, not even of others; {again}", whole]


def complete(library: Library, now: datetime) -> list[str]:
    """Complete what an earlier command was to erase; returns what there is to say about it."""
    from ..library import erasure, root_key

    root_key.tidy(library.home, library.key_folder, library.root)
    if not erasure.pending(library) and len(library.root.wrapping) == 1:
        return []
    from ..consent import forget

    receipts = forget.complete(library, now)
    return ["completing an erasure that was begun before:", *as_lines(receipts)] if receipts else []


def as_lines(receipts: Sequence[Receipt]) -> list[str]:
    """Receipts for people; what is true of all of them is said once."""
    details = [_details(receipt) for receipt in receipts]
    shared = [line for line in details[0] if all(line in each for each in details)] if receipts[1:] else []
    lines = []
    for receipt, about in zip(receipts, details, strict=True):
        lines += [
            _what_went(receipt),
            *(line for line in about if line not in shared),
            f"  receipt: entry {receipt.entry} of the ledger, {receipt.at}, sha256 {receipt.hash}",
        ]
    return [*lines, *(["for each of them:"] if shared else []), *shared]


def _what_went(receipt: Receipt) -> str:
    """What was erased and how much of it, in the words of the preview."""
    counts = receipt.counts
    went = [counted(counts[name], name) for name in ("sources", "files", "faces", "people") if name in counts]
    if photographs := counts.get("probe photographs", 0):
        went.append(f"{quantity(photographs, 'photograph')} to search by")
    listed = ", ".join([*went, *_what_was_noted(counts)])
    if receipt.kind == "library":
        return f"{receipt.subject} is erased: {listed or 'nothing else was kept'}"
    return f"what was kept of {receipt.subject} is erased: {listed or 'there was nothing'}"


def _details(receipt: Receipt) -> list[str]:
    """What was done besides deleting rows, and what was found afterwards."""
    deleted = f", and {counted(receipt.reports, 'reports')} deleted" if receipt.reports else ""
    lines = [f"  the library's free space was overwritten{deleted}", *_about_keys(receipt)]
    if receipt.remnants:
        lines.append(
            f"  BUT something of it is still in: {', '.join(receipt.remnants)}. Run the same command again. A"
            " file there that is not the library's own you can delete yourself"
        )
    elif receipt.checked:
        lines.append(
            "  every table was searched for its texts, and the"
            f" {counted(receipt.searched, 'files')} in the library's folder for samples of it: nothing is"
            " left"
        )
    else:
        lines.append(
            "  the run that began this was stopped half-way: what it erased could not be searched for again"
        )
    return lines


def _about_keys(receipt: Receipt) -> list[str]:
    """What became of the keys that sealed it."""
    if receipt.kind == "library":
        return ["  every key of the library was replaced: no earlier copy of it opens with today's"]
    if receipt.kind in ("media", "bystanders"):
        return ["  no key was destroyed: the rest of its source needs the same one"]
    if receipt.kind == "probe":
        return ["  no key was destroyed: the rest of what is kept of the person needs the same one"]
    if not receipt.counts.get("keys"):
        return []
    return ["  its key was destroyed: no earlier copy of the library opens its faces with today's key"]


def not_reached(receipts: list[Receipt]) -> list[str]:
    """What no erasure can reach from here."""
    from ..consent import forget

    return ["what cannot be erased from here:", *(f"  - {copy}" for copy in forget.not_reached(receipts))]
