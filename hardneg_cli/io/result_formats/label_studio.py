"""Tasks for Label Studio, with the labeling configuration of the project beside them (`tasks.config.xml`).

Create a project, paste the configuration (Settings, Labeling Interface, Code), and import the tasks. What was suggested
is the prediction that each task begins with. The reviewer chooses the right label, which keeps the given one or
relabels the row, or a decision (drop, unsure), which counts more than a label; a note may say why. A skipped task is
unsure. Several annotators are several reviewers. `hardneg collect` and `hardneg apply` read the project's export: JSON,
JSON-MIN, CSV or TSV; only the JSON tells who skipped a task.

Source: Label Studio's task format and labeling configuration, https://labelstud.io/guide/tasks and /tags.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO
from xml.sax.saxutils import quoteattr

from hardneg_cli.review.annotation_tools._tasks import KEY, AnnotationTask, ascii_json, classes, picture_columns, tasks

if TYPE_CHECKING:
    import pyarrow as pa

EXTENSIONS = ()
NAME = "label-studio"


def write(table: pa.Table, out: BinaryIO) -> None:
    records = (ascii_json(_task(task)).encode() for task in tasks(table, NAME))
    out.write(b"[")
    out.writelines((b",\n " if number else b"") + record for number, record in enumerate(records))
    out.write(b"]\n")


def configuration(table: pa.Table) -> bytes:
    """The labeling configuration: what is shown, the classes, the decisions, the note."""
    shown = next(tasks(table.slice(0, 1), NAME), None)
    pictures = [_picture(number) for number in range(len(picture_columns(table)))]
    texts = [] if shown and shown.text is None else ["text"]
    target = [*texts, *pictures][0]
    lines = [f'  <Text name="{name}" value="${name}" selectionEnabled="false"/>' for name in ("about", *texts)]
    lines += [f'  <Image name="{name}" value="${name}"/>' for name in pictures]
    if offered := classes(table):
        lines += _choices("label", target, offered)
    lines += _choices("decision", target, ["drop", "unsure"])
    lines.append(f'  <TextArea name="note" toName="{target}" placeholder="note" maxSubmissions="1"/>')
    return ("<View>\n" + "\n".join(lines) + "\n</View>\n").encode("ascii", "xmlcharrefreplace")


BESIDE = {".config.xml": configuration}


def _choices(name: str, target: str, values: list[str]) -> list[str]:
    found = [f"    <Choice value={quoteattr(value)}/>" for value in values]
    return [f'  <Choices name="{name}" toName="{target}" choice="single" showInline="true">', *found, "  </Choices>"]


def _task(task: AnnotationTask) -> dict[str, Any]:
    pictures = {_picture(number): picture for number, picture in enumerate(task.pictures)}
    texts = {} if task.text is None else {"text": task.text}
    made: dict[str, Any] = {"data": {KEY: task.key, "about": task.about, "score": task.score, **texts, **pictures}}
    if task.suggested:
        label = {
            "id": "suggestion",
            "from_name": "label",
            "to_name": next(iter([*texts, *pictures])),
            "type": "choices",
        }
        result = [label | {"value": {"choices": [task.suggested]}}]
        made["predictions"] = [{"model_version": "hardneg", "score": task.score, "result": result}]
    return made


def _picture(number: int) -> str:
    return f"image{number + 1}" if number else "image"
