"""A column of pictures: which one it is, and each of its cells as a data URI that an offline page can show.

A table says so of a column in its field's metadata, together with the folder that the paths are relative to; the cells
stay the text that they are. Pictures come from that folder and from what is below it, whatever a path or a link says:
else a table from elsewhere could have any file of the machine put into a page that goes to many.
"""

from __future__ import annotations

import base64
import io
import logging
import os
import re
import stat
import struct
import warnings
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from hardneg_cli.runtime.threads import in_order

if TYPE_CHECKING:
    import pyarrow as pa
    from PIL.Image import Image

FOLDER = b"hardneg.pictures"
LONG_SIDE = 256  # pixels of a thumbnail
QUALITY = 80  # of a JPEG thumbnail
SMALL = 1 << 13  # bytes: a file this small stays as it is if it is no larger than a thumbnail
MOST_READ = 1 << 26  # bytes of a file
MOST_INLINED = 1 << 18  # bytes of a file that goes into the page as it is
MOST_PIXELS = 1 << 26  # of a picture that must be decoded at its full size
KINDS = ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF")  # what Pillow may decode; others start programs, such as EPS
MAGIC = {
    b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpeg", b"GIF87a": "gif", b"GIF89a": "gif", b"BM": "bmp",
}  # fmt: skip
SVG = re.compile(rb"\s*(<\?xml[^>]*>\s*|<!--.*?-->\s*|<!DOCTYPE[^>]*>\s*)*<svg[\s>]", re.DOTALL)
SILENT = logging.NullHandler()
DATA_URI = re.compile(r"data:image/[a-z+.-]+[;,]", re.IGNORECASE)
BASE64 = re.compile(r"data:image/(?!svg)[a-z+.-]+;base64,", re.IGNORECASE)
ADDRESS = re.compile(r"[a-z][a-z0-9+-]+://", re.IGNORECASE)
# What Pillow's readers are known to raise for files that are cut off or not what they seem
BROKEN = (OSError, SyntaxError, ValueError, TypeError, LookupError, ArithmeticError, EOFError, struct.error, zlib.error)


@dataclass(frozen=True)
class Picture:
    """uri: a data URI, empty where there is no picture. trouble: why there is none, empty for an empty cell."""

    uri: str = ""
    trouble: str = ""


class Unusable(Exception):
    """A file that cannot be shown as a picture; the message says why."""


def marked(table: pa.Table, place: int, folder: str | Path) -> pa.Table:
    """The table with the column at `place` known to hold pictures, paths of which are relative to `folder`."""
    field = table.schema.field(place).with_metadata({FOLDER: os.fsencode(folder)})
    return table.set_column(place, field, table.column(place))


def unmarked(table: pa.Table) -> pa.Table:
    """The table without such knowledge: a file that keeps metadata would tell where it was made."""
    import pyarrow as pa

    return table.cast(pa.schema([field.remove_metadata() for field in table.schema]))


def column_of(table: pa.Table) -> tuple[str, Path] | None:
    """The column with pictures and its folder, if the table knows of one."""
    for field in table.schema:
        if field.metadata and FOLDER in field.metadata:
            return field.name, Path(os.fsdecode(field.metadata[FOLDER]))
    return None


def pictures(cells: Iterable[str | None], folder: Path) -> Iterator[Picture]:
    """A picture for each cell, in order; files are read and made small on several threads, which nobody waits for."""
    logging.getLogger("PIL").addHandler(SILENT)  # else what it logs about broken files stands on standard error
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about odd metadata; what matters is an exception
        yield from in_order(partial(picture, folder=folder), cells)


def picture(cell: str | None, folder: Path) -> Picture:
    """One cell's picture: a data URI as it is, or the file of that path as a thumbnail."""
    if not cell or not cell.strip():
        return Picture()
    if DATA_URI.match(cell):
        return Picture(_smaller(cell))
    if cell[:5].lower() == "data:" or ADDRESS.match(cell):
        return Picture(trouble="is no picture's path or data URI")
    try:
        return Picture(_embedded(_content(_within(folder, cell))))
    except Unusable as reason:
        return Picture(trouble=str(reason))
    except MemoryError:
        return Picture(trouble="takes too much memory")


