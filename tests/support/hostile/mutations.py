"""Seeded damage to a file: bytes, cells, JSON values, members of an archive, what is packed."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import random
import struct
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

import pyarrow as pa

from support.hostile_texts import HOSTILE

NUMBERS = ("nan", "inf", "-inf", "-1", "1e999", "", "1e-400", "9" * 400, "0x10", "１", "1_0", "1,5", "--", "1" * 5000)
ODD_BYTES = (
    b"\0",
    b"\xff",
    b"\xef\xbb\xbf",
    b"\r",
    b"\n\n",
    b'"',
    b"'",
    b"\t",
    b";",
    b"\xed\xa0\x80",
    b"\x1a",
    b"\x85",
)
VALUES: tuple[Any, ...] = (
    None, True, 0, -1, 10**400, float("nan"), float("inf"), "", [], {}, [[]], {"a": {"b": [1]}}, "x" * 70_000, "\0",
    "\ud800", ["cat"], {"cat": 1}, 1.5, "2999-01-01T00:00:00Z", "../../etc/passwd", "=1+1", "\x1b[2J",
)  # fmt: skip
ENCODINGS = ("utf-16", "utf-16-le", "utf-32", "utf-8-sig", "latin-1", "utf-7", "cp037")
INTEGERS = (0, 1, 0x7FFFFFFF, 0xFFFFFFFF, 0x80000000, 0x7FFFFFF0, 0x00FFFFFF)
ZIPPED = (".xlsx", ".npz")
PACKERS: dict[str, tuple[Callable[[bytes], bytes], Callable[[bytes], bytes]]] = {
    ".gz": (gzip.decompress, gzip.compress),
    ".bz2": (bz2.decompress, bz2.compress),
    ".zst": (
        lambda data: pa.CompressedInputStream(pa.BufferReader(data), "zstd").read(),
        lambda data: bytes(pa.compress(data, "zstd", asbytes=True)),
    ),
}


def mutated(name: str, data: bytes, chance: random.Random) -> bytes:
    """The file, damaged in one way that suits its kind, or in a few."""
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        data = _mutated(name, data, chance)
    return data


def _mutated(name: str, data: bytes, chance: random.Random) -> bytes:
    if chance.random() < 0.25 or not data:
        return chance.choice(BYTEWISE)(data, chance)
    for suffix, (unpack, pack) in PACKERS.items():
        if name.endswith(suffix):
            try:
                inner = unpack(data)
            except (OSError, EOFError, ValueError, zlib.error):  # it is damaged already
                return chance.choice(BYTEWISE)(data, chance)
            return pack(_mutated(name.removesuffix(suffix), inner, chance))
    if name.endswith(ZIPPED):
        return _rezipped(data, chance)
    if name.endswith((".json", ".jsonl", ".ndjson")):
        return chance.choice((_json_value, _json_value, *TEXTWISE))(data, chance)
    if name.endswith((".csv", ".tsv", ".txt", ".toml")):
        return chance.choice((_cell, _cell, _header, *TEXTWISE))(data, chance)
    return chance.choice(BYTEWISE)(data, chance)


def _place(data: bytes, chance: random.Random) -> int:
    """Anywhere, but most of all where headers and footers stand."""
    size = max(1, len(data))
    near = min(size, 400)
    return chance.choice((chance.randrange(size), chance.randrange(near), size - 1 - chance.randrange(near)))


def _flip(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data or b"\0")
    for _ in range(chance.randint(1, 8)):
        changed[_place(data, chance)] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _cut(data: bytes, chance: random.Random) -> bytes:
    return data[: _place(data, chance)]


def _hole(data: bytes, chance: random.Random) -> bytes:
    start, size = _place(data, chance), chance.choice((1, 8, 64, 1000))
    return data[:start] + chance.choice((b"\0", b"\xff", b"")) * size + data[start + size :]


def _again(data: bytes, chance: random.Random) -> bytes:
    start, size = _place(data, chance), chance.choice((8, 100, 2000))
    return data[:start] + data[start : start + size] * chance.choice((2, 3, 50)) + data[start + size :]


def _lie(data: bytes, chance: random.Random) -> bytes:
    """Four or eight bytes that may be a length."""
    start, number = _place(data, chance), chance.choice(INTEGERS)
    how = chance.choice(("<I", ">I", "<Q"))
    return data[:start] + struct.pack(how, number) + data[start + struct.calcsize(how) :]


def _odd(data: bytes, chance: random.Random) -> bytes:
    start = _place(data, chance)
    return data[:start] + chance.choice(ODD_BYTES) * chance.choice((1, 1, 2, 300)) + data[start:]


def _swapped(data: bytes, chance: random.Random) -> bytes:
    start, middle = sorted((_place(data, chance), _place(data, chance)))
    return data[:start] + data[middle:] + data[start:middle]


def _rezipped(data: bytes, chance: random.Random) -> bytes:
    """One member damaged, twice there, without content, under another name, or said to be what it is not."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [(info.filename, archive.read(info)) for info in archive.infolist()]
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, ValueError, EOFError, zlib.error):
        return chance.choice(BYTEWISE)(data, chance)
    if not members:
        return data
    number = chance.randrange(len(members))
    name, content = members[number]
    what = chance.random()
    if what < 0.6:
        members[number] = name, chance.choice((_odd, _cell, *BYTEWISE))(content, chance)
    elif what < 0.7:
        del members[number]
    elif what < 0.8:
        members[number] = chance.choice(("../../x", "/etc/x", name.upper(), "")), content
    else:
        other = chance.randrange(len(members))
        members[number] = name, members[other][1]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name), content)
    return out.getvalue()


