"""What holds for every engine, now and later; more about Dask's is in promises/test_dask.py."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hardneg_cli import InputError, load
from hardneg_cli.data.probabilities import loading, probabilities
from hardneg_cli.data.probabilities.engines import ENGINES

ROWS, CLASSES = 5000, 60
every = pytest.mark.parametrize("name", ENGINES.names)


def sums(blocks: list[np.ndarray], rows: np.ndarray) -> tuple[float, int]:
    return float(blocks[0].astype(np.float64).sum()), int(rows.sum())


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("engines")
    p = np.random.default_rng(0).dirichlet(np.ones(CLASSES), ROWS).astype(np.float32)
    names = [f"class {code:02}" for code in range(CLASSES)]
    columns = {"id": [f"row {row}" for row in range(ROWS)], "label": np.array(names)[p.argmax(axis=1)]}
    table = pa.table(columns | {f"prob_{name}": p[:, code] for code, name in enumerate(names)})
    pq.write_table(table, folder / "data.parquet", row_group_size=500)
    return folder / "data.parquet"


@pytest.mark.slow
@every
def test_a_pass_gives_every_row_once_in_order_and_the_same_numbers(name: str, source: Path) -> None:
    dataset = load(source)
    own = loading.inside(dataset)
    assert own is not None
    dataset, several = probabilities.together([own], dataset)
    rows = np.arange(len(dataset))
    usual = list(several.over(sums, rows))
    try:
        engaged = ENGINES[name].engaged(None)
    except InputError as error:
        pytest.skip(str(error))
    with engaged as engine:
        found = list(replace(several, engine=engine).over(sums, rows))
    assert [span for span, _ in found] == [span for span, _ in usual]
    assert found == usual


@every
def test_a_context_is_left_without_a_pass(name: str) -> None:
    try:
        engaged = ENGINES[name].engaged(None)
    except InputError as error:
        pytest.skip(str(error))
    with engaged:
        pass
