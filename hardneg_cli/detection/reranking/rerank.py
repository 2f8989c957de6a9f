"""Verdicts in the light of what reviewers answered: the rows that label detectors judge, put in the order learned."""

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
    doubts: Mapping[str, DetectorResult],
    digest: Digest | None,
    verdicts: FusedScores,
    rows: NDArray[np.int64],
    is_error: NDArray[np.bool_],
) -> tuple[FusedScores, str]:
    """The verdicts, re-ranked if the answers `is_error` about `rows` prove that it helps, and a note on that.

    As many rows are flagged as before: the top of the new order.
    """
    import numpy as np
    from threadpoolctl import threadpool_limits

    judged = np.flatnonzero(_scored_rows(len(dataset), doubts))
    place = np.full(len(dataset), -1)
    place[judged] = np.arange(len(judged))
    usable = place[rows] >= 0
    if not len(judged):
        return verdicts, "nothing is learned from the decisions: no detector that ran judges labels"
    with threadpool_limits(1):  # a product's last bits depend on how many threads share it
        lesson = _lesson(dataset, doubts, digest, verdicts, judged, place[rows[usable]], is_error[usable])
    note = _notes(lesson, is_error[usable])
    if not lesson.kept:
        return verdicts, note
    score = verdicts.score.copy()
    score[judged] = lesson.score
    flagged = np.zeros(len(dataset), bool)
    flagged[np.lexsort((dataset.id_rank, -score))[: verdicts.flagged.sum()]] = True
    return replace(verdicts, score=score, flagged=flagged), note


def _scored_rows(n: int, doubts: Mapping[str, DetectorResult]) -> NDArray[np.bool_]:
    """(N,) rows that a label detector judges and no fact about the table does: a fact is not to be outvoted."""
    import numpy as np

    judged = np.zeros(n, bool)
    for d in doubts.values():
        if d.about == "label":
            judged[d.rows] = True
    for d in doubts.values():
        if d.about in ("conflict", "name"):
            judged[d.rows] = False
    return judged


def _lesson(
    dataset: Dataset,
    doubts: Mapping[str, DetectorResult],
    digest: Digest | None,
    verdicts: FusedScores,
    judged: NDArray[np.int64],
    rows: NDArray[np.int64],
    is_error: NDArray[np.bool_],
) -> Reranking:
    import numpy as np

    base = log_odds(verdicts.score)
    said = suspicion(dataset, doubts, digest)
    said = CompetingClasses(said.given[judged], said.other[judged], said.apart[judged])
    clues = class_clues(base[judged], said, len(dataset.classes))
    clues = np.column_stack([clues, votes(len(dataset), doubts, base)[judged]])
    return rerank(verdicts.score[judged], dataset.id_rank[judged], clues, (said.given, said.other), rows, is_error)


def _notes(lesson: Reranking, is_error: NDArray[np.bool_]) -> str:
    n, errors = len(is_error), int(is_error.sum())
    answers = f"{n:,} decisions ({errors:,} labels wrong, {n - errors:,} right)"
    if not lesson.tried:
        needed = f"{FEWEST}, and {FEWEST_OF_EACH} of each kind, are needed"
        return f"base ranking kept: {answers} are too few to learn from: {needed}"
    proof = f"log-loss saved on held-out ones: {lesson.gain:.4f} each, standard error {lesson.error:.4f}"
    if lesson.kept:
        return f"re-ranked by {answers}; {proof}"
    return f"base ranking kept: {answers} do not show a better one; {proof}"
