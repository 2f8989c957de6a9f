"""Pictures in a terminal: two pixels a cell, one above the other; by shades of characters where colors are few.

What a picture is and which files may be read, `io/files/picture_files.py` says. Nothing is written but cells, so that
every terminal can show it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from textual.color import Color
from textual.content import Content, Span
from textual.style import Style

from hardneg_cli.io.files.picture_files import DATA_URI, Unusable, picture_bytes
from hardneg_cli.io.files.small_pictures import PILLOW, decoding, has_pillow, in_silence, plain, small_picture

if TYPE_CHECKING:
    from PIL.Image import Image

    Seen: TypeAlias = Image | str  # a picture, or why there is none

SIDE = 160  # pixels that are kept of a picture's longer side
SHADES = " .:-=+*#%@"
PAPER = (255, 255, 255)  # what is behind a picture that is seen through


@dataclass(frozen=True)
class PictureCells:
    """Which cells are pictures: those of the `column`, where there is one, whose paths are relative to `folder`.

    A data URI of a picture is one in any column.
    """

    column: str | None = None
    folder: Path | None = None

    def is_picture(self, name: str, cell: str) -> bool:
        return bool(cell.strip()) and (name == self.column or DATA_URI.match(cell) is not None)

    def read(self, cell: str) -> Seen:
        """Takes as long as reading and decoding a file does."""
        if not has_pillow():
            return PILLOW
        if self.folder is None and not DATA_URI.match(cell):
            return "pictures in files are shown where --data names the data"
        try:
            with in_silence():
                content = picture_bytes(cell, self.folder or Path())
                with decoding():
                    return _opaque(small_picture(content, SIDE)[0])
        except Unusable as reason:
            return str(reason)
        except MemoryError:
            return "takes too much memory"


def picture_lines(image: Image, columns: int, lines: int, *, shaded: bool) -> list[Content]:
    """The picture in at most so many columns and lines. Small ones grow by whole numbers, so that pixels stay pixels.

    shaded: by characters, from dark to light, as colors are few.
    """
    from PIL.Image import Resampling

    wide, high = columns, 2 * lines
    scale = min(wide / image.width, high / image.height)
    grown = int(scale) if scale >= 1 else scale
    size = max(round(image.width * grown), 1), max(round(image.height * grown), 1)
    small = image.resize(size, Resampling.NEAREST if scale >= 1 else Resampling.LANCZOS)
    if shaded:
        small = small.convert("L").resize((size[0], -(-size[1] // 2)), Resampling.BOX)
        values = small.tobytes()
        return [
            Content("".join(SHADES[value * len(SHADES) // 256] for value in values[start : start + size[0]]))
            for start in range(0, len(values), size[0])
        ]
    raw = small.convert("RGB").tobytes()
    rows = [raw[start : start + 3 * size[0]] for start in range(0, len(raw), 3 * size[0])]
    return [_line(rows[at], rows[at + 1] if at + 1 < len(rows) else None) for at in range(0, len(rows), 2)]


def _line(above: bytes, below: bytes | None) -> Content:
    """Upper half blocks: the letters' color is the upper pixel, the background the lower one."""
    cells = [above[at : at + 3] + (below[at : at + 3] if below else b"") for at in range(0, len(above), 3)]
    return Content("▀" * len(cells), list(_spans(cells)))


def _spans(cells: list[bytes]) -> Iterator[Span]:
    start = 0
    for at in range(1, len(cells) + 1):
        if at == len(cells) or cells[at] != cells[start]:
            yield Span(start, at, _style(cells[start]))
            start = at


@lru_cache(1 << 14)
def _style(pixels: bytes) -> Style:
    above, below = pixels[:3], pixels[3:]
    return Style(foreground=Color(*above), background=Color(*below) if below else None)


def _opaque(image: Image) -> Image:
    from PIL.Image import alpha_composite, new

    if not image.has_transparency_data:
        return plain(image).convert("RGB")
    seen = image.convert("RGBA")
    return alpha_composite(new("RGBA", seen.size, (*PAPER, 255)), seen).convert("RGB")
