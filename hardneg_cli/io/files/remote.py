"""Files behind a URL such as s3://bucket/part-*.parquet, through fsspec and what it finds installed."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, cast

from hardneg_cli.errors import InputError

URL = re.compile(r"([a-z][a-z0-9+.-]+)://", re.IGNORECASE)  # two letters at least: C:\ is a drive
FOREIGN = {
    "botocore.exceptions": "BotoCoreError", "aiohttp": "ClientError", "azure.core.exceptions": "AzureError",
    "google.auth.exceptions": "GoogleAuthError", "gcsfs.retry": "HttpError",
    "httpx": "HTTPError", "httpx2": "HTTPError",
}  # fmt: skip
EXTRAS = {"hf": "hub", "s3": "s3", "s3a": "s3"}  # of this package, by protocol; any other takes a library of its own
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
        with _one_kind_of_error():
            return sorted(str(system.unstrip_protocol(name)) for name in system.glob(path))
    except OSError as error:
        raise InputError(f"{pattern}: cannot be listed: {error}") from error


def opened(url: str) -> BinaryIO:
    """The bytes as a file that can seek. All that goes wrong with it is an OSError."""
    system, path = _found(url)
    with _one_kind_of_error():
        return cast("BinaryIO", _Afar(system.open(path, "rb")))


class _Afar(io.RawIOBase):
    """A file system's file."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        with _one_kind_of_error():
            data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        with _one_kind_of_error():
            return int(self._file.seek(offset, whence))

    def tell(self) -> int:
        return int(self._file.tell())

    def close(self) -> None:
        self._file.close()
        super().close()


@contextmanager
def _one_kind_of_error() -> Iterator[None]:
    """No server, no credentials, no such address: the libraries behind file systems have errors of their own for it."""
    try:
        yield
    except _foreign() as error:
        raise OSError(str(error)) from error


def _foreign() -> tuple[type[Exception], ...]:
    """Those of the libraries that are in use, and what file systems raise for a path that is none there."""
    used = (getattr(sys.modules[module], name) for module, name in FOREIGN.items() if module in sys.modules)
    return ValueError, NotImplementedError, *used


def _found(url: str) -> tuple[Any, str]:
    """The file system behind a URL, and the path there."""
    try:
        import fsspec

        with _one_kind_of_error():
            system, path = fsspec.url_to_fs(url)
    except ImportError as error:
        found = URL.match(url)
        extra = EXTRAS.get(found[1].lower() if found else "")
        hint = f"pip install 'hardneg-cli[{extra}]'" if extra else str(error)
        raise InputError(f"{url}: such addresses need more than is installed: {hint}") from error
    except (ValueError, OSError) as error:  # nobody knows the protocol, or what stands behind it is no address
        raise InputError(f"{url}: cannot be read: {error}") from error
    return system, str(path)
