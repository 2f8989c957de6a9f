"""Prodigy's choice interface: tasks, with settings that add a field for a note (`tasks.prodigy.json`), and answers.

`prodigy mark DATASET tasks.jsonl --view-id choice` needs the tasks alone; with the configuration as the project's
prodigy.json and `--view-id blocks` there is a note too. The options are the classes, (drop) and (unsure), and what was
suggested is selected beforehand. The metadata below the row say how it is labeled, why it is asked about, and how its
nearest rows are labeled. Accepting says what is selected: the given label keeps it, another one relabels the row.
Ignoring and rejecting are unsure, because a rejected task does not say what is right: selected but not accepted says
nothing of it. Reviewers are named sessions (`?session=ann`); a session that nobody named is called after its time, and
is the reviewer's who is named elsewhere. `hardneg collect` and `hardneg apply` read what `prodigy db-out` writes: JSON
lines, an answer each, of which the last one of a session about a row counts.

Source: Prodigy's documentation, https://prodi.gy/docs/api-interfaces#choice and #blocks, and
https://prodi.gy/docs/recipes#db-out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

from hardneg_cli.io.files.source import Source
from hardneg_cli.io.tables.json_records import Json
from hardneg_cli.review.annotation_tools import _answers
from hardneg_cli.review.annotation_tools._answers import SHOWN, Object, ToolAnswer
from hardneg_cli.review.annotation_tools._class_names import ANSWERS
from hardneg_cli.review.annotation_tools._tasks import KEY, AnnotationTask, ascii_json, classes, notes, remarks, tasks

if TYPE_CHECKING:
    import pyarrow as pa

EXTENSIONS = ()
SURROUNDINGS = True
NAME = "prodigy"
UNNAMED = re.compile(r"(?:^|-)\d{4}-\d\d-\d\d[_T ]\d\d[-:]\d\d[-:]\d\d$", re.ASCII)


def write(table: pa.Table, out: BinaryIO) -> list[str]:
    """Answers what there is to say about pictures that are not shown."""
    options = ascii_json([{"id": name, "text": name} for name in (*classes(table), *ANSWERS)])
    troubles: list[str] = []
    # the same options in every task: once made, many times written
    records = (ascii_json(_task(task))[:-1] for task in tasks(table, NAME, troubles))
    out.writelines(f'{record},"options":{options}}}\n'.encode() for record in records)
    return notes(troubles)


def configuration(table: pa.Table) -> bytes:
    """The settings of a project: one choice, and a field for the note below it."""
    note = {"view_id": "text_input", "field_id": "note", "field_label": "note", "field_rows": 2}
    settings = {"choice_style": "single", "choice_auto_accept": False, "blocks": [{"view_id": "choice"}, note]}
    return json.dumps(settings, indent=2).encode() + b"\n"


BESIDE = {".prodigy.json": configuration}


def _task(task: AnnotationTask) -> dict[str, Json]:
    shown: dict[str, Json] = {} if task.text is None else {"text": task.text}
    if picture := next((picture for picture in task.pictures if picture), None):  # the interface shows one
        shown["image"] = picture
    elif task.text is None:
        shown["text"] = "(empty)"
    meta = {"id": task.id, "score": task.score, **remarks(task)}
    return shown | {KEY: task.key, "meta": meta, "accept": [task.suggested] if task.suggested else []}


def recognises(source: Source) -> bool:
    first = _answers.first(source)
    return ("_task_hash" in first and "answer" in first) or (KEY in first and "options" in first)


def read(source: Source) -> pa.Table:
    return _answers.queue(source, _entries(source))


def _entries(source: Source) -> Iterator[ToolAnswer]:
    for task, place in _answers.objects(source):
        answer, note = task.get("answer"), task.get("note") or ""
        accepted = tuple(task.get("accept") or ()) if answer == "accept" else ()
        decision = "unsure" if answer in ("ignore", "reject") else ""
        yield ToolAnswer(task.get(KEY), place, task.get(SHOWN), accepted, decision, note, _who(task))


def _who(task: Object) -> str:
    name = task.get("_annotator_id") or task.get("_session_id") or ""
    return "" if UNNAMED.search(name) else name