def _smaller(uri: str) -> str:
    """A data URI that is too long for a page as a thumbnail; as it is where it is none, or no picture known here."""
    if len(uri) <= MOST_INLINED or not BASE64.match(uri):
        return uri
    try:
        return _embedded(base64.b64decode(uri.partition(",")[2]))
    except (ValueError, Unusable, MemoryError):
        return uri


def _within(folder: Path, cell: str) -> str:
    """The file that the cell names, once all links are followed."""
    try:
        path = os.path.realpath(folder / cell, strict=True)
    except OSError as error:
        raise Unusable((error.strerror or str(error)).lower()) from error
    except ValueError as error:  # a path with a NUL
        raise Unusable("no such file or directory") from error
    if not Path(path).is_relative_to(os.path.realpath(folder)):
        raise Unusable("is not in the data's folder")
    return path


def _content(path: str) -> bytes:
    """A regular file's bytes; a pipe or a device might have no end."""
    try:
        with open(path, "rb", opener=_without_waiting) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise Unusable("is not a file")
            if status.st_size > MOST_READ:
                raise Unusable(f"{status.st_size / 1e6:,.0f} MB are too many ({MOST_READ / 1e6:,.0f} MB at most)")
            return file.read(MOST_READ)
    except OSError as error:
        raise Unusable((error.strerror or str(error)).lower()) from error


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0))


def _embedded(content: bytes) -> str:
    if SVG.match(content[:4096].removeprefix(b"\xef\xbb\xbf")):
        return _as_it_is(content, "svg+xml")
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError:
        kind = "webp" if content[:4] == b"RIFF" and content[8:12] == b"WEBP" else _kind(content)
        if kind is None:
            raise Unusable("is no picture that browsers know") from None
        return _as_it_is(content, kind)
    try:
        return _thumbnail(content)
    except Image.DecompressionBombError as error:
        raise Unusable("has too many pixels") from error
    except UnidentifiedImageError as error:
        raise Unusable("is no picture, or of no kind that is known here") from error
    except BROKEN as error:
        raise Unusable("is a broken picture") from error


def _kind(content: bytes) -> str | None:
    return next((kind for magic, kind in MAGIC.items() if content.startswith(magic)), None)


def _as_it_is(content: bytes, kind: str) -> str:
    if len(content) > MOST_INLINED:
        hint = "" if kind == "svg+xml" else "; with hardneg-cli[images] installed it would be made smaller"
        raise Unusable(f"{len(content) / 1e3:,.0f} kB are too many ({MOST_INLINED / 1e3:,.0f} kB at most){hint}")
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def _thumbnail(content: bytes) -> str:
    """The first frame, at most LONG_SIDE pixels a side, turned as its EXIF data say; JPEG unless it is see-through."""
    from PIL import Image, ImageOps

    with Image.open(io.BytesIO(content), formats=KINDS) as image:
        kind, within = _kind(content), max(image.size) <= LONG_SIDE
        if image.width * image.height > MOST_PIXELS and kind != "jpeg":
            raise Image.DecompressionBombError
        image.thumbnail((LONG_SIDE, LONG_SIDE), reducing_gap=1.5)  # decodes a JPEG at a fraction of its size
        image.load()
        small = ImageOps.exif_transpose(image)
        if within and kind and len(content) <= SMALL:
            return _as_it_is(content, kind)
        see_through = small.has_transparency_data
        out = io.BytesIO()
        if see_through:
            small.convert("RGBA").save(out, "PNG", optimize=True)
        else:
            _plain(small).save(out, "JPEG", quality=QUALITY)
    return f"data:image/{'png' if see_through else 'jpeg'};base64,{base64.b64encode(out.getvalue()).decode()}"


def _plain(image: Image) -> Image:
    """As RGB or gray; 16 bits a pixel, which converting would cut off at white, are scaled first."""
    if image.mode.startswith("I") or image.mode == "F":
        import numpy as np
        from PIL.Image import fromarray

        pixels = np.asarray(image, np.float64)
        span = max(np.nan_to_num(pixels).max(), 255.0)
        return fromarray((np.nan_to_num(pixels).clip(0) * (255 / span)).astype(np.uint8))
    return image if image.mode == "L" else image.convert("RGB")
