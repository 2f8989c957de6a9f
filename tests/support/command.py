"""The command as users run it: a process of its own."""

from __future__ import annotations

import subprocess
import sys
from typing import Any


def hardneg(*arguments: Any, **options: Any) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "hardneg_cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, check=False, **options)
