"""A row's line is the one on which its record begins, in every kind of file."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardneg_cli.data.load import load
from hardneg_cli.gating.verdict import CheckReport
from hardneg_cli.io.tables.row_locations import row_locations
from support.check_reports import judged, written


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)


def lines_of(path: Path | str, rows: int, encoding: str | None = None, **how: str) -> list[int | None]:
    dataset = load(path, encoding=encoding, **how)
    assert len(dataset) == rows
    return [place.line for place in row_locations(dataset.sources, dataset.encoding, dataset.positions)]


CELL = st.lists(st.sampled_from(['"', ",", "\n", "\r", "\r\n", "a", "é", "x y"]), max_size=6).map("".join)


@pytest.mark.slow
@given(st.lists(st.tuples(CELL, st.integers(0, 2)), min_size=1, max_size=8), st.sampled_from(["\n", "\r\n"]),
       st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))  # fmt: skip
def test_lines_are_those_on_which_the_records_begin(rows: list[tuple[str, int]], end: str, encoding: str) -> None:
    text, expected = f'id,label,"te\nxt"{end}', []
    for number, (cell, blanks) in enumerate(rows):
        text += end * blanks
        expected.append(text.count("\n") + 1)
        text += f'r{number},cat,"{cell.replace(chr(34), chr(34) * 2)}"{end}'
    Path("data.csv").write_bytes(text.encode(encoding))
    assert lines_of("data.csv", len(rows)) == expected


def test_lines_of_other_kinds(tmp_path: Path) -> None:
    (tmp_path / "a.ndjson").write_text('\n{"id":"a","label":"x"}\n\n  \n{"id":"b","label":"y"}\n')
    (tmp_path / "a.json").write_text('[\n{"id":"a","label":"x"},\n{"id":"b","label":"y"}\n]\n')
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"id,label\n\na,x\nb,y"))
    pq.write_table(pa.table({"id": ["a", "b"], "label": ["x", "y"]}), tmp_path / "a.parquet")
    assert lines_of("a.ndjson", 2) == [2, 5]
    assert lines_of("a.json", 2) == [None, None]
    assert lines_of("a.csv.gz", 2) == [3, 4]
    assert lines_of("a.parquet", 2) == [None, None]


def test_rows_that_are_skipped_keep_their_lines(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,label\na,x\nragged\nb,\nc,x\n,x\nd,x\n")
    assert lines_of("a.csv", 3, on_bad_rows="skip") == [2, 5, 7]
    report = CheckReport(load("a.csv", on_bad_rows="skip"), None, None, (judged(["a", "c", "d"]),))
    assert [row["line"] for row in json.loads(written("json", report))["gates"][0]["rows"]] == [2, 5, 7]


def test_each_of_several_files_has_its_own_lines(tmp_path: Path) -> None:
    (tmp_path / "1.csv").write_text('id,label\na,"x\n"\nb,x\n')
    pq.write_table(pa.table({"id": ["c", "d"], "label": ["x", "y"]}), tmp_path / "2.parquet")
    (tmp_path / "3.csv").write_text("id,label\n\ne,x\nf,x\n")
    dataset = load("?.*")
    found = row_locations(dataset.sources, None, np.array([1, 2, 5]))
    assert [(place.source.name, place.line) for place in found] == [("1.csv", 4), ("2.parquet", None), ("3.csv", 4)]


@pytest.mark.slow
def test_lines_in_many_blocks(tmp_path: Path) -> None:
    """More text than is read at once, so that a record lies across the edge."""
    lines = "".join(f'{row},x,"{"long " * 20}\n{row}"\n' for row in range(30_000))
    (tmp_path / "a.csv").write_text("id,label,text\n" + lines)
    (tmp_path / "a.ndjson").write_text("".join(f'{{"id":"{row}","label":"x"}}\n' for row in range(30_000)))
    assert lines_of("a.csv", 30_000) == [2 + 2 * row for row in range(30_000)]
    assert lines_of("a.ndjson", 30_000) == [1 + row for row in range(30_000)]
