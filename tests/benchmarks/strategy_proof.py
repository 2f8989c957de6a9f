"""Mining that is proven: what `mine --prove` writes against as many rows at random, on test rows that it never saw.

A tenth of the training labels are wrong. `weights`: all rows that find does not flag train, the mined ones with their
weights; against the mean weight for as many of them at random, and against no weights. `subset`: a tenth, a fifth and
two fifths of the rows train alone; against as many at random of those that may. At random: the mean of five draws.
Where nothing is proven, what is written is what would be without (no weights, rows at random), and the gain is 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hardneg_cli import Findings
from hardneg_cli.verbs.mine import MineResult, mine

from .planted import found_in, planted_real
from .real_sets import tables, texts
from .results import Figure, margin
from .strategy_mine import accuracy_of, interval

SHARES = (0.1, 0.2, 0.4)
DRAWS = 5
MODES = ("boundary", "confusion", "retrieval")
ROWS = (0.01, 0.20)  # what boundary has to give by default
NOISE = 0.003  # a mean difference that is none, where its interval does not exclude zero

Gains = dict[tuple[str, str], list[float]]


def part(folder: Path, seeds: Sequence[int], *, quick: bool) -> Iterator[str | Figure]:
    """Markdown: how many rows the modes give, what the proven ones gain, whether what is demanded is met."""
    gains, proven, rows = Gains(), Gains(), Gains()
    for name in ["digits"] if quick else [*tables(), *texts(folder)]:
        for seed in seeds:
            _measure(name, folder, seed, (gains, proven, rows))
            print(f"<!-- {name} {seed} -->", flush=True)
    names, hows = list(dict.fromkeys(name for name, _ in gains)), list(dict.fromkeys(how for _, how in gains))
    yield "| share of the rows that is mined | " + " | ".join(MODES) + " |"
    yield "| --- |" + " ---: |" * len(MODES)
    for name in names:
        cells = [f"{min(rows[name, mode]):.1%} to {max(rows[name, mode]):.1%}" for mode in MODES]
        yield f"| {name} | " + " | ".join(cells) + " |"
    yield ""
    yield "| test accuracy less that at random (proven in) | " + " | ".join(hows) + " |"
    yield "| --- |" + " ---: |" * len(hows)
    for name in names:
        cells = [f"{interval(gains[name, how], '{:+.2%}')} ({sum(proven[name, how]):.0f})" for how in hows]
        yield f"| {name} | " + " | ".join(cells) + " |"
    yield ""
    yield from _demands(names, hows, gains, rows)


def _measure(name: str, folder: Path, seed: int, figures: tuple[Gains, Gains, Gains]) -> None:
    gains, proven, rows = figures
    one = planted_real(name, folder, seed)
    findings, rng = found_in(one), np.random.default_rng(seed)
    for mode in MODES:
        mined = mine(findings, mode=mode, features=one.features, decisions=())
        rows.setdefault((name, mode), []).append(len(mined.pairs.firsts()) / len(one.train))

    def compare(how: str, found: MineResult, weights: NDArray[np.float64], random: list[NDArray[np.float64]]) -> None:
        assert found.proof is not None
        won = found.proof.proven is not None
        base = float(np.mean([accuracy_of(one, some) for some in random])) if won else 0.0
        gains.setdefault((name, how), []).append(accuracy_of(one, weights) - base if won else 0.0)
        proven.setdefault((name, how), []).append(won)

    able = np.flatnonzero(~findings.flagged)
    given = {"features": one.features, "decisions": ()}
    found = mine(findings, prove="weights", **given)
    weights = _weights(findings, able, found.pairs.rows, found.table()["weight"].to_numpy())
    many, mean = len(found.pairs.rows), float(found.table()["weight"].to_numpy().mean())
    compare("weights", found, weights, [_weights(findings, able, rng.permutation(able)[:many], mean) for _ in range(2)])
    compare("weights, against none", found, weights, [_weights(findings, able, able, 1.0)])
    able = np.flatnonzero(~findings.flagged & (findings.score <= 0.5))
    for share in SHARES:
        many = int(share * len(able))
        found = mine(findings, prove="subset", limit=many, **given)
        chosen = _weights(findings, found.pairs.rows, able[:0], 1.0)
        draws = [_weights(findings, rng.permutation(able)[:many], able[:0], 1.0) for _ in range(DRAWS)]
        compare(f"subset, {share:.0%}", found, chosen, draws)


def _weights(
    findings: Findings, able: NDArray[np.int64], rows: NDArray[np.int64], weight: NDArray[np.float64] | float
) -> NDArray[np.float64]:
    """(N,) 1 for those that train, the given weight for some of them, 0 for the others."""
    found = np.zeros(len(findings.dataset))
    found[able] = 1.0
    found[rows] = weight
    return found


def _demands(names: list[str], hows: list[str], gains: Gains, rows: Gains) -> Iterator[str | Figure]:
    for name in names:
        low, high = min(rows[name, "boundary"]), max(rows[name, "boundary"])
        met = "met" if low >= ROWS[0] and high <= ROWS[1] else "MISSED"
        yield f"- {name}: boundary gives between 1 and 20 % of the rows: {met}"
    for how in hows:
        above, below = [], []
        for name in names:
            values = np.array(gains[name, how])
            half = margin(values)
            reach = np.inf if half is None else half
            above += [name] if values.mean() - reach > 0 else []
            below += [name] if values.mean() < -NOISE or values.mean() + reach < 0 else []
            yield Figure(name, f"mine --prove, {how}", float(values.mean()))
        yield f"- {how}: below random on none: {'met' if not below else 'MISSED on ' + ', '.join(below)}; " + (
            f"above by an interval that excludes zero on {', '.join(above)}" if above else "above on none"
        )
