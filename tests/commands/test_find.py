"""What `find` answers: the columns, the choice of rows, and how well it finds what was planted."""

from __future__ import annotations

import io
import json
import subprocess
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.metrics import average_precision_score

from hardneg_cli import Columns, Findings, InputError, find, load
from hardneg_cli.runtime import drawers
from support.command import hardneg
from support.paths import SAMPLE

DIGITS, PROBS = SAMPLE / "digits.csv", SAMPLE / "digits.probs.csv"
BEFORE = [
    "id", "decision", "new_label", "note", "given_label", "suggested_label", "score", "suggestion_score", "flagged",
    "detectors", "why", "p_given", "p_suggested",
]  # fmt: skip
AFTER = ["rank", "row_hash", "hashed"]


def found(*arguments: str) -> subprocess.CompletedProcess[str]:
    return hardneg("find", *arguments, cwd=SAMPLE, text=True, check=True)


@cache
def digits(*detectors: str, probs: bool = False, features: bool = True) -> Findings:
    return find(
        SAMPLE / "digits.csv", probs=[SAMPLE / "digits.probs.csv"] if probs else [],
        features="pixel_*" if features else None, detectors=detectors,
    )  # fmt: skip


def precision(findings: Findings) -> float:
    """Average precision of the score for the rows whose label was planted wrong."""
    truth = pd.read_csv(SAMPLE / "digits.truth.csv").set_index("id")["is_error"]
    return float(average_precision_score(truth.loc[findings.dataset.ids.to_pylist()], findings.score))


@pytest.mark.process
def test_columns_are_in_the_order_of_the_contract() -> None:
    findings = digits(probs=True)
    assert findings.table(show=()).column_names == BEFORE + AFTER
    assert findings.table(show=("image",)).column_names == [*BEFORE, "image", *AFTER]
    header = found("digits.csv", "--features", "pixel_*", "--limit", "1", "-f", "csv", "-q").stdout.splitlines()[0]
    assert header.split(",") == [*BEFORE, "image", *AFTER]


def test_a_display_column_does_not_take_a_columns_name() -> None:
    table = pa.table({"label": ["a", "b"] * 10, "score": ["7"] * 20, "why": ["not"] * 20})
    findings = find(table)
    names = findings.table().column_names
    assert names == [*BEFORE, "data_score", "data_why", *AFTER]


@pytest.mark.slow
def test_default_rows_are_the_flagged_ones_worst_first() -> None:
    findings = digits(probs=True)
    table = findings.table()
    assert table["flagged"].to_pylist() == [True] * int(findings.flagged.sum())
    assert table["rank"].to_pylist() == list(range(1, len(table) + 1))
    scores = table["score"].to_pylist()
    assert scores == sorted(scores, reverse=True)
    pairs = list(zip((-score for score in scores), table["id"].to_pylist(), strict=True))
    assert pairs == sorted(pairs)


@pytest.mark.slow
def test_all_limit_and_per_class() -> None:
    findings = digits(probs=True)
    labels, n = findings.dataset.labels, len(findings.dataset)
    assert sorted(findings.select(every=True)) == list(range(n))
    assert list(findings.select(every=True, limit=7)) == list(findings.select()[:7])
    assert len(findings.select(limit=0)) == 0
    few = findings.select(every=True, per_class=3)
    assert list(np.bincount(labels[few])) == list(np.minimum(findings.dataset.counts, 3))
    for code in np.unique(labels):
        best = [row for row in findings.ranked if labels[row] == code][:3]
        assert [row for row in few if labels[row] == code] == best
    assert list(findings.select(every=True, per_class=3, limit=5)) == list(few[:5])


@pytest.mark.process
def test_the_options_choose_the_same_rows() -> None:
    common = ("digits.csv", "--features", "pixel_*", "--probs", "digits.probs.csv", "-f", "ndjson", "-q")
    findings = digits(probs=True)
    for options, chosen in (
        ((), findings.select()),
        (("--all", "--limit", "30"), findings.select(every=True, limit=30)),
        (("--per-class", "1"), findings.select(per_class=1)),
    ):
        rows = [json.loads(line) for line in found(*common, *options).stdout.splitlines()]
        assert rows == findings.table(chosen, show=("image",)).to_pylist()  # the features are not shown


