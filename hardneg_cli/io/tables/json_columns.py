"""A column of JSON's values as an Arrow array of one type."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from hardneg_cli.io.tables.json_records import JsonNumber, text_of

if TYPE_CHECKING:
    import pyarrow as pa


def typed_column(values: Sequence[object]) -> pa.Array:
    """Whole numbers, other numbers, truth values, texts, or lists and objects of these; null where there is no value.

    Values of several kinds, and numbers that neither an integer of 64 bits nor a float is, are texts, as cells are.
    """
    import pyarrow as pa

    try:
        found = pa.array([_plain(value) for value in values])
    except (
        pa.ArrowInvalid,
        pa.ArrowTypeError,
        pa.ArrowNotImplementedError,
        OverflowError,
        UnicodeEncodeError,
        ValueError,
    ):
        return pa.array([text_of(value) for value in values], pa.string())
    return found.cast(pa.string()) if pa.types.is_null(found.type) else found


def _plain(value: object) -> object:
    """Raises ValueError for a number that cannot be held."""
    if isinstance(value, JsonNumber):
        return _number(value)
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return value


def _number(text: str) -> int | float:
    if text.lstrip("-").isdecimal():
        return int(text)
    found = float(text)
    if Decimal(repr(found)) != Decimal(text):
        raise ValueError(text)
    return found
