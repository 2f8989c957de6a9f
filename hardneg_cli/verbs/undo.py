"""Undo a run of apply: from the corrected files and the run's provenance to the files as they were, byte for byte."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from hardneg_cli.errors import MOST_OF_A_PATH, InputError, Refused, listing, plural
from hardneg_cli.io.files.atomic_write import refuse_overwriting
from hardneg_cli.io.files.folders import beside
from hardneg_cli.io.files.inverse_edits import InverseEdits
from hardneg_cli.io.files.picture_folder import holds_pictures, names_in, regular
from hardneg_cli.io.files.source import Source, sources
from hardneg_cli.io.tables.verb_result import VerbResult
from hardneg_cli.review.correction import rewrite
from hardneg_cli.review.correction.picture_folders import FolderRewrite, made_by, write_new, write_over
from hardneg_cli.review.correction.picture_record import RecordedMoves, recorded_moves, way_back
from hardneg_cli.review.correction.provenance import document
from hardneg_cli.review.correction.rewrite import ProvenanceTarget, Stamp, stamp
from hardneg_cli.review.correction.undo_record import RecordedFile, fitting, read_recorded_files, restore
from hardneg_cli.review.decisions.decision_log import log_of
from hardneg_cli.review.decisions.filled_queue import user
from hardneg_cli.runtime.argument_words import worded_in_arguments

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, repr=False)
class UndoResult(VerbResult):
    """restored: the files that are as before again. already: those that were so, or that the run had left alone."""

    restored: tuple[str, ...]
    already: tuple[str, ...]
    notes: tuple[str, ...]

    def tables(self) -> dict[str, pa.Table]:
        """The files by name, and whether each was `restored` or `already` so."""
        import pyarrow as pa

        outcomes = ["restored"] * len(self.restored) + ["already"] * len(self.already)
        columns = {"file": [*self.restored, *self.already], "outcome": outcomes}
        return {"files": pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})}

    def summary(self) -> Iterator[str]:
        """Lines for people."""
        files = plural(len(self.restored), "file")
        already = f", {len(self.already):,} already so, or never changed" if self.already else ""
        yield f"{files} as before{already}"
        yield from (f"note: {note}" for note in self.notes)


@dataclass(frozen=True)
class _Restoring:
    source: Source
    seen: Stamp
    kept: RecordedFile
    told: str
    notes: list[str] = field(default_factory=list)

    @property
    def unchanged(self) -> bool:
        return self.kept.before == self.kept.after

    def write(self, out: BinaryIO, inverse: InverseEdits | None) -> None:
        if self.unchanged:
            rewrite.copy(self.source, out)
        elif note := restore(self.source, self.kept, self.told, out, inverse):
            self.notes.append(note)


@worded_in_arguments
def undo(
    data: str | Path,
    told: str | Path,
    *,
    output: str | Path | BinaryIO | None = None,
    in_place: bool = False,
    provenance: str | Path | None = None,
    reviewer: str | None = None,
) -> UndoResult:
    """Give back what `data` was before the run of apply whose provenance is `told`.

    The result is written to `output`, or over the data with `in_place`; nothing is, unless every file of the data is
    one that the run wrote, or one as before it. `provenance`: where to write one of this run, which undoes the undoing.
    Raises Refused for files that have changed since, and InputError for input that cannot be right.
    """
    if in_place == (output is not None):
        raise InputError("--in-place and -o exclude each other" if in_place else "name an output, or undo in place")
    is_folder = os.path.isdir(data)
    if is_folder and holds_pictures(str(data)):
        return _pictures_moved_back(Path(data), told, output, provenance, reviewer or user())
    found = sources(str(data))
    if is_folder:
        found += tuple(Source(str(path), path) for path in (Path(data, name) for name in beside(str(data))))
    if in_place and data == "-":
        raise InputError("--in-place needs a file: standard input cannot be written to")
    rewrite.confirm_output(data, len(found), output, "undo")
    targets = [one for one in ([] if is_folder else [output]) + [provenance] if isinstance(one, str | Path)]
    refuse_overwriting(targets, [*(file.path for file in found), Path(told), log_of(data)])
    seen = [stamp(source) for source in found]
    kept = read_recorded_files(told, sum(source.size for source in found))
    fits = [fitting(source, kept) for source in found]
    _refuse_other_files(found, fits, told)
    restoring = [
        _Restoring(source, mark, fit, str(told)) for source, mark, fit in zip(found, seen, fits, strict=True) if fit
    ]
    how = {"undoes": str(told)}
    record = partial(document, str(data), changes=(), by=reviewer or user(), queues=(), how=how)
    before = rewrite.statuses(restoring) if in_place else {}
    telling = ProvenanceTarget(provenance, record) if provenance else None
    rewrite.write(restoring, output, telling, folder_of=str(data))
    names = [[one.source.name for one in restoring if one.unchanged is same] for same in (False, True)]
    notes = [note for one in restoring for note in one.notes]
    notes += [*rewrite.remarks(before), *_remarks(data, names[0])]
    return UndoResult(tuple(names[0]), tuple(names[1]), tuple(notes))


def _pictures_moved_back(
    folder: Path, told: str | Path, output: str | Path | BinaryIO | None, provenance: str | Path | None, who: str
) -> UndoResult:
    """Give a folder of pictures back as it was: each picture at its path, the metadata files as they were."""
    rewrite.confirm_output(folder, 1, output, "undo")
    refuse_overwriting([provenance] if provenance else [], [Path(told), log_of(folder)])
    metadata = {path: regular(str(folder), path) for path in names_in(str(folder)).metadata}
    found = [Source(str(path), path) for path in metadata.values()]
    seen, size = [stamp(source) for source in found], sum(source.size for source in found)
    recorded, kept = recorded_moves(told, size), read_recorded_files(told, size)
    fits = [fitting(source, kept) for source in found]
    _refuse_other_files(found, fits, told)
    back = way_back(folder, recorded, told)
    files = {
        path: _Restoring(source, mark, fit, str(told))
        for path, source, mark, fit in zip(metadata, found, seen, fits, strict=True) if fit
    }  # fmt: skip
    moves = RecordedMoves(back.moves, tuple(made_by(folder, back.moves)))
    how = {"undoes": str(told), **moves.facts()}
    record = partial(document, str(folder), changes=(), by=who, queues=(), how=how)
    telling = ProvenanceTarget(provenance, record) if provenance else None
    rewriting = FolderRewrite(folder, back.moves, files, back.made)
    if isinstance(output, str | Path):
        write_new(rewriting, output, telling)
    else:
        write_over(rewriting, telling)
    restored = [move.after or move.before or "" for move in back.moves]
    restored += [path for path, one in files.items() if not one.unchanged]
    already = [*back.already, *(path for path, one in files.items() if one.unchanged)]
    notes = [*(note for one in files.values() for note in one.notes), *_remarks(folder, restored)]
    return UndoResult(tuple(restored), tuple(already), tuple(notes))


def _refuse_other_files(found: Sequence[Source], fits: Sequence[RecordedFile | None], told: str | Path) -> None:
    strange = [source.name for source, fit in zip(found, fits, strict=True) if fit is None]
    if strange:
        names = listing(strange, length=MOST_OF_A_PATH)
        raise Refused(
            f"{names}: not as the run that {told} tells about left it (its SHA-256 is another one): undo "
            "later changes first; nothing was written"
        )


def _remarks(data: str | Path, restored: Sequence[str]) -> list[str]:
    if not restored:
        return []
    log = log_of(data)
    held = f"{log} and in queues" if log.is_file() else "queues"
    return [f"the decisions still stand in {held}: apply would make the same changes again, and find does not ask anew"]
