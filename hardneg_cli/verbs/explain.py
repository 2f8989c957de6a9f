"""What there is to read about hardneg: the pages of the manual, and each unit's own words, needs and settings.

A unit's manual is its docstring, with what its signature says of needs and settings.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from hardneg_cli.errors import InputError, did_you_mean
from hardneg_cli.runtime import drawers
from hardneg_cli.runtime.markdown_text import plain_page, summary

TUNED: Mapping[str, str] = {
    "detector": "Detectors (find --detector)",
    "gate": "Gates (check --fail-on, --warn-on, --require)",
    "model": "Models (predict --model)",
    "mode": "Mining modes (mine --mode)",
    "attack": "Attacks (harden)",
    "strategy": "Strategies (refine, dual)",
}
KINDS: Mapping[str, str] = {
    "page": "Pages",
    **TUNED,
    "format": "Result formats (-f NAME, -o NAME:FILE)",
    "annotation tool": "Annotation tools (find -o NAME:FILE; collect and apply read their exports)",
    "report": "Reports (check and diff, -f NAME, -o NAME:FILE)",
    "table format": "Table formats that are read",
    "engine": "Engines (find --engine)",
}


def overview() -> str:
    """Everything that can be explained, by kind, with the first line of each manual."""
    known = {kind: drawers.names(kind) for kind in KINDS}
    width = max(len(name) for names in known.values() for name in names)
    parts = []
    for kind, names in known.items():
        lines = (f"  {name:<{width}}  {_first_line(kind, name)}\n" for name in names)
        parts.append(f"{KINDS[kind]}\n{''.join(lines)}")
    return "\n".join(parts)


def manual(name: str) -> str:
    """All that is called `name`, a page or a unit's manual; raises InputError for an unknown name."""
    kinds = [kind for kind in KINDS if name in drawers.names(kind)]
    if not kinds:
        raise InputError(_unknown(name))
    return "\n".join(_whole(kind, name) for kind in kinds)


def unit_manual(kind: str, name: str) -> str:
    """A unit's docstring, what it needs, its settings and what they mean."""
    parts = [_manual(kind, name)]
    if kind in TUNED:
        function = drawers.verb(kind, name)
        if needs := _needs(kind, function):
            parts.append(f"Needs: {needs}.")
        parts += _tuning(name, function)
    return "\n\n".join(parts) + "\n"


def _whole(kind: str, name: str) -> str:
    if kind == "page":
        return plain_page(drawers.page(name))
    title = name if kind in TUNED else f"{name} ({kind})"
    return f"{title}\n{'=' * len(title)}\n\n{unit_manual(kind, name)}"


def _unknown(name: str) -> str:
    if name in (*drawers.names("command"), *drawers.folders("command")):
        return f"{name!r} is a command: hardneg {name} --help says what it does"
    known = [unit for kind in KINDS for unit in drawers.names(kind)]
    return f"nothing is called {name!r}{did_you_mean(name, known)} (hardneg explain lists what there is)"


def _tuning(name: str, function: Any) -> list[str]:
    """The settings with their defaults, and the words about them; nothing where there is none."""
    settings = drawers.settings(function)
    if not settings:
        return []
    lines = [f"  {name}.{key} = {setting.default}{_kind(setting)}" for key, setting in settings.items()]
    title = "Settings (--set, or a table of its name in hardneg.toml):"
    return ["\n".join([title, *lines]), inspect.cleandoc(function.__doc__ or "")]


def _first_line(kind: str, name: str) -> str:
    return summary(drawers.page(name)) if kind == "page" else _manual(kind, name).splitlines()[0]


def _manual(kind: str, name: str) -> str:
    return inspect.cleandoc(drawers.load(kind, name).__doc__ or "")


def _needs(kind: str, function: Any) -> str:
    """In words: what has to be there, and what is used where it is."""
    parameters = [p for p in inspect.signature(function).parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
    needed = dict.fromkeys(root for p in parameters if p.default is p.empty for root in _roots(kind, p.name))
    helpful = dict.fromkeys(root for p in parameters for root in _roots(kind, p.name) if root not in needed)
    text = ", ".join(needed)
    return f"{text}; uses where there are any: {', '.join(helpful)}" if helpful else text


def _roots(kind: str, evidence: str) -> list[str]:
    """What a user has to bring for a piece of evidence, in words."""
    if root := drawers.given(kind).get(evidence):
        return [root]
    if evidence.replace("_", "-") not in drawers.names("evidence"):
        return []  # something that the command fills in
    gather = drawers.load("evidence", evidence.replace("_", "-")).gather
    return [root for name in inspect.signature(gather).parameters for root in _roots(kind, name)]


def _kind(setting: drawers.UnitSetting) -> str:
    return f"  (one of: {', '.join(setting.choices)})" if setting.choices else f"  ({setting.kind.__name__})"
