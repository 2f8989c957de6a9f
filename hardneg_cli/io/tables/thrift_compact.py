"""Thrift structures in the compact protocol, as far as Parquet's page headers go: whole numbers, and structures."""

from __future__ import annotations

from typing import TypeAlias

Struct: TypeAlias = dict[int, object]  # by the number of the field: an int, another Struct, or None for all else
DEEPEST = 16
TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, MAP, STRUCT = range(1, 13)


def read_struct(data: bytes) -> tuple[Struct, int]:
    """The structure that `data` begins with, and its length in bytes.

    Raises EOFError where `data` ends before it does, and ValueError for what is none.
    """
    try:
        return _struct(data, 0, 0)
    except IndexError:
        raise EOFError from None


def _struct(data: bytes, place: int, depth: int) -> tuple[Struct, int]:
    if depth > DEEPEST:
        raise ValueError("a header is nested too deeply")
    found: Struct = {}
    field = 0
    while head := data[place]:
        place += 1
        kind = head & 15
        if head >> 4:
            field += head >> 4
        else:
            field, place = _zigzag(data, place)
        found[field], place = _value(data, place, kind, depth)
    return found, place + 1


def _value(data: bytes, place: int, kind: int, depth: int) -> tuple[object, int]:
    if kind in (TRUE, FALSE):
        return None, place
    if kind == BYTE:
        return data[place], place + 1
    if kind in (I16, I32, I64):
        return _zigzag(data, place)
    if kind == DOUBLE:
        return None, _within(data, place + 8)
    if kind == BINARY:
        length, place = _varint(data, place)
        return None, _within(data, place + length)
    if kind == STRUCT:
        return _struct(data, place, depth + 1)
    raise ValueError("a header holds what no header holds")


def _within(data: bytes, place: int) -> int:
    if place > len(data):
        raise EOFError
    return place


def _zigzag(data: bytes, place: int) -> tuple[int, int]:
    number, place = _varint(data, place)
    return (number >> 1) ^ -(number & 1), place


def _varint(data: bytes, place: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        part = data[place]
        place += 1
        number |= (part & 127) << shift
        if part < 128:
            return number, place
        shift += 7
        if shift > 63:
            raise ValueError("a header holds a number that is too long")
