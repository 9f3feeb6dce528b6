"""Open-set identification: what a person gets who asks with one to five photographs, band by band.

A gallery is the labelled faces of people drawn at random, with all their pictures, until it has the
wanted size; there are as many galleries of a size as there are people for. Each person in it asks with
pictures of their own, which are left out of what is found; everybody with enough pictures asks,
PER_PERSON times at most, so that nobody's pictures decide. What is found is right when it shows the
person, false otherwise.

Template, search and bands are the product's own functions. A band promises so many expected false matches
per question; intervals are by the bootstrap over people, as in verification.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from scripts.evaluation.labelled_folder import SEED, LabelledFolder
from scripts.evaluation.verification import DRAWS, interval
from selfsearch.library.people import EnrolledFaces, Person
from selfsearch.recognition.calibration import BANDS, Calibration
from selfsearch.workflows.enroll import template
from selfsearch.workflows.gallery import FaceIndex, Stamp
from selfsearch.workflows.query import search

SIZES = (1_000, 10_000)  # faces in a gallery; all there are is measured as well
PHOTOGRAPHS = (1, 2, 3, 4, 5)
PER_PERSON = 5  # questions of one person in one gallery
WORST = 0.05  # share of the questions that get most false matches

Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class Asked:
    """What one question was answered, as counts in the order of BANDS: what is in each band."""

    person: int
    right: Numbers
    false: Numbers
    possible: int  # other pictures of the person in the gallery


def open_set(folder: LabelledFolder, calibration: Calibration) -> list[dict[str, Any]]:
    """A row for every size of gallery and number of photographs. `folder` is centred."""
    faiss.omp_set_num_threads(1)  # thousands of small searches: on a busy machine threads wait for each other
    labels = folder.labels
    sizes = [size for size in SIZES if size < len(labels)]
    rows = []
    for size in (*sizes, len(labels)):
        galleries = [Searched(folder, labels, rows, calibration) for rows in draw_galleries(labels, size)]
        for photographs in PHOTOGRAPHS:
            asked = [answer for gallery in galleries for answer in gallery.ask_all(photographs)]
            if asked:
                counts = {"gallery": size, "galleries": len(galleries), "photographs": photographs}
                rows.append(counts | summarised(asked))
    return rows


def draw_galleries(labels: Numbers, size: int) -> Iterator[Numbers]:
    """The rows of each gallery; no person is in two."""
    pictures = np.bincount(labels)
    drawn: list[int] = []
    for person in np.random.default_rng(SEED).permutation(len(pictures)):
        drawn += np.flatnonzero(labels == person).tolist()
        if len(drawn) >= size:
            yield np.array(sorted(drawn[:size]))
            drawn = []


class Searched:
    """One gallery, searched as a library is."""

    def __init__(
        self, folder: LabelledFolder, labels: Numbers, rows: Numbers, calibration: Calibration
    ) -> None:
        self.rows, self.labels = rows, labels
        self.probes, self.qualities = folder.probes, folder.qualities
        self.gallery: Any = SimpleNamespace(calibration=calibration)  # as much as a search needs
        self.index = FaceIndex(rows, folder.embeddings[rows], Stamp(calibration.revision, 0, ()))

    def ask_all(self, photographs: int) -> Iterator[Asked]:
        """Everybody who has enough pictures asks with so many of them."""
        random = np.random.default_rng(SEED + photographs)
        for person in np.unique(self.labels[self.rows]):
            own = random.permutation(self.rows[self.labels[self.rows] == person])
            for start in range(0, min(len(own) // photographs, PER_PERSON) * photographs, photographs):
                yield self.ask(own[start : start + photographs])

    def ask(self, probes: Numbers) -> Asked:
        """One question, with these rows as photographs, which are not found then."""
        person = int(self.labels[probes[0]])
        kept = EnrolledFaces(
            self.probes[probes],
            self.qualities[probes].tolist(),
            np.ones(len(probes), np.bool_),
            list(range(len(probes))),
        )
        probe = template(kept, Person(0, "", ""), [])
        calibration = self.index.calibrate(self.gallery.calibration, probe, len(probes))
        bands = calibration.bands()
        hits = search(self.gallery, self.index, probe, kept.stated, {}, bands["possible"])
        found = [hit for hit in hits if hit.face not in probes]
        right = [hit.score for hit in found if self.labels[hit.face] == person]
        false = [hit.score for hit in found if self.labels[hit.face] != person]
        own = int((self.labels[self.rows] == person).sum())
        return Asked(person, _by_band(right, bands), _by_band(false, bands), own - len(probes))


def _by_band(scores: Sequence[float], bands: Mapping[str, float]) -> Numbers:
    """How many are in each band."""
    reached = [sum(score >= lowest for score in scores) for lowest in bands.values()]
    return np.diff(reached, prepend=0)


def summarised(asked: Sequence[Asked]) -> dict[str, Any]:
    """Shares of right pictures in each band, and false matches that reach each band, with their spread."""
    right = np.stack([answer.right for answer in asked])
    false = np.cumsum([answer.false for answer in asked], axis=1)
    possible = np.array([answer.possible for answer in asked])
    each = [
        right[chosen].sum(axis=0) / possible[chosen].sum()
        for chosen in _by_person([answer.person for answer in asked])
        if possible[chosen].sum()
    ]
    total = max(1, int(possible.sum()))
    return {
        "questions": len(asked),
        "people": len({answer.person for answer in asked}),
        "right_pictures": int(possible.sum()),
        "bands": {
            band: {
                "right": float(right[:, at].sum() / total) if len(each) else None,
                "right_each_person": float(np.mean([shares[at] for shares in each])) if each else None,
                "false": int(false[:, at].sum()),
                "false_per_question": float(false[:, at].mean()),
                "interval": _interval(asked, false[:, at]),
                "promised": promised,
                "questions_with_false": float((false[:, at] > 0).mean()),
                "share_of_worst": share_of_worst(false[:, at]),
            }
            for at, (band, promised) in enumerate(BANDS.items())
        },
    }


def share_of_worst(false: Numbers) -> float | None:
    """Of all false matches, the share that the WORST part of the questions got; None without any."""
    worst = np.sort(false)[::-1][: max(1, round(WORST * len(false)))]
    return float(worst.sum() / false.sum()) if false.sum() else None


def _by_person(people: Sequence[int]) -> Iterator[Numbers]:
    """The questions of each person."""
    asking = np.array(people)
    for person in np.unique(asking):
        yield np.flatnonzero(asking == person)


def _interval(asked: Sequence[Asked], false: Numbers) -> list[float] | None:
    """Of the false matches per question, with the people who ask drawn again and again; None without any."""
    if not false.any():
        return None
    _, person = np.unique([answer.person for answer in asked], return_inverse=True)
    sums, counts = np.bincount(person, false), np.bincount(person)
    random = np.random.default_rng(SEED)
    drawn = random.integers(0, len(sums), (DRAWS, len(sums)))
    return interval((sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)).tolist())
