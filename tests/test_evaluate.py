"""scripts/evaluate measures what it says: its figures are those that a plain computation gives."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
from html.parser import HTMLParser
from itertools import combinations
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts.evaluation import fitting, groups, identification, labelled_folder, ten_fold, verification
from scripts.evaluation.labelled_folder import LabelledFolder
from selfsearch.errors import UsageError
from selfsearch.recognition import calibration, embedding
from selfsearch.recognition.probe_calibration import ProbeCalibration, find_cohort, measure_spread
from tests import photos

SCRIPT = Path(__file__).parent.parent / "scripts" / "evaluate"
EACH = 3  # pictures of a person
OURS = calibration.read_calibration(calibration.BUNDLED_CALIBRATIONS / "opencv-zoo.json")


class Run:
    """The script, run once on 21 pictures of 7 people, one of nobody and one that is damaged."""

    def __init__(self, folder: Path) -> None:
        self.pictures = folder / "people"
        for person in photos.PEOPLE:
            (self.pictures / person).mkdir(parents=True)
            for number in range(1, EACH + 1):
                picture = photos.photo(person, number, side=150)
                (self.pictures / person / f"{person}_{number:04d}.jpg").write_bytes(picture)
        (self.pictures / "a" / "a_0004.jpg").write_bytes(photos.nobody())
        (self.pictures / "b" / "b_0004.jpg").write_bytes(b"\xff\xd8\xff\xe0 no picture")
        self.pairs = folder / "pairs.txt"
        rows = [
            f"{person} 1 2\n{person} 2 3\na 1 {other} 2\nb 3 {other} 1" for person, other in made_up_folds()
        ]
        self.pairs.write_text("\n".join(["6\t2", *rows]) + "\n")
        groups = folder / "groups.csv"
        groups.write_text("name,group\n" + "".join(f"{person},letters\n" for person in "abcdef"))
        self.json, self.page, self.cache = folder / "out.json", folder / "out.html", folder / "faces.npz"
        options = [f"--{name}={getattr(self, name)}" for name in ("pairs", "json", "page", "cache")]
        self.output = evaluate(self.pictures, *options, f"--groups={groups}")
        self.result: dict[str, Any] = json.loads(self.json.read_text())
        with np.load(self.cache) as kept:
            self.embeddings, mirrored = (
                embedding.centre(kept[name], OURS.mean) for name in ("embeddings", "mirrored")
            )
        self.probes = self.embeddings + mirrored
        self.probes /= np.linalg.norm(self.probes, axis=1, keepdims=True)
        self.labels = np.repeat(np.arange(len(photos.PEOPLE)), EACH)
        self.names = [
            f"{name}_{number:04d}" for name in sorted(photos.PEOPLE) for number in range(1, EACH + 1)
        ]


def made_up_folds() -> list[tuple[str, str]]:
    """Six folds: whose pictures are compared, and who is the other person."""
    return [("astronaut", "c"), ("c", "d"), ("d", "e"), ("e", "f"), ("f", "astronaut"), ("c", "e")]


def evaluate(*arguments: str | Path, code: int = 0) -> str:
    """Run the script; what it prints."""
    finished = subprocess.run(
        [sys.executable, SCRIPT, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"ORT_DISABLE_TELEMETRY": "1"},
    )
    assert finished.returncode == code, finished.stderr
    return finished.stderr if code else finished.stdout


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return Run(tmp_path_factory.mktemp("evaluate"))


# ---- the whole script ----


def test_what_was_found_and_what_could_not_be_read_is_counted(ran: Run) -> None:
    detection = ran.result["detection"]
    assert ran.result["schema"] == "selfsearch.evaluation/1"
    assert detection["pictures"] == 23
    assert detection["without_face"] == ["a/a_0004.jpg"]
    assert list(detection["unreadable"]) == ["b/b_0004.jpg"]
    assert detection["doubled"] == []
    assert set(ran.result["stages"]) == {name for name, _, _ in labelled_folder.STAGES}
    assert all(spent > 0 for spent in ran.result["stages"].values())


def test_the_curve_is_that_of_all_pairs_compared_one_by_one(ran: Run) -> None:
    genuine, impostors = by_hand(ran.embeddings, ran.labels, ran.probes)
    counts = ran.result["verification"]
    assert (counts["genuine_pairs"], counts["impostor_pairs"]) == (len(genuine), len(impostors)) == (21, 189)
    points = [point for point in counts["curve_all_pairs"] if point["far"] < 1]
    assert points[-1]["far"] == pytest.approx(0.056, abs=0.001)  # 10 of 189; nothing rarer is measured
    for point in points:
        wanted = np.sort(impostors)[::-1][int(point["far"] * len(impostors) + 1e-9) - 1]
        assert point["score"] == pytest.approx(wanted, abs=1e-6)
        assert point["tar"] == np.mean(genuine >= np.float32(point["score"]))


def test_the_most_similar_other_picture_is_searched_among_all(ran: Run) -> None:
    scores = ran.probes @ ran.embeddings.T
    np.fill_diagonal(scores, -2)
    right = ran.labels[scores.argmax(axis=1)] == ran.labels
    first = ran.result["verification"]["rank_one"]
    assert (first["pictures"], first["rate"]) == (21, pytest.approx(right.mean()))


def test_the_protocol_of_a_list_of_pairs_is_computed_by_hand(ran: Run) -> None:
    row = {name: number for number, name in enumerate(ran.names)}
    lines = [line.split() for line in ran.pairs.read_text().splitlines()[1:]]
    both = [
        (f"{a}_000{i}", f"{a if len(rest) == 1 else rest[0]}_000{rest[-1]}", len(rest) == 1)
        for a, i, *rest in lines
    ]
    scores = np.array([ran.probes[row[one]] @ ran.embeddings[row[other]] for one, other, _ in both])
    same = np.array([is_same for *_, is_same in both])
    accuracies = []
    for start in range(0, 24, 4):
        others = np.r_[0:start, start + 4 : 24]
        cuts = np.sort(np.concatenate([scores - 1e-6, scores + 1e-6]))
        right = [((scores[others] >= cut) == same[others]).mean() for cut in cuts]
        best = [cut for cut, share in zip(cuts, right, strict=True) if share == max(right)]
        fold = slice(start, start + 4)
        accuracies.append({((scores[fold] >= cut) == same[fold]).mean() for cut in best})
    measured = ran.result["ten_fold"]
    assert (measured["folds"], measured["pairs"], measured["left_out"]) == (6, 24, 0)
    assert measured["pairs_of"] == "file"
    low, high = (np.mean([choose(shares) for shares in accuracies]) for choose in (min, max))
    assert low <= measured["accuracy"] <= high


def test_everybody_who_asks_is_answered_in_every_band(ran: Run) -> None:
    rows = ran.result["identification"]
    assert [(row["gallery"], row["photographs"], row["questions"]) for row in rows] == [
        (21, 1, 21),
        (21, 2, 7),
        (21, 3, 7),
    ]
    assert [row["right_pictures"] for row in rows] == [42, 7, 0]
    promises = [band["promised"] for band in rows[0]["bands"].values()]
    assert promises == list(calibration.BANDS.values())
    found = sum(band["right"] for band in rows[0]["bands"].values())
    assert 0.8 < found <= 1


def test_groups_are_measured_beside_everybody(ran: Run) -> None:
    assert [(row["group"], row["people"]) for row in ran.result["groups"]] == [
        ("everybody", 7),
        ("letters", 6),
    ]


def test_the_table_and_the_page_say_the_same_as_the_file(ran: Run) -> None:
    first = ran.result["verification"]["rank_one"]["rate"]
    assert f"leave one out: {first:.4f}".replace(" 0.", " .") in ran.output
    assert f"{100 * first:.2f} %" in ran.page.read_text()
    assert "only your user may read it" in ran.output


@pytest.mark.skipif(os.name != "posix", reason="permissions are another matter on Windows")
def test_what_holds_faces_is_private(ran: Run) -> None:
    for path in (ran.json, ran.page, ran.cache):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


class Page(HTMLParser):
    """The elements of a page; fails at one that is closed and was not open, or stays open."""

    OPTIONAL, VOID = ("td", "th"), ("meta", "img")

    def __init__(self, source: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str]]] = []
        self.feed(source)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, {name: value or "" for name, value in attrs}))
        if tag in self.OPTIONAL and self.open[-1] in self.OPTIONAL:
            self.open.pop()
        if tag not in self.VOID and not self.get_starttag_text().endswith("/>"):  # type: ignore[union-attr]
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag == "tr" and self.open[-1] in self.OPTIONAL:
            self.open.pop()
        assert self.open.pop() == tag


def test_the_page_is_whole_and_asks_nothing_of_anybody(ran: Run) -> None:
    source = ran.page.read_text("utf-8")
    page = Page(source)
    tags = [tag for tag, _ in page.seen]
    assert "script" not in tags
    assert tags.count("img") > 30
    assert not re.search(r"https?:|//[a-z]|url\(|@import", re.sub(r"base64,[^\"]*", "", source))
    for _, attributes in page.seen:
        assert all(
            attributes[name].startswith("data:image/jpeg;base64,")
            for name in attributes
            if name in ("src", "href")
        )
    drawn = [attributes["d"] for tag, attributes in page.seen if tag == "path"]
    assert len(drawn) > 20
    assert all(re.fullmatch(r"[MLHV0-9., -]*", path) for path in drawn)
    assert "shows photographs of people" in source


def test_a_folder_of_nobody_is_told(tmp_path: Path) -> None:
    (tmp_path / "nobody").mkdir()
    (tmp_path / "nobody" / "1.jpg").write_bytes(photos.nobody())
    assert "holds no faces of two people" in evaluate(tmp_path, code=4)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("calibrate MISSING", "No such file"),
        ("calibrate FOLDER --pack nosuch", "no model pack called 'nosuch'"),
        ("compare FOLDER --only nosuch", "--only takes selfsearch"),
        ("compare FOLDER", "holds no pictures"),
        ("hard", "nothing is there to measure"),
        ("hard MISSING", "No such file"),
        ("hard --folder FOLDER --code DIR", "--code takes NAME=DIR, not 'DIR'"),
        ("relatives FOLDER", "holds no faces of two people"),
        ("make-hard-sets FOLDER FOLDER FOLDER/out --only nosuch", "--only takes small"),
        ("fit_confirmation FOLDER/text", "does not hold what it should"),
    ],
)
def test_a_script_says_in_a_line_what_is_wrong(tmp_path: Path, typed: str, told: str) -> None:
    (tmp_path / "text").write_text("no labels")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    name, *arguments = typed.split()
    arguments = [
        one.replace("FOLDER", str(tmp_path)).replace("MISSING", str(tmp_path / "missing"))
        for one in arguments
    ]
    finished = subprocess.run(
        [sys.executable, SCRIPT.parent / name, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"ORT_DISABLE_TELEMETRY": "1", "TMPDIR": str(scratch)},
    )
    assert finished.returncode in (1, 2, 4, 5)
    assert told in finished.stderr.splitlines()[-1]
    assert "Traceback" not in finished.stderr
    assert not list(scratch.iterdir())


@given(st.integers(0, 1000), st.floats(0, 0.9))
def test_the_mean_that_was_subtracted_is_put_back(seed: int, length: float) -> None:
    random = np.random.default_rng(seed)
    rows, mean = random.normal(size=(9, 16)), random.normal(size=16)
    rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    mean = (length * mean / np.linalg.norm(mean)).tolist()
    assert labelled_folder.uncentred(embedding.centre(rows, mean), mean) == pytest.approx(rows, abs=1e-5)


# ---- the figures, on invented embeddings ----


def invented(people: int, noise: float, seed: int) -> tuple[Any, Any]:
    """Embeddings of people with one to six pictures, and their labels."""
    random = np.random.default_rng(seed)
    labels = np.repeat(np.arange(people), random.integers(1, 7, people))
    rows = random.normal(size=(people, 16))[labels] + noise * random.normal(size=(len(labels), 16))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32), labels


def by_hand(embeddings: Any, labels: Any, probes: Any = None) -> tuple[Any, Any]:
    """Scores of genuine and impostor pairs, one by one."""
    probes = embeddings if probes is None else probes
    pairs = [(i, j) for i, j in combinations(range(len(labels)), 2)]
    scores = (probes @ embeddings.T)[tuple(np.array(pairs).T)]
    same = np.array([labels[i] == labels[j] for i, j in pairs])
    return scores[same], scores[~same]


def test_rates_agree_with_all_pairs_in_a_list() -> None:
    embeddings, labels = invented(90, 0.6, 1)
    genuine, impostors = by_hand(embeddings, labels)
    [rate] = verification.true_accept_rates(verification.compare(embeddings, labels), equally=False)
    threshold = np.sort(impostors)[::-1][int(1e-3 * len(impostors)) - 1]
    assert rate["far"] == 1e-3
    assert rate["score"] == pytest.approx(threshold)
    assert rate["tar"] == pytest.approx(np.mean(genuine >= threshold))
    assert rate["interval"][0] < rate["tar"] < rate["interval"][1]


def test_each_person_and_each_pair_of_people_weighs_the_same() -> None:
    embeddings, labels = invented(90, 0.6, 2)
    scores, counts = embeddings @ embeddings.T, np.bincount(labels)
    weights = {"genuine": [], "impostor": []}
    for i, j in combinations(range(len(labels)), 2):
        p, q = labels[i], labels[j]
        kind, weight = (
            ("genuine", 2 / (counts[p] * (counts[p] - 1)))
            if p == q
            else ("impostor", 1 / (counts[p] * counts[q]))
        )
        weights[kind].append((scores[i, j], weight))
    [rate] = verification.true_accept_rates(verification.compare(embeddings, labels), equally=True)

    def share(kind: str) -> float:
        reached = sum(weight for score, weight in weights[kind] if score >= np.float32(rate["score"]))
        return reached / sum(weight for _, weight in weights[kind])

    assert share("impostor") == pytest.approx(1e-3, rel=0.05)
    assert share("impostor") <= 1e-3
    assert rate["tar"] == pytest.approx(share("genuine"))


def test_only_the_tail_is_kept_and_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    embeddings, labels = invented(150, 0.6, 3)
    whole = verification.compare(embeddings, labels)
    monkeypatch.setattr(verification, "LEAST_TAIL", 0)
    monkeypatch.setattr(verification, "ROWS", 32)
    tail = verification.compare(embeddings, labels)
    assert len(tail.impostors.scores) < 0.011 * tail.impostor_pairs
    for equally in (False, True):
        assert verification.true_accept_rates(tail, equally=equally) == verification.true_accept_rates(
            whole, equally=equally
        )
    assert verification.rank_one(tail) == verification.rank_one(whole)
    points = verification.curve(tail, equally=False)  # above the tail: by steps of score
    for point, exact in zip(points[1:], verification.curve(whole, equally=False)[1:], strict=True):
        assert point["score"] == pytest.approx(exact["score"], abs=3 / verification.BINS)


@given(st.integers(0, 1000), st.floats(0.1, 2), st.booleans())
@settings(max_examples=20)
def test_more_false_accepts_never_mean_fewer_true_ones(seed: int, noise: float, equally: bool) -> None:
    embeddings, labels = invented(20, noise, seed)
    points = verification.curve(verification.compare(embeddings, labels), equally=equally)
    rates = [point["tar"] for point in points]
    assert rates == sorted(rates, reverse=True)
    assert [point["far"] for point in points] == sorted((point["far"] for point in points), reverse=True)


def test_errors_are_equal_where_the_shares_meet() -> None:
    embeddings, labels = invented(90, 0.8, 4)
    genuine, impostors = by_hand(embeddings, labels)
    error = verification.equal_error_rate(verification.compare(embeddings, labels))
    assert error["rate"] == pytest.approx(np.mean(genuine < error["score"]), abs=0.003)
    assert error["rate"] == pytest.approx(np.mean(impostors >= error["score"]), abs=0.003)


def test_a_group_is_measured_against_the_promise() -> None:
    folder = made_up(60, 5)
    members = {"half": {f"p{number:03d}" for number in range(30)}, "one": {"p003"}}
    rows = groups.within_groups(folder, members, OURS)
    assert [(row["group"], row["people"]) for row in rows] == [("everybody", 60), ("half", 30)]
    half = folder.labels < 30
    embeddings, labels = folder.embeddings[half], folder.labels[half]
    lowest, counts, shares = np.float32(OURS.score_for(1e-3)), np.bincount(labels), []
    for one, other in combinations(range(30), 2):
        scores = embeddings[labels == one] @ embeddings[labels == other].T
        shares.append((scores >= lowest).sum() / counts[one] / counts[other])
    rate = rows[1]["rates"][0]
    assert rate["on_average"]["times_promised"] == pytest.approx(np.mean(shares) / 1e-3)
    assert 0 < rate["as_asked"]["false_matches"] <= rate["on_average"]["false_matches"]


def test_a_group_asked_in_a_library_of_its_own_has_the_bands_of_each_probe() -> None:
    folder = made_up(40, 5)
    embeddings, labels = folder.embeddings, folder.labels
    [row] = groups.within_groups(folder, {}, OURS)
    cohort = find_cohort(np.arange(len(labels)), embeddings, OURS)
    lowest = [
        ProbeCalibration(OURS, measure_spread(row, cohort, OURS), len(labels)).score_for(1e-3)
        for row in embeddings
    ]
    scores, counts = embeddings @ embeddings.T, np.bincount(labels)
    pairs = [
        np.mean([scores[row, labels == other] >= lowest[row] for row in np.flatnonzero(labels == person)])
        for person in range(len(counts)) for other in range(len(counts)) if person != other
    ]  # fmt: skip
    assert row["rates"][0]["as_asked"]["times_promised"] == pytest.approx(np.mean(pairs) / 1e-3)


def test_people_of_one_gallery_are_in_no_other() -> None:
    _, labels = invented(60, 0.6, 6)
    galleries = list(identification.draw_galleries(labels, 50))
    assert [len(rows) for rows in galleries] == [50] * (
        len(labels) // 50 - (len(galleries) < len(labels) // 50)
    )
    people = [set(labels[rows].tolist()) for rows in galleries]
    assert not any(one & other for one, other in combinations(people, 2))


def test_the_worst_questions_are_a_twentieth() -> None:
    false = np.array([10, *[1] * 10, *[0] * 29])
    assert identification.share_of_worst(false) == 11 / 20
    assert identification.share_of_worst(np.zeros(40, int)) is None


def made_up(people: int, seed: int) -> LabelledFolder:
    """A folder of invented faces."""
    embeddings, labels = invented(people, 0.6, seed)
    paths = tuple(f"p{label:03d}/{number:04d}.jpg" for number, label in enumerate(labels))
    boxes, qualities = np.zeros((len(paths), 4)), np.ones(len(paths))
    return LabelledFolder(
        "f", len(paths), {}, (), (), (), {}, paths, boxes, qualities, embeddings, embeddings
    )


def test_nobody_is_in_the_half_that_the_calibration_was_fitted_on() -> None:
    folder, pack = made_up(120, 8), SimpleNamespace(name="made", model_revision="1")
    fitted = list(fitting.halves(folder, pack))  # type: ignore[arg-type]
    (first, of_second), (second, of_first) = fitted
    assert not set(first.people) & set(second.people)
    assert len(first.people) + len(second.people) == len(folder.people)
    for half, own in ((first, of_first), (second, of_second)):
        raw = folder.rows(np.isin(folder.people, half.people))
        assert own.mean == fitting.mean_embedding(np.array(raw.people), raw.embeddings)
    assert first.embeddings == pytest.approx(
        embedding.centre(folder.rows(np.isin(folder.people, first.people)).embeddings, of_second.mean)
    )
    with pytest.raises(UsageError, match="too few pictures"):
        list(fitting.halves(made_up(20, 9), pack))  # type: ignore[arg-type]


def test_sets_that_were_compared_in_themselves_are_measured_as_one() -> None:
    (first, of_first), (second, of_second) = invented(70, 0.7, 11), invented(50, 0.7, 12)
    both = verification.pooled(
        [verification.compare(first, of_first), verification.compare(second, of_second)]
    )
    (genuine, impostors), (more, others) = by_hand(first, of_first), by_hand(second, of_second)
    genuine, impostors = np.concatenate([genuine, more]), np.concatenate([impostors, others])
    assert (len(both.genuine.scores), both.impostor_pairs) == (len(genuine), len(impostors))
    [rate] = verification.true_accept_rates(both, equally=False)
    threshold = np.sort(impostors)[::-1][int(1e-3 * len(impostors)) - 1]
    assert (rate["score"], rate["tar"]) == (pytest.approx(threshold), np.mean(genuine >= threshold))
    weighing = verification.Weighing(both, True, np.ones(120))
    assert weighing.impostors[-1] == pytest.approx(1)
    assert weighing.genuine[-1] == pytest.approx(1)
    hits = [
        verification.rank_one(verification.compare(*one)) for one in ((first, of_first), (second, of_second))
    ]
    right = sum(hit["rate"] * hit["pictures"] for hit in hits)
    assert verification.rank_one(both)["rate"] == pytest.approx(right / sum(hit["pictures"] for hit in hits))


def test_sets_of_pairs_are_split_by_person_and_the_same_every_time() -> None:
    folder = made_up(80, 7)
    folds = ten_fold.draw_pairs(folder)
    assert folds == ten_fold.draw_pairs(folder)
    people = [{path.split("/")[0] for pair in fold for path in (pair.first, pair.second)} for fold in folds]
    assert not any(one & other for one, other in combinations(people, 2))
    assert all(sum(pair.is_same for pair in fold) * 2 == len(fold) > 10 for fold in folds)
    for pair in folds[0]:
        assert pair.is_same == (pair.first.split("/")[0] == pair.second.split("/")[0])
    assert 0.8 < ten_fold.ten_fold(folder, folds)["accuracy"] <= 1


def test_a_set_is_decided_by_the_score_that_the_others_give() -> None:
    random = np.random.default_rng(10)
    names = [f"p{row}/p{row}_0001" for row in range(80)]
    rows = random.normal(size=(80, 4)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    paths = tuple(f"{name}.jpg" for name in names)
    folder = LabelledFolder("f", 80, {}, (), (), (), {}, paths, rows, rows, rows, rows)
    pairs = [ten_fold.Pair(names[at], names[at + 1], bool(random.random() < 0.5)) for at in range(0, 80, 2)]
    folds = [pairs[start : start + 4] for start in range(0, 40, 4)]
    scores = (rows[::2] * rows[1::2]).sum(axis=1)
    same = np.array([pair.is_same for pair in pairs])
    least, most = [], []
    for start in range(0, 40, 4):
        fold = np.arange(40) // 4 == start // 4
        right = {cut: ((scores >= cut) == same)[~fold].mean() for cut in np.linspace(-1, 1, 2001)}
        best = [cut for cut, share in right.items() if share == max(right.values())]
        shares = [((scores >= cut) == same)[fold].mean() for cut in best]
        least, most = [*least, min(shares)], [*most, max(shares)]
    assert np.mean(least) <= ten_fold.ten_fold(folder, folds)["accuracy"] <= np.mean(most) < 0.7


def test_a_pair_without_a_face_is_refused_and_one_without_a_picture_left_out(tmp_path: Path) -> None:
    embeddings = np.eye(2, dtype=np.float32)[[0, 0, 1]]
    paths = ("a/a_0001.jpg", "a/a_0002.jpg", "b/b_0001.jpg")
    folder = LabelledFolder("f", 4, {}, ("b/b_0002.jpg",), (), (), {}, paths, *[embeddings] * 4)
    (tmp_path / "pairs.txt").write_text(
        "2 2\na 1 2\na 1 2\na 1 b 1\na 2 b 2\na 1 2\nb 1 2\na 1 b 1\na 1 c 1\n"
    )
    measured = ten_fold.ten_fold(folder, ten_fold.read_pairs(tmp_path / "pairs.txt"))
    assert (measured["pairs"], measured["left_out"]) == (7, 1)
    assert measured["accuracy"] == pytest.approx((1 + 2 / 3) / 2)


@pytest.mark.parametrize(
    "text", ["", "10\n", "2 1\na 1\nb 1 2 3 4\n", "1 1\na 1 2\na 1 b 1\n", "10 300\na 1 2\n"]
)
def test_what_is_no_list_of_pairs_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "pairs.txt").write_text(text)
    with pytest.raises(UsageError):
        ten_fold.read_pairs(tmp_path / "pairs.txt")


def test_a_face_that_is_listed_again_is_told_from_two_heads() -> None:
    count = labelled_folder.count_duplicates
    assert count([(0, 0, 100, 100), (10, 20, 90, 90)]) == 1
    assert count([(0, 0, 100, 100), (300, 0, 50, 50), (40, 40, 20, 20)]) == 1
    assert count([(0, 0, 100, 100), (80, 0, 100, 100)]) == 0
    assert count([(0, 0, 100, 100)]) == 0
