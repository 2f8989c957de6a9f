"""A folder for files of the specifications, which goes as the process ends."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from pathlib import Path

FOLDER = Path(tempfile.mkdtemp(prefix="hardneg-specified-"))
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)
