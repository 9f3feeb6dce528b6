"""Verification: how often two pictures of one person, and of two different people, reach a score.

Every picture is compared with every other one, once. All genuine scores are kept, and the highest
impostor scores, which decide the false accept rates (FAR); the others are counted in fine steps. So
13,000 pictures, 87 million pairs, need a few hundred megabytes.

Two ways of weighing are measured. "All pairs": every pair weighs the same, so whoever has many pictures
decides. "Each person equally": the genuine pairs of a person weigh 1 together, and so do all impostor
pairs of two people; everybody with two or more pictures counts among the genuine, everybody among the
impostors.

Intervals are 95 % percentile intervals of the bootstrap over people (Bolle, Ratha and Pankanti, "Error
analysis of pattern recognition systems: the subsets bootstrap", CVIU 93, 2004): pairs of one person's
pictures depend on each other, so people are drawn, with all their pictures, and not pairs. A person drawn
twice is not an impostor of themselves. Each draw has a score of its own for each rate.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scripts.evaluation.labelled_folder import SEED
from selfsearch.recognition.calibration import Calibration
from selfsearch.types import Embeddings

RATES = (1e-3, 1e-4, 1e-5, 1e-6)
LEAST_FALSE = 10  # pairs that a rate must rest on, or it is not given: five pairs are five wrong labels
TAIL = 0.01  # share of the impostor pairs whose scores are kept: ten times the highest of RATES
LEAST_TAIL = 200_000  # pairs that are kept anyway
BINS = 1 << 16  # steps of score, from -1 to 1, in which the others are counted: 0.00003 each
ROWS = 512  # pictures compared with all others at a time
DRAWS = 200  # of the bootstrap
WITHIN = (2.5, 97.5)  # percentiles

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class Pairs:
    """Pairs of pictures by their rows, highest score first."""

    scores: NDArray[np.float32]
    first: NDArray[np.int32]
    second: NDArray[np.int32]

    def best(self, count: int) -> Pairs:
        """So many of the highest, in order."""
        if count < len(self.scores):
            best = np.argpartition(-self.scores, count)[:count]
            return Pairs(self.scores[best], self.first[best], self.second[best]).best(count)
        order = np.argsort(-self.scores, kind="stable")
        return Pairs(self.scores[order], self.first[order], self.second[order])


@dataclass(frozen=True)
class Comparison:
    """Every picture compared with every other one."""

    labels: Numbers  # (n,): the person of each row, counted from 0
    genuine: Pairs
    impostors: Pairs  # the highest
    histogram: Numbers  # (BINS,): all impostor scores
    nearest: Numbers  # (n,): the row of the most similar other picture
    sets: Numbers | None = None  # of each person, where several sets were compared, each in itself

    @cached_property
    def pictures(self) -> Numbers:
        """How many there are of each person."""
        return np.bincount(self.labels)

    @cached_property
    def genuine_pairs(self) -> Numbers:
        """How many there are of each person."""
        return self.pictures * (self.pictures - 1) // 2

    @property
    def impostor_pairs(self) -> int:
        """How many there are."""
        return int(self.histogram.sum())

    @property
    def is_whole(self) -> bool:
        """Whether every impostor pair is kept."""
        return len(self.impostors.scores) == self.impostor_pairs

    @cached_property
    def people_of_genuine(self) -> Numbers:
        """The person of each genuine pair."""
        return self.labels[self.genuine.first]

    @cached_property
    def people_of_impostors(self) -> tuple[Numbers, Numbers]:
        """Both people of each impostor pair that is kept."""
        return self.labels[self.impostors.first], self.labels[self.impostors.second]


def compare(embeddings: Embeddings, labels: Numbers, probes: Embeddings | None = None) -> Comparison:
    """Compare each row with all others. `labels` are the people, counted from 0 without a gap.

    `probes`: the same faces as they are searched for, where a recogniser makes a difference.
    """
    probes = embeddings if probes is None else probes
    total = len(labels)
    counts = np.bincount(labels)
    impostors = (total * total - int((counts * counts).sum())) // 2
    tail = _Tail(max(LEAST_TAIL, math.ceil(TAIL * impostors)))
    histogram = np.zeros(BINS, np.int64)
    nearest = np.zeros(total, np.int64)
    genuine: list[Pairs] = []
    for start in range(0, total, ROWS):
        rows = np.arange(start, min(total, start + ROWS))
        scores = probes[rows] @ embeddings.T
        scores[np.arange(len(rows)), rows] = -2.0  # itself
        nearest[rows] = scores.argmax(axis=1)
        later = np.arange(total) > rows[:, None]
        same = labels[rows][:, None] == labels
        genuine.append(_pairs(scores, same & later, start))
        others = scores[later & ~same]
        steps = np.clip((others + 1) * (BINS / 2), 0, BINS - 1).astype(np.int64)
        histogram += np.bincount(steps, minlength=BINS)
        tail.add(_pairs(scores, later & ~same & (scores >= tail.lowest), start))
    merged = _joined(genuine)
    return Comparison(labels, merged.best(len(merged.scores)), tail.best(), histogram, nearest)


def _pairs(scores: NDArray[np.float32], wanted: NDArray[np.bool_], start: int) -> Pairs:
    rows, columns = np.nonzero(wanted)
    return Pairs(scores[rows, columns], (rows + start).astype(np.int32), columns.astype(np.int32))


def _joined(parts: Sequence[Pairs]) -> Pairs:
    return Pairs(
        np.concatenate([part.scores for part in parts]),
        np.concatenate([part.first for part in parts]),
        np.concatenate([part.second for part in parts]),
    )


class _Tail:
    """The highest scores of many: what is certain not to be among them is let go as they come."""

    def __init__(self, size: int) -> None:
        self.size, self.lowest = size, -2.0
        self._parts: list[Pairs] = []

    def add(self, pairs: Pairs) -> None:
        self._parts.append(pairs)
        if sum(len(part.scores) for part in self._parts) > 2 * self.size:
            self._parts = [self.best()]
            self.lowest = float(self._parts[0].scores[-1])

    def best(self) -> Pairs:
        return _joined(self._parts).best(self.size)


def pooled(parts: Sequence[Comparison]) -> Comparison:
    """Several sets of people, each compared in itself, as one."""
    rows = np.cumsum([0, *(len(part.labels) for part in parts)])
    people = np.cumsum([0, *(len(part.pictures) for part in parts)])
    lowest = max((part.impostors.scores[-1] for part in parts if not part.is_whole), default=-2.0)
    genuine = _joined([_moved(part.genuine, row) for part, row in zip(parts, rows, strict=False)])
    impostors = _joined([_moved(part.impostors, row) for part, row in zip(parts, rows, strict=False)])
    return Comparison(
        np.concatenate([part.labels + number for part, number in zip(parts, people, strict=False)]),
        genuine.best(len(genuine.scores)),
        impostors.best(int((impostors.scores >= lowest).sum())),
        np.sum([part.histogram for part in parts], axis=0),
        np.concatenate([part.nearest + row for part, row in zip(parts, rows, strict=False)]),
        np.repeat(np.arange(len(parts)), np.diff(people)),
    )


def _moved(pairs: Pairs, rows: int) -> Pairs:
    return Pairs(pairs.scores, pairs.first + np.int32(rows), pairs.second + np.int32(rows))


# ---- rates ----


@dataclass(frozen=True)
class Weighing:
    """What each person's pictures weigh. `drawn`: how often the bootstrap drew each person."""

    comparison: Comparison
    equally: bool  # each person; otherwise each pair
    drawn: Floats

    @cached_property
    def impostors(self) -> Floats:
        """The share of all impostor weight that scores at least as much as each kept pair, ascending."""
        pictures = self.comparison.pictures
        each = self.drawn / pictures if self.equally else self.drawn  # of one picture
        first, second = self.comparison.people_of_impostors
        whole, sets = each * pictures, self.comparison.sets
        sets = np.zeros(len(pictures), np.int64) if sets is None else sets
        total = ((np.bincount(sets, whole) ** 2 - np.bincount(sets, whole**2)) / 2).sum()
        return np.asarray(np.cumsum(each[first] * each[second]) / max(total, 1e-300))

    @cached_property
    def genuine(self) -> Floats:
        """The same for the genuine pairs."""
        pairs = self.comparison.genuine_pairs
        each = self.drawn / np.maximum(pairs, 1) if self.equally else self.drawn
        total = (each * pairs).sum()
        return np.asarray(np.cumsum(each[self.comparison.people_of_genuine]) / max(total, 1e-300))

    def score_at(self, rate: float) -> float | None:
        """The lowest score whose FAR is at most `rate`; None where too few pairs tell."""
        count = int(np.searchsorted(self.impostors, rate * (1 + 1e-9), side="right"))
        if count < LEAST_FALSE or (count == len(self.impostors) and not self.comparison.is_whole):
            return None
        return float(self.comparison.impostors.scores[count - 1])

    def far(self, score: float) -> float | None:
        """The false accept rate at a score; None below the scores that are kept."""
        return self._share(self.impostors, self.comparison.impostors, score, self.comparison.is_whole)

    def tar(self, score: float) -> float:
        """The true accept rate at a score."""
        return self._share(self.genuine, self.comparison.genuine, score, True) or 0.0

    @staticmethod
    def _share(shares: Floats, pairs: Pairs, score: float, is_whole: bool) -> float | None:
        count = int(np.searchsorted(-pairs.scores, -np.float32(score), side="right"))
        if count == len(shares) and not is_whole:
            return None
        return float(shares[count - 1]) if count else 0.0


