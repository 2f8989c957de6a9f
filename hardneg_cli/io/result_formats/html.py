"""An offline page to review in with the keyboard; it keeps the decisions and saves them as a CSV that `apply` reads.

Pictures go into the page, made small: 10,000 of them take about 100 MB.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from hashlib import blake2b, sha256
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, BinaryIO

from hardneg_cli.errors import InputError, plural
from hardneg_cli.io.tables.images import column_of, pictures
from hardneg_cli.io.tables.json_records import Json
from hardneg_cli.io.tables.queue_columns import FILLED_IN, display_columns
from hardneg_cli.io.tables.queue_view import without_surroundings
from hardneg_cli.io.tables.text_tables import as_text, inert_json

if TYPE_CHECKING:
    import pyarrow as pa

EXTENSIONS = (".html", ".htm")
SURROUNDINGS = True
NAMED = 5  # pictures that cannot be shown
MOST_PICTURED = 400_000_000  # bytes: the longest text that Chromium knows has 512 MiB
PARTS = ("_queue.html", "_queue.css", "_queue.js", "_queue_page.js")


def write(table: pa.Table, out: BinaryIO) -> list[str]:
    """Answers what there is to say about pictures that could not be shown."""
    page, style, *scripts = (Path(__file__).with_name(name).read_text(encoding="utf-8") for name in PARTS)
    script = "".join(scripts)
    # The page may run this script and nothing else, and reach nothing: what untrusted text says cannot matter.
    allowed = base64.b64encode(sha256(script.encode()).digest()).decode()
    mark = "\0"  # in none of the parts
    filled = Template(page).substitute(style=style, script=script, allowed=allowed, facts=mark, rows=mark)
    before, between, after = filled.split(mark)
    table = without_surroundings(table)
    rows = [_json(list(row)) for row in _rows(table)]
    facts = _facts(table, rows)
    notes = _add_pictures(table, facts, rows)
    out.write(before.encode() + _json(facts) + between.encode())
    out.write(b"[")
    out.writelines((b",\n" if number else b"") + row for number, row in enumerate(rows))
    out.write(b"]" + after.encode())
    return notes


def _add_pictures(table: pa.Table, facts: dict[str, Json], rows: list[bytes]) -> list[str]:
    """Each row's picture, or why there is none, as one more cell; the cell with its path goes into the saved CSV.

    Raises InputError for more than a browser can hold.
    """
    found = column_of(table)
    if found is None:
        return []
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
        return []
    count = plural(len(troubles), "picture is", "pictures are")
    more = f" and {len(troubles) - NAMED:,} more" if len(troubles) > NAMED else ""
    return [f"{count} not shown: {', '.join(troubles[:NAMED])}{more}"]


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
    return {
        "names": names,
        "numbers": [types.is_integer(kind) or types.is_floating(kind) for kind in kinds],
        "shown": display_columns(names),
        "fillable": set(FILLED_IN) <= set(names),
        "key": f"hardneg {key.hexdigest()}",
    }


def _json(value: Json) -> bytes:
    """JSON that may stand in a script element: nothing in it opens or closes an element or a comment."""
    return inert_json(json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c"))
