"""Results to standard output and to files, each in the format of its name."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from hardneg_cli import drawer
from hardneg_cli.errors import InputError, did_you_mean
from hardneg_cli.files.output import refuse_overwriting, whole_file

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Target:
    """Where a result goes: a format, and a file or (None) standard output."""

    format: str
    path: str | None


def targets(outputs: Sequence[str] | None, format_: str | None) -> list[Target]:
    """The files of `-o`, and standard output where `-f` asks for it or there is no file."""
    found = [_file(output) for output in outputs or ()]
    if format_ is not None or not found:
        name = format_ or "table"
        module = drawer.load("formats", name, "format")
        if getattr(module, "BINARY", False) and sys.stdout.isatty():
            raise InputError(f"{name} is no text for a terminal: name a file with -o")
        found.append(Target(name, None))
    return found


def refuse_overwriting_inputs(
    results: Iterable[Target], patterns: Iterable[str], files: Iterable[str | None] = ()
) -> None:
    """Raises InputError for a target that is an input, a directory or in no folder, before any work is done.

    patterns: inputs that may be globs. files: inputs that are a file only if there is one of that very name.
    """
    import glob

    read = [Path(name) for name in files if name]
    for pattern in patterns:
        read += [Path(pattern)] if Path(pattern).exists() else map(Path, glob.glob(pattern, recursive=True))
    refuse_overwriting((target.path for target in results if target.path is not None), read)


def write(table: pa.Table, results: Iterable[Target]) -> None:
    """The table to every target; files first, so that a reader who leaves early loses none of them."""
    for target in sorted(results, key=lambda t: t.path is None):
        form = drawer.load("formats", target.format, "format")
        if target.path is None:
            _to_standard_output(form, table)
        else:
            with whole_file(target.path) as out:
                form.write(table, out)


def _to_standard_output(form: ModuleType, table: pa.Table) -> None:
    try:
        form.write(table, sys.stdout.buffer)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise InputError(f"standard output: cannot be written: {error.strerror or error}") from error


def _file(output: str) -> Target:
    """`format:path` where the prefix is a format, else the format of the extension."""
    prefix, colon, path = output.partition(":")
    if colon and prefix in drawer.names("formats"):
        return Target(prefix, path)
    suffix = Path(output).suffix.lower()
    extensions = {ending: name for name in drawer.names("formats")
                  for ending in drawer.load("formats", name, "format").EXTENSIONS}  # fmt: skip
    if suffix not in extensions:
        known = ", ".join(sorted(extensions))
        raise InputError(f"-o {output!r}: no format for {suffix!r}{did_you_mean(suffix, extensions)} (known: {known})")
    return Target(extensions[suffix], output)
