"""The corrected files: all of them complete on disk before the first one takes its name."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.errors import InputError
from hardneg_cli.io.files import folders
from hardneg_cli.io.files.atomic_write import WholeFiles
from hardneg_cli.io.files.inverse_edits import InverseEdits
from hardneg_cli.io.files.scratch_file import scratch_file
from hardneg_cli.io.files.source import Source
from hardneg_cli.io.table_formats import TABLE_FORMATS
from hardneg_cli.io.tables import table_files
from hardneg_cli.io.tables.table_files import CellEdits
from hardneg_cli.review.correction.provenance import RowChange, WrittenFile
from hardneg_cli.review.correction.undo_record import digest, raw, sha256_of, undo_record
from hardneg_cli.runtime.progress import progress
from hardneg_cli.runtime.terminal import TerminalText, has_commands, is_read_by_a_runner

COMPRESSED_NAMES = {".gz": "gzip", ".bz2": "bz2", ".zst": "zstd"}
# Names that one reader reads and that promise different things, by what they promise.
PROMISES = {
    ".csv": "separators", ".tsv": "tabs", ".tab": "tabs", ".json": "an array", ".jsonl": "lines", ".ndjson": "lines",
    ".xlsx": "no macros", ".xlsm": "macros",
}  # fmt: skip
Stamp = tuple[int, int, int] | None


class FileRewrite(Protocol):
    """A file that is to be written anew, or (unchanged) is as it should be."""

    @property
    def source(self) -> Source: ...

    @property
    def seen(self) -> Stamp: ...

    @property
    def unchanged(self) -> bool: ...

    def write(self, out: BinaryIO, inverse: InverseEdits | None) -> None: ...


@dataclass(frozen=True)
class FileCorrection:
    """A file, what is to change in it (None: nothing), and its stamp when it was read."""

    source: Source
    edits: CellEdits | None
    seen: Stamp

    @property
    def unchanged(self) -> bool:
        return self.edits is None

    def write(self, out: BinaryIO, inverse: InverseEdits | None) -> None:
        if self.edits is not None:
            with progress(f"rewriting {self.source.name}"):
                table_files.rewrite(self.source, out, self.edits, inverse)
            return
        copy(self.source, out)


@dataclass(frozen=True)
class GivenBytes:
    """A file that is written as what is given."""

    source: Source
    content: bytes
    seen: Stamp
    unchanged: bool = False

    def write(self, out: BinaryIO, inverse: InverseEdits | None) -> None:
        out.write(self.content)


@dataclass(frozen=True)
class ProvenanceTarget:
    """Where to tell about the run, and what to say once it is known which files were written."""

    path: str | Path
    record: Callable[[Sequence[WrittenFile]], Iterable[bytes]]


def corrections(
    dataset: Dataset, changes: Sequence[RowChange], mark: str | None, seen: Mapping[str, Stamp]
) -> list[FileCorrection]:
    """Each file of the dataset with its changes; if any row is marked, every file gets the new column."""
    mark = mark if any(change.action == "drop" for change in changes) else None
    found: dict[str, list[RowChange]] = {source.name: [] for source in dataset.sources}
    for change in changes:
        found[change.file].append(change)
    return [
        FileCorrection(source, _edits(dataset, found[source.name], mark), seen.get(source.name))
        for source in dataset.sources
    ]


def _edits(dataset: Dataset, changes: Sequence[RowChange], mark: str | None) -> CellEdits | None:
    if not changes and mark is None:
        return None
    column, numbered = dataset.columns.label, dataset.numbered

    def written(label: str) -> str:
        return label if numbered is None else numbered.number(label, column)

    fills: dict[str, dict[int, str]] = {}
    for change in changes:
        if change.column:
            fills.setdefault(change.column, {})[change.index] = change.after or ""
    changes = [change for change in changes if not change.column]
    return CellEdits(
        column=column,
        cells={change.index: written(change.after) for change in changes if change.after is not None},
        drop=frozenset(change.index for change in changes if change.action == "drop"),
        mark=mark,
        expect={change.index: written(change.before) for change in changes},
        encoding=dataset.encoding,
        skip_ragged=not dataset.whole,
        fills=fills,
    )


def copy(source: Source, out: BinaryIO) -> None:
    """The file's bytes as they are."""
    with raw(source) as stream:
        shutil.copyfileobj(stream, out)


