"""How far down a ranking the rows may be trusted, with proof: selective prediction with a guaranteed error rate.

Learn then test (Angelopoulos, Bates, Candès, Jordan and Lei, 2021): each cut is the hypothesis that more of the rows
above it are wrong than allowed. Held-out rows and the others above a cut are one sample in random order, so the p-value
is hypergeometric: how likely so few of the wrong ones would be held out. It holds for the very rows that are given out,
however few; where these are very many it is the binomial tail (Clopper and Pearson, 1934). Held-out rows that stand for
more or fewer of the others than one another count as Kish's effective sample (Survey sampling, 1965). Cuts are tested
in an order that the scores alone decide, from the one that is likeliest to pass by what the scores themselves expect to
looser ones, until one fails; where rows are many, the loosest too, which shares the level. So, with the stated
confidence, no cut is called safe that is not. The rows that are tested must be a random sample of those that the cut is
meant for, by their weights, judged by models that did not see them.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from math import ceil, log
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Scores = NDArray[np.float64]

AMPLE = 2  # times the rows that a test takes at least, from which on two are afforded
STEP = 1.1  # how many times the rows of one test the next one has
UNFORESEEN = 1.0  # wrong rows that scores do not expect
EXPECTED = 10.0  # rows that what the scores expect counts as, beside those that were seen
LEAST_SHARE = 0.1  # of the rows, that a cut worth waiting for lets pass
MOST_TIMES = 50.0  # as many rows are too many to be asked for
GROWTH = 1.05
SLACK = 1e-9  # of sums that are whole numbers
NOT_THESE = 1.25  # times the rows with which no proof was found, from which on there may be one


@dataclass(frozen=True)
class RiskControlledThreshold:
    """score: what a row needs. tested: held-out rows that have it. wrong: how many of them are. bound: on the rate."""

    score: float
    tested: int
    wrong: int
    bound: float


def fewest(max_error: float, confidence: float) -> int:
    """How many rows, all of them right, show that the error rate is below `max_error`."""
    return ceil(log(1 - confidence) / log(1 - max_error))


def upper(wrong: int, tested: int, others: int, confidence: float) -> float:
    """The upper limit of the share of `others` that are wrong, of whose kind `wrong` of `tested` are.

    At most O(log others) tests.
    """
    from scipy.stats import hypergeom

    least, most = -1, others  # of the others, wrong: so many are too few to be excluded, so many the limit
    while most - least > 1:
        middle = (least + most) // 2
        excluded = hypergeom.cdf(wrong, tested + others, wrong + middle + 1, tested) <= 1 - confidence
        least, most = (least, middle) if excluded else (middle, most)
    return most / others if others else 1.0


def safe_cut(
    scores: Scores, wrong: NDArray[np.bool_], others: Scores, *, max_error: float, confidence: float,
    weights: Scores | None = None,
) -> RiskControlledThreshold | None:  # fmt: skip
    """The lowest score that proves at most `max_error` of the others that have it wrong; None where there is no proof.

    scores, wrong: (n,) of held-out rows, in any order; equal scores are tested together. others: (m,) the scores of the
    rows to be given out. A score is the probability that the row is right, as the models see it: where they are
    mistaken less is found, and nothing that is not so. weights: (n,) how many of the others a held-out row stands for,
    where that differs.
    """
    cuts = _Cuts.of(scores, wrong, others, weights)
    starts, each = _starts(cuts, max_error, confidence)
    best = None
    for start in starts:
        for place in _walk(cuts.counts, start):
            bound = upper(int(cuts.wrong[place]), int(cuts.tested[place]), int(cuts.others[place]), each)
            if bound > max_error:
                break
            many = int(cuts.counts[place])
            if best is None or many > best.tested:
                best = RiskControlledThreshold(float(cuts.scores[place]), many, int(cuts.seen[place]), bound)
    return best


def times_as_many(
    scores: Scores, wrong: NDArray[np.bool_], others: Scores, *, max_error: float, confidence: float,
    weights: Scores | None = None,
) -> float | None:  # fmt: skip
    """How many times the held-out rows it would take to prove a cut in one of two cases; None where very many do not.

    The error rate above a cut is taken for what was seen there, mixed with what the scores expect, and its share of
    the rows for what it is. Better models, which more rows make, are not foreseen.
    """
    every = _Cuts.of(scores, wrong, others, weights)
    cuts = every.at(_walk(every.counts, max(1, int(LEAST_SHARE * len(scores)))))
    rate = (cuts.wrong + EXPECTED * cuts.expected / cuts.counts) / (cuts.tested + EXPECTED)
    times = NOT_THESE
    while times <= MOST_TIMES and len(rate):
        counts = (cuts.tested * times).astype(cuts.counts.dtype)
        if (_power(counts, cuts.others, rate, max_error, confidence) >= 1 / 2).any():
            return times
        times *= GROWTH
    return None


@dataclass(frozen=True)
class _Cuts:
    """From the strictest to the loosest: the score, the rows and the others that have it, of the rows how many are
    wrong and were expected to be; and as how many the rows and the wrong ones are tested.
    """

    scores: Scores
    counts: NDArray[np.int64]
    others: NDArray[np.int64]
    seen: NDArray[np.int64]
    expected: Scores
    tested: NDArray[np.int64]
    wrong: NDArray[np.int64]

    @classmethod
    def of(cls, scores: Scores, wrong: NDArray[np.bool_], others: Scores, weights: Scores | None = None) -> _Cuts:
        import numpy as np

        order = np.argsort(-scores, kind="stable")
        levels, errs = scores[order], wrong[order]
        ends = np.flatnonzero(np.r_[levels[1:] != levels[:-1], True]) if len(levels) else np.zeros(0, np.int64)
        above = len(others) - np.searchsorted(np.sort(others), levels[ends])
        seen = np.cumsum(errs, dtype=np.int64)[ends]
        each, tiny = np.ones(len(order)) if weights is None else weights[order], np.finfo(float).tiny
        total = np.maximum(np.cumsum(each)[ends], tiny)
        effective = total**2 / np.maximum(np.cumsum(each**2)[ends], tiny)
        tested = np.floor(effective + SLACK).astype(np.int64)
        weighted = np.ceil(np.cumsum(each * errs)[ends] / total * effective - SLACK).astype(np.int64)
        return cls(levels[ends], ends + 1, above, seen, np.cumsum(1 - levels)[ends], tested, weighted)

    def at(self, places: list[int]) -> _Cuts:
        return _Cuts(*(getattr(self, each.name)[places] for each in fields(self)))


def _power(
    tested: NDArray[np.int64], others: NDArray[np.int64], rate: Scores, max_error: float, confidence: float
) -> Scores:
    """How likely tests of so many rows with such error rates pass, each for so many others."""
    import numpy as np
    from scipy.stats import binom, hypergeom

    too_many = np.floor(max_error * others).astype(np.int64) + 1
    least, most = np.full(len(tested), -1), tested + 1  # a test passes with so many wrong rows, and not with so many
    while (most - least > 1).any():
        middle = (least + most) // 2
        passes = hypergeom.cdf(middle, tested + others, middle + too_many, tested) <= 1 - confidence
        least, most = np.where(passes, middle, least), np.where(passes, most, middle)
    found: Scores = np.where(least >= 0, binom.cdf(np.maximum(least, 0), tested, np.clip(rate, 0, 1)), 0.0)
    return np.where(others > 0, found, 0.0)


def _starts(cuts: _Cuts, max_error: float, confidence: float) -> tuple[list[int], float]:
    """The row counts to start from, and the confidence of each test: the likeliest, and all rows where they are many.

    All rows are the better bet where what is wrong cannot be told by the scores, as labels that are; if the scores
    themselves expect that few are wrong.
    """
    level = 1 - (1 - confidence) / 2
    rows = int(cuts.counts[-1]) if len(cuts.counts) else 0
    many = rows >= AMPLE * fewest(max_error, level) and bool(cuts.expected[-1] <= max_error * rows)
    each = level if many else confidence
    tried = cuts.at(_walk(cuts.counts, fewest(max_error, each)))
    if not len(tried.counts):
        return [], each
    power = _power(tried.counts, tried.others, (tried.expected + UNFORESEEN) / tried.counts, max_error, each)
    likeliest = int(tried.counts[len(power) - 1 - int(power[::-1].argmax())])
    return [likeliest, *([rows] if many else [])], each


def _walk(counts: NDArray[np.int64], start: int) -> list[int]:
    """The places of the tests: from the first count of at least `start`, growing by a factor, up to the last one."""
    import numpy as np

    places, wanted = list[int](), float(start)
    while (place := int(np.searchsorted(counts, wanted))) < len(counts):
        places.append(place)
        wanted = max(float(counts[place]) + 1, float(counts[place]) * STEP)
    if len(counts) and counts[-1] >= start and places[-1:] != [len(counts) - 1]:
        places.append(len(counts) - 1)
    return places
