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
from math import sqrt
from typing import TYPE_CHECKING, Any

from hardneg_cli.statistics.bootstrap import alike_replicates, percentile_interval
from hardneg_cli.statistics.intervals import NORMAL
from hardneg_cli.statistics.scores import Estimate

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

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
    counts = _counts(sorted(patterns))
    draws = np.array([_measured(counts, drawn) for drawn in alike_replicates(times, DRAWS, SEED)])
    measured = zip(_measured(counts, times), draws.T, strict=True)
    percent, alpha, ac1 = (percentile_interval(value, drawn) for value, drawn in measured)
    return percent, alpha, ac1


def kappa(table: Mapping[tuple[Answer, Answer], int]) -> Estimate | None:
    """Cohen's, of how often two reviewers gave each pair of answers."""
    total = sum(table.values())
    first, second = Counter[Answer](), Counter[Answer]()
    for (one, other), times in table.items():
        first[one] += times
        second[other] += times
    observed = sum(times for (one, other), times in table.items() if one == other) / total
    chance = sum(times * second[answer] for answer, times in first.items()) / total**2
    if chance == 1:
        return None
    value = (observed - chance) / (1 - chance)
    spread = 0.0
    for (one, other), times in table.items():
        either = (first[other] + second[one]) / total
        weight = (1 if one == other else 0) - either * (1 - value)
        spread += times / total * weight**2
    spread -= (value - chance * (1 - value)) ** 2
    margin = NORMAL * sqrt(max(spread, 0) / total) / (1 - chance)
    return Estimate(value, max(value - margin, -1.0), min(value + margin, 1.0))


def _counts(patterns: Sequence[Sequence[Answer]]) -> Any:
    """(P, K) sparse: how often each of the K answers was given in a pattern."""
    import numpy as np
    from scipy.sparse import csr_array

    codes = {answer: code for code, answer in enumerate(sorted({answer for row in patterns for answer in row}))}
    columns = [codes[answer] for row in patterns for answer in row]
    lines = np.repeat(np.arange(len(patterns)), [len(row) for row in patterns])
    counts = csr_array((np.ones(len(columns)), (lines, columns)), shape=(len(patterns), len(codes)))
    counts.sum_duplicates()
    return counts


def _measured(counts: Any, times: NDArray[np.int64]) -> tuple[float, float, float]:
    """Percent agreement, alpha and AC1 of patterns that occur so often; NaN where one is not defined."""
    import numpy as np

    answers = np.asarray(counts.sum(axis=1))
    several = answers > 1
    equal = np.asarray((counts * counts).sum(axis=1)) - answers  # ordered pairs of equal answers
    rows = times * several
    if not rows.sum():
        return np.nan, np.nan, np.nan
    alike = equal[several] / (answers * (answers - 1))[several]
    percent = float(rows[several] @ alike / rows.sum())
    alpha = _alpha(rows, answers, equal, np.asarray(counts.T @ rows))
    shares = np.asarray(counts.T @ (times / answers)) / times.sum()
    if len(shares) < 2:
        return percent, alpha, np.nan
    chance = float((shares * (1 - shares)).sum() / (len(shares) - 1))
    return percent, alpha, (percent - chance) / (1 - chance)


def _alpha(rows: NDArray[np.int64], answers: Numbers, equal: Numbers, totals: Numbers) -> float:
    """1 − observed over expected disagreement, of the answers in rows that have several."""
    total = totals.sum()
    several = answers > 1
    unequal = (answers * (answers - 1) - equal)[several] / (answers - 1)[several]
    expected = (total**2 - (totals**2).sum()) / (total - 1)
    return float(1 - rows[several] @ unequal / expected) if expected > 0 else float("nan")
