"""Pictures drawn into the cells of a sheet, over text that stays there and is not shown.

They lie on the sheet and move with their cells: LibreOffice does not draw what Excel places in a cell, and that would
take the place of the cell's text. Where Pillow is installed they are written anew, so that what a spreadsheet program
decodes is never a stranger's file.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from hardneg_cli.io.excel.exact_text import printable
from hardneg_cli.io.files.picture_files import Unusable, picture_bytes
from hardneg_cli.io.files.small_pictures import decoding, has_pillow, in_silence, plain, small_picture
from hardneg_cli.io.tables.images import MOST_INLINED, QUALITY, SVG
from hardneg_cli.runtime.threads import in_order

if TYPE_CHECKING:
    from xlsxwriter.image import Image
    from xlsxwriter.worksheet import Worksheet

SIDE, MARGIN = 96, 4  # pixels on the sheet
HEIGHT, WIDTH = (SIDE + 2 * MARGIN) * 0.75, (SIDE + 2 * MARGIN) / 7  # of a cell: points, digits
SAVED = 2 * SIDE  # pixels of the picture itself, for screens that show more of them
HIDDEN = ";;;"  # the format of a cell whose text is not shown
LONGEST_NAME = 255
FORMATS = ("png", "jpeg", "gif", "bmp")


@dataclass(frozen=True)
class CellPicture:
    """content: of a PNG, JPEG, GIF or BMP file, empty where there is no picture. trouble: why there is none."""

    content: bytes = b""
    trouble: str = ""


def cell_pictures(cells: Sequence[str | None], folder: Path) -> Iterator[CellPicture]:
    """A picture for each cell, in order, made on several threads."""
    with in_silence():
        yield from in_order(partial(_cell_picture, folder=folder), cells)


def draw(sheet: Worksheet, row: int, column: int, name: str, content: bytes) -> str:
    """Draw a picture into its cell, as large as fits; why it cannot be drawn, else nothing. name: for who sees none."""
    image = _image(content)
    if image is None:
        return "is no picture that spreadsheets know"
    wide, high = image.width * 96 / image.x_dpi, image.height * 96 / image.y_dpi
    scale = SIDE / max(wide, high)
    sheet.insert_image(row, column, image, {
        "x_scale": scale, "y_scale": scale, "x_offset": MARGIN + (SIDE - wide * scale) / 2,
        "y_offset": MARGIN + (SIDE - high * scale) / 2, "object_position": 1,
        "description": printable(name).replace("\n", " ").replace("\t", " ")[:LONGEST_NAME],
    })  # fmt: skip
    return ""


def _image(content: bytes) -> Image | None:
    from xlsxwriter.exceptions import XlsxWriterException
    from xlsxwriter.image import Image

    try:
        image = Image(io.BytesIO(content))
    except (XlsxWriterException, struct.error, IndexError, ValueError):  # a header that is cut off, without Pillow
        return None
    known = image.image_type.lower() in FORMATS
    return image if known and 0 < image.width < 1 << 16 and 0 < image.height < 1 << 16 else None


def _cell_picture(cell: str | None, folder: Path) -> CellPicture:
    if not cell or not cell.strip():
        return CellPicture()
    try:
        return CellPicture(_drawable(picture_bytes(cell, folder)))
    except Unusable as reason:
        return CellPicture(trouble=str(reason))
    except MemoryError:
        return CellPicture(trouble="takes too much memory")


def _drawable(content: bytes) -> bytes:
    if SVG.match(content[:4096].removeprefix(b"\xef\xbb\xbf")):
        raise Unusable("is an SVG picture, which is not drawn on a sheet")
    if has_pillow():
        return _anew(content)
    if len(content) > MOST_INLINED:
        raise Unusable(f"{len(content) / 1e3:,.0f} kB are too many ({MOST_INLINED / 1e3:,.0f} kB at most)")
    return content


def _anew(content: bytes) -> bytes:
    """As PNG, or JPEG where it was one; tiny pictures are made larger, each pixel a square."""
    from PIL.Image import Resampling

    with decoding():
        small, _ = small_picture(content, SAVED)
        shown = small.convert("RGBA") if small.has_transparency_data else plain(small)
        times = SAVED // max(shown.size)
        if times > 1:
            shown = shown.resize((shown.width * times, shown.height * times), Resampling.NEAREST)
        out = io.BytesIO()
        if content[:2] == b"\xff\xd8":
            shown.convert("RGB").save(out, "JPEG", quality=QUALITY)
        else:
            shown.save(out, "PNG", optimize=True)
    return out.getvalue()
