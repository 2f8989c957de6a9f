"""What holds for every kind of table file, now and later."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pytest

from hardneg_cli import InputError
from hardneg_cli.io.files.inverse_edits import RewriteTarget
from hardneg_cli.io.files.source import Source
from hardneg_cli.io.table_formats import TABLE_FORMATS
from hardneg_cli.io.tables.table_files import CellEdits, ReadRequest, reader_of

FRAME = pd.DataFrame({"id": [f"row {row}" for row in range(30)], "label": ["cat", "dog"] * 15, "x": np.arange(30) / 4})
TABLE = pa.Table.from_pandas(FRAME)
SAMPLES: dict[str, Callable[[Path], object]] = {
    "arrow": lambda path: pa.feather.write_feather(TABLE, str(path), compression="uncompressed"),
    "csv": lambda path: FRAME.to_csv(path, index=False),
    "jsonl": lambda path: FRAME.to_json(path, orient="records", lines=True),
    "numpy": lambda path: np.save(path, FRAME[["x"]].to_numpy()),
    "parquet": lambda path: pa.parquet.write_table(TABLE, path, row_group_size=7),
    "xlsx": lambda path: FRAME.to_excel(path, index=False),
}
every = pytest.mark.parametrize("name", TABLE_FORMATS.names)


@pytest.fixture
def source(name: str, tmp_path: Path) -> Source:
    assert name in SAMPLES, f"add to SAMPLES how a file of the kind {name!r} is written"
    path = tmp_path / f"table{TABLE_FORMATS[name].EXTENSIONS[0]}"
    SAMPLES[name](path)
    return Source(str(path), path)


def asked(source: Source) -> ReadRequest:
    names = TABLE_FORMATS[named(source)].columns(source, encoding=None)
    text = tuple(name for name in ("id", "label") if name in names)
    return ReadRequest(text, tuple(name for name in names if name not in text))


def named(source: Source) -> str:
    return next(name for name in TABLE_FORMATS.names if TABLE_FORMATS[name] is reader_of(source))


@every
def test_it_is_found_by_its_content_alone(name: str, source: Source, tmp_path: Path) -> None:
    assert source.path is not None
    (tmp_path / "nameless").write_bytes(source.path.read_bytes())
    assert reader_of(Source("nameless", tmp_path / "nameless")) is TABLE_FORMATS[name]
    assert [other for other in TABLE_FORMATS.names if TABLE_FORMATS[other].recognises(source.head)] == [name]
    assert not TABLE_FORMATS[name].recognises(b"\x89PNG\r\n\x1a\n")


@every
def test_every_reading_gives_the_rows_as_they_are(name: str, source: Source) -> None:
    wanted = asked(source)
    first, second = (pa.Table.from_batches(list(TABLE_FORMATS[name].read(source, wanted))) for _ in range(2))
    assert first.equals(second)
    assert first.column_names == [*wanted.text, *wanted.numbers]
    for column in wanted.text:
        assert first[column].type == pa.string()
        assert first[column].to_pylist() == FRAME[column].tolist()
    numbers = first[wanted.numbers[0]]
    flat = numbers.combine_chunks().flatten() if pa.types.is_list(numbers.type) else numbers
    assert np.asarray(flat).ravel().tolist() == FRAME["x"].tolist()


@every
def test_parts_and_lines_are_those_of_the_rows(name: str, source: Source) -> None:
    unit = TABLE_FORMATS[name]
    if unit.DIVISIBLE:
        sizes = unit.groups(source)
        assert sum(sizes) == len(FRAME)
        parts = [
            pa.Table.from_batches(list(unit.read_groups(source, asked(source), [part]))) for part in range(len(sizes))
        ]
        assert [len(part) for part in parts] == sizes
        assert pa.concat_tables(parts).equals(pa.Table.from_batches(list(unit.read(source, asked(source)))))
    lines = unit.line_numbers(source, None)
    if lines is not None:
        numbers = np.concatenate(list(lines))
        assert len(numbers) == len(FRAME)
        assert (np.diff(numbers) > 0).all()


@every
def test_one_changed_cell_changes_nothing_else(name: str, source: Source, tmp_path: Path) -> None:
    wanted, out = asked(source), io.BytesIO()
    edits = CellEdits("label", {3: "bee"}, expect={3: "dog"})
    if "label" not in wanted.text:
        with pytest.raises(InputError):
            TABLE_FORMATS[name].rewrite(source, RewriteTarget(out), edits)
        return
    TABLE_FORMATS[name].rewrite(source, RewriteTarget(out), edits)
    path = tmp_path / f"changed{source.suffix}"
    path.write_bytes(out.getvalue())
    before = pa.Table.from_batches(list(TABLE_FORMATS[name].read(source, wanted))).to_pylist()
    after = pa.Table.from_batches(list(TABLE_FORMATS[name].read(Source(str(path), path), wanted))).to_pylist()
    assert after[3].pop("label") == "bee"
    assert before[3].pop("label") == "dog"
    assert after == before


@every
def test_a_cell_that_is_not_what_it_was_is_refused(name: str, source: Source) -> None:
    with pytest.raises(InputError):
        TABLE_FORMATS[name].rewrite(
            source, RewriteTarget(io.BytesIO()), CellEdits("label", {3: "bee"}, expect={3: "yak"})
        )
