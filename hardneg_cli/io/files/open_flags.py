"""How files of strangers are opened: no pipe is waited for, no link followed, where systems can."""

from __future__ import annotations

import os

LINKS_TOO = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
CAREFULLY = LINKS_TOO | getattr(os, "O_NOFOLLOW", 0)
