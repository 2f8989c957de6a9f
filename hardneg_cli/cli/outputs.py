"""Results to standard output and to files, each in the format of its name."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias, TypeVar, cast

from hardneg_cli.errors import InputError, did_you_mean, quote
from hardneg_cli.gating.reports import CHECK_REPORT_FORMATS, CheckReportFormat
from hardneg_cli.io.files.atomic_write import WholeFiles, refuse_overwriting
from hardneg_cli.io.files.source import parted
from hardneg_cli.io.result_formats import RESULT_FORMATS, ResultFormat
from hardneg_cli.io.tables.queue_columns import FILLED_IN
from hardneg_cli.io.tables.queue_view import without_surroundings
from hardneg_cli.review.annotation_tools import ANNOTATION_TOOLS, AnnotationTool
from hardneg_cli.runtime.drawers import Units, unknown
from hardneg_cli.runtime.progress import progress
from hardneg_cli.runtime.terminal import TerminalText, has_commands, is_read_by_a_runner, without_commands

T = TypeVar("T")
Form: TypeAlias = ResultFormat | AnnotationTool | CheckReportFormat
WRITERS: Mapping[str, tuple[Units[ResultFormat] | Units[AnnotationTool] | Units[CheckReportFormat], ...]] = {
    "format": (RESULT_FORMATS, ANNOTATION_TOOLS),
    "report": (CHECK_REPORT_FORMATS,),
}


@dataclass(frozen=True)
class OutputTarget:
    """Where a result goes: in which format, and to a file or (None) standard output. kind: format or report."""

    format: str
    path: str | None
    kind: str = "format"

    @property
    def form(self) -> Form:
        for drawer in WRITERS[self.kind]:
            if self.format in drawer.names:
                return drawer[self.format]
        raise unknown(self.kind, self.format, _known(self.kind))

    @property
    def beside(self) -> dict[str, Callable[[Any], bytes]]:
        """What the format writes next to the file, by path: `tasks.config.xml` with `tasks.json`.

        A format says so with BESIDE, a function of the table for each suffix. A pipe or a device has no neighbors.
        """
        if self.path is None or (Path(self.path).exists() and not Path(self.path).is_file()):
            return {}
        return {str(Path(self.path).with_suffix(suffix)): content for suffix, content in self.form.BESIDE.items()}


def targets(
    outputs: Sequence[str] | None, format_: str | None, kind: str = "format", usual: str = "table"
) -> list[OutputTarget]:
    """The files of `-o`, and standard output where `-f` asks for it or there is no file.

    kind: whose formats are known. usual: the format where none is named.
    """
    found = [_file(output, kind) for output in outputs or ()]
    if format_ is not None or not found:
        target = OutputTarget(format_ or usual, None, kind)
        if target.form.BINARY and sys.stdout.isatty():
            raise InputError(f"{target.format} is no text for a terminal: name a file with -o")
        found.append(target)
    return found


def refuse_overwriting_inputs(
    results: Iterable[OutputTarget], patterns: Iterable[str], files: Iterable[str | None] = ()
) -> None:
    """Raises InputError for a target that is an input, a directory or in no folder, before any work is done.

    patterns: inputs that may be globs. files: inputs that are a file only if there is one of that very name.
    """
    import glob

    read = [Path(parted(name)[0]) for name in map(str, filter(None, files))]
    for pattern in (parted(name)[0] for name in patterns):
        read += [Path(pattern)] if Path(pattern).exists() else map(Path, glob.glob(pattern, recursive=True))
    targets = [target for target in results if target.path is not None]
    refuse_overwriting([path for target in targets for path in (target.path or "", *target.beside)], read)


def write(table: object, results: Iterable[OutputTarget]) -> list[str]:
    """The table, or report, to every target, as `write_together` does it."""
    return write_together((lambda: table, results))


def write_together(
    *results: tuple[Callable[[], object], Iterable[OutputTarget]],
    beside: Mapping[str, Callable[[BinaryIO], object]] | None = None,
) -> list[str]:
    """Each table, or report, to its targets, if it has any; no file takes its name before all of them are on disk.

    beside: files that are no table's, by path, each with what writes it. Standard output comes when nothing is left to
    fail but the names: where it cannot be written no file is; a reader who leaves early loses none. What the formats
    have to say about it (a picture that could not be shown) is the answer.
    """
    notes: list[str] = []
    shown: list[tuple[Form, object]] = []
    gone: BrokenPipeError | None = None
    with WholeFiles() as files:
        for path, content in (beside or {}).items():
            content(files.open(path))
        for make, targets in results:
            if chosen := list(targets):
                table = make()
                shown += [(target.form, table) for target in chosen if target.path is None]
                notes += _to_files(table, chosen, files)
        files.finish()
        try:
            for form, table in shown:
                notes += _to_standard_output(form, table)
        except BrokenPipeError as error:
            gone = error
    if gone:
        raise gone
    return notes


def _to_files(table: Any, targets: Iterable[OutputTarget], files: WholeFiles) -> Iterator[str]:
    """Write what is to be a file; it becomes one when `files` is closed. What there is to say is the answer."""
    for target in targets:
        if target.path is not None:
            seen = _seen_by(target.form, table)
            with progress(f"writing {target.path}"):
                yield from target.form.write(seen, files.open(target.path)) or ()
            for path, content in target.beside.items():
                files.open(path).write(content(seen))


def _seen_by(form: Form, table: T) -> T:
    """The table, without the rows around its rows where the format does not show them."""
    return table if form.SURROUNDINGS or not hasattr(table, "column_names") else without_surroundings(table)


def _to_standard_output(form: Form, table: Any) -> list[str]:
    out, table = sys.stdout.buffer, _seen_by(form, table)
    try:
        if form.RAW or form.BINARY:
            notes = form.write(table, out)
        elif out.isatty():
            shown = TerminalText(out)
            notes = form.write(table, cast("BinaryIO", shown))
            shown.finish()
        elif is_read_by_a_runner(out):
            held = io.BytesIO()
            notes = form.write(table, held)
            out.write(_inert(held.getvalue(), table))
        else:
            notes = form.write(table, out)
        out.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise InputError(f"standard output: cannot be written: {error.strerror or error}") from error
    return notes or []


def _inert(text: bytes, table: Any) -> bytes:
    """What people look at, with no command in it to GitHub's runner.

    Raises InputError for rows with one that are data for programs, such as predictions: they are exact or not there.
    """
    names: list[str] = getattr(table, "column_names", [*FILLED_IN])
    if has_commands(text) and not set(FILLED_IN) <= set(names):
        raise InputError(
            "standard output: a text in it is a command to GitHub's runner ('::' or '##['); write it to a file with -o"
        )
    return without_commands(text)


def _file(output: str, kind: str) -> OutputTarget:
    """`format:path` where the prefix is a format, else the format of the extension."""
    prefix, colon, path = output.partition(":")
    known = _known(kind)
    if colon and prefix in known:
        return OutputTarget(prefix, path, kind)
    suffix = Path(output).suffix.lower()
    extensions: list[str] = []
    for name in sorted(known, key=lambda name: name != suffix[1:]):  # its namesake is nearly always the one
        extensions += OutputTarget(name, None, kind).form.EXTENSIONS
        if suffix in extensions:
            return OutputTarget(name, output, kind)
    hint = f"{did_you_mean(suffix, extensions)} (known: {', '.join(sorted(extensions))})"
    raise InputError(f"-o {quote(output)}: no {kind} for {quote(suffix)}{hint}")


def _known(kind: str) -> list[str]:
    """The formats that an output of this kind may have, sorted."""
    return sorted(name for drawer in WRITERS[kind] for name in drawer.names)
