"""What a notification may say: one of three kinds, with six numbers. Never a face, a name or a path.

As a record, which is all that leaves the sealed process, it has 7 bytes: the kind, then the numbers. A number
ends at 10, which reads "10 or more", so that a record carries at most 21 bits: log2(11**6 + 1).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import astuple, dataclass
from enum import IntEnum

from ..words import quantity

MOST = 10  # of any number
RECORD_BYTES = 7


class Kind(IntEnum):
    """Why somebody is told."""

    CHANGED = 1  # the only one with numbers
    INTERRUPTED = 2
    FAILED = 3


FIXED_TEXTS = {
    Kind.INTERRUPTED: "the last re-scan was stopped before its end; another one has begun",
    Kind.FAILED: "the scheduled re-scan failed; see: selfsearch schedule status",
}


@dataclass(frozen=True, slots=True)
class Message:
    """One notification. Raises ValueError when it would say nothing, or a number is out of bounds."""

    kind: Kind
    new: int = 0  # appearances
    gone: int = 0
    exposure: int = 0  # appearances with another audience
    ending: int = 0  # consents that end soon
    ended: int = 0  # consents
    erased: int = 0  # sources and people whose consent had ended

    def __post_init__(self) -> None:
        numbers = self._numbers
        if any(not 0 <= number <= MOST for number in numbers) or any(numbers) != (self.kind is Kind.CHANGED):
            raise ValueError("no message")

    @classmethod
    def changed(cls, **numbers: int) -> Message | None:
        """What a re-scan came to; None when there is nothing to tell."""
        if not any(numbers.values()):
            return None
        return cls(Kind.CHANGED, **{name: min(number, MOST) for name, number in numbers.items()})

    @classmethod
    def from_record(cls, record: bytes) -> Message:
        """Raises ValueError for anything but what `record` gives."""
        if len(record) != RECORD_BYTES:
            raise ValueError("no message")
        return cls(Kind(record[0]), *record[1:])

    @property
    def record(self) -> bytes:
        """RECORD_BYTES bytes."""
        return bytes([self.kind, *self._numbers])

    @property
    def failed(self) -> bool:
        """Whether a run did not end well."""
        return self.kind is not Kind.CHANGED

    @property
    def text(self) -> str:
        """In words; one line for each thing to do."""
        return FIXED_TEXTS.get(self.kind) or "\n".join(self._lines())

    @property
    def _numbers(self) -> tuple[int, ...]:
        return astuple(self)[1:]

    def _lines(self) -> Iterator[str]:
        appearances = {"new": self.new, "gone": self.gone, "with another audience": self.exposure}
        parts = [f"{_in_words(count)} {label}" for label, count in appearances.items() if count]
        if parts:
            yield f"appearances: {', '.join(parts)}; run: selfsearch report"
        if self.ending:
            yield f"{_consents(self.ending)} within 30 days of its end; run: selfsearch consent list"
        if self.ended:
            consents = _consents(self.ended)
            yield f"{consents} ended, what rests on it will be erased; run: selfsearch consent list"
        if self.erased:
            noun = "source or person" if self.erased == 1 else "sources and people"
            yield f"erased, since consent had ended: {_in_words(self.erased)} {noun}"


def _in_words(number: int) -> str:
    return str(number) if number < MOST else f"{MOST} or more"


def _consents(number: int) -> str:
    return quantity(1, "consent") if number == 1 else f"{_in_words(number)} consents"
