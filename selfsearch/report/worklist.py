"""The links to work through, one by one: public first, exact before put together, each address once."""

from __future__ import annotations

from dataclasses import dataclass

from ..types import EXPOSURES, Answer, Exposure, Sighting
from .text import web

KINDS = ("exact", "constructed", "owner_only", "profile")  # the surest way to the picture first


@dataclass(frozen=True, slots=True)
class Task:
    """One address and the appearances behind it. A profile's address stands for everything on it."""

    url: str
    kind: str | None
    exposure: Exposure
    platform: str
    account: str | None
    context: str | None
    posted_at: str | None
    ranks: tuple[int, ...]


def worklist(answer: Answer) -> list[Task]:
    """Every address that a browser may open, widest exposure first. Sightings without one are not in it."""
    first: dict[str, Sighting] = {}
    ranks: dict[str, list[int]] = {}
    seen = [
        (appearance.rank, sighting) for appearance in answer.appearances for sighting in appearance.sightings
    ]
    for rank, sighting in sorted(seen, key=lambda found: (_order(found[1]), found[0])):
        url = web(sighting.provenance.link and sighting.provenance.link.url)
        if url:
            first.setdefault(url, sighting)
            ranks.setdefault(url, []).append(rank)
    return [_task(url, sighting, ranks[url]) for url, sighting in first.items()]


def _order(sighting: Sighting) -> tuple[int, int]:
    kind = sighting.provenance.link and sighting.provenance.link.kind
    return EXPOSURES.index(sighting.provenance.exposure.level), KINDS.index(kind) if kind in KINDS else len(
        KINDS
    )


def _task(url: str, sighting: Sighting, ranks: list[int]) -> Task:
    said = sighting.provenance
    several = len(set(ranks)) > 1
    return Task(
        url=url,
        kind=(said.link and said.link.kind),
        exposure=said.exposure.level,
        platform=said.platform,
        account=said.account,
        context=None if several else said.context,
        posted_at=None if several else (said.posted and said.posted.at),
        ranks=tuple(sorted(set(ranks))),
    )
