"""What a score means for one probe: the pack's curves, with what the library and the photographs say of it.

The curves hold for the average person. Two things are known of a probe beyond that. How its scores with the
library's own faces lie and spread, which are strangers' nearly all: a woman among women scores higher than a
random pair does (Z-norm: Auckenthaler, Carey and Lloyd-Thomas, "Score normalization for text-independent
speaker verification systems", 2000). And of how many photographs it is the mean, because that brings out what
lookalikes have in common. Both only ever raise a score that is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..types import CohortSummary, Embedding, Embeddings
from .calibration import BANDS, MIN_FACES, SAME_PERSON_FMR, WEAKEST_FMR, Calibration

MAX_COHORT = 2000  # faces: the spread is known to 2 % then, and comparing all takes 27 ms of processor
# As many people as the average weighs. With 0, 100, 200 and 400 women among women reached at 1 in 10,000 2.0,
# 2.3, 3.1 and 3.9 times what was promised; without all this 5.2 times.
AVERAGE_WEIGHT = 100
# The spread counts squared: by its power of 1, 1.5 and 2 the same was 3.6, 3.1 and 2.3 times. The far end of
# the scores widens faster than their middle, which is all that is measured.


class Cohort(NamedTuple):
    """Faces that a probe is compared with to learn what strangers score; everybody weighs as much."""

    embeddings: Embeddings  # (n, dimension)
    weights: NDArray[np.float64]  # (n,): 1 by how many of the faces are this person's


class Spread(NamedTuple):
    """Where scores with strangers lie."""

    location: float  # their mean
    spread: float  # their standard deviation
    people: float  # how many people they are of, about


def find_cohort(ids: NDArray[np.int64], embeddings: Embeddings, calibration: Calibration) -> Cohort:
    """The cohort of these faces, by their numbers: all of them, or as many at even distances."""
    order = np.argsort(ids, kind="stable")
    if len(order) > MAX_COHORT:
        order = order[np.linspace(0, len(order) - 1, MAX_COHORT).astype(np.int64)]
    chosen = np.asarray(embeddings[order], np.float32)
    alike = chosen @ chosen.T >= calibration.score_for(SAME_PERSON_FMR)
    np.fill_diagonal(alike, True)
    return Cohort(chosen, 1 / alike.sum(axis=1))


def measure_spread(probe: Embedding, cohort: Cohort, calibration: Calibration) -> Spread:
    """Of the scores below the one that a stranger in a hundred reaches: few of the person's own are.

    The person's own faces may be most of a library, and relatives many.
    """
    scores = (cohort.embeddings @ probe).astype(np.float64)
    weights = cohort.weights * (scores < calibration.score_for(WEAKEST_FMR))
    people = float(weights.sum())
    if not people:
        return Spread(0.0, 0.0, 0.0)
    location = float(weights @ scores) / people
    variance = float(weights @ (scores - location) ** 2) / people
    return Spread(location, variance**0.5, people)


@dataclass(frozen=True)
class ProbeCalibration:
    """A calibration as it holds for one probe among some faces. It asks for no lower score than that."""

    calibration: Calibration
    measured: Spread
    faces: int  # that it is compared with
    photographs: int = 1  # of how many it is the mean

    @cached_property
    def _line(self) -> tuple[float, float]:
        """Location and stretch of scores with strangers, where the average's are 0 and 1."""
        average, measured = self.calibration.spread, self.measured
        if not average:  # nobody measured it
            return 0.0, 1.0
        people = measured.people + AVERAGE_WEIGHT
        location = measured.people * (measured.location - self.calibration.location) / people
        variance = (measured.people * measured.spread**2 + AVERAGE_WEIGHT * average**2) / people
        return location, variance / average**2

    @property
    def _surplus(self) -> float:
        """What a mean of so many photographs scores more with strangers."""
        surpluses = self.calibration.photographs
        return surpluses[min(self.photographs, len(surpluses)) - 1] if surpluses else 0.0

    def _raised(self, score: float) -> float:
        """The score that means here what `score` means on average."""
        middle = self.calibration.location
        location, stretch = self._line
        return max(score, middle + location + (score - middle) * stretch) + self._surplus

    def _average(self, score: float) -> float:
        """The score that means on average what `score` means here."""
        middle, score = self.calibration.location, score - self._surplus
        location, stretch = self._line
        return min(score, middle + (score - middle - location) / stretch)

    def false_match_rate(self, score: float) -> float:
        """How often a comparison of this probe with somebody else scores at least this, 0..1."""
        return self.calibration.false_match_rate(self._average(score))

    def score_for(self, rate: float) -> float:
        """The lowest score at which the false match rate is at most `rate`."""
        return self._raised(self.calibration.score_for(rate))

    def bands(self) -> dict[str, float]:
        """Band -> lowest score in it, among these faces or MIN_FACES if they are fewer."""
        faces = max(self.faces, MIN_FACES)
        return {band: round(self.score_for(limit / faces), 4) for band, limit in BANDS.items()}

    def expected_false_matches(self, score: float) -> float:
        """How many of as many different people would score at least this."""
        return max(self.faces, 1) * self.false_match_rate(score)

    def summary(self) -> CohortSummary:
        """What it rests on, for an answer."""
        people = self.measured.people
        return CohortSummary(round(people), people >= AVERAGE_WEIGHT, round(self.lookalikes(), 1))

    def lookalikes(self) -> float:
        """How many times as many strangers as usual reach what is usually "possible": 1 or more."""
        usual = self.calibration.bands(self.faces)["possible"]
        more = self.false_match_rate(usual + self._surplus) / self.calibration.false_match_rate(usual)
        return max(1.0, more)
