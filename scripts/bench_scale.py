#!/usr/bin/env python3
"""Bookkeeping at scale: re-scanning 100,000 unchanged files, asking 100,000 faces, encryption, memory.

usage: scripts/bench_scale.py [rescan] [query] [encryption] [memory]

Without a word, all of them. Everything is made on the spot and deleted. The plain library that encryption is
measured against is made here and only here: the same library with SQLCipher's key and the seals left out.
"""

from __future__ import annotations

import itertools
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]
os.environ |= {"ORT_DISABLE_TELEMETRY": "1", "SELFSEARCH_KEYRING": "off"}

import bench_photos  # noqa: E402
import numpy as np  # noqa: E402

COMMAND = [
    sys.executable,
    "-c",
    f"import sys; sys.path.insert(0, {str(ROOT)!r}); from selfsearch.cli import run; run()",
]
FILES, PICTURES, FACES_EACH = 100_000, 50_000, 2


def main() -> int:
    if sys.argv[1:2] == ["--inside"]:
        print(json.dumps(TASKS[sys.argv[2]](Path(sys.argv[3]), sys.argv[4])))
        return 0
    for name in sys.argv[1:] or PARTS:
        with tempfile.TemporaryDirectory(prefix="selfsearch-bench-") as scratch:
            print(f"\n{name}")
            PARTS[name](Path(scratch))
    return 0


def rescan(scratch: Path) -> None:
    """`selfsearch rescan` of 100,000 small files that are as they were."""
    for number in range(FILES):
        folder = scratch / "files" / f"{number // 1000:03}"
        if number % 1000 == 0:
            folder.mkdir(parents=True)
        (folder / f"note-{number:06}.txt").write_text(f"note {number}")
    command(scratch, "index", scratch / "files", "--consent", "own")
    print_times("rescan of 100,000 unchanged files", [command(scratch, "rescan") for _ in range(3)])


def query(scratch: Path) -> None:
    """A cold `selfsearch query` in a library of 100,000 faces, and the search alone."""
    from tests import photos

    inside("fill", scratch, "encrypted")
    (scratch / "selfie.jpg").write_bytes(photos.photo("astronaut", 5))
    command(scratch, "query", scratch / "selfie.jpg", "--self")
    print_times(
        "query from process start", [command(scratch, "query", scratch / "selfie.jpg") for _ in range(5)]
    )
    print_times("an empty process with the same imports", [command(scratch, "--version")])
    steps = inside("steps", scratch, "encrypted")
    for name, seconds in steps.items():
        print(f"  {name:44} {1000 * seconds:8.1f} ms")


def encryption(scratch: Path) -> None:
    """The same library with and without encryption: writing it, opening it, loading every vector from it."""
    spent: dict[str, dict[str, list[float]]] = {}
    for _ in range(3):
        for kind in ("plain", "encrypted"):
            shutil.rmtree(scratch / "library", ignore_errors=True)
            for task in ("fill", "steps", "photos"):
                for name, seconds in inside(task, scratch, kind).items():
                    spent.setdefault(name, {}).setdefault(kind, []).append(seconds)
    for name, kinds in spent.items():
        plain, encrypted = (statistics.median(kinds[kind]) for kind in ("plain", "encrypted"))
        print(
            f"  {name:44} {plain:7.3f} s plain, {encrypted:7.3f} s encrypted: {encrypted / plain:.2f} times"
        )


def memory(scratch: Path) -> None:
    """Peak memory of `selfsearch index` over more and more photographs, and over large ones."""
    for kind, count in (("small", 1_000), ("small", 10_000), ("camera", 40), ("huge", 4)):
        folder = bench_photos.make(kind, scratch / f"{kind}-{count}", count)
        print(f"  {count:6,} photographs ({kind}): peak {peak(scratch, folder):.0f} MB")


PARTS: dict[str, Callable[[Path], None]] = {
    "rescan": rescan, "query": query, "encryption": encryption, "memory": memory,
}  # fmt: skip


def print_times(what: str, spent: list[tuple[float, float]]) -> None:
    wall, cpu = (statistics.median(values) for values in zip(*spent, strict=True))
    print(f"  {what:44} {wall:8.2f} s, of which {cpu:.2f} s of processor")


def environment(scratch: Path) -> dict[str, str]:
    return os.environ | {
        "SELFSEARCH_HOME": str(scratch / "library"),
        "SELFSEARCH_KEYS": str(scratch / "keys"),
    }


