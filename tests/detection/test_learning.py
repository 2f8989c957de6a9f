"""Learning from decisions: what is decided is not asked again, and the order changes only where that is proved."""

from __future__ import annotations

import csv
import json
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from hardneg_cli import Columns, Dataset, Decision, Findings, InputError, apply, find, load
from support.command import hardneg

K, N = 8, 1600
COLUMNS = Columns(prob_prefix="prob_")


def world(seed: int = 0, *, bad_class: bool = True) -> tuple[pa.Table, NDArray[np.bool_]]:
    """N rows of K classes with probabilities, and which labels are wrong.

    Wrong labels are those of two classes; of two others the model is unsure, though their labels are right.
    """
    rng = np.random.default_rng(seed)
    true = rng.integers(0, K, N)
    odds = np.array([0.3, 0.3] + [0.02] * (K - 2)) if bad_class else np.full(K, 0.1)
    given = np.where(rng.random(N) < odds[true], (true + 1 + rng.integers(0, K - 1, N)) % K, true)
    logits = rng.normal(0, 1, (N, K)) + np.where(np.isin(true, (2, 3)), 0.8, 3.0)[:, None] * np.eye(K)[true]
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    columns = {"id": [f"r{row:04}" for row in range(N)], "label": [f"class {code}" for code in given]}
    columns |= {"text": [f"row {row}" for row in range(N)], "x_0": logits[:, 0].round(3).astype(str).tolist()}
    columns |= {f"x_{number}": logits[:, number].round(3).astype(str).tolist() for number in range(1, K)}
    table = pa.table(columns | {f"prob_class {code}": p[:, code] for code in range(K)})
    return table, given != true


def decide(
    data: Dataset, rows: Sequence[int] | NDArray[np.int64], wrong: NDArray[np.bool_], by: str = "ann"
) -> list[Decision]:
    """The decisions of someone who knows the truth, but not the right label."""
    rows = np.asarray(rows)
    return [
        Decision(
            id_, row_hash, data.classes[data.labels[row]], "drop" if wrong[row] else "keep", reviewer=by, at="2021"
        )
        for row, id_, row_hash in zip(rows, data.ids.take(rows).to_pylist(), data.row_hashes(rows), strict=True)
    ]


@pytest.fixture(scope="module")
def base() -> tuple[Findings, NDArray[np.bool_]]:
    table, wrong = world()
    return find(table), wrong


@pytest.fixture(scope="module")
def taught(base: tuple[Findings, NDArray[np.bool_]]) -> tuple[Findings, list[Decision]]:
    """The same data with every third of the 600 most suspect rows decided."""
    findings, wrong = base
    decisions = decide(findings.dataset, findings.ranked[:600:3], wrong)
    return find(world()[0], decisions=decisions), decisions


def note(findings: Findings, word: str) -> str:
    return next((one for one in findings.notes if word in one), "")


def recall(findings: Findings, wrong: NDArray[np.bool_], among: NDArray[np.bool_]) -> float:
    ranked = findings.ranked[among[findings.ranked]]
    return float(wrong[ranked[:100]].sum() / wrong[among].sum())


@pytest.mark.slow
def test_undecided_rows_are_ranked_better_where_that_is_proved(
    base: tuple[Findings, NDArray[np.bool_]], taught: tuple[Findings, list[Decision]]
) -> None:
    (before, wrong), (after, decisions) = base, taught
    assert note(after, "re-ranked by 200 decisions").count("standard error") == 1
    undecided = ~np.isin(before.dataset.ids.to_pylist(), [decision.id for decision in decisions])
    assert recall(after, wrong, undecided) > recall(before, wrong, undecided)


@pytest.mark.slow
def test_score_and_count_follow_the_decisions_and_the_flagged_are_the_top(
    base: tuple[Findings, NDArray[np.bool_]], taught: tuple[Findings, list[Decision]]
) -> None:
    (before, wrong), (after, decisions) = base, taught
    assert before.errors is not None
    assert after.errors is not None
    open_ = ~np.isin(after.dataset.ids.to_pylist(), [decision.id for decision in decisions])
    assert not after.flagged[~open_].any()
    ranked = after.ranked[open_[after.ranked]]
    flagged = after.flagged[ranked]
    assert flagged[: flagged.sum()].all()
    assert flagged.sum() > 0
    assert abs(after.score[open_].sum() - wrong[open_].sum()) < abs(before.score[open_].sum() - wrong[open_].sum()) / 2
    assert abs(after.errors.value - wrong.sum()) < abs(before.errors.value - wrong.sum()) / 2
    assert after.errors.low < wrong.sum() < after.errors.high
    assert "decided labels are wrong, where the scores promised" in note(after, "scores, cut and count follow")
    assert list(after.doubts) == list(before.doubts)


