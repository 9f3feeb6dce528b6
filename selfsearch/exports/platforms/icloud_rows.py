"""The CSVs of an iCloud Photos export. Their dates hold a comma and are not always quoted."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import datetime, timezone

from ..export import Export
from .dates import is_plausible_date

DETAILS = "fileChecksum"  # the column that only the library's own CSVs have
LISTS = ("imgName", "imageName", "Images")  # how the column of file names is called, in all kinds of CSV

_DAY = re.compile(r"\s*\w+\s+\w+\s+[0-9]{1,2}\s*$")  # "Sunday August 14", cut off before ",2022 9:30 AM GMT"
_DATE = re.compile(
    r"(?:\w+\s+)?(\w+)\s+([0-9]{1,2})\s*,\s*([0-9]{4})\s+([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?\s*([AaPp][Mm])?"
)
_MONTHS = {
    month: number
    for number, month in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1
    )
}


def rows(export: Export, path: str) -> Iterator[dict[str, str]]:
    """The rows of any CSV of the export that names photographs; nothing from others, and a note on damage."""
    reader = csv.reader(io.StringIO(export.text(path).replace("\0", ""), newline=""))
    header: list[str] = []
    try:
        for cells in reader:
            if not header:
                header = _header(cells)
                if not header:
                    return
            elif any(cells):
                yield dict.fromkeys(header, "") | dict(zip(header, _joined(cells), strict=False))
    except csv.Error as exc:
        export.note(path, f"damaged CSV, read as far as it goes: {exc}")


def _header(cells: list[str]) -> list[str]:
    """The columns by Apple's spelling; none when this CSV does not list photographs."""
    known = {name.lower(): name for name in (*LISTS, DETAILS, "originalCreationDate", "importDate")}
    found = [known.get(cell.strip().lower(), cell.strip().lower()) for cell in cells]
    found = ["imgName" if name == "imageName" and DETAILS in found else name for name in found]
    is_details = DETAILS in found and "imgName" in found
    return found if is_details or (DETAILS not in found and any(name in found for name in LISTS)) else []


def _joined(cells: list[str]) -> list[str]:
    """The cells with every unquoted date put together again."""
    whole: list[str] = []
    for cell in cells:
        if whole and _DAY.match(whole[-1]) and cell.strip()[:4].isdigit() and ":" in cell:
            whole[-1] += f",{cell}"
        else:
            whole.append(cell)
    return [cell.strip() for cell in whole]


def moment(text: str | None) -> str | None:
    """ "Sunday August 14,2022 9:30 PM GMT" as ISO 8601. "13:05 PM" was seen and means 13:05."""
    found = _DATE.search(text or "")
    month = _MONTHS.get(found[1][:3].lower()) if found else None
    if not found or not month:
        return None
    hour = int(found[4])
    if found[7] and hour <= 12:
        hour = hour % 12 + (12 if found[7].lower() == "pm" else 0)
    try:
        day = datetime(int(found[3]), month, int(found[2]), hour, int(found[5]), int(found[6] or 0))
    except ValueError:
        return None
    return day.replace(tzinfo=timezone.utc).isoformat() if is_plausible_date(day) else None


def yes(text: str | None) -> bool:
    """Apple's word for true."""
    return (text or "").strip().lower() in ("yes", "true", "1")
