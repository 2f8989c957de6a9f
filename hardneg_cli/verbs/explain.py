"""What a detector, gate, strategy or model does: its manual, needs and settings, from its docstring and signature."""

from __future__ import annotations

import inspect
from typing import Any

from hardneg_cli.errors import InputError, did_you_mean
from hardneg_cli.runtime import drawers

KINDS = ("detector", "gate", "mode", "attack", "strategy", "model")
ROOTS = {
    "dataset": "labels",
    "probabilities": "probabilities (--probs)",
    "feature_choice": "features (--features or --text)",
    "baseline": "a base (--base or --state)",
    "decisions": "decisions (the log beside the data, or --decisions)",
    "audited": "an audit (--audit)",
    "findings": "probabilities (--probs)",
    "allowed_classes": "class names (--allow-class)",
}


def overview() -> str:
    """Every unit of every drawer, with the first line of its manual."""
    units = [(kind, name) for kind in KINDS for name in drawers.names(kind)]
    width = max(len(name) for _, name in units)
    return "\n".join(f"{name:<{width}}  {_manual(kind, name).splitlines()[0]}" for kind, name in units) + "\n"


def manual(name: str) -> str:
    """The whole manual of the unit called `name`; raises InputError for an unknown one."""
    kinds = {unit: kind for kind in KINDS for unit in drawers.names(kind)}
    if name not in kinds:
        raise InputError(f"nothing is called {name!r}{did_you_mean(name, kinds)} (known: {', '.join(kinds)})")
    function = drawers.verb(kinds[name], name)
    parts = [f"{name}\n{'=' * len(name)}", _manual(kinds[name], name)]
    if needs := _needs(function):
        parts.append(f"Needs: {needs}.")
    settings = [
        f"  {name}.{key} = {setting.default}{_kind(setting)}" for key, setting in drawers.settings(function).items()
    ]
    if settings:
        parts.append("\n".join(["Settings (--set, or a table of its name in hardneg.toml):", *settings]))
        parts.append(inspect.cleandoc(function.__doc__ or ""))
    return "\n\n".join(parts) + "\n"


def _manual(kind: str, name: str) -> str:
    return inspect.cleandoc(drawers.load(kind, name).__doc__ or "")


def _needs(function: Any) -> str:
    """In words: what has to be there, and what is used where it is."""
    parameters = [p for p in inspect.signature(function).parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
    needed = dict.fromkeys(root for p in parameters if p.default is p.empty for root in _roots(p.name))
    helpful = dict.fromkeys(root for p in parameters for root in _roots(p.name) if root not in needed)
    text = ", ".join(needed)
    return f"{text}; uses where there are any: {', '.join(helpful)}" if helpful else text


def _roots(evidence: str) -> list[str]:
    """What a user has to bring for a piece of evidence, in words."""
    if evidence in ROOTS:
        return [ROOTS[evidence]]
    if evidence.replace("_", "-") not in drawers.names("evidence"):
        return []  # something that the command fills in
    gather = drawers.load("evidence", evidence.replace("_", "-")).gather
    return [root for name in inspect.signature(gather).parameters for root in _roots(name)]


def _kind(setting: drawers.UnitSetting) -> str:
    return f"  (one of: {', '.join(setting.choices)})" if setting.choices else f"  ({setting.kind.__name__})"
