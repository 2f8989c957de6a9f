"""Files are written whole or not at all, and never over an input."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from hardneg_cli.errors import InputError


@contextmanager
def whole_file(path: str | Path) -> Iterator[BinaryIO]:
    """A binary file that takes its name only once it is complete and on disk; links are followed, modes kept."""
    from boltons.fileutils import atomic_save

    target = os.path.realpath(path)
    if os.path.exists(path) and not os.path.isfile(path):  # a pipe or a device has no whole to be replaced
        with open(path, "wb") as out:
            yield out
        return
    part = f".{os.path.basename(target)}.{secrets.token_hex(4)}.part"
    try:
        with atomic_save(target, part_file=part) as out:
            yield out
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or error}") from error
    finally:  # boltons leaves it behind where the disk is full only when it is flushed
        Path(target).with_name(part).unlink(missing_ok=True)


def refuse_overwriting(outputs: Iterable[str | Path], inputs: Iterable[Path | None]) -> None:
    """Raises InputError for an output that is also an input, for one named twice, and for a missing folder."""
    read = [path for path in inputs if path is not None]
    seen: set[str] = set()
    for output in outputs:
        target = Path(output)
        if not target.absolute().parent.is_dir():
            raise InputError(f"{output}: there is no folder {str(target.parent)!r}")
        if target.is_dir():
            raise InputError(f"{output}: is a directory")
        if target.exists() and any(path.exists() and path.samefile(target) for path in read):
            raise InputError(f"{output}: is also an input; write to another file")
        if os.path.realpath(target) in seen:
            raise InputError(f"{output}: is named as an output twice")
        seen.add(os.path.realpath(target))
