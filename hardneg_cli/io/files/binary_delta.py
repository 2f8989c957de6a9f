"""What turns one file into another: ranges to copy from the file that is there, and the bytes that it lacks.

The two are walked in step, as rewritten files differ here and there; where they part, the next common bytes are
looked for close by, then anywhere, by a rolling hash over blocks (as rsync does: Tridgell & Mackerras, "The rsync
algorithm", 1996). A wrong guess costs bytes, never correctness: what is copied was compared.
"""

from __future__ import annotations

import mmap
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, BinaryIO, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Hashes: TypeAlias = NDArray[np.uint64]

Bytes: TypeAlias = "mmap.mmap | bytes"
ANCHOR = 12  # bytes that must be alike before two places count as the same
NEAR, FAR = 1 << 12, 1 << 16  # how far to look for the anchor in the file that is there, and in the wanted one
STEPS = (0, 4, 8, 16, 32, 64, 128, 256)
CHUNK = 1 << 20
REACHES = (1 << 9, 1 << 13, 1 << 17, CHUNK)
MOST_SEARCHES = 20_000  # for blocks; files that part more often are packed, and have next to nothing in common
SMALLEST_BLOCK, MOST_BLOCKS = 64, 1 << 20
FACTOR = 0x9E3779B97F4A7C15 | 1  # odd: no byte's share of the hash is shifted out


def write_delta(there: BinaryIO, wanted: BinaryIO, out: BinaryIO) -> None:
    """Write to `out`, packed, what `read_delta` needs to turn `there` into `wanted`; both are files that can seek."""
    packer = zlib.compressobj(9)
    expected = 0
    with ExitStack() as open_maps:
        pair = _Pair(_mapped(there, open_maps), _mapped(wanted, open_maps))
        for start, length, literal in _parts(pair):
            moved = start - expected
            folded = 2 * moved if moved >= 0 else -2 * moved - 1  # small where it is near, either way
            head = _number(len(literal)), literal, _number(folded), _number(length)
            out.write(packer.compress(b"".join(head)))
            expected = start + length
    out.write(packer.flush())


def read_delta(there: BinaryIO, delta: bytes) -> Iterator[bytes]:
    """The wanted file in pieces. Raises ValueError for a delta that is damaged, or made for another file."""
    try:
        told = memoryview(zlib.decompress(delta))
    except zlib.error as error:
        raise ValueError(f"the delta is damaged: {error}") from error
    place = expected = 0
    while place < len(told):
        size, place = _read_number(told, place)
        yield bytes(told[place : place + size])
        offset, place = _read_number(told, place + size)
        length, place = _read_number(told, place)
        start = expected + (offset >> 1 if offset % 2 == 0 else -(offset >> 1) - 1)
        if start < 0:
            raise ValueError("the delta is damaged: it copies from before the beginning")
        yield from _range(there, start, length)
        expected = start + length


@dataclass(frozen=True)
class _Pair:
    there: Bytes
    wanted: Bytes

    @cached_property
    def blocks(self) -> _Blocks:
        return _Blocks(self.there)


