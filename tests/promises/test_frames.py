"""A frame of any library goes in, and comes back corrected as what it was: types, order and all else unchanged."""

from __future__ import annotations

from typing import Any

import datasets
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import sklearn.datasets
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict

import hardneg_cli
from hardneg_cli import Columns, InputError, apply, assign, check, compare, find, load, mine

NAMES = ["bird", "cat", "dog"]
ROWS, WRONG = 120, 9


def pets() -> tuple[list[str], np.ndarray[Any, Any], np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Texts, given codes, right codes, and probabilities in the order of the codes."""
    rng = np.random.default_rng(1)
    right = rng.permutation(np.arange(ROWS) % 3)
    given = right.copy()
    rows = rng.choice(ROWS, WRONG, replace=False)
    given[rows] = (right[rows] + 1) % 3
    probs = np.full((ROWS, 3), 0.02)
    probs[np.arange(ROWS), right] = 0.96
    return [f"number {row} is a {NAMES[code]}" for row, code in enumerate(right)], given, right, probs


def pandas_frame(labels: Any) -> pd.DataFrame:
    return pd.DataFrame(
        {"t": pets()[0], "y": labels, "when": pd.date_range("2024-01-01", periods=ROWS), "n": np.ones(ROWS, "i2")},
        index=np.arange(ROWS) * 2 + 7,
    )  # fmt: skip


GIVEN = pets()[1]
BY_NAME = np.array(NAMES)[GIVEN]
FRAMES: dict[str, tuple[Any, Any]] = {
    "pandas text": (pandas_frame(BY_NAME), None),
    "pandas categorical": (pandas_frame(pd.Categorical.from_codes(GIVEN, NAMES)), NAMES),
    "pandas integers": (pandas_frame(GIVEN.astype("i1")), None),
    "pandas nullable": (pandas_frame(pd.array(GIVEN, "Int64")), None),
    "polars text": (pl.DataFrame({"t": pets()[0], "y": BY_NAME}), None),
    "polars enum": (pl.DataFrame({"t": pets()[0], "y": pl.Series([*BY_NAME], dtype=pl.Enum(NAMES))}), None),
    "polars categorical": (pl.DataFrame({"t": pets()[0], "y": pl.Series([*BY_NAME], dtype=pl.Categorical)}), None),
    "polars integers": (pl.DataFrame({"t": pets()[0], "y": pl.Series(GIVEN, dtype=pl.Int8)}), None),
    "arrow": (pa.table({"t": pets()[0], "y": pa.array([*BY_NAME]).dictionary_encode()}), None),
    "datasets": (
        datasets.Dataset.from_dict(
            {"t": pets()[0], "y": GIVEN.tolist()},
            features=datasets.Features({"t": datasets.Value("string"), "y": datasets.ClassLabel(names=NAMES)}),
        ),
        None,
    ),
}


def types(frame: Any) -> Any:
    if isinstance(frame, pd.DataFrame):
        return frame.dtypes.to_dict()
    return frame.features if hasattr(frame, "features") else frame.schema


@pytest.mark.parametrize("kind", FRAMES)
def test_find_to_queue_to_the_corrected_frame(kind: str) -> None:
    frame, classes = FRAMES[kind]
    _, given, right, probs = pets()
    findings = find(frame, label="y", text="t", probs=probs, classes=classes)
    assert (findings.flagged == (given != right)).all()
    queue = findings.table().to_pandas().assign(decision="relabel")
    filled = pl.from_pandas(queue) if kind.startswith("polars") else queue
    applied = apply(frame, [filled], label="y")
    found = applied.data
    assert applied.relabeled == WRONG
    assert type(found) is type(frame)
    assert types(found) == types(frame)
    assert [str(one) for one in found["t"]] == [str(one) for one in frame["t"]]
    spelled = {str(code): name for code, name in enumerate(NAMES)}
    assert [spelled.get(str(one), str(one)) for one in found["y"]] == [NAMES[code] for code in right]
    if isinstance(found, pd.DataFrame):
        assert found.index.equals(frame.index)
    assert check(found, label="y", probs=probs, base=frame, classes=classes).changes is not None


def test_dropped_rows_take_their_row_labels_along() -> None:
    frame, probs = FRAMES["pandas text"][0], pets()[3]
    queue = find(frame, label="y", probs=probs).table().to_pandas().assign(decision="drop")
    found = apply(frame, [queue], label="y").data
    assert len(found) == ROWS - WRONG
    assert found.equals(frame.loc[found.index])


def test_a_lazy_frame_a_shuffled_dataset_and_a_batch_are_read_as_they_are() -> None:
    _, given, right, probs = pets()
    lazy = FRAMES["polars text"][0].lazy()
    assert (find(lazy, label="y", probs=probs).flagged == (given != right)).all()
    order = np.random.default_rng(2).permutation(ROWS)
    shuffled = FRAMES["datasets"][0].select(order.tolist())
    assert (find(shuffled, label="y", probs=probs[order]).flagged == (given != right)[order]).all()
    batch = FRAMES["arrow"][0].combine_chunks().to_batches()[0]
    assert len(load(batch, Columns(label="y"))) == ROWS


def test_what_is_no_frame_is_one_line() -> None:
    for odd in (7, [1, 2], {"y": [1]}, np.zeros((3, 2))):
        with pytest.raises(InputError, match="neither a path nor a data frame, but"):
            load(odd)
    both = datasets.DatasetDict({"train": FRAMES["datasets"][0], "test": FRAMES["datasets"][0]})
    with pytest.raises(InputError, match=r"several datasets: hand over one of them \(train, test\)"):
        load(both, Columns(label="y"))
    with pytest.raises(InputError, match="IterableDataset is a stream"):
        load(FRAMES["datasets"][0].to_iterable_dataset(), Columns(label="y"))
    with pytest.raises(InputError, match="comes back corrected as the result's `data`"):
        apply(FRAMES["arrow"][0], [], label="y", output="clean.csv")
    with pytest.raises(InputError, match="no decisions log of a frame"):
        apply(FRAMES["arrow"][0], label="y")


@pytest.mark.parametrize("labels", [np.array([True, False]), np.array([10, 9]), np.array([1.0, 2.0])], ids=str)
def test_labels_as_a_model_has_them_need_no_classes(labels: Any) -> None:
    x, y = sklearn.datasets.make_classification(200, random_state=0)
    model = LogisticRegression()
    probs = cross_val_predict(model, x, labels[y], method="predict_proba")
    frame = pd.DataFrame(x).assign(y=labels[y])
    known = model.fit(x, labels[y]).classes_
    assert (find(frame, label="y", probs=probs).score == find(frame, label="y", probs=probs, classes=known).score).all()
    assert find(frame, label="y", probs=probs).flagged.sum() < 100


def test_other_verbs_take_frames() -> None:
    frame, probs = FRAMES["polars enum"][0], pets()[3]
    findings = find(frame, label="y", text="t", probs=probs)
    assert len(assign(findings.table(every=True).to_pandas(), reviewers=["ann", "bob"]).reviewers) == 2
    assert len(mine(frame, label="y", probs=probs)) >= 0
    second = pl.DataFrame({f"prob_{name}": probs[:, code] for code, name in enumerate(NAMES)})
    assert len(compare(frame, [probs, second], label="y")) > 0


def test_results_are_small_to_look_at() -> None:
    frame, probs = FRAMES["pandas text"][0], pets()[3]
    findings = find(frame, label="y", probs=probs)
    assert repr(findings) == f"<Findings: table: {ROWS} rows, 3 classes, {WRONG} flagged, {WRONG} written>"
    assert len(findings) == WRONG
    page = findings._repr_html_()
    assert page.count("<tr>") == WRONG + 1
    assert "<script" not in find(frame.assign(t="<script>"), label="y", probs=probs)._repr_html_()
    assert findings.table(every=True).num_rows == ROWS
    assert {"t", "when", "decision", "row_hash"} <= set(findings.table().column_names)


def test_the_package_lists_verbs_and_nouns_only() -> None:
    listed = dir(hardneg_cli)
    assert {"find", "apply", "refine", "dual", "harden", "audit_draw", "explain", "Findings"} <= set(listed)
    assert not [name for name in listed if name.startswith("_") or name in ("import_module", "TYPE_CHECKING")]


ODD_COLUMNS: dict[str, Any] = {
    "intervals": pd.cut(np.arange(ROWS) % 7, 4),
    "interval array": pd.arrays.IntervalArray(pd.cut(np.arange(ROWS) % 7, 4)),
    "sparse": pd.arrays.SparseArray(np.arange(ROWS) % 2),
    "numbers and texts": [1, "a", None, 2.5] * (ROWS // 4),
    "truth and texts": [True, "x"] * (ROWS // 2),
    "dates as categories": pd.Categorical(pd.to_datetime(["2024-01-01", "2024-02-01"] * (ROWS // 2))),
    "lists": [[1.0, 2.0]] * ROWS,
    "dictionaries": [{"a": 1}] * ROWS,
    "time spans": pd.to_timedelta(np.arange(ROWS), "h"),
    "months": pd.period_range("2024-01", periods=ROWS, freq="M"),
}


@pytest.mark.parametrize("kind", ODD_COLUMNS)
def test_columns_of_pandas_that_are_no_labels_stay_the_very_same(kind: str) -> None:
    frame = pandas_frame(BY_NAME).assign(odd=ODD_COLUMNS[kind])
    findings = find(frame, label="y", text="t", probs=pets()[3])
    queue = findings.table().to_pandas().assign(decision="relabel")
    applied = apply(frame, [queue], label="y").data
    assert (applied["y"] != frame["y"]).sum() == len(queue) > 0
    pd.testing.assert_frame_equal(applied.drop(columns="y"), frame.drop(columns="y"))


def test_columns_of_pandas_that_cannot_be_read_are_one_line() -> None:
    frame = pandas_frame(BY_NAME)
    for odd in (frame.assign(odd=np.ones(ROWS) * 1j), frame.assign(odd=[object()] * ROWS)):
        with pytest.raises(InputError, match=r"^a column of the DataFrame cannot be read: [^(\n]*") as refused:
            find(odd, label="y", text="t")
        assert "column odd" in str(refused.value)
        assert "\n" not in str(refused.value)
    twice = frame.set_axis(["t", "y", "n", "n"], axis=1)
    with pytest.raises(InputError, match="more than one column is called 'n'"):
        find(twice, label="y", text="t")


def test_copies_that_disagree_without_any_doubt() -> None:
    frame = pd.DataFrame({"y": [True, False] * 30, "x": [1.0, 0.0] * 28 + [0, 1, 0, 1]})
    found = find(frame, label="y", features="x", decisions=())
    assert np.flatnonzero(found.flagged).tolist() == [56, 57, 58, 59]


def test_a_dataset_is_loaded_once_by_keywords() -> None:
    frame = pandas_frame(BY_NAME)
    loaded = load(frame, label="y", text="t")
    again = find(loaded, probs=pets()[3], decisions=())
    assert (again.score == find(frame, label="y", text="t", probs=pets()[3], decisions=()).score).all()
