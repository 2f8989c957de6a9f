"""What `prodigy db-out` writes: JSON lines, an answer each.

`answer` is accept, reject or ignore; `accept` lists the options that are selected. Selected but not accepted says
nothing of what is right: unsure. Of the same session, the last line about a row counts. A session that nobody named
is called after its time; it is the reviewer's who is named elsewhere.

Source: Prodigy's documentation, https://prodi.gy/docs/api-interfaces#choice and https://prodi.gy/docs/recipes#db-out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from hardneg_cli.io.files.source import Source
from hardneg_cli.review.annotation_tools import _answers
from hardneg_cli.review.annotation_tools._answers import SHOWN, Object, ToolAnswer
from hardneg_cli.review.annotation_tools._tasks import KEY

if TYPE_CHECKING:
    import pyarrow as pa

UNNAMED = re.compile(r"(?:^|-)\d{4}-\d\d-\d\d[_T ]\d\d[-:]\d\d[-:]\d\d$", re.ASCII)


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
