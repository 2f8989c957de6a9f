"""Scores in the light of what reviewers answered: the rows that label detectors judge, in the order and at the level
that the answers prove.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.probabilities.digest import Digest
from hardneg_cli.detection.detector_result import DetectorResult
from hardneg_cli.detection.fusion import FusedScores
from hardneg_cli.detection.reranking.covariates import CompetingClasses, class_clues, suspicion, votes
from hardneg_cli.detection.reranking.ranker import FEWEST, FEWEST_OF_EACH, Reranking, rerank
from hardneg_cli.statistics.probability import log_odds
from hardneg_cli.statistics.reviewed_calibration import count_after, recalibrate_reviewed
from hardneg_cli.statistics.scores import LEAST_FLAGGED, best_f1_cut

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def rerank_on_decisions(
    dataset: Dataset,
    results: Mapping[str, DetectorResult],
    digest: Digest | None,
    scores: FusedScores,
    rows: NDArray[np.int64],
    is_error: NDArray[np.bool_],
    at_random: NDArray[np.bool_] | None = None,
) -> tuple[FusedScores, list[str]]:
    """The scores in the light of the answers `is_error` about `rows`, and notes on that.

    Level and order change as far as the answers prove it. Where the level stands, as many rows are flagged as before,
    the top of the order; else the best expected F1 of the rows that are left tells how many.
    """
    import numpy as np
    from threadpoolctl import threadpool_limits

    scored = np.flatnonzero(_scored_rows(len(dataset), results))
    place = np.full(len(dataset), -1)
    place[scored] = np.arange(len(scored))
    usable = place[rows] >= 0
    if not len(scored):
        return scores, ["nothing is learned from the decisions: no detector that ran judges labels"]
    rows, is_error = rows[usable], is_error[usable]
    at_random = np.zeros(len(rows), bool) if at_random is None else at_random[usable]
    score = scores.score.copy()
    with threadpool_limits(1):  # a product's last bits depend on how many threads share it
        if len(rows) >= FEWEST:
            score[scored] = recalibrate_reviewed(
                score[scored], dataset.id_rank[scored], place[rows], is_error, at_random
            )
        reranking = _reranking(dataset, results, digest, scores.score, score, scored, place[rows], is_error)
    notes = [_order_note(reranking, is_error)]
    if len(rows) < FEWEST:
        return scores, notes
    left = np.ones(len(dataset), bool)
    left[rows] = False
    is_moved = bool((score != scores.score)[left].any())
    score[scored] = reranking.score
    promise = _Promise.of(dataset, left, scores.score, score)
    errors = scores.errors and count_after(scores.errors, promise.reviewed, is_error, promise.ratio)
    flagged = _best_of_rest(score, left) if is_moved else _as_many(dataset, score, int(scores.flagged.sum()))
    if is_moved:
        notes.append(_level_note(promise, is_error))
    return replace(scores, score=score, flagged=flagged, errors=errors), notes


@dataclass(frozen=True)
class _Promise:
    """Sums of scores: those of the reviewed rows before the answers, and those of all others before and after."""

    reviewed: float
    before: float
    after: float

    @classmethod
    def of(
        cls, dataset: Dataset, left: NDArray[np.bool_], before: NDArray[np.float64], after: NDArray[np.float64]
    ) -> _Promise:
        by_id = dataset.by_id  # whatever is summed up is so in the order of the ids
        reviewed, others = by_id[~left[by_id]], by_id[left[by_id]]
        return cls(float(before[reviewed].sum()), float(before[others].sum()), float(after[others].sum()))

    @property
    def ratio(self) -> float:
        return self.after / self.before if self.before else 1.0


def _best_of_rest(score: NDArray[np.float64], left: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The rows from the score on that is the best cut of the rows that are left."""
    import numpy as np

    rest = score[left]
    chosen = rest[best_f1_cut(rest) & (rest >= LEAST_FLAGGED)]
    return score >= (chosen.min() if len(chosen) else np.inf)


def _as_many(dataset: Dataset, score: NDArray[np.float64], count: int) -> NDArray[np.bool_]:
    """The `count` rows of the highest scores."""
    import numpy as np

    flagged = np.zeros(len(score), bool)
    flagged[np.lexsort((dataset.id_rank, -score))[:count]] = True
    return flagged


def _scored_rows(n: int, results: Mapping[str, DetectorResult]) -> NDArray[np.bool_]:
    """(N,) rows that a label detector judges and no fact about the table does: a fact is not to be outvoted."""
    import numpy as np

    scored = np.zeros(n, bool)
    for d in results.values():
        if d.about == "label":
            scored[d.rows] = True
    for d in results.values():
        if d.about in ("conflict", "name"):
            scored[d.rows] = False
    return scored


def _reranking(
    dataset: Dataset,
    results: Mapping[str, DetectorResult],
    digest: Digest | None,
    score: NDArray[np.float64],
    level: NDArray[np.float64],
    scored: NDArray[np.int64],
    rows: NDArray[np.int64],
    is_error: NDArray[np.bool_],
) -> Reranking:
    import numpy as np

    base = log_odds(score)
    competing = suspicion(dataset, results, digest)
    competing = CompetingClasses(competing.given[scored], competing.other[scored], competing.apart[scored])
    clues = class_clues(base[scored], competing, len(dataset.classes))
    clues = np.column_stack([clues, votes(len(dataset), results, base)[scored]])
    classes = (competing.given, competing.other, competing.pairs())
    return rerank(score[scored], level[scored], dataset.id_rank[scored], clues, classes, rows, is_error)


def _order_note(reranking: Reranking, is_error: NDArray[np.bool_]) -> str:
    n, errors = len(is_error), int(is_error.sum())
    answers = f"{n:,} decisions ({errors:,} labels wrong, {n - errors:,} right)"
    if not reranking.tried:
        needed = f"{FEWEST}, and {FEWEST_OF_EACH} of each kind, are needed"
        return f"base ranking kept: {answers} are too few to learn an order from: {needed}"
    proof = f"log-loss saved on held-out ones: {reranking.gain:.4f} each, standard error {reranking.error:.4f}"
    if reranking.kept:
        return f"re-ranked by {answers}; {proof}"
    return f"base ranking kept: {answers} do not show a better one; {proof}"


def _level_note(promise: _Promise, is_error: NDArray[np.bool_]) -> str:
    """What the answers say of the level of the scores, and what the other rows are expected to hold now."""
    return (
        f"scores, cut and count follow the decisions: {int(is_error.sum()):,} of {len(is_error):,} decided labels are "
        f"wrong, where the scores promised {promise.reviewed:,.0f}; of the labels that are left {promise.after:,.0f} "
        f"are expected to be wrong, not {promise.before:,.0f}"
    )
