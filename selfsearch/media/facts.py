"""What a picture's own records say: when, where, who, what about. Cheap, and never an error: unsound is
unsaid.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import datetime

from ..types import Facts
from . import iptc, xmp
from .tiff import Directories, Value, directories
from .upright import UPRIGHT

# Exif 3.0 (CIPA DC-008), sections 4.6.4 to 4.6.7
_DESCRIPTION, _ORIENTATION, _EXIF, _GPS = 0x010E, 0x0112, 0x8769, 0x8825
_ORIGINAL, _OFFSET_ORIGINAL = 0x9003, 0x9011
_LATITUDE_REF, _LATITUDE, _LONGITUDE_REF, _LONGITUDE = 1, 2, 3, 4

_MOMENT = re.compile(
    r"(\d{4})[:-](\d\d)[:-](\d\d)[ T](\d\d):(\d\d)(?::(\d\d))?(?:\.\d+)?\s*(Z|[+-]\d\d:\d\d)?", re.ASCII
)
_OFFSET = re.compile(r"Z|[+-](?:0\d|1[0-4]):[0-5]\d")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]+")  # would act on a terminal
_CAPTION_LENGTH = 10_000  # characters
_NAME_LENGTH = 200
_MOST_PEOPLE = 200
# What cameras write into every picture's description.
_NO_CAPTION = re.compile(r"(?i)(olympus|sony|kodak|samsung|default|digital camera|dsc|jpeg|[\s\d_.-])*")


@dataclass(frozen=True, slots=True)
class Records:
    """The raw metadata blocks of one picture; None where it has none."""

    exif: bytes | None = None  # a TIFF structure, with or without the "Exif" prefix
    xmp: bytes | None = None
    iptc: bytes | None = None


def read(records: Records) -> Facts:
    """What the records say together. EXIF's time goes before XMP's and IPTC's; captions the other way."""
    exif = directories(records.exif) if records.exif else None
    tags = _exif(exif) if exif else {}
    packet = (xmp.packet(records.xmp) if records.xmp else None) or xmp.Packet(None, (), ())
    iim = iptc.fields(records.iptc) if records.iptc else {}
    taken_at, source = _first_moment([*_exif_times(tags), *packet.times, *_iptc_times(iim)])
    captions = (_clean(packet.caption), _clean(_text(iim.get(iptc.CAPTION))), _described(tags))
    return Facts(
        taken_at=taken_at,
        taken_at_source=source,
        location=_location(exif) if exif else None,
        caption=next((caption for caption in captions if caption), None),
        people=_names(packet.people),
    )


def orientation(exif: bytes | None) -> int:
    """EXIF's orientation, 1 to 8; 1 when it is not said or makes no sense."""
    found = directories(exif) if exif else None
    value = found.tags(found.first(), {_ORIENTATION}).get(_ORIENTATION) if found else None
    turned = int(value[0]) if isinstance(value, tuple) else UPRIGHT
    return turned if 1 <= turned <= 8 else UPRIGHT


def moment(written: str) -> str | None:
    """A time as EXIF or XMP writes it, in ISO 8601, with an offset if it has one; None when it is none."""
    match = _MOMENT.fullmatch(written.strip())
    if not match:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    try:
        when = datetime(year, month, day, hour, minute, second)
    except ValueError:  # 0000:00:00 00:00:00 is what cameras with no clock write
        return None
    return when.isoformat() + _offset(match[7])


def _offset(written: str | None) -> str:
    if not written or not _OFFSET.fullmatch(written):
        return ""
    return "+00:00" if written == "Z" else written


def _exif(exif: Directories) -> dict[int, Value]:
    tags = exif.tags(exif.first(), {_DESCRIPTION, _EXIF})
    return tags | exif.tags(_pointer(tags.get(_EXIF)), {_ORIGINAL, _OFFSET_ORIGINAL})


def _pointer(value: Value | None) -> int:
    return int(value[0]) if isinstance(value, tuple) else 0


def _exif_times(tags: dict[int, Value]) -> list[tuple[str, str]]:
    written = _text(tags.get(_ORIGINAL))
    if not written:
        return []
    offset = (_text(tags.get(_OFFSET_ORIGINAL)) or "").strip()
    return [(written.strip() + _offset(offset), "exif:DateTimeOriginal")]


def _iptc_times(iim: dict[int, bytes]) -> list[tuple[str, str]]:
    written = iptc.written_time(iim)
    return [(written, "iptc:DateCreated")] if written else []


def _first_moment(written: list[tuple[str, str]]) -> tuple[str | None, str | None]:
    for text, source in written:
        when = moment(text)
        if when:
            return when, source
    return None, None


def _location(exif: Directories) -> tuple[float, float] | None:
    pointer = _pointer(exif.tags(exif.first(), {_GPS}).get(_GPS))
    tags = exif.tags(pointer, {_LATITUDE_REF, _LATITUDE, _LONGITUDE_REF, _LONGITUDE})
    latitude = _degrees(tags.get(_LATITUDE), tags.get(_LATITUDE_REF), b"NS", 90)
    longitude = _degrees(tags.get(_LONGITUDE), tags.get(_LONGITUDE_REF), b"EW", 180)
    if latitude is None or longitude is None:
        return None
    if latitude == longitude == 0:  # what is written for "no fix yet"
        return None
    return latitude, longitude


def _degrees(value: Value | None, ref: Value | None, letters: bytes, limit: int) -> float | None:
    if not isinstance(value, tuple) or not isinstance(ref, bytes) or not 1 <= len(value) <= 3:
        return None
    letter = ref[:1].upper()
    degrees = float(sum(part / 60.0**place for place, part in enumerate(value)))
    if not letter or letter not in letters or not math.isfinite(degrees) or not 0 <= degrees <= limit:
        return None
    return round(-degrees if letter in b"SW" else degrees, 7)  # a centimetre


def _described(tags: dict[int, Value]) -> str | None:
    text = _clean(_text(tags.get(_DESCRIPTION)))
    return None if text is None or _NO_CAPTION.fullmatch(text[:_NAME_LENGTH]) else text


def _text(value: Value | None) -> str | None:
    """EXIF and IPTC say ASCII and mean UTF-8, or whatever the computer had."""
    if not isinstance(value, bytes):
        return None
    raw = value.split(b"\x00", 1)[0]
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _clean(text: str | None, length: int = _CAPTION_LENGTH) -> str | None:
    return _CONTROL.sub(" ", text).strip()[:length] or None if text else None


def _names(people: tuple[str, ...]) -> tuple[str, ...]:
    names = (_clean(name, _NAME_LENGTH) for name in people[:_MOST_PEOPLE])
    return tuple(dict.fromkeys(name for name in names if name))
