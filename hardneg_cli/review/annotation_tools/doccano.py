"""doccano's exports of text classification: JSONL and JSON, all annotators in one file or a file for each.

An example without a label is undecided. In CSV and fastText labels run into each other, so those are refused.

Source: the export pipeline of doccano 1.8, https://github.com/doccano/doccano.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from hardneg_cli.errors import InputError
from hardneg_cli.io.files.source import COMPRESSED_SUFFIXES, Source
from hardneg_cli.review.annotation_tools import _answers
from hardneg_cli.review.annotation_tools._answers import SHOWN, ToolAnswer
from hardneg_cli.review.annotation_tools._tasks import KEY

if TYPE_CHECKING:
    import pyarrow as pa

SHARED = "all"  # the file of a project where annotators share their work


def recognises(source: Source) -> bool:
    first = _answers.first(source)
    if isinstance(first.get("label"), list) and "text" in first:
        return "Comments" in first or KEY in first
    return {KEY, "Comments"} <= _answers.csv_columns(source)


def read(source: Source) -> pa.Table:
    if _answers.is_csv(source):
        raise InputError(f"{source.name}: doccano joins labels with '#' in CSV: export the project as JSONL")
    return _answers.queue(source, _entries(source))


def reviewer(source: Source) -> str:
    """The annotator that the file is named after; empty for the file of all of them."""
    if source.path is None:
        return ""
    name = source.path.name
    stem = Path(Path(name).stem if name.endswith(COMPRESSED_SUFFIXES) else name).stem
    return "" if stem == SHARED else stem


def _entries(source: Source) -> Iterator[ToolAnswer]:
    for example, place in _answers.objects(source):
        note = "\n".join(example.get("Comments") or ())
        yield ToolAnswer(example.get(KEY), place, example.get(SHOWN), tuple(example.get("label") or ()), "", note)
