"""How much a file may turn into, measured by what it takes on disk: the stated limits of inputs that are unpacked.

Packed data (gzip, zstd, the blocks of Parquet and Arrow, the parts of a workbook, the members of an .npz, the patch of
a provenance) may unpack to `UNPACKED` bytes whatever their size, and to `FOLD` times their size if that is more; real
data stay far below. What a file claims is looked at before memory is taken for it.
"""

from __future__ import annotations

from hardneg_cli.errors import InputError

UNPACKED = 1 << 28  # bytes
WORKBOOK = 1 << 26  # bytes of the parts of a workbook, which take many times that in memory
FOLD = 100
ROW_BYTES = 8  # that a row is counted as at least, as a file may claim rows that take no bytes at all
DOCUMENT = 1 << 28  # bytes of a document that is read as a whole: a provenance, a ledger
RECORD = 1 << 26  # bytes, or characters, of a row of delimited text, of a line or an item of JSON
HEADER = 1 << 24  # and of the names of all columns
MOST_COLUMNS = 100_000
STREAM = 1 << 30  # bytes that come through a pipe, or are unpacked, and are held in memory


def most_unpacked(packed: int, least: int = UNPACKED) -> int:
    """The bytes that `packed` bytes may unpack to, `least` in any case."""
    return max(least, FOLD * packed)


def most_rows(packed: int) -> int:
    """The rows that a file of `packed` bytes may have."""
    return most_unpacked(packed) // ROW_BYTES


def refuse_bomb(where: str, unpacked: int, packed: int, *, least: int = UNPACKED, advice: str = "") -> None:
    """Raises InputError where `packed` bytes unpack to more than they may; `where` names the file and the part."""
    if unpacked > (most := most_unpacked(packed, least)):
        raise InputError(
            f"{where}: unpacks to {in_words(unpacked)}, more than the {in_words(most)} that are allowed for "
            f"{in_words(packed)}{advice and '; ' + advice}"
        )


def in_words(size: int) -> str:
    """A number of bytes: `268.4 MB`."""
    unit = next((unit for unit in (1e12, 1e9, 1e6) if size >= unit), 1e3)
    return f"{size / unit:,.1f} {({1e12: 'T', 1e9: 'G', 1e6: 'M', 1e3: 'k'})[unit]}B"
