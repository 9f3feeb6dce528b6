"""Damaging bytes, and looking what a parser makes of them.

Coverage-guided engines need a compiler or wheels that exist for few systems and versions of Python; these
mutations run everywhere, and `scripts/fuzz --engine atheris` hands the same targets to libFuzzer where its
wheel is installed. What the two share: targets, corpus, limits.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

CORPUS = Path(__file__).parent / "corpus"
LONGEST = 1 << 16  # bytes of a mutated input; what grows faster than its input shows itself well before
SLOW = 20.0  # seconds of processor for one input: a hundred times what the slowest takes

# Values at which readers of numbers, lengths and texts go wrong.
NUMBERS = (
    0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 1 << 63,
    (1 << 64) - 1,
)  # fmt: skip
WORDS = (
    b"null", b"true", b"-1", b"0", b"1e308", b"99999999999999999999", b"9" * 400, b"0.0000001", b'""', b"[]",
    b"{}", b'"\\ud83d"', b'"\\u0000"', b"[[[[", b'{"":', b"NaN", b"\xff\xfe", b"\xef\xbb\xbf", b"\0", b"\n",
    b"\r\n", b'"', b"'", b"<", b">", b"&#x110000;", b"%00", b"../", b"/", b"\\", b"!", b"2024-02-30",
    b"0000-00-00", b"https://[", b"PK\3\4", b"PK\1\2", b"PK\5\6", b"\x80" + b"\xff" * 11, b"path=",
    b"\xff\xda", b"\xff\xc2", b"<!DOCTYPE", b"\xe2\x80\xae",
)  # fmt: skip
SEPARATORS = b'",:{}[]<>=\n/ '


@dataclass(frozen=True)
class Target:
    """A parser of untrusted bytes."""

    name: str
    run: Callable[[bytes], object]
    allowed: tuple[type[Exception], ...] = ()  # what it says that it raises
    speed: int = 200  # inputs a second, roughly

    def seeds(self) -> list[bytes]:
        """Its corpus, in an order that does not change."""
        return [path.read_bytes() for path in sorted((CORPUS / self.name).iterdir())]


class Finding(Exception):
    """An input on which a target did what it must not."""

    def __init__(self, target: str, data: bytes, what: str) -> None:
        super().__init__(f"{target}: {what}")
        self.target, self.data, self.what = target, data, what


def attempt(target: Target, data: bytes) -> None:
    """Give one input to a target. Raises Finding when it raises what it does not say, or takes too long."""
    start = time.process_time()
    try:
        target.run(data)
    except target.allowed:
        pass
    except Exception as exc:
        raise Finding(target.name, data, f"{type(exc).__name__}: {exc}"[:300]) from exc
    taken = time.process_time() - start
    if taken > SLOW:
        raise Finding(target.name, data, f"took {taken:.0f} s")


def mutations(seeds: Sequence[bytes], chance: random.Random) -> Iterator[bytes]:
    """Damaged copies of the seeds without end."""
    while True:
        data = bytearray(chance.choice(seeds))
        for _ in range(chance.choice((1, 1, 1, 2, 2, 3, 5, 8, 16))):
            chance.choice(STEPS)(data, chance, seeds)
        yield bytes(data[:LONGEST])


Step = Callable[[bytearray, random.Random, Sequence[bytes]], None]


def _place(data: bytearray, chance: random.Random) -> int:
    """Anywhere, but half the time near the beginning or the end, where headers and directories stand."""
    near = min(len(data), 64)
    return chance.choice(
        (chance.randint(0, len(data)), chance.randint(0, near), len(data) - chance.randint(0, near))
    )


def _flip(data: bytearray, chance: random.Random, _: Sequence[bytes]) -> None:
    if data:
        data[min(_place(data, chance), len(data) - 1)] ^= 1 << chance.randrange(8)


def _number(data: bytearray, chance: random.Random, _: Sequence[bytes]) -> None:
    at, size = _place(data, chance), chance.choice((1, 2, 4, 8))
    value = (chance.choice(NUMBERS) + chance.randint(-2, 2)) % (1 << 8 * size)
    data[at : at + size] = value.to_bytes(size, chance.choice(("little", "big")))


def _cut(data: bytearray, chance: random.Random, _: Sequence[bytes]) -> None:
    del data[_place(data, chance) :]


def _remove(data: bytearray, chance: random.Random, _: Sequence[bytes]) -> None:
    at = _place(data, chance)
    del data[at : at + chance.choice((1, 2, 4, 16, 64, 512))]


def _repeat(data: bytearray, chance: random.Random, _: Sequence[bytes]) -> None:
    at = _place(data, chance)
    piece = data[at : at + chance.choice((1, 4, 16, 64, 512))]
    data[at:at] = piece * chance.choice((1, 2, 8, 64))


def _insert(data: bytearray, chance: random.Random, _: Sequence[bytes]) -> None:
    at = _place(data, chance)
    data[at:at] = chance.choice(WORDS)


def _splice(data: bytearray, chance: random.Random, seeds: Sequence[bytes]) -> None:
    other = chance.choice(seeds)
    at, start = _place(data, chance), chance.randint(0, len(other))
    data[at : at + chance.choice((0, 16, 256))] = other[start : start + chance.choice((4, 64, 1024))]


def _word(data: bytearray, chance: random.Random, _: Sequence[bytes]) -> None:
    """Put another value in the place of one between two signs, as in JSON, CSV, HTML and paths."""
    ends = [at for at, sign in enumerate(data) if sign in SEPARATORS]
    if len(ends) > 1:
        number = chance.randrange(len(ends) - 1)
        data[ends[number] + 1 : ends[number + 1]] = chance.choice(WORDS)


STEPS: tuple[Step, ...] = (_flip, _number, _number, _cut, _remove, _repeat, _insert, _splice, _word, _word)
