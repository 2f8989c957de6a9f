"""The help: what it begins with, what fits a line, and that every command's example does what it is there for."""

from __future__ import annotations

import inspect
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Annotated

import pytest

from hardneg_cli.cli.command_help import FIRST_STEPS, GROUPS
from hardneg_cli.cli.option_groups import Command, Without, expanded
from hardneg_cli.cli.options import DataOptions, OutputOptions
from hardneg_cli.runtime import drawers
from support.command import hardneg
from support.terminal import Terminal

COMMANDS = [(name, folder) for folder in ("", *drawers.folders("command")) for name in drawers.names("command", folder)]
WORDS = {"cat": "purrs meows naps scratches", "dog": "barks fetches digs howls"}
HEADINGS = ("Arguments", "Data", "Parts", "Versions", "Models", "Decisions", "Review", "Output", "Options")


def rows(first: int, count: int, *, wrong: int = 6) -> list[str]:
    """`id,label,text` lines, every few of them mislabeled."""
    lines = []
    for number in range(first, first + count):
        given, other = ("cat", "dog") if number % 2 else ("dog", "cat")
        words = WORDS[given].split()
        text = " ".join(words[(number * step) % 4] for step in (1, 3, 5, 7)) + f" {number % 17} times"
        lines.append(f"{number},{other if number % (wrong * 5) == wrong else given},{text}")
    return lines


def run(*arguments: str, cwd: Path, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = hardneg(*arguments, cwd=cwd, text=True)
    assert done.returncode == code, done.stderr
    return done


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every file that an example takes, under the name that it has there."""
    folder = tmp_path_factory.mktemp("examples")
    lines = rows(0, 120)
    (folder / "data.csv").write_text("\n".join(["id,label,text", *lines]) + "\n")
    git = ["git", "-c", "user.name=ann", "-c", "user.email=ann@example.org"]
    for command in ("init -q", "add data.csv", "commit -q -m data"):
        subprocess.run([*git, *command.split()], cwd=folder, check=True)
    lines[3] = lines[3].replace("cat", "dog").replace("dog,", "dog,very ")
    (folder / "data.csv").write_text("\n".join(["id,label,text", *lines]) + "\n")
    pool = [f"{id_},{text} or so" for id_, _, text in (line.split(",") for line in rows(500, 60))]
    (folder / "pool.csv").write_text("\n".join(["id,text", *pool]) + "\n")
    for name, model in (("probs", "logistic"), ("old", "knn")):
        run("predict", "data.csv", "--text", "text", "--model", model, "-o", f"{name}.parquet", cwd=folder)
    find = ["find", "data.csv", "--probs", "probs.parquet", "-q"]
    run(*find, "--all", "-o", "scores.parquet", "-o", "scores.csv", cwd=folder)
    run(*find, "-o", "queue.csv", cwd=folder)
    queue = (folder / "queue.csv").read_text().splitlines()
    (folder / "queue.csv").write_text("\n".join([queue[0], queue[1].replace(",", ",keep", 1), *queue[2:]]) + "\n")
    run("collect", "queue.csv", "--data", "data.csv", "--reviewer", "ann", "-q", cwd=folder)
    run("apply", "data.csv", "-o", "clean.csv", "--provenance", "why.json", "-q", cwd=folder)
    run("audit", "draw", "scores.csv", "--rows", "60", "-q", "-o", "audit.csv", cwd=folder)
    head, *drawn = (folder / "audit.csv").read_text().splitlines()
    kept = [re.sub("^([^,]*),", r"\1,keep", line) for line in drawn]
    (folder / "audit.csv").write_text("\n".join([head, *kept]) + "\n")
    return folder


@pytest.fixture
def folder(files: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(files, tmp_path / "work"))


@pytest.mark.slow
@pytest.mark.parametrize(("name", "within"), COMMANDS)
def test_every_example_runs(name: str, within: str, folder: Path) -> None:
    example = drawers.load("command", name, within).EXAMPLE
    program, *arguments = shlex.split(example)
    assert program == "hardneg"
    assert arguments[: 2 if within else 1] == ([within, name] if within else [name])
    if name == "review":
        with Terminal(*arguments, cwd=folder) as terminal:
            terminal.wait("1 of")
            terminal.press("q")
            assert terminal.end() == 0
        return
    done = run(*arguments, cwd=folder)
    outputs = [arguments[place + 1] for place, word in enumerate(arguments) if word == "-o"]
    assert all((folder / output).stat().st_size for output in outputs)
    assert outputs or done.stdout or done.stderr


@pytest.mark.process
@pytest.mark.parametrize(("name", "within"), COMMANDS)
def test_the_example_is_on_top_and_the_options_are_under_headings(name: str, within: str, tmp_path: Path) -> None:
    lines = run(*[within] * bool(within), name, "--help", cwd=tmp_path).stdout.splitlines()
    assert lines[0] == f"Example: {drawers.load('command', name, within).EXAMPLE}"
    assert all(len(line) <= 80 for line in lines)
    headings = [line.removesuffix(":") for line in lines if re.fullmatch(r"\w+:", line)]
    assert headings == [heading for heading in HEADINGS if heading in headings]


@pytest.mark.process
def test_the_first_help_fits_a_narrow_terminal_and_begins_with_three_commands(tmp_path: Path) -> None:
    text = run("--help", cwd=tmp_path).stdout
    lines = text.splitlines()
    assert [line.split("  ")[1] for line in lines[1:4]] == [command for command, _ in FIRST_STEPS]
    assert all(len(line) <= 80 for line in lines), max(lines, key=len)
    assert "..." not in text.replace("[ARGS]...", "")
    for heading in GROUPS.values():
        assert f"\n{heading}:\n" in text
    for name in (*drawers.names("command"), *drawers.folders("command")):
        assert re.search(rf"^  {name} +[A-Z].*\.$", text, flags=re.MULTILINE), name
    assert "\nMore:\n" not in text


@pytest.mark.process
def test_the_first_steps_run(folder: Path) -> None:
    find, _, apply = [shlex.split(command)[1:] for command, _ in FIRST_STEPS]
    assert "id" in run(*find, cwd=folder).stdout
    run(*apply, cwd=folder)
    assert (folder / "clean.csv").exists()


def lacking(columns: Annotated[DataOptions, Without("foldd")]) -> int:
    return 0


def twice(columns: DataOptions, text: str, output: OutputOptions) -> int:
    return 0


@pytest.mark.parametrize(("command", "words"), [(lacking, "has no foldd"), (twice, "text is more than one option")])
def test_a_group_that_does_not_fit_its_command_is_a_mistake(command: Command, words: str) -> None:
    with pytest.raises(TypeError, match=words):
        expanded(command)


def test_the_options_of_a_group_come_back_as_the_group() -> None:
    def run(data: str, columns: Annotated[DataOptions, Without("fold")]) -> int:
        assert columns == DataOptions(label="y")
        return len(data)

    command = expanded(run)
    assert list(inspect.signature(command).parameters)[:3] == ["data", "label", "id_"]
    assert "fold" not in inspect.signature(command).parameters
    assert command(data="abc", label="y") == 3