@pytest.mark.slow
def test_without_proof_the_base_ranking_is_kept(base: tuple[Findings, NDArray[np.bool_]]) -> None:
    before, wrong = base
    coin = np.random.default_rng(1).random(N) < 0.5
    rows = np.random.default_rng(2).choice(before.ranked[:800], 200, replace=False)
    after = find(world()[0], decisions=decide(before.dataset, rows, coin))
    assert "base ranking kept: 200 decisions" in note(after, "base ranking")
    assert "standard error" in note(after, "base ranking")
    assert np.array_equal(after.ranked[~np.isin(after.ranked, rows)], before.ranked[~np.isin(before.ranked, rows)])
    few = find(world()[0], decisions=decide(before.dataset, before.ranked[:19], wrong))
    assert "too few to learn an order from" in note(few, "base ranking")
    assert np.array_equal(few.score, before.score)
    alike = find(world()[0], decisions=decide(before.dataset, before.ranked[:100], np.ones(N, bool)))
    assert "(100 labels wrong, 0 right) are too few" in note(alike, "base ranking")


@pytest.mark.slow
def test_no_answer_decides_its_own_rows_place(
    base: tuple[Findings, NDArray[np.bool_]], taught: tuple[Findings, list[Decision]]
) -> None:
    """Another answer moves its own row no more than it moves the rows of its class that nobody decided."""
    after, decisions = taught
    place = {id_: row for row, id_ in enumerate(after.dataset.ids.to_pylist())}
    decided = np.isin(after.dataset.ids.to_pylist(), [decision.id for decision in decisions])
    own, others = [], []
    for number in range(0, 200, 20):
        changed = list(decisions)
        flipped = "keep" if changed[number].decision == "drop" else "drop"
        changed[number] = replace(changed[number], decision=flipped)
        other = find(world()[0], decisions=changed)
        moved = np.abs(rank(other) - rank(after))
        row = place[changed[number].id]
        own.append(moved[row])
        others.append(np.max(moved[(after.dataset.labels == after.dataset.labels[row]) & ~decided]))
    assert np.mean(own) <= np.mean(others)
    assert max(own) < N / 50


def rank(findings: Findings) -> NDArray[np.int64]:
    place = np.empty(N, np.int64)
    place[findings.ranked] = np.arange(N)
    return place


def test_neither_the_order_of_rows_nor_of_decisions_matters(taught: tuple[Findings, list[Decision]]) -> None:
    after, decisions = taught
    order = np.random.default_rng(0).permutation(N)
    other = find(world()[0].take(order), decisions=decisions[::-1])
    assert other.table(other.ranked).equals(after.table(after.ranked))
    assert other.notes == after.notes


def test_class_names_do_not_matter(taught: tuple[Findings, list[Decision]]) -> None:
    after, decisions = taught
    table = world()[0]
    renamed = [name.replace("prob_class ", "prob_x") for name in table.column_names]
    names = {f"class {code}": f"x{(code * 3 + 5) % K}" for code in range(K)}
    renamed = [f"prob_{names[name.removeprefix('prob_')]}" if "prob_" in name else name for name in table.column_names]
    labels = pa.array([names[label] for label in table["label"].to_pylist()])
    other = find(
        table.rename_columns(renamed).set_column(1, "label", labels),
        decisions=[replace(decision, given=names[decision.given]) for decision in decisions],
    )
    assert np.array_equal(other.ranked, after.ranked)
    assert np.array_equal(other.flagged, after.flagged)


@pytest.mark.slow
@pytest.mark.parametrize("features", ["x_*", None])
def test_any_detectors_will_do(features: str | None, base: tuple[Findings, NDArray[np.bool_]]) -> None:
    table, wrong = world()
    bare = table.select([name for name in table.column_names if not name.startswith("prob_")])
    before = find(bare, features=features)
    decisions = decide(before.dataset, before.ranked[:900:3], wrong)
    after = find(bare, features=features, decisions=decisions)
    assert not after.flagged[np.isin(before.dataset.ids.to_pylist(), [decision.id for decision in decisions])].any()
    assert note(after, "anking kept" if features else "nothing is learned") or note(after, "re-ranked")
    both = find(table, features="x_*", decisions=decisions)
    assert len([one for one in both.notes if "decisions (" in one]) == 1


# --- with files, and as people run it ---


