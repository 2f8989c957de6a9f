"""Binary files that somebody had to think of: what swells, lies, nests, and points outside."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Iterator
from functools import partial
from itertools import pairwise

import pyarrow as pa
import pyarrow.parquet as pq

from support.hostile.bombs import archive, repeated
from support.hostile.running import Files, HostileCase, called

GIB = 1 << 30
DEEP = 200_000
SHEET, STRINGS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"
BOOK = (
    '<?xml version="1.0"?>{}<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{}</worksheet>'
)
LETTERS = "abcdefghijk"
TEN_TIMES = [f"<!ENTITY {name} '{f'&{of};' * 10}'>" for of, name in pairwise(LETTERS)]
LAUGHS = "<!DOCTYPE l [<!ENTITY a 'ha'>" + "".join(TEN_TIMES) + "]>"
OUTSIDE = '<!DOCTYPE l [<!ENTITY k SYSTEM "file:///etc/passwd">]>'


def binaries(good: Files) -> Iterator[HostileCase]:
    """Each made when it is asked for."""
    for make in (_packed, _typed, _arrays, _workbooks):
        yield from make(good)


def _packed(good: Files) -> Iterator[HostileCase]:
    for kind in ("gz", "bz2", "zst"):
        name = f"data.csv.{kind}"
        for what, text, before in (
            ("one line", b"a", b"id,label\nr1,"), ("header", b"a,", b""), ("rows", b"r1,cat\n", b"id,label\n"),
            ("nothing", b"\0", b""), ("blank lines", b"\n", b"id,label\n"), ("quote", b"a\n", b'id,label\nr1,"'),
        ):  # fmt: skip
            packed = partial(repeated, kind, text, 3 * GIB, before)
            yield called(
                f"{kind}: endless {what}", f"find {name} --probs probs.csv -o out.csv", good, {name: packed}, code=2
            )
        for command in ("check data.csv --base {}", "predict {} --text text", "apply {} queue.csv -o out.csv"):
            packed = partial(repeated, kind, b"a", 3 * GIB, b"id,label,text\nr1,")
            yield called(f"{kind}: endless line", command.format(name), good, {name: packed}, code=2)
        for inner in ("data.parquet", "data.xlsx", "probs.npy"):
            packed = partial(repeated, kind, b"\0", 3 * GIB, good[inner])
            yield called(f"{kind}: {inner}", f"find {inner}.{kind} -f csv", good, {f"{inner}.{kind}": packed}, code=2)
        packed = partial(repeated, kind, b" ", 3 * GIB, b'[{"id": "r1"')
        yield called(f"{kind}: JSON", f"find data.json.{kind} -f csv", good, {f"data.json.{kind}": packed}, code=2)


def _typed(good: Files) -> Iterator[HostileCase]:
    ids = pa.array([f"r{row}" for row in range(6)])
    labels = pa.array(["cat", "dog"] * 3)
    outside = pa.Array.from_buffers(
        pa.string(),
        6,
        [None, pa.array([0, 3, 2**30, 6, 9, 12, 15], pa.int32()).buffers()[1], pa.py_buffer(b"catdog" * 3)],
    )
    falling = pa.Array.from_buffers(
        pa.string(), 6, [None, pa.array([0, 3, 1, 6, 2, 12, 15], pa.int32()).buffers()[1], pa.py_buffer(b"catdog" * 3)]
    )
    invalid = pa.Array.from_buffers(
        pa.string(), 6, [None, pa.array(range(7), pa.int32()).buffers()[1], pa.py_buffer(b"\xff\xfe\x80\xc0\xed\xf5")]
    )
    lost = pa.DictionaryArray.from_arrays(pa.array([0, 1, 9, 0, 1, -7], pa.int32()), ["cat", "dog"], safe=False)
    long = pa.RunEndEncodedArray.from_arrays(pa.array([2**31 - 1], pa.int32()), ["cat"])
    tables = {
        "offsets outside": pa.table({"id": ids, "label": outside}),
        "falling offsets": pa.table({"id": ids, "label": falling}),
        "no text": pa.table({"id": ids, "label": invalid}),
        "no such word": pa.table({"id": ids, "label": lost}),
        "wide": pa.table({f"c{number}": [1] for number in range(30_000)}),
        "no rows": pa.table({"id": ids[:0]}),
        "no columns": pa.table({}),
        "a long run": pa.table({"label": long}),
        "names": pa.Table.from_arrays([ids, ids, labels], ["id", "id", ""]),
        "nested": pa.table({"id": ids, "label": [[{"a": [1]}]] * 6}),
        "nulls": pa.table({"id": ids, "label": pa.nulls(6)}),
    }
    for name, table in tables.items():
        data = _ipc(table)
        for call in ("find {} -f csv", "apply {} queue.csv -o out.arrow", "check data.csv --base {}"):
            yield called(name, call.format("in.arrow"), good, {"in.arrow": data}, ("out.arrow",))
    swollen = pa.DictionaryArray.from_arrays(pa.array([0] * 4000, pa.int32()), ["x" * 1_000_000])
    table = pa.table({"id": [f"r{row}" for row in range(4000)], "label": ["cat", "dog"] * 2000, "text": swollen})
    for call in ("find {} --text text -f csv", "apply {} queue.csv -o out.x", "diff {} data.csv"):
        yield called("a word often", call.format("in.parquet"), good, {"in.parquet": _parquet(table)}, ("out.x",))
        yield called("a word often", call.format("in.arrow"), good, {"in.arrow": _ipc(table)}, ("out.x",))
    footer = good["data.parquet"]
    for size in (0, 7, 2**31 - 1, 2**32 - 1):
        data = footer[:-8] + struct.pack("<I", size) + b"PAR1"
        yield called(f"a footer of {size} bytes", "find in.parquet -f csv", good, {"in.parquet": data}, code=2)


def _arrays(good: Files) -> Iterator[HostileCase]:
    def npy(header: bytes, data: bytes = b"") -> bytes:
        return b"\x93NUMPY\x02\0" + struct.pack("<I", len(header)) + header + data

    head = "{'descr': %s, 'fortran_order': False, 'shape': %s, }\n"
    files = {
        "a large shape": npy((head % ("'<f8'", "(1099511627776, 3)")).encode(), bytes(240)),
        "an overflow": npy((head % ("'<f8'", "(4611686018427387904, 4)")).encode(), bytes(240)),
        "less than nothing": npy((head % ("'<f8'", "(-60, 3)")).encode(), bytes(1440)),
        "a structure": npy((head % ("[('a', '<f8'), ('b', '<f8')]", "(60,)")).encode(), bytes(960)),
        "objects": npy((head % ("'|O'", "(1,)")).encode(), b"cos\nsystem\n(S'touch run'\ntR."),
        "a deep header": npy(b"{'descr': " + b"(" * DEEP),
        "a long header": npy(b" " * 50_000_000 + b"\n"),
        "a header that lies": b"\x93NUMPY\x02\0\xff\xff\xff\xff",
        "code": npy(b"__import__('os').system('touch run')\n"),
        "many axes": npy((head % ("'<f8'", "(1," * 40 + ")")).encode(), bytes(8)),
        "no version": b"\x93NUMPY\x09\0",
    }
    for name, data in files.items():
        yield called(name, "find data.csv --probs in.npy --classes bird,cat,dog", good, {"in.npy": data}, code=2)
        yield called(name, "find data.csv --features in.npy", good, {"in.npy": data}, code=2)
    zeros = npy((head % ("'<f8'", f"({GIB // 8}, 3)")).encode())
    swollen = partial(archive, [], "probs.npy", zeros, bytes(1 << 20), b"", 3 * GIB)
    yield called(
        "a large array", "find data.csv --probs in.npz --classes bird,cat,dog", good, {"in.npz": swollen}, code=2
    )


def _workbooks(good: Files) -> Iterator[HostileCase]:
    def book(
        part: str, content: str | None, text: bytes = b"", size: int = 0, end: bytes = b""
    ) -> bytes | partial[bytes]:
        with zipfile.ZipFile(io.BytesIO(good["data.xlsx"])) as source:
            members = [(name, source.read(name)) for name in source.namelist() if name != part]
        if size:
            return partial(archive, members, part, (content or "").encode(), text, end, size)
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
            for name, data in (*members, *([(part, content.encode())] if content is not None else [])):
                target.writestr(name, data)
        return out.getvalue()

    cell = '<c r="{}" t="inlineStr"><is><t>{}</t></is></c>'
    begin = BOOK.format("", '<sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>').split("</worksheet>")[0]
    rows = BOOK.format("", "<sheetData>").split("</worksheet>")[0]
    files = {
        "a large cell": book(SHEET, begin, b"a", 2 * GIB, b"</t></is></c></row></sheetData></worksheet>"),
        "many rows": book(SHEET, rows, b"<row><c><v>1</v></c></row>", 2 * GIB, b"</sheetData></worksheet>"),
        "many strings": book(STRINGS, "<sst>", b"<si><t>a</t></si>", 2 * GIB, b"</sst>"),
        "styles": book("xl/styles.xml", "<styleSheet>", b"<a/>", 2 * GIB, b"</styleSheet>"),
        "laughs": book(
            SHEET, BOOK.format(LAUGHS, f'<sheetData><row r="1">{cell.format("A1", "&k;")}</row></sheetData>')
        ),
        "an entity": book(
            SHEET, BOOK.format(OUTSIDE, f'<sheetData><row r="1">{cell.format("A1", "&k;")}</row></sheetData>')
        ),
        "a far cell": book(
            SHEET,
            BOOK.format(
                "",
                f'<sheetData><row r="1">{cell.format("A1", "id")}</row>'
                f'<row r="1048576">{cell.format("XFD1048576", "x")}</row></sheetData>',
            ),
        ),
        "a large dimension": book(SHEET, BOOK.format("", '<dimension ref="A1:XFD1048576"/><sheetData/>')),
        "no cell's name": book(
            SHEET, BOOK.format("", f'<sheetData><row r="x">{cell.format("0", "x")}</row></sheetData>')
        ),
        "no such string": book(
            SHEET, BOOK.format("", '<sheetData><row r="1"><c r="A1" t="s"><v>99</v></c></row></sheetData>')
        ),
        "no sheet": book(SHEET, None),
        "no workbook": book("xl/workbook.xml", None),
        "deep": book(SHEET, "<a>" * DEEP),
        "no types": book("[Content_Types].xml", "<Types/>"),
    }
    for name, data in files.items():
        for call in ("find {} -f csv", "apply {} queue.csv -o out.xlsx", "collect {} --data data.csv --reviewer ann"):
            yield called(f"workbook: {name}", call.format("in.xlsx"), good, {"in.xlsx": data}, ("out.xlsx",))


def _ipc(table: pa.Table) -> bytes:
    out = io.BytesIO()
    with pa.ipc.new_file(out, table.schema) as writer:
        writer.write_table(table)
    return out.getvalue()


def _parquet(table: pa.Table) -> bytes:
    out = io.BytesIO()
    pq.write_table(table, out)
    return out.getvalue()
