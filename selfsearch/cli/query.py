"""selfsearch query"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import SelfsearchError, UsageError
from ..types import Outcome, ProgressListener
from ..words import quantity
from . import consent_prompt, console, options, pager
from .face_choice import FaceChoice, read_probes
from .network_policy import Need, network, show_in_browser

if TYPE_CHECKING:
    from ..consent.audit import Question
    from ..consent.grants import ConsentRequest, Grant
    from ..library.library import Library
    from ..library.people import Person
    from ..report.text import Form
    from ..types import Answer
    from ..workflows.diff import Baseline
    from ..workflows.gallery import Gallery
    from ..workflows.probes import Probe
    from ..workflows.query import Filters

ME = "me"

MinBand = Annotated[
    str,
    typer.Option("--min-band", metavar="strong|likely|possible", help="List nothing weaker than this."),
]
Sources = Annotated[
    list[int] | None,
    typer.Option(
        "--source", metavar="N", help="List only what is in this source; may be given several times."
    ),
]
Since = Annotated[
    str | None,
    typer.Option(
        "--since",
        metavar="DATE",
        help="List what was posted or taken on this day or later, and what has no date.",
    ),
]
Until = Annotated[
    str | None,
    typer.Option(
        "--until",
        metavar="DATE",
        help="List what was posted or taken on this day or earlier, and what has no date.",
    ),
]
AllRows = Annotated[bool, typer.Option("--all-rows", help="List every appearance, not only the first 20.")]
Verbose = Annotated[
    bool,
    typer.Option("--verbose", help="Say everything: reasons, paths, captions, links, advice and limits."),
]
Quiet = Annotated[
    bool, typer.Option("--quiet", help="Print the headline and the counts alone, and no progress.")
]
NoPager = Annotated[
    bool, typer.Option("--no-pager", help="Print a long answer at once, not a page at a time.")
]
Html = Annotated[
    Path | None,
    typer.Option("--html", metavar="FILE", help="Write a report with the pictures, and keep it there."),
]


@network(Need.BROWSER, when=lambda arguments: arguments["open_"])
def query(
    images: Annotated[
        list[Path],
        typer.Argument(metavar="IMAGE", exists=True, dir_okay=False, help="Photographs of one person."),
    ],
    self_: Annotated[bool, typer.Option("--self", help="The photographs show me.")] = False,
    person: Annotated[
        str | None, typer.Option("--person", metavar="NAME", help="The photographs show this person.")
    ] = None,
    consent: consent_prompt.Consent = None,
    by: consent_prompt.By = None,
    evidence: consent_prompt.Evidence = None,
    days: consent_prompt.Days = 365,
    purpose: Annotated[
        str, typer.Option("--purpose", metavar="WORDS", help="Why you ask; kept in the audit log.")
    ] = "",
    face: FaceChoice = None,
    confirm_person: consent_prompt.ConfirmPerson = False,
    limit: Annotated[
        int | None, typer.Option("--limit", metavar="N", min=1, help="List at most this many appearances.")
    ] = None,
    min_band: MinBand = "possible",
    everything: Annotated[
        bool, typer.Option("--all", help="Show weaker resemblances as well; most are other people.")
    ] = False,
    source: Sources = None,
    since: Since = None,
    until: Until = None,
    dated_only: Annotated[bool, typer.Option("--dated-only", help="List nothing that has no date.")] = False,
    pack: options.PackName = None,
    all_rows: AllRows = False,
    verbose: Verbose = False,
    quiet: Quiet = False,
    no_pager: NoPager = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object with everything listed, never shortened.")
    ] = False,
    as_csv: Annotated[
        bool, typer.Option("--csv", help="Print CSV, one line per place, never shortened.")
    ] = False,
    html: Html = None,
    open_: Annotated[
        bool,
        typer.Option("--open", help="Show the report in the browser; its file is removed after 10 minutes."),
    ] = False,
) -> None:
    """Show where the person in these photographs appears.

    Says who could see it there, and how sure it is that it is this person. Answers people about
    themselves: the first time it asks for consent and remembers the person, and a stranger is refused.
    Headline and counts are of everything found, whatever is listed.
    """
    form = _form(quiet=quiet, verbose=verbose, all_rows=all_rows)
    engine = options.engine(pack, with_hash=False)
    engine.warm_up()  # before what is imported here, which takes as long as loading the models
    from ..consent import audit
    from ..workflows import diff
    from ..workflows.gallery import Gallery
    from ..workflows.query import query as find_appearances

    filters = _filters(limit, min_band, everything, source, since, until, dated_only)
    basis = "own" if self_ and consent is None else consent
    flags = consent_prompt.ConsentFlags(basis, by, evidence, days, is_confirmed=confirm_person)
    name = person if person is not None else ME if self_ else None
    html = html and options.page_place(html)
    with options.opened_shared() as library:
        gallery = Gallery(library, engine)
        _renew(gallery, ProgressListener() if quiet else _LateProgress())
        probes = read_probes(gallery, images, face, [name] if name else None, show=open_)
        with audit.question(library, name, purpose, options.now) as question:
            who, grant = _permitted(gallery, probes, name, flags, question)
            answer = find_appearances(gallery, grant, who, probes, options.now(), filters)
            baseline = diff.prepare_baseline(gallery, who, answer, options.now)
            question.answer = answer
        page = _page(gallery, answer) if html is not None or open_ else None
        show = partial(
            _show, answer, form, as_json=as_json, as_csv=as_csv,
            is_whole=all_rows or limit is not None, at_once=no_pager,
        )  # fmt: skip
        is_shown, note = _note_first(library, baseline, show)
    # the library is closed: whoever reads a long answer page by page keeps no other command waiting
    if not is_shown:
        show()
    if page is not None:
        _deliver(page, html, open_, said=not quiet)
    options.say(*[] if quiet else note)


class _LateProgress(ProgressListener):
    """A progress bar that is loaded when there is progress; a query seldom has any."""

    def begin(self, title: str, files: int | None) -> None:
        """What is begun, and how much it is."""
        from .progress import progress_listener

        self._listener = progress_listener()
        self._listener.begin(title, files)

    def step(self, outcome: Outcome, address: str) -> None:
        """One more is done."""
        self._listener.step(outcome, address)

    def end(self) -> None:
        """All are done."""
        self._listener.end()


def _renew(gallery: Gallery, listener: ProgressListener) -> None:
    """Make embeddings of this pack for what was indexed with another one."""
    reembedded = gallery.renew(options.now(), listener)
    if reembedded.damaged:
        files = quantity(reembedded.damaged, "file")
        options.say(f"the kept faces of {files} are damaged and cannot be searched; run: selfsearch doctor")


def _filters(
    limit: int | None,
    min_band: str,
    everything: bool,
    source: list[int] | None,
    since: str | None,
    until: str | None,
    dated_only: bool,
) -> Filters:
    from ..recognition.calibration import BANDS
    from ..workflows.query import Filters

    if min_band not in BANDS:
        raise UsageError(f"--min-band takes strong, likely or possible, not {min_band!r}")
    sources = frozenset(source) if source else None
    return Filters(
        everything=everything, limit=limit, min_band=min_band, sources=sources,
        since=options.parse_day(since), until=options.parse_day(until), dated_only=dated_only,
    )  # fmt: skip


def _permitted(
    gallery: Gallery,
    probes: list[Probe],
    name: str | None,
    flags: consent_prompt.ConsentFlags,
    question: Question,
) -> tuple[Person, Grant]:
    """Whom the question is about, an enrolled person or one who is enrolled now, and that they may be asked
    about; both go on record.

    Raises ConsentError for a stranger, for who is only told apart from others, and where it could be a
    relative and nobody says that it is not.
    """
    from ..consent import grants
    from ..workflows.enroll import identify

    library, now = gallery.library, options.now()
    consented = sorted(person.name for person in grants.consented_people(library, now))
    names = consented if name is None and consented else [ME if name is None else name]
    renewal = None if names[0] in consented else _enroll_or_agree(gallery, probes, names[0], flags)
    person, doubtful = identify(gallery, probes, names, options.now())
    question.person = person.name
    question.is_confirmed = consent_prompt.confirm_person(person.name, doubtful, probes, flags, ["query"])
    if renewal is not None:  # nothing is recorded for a stranger
        consent_prompt.say_recorded(library, grants.give(library, renewal, options.now()), flags)
    return person, grants.require(library, "person", person.name, options.now())


def _enroll_or_agree(
    gallery: Gallery, probes: list[Probe], name: str, flags: consent_prompt.ConsentFlags
) -> ConsentRequest | None:
    """Enrol somebody new. Of who is enrolled and has no live consent: what is agreed to, not written yet."""
    from ..consent import grants
    from ..library import people

    library = gallery.library
    if grants.is_contrast(library, name):
        grants.require(library, "person", name, options.now())  # raises: that was not for a search
    if people.find_person(library, name) is None:
        consent_prompt.enroll(gallery, name, probes, flags)
        return None
    consent = consent_prompt.agree(library, consent_prompt.request("person", name, flags), flags)
    return consent if isinstance(consent, grants.ConsentRequest) else None


def _form(*, quiet: bool, verbose: bool, all_rows: bool) -> Form:
    from ..report.text import Form

    if quiet and (verbose or all_rows):
        raise UsageError("--quiet lists nothing: leave it out, or leave out --verbose and --all-rows")
    return Form.BRIEF if quiet else Form.LONG if verbose else Form.SHORT


def _note_first(
    library: Library, baseline: Baseline | None, show: Callable[[], None]
) -> tuple[bool, list[str]]:
    """Note the first answer about a person for re-scans to compare with; whether it was shown, what to say.

    Into a file or a pipe it is shown before, so that one which meets a full disk is not noted; to a terminal
    afterwards, by the caller. Whoever closes the pipe had enough of it: that one counts. If noting fails, the
    answer stands.
    """
    from ..workflows import diff

    if baseline is None:
        return False, []
    is_shown, with_enough = not sys.stdout.isatty(), None
    try:
        if is_shown:
            show()
            sys.stdout.flush()
    except BrokenPipeError as exc:
        with_enough = exc
    try:
        diff.save_baseline(library, baseline)
    except SelfsearchError as exc:
        return is_shown, [f"This answer could not be noted, so re-scans compare with the next one: {exc}"]
    if with_enough:
        raise with_enough
    return is_shown, ["From now on selfsearch rescan tells what is new or gone since this answer."]


def _show(answer: Answer, form: Form, *, as_json: bool, as_csv: bool, is_whole: bool, at_once: bool) -> None:
    if as_json or as_csv:
        _print_data(answer, as_json=as_json)
    else:
        _print_text(answer, form, is_whole=is_whole, at_once=at_once)


def _print_text(answer: Answer, form: Form, *, is_whole: bool, at_once: bool) -> None:
    from ..report.text import SCREENFUL, to_text

    most = None if is_whole else SCREENFUL
    text = to_text(
        answer, form=form, most=most, command=options.command_name(), width=options.width(),
        colour=options.colour(),
    )  # fmt: skip
    pager.show(text, at_once=at_once)


def _print_data(answer: Answer, *, as_json: bool) -> None:
    from ..report import wording
    from ..report.csv import to_csv
    from ..report.json import to_json

    if as_json:
        options.answer_json(to_json(answer))
    else:
        to_csv(answer, console.table())
        if left_out := wording.left_out(answer):  # an empty table is not taken for "not found"
            found = quantity(len(answer.found), "appearance")
            options.say(f"in the table: {len(answer.appearances):,} of {found}; {left_out}")


def _page(gallery: Gallery, answer: Answer) -> str:
    from ..report import crops
    from ..report.html import to_html

    return to_html(answer, crops.for_appearances(gallery.library, gallery.engine, answer.appearances))


def _deliver(page: str, path: Path | None, show: bool, *, said: bool) -> None:
    """Write the report into a file and show it in the browser, as is wanted; where it is may be `said`."""
    say = options.say if said else lambda *_: None
    if path is not None:
        options.write_page(path, page)
        say(f"report: {path} (it shows faces: keep it private)")
    if not show:
        return
    if show_in_browser(page):
        say("the report is in your browser; its file is removed in 10 minutes. To keep one: --html FILE")
    else:
        options.say("no browser could be started here. For the report as a file: --html FILE")
