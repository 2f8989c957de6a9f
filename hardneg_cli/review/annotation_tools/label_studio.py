"""Label Studio's exports: JSON, JSON-MIN, CSV and TSV.

JSON has every annotation of a task, who made it (`completed_by`), and whether the task was skipped (`was_cancelled`).
The others have a row for each annotation that was not skipped. Predictions are nobody's answer, and neither are drafts.

Source: Label Studio's task format, https://labelstud.io/guide/task_format, and the converter of its SDK.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from hardneg_cli.errors import InputError
from hardneg_cli.io.files.source import Source
from hardneg_cli.review.annotation_tools import _answers
from hardneg_cli.review.annotation_tools._answers import SHOWN, Object, ToolAnswer
from hardneg_cli.review.annotation_tools._tasks import KEY

if TYPE_CHECKING:
    import pyarrow as pa

CONTROLS = ("label", "decision", "note")
FLAT = {"annotator", "annotation_id", "created_at", "updated_at", "lead_time"}


def recognises(source: Source) -> bool:
    first = _answers.first(source)
    if _answers.csv_columns(source) >= FLAT or first.keys() >= FLAT:
        return True
    return isinstance(first.get("data"), dict) and ("annotations" in first or KEY in first["data"])


def read(source: Source) -> pa.Table:
    return _answers.queue(source, _entries(source))


def _entries(source: Source) -> Iterator[ToolAnswer]:
    if _answers.is_csv(source):
        rows = _answers.csv_rows(source, (KEY, SHOWN, *CONTROLS, "annotator", "updated_at"))
        yield from (_flat(row, place) for row, place in rows)
        return
    for task, place in _answers.objects(source):
        if isinstance(task.get("data"), dict):
            yield from _of_task(source, task, place)
        else:
            yield _flat(task, place)


def _of_task(source: Source, task: Object, place: str) -> Iterator[ToolAnswer]:
    key, text = task["data"].get(KEY), task["data"].get(SHOWN)
    yield ToolAnswer(key, place, text)
    for annotation in task.get("annotations") or ():
        said = _annotations(source, annotation, place)
        who, at = _who(annotation.get("completed_by")), str(annotation.get("updated_at") or "")
        skipped = "unsure" if annotation.get("was_cancelled") else ""
        words = [skipped] if skipped else said["decision"]
        yield ToolAnswer(key, place, text, tuple(said["label"]), "".join(words[:1]), "\n".join(said["note"]), who, at)


def _annotations(source: Source, annotation: Object, place: str) -> dict[str, list[str]]:
    """What was entered, by control. Raises InputError where all of it went to controls that are not ours."""
    said: dict[str, list[str]] = {name: [] for name in CONTROLS}
    others = []
    for result in annotation.get("result") or ():
        name, value = result.get("from_name"), result.get("value") or {}
        if name not in said:
            others += [name] if "choices" in value else []
            continue
        entered = value.get("choices", value.get("text", []))
        said[name] += [entered] if isinstance(entered, str) else entered
    if others and not said["label"] and not said["decision"]:
        raise InputError(
            f"{source.name}: {place}: annotated by {others[0]!r}, not by 'label' or 'decision' as in the labeling "
            "configuration that hardneg find writes beside the tasks"
        )
    return said


def _who(user: Any) -> str:
    if isinstance(user, dict):
        return str(user.get("email") or user.get("id") or "")
    return "" if user is None else str(user)


def _flat(row: Object, place: str) -> ToolAnswer:
    """A row of JSON-MIN, CSV or TSV; a task without annotations has one with nothing in it."""
    who = row.get("annotator")
    decision = row.get("decision") or ""
    if not isinstance(who, str):  # no annotation, which has no annotator, and what is not a number but a user
        who = _who(who or None)
    note = row.get("note") or ""
    note = note if isinstance(note, str) else "\n".join(map(str, note))
    labels, at = _labels(row.get("label")), row.get("updated_at") or ""
    return ToolAnswer(row.get(KEY), place, row.get(SHOWN), labels, str(decision), note, who, at)


def _labels(entered: Any) -> tuple[str, ...]:
    """One label is itself, more than one are an object with a list."""
    if isinstance(entered, dict):
        entered = entered.get("choices")
    return (entered,) if isinstance(entered, str) and entered else tuple(entered or ())
