"""The page around the cards: the headline, what can be done, what was not looked at, what nobody can tell."""

from __future__ import annotations

from collections.abc import Iterator

from ..types import Answer, LinkOnly
from . import words
from .advice import Advice, advice, beyond, caveat, title
from .facets import platforms
from .markup import Markup, element, joined, link
from .summary import Summary
from .text import line, path, web
from .worklist import Task, worklist

FEW = 12  # posts that are listed at once; more are folded
LISTED = 2_000  # links on one page; a browser does not take a hundred thousand


def head(answer: Answer, summary: Summary) -> Markup:
    """The warning, the headline, and the answer in sentences."""
    warning = element(
        "p",
        element("strong", "Contains photographs and biometric comparison results: keep private."),
        " Whoever has this file can see them. Delete it when you are done.",
        class_="warning",
    )
    sentences = [element("li", sentence) for sentence in summary.sentences] if answer.appearances else []
    return joined(
        element("a", "Skip to the appearances", href="#appearances", class_="skip"),
        warning,
        element(
            "header",
            element("p", element("span", "selfsearch", class_="brand"), _theme(), class_="bar"),
            element("h1", summary.headline),
            element("ul", *sentences, class_="sentences") if sentences else None,
            _facts(answer),
            class_="top",
        ),
    )


def _theme() -> Markup:
    return element("button", "Dark or light", type="button", id="theme", hidden=True)


def _facts(answer: Answer) -> Markup:
    rows = (
        ("For", "me" if answer.person == "me" else answer.person),
        ("Made", words.moment(answer.asked_at)),
        ("Compared with", f"{words.count(answer.faces, 'face')} in {words.count(answer.media, 'file')}"),
        ("From", words.count(answer.sources, "source")),
        ("Model", answer.pack),
        ("Searched by", words.listed([_name(probe.path) for probe in answer.probes])),
    )
    pairs = [
        element("div", element("dt", name), element("dd", element("bdi", value)))
        for name, value in rows
        if value
    ]
    return element("dl", *pairs, class_="facts")


def _name(shown: str) -> str:
    """The last part of a path, POSIX or Windows."""
    return path(shown).replace("\\", "/").rpartition("/")[2]


def reading(answer: Answer) -> Markup | None:
    """What the words of the bands mean, with their scores in this library."""
    if not answer.calibrated or not answer.appearances:
        return None
    rows = [
        element(
            "tr",
            element(
                "th", words.in_words(key, answer.person, calibrated=True), scope="row", class_=f"band {key}"
            ),
            element("td", f"from {answer.bands[key]:.2f}"),
            element("td", words.band_limit(key)),
        )
        for key in words.BANDS
        if key in answer.bands
    ]
    return element(
        "details",
        element("summary", "What the words and scores mean"),
        element(
            "p",
            "A score says how alike two faces are for the model, from -1 to 1. What it is worth depends on "
            f"how many faces were compared: here {answer.faces:,}. The words are chosen by how many false "
            "matches to expect.",
        ),
        element("table", element("tbody", *rows)),
        class_="reading",
        open=True,
    )


def advice_list(answer: Answer) -> Markup | None:
    """What can be done, per platform on which something was found or is only linked to."""
    found = [*platforms(answer), *(item.provenance.platform for item in answer.links)]
    known = list(dict.fromkeys(entry for entry in map(advice, found) if entry))
    if not known:
        return None
    return element(
        "section",
        element("h2", "What you can do now"),
        element("p", caveat(known[0].as_of), class_="meaning"),
        *(_advice(entry) for entry in (*known, beyond())),
        class_="advice",
    )


def _advice(entry: Advice) -> Markup:
    steps = [part for what, how in entry.steps for part in (element("dt", what), element("dd", how))]
    heading = element("summary", entry.title, element("small", words.sentence(entry.short)))
    return element("details", heading, element("dl", *steps), open=True)


