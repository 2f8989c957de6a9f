"""Attacks and defenses: each file is one method, after the paper that its docstring names.

What a method takes depends on what it attacks: a differentiable model, any model, texts. `robustness` calls each by
name; in common they have their settings and their manual.

    # least_change.py
    "The point just behind the boundary, between a row and a version of it that fools the model."

    def run(predict, points: Block, fooling: Block, labels: Codes, *, halvings: int = 8) -> Block:
        "halvings: how often the way is halved."
        ...
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from hardneg_cli.runtime.drawers import Units


class Attack(Protocol):
    """What every method has: `run(…, *, settings…)`."""

    run: Callable[..., Any]


ATTACKS = Units[Attack]("attack")
