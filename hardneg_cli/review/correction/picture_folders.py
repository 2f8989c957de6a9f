"""A folder of pictures, corrected: as a new folder, by hard links, or in place, by giving pictures other names.

A new folder is complete beside its name before it takes it. Its pictures are hard links, which take no room and never
change what they are linked to; where the file system has none, and for all other files, they are copies. In place,
nothing is moved before the provenance is on disk; whatever is moved back or forth is held against its hash, never
replaces a file, and is moved back if the run cannot finish. Metadata files take their names last.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from hardneg_cli.errors import InputError
from hardneg_cli.io.files.atomic_write import WholeFiles
from hardneg_cli.io.files.file_names import with_slashes
from hardneg_cli.io.files.picture_folder import PICTURES, picture_file
from hardneg_cli.review.correction.picture_moves import PictureMove, aside_of
from hardneg_cli.review.correction.provenance import WrittenFile
from hardneg_cli.review.correction.rewrite import (
    FileRewrite,
    ProvenanceTarget,
    confirm_unchanged,
    new_folders,
    untouched_file,
    written_file,
)


@dataclass(frozen=True)
class FolderRewrite:
    """What is to become of a folder: its moves, and its metadata files by path, of which some are unchanged.

    made: subfolders that go again if nothing is left in them.
    """

    folder: Path
    moves: Sequence[PictureMove]
    metadata: Mapping[str, FileRewrite]
    made: Sequence[str] = ()


def confirm_new_folder(folder: str | Path, output: str | Path, *, with_aside: bool) -> None:
    """Raises InputError for a folder within the data, and where dropped pictures cannot go beside it."""
    if Path(os.path.realpath(output)).is_relative_to(os.path.realpath(folder)):
        raise InputError(f"-o {output}: is within {folder}; a corrected folder goes elsewhere")
    if with_aside and os.path.lexists(aside_of(output)):
        raise InputError(f"{aside_of(output)}: is there already, and dropped pictures go there; name another -o")


def write_new(rewrite: FolderRewrite, output: str | Path, telling: ProvenanceTarget | None) -> Sequence[WrittenFile]:
    """The corrected folder as `output`; the dropped pictures beside it where a provenance is to undo this.

    O(files), none of whose bytes are read but those of moved pictures.
    """
    _confirm(rewrite)
    aside = aside_of(output) if telling and any(move.after is None for move in rewrite.moves) else None
    confirm_new_folder(rewrite.folder, output, with_aside=aside is not None)
    parents = new_folders(Path(output).absolute().parent)
    parts = [_beside(Path(output)), *([_beside(aside)] if aside else [])]
    try:
        with ExitStack() as records, WholeFiles() as files:
            record = files.open(telling.path, first=True) if telling else None
            for part in parts:
                part.mkdir()
            written = _fill(rewrite, parts, records)
            remove_empty(parts[0] / path for path in reversed(rewrite.made))
            for one in rewrite.metadata.values():
                confirm_unchanged(one)
            if telling and record:
                record.writelines(telling.record(written))
        for part, target in zip(reversed(parts), [aside, Path(output)] if aside else [Path(output)], strict=True):
            os.rename(part, target)
    except OSError as error:
        raise InputError(f"{output}: cannot be written: {error.strerror or error}") from error
    finally:
        for part in parts:
            shutil.rmtree(part, ignore_errors=True)
        for path in reversed(parents):
            if not any(path.iterdir()):
                path.rmdir()
    return written


def write_over(rewrite: FolderRewrite, telling: ProvenanceTarget | None) -> Sequence[WrittenFile]:
    """The folder, corrected in place. Raises InputError, with everything as it was, where a step cannot be done."""
    _confirm(rewrite)
    _refuse_broken_links(rewrite)
    done: list[tuple[Path, Path]] = []
    made: list[Path] = []
    finished = False
    try:
        with ExitStack() as records, WholeFiles() as files:
            written = []
            for one in rewrite.metadata.values():
                if one.unchanged:
                    written.append(untouched_file(one.source))
                else:
                    written.append(written_file(one, one.source.name, files.open(one.source.name), records))
            if telling:
                with WholeFiles() as first:
                    first.open(telling.path).writelines(telling.record(written))
            for one in rewrite.metadata.values():
                confirm_unchanged(one)
            for move in rewrite.moves:
                source, target = _place(rewrite.folder, move.before, move), _place(rewrite.folder, move.after, move)
                made += new_folders(target.parent)
                rename(source, target)
                done.append((source, target))
        finished = True
        remove_empty(rewrite.folder / path for path in reversed(rewrite.made))
        remove_empty(_emptied(rewrite))
    finally:
        for source, target in [] if finished else reversed(done):
            rename(target, source)
        remove_empty(reversed(made) if not finished else ())
    return written


def made_by(folder: Path, moves: Iterable[PictureMove]) -> list[str]:
    """The subfolders that the moves need and that are not there, the outermost first."""
    found: dict[str, None] = {}
    for move in moves:
        above = [parent.as_posix() for parent in Path(move.after or "").parents][:-1]
        found |= dict.fromkeys(path for path in reversed(above) if not (folder / path).is_dir())
    return [*found]


def remove_empty(folders: Iterable[Path]) -> None:
    """Remove those of the folders that are there and hold nothing."""
    for path in folders:
        if path.is_dir() and not path.is_symlink() and not any(path.iterdir()):
            path.rmdir()


def rename(source: Path, target: Path) -> None:
    """Give a file another name, which is not taken. Raises InputError where that cannot be."""
    try:
        if os.path.lexists(target):
            raise InputError(f"{target}: is there already")
        os.rename(source, target)
    except OSError as error:
        raise InputError(f"{source}: cannot be moved to {target}: {error.strerror or error}") from error


def _confirm(rewrite: FolderRewrite) -> None:
    """Raises InputError for a moved picture that is not what it was when it was read."""
    for move in rewrite.moves:
        place = _place(rewrite.folder, move.before, move)
        root = aside_of(rewrite.folder) if move.before is None else rewrite.folder
        now = picture_file(str(root), os.path.realpath(root), os.path.relpath(place, root))
        if now.sha256 != move.sha256:
            raise InputError(f"{place}: has changed since it was read; run this again")


def _refuse_broken_links(rewrite: FolderRewrite) -> None:
    """Raises InputError for a link that would be moved, or lead to where nothing is any more."""
    moved = {os.path.realpath(_place(rewrite.folder, move.before, move)) for move in rewrite.moves}
    for place, _, names in os.walk(rewrite.folder):
        for name in names:
            path = os.path.join(place, name)
            if os.path.islink(path) and os.path.realpath(path) in moved:
                raise InputError(
                    f"{path}: is a link to a picture that is to be moved: put a copy in its place, or write a new "
                    "folder with -o"
                )


def _emptied(rewrite: FolderRewrite) -> Iterator[Path]:
    """The folders beside the data that pictures were taken back from, the innermost first."""
    aside = aside_of(rewrite.folder)
    for move in rewrite.moves:
        if move.before is None and move.aside is not None:
            below = [aside / path for path in Path(move.aside).parents]
            yield from below


def _place(folder: Path, path: str | None, move: PictureMove) -> Path:
    return aside_of(folder) / (move.aside or "") if path is None else folder / path


def _beside(target: Path) -> Path:
    """A name beside the target that nothing has."""
    return target.absolute().parent / f".{target.name[:200]}.{secrets.token_hex(4)}.part"


def _fill(rewrite: FolderRewrite, parts: Sequence[Path], records: ExitStack) -> list[WrittenFile]:
    """All files of the folder below the first of `parts`, the dropped ones below the second, if there is one."""
    new = parts[0]
    moved = {move.before: move for move in rewrite.moves if move.before is not None}
    for below, folders, _ in _walk(rewrite.folder):
        for name in folders:
            (new / below / name).mkdir()
    written = []
    for below, _, names in _walk(rewrite.folder):
        for name in names:
            path, source = _joined(below, name), rewrite.folder / below / name
            move = moved.get(path)
            if move is not None and move.after is None:
                if len(parts) > 1:
                    _link(rewrite.folder, source, parts[1] / (move.aside or ""))
            elif path in rewrite.metadata:
                one = rewrite.metadata[path]
                with (new / path).open("w+b") as out:
                    written.append(written_file(one, one.source.name, out, records))
            else:
                _link(rewrite.folder, source, new / (move.after or path if move else path))
    for move in rewrite.moves:
        if move.before is None:
            aside = aside_of(rewrite.folder)
            _link(aside, aside / (move.aside or ""), new / (move.after or ""))
    return written


def _walk(folder: Path) -> Iterator[tuple[str, list[str], list[str]]]:
    """Every folder below it by its path, `` for itself, with its folders and files; no hidden folders."""

    def refuse(error: OSError) -> None:
        raise error

    for place, folders, names in os.walk(folder, onerror=refuse):
        below = os.path.relpath(place, folder)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        linked = [name for name in folders if os.path.islink(os.path.join(place, name))]
        own = [name for name in folders if name not in linked]
        yield ("" if below == "." else below), own, sorted([*names, *linked])


def _joined(below: str, name: str) -> str:
    return with_slashes(f"{below}/{name}") if below else name


def _link(folder: Path, source: Path, target: Path) -> None:
    """A file of the folder by another name: a hard link of a picture, a copy of what may be written to.

    Links stay as they are but those to pictures within the folder, which become these.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    real = os.path.realpath(source)
    is_picture = target.name.lower().endswith(PICTURES) and Path(real).is_relative_to(os.path.realpath(folder))
    if source.is_symlink() and not (is_picture and source.is_file()):
        os.symlink(os.readlink(source), target)
    elif source.is_file() and not (is_picture and _is_linked(real, target)):  # a pipe or a socket has no copy
        shutil.copy2(source, target)


def _is_linked(source: str, target: Path) -> bool:
    """Whether the file has this name as well now: not on another device, nor where there are no hard links."""
    try:
        os.link(source, target)
    except FileExistsError:
        raise
    except OSError:
        return False
    return True
