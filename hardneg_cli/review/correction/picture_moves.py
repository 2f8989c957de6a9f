"""What a correction does to a folder of pictures: which of them get another path, and which are set aside.

A picture's class is the subfolder that it stands in, so that another label is another path. Where that is taken, the
name gets a number. A dropped picture goes to a folder beside the data, `<data>.dropped`.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.errors import InputError, quote
from hardneg_cli.io.files.file_names import folded, trouble_of, with_slashes
from hardneg_cli.io.files.folders import companion
from hardneg_cli.io.files.picture_folder import names_in
from hardneg_cli.io.files.source import PictureListing, Source
from hardneg_cli.io.tables import table_files
from hardneg_cli.io.tables.picture_listing import DIGEST, FILE_NAME, IMAGE, LABEL, class_place
from hardneg_cli.io.tables.table_files import CellEdits, ReadRequest
from hardneg_cli.review.correction.provenance import RowChange

ASIDE = ".dropped"
LONGEST_NAME = 255  # bytes


@dataclass(frozen=True)
class PictureMove:
    """A picture with this hash. before, after: its paths below the folder; None: it stands `aside`, beside the folder.

    At least one of them is a path; `aside` is one where the other is None, and only then.
    """

    before: str | None
    after: str | None
    aside: str | None
    sha256: str

    @property
    def back(self) -> PictureMove:
        return PictureMove(self.after, self.before, self.aside, self.sha256)


@dataclass(frozen=True)
class FolderCorrection:
    """moves: by row, in their order. edits: of the metadata files, by path, one column after the other."""

    folder: Path
    moves: Mapping[int, PictureMove]
    edits: Mapping[str, tuple[CellEdits, ...]]


def aside_of(folder: str | Path) -> Path:
    """Where dropped pictures of a folder go."""
    return companion(folder, ASIDE)


def folder_correction(
    dataset: Dataset, about: PictureListing, changes: Sequence[RowChange], mark: str | None
) -> FolderCorrection:  # fmt: skip
    """Raises InputError for a class that no folder can be called, and for metadata that cannot say what is to be."""
    wanted = ReadRequest(text=(IMAGE, DIGEST))
    rows = [row for batch in table_files.read(dataset.sources, wanted) for row in batch.to_pylist()]
    names = names_in(str(about.folder))
    taken = {folded(path) for path in (*names.pictures, *names.metadata, *names.others)}
    set_aside = {folded(path) for path in _below(aside_of(about.folder))}
    moves: dict[int, PictureMove] = {}
    for change in sorted(changes, key=lambda one: str(rows[one.index][IMAGE])):
        path, digest = rows[change.index][IMAGE], rows[change.index][DIGEST]
        if change.action == "drop":
            if mark is None:
                moves[change.index] = PictureMove(path, None, _free(path, set_aside), digest)
            continue
        target = _target(dataset, about, path, change)
        if target != path:
            moves[change.index] = PictureMove(path, _free(target, taken), None, digest)
    ordered = {row: moves[row] for row in sorted(moves)}
    edits = _metadata_edits(dataset, about, changes, ordered, mark)
    return FolderCorrection(about.folder, ordered, edits)


def written(dataset: Dataset, label: str) -> str:
    """The class as the data write it."""
    return label if dataset.numbered is None else dataset.numbered.number(label, dataset.columns.label)


def _target(dataset: Dataset, about: PictureListing, path: str, change: RowChange) -> str:
    """The path under the new label; the same where the subfolder says another thing than the label does."""
    place = class_place(path, in_splits=about.in_splits)
    parts = path.split("/")
    if place is None or dataset.columns.label != LABEL:
        return path
    if parts[place] == written(dataset, change.before):
        parts[place] = _folder_name(written(dataset, change.after or ""))
    elif parts[place] == change.before:  # the metadata write it as a number, and the folder is called by name
        parts[place] = _folder_name(change.after or "")
    return "/".join(parts)


def _folder_name(label: str) -> str:
    """Raises InputError for a class that cannot be the name of a subfolder, or would not be read back as a class."""
    trouble = ""
    if not label.strip() or "/" in label or "\0" in label:
        trouble = "it is blank, or has a '/' in it"
    elif label.startswith((".", "__")):
        trouble = "what begins with '.' or '__' counts as hidden"
    elif len(label.encode(errors="surrogatepass")) > LONGEST_NAME:
        trouble = "it is too long"
    else:
        trouble = trouble_of(label)
    if trouble:
        raise InputError(f"the class {quote(label)} cannot be the name of a subfolder: {trouble}")
    return label


def _free(path: str, taken: set[str]) -> str:
    """The path, with a number from 2 on if there is such a one; it is taken then."""
    stem, suffix = posixpath.splitext(path)
    found, number = path, 1
    while folded(found) in taken:
        number += 1
        found = f"{stem}-{number}{suffix}"
    taken.add(folded(found))
    return found


def _below(folder: Path) -> list[str]:
    """The paths of all files below a folder, if there is one."""
    return [
        with_slashes(os.path.relpath(os.path.join(place, name), folder))
        for place, _, names in os.walk(folder)
        for name in names
    ]


def _metadata_edits(
    dataset: Dataset, about: PictureListing, changes: Sequence[RowChange], moves: Mapping[int, PictureMove],
    mark: str | None,
) -> dict[str, tuple[CellEdits, ...]]:  # fmt: skip
    """The edits of each metadata file: the labels, then the paths and the rows that go."""
    by_row = {change.index: change for change in changes}
    column = dataset.columns.label
    named = {row for rows in about.metadata.values() for row in rows}
    dropped = [change for change in changes if change.action == "drop"]
    if mark and any(change.index not in named for change in dropped):
        raise InputError(f"{dataset.name}: dropped pictures are marked in a metadata file, and none names one of them")
    found: dict[str, tuple[CellEdits, ...]] = {}
    for path, rows in about.metadata.items():
        source = Source(str(about.folder / path), about.folder / path)
        columns = table_files.columns([source])
        if mark in columns:
            raise InputError(f"{source.name}: there is a column {quote(mark)} already: use --on-drop remove")
        here = {place: by_row[row] for place, row in enumerate(rows) if row in by_row}
        labels = {place: one for place, one in here.items() if one.after is not None and column in columns}
        edits = [
            CellEdits(
                column, {place: written(dataset, one.after or "") for place, one in labels.items()},
                expect={place: written(dataset, one.before) for place, one in labels.items()},
            )
        ] if labels else []  # fmt: skip
        paths = {
            place: _from_there(source, path, moves[rows[place]].after) for place, one in here.items()
            if one.action != "drop" and rows[place] in moves
        }  # fmt: skip
        gone = frozenset(place for place, one in here.items() if one.action == "drop")
        if paths or gone or (mark and dropped):
            edits.append(CellEdits(FILE_NAME, paths, gone, mark if dropped else None))
        if edits:
            found[path] = tuple(edits)
    return found


def _from_there(source: Source, path: str, target: str | None) -> str:
    """A picture's path below the metadata file's folder. Raises InputError for one that is elsewhere."""
    folder = posixpath.dirname(path)
    found = target or ""
    if folder and not found.startswith(f"{folder}/"):
        raise InputError(
            f"{source.name}: cannot name {quote(found)}, which is not in its folder: keep one metadata file above the "
            "classes"
        )
    return found.removeprefix(f"{folder}/") if folder else found
