"""A folder of arrays that are kept by content for the next run, each file of them under a key of all they depend on."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

from hardneg_cli.errors import InputError
from hardneg_cli.io.files.atomic_write import whole_file
from hardneg_cli.io.files.git_names import comes_with_commits
from hardneg_cli.io.tables.stored_arrays import stored_arrays

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOST_FILES = 16  # of a kind; the oldest go
KEY = r"[0-9a-f]{32}"


def key_of(settings: object, libraries: Iterable[str], rows: Iterable[object]) -> str:
    """The key of what depends on settings, on the installed versions of libraries, and on rows, in an order of theirs.

    All of them are told apart by their `repr`; a library that is not installed has no version.
    """
    found = blake2b(repr((settings, *map(_version, libraries))).encode("utf-8", "surrogatepass"), digest_size=16)
    for row in rows:
        found.update(repr(row).encode("utf-8", "surrogatepass"))
    return found.hexdigest()


def _version(library: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(library)
    except PackageNotFoundError:
        return ""


@dataclass(frozen=True)
class ArrayCache:
    """Files `<key>.<what>.npz` in a folder. types: what is in each, by name: `<f4`, `u1`."""

    folder: Path
    what: str
    types: Mapping[str, str]

    def path(self, key: str) -> Path:
        return self.folder / f"{key}.{self.what}.npz"

    def refusal(self, key: str) -> str:
        """What to say of a file that holds something else."""
        return f"{self.path(key)}: is no file of {self.what.replace('-', ' ')} that check --cache made: delete it"

    def read(self, key: str) -> list[NDArray[np.generic]] | None:
        """The arrays in the order of their types; None where nothing is kept.

        Raises InputError for a file of that name that holds something else, and for one that came with a commit.
        """
        path = self.path(key)
        if not os.path.lexists(path):
            return None
        if comes_with_commits(path):
            raise InputError(f"{path}: git keeps it, so that a commit could say how it is judged: name another --cache")
        return stored_arrays(path, tuple(self.types.items()), self.refusal(key))

    def write(self, key: str, arrays: Mapping[str, NDArray[np.generic]]) -> str:
        """Keep them, whole or not at all; what there is to say where that cannot be done."""
        import numpy as np

        typed = {name: np.ascontiguousarray(arrays[name], kind) for name, kind in self.types.items()}
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if not any(self.folder.iterdir()):
                (self.folder / ".gitignore").write_text("*\n", encoding="ascii")  # no commit is to bring it
            with whole_file(self.path(key)) as file:
                np.savez(file, **typed)  # type: ignore[arg-type]  # its own option has a name that is none of these
            self._forget_oldest()
        except (InputError, OSError) as error:  # a folder that may only be read, a full disk
            return f"nothing could be kept for the next run: {error}"
        return ""

    def _forget_oldest(self) -> None:
        name = re.compile(f"{KEY}{re.escape(f'.{self.what}.npz')}")
        files = [path for path in self.folder.iterdir() if name.fullmatch(path.name)]
        for path in sorted(files, key=_written)[:-MOST_FILES]:
            path.unlink(missing_ok=True)


def _written(path: Path) -> float:
    """When it was; long ago for a file that another run has just removed."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0