def test_outvoted_labels_are_found_without_a_model() -> None:
    assert precision(digits("outvoted-label")) >= 0.95


@pytest.mark.slow
def test_together_they_find_more_than_either_alone() -> None:
    model, neighbors = digits("doubtful-label", probs=True, features=False), digits("outvoted-label")
    both = digits("doubtful-label", "outvoted-label", probs=True)
    everything = digits(probs=True)
    assert precision(both) > max(precision(model), precision(neighbors))
    assert precision(everything) > max(precision(model), precision(neighbors))


@pytest.mark.slow
def test_planted_slips_and_copies_are_found() -> None:
    truth = pd.read_csv(SAMPLE / "digits.truth.csv")
    findings = digits(probs=True)
    said = findings.table(findings.select(every=True)).to_pandas().set_index("id")["detectors"]
    for kind, detector in (("spelling", "label-spelling"), ("conflicting-copy", "conflicting-label")):
        for id_ in truth["id"][truth["kind"] == kind]:
            assert detector in said[id_].split(",")
    copies = said[said.str.contains("exact-duplicate")]
    assert len(copies) == 6  # four plain copies, two whose label conflicts
    near = digits(probs=True).doubts["near-duplicate"]
    assert near.flagged.sum() == (truth["kind"] == "near-duplicate").sum()


@pytest.mark.slow
@pytest.mark.parametrize("detector", drawers.names("detector"))
def test_a_detector_alone_puts_its_suspects_in_the_queue(detector: str) -> None:
    learned = pd.DataFrame({"id": load(DIGITS).ids.to_pylist(), "variability": 0.1, "correctness": 1})
    learned["confidence"] = np.where(learned.index % 50, 0.9, 0.1)
    findings = find(DIGITS, probs=[PROBS, learned], features="pixel_*", detectors=[detector])
    doubts = findings.doubts[detector]
    assert set(doubts.rows[doubts.flagged]) == set(np.flatnonzero(findings.flagged))


@pytest.mark.slow
def test_without_a_model_or_neighbors_every_suspect_is_in_the_queue() -> None:
    findings = find(DIGITS)
    for doubts in findings.doubts.values():
        assert findings.flagged[doubts.rows[doubts.flagged]].all()


@pytest.mark.slow
def test_every_conflict_has_a_row_in_the_queue() -> None:
    findings = digits(probs=True)
    doubts = findings.doubts["conflicting-label"]
    assert doubts.group is not None
    in_queue = doubts.group[findings.flagged[doubts.rows]]
    assert set(in_queue) == set(doubts.group)


def test_suggestions_are_mostly_right() -> None:
    truth = pd.read_csv(SAMPLE / "digits.truth.csv").set_index("id")
    table = digits(probs=True).table().to_pandas().set_index("id")
    wrong = table.index[truth.loc[table.index, "is_error"] == 1]
    assert (table.loc[wrong, "suggested_label"] == truth.loc[wrong, "true_label"]).mean() > 0.9


def test_each_detector_that_doubts_a_row_says_one_sentence() -> None:
    for row in digits(probs=True).table().to_pylist():
        assert row["detectors"]
        assert len(row["why"].split("; ")) == len(row["detectors"].split(","))


def test_nothing_but_labels() -> None:
    table = pa.table({"label": ["cat"] * 30 + ["dog"] * 30 + ["dgo"]})
    findings = find(table)
    assert set(findings.doubts) == {"label-spelling", "rare-label"}
    assert set(findings.doubts) | set(findings.skipped) == set(drawers.names("detector"))
    assert all(findings.skipped.values())
    assert findings.table()["given_label"].to_pylist() == ["dgo"]
    assert findings.digest is None


