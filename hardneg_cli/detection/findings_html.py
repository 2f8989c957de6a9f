"""Findings as a notebook shows them: the first flagged rows, each with what it is, its labels, its score, and why."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from hardneg_cli.data.class_names import readable
from hardneg_cli.io.tables.images import THUMBNAIL, pictures
from hardneg_cli.io.tables.row_snippets import shortened, snippets
from hardneg_cli.rendering.document import probability_text

if TYPE_CHECKING:
    from hardneg_cli.detection.findings import Findings

FIRST_ROWS, LONGEST, LONGEST_WHY = 10, 160, 110
LEFT = "text-align:left;vertical-align:top;max-width:36em;white-space:normal"
BAR = "display:inline-block;width:{width}px;height:.65em;background:#c0392b;margin-right:.5em"


def as_html(findings: Findings) -> str:
    """A table and two lines; nothing in it is markup but what stands here."""
    rows = findings.select(limit=FIRST_ROWS)
    shown = findings.telling_columns()
    table = findings.table(rows, shown)
    seen = _rows(findings, rows.tolist(), shown)
    own = findings.dataset.columns.id is not None
    head = ["row", "label → suggestion", "score", "why", *(["id"] if own else [])]
    body = []
    for row, what in zip(table.to_pylist(), seen, strict=True):
        other = row["suggested_label"] if row["suggested_label"] != row["given_label"] else ""
        labels = escape(readable(row["given_label"])) + (f" → <b>{escape(readable(other))}</b>" if other else "")
        bar = f'<span style="{BAR.format(width=round(40 * row["score"]))}"></span>{probability_text(row["score"])}'
        cells = [what, labels, bar, escape(shortened(row["why"].split("; ")[0], LONGEST_WHY))]
        cells += [escape(row["id"])] if own else []
        body.append("".join(f'<td style="{LEFT}">{cell}</td>' for cell in cells))
    lines = "".join(f"<tr>{row}</tr>" for row in body)
    titles = "".join(f'<th style="{LEFT}">{title}</th>' for title in head)
    left = len(findings) - len(rows)
    more = (
        f"<p>{left:,} more flagged rows: <code>.table()</code>, <code>.report('r.html')</code></p>" if left > 0 else ""
    )
    return f"<p>{escape(next(iter(findings.summary())))}</p><table><tr>{titles}</tr>{lines}</table>{more}"


def _rows(findings: Findings, rows: Sequence[int], shown: Sequence[str]) -> list[str]:
    """What each row is: its picture, and its text or the columns that tell it apart."""
    dataset, image = findings.dataset, findings.dataset.columns.image
    named = [name for name in shown if name != image]
    texts = snippets(dataset.texts(named).take(list(rows)), named) if named else [""] * len(rows)
    found = [escape(shortened(text, LONGEST)) for text in texts]
    if image is None:
        return found
    cells = dataset.texts([image])[image].take(list(rows)).to_pylist()
    drawn = pictures(cells, dataset.pictures_folder, THUMBNAIL)
    return [
        (f'<img src="{escape(picture.uri)}" alt="" style="max-height:64px;min-width:32px"> ' if picture.uri else "")
        + text
        for picture, text in zip(drawn, found, strict=True)
    ]
