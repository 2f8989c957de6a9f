"""How far reviewers agree on the rows that several of them decided.

An answer is the label that the row is to have, or that it is to be dropped; being unsure is none.

- percent: the share of agreeing pairs of answers, averaged over the rows.
- alpha: Krippendorff's, nominal (Krippendorff, Computing Krippendorff's alpha-reliability, 2011).
- ac1: Gwet's, which does not collapse where one answer prevails (Gwet, Computing inter-rater reliability and its
  variance in the presence of high agreement, 2008).
- kappa: Cohen's, of each pair of reviewers, with the interval of Fleiss, Cohen and Everitt (1969).

The other intervals are percentiles of a bootstrap over the rows, whose seed is fixed. A measure is None where chance
alone would agree in everything, because there is one answer only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import sqrt
from typing import TYPE_CHECKING, Any

from hardneg_cli.review.decisions.decision import Decision, Question
from hardneg_cli.statistics.bootstrap import alike_replicates, percentile_interval
from hardneg_cli.statistics.intervals import NORMAL
from hardneg_cli.statistics.scores import Estimate

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

DRAWS, SEED = 1000, 0
Answer = tuple[str, ...]
Row = tuple[Answer, ...]


@dataclass(frozen=True)
class ReviewerPair:
    """Cohen's kappa of two reviewers, on the rows that both decided."""

    first: str
    second: str
    rows: int
    kappa: Estimate | None


@dataclass(frozen=True)
class Agreement:
    """What `rows` rows say that several of the `reviewers` decided."""

    rows: int
    reviewers: tuple[str, ...]
    percent: Estimate
    alpha: Estimate | None
    ac1: Estimate | None
    pairs: tuple[ReviewerPair, ...]


def agreement(decisions: Iterable[Decision]) -> Agreement | None:
    """Of each reviewer's last words about rows as they are asked about; None where no row has two of them."""
    by_question: dict[Question, dict[str, Answer]] = {}
    for decision in decisions:
        if decision.is_decisive:
            by_question.setdefault(decision.question, {})[decision.reviewer] = _answer(decision)
    shared = Counter(tuple(sorted(answers.items())) for answers in by_question.values() if len(answers) > 1)
    if not shared:
        return None
    patterns = Counter[Row]()
    for row, times in shared.items():
        patterns[tuple(sorted(answer for _, answer in row))] += times
    percent, alpha, ac1 = _estimates(patterns)
    assert percent is not None
    return Agreement(shared.total(), tuple(sorted({who for row in shared for who, _ in row})), percent, alpha, ac1,
                     tuple(_pairs(shared)))  # fmt: skip


def measures(rows: Iterable[Sequence[Answer]]) -> tuple[Estimate | None, Estimate | None, Estimate | None]:
    """Percent agreement, alpha and AC1 of the answers that each row got, in any number.

    Rows with one answer count for AC1's chance alone, as in Gwet's paper.
    """
    return _estimates(Counter(tuple(sorted(row)) for row in rows))


def _estimates(patterns: Mapping[Row, int]) -> tuple[Estimate | None, Estimate | None, Estimate | None]:
    """By how many rows have each pattern of answers."""
    import numpy as np

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


def _answer(decision: Decision) -> Answer:
    """A label, or nothing for a row that is to go, so that no label can be taken for it."""
    if decision.decision == "drop":
        return ()
    return (decision.new_label if decision.decision == "relabel" else decision.given,)


def _pairs(rows: Mapping[tuple[tuple[str, Answer], ...], int]) -> list[ReviewerPair]:
    tables: dict[tuple[str, str], Counter[tuple[Answer, Answer]]] = {}
    for row, times in rows.items():
        for (first, one), (second, other) in combinations(row, 2):
            tables.setdefault((first, second), Counter())[one, other] += times
    return [ReviewerPair(*who, tables[who].total(), kappa(tables[who])) for who in sorted(tables)]


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
