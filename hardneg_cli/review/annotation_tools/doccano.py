"""doccano's text classification: examples, with the project's labels beside them (`import.labels.json`), and back.

Create a project for text classification in which an example has a single label, import the labels (Labels, Import
Labels) and then the examples as JSONL. The labels are the classes, (drop) and (unsure): the given label keeps it,
another one relabels the row. What was suggested stands in the metadata only, with the reasons and the nearest rows, for
doccano keeps an imported label as the answer of whoever imports it. Comments become the note. `hardneg collect` and
`hardneg apply` read the JSONL and JSON exports; an example without a label is undecided. `all.jsonl`, of a project
where annotators share their work, does not name them; any other file is named after its annotator, who is the reviewer
unless --reviewer names another. In CSV and fastText labels run into each other, so those are refused. doccano shows no
pictures in a text project, and holds 100 characters of a label.

Source: doccano 1.8, its catalog of import formats and the pipeline of its exports, https://github.com/doccano/doccano.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from hardneg_cli.errors import InputError, quote
from hardneg_cli.io.files.source import COMPRESSED_SUFFIXES, Source
from hardneg_cli.io.tables.json_records import Json
from hardneg_cli.review.annotation_tools import _answers
from hardneg_cli.review.annotation_tools._answers import SHOWN, ToolAnswer
from hardneg_cli.review.annotation_tools._class_names import ANSWERS
from hardneg_cli.review.annotation_tools._tasks import KEY, AnnotationTask, ascii_json, classes, remarks, tasks

if TYPE_CHECKING:
    import pyarrow as pa

EXTENSIONS = ()
SURROUNDINGS = True
NAME = "doccano"
SHARED = "all"  # the file of a project where annotators share their work
LONGEST_LABEL = 100
COLORS = ("#1f77b4", "#b85c00", "#2b7a2b", "#b3282d", "#6f52a3", "#7a5046", "#b0508e", "#5f5f5f", "#77780f", "#0f7f8c")


def write(table: pa.Table, out: BinaryIO) -> None:
    _refuse_long_labels(classes(table))
    out.writelines(ascii_json(_example(task)).encode() + b"\n" for task in tasks(table, NAME))


def labels(table: pa.Table) -> bytes:
    """The project's labels, as doccano imports them."""
    names = [*classes(table), *ANSWERS]
    looks = [
        {"background_color": COLORS[number % len(COLORS)], "text_color": "#ffffff"} for number in range(len(names))
    ]
    keys = {"prefix_key": None, "suffix_key": None}
    return json.dumps([{"text": name} | keys | look for name, look in zip(names, looks, strict=True)]).encode() + b"\n"


BESIDE = {".labels.json": labels}


def _refuse_long_labels(names: list[str]) -> None:
    for name in names:
        if len(name) > LONGEST_LABEL:
            raise InputError(
                f"{NAME}: the label {quote(name[:40])}… has {len(name)} characters, and doccano holds {LONGEST_LABEL}; "
                "use label-studio, prodigy or argilla"
            )


def _example(task: AnnotationTask) -> dict[str, Json]:
    if task.text is None:
        raise InputError(f"{NAME}: pictures only, which a text project cannot show; use label-studio or argilla")
    return {"text": task.text, "label": [], **remarks(task), "score": task.score, KEY: task.key}


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
