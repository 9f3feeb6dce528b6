"""selfsearch doctor"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import LibraryError, SelfsearchError
from ..words import counted, quantity
from . import options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..library.integrity import Finding
    from ..library.salvage import Repaired, Tally

MARKS = {"ok": "ok     ", "note": "note   ", "warning": "WARNING", "error": "ERROR  "}


def doctor(
    fix: Annotated[
        bool, typer.Option("--fix", help="Mend what can be mended without losing anything.")
    ] = False,
    repair: Annotated[
        bool,
        typer.Option(
            "--repair", help="Make a new library of what is intact of a damaged one, and say what is lost."
        ),
    ] = False,
    offline_proof: Annotated[
        bool,
        typer.Option(
            "--offline-proof",
            help="Index and query samples where the system forbids the network; nothing else.",
        ),
    ] = False,
    yes: options.Yes = False,
    as_json: options.AsJson = False,
) -> None:
    """Check the library and this machine, and say how to mend them.

    Looks at the library's files, its key, the model packs, and what selfsearch needs of the machine.
    """
    if offline_proof:
        _prove(as_json)
        return
    if repair:
        _repair(yes=yes, as_json=as_json)
        return
    findings = list(_examined(fix, as_json))
    errors = [finding for finding in findings if finding.level == "error" and not finding.mended]
    warnings = sum(finding.level == "warning" and not finding.mended for finding in findings)
    if as_json:
        options.answer_json(
            {
                "schema": "selfsearch.doctor/1",
                "home": str(options.home()),
                "errors": len(errors),
                "warnings": warnings,
                "findings": [asdict(finding) for finding in findings],
            }
        )
    else:
        options.answer("", _summary(len(errors), warnings, sum(finding.mended for finding in findings)))
    if errors and all(finding.check == "programs" for finding in errors):
        raise SelfsearchError("something that selfsearch needs does not work on this machine; see above")
    if errors:
        raise LibraryError("something is wrong; see above for what to do")


def _examined(fix: bool, as_json: bool) -> Iterator[Finding]:
    """Every finding; as words each is printed as it is made."""
    from ..doctor import examine
    from .progress import progress_bar

    home, keys, ask = options.home(), options.key_folder(), options.ask_passphrase
    for finding in examine(home, keys, ask, fix=fix, progress=progress_bar()):
        if not as_json:
            options.answer(f"{MARKS[finding.level]} {finding.what}")
            if finding.do:
                options.answer(f"        {'mended' if finding.mended else 'to do'}: {finding.do}")
        yield finding


def _prove(as_json: bool) -> None:
    from ..sandbox.proof import prove

    options.say("indexing and asking sample photographs in a library that is removed afterwards")
    proof = prove()
    if as_json:
        options.answer_json({"schema": "selfsearch.offline-proof/1", "proven": proof.holds, **asdict(proof)})
    else:
        options.answer(str(proof))
    if not proof.holds:
        raise SelfsearchError("it was not proven that nothing needs the network; see above")


def _repair(*, yes: bool, as_json: bool) -> None:
    from ..home import require_home
    from ..library import root_key, salvage
    from ..library.library import finish_replacement, writer

    home, key_folder = options.home(), options.key_folder()
    require_home(home)
    if not (home / "key.json").exists():
        raise root_key.is_missing(home)
    with writer(home):
        finish_replacement(home)
        root = root_key.unlock(home, key_folder, options.ask_passphrase)
        damage = salvage.find_damage(home, key_folder, root)
        if not damage:
            options.say(
                "there is nothing to repair: every page of the library opens, and its structure holds"
            )
            if as_json:
                options.answer_json({"schema": "selfsearch.repair/1", "damage": []})
            return
        options.say(*damage)
        options.require_yes(
            "Make a new library of what is intact, and put the damaged files aside? Whoever has a backup may"
            " lose less by restoring it.",
            "nothing was changed",
            yes=yes,
        )
        repaired = salvage.repair(home, key_folder, root, options.now())
    if as_json:
        options.answer_json(
            {
                "schema": "selfsearch.repair/1",
                "damage": damage,
                "put_aside": str(repaired.aside),
                "tables": {name: asdict(tally) for name, tally in repaired.tallies.items()},
                "consent_to_be_given_again": repaired.lapsed or [],
            }
        )
        return
    options.answer(*_described(repaired))


def _described(repaired: Repaired) -> Iterator[str]:
    """What came of a repair, for people."""
    from ..library.salvage import COUNTED, READ_AGAIN

    tallies = {COUNTED[name]: tally for name, tally in repaired.tallies.items() if name in COUNTED}
    kept = ", ".join(counted(tally.kept, noun) for noun, tally in tallies.items() if tally.kept)
    lost = ", ".join(_as_lost(noun, tally) for noun, tally in tallies.items() if _as_lost(noun, tally))
    yield f"the library is repaired. Kept: {kept or 'nothing'}"
    yield f"lost: {lost or 'nothing that can be counted'}"
    if any(_as_lost(name, repaired.tallies[name]) for name in READ_AGAIN):
        yield (
            "files that are still where they were are read again by the next index of each source; until then"
            " they may be missing from answers: selfsearch sources"
        )
    if _as_lost("people", repaired.tallies["people"]):
        yield "people who are lost are searched for again after: selfsearch query PHOTO --self, or people add"
    if repaired.lapsed is not None:
        yield (
            "entries of the ledger of consent are lost, and nobody knows whether one was a withdrawal, so no"
            " consent counts any more. It has to be given again, by whoever agrees, for"
            f" {', '.join(repaired.lapsed) or 'everything'}: selfsearch index PATH --consent own; selfsearch"
            " query PHOTO --self"
        )
    if repaired.requests_lost:
        yield "what was to be erased and was not yet is not known any more: forget it again"
    yield (
        f"the damaged files are in {repaired.aside}. What is forgotten from now on may still be in them, so"
        " delete that folder when you do not need it any more"
    )


def _as_lost(noun: str, tally: Tally) -> str:
    if tally.is_exact:
        return counted(tally.lost, noun) if tally.lost else ""
    return f"at least {counted(tally.lost, noun)}" if tally.lost else f"an unknown number of {noun}"


def _summary(errors: int, warnings: int, mended: int) -> str:
    if not errors and not warnings:
        found = f"Mended: {mended}. Nothing else is" if mended else "Nothing is"
        return f"{found} wrong with what was checked."
    counts = {"error": errors, "warning": warnings}
    parts = [quantity(count, noun) for noun, count in counts.items() if count]
    return ", ".join(parts + [f"{mended} mended"] * bool(mended)) + "."