def _lines(data: bytes) -> list[bytes]:
    return data.split(b"\n")


def _cell(data: bytes, chance: random.Random) -> bytes:
    """A cell is another text, raw or quoted."""
    lines = _lines(data)
    number = chance.randrange(len(lines))
    cells = lines[number].split(chance.choice((b",", b"\t", b"=", b">")))
    text = chance.choice((*HOSTILE, *NUMBERS, "x" * 70_000)).encode()
    cells[chance.randrange(len(cells))] = chance.choice((text, b'"' + text.replace(b'"', b'""') + b'"'))
    lines[number] = b",".join(cells)
    return b"\n".join(lines)


def _header(data: bytes, chance: random.Random) -> bytes:
    lines = _lines(data)
    cells = lines[0].split(b",")
    number = chance.randrange(len(cells))
    names = (
        b"",
        b"id",
        b"label",
        b"prob_",
        b"prob_x",
        b"decision",
        b"score",
        b"x" * 70_000,
        b"\xff",
        b" label ",
        b"text",
    )
    cells[number] = chance.choice(names)
    lines[0] = b",".join(cells)
    return b"\n".join(lines)


def _line(data: bytes, chance: random.Random) -> bytes:
    """A line is missing, there twice, moved, or the only one."""
    lines = _lines(data)
    number = chance.randrange(len(lines))
    ways = (
        lambda: lines.pop(number),
        lambda: lines.insert(number, lines[chance.randrange(len(lines))]),
        lambda: chance.shuffle(lines),
        lambda: lines.__setitem__(slice(number, None), []),
        lambda: lines.__setitem__(slice(1, None), []),
        lambda: lines.insert(number, chance.choice((b"<<<<<<< ours", b"sep=;", b"#", b"{", b'"'))),
    )
    chance.choice(ways)()
    return b"\n".join(lines)


def _delimited(data: bytes, chance: random.Random) -> bytes:
    return data.replace(b",", chance.choice((b";", b"\t", b"|", b",,", b" ", b"\0")))


def _line_ends(data: bytes, chance: random.Random) -> bytes:
    return data.replace(b"\n", chance.choice((b"\r", b"\r\n", b"\n\r", b"\x1e", b"\xe2\x80\xa8")))


def _encoded(data: bytes, chance: random.Random) -> bytes:
    return data.decode("utf-8", "replace").encode(chance.choice(ENCODINGS), "replace")


def _many(data: bytes, chance: random.Random) -> bytes:
    return data * chance.choice((0, 2, 300))


def _json_value(data: bytes, chance: random.Random) -> bytes:
    """Some value anywhere is another one, or a key is missing, new or strange."""
    lines = _lines(data.strip())
    number = chance.randrange(len(lines))
    try:
        whole = json.loads(data)
    except ValueError:
        try:
            part = json.loads(lines[number])
        except ValueError:
            return chance.choice(TEXTWISE)(data, chance)
        lines[number] = json.dumps(_changed(part, chance)).encode()
        return b"\n".join(lines) + b"\n"
    return json.dumps(_changed(whole, chance)).encode()


def _changed(value: Any, chance: random.Random) -> Any:
    if isinstance(value, dict) and value and chance.random() < 0.9:
        key = chance.choice(list(value))
        if chance.random() < 0.15:
            return {other: inner for other, inner in value.items() if other != key}
        if chance.random() < 0.1:
            return value | {chance.choice(("", "\0", "id", key * 2)): chance.choice(VALUES)}
        return value | {key: _changed(value[key], chance)}
    if isinstance(value, list) and value and chance.random() < 0.9:
        number = chance.randrange(len(value))
        return [*value[:number], _changed(value[number], chance), *value[number + 1 :]]
    return chance.choice(VALUES)


BYTEWISE = (_flip, _flip, _cut, _hole, _again, _lie, _odd, _swapped)
TEXTWISE = (_line, _line, _delimited, _line_ends, _encoded, _many, _odd, _cut)
