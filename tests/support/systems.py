"""What a test needs of its system: why one cannot run where there is no POSIX, and an interpreter that has less."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Mapping
from pathlib import Path

from support.paths import ROOT, TESTS

LESS = TESTS / "support" / "other_system"
MODULES = {"fcntl", "grp", "pty", "pwd", "resource", "termios"}
OF_TERMINALS = {"support.console", "support.terminal", "support.terminal_picture"}
NEEDS = {
    "forks and signals": r"os\.fork|killpg|preexec_fn|start_new_session|pass_fds|SIG(?:ALRM|HUP|KILL|PIPE)|send_signal",
    "pipes, devices and the like": r"mkfifo|AF_UNIX|[\"' ]/dev/|/proc/|/etc/hostname",
    "links and modes of files": r"symlink|os\.link\(|hardlink|chmod|os\.umask|geteuid|chown",
    "a shell": r"[\"']/?(?:bin/)?(?:ba)?sh[\"']|shell=True",
}


def without_posix(variables: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a process whose Python lacks what Windows lacks, see `other_system/sitecustomize.py`."""
    path = os.pathsep.join(map(str, (LESS, ROOT)))
    return {**(os.environ if variables is None else variables), "PYTHONPATH": path}


def module_needs_posix(path: Path) -> str:
    """Why a module of tests cannot be imported without POSIX; empty where it can."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {name.name for node in tree.body if isinstance(node, ast.Import) for name in node.names}
    names |= {node.module or "" for node in tree.body if isinstance(node, ast.ImportFrom)}
    found = sorted(names & (MODULES | OF_TERMINALS))
    return f"it imports {', '.join(found)}" if found else ""


def case_needs_posix(source: str) -> str:
    """Why a test with this text cannot run without POSIX; empty where it can, as far as its own lines tell."""
    return next((f"it needs {what}" for what, pattern in NEEDS.items() if re.search(pattern, source)), "")
