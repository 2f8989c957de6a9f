"""New pictures as PNG files in a folder beside the table that names them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b, sha256
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from hardneg_cli.errors import InputError, quote
from hardneg_cli.io.files.atomic_write import whole_file
from hardneg_cli.io.files.picture_files import Unusable, bytes_or_path
from hardneg_cli.io.tables.picture_listing import DIGEST
from hardneg_cli.preparation.augmentation.pictures import PictureContent
from hardneg_cli.preparation.augmentation.result import AugmentResult

if TYPE_CHECKING:
    import pyarrow as pa

ENDING = "_pictures"  # of the folder's name, after the table's


@dataclass
class NewPictures:
    """The files of a run. folder: where they go; None where cells hold the pictures, or there are none.

    What was written is gone again where the run does not come to its end.
    """

    result: AugmentResult
    folder: Path | None = None
    _written: dict[tuple[int, str], str] = field(default_factory=dict)
    _digests: list[str] = field(default_factory=list)
    _is_new: bool = False

    @classmethod
    def beside(cls, result: AugmentResult, table: str | None) -> Self:
        """Beside the file that the table goes to, unless the dataset's cells hold its pictures themselves.

        Raises InputError where the dataset's own pictures are not in or below the table's folder, and so could not be
        named in it.
        """
        content = result.content
        if table is None or not isinstance(content, PictureContent) or not _has_paths(result):
            return cls(result)
        own, home = result.dataset.pictures_folder, Path(table).absolute().parent
        if not Path(os.path.realpath(own)).is_relative_to(os.path.realpath(home)):
            raise InputError(
                f"{table}: a table names pictures in its folder and below, and those of {result.dataset.name} are not: "
                f"write it to {quote(str(own))} or above"
            )
        return cls(result, home / f"{Path(table).stem}{ENDING}")

    def __enter__(self) -> Self:
        if self.folder is not None and len(self.result.versions):
            self._is_new = not self.folder.exists()
            try:
                self.folder.mkdir(exist_ok=True)
            except OSError as error:
                raise InputError(f"{self.folder}: cannot be made: {error.strerror or error}") from error
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: TracebackType | BaseException | None) -> None:
        if kind is None or self.folder is None:
            return
        for path in self._written.values():
            (self.folder.parent / path).unlink(missing_ok=True)
        if self._is_new and self.folder.is_dir():
            self.folder.rmdir()

    def table(self, *, as_text: bool) -> pa.Table:
        """The augmented dataset; every new picture is a file before its table is."""
        if self.folder is None:
            return self.result.table(as_text=as_text)
        table = self.result.table(as_text=as_text, pictures=self._path)
        return self._with_digests(self._moved(table))

    def _path(self, row: int, how: str) -> str:
        """Write a version's picture, once, and answer its path from the table."""
        assert self.folder is not None
        assert isinstance(self.result.content, PictureContent)
        if (row, how) not in self._written:
            parent = self.result.dataset.ids[row].as_py()
            name = blake2b(f"{parent} {how}".encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
            content = self.result.content.written(row, how)
            path = self.folder / f"{name}.png"
            with whole_file(path) as out:
                out.write(content)
            self._digests.append(sha256(content).hexdigest())
            self._written[row, how] = f"{self.folder.name}/{name}.png"
        return self._written[row, how]

    def _moved(self, table: pa.Table) -> pa.Table:
        """The dataset's own pictures by their paths from the table's folder, where that is another one."""
        import pyarrow as pa

        assert self.folder is not None
        dataset = self.result.dataset
        assert dataset.columns.image is not None
        below = os.path.relpath(os.path.realpath(dataset.pictures_folder), os.path.realpath(self.folder.parent))
        if below == ".":
            return table
        names = {dataset.columns.image}
        if dataset.columns.id is not None and dataset.has_moving_ids:
            names |= {dataset.columns.id, "parent_id"}
        own = {id_: f"{Path(below).as_posix()}/{id_}" for id_ in dataset.ids.to_pylist()}
        for name in names & {*table.column_names}:
            place = table.column_names.index(name)
            cells = table[name].to_pylist()
            if name == dataset.columns.image:
                prefix = Path(below).as_posix()
                kept = cells[len(dataset) :]
                moved: Sequence[str | None] = [_below(cell, prefix) for cell in cells[: len(dataset)]] + kept
            else:
                moved = [own.get(cell, cell) for cell in cells]
            table = table.set_column(place, name, pa.array(moved, pa.string()))
        return table

    def _with_digests(self, table: pa.Table) -> pa.Table:
        """A folder's list says the digest of each picture; so do the new rows."""
        import pyarrow as pa

        dataset = self.result.dataset
        if dataset.sources[0].pictures is None or DIGEST not in table.column_names:
            return table
        cells = [*table[DIGEST].to_pylist()[: len(dataset)], *self._digests]
        return table.set_column(table.column_names.index(DIGEST), DIGEST, pa.array(cells, pa.string()))


def _below(cell: str | None, prefix: str) -> str | None:
    return cell if not cell or os.path.isabs(cell) else f"{prefix}/{cell}"


def _has_paths(result: AugmentResult) -> bool:
    """Whether the cells name pictures, and do not hold them: told by the first that has any."""
    assert isinstance(result.content, PictureContent)
    cells = result.dataset.texts([result.content.column])[result.content.column].to_pylist()
    first = next((cell for cell in cells if cell and cell.strip()), "")
    try:
        return isinstance(bytes_or_path(first), str)
    except Unusable:
        return False
