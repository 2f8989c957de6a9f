"""Which folder the paths in a table of findings are relative to, as the table does not say what it was made of."""

from __future__ import annotations

import os
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

LOOKED_AT = 20  # cells that tell


def folder_beside(cells: Iterable[str | None], folder: Path) -> Path:
    """What paths are relative to: `folder`, or the first folder in it in which all of the first ones are."""
    some = list(islice((cell for cell in cells if cell and not cell.startswith("data:")), LOOKED_AT))

    def holds(place: Path) -> bool:
        return all(os.path.isfile(place / cell) for cell in some if "\0" not in cell)

    if not some or holds(folder):
        return folder
    inner = (path for path in sorted(folder.iterdir()) if path.is_dir() and not path.name.startswith("."))
    return next(filter(holds, inner), folder)
