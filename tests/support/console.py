"""Console blocks of documents: run on a terminal, and what they print compared.

A line `…` stands for any lines that are left out, `…` within a line for any text.
"""

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

from support.command import in_path

CONSOLE = re.compile(r"^```console\n(.*?)^```", flags=re.MULTILINE | re.DOTALL)
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


def assert_prints(block: str, folder: Path, **variables: str) -> None:
    """Each `$` line of the block, run in the folder, prints what stands below it."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, _, expected = part.partition("\n")
        printed = on_a_terminal(command, folder, **variables)
        assert re.fullmatch(expected_as_pattern(expected), printed), f"$ {command}\nprints\n{printed}not\n{expected}"


def on_a_terminal(command: str, folder: Path, **variables: str) -> str:
    """What a person sees who types `command` in a terminal of 120 columns.

    With a PYTHONPATH among the variables it is the package there.
    """
    ours, theirs = pty.openpty()
    environment = {key: value for key, value in os.environ.items() if not key.startswith("HARDNEG_")}
    programs = in_path(copies="PYTHONPATH" in variables), Path(sys.executable).parent, os.environ["PATH"]
    path = os.pathsep.join(map(str, programs))
    environment |= {
        f"GIT_{who}_{what}": "ann@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }
    environment |= {"PATH": path, "COLUMNS": "120", "LINES": "50", "TERM": "dumb", "NO_COLOR": "1"} | variables
    done = subprocess.Popen(["bash", "-c", command], cwd=folder, env=environment, stdout=theirs, stderr=theirs)
    os.close(theirs)
    seen = b""
    try:
        while piece := os.read(ours, 1 << 16):
            seen += piece
    except OSError:  # what Linux answers once the other end is closed
        pass
    os.close(ours)
    done.wait()
    text = ESCAPES.sub("", seen.decode()).replace("\r\n", "\n")
    return "".join(line.rstrip() + "\n" for line in text.splitlines())


def expected_as_pattern(expected: str) -> str:
    """A regular expression for what a document says is printed."""
    lines = [
        r"(?:.*\n)*" if line == "…\n" else re.escape(line).replace("…", ".*") for line in expected.splitlines(True)
    ]
    return "".join(lines)
