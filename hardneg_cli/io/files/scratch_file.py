"""A file for what is held for a while: it has no name, or one that nobody is to know, and is gone once it is closed."""

from __future__ import annotations

import tempfile
from typing import BinaryIO, cast


def scratch_file() -> BinaryIO:
    """A new one, to write and to read, which the caller closes."""
    return cast("BinaryIO", tempfile.TemporaryFile())  # what Windows has instead is as good, and of another type
