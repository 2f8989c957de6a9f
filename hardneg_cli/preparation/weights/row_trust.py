"""How far each row's label is trusted: by its score, and by what reviewers say of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardneg_cli.detection.findings import Findings
from hardneg_cli.errors import plural
from hardneg_cli.review.decisions.decision import Decision, conflicts
from hardneg_cli.review.decisions.row_decisions import row_decisions
from hardneg_cli.review.reviewers.consensus import ConsensusInputs, ConsensusRow, consensus
from hardneg_cli.statistics.probability import CLOSEST

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

FACTS = ("conflict", "name")  # what needs no model: copies that disagree, and misspelled names


@dataclass(frozen=True)
class RowTrust:
    """value: (N,) the estimated probability that the row is right as it stands, 0 … 1.

    scored: whether anything but decisions and copies tells of the labels. right, wrong: how many rows reviewers call
    so. disputed: of how many they say different things. notes: what was odd.
    """

    value: Array
    scored: bool
    right: int
    wrong: int
    disputed: int
    notes: tuple[str, ...]


def row_trust(findings: Findings, decisions: Sequence[Decision]) -> RowTrust:
    """1 − score × certainty; 1 for rows that reviewers keep, and 0 for those that they would relabel or drop.

    certainty: of what the models have left for other classes, the share of the most probable one. Models that doubt a
    label and name none instead are weak there rather than the label wrong: with 1 − score the rows that weak models
    doubt, small classes above all, would be lost to the training.
    Where reviewers disagree and nobody has settled it, it is what the consensus of all answers says (Dawid and Skene,
    1979), which weighs each reviewer by how often the others agree. Rows whose probabilities are unsound, and that
    nothing else judges, are trusted as the average row.
    """
    import numpy as np

    about = {doubt.about for doubt in findings.doubts.values()}
    scored = "label" in about
    doubt = findings.score * _certainty(findings) if scored else _of_facts(findings)
    value, notes = _of_unsound(findings, 1 - doubt, scored=scored)
    disputed = _disputed(findings, decisions)
    value[[*disputed]] = [*disputed.values()]
    answers = row_decisions(findings.dataset, decisions)
    value[answers.rows] = np.where(answers.wrong, 0.0, 1.0)
    wrong = int(answers.wrong.sum())
    return RowTrust(np.clip(value, 0, 1), scored, len(answers.rows) - wrong, wrong, len(disputed), notes)


def _certainty(findings: Findings) -> Array:
    """(N,) p(the likeliest other class) / (1 − p(given)); 1 where no model was asked, or a fact doubts the label."""
    import numpy as np

    found = np.ones(len(findings.dataset))
    if findings.digest is None:
        return found
    mean, rows = findings.digest.mean, findings.digest.judged.copy()
    for doubt in findings.doubts.values():
        if doubt.about in FACTS:
            rows[doubt.rows] = False
    p, left = (values[rows].astype(np.float64) for values in (mean.p_other, 1 - mean.p_given))
    found[rows] = np.clip(p / np.maximum(left, CLOSEST), 0, 1)
    return found


def _of_facts(findings: Findings) -> Array:
    """(N,) the score where nothing judges labels: of the facts alone.

    That a row is a copy or has an empty cell says nothing about its label.
    """
    import numpy as np

    score = np.zeros(len(findings.dataset))
    for doubt in findings.doubts.values():
        if doubt.about in FACTS:
            score[doubt.rows] = np.maximum(score[doubt.rows], doubt.score)
    return score


def _of_unsound(findings: Findings, value: Array, *, scored: bool) -> tuple[Array, tuple[str, ...]]:
    """The trust, with the mean of the others in rows whose probabilities are bad and that no other detector scores."""
    import numpy as np

    if not scored or findings.digest is None:
        return value, ()
    left = findings.digest.bad.copy()
    for doubt in findings.doubts.values():
        if doubt.about == "label":
            left[doubt.rows] = False
    if not left.any() or left.all():
        return value, ()
    value[left] = np.sort(value[~left]).mean()  # the same sum in any order of the rows
    rows = plural(int(left.sum()), "row has", "rows have")
    return value, (f"{rows} no sound probabilities, and the trust of the average row",)


def _disputed(findings: Findings, decisions: Sequence[Decision]) -> dict[int, float]:
    """For rows of which reviewers say different things, the probability that the given label is right."""
    disputes = {group[0].id for group in conflicts(decisions)}
    if not disputes:
        return {}
    dataset = findings.dataset
    found = consensus(ConsensusInputs(dataset, (), ()), decisions)
    rows = {row.id: row for row in found.rows if row.id in disputes}
    place = {name: number for number, name in enumerate(dataset.ids.to_pylist()) if name in rows}
    return {place[name]: _right(row) for name, row in rows.items()}


def _right(row: ConsensusRow) -> float:
    """What is left for the given label where the consensus is another one goes to it as to no other."""
    return 1 - row.score if row.label == row.given else min(row.score, 1 - row.score)
