"""What is read equals what others read: csv, json, pandas, openpyxl, pyarrow and numpy are the oracles."""

from __future__ import annotations

import bz2
import gzip
from pathlib import Path

import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hardneg_cli.errors import InputError
from hardneg_cli.io.files.source import Source, sources
from hardneg_cli.io.tables import table_files
from hardneg_cli.io.tables.table_files import ReadRequest
from support.reading import fails, in_memory, texts


def test_the_kind_is_told_by_content_before_extension(tmp_path: Path) -> None:
    table = pa.table({"a": ["1"]})
    pq.write_table(table, tmp_path / "a.csv")
    with pa.ipc.new_stream(tmp_path / "b.parquet", table.schema) as stream:
        stream.write_table(table)
    (tmp_path / "c.parquet").write_text("a\n1\n")
    (tmp_path / "d.csv").write_text('{"a": "1"}\n')
    (tmp_path / "e.txt").write_text('[ {"a": "1"} ]', encoding="utf-16")
    book = openpyxl.Workbook()
    book.active.append(["a"])
    book.active.append([1])
    book.save(tmp_path / "f.dat")
    for file in sorted(tmp_path.iterdir()):
        assert texts(sources(str(file))[0]) == [["1"]], file


def test_what_is_no_data_is_refused() -> None:
    fails(Source("picture", data=b"\x00\x01\x02\x00"), ".parquet", ".csv")


def test_files_of_a_glob_are_read_in_turn_by_name(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x,y\n1,2\n")
    (tmp_path / "b.csv").write_text("y;x\n4;3\n")
    files = sources(str(tmp_path / "*.csv"))
    assert table_files.columns(files) == ["x", "y"]
    assert [batch.to_pylist() for batch in table_files.read(files, ReadRequest(text=("y", "x")))] == [
        [{"y": "2", "x": "1"}],
        [{"y": "4", "x": "3"}],
    ]
    (tmp_path / "b.csv").write_text("y,z\n4,3\n")
    files = sources(str(tmp_path / "*.csv"))
    with pytest.raises(InputError, match=r"b\.csv: no column 'x', which .*a\.csv has"):
        table_files.columns(files)


def test_compressed_files_are_read(tmp_path: Path) -> None:
    data = b"a,b\n1,2\n"
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(data))
    (tmp_path / "a.csv.bz2").write_bytes(bz2.compress(data))
    with pa.CompressedOutputStream(str(tmp_path / "a.csv.zst"), "zstd") as out:
        out.write(data)
    assert [texts(source) for source in sources(str(tmp_path / "a.*"))] == [[["1", "2"]]] * 3


def test_a_truncated_gzip_file_is_an_error() -> None:
    data = gzip.compress(np.random.default_rng(0).bytes(1 << 18).hex().encode())
    with pytest.raises(InputError, match="cut"):
        table_files.columns([in_memory(data[:2000], "cut.csv.gz")])
        list(table_files.read([in_memory(data[:2000], "cut.csv.gz")], ReadRequest()))


@pytest.mark.parametrize("data", ["a,b\n", '{"a": 1}\n\n'[:0] + "[]"])
def test_no_rows_is_an_error(data: str) -> None:
    with pytest.raises(InputError, match="no rows"):
        list(table_files.read([in_memory(data, "data.json" if data == "[]" else "data.csv")], ReadRequest()))


def test_column_names_must_be_there_and_differ() -> None:
    fails(in_memory("a,a\n1,2\n"), "'a'", "more than one")
    fails(in_memory("a,,b\n1,2,3\n"), "column 2 has no name")
    fails(in_memory("label\n1\n"), "no column 'lable'; did you mean 'label'?", wanted=ReadRequest(text=("lable",)))
    fails(in_memory('{"label": 1}', "a.json"), "no column 'lable'; did you mean", wanted=ReadRequest(text=("lable",)))
