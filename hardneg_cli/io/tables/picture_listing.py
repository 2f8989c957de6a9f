"""A folder of pictures as a table: one row a picture, its class the subfolder that it stands in.

The columns are `id` and `image`, both the path below the folder, `label`, `sha256` of the picture's bytes, `split`
where the classes stand in folders that are called like splits (as `datasets` tells them), and those of the metadata
files. These are called metadata.csv, .jsonl or .parquet, may stand in any folder, and say by `file_name` which picture
a row is about: its path from there. A column `label` of theirs goes before the subfolders. The rows are in the order
that `datasets` gives them, in which arrays of probabilities come: that of the metadata, else that of the paths.
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hardneg_cli.errors import InputError, listing, plural, quote
from hardneg_cli.io.files.picture_folder import FolderNames, PictureFile, hashed, names_in, readable, regular
from hardneg_cli.io.files.source import PictureListing, Source
from hardneg_cli.io.tables import table_files
from hardneg_cli.io.tables.frames import in_memory
from hardneg_cli.io.tables.table_files import ReadRequest

ID, LABEL, IMAGE, DIGEST, SPLIT, FILE_NAME = "id", "label", "image", "sha256", "split", "file_name"
RENAMED = "metadata_"
# datasets/data_files.py, SPLIT_KEYWORDS: such a word, alone or parted from the rest by one of these signs
SPLITS = {
    "train": "train", "training": "train", "validation": "validation", "valid": "validation", "dev": "validation",
    "val": "validation", "test": "test", "testing": "test", "eval": "test", "evaluation": "test",
}  # fmt: skip
SPLIT_WORD = re.compile(rf"(?:^|[-._ 0-9])({'|'.join(sorted(SPLITS, key=len, reverse=True))})(?:$|[-._ 0-9])")


@dataclass(frozen=True)
class _Metadata:
    """What metadata files say. columns: by name, the cells of each named picture. files: the paths that each names."""

    columns: Mapping[str, Mapping[str, str | None]]
    files: Mapping[str, tuple[str, ...]]

    @property
    def named(self) -> set[str]:
        return {*self.in_order}

    @property
    def in_order(self) -> list[str]:
        return [path for paths in self.files.values() for path in paths]


def listing_of(name: str) -> Source:
    """The list of a folder of pictures, as an Arrow file in memory. O(bytes of the pictures)."""
    names = names_in(name)
    metadata = [(path, Source(str(Path(name, path)), regular(name, path))) for path in names.metadata]
    return listed(name, hashed(name, names.pictures), metadata, _notes(name, names))


def listed(
    name: str, pictures: Iterable[PictureFile], files: Sequence[tuple[str, Source]], notes: Sequence[str] = ()
) -> Source:  # fmt: skip
    """The list of these pictures, with what the metadata files, by their paths, say of them.

    Raises InputError for metadata that cannot be read or name files that cannot be meant.
    """
    import pyarrow as pa

    metadata = _read_metadata(files)
    found = {one.path: one for one in pictures}
    named = metadata.named
    lost = {path: PictureFile(path, trouble="a metadata file names it, and it is not there") for path in named}
    known = lost | found
    rows = [known[path] for path in dict.fromkeys([*metadata.in_order, *sorted(known)])]
    number = {one.path: row for row, one in enumerate(rows)}
    labels, splits = _placed([one.path for one in rows], has_labels=LABEL in metadata.columns)
    columns: dict[str, list[str | None]] = {
        ID: [*number],
        LABEL: labels,
        IMAGE: [*number],
        DIGEST: [one.sha256 for one in rows],
    }
    columns |= {SPLIT: splits} if splits else {}
    renamed = {one: RENAMED + one for one in metadata.columns if one in columns and one != LABEL}
    for column, cells in metadata.columns.items():
        columns[renamed.get(column, column)] = [cells.get(path) for path in number]
    troubles = {row: one.trouble for row, one in enumerate(rows) if one.trouble}
    why = "has no label in a metadata file" if LABEL in metadata.columns else "stands in no subfolder, its class"
    unlabeled = {row: why for row, label in enumerate(columns[LABEL]) if not (label or "").strip()}
    if unnamed := [one.path for one in rows if one.path not in named] if metadata.files else []:
        notes = (*notes, f"{name}: {plural(len(unnamed), 'picture')} in no metadata file: {listing(unnamed, 3)}")
    about = PictureListing(
        Path(name), troubles, unlabeled, tuple(notes),
        {file: tuple(number[path] for path in paths) for file, paths in metadata.files.items()}, renamed,
        in_splits=bool(splits),
    )  # fmt: skip
    table = pa.table({column: pa.array(cells, pa.string()) for column, cells in columns.items()})
    return replace(in_memory(table, name), pictures=about)


def class_place(path: str, *, in_splits: bool) -> int | None:
    """Which part of a picture's path is its class; None for a picture that stands in no such folder."""
    place = 1 if in_splits else 0
    return place if path.count("/") > place else None