def stamp(source: Source) -> Stamp:
    """What changes when a file is written: its time, size and inode."""
    if source.path is None:
        return None
    found = source.path.stat()
    return found.st_mtime_ns, found.st_size, found.st_ino


def write(
    rewritings: Sequence[FileRewrite],
    output: str | Path | BinaryIO | None,
    telling: ProvenanceTarget | None,
    *,
    folder_of: str = "",
) -> Sequence[WrittenFile]:
    """To `output`, which takes one file, or (None) each changed file over itself; the others are not touched.

    folder_of: the data; where these are a folder, `output` becomes one, with all of the files.
    Answers what was written, and nothing unless somebody is told.
    """
    if output is None:
        return _write_files([(one, one.source.name) for one in rewritings], telling, skip_same=True)
    if isinstance(output, str | Path) and os.path.isdir(folder_of):
        return _write_folder(rewritings, folder_of, output, telling)
    (rewriting,) = rewritings
    if isinstance(output, str | Path):
        refuse_other_format(rewriting.source, output)
        return _write_files([(rewriting, str(output))], telling, skip_same=False)
    return _write_stream(rewriting, output, telling)


def _write_folder(
    rewritings: Sequence[FileRewrite], folder: str, output: str | Path, telling: ProvenanceTarget | None
) -> Sequence[WrittenFile]:
    """All files of a `folder` to a new one, `output`, by the same names; as `write` else.

    Raises InputError where something is there already.
    """
    made: list[Path] = []
    try:
        targets = []
        for one in rewritings:
            target = Path(output) / os.path.relpath(one.source.name, folder)
            made += new_folders(target.parent)
            targets.append((one, str(target)))
        return _write_files(targets, telling, skip_same=False)
    finally:
        for path in reversed(made):
            if not any(path.iterdir()):  # nothing took its name
                path.rmdir()


def confirm_output(data: str | Path, files: int, output: str | Path | BinaryIO | None, work: str) -> None:
    """Raises InputError where `output` cannot take data of so many files; a folder takes a new name.

    work: what is to be done with them.
    """
    if output is None:
        return
    if not os.path.isdir(data):
        if files > 1:
            raise InputError(f"{data} is {files:,} files: {work} with --in-place, or name one")
        return
    if not isinstance(output, str | Path):
        raise InputError(f"{data} is a folder: name a new one with -o")
    path = Path(output)
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise InputError(f"-o {output}: is there already; a folder takes a new name")


def new_folders(path: Path) -> list[Path]:
    """The folder and those that it stands in, as far as they were not there; the outermost first."""
    missing = [one for one in (path, *path.parents) if not one.exists()][::-1]
    try:
        for one in missing:
            one.mkdir()
    except OSError as error:
        raise InputError(f"{path}: cannot be made: {error.strerror or error}") from error
    return missing


def beside(folder: str, said: str) -> list[FileRewrite]:
    """What else a folder consists of, of which the state becomes another one by what is `said`."""
    found: list[FileRewrite] = []
    for name in folders.beside(folder):
        path = Path(folder) / name
        source = Source(str(path), path)
        if name == folders.STATE:
            found.append(GivenBytes(source, folders.renewed_state(path.read_bytes(), said), stamp(source)))
        else:
            found.append(FileCorrection(source, None, stamp(source)))
    return found


def statuses(rewritings: Sequence[FileRewrite]) -> dict[str, os.stat_result]:
    """What the system knows of the files that stand by a name."""
    return {one.source.name: one.source.path.stat() for one in rewritings if one.source.path is not None}


def remarks(before: Mapping[str, os.stat_result]) -> Iterator[str]:
    """What did not stay of files that were written over themselves: the owner, and other names of the same file."""
    for name, old in before.items():
        new = os.stat(name)
        if new.st_ino == old.st_ino:
            continue
        if (new.st_uid, new.st_gid) != (old.st_uid, old.st_gid):
            yield f"{name}: is this user's now: its owner or group could not be kept"
        if old.st_nlink > 1:
            yield f"{name}: its other names (hard links) still stand for the file as it was"


