"""An offline page to review in with the keyboard; it keeps the decisions and saves them as a CSV that `apply` reads."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from hashlib import blake2b, sha256
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any, BinaryIO

from hardneg_cli.findings import FILLED_IN, LEADING, TRAILING
from hardneg_cli.lines import UNSEEN, as_text

if TYPE_CHECKING:
    import pyarrow as pa

EXTENSIONS = (".html", ".htm")
PARTS = ("_queue.html", "_queue.css", "_queue.js", "_queue_page.js")


def write(table: pa.Table, out: BinaryIO) -> None:
    page, style, *scripts = (Path(__file__).with_name(name).read_text(encoding="utf-8") for name in PARTS)
    script = "".join(scripts)
    # The page may run this script and nothing else, and reach nothing: what untrusted text says cannot matter.
    allowed = base64.b64encode(sha256(script.encode()).digest()).decode()
    mark = "\0"  # in none of the parts
    filled = Template(page).substitute(style=style, script=script, allowed=allowed, facts=mark, rows=mark)
    before, between, after = filled.split(mark)
    rows = [_json(list(row)) for row in _rows(table)]
    out.write(before.encode() + _json(_facts(table, rows)) + between.encode())
    out.write(b"[" + b",\n".join(rows) + b"]" + after.encode())


def _rows(table: pa.Table) -> Iterator[tuple[str, ...]]:
    """Cells as the CSV has them, because they become one."""
    for batch in as_text(table).to_batches(max_chunksize=1 << 14):
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _facts(table: pa.Table, rows: list[bytes]) -> dict[str, Any]:
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
        "shown": [name for name in names if name not in (*LEADING, *TRAILING)],
        "fillable": set(FILLED_IN) <= set(names),
        "key": f"hardneg {key.hexdigest()}",
    }


def _json(value: Any) -> bytes:
    """JSON that may stand in a script element: nothing in it opens or closes an element or a comment."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return UNSEEN.sub(lambda found: f"\\u{ord(found.group()):04x}", text).encode()