def _placed(paths: Sequence[str], *, has_labels: bool) -> tuple[list[str | None], list[str | None]]:
    """The class of each picture by its folder, and its split; no splits where the folders are not called so."""
    parts = [path.split("/") for path in paths]
    tops = {part[0] for part in parts if len(part) > 1}
    words = {top: SPLIT_WORD.search(top.lower()) for top in tops}
    in_splits = bool(tops) and all(words.values()) and (has_labels or any(len(part) > 2 for part in parts))
    places = [class_place(path, in_splits=in_splits) for path in paths]
    labels = [None if place is None else part[place] for part, place in zip(parts, places, strict=True)]
    if not in_splits:
        return labels, []
    splits = {top: SPLITS[word[1]] for top, word in words.items() if word}
    return labels, [splits.get(part[0]) for part in parts]


def _read_metadata(files: Sequence[tuple[str, Source]]) -> _Metadata:
    if not files:
        return _Metadata({}, {})
    sources = [source for _, source in files]
    if len(kinds := sorted({source.suffix for source in sources})) > 1:
        raise InputError(f"{sources[0].name}: metadata files of several kinds, {listing(kinds)}: leave one kind")
    names = table_files.columns(sources)
    if FILE_NAME not in names:
        raise InputError(f"{sources[0].name}: no column {quote(FILE_NAME)}, which says whose metadata a row is")
    cells: dict[str, dict[str, str | None]] = {name: {} for name in names if name != FILE_NAME}
    paths: dict[str, tuple[str, ...]] = {}
    seen: set[str] = set()
    for path, source in files:
        own: list[str] = []
        for batch in table_files.read_file(source, ReadRequest(tuple(names))):
            columns = batch.to_pydict()
            targets = [_target(source, path, one) for one in columns.pop(FILE_NAME)]
            own += targets
            for name, texts in columns.items():
                cells[name].update(zip(targets, texts, strict=True))
        if twice := sorted({one for one, times in Counter(own).items() if times > 1 or one in seen}):
            raise InputError(f"{source.name}: names a picture that has a row already: {listing(twice)}")
        seen.update(own)
        paths[path] = tuple(own)
    return _Metadata(cells, paths)


def _target(source: Source, path: str, said: str | None) -> str:
    """The picture that a metadata file names, below the folder. Raises InputError for one that is elsewhere."""
    if not said:
        raise InputError(f"{source.name}: a row without {quote(FILE_NAME)}: it is about no picture")
    below = posixpath.normpath(posixpath.join(posixpath.dirname(path), said.replace("\\", "/")))
    if said.startswith("/") or "://" in said or below.startswith("../") or below in ("..", "."):
        raise InputError(f"{source.name}: {quote(said)} is no path within the folder of this file")
    return below


def _notes(name: str, names: FolderNames) -> list[str]:
    """What is left alone."""
    notes = []
    for paths, what in ((names.others, "file that is no picture"), (names.linked, "link to a folder")):
        if paths:
            many = what.replace("file that is", "files that are").replace("link", "links")
            shown = listing([readable(path) for path in paths], 3)
            notes.append(f"{name}: {plural(len(paths), what, many)} left alone: {shown}")
    return notes
