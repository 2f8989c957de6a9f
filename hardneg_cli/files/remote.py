"""Files behind a URL such as s3://bucket/part-*.parquet, through fsspec and what it finds installed."""

from __future__ import annotations

import re
from typing import Any, BinaryIO, cast

from hardneg_cli.errors import InputError

URL = re.compile(r"([a-z][a-z0-9+.-]+)://", re.IGNORECASE)  # two letters at least: C:\ is a drive
OF_THIS_PROCESS = ("memory",)  # what another process does not see


def is_remote(pattern: str) -> bool:
    return URL.match(pattern) is not None


def is_shared(url: str) -> bool:
    """Whether other processes find the same file there."""
    found = URL.match(url)
    return found is not None and found[1].lower() not in OF_THIS_PROCESS


def local(pattern: str) -> str:
    """What stands behind file://, any other pattern as it is."""
    if not pattern.lower().startswith("file://"):
        return pattern
    _, path = _found(pattern)
    return path


def matching(pattern: str) -> list[str]:
    """The URLs that match a glob, sorted; the pattern itself where it has no wildcard."""
    system, path = _found(pattern)
    if not re.search(r"[*?[]", path):
        return [pattern]
    try:
        return sorted(str(system.unstrip_protocol(name)) for name in system.glob(path))
    except OSError as error:
        raise InputError(f"{pattern}: cannot be listed: {error}") from error


def opened(url: str) -> BinaryIO:
    """The bytes as a file that can seek."""
    system, path = _found(url)
    return cast("BinaryIO", system.open(path, "rb"))


def _found(url: str) -> tuple[Any, str]:
    """The file system behind a URL, and the path there."""
    try:
        import fsspec
    except ImportError as error:
        raise InputError(f"{url}: remote files need fsspec: pip install 'hardneg-cli[dask]'") from error
    try:
        system, path = fsspec.url_to_fs(url)
    except (ImportError, ValueError) as error:  # a library is missing, or nobody knows the protocol
        raise InputError(f"{url}: cannot be read: {error}") from error
    return system, str(path)
