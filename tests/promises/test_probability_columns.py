"""Which columns hold probabilities, what is said of numbers that are none, and which rounding is sound."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hardneg_cli import Findings, apply, check, diff, find, mine, predict
from hardneg_cli.data.columns import Columns
from hardneg_cli.data.load import load
from hardneg_cli.errors import InputError
from hardneg_cli.verbs.compare import compare
from hardneg_cli.verbs.dual import dual

N = 80
RNG = np.random.default_rng(11)
LABELS = ["cat" if row % 2 else "dog" for row in range(N)]
P_CAT = np.where(np.arange(N) % 2, 0.85, 0.15) + RNG.uniform(-0.1, 0.1, N)
P = np.column_stack([P_CAT, 1 - P_CAT])
IDS = [f"r{row:02}" for row in range(N)]
WORDS = [f"text number {row} about {label}s" for row, label in enumerate(LABELS)]


def written(path: Path, columns: Mapping[str, Sequence[Any]]) -> str:
    if path.suffix == ".parquet":
        pq.write_table(pa.table({name: list(values) for name, values in columns.items()}), path)
        return str(path)
    with path.open("w", newline="") as out:
        lines = csv.writer(out)
        lines.writerow(columns)
        lines.writerows(zip(*columns.values(), strict=True))
    return str(path)


def scores(data: Any, **options: Any) -> list[float]:
    found: list[float] = find(data, decisions=(), detectors=["doubtful-label"], **options).score.tolist()
    return found


def every_row(found: Findings) -> pa.Table:
    return found.table(found.ranked)


ROLES = {
    "id": {"prob_key": IDS},
    "text": {"prob_text": WORDS},
    "groups": {"prob_group": [str(row // 4) for row in range(N)]},
    "split": {"prob_split": ["train"] * N},
    "fold": {"prob_fold": [str(row % 5) for row in range(N)]},
}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_column_that_plays_a_part_is_no_probability(role: str, kind: str, tmp_path: Path) -> None:
    ((column, cells),) = ROLES[role].items()
    inner = {"label": LABELS, "words": WORDS, "prob_cat": P[:, 0], "prob_dog": P[:, 1]}
    data = written(tmp_path / f"d.{kind}", {column: cells, **inner})
    options = {role: column}
    assert scores(data, **options) == scores(written(tmp_path / f"e.{kind}", inner))
    assert "prob_cat" not in load(data, Columns(**options)).content.column_names
    assert mine(data, decisions=(), **options).findings.dataset.columns.probabilities([column, "prob_dog"])
    assert diff(data, data, **options).summary()
    assert check(data, decisions=(), **options)
    assert dual(data, decisions=(), models=("logistic",), **options)
    if role != "text":
        predict(data, text="words", **options)


def test_names_that_begin_like_probabilities_stay_content(tmp_path: Path) -> None:
    columns = {
        "id": IDS, "label": LABELS, "prob_notes": WORDS, "prob_rain": RNG.uniform(0, 1, N), "prob_price": range(N),
        "prob_cat": P[:, 0], "prob_dog": P[:, 1], "x": WORDS,
    }  # fmt: skip
    for kind in ("csv", "parquet"):
        data = written(tmp_path / f"d.{kind}", columns)
        dataset = load(data)
        assert dataset.content.column_names == ["prob_notes", "prob_rain", "prob_price", "x"]
        assert "'prob_notes', 'prob_rain', 'prob_price' begin with 'prob_' and name no class" in dataset.notes[0]
        assert any("name no class" in line for line in find(data, decisions=()).summary())
        plain = {name: columns[name] for name in ("id", "label", "prob_cat", "prob_dog")}
        assert scores(data) == scores(written(tmp_path / f"e.{kind}", plain))  # type: ignore[arg-type]
    only = written(tmp_path / "only.csv", {"label": LABELS, "prob_notes": WORDS})
    assert find(only, decisions=()).flagged.sum() == 0  # as content they tell rows apart


def test_classes_that_no_label_uses_and_misspelled_ones_are_probabilities(tmp_path: Path) -> None:
    third = {"label": LABELS, "prob_cat": P[:, 0] * 0.9, "prob_dog": P[:, 1] * 0.9, "prob_emu": [0.1] * N, "x": WORDS}
    for kind in ("csv", "parquet"):
        dataset = load(written(tmp_path / f"d.{kind}", third))
        assert dataset.columns.probabilities(dataset.all_columns) == ("prob_cat", "prob_dog", "prob_emu")
        assert not dataset.notes
    spelled = written(tmp_path / "s.csv", {"label": LABELS, "prob_Cat": P[:, 0], "prob_Dog": P[:, 1]})
    with pytest.raises(InputError, match="none of its classes is a label"):
        find(spelled, decisions=())


def test_an_empty_prefix_takes_columns_that_name_classes(tmp_path: Path) -> None:
    data = {"id": IDS, "label": LABELS, "text": WORDS, "price": range(N)}
    plain = written(tmp_path / "d.csv", data)
    expected = scores(plain, probs=written(tmp_path / "q.csv", {"id": IDS, "prob_cat": P[:, 0], "prob_dog": P[:, 1]}))
    for kind in ("csv", "parquet"):
        file = written(tmp_path / f"p.{kind}", {"id": IDS, "cat": P[:, 0], "dog": P[:, 1]})
        assert scores(plain, probs=file, prob_prefix="") == expected
        assert scores(plain, probs=file, prob_prefix="", text="text") == expected
        inside = written(tmp_path / f"i.{kind}", {**data, "cat": P[:, 0], "dog": P[:, 1]})
        assert scores(inside, prob_prefix="") == expected
        assert load(inside, Columns(prob_prefix="")).content.column_names == ["text", "price"]
    emu = {"id": IDS, "fold": ["0"] * N, "cat": P[:, 0] * 0.9, "dog": P[:, 1] * 0.9, "emu": [0.1] * N, "w": WORDS}
    found = find(plain, probs=written(tmp_path / "emu.csv", emu), prob_prefix="", decisions=())
    assert found.dataset.classes == ("cat", "dog", "emu")
    with pytest.raises(InputError, match="no column is called like a label"):
        find(plain, probs=written(tmp_path / "no.csv", {"id": IDS, "a": P[:, 0]}), prob_prefix="")
    assert compare(
        plain, [written(tmp_path / "h.csv", {"id": IDS, "prediction": LABELS})], prob_prefix="", decisions=()
    )


def test_decisions_fit_whatever_the_columns_are_called(tmp_path: Path) -> None:
    columns = {"label": LABELS, "prob_notes": WORDS, "prob_cat": P[:, 0], "prob_dog": P[:, 1]}
    data = written(tmp_path / "d.csv", columns)
    table = every_row(find(data, decisions=())).slice(0, 3).to_pylist()
    for row in table:
        row["decision"], row["new_label"] = "relabel", "dog" if row["given_label"] == "cat" else "cat"
    queue = written(tmp_path / "q.csv", {name: [row[name] for row in table] for name in table[0]})
    changed = apply(data, [queue], decisions=(), output=tmp_path / "out.csv")
    assert len(changed.changes) == 3


def test_a_feature_by_its_name_is_no_probability(tmp_path: Path) -> None:
    data = written(tmp_path / "d.csv", {"id": IDS, "label": LABELS, "prob_cat": P[:, 0], "x": range(N)})
    found = find(data, features="prob_cat,x", decisions=())
    assert found.digest is None
    assert "prob_cat" in found.dataset.content.column_names
    assert predict(data, features="prob_cat").agreement > 0.9


PLAIN_REASONS = {
    "logarithms": (np.log(P), "logarithms of probabilities"),
    "percent": (100 * P, "percent"),
    "logits": (np.column_stack([6 * P_CAT - 3, 3 - 6 * P_CAT + RNG.normal(size=N)]), "logits; take their softmax"),
    "sigmoids": (np.column_stack([P_CAT, 0.9 * (1 - P_CAT) * RNG.uniform(0.3, 1, N)]), "sigmoids"),
}


@pytest.mark.parametrize("what", PLAIN_REASONS)
def test_what_is_no_probability_is_called_by_its_name(what: str, tmp_path: Path) -> None:
    values, words = PLAIN_REASONS[what]
    data = written(tmp_path / "d.csv", {"id": IDS, "label": LABELS, "text": WORDS})
    file = written(tmp_path / "p.csv", {"id": IDS, "prob_cat": values[:, 0], "prob_dog": values[:, 1]})
    for verb in (find, mine, dual):
        with pytest.raises(InputError, match=words):
            verb(data, probs=file, decisions=())
        with pytest.raises(InputError, match=f"every row was left out.*{words}") as error:
            verb(data, probs=file, decisions=(), on_bad_rows="skip")
        assert "chance" not in str(error.value)
    with pytest.raises(InputError, match=words):
        compare(data, [file], decisions=(), on_bad_rows="skip")


def test_one_column_of_two_is_called_that(tmp_path: Path) -> None:
    data = written(tmp_path / "d.csv", {"id": IDS, "label": LABELS})
    file = written(tmp_path / "p.csv", {"id": IDS, "prob_cat": P[:, 0]})
    for skip in ("fail", "skip"):
        with pytest.raises(InputError, match="there is one column, of 'cat'; add one for each other class"):
            find(data, probs=file, decisions=(), on_bad_rows=skip)


def test_the_same_tolerance_below_0_as_above_1(tmp_path: Path) -> None:
    data = written(tmp_path / "d.csv", {"id": IDS, "label": LABELS, "text": WORDS})
    over, plain = P.copy(), P.copy()
    over[:6], plain[:6] = [-0.0009, 1.0009], [0.0, 1.0]
    found = find(data, probs=over, classes=["cat", "dog"], decisions=())
    np.testing.assert_allclose(
        found.score, find(data, probs=plain, classes=["cat", "dog"], decisions=()).score, atol=0.01
    )
    table = every_row(found)
    assert min(p for p in table["p_given"].to_pylist() if p is not None) >= 0
    assert all("gives 'dog' 1.001 and the label 0.000" in why or "label 1.001" in why
               for why, p in zip(table["why"].to_pylist(), table["p_given"].to_pylist(), strict=True)
               if why and p is not None and (p == 0 or p > 1))  # fmt: skip
    assert compare(data, [over], classes=["cat", "dog"], decisions=())
    dual(data, probs=over, classes=["cat", "dog"], text="text", decisions=(), models=("logistic",))
    over[0] = [-0.002, 1.0]
    with pytest.raises(InputError, match="a negative probability in row 'r00'"):
        find(data, probs=over, classes=["cat", "dog"], decisions=())


@pytest.mark.parametrize(("classes", "decimals"), [(100, 2), (40, 2), (150, 3), (3, 2)])
def test_rounded_tables_are_sound(classes: int, decimals: int) -> None:
    rng = np.random.default_rng(classes)
    n = 3 * classes
    given = np.arange(n) % classes
    p = rng.dirichlet(np.full(classes, 0.3), n)
    p[np.arange(n), given] += 1
    p = (p / p.sum(axis=1, keepdims=True)).round(decimals)
    assert classes == 3 or (np.abs(p.sum(axis=1) - 1) > 1e-3).any()
    names = [f"c{code:04}" for code in range(classes)]
    table = pa.table({"id": range(n), "label": [names[code] for code in given]})
    for kind in (np.float64, np.float32):
        assert (
            len(find(table, probs=p.astype(kind), classes=names, decisions=(), detectors=["doubtful-label"]).score) == n
        )
    p[0] /= 3
    with pytest.raises(InputError, match="do not sum to 1"):
        find(table, probs=p, classes=names, decisions=())
