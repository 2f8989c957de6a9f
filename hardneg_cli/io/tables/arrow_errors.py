"""What pyarrow raises about a file, as one kind of error that names the file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from hardneg_cli.errors import InputError
from hardneg_cli.io.files.source import Source


@contextmanager
def readable(source: Source, kind: str) -> Iterator[None]:
    """Raises InputError where what is read in here is not `kind`, `a Parquet file`, or takes too much memory."""
    import pyarrow as pa

    try:
        yield
    except pa.ArrowMemoryError as error:
        raise InputError(f"{source.name}: takes more memory than there is: {error}") from error
    except (pa.ArrowException, UnicodeError, OverflowError, RecursionError) as error:
        raise InputError(f"{source.name}: not {kind} that can be read: {error}") from error
