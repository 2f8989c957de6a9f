"""Label Studio: tasks, with the labeling configuration of the project beside them (`tasks.config.xml`), and exports.

Create a project, paste the configuration (Settings, Labeling Interface, Code), and import the tasks. It shows the row,
its label, why it is asked about, and the nearest rows with their labels. What was suggested is the prediction that each
task begins with. The reviewer chooses the right label, which keeps the given one or relabels the row, or a decision
(drop, unsure), which counts more than a label; a note may say why. A skipped task is unsure. Several annotators are
several reviewers. `hardneg collect` and `hardneg apply` read the project's export: JSON, JSON-MIN, CSV or TSV. JSON has
every annotation of a task, who made it (`completed_by`), and whether the task was skipped (`was_cancelled`); the others
have a row for each annotation that was not skipped. Predictions are nobody's answer, and neither are drafts.

Source: Label Studio's task format and labeling configuration, https://labelstud.io/guide/tasks, /guide/task_format and
/tags, and the converter of its SDK.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO
from xml.sax.saxutils import quoteattr

from hardneg_cli.errors import InputError, quote
from hardneg_cli.io.files.source import Source
from hardneg_cli.io.tables.json_records import Json
from hardneg_cli.review.annotation_tools import _answers
from hardneg_cli.review.annotation_tools._answers import SHOWN, Object, ToolAnswer
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
NAME = "label-studio"
FLAT = {"annotator", "annotation_id", "created_at", "updated_at", "lead_time"}
CONTROLS = ("label", "decision", "note")
HEADERS = {"why": "Why it is asked about", "nearest": "The nearest rows, and how they are labeled"}
MOST_INLINE = 20  # classes, as buttons
WIDEST = 200  # pixels of a picture, which else fills the page
UNKNOWN = "-"  # of one row, where others have it: every task has all that the configuration shows
LINES = "  <Style>.htx-text {white-space: pre-wrap}</Style>"  # else blanks and line ends of a text are not seen


def write(table: pa.Table, out: BinaryIO) -> list[str]:
    """Answers what there is to say about pictures that are not shown."""
    told, troubles = evidence(table), list[str]()
    records = (ascii_json(_task(task, told)).encode() for task in tasks(table, NAME, troubles))
    out.write(b"[")
    out.writelines((b",\n " if number else b"") + record for number, record in enumerate(records))
    out.write(b"]\n")
    return notes(troubles)


def configuration(table: pa.Table) -> bytes:
    """The labeling configuration: what is shown, the classes, the decisions, the note."""
    shown = next(tasks(table.slice(0, 1), NAME, []), None)
    pictures = [_picture(number) for number in range(len(picture_columns(table)))]
    texts = [] if shown and shown.text is None else ["text"]
    target = [*texts, *pictures][0]
    lines = [LINES, '  <Header value="The row"/>', *(_text(name) for name in texts)]
    lines += [f'  <Image name="{name}" value="${name}" maxWidth="{WIDEST}px"/>' for name in pictures]
    lines += ['  <Header value="Its label"/>', _text("about")]
    for name in evidence(table):
        lines += [f'  <Header value="{HEADERS[name]}"/>', _text(name)]
    lines.append('  <Header value="The right label, or a decision"/>')
    if offered := classes(table):
        lines += _choices("label", target, offered)
    lines += _choices("decision", target, ["drop", "unsure"])
    lines.append(f'  <TextArea name="note" toName="{target}" placeholder="note" maxSubmissions="1"/>')
    return ("<View>\n" + "\n".join(lines) + "\n</View>\n").encode("ascii", "xmlcharrefreplace")


BESIDE = {".config.xml": configuration}


def _text(name: str) -> str:
    return f'  <Text name="{name}" value="${name}" selectionEnabled="false"/>'


def _choices(name: str, target: str, values: list[str]) -> list[str]:
    """Many as a list that is searched by typing."""
    found = [f"    <Choice value={quoteattr(value)}/>" for value in values]
    looks = 'layout="select"' if len(values) > MOST_INLINE else 'showInline="true"'
    return [f'  <Choices name="{name}" toName="{target}" choice="single" {looks}>', *found, "  </Choices>"]


def _task(task: AnnotationTask, told: list[str]) -> dict[str, Json]:
    known = {"why": task.why, "nearest": "\n".join(task.around)}
    beside: dict[str, Json] = {name: known[name] or UNKNOWN for name in told}
    pictures = {_picture(number): picture for number, picture in enumerate(task.pictures)}
    texts = {} if task.text is None else {"text": task.text}
    data: dict[str, Json] = {KEY: task.key, "about": task.labeling, "score": task.score, **beside, **texts, **pictures}
    made: dict[str, Json] = {"data": data}
    if task.suggested:
        label = {
            "id": "suggestion",
            "from_name": "label",
            "to_name": next(iter([*texts, *pictures])),
            "type": "choices",
        }
        result = [label | {"value": {"choices": [task.suggested]}}]
        made["predictions"] = [{"model_version": "hardneg", "score": task.suggestion_score, "result": result}]
    return made


def _picture(number: int) -> str:
    return f"image{number + 1}" if number else "image"


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
        entries = _annotations(source, annotation, place)
        who, at = _who(annotation.get("completed_by")), str(annotation.get("updated_at") or "")
        skipped = "unsure" if annotation.get("was_cancelled") else ""
        words = [skipped] if skipped else entries["decision"]
        yield ToolAnswer(
            key, place, text, tuple(entries["label"]), "".join(words[:1]), "\n".join(entries["note"]), who, at
        )


def _annotations(source: Source, annotation: Object, place: str) -> dict[str, list[str]]:
    """What was entered, by control. Raises InputError where all of it went to controls that are not ours."""
    entries: dict[str, list[str]] = {name: [] for name in CONTROLS}
    others = []
    for result in annotation.get("result") or ():
        name, value = result.get("from_name"), result.get("value") or {}
        if name not in entries:
            others += [name] if "choices" in value else []
            continue
        entered = value.get("choices", value.get("text", []))
        entries[name] += [entered] if isinstance(entered, str) else entered
    if others and not entries["label"] and not entries["decision"]:
        raise InputError(
            f"{source.name}: {place}: annotated by {quote(others[0])}, not by 'label' or 'decision' as in the labeling "
            "configuration that hardneg find writes beside the tasks"
        )
    return entries


def _who(user: object) -> str:
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
