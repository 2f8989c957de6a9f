"""Transforms: each file is a way to make another row of the same class out of a row, a text, a picture or columns.

What a transform takes depends on what it changes, which OF says. Of a text or a picture it makes one version, or None
where it can change nothing:

    # typos.py
    "Slips of the finger within words."

    OF = "text"

    def run(text: str, beside: TextSurroundings, rng: Random, *, share: float = 0.1) -> str | None:
        "share: of the words that get one."
        ...

A picture is one of Pillow's: `run(picture, rng, *, settings…)`. Of the columns of n rows of one class, at unit spread
and without gaps, it makes `wanted` rows at most: `run(rows: ClassRows, wanted, seed, *, settings…) -> NewRows`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from hardneg_cli.runtime.drawers import Units


class Transform(Protocol):
    """What every transform has: `run(…, *, settings…)`. OF: what it changes, `text`, `picture` or `columns`.

    MILD: whether it is tried where nobody chose any; others are by name only. `lacking`, where it needs a library.
    """

    OF: str = "text"
    MILD: bool = True
    run: Callable[..., object]

    def lacking(self) -> str:
        """What is not installed that it needs, and what installs it; empty where nothing is."""
        return ""


TRANSFORMS = Units[Transform]("transform")
