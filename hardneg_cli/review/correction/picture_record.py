"""What a provenance tells about moved pictures, and the way back."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from hardneg_cli.errors import MOST_OF_A_PATH, InputError, Refused, quote
from hardneg_cli.io.files.file_names import is_below
from hardneg_cli.io.files.picture_folder import picture_file
from hardneg_cli.review.correction.picture_moves import PictureMove, aside_of
from hardneg_cli.review.correction.undo_record import DAMAGED, provenance_document

HASH = 64  # digits of a SHA-256
LEFT = ": undo later changes first; nothing was written"


@dataclass(frozen=True)
class RecordedMoves:
    """moves: of one run. made: the subfolders that it made."""

    moves: tuple[PictureMove, ...]
    made: tuple[str, ...]

    def facts(self) -> dict[str, object]:
        """As the provenance has it."""
        moves = [
            {"from": one.before, "to": one.after, "aside": one.aside, "sha256": one.sha256} for one in self.moves
        ]  # fmt: skip
        return {"pictures": {"moves": moves, "made": list(self.made)}}


@dataclass(frozen=True)
class WayBack:
    """moves: what is left to move. already: the paths of pictures that stand where they stood before."""

    moves: tuple[PictureMove, ...]
    already: tuple[str, ...]
    made: tuple[str, ...]


def recorded_moves(path: str | Path, size: int) -> RecordedMoves:
    """What a provenance of data of this size tells. Raises InputError for one of other data, or a damaged one."""
    document = provenance_document(path, size)
    if "pictures" not in document:
        raise InputError(f"{path}: tells about no folder of pictures")
    try:
        told = document["pictures"]
        moves = tuple(PictureMove(one["from"], one["to"], one["aside"], one["sha256"]) for one in told["moves"])
        made = tuple(map(_confirmed, told["made"]))
        for one in moves:
            names = [_confirmed(name) for name in (one.before, one.after, one.aside) if name is not None]
            if len(names) != 2 or not isinstance(one.sha256, str) or len(one.sha256) != HASH:
                raise ValueError(f"no move: {quote(one.before)}")
    except DAMAGED as error:
        raise InputError(f"{path}: is damaged: {quote(error)}") from error
    return RecordedMoves(moves, made)


def way_back(folder: Path, told: RecordedMoves, provenance: str | Path) -> WayBack:
    """The moves that undo those of a run, as far as it got. Raises Refused where pictures are not as it left them."""
    moves: list[PictureMove] = []
    already: list[str] = []
    for move in told.moves:
        back = move.back
        if _is_there(folder, back.before, back):
            if back.after is not None and os.path.lexists(folder / back.after):
                raise Refused(f"{folder / back.after}: is there again, and undo would put another picture there{LEFT}")
            moves.append(back)
        elif _is_there(folder, back.after, back):
            already.append(back.after or back.before or "")
        else:
            where = aside_of(folder) / (back.aside or "") if back.before is None else folder / back.before
            raise Refused(f"{where}: not as the run that {provenance} tells about left it{LEFT}")
    return WayBack(tuple(moves), tuple(already), told.made)


def _is_there(folder: Path, path: str | None, move: PictureMove) -> bool:
    root, name = (aside_of(folder), move.aside or "") if path is None else (folder, path)
    return picture_file(str(root), os.path.realpath(root), name).sha256 == move.sha256


def _confirmed(name: object) -> str:
    """Raises ValueError for what is no path below a folder."""
    if not isinstance(name, str) or not name or "\0" in name:
        raise ValueError(f"no path: {quote(name)}")
    if not is_below(name):
        raise ValueError(f"no path below a folder: {quote(name, MOST_OF_A_PATH)}")
    return name
