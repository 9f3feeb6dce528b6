"""What scripts/evaluate prints: every figure of its JSON that a person wants to compare, as lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any


def lines(result: Mapping[str, Any]) -> Iterator[str]:
    """Every figure for a terminal, line by line."""
    pack, verification = result["pack"], result["verification"]
    yield (
        f"{result['folder']}: {result['detection']['pictures']:,} pictures, {verification['people']:,}"
        f" people; pack {pack['name']} ({pack['revision']}), detail {result['detail']}"
    )
    yield from _detection_lines(result["detection"])
    yield from _verification_lines(verification)
    yield from _ten_fold_lines(result["ten_fold"])
    yield from _calibration_lines(result["calibration"], verification["promises"])
    yield from _identification_lines(result["identification"])
    yield from _group_lines(result["groups"])
    yield from _held_out_lines(result["held_out"])
    stages = ", ".join(f"{stage} {spent:.1f}" for stage, spent in result["stages"].items())
    total = sum(result["stages"].values())
    yield f"\nmilliseconds of processor time per picture: {stages}; {total:.1f} together"


def _detection_lines(detection: Mapping[str, Any]) -> Iterator[str]:
    yield "\ndetection"
    yield f"  pictures without a face      {len(detection['without_face']):7,}"
    yield f"  pictures with several faces  {detection['with_several']:7,}"
    yield f"  one face listed twice        {len(detection['doubled']):7,}"
    yield f"  files that cannot be read    {len(detection['unreadable']):7,}"


def _verification_lines(verification: Mapping[str, Any]) -> Iterator[str]:
    yield (
        f"\nverification: {verification['genuine_pairs']:,} genuine pairs of"
        f" {verification['people_with_two']:,} people, {verification['impostor_pairs']:,} impostor pairs"
    )
    yield f"  {'FAR':12} {'score':>6}  {'TAR, all pairs':24} {'score':>6}  TAR, each person equally"
    each = {row["far"]: row for row in verification["each_person"]}
    for row in verification["all_pairs"]:
        other = each.get(row["far"])
        right = f"{other['score']:6.4f}  {_with_interval(other['tar'], other['interval'])}" if other else ""
        left = f"{row['score']:6.4f}  {_with_interval(row['tar'], row['interval']):24}"
        yield f"  {_one_in(row['far']):12} {left} {right}"
    error = verification["equal_error_rate"]
    yield f"  equal error rate {_share(error['rate'])} at {error['score']:.4f}"
    first = verification["rank_one"]
    if first["pictures"]:
        yield (
            f"  rank-1, leave one out: {_with_interval(first['rate'], first['interval'])} of"
            f" {first['pictures']:,} pictures; each person equally {_share(first['each_person'])}"
        )


def _ten_fold_lines(folds: Mapping[str, Any]) -> Iterator[str]:
    if folds["folds"]:
        source = "the list of pairs" if folds["pairs_of"] == "file" else "own pairs, split by person"
        yield (
            f"  10-fold, {source}: {_share(folds['accuracy'])} +- {folds['standard_error']:.4f} (standard"
            f" error; {folds['pairs']:,} pairs, {folds['left_out']:,} left out)"
        )


def _held_out_lines(held_out: Mapping[str, Any] | None) -> Iterator[str]:
    if not held_out:
        return
    for half in held_out["halves"]:
        yield f"\nheld out; mean and curves of {half['fitted_on']}"
        for lines in (
            _verification_lines(half["verification"]),
            _promise_lines(half["verification"]["promises"]),
            _identification_lines(half["identification"]),
            _group_lines(half["groups"]),
        ):
            yield from ("  " + line.lstrip("\n") for line in lines)
    yield "\nheld out, both halves together"
    yield from ("  " + line.lstrip("\n") for line in _verification_lines(held_out["verification"]))


def _calibration_lines(
    calibration: Mapping[str, Any] | None, promises: Sequence[Mapping[str, Any]]
) -> Iterator[str]:
    if not calibration:
        yield "\nthis pack has no calibration: no bands to measure"
        return
    yield f"\ncalibration measured on: {calibration['measured_on']}"
    if calibration["is_this_folder"]:
        yield "  That is this folder: nothing here is held out. --split measures people it was not fitted on."
    yield from _promise_lines(promises)


def _promise_lines(promises: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield f"  {'promised':12} {'score':>6}  {'all pairs':>10}  {'each pair of people':>20}"
    for row in promises:
        both = [row["all_pairs"], row["each_person"]]
        pairs, people = ("" if far is None else f"{far:.2g}" for far in both)
        yield f"  {row['promised']:<12.2g} {row['score']:6.4f}  {pairs:>10}  {people:>20}"


def _identification_lines(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if not rows:
        return
    yield "\nidentification: right pictures in each band; false matches per question that reach it, promise"
    yield f"  {'gallery':>7} {'photos':>6} {'asked':>6}" + "".join(
        f"  {band:24}" for band in rows[0]["bands"]
    )
    for row in rows:
        cells = [
            f"{_share(band['right']):>6} {band['false_per_question']:.4f} of {band['promised']:g}"
            for band in row["bands"].values()
        ]
        yield f"  {row['gallery']:7,} {row['photographs']:6} {row['questions']:6,}" + "".join(
            f"  {cell:24}" for cell in cells
        )
    worst = [row for row in rows if row["photographs"] == 1][-1]["bands"]["possible"]["share_of_worst"]
    if worst is not None:
        yield f"  the worst 5 % of questions with one photograph get {_share(worst)} of its false matches"


def _group_lines(groups: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if not groups:
        return
    yield "\nfalse match rate within groups, times the promise: by the average curve; as the query asks"
    for row in groups:
        for rate in row["rates"]:
            average, asked = (_times(rate[way]) for way in ("on_average", "as_asked"))
            yield (
                f"  {row['group']:16} {row['people']:6,} people  {_one_in(rate['promised']):12}"
                f" {average:24} {asked}"
            )


def _times(measured: Mapping[str, Any]) -> str:
    low_high = measured["interval"]
    ends = f" ({low_high[0]:.2f} to {low_high[1]:.2f})" if low_high else ""
    return f"{measured['times_promised']:6.2f}{ends}"


def _with_interval(value: float, interval: Sequence[float] | None) -> str:
    return _share(value) + (f" ({_share(interval[0])} to {_share(interval[1])})" if interval else "")


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}".removeprefix("0")


def _one_in(rate: float) -> str:
    return f"1 in {round(1 / rate):,}"
