"""Files in memory, rewritten."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import pytest

from hardneg_cli.errors import InputError
from hardneg_cli.io.files.source import Source
from hardneg_cli.io.tables import table_files
from hardneg_cli.io.tables.table_files import CellEdits


def rewritten(data: bytes | str, edits: CellEdits, name: str = "data.csv") -> bytes:
    out = io.BytesIO()
    source = Source(name, data=data.encode() if isinstance(data, str) else data)
    table_files.rewrite(source, out, edits)
    assert not out.closed
    return out.getvalue()


def edits(cells: Mapping[int, str] | None = None, drop: set[int] | None = None, **more: Any) -> CellEdits:
    return CellEdits(**{"column": "label", "cells": cells or {}, "drop": frozenset(drop or ()), **more})


def fails(data: bytes | str, change: CellEdits, *parts: str, name: str = "data.csv") -> None:
    with pytest.raises(InputError) as caught:
        rewritten(data, change, name)
    for part in (name, *parts):
        assert part in str(caught.value), caught.value
