"""Learning from decisions: a better order of the rows, by what reviewers confirmed and rejected.

1. An answer is modeled by the log-odds of the row's score and by clues that need no answer (`clues.py`), with one
   more effect for each class that was reviewed often; see `logistic.py` for the model of the answer.
2. Reviewed rows are no random sample, most often they are the top of the queue. So only the order is learned here, and
   the k-th most suspect row gets the k-th highest score that there is; for their level see `reviewed_calibration`.
   Beyond the ranks that were reviewed effects fade with a power of the rank, to two thirds at its double, and the slope
   on the score never falls below 1: decisions on a narrow band of scores, some of them mistaken, would flatten it and
   leave the order to the effects.
3. The proof: in ten folds, the effects must save more log-loss on held-out answers than two standard errors, compared
   with the best curve of the score alone. Else nothing changes. (Breiman et al., Classification and Regression Trees,
   1984, ask for one; that made some orders worse.)
4. A reviewed row's own place comes from the effects that were fitted without its fold, so its answer does not decide
   it. Slope, centering and the proof itself are shared by all rows: there one answer counts 1/n.

It fails to help where all answers agree (the top of a good order), and when what reviewers err on is not told by
classes or detectors.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardneg_cli.statistics.probability import log_odds
from hardneg_cli.statistics.robust_logistic import fit, log_odds_by, loss

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Codes = NDArray[np.int64]

FOLDS = 10
FEWEST, FEWEST_OF_EACH = 20, 5  # answers: below it nothing can be shown
SPREAD = 0.4  # prior sd of an effect, in logits of the score a standard deviation of its clue
FADING = 0.6  # power of the rank beyond the ranks that were reviewed
REVIEWED = (0.05, 0.95)  # quantiles of the reviewed ranks
PROOF = 2.0  # standard errors
FARTHEST = 4.0  # standard deviations of a clue
MOST_CLASSES, ROWS_OF_A_CLASS = 50, 5  # that get an effect of their own; at least so many answers
TIE = 1e-6  # rows of one score are told apart by so little


@dataclass(frozen=True)
class Reranking:
    """score: (N,) in the new order, or in the one that was. tried: whether there were answers enough.

    gain, error: the log-loss saved on a held-out answer, and its standard error; nan where it was not tried.
    """

    score: Array
    tried: bool = False
    kept: bool = False
    gain: float = float("nan")
    error: float = float("nan")


@dataclass(frozen=True)
class ReviewedSample:
    """n reviewed rows in the order of their scores: where they are, what was answered, and who trains on whom.

    base: (n,) log-odds. x: n×d, clues and classes. train: (1 + FOLDS, n), all of them and each fold's others.
    """

    rows: Codes
    y: Array
    base: Array
    x: Array
    fold: Codes
    train: Array


def rerank(
    score: Array,
    level: Array,
    id_rank: Codes,
    clues: Array,
    classes: tuple[Codes, ...],
    rows: Codes,
    is_error: NDArray[np.bool_],
) -> Reranking:
    """Learn from `rows` and their answers `is_error`, and put all N rows in order. O(N·d + n·d²·folds).

    score: (N,) probabilities, which the answers are compared with. level: (N,) those to put in order. clues: N×d.
    classes: (N,) codes for each role a class can have (given, other, the pair of both), −1 for none. id_rank: (N,)
    breaks ties.
    """
    import numpy as np

    if len(rows) < FEWEST or min(is_error.sum(), (~is_error).sum()) < FEWEST_OF_EACH:
        return Reranking(level)
    base = log_odds(score)
    width = clues.std(axis=0)
    scaled = np.clip((clues - clues.mean(axis=0)) / np.where(width > 1e-9, width, 1), -FARTHEST, FARTHEST)
    order = np.lexsort((id_rank[rows], score[rows]))
    common = [_common(codes[rows]) for codes in classes]
    effects = _Effects(scaled, classes, common)
    seen = _reviewed(rows[order], is_error[order].astype(float), base, effects)
    coefficients, gain, error = _fitted(seen)
    if not gain > PROOF * error:
        return Reranking(level, tried=True, gain=gain, error=error)
    place = _places(base, id_rank, effects, seen, coefficients)
    return Reranking(_in_order(level, place, id_rank), True, True, gain, error)


@dataclass(frozen=True)
class _Effects:
    """What shifts a row: N×d scaled clues, and for each role the (N,) codes and those that have an effect."""

    scaled: Array
    classes: tuple[Codes, ...]
    common: list[Codes]

    def columns(self, rows: Codes) -> Array:
        import numpy as np

        own = [codes[rows][:, None] == of for codes, of in zip(self.classes, self.common, strict=True)]
        return np.column_stack([self.scaled[rows], *own]).astype(float)

    def total(self, b: Array) -> Array:
        """(N,) the sum of all effects, column by column, so that the number of threads does not matter."""
        import numpy as np

        total, at = np.zeros(len(self.scaled)), self.scaled.shape[1]
        for number in range(at):
            total += self.scaled[:, number] * b[number]
        for codes, of in zip(self.classes, self.common, strict=True):
            of_class = np.zeros(int(max(codes.max(initial=0), of.max(initial=0))) + 2)  # the last one is for −1
            of_class[of] = b[at : at + len(of)]
            total += of_class[codes]
            at += len(of)
        return total


def _reviewed(rows: Codes, y: Array, base: Array, effects: _Effects) -> ReviewedSample:
    import numpy as np

    fold = np.arange(len(rows)) % FOLDS  # every fold has high and low scores
    train = np.vstack([np.ones(len(rows)), fold[None] != np.arange(FOLDS)[:, None]])
    return ReviewedSample(rows, y, base[rows], effects.columns(rows), fold, train)


def _fitted(seen: ReviewedSample) -> tuple[Array, float, float]:
    """(1 + FOLDS, 2 + d) coefficients, the gain on held-out answers over a curve of the score alone, and its error."""
    import numpy as np

    def held_out(x: Array) -> tuple[Array, Array]:
        b = fit(seen.base, x, seen.y, seen.train, SPREAD)
        eta = log_odds_by(b[1:], seen.base, x)[seen.fold, np.arange(len(seen.y))]
        return b, loss(eta, seen.y)

    _, plain = held_out(seen.x[:, :0])
    b, learned = held_out(seen.x)
    saved = plain - learned
    return b, float(saved.mean()), float(saved.std(ddof=1) / np.sqrt(len(saved)))


def _places(base: Array, id_rank: Codes, effects: _Effects, seen: ReviewedSample, b: Array) -> Array:
    """(N,) the new log-odds, but for a constant."""
    import numpy as np

    rank = np.empty(len(base))
    rank[np.lexsort((id_rank, -base))] = np.arange(1, 1 + len(base))
    first, last = np.quantile(rank[seen.rows], REVIEWED)
    reach = np.minimum(np.minimum(rank / first, last / rank), 1) ** FADING
    effect = effects.total(b[0, 2:])
    effect -= effect[seen.rows].mean()
    own = (seen.x * b[1:][seen.fold][:, 2:]).sum(axis=1)
    effect[seen.rows] = own - own.mean()
    place: Array = (base + reach * effect).round(8)
    return place


def _in_order(score: Array, place: Array, id_rank: Codes) -> Array:
    """The same scores, the highest for the first place; former ties are told apart by their new places."""
    import numpy as np

    n = len(score)
    new = np.empty(n)
    new[np.lexsort((id_rank, -score, -place))] = (1 - TIE) * np.sort(score)[::-1] + TIE * np.linspace(1, 0, n)
    return new


def _common(classes: Codes) -> Codes:
    """The classes with answers enough; of more than MOST_CLASSES the most frequent ones, all or none of a tie."""
    import numpy as np

    counts = np.bincount(classes[classes >= 0])
    ordered = np.sort(counts)[::-1]
    least = ROWS_OF_A_CLASS
    if len(ordered) > MOST_CLASSES:
        least = max(least, int(ordered[MOST_CLASSES]) + 1)
    return np.flatnonzero(counts >= least)
