"""The corrected files: all of them complete on disk before the first one takes its name."""

from __future__ import annotations

import io
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path
from typing import Any, BinaryIO

from hardneg_cli import drawer
from hardneg_cli.dataset import Dataset
from hardneg_cli.deciding.provenance import Change, Written, sha256_of
from hardneg_cli.errors import InputError
from hardneg_cli.files import batches
from hardneg_cli.files.batches import Edits
from hardneg_cli.files.output import whole_file
from hardneg_cli.files.source import Source

COMPRESSED_NAMES = {".gz": "gzip", ".bz2": "bz2", ".zst": "zstd"}
# Names that one reader reads and that promise different things, by what they promise.
PROMISES = {
    ".csv": "separators", ".tsv": "tabs", ".tab": "tabs", ".json": "an array", ".jsonl": "lines", ".ndjson": "lines",
    ".xlsx": "no macros", ".xlsm": "macros",
}  # fmt: skip
Stamp = tuple[int, int, int] | None


@dataclass(frozen=True)
class Correction:
    """A file, what is to change in it (None: nothing), and its stamp when it was read."""

    source: Source
    edits: Edits | None
    seen: Stamp

    def write(self, out: BinaryIO) -> None:
        if self.edits is not None:
            batches.rewrite(self.source, out, self.edits)
            return
        with _raw(self.source) as stream:
            shutil.copyfileobj(stream, out)

    def confirm_unchanged(self) -> None:
        """Raises InputError for a file that somebody else wrote meanwhile: their rows may be other ones."""
        if stamp(self.source) != self.seen:
            raise InputError(f"{self.source.name}: has changed since it was read; run apply again")


@dataclass(frozen=True)
class Telling:
    """Where to tell about the run, and what to say once it is known which files were written."""

    path: str | Path
    record: Callable[[Sequence[Written]], bytes]

    def write(self, written: Sequence[Written]) -> None:
        with whole_file(self.path) as out:
            out.write(self.record(written))


def corrections(
    dataset: Dataset, changes: Sequence[Change], mark: str | None, seen: Mapping[str, Stamp]
) -> list[Correction]:
    """Each file of the dataset with its changes; if any row is marked, every file gets the new column."""
    mark = mark if any(change.action == "drop" for change in changes) else None
    found: dict[str, list[Change]] = {source.name: [] for source in dataset.sources}
    for change in changes:
        found[change.file].append(change)
    return [
        Correction(source, _edits(dataset, found[source.name], mark), seen.get(source.name))
        for source in dataset.sources
    ]


def _edits(dataset: Dataset, changes: Sequence[Change], mark: str | None) -> Edits | None:
    if not changes and mark is None:
        return None
    return Edits(
        column=dataset.columns.label,
        cells={change.row - 1: change.after for change in changes if change.after is not None},
        drop=frozenset(change.row - 1 for change in changes if change.action == "drop"),
        mark=mark,
        expect={change.row - 1: change.before for change in changes},
        encoding=dataset.encoding,
        skip_ragged=not dataset.whole,
    )


def stamp(source: Source) -> Stamp:
    """What changes when a file is written: its time, size and inode."""
    if source.path is None:
        return None
    found = source.path.stat()
    return found.st_mtime_ns, found.st_size, found.st_ino


def write(corrections: Sequence[Correction], output: str | Path | BinaryIO | None, telling: Telling | None) -> None:
    """To `output`, which takes one file, or (None) each changed file over itself; the others are not touched."""
    if output is None:
        _write_files([(correction, correction.source.name) for correction in corrections], telling, skip_same=True)
        return
    (correction,) = corrections
    if isinstance(output, str | Path):
        refuse_other_format(correction.source, output)
        _write_files([(correction, str(output))], telling, skip_same=False)
    else:
        _write_stream(correction, output, telling)


def refuse_other_format(source: Source, output: str | Path) -> None:
    """Raises InputError for a name that promises another format or compression than the data has."""
    target = Source(str(output))
    readers = [drawer.load("readers", name, "reader") for name in drawer.names("readers")]
    known = any(target.suffix in reader.EXTENSIONS for reader in readers)
    foreign = known and target.suffix not in batches.kind(source).EXTENSIONS
    ours, theirs = PROMISES.get(source.suffix), PROMISES.get(target.suffix)
    advice = "apply keeps the format of the data"
    if foreign or (ours and theirs and ours != theirs):
        raise InputError(f"-o {output}: {source.name} is no {target.suffix} file, and {advice}")
    compression = COMPRESSED_NAMES.get(Path(output).suffix.lower())
    if (known or compression) and compression != source.compression:
        name = next((ending for ending, kind in COMPRESSED_NAMES.items() if kind == source.compression), None)
        hint = f"end the name in {name}" if name else f"leave {Path(output).suffix} out of the name"
        raise InputError(
            f"-o {output}: {source.name} is {source.compression or 'not'} compressed, and {advice}: {hint}"
        )


def _write_files(targets: Sequence[tuple[Correction, str]], telling: Telling | None, *, skip_same: bool) -> None:
    """The provenance takes its name first: no change without its record, whenever the run is killed."""
    with ExitStack() as unnamed:
        written = []
        for correction, path in targets:
            before = sha256_of(correction.source) if telling else ""
            if skip_same and correction.edits is None:
                written.append(Written(correction.source.name, path, before, before))
                continue
            out = unnamed.enter_context(whole_file(path))
            correction.write(out)
            after = _sha256(out) if telling else ""
            written.append(Written(correction.source.name, path, before, after))
        for correction, _ in targets:
            correction.confirm_unchanged()
        if telling:
            telling.write(written)


def _write_stream(correction: Correction, out: BinaryIO, telling: Telling | None) -> None:
    """Nothing reaches `out` before all of it is there."""
    if out.isatty() and _is_binary(correction.source):
        raise InputError(f"{correction.source.name} is no text for a terminal: name a file with -o")
    with tempfile.TemporaryFile() as held:
        correction.write(held)
        correction.confirm_unchanged()
        if telling:
            before = sha256_of(correction.source)
            telling.write([Written(correction.source.name, "standard output", before, _sha256(held))])
        held.seek(0)
        shutil.copyfileobj(held, out)
    out.flush()


def _is_binary(source: Source) -> bool:
    return source.compression is not None or b"\0" in source.head


def _sha256(out: Any) -> str:
    out.flush()
    out.seek(0)
    return file_digest(out, "sha256").hexdigest()


def _raw(source: Source) -> BinaryIO:
    return source.path.open("rb") if source.path else io.BytesIO(source.data)
