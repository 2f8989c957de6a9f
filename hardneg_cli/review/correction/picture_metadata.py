"""Metadata files of a folder of pictures, rewritten in several columns."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from hardneg_cli.io.files.inverse_edits import InverseEdits
from hardneg_cli.io.files.source import PictureListing, Source
from hardneg_cli.io.tables import table_files
from hardneg_cli.io.tables.table_files import CellEdits
from hardneg_cli.review.correction.picture_moves import FolderCorrection
from hardneg_cli.review.correction.rewrite import Stamp, copy, stamp


@dataclass(frozen=True)
class MetadataCorrection:
    """A metadata file, its edits in their order, of which there may be none, and its stamp when it was read."""

    source: Source
    edits: tuple[CellEdits, ...]
    seen: Stamp

    @property
    def unchanged(self) -> bool:
        return not self.edits

    def write(self, out: BinaryIO, inverse: InverseEdits | None) -> None:
        """It leads back as a patch of the whole: one list of inverse edits is of one rewriting."""
        if not self.edits:
            copy(self.source, out)
            return
        source = self.source
        for edits in self.edits[:-1]:
            held = io.BytesIO()
            table_files.rewrite(source, held, edits)
            source = Source(source.name, data=held.getvalue())
        table_files.rewrite(source, out, self.edits[-1])


def metadata_stamps(about: PictureListing) -> dict[str, Stamp]:
    """The stamps of the metadata files, by path."""
    return {path: stamp(_source(about, path)) for path in about.metadata}


def metadata_corrections(
    about: PictureListing, correction: FolderCorrection, seen: Mapping[str, Stamp]
) -> dict[str, MetadataCorrection]:  # fmt: skip
    """Every metadata file with what is to change in it, by path."""
    return {
        path: MetadataCorrection(_source(about, path), correction.edits.get(path, ()), seen[path])
        for path in about.metadata
    }


def _source(about: PictureListing, path: str) -> Source:
    return Source(str(about.folder / path), Path(about.folder, path))
