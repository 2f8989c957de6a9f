"""Which columns of pictures play which part, unless others are named."""

from __future__ import annotations

import fnmatch
import glob
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from hardneg_cli.data.columns import Columns, choose
from hardneg_cli.io.files.source import Source
from hardneg_cli.io.tables import table_files
from hardneg_cli.io.tables.picture_listing import DIGEST, IMAGE, SPLIT

if TYPE_CHECKING:
    from hardneg_cli.data.dataset import Dataset


def columns_of_pictures(files: Sequence[Source], columns: Columns) -> Columns:
    """The columns, with pictures and splits of a folder of pictures, or the one column of pictures that files hold."""
    about = files[0].pictures
    if about is None:
        held = {*table_files.picture_columns(files)} - {*columns.parts().values()} if not columns.image else set()
        return replace(columns, image=held.pop()) if len(held) == 1 else columns
    splits = SPLIT if about.in_splits and columns.split is None else columns.split
    return replace(columns, image=columns.image or IMAGE, split=splits)


def no_content(files: Sequence[Source]) -> set[str]:
    """Columns that are no content: the path of a picture, which may move; its bytes are what it is."""
    return {IMAGE} if files and files[0].pictures else set()


def readable_columns(
    dataset: Dataset, names: Sequence[str], patterns: str | None, hidden: Collection[str]
) -> tuple[str, ...]:  # fmt: skip
    """Columns of content to show: those that `patterns` ask for, else these `names` but for what matches `hidden`.

    Hashes of pictures, and pictures that no one asked to be shown, tell people nothing; the pictures are shown in any
    case.
    """
    image = dataset.columns.image
    if patterns is not None:
        chosen = choose(patterns.split(","), dataset.content.column_names, "--show")
    else:
        left_out = (*hidden, *map(glob.escape, _unread(dataset.sources, dataset.columns)))
        chosen = [name for name in names if not any(fnmatch.fnmatchcase(name, one) for one in left_out)]
    return tuple(chosen) if image is None or image in chosen else (image, *chosen)


def _unread(files: Sequence[Source], columns: Columns) -> set[str]:
    """Columns that tell people nothing: hashes of pictures, and pictures in files that no one asked to be shown."""
    hashes = {DIGEST} if files and files[0].pictures else set()
    return hashes | ({*table_files.picture_columns(files)} - {columns.image})
