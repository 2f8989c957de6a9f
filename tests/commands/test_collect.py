"""What reviewers decided ends in the log, once; scikit-learn, krippendorff and published figures are the oracles."""

from __future__ import annotations

import csv
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import krippendorff
import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from filelock import FileLock
from sklearn.metrics import cohen_kappa_score

from hardneg_cli import CollectResult, InputError, UnsettledDecisions, apply, collect
from hardneg_cli.data.load import load
from hardneg_cli.review.decisions.decision import Decision
from hardneg_cli.review.decisions.decision_log import read_log
from hardneg_cli.review.reviewers.agreement import agreement, kappa, measures

COMMAND = [sys.executable, "-m", "hardneg_cli", "collect"]
COLUMNS = ("id", "decision", "new_label", "note", "given_label", "suggested_label", "score", "text", "row_hash")
Row = dict[str, str]
LOG = "data.csv.decisions.ndjson"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a dataset of nine rows, in which the test runs."""
    rows = [f"r{row},{'cat' if row % 2 else 'dog'},text {row}\n" for row in range(9)]
    (tmp_path / "data.csv").write_text("id,label,text\n" + "".join(rows))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def queue(**answers: str) -> list[Row]:
    """The rows of the dataset, with a decision or a new label."""
    dataset = load("data.csv")
    hashes = dataset.row_hashes(np.arange(len(dataset)))
    rows = []
    for row, id_ in enumerate(dataset.ids.to_pylist()):
        said = answers.get(id_, "")
        word = said in ("keep", "drop", "unsure", "relabel")
        cells = [id_, said if word else "", "" if word else said, "", dataset.classes[dataset.labels[row]], "bird",
                 "0.5", f"text {row}", hashes[row]]  # fmt: skip
        rows.append(dict(zip(COLUMNS, map(str, cells), strict=True)))
    return rows


def fill(name: str, rows: Sequence[Row] | None = None, **answers: str) -> str:
    rows = queue(**answers) if rows is None else rows
    with open(name, "w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return name


def by(reviewer: str, **answers: str) -> str:
    return fill(f"{reviewer}.csv", [row | {"reviewer": reviewer} for row in queue(**answers)])


def logged() -> list[tuple[str, str, str, str]]:
    return [(one.id, one.reviewer, one.answer, one.source) for one in read_log(LOG)[0]]


def counts(done: CollectResult) -> tuple[int, int, int, int]:
    return done.appended, done.already, done.settled, len(done.conflicts)


# ------------------------------------------------------------------------------------------------ into the log


@pytest.mark.parametrize("form", ["csv", "tsv", "parquet", "ndjson", "json", "xlsx"])
def test_every_kind_of_queue(form: str, folder: Path) -> None:
    rows = queue(r1="keep", r2="relabel", r3="fish", r4="drop", r5="unsure")
    path = f"queue.{form}"
    if form in ("csv", "tsv"):
        with open(path, "w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), delimiter="\t" if form == "tsv" else ",")
            writer.writeheader()
            writer.writerows(rows)
    elif form == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    elif form == "xlsx":
        book = openpyxl.Workbook()
        for line in (list(rows[0]), *(list(row.values()) for row in rows)):
            book.active.append(line)
        book.save(path)
    else:
        lines = [json.dumps(row) for row in rows]
        Path(path).write_text("\n".join(lines) if form == "ndjson" else f"[{','.join(lines)}]")
    done = collect([path], LOG, reviewer="ann")
    assert (done.read, *counts(done), done.undecided) == (5, 5, 0, 0, 0, 4)
    said = {"r1": "keep", "r2": "relabel to 'bird'", "r3": "relabel to 'fish'", "r4": "drop", "r5": "unsure"}
    assert logged() == [(id_, "ann", answer, path) for id_, answer in said.items()]
    before = Path(LOG).read_bytes()
    assert counts(collect([path], LOG, reviewer="ann")) == (0, 5, 0, 0)
    assert Path(LOG).read_bytes() == before
    applied = apply("data.csv", in_place=True)
    assert (applied.relabeled, applied.dropped, applied.kept) == (2, 1, 1)


def test_a_new_answer_is_added_and_an_old_file_takes_nothing_back(folder: Path) -> None:
    for answer in ("keep", "drop", "keep"):
        assert collect([fill("q.csv", r1=answer)], LOG, reviewer="ann").appended == 1
    assert collect([fill("later.csv", r1="drop")], LOG, reviewer="ann").appended == 1
    assert collect(["q.csv", "later.csv"][:1], LOG, reviewer="ann").appended == 0
    (change,) = apply("data.csv").changes
    assert change.action == "drop"


def test_logs_are_merged_as_a_union(folder: Path) -> None:
    collect([by("ann", r1="keep", r2="drop")], LOG)
    collect([by("bob", r3="keep")], "other.decisions.ndjson")
    Path("renamed.log").write_bytes(Path("other.decisions.ndjson").read_bytes() + b'{"v":1,"id')
    done = collect(["other.decisions.ndjson", "renamed.log", LOG], LOG)
    assert counts(done) == (1, 3, 0, 0)
    assert done.notes == ("renamed.log: 1 lines are torn and were left out: 2",)
    assert {one[:2] for one in logged()} == {("r1", "ann"), ("r2", "ann"), ("r3", "bob")}


def test_one_reviewer_with_two_answers_in_a_run(folder: Path) -> None:
    files = [fill("ann.csv", r1="keep", r2="unsure"), fill("bob.csv", r1="drop", r2="keep")]
    with pytest.raises(InputError, match=r"bob.csv: 'r1': me says drop, and keep in ann.csv; if they are two"):
        collect(files, LOG, reviewer="me")
    assert not Path(LOG).exists()
    assert counts(collect([fill("ann.csv", r2="unsure"), fill("bob.csv", r2="keep")], LOG, reviewer="me")) == (
        1,
        0,
        0,
        0,
    )


def test_a_file_that_is_called_like_a_settlement(folder: Path) -> None:
    collect([by("ann", r1="drop")], LOG)
    os.rename(by("bob", r1="keep"), "majority")
    assert counts(collect(["majority"], LOG)) == (1, 0, 0, 1)


# ------------------------------------------------------------------------------------------------ conflicts


def test_a_conflict_is_a_queue_for_the_adjudicator(folder: Path) -> None:
    done = collect([by("ann", r1="drop", r2="keep", r3="bird"), by("bob", r1="keep", r2="keep", r3="keep")], LOG)
    assert counts(done) == (6, 0, 0, 2)
    first, second = done.table().to_pylist()
    assert (first["id"], first["note"], first["score"]) == ("r1", "ann: drop; bob: keep", 0.5)
    assert (first["decision"], first["suggested_label"], first["text"]) == ("", "", "text 1")
    assert (second["id"], second["suggested_label"], second["rank"]) == ("r3", "bird", 2)
    with pytest.raises(UnsettledDecisions):
        apply("data.csv")
    fill("conflicts.csv", [row | {"decision": "relabel" if row["id"] == "r3" else "keep"} for row in (first, second)])
    done = collect(["conflicts.csv"], LOG, reviewer="eve", adjudicator="eve")
    assert counts(done) == (2, 0, 2, 0)
    assert logged()[-2:] == [
        ("r1", "eve", "keep", "adjudication"),
        ("r3", "eve", "relabel to 'bird'", "adjudication"),
    ]
    for adjudicator in ("eve", None):
        again = collect(["conflicts.csv", "ann.csv", "bob.csv"], LOG, reviewer="eve", adjudicator=adjudicator)
        assert counts(again) == (0, 8, 0, 0)
    applied = apply("data.csv")
    assert [(change.id, change.after) for change in applied.changes] == [("r3", "bird")]
    assert applied.kept == 2


def test_an_adjudicator_does_not_settle_their_own(folder: Path) -> None:
    files = [by("ann", r1="drop"), by("bob", r1="keep", r2="keep"), by("eve", r2="drop")]
    assert counts(collect(files, LOG, adjudicator="eve")) == (4, 0, 0, 2)
    assert counts(collect([by("eve", r1="keep", r2="drop")], LOG, adjudicator="eve")) == (1, 1, 1, 1)
    assert counts(collect([by("bob", r1="drop", r2="keep")], LOG, adjudicator="bob")) == (1, 1, 0, 2)
    done = collect([by("joe", r1="drop", r2="keep")], LOG, adjudicator="joe")
    assert counts(done) == (2, 0, 2, 0)
    assert {change.id for change in apply("data.csv").changes} == {"r1"}


def test_a_reviewer_who_comes_round_contradicts_the_adjudicator_who_may_rule_again(folder: Path) -> None:
    collect([by("ann", r1="drop"), by("bob", r1="keep")], LOG)
    collect([by("eve", r1="keep")], LOG, adjudicator="eve")
    assert counts(collect([by("bob", r1="drop")], LOG)) == (1, 0, 0, 1)
    assert counts(collect([by("eve", r1="drop")], LOG, adjudicator="eve")) == (1, 0, 1, 0)
    assert [change.action for change in apply("data.csv").changes] == ["drop"]


def test_an_answer_that_comes_later_is_a_conflict_again(folder: Path) -> None:
    collect([by("ann", r1="drop"), by("bob", r1="keep")], LOG)
    collect([by("eve", r1="keep")], LOG, adjudicator="eve")
    assert counts(collect([by("zoe", r1="drop")], LOG)) == (1, 0, 0, 1)
    assert counts(collect(["zoe.csv"], LOG, policy="latest")) == (0, 1, 0, 1)  # only the adjudicator has the last word
    assert counts(collect(["eve.csv"], LOG, adjudicator="eve")) == (1, 0, 1, 0)
    assert counts(collect([by("eve", r1="drop")], LOG, adjudicator="eve")) == (1, 0, 1, 0)
    assert [change.action for change in apply("data.csv").changes] == ["drop"]


def test_a_clock_that_is_ahead_changes_nothing(folder: Path) -> None:
    rows = {row["id"]: row for row in queue()}
    ahead = Decision("r1", rows["r1"]["row_hash"], "cat", "drop", "", "bob", "2999-01-01T00:00:00Z")
    Path("bob.ndjson").write_text(json.dumps({"v": 1, **asdict(ahead)}) + "\n")
    assert counts(collect([by("ann", r1="keep"), "bob.ndjson"], LOG)) == (2, 0, 0, 1)
    assert counts(collect([by("eve", r1="keep")], LOG, adjudicator="eve")) == (1, 0, 1, 0)
    assert counts(collect([by("eve", r1="drop")], LOG, adjudicator="eve")) == (1, 0, 1, 0)
    assert counts(collect([by("bob", r1="keep")], LOG)) == (1, 0, 0, 1)


def test_a_majority_is_more_than_half(folder: Path) -> None:
    files = [
        by("ann", r1="drop", r2="keep", r3="keep", r4="keep"),
        by("bob", r1="drop", r2="drop", r3="bird", r4="drop"),
        by("joe", r1="keep", r2="unsure", r3="fish", r4="keep"),
    ]
    assert counts(collect(files, LOG))[2:] == (0, 4)
    done = collect(files, LOG, policy="majority")
    assert counts(done) == (0, 12, 2, 2)
    assert logged()[-2:] == [("r1", "policy", "drop", "majority"), ("r4", "policy", "keep", "majority")]
    assert read_log(LOG)[0][-2].note == "ann: drop; bob: drop; joe: keep"
    assert counts(collect(files, LOG, policy="majority")) == (0, 12, 0, 2)
    assert counts(collect([by("zoe", r1="keep", r2="keep", r3="keep", r4="keep")], LOG, policy="majority")) == (
        4,
        0,
        1,
        2,
    )


def test_the_latest_file_wins_if_so_asked(folder: Path) -> None:
    files = [by("ann", r1="drop", r2="keep"), by("bob", r1="keep", r2="bird")]
    assert counts(collect(files, LOG, policy="latest")) == (4, 0, 2, 0)
    assert [change.after for change in apply("data.csv").changes] == ["bird"]
    with pytest.raises(InputError, match="--policy cannot be 'newest'"):
        collect(files, LOG, policy="newest")


def test_a_dry_run_writes_nothing(folder: Path) -> None:
    files, before = [by("ann", r1="drop"), by("bob", r1="keep")], set(os.listdir())
    assert counts(collect(files, LOG, dry_run=True)) == (2, 0, 0, 1)
    assert set(os.listdir()) == before | {"ann.csv", "bob.csv"}


def test_a_wrong_adjudicator_is_told(folder: Path) -> None:
    done = collect([by("anna", r1="drop")], LOG, adjudicator="anne")
    assert done.notes == ("adjudicator 'anne' has decided nothing; did you mean 'anna'?",)


# ------------------------------------------------------------------------------------------------ agreement


def ratings(seed: int, rows: int = 200, reviewers: int = 2, missing: float = 0.0) -> np.ndarray:
    """(reviewers, rows) answers 0 … 3, NaN where there is none."""
    generator = np.random.default_rng(seed)
    truth = generator.choice(4, rows, p=[0.6, 0.2, 0.15, 0.05])
    other = generator.integers(0, 4, (reviewers, rows))
    found = np.where(generator.random((reviewers, rows)) < 0.7, truth, other).astype(float)
    found[generator.random(found.shape) < missing] = np.nan
    return found


def as_rows(found: np.ndarray) -> list[list[tuple[str, ...]]]:
    rows = [[(str(value),) for value in row if not np.isnan(value)] for row in found.T]
    return [row for row in rows if row]


@pytest.mark.parametrize("seed", range(3))
def test_kappa_is_that_of_scikit_learn(seed: int) -> None:
    first, second = ratings(seed)
    said = [Decision(str(row), "h", "0.0", "relabel", str(value), who)
            for who, values in (("a", first), ("b", second)) for row, value in enumerate(values)]  # fmt: skip
    found = agreement(said)
    assert found
    (pair,) = found.pairs
    assert pair.kappa
    assert pair.kappa.value == pytest.approx(cohen_kappa_score(first, second), abs=1e-12)
    assert found.percent.value == pytest.approx((first == second).mean())
    assert pair.kappa.low < pair.kappa.value < pair.kappa.high


def test_the_interval_of_kappa_is_as_wide_as_its_spread() -> None:
    # the first table of Fleiss, Cohen and Everitt (1969), with simple weights
    shares = np.array([[0.53, 0.05, 0.02], [0.11, 0.14, 0.05], [0.01, 0.06, 0.03]])
    found = kappa({((str(i),), (str(j),)): round(200 * shares[i, j]) for i in range(3) for j in range(3)})
    drawn = np.random.default_rng(0).multinomial(200, shares.ravel(), 4000).reshape(-1, 3, 3) / 200
    chance = (drawn.sum(1) * drawn.sum(2)).sum(1)
    spread = ((np.trace(drawn, axis1=1, axis2=2) - chance) / (1 - chance)).std()
    assert found
    assert found.value == pytest.approx(0.4286, abs=1e-4)
    assert (found.high - found.low) / 2 / 1.96 == pytest.approx(spread, rel=0.03)


@pytest.mark.parametrize("missing", [0.0, 0.4])
@pytest.mark.parametrize("reviewers", [2, 3, 6])
def test_alpha_is_that_of_krippendorff(reviewers: int, missing: float) -> None:
    found = ratings(7, reviewers=reviewers, missing=missing)
    _, alpha, _ = measures(as_rows(found))
    assert alpha
    expected = krippendorff.alpha(reliability_data=found, level_of_measurement="nominal")
    assert alpha.value == pytest.approx(expected, abs=1e-12)
    assert alpha.low < alpha.value < alpha.high


def test_ac1_is_the_published_one() -> None:
    # Gwet, Handbook of Inter-Rater Reliability: 12 units, 4 raters; irrCAC's documentation has the same figures.
    raters = ["12332141200 0".replace(" ", "0"), "123322412503", "033323422510", "123324412510"]
    found = np.array([[float(cell) or np.nan for cell in rater[:12]] for rater in raters])
    percent, alpha, ac1 = measures(as_rows(found))
    assert percent
    assert alpha
    assert ac1
    assert (round(percent.value, 5), round(alpha.value, 5), round(ac1.value, 5)) == (0.81818, 0.74342, 0.77544)


def test_intervals_hold_the_truth_and_are_the_same_twice() -> None:
    truth = measures(as_rows(ratings(99, rows=100_000, reviewers=3)))
    assert truth == measures(as_rows(ratings(99, rows=100_000, reviewers=3)))
    held = np.zeros(3)
    for seed in range(40):
        for place, one in enumerate(measures(as_rows(ratings(seed, reviewers=3)))):
            expected = truth[place]
            assert one
            assert expected
            held[place] += one.low <= expected.value <= one.high
    assert (held >= 34).all(), held


def test_agreement_where_there_is_nothing_to_agree_about() -> None:
    one = Decision("a", "h", "x", "keep", reviewer="ann")
    assert agreement([one, Decision("a", "h", "x", "unsure", reviewer="bob")]) is None
    found = agreement([one, Decision("a", "h", "x", "keep", reviewer="bob")])
    assert found
    assert (found.percent.value, found.alpha, found.ac1, found.pairs[0].kappa) == (1, None, None, None)
    again = Decision("a", "h", "x", "relabel", "x", "bob")
    gone, called = Decision("b", "h", "x", "drop"), Decision("b", "h", "x", "relabel", "drop", "bob")
    found = agreement([one, again, gone, called])
    assert found
    assert found.percent.value == 0.5  # a label that is called drop is no drop


# ------------------------------------------------------------------------------------------------ real processes


def run(*arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == code, done.stderr
    return done


@pytest.mark.process
def test_0_and_1_by_what_is_left(folder: Path) -> None:
    files = [by("ann", r1="drop", r2="keep"), by("bob", r1="keep", r2="keep")]
    done = run(files[0], "--data", "data.csv")
    assert done.stdout == ""
    assert done.stderr.splitlines() == [
        "data.csv.decisions.ndjson: 2 decisions read, 2 appended, 0 already there; 7 rows undecided",
        "conflicts: 0 settled, 0 left",
    ]
    done = run(*files, "--decisions", LOG, "-o", "conflicts.csv", code=1)
    assert done.stdout == ""
    assert "2 appended, 2 already there" in done.stderr
    assert "agreement of 2 reviewers on 2 rows that several decided: 50.0% (0.0% to 100.0%)" in done.stderr
    assert "Cohen's κ of ann and bob" in done.stderr
    assert done.stderr.splitlines()[-1].startswith(f"hardneg: {LOG}: 1 row is decided in more than one way; ")
    (row,) = csv.DictReader(Path("conflicts.csv").read_text().splitlines())
    assert (row["id"], row["note"], row["text"]) == ("r1", "ann: drop; bob: keep", "text 1")
    fill("conflicts.csv", [row | {"decision": "drop"}])
    eve = ["conflicts.csv", "--data", "data.csv", "--reviewer", "eve"]
    assert "would be" in run(*eve, "--adjudicator", "eve", "--dry-run").stderr
    run(*eve, "--adjudicator", "eve", "-q", "-o", "left.csv")
    assert Path("left.csv").read_text().count("\n") == 1
    run(*files, "--data", "data.csv", "-q")


@pytest.mark.process
def test_2_for_what_cannot_be(folder: Path) -> None:
    by("ann", r1="keep")
    Path("bad.csv").write_text(Path("ann.csv").read_text().replace("keep", "kep"))
    before = set(os.listdir())
    for arguments in (
        ["ann.csv"], ["--data", "data.csv"],
        ["ann.csv", "--data", "dota.csv"], ["ann.csv", "--data", "-"], ["none.csv", "--data", "data.csv"],
        ["bad.csv", "--data", "data.csv"], ["data.csv", "--data", "data.csv"], ["ann.csv", "--decisions", "none/log"],
        ["ann.csv", "--data", "data.csv", "-o", "ann.csv"], ["ann.csv", "--data", "data.csv", "-o", f"csv:{LOG}"],
        ["ann.csv", "--data", "data.csv", "--policy", "newest"],
    ):  # fmt: skip
        done = run(*arguments, code=2)
        assert (done.stdout, done.stderr.count("\n")) == ("", 1), done.stderr
    assert set(os.listdir()) == before
    Path(LOG).write_text('{"v":2}\n')
    assert "line 1: not a decision of version 1" in run("ann.csv", "--data", "data.csv", code=2).stderr


@pytest.mark.process
def test_2_for_a_full_disk_that_leaves_a_torn_line_alone(folder: Path) -> None:
    by("ann", r1="keep", r2="keep")
    limited = "import resource, runpy; resource.setrlimit(resource.RLIMIT_FSIZE, (300, 300)); "
    limited += "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); runpy.run_module('hardneg_cli')"
    arguments = [sys.executable, "-c", limited, "collect", "ann.csv", "--decisions", LOG]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (2, f"hardneg: {LOG}: cannot be written: File too large\n")
    assert (Path(LOG).stat().st_size, read_log(LOG)[1]) == (300, [2])
    done = run("ann.csv", "--decisions", LOG)
    assert "1 appended, 1 already there" in done.stderr
    assert f"note: {LOG}: 1 lines are torn and were left out: 2" in done.stderr
    assert ([one.id for one in read_log(LOG)[0]], read_log(LOG)[1]) == (["r1", "r2"], [2])
    os.symlink("/dev/full", "full")
    assert "is not a file" in run("ann.csv", "--decisions", "full", code=2).stderr


@pytest.mark.process
def test_75_while_another_run_writes(folder: Path) -> None:
    by("ann", r1="keep")
    with FileLock(f"{LOG}.lock"):
        done = run("ann.csv", "--data", "data.csv", code=75)
    assert done.stderr == f"hardneg: {LOG}: another run is writing to it; try again\n"
    assert not Path(LOG).exists()
    run("ann.csv", "--data", "data.csv")


@pytest.mark.process
def test_a_killed_collect_can_be_run_again(folder: Path) -> None:
    rows = [
        row | {"id": f"{row['id']}-{copy}"} for copy in range(500) for row in queue(r1="keep", r2="drop", r3="bird")
    ]
    fill("ann.csv", rows)
    moments = random.Random(0)
    for _ in range(5):
        process = subprocess.Popen([*COMMAND, "ann.csv", "--decisions", LOG], stderr=subprocess.DEVNULL)
        time.sleep(moments.random())
        process.send_signal(signal.SIGKILL)
        process.wait()
    run("ann.csv", "--decisions", LOG)
    kept, _ = read_log(LOG)
    assert len({one.id for one in kept}) == len(kept) == 1500
    assert "0 appended, 1,500 already there" in run("ann.csv", "--decisions", LOG).stderr
