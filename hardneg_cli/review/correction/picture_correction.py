"""A folder of pictures and the changes of its rows: what is moved, written and told about."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import BinaryIO

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.review.correction.apply_result import ApplyResult
from hardneg_cli.review.correction.picture_folders import FolderRewrite, made_by, write_new, write_over
from hardneg_cli.review.correction.picture_metadata import metadata_corrections
from hardneg_cli.review.correction.picture_moves import aside_of, folder_correction
from hardneg_cli.review.correction.picture_record import RecordedMoves
from hardneg_cli.review.correction.provenance import WrittenFile
from hardneg_cli.review.correction.rewrite import ProvenanceTarget, Stamp


@dataclass(frozen=True)
class PictureTarget:
    """Where a corrected folder of pictures goes, and how the run is told about."""

    data: str
    output: str | Path | BinaryIO | None
    provenance: str | Path | None
    record: Callable[..., Iterable[bytes]]
    how: Mapping[str, object]
    in_place: bool


def correct_pictures(
    dataset: Dataset, applied: ApplyResult, mark: str | None, seen: Mapping[str, Stamp], target: PictureTarget
) -> tuple[ApplyResult, Sequence[WrittenFile]]:
    """The folder of pictures corrected, if there is anywhere to, and the files written; else what would be moved.

    mark: the column for dropped rows, which stay. seen: the stamps of the metadata files when they were read.
    """
    about = dataset.sources[0].pictures
    assert about is not None
    correction = folder_correction(dataset, about, applied.changes, mark)
    moves = tuple(correction.moves.values())
    moved = {one.id: correction.moves[one.index] for one in applied.changes if one.index in correction.moves}
    applied = replace(applied, moves={id_: move.after or "" for id_, move in moved.items()})
    if target.output is None and not target.in_place:
        return applied, ()
    told = RecordedMoves(moves, tuple(made_by(about.folder, moves)))
    record = partial(target.record, how={**target.how, **told.facts()})
    telling = ProvenanceTarget(target.provenance, record) if target.provenance else None
    rewritten = FolderRewrite(about.folder, moves, metadata_corrections(about, correction, seen))
    if isinstance(target.output, str | Path):
        written = write_new(rewritten, target.output, telling)
    else:
        written = write_over(rewritten, telling)
    return replace(applied, notes=(*applied.notes, *_set_aside(target, applied))), written


def _set_aside(target: PictureTarget, applied: ApplyResult) -> list[str]:
    """Where dropped pictures are, if they are anywhere but where they were."""
    new = target.output if isinstance(target.output, str | Path) else target.data
    if "" not in (applied.moves or {}).values() or not (target.provenance or target.in_place):
        return []
    return [f"dropped pictures are in {aside_of(new)}, from where undo takes them back"]
