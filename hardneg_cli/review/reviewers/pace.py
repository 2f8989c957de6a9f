"""How fast each reviewer works, as far as the times of the decisions tell.

Decisions of one reviewer and the same moment were collected together: when they were made is not known. A longer time
than `LONGEST_GAP` between two decisions was a pause.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from statistics import quantiles

from hardneg_cli.review.decisions.decision import WITHDRAWN, Decision
from hardneg_cli.review.queues.workload import LEAST_GAPS, LONGEST_GAP, moment_of


@dataclass(frozen=True)
class ReviewerPace:
    """timed: answers whose time is known. days: how many of them on which day, in UTC.

    seconds: the quartiles of the time from one answer to the next, None where fewer than `LEAST_GAPS` tell.
    """

    reviewer: str
    answers: int
    timed: int
    days: Mapping[str, int]
    seconds: tuple[float, float, float] | None


def paces(decisions: Iterable[Decision]) -> tuple[ReviewerPace, ...]:
    """Of each reviewer, by name. decisions: all that the log says; each answer counts, also one that was changed."""
    moments: dict[str, Counter[float]] = {}
    answers = Counter[str]()
    for one in decisions:
        if one.is_settlement or one.decision == WITHDRAWN:
            continue
        answers[one.reviewer] += 1
        if (at := moment_of(one.at)) is not None:
            moments.setdefault(one.reviewer, Counter())[at] += 1
    return tuple(_pace(name, answers[name], moments.get(name, Counter())) for name in sorted(answers))


def _pace(reviewer: str, answers: int, moments: Counter[float]) -> ReviewerPace:
    alone = sorted(at for at, times in moments.items() if times == 1)
    gaps = [later - before for before, later in pairwise(alone) if later - before <= LONGEST_GAP]
    days = Counter(datetime.fromtimestamp(at, UTC).date().isoformat() for at in alone)
    seconds = None
    if len(gaps) >= LEAST_GAPS:
        low, middle, high = quantiles(gaps, n=4, method="inclusive")
        seconds = low, middle, high
    return ReviewerPace(reviewer, answers, len(alone), dict(sorted(days.items())), seconds)