@pytest.fixture
def folder(tmp_path: Path, base: tuple[Findings, NDArray[np.bool_]]) -> Path:
    table = world()[0]
    with (tmp_path / "data.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(table.column_names)
        writer.writerows(zip(*(column.to_pylist() for column in table.columns), strict=True))
    return tmp_path


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return hardneg(*arguments, cwd=cwd, text=True)


def queue(folder: Path, *arguments: str) -> list[dict[str, str]]:
    done = run("find", "data.csv", "-f", "csv", *arguments, cwd=folder)
    assert done.returncode == 0, done.stderr
    return list(csv.DictReader(done.stdout.splitlines()))


def lines(decisions: Sequence[Decision]) -> str:
    return "".join(json.dumps({"v": 1, **asdict(decision)}) + "\n" for decision in decisions)


def asked(row: dict[str, str], decision: str, by: str = "ann", at: str = "2", new: str = "") -> Decision:
    return Decision(row["id"], row["row_hash"], row["given_label"], decision, new, by, at)


@pytest.mark.process
def test_what_is_decided_is_not_asked_again_until_the_row_changes(folder: Path) -> None:
    first, second, third, fourth, *_ = queue(folder, "-q")
    log = folder / "data.csv.decisions.ndjson"
    log.write_text(
        lines([
            asked(first, "keep"),
            asked(second, "relabel", new="class 5"),
            asked(third, "unsure"),
            asked(fourth, "drop", by=""),
        ])
    )  # fmt: skip
    done = run("find", "data.csv", "-f", "csv", cwd=folder)
    ids = [row["id"] for row in csv.DictReader(done.stdout.splitlines())]
    assert ids[0] == third["id"]
    assert not {first["id"], second["id"], fourth["id"]} & set(ids)
    assert "note: 3 rows are decided and not asked about again, 2 of them not yet applied" in done.stderr
    every = {row["id"]: row for row in queue(folder, "--all", "-q")}
    assert every[first["id"]]["why"] == f"kept by ann; {first['why']}"
    assert every[second["id"]]["why"].startswith("to be relabeled 'class 5', says ann; ")
    assert every[fourth["id"]]["why"].startswith("to be dropped, says a reviewer; ")
    assert every[third["id"]] == third
    for row in (first, second, fourth):
        assert every[row["id"]] == row | {"flagged": "false", "why": every[row["id"]]["why"]}
    assert queue(folder, "-q", "--no-decisions")[0] == first

    data = (folder / "data.csv").read_text().splitlines(keepends=True)
    edited = [line.replace(",row ", ",another row ") if line.startswith(first["id"]) else line for line in data]
    (folder / "data.csv").write_text("".join(edited))
    done = run("find", "data.csv", "-f", "csv", cwd=folder)
    assert next(csv.DictReader(done.stdout.splitlines()))["id"] == first["id"]
    assert "note: 1 decision fits no row any more: 1 × the row's content is no longer the same" in done.stderr


@pytest.mark.process
def test_applied_relabels_are_decided_too(folder: Path) -> None:
    first, second, *_ = queue(folder, "-q")
    log = folder / "data.csv.decisions.ndjson"
    log.write_text(lines([asked(first, "relabel", new="class 5"), asked(second, "keep")]))
    apply(folder / "data.csv", in_place=True)
    done = run("find", "data.csv", "-f", "csv", "--all", cwd=folder)
    every = {row["id"]: row for row in csv.DictReader(done.stdout.splitlines())}
    assert every[first["id"]]["given_label"] == "class 5"
    assert every[first["id"]]["why"].startswith("relabeled by ann")
    assert "2 rows are decided and not asked about again, 0 of them not yet applied" in done.stderr


@pytest.mark.slow
def test_survivors_of_an_applied_round_teach_nothing(base: tuple[Findings, NDArray[np.bool_]]) -> None:
    """Applied errors are gone from the data; learning from the kept rows alone would be learning from a sieve."""
    table, wrong = world()
    rows = base[0].ranked[:200]
    decisions = decide(base[0].dataset, rows, wrong)
    left = table.filter(pa.array(~(np.isin(np.arange(N), rows) & wrong)))
    once = find(left, decisions=decisions)
    assert "decisions are not learned from" in note(once, "not learned from")
    assert "0 decisions" in note(once, "base ranking kept")
    data = load(left)
    still = wrong[~(np.isin(np.arange(N), rows) & wrong)]
    later = [replace(one, at="2022") for one in decide(data, once.ranked[:400:4], still)]
    twice = find(left, decisions=[*decisions, *later])
    assert f"{len(later)} decisions (" in note(twice, "ranking kept") + note(twice, "re-ranked")


@pytest.mark.process
def test_conflicts_are_asked_again(folder: Path) -> None:
    first, second, third, *_ = queue(folder, "-q")
    (folder / "data.csv.decisions.ndjson").write_text(
        lines([
            asked(first, "keep", by="ann"),
            asked(first, "drop", by="bob"),
            asked(second, "keep", by="ann"),
            asked(second, "keep", by="bob"),
            asked(third, "drop", by="ann", at="2021"),
            asked(third, "keep", by="ann", at="2023"),
        ])
    )  # fmt: skip
    done = run("find", "data.csv", "-f", "csv", "--all", cwd=folder)
    every = {row["id"]: row for row in csv.DictReader(done.stdout.splitlines())}
    assert every[first["id"]] == first
    assert every[second["id"]]["why"].startswith("kept by ann and bob; ")
    assert every[third["id"]]["why"].startswith("kept by ann; ")
    assert f"note: 1 row is decided in more than one way and asked about again: {first['id']!r}" in done.stderr


@pytest.mark.process
def test_a_torn_line_is_left_out_and_a_strange_one_is_an_error(folder: Path) -> None:
    first, second, *_ = queue(folder, "-q")
    log = folder / "data.csv.decisions.ndjson"
    log.write_text(lines([asked(first, "keep")]) + lines([asked(second, "keep")])[:40])
    done = run("find", "data.csv", "-f", "csv", cwd=folder)
    assert done.returncode == 0
    assert "data.csv.decisions.ndjson: 1 lines are torn and were left out: 2" in done.stderr
    assert next(csv.DictReader(done.stdout.splitlines()))["id"] == second["id"]
    log.write_text('{"v": 2}\n')
    done = run("find", "data.csv", "-o", "out.csv", cwd=folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert "line 1: not a decision of version 2" in done.stderr
    assert not (folder / "out.csv").exists()
    assert run("find", "data.csv", "--no-decisions", "-q", cwd=folder).returncode == 0


@pytest.mark.process
def test_filled_queues_serve_as_well_as_logs(folder: Path) -> None:
    rows = queue(folder, "-q")
    first, second, third, *_ = rows
    first["decision"], second["new_label"] = "keep", "class 5"
    with (folder / "queue.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(first))
        writer.writeheader()
        writer.writerows(rows)
    (folder / "other.ndjson").write_text(lines([asked(third, "keep")]))
    (folder / "data.csv.decisions.ndjson").write_text(lines([asked(rows[3], "keep")]))
    left = {row["id"] for row in queue(folder, "-q", "--decisions", "queue.csv", "--decisions", "other.ndjson")}
    assert left == {row["id"] for row in rows[3:]}  # and the log beside the data is not read
    assert run("find", "data.csv", "--decisions", "nowhere.csv", cwd=folder).returncode == 2
    assert run("find", "data.csv", "--decisions", "data.csv", cwd=folder).returncode == 2
    both = run("find", "data.csv", "--decisions", "queue.csv", "--no-decisions", cwd=folder)
    assert (both.returncode, both.stderr.count("\n")) == (2, 1)
    for name in ("queue.csv", "data.csv.decisions.ndjson"):
        done = run("find", "data.csv", "--decisions", "queue.csv", "-o", f"ndjson:{name}", cwd=folder)
        assert done.returncode == 2, name


@pytest.mark.process
def test_two_runs_and_another_number_of_threads_give_the_same_bytes(
    folder: Path, base: tuple[Findings, NDArray[np.bool_]], monkeypatch: pytest.MonkeyPatch
) -> None:
    findings, wrong = base
    data = load(folder / "data.csv")
    (folder / "data.csv.decisions.ndjson").write_text(lines(decide(data, findings.ranked[:600:3], wrong)))
    answers = []
    for threads in ("1", "1", "2"):
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
            monkeypatch.setenv(name, threads)
        done = run("find", "data.csv", "--all", "-f", "csv", cwd=folder)
        assert "note: re-ranked by 200 decisions" in done.stderr
        answers.append((done.stdout, done.stderr))
    assert answers[0] == answers[1] == answers[2]


def test_a_drop_for_another_trouble_says_nothing_about_the_label() -> None:
    table = world()[0].drop_columns([f"x_{number}" for number in range(K)])
    texts, labels = table["text"].to_pylist(), table["label"].to_pylist()
    for row in range(10):
        texts[row] = texts[labels.index(labels[row], 100 * (row + 1))]
    table = table.set_column(2, "text", pa.array(texts))
    copies = find(table).doubts["exact-duplicate"].rows
    assert len(copies) == 10
    others = np.setdiff1d(np.arange(50, 60), copies)
    decisions = decide(load(table), np.concatenate([copies, others]), np.ones(N, bool))
    said = note(find(table, decisions=decisions), "base ranking kept")
    assert f"{len(others)} decisions ({len(others)} labels wrong, 0 right)" in said


def test_decisions_of_other_data_change_nothing(base: tuple[Findings, NDArray[np.bool_]]) -> None:
    findings, _ = base
    strange = [Decision("somewhere else", "h00", "class 1", "keep", reviewer="ann")]
    other = find(world()[0], decisions=strange)
    assert other.table(other.ranked).equals(findings.table(findings.ranked))
    assert "1 decision fits no row any more: 1 × no row has this id" in note(other, "fits")
    with pytest.raises(InputError, match="nowhere"):
        find(world()[0], decisions=["nowhere.ndjson"])
