"""Which sheet of a workbook is read and rewritten, and what its cells hold that are no plain values."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.workbook import Workbook

import hardneg_cli
from hardneg_cli.errors import InputError
from hardneg_cli.io.files.source import Source, sources
from hardneg_cli.io.tables import table_files
from hardneg_cli.io.tables.table_files import CellEdits
from hardneg_cli.runtime.remarks import collected
from support.reading import fails, in_memory, numbers, texts

HEADER = ("id", "text", "label")


def workbook(*sheets: tuple[str, str, list[tuple[Any, ...]]]) -> Workbook:
    """Sheets by title, state and rows."""
    book = Workbook()
    book.remove(book.active)
    for title, state, rows in sheets:
        sheet = book.create_sheet(title)
        sheet.sheet_state = state
        for row in rows:
            sheet.append(row)
    return book


def saved(book: Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def rows(word: str) -> list[tuple[Any, ...]]:
    return [HEADER, *((f"r{row}", f"{word} {row}", "cat") for row in range(3))]


BOOK = workbook(("old", "hidden", rows("old")), ("empty", "visible", []), ("now", "visible", rows("now")),
                ("next", "visible", rows("next")), ("deep", "veryHidden", rows("deep")))  # fmt: skip


def of(book: Workbook, sheet: str | None = None) -> Source:
    return replace(in_memory(saved(book), "d.xlsx"), sheet=sheet)


def test_the_first_visible_sheet_with_data_is_read_and_a_remark_names_the_others() -> None:
    with collected() as remarks:
        assert texts(of(BOOK), "text") == [["now 0"], ["now 1"], ["now 2"]]
    assert list(remarks) == [
        "d.xlsx: sheet 'now' is read, and not 'old' (hidden), 'next', 'deep' (hidden); d.xlsx#old names another"
    ]


@pytest.mark.parametrize("sheet", ["old", "now", "next", "deep"])
def test_a_named_sheet_is_read_and_nothing_is_remarked(sheet: str) -> None:
    with collected() as remarks:
        assert texts(of(BOOK, sheet), "text")[0] == [f"{sheet} 0"]
    assert not remarks


def test_a_sheet_that_is_not_there_or_empty_is_refused() -> None:
    fails(of(BOOK, "nov"), "no sheet 'nov'; did you mean 'now'?")
    fails(of(BOOK, "zzz"), "the sheets are 'old', 'empty', 'now', 'next', 'deep'")
    fails(of(BOOK, "empty"), "sheet 'empty' has no data")
    fails(of(workbook(("only", "hidden", rows("x")), ("a", "visible", []))), "'only' is hidden: name it as d.xlsx#only")
    fails(replace(in_memory("id,label\n1,a\n"), sheet="x"), "has no sheets")


def test_one_sheet_needs_no_remark() -> None:
    with collected() as remarks:
        texts(of(workbook(("a", "visible", rows("a")), ("Sheet2", "visible", []))))
    assert not remarks


@pytest.mark.parametrize("sheet", [None, "old", "deep"])
def test_the_sheet_that_was_read_is_the_one_that_is_rewritten(sheet: str | None) -> None:
    source, out = of(BOOK, sheet), io.BytesIO()
    with collected():
        table_files.rewrite(source, out, CellEdits("label", {1: "dog"}, expect={1: "cat"}))
    after = openpyxl.load_workbook(out)
    for found in after.worksheets:
        wanted = [list(row) for row in BOOK[found.title].values]
        if found.title == (sheet or "now"):
            wanted[2][2] = "dog"
        assert [list(row) for row in found.values] == wanted
        assert found.sheet_state == BOOK[found.title].sheet_state


def test_a_name_with_a_number_sign_is_a_sheet_unless_it_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "d.xlsx").write_bytes(saved(BOOK))
    (found,) = sources(f"{tmp_path}/d.xlsx#next")
    assert (found.name, found.sheet) == (f"{tmp_path}/d.xlsx", "next")
    assert [one.sheet for one in sources(f"{tmp_path}/*.xlsx#a#b")] == ["a#b"]
    (tmp_path / "d.xlsx#next").write_bytes(saved(workbook(("file", "visible", rows("file")))))
    (found,) = sources(f"{tmp_path}/d.xlsx#next")
    assert found.sheet is None
    (tmp_path / "x#y.csv").write_text("id,label\n1,a\n")
    assert sources(f"{tmp_path}/x#y.csv")[0].sheet is None


def test_verbs_take_a_sheet(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    book = workbook(("a", "visible", rows("a")), ("b", "visible", rows("b")))
    for row in (2, 3):
        book["b"].cell(row, 3).value = "dog"
    (tmp_path / "d.xlsx").write_bytes(saved(book))
    changes = hardneg_cli.diff(f"{tmp_path}/d.xlsx#a", f"{tmp_path}/d.xlsx#b")
    assert "3 rows" in " ".join(changes.summary())
    assert not caplog.messages
    hardneg_cli.diff(f"{tmp_path}/d.xlsx", f"{tmp_path}/d.xlsx#a")
    assert "sheet 'a' is read, and not 'b'" in caplog.text


def test_row_labels_of_a_data_frame_do_not_widen_its_rows() -> None:
    pd = pytest.importorskip("pandas")
    out = io.BytesIO()
    pd.DataFrame({"text": ["a", "b"], "label": ["x", "y"]}).to_excel(out)
    source = in_memory(out.getvalue(), "d.xlsx")
    assert texts(source, "text", "label") == [["a", "x"], ["b", "y"]]
    into = io.BytesIO()
    table_files.reader_of(source).rewrite(source, hardneg_target(into), CellEdits("label", {1: "z"}))
    assert [cell.value for cell in openpyxl.load_workbook(into).active["C"]] == ["label", "x", "z"]


def hardneg_target(out: io.BytesIO) -> Any:
    from hardneg_cli.io.files.inverse_edits import RewriteTarget

    return RewriteTarget(out)


def test_a_table_that_begins_in_another_column_has_no_row_labels() -> None:
    source = of(workbook(("a", "visible", [(None, "text", "label"), (None, "a", "x")])))
    assert table_files.columns([source]) == ["text", "label"]
    assert texts(source) == [["a", "x"]]


def test_an_error_is_no_value_and_an_uncomputed_formula_is_refused() -> None:
    book = workbook(("a", "visible", [("text", "label", "n"), ("#N/A", "x", 1), ("b", "y", 2)]))
    book["a"]["B2"] = "#N/A"
    book["a"]["B2"].data_type = "e"
    book["a"]["A2"].data_type = "s"
    assert texts(of(book), "text", "label") == [["#N/A", None], ["b", "y"]]
    book["a"]["C3"] = "=1+1"
    assert texts(of(book), "text") == [["#N/A"], ["b"]]
    fails(of(book), "row 2, column 'n'", "a formula without its value")
    with pytest.raises(InputError, match="a formula without its value"):
        numbers(of(book), "n")


def test_a_chart_is_no_sheet_to_read() -> None:
    from openpyxl.chart import BarChart, Reference

    book = workbook(("a", "visible", [("id", "label", "n"), ("r0", "x", 1), ("r1", "y", 2)]))
    chart = BarChart()
    chart.add_data(Reference(book["a"], min_col=3, min_row=1, max_row=3))
    book.create_chartsheet("chart", 0).add_chart(chart)
    assert texts(of(book), "label") == [["x"], ["y"]]
    fails(of(book, "chart"), "no sheet 'chart'")
