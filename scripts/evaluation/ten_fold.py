"""The 10-fold protocol of Labeled Faces in the Wild: the share of pairs decided rightly, same person or not.

Ten sets of pairs, half genuine, half impostors. For each set the score that decides best on the other
nine is used; the figure is the mean of the ten accuracies, with the standard error of that mean (Huang et
al., University of Massachusetts, Technical Report 07-49). Without LFW's own list of pairs,
ten sets are drawn from the folder: no person is in two of them, and a second run draws the same.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scripts.evaluation.labelled_folder import SEED, LabelledFolder
from selfsearch.errors import UsageError
from selfsearch.types import Embeddings

FOLDS = 10
EACH_WAY = 300  # genuine pairs of a set, and as many impostors: LFW's number
NO_FACE = -1.0  # the score of a pair in which one picture shows no face: it is refused


@dataclass(frozen=True)
class Pair:
    """Two pictures, PERSON/STEM each."""

    first: str
    second: str
    is_same: bool


def read_pairs(path: Path) -> list[list[Pair]]:
    """LFW's pairs.txt: "10 300", then rows "NAME 1 4" and "NAME 1 OTHER 2". Raises UsageError."""
    rows = [
        line.split("\t" if "\t" in line else None)
        for line in path.read_text("utf-8").splitlines()
        if line.strip()
    ]
    try:
        folds, each_way = (int(number) for number in rows[0])
        pairs = [_pair(row) for row in rows[1:]]
    except (ValueError, IndexError) as exc:
        raise UsageError(
            f'{path} is no list of pairs as LFW has them: "10 300", then rows of 3 or 4'
        ) from exc
    if folds < 2 or len(pairs) != folds * 2 * each_way:
        raise UsageError(
            f"{path} has {len(pairs)} pairs where its first line says {folds} times {2 * each_way}"
        )
    return [pairs[start : start + 2 * each_way] for start in range(0, len(pairs), 2 * each_way)]


def _pair(row: Sequence[str]) -> Pair:
    if len(row) == 3:
        name, first, second = row
        return Pair(_stem(name, first), _stem(name, second), True)
    name, first, other, second = row
    return Pair(_stem(name, first), _stem(other, second), False)


def _stem(name: str, number: str) -> str:
    return f"{name}/{name}_{int(number):04d}"


def draw_pairs(folder: LabelledFolder) -> list[list[Pair]]:
    """Ten sets from the folder itself, split by person, each of as many pairs as the poorest has."""
    random = np.random.default_rng(SEED)
    by_person: dict[str, list[str]] = {}
    for path in folder.paths:
        by_person.setdefault(path.split("/")[0], []).append(_without_suffix(path))
    names = [list(by_person)[number] for number in random.permutation(len(by_person))]
    several = [name for name in names if len(by_person[name]) > 1]
    single = [name for name in names if len(by_person[name]) == 1]
    folds = []
    for number in range(FOLDS):
        groups = [by_person[name] for name in (*several[number::FOLDS], *single[number::FOLDS])]
        folds.append((_genuine(groups, random), _impostors(groups, random)))
    size = min((len(pairs) for fold in folds for pairs in fold), default=0)
    return [[*genuine[:size], *impostors[:size]] for genuine, impostors in folds]


def _genuine(groups: Sequence[Sequence[str]], random: np.random.Generator) -> list[Pair]:
    """Person after person in turn, so that nobody's pictures decide."""
    waiting = [[Pair(*pair, True) for pair in combinations(group, 2)] for group in groups]
    for pairs in waiting:
        random.shuffle(pairs)
    drawn: list[Pair] = []
    while any(waiting) and len(drawn) < EACH_WAY:
        drawn += [pairs.pop() for pairs in waiting if pairs]
    return drawn[:EACH_WAY]


