"""Every option of every command says what a settings file may make of it."""

from __future__ import annotations

from typing import get_type_hints

import pytest
import typer.models

from hardneg_cli.cli.commands import COMMANDS
from hardneg_cli.cli.option_groups import expanded
from hardneg_cli.cli.settings.option_trust import Trust, command_options, stated_trust
from hardneg_cli.runtime import drawers

EVERY = [("", name) for name in COMMANDS.names]
EVERY += [(folder, name) for folder in drawers.folders("command") for name in drawers.names("command", folder)]
every = pytest.mark.parametrize(("folder", "name"), EVERY)
FILES = ("FILE", "POOL", "OLD")  # metavars of paths
THE_CALLERS = {
    "decisions", "no_decisions", "engine", "scheduler", "in_place", "show_config", "no_config", "skip_stale", "dry_run",
    "reviewer", "adjudicator", "embed", "using",
}  # fmt: skip


@every
def test_every_option_says_it(folder: str, name: str) -> None:
    run = expanded(drawers.load("command", name, folder).run)
    for parameter, hint in get_type_hints(run, include_extras=True).items():
        metadata = getattr(hint, "__metadata__", ())
        if any(isinstance(one, typer.models.OptionInfo) for one in metadata):
            assert stated_trust(hint) is not None, f"{name}: {parameter} needs a Trust beside its typer.Option"


@every
def test_files_and_what_is_the_callers_are_called_so(folder: str, name: str) -> None:
    run = expanded(drawers.load("command", name, folder).run)
    options = command_options(run)
    for setting, option in options.items():
        if option.flag:
            metavar = _metavar(run, option.parameter)
            is_file = any(word in metavar.replace("|", " ").split() for word in FILES)
            assert not is_file or option.trust.is_path or option.trust is Trust.CALLER, f"{name}: {option.flag}"
            assert setting not in THE_CALLERS or option.trust is Trust.CALLER, f"{name}: {option.flag}"
    assert options["no_config"].flag == "--no-config"


def _metavar(run: object, parameter: str) -> str:
    metadata = getattr(get_type_hints(run, include_extras=True)[parameter], "__metadata__", ())
    return next(str(one.metavar or "") for one in metadata if isinstance(one, typer.models.OptionInfo))
