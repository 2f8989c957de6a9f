"""A patch leads from any file to any other, is small where both are alike, and is seen to be damaged."""

from __future__ import annotations

import io
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardneg_cli.io.files import zstd_patch
from hardneg_cli.io.files.zstd_patch import patched, write_patch


def packed(there: bytes, wanted: bytes) -> bytes:
    out = io.BytesIO()
    write_patch(io.BytesIO(wanted), io.BytesIO(there), out)
    out.seek(0)
    assert b"".join(patched(io.BytesIO(there), out)) == wanted
    return out.getvalue()


parts = st.lists(st.sampled_from([b"a,b\n", b"\0" * 70, b"longer than any anchor, ", bytes(range(256)), b"x"]))


@pytest.mark.slow
@settings(deadline=None, max_examples=150)
@given(parts, parts, st.sampled_from([1, 64, 1 << 25]))
def test_a_patch_leads_to_any_file_from_any_file(there: list[bytes], wanted: list[bytes], frame: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(zstd_patch, "FRAME_BYTES", frame)
        patch.setattr(zstd_patch, "REFERENCE_BYTES", 2 * frame)
        packed(b"".join(there), b"".join(wanted))


def test_moved_blocks_are_copied() -> None:
    data = random.Random(0).randbytes(3_000_000)
    moved = data[1_000_000:2_000_000] + b"new" * 50_000 + data[:1_000_000] + data[2_000_000:]
    assert len(packed(moved, data)) < 5000
    assert len(packed(data, moved)) < 5000
    assert len(packed(b"", data)) < 1.01 * len(data)


def test_frames_go_by_the_part_around_the_same_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zstd_patch, "FRAME_BYTES", 1 << 18)
    monkeypatch.setattr(zstd_patch, "REFERENCE_BYTES", 1 << 19)
    data = random.Random(0).randbytes(5_000_000)
    longer = b"".join(data[at : at + 50_000] + b"mark" * 100 for at in range(0, len(data), 50_000))
    assert len(packed(longer, data)) < 10_000
    assert len(packed(data, longer)) < 10_000


@pytest.mark.parametrize("place", [0, 3, -1])
def test_damaged_patches_are_seen(place: int) -> None:
    data = random.Random(0).randbytes(1000)
    good = packed(data[:500], data)
    bad = bytearray(good)
    bad[place] ^= 0x55
    for patch in (bytes(bad), good[:-1], good[: good.index(b"\n") + 1], b"0 999999999 9\n" + good, b"x" * 99):
        if patch != bytes(bad) or place >= 0:
            with pytest.raises(ValueError, match=r"frame"):
                list(patched(io.BytesIO(data[:500]), io.BytesIO(patch)))
