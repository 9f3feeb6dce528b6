"""Completing what was to be erased, and the words of its receipts."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from ..consent.forget import Receipt
    from ..library.library import Library


def complete(library: Library, now: datetime) -> list[str]:
    """Complete what an earlier command was to erase; returns what there is to say about it."""
    from ..library import erasure, root_key

    root_key.tidy(library.home, library.key_folder, library.root)
    if not erasure.pending(library) and len(library.root.wrapping) == 1:
        return []
    from ..consent import forget

    lines = []
    for receipt in forget.complete(library, now):
        first, *rest = as_lines(receipt)
        lines += [f"completed what was to be erased before: {first}", *rest]
    return lines


def as_lines(receipt: Receipt) -> list[str]:
    """A receipt for people."""
    from ..report.wording import counted

    counts = ", ".join(counted(count, name) for name, count in receipt.counts.items())
    lines = [
        f"{receipt.subject} is erased: {counts or 'nothing was kept of it'}",
        f"  {counted(receipt.reports, 'reports')} deleted, free space in the library overwritten",
        *_about_keys(receipt),
    ]
    if receipt.remnants:
        lines.append(f"  BUT something of it was found in: {', '.join(receipt.remnants)}; delete it by hand")
    elif receipt.checked:
        lines.append(
            f"  searched for it in every table and {counted(receipt.searched, 'files of the library')}:"
            " nothing is left"
        )
    else:
        lines.append(
            "  the run that began this was interrupted after the rows were gone: their texts could not be"
            " searched for again"
        )
    lines.append(f"  receipt: entry {receipt.entry} of the ledger, {receipt.at}, sha256 {receipt.hash}")
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
