"""Zip archives of others, such as workbooks and .npz files: their claims are looked at before any is unpacked."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

from hardneg_cli.errors import InputError, listing
from hardneg_cli.io.files.limits import UNPACKED, refuse_bomb
from hardneg_cli.io.files.source import Source

MOST_MEMBERS = 100_000
ENCRYPTED = 1
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# What the standard library raises for archives that are damaged, or of a kind that it does not read
DAMAGED = (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, EOFError, struct.error, zlib.error)


@contextmanager
def archive(source: Source) -> Iterator[zipfile.ZipFile]:
    """An archive, all members of which unpack to no more than they claim: together, what `refuse_bomb` lets pass.

    Raises InputError for one that claims more, is damaged, is encrypted, or holds a name twice.
    """
    with source.seekable() as stream:
        try:
            found = zipfile.ZipFile(cast("BinaryIO", stream))
        except (*DAMAGED, ValueError) as error:
            raise InputError(f"{source.name}: its zip archive is damaged: {error}") from error
        confirm(source, found)
        try:
            yield found
        except DAMAGED as error:
            raise InputError(f"{source.name}: its zip archive is damaged: {error}") from error


def confirm(source: Source, found: zipfile.ZipFile, least: int = UNPACKED) -> None:
    """Raises InputError as `archive` does, for what an archive claims of its members."""
    members = found.infolist()
    if len(members) > MOST_MEMBERS:
        raise InputError(f"{source.name}: holds {len(members):,} files instead of {MOST_MEMBERS:,} at most")
    if any(member.flag_bits & ENCRYPTED for member in members):
        raise InputError(f"{source.name}: is encrypted; save it without a password")
    if len({member.filename for member in members}) < len(members):
        counted = Counter(member.filename for member in members)
        twice = [name for name, times in counted.items() if times > 1]
        raise InputError(f"{source.name}: holds {listing(twice, 1)} twice")
    if any(member.compress_type not in METHODS for member in members):
        raise InputError(f"{source.name}: is packed in a way that is not read; pack it with deflate")
    refuse_bomb(source.name, sum(member.file_size for member in members), source.size, least=least)