def draws(comparison: Comparison) -> Iterator[Floats]:
    """How often each person is drawn, DRAWS times."""
    random, people = np.random.default_rng(SEED), len(comparison.pictures)
    for _ in range(DRAWS):
        yield np.bincount(random.integers(0, people, people), minlength=people).astype(float)


def interval(values: Sequence[float | None]) -> list[float] | None:
    """The 95 % interval of the draws; None when a tenth of them or more could not be measured."""
    known = [value for value in values if value is not None and not math.isnan(value)]
    if len(known) <= 0.9 * len(values):
        return None
    low, high = np.percentile(known, WITHIN)
    return [float(low), float(high)]


def true_accept_rates(comparison: Comparison, *, equally: bool) -> list[dict[str, Any]]:
    """TAR at each of RATES that enough pairs measure, with its score and interval."""
    once = Weighing(comparison, equally, np.ones(len(comparison.pictures)))
    scores = {rate: score for rate in RATES if (score := once.score_at(rate)) is not None}
    drawn: dict[float, list[float | None]] = {rate: [] for rate in scores}
    for times in draws(comparison) if scores else ():
        weighing = Weighing(comparison, equally, times)
        for rate, values in drawn.items():
            score = weighing.score_at(rate)
            values.append(None if score is None else weighing.tar(score))
    return [
        {"far": rate, "score": score, "tar": once.tar(score), "interval": interval(drawn[rate])}
        for rate, score in scores.items()
    ]


