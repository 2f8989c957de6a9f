"""The console blocks of README and manual are run on a terminal, and what they print is compared."""

import re
import shutil
import subprocess
import sys
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
BLOCKS = {name: CONSOLE.findall(text) for name, text in TEXTS.items()}
MISTYPED = {"--lable"}  # on purpose
CALL = re.compile(r"\bhardneg ((?:audit )?[a-z]+)((?:[^`|;&\n]|\|(?=\w))*)")


def with_sample(folder: Path) -> Path:
    shutil.copytree(ROOT / "sample_data", folder / "sample_data")
    return folder


def test_there_are_blocks() -> None:
    assert sum(len(blocks) for blocks in BLOCKS.values()) >= 20


@pytest.mark.process
@pytest.mark.parametrize("document", [name for name, blocks in BLOCKS.items() if blocks])
def test_the_blocks_of_a_document_print_what_they_say_one_after_the_other(document: str, tmp_path: Path) -> None:
    folder = with_sample(tmp_path)
    for block in BLOCKS[document]:
        assert_prints(block, folder)


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
def test_the_python_lines_work(tmp_path: Path) -> None:
    (code,) = re.findall(r"^```python\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=with_sample(tmp_path), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert code.count("\n") <= 15
    assert re.match(r"<Findings: table: 1,809 rows, .*>\n(.*\n)*accuracy .*: model 2 is better", done.stdout)


def test_the_first_two_commands_are_what_ci_runs() -> None:
    first, second = re.findall(r"^```sh\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)[:2]
    assert "hardneg find sample_data/" in first
    assert "pytest" in second
    assert first.count("\n") == second.count("\n") == 1