def work(answer: Answer) -> Markup | None:
    """The links to work through, with a box to tick in the browser or on paper."""
    tasks = worklist(answer)
    if not tasks:
        return None
    head = element(
        "tr", *(element("th", name, scope="col") for name in ("Done", "Who", "Where", "Link", "No."))
    )
    return element(
        "section",
        element("h2", "Links to work through"),
        element("p", "Public ones first. The ticks are not kept when this page is closed.", class_="meaning"),
        element(
            "div",
            element("table", element("thead", head), element("tbody", *map(_task, tasks))),
            class_="scroll",
            tabindex=0,
            role="region",
            aria_label="Links to work through",
        ),
    )


def _task(task: Task) -> Markup:
    where = (
        title(task.platform),
        words.spaced(task.context),
        line(task.account or ""),
        words.day(task.posted_at),
    )
    numbers = [element("a", str(rank), href=f"#a{rank}") for rank in task.ranks[:8]]
    return element(
        "tr",
        element("td", element("input", type="checkbox", aria_label=f"Done: {task.url}")),
        element("td", element("span", words.AUDIENCES[task.exposure], class_=f"chip {task.exposure.value}")),
        element("td", ", ".join(part for part in where if part)),
        element("td", link(task.url, task.url), _note(task.kind), class_="url"),
        element("td", *(joined(" ", number) for number in numbers), " …" if len(task.ranks) > 8 else None),
    )


def _note(kind: str | None) -> Markup | None:
    note = words.LINKS.get(kind or "")
    return element("small", note) if note else None


def missed(answer: Answer) -> Markup | None:
    """Files and posts that the answer says nothing about."""
    files = words.files_not_looked_at(answer.not_looked_at)
    if not files and not answer.links and not answer.hidden:
        return None
    return element(
        "section", element("h2", "What was not looked at"), *_missed(answer, files), class_="missed"
    )


def _missed(answer: Answer, files: list[str]) -> Iterator[Markup]:
    if answer.hidden:
        more = words.count(answer.hidden, "more appearance")
        yield element("p", f"{more} left out of this report: beyond its limit, or weaker than asked for.")
    if files:
        total = words.count(sum(answer.not_looked_at.values()), "file")
        yield element("p", f"{total} could not be searched for faces:")
        yield element("ul", *(element("li", phrase) for phrase in files))
    if answer.links:
        posts = words.count(len(answer.links), "post")
        yield element(
            "p",
            f"{posts} of which the export has only a link. Open them, or download and index the media:",
        )
        yield element(
            "details",
            element("summary", f"The {posts}"),
            element("ol", *map(_link_only, answer.links[:LISTED])),
            open=True,
            data_keep=len(answer.links) <= FEW,
        )
    if len(answer.links) > LISTED:
        more = words.count(len(answer.links) - LISTED, "more post")
        yield element("p", f"{more} left out of this page: selfsearch query --json lists them all.")


def _link_only(item: LinkOnly) -> Markup:
    said = item.provenance
    where = (
        title(said.platform),
        words.spaced(said.context),
        line(said.account or ""),
        words.day(said.posted and said.posted.at),
    )
    return element(
        "li",
        element("span", words.AUDIENCES[said.exposure.level], class_=f"chip {said.exposure.level.value}"),
        element("span", ", ".join(part for part in where if part)),
        element("q", element("bdi", line(said.caption))) if said.caption else None,
        link((said.link and said.link.url), web(said.link and said.link.url) or ""),
        element("small", item.reason),
    )


def limits(answer: Answer) -> Markup:
    """What no answer of this tool can promise."""
    return element(
        "section",
        element("h2", "What this cannot tell"),
        element("ul", *(element("li", limit) for limit in words.limits(answer.person))),
        class_="limits",
    )


def foot(answer: Answer) -> Markup:
    """Where the page comes from, and that it talks to nobody."""
    return element(
        "footer",
        f"Made by selfsearch on this computer, {words.moment(answer.asked_at)}. This page loads nothing; "
        "only the links that you follow leave it.",
    )