@dataclass(frozen=True)
class _Blocks:
    """The blocks of a file by their hash; built only for files that part for more than a few records."""

    data: Bytes

    @cached_property
    def size(self) -> int:
        size = SMALLEST_BLOCK
        while len(self.data) // size > MOST_BLOCKS:
            size *= 2
        return size

    @cached_property
    def hashes(self) -> tuple[Hashes, NDArray[np.int64]]:
        """Sorted, with the number of the first block that has each."""
        import numpy as np

        step = max(CHUNK // self.size, 1) * self.size
        found = [_rolling(self.data[at : at + step], self.size)[:: self.size] for at in range(0, len(self.data), step)]
        hashes = np.concatenate(found) if found else np.empty(0, np.uint64)
        return np.unique(hashes, return_index=True)

    def find(self, chunk: bytes) -> Iterator[tuple[int, int]]:
        """Places of `chunk`, and where the file may have the same block."""
        import numpy as np

        known, numbers = self.hashes
        rolling = _rolling(chunk, self.size)
        if not len(known) or not len(rolling):
            return
        nearest = np.minimum(np.searchsorted(known, rolling), len(known) - 1)
        for at in np.flatnonzero(known[nearest] == rolling).tolist():
            yield at, int(numbers[nearest[at]]) * self.size


def _parts(pair: _Pair) -> Iterator[tuple[int, int, bytes]]:
    """In turn: a range (start, length) of the file that is there, and the bytes that the wanted one has before it."""
    at = here = begun = searches = 0  # `begun` is where the bytes without a counterpart began
    end = len(pair.wanted)
    while at < end:
        if length := _alike(pair, here, at):
            yield here, length, pair.wanted[begun:at]
            here, at = here + length, at + length
            begun = at
        if at == end:
            break
        found = _near(pair, here, at)
        if found is None and searches < MOST_SEARCHES:
            searches += 1
            found = _anywhere(pair, at)
        if found is None:
            yield here, 0, pair.wanted[begun : at + CHUNK]
            begun = at = min(at + CHUNK, end)
            continue
        here, at = _backwards(pair, *found, begun)
    if begun < end:
        yield here, 0, pair.wanted[begun:end]


def _alike(pair: _Pair, here: int, at: int) -> int:
    """How many bytes are the same from here on."""
    length, step = 0, 1 << 6
    most = min(len(pair.there) - here, len(pair.wanted) - at)
    while length < most:
        step = min(step, most - length)
        one = pair.there[here + length : here + length + step]
        other = pair.wanted[at + length : at + length + step]
        if one != other:
            return length + _first_difference(one, other)
        length += step
        step = min(4 * step, CHUNK)
    return max(most, 0)


def _first_difference(one: bytes, other: bytes) -> int:
    low, high = 0, len(one)
    while high - low > 1:
        middle = (low + high) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle
    return low


def _near(pair: _Pair, here: int, at: int) -> tuple[int, int] | None:
    """Where both go on alike after the fewest bytes: behind a changed cell, or behind records that only one has."""
    least, found = NEAR + FAR, None
    for step in STEPS:
        if step >= least:
            break
        there, wanted = min(NEAR, least - step), min(FAR, least - step)
        anchor = pair.wanted[at + step : at + step + ANCHOR]
        if len(anchor) == ANCHOR and (place := pair.there.find(anchor, here, here + there + ANCHOR - 1)) >= 0:
            least, found = place - here + step, (place, at + step)
            wanted = min(wanted, least - step)
        anchor = pair.there[here + step : here + step + ANCHOR]
        if len(anchor) == ANCHOR and (place := pair.wanted.find(anchor, at, at + wanted + ANCHOR - 1)) >= 0:
            least, found = place - at + step, (here + step, place)
    return found


def _anywhere(pair: _Pair, at: int) -> tuple[int, int] | None:
    """The first block from here on that the other file has at any place; most are close, so look a little first."""
    size = pair.blocks.size
    for reach in REACHES:
        chunk = pair.wanted[at : at + reach + size]
        for place, start in pair.blocks.find(chunk):
            if pair.there[start : start + size] == chunk[place : place + size]:
                return start, at + place
    return None


def _backwards(pair: _Pair, here: int, at: int, begun: int) -> tuple[int, int]:
    """The same place, or one before it from where on all is alike."""
    while here and at > begun and pair.there[here - 1] == pair.wanted[at - 1]:
        here, at = here - 1, at - 1
    return here, at


def _rolling(data: bytes, size: int) -> Hashes:
    """A hash of the `size` bytes (a power of 2) from every place on, doubling what each covers."""
    import numpy as np

    hashes = np.frombuffer(data, np.uint8).astype(np.uint64) + np.uint64(1)
    covered, factor = 1, FACTOR
    while covered < size:
        if len(hashes) <= covered:
            return hashes[:0]
        hashes = hashes[:-covered] * np.uint64(factor) + hashes[covered:]
        covered, factor = 2 * covered, factor * factor % 2**64
    return hashes


def _range(there: BinaryIO, start: int, length: int) -> Iterator[bytes]:
    there.seek(start)
    while length:
        piece = there.read(min(length, CHUNK))
        if not piece:
            raise ValueError("the delta copies from beyond the end of the file")
        length -= len(piece)
        yield piece


def _mapped(file: BinaryIO, open_maps: ExitStack) -> Bytes:
    """The whole file as bytes that are read when they are looked at; nothing can be mapped of an empty one."""
    file.flush()
    if file.seek(0, 2) == 0:
        return b""
    return open_maps.enter_context(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def _number(value: int) -> bytes:
    """Seven bits a byte, the low ones first (LEB128)."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _read_number(told: memoryview, place: int) -> tuple[int, int]:
    value = shift = 0
    while place < len(told):
        byte = told[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return value, place
    raise ValueError("the delta is damaged: it ends within a number")