def command(scratch: Path, *args: object) -> tuple[float, float]:
    """Seconds on the clock and of processor that a command takes, from start to end."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(  # noqa: S603
        [*COMMAND, *map(str, args)],
        env=environment(scratch),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def peak(scratch: Path, folder: Path) -> float:
    """MB that `index` of a folder takes at most, in a library of its own."""
    home = scratch / f"library-{folder.name}"
    argv = [*COMMAND, "index", str(folder), "--consent", "own"]
    process = subprocess.Popen(  # noqa: S603
        argv, env=environment(scratch) | {"SELFSEARCH_HOME": str(home)},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    used = os.wait4(process.pid, 0)[2].ru_maxrss
    return used / (2**20 if sys.platform == "darwin" else 1024)


def inside(task: str, scratch: Path, kind: str) -> dict[str, float]:
    """Run one of TASKS in a process of its own."""
    argv = [sys.executable, __file__, "--inside", task, str(scratch), kind]
    process = subprocess.run(argv, env=environment(scratch), check=True, stdout=subprocess.PIPE)  # noqa: S603
    return dict(json.loads(process.stdout.splitlines()[-1]))


def open_bench_library(scratch: Path, kind: str) -> Any:
    from selfsearch.library.library import open_library

    if kind == "plain":
        leave_out_encryption()
    return open_library(scratch / "library", key_folder=scratch / "keys", create=True)


def leave_out_encryption() -> None:
    """From here on this process knows no encryption. Nothing in the product can do this."""
    from selfsearch.library import crypto, db

    class Keyless(db.Connection):
        """A connection that is never told a key."""

        def execute(self, sql: str, *values: Any) -> Any:
            return super().execute("select 1" if sql.startswith("PRAGMA key") else sql, *values)

    db.Connection = Keyless  # type: ignore[misc]
    crypto.Sealer.seal = lambda self, data, belongs_to: data  # type: ignore[method-assign]
    crypto.Sealer.open = lambda self, blob, belongs_to: blob  # type: ignore[method-assign]


def now() -> datetime:
    return datetime.now(timezone.utc)


def fill(scratch: Path, kind: str) -> dict[str, float]:
    """A library of 50,000 pictures with two made-up faces each, through the library's own functions."""
    from selfsearch.consent import grants
    from selfsearch.library import faces, items, sources
    from selfsearch.packs.store import find_pack
    from selfsearch.types import Outcome, Provenance, isoformat

    pack = find_pack("opencv-zoo")
    random = np.random.default_rng(0)
    with open_bench_library(scratch, kind) as library:
        start = time.perf_counter()
        grants.give(library, grants.ConsentRequest("source", "/photographs", "own", method="bench"), now())
        number = sources.save_pack(library, pack.name, pack.revision, pack.dimension)
        values = {"locator": "folder 1", "root": "/photographs", "platform": "folder", "title": "", "why": ""}
        values |= {"containers": ["/photographs"], "added_at": isoformat(now())}
        row = sources.save_source(library, values)
        provenance = (Provenance(platform="folder"),)
        for first in range(0, PICTURES, 64):
            with library.atomic():
                for at in range(first, min(first + 64, PICTURES)):
                    media = faces.save_media(
                        library, row.id, number, f"{at:064x}", 200_000, synthetic_analysis(random)
                    )
                    path = f"{at:06}.jpg"
                    new_item = items.NewItem(
                        path,
                        f"/photographs/{path}",
                        200_000,
                        f"{at}",
                        provenance,
                        Outcome.INDEXED,
                        None,
                        media,
                    )
                    items.save_item(library, row.id, new_item, isoformat(now()))
        return {"writing 100,000 made-up faces": time.perf_counter() - start}


def synthetic_analysis(random: np.random.Generator) -> Any:
    from selfsearch.types import Analysis, Face, Facts

    embeddings = random.normal(size=(FACES_EACH, 128)).astype(np.float32)
    embeddings /= np.linalg.norm(embeddings, axis=1, keepdims=True)
    chip = np.full((112, 112, 3), 120, np.uint8)
    landmarks = np.zeros((5, 2), np.float32)
    faces = tuple(
        Face((10.0, 10.0, 90.0, 120.0), landmarks, 0.9, 0.8, chip, embedding) for embedding in embeddings
    )
    return Analysis("image/jpeg", 1080, 1350, faces, int(random.integers(2**63)), Facts(), None)


def steps(scratch: Path, kind: str) -> dict[str, float]:
    """What a query does with the library: open it, load every vector, fill the index, search."""
    from selfsearch.library import faces
    from selfsearch.packs.store import find_pack
    from selfsearch.workflows.gallery import FaceIndex, Stamp

    marks = [time.perf_counter()]
    with open_bench_library(scratch, kind) as library:
        library.db.execute("select count(*) from sources").fetchone()
        marks.append(time.perf_counter())
        media = faces.media_in(library, [1])
        ids, embeddings = faces.load_embeddings(library, 1, find_pack("opencv-zoo").dimension, media)
        marks.append(time.perf_counter())
        face_index = FaceIndex(ids, embeddings, Stamp("", 0, (1,)))
        marks.append(time.perf_counter())
        searches = []
        for row in range(20):
            start = time.perf_counter()
            face_index.search(embeddings[row], 0.4)
            searches.append(time.perf_counter() - start)
    spent = [later - earlier for earlier, later in itertools.pairwise(marks)]
    names = ("opening the library", "loading 100,000 vectors", "filling the index")
    return dict(zip(names, spent, strict=True)) | {"one search": statistics.median(searches)}


def photographs(scratch: Path, kind: str) -> dict[str, float]:
    """Processor seconds of indexing 120 social photographs, everything stored."""
    from selfsearch.consent import grants
    from selfsearch.packs.store import find_pack
    from selfsearch.recognition.model_engine import ModelEngine
    from selfsearch.workflows import index

    if not (scratch / "photos").exists():
        bench_photos.make("social", scratch / "photos", 120)
    engine = ModelEngine(find_pack("opencv-zoo"))
    engine.embed(np.zeros((1, 112, 112, 3), np.uint8))  # loads the models
    shutil.rmtree(scratch / "library")
    with open_bench_library(scratch, kind) as library:
        root = str(scratch / "photos")
        grant = grants.give(library, grants.ConsentRequest("source", root, "own", method="bench"), now())
        start = time.process_time()
        index.index(library, engine, grant, scratch / "photos", now)
        return {"indexing 120 photographs (processor time)": time.process_time() - start}


TASKS: dict[str, Callable[[Path, str], dict[str, float]]] = {
    "fill": fill, "steps": steps, "photos": photographs,
}  # fmt: skip

if __name__ == "__main__":
    sys.exit(main())
