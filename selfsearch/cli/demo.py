"""selfsearch demo"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from ..errors import SelfsearchError
from . import options


def demo(
    folder: Annotated[
        Path | None, typer.Option("--folder", help="Where to put it; a new folder by default.")
    ] = None,
) -> None:
    """Show the whole way on sample photographs: index an album, ask with a selfie, write the report.

    Everything goes into a folder of its own; your library is not touched.
    """
    from .. import consent, indexing, pictures, probes, samples
    from ..files import private_folder, write_private
    from ..library import open_library
    from ..query import Searcher, enrol
    from ..query import query as ask
    from ..report.html import to_html
    from ..report.terminal import terminal
    from .progress import watcher

    place = private_folder((folder or Path(tempfile.mkdtemp(prefix="selfsearch-demo-"))).absolute())
    selfie, expected = samples.write(place)
    options.say(f"sample photographs: {place / 'album'}")
    engine = options.engine()
    with open_library(place / "library", key_folder=place / "keys", create=True) as library:
        now = options.now()
        album = str((place / "album").resolve())
        grant = consent.give(library, consent.Wish("source", album, "own", method="demo"), now)
        indexing.index(library, engine, grant, Path(album), options.now, watcher())
        searcher = Searcher(library, engine)
        grant = consent.give(library, consent.Wish("person", "the astronaut", "own", method="demo"), now)
        chosen = [probes.choose(engine, probes.read_photo(engine, selfie), lambda _: 0)]
        found = ask(searcher, grant, enrol(searcher, grant, chosen, now), chosen, options.now())
        options.answer(terminal(found, width=options.width()))
        report = place / "report.html"
        write_private(report, to_html(found, pictures.of(library, found.appearances)).encode())
    names = sorted({Path(sighting.path).name for one in found.appearances for sighting in one.sightings})
    options.answer(
        f"\nShe is in {len(expected)} of the photographs; {len(set(names) & set(expected))} were found."
    )
    options.answer(f"Report: {report}")
    if names != expected:
        raise SelfsearchError(f"the demo expected {', '.join(expected)} and found {', '.join(names)}")
