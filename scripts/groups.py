"""False match rates within groups of people, as multiples of what the calibration promises for everybody.

Two people of one group resemble each other more than two of any: the average curve is too good for them.
A table says who belongs where, a name and a group in each row, and one person may be in several groups.
Each pair of people weighs the same; beside it stands the rate in which each pair of pictures does.
Intervals are by the bootstrap over the people of the group.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scripts.measure import SEED, LabelledFolder
from scripts.verification import DRAWS, Comparison, interval
from selfsearch.errors import UsageError
from selfsearch.recognition.calibration import Calibration
from selfsearch.recognition.probe_calibration import ProbeCalibration, find_cohort, measure_spread
from selfsearch.types import Embeddings

PROMISES = (1e-3, 1e-4)
EVERYBODY = "everybody"

Floats = NDArray[np.float64]


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


def within_groups(
    comparison: Comparison, names: Sequence[str], groups: dict[str, set[str]], calibration: Calibration
) -> list[dict[str, Any]]:
    """A row for everybody and for each group with two people or more; `names` are those of the labels."""
    rows = []
    for group, members in {EVERYBODY: set(names), **groups}.items():
        is_in = np.array([name in members for name in names])
        if is_in.sum() < 2:
            continue
        pictures = int(comparison.pictures[is_in].sum())
        rates = [_measured(comparison, is_in, calibration.score_for(rate), rate) for rate in PROMISES]
        rows.append(
            {
                "group": group,
                "people": int(is_in.sum()),
                "pictures": pictures,
                "rates": [r for r in rates if r],
            }
        )
    return rows


def as_asked(
    folder: LabelledFolder, groups: dict[str, set[str]], calibration: Calibration
) -> list[dict[str, Any]]:
    """The same as the product asks: the library is the group alone, each face a probe with its own bands.

    A row for each group and promise; each pair of people weighs the same.
    """
    people = np.array(folder.people)
    rows = []
    for group, members in {EVERYBODY: set(folder.people), **groups}.items():
        chosen = np.flatnonzero(np.isin(people, sorted(members)))
        labels = np.unique(people[chosen], return_inverse=True)[1]
        if len(chosen) and labels.max() > 0:
            measured = _asked(folder.embeddings[chosen], labels, calibration)
            rows += [{"group": group, "people": int(labels.max()) + 1} | each for each in measured]
    return rows


def _asked(
    embeddings: Embeddings, labels: NDArray[np.int64], calibration: Calibration
) -> list[dict[str, Any]]:
    cohort = find_cohort(np.arange(len(labels)), embeddings, calibration)
    probes = [
        ProbeCalibration(calibration, measure_spread(row, cohort, calibration), len(labels))
        for row in embeddings
    ]
    weights = 1 / np.bincount(labels)[labels]
    false, pairs = np.zeros(len(PROMISES)), 0.0
    for row, probe in enumerate(probes):
        other = (labels != labels[row]) * weights * weights[row]
        scores = embeddings @ embeddings[row]
        pairs += other.sum()
        false += [other[scores >= probe.score_for(rate)].sum() for rate in PROMISES]
    return [
        {"promised": rate, "times_promised": float(found / pairs / rate)}
        for rate, found in zip(PROMISES, false, strict=True)
    ]


def _measured(
    comparison: Comparison, is_in: NDArray[np.bool_], score: float, promised: float
) -> dict[str, Any] | None:
    """None where the score is below those that are kept."""
    if not comparison.is_whole and score < comparison.impostors.scores[-1]:
        return None
    first, second = comparison.people_of_impostors
    reached = (comparison.impostors.scores >= np.float32(score)) & is_in[first] & is_in[second]
    first, second = first[reached], second[reached]
    pictures = np.where(is_in, comparison.pictures, 0).astype(float)
    members = is_in.astype(float)

    def rate(pictures: Floats, each: Floats) -> float:
        whole = each * pictures
        total = (whole.sum() ** 2 - (whole**2).sum()) / 2
        return float((each[first] * each[second]).sum() / total) if total else float("nan")

    equally = members / np.maximum(comparison.pictures, 1)
    chosen = np.flatnonzero(is_in)
    random = np.random.default_rng(SEED)
    drawn: list[float | None] = []
    for _ in range(DRAWS):
        times = np.bincount(random.choice(chosen, len(chosen)), minlength=len(is_in))
        drawn.append(rate(pictures, equally * times) / promised)
    return {
        "promised": promised,
        "score": score,
        "false_matches": int(reached.sum()),
        "times_promised": rate(pictures, equally) / promised,
        "interval": interval(drawn) if reached.any() else None,
        "times_promised_all_pairs": rate(pictures, members) / promised,
    }
