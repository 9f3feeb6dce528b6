"""The audit log: every question about a person is on record, whether it was answered or refused.

No template is kept there, and no photograph's name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from ..errors import ConsentError
from ..library import people
from ..library.library import Library
from ..types import Answer, isoformat


@dataclass
class Question:
    """What is known of a question until it is over."""

    person: str | None  # None: nobody was named, and nobody was recognised
    answer: Answer | None = None
    is_confirmed: bool = False  # the photographs did not show clearly whom, and somebody said so


@contextmanager
def question(
    library: Library, person: str | None, purpose: str, clock: Callable[[], datetime]
) -> Iterator[Question]:
    """Write down what became of the question that is dealt with inside.

    It is answered when it has its answer at the end, and refused when a ConsentError comes out. Anything else
    (an unreadable photograph) was no question.
    """
    current = Question(person)
    try:
        yield current
    except ConsentError:
        _save(library, current, purpose, "refused", clock())
        raise
    if current.answer is not None:
        _save(library, current, purpose, "answered", clock())


def _save(library: Library, question: Question, purpose: str, outcome: str, now: datetime) -> None:
    appearances = len(question.answer.found) if question.answer else None
    line = people.AuditedQuestion(
        isoformat(now), question.person, purpose, outcome, appearances, question.is_confirmed
    )
    people.save_query(library, line)
