"""The recovery code: the root key as text that can be written down and typed in again.

Lines of eight bytes: thirteen letters of Crockford's base32 (no I, L, O, U) and a check letter that also
depends on the line's number, so that a slip of the pen or two lines in the wrong order are told by their
line.
"""

from __future__ import annotations

import hashlib
import re

from ..errors import UsageError
from .rootkey import RootKey

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SAME = str.maketrans("ILO", "110")  # what people write for what was printed
BYTES = 8  # of key per line
LETTERS = 14  # of a line: 65 bits of base32 and the check


def to_code(root: RootKey) -> str:
    """The code, one line per eight bytes: number, then groups of letters.

    Only while one wrapping key is in use.
    """
    data = root.pack()[: 2 * 32]
    lines = [_line(number, data[at : at + BYTES]) for number, at in enumerate(range(0, len(data), BYTES), 1)]
    return "\n".join(lines)


def from_code(text: str) -> RootKey:
    """The inverse; blanks, dashes, line numbers and lower case do not matter.

    Raises UsageError naming the wrong line.
    """
    found = [_letters(line) for line in text.upper().splitlines() if line.strip()]
    if len(found) == 1 and len(found[0]) % LETTERS == 0:  # everything on one line
        found = [found[0][at : at + LETTERS] for at in range(0, len(found[0]), LETTERS)]
    if len(found) != 8:
        raise UsageError(f"a recovery code has 8 lines; this has {len(found)}")
    return RootKey.unpack(b"".join(_bytes(number, line) for number, line in enumerate(found, 1)))


def _line(number: int, data: bytes) -> str:
    value = int.from_bytes(data, "big")
    letters = "".join(ALPHABET[value >> shift & 31] for shift in range(60, -1, -5)) + _check(number, data)
    return f"{number}  {letters[:5]}-{letters[5:10]}-{letters[10:]}"


def _letters(line: str) -> str:
    return re.sub(r"[\s-]", "", re.sub(r"^\s*[1-8][\s.:)]+", "", line)).translate(SAME)


def _bytes(number: int, letters: str) -> bytes:
    try:
        value = 0
        for letter in letters[:-1]:
            value = value << 5 | ALPHABET.index(letter)
        data = value.to_bytes(BYTES, "big")
    except (ValueError, OverflowError) as exc:
        raise UsageError(f"line {number} of the recovery code has a wrong letter") from exc
    if len(letters) != LETTERS or _check(number, data) != letters[-1]:
        raise UsageError(f"line {number} of the recovery code is not as it was printed; look at it again")
    return data


def _check(number: int, data: bytes) -> str:
    return ALPHABET[hashlib.sha256(bytes([number]) + data).digest()[0] & 31]
