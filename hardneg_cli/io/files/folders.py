"""Folders that are one dataset: what Hugging Face's `save_to_disk` writes, and Parquet files, partitioned or not.

A partition's folder is called `column=value`, and so its rows have that value in that column (the way of Apache Hive).
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from urllib.parse import unquote

from hardneg_cli.errors import MOST_OF_A_PATH, InputError, listing, quote
from hardneg_cli.io.files.limits import DOCUMENT

STATE, INFO, SEVERAL = "state.json", "dataset_info.json", "dataset_dict.json"
PARQUET = (".parquet", ".pq")
NO_VALUE = "__HIVE_DEFAULT_PARTITION__"
MOST_FILES = 100_000


@dataclass(frozen=True)
class FolderFile:
    """A data file of a folder. name: its path. partition: columns that its folders' names say, with their value."""

    name: str
    partition: tuple[tuple[str, str | None], ...] = ()


def files_of(folder: str) -> list[FolderFile]:
    """The data files of a folder in their order. Raises InputError for one that is no dataset, or several."""
    path = Path(folder)
    if (path / SEVERAL).is_file():
        splits = _document(path / SEVERAL).get("splits")
        names = [str(path / name) for name in splits] if isinstance(splits, list) else []
        raise InputError(f"{folder} holds several datasets: name one of them, {listing(names, length=MOST_OF_A_PATH)}")
    if (path / STATE).is_file():
        return [FolderFile(str(path / name)) for name in _shards(path)]
    found = sorted(_parquet_files(folder))
    if not found:
        raise InputError(
            f"{folder} is a folder without Parquet files, and none of pictures or of save_to_disk: name a file, or "
            f"a pattern such as {folder}/*.csv"
        )
    return [FolderFile(name, _partition(os.path.relpath(name, folder))) for name in found]


def beside(folder: str) -> list[str]:
    """The names of what else such a folder consists of."""
    if not is_saved_dataset(folder):
        return []
    return [name for name in (INFO, STATE) if (Path(folder) / name).is_file()]


def companion(data: str | Path, suffix: str) -> Path:
    """A name beside data: theirs, with something at the end; a folder's is the same with a `/` and without."""
    name = str(data).rstrip(os.sep + (os.altsep or "")) or str(data)
    if Path(name).name in ("", "..") and os.path.isdir(name):  # `.` and `..` are called otherwise
        name = os.path.abspath(name)
    return Path(f"{name}{suffix}")


def renewed_state(state: bytes, said: str) -> bytes:
    """The state of a `save_to_disk` folder with another fingerprint, by which `datasets` tells what it has cached.

    said: what makes the folder another one.
    """
    found = json.loads(state)
    found["_fingerprint"] = blake2b(f"{found.get('_fingerprint')} {said}".encode(), digest_size=8).hexdigest()
    return (json.dumps(found, indent=2, sort_keys=True) + "\n").encode()


def is_saved_dataset(folder: str | Path) -> bool:
    """Whether `save_to_disk` wrote it."""
    return (Path(folder) / STATE).is_file()


def _shards(path: Path) -> list[str]:
    files = _document(path / STATE).get("_data_files")
    names = [one.get("filename") for one in files if isinstance(one, dict)] if isinstance(files, list) else []
    if not names or not all(isinstance(name, str) and Path(name).name == name for name in names):
        raise InputError(f"{path / STATE}: does not say which files in its folder the data are")
    return [str(name) for name in names]


def _document(path: Path) -> dict[str, object]:
    try:
        if path.stat().st_size > DOCUMENT:
            raise InputError(f"{path}: is too long for what it should be")
        said = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: cannot be read: {error}") from error
    if not isinstance(said, dict):
        raise InputError(f"{path}: is no object of JSON")
    return said


def _parquet_files(folder: str) -> list[str]:
    found: list[str] = []
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith((".", "_"))]
        found += [
            os.path.join(place, name) for name in names
            if name.lower().endswith(PARQUET) and not name.startswith((".", "_"))
        ]  # fmt: skip
        if len(found) > MOST_FILES:
            raise InputError(f"{folder} holds more than {MOST_FILES:,} files")
    return found


def _partition(name: str) -> tuple[tuple[str, str | None], ...]:
    pairs = [part.partition("=") for part in Path(name).parts[:-1]]
    found = {unquote(key): None if value == NO_VALUE else unquote(value) for key, sign, value in pairs if sign and key}
    if len(found) < len([None for _, sign, _ in pairs if sign]):
        raise InputError(f"{name}: its folders name a column twice, or none before the '=': {quote(name)}")
    return tuple(found.items())
