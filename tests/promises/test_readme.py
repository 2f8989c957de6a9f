"""The console blocks of README and manual are run on a terminal, and what they print is compared."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from hardneg_cli.runtime.drawers import DRAWERS
from support import references
from support.console import CONSOLE, assert_prints
from support.paths import PACKAGE, ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [path for path in sorted((PACKAGE / "manual").glob("*.md")) if path.name not in references.GENERATED]
COMMANDS = (PACKAGE / "manual/commands.md").read_text(encoding="utf-8")
HELP = re.compile(r"^## hardneg ([a-z ]+)\n\n```text\n(.*?)^```", flags=re.MULTILINE | re.DOTALL)
TEXTS = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "README.md", *PAGES)}
BLOCKS = [(name, number) for name, text in TEXTS.items() for number in range(len(CONSOLE.findall(text)))]
MISTYPED = {"--lable"}  # on purpose
CALL = re.compile(r"\bhardneg ((?:audit )?[a-z]+)((?:[^`|;&\n]|\|(?=\w))*)")


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


@pytest.mark.process
@pytest.mark.parametrize(("document", "number"), BLOCKS)
def test_a_block_prints_what_it_says(document: str, number: int, checkouts: Callable[[str], Path]) -> None:
    assert_prints(CONSOLE.findall(TEXTS[document])[number], checkouts(document))


@pytest.mark.parametrize("document", TEXTS)
def test_the_options_that_a_document_names_are_there(document: str) -> None:
    known = {command: set(re.findall(r"--[a-z-]+", text)) for command, text in HELP.findall(COMMANDS)}
    for command, rest in CALL.findall(TEXTS[document]):
        assert set(re.findall(r"(?<!\S)--[a-z-]+", rest)) - MISTYPED <= known.get(command, set()), (
            f"hardneg {command}{rest}"
        )


@pytest.mark.slow
@pytest.mark.parametrize("name", references.PAGES)
def test_references_say_what_the_code_says(name: str) -> None:
    written = (references.MANUAL / name).read_text(encoding="utf-8")
    assert written == references.PAGES[name](), f"{name} is out of date: {references.COMMAND}"


def test_the_readme_names_every_command() -> None:
    rows = re.findall(r"^\| (`.*?) \|", README.replace("\\|", "or"), flags=re.MULTILINE)
    named = re.findall(r"`((?:audit )?[a-z]+)", " ".join(rows))
    assert set(named) == {command for command, _ in HELP.findall(COMMANDS)}
    assert README.count("\n") <= 200


def test_the_readme_and_the_rooms_name_what_is_there() -> None:
    rooms = (PACKAGE / "README.md").read_text(encoding="utf-8")
    files = [
        path for path in re.findall(r"`([a-z_]+/[a-z_/]+(?:\.py|\.md)?)`", rooms) if path.partition("/")[0] != "tests"
    ]
    assert [path for path in files if not (PACKAGE / path).exists()] == []
    assert [drawer.folder for drawer in DRAWERS.values() if f"`{drawer.folder}`" not in rooms] == []
    assert [
        path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists() and f"`{path.name}/`" not in rooms
    ] == []
    links = [link for text in (README, rooms) for link in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in link]
    assert [link for link in links if not ((ROOT / link).exists() or (PACKAGE / link).exists())] == []


@pytest.mark.process
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
