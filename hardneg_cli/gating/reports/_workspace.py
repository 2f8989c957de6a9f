"""Files as GitHub knows them: by their path from the root of the workspace."""

from __future__ import annotations

import os
from pathlib import Path

WORKSPACE = "GITHUB_WORKSPACE"


def workspace_path(path: Path | None) -> str:
    """The file's path from the root of the workspace; empty where it is elsewhere, where nothing can point.

    Where there is no workspace, the path as it was given.
    """
    if path is None:
        return ""
    root = os.environ.get(WORKSPACE)
    return path_below(path, Path(root)) if root else path.as_posix()


def path_below(path: Path, root: Path) -> str:
    """The file's path from this folder; empty where it is elsewhere."""
    folder = Path(os.path.realpath(path.parent))  # the file itself may be a link into a cache
    top = os.path.realpath(root)
    return (folder / path.name).relative_to(top).as_posix() if folder.is_relative_to(top) else ""
