"""How far reviewers agree on the rows that several of them decided.

An answer is the label that the row is to have, or that it is to be dropped; being unsure is none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, overload

from hardneg_cli.review.decisions.decision import Decision, Question
from hardneg_cli.statistics.agreement_coefficients import Answer, Kappas, PairCells, coefficients, kappas
from hardneg_cli.statistics.scores import Estimate

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Codes = NDArray[np.int64]

Row = tuple[tuple[str, Answer], ...]
MOST_MEETINGS = 1 << 22  # of two reviewers on a row, that are looked at together


@dataclass(frozen=True)
class ReviewerPair:
    """Cohen's kappa of two reviewers, on the rows that both decided."""

    first: str
    second: str
    rows: int
    kappa: Estimate | None


@dataclass(frozen=True)
class ReviewerPairs(Sequence[ReviewerPair]):
    """All pairs that met, by their names; there may be millions, so each is made when it is looked at."""

    reviewers: tuple[str, ...]
    codes: Codes
    kappas: Kappas

    def __len__(self) -> int:
        return len(self.codes)

    def among(self, names: Iterable[str]) -> list[ReviewerPair]:
        """The pairs of which both are named."""
        import numpy as np

        chosen = set(names)
        mine = np.array([name in chosen for name in self.reviewers], bool)
        first, second = np.divmod(self.codes, max(len(self.reviewers), 1))
        return [self[place] for place in np.flatnonzero(mine[first] & mine[second]).tolist()]

    @overload
    def __getitem__(self, place: int) -> ReviewerPair: ...

    @overload
    def __getitem__(self, place: slice) -> tuple[ReviewerPair, ...]: ...

    def __getitem__(self, place: int | slice) -> ReviewerPair | tuple[ReviewerPair, ...]:
        if isinstance(place, slice):
            return tuple(self[one] for one in range(*place.indices(len(self))))
        first, second = divmod(int(self.codes[place]), len(self.reviewers))
        return ReviewerPair(
            self.reviewers[first], self.reviewers[second], int(self.kappas.rows[place]), self.kappas[place]
        )


@dataclass(frozen=True)
class Agreement:
    """What `rows` rows say that several of the `reviewers` decided."""

    rows: int
    reviewers: tuple[str, ...]
    percent: Estimate
    alpha: Estimate | None
    ac1: Estimate | None
    pairs: ReviewerPairs


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
    found = _pairs(shared)
    return Agreement(shared.total(), found.reviewers, percent, alpha, ac1, found)


def _answer(decision: Decision) -> Answer:
    """A label, or nothing for a row that is to go, so that no label can be taken for it."""
    if decision.decision == "drop":
        return ()
    return (decision.new_label if decision.decision == "relabel" else decision.given,)


def _pairs(rows: Mapping[Row, int]) -> ReviewerPairs:
    import numpy as np

    reviewers = tuple(sorted({who for row in rows for who, _ in row}))
    answers = sorted({answer for row in rows for _, answer in row})
    code_of = {who: code for code, who in enumerate(reviewers)}, {answer: code for code, answer in enumerate(answers)}
    who = np.array([code_of[0][name] for row in rows for name, _ in row], np.int64)
    answer = np.array([code_of[1][one] for row in rows for _, one in row], np.int64)
    cells, times = _cells(rows, who * len(answers) + answer, len(reviewers) * len(answers))
    first, second = np.divmod(cells, len(reviewers) * len(answers))
    pair = first // len(answers) * len(reviewers) + second // len(answers)
    order = np.argsort(pair, kind="stable")
    codes, place = np.unique(pair[order], return_inverse=True)
    parts = PairCells(place, (first % len(answers))[order], (second % len(answers))[order], times[order])
    return ReviewerPairs(reviewers, codes, kappas(parts, len(answers)))


def _cells(rows: Mapping[Row, int], said: Codes, kinds: int) -> tuple[Codes, Codes]:
    """Each two things that were said about the same row, as one number, and how often.

    said: (M,) who said what, below `kinds`, row by row, ascending in each.
    """
    import numpy as np

    length = np.array([len(row) for row in rows], np.int64)
    times = np.array([*rows.values()], np.int64)
    start = np.cumsum(length) - length
    found, often = np.zeros(0, np.int64), np.zeros(0, np.int64)
    for long in np.unique(length).tolist():
        one, other = np.triu_indices(long, 1)
        alike = np.flatnonzero(length == long)
        for part in np.array_split(alike, -(-len(alike) * len(one) // MOST_MEETINGS)):
            own = said[start[part][:, None] + np.arange(long)]
            met = (own[:, one] * kinds + own[:, other]).ravel()
            found, where = np.unique(np.concatenate([found, met]), return_inverse=True)
            weights = np.concatenate([often, np.repeat(times[part], len(one))])
            often = np.bincount(where, weights).astype(np.int64)
    return found, often
