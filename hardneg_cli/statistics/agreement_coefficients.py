"""Coefficients of agreement between raters who each answered some of the rows.

- percent: the share of agreeing pairs of answers, averaged over the rows.
- alpha: Krippendorff's, nominal (Krippendorff, Computing Krippendorff's alpha-reliability, 2011).
- ac1: Gwet's, which does not collapse where one answer prevails (Gwet, Computing inter-rater reliability and its
  variance in the presence of high agreement, 2008).
- kappa: Cohen's, of two raters, with the interval of Fleiss, Cohen and Everitt (1969).

The other intervals are percentiles of a bootstrap over the rows, whose seed is fixed. A coefficient is None where
chance alone would agree in everything, because there is one answer only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from typing import TYPE_CHECKING, NamedTuple

from hardneg_cli.statistics.bootstrap import alike_replicates, percentile_interval
from hardneg_cli.statistics.intervals import NORMAL
from hardneg_cli.statistics.scores import Estimate

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    Counts = csr_array[np.float64]
    Codes = NDArray[np.int64]
    Numbers = NDArray[np.float64]

DRAWS, SEED = 1000, 0
Answer = tuple[str, ...]  # whatever words there are for it; they are only compared


def coefficients(rows: Mapping[tuple[Answer, ...], int]) -> tuple[Estimate | None, Estimate | None, Estimate | None]:
    """Percent agreement, alpha and AC1 of the answers that rows got, in any number; by how many rows got just these.

    Rows with one answer count for AC1's chance alone, as in Gwet's paper.
    """
    import numpy as np

    patterns = Counter[tuple[Answer, ...]]()
    for answers, often in rows.items():
        patterns[tuple(sorted(answers))] += often
    times = np.array([patterns[key] for key in sorted(patterns)], np.int64)
    found = _Patterns.of(_counts(sorted(patterns)))
    draws = np.array([found.measured(drawn) for drawn in alike_replicates(times, DRAWS, SEED)])
    measured = zip(found.measured(times), draws.T, strict=True)
    percent, alpha, ac1 = (percentile_interval(value, drawn) for value, drawn in measured)
    return percent, alpha, ac1


def kappa(table: Mapping[tuple[Answer, Answer], int]) -> Estimate | None:
    """Cohen's, of how often two reviewers gave each pair of answers."""
    import numpy as np

    codes = {answer: code for code, answer in enumerate(sorted({answer for cell in table for answer in cell}))}
    given = np.array([[codes[one], codes[other]] for one, other in table], np.int64)
    cells = PairCells(np.zeros(len(table), np.int64), given[:, 0], given[:, 1], np.array([*table.values()], np.int64))
    return kappas(cells, len(codes))[0]


class PairCells(NamedTuple):
    """Who answered the same rows how, for many pairs of reviewers at once.

    (n,) each: the `pair`, in ascending order and none left out, what its `first` and its `second` reviewer answered (a
    code), and how many `times` they did so. No cell stands there twice.
    """

    pair: Codes
    first: Codes
    second: Codes
    times: Codes


