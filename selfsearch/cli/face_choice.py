"""Which face of a photograph is meant: by --face, by what stands out, or asked at the terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import InputError, ItemError, UsageError
from ..words import quantity
from . import options
from .network_policy import show_in_browser

if TYPE_CHECKING:
    from ..workflows.gallery import Gallery
    from ..workflows.probes import Probe, ProbePhoto

FaceChoice = Annotated[
    str | None,
    typer.Option(
        "--face", metavar="largest|N", help="Which face of a group photograph: the largest, or number N."
    ),
]
POOR_QUALITY = 0.25  # of a face in a photograph to ask with; below it more is found with a better one
MOST_LISTED = 12  # faces that are described; those after them are smaller than all of these


def read_probes(
    gallery: Gallery,
    images: list[Path],
    face: str | None,
    names: list[str] | None = None,
    *,
    show: bool = False,
) -> list[Probe]:
    """The probe of every photograph; a face that is hard to recognise is said to be.

    `names`: who may be meant, all who agreed for None. With `show`, the faces are shown in the browser before
    it is asked which is meant.
    """
    from ..workflows import enroll

    if face not in (None, "largest") and not face.isdecimal():
        raise UsageError(f"--face takes largest or a number, not {face!r}")
    first: list[ProbePhoto] = []

    def show_faces(photo: ProbePhoto) -> bool:
        """Of the first photograph alone: one more page may be shown in a run, and that is the report."""
        if not show or first:
            return False
        first.append(photo)
        return _show_faces(gallery, photo)

    probes = enroll.read_probes(
        gallery,
        images,
        partial(_ask_for_face, show=show_faces),
        which=face,
        on_dominant=_say_dominant,
        known=partial(enroll.known_faces, gallery, names, options.now()),
    )
    for probe in probes:
        if probe.face.quality < POOR_QUALITY:
            options.say(
                f"{probe.photo.path}: the face is small, blurred or turned away; a clearer photograph may"
                " find more"
            )
    return probes


def _say_dominant(photo: ProbePhoto, face: int) -> None:
    """That a face was taken without asking, and how to choose another."""
    from ..recognition.quality import sharpness

    faces = photo.faces
    measures = {
        "largest": [each.box[2] * each.box[3] for each in faces],
        "sharpest": [sharpness(each.chip) for each in faces],
    }
    is_most = [word for word, values in measures.items() if values[face] == max(values)]
    which = " and ".join(is_most) or "clearest"
    options.say(
        f"{photo.path} shows {len(faces)} faces; the {which} is used. To choose another: --face N",
        *_lines(photo, {face: "used"}),
    )


def _ask_for_face(photo: ProbePhoto, likely: int | None, *, show: Callable[[ProbePhoto], bool]) -> int:
    """Asked at the terminal; Enter takes the face that looks like the person, or the largest."""
    count = len(photo.faces)
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise InputError(
            f"{photo.path} shows {count} faces, and none stands out. Say which is meant, with --face N or"
            f" --face largest: {photo.listed(likely)}"
        )
    shown = show(photo)
    marks = {} if likely is None else {likely: "looks like the person"}
    options.say(f"{photo.path} shows {count} faces, the largest first:", *_lines(photo, marks))
    if shown:
        options.say("their pictures are in your browser, with the same numbers")
    default = 0 if likely is None else likely
    why = "the largest" if likely is None else "which looks like the person"
    numbers = f"1 {'or' if count == 2 else 'to'} {count}"
    while True:
        reply = options.prompt(f"Which one is meant? {numbers}; Enter takes {default + 1}, {why}:")
        answer = reply.strip()
        if answer.isascii() and answer.isdecimal() and 1 <= int(answer) <= count:
            return int(answer) - 1
        if reply and not answer:
            return default
        if not reply:
            options.say("")
            raise InputError("no face was chosen. Run it again and answer with a number, or add --face N")
        options.say(f"{answer!r} is not one of them: type {numbers}, or press Enter alone")


def _lines(photo: ProbePhoto, marks: dict[int, str]) -> list[str]:
    """Every face by its number and position, the first of very many."""
    lines = [
        f"  - {number + 1}: {place}" + (f" ({marks[number]})" if number in marks else "")
        for number, place in enumerate(photo.positions)
        if number < MOST_LISTED or number in marks
    ]
    more = len(photo.faces) - len(lines)
    return [*lines, f"  - and {more:,} more, smaller than these"] if more else lines


def _show_faces(gallery: Gallery, photo: ProbePhoto) -> bool:
    """Show the numbered faces in the browser; whether that was possible."""
    from ..report.html import faces_to_html

    try:
        data = Path(photo.path).read_bytes()
        pictures = gallery.engine.crop_faces(data, [face.box for face in photo.faces])
    except (OSError, ItemError):
        return False
    title = f"{Path(photo.path).name} shows {quantity(len(photo.faces), 'face')}"
    return show_in_browser(faces_to_html(title, list(zip(pictures, photo.positions, strict=True))))
