"""NumPy files that claim what they do not hold, or hold what would be run: one clear error."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest

from hardneg_cli.io.files.source import Source
from support.reading import fails, in_memory

HEADER = "{'descr': '<f8', 'fortran_order': False, 'shape': (4, 3), }"
DEEP = "(" * 9000 + ")" * 9000


def npy(header: str, data: bytes = bytes(96), version: int = 1) -> bytes:
    length = struct.pack("<H" if version == 1 else "<I", len(header))
    return b"\x93NUMPY" + bytes([version, 0]) + length + header.encode("latin-1") + data


def npz(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return out.getvalue()


LIES = [
    HEADER.replace("4, 3", "1152921504606846976, 3"), HEADER.replace("4, 3", "4, 4"), HEADER.replace("4, 3", "-4, -3"),
    HEADER.replace("4, 3", "0, 4611686018427387904"), HEADER.replace("4, 3", DEEP), HEADER.replace("4, 3", "9" * 4000),
    HEADER.replace("'<f8'", "'|O'"), HEADER.replace("'<f8'", "[('a', '<f8')]"), HEADER.replace("'<f8'", "'<f3'"),
    HEADER.replace("'<f8'", "'<b8'"), HEADER.replace("'<f8'", "'|V8'"),
    HEADER.replace("(4, 3)", "__import__('os').getcwd()"), "", DEEP, "{}", "[" * 30_000,
]  # fmt: skip


@pytest.mark.parametrize("header", LIES)
def test_headers_that_lie_are_refused(tmp_path: Path, header: str) -> None:
    data = npy(header, version=2)
    (tmp_path / "a.npy").write_bytes(data)
    fails(in_memory(data, "a.npy"))
    fails(Source("a.npy", tmp_path / "a.npy"))
    fails(in_memory(npz(("probs.npy", data)), "a.npz"))


def test_a_header_of_gigabytes_is_refused() -> None:
    fails(in_memory(b"\x93NUMPY\x02\x00" + struct.pack("<I", (1 << 32) - 1) + b"{" * 100, "a.npy"), "its header has")


def test_archives_that_lie_are_refused() -> None:
    plain = npy(HEADER)
    bomb = bytearray(npz(("probs.npy", plain)))
    place = bomb.index(b"PK\x01\x02") + 24
    bomb[place : place + 4] = struct.pack("<I", 320_000_000)
    fails(in_memory(bytes(bomb), "a.npz"), "unpacks to 320.0 MB, more than the 268.4 MB that are allowed")
    fails(in_memory(npz(("probs.npy", plain), method=zipfile.ZIP_BZIP2), "a.npz"), "pack it with deflate")
    encrypted = bytearray(npz(("probs.npy", plain)))
    encrypted[encrypted.index(b"PK\x01\x02") + 8] |= 1
    fails(in_memory(bytes(encrypted), "a.npz"), "encrypted")
    with pytest.warns(UserWarning, match="Duplicate"):
        twice = npz(("probs.npy", plain), ("probs.npy", plain))
    fails(in_memory(twice, "a.npz"), "'probs.npy' twice")


@pytest.mark.parametrize(
    "header", [HEADER, "{ 'shape':(4,3) ,'descr':'<f8','fortran_order':False}\n", HEADER.replace("4,", "4L,")]
)
def test_headers_of_other_writers_are_read(header: str) -> None:
    from support.reading import numbers

    data = np.arange(12.0)
    assert numbers(in_memory(npy(header, data.tobytes()), "a.npy"), "values").to_pylist() == data.reshape(4, 3).tolist()
