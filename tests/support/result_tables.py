"""Tables as a run writes them, and what a format makes of them."""

from __future__ import annotations

import io
from collections.abc import Callable
from types import ModuleType

import pyarrow as pa

from hardneg_cli.io.result_formats.xlsx import UNSAFE
from hardneg_cli.runtime import drawers


def findings(texts: list[str], text: str = "text") -> pa.Table:
    """A table as a run writes it, every text column taken from `texts`."""
    n = len(texts)
    number = [round(1 - i / max(n, 1) / 1.1, 9) for i in range(n)]
    maybe = pa.array([None if i % 3 else value for i, value in enumerate(number)], pa.float64())
    words, nothing = pa.array(texts, pa.string()), pa.repeat(pa.scalar(""), n)
    return pa.table({
        "id": words, "decision": nothing, "new_label": nothing, "note": nothing, "given_label": words,
        "suggested_label": words, "score": pa.array(number, pa.float64()),
        "suggestion_score": maybe,
        "flagged": pa.array([i % 2 == 0 for i in range(n)]), "detectors": words, "why": words,
        "p_given": maybe, "p_suggested": maybe, text: words,
        "rank": pa.array(range(1, n + 1), pa.int64()), "row_hash": pa.array([f"{i:016x}" for i in range(n)]),
    })  # fmt: skip


def form(name: str) -> ModuleType:
    """A format or an annotation tool: both write findings."""
    return drawers.load("annotation tool" if name in drawers.names("annotation tool") else "format", name)


def written(name: str, table: pa.Table) -> bytes:
    out = io.BytesIO()
    form(name).write(table, out)
    return out.getvalue()


def held(name: str, table: pa.Table) -> pa.Table:
    """The rows that the format takes; what is refused is tested in test_queue_files.py and test_exports.py."""
    refused: dict[str, Callable[[str], object]] = {"xlsx": UNSAFE.search, "doccano": lambda text: len(text) > 100}
    if name not in refused:
        return table
    return table.filter(pa.array([not refused[name](text) for text in table["id"].to_pylist()], pa.bool_()))
