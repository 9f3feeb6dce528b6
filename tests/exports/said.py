"""All that the readers say of the exports in this folder, in words: kept under said/, and compared by a test.

A change of a reader shows there what users will be told. `python -m tests.exports.said` writes the files
again; read the difference before it is committed.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from selfsearch.exports.path_index import PathIndex
from selfsearch.exports.platforms import PLAIN_FILES, PLATFORMS
from selfsearch.exports.platforms.base import Platform
from selfsearch.types import Provenance

from . import Pack
from .reading import columns

FOLDER = Path(__file__).parent / "said"


def file_of(platform: type[Platform]) -> Path:
    """Where it is kept what a reader says."""
    return FOLDER / f"{platform.__module__.rpartition('.')[2]}.txt"


def said(platform: type[Platform]) -> str:
    """What a reader says of its exports. What an earlier one has word for word is not repeated."""
    fixture = import_module(f"tests.exports.{file_of(platform).stem}")
    paragraphs = {f"{platform.title} ({platform.name})": None}
    for layout in fixture.LAYOUTS:
        paragraphs |= dict.fromkeys([f"===== {layout}", *_of(platform, fixture.build(layout))])
    return "\n".join([*paragraphs, ""])


def _of(platform: type[Platform], pack: Pack) -> Iterator[str]:
    export = pack.as_export()
    reader = platform(export)
    yield from (
        f"begins at {root.prefix!r}: {root.why}" for root in platform.recognize(PathIndex(pack.files))
    )
    yield f"parts share {platform.part_key(pack.name)}"
    account = reader.account
    yield f"account {account.name}, {account.display_name}, exported {account.exported_at}"
    yield from (f"{p.since} to {p.until} public: {p.public}; {p.reason}" for p in account.periods)
    spoken_of = set()
    for mention in reader.mentions():
        spoken_of.add(mention.path)
        yield _paragraph(mention.path or "(no file)", mention.provenance)
    for path in export.members:
        if why := platform.derivative(path):
            yield f"{path} is left out: {why}"
        elif path not in spoken_of and path not in export.records:
            yield _paragraph(f"{path}, which no record names", reader.infer(path))
    yield from (f"of the record {path}: {note}" for path, note in export.notes.items())


def _paragraph(path: str, provenance: Provenance) -> str:
    said = columns(provenance)
    whose = {True: "the owner", False: "somebody else", None: None}[said.author_is_owner]
    lines = [
        f"{said.exposure.value}: {said.exposure_reason}",
        f"{said.platform} {said.context}" + (f" of {said.account}" if said.account else ""),
        _line("audience", said.audience, said.audience_source),
        _line("posted", said.posted_at, said.posted_at_source),
        _line("taken", said.taken_at, said.taken_at_source),
        _line("link", said.url, said.url_kind),
        _line("at", said.location, said.location_source),
        _line("place", said.place, None),
        _line("caption", said.caption and repr(said.caption), None),
        _line("album", said.album, None),
        _line("people", ", ".join(said.people), None),
        _line("by", said.author, whose),
        _line("id", said.post_id, None),
    ]
    return "\n    ".join([path, *filter(None, lines)])


def _line(title: str, value: object, source: str | None) -> str:
    return f"{title} {value or '-'}" + (f" ({source})" if source else "") if value or source else ""


if __name__ == "__main__":
    for reader in (*PLATFORMS, PLAIN_FILES):
        file_of(reader).write_text(said(reader), "utf-8")
