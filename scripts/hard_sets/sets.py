"""Sets of pictures whose faces are known: small ones, tilted ones, and portraits under hard conditions.

Each set is a folder, and truth.json beside them says of every picture which faces are in it, and where. The
same sources and the same seed give the same files. They are pictures of people: keep them private.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path

import cv2
import numpy as np

from scripts.hard_sets.conditions import CONDITIONS, Changed, Setting, posted, turned
from scripts.hard_sets.frames import Box, Head, Picture, frame
from selfsearch.errors import ItemError
from selfsearch.media import decode
from selfsearch.packs.store import find_pack
from selfsearch.recognition.model_engine import ModelEngine
from selfsearch.recognition.model_pack import DEFAULT_PACK

SMALL = {  # set -> size of its frames, sides of their faces in pixels
    "small-4000": ((4000, 3000), (24, 32, 40, 48, 64)),
    "small-1080": ((1080, 1350), (16, 20, 24, 32, 40)),
}
ANGLES = (0, 15, 30, 45, 60, 90, 135, 180)  # degrees; to the left or to the right, by chance
UPRIGHT = "upright"  # the condition that the others are judged against
PROBES = "probes"  # the set with everybody's other picture
MAX_SCENES = 200  # that backgrounds are drawn from


@dataclass(frozen=True)
class Truth:
    """What is known of one picture. `faces`: boxes in its pixels; `person`: whose they are, when one's."""

    path: str  # from the sets' folder
    set: str
    condition: str
    faces: list[Box] = field(default_factory=list)
    person: str | None = None


class Source:
    """The two folders, read as they are needed."""

    def __init__(self, people: Path, scenes: Path, count: int, seed: int) -> None:
        self.engine = ModelEngine(find_pack(DEFAULT_PACK))
        self._count, self._seed = count, seed
        self._people = sorted(path for path in people.iterdir() if path.is_dir())
        self._scenes = sorted(path for path in scenes.rglob("*") if path.is_file())

    def random(self, *numbers: int) -> np.random.Generator:
        """A generator of its own for each thing that is made, so that leaving one out changes no other."""
        return np.random.default_rng([self._seed, *numbers])

    @cached_property
    def scenes(self) -> list[Picture]:
        """Photographs in which no face is found."""
        order = self.random(1).permutation(len(self._scenes))[:MAX_SCENES]
        read = (self._read(self._scenes[index]) for index in order)
        return [picture for picture, faces in filter(None, read) if not faces]

    @cached_property
    def heads(self) -> list[Head]:
        """One picture each of so many people; pictures with several faces are passed over."""
        order = self.random(2).permutation(len(self._people))
        found = (self._head(path) for index in order for path in sorted(self._people[index].iterdir())[:1])
        return list(islice(filter(None, found), self._count))

    @cached_property
    def pairs(self) -> list[tuple[Head, Head]]:
        """Two pictures each of so many people."""
        people = [(path, sorted(path.iterdir())[:2]) for path in self._people]
        people = [(path, files) for path, files in people if len(files) == 2]
        order = self.random(3).permutation(len(people))
        both = ([self._head(file) for file in people[index][1]] for index in order)
        return list(islice(((one, two) for one, two in both if one and two), self._count))

    def _head(self, path: Path) -> Head | None:
        read = self._read(path)
        if read is None or len(read[1]) != 1:
            return None
        return Head(path.parent.name, read[0], read[1][0])

    def _read(self, path: Path) -> tuple[Picture, list[Box]] | None:
        """The pixels that were searched, and the boxes of the faces in them."""
        try:
            still = decode.open_still(path.read_bytes())
            pixels, faces = self.engine.detect_and_embed(still)
        except ItemError:
            return None
        scale = pixels.shape[1] / still.width
        return pixels, [tuple(value * scale for value in face.box) for face in faces]


def small(source: Source, out: Path, options: argparse.Namespace) -> Iterator[Truth]:
    """Frames with faces of one size each, and as many with none."""
    heads, scenes = source.heads, source.scenes
    for name, (size, sides) in SMALL.items():
        for side in (*sides, 0):
            for number in range(options.frames):
                random = source.random(4, size[0], side, number)
                chosen = random.permutation(len(heads))[: options.faces if side else 0]
                picture, boxes = frame([heads[index] for index in chosen], side, size, scenes, random)
                path = f"{name}/{side}/{number:03}.jpg"
                _write(out / path, picture, 90)
                yield Truth(path, name, f"{side} px" if side else "no face", boxes)


def tilt(source: Source, out: Path, options: argparse.Namespace) -> Iterator[Truth]:
    """The second picture of everybody at every angle, as it is and pasted into a post."""
    pairs, scenes = source.pairs, source.scenes
    yield from _probes(out, pairs)
    for kind, turn in (("tilt", turned), ("tilt-post", posted)):
        for number, (_, head) in enumerate(pairs):
            for angle in ANGLES:
                random = source.random(5, number, angle)
                sign = 1 if random.random() < 0.5 else -1
                changed = turn(head, sign * angle, Setting(random, [], scenes))
                condition = f"{angle} degrees" if angle else UPRIGHT
                yield _changed(out, kind, condition, head.name, changed)


def conditions(source: Source, out: Path, options: argparse.Namespace) -> Iterator[Truth]:
    """The second picture of everybody as it is, and under every condition."""
    pairs, scenes = source.pairs, source.scenes
    others = [head for _, head in pairs]
    yield from _probes(out, pairs)
    for number, head in enumerate(others):
        yield _changed(out, "conditions", UPRIGHT, head.name, Changed(head.picture, head.box))
        for index, (condition, change) in enumerate(CONDITIONS.items()):
            setting = Setting(source.random(6, number, index), others, scenes)
            yield _changed(out, "conditions", condition, head.name, change(head, setting))


def _probes(out: Path, pairs: Sequence[tuple[Head, Head]]) -> Iterator[Truth]:
    for probe, _ in pairs:
        yield _changed(out, PROBES, UPRIGHT, probe.name, Changed(probe.picture, probe.box))


def _changed(out: Path, kind: str, condition: str, person: str, changed: Changed) -> Truth:
    path = f"{kind}/{condition.replace(' ', '-').replace(',', '')}/{person}.jpg"
    _write(out / path, changed.picture, changed.quality)
    return Truth(path, kind, condition, [_inside(changed.box, changed.picture)], person)


def _inside(box: Box, picture: Picture) -> Box:
    """The part of a box that is in the picture."""
    left, top = max(0.0, box[0]), max(0.0, box[1])
    right, bottom = min(picture.shape[1], box[0] + box[2]), min(picture.shape[0], box[1] + box[3])
    return left, top, right - left, bottom - top


def _write(path: Path, picture: Picture, quality: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])


def read_truth(sets: Path) -> list[Truth]:
    """What is known of the pictures in a folder that this script made."""
    lines = json.loads((sets / "truth.json").read_text())
    return [Truth(**{**line, "faces": [tuple(box) for box in line["faces"]]}) for line in lines]


def limited(truth: Sequence[Truth], people: int | None, frames: int | None) -> list[Truth]:
    """The first so many of each condition: pictures of people, and frames with planted faces."""
    counts: Counter[tuple[str, str]] = Counter()
    kept = []
    for line in truth:
        counts[line.set, line.condition] += 1
        limit = people if line.person else frames
        if limit is None or counts[line.set, line.condition] <= limit:
            kept.append(line)
    return kept


Maker = Callable[[Source, Path, argparse.Namespace], Iterator[Truth]]
MAKERS: dict[str, Maker] = {"small": small, "tilt": tilt, "conditions": conditions}
