"""The console blocks of README and manual are run on a terminal, and what they print is compared.

A line `…` stands for any lines that are left out, `…` within a line for any text.
"""

import os
import pty
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from support import references
from support.paths import PACKAGE, ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [path for path in sorted((PACKAGE / "manual").glob("*.md")) if path.name not in references.PAGES]
COMMANDS = (PACKAGE / "manual/commands.md").read_text(encoding="utf-8")
HELP = re.compile(r"^## hardneg (.*)\n\n```text\n(.*?)^```", flags=re.MULTILINE | re.DOTALL)
TEXTS = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "README.md", *PAGES)}
CONSOLE = re.compile(r"^```console\n(.*?)^```", flags=re.MULTILINE | re.DOTALL)
BLOCKS = [(name, number) for name, text in TEXTS.items() for number in range(len(CONSOLE.findall(text)))]
CALL = re.compile(r"\bhardneg ((?:audit )?[a-z]+)((?:[^`|;&\n]|\|(?=\w))*)")
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


def expected_as_pattern(expected: str) -> str:
    """A regular expression for what a document says is printed."""
    lines = [
        r"(?:.*\n)*" if line == "…\n" else re.escape(line).replace("…", ".*") for line in expected.splitlines(True)
    ]
    return "".join(lines)


@pytest.fixture(scope="module")
def checkouts(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A folder with the sample for each document: its blocks are run in it one after the other."""

    @cache
    def folder(document: str) -> Path:
        path = tmp_path_factory.mktemp(document.replace(".", "_"))
        shutil.copytree(ROOT / "sample_data", path / "sample_data")
        return path

    return folder


def test_there_are_blocks() -> None:
    assert len(BLOCKS) >= 20


@pytest.mark.parametrize(("document", "number"), BLOCKS)
def test_a_block_prints_what_it_says(document: str, number: int, checkouts: Callable[[str], Path]) -> None:
    block = CONSOLE.findall(TEXTS[document])[number]
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, _, expected = part.partition("\n")
        printed = on_a_terminal(command, checkouts(document))
        if not re.fullmatch(expected_as_pattern(expected), printed):
            assert printed == expected


@pytest.mark.parametrize("document", TEXTS)
def test_the_options_that_a_document_names_are_there(document: str) -> None:
    known = {command: set(re.findall(r"--[a-z-]+", text)) for command, text in HELP.findall(COMMANDS)}
    for command, rest in CALL.findall(TEXTS[document]):
        assert set(re.findall(r"(?<!\S)--[a-z-]+", rest)) <= known.get(command, set()), f"hardneg {command}{rest}"


@pytest.mark.parametrize("name", references.PAGES)
def test_references_say_what_the_code_says(name: str) -> None:
    written = (references.MANUAL / name).read_text(encoding="utf-8")
    assert written == references.PAGES[name](), f"{name} is out of date: {references.COMMAND}"


def test_the_python_lines_work(checkouts: Callable[[str], Path]) -> None:
    (code,) = re.findall(r"^```python\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=checkouts("python"), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_first_two_commands_are_what_ci_runs() -> None:
    first, second = re.findall(r"^```sh\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)[:2]
    assert "hardneg find sample_data/" in first
    assert "pytest" in second
    assert first.count("\n") == second.count("\n") == 1
