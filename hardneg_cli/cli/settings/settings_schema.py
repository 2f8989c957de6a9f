"""The JSON Schema of a settings file, by which an editor completes `hardneg.toml`: keys that a file may set, and units.

Keys are spelled as the options are; that the file's own underscores are taken as well an editor need not know.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from enum import Enum
from types import UnionType
from typing import Annotated, Literal, Union, get_args, get_origin, get_type_hints

import typer.models

from hardneg_cli.cli.settings.file_settings import DATA, DATASETS, UNITS
from hardneg_cli.cli.settings.option_trust import Trust, stated_trust
from hardneg_cli.runtime import drawers
from hardneg_cli.runtime.drawers import UnitSetting
from hardneg_cli.runtime.json_schema import DRAFT, PLAIN, Schema

TITLE = "Settings of hardneg: hardneg.toml, or [tool.hardneg] of pyproject.toml"


def settings_schema(runs: Iterable[Callable[..., object]]) -> str:
    """The schema as text. runs: the functions of all commands, with the options of their groups."""
    known = {**_options(runs), **_units()}
    keys: Schema = {name: {"$ref": f"#/$defs/{name}"} for name in sorted(known)}
    dataset: Schema = {
        "description": "A dataset that commands know by this name, and what holds for it alone.",
        "type": "object",
        "properties": {DATA: {"description": "Where it is, in the file's folder.", "type": "string"}, **keys},
        "required": [DATA],
        "additionalProperties": False,
    }
    whole: Schema = {
        "$schema": DRAFT,
        "title": TITLE,
        "type": "object",
        "properties": {**keys, DATASETS: {"type": "object", "additionalProperties": dataset}},
        "additionalProperties": False,
        "$defs": dict(sorted(known.items())),
    }
    return json.dumps(whole, indent=1) + "\n"


def _options(runs: Iterable[Callable[..., object]]) -> dict[str, Schema]:
    """The options that a file may set; one that commands have with several types may have any of these."""
    found: dict[str, list[Schema]] = {}
    for run in runs:
        for name, hint in get_type_hints(run, include_extras=True).items():
            if stated_trust(hint) in (None, Trust.CALLER) or get_origin(hint) is not Annotated:
                continue
            one = _option(hint)
            same = found.setdefault(name.rstrip("_").replace("_", "-"), [])
            same += [] if any(_type_of(one) == _type_of(other) for other in same) else [one]
    return {name: same[0] if len(same) == 1 else {"anyOf": same} for name, same in found.items()}


def _type_of(schema: Schema) -> Schema:
    return {name: value for name, value in schema.items() if name != "description"}


def _option(hint: object) -> Schema:
    kind, *about = get_args(hint)
    words = next((one.help for one in about if isinstance(one, typer.models.OptionInfo)), "")
    return {"description": words, **_of(kind)}


def _of(kind: object) -> Schema:
    """What a file may say; a text stands for a list of one, and a list of one for its text."""
    if get_origin(kind) in (Union, UnionType):
        (kind,) = (one for one in get_args(kind) if one is not type(None))
    if get_origin(kind) is list:
        return {"type": ["string", "array"], "items": {"type": "string"}}
    if isinstance(kind, type) and issubclass(kind, Enum):
        return {"enum": [one.value for one in kind]}
    if kind is str:
        return {"type": ["string", "number"]}
    assert isinstance(kind, type)
    return {"type": PLAIN[kind]}


def _units() -> dict[str, Schema]:
    """A table for each unit that has settings."""
    found: dict[str, Schema] = {}
    for kind in UNITS:
        for name in drawers.names(kind):
            settings = drawers.settings(drawers.verb(kind, name))
            found[name] = {
                "description": f"The {kind} {name}: hardneg explain {name}.",
                "type": "object",
                "properties": {key: _setting(setting) for key, setting in settings.items()},
                "additionalProperties": False,
            }
    return found


def _setting(setting: UnitSetting) -> Schema:
    if get_origin(setting.kind) is Literal:
        return {"enum": [*setting.choices], "default": setting.default}
    return {"type": ["string", "number"] if setting.kind is str else PLAIN[setting.kind], "default": setting.default}
