"""selfsearch doctor"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import LibraryError, SelfsearchError
from . import options

if TYPE_CHECKING:
    from ..library.integrity import Finding

MARKS = {"ok": "ok     ", "note": "note   ", "warning": "WARNING", "error": "ERROR  "}


def doctor(
    fix: Annotated[
        bool, typer.Option("--fix", help="Mend what can be mended without losing anything.")
    ] = False,
    offline_proof: Annotated[
        bool,
        typer.Option(
            "--offline-proof",
            help="Index and query samples where the system forbids the network; nothing else.",
        ),
    ] = False,
    as_json: options.AsJson = False,
) -> None:
    """Check the library, its key, the model packs and this machine, and say how to mend what is wrong."""
    if offline_proof:
        _prove(as_json)
        return
    from ..doctor import examine

    findings: list[Finding] = []
    for finding in examine(options.home(), options.key_folder(), options.ask_passphrase, fix=fix):
        findings.append(finding)
        if not as_json:
            options.answer(f"{MARKS[finding.level]} {finding.what}")
            if finding.do:
                options.answer(f"        {'mended' if finding.mended else 'to do'}: {finding.do}")
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
        raise LibraryError("something is damaged; see above for what to do")


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


def _summary(errors: int, warnings: int, mended: int) -> str:
    if not errors and not warnings:
        return "Everything is as it should be." if not mended else f"All is well now: {mended} mended."
    counts = {"error": errors, "warning": warnings}
    parts = [f"{count} {noun}{'s' * (count > 1)}" for noun, count in counts.items() if count]
    return ", ".join(parts + [f"{mended} mended"] * bool(mended)) + "."
