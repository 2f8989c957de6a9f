"""The root of the repository that a folder is in, found without asking git."""

from __future__ import annotations

import os
from pathlib import Path


def repository_root(folder: Path) -> Path | None:
    """The nearest folder upwards that has a `.git`."""
    return next((place for place in (folder, *folder.parents) if os.path.lexists(place / ".git")), None)
