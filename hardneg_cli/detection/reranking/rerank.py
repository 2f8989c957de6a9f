"""Scores in the light of what reviewers answered: the rows that label detectors judge, put in the order learned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.probabilities.digest import Digest
from hardneg_cli.detection.detector_result import DetectorResult
from hardneg_cli.detection.fusion import FusedScores
from hardneg_cli.detection.reranking.covariates import CompetingClasses, class_clues, suspicion, votes
from hardneg_cli.detection.reranking.ranker import FEWEST, FEWEST_OF_EACH, Reranking, rerank
from hardneg_cli.statistics.probability import log_odds

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
) -> tuple[FusedScores, str]:
    """The scores, re-ranked if the answers `is_error` about `rows` prove that it helps, and a note on that.

    As many rows are flagged as before: the top of the new order.
    """
    import numpy as np
    from threadpoolctl import threadpool_limits

    scored = np.flatnonzero(_scored_rows(len(dataset), results))
    place = np.full(len(dataset), -1)
    place[scored] = np.arange(len(scored))
    usable = place[rows] >= 0
    if not len(scored):
        return scores, "nothing is learned from the decisions: no detector that ran judges labels"
    with threadpool_limits(1):  # a product's last bits depend on how many threads share it
        reranking = _reranking(dataset, results, digest, scores, scored, place[rows[usable]], is_error[usable])
    note = _notes(reranking, is_error[usable])
    if not reranking.kept:
        return scores, note
    score = scores.score.copy()
    score[scored] = reranking.score
    flagged = np.zeros(len(dataset), bool)
    flagged[np.lexsort((dataset.id_rank, -score))[: scores.flagged.sum()]] = True
    return replace(scores, score=score, flagged=flagged), note


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
    scores: FusedScores,
    scored: NDArray[np.int64],
    rows: NDArray[np.int64],
    is_error: NDArray[np.bool_],
) -> Reranking:
    import numpy as np

    base = log_odds(scores.score)
    competing = suspicion(dataset, results, digest)
    competing = CompetingClasses(competing.given[scored], competing.other[scored], competing.apart[scored])
    clues = class_clues(base[scored], competing, len(dataset.classes))
    clues = np.column_stack([clues, votes(len(dataset), results, base)[scored]])
    return rerank(
        scores.score[scored], dataset.id_rank[scored], clues, (competing.given, competing.other), rows, is_error
    )


def _notes(reranking: Reranking, is_error: NDArray[np.bool_]) -> str:
    n, errors = len(is_error), int(is_error.sum())
    answers = f"{n:,} decisions ({errors:,} labels wrong, {n - errors:,} right)"
    if not reranking.tried:
        needed = f"{FEWEST}, and {FEWEST_OF_EACH} of each kind, are needed"
        return f"base ranking kept: {answers} are too few to learn from: {needed}"
    proof = f"log-loss saved on held-out ones: {reranking.gain:.4f} each, standard error {reranking.error:.4f}"
    if reranking.kept:
        return f"re-ranked by {answers}; {proof}"
    return f"base ranking kept: {answers} do not show a better one; {proof}"
