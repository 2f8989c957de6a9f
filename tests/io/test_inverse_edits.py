"""The edits of a rewriting, the other way round, lead back to the very bytes, or are seen to be damaged."""

from __future__ import annotations

import gzip
import io
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardneg_cli.io.files.inverse_edits import InverseEdits, RewriteTarget, revert

pieces = st.lists(st.tuples(st.binary(max_size=12), st.none() | st.binary(max_size=12)), max_size=12)


def rewritten(pieces: list[tuple[bytes, bytes | None]]) -> tuple[bytes, bytes, bytes]:
    """The old bytes, the new ones, and the edits that lead back; None: the piece stays."""
    out, packed = io.BytesIO(), io.BytesIO()
    with InverseEdits(packed) as inverse:
        target = RewriteTarget(out, inverse)
        for old, new in pieces:
            target.keep(old) if new is None else target.replace(old, new)
    return b"".join(old for old, _ in pieces), out.getvalue(), packed.getvalue()


def reverted(data: bytes, edits: bytes) -> bytes:
    out = io.BytesIO()
    revert(io.BytesIO(data), io.BytesIO(edits), RewriteTarget(out))
    return out.getvalue()


@pytest.mark.slow
@settings(deadline=None, max_examples=300)
@given(pieces)
def test_edits_lead_back_and_are_undone_themselves(pieces: list[tuple[bytes, bytes | None]]) -> None:
    old, new, edits = rewritten(pieces)
    again, packed = io.BytesIO(), io.BytesIO()
    with InverseEdits(packed) as inverse:
        revert(io.BytesIO(new), io.BytesIO(edits), RewriteTarget(again, inverse))
    assert again.getvalue() == old
    assert reverted(old, packed.getvalue()) == new


def test_only_what_differs_is_kept_and_large_pieces_come_in_chunks() -> None:
    large = random.Random(0).randbytes(3 << 20)
    _, _, edits = rewritten([(large, None), (large + b"old" + large, large + b"new" + large)])
    assert gzip.decompress(edits) == b"%d 3 3\nold" % (2 * len(large))
    old, new, edits = rewritten([(large, b""), (b"", large[::-1]), (large[:9], large)])
    assert reverted(new, edits) == old


@pytest.mark.parametrize(
    "edits",
    [
        b"", b"1 2 3", b"-1 2 3\n", b"1 2\n", b"1 -2 3\nabc", b"99 1 1\na", b"0 99 1\na", b"0 1 99\na",
        b"0 0 0\n" * 9 + b"?" * 999, b"9" * 40 + b" 0 0\n",
    ],
)  # fmt: skip
def test_damaged_edits_are_seen(edits: bytes) -> None:
    packed = gzip.compress(edits)
    for damaged in (packed, packed[:-9], packed[:-4], b"BZh" + packed):
        if not edits and damaged == packed:
            continue
        with pytest.raises(ValueError, match=r"edit|unpacked"):
            reverted(b"short", damaged)