def curve(comparison: Comparison, *, equally: bool, steps: int = 8) -> list[dict[str, float]]:
    """The ROC: TAR at FAR 1, and on down by `steps` points a decade, as far as enough pairs measure it."""
    once = Weighing(comparison, equally, np.ones(len(comparison.pictures)))
    points = []
    for step in range(10 * steps):
        rate = 10 ** (-step / steps)
        score = once.score_at(rate)
        if score is None and not equally:
            score = _score_in_steps(comparison, rate)
        if score is not None:
            points.append({"far": rate, "score": score, "tar": once.tar(score)})
    return points


def _score_in_steps(comparison: Comparison, rate: float) -> float | None:
    """The score of a FAR above those that are kept exactly."""
    reached = np.cumsum(comparison.histogram[::-1])
    count = int(np.searchsorted(reached, rate * comparison.impostor_pairs * (1 + 1e-9), side="right"))
    if rate * comparison.impostor_pairs < LEAST_FALSE or not count:
        return None
    return 1 - 2 * count / BINS


def equal_error_rate(comparison: Comparison) -> dict[str, float]:
    """Where as many impostors are accepted as genuine pairs are refused, of all pairs, to one of BINS."""
    edges = np.linspace(-1, 1, BINS + 1)
    accepted = 1 - np.concatenate([[0], np.cumsum(comparison.histogram)]) / max(1, comparison.impostor_pairs)
    ascending = comparison.genuine.scores[::-1].astype(float)
    refused = np.searchsorted(ascending, edges, side="left") / max(1, len(ascending))
    at = int(np.argmin(np.abs(accepted - refused)))
    return {"rate": float(accepted[at] + refused[at]) / 2, "score": float(edges[at])}


def rank_one(comparison: Comparison) -> dict[str, Any]:
    """Closed set, leave one out: how often the most similar of all other pictures shows the same person."""
    has_other = comparison.pictures >= 2
    asked = has_other[comparison.labels]
    right = (comparison.labels[comparison.nearest] == comparison.labels) & asked
    hits = np.bincount(comparison.labels, right, minlength=len(comparison.pictures))
    tries = np.where(has_other, comparison.pictures, 0)
    if not asked.any():
        return {"pictures": 0, "rate": None, "interval": None, "each_person": None}
    drawn: list[float | None] = [
        float((times * hits).sum() / total) if (total := (times * tries).sum()) else None
        for times in draws(comparison)
    ]
    return {
        "pictures": int(asked.sum()),
        "rate": float(hits.sum() / tries.sum()),
        "interval": interval(drawn),
        "each_person": float((hits[has_other] / tries[has_other]).mean()),
    }


def promised_and_measured(comparison: Comparison, calibration: Calibration) -> list[dict[str, Any]]:
    """At the scores for which the calibration promises a FAR: what it is here, in both ways of weighing."""
    people = np.ones(len(comparison.pictures))
    pairs, each = (Weighing(comparison, equally, people) for equally in (False, True))
    rows = []
    for step in range(5, 13):
        promised = 10 ** (-step / 2)
        score = calibration.score_for(promised)
        if promised * comparison.impostor_pairs >= LEAST_FALSE:
            rows.append(
                {
                    "promised": promised,
                    "score": score,
                    "all_pairs": pairs.far(score),
                    "each_person": each.far(score),
                }
            )
    return rows
