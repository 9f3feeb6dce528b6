"""The answer as one self-contained page: pictures inside, nothing loaded, readable without its script.

The script only filters, groups and folds what is there. Its hash and the style's are the only ones that the
page's content security policy admits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..types import EXPOSURES, Answer, Appearance, Exposure, Sighting
from . import sections, words
from .cards import card
from .crops import Picture
from .facets import EXPOSURE, FACETS, Facet
from .markup import Markup, element, joined, page
from .summary import Summary, summarise
from .text import line


def to_html(answer: Answer, picture: Callable[[Appearance], Picture | None]) -> str:
    """The report. `picture` is asked once per appearance, None when the file cannot be opened."""
    summary = summarise(answer)
    body = joined(
        sections.head(answer, summary),
        element(
            "main",
            _tiles(answer),
            sections.reading(answer),
            _appearances(answer, summary, picture),
            sections.advice_list(answer),
            sections.work(answer),
            sections.missed(answer),
            sections.limits(answer),
            id="main",
        ),
        sections.foot(answer),
    )
    return page(f"Where {words.your(answer.person)} face appears", body)


def _tiles(answer: Answer) -> Markup | None:
    if not answer.appearances:
        return None
    tiles = []
    for level in EXPOSURES:
        number = sum(appearance.exposure is level for appearance in answer.appearances)
        tiles.append(
            element(
                "li",
                element("b", f"{number:,}"),
                element(
                    "a" if number else "span",
                    words.WHO_COULD_SEE[level],
                    href=f"#{level.value}" if number else None,
                ),
                element("small", words.WHAT_IT_MEANS[level]) if number else None,
                class_=f"tile {level.value}",
            )
        )
    return element("ul", *tiles, class_="tiles", aria_label="Appearances by who could see them")


def _appearances(answer: Answer, summary: Summary, picture: Callable[[Appearance], Picture | None]) -> Markup:
    heading = element("h2", f"Where {words.your(answer.person)} face appears", id="appearances")
    if not answer.appearances:
        nothing = [element("p", sentence) for sentence in summary.sentences]
        return element("section", heading, element("div", *nothing, class_="empty"))
    values = _Values(answer)
    groups = [_group(answer, level, picture, values) for level in EXPOSURES]
    return element(
        "section",
        heading,
        _controls(answer, values),
        element("p", "No appearance fits these filters.", id="none", hidden=True),
        element("div", *groups, id="list"),
        aria_labelledby="appearances",
    )


def _group(
    answer: Answer, level: Exposure, picture: Callable[[Appearance], Picture | None], values: _Values
) -> Markup | None:
    cards = [
        card(answer, appearance, picture(appearance), values.tokens)
        for appearance in answer.appearances
        if appearance.exposure is level
    ]
    if not cards:
        return None
    return element(
        "section",
        element("h3", words.WHO_COULD_SEE[level], " ", element("span", f"{len(cards):,}", class_="number")),
        element("p", words.WHAT_IT_MEANS[level], class_="meaning"),
        element("div", *cards, class_="grid"),
        class_="group",
        id=level.value,
    )


class _Values:
    """The values of every facet, numbered. Only numbers go into data attributes: no text can confuse them."""

    def __init__(self, answer: Answer) -> None:
        self.counted = {facet.key: facet.counted(answer.appearances) for facet in (EXPOSURE, *FACETS)}
        self.numbers = {
            key: {value: at for at, value in enumerate(_sorted(key, counted))}
            for key, counted in self.counted.items()
        }

    def tokens(self, sighting: Sighting) -> dict[str, str]:
        """The data attributes of one place."""
        return {
            f"data_{facet.key}": str(self.numbers[facet.key][facet.of(sighting)])
            for facet in (EXPOSURE, *FACETS)
        }


def _sorted(key: str, counted: dict[str | None, int]) -> list[str | None]:
    if key == "exposure":
        return [level.value for level in EXPOSURES if level.value in counted]
    known = [value for value in counted if value is not None]
    unknown: list[str | None] = [None] if None in counted else []
    return (sorted(known) if key == "year" else known) + unknown


def _controls(answer: Answer, values: _Values) -> Markup:
    return element(
        "form",
        element(
            "details",
            element("summary", "Filter, group, search"),
            element("div", *_fields(answer, values), class_="fields"),
            open=True,
        ),
        element("p", "", id="status", role="status", aria_live="polite"),
        id="controls",
        hidden=True,
    )


def _fields(answer: Answer, values: _Values) -> Iterator[Markup]:
    yield _field("Search in all texts", element("input", type="search", id="search", autocomplete="off"))
    yield _select("exposure", "Who could see it", _options(EXPOSURE, values))
    yield _select("band", f"Is it {words.you(answer.person)}?", _bands(answer))
    for facet in FACETS:
        if set(values.counted[facet.key]) != {None}:
            yield _select(facet.key, facet.label, _options(facet, values))
    groups = [("", "nothing")] + [(f.key, f.label) for f in FACETS] + [("band", "how sure")]
    options = [element("option", "who could see it", value="exposure", selected=True)]
    options += [element("option", label.lower(), value=key) for key, label in groups]
    yield _field("Group by", element("select", *options, id="group"))
    order = (("rank", "best match first"), ("new", "newest first"), ("old", "oldest first"))
    yield _field(
        "Order", element("select", *(element("option", label, value=key) for key, label in order), id="order")
    )
    yield element("button", "Show all", type="reset")


def _field(label: str, control: Markup) -> Markup:
    return element("label", element("span", label), control)


def _select(key: str, label: str, options: list[Markup]) -> Markup:
    everything = element("option", "all", value="")
    return _field(label, element("select", everything, *options, data_filter=key))


def _options(facet: Facet, values: _Values) -> list[Markup]:
    counted = values.counted[facet.key]
    return [
        _option(str(number), facet.say(value) if value is not None else "not given", counted[value])
        for value, number in values.numbers[facet.key].items()
    ]


def _bands(answer: Answer) -> list[Markup]:
    found = [words.band(appearance) for appearance in answer.appearances]
    return [
        _option(str(at), words.in_words(key, answer.person, calibrated=answer.calibrated), found.count(key))
        for at, key in enumerate(words.BANDS)
        if key in found
    ]


def _option(value: str, label: str, number: int) -> Markup:
    return element("option", f"{line(label)} ({number:,})", value=value, data_label=line(label))
