"""What a score means: how often two different people reach it, and so how many false matches to expect.

A calibration is two curves of plain numbers, made by scripts/calibrate from a labelled folder with the
same code that indexes and queries. The false match rate (FMR) is interpolated in its logarithm; beyond
what the pairs could measure it goes on along a straight line fitted to the tail, which for cosine scores
errs on the careful side.
"""

from __future__ import annotations

import json
import math
from bisect import bisect_left
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

from ..errors import PackError

BUNDLED_CALIBRATIONS = Path(__file__).parent / "calibrations"
BANDS = {"strong": 0.01, "likely": 0.1, "possible": 1.0}  # expected false matches in this library, at most
SAME_PERSON_FMR = 1e-4  # at which a selfie counts as the enrolled person's
CLEAR_FMR = 1e-6  # at which it clearly does: between the two, whose brother or sister it may be is asked
WEAKEST_FMR = 1e-2  # of the weakest score that --all shows
MAX_FILE_BYTES = 1 << 20  # real ones have 3 kB
MIN_FACES = 1000  # bands are never laxer than in a library of this many, for few faces are often relatives'


@dataclass(frozen=True)
class Calibration:
    """Curves of one pack's models. Scores ascend; rates descend and are above 0."""

    pack: str
    revision: str  # of the models, see `Pack.model_revision`
    scores: tuple[float, ...]
    false_match_rates: tuple[float, ...]
    genuine_scores: tuple[float, ...]
    true_match_rates: tuple[float, ...]
    impostor_pairs: int
    genuine_pairs: int
    measured_on: str
    mean: tuple[float, ...] = ()  # of unit embeddings, each person counted equally; it is subtracted
    location: float = 0.0  # mean of a usual probe's scores with strangers, see probe_calibration.py
    spread: float = 0.0  # and their standard deviation; 0 when nobody measured it
    photographs: tuple[float, ...] = ()  # by how much more strangers score with the mean of 1, 2, ... of them

    @cached_property
    def _slope(self) -> float:
        """Of log10(FMR) by score, over the last two decades that were measured: negative."""
        logs = [math.log10(rate) for rate in self.false_match_rates]
        first = next(index for index, value in enumerate(logs) if value <= logs[-1] + 2)
        first = min(first, len(logs) - 2)
        return (logs[-1] - logs[first]) / (self.scores[-1] - self.scores[first])

    def false_match_rate(self, score: float) -> float:
        """How often a comparison of two different people scores at least this, 0..1."""
        if score <= self.scores[0]:
            return self.false_match_rates[0]
        if score >= self.scores[-1]:
            return float(self.false_match_rates[-1] * 10 ** (self._slope * (score - self.scores[-1])))
        at = bisect_left(self.scores, score)
        share = (score - self.scores[at - 1]) / (self.scores[at] - self.scores[at - 1])
        low, high = math.log10(self.false_match_rates[at - 1]), math.log10(self.false_match_rates[at])
        return float(10 ** (low + share * (high - low)))

    def score_for(self, rate: float) -> float:
        """The lowest score at which the false match rate is at most `rate`."""
        if rate <= self.false_match_rates[-1]:
            return self.scores[-1] + math.log10(rate / self.false_match_rates[-1]) / self._slope
        low, high = self.scores[0], self.scores[-1]
        for _ in range(50):
            middle = (low + high) / 2
            low, high = (middle, high) if self.false_match_rate(middle) > rate else (low, middle)
        return high

    def bands(self, faces: int) -> dict[str, float]:
        """Band -> lowest score in it, for a library of this many distinct faces, or of MIN_FACES if fewer."""
        faces = max(faces, MIN_FACES)
        return {band: round(self.score_for(limit / faces), 4) for band, limit in BANDS.items()}

    def expected_false_matches(self, score: float, faces: int) -> float:
        """How many of `faces` different people would score at least this."""
        return max(faces, 1) * self.false_match_rate(score)


def read_calibration(path: Path) -> Calibration:
    """Raises PackError when the file is not a calibration."""
    damaged = PackError(f"the calibration {path.name} is damaged; make it anew: scripts/calibrate")
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise damaged
        raw = dict(json.loads(path.read_text("utf-8")))
        values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in raw.items()}
        calibration = Calibration(**values)
        is_sound = _is_sound(calibration)
    except (OSError, ValueError, TypeError, ArithmeticError, RecursionError) as exc:
        raise damaged from exc
    if not is_sound:
        raise damaged
    return calibration


def _is_sound(calibration: Calibration) -> bool:
    """Whether the numbers can be what they are said to be.

    Raises TypeError or OverflowError for what are no numbers.
    """
    texts = (calibration.pack, calibration.revision, calibration.measured_on)
    curves = (
        (calibration.scores, calibration.false_match_rates),
        (calibration.genuine_scores, calibration.true_match_rates),
    )
    lists = (*(values for curve in curves for values in curve), calibration.mean, calibration.photographs)
    is_typed = all(isinstance(text, str) for text in texts) and all(isinstance(each, tuple) for each in lists)
    numbers = [calibration.impostor_pairs, calibration.genuine_pairs, *(n for each in lists for n in each)]
    if not is_typed or not all(math.isfinite(number) for number in numbers):
        return False
    scores, rates = curves[0]
    if len(scores) < 2 or any(len(values) != len(shares) for values, shares in curves):
        return False
    ascend = all(first < second for first, second in pairwise((-1.001, *scores, 1.001)))
    descend = all(first > second for first, second in pairwise((1.001, *rates, 0)))
    is_short = math.hypot(*calibration.mean) < 1  # so that no unit vector less the mean is nothing
    is_spread = abs(calibration.location) < 1 and (calibration.spread == 0 or 0.01 < calibration.spread < 1)
    surpluses = (0.0, *calibration.photographs)
    rise = all(0 <= first <= second < 1 for first, second in pairwise((*surpluses, surpluses[-1])))
    return ascend and descend and is_short and is_spread and rise
