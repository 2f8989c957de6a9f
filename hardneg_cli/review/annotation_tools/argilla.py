"""Argilla 2: records, with the settings of their dataset beside them (`records.settings.json`), and records back.

    settings = rg.Settings.from_json("records.settings.json")
    dataset = rg.Dataset("review", settings=settings)
    dataset.create()
    dataset.records.from_json("records.json")

The fields are the row, its label, why it is asked about, and the nearest rows with their labels. The question `label`
offers the classes, (drop) and (unsure), with the suggestion of each row; the given label keeps it, another one relabels
the row. `note` is for words. A discarded record is unsure, a draft is undecided. Each user is a reviewer, by the id
that Argilla gives them. `hardneg collect` and `hardneg apply` read

    json.dump(dataset.records.to_list(flatten=True), open("answers.json", "w"))

and also `dataset.records.to_json("answers.json")`, `to_dict` as JSON and `to_datasets().to_json`. Flat records have the
status of each response: submitted ones count. The others do not say what was submitted, what discarded and what is a
draft (Argilla 2.8): of those, records that are still pending count for nothing, and all answers to the others do.

Source: Argilla's Python SDK 2, https://docs.argilla.io/latest/how_to_guides/import_export.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, BinaryIO

from hardneg_cli.io.files.source import Source
from hardneg_cli.io.tables.json_records import Json
from hardneg_cli.review.annotation_tools import _answers
from hardneg_cli.review.annotation_tools._answers import SHOWN, Object, ToolAnswer
from hardneg_cli.review.annotation_tools._class_names import ANSWERS
from hardneg_cli.review.annotation_tools._tasks import (
    KEY,
    AnnotationTask,
    ascii_json,
    classes,
    evidence,
    notes,
    picture_columns,
    tasks,
)

if TYPE_CHECKING:
    import pyarrow as pa

EXTENSIONS = ()
SURROUNDINGS = True
NAME = "argilla"
QUESTIONS = ("label", "note")
TITLES = {"text": "the row", "about": "its label", "why": "why it is asked about", "nearest": "the nearest rows"}


def write(table: pa.Table, out: BinaryIO) -> list[str]:
    """Answers what there is to say about pictures that are not shown."""
    troubles: list[str] = []
    records = (ascii_json(_record(task)).encode() for task in tasks(table, NAME, troubles))
    out.write(b"[")
    out.writelines((b",\n " if number else b"") + written for number, written in enumerate(records))
    out.write(b"]\n")
    return notes(troubles)


def settings(table: pa.Table) -> bytes:
    """The fields and questions of the dataset."""
    shown = next(tasks(table.slice(0, 1), NAME, []), None)
    fields = [] if shown and shown.text is None else [_text("text")]
    pictures = range(len(picture_columns(table)))
    fields += [_field(_picture(number), {"type": "image"}, required=False) for number in pictures]
    fields += [_text(name) for name in ("about", *evidence(table))]
    options: list[Json] = [{"value": name, "text": name} for name in (*classes(table), *ANSWERS)]
    label: dict[str, Json] = {"type": "label_selection", "options": options, "visible_options": None}
    note: dict[str, Json] = {"type": "text", "use_markdown": False}
    questions = [_field("label", label, required=True), _field("note", note, required=False)]
    made = {
        "guidelines": "Choose the label that is right, (drop) for a row that should go, or (unsure).",
        "fields": fields, "questions": questions, "metadata": [], "vectors": [], "allow_extra_metadata": True,
        "distribution": {"strategy": "overlap", "min_submitted": 1},
    }  # fmt: skip
    return json.dumps(made, indent=1).encode() + b"\n"


BESIDE = {".settings.json": settings}


def _text(name: str) -> Json:
    return _field(name, {"type": "text", "use_markdown": False}, required=name == "about")


def _field(name: str, how: Mapping[str, Json], *, required: bool) -> Json:
    return {"name": name, "title": TITLES.get(name, name), "required": required, "settings": how}


def _record(task: AnnotationTask) -> dict[str, Json]:
    known = {"text": task.text, "about": task.labeling, "why": task.why, "nearest": "\n".join(task.around)}
    fields = {name: text for name, text in known.items() if text}
    fields |= {_picture(number): picture for number, picture in enumerate(task.pictures) if picture}
    suggested = {"value": task.suggested, "score": task.suggestion_score, "agent": "hardneg"}
    return {
        "id": task.id, "fields": fields, "metadata": {KEY: task.key, "score": task.score},
        "suggestions": {"label": suggested} if task.suggested else {}, "responses": {},
    }  # fmt: skip


def _picture(number: int) -> str:
    return f"image{number + 1}" if number else "image"


def recognises(source: Source) -> bool:
    first = _answers.first(source)
    nested = isinstance(first.get("fields"), dict) and isinstance(first.get("responses"), dict)
    return nested or "_server_id" in first or any(name.endswith(".responses.users") for name in first)


def read(source: Source) -> pa.Table:
    return _answers.queue(source, _entries(source))


def _entries(source: Source) -> Iterator[ToolAnswer]:
    for record, place in _records(source):
        nested = isinstance(record.get("fields"), dict)
        key = (record.get("metadata") or {}).get(KEY) if nested else record.get(KEY)
        text = record["fields"].get(SHOWN) if nested else record.get(SHOWN)
        yield ToolAnswer(key, place, text)
        for user, answer in (_nested(record) if nested else _flat(record)).items():
            status = answer.get("status")
            if status == "submitted":
                label, note = answer.get("label"), answer.get("note") or ""
                yield ToolAnswer(key, place, text, (label,) if label else (), "", note, user)
            elif status == "discarded":
                yield ToolAnswer(key, place, text, (), "unsure", answer.get("note") or "", user)


def _records(source: Source) -> Iterator[tuple[Object, str]]:
    """One at a time; `to_dict` has all of them in one object, a list for each key."""
    for value, place in _answers.objects(source):
        if isinstance(value.get("id"), list):
            columns = zip(*value.values(), strict=True)
            yield from ((dict(zip(value, row, strict=True)), f"record {n}") for n, row in enumerate(columns, 1))
        else:
            yield value, place


def _nested(record: Object) -> Mapping[str, Object]:
    """What each user said, by question."""
    assumed = "pending" if record.get("status") == "pending" else "submitted"
    found: dict[str, Object] = {}
    for name in QUESTIONS:
        for response in (record.get("responses") or {}).get(name) or ():
            answer = found.setdefault(str(response.get("user_id")), {})
            answer |= {name: response.get("value"), "status": response.get("status") or assumed}
    return found


def _flat(record: Object) -> Mapping[str, Object]:
    found: dict[str, Object] = {}
    for name in QUESTIONS:
        values, users, statuses = (_listed(record.get(f"{name}.responses{part}")) for part in ("", ".users", ".status"))
        for value, user, status in zip(values, users, statuses, strict=False):
            found.setdefault(str(user), {}).update({name: value, "status": status})
    return found


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
