"""A dataset to be annotated, the queue about it, and what is read from an export."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa

from hardneg_cli import find
from hardneg_cli.io.files.source import sources
from hardneg_cli.review.annotation_tools._class_names import offered
from hardneg_cli.review.decisions.decision import Decision
from hardneg_cli.review.decisions.filled_queue import AutoPolicy, read_queue
from support.hostile_texts import HOSTILE
from support.paths import EXPORTS

Row = dict[str, Any]
REAL = EXPORTS
TOOLS = ("label-studio:q.json", "prodigy:q.jsonl", "argilla:q.json", "doccano:q.jsonl")
LABELS = [
    "=cmd|' /C calc'!A0", "-1+1", "007", "12345678901234567890", "None", "two\nlines", "🦊", "مرحبا", " x ", "<b>",
    "eight ", "\x1b[31mred", "lone\rcr", "\u202egnp", "(drop)", "(unsure)", "drop", '"quoted"', '"open', "a#b", "a  b",
    "$text", "null", '{"choices":["a"]}', '["a"]', "l" * 99, "é", "e\u0301", "&amp;", "\ufeffbom",
]  # fmt: skip


IDS = list(dict.fromkeys(f"{text}{copy or ''}" for copy in range(4) for text in HOSTILE if text.strip()))
ROWS = [
    {"id": id_, "label": LABELS[n * 7 % len(LABELS)], "text": HOSTILE[n * 3 % len(HOSTILE)]}
    for n, id_ in enumerate(IDS)
]


def following(label: str, steps: int) -> str:
    return LABELS[(LABELS.index(label) + steps) % len(LABELS)]


def save(rows: list[Row], path: Path) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def asked(data: Path) -> pa.Table:
    """Every row, in the order of the file, with the next label as the suggestion."""
    found = find(data, detectors=["rare-label"])
    table = found.table(found.select(every=True), ("text",))
    place = {id_: row for row, id_ in enumerate(table["id"].to_pylist())}
    table = table.take([place[json.loads(line)["id"]] for line in data.read_text().splitlines()])
    suggested = [following(label, 1) for label in table["given_label"].to_pylist()]
    return table.set_column(table.column_names.index("suggested_label"), "suggested_label", pa.array(suggested))


def decisions(path: Path, reviewer: str | None = None) -> tuple[Decision, ...]:
    return read_queue(sources(str(path))[0], reviewer, AutoPolicy()).decisions


def studio_result(way: str, label: str | None, note: str) -> list[Row]:
    """In the order of the controls; the suggestion stays where a decision was taken without it."""
    answers = [
        ("label", "choices", label and offered(label)),
        ("decision", "choices", way * (way in ("drop", "unsure"))),
    ]
    given = [(*answer[:2], answer[2]) for answer in (*answers, ("note", "text", note)) if answer[2]]
    return [
        {"from_name": name, "to_name": "text", "type": kind, "value": {kind: [value]}} for name, kind, value in given
    ]


def lines(rows: list[Row]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
