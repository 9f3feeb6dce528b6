"""A calibration out of labelled embeddings: of all people, or of one half to be measured on the other."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from scripts.evaluation.labelled_folder import SEED, LabelledFolder
from selfsearch.errors import UsageError
from selfsearch.recognition.calibration import Calibration
from selfsearch.recognition.model_pack import Pack
from selfsearch.recognition.probe_calibration import find_cohort, measure_spread

TAIL = (1e-3, 1e-5)  # the rates between which the tail's line is fitted: below, a few wrong labels decide
MOST_PHOTOGRAPHS = 5  # more of them bring out hardly more
SURPLUS_RATES = (1e-3, 1e-4)
TEMPLATES = 20  # drawn of each person for each number of photographs
LEAST_PEOPLE = 20  # with as many pictures
LEAST_PAIRS = 20_000  # of different people, each way round: the tail's line needs two points of ten pairs


def fit(pack: Pack, folder: LabelledFolder, measured_on: str) -> Calibration:
    """Mean, curves and what probes are measured by; `folder` is not centred yet.

    Raises UsageError when there are too few.
    """
    mean = mean_embedding(folder.labels, folder.embeddings)
    folder = folder.centred(mean)
    genuine, impostors = compare(folder)
    if len(impostors) < LEAST_PAIRS or not len(genuine):
        raise UsageError(f"{measured_on}: too few pictures of people to fit a calibration")
    steps, rates = curve(impostors)
    grid = [round(0.2 + 0.02 * step, 2) for step in range(36)]
    calibration = Calibration(
        pack.name, pack.model_revision, tuple(steps), tuple(rates), tuple(grid),
        tuple(round(float(np.mean(genuine >= score)), 4) for score in grid), len(impostors), len(genuine),
        measured_on, mean,
    )  # fmt: skip
    location, spread = usual_spread(folder, calibration)
    photographs = surpluses(folder)
    return replace(calibration, location=location, spread=spread, photographs=photographs)


def halves(folder: LabelledFolder, pack: Pack) -> Iterator[tuple[LabelledFolder, Calibration]]:
    """Each half of the people, centred, with the calibration of the other. `folder` is not centred yet.

    A calibration is good on the pictures that it was fitted on. The people are divided at random, the
    same way every time. Raises UsageError when there are too few.
    """
    labels = folder.labels
    order = np.random.default_rng(SEED).permutation(labels.max() + 1)
    is_first = order[labels] % 2 == 0
    for chosen, words in ((is_first, "the second half"), (~is_first, "the first half")):
        others = folder.rows(~chosen)
        calibration = fit(pack, others, f"{words} of the people in {folder.name}")
        yield folder.rows(chosen).centred(calibration.mean), calibration


def usual_spread(folder: LabelledFolder, calibration: Calibration) -> tuple[float, float]:
    """Location and spread of a probe's scores with strangers: the medians of these faces as probes."""
    cohort = find_cohort(np.arange(len(folder.paths)), folder.embeddings, calibration)
    measured = [measure_spread(probe, cohort, calibration)[:2] for probe in folder.probes]
    location, spread = np.median(measured, axis=0)
    return round(float(location), 5), round(float(spread), 5)


def surpluses(folder: LabelledFolder) -> tuple[float, ...]:
    """By how much more strangers score with the mean of 1 to 5 photographs; () when too few people have five.

    At SURPLUS_RATES, the larger of the two. Every template, and every stranger, counts as much.
    """
    people, probes = folder.labels, folder.probes
    pictures = np.bincount(people)
    able = np.flatnonzero(pictures >= MOST_PHOTOGRAPHS)
    if len(able) < LEAST_PEOPLE:
        return ()
    scores = []
    for count in range(1, MOST_PHOTOGRAPHS + 1):
        random = np.random.default_rng(count)
        own = np.repeat(able, TEMPLATES)
        drawn = [random.permutation(np.flatnonzero(people == person))[:count] for person in own]
        templates = np.stack([probes[rows].mean(axis=0) for rows in drawn])
        templates /= np.linalg.norm(templates, axis=1, keepdims=True)
        is_other = own[:, None] != people[None, :]
        weights = (is_other / pictures[people])[is_other]
        found = (templates @ folder.embeddings.T)[is_other]
        order = np.argsort(-found)
        rates = np.cumsum(weights[order]) / weights.sum()
        scores.append(found[order][np.searchsorted(rates, SURPLUS_RATES)])
    more = np.maximum.accumulate(np.max(np.array(scores) - scores[0], axis=1))
    return tuple(round(float(value), 4) for value in more)


def mean_embedding(labels: np.ndarray, embeddings: np.ndarray) -> tuple[float, ...]:
    """The mean, each person counting once however many pictures there are."""
    people = [embeddings[labels == name].mean(axis=0) for name in np.unique(labels)]
    return tuple(round(float(value), 6) for value in np.mean(people, axis=0))


def compare(folder: LabelledFolder) -> tuple[np.ndarray, np.ndarray]:
    """Scores of all genuine and of all impostor comparisons, probe against gallery."""
    scores, same = folder.probes @ folder.embeddings.T, folder.labels[:, None] == folder.labels[None, :]
    return scores[same & ~np.eye(len(same), dtype=bool)], scores[~same]


def curve(impostors: np.ndarray) -> tuple[list[float], list[float]]:
    """Scores and false match rates: as counted down to the tail, then along the tail's fitted line."""
    ordered = np.sort(impostors)[::-1]
    rates = [10 ** (-step / 8) for step in range(4, 33) if 10 ** (-step / 8) >= TAIL[0]]
    points = [(float(ordered[int(rate * len(ordered)) - 1]), rate) for rate in rates]
    fit = [10 ** (-step / 20) for step in range(60, 101) if 10 ** (-step / 20) * len(ordered) >= 10]
    scores = [float(ordered[int(rate * len(ordered)) - 1]) for rate in fit]
    slope, offset = np.polyfit(scores, np.log10(fit), 1)
    points += [
        (float((math.log10(rate) - offset) / slope), rate)
        for rate in (10 ** (-3 - step / 4) for step in range(1, 13))
    ]
    return [round(score, 4) for score, _ in points], [float(f"{rate:.4g}") for _, rate in points]
