"""The README's console blocks are run on a terminal, and what they print is compared."""

import os
import pty
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support.paths import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```console\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


def on_a_terminal(command: str, folder: Path) -> str:
    """What a person sees who types `command` in a terminal of 120 columns."""
    ours, theirs = pty.openpty()
    environment = {key: value for key, value in os.environ.items() if not key.startswith("HARDNEG_")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment |= {
        f"GIT_{who}_{what}": "ann@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }
    environment |= {"PATH": path, "COLUMNS": "120", "LINES": "50", "TERM": "dumb", "NO_COLOR": "1"}
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


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("checkout")
    shutil.copytree(ROOT / "sample_data", folder / "sample_data")
    return folder


def test_there_are_blocks() -> None:
    assert len(BLOCKS) >= 2


@pytest.mark.parametrize("block", BLOCKS)
def test_a_block_prints_what_it_says(block: str, checkout: Path) -> None:
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, _, expected = part.partition("\n")
        assert on_a_terminal(command, checkout) == expected


def test_the_python_lines_work(checkout: Path) -> None:
    (code,) = re.findall(r"^```python\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)
    done = subprocess.run([sys.executable, "-c", code], cwd=checkout, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_first_two_commands_are_what_ci_runs() -> None:
    first, second = re.findall(r"^```sh\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)[:2]
    assert "hardneg find sample_data/" in first
    assert "pytest" in second
    assert first.count("\n") == second.count("\n") == 1
