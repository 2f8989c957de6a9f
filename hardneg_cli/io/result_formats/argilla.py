"""Records for Argilla 2, with the settings of their dataset beside them (`records.settings.json`).

    settings = rg.Settings.from_json("records.settings.json")
    dataset = rg.Dataset("review", settings=settings)
    dataset.create()
    dataset.records.from_json("records.json")

The question `label` offers the classes, (drop) and (unsure), with the suggestion of each row; the given label keeps it,
another one relabels the row. `note` is for words. A discarded record is unsure, a draft is undecided. Each user is a
reviewer, by the id that Argilla gives them. `hardneg collect` and `hardneg apply` read

    json.dump(dataset.records.to_list(flatten=True), open("answers.json", "w"))

and also `dataset.records.to_json("answers.json")`, which does not say what was submitted, what discarded and what is a
draft (Argilla 2.8): of that, records that are still pending count for nothing, and all answers to the others do.

Source: Argilla's Python SDK, https://docs.argilla.io/latest/how_to_guides/import_export.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, BinaryIO

from hardneg_cli.review.annotation_tools._class_names import ANSWERS
from hardneg_cli.review.annotation_tools._tasks import KEY, AnnotationTask, ascii_json, classes, picture_columns, tasks

if TYPE_CHECKING:
    import pyarrow as pa

EXTENSIONS = ()
NAME = "argilla"


def write(table: pa.Table, out: BinaryIO) -> None:
    records = (ascii_json(_record(task)).encode() for task in tasks(table, NAME))
    out.write(b"[")
    out.writelines((b",\n " if number else b"") + written for number, written in enumerate(records))
    out.write(b"]\n")


def settings(table: pa.Table) -> bytes:
    """The fields and questions of the dataset."""
    shown = next(tasks(table.slice(0, 1), NAME), None)
    texts = ["about"] if shown and shown.text is None else ["about", "text"]
    fields = [_field(name, {"type": "text", "use_markdown": False}, required=name == "about") for name in texts]
    pictures = range(len(picture_columns(table)))
    fields += [_field(_picture(number), {"type": "image"}, required=False) for number in pictures]
    options = [{"value": name, "text": name} for name in (*classes(table), *ANSWERS)]
    label = {"type": "label_selection", "options": options, "visible_options": None}
    note = {"type": "text", "use_markdown": False}
    questions = [_field("label", label, required=True), _field("note", note, required=False)]
    made = {
        "guidelines": "Choose the label that is right, (drop) for a row that should go, or (unsure).",
        "fields": fields, "questions": questions, "metadata": [], "vectors": [], "allow_extra_metadata": True,
        "distribution": {"strategy": "overlap", "min_submitted": 1},
    }  # fmt: skip
    return json.dumps(made, indent=1).encode() + b"\n"


BESIDE = {".settings.json": settings}


def _field(name: str, how: dict[str, Any], *, required: bool) -> dict[str, Any]:
    return {"name": name, "title": name, "required": required, "settings": how}


def _record(task: AnnotationTask) -> dict[str, Any]:
    fields = {"about": task.about} | ({} if task.text is None else {"text": task.text})
    fields |= {_picture(number): picture for number, picture in enumerate(task.pictures) if picture}
    suggested = {"value": task.suggested, "score": task.score, "agent": "hardneg"}
    return {
        "id": task.id, "fields": fields, "metadata": {KEY: task.key, "score": task.score},
        "suggestions": {"label": suggested} if task.suggested else {}, "responses": {},
    }  # fmt: skip


def _picture(number: int) -> str:
    return f"image{number + 1}" if number else "image"
