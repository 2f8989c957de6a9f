"""How far reviewers agree on the rows that several of them decided.

An answer is the label that the row is to have, or that it is to be dropped; being unsure is none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations

from hardneg_cli.review.decisions.decision import Decision, Question
from hardneg_cli.statistics.agreement_coefficients import Answer, coefficients, kappa
from hardneg_cli.statistics.scores import Estimate


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
    patterns = Counter[tuple[Answer, ...]]()
    for row, times in shared.items():
        patterns[tuple(answer for _, answer in row)] += times
    percent, alpha, ac1 = coefficients(patterns)
    assert percent is not None
    return Agreement(shared.total(), tuple(sorted({who for row in shared for who, _ in row})), percent, alpha, ac1,
                     tuple(_pairs(shared)))  # fmt: skip


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
