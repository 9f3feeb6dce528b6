"""How likely a candidate is a human face: a logistic model of four measures.

Eyes above a nose are found in dogs, in cups and in walls, too. What tells them apart is mostly how the
detector scores an enlarged crop of the candidate, and a wider crop with its surroundings: a person's face
scores high on both. A face that had to be enlarged much, or that the picture's edge cuts, scores less.

The coefficients belong to one detector, because the scores of another one mean something else. They are
fitted by scripts/fit_confirmation to labelled candidates; a file of them holds numbers only.
"""

from __future__ import annotations

import json
import math
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

from ..errors import PackError

BUNDLED_PROBABILITIES = Path(__file__).parent / "face_probabilities"
MAX_FILE_BYTES = 1 << 20  # real ones have 300 bytes
LEAST_DOUBT = 0.02  # 1 - score, so that it has a logarithm; no crop scores more than 0.96


@dataclass(frozen=True)
class Measures:
    """What is known of one candidate."""

    score: float  # of the detector, 0..1, on the upright, enlarged crop
    wide_score: float  # the same on a crop that shows more of what is around
    enlargement: float  # pixels of the chip per pixel of the picture
    outside: float  # share of the enlarged crop, 0..1, that is beyond the picture's edge

    @property
    def terms(self) -> tuple[float, float, float, float]:
        """What the coefficients are multiplied with: doubts and enlargement as logarithms."""
        return (
            math.log(max(1 - self.score, LEAST_DOUBT)),
            math.log(max(1 - self.wide_score, LEAST_DOUBT)),
            math.log(max(self.enlargement, 1.0)),
            self.outside,
        )


@dataclass(frozen=True)
class FaceProbability:
    """Coefficients of the terms of Measures, for one detector."""

    pack: str
    detector: str  # sha256 of the model whose scores these are
    intercept: float
    doubt: float
    wide_doubt: float
    enlargement: float
    outside: float
    threshold: float  # probability, 0..1, from which a candidate counts as a human face
    measured_on: str

    def probability(self, measures: Measures) -> float:
        """That the candidate is a human face, 0..1."""
        coefficients = self.doubt, self.wide_doubt, self.enlargement, self.outside
        products = (weight * term for weight, term in zip(coefficients, measures.terms, strict=True))
        return 1 / (1 + math.exp(-max(-50.0, min(50.0, self.intercept + sum(products)))))

    def accepts(self, measures: Measures) -> bool:
        """Whether the probability reaches the threshold."""
        return self.probability(measures) >= self.threshold


def read_face_probability(path: Path) -> FaceProbability:
    """Raises PackError when the file is not one of coefficients."""
    damaged = PackError(f"the coefficients {path.name} are damaged; make them anew: scripts/fit_confirmation")
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise damaged
        raw: dict[str, Any] = dict(json.loads(path.read_text("utf-8")))
        read = FaceProbability(**raw)
        is_sound = all(math.isfinite(value) for value in astuple(read)[2:8]) and 0 <= read.threshold < 1
        is_sound = is_sound and all(
            isinstance(text, str) for text in (read.pack, read.detector, read.measured_on)
        )
    except (OSError, ValueError, TypeError, ArithmeticError, RecursionError) as exc:
        raise damaged from exc
    if not is_sound:
        raise damaged
    return read
