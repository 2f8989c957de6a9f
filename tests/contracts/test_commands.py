"""What holds for every command, now and later; what each does is in commands/."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys

import pytest
import typer

from hardneg_cli.cli.commands import COMMANDS
from hardneg_cli.cli.option_groups import expanded
from hardneg_cli.runtime import drawers
from support.paths import ROOT

EVERY = [("", name) for name in COMMANDS.names]
EVERY += [(folder, name) for folder in drawers.folders("command") for name in drawers.names("command", folder)]
HEAVY = ("numpy", "pandas", "pyarrow", "scipy", "sklearn", "rich", "textual")
LOAD = """
import json, sys
from hardneg_cli.runtime import drawers
for folder, name in json.loads(sys.argv[1]):
    drawers.load("command", name, folder)
print(json.dumps(sorted(sys.modules)))
"""
every = pytest.mark.parametrize(("folder", "name"), EVERY)


@every
def test_typer_takes_it_and_its_docstring_is_the_help(folder: str, name: str) -> None:
    unit = drawers.load("command", name, folder)
    app = typer.Typer(rich_markup_mode=None)
    app.command(name, help=unit.__doc__)(expanded(unit.run))
    command = typer.main.get_command(app)
    assert command.help
    assert (inspect.getdoc(unit) or "").splitlines()[0] in command.help


@every
def test_every_parameter_is_explained(folder: str, name: str) -> None:
    app = typer.Typer(rich_markup_mode=None)
    app.command(name)(expanded(drawers.load("command", name, folder).run))
    for parameter in typer.main.get_command(app).params:
        assert getattr(parameter, "help", None), parameter.name


@pytest.mark.process
def test_loading_all_of_them_loads_nothing_heavy() -> None:
    done = subprocess.run([sys.executable, "-c", LOAD, json.dumps(EVERY)], cwd=ROOT, capture_output=True, check=True)
    assert not set(json.loads(done.stdout)) & set(HEAVY)
