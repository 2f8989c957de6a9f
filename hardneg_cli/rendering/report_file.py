"""A report as a file, by its extension: a page (.html), data (.json), or words (.md)."""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO, Protocol

from hardneg_cli.errors import InputError, listing
from hardneg_cli.rendering.document import Document
from hardneg_cli.rendering.html_page import page
from hardneg_cli.rendering.markdown_page import markdown


class Report(Protocol):
    """Figures, and the document that is made of them."""

    @property
    @abstractmethod
    def figures(self) -> Mapping[str, object]:
        """What the data say; a JSON object."""

    @abstractmethod
    def document(self, *, pictured: bool) -> Document:
        """The same as a document, with its pictures if there is any use for them."""


def report_writer(path: str | Path) -> Callable[[Report, BinaryIO], None]:
    """What writes a report to a file of this name. Raises InputError for an extension that no report has."""
    found = WRITERS.get(Path(path).suffix.lower())
    if found is None:
        raise InputError(f"{path}: the name of a report has to end in {listing([*WRITERS])}")
    return found


def _as_json(report: Report, out: BinaryIO) -> None:
    out.write(json.dumps(report.figures, ensure_ascii=True, indent=1, allow_nan=False).encode() + b"\n")


def _as_page(report: Report, out: BinaryIO) -> None:
    out.write(page(report.document(pictured=True)).encode(errors="backslashreplace"))


def _as_markdown(report: Report, out: BinaryIO) -> None:
    out.write(markdown(report.document(pictured=False)).encode(errors="backslashreplace"))


WRITERS: dict[str, Callable[[Report, BinaryIO], None]] = {
    ".html": _as_page, ".htm": _as_page, ".json": _as_json, ".md": _as_markdown,
}  # fmt: skip
