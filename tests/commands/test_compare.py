"""`compare`: by which labels, in which words, and what it refuses."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from hardneg_cli import Decision, InputError, load
from hardneg_cli.modeling.evaluation.metrics import OVERALL
from hardneg_cli.statistics.bootstrap import AuditStrata, pooled_strata, replicates, total, units
from hardneg_cli.verbs.compare import compare
from support.command import hardneg
from support.compared_models import CLASSES, files, only, probabilities, run, world

# ---- labels


def test_an_audit_of_everything_is_the_truth() -> None:
    from scipy import sparse

    change = sparse.csr_array(np.array([[1.0, 0], [0, -1], [2, 0], [0, 0]]))
    stratum, size = pooled_strata(np.array([1, 1, 2, 2]), np.array([2.0, 2, 2, 2]), np.ones(4, bool))
    answers = AuditStrata(change, stratum, size)
    rows = sparse.csr_array(np.ones((4, 2)))
    assert total(rows, answers).tolist() == [7, 3]
    resampled = np.concatenate(list(replicates(units(rows, None, 0), answers, 4000, 0)))
    assert np.allclose(resampled.mean(axis=0), [7, 3], atol=0.1)


def test_strata_with_one_answer_join_the_next() -> None:
    stratum = np.array([1, 1, 1, 2, 3, 3, 4])
    size = np.array([30.0, 30, 30, 20, 10, 10, 5])
    pool, sizes = pooled_strata(stratum, size, np.array([1, 1, 0, 1, 1, 1, 1], bool))
    assert pool.tolist() == [0, 0, 0, 1, 1, 1, 1]
    assert sizes.tolist() == [30, 30, 30, 35, 35, 35, 35]


def corrected(folder: Path, frame: pd.DataFrame, wrong: Sequence[int], new: str) -> None:
    """A decisions log that relabels these rows."""
    dataset = load(folder / "data.csv")
    hashes = dataset.row_hashes(np.arange(len(frame)))
    records = [
        {"v": 1, "id": frame["id"][row], "row_hash": hashes[row], "given": frame["label"][row],
         "decision": "relabel", "new_label": new, "reviewer": "ann", "at": "", "source": "", "note": ""}
        for row in wrong
    ]  # fmt: skip
    (folder / "data.csv.decisions.ndjson").write_text("".join(json.dumps(record) + "\n" for record in records))


@pytest.mark.process
def test_the_winner_may_change_with_the_labels(tmp_path: Path) -> None:
    frame, _ = world(200)
    wrong = list(range(30))
    truth = frame["label"].copy()
    frame.loc[wrong, "label"] = "bee"
    truth[wrong] = "cat"
    frame.to_csv(tmp_path / "data.csv", index=False)
    learned, right = frame["label"].to_numpy(object).copy(), truth.to_numpy(object).copy()
    right[100:110] = "dog"
    for name, called in (("old", learned), ("new", right)):
        pd.DataFrame({"id": frame["id"], "prediction": called}).to_csv(tmp_path / f"{name}.csv", index=False)
    corrected(tmp_path, frame, [row for row in wrong if frame["label"][row] != truth[row]], "cat")
    told = run(tmp_path, "old.csv", "new.csv", "data.csv", "-f", "json")
    assert (
        "the winner changes with the labels: old.csv by the given labels, new.csv by the corrected labels"
        in told.stderr
    )
    lines = json.loads(told.stdout)
    value = {(line["model"], line["labels"]): line["value"] for line in lines
             if line["metric"] == "accuracy" and not line["class"] and not line["against"]}  # fmt: skip
    assert value["new.csv", "corrected"] == pytest.approx((truth == right).mean())
    assert value["old.csv", "given"] == 1.0
    assert not [line for line in lines if line["metric"] in ("log_loss", "brier", "ece")]
    silent = run(tmp_path, "old.csv", "new.csv", "data.csv", "--no-decisions")
    assert "corrected" not in silent.stdout + silent.stderr


def test_dropped_rows_do_not_count_and_new_classes_do() -> None:
    frame, models = world(100)
    dataset = load(frame)
    hashes = dataset.row_hashes(np.arange(100))
    said = [Decision(frame["id"][row], hashes[row], frame["label"][row], "drop") for row in range(10)]
    said.append(Decision(frame["id"][10], hashes[10], frame["label"][10], "relabel", "yak"))
    found = compare(frame, models, classes=CLASSES, decisions=said)
    called = np.array(CLASSES)[models[0].argmax(axis=1)]
    assert only(found, "accuracy", "model 1", labels="corrected").value == pytest.approx(
        (called == frame["label"].where(frame.index != 10, "yak"))[10:].mean()
    )
    assert only(found, "recall", "model 1", class_="yak", labels="corrected").value == 0


@pytest.mark.process
def test_a_filled_audit_says_what_the_truth_is(tmp_path: Path) -> None:
    frame, models = files(tmp_path, 1000, (2.0, 2.6))
    truth, rng = frame["label"].copy(), np.random.default_rng(1)
    wrong = rng.random(1000) < 0.12
    frame.loc[wrong, "label"] = [CLASSES[(CLASSES.index(name) + 1) % 4] for name in truth[wrong]]
    frame.to_csv(tmp_path / "data.csv", index=False)
    for command in (
        ["find", "data.csv", "--probs", "b.csv", "--all", "-q", "-o", "scores.csv"],
        ["audit", "draw", "scores.csv", "-n", "250", "-q", "-o", "audit.csv"],
    ):
        hardneg(*command, cwd=tmp_path, check=True)
    audit = pd.read_csv(tmp_path / "audit.csv", dtype=str, keep_default_na=False)
    right = audit["id"].map(dict(zip(frame["id"], truth, strict=True)))
    audit["decision"] = np.where(right == audit["given_label"], "keep", "")
    audit["new_label"] = np.where(right == audit["given_label"], "", right)
    audit.to_csv(tmp_path / "audit.csv", index=False)
    found = compare(
        tmp_path / "data.csv", [str(tmp_path / "a.csv"), str(tmp_path / "b.csv")], audit=tmp_path / "audit.csv"
    )
    for name, p in zip("ab", models, strict=True):
        line = only(found, "accuracy", str(tmp_path / f"{name}.csv"), labels="audited")
        true = (np.array(CLASSES)[p.argmax(axis=1)] == truth).mean()
        given = (np.array(CLASSES)[p.argmax(axis=1)] == frame["label"]).mean()
        assert line.value is not None
        assert abs(line.value - true) < abs(given - true) / 3
        assert (line.low or 0) <= true <= (line.high or 0)
    (tmp_path / "short.csv").write_text("".join((tmp_path / "data.csv").read_text().splitlines(keepends=True)[:-3]))
    with pytest.raises(InputError, match="drawn from 1,000 rows"):
        compare(tmp_path / "short.csv", [str(tmp_path / "a.csv")], audit=tmp_path / "audit.csv")


# ---- the command line


@pytest.mark.process
def test_rows_that_a_model_lacks_are_named_and_left_out_for_all(tmp_path: Path) -> None:
    frame, models = files(tmp_path, 100)
    probabilities(frame, models[1]).iloc[2:].to_csv(tmp_path / "b.csv", index=False)
    done = run(tmp_path, "a.csv", "b.csv", "data.csv", "-f", "csv")
    assert "b.csv: nothing for 2 rows, left out for every model: ids 'r00000', 'r00001'" in done.stderr
    assert "2 models on 98 rows" in done.stderr
    lines = list(csv.DictReader(io.StringIO(done.stdout)))
    called = np.array(CLASSES)[models[0].argmax(axis=1)]
    assert float(lines[0]["value"]) == pytest.approx((called == frame["label"])[2:].mean(), abs=1e-6)


@pytest.mark.process
def test_one_model_gets_its_metrics(tmp_path: Path) -> None:
    files(tmp_path)
    done = run(tmp_path, "a.csv", "data.csv", "-o", "all.csv", "-o", "all.md", "-o", "all.xlsx", "-f", "table")
    assert "against" not in done.stdout
    lines = list(csv.DictReader(io.StringIO((tmp_path / "all.csv").read_text())))
    assert [line["metric"] for line in lines if not line["class"]] == list(OVERALL)
    assert {line["class"] for line in lines} == {"", *CLASSES}
    assert list(lines[0]) == ["model", "against", "labels", "metric", "class", "value", "low", "high",
                              "difference", "diff_low", "diff_high", "p", "p_adjusted"]  # fmt: skip


@pytest.mark.process
def test_a_worse_model_can_fail_a_build(tmp_path: Path) -> None:
    files(tmp_path, 600, (0.8, 2.0))
    run(tmp_path, "a.csv", "b.csv", "data.csv", "--require-no-worse", "macro_f1")
    done = run(tmp_path, "b.csv", "a.csv", "data.csv", "--require-no-worse", "log_loss", code=1)
    assert "worse than b.csv in log_loss, by the given labels: a.csv" in done.stderr
    assert done.stdout
    run(tmp_path, "a.csv", "b.csv", "data.csv", "--require-no-worse", "ece", code=2)
    assert "one model only" in run(tmp_path, "a.csv", "data.csv", "--require-no-worse", "mcc", code=2).stderr


@pytest.mark.process
def test_what_was_forgotten_is_named(tmp_path: Path) -> None:
    frame, _ = world(200)
    frame.to_csv(tmp_path / "data.csv", index=False)
    called = frame["label"].where(frame["label"] != "dog", "cat")
    for name, said in (("old", frame["label"]), ("new", called)):
        pd.DataFrame({"id": frame["id"], "said": said}).to_csv(tmp_path / f"{name}.csv", index=False)
    done = run(tmp_path, "old.csv", "new.csv", "data.csv", "--prediction-column", "said")
    dogs = int((frame["label"] == "dog").sum())
    assert f"forgotten: class 'dog': {dogs} of {dogs} rows broke, 0 fixed" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("models", "said"),
    [
        (["a.csv", "a.csv"], "named twice"),
        (["none.csv"], "no file"),
        ([], "nothing to compare"),
        (["names.csv"], "`prediction_column`"),
        (["few.csv"], "no ids to join them by"),
        (["strange.csv"], "none of its ids is in"),
        (["swapped.csv"], "its columns look permuted"),
        (["a.csv", "blank.csv"], "holds no prediction"),
    ],
)
def test_bad_models_are_refused(tmp_path: Path, models: list[str], said: str) -> None:
    frame, p = files(tmp_path)
    frame.rename(columns={"label": "said"})[["id", "said"]].to_csv(tmp_path / "names.csv", index=False)
    frame.assign(prediction=" ")[["id", "prediction"]].to_csv(tmp_path / "blank.csv", index=False)
    pd.DataFrame({"prediction": ["ant"] * 5}).to_csv(tmp_path / "few.csv", index=False)
    probabilities(frame.assign(id="x" + frame["id"]), p[0]).to_csv(tmp_path / "strange.csv", index=False)
    probabilities(frame, p[0][:, [1, 0, 2, 3]]).to_csv(tmp_path / "swapped.csv", index=False)
    with pytest.raises(InputError, match=said):
        compare(tmp_path / "data.csv", [str(tmp_path / model) for model in models])


@pytest.mark.process
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["data.csv"], "missing argument"),
        (["names.csv", "data.csv", "--prediction-column", "sad"], "did you mean 'said'"),
        (["a.csv", "data.csv", "--metric", "macro-f1"], "did you mean 'macro_f1'"),
        (["a.csv", "data.csv", "-o", "a.csv"], "a.csv"),
    ],
)
def test_bad_arguments_are_told_in_one_line(tmp_path: Path, arguments: list[str], said: str) -> None:
    frame, _ = files(tmp_path)
    frame.rename(columns={"label": "said"})[["id", "said"]].to_csv(tmp_path / "names.csv", index=False)
    before = (tmp_path / "a.csv").read_bytes()
    done = run(tmp_path, *arguments, code=2)
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert not done.stdout
    assert (tmp_path / "a.csv").read_bytes() == before


@pytest.mark.process
def test_hostile_names_are_text(tmp_path: Path) -> None:
    odd = ["[bold]a", "=cmd|x", "None", "<script>\u202e"]
    frame, models = world(60)
    labels = [odd[CLASSES.index(name)] for name in frame["label"]]
    frame.assign(label=labels).to_csv(tmp_path / "data.csv", index=False)
    names = dict(zip((f"prob_{name}" for name in CLASSES), (f"prob_{name}" for name in odd), strict=True))
    for name, p in zip("ab", models, strict=True):
        probabilities(frame, p).rename(columns=names).to_csv(tmp_path / f"{name}.csv", index=False)
    done = run(
        tmp_path, "a.csv", "b.csv", "data.csv", "--all", "-f", "table", "-o", "x.csv", "-o", "x.md", "-o", "x.xlsx"
    )
    assert "\u202e" not in done.stdout + done.stderr
    assert "[bold]a" in done.stdout
    assert {line["class"] for line in csv.DictReader(io.StringIO((tmp_path / "x.csv").read_text("utf-8")))} == {
        "",
        *odd,
    }


@pytest.mark.process
def test_bad_rows_are_skipped_on_request(tmp_path: Path) -> None:
    frame, models = files(tmp_path, 100)
    broken = probabilities(frame, models[0])
    broken.loc[4, "prob_ant"] = 7
    broken.to_csv(tmp_path / "a.csv", index=False)
    assert "a probability over 1" in run(tmp_path, "a.csv", "b.csv", "data.csv", code=2).stderr
    done = run(tmp_path, "a.csv", "b.csv", "data.csv", "--on-bad-rows", "skip")
    assert "2 models on 99 rows" in done.stderr
    assert "'r00004'" in done.stderr


def test_a_tie_is_no_win() -> None:
    frame, models = world(50)
    found = compare(frame, [models[0], models[0].copy()], classes=CLASSES)
    assert found.best("accuracy", "given") == ["model 1", "model 2"]
    assert only(found, "log_loss", "model 2", "model 1").p == 1.0
    assert pa.types.is_floating(found.table()["p"].type)
