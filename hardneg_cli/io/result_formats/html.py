"""An offline page to review in with the keyboard; it keeps the decisions and saves them as a CSV that `apply` reads.

Each row stands there with its labels, the reasons, its twins and its nearest rows. Pictures go into the page, made
small: 10,000 of them take about 100 MB.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b, sha256
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, BinaryIO

from hardneg_cli.errors import InputError, plural
from hardneg_cli.io.tables.images import THUMBNAIL, column_of, pictures
from hardneg_cli.io.tables.json_records import Json
from hardneg_cli.io.tables.queue_columns import FILLED_IN, display_columns
from hardneg_cli.io.tables.queue_view import is_unaided, view_of, without_surroundings
from hardneg_cli.io.tables.shared_surroundings import Quoted, shared_surroundings
from hardneg_cli.io.tables.text_tables import as_text, inert_json

if TYPE_CHECKING:
    import pyarrow as pa

EXTENSIONS = (".html", ".htm")
SURROUNDINGS = True
NAMED = 5  # pictures that cannot be shown
MOST_PICTURED = 400_000_000  # bytes: the longest text that Chromium knows has 512 MiB
PAGE, STYLE = "_queue.html", "_queue.css"
SCRIPTS = (
    "_queue.js", "_queue_words.js", "_queue_filter.js", "_queue_save.js", "_queue_draw.js", "_queue_list.js",
    "_queue_row.js", "_queue_around.js", "_queue_answer.js", "_queue_page.js",
)  # fmt: skip


def write(table: pa.Table, out: BinaryIO) -> list[str]:
    """Answers what there is to say about pictures that could not be shown."""
    script = "".join(map(_part, SCRIPTS))
    # The page may run this script and nothing else, and reach nothing: what untrusted text says cannot matter.
    allowed = base64.b64encode(sha256(script.encode()).digest()).decode()
    places = dict.fromkeys(("facts", "rows", "others", "around", "thumbs"), "\0")  # in none of the parts
    filled = Template(_part(PAGE)).substitute(style=_part(STYLE), script=script, allowed=allowed, **places)
    texts = iter(filled.encode().split(b"\0"))
    shared = shared_surroundings(table)
    plain = without_surroundings(table)
    rows = [_json(list(row)) for row in _rows(plain)]
    facts = _facts(plain, rows)
    notes, room = _add_pictures(plain, facts, rows)
    thumbs, others, more = _pictured(plain, shared.rows, room)
    out.write(next(texts) + _json(facts) + next(texts) + b"[")
    _write_lines(out, rows, b",\n")
    out.write(b"]")
    for lines in (others, map(_json, shared.around), thumbs):
        out.write(next(texts))
        _write_lines(out, lines, b"\n")
    out.write(next(texts))
    return [*notes, *more]


def _part(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def _write_lines(out: BinaryIO, lines: Iterable[bytes], between: bytes) -> None:
    out.writelines((between if number else b"") + line for number, line in enumerate(lines))


def _add_pictures(table: pa.Table, facts: dict[str, Json], rows: list[bytes]) -> tuple[list[str], int]:
    """Each row's picture, or why there is none, as one more cell; the cell with its path goes into the saved CSV.

    Answers what there is to say, and how many bytes are left. Raises InputError for more than a browser can hold.
    """
    found = column_of(table)
    if found is None:
        return [], MOST_PICTURED
    name, folder = found
    facts["picture"] = name
    troubles: list[str] = []
    size = 0
    cells = table[name].to_pylist()
    for place, picture in enumerate(pictures(cells, folder)):
        rows[place] = rows[place][:-1] + b"," + _json(picture.uri or picture.trouble) + b"]"
        size += len(picture.uri)
        if size > MOST_PICTURED:
            raise InputError(
                f"html: the pictures of {place + 1:,} of {len(rows):,} rows are more than a browser takes "
                f"({MOST_PICTURED / 1e6:,.0f} MB); ask for fewer rows, with --limit or --budget"
            )
        if picture.trouble:
            troubles.append(f"{cells[place]} ({picture.trouble})")
    if not troubles:
        return [], MOST_PICTURED - size
    count = plural(len(troubles), "picture is", "pictures are")
    more = f" and {len(troubles) - NAMED:,} more" if len(troubles) > NAMED else ""
    return [f"{count} not shown: {', '.join(troubles[:NAMED])}{more}"], MOST_PICTURED - size


def _pictured(table: pa.Table, others: Sequence[Quoted], room: int) -> tuple[list[bytes], list[bytes], list[str]]:
    """The thumbnails of the rows around, these rows with the place of their picture, and what there is to say.

    A picture that is a row's of the queue stands there already: its place is told from the end, -1 for the first row.
    """
    found = column_of(table)
    own = {} if found is None else {cell: -1 - row for row, cell in reversed([*enumerate(table[found[0]].to_pylist())])}
    cells = (
        [] if found is None else [cell for cell in dict.fromkeys(row[3] for row in others) if cell and cell not in own]
    )
    thumbs: list[bytes] = []
    place: dict[str, int] = dict(own)
    for cell, picture in zip(cells, pictures(cells, found[1] if found else Path(), THUMBNAIL), strict=False):
        room -= len(picture.uri)
        if room < 0:
            break
        if picture.uri:
            place[cell] = len(thumbs)
            thumbs.append(_json(picture.uri))
    told = [_json([*row[:3], place.get(row[3]) if row[3] else None]) for row in others]
    if room >= 0:
        return thumbs, told, []
    left = plural(len(cells) - len(thumbs), "thumbnail of a near row is", "thumbnails of near rows are")
    return thumbs, told, [f"{left} left out: with them there are more pictures than a browser takes"]


def _rows(table: pa.Table) -> Iterator[tuple[str, ...]]:
    """Cells as the CSV has them, because they become one."""
    for batch in as_text(table).to_batches(max_chunksize=1 << 14):
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _facts(table: pa.Table, rows: list[bytes]) -> dict[str, Json]:
    """What the page must know about the columns, and the name under which the browser keeps this queue's decisions."""
    from pyarrow import types

    names = table.column_names
    key = blake2b(_json(names), digest_size=12)
    for row in rows:
        key.update(row)
    kinds = [table[name].type for name in names]
    view = view_of(table)
    return {
        "dataset": Path(view.dataset).name or view.dataset,  # where it lies is nobody else's business
        "names": names,
        "numbers": [types.is_integer(kind) or types.is_floating(kind) for kind in kinds],
        "shown": display_columns(names),
        "classes": list(view.classes),
        "fillable": set(FILLED_IN) <= set(names),
        "unaided": is_unaided(table),
        "key": f"hardneg {key.hexdigest()}",
    }


def _json(value: Json) -> bytes:
    """JSON that may stand in a script element: nothing in it opens or closes an element or a comment."""
    return inert_json(json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c"))