def _impostors(groups: Sequence[Sequence[str]], random: np.random.Generator) -> list[Pair]:
    """Two different people each, as LFW draws them: first the people, then a picture of each."""
    if len(groups) < 2:
        return []
    drawn: dict[tuple[str, str], Pair] = {}
    ones, others = random.integers(0, [[len(groups)], [len(groups) - 1]], (2, 20 * EACH_WAY))
    others += others >= ones  # anybody else
    drawn_people = zip(np.minimum(ones, others).tolist(), np.maximum(ones, others).tolist(), strict=True)
    for one, other in drawn_people:
        first, second = (groups[at][int(random.integers(len(groups[at])))] for at in (one, other))
        drawn.setdefault((first, second), Pair(first, second, False))
        if len(drawn) == EACH_WAY:
            break
    return list(drawn.values())


def _without_suffix(path: str) -> str:
    return str(PurePosixPath(path).with_suffix(""))


def ten_fold(
    folder: LabelledFolder, folds: Sequence[Sequence[Pair]], probes: Embeddings | None = None
) -> dict[str, Any]:
    """Mean accuracy and its standard error.

    A pair with a picture that is not in the folder is left out and counted; one with a picture in which no
    face was found is refused. `probes`: as in `verification.compare`.
    """
    probes = folder.embeddings if probes is None else probes
    rows = {_without_suffix(path): row for row, path in enumerate(folder.paths)}
    faceless = {_without_suffix(path) for path in (*folder.without_face, *folder.unreadable)}
    present = [
        [pair for pair in fold if {pair.first, pair.second} <= rows.keys() | faceless] for fold in folds
    ]
    left_out = sum(map(len, folds)) - sum(map(len, present))
    scored = [_scores(folder.embeddings, probes, fold, rows) for fold in present if fold]
    accuracies = (
        [
            _accuracy(*scored[number], _best_threshold(*_joined(scored, number)))
            for number in range(len(scored))
        ]
        if len(scored) > 1
        else []
    )
    if not accuracies:
        return {"accuracy": None, "standard_error": None, "folds": 0, "pairs": 0, "left_out": left_out}
    return {
        "accuracy": float(np.mean(accuracies)),
        "standard_error": float(np.std(accuracies, ddof=1) / math.sqrt(len(accuracies))),
        "folds": len(scored),
        "pairs": sum(map(len, present)),
        "left_out": left_out,
    }


Scored = tuple[NDArray[np.float64], NDArray[np.bool_]]  # scores, whether it is one person


def _scores(
    embeddings: Embeddings, probes: Embeddings, fold: Sequence[Pair], rows: Mapping[str, int]
) -> Scored:
    scores = [
        float(probes[rows[pair.first]] @ embeddings[rows[pair.second]])
        if pair.first in rows and pair.second in rows
        else NO_FACE
        for pair in fold
    ]
    return np.array(scores), np.array([pair.is_same for pair in fold])


def _joined(scored: Sequence[Scored], left_out: int) -> Scored:
    others = [fold for number, fold in enumerate(scored) if number != left_out]
    return np.concatenate([scores for scores, _ in others]), np.concatenate([same for _, same in others])


def _best_threshold(scores: NDArray[np.float64], same: NDArray[np.bool_]) -> float:
    """The score from which "same" decides most pairs rightly; the middle one where several do."""
    order = np.argsort(scores)
    ascending = scores[order]
    right_below = np.concatenate([[0], np.cumsum(~same[order])])
    right_above = same.sum() - np.concatenate([[0], np.cumsum(same[order])])
    cuts = np.concatenate([[-1.5], (ascending[1:] + ascending[:-1]) / 2, [1.5]])
    is_cut = np.concatenate([[True], ascending[1:] > ascending[:-1], [True]])  # none between equal scores
    right = np.where(is_cut, right_below + right_above, -1)
    best = np.flatnonzero(right == right.max())
    return float(cuts[best[len(best) // 2]])


def _accuracy(scores: NDArray[np.float64], same: NDArray[np.bool_], threshold: float) -> float:
    return float(((scores >= threshold) == same).mean())
