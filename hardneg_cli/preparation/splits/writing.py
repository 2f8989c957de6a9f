"""A dataset written with the column that says which part a row is of; all else in it stays as it is."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.errors import InputError, listing
from hardneg_cli.io.files import folders
from hardneg_cli.io.files.file_names import trouble_of
from hardneg_cli.io.tables.class_labels import info_with_text_column
from hardneg_cli.io.tables.frames import Frame, like
from hardneg_cli.io.tables.table_files import CellEdits
from hardneg_cli.review.correction.picture_folders import FolderRewrite, write_new
from hardneg_cli.review.correction.picture_moves import PictureMove
from hardneg_cli.review.correction.rewrite import (
    FileCorrection,
    FileRewrite,
    GivenBytes,
    Stamp,
    beside,
    confirm_output,
    write,
)


def write_parts(
    dataset: Dataset, data: str, parts: Sequence[str], column: str, seen: Mapping[str, Stamp],
    output: str | Path | BinaryIO | None,
) -> None:  # fmt: skip
    """Write the data with the parts of its rows to `output`, or (None) over themselves.

    Rows that were left out as bad ones have none. Raises InputError for what cannot be written.
    """
    files: list[FileRewrite] = [*_rewritings(dataset, parts, column, seen)]
    said = f"{column} {' '.join(parts)}"
    for one in beside(data, said) if os.path.isdir(data) else ():
        if Path(one.source.name).name == folders.INFO and column not in dataset.all_columns:
            content = info_with_text_column(Path(one.source.name).read_bytes(), column)
            files.append(GivenBytes(one.source, content, one.seen))
        else:
            files.append(one)
    write(files, output, None, folder_of=data)


def with_parts(dataset: Dataset, data: Frame, parts: Sequence[str], column: str) -> Frame:
    """A frame with the parts of its rows."""
    import pyarrow as pa

    out = io.BytesIO()
    (rewriting,) = _rewritings(dataset, parts, column, {})
    rewriting.write(out, None)
    return like(data, pa.ipc.open_file(pa.py_buffer(out.getbuffer())).read_all())


def write_picture_folders(dataset: Dataset, parts: Sequence[str], output: str | Path) -> None:
    """The folder of pictures as a new one, with a folder for each part and the classes in it.

    Raises InputError for folders that have parts already, or metadata files, which name pictures by their paths.
    """
    about = dataset.sources[0].pictures
    assert about is not None
    if about.in_splits or about.metadata:
        what = (
            "stands in folders called like splits" if about.in_splits else "has metadata files, which name its pictures"
        )
        raise InputError(f"{dataset.name}: {what}, so none is moved: write a table, as in -o splits.csv")
    if odd := sorted({part for part in parts if trouble_of(part) or part.startswith(".")}):
        raise InputError(f"{dataset.name}: no folder can be called {listing(odd)}: write a table, as in -o splits.csv")
    confirm_output(str(about.folder), 1, output, "split them")
    digests = dataset.texts(["sha256"])["sha256"].to_pylist()
    moves = [
        PictureMove(path, f"{part}/{path}", None, digest)
        for path, part, digest in zip(dataset.texts(["image"])["image"].to_pylist(), parts, digests, strict=True)
    ]
    emptied = sorted({parent.as_posix() for move in moves for parent in Path(move.before or "").parents[:-1]})
    write_new(FolderRewrite(about.folder, moves, {}, emptied), output, None)


def _rewritings(dataset: Dataset, parts: Sequence[str], column: str, seen: Mapping[str, Stamp]) -> list[FileCorrection]:
    """Each file of the dataset with its rows' parts."""
    cells = [""] * dataset.rows_read
    for row, part in zip(dataset.positions.tolist(), parts, strict=True):
        cells[row] = part
    edits = CellEdits(column, {}, encoding=dataset.encoding, skip_ragged=not dataset.whole)
    found, start = [], 0
    for source, rows in zip(dataset.sources, dataset.rows_of_files, strict=True):
        own = cells[start : start + rows]
        start += rows
        if column in dataset.all_columns:
            changes = {row: part for row, part in enumerate(own) if part}
            here = replace(edits, cells=changes)
        else:
            beside_it = next(name for name in dataset.all_columns if name not in dict(source.partition))
            here = replace(edits, column=beside_it, mark=column, marks=own)
        found.append(FileCorrection(source, here, seen.get(source.name)))
    return found
