"""Who decides."""

from __future__ import annotations

import getpass


def user() -> str:
    """Who runs this, as far as the system knows."""
    try:
        return getpass.getuser()
    except (ImportError, KeyError, OSError):  # a number without a name, as in containers
        return "unknown"
