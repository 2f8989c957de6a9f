"""Answers of reviewers to a small dataset's queue."""

from __future__ import annotations

from pathlib import Path

from support.corrections import Row, filled, queue_of, save


def decided(data: Path, name: str = "queue.csv", **answers: Row) -> Path:
    return save(filled(queue_of(data), **answers), data.with_name(name))
