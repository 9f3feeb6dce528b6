"""Freezes a library that a version made: `PYTHONPATH=CHECKOUT python tests/frozen/make.py NAME` writes
NAME.zip and NAME.json here.

CHECKOUT is a folder with that version's code and its model pack, and only its command line is used. NAME is
the newest step of its schema. A library is made at each release whose schema is new (README.md). The
photographs are drawings: nobody's face is in a frozen library, and its key lies in it.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFilter, ImageOps

PLACE = Path("/tmp/selfsearch-frozen")  # noqa: S108 - libraries hold absolute paths, so it is the same for all
QUESTIONS = {  # what a library is asked when it is frozen, and ever after
    "status": ["status", "--problems"],
    "sources": ["sources"],
    "people": ["people"],
    "consent": ["consent", "list"],
    "query": ["query", PLACE / "selfie.jpg", "--person", "ana", "--all"],
    "report": ["report", "--since", "2026-01-01"],
}
WORDED = ("summary", "advice", "asked_at")  # of an answer: may be worded otherwise by another version
LOOKS = {  # skin, hair, half axes of the face, distance of the eyes from its middle
    "ana": ((224, 182, 150), (60, 40, 30), (0.24, 0.31), 0.095),
    "bo": ((120, 80, 60), (20, 20, 22), (0.27, 0.28), 0.115),
}
CREATED = "2026-03-01T12:00:00Z"


def drawn(look: str, turned: float = 0, *, mirrored: bool = False) -> bytes:
    """A JPEG of a face that is nobody's, drawn plainly enough for the detector to take it for one."""
    skin, hair, (wide, high), eyes = LOOKS[look]
    shade = (skin[0] * 7 // 8, skin[1] * 7 // 8, skin[2] * 7 // 8)
    side = 400
    image = Image.new("RGB", (side, side), (120, 150, 170))
    draw = ImageDraw.Draw(image)

    def oval(x: float, y: float, half_width: float, half_height: float, fill: tuple[int, int, int]) -> None:
        corners = (x - half_width, y - half_height, x + half_width, y + half_height)
        draw.ellipse([corner * side for corner in corners], fill=fill)

    oval(0.5, 0.42, wide + 0.06, 0.36, hair)
    draw.rectangle([0.42 * side, 0.7 * side, 0.58 * side, 0.95 * side], fill=shade)
    oval(0.5, 1.05, 0.4, 0.2, (60, 70, 120))
    oval(0.5, 0.5, wide, high, skin)
    oval(0.5, 0.24, wide - 0.02, 0.09, hair)
    for x in (0.5 - eyes, 0.5 + eyes):
        oval(x, 0.46, 0.055, 0.03, shade)
        oval(x, 0.46, 0.045, 0.022, (250, 250, 250))
        oval(x, 0.46, 0.021, 0.021, (40, 30, 20))
        brow = [(x - 0.065) * side, 0.395 * side, (x + 0.065) * side, 0.46 * side]
        draw.arc(brow, 200, 340, fill=hair, width=6)
    draw.polygon(
        [(0.5 * side, 0.47 * side), (0.46 * side, 0.59 * side), (0.54 * side, 0.59 * side)], fill=shade
    )
    oval(0.48, 0.592, 0.012, 0.008, hair)
    oval(0.52, 0.592, 0.012, 0.008, hair)
    oval(0.5, 0.675, 0.075, 0.024, (176, 80, 80))
    image = image.filter(ImageFilter.GaussianBlur(2.4)).resize((200, 200), Image.Resampling.LANCZOS)
    image = ImageOps.mirror(image) if mirrored else image
    return encoded(image.rotate(turned, fillcolor=(120, 150, 170)))


def encoded(image: Image.Image) -> bytes:
    """As a small JPEG."""
    out = io.BytesIO()
    image.save(out, "JPEG", quality=70)
    return out.getvalue()


def run(*words: object, code: int = 0) -> str:
    """The command line of the version that is on PYTHONPATH; returns its answer."""
    environment = os.environ | {
        "SELFSEARCH_HOME": str(PLACE / "library"),
        "SELFSEARCH_KEYS": str(PLACE / "keys"),
        "SELFSEARCH_KEYRING": "off",
        "HOME": str(PLACE),
    }
    done = subprocess.run(
        [sys.executable, "-m", "selfsearch", *map(str, words)],
        env=environment, cwd=PLACE, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != code:
        raise SystemExit(f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout


def ask(question: str) -> dict[str, Any]:
    """One of QUESTIONS, asked of the version that is on PYTHONPATH."""
    answer: dict[str, Any] = json.loads(run(*QUESTIONS[question], "--json"))
    return {key: value for key, value in answer.items() if key not in WORDED}


def lay_out() -> None:
    """Photographs in a folder, in an archive and in an export."""
    folder, withdrawn, export = (PLACE / name for name in ("album", "withdrawn", "export"))
    for made in (folder, withdrawn, export / "media_attachments"):
        made.mkdir(parents=True)
    (PLACE / "selfie.jpg").write_bytes(drawn("ana"))
    (folder / "ana.jpg").write_bytes(drawn("ana", 4))
    (folder / "bo.jpg").write_bytes(drawn("bo"))
    (folder / "nobody.jpg").write_bytes(encoded(Image.linear_gradient("L").resize((80, 60))))
    (folder / "broken.jpg").write_bytes(drawn("bo")[:150])
    with zipfile.ZipFile(folder / "archive.zip", "w") as archive:
        archive.writestr("copy.jpg", drawn("ana", 4))
        archive.writestr("mirrored.jpg", drawn("ana", 7, mirrored=True))
    (withdrawn / "bo.jpg").write_bytes(drawn("bo", 5))
    (export / "media_attachments" / "ana.jpg").write_bytes(drawn("ana", -6))
    picture = {
        "type": "Document",
        "mediaType": "image/jpeg",
        "url": "/media_attachments/ana.jpg",
        "name": None,
    }
    note = {
        "id": "https://ex.social/users/ana/statuses/1", "type": "Note", "published": CREATED,
        "url": "https://ex.social/@ana/1", "content": "<p>drawn</p>", "attachment": [picture],
        "to": ["https://www.w3.org/ns/activitystreams#Public"], "cc": [],
    }  # fmt: skip
    create = {
        "id": note["id"],
        "type": "Create",
        "published": CREATED,
        "to": note["to"],
        "cc": [],
        "object": note,
    }
    outbox = {"id": "outbox.json", "type": "OrderedCollection", "orderedItems": [create]}
    actor = {
        "id": "https://ex.social/users/ana", "type": "Person", "preferredUsername": "ana", "name": "Ana",
        "url": "https://ex.social/@ana",
    }  # fmt: skip
    (export / "outbox.json").write_text(json.dumps(outbox))
    (export / "actor.json").write_text(json.dumps(actor))


def fill() -> None:
    """A library with a bit of everything that its tables can hold."""
    for name in ("album", "withdrawn", "export"):
        run("index", PLACE / name, "--consent", "own")
    run("people", "add", "bo", PLACE / "album" / "bo.jpg", "--consent", "own")
    run("forget", "bo", "--yes")
    run("people", "add", "ana", PLACE / "selfie.jpg", "--consent", "own")
    appearances = ask("query")["appearances"]
    (stranger,) = (one for one in appearances if any("album/bo.jpg" in place for place in places(one)))
    run("verdict", stranger["id"], "not-me", "--yes")
    (export,) = (one["id"] for one in ask("sources")["sources"] if one["platform"] == "mastodon")
    run("sources", "set", export, "--account-was", "private", "--to", "2026-02-01")
    run("rescan")
    (PLACE / "album" / "new.jpg").write_bytes(drawn("ana", 9))
    (PLACE / "album" / "ana.jpg").rename(PLACE / "album" / "moved.jpg")
    run("rescan")
    run("consent", "revoke", "--yes", PLACE / "withdrawn")


def places(appearance: dict[str, Any]) -> list[str]:
    """Where one appearance was found."""
    return [sighting["path"] for sighting in appearance["sightings"]]


def main(name: str) -> None:
    """Make a library and freeze it."""
    shutil.rmtree(PLACE, ignore_errors=True)
    PLACE.mkdir()
    lay_out()
    fill()
    expected: dict[str, Any] = {
        "frozen_at": datetime.now(timezone.utc).isoformat(),
        "answers": {question: ask(question) for question in QUESTIONS},
    }
    files = [path for path in sorted(PLACE.rglob("*")) if path.is_file() and path.name != "writer.lock"]
    expected["modified_ns"] = {str(path.relative_to(PLACE)): path.stat().st_mtime_ns for path in files}
    here = Path(__file__).parent
    with zipfile.ZipFile(here / f"{name}.zip", "w", zipfile.ZIP_DEFLATED) as frozen:
        for path in files:
            frozen.write(path, path.relative_to(PLACE))
    (here / f"{name}.json").write_text(json.dumps(expected, indent=1) + "\n")
    shutil.rmtree(PLACE)


if __name__ == "__main__":
    main(*sys.argv[1:])
