"""A source: one export with all its parts, or one folder or archive of plain files, as a stream of items.

Every file that was found is exactly one item, and so is every file that the records speak of and that is
not there.
"""

from __future__ import annotations

import heapq
import itertools
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from ..types import Outcome, Provenance
from .export import Account, Platform
from .members import Container, address
from .shelf import Item, Numbering, Part, Shelf


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a container that could not even be listed."""

    container: Container
    path: str  # "" is all of it
    outcome: Outcome
    reason: str


class Source:
    """What `discover` found. The attributes say what it was taken for, and why."""

    def __init__(
        self,
        platform: Platform,
        parts: Sequence[Part],
        *,
        title: str,
        why: str,
        rest: tuple[Platform, Sequence[Part]] | None = None,
        problems: Sequence[Problem] = (),
    ) -> None:
        """`rest`: files of the same archives beside the export, and the reader of plain files."""
        self.platform = platform.name
        self.title = title  # "Instagram export"
        self.why = why  # in words
        self.problems = tuple(problems)
        self.containers = tuple(dict.fromkeys(part.path for part in parts))  # absolute paths of all parts
        held = {id(part.container): part.container for part in (*parts, *(rest[1] if rest else ()))}
        held |= {id(problem.container): problem.container for problem in problems}
        self._containers = list(held.values())
        self._shelves = [Shelf(platform, parts)]
        if rest and rest[1]:
            self._shelves.append(Shelf(*rest, beside=self._shelves[0]))

    @property
    def stamps(self) -> dict[str, str]:
        """Archive path -> "size:mtime_ns"; with every container here, `discover` can leave them closed."""
        found = ((container.path, container.stamp) for container in self._containers)
        return {path: stamp for path, stamp in found if stamp is not None}

    @property
    def count(self) -> int:
        """How many files it holds; what the records only speak of is not known before they are read."""
        return sum(len(shelf) for shelf in self._shelves) + len(self.problems)

    @cached_property
    def account(self) -> Account:
        """Whose export it is; reads records."""
        shelf = self._shelves[0]
        return shelf.platform.account(shelf.export)

    def items(self) -> Iterator[Item]:
        """Every file found, each exactly once, in the order in which reading is cheap; links last."""
        _ = self.account  # what it reads are records, too
        rank = {id(container): number for number, container in enumerate(self._containers)}
        shelves = heapq.merge(*(shelf.items(rank) for shelf in self._shelves), key=lambda row: row[0])
        told = (self._told(problem) for problem in self.problems)
        taken: set[str] = set()
        unique = Numbering(lambda key: key in taken or self._shelves[-1].has(key))
        for item in itertools.chain((item for _, item in shelves), told):
            if item.member is None:
                item = replace(item, path=unique(item.path))
                taken.add(item.path)
            yield item

    def _told(self, problem: Problem) -> Item:
        path = problem.path or os.path.basename(problem.container.path)
        place = address(problem.container, problem.path)
        decided = (problem.outcome, problem.reason)
        return Item(path, place, None, 0, "", (Provenance(self.platform),), decided)

    def close(self) -> None:
        """Let go of open files. Items can be read afterwards, too: what they need is opened again."""
        for container in self._containers:
            container.close()
