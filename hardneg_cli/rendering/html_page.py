"""A document as one offline page: light and dark, readable on paper, usable with the keyboard, nothing from elsewhere.

All text is escaped here; the page's own script is the only one that may run, and it reaches nothing.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from string import Template

from hardneg_cli.rendering.document import (
    Block,
    Cards,
    Cell,
    Chart,
    Charts,
    CommandLines,
    DataTable,
    Document,
    NearCard,
    PointMap,
    Precise,
    RowCard,
    Words,
    cell_text,
)
from hardneg_cli.rendering.escaped import escaped

PARTS = ("_report.html", "_report.css", "_report.js")


def page(document: Document) -> str:
    """The whole page; the same document, the same text."""
    html, style, script = (Path(__file__).with_name(name).read_text(encoding="utf-8") for name in PARTS)
    return Template(html).substitute(
        style=style,
        script=script,
        allowed=base64.b64encode(sha256(script.encode()).digest()).decode(),
        title=escaped(f"{document.title}: {document.subject}"),
        kind=escaped(document.title),
        subject=escaped(document.subject),
        verdict=escaped(document.verdict),
        figures="".join(
            f"<div><dt>{escaped(name)}</dt><dd>{escaped(said)}</dd></div>" for name, said in document.figures
        ),
        contents="".join(f'<a href="#{part.name}">{escaped(part.title)}</a>' for part in document.sections),
        sections="".join(
            f'<section id="{part.name}" aria-labelledby="{part.name}-title"><h2 id="{part.name}-title">'
            f"{escaped(part.title)}</h2>{''.join(map(_block, part.blocks))}</section>\n"
            for part in document.sections
        ),
    )


def _figure(figure: tuple[str, str]) -> str:
    name, said = map(escaped, figure)
    return f"<div><dt>{name}</dt><dd>{said}</dd></div>"


def _block(block: Block) -> str:
    return WRITERS[type(block)](block)


def _words(block: Words) -> str:
    return f"<p>{escaped(block.text)}</p>"


def _command(block: CommandLines) -> str:
    return f"<pre><code>{escaped(block.text)}</code></pre>"


def _chart(block: Chart) -> str:
    words = f"<p>{escaped(block.words)}</p>" if block.words else ""
    return (
        f"<figure><figcaption>{escaped(block.title)}</figcaption>{words}"
        f'<div class="drawn">{block.svg}</div>{_folded(block.table, block.title)}</figure>'
    )


def _charts(block: Charts) -> str:
    return f'<div class="charts">{"".join(map(_chart, block.charts))}</div>'


def _plain_table(block: DataTable) -> str:
    return _folded(block) if block.folded else _table(block)


def _folded(table: DataTable, figure: str = "") -> str:
    """figure: what it stands below, which says what the table is of."""
    said = _table(table, f"{figure}: {table.caption}" if figure else table.caption)
    return f"<details><summary>{escaped(table.caption)}</summary>{said}</details>"


def _table(table: DataTable, name: str = "") -> str:
    """name: what a screen reader calls it; without one its caption stands above it."""
    numeric = [all(row[place] is None or not isinstance(row[place], str) for row in table.rows)
               for place in range(len(table.columns))]  # fmt: skip
    head = "".join(
        f'<th scope="col"{_side(right)}>{escaped(name)}</th>'
        for name, right in zip(table.columns, numeric, strict=True)
    )
    said = "" if name else f"<caption>{escaped(table.caption)}</caption>"
    pairs = table.pairs or [("", "")] * len(table.rows)
    rows = "".join(_row(row, numeric, pair) for row, pair in zip(table.rows, pairs, strict=True))
    return (
        f'<div class="scrolled" tabindex="0" role="region" aria-label="{escaped(name or table.caption)}"><table>'
        f"{said}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _row(row: Sequence[Cell], numeric: Sequence[bool], pair: tuple[str, str]) -> str:
    cells = "".join(f"<td{_exact(cell)}{_side(right)}>{escaped(cell_text(cell))}</td>"
                    for cell, right in zip(row, numeric, strict=True))  # fmt: skip
    if not pair[0]:
        return f"<tr>{cells}</tr>"
    given, suggested = map(escaped, pair)
    name = f"show rows labeled {given} that look like {suggested}"
    button = f'<td><button type="button" data-given="{given}" data-suggested="{suggested}" aria-label="{name}">'
    return f"<tr>{cells}{button}show</button></td></tr>"


def _exact(cell: Cell) -> str:
    """The number itself, for whoever reads the page by program."""
    value = cell.value if isinstance(cell, Precise) else cell
    return "" if value is None or isinstance(value, str) else f' data-value="{value!r}"'


def _side(right: bool) -> str:
    return ' class="number"' if right else ""


def _map(block: PointMap) -> str:
    points = {
        "classes": list(block.classes), "x": block.x, "y": block.y, "labels": block.labels, "texts": block.texts,
        "suggested": block.suggested, "scores": block.scores, "flagged": block.flagged, "ids": block.ids,
        "pictures": {str(place): uri for place, uri in block.pictures.items()},
    }  # fmt: skip
    return (
        f"<figure><figcaption>{escaped(block.title)}</figcaption><p>{escaped(block.words)}</p>"
        f'<div class="map"><div class="tools">{_menu("Color by", "color", label="label", score="score")}'
        f"{_menu('Show', 'only', all='all rows', flagged='flagged rows')}</div>"
        f'<canvas id="plane" role="img" tabindex="0" aria-label="{escaped(block.title)}: arrow keys name flagged rows">'
        '</canvas><div id="hover" hidden></div><div id="legend"></div><div id="about" role="status"></div></div>'
        f'{_folded(block.table, block.title)}<script type="application/json" id="points">{_json(points)}</script>'
        "</figure>"
    )


def _menu(name: str, id_: str, **choices: str) -> str:
    options = "".join(f'<option value="{value}">{said}</option>' for value, said in choices.items())
    return f'<label>{name} <select id="{id_}">{options}</select></label>'


def _cards(block: Cards) -> str:
    return (
        '<p id="chosen" role="status" hidden><span></span> <button type="button" id="all">Show all rows</button></p>'
        f'<div class="cards">{"".join(map(_card, block.cards))}</div>'
    )


def _card(card: RowCard) -> str:
    change = f'<span class="label">{escaped(card.given)}</span>'
    if card.suggested:
        change += f' <span class="arrow">→</span> <span class="label">{escaped(card.suggested)}</span>'
    figures = "".join(f"<span>{escaped(name)} <b>{escaped(said)}</b></span>" for name, said in card.figures)
    picture = f'<img class="large" src="{escaped(card.picture)}" alt="{escaped(card.title)}">' if card.picture else ""
    cells = _cells(card.cells)
    reasons = "".join(f"<li>{escaped(reason)}</li>" for reason in card.reasons)
    around = f'<h4>Rows around it</h4><ul class="around">{"".join(map(_near, card.around))}</ul>' if card.around else ""
    pair = f' data-given="{escaped(card.given)}" data-suggested="{escaped(card.suggested)}"'
    pair += " data-example hidden" if card.example else ""
    return (
        f'<article class="card"{pair}><h3>{escaped(card.title)}</h3><p class="change">{change}</p>'
        f'<p class="figures">{figures}</p>{picture}{cells}<ul class="why">{reasons}</ul>{around}</article>'
    )


def _cells(cells: Sequence[tuple[str, str]]) -> str:
    """A single column as a text to read, several with their names."""
    if len(cells) == 1:
        return f'<p class="row">{escaped(cells[0][1])}</p>'
    listed = "".join(f"<dt>{escaped(name)}</dt><dd>{escaped(cell)}</dd>" for name, cell in cells)
    return f'<dl class="row">{listed}</dl>' if listed else ""


def _near(near: NearCard) -> str:
    kind = ' class="against"' if near.contradicts else ""
    picture = f'<img src="{escaped(near.picture)}" alt="">' if near.picture else ""
    text = f"<span>{escaped(near.text)}</span>" if near.text else ""
    return f"<li{kind}>{picture}<b>{escaped(near.label)}</b> {text} <small>{escaped(near.how)}</small></li>"


def _json(value: object) -> str:
    """JSON that may stand in a script element: nothing in it opens or closes an element or a comment."""
    return json.dumps(value, ensure_ascii=True, separators=(",", ":")).replace("<", "\\u003c")


WRITERS: dict[type, Callable[..., str]] = {
    Words: _words, CommandLines: _command, DataTable: _plain_table, Chart: _chart, Charts: _charts, PointMap: _map,
    Cards: _cards,
}  # fmt: skip