def refuse_other_format(source: Source, output: str | Path) -> None:
    """Raises InputError for a name that promises another format or compression than the data has."""
    target = Source(str(output))
    known = any(target.suffix in reader.EXTENSIONS for reader in TABLE_FORMATS)
    foreign = known and target.suffix not in table_files.reader_of(source).EXTENSIONS
    ours, theirs = PROMISES.get(source.suffix), PROMISES.get(target.suffix)
    advice = "the format of the data stays"
    if foreign or (ours and theirs and ours != theirs):
        raise InputError(f"-o {output}: {source.name} is no {target.suffix} file, and {advice}")
    compression = COMPRESSED_NAMES.get(Path(output).suffix.lower())
    if (known or compression) and compression != source.compression:
        name = next((ending for ending, kind in COMPRESSED_NAMES.items() if kind == source.compression), None)
        hint = f"end the name in {name}" if name else f"leave {Path(output).suffix} out of the name"
        raise InputError(
            f"-o {output}: {source.name} is {source.compression or 'not'} compressed, and {advice}: {hint}"
        )


def _write_files(
    targets: Sequence[tuple[FileRewrite, str]], telling: ProvenanceTarget | None, *, skip_same: bool
) -> list[WrittenFile]:
    """The provenance takes its name first: no change without its record, whenever the run is killed."""
    with ExitStack() as records, WholeFiles() as files:
        record = files.open(telling.path, first=True) if telling else None
        written = []
        for rewriting, path in targets:
            if skip_same and rewriting.unchanged:
                written += [untouched_file(rewriting.source)] if telling else []
                continue
            out = files.open(path)
            if telling is None:
                rewriting.write(out, None)
            elif out.readable():
                written.append(written_file(rewriting, path, out, records))
            else:  # a pipe: what was written to it cannot be looked at again
                written.append(_write_held(rewriting, path, out, records))
        if telling and record:
            record.writelines(telling.record(written))
        files.finish()
        for rewriting, _ in targets:
            confirm_unchanged(rewriting)
    return written


def confirm_unchanged(rewriting: FileRewrite) -> None:
    """Raises InputError for a file that somebody else wrote meanwhile: their rows may be other ones."""
    if stamp(rewriting.source) != rewriting.seen:
        raise InputError(f"{rewriting.source.name}: has changed since it was read; run this again")


def _write_stream(rewriting: FileRewrite, out: BinaryIO, telling: ProvenanceTarget | None) -> list[WrittenFile]:
    """Nothing reaches `out` before all of it is there."""
    if out.isatty() and _is_binary(rewriting.source):
        raise InputError(f"{rewriting.source.name} is no text for a terminal: name a file with -o")
    with scratch_file() as held, ExitStack() as records, WholeFiles() as files:
        written = []
        if telling is None:
            rewriting.write(held, None)
        else:
            written.append(written_file(rewriting, "standard output", held, records))
            files.open(telling.path).writelines(telling.record(written))
        files.finish()
        confirm_unchanged(rewriting)
        _refuse_commands(rewriting.source, held, out)
        held.seek(0)
        if out.isatty():
            terminal = TerminalText(out)
            shutil.copyfileobj(held, terminal)
            terminal.finish()
        else:
            shutil.copyfileobj(held, out)
        out.flush()
    return written


def _refuse_commands(source: Source, held: BinaryIO, out: BinaryIO) -> None:
    """Raises InputError for text that the log of a GitHub workflow would carry out: a dataset is exact or not there."""
    if _is_binary(source) or not is_read_by_a_runner(out):
        return
    held.seek(0)
    for number, line in enumerate(held, 1):
        if has_commands(line):
            raise InputError(
                f"{source.name}: line {number:,} of what would go to standard output is a command to GitHub's runner "
                "('::' or '##['); write it to a file with -o"
            )


def _write_held(rewriting: FileRewrite, path: str, out: BinaryIO, records: ExitStack) -> WrittenFile:
    with scratch_file() as held:
        written = written_file(rewriting, path, held, records)
        held.seek(0)
        shutil.copyfileobj(held, out)
    return written


def written_file(rewriting: FileRewrite, path: str, out: BinaryIO, records: ExitStack) -> WrittenFile:
    """Write a file to `out`, which can be read again; `records` closes what is recorded for undoing it."""
    recorded = records.enter_context(scratch_file())
    with InverseEdits(recorded) as inverse:
        rewriting.write(out, inverse)
    source, before, after = rewriting.source, sha256_of(rewriting.source), digest(out)
    back = undo_record(source, before, out, inverse.sha256, recorded) if after != before else None
    return WrittenFile(source.name, path, before, after, back)


def untouched_file(source: Source) -> WrittenFile:
    before = sha256_of(source)
    return WrittenFile(source.name, source.name, before, before)


def _is_binary(source: Source) -> bool:
    return source.compression is not None or b"\0" in source.head
