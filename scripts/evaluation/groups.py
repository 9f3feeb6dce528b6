"""False match rates within groups of people, as multiples of what the calibration promises.

Two people of one group resemble each other more than two of any. A table says who belongs where, a name and
a group in each row, and one person may be in several groups. Each group is measured as a library of its
own: every picture asks among those of the others. "On average" is the score of the pack's curve, the same
for all who ask; "as asked" the score that the query takes for this picture, which depends on its scores
with that library.

Each pair of people weighs the same. Intervals are by the bootstrap over the people of the group.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scripts.evaluation.labelled_folder import SEED, LabelledFolder
from scripts.evaluation.verification import DRAWS, ROWS, interval
from selfsearch.errors import UsageError
from selfsearch.recognition.calibration import Calibration
from selfsearch.workflows.gallery import FaceIndex, Stamp

PROMISES = (1e-3, 1e-4)
EVERYBODY = "everybody"

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]


def read_groups(path: Path) -> dict[str, set[str]]:
    """Group -> the names in it, from a CSV table "name,group". Raises UsageError."""
    groups: dict[str, set[str]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.reader(file):
            if len(row) != 2:
                raise UsageError(f"{path} is no table of names and groups: a row has {len(row)} columns")
            if row != ["name", "group"]:
                groups.setdefault(row[1].strip(), set()).add(row[0].strip())
    return groups


@dataclass(frozen=True)
class FalseMatches:
    """Whose pictures were taken for whose, in numbers of people of the group."""

    pictures: Numbers  # of each person
    asking: Numbers
    found: Numbers

    def rate(self, drawn: Floats) -> float:
        """The share of false matches, each pair of people weighing the same; `drawn`: how many of each."""
        each = drawn / self.pictures
        total = drawn.sum() ** 2 - (drawn**2).sum()
        return float((each[self.asking] * each[self.found]).sum() / total) if total else float("nan")

    def described(self, promised: float) -> dict[str, Any]:
        """In multiples of what is promised, with an interval where there is any false match."""
        people, random = len(self.pictures), np.random.default_rng(SEED)
        drawn: list[float | None] = [
            self.rate(np.bincount(random.integers(0, people, people), minlength=people).astype(float))
            / promised
            for _ in range(DRAWS if len(self.asking) else 0)
        ]
        return {
            "false_matches": len(self.asking),
            "times_promised": self.rate(np.ones(people)) / promised,
            "interval": interval(drawn) if drawn else None,
        }


def within_groups(
    folder: LabelledFolder, groups: dict[str, set[str]], calibration: Calibration
) -> list[dict[str, Any]]:
    """A row for everybody and for each group of two people or more. `folder` is centred."""
    rows = []
    people = np.array(folder.people)
    for group, members in {EVERYBODY: set(folder.people), **groups}.items():
        part = folder.rows(np.isin(people, list(members)))
        count = len(set(part.people))
        if count > 1:
            measured = _measured(part, calibration)
            rows.append({"group": group, "people": count, "pictures": len(part.paths), "rates": measured})
    return rows


def _measured(folder: LabelledFolder, calibration: Calibration) -> list[dict[str, Any]]:
    index = FaceIndex(np.arange(len(folder.paths)), folder.embeddings, Stamp(calibration.revision, 0, ()))
    probes = [index.calibrate(calibration, row) for row in folder.probes]
    rates = []
    for promised in PROMISES:
        own = np.array([probe.score_for(promised) for probe in probes])
        average = np.full(len(probes), calibration.score_for(promised))
        rates.append(
            {
                "promised": promised,
                "on_average": find_false_matches(folder, average).described(promised),
                "as_asked": find_false_matches(folder, own).described(promised),
            }
        )
    return rates


def find_false_matches(folder: LabelledFolder, scores: Floats) -> FalseMatches:
    """Every picture asks among those of other people, with the score from which a face counts as found."""
    labels, searching = folder.labels, folder.probes
    asking: list[Numbers] = []
    found: list[Numbers] = []
    for start in range(0, len(labels), ROWS):
        rows = np.arange(start, min(len(labels), start + ROWS))
        reached = searching[rows] @ folder.embeddings.T >= scores[rows][:, None].astype(np.float32)
        first, second = np.nonzero(reached & (labels[rows][:, None] != labels))
        asking.append(labels[rows[first]])
        found.append(labels[second])
    return FalseMatches(np.bincount(labels), np.concatenate(asking), np.concatenate(found))
