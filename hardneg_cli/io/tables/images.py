"""A column of pictures: which one it is, and each of its cells as a data URI that an offline page can show.

A table says so of a column in its field's metadata, together with the folder that the paths are relative to; the cells
stay the text that they are. Which files may be read, `io/files/picture_files.py` says: a page goes to many.
"""

from __future__ import annotations

import base64
import io
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from hardneg_cli.io.files.picture_files import DATA_URI, Unusable, picture_bytes
from hardneg_cli.io.files.small_pictures import decoding, has_pillow, in_silence, plain, small_picture
from hardneg_cli.runtime.threads import in_order

if TYPE_CHECKING:
    import pyarrow as pa

FOLDER = b"hardneg.pictures"
HUGGING_FACE = b"huggingface"  # whose metadata a table may have
LONG_SIDE = 256  # pixels of a row's picture
THUMBNAIL = 96  # and of a picture beside it
QUALITY = 80  # of a JPEG thumbnail
SMALL = 1 << 13  # bytes: a file this small stays as it is if it is no larger than a thumbnail
MOST_INLINED = 1 << 18  # bytes of a file that goes into the page as it is
MAGIC = {
    b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpeg", b"GIF87a": "gif", b"GIF89a": "gif", b"BM": "bmp",
}  # fmt: skip
SVG = re.compile(rb"\s*(<\?xml[^>]*>\s*|<!--.*?-->\s*|<!DOCTYPE[^>]*>\s*)*<svg[\s>]", re.DOTALL)
BASE64 = re.compile(r"data:image/(?!svg)[a-z+.-]+;base64,", re.IGNORECASE)


@dataclass(frozen=True)
class Picture:
    """uri: a data URI, empty where there is no picture. trouble: why there is none, empty for an empty cell."""

    uri: str = ""
    trouble: str = ""


def marked(table: pa.Table, place: int, folder: str | Path) -> pa.Table:
    """The table with the column at `place` known to hold pictures, paths of which are relative to `folder`."""
    field = table.schema.field(place).with_metadata({FOLDER: os.fsencode(folder)})
    return table.set_column(place, field, table.column(place))


def unmarked(table: pa.Table) -> pa.Table:
    """The table without such knowledge: a file that keeps metadata would tell where it was made.

    What Hugging Face's libraries know of its columns stays, names of classes among it.
    """
    import pyarrow as pa

    known = {key: value for key, value in (table.schema.metadata or {}).items() if key == HUGGING_FACE}
    return table.cast(pa.schema([field.remove_metadata() for field in table.schema], known or None))


def column_of(table: pa.Table) -> tuple[str, Path] | None:
    """The column with pictures and its folder, if the table knows of one."""
    for field in table.schema:
        if field.metadata and FOLDER in field.metadata:
            return field.name, Path(os.fsdecode(field.metadata[FOLDER]))
    return None


def pictures(cells: Iterable[str | None], folder: Path, side: int = LONG_SIDE) -> Iterator[Picture]:
    """A picture for each cell, in order; files are read and made small on several threads, which nobody waits for.

    side: the most pixels a side.
    """
    with in_silence():
        yield from in_order(partial(picture, folder=folder, side=side), cells)


def picture(cell: str | None, folder: Path, side: int = LONG_SIDE) -> Picture:
    """One cell's picture: a data URI as it is unless it is long, or the file of that path made small."""
    if not cell or not cell.strip():
        return Picture()
    if DATA_URI.match(cell):
        return Picture(_smaller(cell, side))
    try:
        return Picture(_embedded(picture_bytes(cell, folder), side))
    except Unusable as reason:
        return Picture(trouble=str(reason))
    except MemoryError:
        return Picture(trouble="takes too much memory")


def _smaller(uri: str, side: int) -> str:
    """A data URI that is too long for a page made small; as it is where it is short, or no picture known here."""
    most = MOST_INLINED if side >= LONG_SIDE else SMALL
    if len(uri) <= most or not BASE64.match(uri):
        return uri
    try:
        return _embedded(base64.b64decode(uri.partition(",")[2]), side)
    except (ValueError, Unusable, MemoryError):
        return uri


def _embedded(content: bytes, side: int) -> str:
    if SVG.match(content[:4096].removeprefix(b"\xef\xbb\xbf")):
        return _as_it_is(content, "svg+xml")
    if has_pillow():
        with decoding():
            return _thumbnail(content, side)
    kind = "webp" if content[:4] == b"RIFF" and content[8:12] == b"WEBP" else _kind(content)
    if kind is None:
        raise Unusable("is no picture that browsers know")
    return _as_it_is(content, kind)


def _kind(content: bytes) -> str | None:
    return next((kind for magic, kind in MAGIC.items() if content.startswith(magic)), None)


def _as_it_is(content: bytes, kind: str) -> str:
    if len(content) > MOST_INLINED:
        hint = "" if kind == "svg+xml" else "; with hardneg-cli[images] installed it would be made smaller"
        raise Unusable(f"{len(content) / 1e3:,.0f} kB are too many ({MOST_INLINED / 1e3:,.0f} kB at most){hint}")
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def _thumbnail(content: bytes, side: int) -> str:
    """JPEG unless it is see-through."""
    small, size = small_picture(content, side)
    kind = _kind(content)
    if max(size) <= side and kind and len(content) <= SMALL:
        return _as_it_is(content, kind)
    see_through = small.has_transparency_data
    out = io.BytesIO()
    if see_through:
        small.convert("RGBA").save(out, "PNG", optimize=True)
    else:
        plain(small).save(out, "JPEG", quality=QUALITY)
    return f"data:image/{'png' if see_through else 'jpeg'};base64,{base64.b64encode(out.getvalue()).decode()}"
