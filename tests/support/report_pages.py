"""A report's page as data: its tables with the exact numbers, its words, and the elements it is made of."""

from __future__ import annotations

import json
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

ELEMENTS = {
    "html", "head", "meta", "title", "style", "body", "a", "header", "p", "h1", "h2", "h3", "h4", "dl", "div", "dt",
    "dd", "nav", "main", "section", "figure", "figcaption", "svg", "rect", "line", "circle", "polyline", "polygon",
    "text", "details", "summary", "table", "thead", "tbody", "tr", "th", "td", "caption", "script", "pre", "code",
}  # fmt: skip
Cell = str | float


class ReportPage(HTMLParser):
    """tables: by what a reader of screens is told of each, rows of cells, numbers as exact as the page has them.

    elements: how many of each kind. texts: of the elements that are words, in their order.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[tuple[str, list[list[Cell]]]] = []
        self.elements = Counter[str]()
        self.handlers: list[str] = []
        self.texts: list[str] = []
        self.marked: list[str] = []
        self._value: str | None = None
        self._cell: list[str] | None = None
        self._label = ""
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        self.elements[tag] += 1
        self.marked += (known.get("class") or "").split()
        self.handlers += [name for name in known if name.startswith("on") or name in ("href", "src")]
        if tag == "div" and "aria-label" in known:
            self._label = known["aria-label"] or ""
        if tag == "table":
            self.tables.append((self._label, []))
        if tag == "tr":
            self.tables[-1][1].append([])
        if tag in ("td", "th"):
            self._cell, self._value = [], known.get("data-value")

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
        if self._cell is not None:
            self._cell.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th") and self._cell is not None:
            self.tables[-1][1][-1].append("".join(self._cell) if self._value is None else float(self._value))
            self._cell = None

    @property
    def words(self) -> str:
        return "\n".join(self.texts)

    def columns(self, *names: str) -> list[list[list[Cell]]]:
        """The rows of each table that has these columns among its own, in the order of these columns."""
        found = []
        for _, (head, *rows) in self.tables:
            if set(names) <= set(head):
                places = [head.index(name) for name in names]
                found.append([[row[place] for place in places] for row in rows])
        return found


def validated(path: Path, name: str) -> Any:
    """The figures in a report's data, which are what `explain --schema` says."""
    import jsonschema

    from hardneg_cli.verbs._schemas import schema

    said = json.loads(schema(name))
    jsonschema.Draft202012Validator.check_schema(said)
    figures = json.loads(path.read_text())
    jsonschema.Draft202012Validator(said).validate(figures)
    return figures


def is_inert(page: ReportPage) -> bool:
    """Whether it is made of what reports are made of, with the page's own script alone and nothing that acts."""
    strange = {name: count for name, count in page.elements.items() if name not in ELEMENTS}
    assert not strange, strange
    assert page.elements["script"] == 1
    assert set(page.handlers) <= {"href"}
    return True
