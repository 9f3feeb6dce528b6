#!/usr/bin/env python3
"""Make the sets that scripts/hard measures, from a folder PERSON/PICTURE and one of photographs without people.

usage: scripts/hard_sets.py PEOPLE SCENES OUT [--only small,...] [--frames 10] [--faces 6] [--people 80]

OUT gets a folder per set and truth.json, which says of every picture which faces are in it, and where. The
same folders and the same seed give the same files. They are pictures of people: keep OUT private.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent))

import cv2
import hard_frames
import numpy as np
from hard_frames import Box, Head, Picture

from selfsearch.errors import ItemError
from selfsearch.media import decode
from selfsearch.packs.store import find_pack
from selfsearch.recognition.model_engine import ModelEngine
from selfsearch.recognition.model_pack import DEFAULT_PACK

SMALL = {  # set -> size of its frames, sides of their faces in pixels
    "small-4000": ((4000, 3000), (24, 32, 40, 48, 64)),
    "small-1080": ((1080, 1350), (16, 20, 24, 32, 40)),
}
MAX_SCENES = 200


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

    def __init__(self, people: Path, scenes: Path, seed: int) -> None:
        self.engine = ModelEngine(find_pack(DEFAULT_PACK))
        self.seed = seed
        self._people = sorted(path for path in people.iterdir() if path.is_dir())
        self._scenes = sorted(path for path in scenes.rglob("*") if path.is_file())

    def random(self, *numbers: int) -> np.random.Generator:
        """A generator of its own for each thing that is made, so that leaving one out changes no other."""
        return np.random.default_rng([self.seed, *numbers])

    def scenes(self) -> list[Picture]:
        """Photographs in which no face is found."""
        order = self.random(1).permutation(len(self._scenes))[:MAX_SCENES]
        read = (self._read(self._scenes[index]) for index in order)
        return [picture for picture, faces in filter(None, read) if not faces]

    def heads(self, count: int) -> list[Head]:
        """One picture each of so many people; pictures with several faces are passed over."""
        order = self.random(2).permutation(len(self._people))
        found = (self._head(path) for index in order for path in sorted(self._people[index].iterdir())[:1])
        return _first(filter(None, found), count)

    def pairs(self, count: int) -> list[tuple[Head, Head]]:
        """Two pictures each of so many people."""
        people = [(path, sorted(path.iterdir())[:2]) for path in self._people]
        people = [(path, files) for path, files in people if len(files) == 2]
        order = self.random(3).permutation(len(people))
        both = ([self._head(file) for file in people[index][1]] for index in order)
        return _first(((one, two) for one, two in both if one and two), count)

    def _head(self, path: Path) -> Head | None:
        read = self._read(path)
        if read is None or len(read[1]) != 1:
            return None
        return Head(path.parent.name, read[0], read[1][0])

    def _read(self, path: Path) -> tuple[Picture, list[Box]] | None:
        try:
            still = decode.open_still(path.read_bytes())
            pixels, faces = self.engine.detect_and_embed(still)
        except ItemError:
            return None
        if pixels.shape[:2] != (still.height, still.width):
            return None  # decoded smaller: boxes and pixels would differ
        return pixels, [face.box for face in faces]


def _first(found: Iterator[object], count: int) -> list:
    return [thing for thing, _ in zip(found, range(count), strict=False)]


def small(source: Source, out: Path, options: argparse.Namespace) -> Iterator[Truth]:
    """Frames with faces of one size each, and as many with none."""
    heads, scenes = source.heads(options.count), source.scenes()
    for name, (size, sides) in SMALL.items():
        for side in (*sides, 0):
            for number in range(options.frames):
                random = source.random(4, size[0], side, number)
                chosen = random.permutation(len(heads))[: options.faces if side else 0]
                picture, boxes = hard_frames.frame(
                    [heads[index] for index in chosen], side, size, scenes, random
                )
                path = f"{name}/{side}/{number:03}.jpg"
                _write(out / path, picture, 90)
                yield Truth(path, name, f"{side} px" if side else "no face", boxes)


def _write(path: Path, picture: Picture, quality: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])


Maker = Callable[[Source, Path, argparse.Namespace], Iterator[Truth]]
MAKERS: dict[str, Maker] = {"small": small}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("people", type=Path, metavar="PEOPLE")
    parser.add_argument("scenes", type=Path, metavar="SCENES")
    parser.add_argument("out", type=Path, metavar="OUT")
    parser.add_argument("--only", default=",".join(MAKERS), help=f"of {', '.join(MAKERS)}")
    parser.add_argument("--frames", type=int, default=10, help="frames per size of small faces")
    parser.add_argument("--faces", type=int, default=6, help="small faces in one frame")
    parser.add_argument("--people", type=int, default=80, dest="count", help="people in every other set")
    parser.add_argument("--seed", type=int, default=13)
    options = parser.parse_args(arguments)
    options.out.mkdir(mode=0o700, parents=True, exist_ok=True)
    source = Source(options.people, options.scenes, options.seed)
    truth = [line for name in options.only.split(",") for line in MAKERS[name](source, options.out, options)]
    (options.out / "truth.json").write_text(json.dumps([asdict(line) for line in truth], indent=0) + "\n")
    print(f"{len(truth)} pictures in {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
