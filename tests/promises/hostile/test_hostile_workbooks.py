"""Workbooks that were made to exhaust memory, to read other files, or to show one thing and mean another."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable

import pytest
import xlsxwriter

from hardneg_cli.errors import InputError
from hardneg_cli.io.excel import xml_parts
from hardneg_cli.io.files.source import Source
from hardneg_cli.io.tables import table_files
from hardneg_cli.io.tables.table_files import CellEdits
from support.reading import fails, in_memory, texts

LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
PARTS = ("xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/sharedStrings.xml", "xl/styles.xml", "[Content_Types].xml")
SHEET = "xl/worksheets/sheet1.xml"


def plain() -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for row, cells in enumerate((("id", "text", "label"), ("r0", "some text", "cat"), ("r1", "other text", "dog"))):
            sheet.write_row(row, 0, cells)
    return out.getvalue()


def changed(part: str, change: Callable[[str], str]) -> Source:
    """A workbook with one of its parts changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(plain())) as before, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            data = before.read(name)
            after.writestr(name, change(data.decode()).encode() if name == part else data)
    return in_memory(out.getvalue(), "d.xlsx")


def in_rows(rows: str) -> Source:
    return changed(SHEET, lambda text: text.replace("</sheetData>", f"{rows}</sheetData>"))


def rewritten(source: Source) -> None:
    table_files.rewrite(source, io.BytesIO(), CellEdits("label", {0: "dog"}))


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("doctype", [LAUGHS, OUTSIDE, "<!DOCTYPE x>"])
def test_document_types_are_refused_wherever_they_stand(part: str, doctype: str) -> None:
    def change(text: str) -> str:
        head, found, rest = text.partition("?>") if text.startswith("<?xml") else ("", "", text)
        return head + found + doctype + rest

    fails(changed(part, change), "a document type (DTD)")
    as_utf_16 = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(plain())) as before, zipfile.ZipFile(as_utf_16, "w") as after:
        for name in before.namelist():
            data = before.read(name)
            content = data.decode().partition("?>")[2] if data.startswith(b"<?xml") else data.decode()
            after.writestr(name, (doctype + content).encode("utf-16") if name == part else data)
    fails(in_memory(as_utf_16.getvalue(), "d.xlsx"))


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="99999999999"><c r="A99999999999"/></row>', '<row r="2"><c r="A2"><v>1</v></c></row>',
        '<row r="-5"/>', '<row r="9"><c r="AAAA9"><v>1</v></c></row>', '<row r="x"/>', '<row r="1.5"/>',
        '<row r="9"><c r="A9"><v>1</v></c><c r="A9"><v>2</v></c></row>',
        '<row r="9"><c r="A9" t="s"><v>77</v></c></row>',
        '<row r="9"><c r="A9" t="s"><v>-1</v></c></row>', '<row r="9"><c r="A9" t="b"><v>x</v></c></row>',
        '<row r="9"><c r="A9" t="d"><v>x</v></c></row>', f'<row r="9"><c r="A9"><v>{"9" * 5000}</v></c></row>',
        f'<row r="9"><c r="A9" t="inlineStr"><is><t>{"x" * 1_100_000}</t></is></c></row>'
    ],
)  # fmt: skip
def test_rows_that_no_sheet_has_are_refused(rows: str) -> None:
    fails(in_rows(rows))


def test_rows_far_down_and_cells_far_right_cost_nothing() -> None:
    source = in_rows('<row r="1048576"><c r="A1048576" t="inlineStr"><is><t>r2</t></is></c></row>')
    assert texts(source)[-1] == ["r2", None, None]
    fails(in_rows('<row r="9"><c r="XFD9"><v>1</v></c></row>'), "cells instead of 3")
    rewritten(source)


def test_elements_without_end_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml_parts, "MOST_ELEMENTS", 1000)
    for text in ("<row>" + "<c/>" * 2000 + "</row>", "<x/>" * 2000):
        fails(in_rows(text), "more in it than can be read")
    fails(
        changed(SHEET, lambda text: text.replace("<sheetData>", "<x/>" * 2000 + "<sheetData>")),
        "more in it than can be read",
    )


def test_a_range_over_the_whole_sheet_is_refused_before_it_is_spread() -> None:
    merge = '</sheetData><mergeCells><mergeCell ref="A9:XFD1048576"/></mergeCells>'
    source = changed(SHEET, lambda text: text.replace("</sheetData>", merge))
    assert len(texts(source)) == 2
    with pytest.raises(InputError, match="cells of ranges"):
        rewritten(source)


def test_archives_that_lie_or_are_locked_are_refused() -> None:
    data = bytearray(plain())
    place = data.index(b"PK\x01\x02")
    bomb = data.copy()
    bomb[place + 24 : place + 28] = struct.pack("<I", 90_000_000)
    fails(in_memory(bytes(bomb), "d.xlsx"), "unpacks to 90.0 MB", "more than the 67.1 MB that are allowed")
    locked = data.copy()
    locked[place + 8] |= 1
    fails(in_memory(bytes(locked), "d.xlsx"), "encrypted")
    fails(in_memory(b"\xd0\xcf\x11\xe0" + bytes(5000), "d.xlsx"), "old or encrypted")
    twice = io.BytesIO(bytes(data))
    with zipfile.ZipFile(twice, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr(SHEET, "<worksheet/>")
    fails(in_memory(twice.getvalue(), "d.xlsx"), "twice")
    for cut in (10, len(data) // 2, len(data) - 10):
        fails(in_memory(bytes(data[:cut]), "d.xlsx"))