@pytest.mark.process
def test_a_bare_table_names_what_it_could_not_do(tmp_path: Path) -> None:
    (tmp_path / "bare.csv").write_text("label,note\n" + "".join(f"{'ab'[i % 2]},n{i // 2}\n" for i in range(20)))
    said = found(str(tmp_path / "bare.csv"), "-f", "csv").stderr
    assert "skipped doubtful-label: no probabilities: name them with --probs" in said
    assert "skipped outvoted-label: no features: name them with --features or --text" in said
    assert "skipped outlier: no features" in said
    assert "ran conflicting-label: 20 rows" in said


def test_text_alone_finds_labels_that_the_words_contradict() -> None:
    words = {"fruit": "apple pear plum fig", "metal": "iron zinc gold lead"}
    rng = np.random.default_rng(0)
    true = ["fruit", "metal"] * 30
    text = [" ".join(rng.permutation(words[name].split())[:3]) + f" {i}" for i, name in enumerate(true)]
    label = ["metal", *true[1:]]
    findings = find(pa.table({"label": label, "text": text}), Columns(text="text"))
    assert "outvoted-label" in findings.doubts
    assert findings.ranked[0] == 0


def test_a_chosen_detector_that_cannot_run_is_an_error_that_says_why() -> None:
    table = pa.table({"label": ["a", "b"] * 10, "word": [str(i) for i in range(20)]})
    with pytest.raises(InputError, match=r"doubtful-label cannot run: no probabilities"):
        find(table, detectors=["doubtful-label"])
    findings = find(table, detectors=["doubtful-label", "rare-label"])
    assert list(findings.skipped) == ["doubtful-label"]


@pytest.mark.slow
def test_tables_and_arrays_of_every_kind_give_one_answer() -> None:
    frame = pd.read_csv(SAMPLE / "digits.csv", dtype=str).drop(columns="image").head(400)
    frame = frame[frame["label"].isin(frame["label"].value_counts().index[:10])]
    numbers = frame.astype({name: "int64" for name in frame.columns if name.startswith("pixel_")})
    p = pd.read_csv(SAMPLE / "digits.probs.csv").set_index("id").loc[frame["id"]]
    classes = [name.removeprefix("prob_") for name in p.columns]

    def answer(data: object, **kwargs: object) -> bytes:
        findings = find(data, classes=classes, features="pixel_*", **kwargs)
        out = io.BytesIO()
        drawers.load("format", "csv").write(findings.table(findings.ranked), out)
        return out.getvalue()

    expected = answer(frame, probs=[p.to_numpy()])
    assert answer(numbers, probs=[p.to_numpy()]) == expected
    assert answer(pa.Table.from_pandas(frame, preserve_index=False), probs=[p.to_numpy()]) == expected
    assert answer(load(frame), probs=[p.to_numpy()]) == expected
    assert answer(pd.concat([frame, p.reset_index(drop=True).set_axis(frame.index)], axis=1)) == expected
    assert answer(frame, probs=[p.to_numpy(), p.to_numpy()]).splitlines()[0] == expected.splitlines()[0]


def test_features_may_be_an_array() -> None:
    rng = np.random.default_rng(0)
    true = rng.integers(0, 2, 60)
    vectors = rng.normal(0, 0.1, (60, 8)) + np.eye(8)[true * 3]
    label = np.array(["a", "b"])[true]
    label[0] = "a" if label[0] == "b" else "b"
    findings = find(pa.table({"label": label}), features=vectors.astype(np.float32), detectors=["outvoted-label"])
    assert list(np.flatnonzero(findings.flagged)) == [0]
    assert vectors.flags.writeable


@pytest.mark.parametrize("shape", [(59, 2), (60, 3)])
def test_arrays_of_another_shape_are_refused(shape: tuple[int, int]) -> None:
    table = pa.table({"label": ["a", "b"] * 30})
    with pytest.raises(InputError, match=r"59|3 columns"):
        find(table, probs=[np.full(shape, 1 / shape[1])], classes=["a", "b"])
