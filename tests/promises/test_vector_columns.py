"""A row whose vector is none is named or left out, and moves no other row."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hardneg_cli import find, mine, predict
from hardneg_cli.data.columns import Columns
from hardneg_cli.errors import InputError
from hardneg_cli.io.tables.arrow_cells import as_numbers
from hardneg_cli.io.tables.matrix import stacked
from hardneg_cli.modeling.unlabeled_pool import unlabeled
from hardneg_cli.verbs.refine import refine
from support.arrow_versions import READS_FIXED_NULLS

ROWS = 60
LABELS = ["cat" if row % 2 else "dog" for row in range(ROWS)]
VECTORS = (np.random.default_rng(5).normal(size=(ROWS, 3)) + 4 * (np.arange(ROWS) % 2)[:, None]).tolist()
IDS = [f"r{row:02}" for row in range(ROWS)]
Vectors = list[list[float | None] | None]

TROUBLES: dict[str, tuple[dict[int, list[float | None] | None], str]] = {
    "null": ({7: None}, "no vector in row 'r07'"),
    "empty": ({7: []}, "an empty vector in row 'r07'"),
    "shorter": ({7: [1.0, 2.0]}, "2 numbers instead of 3 in row 'r07'"),
    "longer": ({7: [1.0, 2.0, 3.0, 4.0]}, "4 numbers instead of 3 in row 'r07'"),
    "compensating": ({7: [1.0, 2.0], 9: [1.0, 2.0, 3.0, 4.0]}, "'r07' (2 numbers instead of 3), 'r09' (4 numbers"),
    "null-within": ({7: [1.0, None, 2.0]}, "NaN in the vector in row 'r07'"),
    "infinite": ({7: [1.0, float("inf"), 2.0]}, "an infinite number in row 'r07'"),
}
KINDS = {
    "list": pa.list_(pa.float64()),
    "large": pa.large_list(pa.float32()),
    "integers": pa.list_(pa.int32()),
    "fixed": pa.list_(pa.float64(), 3),
}


def vectors(changed: dict[int, list[float | None] | None]) -> Vectors:
    return [changed.get(row, VECTORS[row]) for row in range(ROWS)]  # type: ignore[misc]


def parquet(path: Path, values: Vectors, kind: pa.DataType, *, labels: bool = True) -> str:
    columns: dict[str, Any] = {"id": IDS, **({"label": LABELS} if labels else {}), "emb": pa.array(values, kind)}
    pq.write_table(pa.table(columns), path, row_group_size=16)
    return str(path)


def json_lines(path: Path, values: Vectors) -> str:
    rows = zip(IDS, LABELS, values, strict=True)
    path.write_text("".join(json.dumps({"id": i, "label": y, "emb": v}) + "\n" for i, y, v in rows))
    return str(path)


def scores(data: Any, **options: Any) -> dict[str, float]:
    found = find(data, features="emb", decisions=(), **options)
    return dict(zip(found.dataset.ids.to_pylist(), found.score.tolist(), strict=True))


@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize("kind", ["list", "json"])
def test_bad_vectors_are_named_or_left_out_and_move_no_other(trouble: str, kind: str, tmp_path: Path) -> None:
    changed, words = TROUBLES[trouble]
    if kind == "json" and trouble == "infinite":
        pytest.skip("JSON has no infinite numbers")
    values = vectors(changed)
    write: Callable[[], str] = {
        "list": lambda: parquet(tmp_path / "d.parquet", values, KINDS["list"]),
        "json": lambda: json_lines(tmp_path / "d.jsonl", values),
    }[kind]
    data = write()
    with pytest.raises(InputError) as error:
        find(data, features="emb", decisions=())
    assert words in str(error.value)
    assert "column 'emb'" in str(error.value)
    kept = [row for row in range(ROWS) if row not in changed]
    whole = pa.table({"id": IDS, "label": LABELS, "emb": pa.array(VECTORS)}).take(kept)
    assert scores(data, on_bad_rows="skip") == scores(whole)


@pytest.mark.parametrize("kind", ["large", *["fixed"] * READS_FIXED_NULLS, "integers"])
def test_null_rows_of_every_kind_of_list_shift_nothing(kind: str, tmp_path: Path) -> None:
    values = vectors({3: None, 40: None})
    if kind == "integers":
        values = [None if row is None else [round(10 * x) for x in row if x is not None] for row in values]
    data = parquet(tmp_path / "d.parquet", values, KINDS[kind])
    with pytest.raises(InputError, match=r"no vector in rows 'r03', 'r40'"):
        find(data, features="emb", decisions=())
    found = find(data, features="emb", decisions=(), on_bad_rows="skip")
    assert found.dataset.ids.to_pylist() == [id_ for id_ in IDS if id_ not in ("r03", "r40")]
    assert len(found.dataset.skipped) == 2
    assert found.flagged.sum() <= 2  # classes far apart: little is suspect unless rows have moved


@pytest.mark.parametrize("view", [pa.list_view(pa.float64()), pa.large_list_view(pa.float32())])
def test_views_and_slices_are_read_as_lists(view: pa.DataType) -> None:
    array = pa.array([[9.0, 9.0], [1.0, 2.0], None, [3.0], [4.0, None], [5.0, 6.0]], view)[1:]
    found = stacked([pa.record_batch([as_numbers(array, str)], ["emb"])])
    assert found.sizes is not None
    assert found.sizes.tolist() == [2, -1, 1, 2, 2]
    np.testing.assert_equal(found.values, [[1, 2], [np.nan] * 2, [np.nan] * 2, [4, np.nan], [5, 6]])


def test_a_file_of_features_and_an_array_have_bad_rows_left_out(tmp_path: Path) -> None:
    file = parquet(tmp_path / "e.parquet", vectors({7: None, 9: [1.0]}), KINDS["list"], labels=False)
    data = pa.table({"id": IDS, "label": LABELS})
    with pytest.raises(InputError, match=r"e\.parquet: column 'emb': .*'r07' \(no vector\), 'r09' \(1 numbers"):
        find(data, features=file, decisions=())
    assert len(find(data, features=file, decisions=(), on_bad_rows="skip").dataset) == ROWS - 2
    array = np.array(VECTORS)
    array[5, 1] = np.nan
    with pytest.raises(InputError, match="NaN in the vector in row 'r05'"):
        find(data, features=array, decisions=())
    assert len(find(data, features=array, decisions=(), on_bad_rows="skip").dataset) == ROWS - 1


def test_verbs_that_train_leave_the_same_rows_out(tmp_path: Path) -> None:
    data = parquet(tmp_path / "d.parquet", vectors({7: None}), KINDS["list"])
    for verb in (predict, lambda *a, **o: mine(*a, mode="retrieval", decisions=(), **o).findings):
        with pytest.raises(InputError, match="no vector in row 'r07'"):
            verb(data, features="emb")
        result = verb(data, features="emb", on_bad_rows="skip")
        assert len(result.dataset) == ROWS - 1
        assert any("left out 1 bad rows" in line for line in result.summary())


def test_a_pool_has_its_bad_rows_named_or_left_out(tmp_path: Path) -> None:
    labeled = pa.table({"id": IDS, "label": LABELS, "emb": pa.array(VECTORS)})
    others: dict[int, list[float | None] | None] = {row: [x + 0.01 for x in v] for row, v in enumerate(VECTORS)}
    values = vectors(others | {7: None, 9: [1.0]})
    pool = pa.table({"id": [f"p{row}" for row in range(ROWS)], "emb": pa.array(values)})
    pq.write_table(pool, tmp_path / "pool.parquet")
    for source in (pool, str(tmp_path / "pool.parquet")):
        with pytest.raises(InputError, match=r"'p7' \(no vector\), 'p9' \(1 numbers"):
            refine(labeled, source, features="emb", decisions=(), rounds=1)
    result = refine(labeled, pool, features="emb", decisions=(), rounds=1, on_bad_rows="skip")
    assert len(result.pool) == ROWS - 2


def test_a_pool_of_json_lists_keeps_its_numbers(tmp_path: Path) -> None:
    lines = "".join(json.dumps({"id": i, "emb": v}) + "\n" for i, v in zip(IDS, VECTORS, strict=True))
    (tmp_path / "pool.jsonl").write_text(lines)
    pool = unlabeled(str(tmp_path / "pool.jsonl"), Columns(id="id"))
    np.testing.assert_allclose(stacked(pool.numbers(["emb"])).values, VECTORS)


def test_vectors_stand_alone_and_not_in_text(tmp_path: Path) -> None:
    table = pa.table({"id": IDS, "label": LABELS, "emb": pa.array(VECTORS), "age": list(range(ROWS))})
    for names in ("emb,age", "age,emb"):
        for verb in (find, predict):
            with pytest.raises(
                InputError, match="'emb' holds lists of numbers, which cannot stand beside other columns"
            ):
                verb(table, features=names)
    rows = "".join(f'{i},{y},"{v}"\n' for i, y, v in zip(IDS, LABELS, VECTORS, strict=True))
    (tmp_path / "d.csv").write_text("id,label,emb\n" + rows)
    for verb in (find, predict):
        with pytest.raises(InputError, match="vectors are not read from text"):
            verb(str(tmp_path / "d.csv"), features="emb")


def probability_lists(path: Path, rows: list[list[float] | None], kind: pa.DataType, **more: Any) -> str:
    pq.write_table(pa.table({**more, "values": pa.array(rows, kind)}), path)
    return str(path)


def test_lists_of_probabilities_may_be_of_any_kind(tmp_path: Path) -> None:
    data = pa.table({"id": IDS, "label": LABELS})
    rows: list[list[float] | None] = [[0.9, 0.1] if label == "cat" else [0.2, 0.8] for label in LABELS]
    expected = find(data, probs=np.array(rows), classes=["cat", "dog"], decisions=()).score
    for name, kind in {"list": pa.list_(pa.float64()), "fixed": pa.list_(pa.float64(), 2)}.items():
        path = probability_lists(tmp_path / f"{name}.parquet", rows, kind)
        np.testing.assert_array_equal(find(data, probs=path, classes=["cat", "dog"], decisions=()).score, expected)
        path = probability_lists(tmp_path / f"{name}_id.parquet", rows[::-1], kind, id=IDS[::-1])
        np.testing.assert_array_equal(find(data, probs=path, classes=["cat", "dog"], decisions=()).score, expected)
    for bad in (None, [], [0.5], [0.3, 0.3, 0.4]):
        path = probability_lists(tmp_path / "bad.parquet", [*rows[:7], bad, *rows[8:]], pa.list_(pa.float64()))
        with pytest.raises(InputError, match=r"bad\.parquet: no probabilities in row 'r07'"):
            find(data, probs=path, classes=["cat", "dog"], decisions=())
        found = find(data, probs=path, classes=["cat", "dog"], decisions=(), on_bad_rows="skip")
        assert found.digest is not None
        assert np.flatnonzero(found.digest.bad).tolist() == [7]
    with pytest.raises(InputError, match="2 columns, but"):
        find(data, probs=str(tmp_path / "list.parquet"), classes=["cat", "dog", "bird"], decisions=())
    (tmp_path / "v.csv").write_text("values\n" + "0.5\n" * ROWS)
    with pytest.raises(InputError, match="column 'values' holds no lists"):
        find(data, probs=str(tmp_path / "v.csv"), classes=["cat", "dog"], decisions=())
