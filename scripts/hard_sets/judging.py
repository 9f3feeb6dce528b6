"""What a recogniser made of pictures, counted against what is known of them, for scripts/hard and compare.

A face counts as found when a detection is at its place: the two have half of the smaller one's area in
common, and neither is more than four times as large.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from scripts.evaluation.labelled_folder import SAME_FACE, count_duplicates
from scripts.evaluation.recognisers import Seen
from scripts.hard_sets.frames import Box
from scripts.hard_sets.sets import PROBES, UPRIGHT, Truth
from selfsearch.boxes import common_area, covered

SIMILAR = 4.0  # times the area of the other that a box at the same place may have


@dataclass(frozen=True)
class Planted:
    """Small faces in large photographs."""

    pictures: int
    faces: int
    found: int
    false: int  # detections where no face was planted
    doubled: int  # detections too many: of a face that another is listed for
    ms: float  # of processor per picture


@dataclass(frozen=True)
class Recognised:
    """One portrait per picture, searched for by another picture of the same person."""

    pictures: int
    found: int
    upright: dict[str, int]  # band -> people who reach it with the upright picture
    reached: dict[str, int]  # band -> how many of those still do
    doubled: int
    ms: float


@dataclass(frozen=True)
class Plain:
    """A folder of which no more is known."""

    pictures: int
    unreadable: int
    with_faces: int
    faces: int
    doubled: int
    ms: float
    kept: dict[str, int]  # label -> detections at boxes that have it; "" where no labelled box is
    labelled: dict[str, int]  # label -> boxes that have it


def planted(truth: Sequence[Truth], seen: Mapping[str, Seen]) -> Planted:
    """Count faces at known places; `seen` has every path of `truth`."""
    found = false = doubled = 0
    for line in truth:
        boxes = boxes_of(seen[line.path])
        found += sum(any(is_at(box, face) for box in boxes) for face in line.faces)
        false += sum(not any(is_at(box, face) for face in line.faces) for box in boxes)
        doubled += count_duplicates(boxes)
    faces = sum(len(line.faces) for line in truth)
    return Planted(len(truth), faces, found, false, doubled, _ms(seen[line.path] for line in truth))


def recognised(
    truth: Sequence[Truth], seen: Mapping[str, Seen], bands: Mapping[str, float]
) -> dict[str, Recognised]:
    """By condition, of one set and the probes. `bands`: the lowest score of each."""
    probes = {line.person: _probe(line, seen) for line in truth if line.set == PROBES}
    portraits = [line for line in truth if line.set != PROBES]
    scores = {line.path: _score(line, seen, probes.get(line.person)) for line in portraits}
    upright = {line.person: scores[line.path] for line in portraits if line.condition == UPRIGHT}
    grouped: dict[str, list[Truth]] = {}
    for line in portraits:
        grouped.setdefault(line.condition, []).append(line)
    results = {}
    for condition, lines in grouped.items():
        reach = {band: [line for line in lines if upright[line.person] >= bands[band]] for band in bands}
        results[condition] = Recognised(
            len(lines),
            sum(scores[line.path] > -math.inf for line in lines),
            {band: len(able) for band, able in reach.items()},
            {band: sum(scores[line.path] >= bands[band] for line in able) for band, able in reach.items()},
            sum(count_duplicates(boxes_of(seen[line.path])) for line in lines),
            _ms(seen[line.path] for line in lines),
        )
    return results


def plain(seen: Mapping[str, Seen], labels: Iterable[tuple[str, Box, str]] = ()) -> Plain:
    """Count what was found. `labels`: path, box and label of what somebody has looked at."""
    everything = list(seen.values())
    labelled = [label for label in labels if label[0] in seen]
    read = [one for one in everything if one.size != (0, 0)]
    boxes = [boxes_of(one) for one in read]
    return Plain(
        len(everything), len(everything) - len(read), sum(map(bool, boxes)), sum(map(len, boxes)),
        sum(map(count_duplicates, boxes)), _ms(read), _kept(seen, labelled),
        dict(Counter(label for _, _, label in labelled)),
    )  # fmt: skip


def to_look_at(truth: Sequence[Truth], seen: Mapping[str, Seen]) -> dict[str, list[str]]:
    """Pictures in which a face is missed, or one is listed twice."""
    boxes = {line.path: boxes_of(seen[line.path]) for line in truth}
    missed = (
        line.path
        for line in truth
        if not all(any(is_at(box, face) for box in boxes[line.path]) for face in line.faces)
    )
    doubled = [path for path, found in boxes.items() if count_duplicates(found)]
    return {"missed": list(missed), "doubled": doubled}


def _kept(seen: Mapping[str, Seen], labels: Sequence[tuple[str, Box, str]]) -> dict[str, int]:
    """Detections by the label of the box that they have most in common with."""
    by_path: dict[str, list[tuple[Box, str]]] = {}
    for path, box, label in labels:
        by_path.setdefault(path, []).append((box, label))
    kept: Counter[str] = Counter()
    for path, one in seen.items():
        for box in boxes_of(one) if labels else ():
            near = [
                (common_area(box, other), label)
                for other, label in by_path.get(path, ())
                if is_at(box, other)
            ]
            kept[max(near)[1] if near else ""] += 1
    return dict(kept)


def _probe(line: Truth, seen: Mapping[str, Seen]) -> np.ndarray | None:
    """The face at its place as it is searched for; None when it was not found."""
    one = seen[line.path]
    rows = [probe for box, probe in zip(boxes_of(one), one.probes, strict=True) if is_at(box, line.faces[0])]
    return rows[0] if rows else None


def _score(line: Truth, seen: Mapping[str, Seen], probe: np.ndarray | None) -> float:
    """Of the best detection at the face's place: -inf where there is none; `probe` None scores lowest."""
    one = seen[line.path]
    rows = [row for box, row in zip(boxes_of(one), one.embeddings, strict=True) if is_at(box, line.faces[0])]
    if not rows:
        return -math.inf
    return -1e9 if probe is None else max(float(row @ probe) for row in rows)


# ---- boxes ----


def boxes_of(one: Seen) -> list[Box]:
    """The part of every detection that is inside the picture."""
    width, height = one.size
    boxes = []
    for x, y, across, down in one.boxes.tolist():
        left, top = max(0.0, x), max(0.0, y)
        right, bottom = min(width, x + across), min(height, y + down)
        boxes.append((left, top, max(0.0, right - left), max(0.0, bottom - top)))
    return boxes


def is_at(box: Box, face: Box) -> bool:
    """Whether a detection is at a face's place."""
    smaller, larger = sorted((box[2] * box[3], face[2] * face[3]))
    return covered(box, face) >= SAME_FACE and larger <= SIMILAR * smaller


def _ms(seen: Iterable[Seen]) -> float:
    values = [one.ms for one in seen]
    return sum(values) / max(1, len(values))
