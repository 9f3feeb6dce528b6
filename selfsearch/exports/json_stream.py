"""JSON records read as a stream: as far as they are whole, and with no more than one element in memory."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

import ijson

from ..errors import ItemError
from ..types import Outcome

CHUNK_BYTES = 1 << 16
MAX_TOKEN = 4 << 20  # bytes; the parser's time for one text or number grows with the square of its length
MAX_TAIL = 1 << 16  # characters of white space and ";" that are kept back until something else follows
_TAIL = "; \t\r\n"
_BRACKETS = frozenset(("start_map", "end_map", "start_array", "end_array"))
MAX_DEPTH = 200  # levels of nesting; no platform's record comes near
MAX_PREFIX = 10_000  # characters of all keys on the way to a value, likewise

# Half of a surrogate pair, as text that was cut inside an emoji ends: ijson would end the whole record there.
# What is whole is matched first: an escaped backslash, and a pair.
_HALF = re.compile(
    r"(\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
)
_LOW = r"\\(u([dD]([c-fC-F][0-9a-fA-F]?)?)?)?"  # the beginning of a second half
_OPEN = re.compile(
    rf"(\\u[dD][89abAB][0-9a-fA-F]?|\\u[dD][89abAB][0-9a-fA-F]{{2}}({_LOW})?|{_LOW})$"
)  # maybe a pair


class JsonText:
    """The JSON in a record file as clean UTF-8: without byte order mark, bad bytes, or JavaScript around it.

    `assigned`: the file is `NAME = VALUE;` (X archives); what stands before the value and a closing ";" go.
    """

    def __init__(self, raw: BinaryIO, *, assigned: bool = False) -> None:
        head = _read_full(raw, CHUNK_BYTES)
        wide = head[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
        self._raw = raw
        self._decoder = codecs.getincrementaldecoder("utf-16" if wide else "utf-8-sig")("replace")
        self._assigned = assigned
        self._ended = len(head) < CHUNK_BYTES
        self._held = self._decoder.decode(head, self._ended)
        if assigned and self._held.lstrip()[:1] not in ("[", "{"):
            self._held = self._held.partition("=")[2]
        self.blank = self._ended and not self._held.strip(_TAIL)  # there is nothing at all to read
        self.pending = (
            0  # bytes read since the parser last found something; who reads its events sets it to 0
        )

    def read(self, size: int = -1) -> bytes:
        """Some bytes, and none at the end; ijson asks for 0 bytes to learn the type.

        Raises ItemError when MAX_TOKEN bytes have been read in which the parser found nothing.
        """
        data = self._read(size)
        self.pending += len(data)
        if self.pending > MAX_TOKEN:
            raise ItemError(Outcome.TOO_LARGE, f"one text in it has more than {MAX_TOKEN >> 20} MB")
        return data

    def _read(self, size: int) -> bytes:
        while size:
            text = self._held
            keeps_tail = self._assigned and len(text) < MAX_TAIL
            ready = text.rstrip(_TAIL) if keeps_tail else text  # a tail may turn out to be the closing ";"
            ready = ready if self._ended else _OPEN.sub("", ready)
            if ready or self._ended:
                self._held = text[len(ready) :]
                return _HALF.sub(lambda match: match[1] or r"\ufffd", ready).encode()
            data = self._raw.read(size)
            self._ended = not data
            self._held = text + self._decoder.decode(data, self._ended)
        return b""


def _read_full(raw: BinaryIO, size: int) -> bytes:
    """`size` bytes, or fewer only where the file ends."""
    data = b""
    while len(data) < size and (more := raw.read(size - len(data))):
        data += more
    return data


def events(stream: JsonText) -> Iterator[tuple[str, str, Any]]:
    """(prefix, event, value) as `ijson.parse` gives them; it would keep a prefix for every event of a chunk.

    Raises ijson.JSONError at damage and at nesting beyond reason, ItemError at a text or number beyond it.
    """
    prefix, outer = "", [""]  # of the next value; of the maps and lists around it
    for event, value in _parsed(stream):
        stream.pending = 0
        if event == "map_key":
            yield outer[-1], event, value
            prefix = f"{outer[-1]}.{value}" if outer[-1] else value
            if len(prefix) > MAX_PREFIX:
                raise ijson.JSONError("has keys longer than any platform writes")
        elif event not in _BRACKETS:
            yield prefix, event, value
        elif event in ("end_map", "end_array"):
            prefix = outer.pop()
            yield prefix, event, value
        else:
            yield prefix, event, value
            outer.append(prefix)
            if event == "start_array":
                prefix = f"{prefix}.item" if prefix else "item"
            if len(outer) > MAX_DEPTH + 1:
                raise ijson.JSONError(f"nested more than {MAX_DEPTH} levels deep")


def _parsed(stream: JsonText) -> Iterator[tuple[str, Any]]:
    try:
        yield from ijson.basic_parse(stream, use_float=True, buf_size=CHUNK_BYTES)
    except UnicodeDecodeError as exc:  # of a half that stood where two chunks meet
        raise ijson.JSONError("holds half of a sign") from exc


def elements(stream: JsonText, keys: tuple[str, ...]) -> Iterator[Any]:
    """Walk a JSON stream once and build only the elements of the wanted list (see Export.each for `keys`)."""
    builder: ijson.ObjectBuilder | None = None
    inside: str | None = None  # prefix of the elements being built
    for prefix, event, value in events(stream):
        if inside is None:
            inside = _element_prefix(prefix, event, keys)
            if inside != prefix:
                continue
        if builder is None:
            if prefix != inside:
                inside = None if event == "end_array" else inside
                continue
            builder = ijson.ObjectBuilder()
        builder.event(event, value)
        if prefix == inside and event not in ("start_map", "start_array", "map_key"):
            yield builder.value
            builder = None
            inside = inside if inside.endswith("item") else None


def _element_prefix(prefix: str, event: str, keys: tuple[str, ...]) -> str | None:
    """The prefix that the wanted elements will have, when this event opens their list (or a bare object)."""
    if event == "start_array" and (prefix in keys or ("*" in keys and "item" not in prefix.split("."))):
        return f"{prefix}.item" if prefix else "item"
    return prefix if event == "start_map" and prefix in keys else None


def has_long_token(text: str) -> bool:
    """Whether a whole document has more than MAX_TOKEN characters without the end of a text."""
    if len(text) <= MAX_TOKEN:
        return False
    text, at = text.replace("\\\\", "").replace('\\"', ""), 0
    while at + MAX_TOKEN < len(text) and (quote := text.rfind('"', at, at + MAX_TOKEN)) >= at:
        at = quote + 1
    return at + MAX_TOKEN < len(text)


def complaint(error: ijson.JSONError) -> str:
    """The parser's reason in one line, without the piece of the record that it quotes."""
    reason = error.args[0] if error.args else ""
    text = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
    return text.strip().partition("\n")[0].strip()[:120]