def kappas(cells: PairCells, answers: int) -> Kappas:
    """Cohen's of each pair, of `answers` answers in all. It takes time and memory in n only."""
    import numpy as np

    pairs = int(cells.pair[-1]) + 1
    total = np.bincount(cells.pair, cells.times, pairs)
    firsts = _Marginals.of(cells.pair * answers + cells.first, cells.times)
    seconds = _Marginals.of(cells.pair * answers + cells.second, cells.times)
    alike = cells.first == cells.second
    observed = np.bincount(cells.pair, alike * cells.times, pairs) / total
    met = seconds.at(firsts.keys)
    chance = np.bincount(firsts.keys // answers, firsts.times * met, pairs) / total**2
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(chance == 1, np.nan, (observed - chance) / (1 - chance))
    either = firsts.at(cells.pair * answers + cells.second) + seconds.at(cells.pair * answers + cells.first)
    share = either / total[cells.pair]
    weight = alike - share * (1 - value[cells.pair])
    spread = np.bincount(cells.pair, cells.times / total[cells.pair] * weight**2, pairs)
    spread = spread - (value - chance * (1 - value)) ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        margin = NORMAL * np.sqrt(np.maximum(spread, 0) / total) / (1 - chance)
    return Kappas(total.astype(np.int64), value, np.maximum(value - margin, -1), np.minimum(value + margin, 1))


@dataclass(frozen=True)
class Kappas:
    """(P,) each: the rows of a pair, its kappa and the interval, NaN where chance alone would agree in everything."""

    rows: Codes
    value: Numbers
    low: Numbers
    high: Numbers

    def __getitem__(self, pair: int) -> Estimate | None:
        value, low, high = float(self.value[pair]), float(self.low[pair]), float(self.high[pair])
        return None if isnan(value) else Estimate(value, low, high)


class _Marginals(NamedTuple):
    """How often an answer was given by one side of a pair: by key, pair and answer in one number, ascending."""

    keys: Codes
    times: Numbers

    @classmethod
    def of(cls, keys: Codes, times: Codes) -> _Marginals:
        import numpy as np

        found, where = np.unique(keys, return_inverse=True)
        return cls(found, np.bincount(where, times).astype(np.float64))

    def at(self, keys: Codes) -> Numbers:
        """0 where there are none."""
        import numpy as np

        place = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        found: Numbers = np.where(self.keys[place] == keys, self.times[place], 0.0)
        return found


def _counts(patterns: Sequence[Sequence[Answer]]) -> Counts:
    """(P, K) sparse: how often each of the K answers was given in a pattern."""
    import numpy as np
    from scipy.sparse import csr_array

    codes = {answer: code for code, answer in enumerate(sorted({answer for row in patterns for answer in row}))}
    columns = [codes[answer] for row in patterns for answer in row]
    lines = np.repeat(np.arange(len(patterns)), [len(row) for row in patterns])
    counts = csr_array((np.ones(len(columns)), (lines, columns)), shape=(len(patterns), len(codes)))
    counts.sum_duplicates()
    return counts


@dataclass(frozen=True)
class _Patterns:
    """P patterns of answers; all (P,) but `by_answer`, (K, P) sparse: how often each answer was given in a pattern.

    several: whether it has more than one answer. alike, unequal: of those that have, the share of equal pairs, and how
    many unequal ones there are for each answer.
    """

    by_answer: Counts
    answers: Numbers
    several: NDArray[np.bool_]
    alike: Numbers
    unequal: Numbers

    @classmethod
    def of(cls, counts: Counts) -> _Patterns:
        import numpy as np

        answers: Numbers = np.asarray(counts.sum(axis=1))
        several = answers > 1
        equal = np.asarray((counts * counts).sum(axis=1)) - answers  # ordered pairs of equal answers
        alike = equal[several] / (answers * (answers - 1))[several]
        unequal = (answers * (answers - 1) - equal)[several] / (answers - 1)[several]
        return cls(counts.T.tocsr(), answers, several, alike, unequal)

    def measured(self, times: NDArray[np.int64]) -> tuple[float, float, float]:
        """Percent agreement, alpha and AC1 where they occur so often; NaN where one is not defined."""
        import numpy as np

        rows = times * self.several
        if not rows.sum():
            return np.nan, np.nan, np.nan
        percent = float(rows[self.several] @ self.alike / rows.sum())
        alpha = self._alpha(rows, np.asarray(self.by_answer @ rows))
        shares = np.asarray(self.by_answer @ (times / self.answers)) / times.sum()
        if len(shares) < 2:
            return percent, alpha, np.nan
        chance = float((shares * (1 - shares)).sum() / (len(shares) - 1))
        return percent, alpha, (percent - chance) / (1 - chance)

    def _alpha(self, rows: NDArray[np.int64], totals: Numbers) -> float:
        """1 − observed over expected disagreement, of the answers in rows that have several."""
        total = totals.sum()
        expected = (total**2 - (totals**2).sum()) / (total - 1)
        return float(1 - rows[self.several] @ self.unequal / expected) if expected > 0 else float("nan")
