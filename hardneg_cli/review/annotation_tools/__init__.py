"""One annotation tool each, both directions: tasks written for it, and its export read as a filled queue.

For users, a tool is a format of findings: `find -o label-studio:tasks.json`; `collect` and `apply` know its exports by
their content. `_tasks` makes tasks of findings, `_answers` a filled queue of what came back, `_class_names` keeps class
names whole on the way.

    # postcards.py
    "A line a row on the way out; the line again, and a label behind it, on the way back."

    def write(table: pa.Table, out: BinaryIO) -> None:
        out.writelines(f"{task.key}\\t{task.text}\\n".encode() for task in tasks(table, "postcards"))

    def recognises(source: Source) -> bool:
        return source.suffix == ".cards"

    def read(source: Source) -> pa.Table:
        return queue(source, (ToolAnswer(key, f"line {n}", text, (label,)) for n, (key, text, label) in lines(source)))
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, BinaryIO, Protocol

from hardneg_cli.runtime.drawers import Units

if TYPE_CHECKING:
    import pyarrow as pa

    from hardneg_cli.io.files.source import Source


class AnnotationTool(Protocol):
    """What every tool has: `write`, `recognises` and `read`.

    EXTENSIONS, BINARY, RAW, BESIDE and SURROUNDINGS (optional) are those of a result's format; `reviewer` is optional,
    too.
    """

    EXTENSIONS: tuple[str, ...] = ()
    BINARY: bool = False
    RAW: bool = False
    BESIDE: Mapping[str, Callable[[pa.Table], bytes]] = {}
    SURROUNDINGS: bool = False

    @abstractmethod
    def write(self, table: pa.Table, out: BinaryIO) -> list[str] | None:
        """Findings as tasks, as the tool imports them; `out` stays open. Raises InputError for another table."""

    @abstractmethod
    def recognises(self, source: Source) -> bool:
        """Whether the file is an export of the tool; no more of it is read than that takes."""

    @abstractmethod
    def read(self, source: Source) -> pa.Table:
        """The table of a filled queue: see `_answers.queue`. Raises InputError for an unsound export."""

    def reviewer(self, source: Source) -> str:
        """Whom the file is named after, for tools that make one for each annotator; empty where it is nobody."""
        return ""


ANNOTATION_TOOLS = Units[AnnotationTool]("annotation tool")
