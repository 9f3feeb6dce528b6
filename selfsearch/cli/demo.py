"""selfsearch demo"""

from __future__ import annotations

import secrets
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import SelfsearchError, UsageError
from . import options
from .network_policy import Arguments, Need, network, show_in_browser

if TYPE_CHECKING:
    from ..types import Answer

PERSON = "the astronaut"


def _new_place() -> Path:
    """Where a demo may go when nobody says where. Makes nothing."""
    return Path(tempfile.gettempdir()) / f"selfsearch-demo-{secrets.token_hex(8)}"


def _place(arguments: Arguments) -> Path:
    folder: Path = arguments["folder"]
    return folder.expanduser().absolute()


@network(
    Need.BROWSER,
    when=lambda arguments: arguments["open_"],
    library=lambda arguments: _place(arguments) / "library",
)
def demo(
    folder: Annotated[
        Path,
        typer.Option(
            "--folder",
            metavar="DIR",
            default_factory=_new_place,
            show_default=False,
            help="Where to put it; a new folder by default.",
        ),
    ],
    open_: Annotated[bool, typer.Option("--open", help="Show the report in the browser.")] = False,
) -> None:
    """Show the whole way on sample photographs.

    Makes an album, indexes it, asks with a selfie and writes the report.
    Everything goes into a folder of its own; your library is not touched.
    """
    from .. import demo
    from ..report.text import to_text

    place = _new_folder(folder.expanduser().absolute())
    selfie, expected = demo.write(place)
    options.say("The whole way, on sample photographs. Your own library is not touched.")
    options.say(f"  album:  {place / 'album'}  ({PERSON} is in {len(expected)} of its files)")
    options.say(f"  selfie: {selfie}  (a photograph of her to ask with)")
    answer, report = _index_and_query(place, selfie)
    options.say("")
    options.answer_styled(to_text(answer, command=None, width=options.width(), colour=options.colour()))
    options.answer(_verdict(answer, expected))
    options.answer(f"Report with the pictures: {report}")
    options.answer(
        "The same with your own photographs:", "  selfsearch index FOLDER", "  selfsearch query SELFIE"
    )
    if open_ and not show_in_browser(report.read_text("utf-8")):
        options.say("no browser could be started here")


def _new_folder(place: Path) -> Path:
    """A new folder, or one that an earlier demo made; never one that holds something else."""
    from ..files import private_folder
    from ..home import is_library

    if place.exists() and (
        not place.is_dir() or (any(place.iterdir()) and not is_library(place / "library"))
    ):
        raise UsageError(f"{place} holds something else; name a new folder for the demo")
    return private_folder(place)


def _index_and_query(place: Path, selfie: Path) -> tuple[Answer, Path]:
    """Index, enrol, query, report: what a user does, on the samples."""
    from .. import api
    from ..files import write_private
    from ..recognition.model_pack import DEFAULT_PACK
    from .progress import progress_listener

    with api.open(place / "library", create=True, key_folder=place / "keys", pack=DEFAULT_PACK) as library:
        library.index(library.give_consent("source", place / "album", basis="own"), progress_listener())
        grant = library.give_consent("person", PERSON, basis="own")
        library.enroll(grant, selfie)
        answer = library.query(grant, selfie, purpose="demo")
        report = place / "report.html"
        write_private(report, library.html(answer).encode())
    return answer, report


def _verdict(answer: Answer, expected: list[str]) -> str:
    """Raises SelfsearchError when she was not found where she is, or was where she is not."""
    sightings = (place for appearance in answer.found for place in appearance.sightings)
    names = sorted({Path(sighting.path).name for sighting in sightings})
    if names != expected:
        raise SelfsearchError(f"the demo expected {', '.join(expected)} and found {', '.join(names)}")
    return f"All {len(expected)} files with {PERSON} were found, and no other (copies count once)."
