"""Hardening: accuracy on the clean test part, as it is and under attack, before and after.

Training rows have planted errors, of which the guard keeps out those it doubts; all ways of training learn from the
same rows. `adversarial` is the network trained against projected gradient, `augmented` a fresh model of the same kind
that learns from the written training set alone. Every model is attacked anew, with its own gradient.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from hardneg_cli import Columns
from hardneg_cli.verbs.harden import harden

from .planted import Planted, banking, digits
from .results import Figure, margin

EPSILONS = (0.15, 0.25, 0.33)  # at the last one a plain network loses 45 points
LOSES, GAINS, COSTS = 0.45, 0.20, 0.01
Figures = dict[tuple[str, str], list[tuple[float, float]]]  # by setting and way of training: accuracy, robust accuracy


def part(folder: Path, seeds: Sequence[int], *, quick: bool) -> Iterator[str | Figure]:
    """Markdown: a table, and whether what is demanded is met."""
    figures = Figures()
    for seed in seeds:
        for epsilon in EPSILONS[-1:] if quick else EPSILONS:
            _measure(digits(seed), seed, f"digits, ε {epsilon}", figures, epsilon)
        if not quick and (folder / "banking77").is_dir():
            _measure(banking(folder, seed), seed, "banking77, 2 edits", figures)
    yield "| set, attack | training | accuracy | robust accuracy | accuracy gained | robust accuracy gained |"
    yield "| --- | --- | ---: | ---: | ---: | ---: |"
    for setting, training in figures:
        found, plain = np.array(figures[setting, training]), np.array(figures[setting, "plain"])
        cells = [interval(side, "{:.1%}") for side in found.T]
        if training != "plain":
            cells += [interval(side, "{:+.1%}") for side in (found - plain).T]
        yield f"| {setting} | {training} | " + " | ".join(cells + [""] * (4 - len(cells))) + " |"
    yield ""
    for setting, data in ((f"digits, ε {EPSILONS[-1]}", "digits"), ("banking77, 2 edits", "banking77")):
        yield from _hardened(figures, setting, data)
    yield from _demands(figures)


def _hardened(figures: Figures, setting: str, data: str) -> Iterator[Figure]:
    """Plain and hardened, under attack and without: adversarially, or by a new model where there is no gradient."""
    ways = {training: np.array(found).mean(axis=0) for (where, training), found in figures.items() if where == setting}
    if ways:
        after = ways.get("adversarial", ways.get("augmented"))
        for place, what in enumerate(("plain", "robust")):
            yield Figure(data, f"harden, {what}, before", float(ways["plain"][place]))
            yield Figure(data, f"harden, {what}, after", float(after[place]))


def _measure(one: Planted, seed: int, setting: str, figures: Figures, epsilon: float = 0.3) -> None:
    test = one.test.assign(split="test", id="test-" + one.test["id"])
    rows = pd.concat([one.train.assign(split="train"), test])
    found = harden(rows, Columns(split="split", text=one.text), features=one.features, epsilon=epsilon, seed=seed)
    for way in found.measured:
        figures.setdefault((setting, way.training), []).append((float(way.right.mean()), float(way.robust.mean())))


def interval(values: np.ndarray, form: str) -> str:
    """The mean over the seeds with its 95 % interval."""
    mean, half = form.format(values.mean()), margin(values)
    return mean if half is None else f"{mean} ± {half:.1%}"


def _demands(figures: Figures) -> Iterator[str]:
    setting = f"digits, ε {EPSILONS[-1]}"
    plain, hardened = (np.array(figures[setting, way]).mean(axis=0) for way in ("plain", "adversarial"))
    lost, gained, cost = plain[0] - plain[1], hardened[1] - plain[1], plain[0] - hardened[0]
    for what, value, met in (
        ("the plain network loses 45 points to projected gradient", lost, lost >= LOSES),
        ("adversarial training gains 20 points of robust accuracy", gained, gained >= GAINS),
        ("and costs at most 1 point of accuracy", cost, cost <= COSTS),
    ):
        yield f"{what}: {'met' if met else 'missed'} ({100 * value:.1f})"
