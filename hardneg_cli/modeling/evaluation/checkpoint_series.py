"""Which models are checkpoints of one training, told by their names: `epoch1.parquet`, `run/checkpoint-500/probs.csv`.

Names are a series where they differ in one number alone. They are taken for checkpoints unasked only where a word such
as epoch or step stands before it, as folds and seeds are numbered, too. The first name may be another one: the model
that training began with.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hardneg_cli.errors import InputError

WORDS = ("epoch", "epochs", "ep", "e", "step", "steps", "checkpoint", "ckpt", "cp", "iter", "iteration", "iterations")
ENDINGS = ("epoch", "step", "checkpoint", "ckpt", "iteration")
FEWEST = 2
FEWEST_HINTED = 3  # names of a series that is called by no such word
LONGEST_NUMBER = 18  # digits that fit into 64 bits


@dataclass(frozen=True)
class CheckpointSeries:
    """order: the places of the models from the earliest on. numbers, names: of the checkpoints, in this order."""

    order: tuple[int, ...]
    numbers: tuple[int, ...]
    names: tuple[str, ...]
    word: str = ""

    @property
    def is_named_so(self) -> bool:
        """Whether the names alone say that these are checkpoints."""
        return self.word in WORDS or self.word.endswith(ENDINGS)


def checkpoints_among(models: Sequence[object], wanted: bool | None) -> CheckpointSeries | None:
    """The series that the models are, if they are one. wanted: whether the caller says that they are, None: names tell.

    Without numbers in their names they are in the order given. Raises InputError for a single model that is called a
    checkpoint.
    """
    if wanted is False:
        return None
    names = [str(model) if isinstance(model, str | Path) else "" for model in models]
    series = numbered(names)
    if wanted is None:
        return series if series is not None and series.is_named_so else None
    if len(models) < FEWEST:
        raise InputError("--checkpoints takes at least two models: name the probabilities after each epoch")
    if series is not None:
        return series
    places, stems = tuple(range(len(models))), [Path(name).stem for name in names]
    if not all(stems) or len(set(stems)) < len(stems):
        stems = [f"checkpoint {place + 1}" for place in places]
    return CheckpointSeries(places, tuple(place + 1 for place in places), tuple(stems))


def may_be_checkpoints(models: Sequence[object]) -> bool:
    """Whether they are numbered as checkpoints are, though nothing says that they are some."""
    names = [str(model) for model in models if isinstance(model, str | Path)]
    return len(names) == len(models) >= FEWEST_HINTED and numbered(names) is not None


def numbered(names: Sequence[str]) -> CheckpointSeries | None:
    """The series of names that differ in one number alone, all of them or all but the first; None for other names."""
    if (found := _series(names)) is not None:
        word, numbers = found
        order = tuple(sorted(range(len(names)), key=lambda place: numbers[place]))
        return _named(order, [numbers[place] for place in order], word, [])
    if len(names) > FEWEST and (found := _series(names[1:])) is not None:
        word, numbers = found
        order = tuple(sorted(range(len(numbers)), key=lambda place: numbers[place]))
        first = min(0, min(numbers) - 1)
        ordered = [numbers[place] for place in order]
        return _named((0, *(place + 1 for place in order)), [first, *ordered], word, [Path(names[0]).stem])
    return None


def _named(order: tuple[int, ...], numbers: list[int], word: str, first: list[str]) -> CheckpointSeries:
    shown = [f"{word or 'checkpoint'} {number}" for number in numbers[len(first) :]]
    return CheckpointSeries(order, tuple(numbers), (*first, *shown), word)


def _series(names: Sequence[str]) -> tuple[str, list[int]] | None:
    """The word before the one number in which the names differ, and the numbers."""
    parts = [re.split(r"([0-9]+)", name) for name in names]
    if len(parts) < FEWEST or any(part[::2] != parts[0][::2] for part in parts):
        return None
    differing = [place for place in range(1, len(parts[0]), 2) if len({int_of(part[place]) for part in parts}) > 1]
    if len(differing) != 1:
        return None
    (place,) = differing
    numbers = [int_of(part[place]) for part in parts]
    if len(set(numbers)) < len(numbers) or max(len(part[place]) for part in parts) > LONGEST_NUMBER:
        return None
    before = re.search(r"([A-Za-z]+)[-_ .=]*$", parts[0][place - 1])
    return (before[1].lower() if before else ""), numbers


def int_of(digits: str) -> int:
    """The number, as far as it may matter: nobody counts further."""
    return int(digits[: LONGEST_NUMBER + 1])
