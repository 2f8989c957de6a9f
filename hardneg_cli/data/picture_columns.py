"""Which columns of a listed folder of pictures play which part, unless others are named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from hardneg_cli.data.columns import Columns
from hardneg_cli.io.files.source import Source
from hardneg_cli.io.tables.picture_listing import DIGEST, IMAGE, SPLIT

if TYPE_CHECKING:
    import pyarrow as pa

DATA_URI, LOOKED_AT = "data:image/", 100


def columns_of_pictures(files: Sequence[Source], columns: Columns) -> Columns:
    """The columns, with the pictures and the splits of a folder of pictures; those of other data as they are."""
    about = files[0].pictures if files else None
    if about is None:
        return columns
    splits = SPLIT if about.in_splits and columns.split is None else columns.split
    return replace(columns, image=columns.image or IMAGE, split=splits)


def no_content(files: Sequence[Source]) -> set[str]:
    """Columns that are no content: the path of a picture, which may move; its bytes are what it is."""
    return {IMAGE} if files and files[0].pictures else set()


def unread(files: Sequence[Source], content: pa.Table) -> set[str]:
    """Columns of the content that tell people nothing: hashes of pictures, and pictures as text."""
    hashes = {DIGEST} if files and files[0].pictures else set()
    return hashes | {name for name in content.column_names if _holds_pictures(content[name])}


def _holds_pictures(column: pa.ChunkedArray) -> bool:
    """Told by the first cell that holds anything, among some."""
    first = next((cell for cell in column.slice(0, LOOKED_AT).to_pylist() if cell), "")
    return first.startswith(DATA_URI)
