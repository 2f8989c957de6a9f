"""A real LibreOffice, if there is one."""

from __future__ import annotations

import shutil

OFFICE = shutil.which("soffice")
