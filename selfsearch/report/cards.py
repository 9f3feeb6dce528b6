"""One appearance as a card: the face in its surroundings, how sure it is, what is known of every place."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..types import Answer, Appearance, Provenance, Sighting
from . import words
from .advice import title
from .crops import Picture
from .markup import Markup, element, joined, jpeg, link
from .text import line, path

Tokens = Callable[[Sighting], dict[str, str]]  # a place's data attributes, which the script filters by

AUDIENCE_SOURCES = {
    "per_item": "said of this very item",
    "per_album": "said of its album",
    "chat_type": "by the kind of chat",
    "file": "by the file it stands in",
    "account_setting": "by the account's setting",
}
LONG = 200  # characters of a caption that are shown at once


def card(answer: Answer, appearance: Appearance, picture: Picture | None, tokens: Tokens) -> Markup:
    """The card, with what the script sorts, groups and filters by."""
    first, *others = appearance.sightings
    return element(
        "article",
        _figure(appearance, picture),
        element(
            "div",
            _verdict(answer, appearance),
            element("div", *_place(first), class_="place", **tokens(first)),
            _others(others, tokens),
            _file(appearance),
            class_="body",
        ),
        class_="card",
        id=f"a{appearance.rank}",
        data_rank=appearance.rank,
        data_band=words.BANDS.index(words.band(appearance)),
        data_when=words.day(first.provenance.posted and first.provenance.posted.at)
        or words.day(first.provenance.taken and first.provenance.taken.at)
        or "",
        aria_labelledby=f"t{appearance.rank}",
    )


def boxed(picture: Picture, alt: str) -> Markup:
    """A picture with the face's box drawn over it: SVG, since the page's policy forbids inline styles."""
    x, y, width, height = picture.box
    place = {
        "x": x * picture.width,
        "y": y * picture.height,
        "width": width * picture.width,
        "height": height * picture.height,
    }
    return element(
        "span",
        element(
            "img",
            src=jpeg(picture.jpeg),
            alt=alt,
            width=picture.width,
            height=picture.height,
            decoding="async",
        ),
        element(
            "svg",
            element("rect", class_="halo", **place),
            element("rect", class_="box", **place),
            viewBox=f"0 0 {picture.width} {picture.height}",
            aria_hidden="true",
        ),
        class_="picture",
    )


def _figure(appearance: Appearance, picture: Picture | None) -> Markup:
    first = appearance.sightings[0].provenance
    source = " ".join(part for part in (title(first.platform), _context(first)) if part)
    if picture is None:
        shown = element("span", "The picture could not be opened any more.", class_="picture missing")
    else:
        shown = boxed(
            picture, f"Part of the file, from {source}, with a box around the face that was compared."
        )
    span = words.span(appearance)
    return element("figure", shown, element("figcaption", f"In the video {span}") if span else None)


def _verdict(answer: Answer, appearance: Appearance) -> Markup:
    key = words.band(appearance)
    said = words.in_words(key, answer.person, calibrated=answer.calibrated)
    odds = words.false_matches(appearance.expected_false_matches)
    return element(
        "header",
        element("h4", words.sentence(said), id=f"t{appearance.rank}", class_=f"band {key}"),
        element(
            "p",
            element("span", f"score {appearance.score:.2f}", class_="score"),
            f" · {odds}" if answer.calibrated else None,
            class_="odds",
        ),
    )


def _place(sighting: Sighting) -> Iterator[Markup | None]:
    said = sighting.provenance
    yield element(
        "p",
        element("span", words.AUDIENCES[said.exposure.level], class_=f"chip {said.exposure.level.value}"),
        element("strong", title(said.platform)),
        *(joined(" · ", part) for part in (_context(said), line(said.account or "")) if part),
        class_="where",
    )
    yield _caption(said.caption)
    yield element("p", words.sentence(said.exposure.reason), class_="why")
    yield _link(said)
    yield _evidence(sighting)


def _context(said: Provenance) -> str | None:
    return words.spaced(said.context) if said.context != "file" else None


def _caption(caption: str | None) -> Markup | None:
    if not caption:
        return None
    if len(caption) <= LONG:
        return element("blockquote", caption, dir="auto")
    return element(
        "details",
        element("summary", f"{line(caption[:LONG])}…", dir="auto"),
        element("blockquote", caption, dir="auto"),
        class_="caption",
        open=True,
    )


def _link(said: Provenance) -> Markup | None:
    found = link((said.link and said.link.url), f"Open on {title(said.platform)}", class_="open")
    kind = words.LINKS.get((said.link and said.link.kind) or "")
    return element("p", found, element("small", kind) if kind else None, class_="link") if found else None


def _evidence(sighting: Sighting) -> Markup:
    rows = [
        (element("dt", name), element("dd", element("bdi", value)))
        for name, value in _facts(sighting.provenance)
        if value
    ]
    shown = path(sighting.path) + (" (gone since)" if sighting.gone else "")
    rows.append((element("dt", "File"), element("dd", element("bdi", shown), class_="path")))
    return element("dl", *(part for row in rows for part in row))


def _facts(said: Provenance) -> Iterator[tuple[str, str | None]]:
    yield "Posted", _time((said.posted and said.posted.at), (said.posted and said.posted.source))
    yield "Taken", _time((said.taken and said.taken.at), (said.taken and said.taken.source))
    yield (
        "Audience",
        _with(
            (said.audience and said.audience.name),
            AUDIENCE_SOURCES.get(
                (said.audience and said.audience.source) or "", (said.audience and said.audience.source)
            ),
        ),
    )
    yield "Album", said.album
    yield "Place", said.place
    if said.location:
        position = f"{said.location.latitude:.4f}, {said.location.longitude:.4f}"
        yield "Position", _with(position, words.spaced(said.location.source))
    yield "Named", words.listed(said.people)
    if said.author_is_owner is not True:
        yield (
            "Posted by",
            _with(said.author, "not the owner of this export" if said.author_is_owner is False else None),
        )


def _time(iso: str | None, source: str | None) -> str | None:
    return _with(words.moment(iso), f"from {source}" if source else None)


def _with(value: str | None, note: str | None) -> str | None:
    return f"{value} ({note})" if value and note else value


def _others(others: list[Sighting], tokens: Tokens) -> Markup | None:
    if not others:
        return None
    places = [element("li", *_place(other), class_="place", **tokens(other)) for other in others]
    return element(
        "details",
        element("summary", f"The same picture in {words.count(len(others), 'other place')}"),
        element("ol", *places),
        class_="others",
        open=True,
    )


def _file(appearance: Appearance) -> Markup:
    kind = f"{appearance.type}, {appearance.width} by {appearance.height} pixels"
    return element(
        "p",
        f"No. {appearance.rank} · face {appearance.face} · {kind} · face quality {appearance.quality:.2f}",
        class_="file",
    )
