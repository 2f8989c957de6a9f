"""Every option's value, as a setting, and who set it."""

from __future__ import annotations

import json
from typing import Any

import typer

from hardneg_cli.runtime.terminal import log_line


def show(ctx: typer.Context) -> int:
    """Print the value of each option, as a setting, and who set it."""
    words = {"COMMANDLINE": "command line", "DEFAULT": "default"}
    for parameter in ctx.command.params:
        option = str(parameter.name).rstrip("_")
        if option not in ("show_config", "no_config", "help"):
            source = getattr(ctx.get_parameter_source(str(parameter.name)), "name", "DEFAULT")
            is_configured = source == "DEFAULT_MAP" or option == "data"
            origin = ctx.obj.origins.get(option) if is_configured else None
            line = _setting(option.replace("_", "-"), ctx.params[parameter.name])
            typer.echo(log_line(f"{line}  # {origin or words[source]}"))
    for unit, settings in ctx.obj.units.items():
        for setting, value in settings.items():
            typer.echo(log_line(_setting(f"{unit}.{setting.replace('_', '-')}", value)))
    return 0


def _setting(key: str, value: Any) -> str:
    """TOML, in which the texts, lists and numbers of JSON are at home; what is not set is a comment."""
    return f"# {key} is not set" if value is None else f"{key} = {json.dumps(value, ensure_ascii=False)}"
