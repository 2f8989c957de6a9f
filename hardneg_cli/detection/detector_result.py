"""What a detector answers: arrays and a way to put a row's doubt in words, or how to go on once rows are scored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hardneg_cli.data.probabilities.probabilities import Block, Probabilities
    from hardneg_cli.detection.label_error_scores import LabelErrorScores
    from hardneg_cli.statistics.scores import Estimate

NO_CLASS = -1


@dataclass(frozen=True)
class DetectorResult:
    """A detector's opinion about some rows; rows that it does not name it has nothing against.

    rows: (n,) row numbers, ascending, each at most once.
    score: (n,) the probability in [0, 1] that something is wrong with the row.
    flagged: (n,) bool, the rows that this detector would show a person.
    suggested: (n,) class code of the better label, `NO_CLASS` where there is no suggestion.
    why: positions in `rows` -> one clause each; called only for rows that are written.
    about: `label` where the score is evidence that the given label is wrong, to be weighed with other
        evidence; `conflict` where identical rows disagree, a fact that shifts the odds; `name` where the
        label's text is wrong, whatever class it means; `row` where the row is in other trouble (a copy,
        an empty cell), which says nothing about its label.
    errors: the estimated number of label errors, where the detector can tell.
    group: for `conflict`, (n,) the group of identical rows that each row belongs to.
    certainty: (n,) what to multiply the score by for the probability that the suggestion is right; None: by 1.
    p_suggested: (n,) the models' mean probability of the suggestion, NaN or None where no model was asked.
    weight: how much a score about the label counts beside others that are not fitted together with it.
    """

    rows: NDArray[np.int64]
    score: NDArray[np.float64]
    flagged: NDArray[np.bool_]
    suggested: NDArray[np.int32]
    why: Callable[[NDArray[np.int64]], list[str]]
    about: Literal["label", "conflict", "name", "row"] = "label"
    errors: Estimate | None = None
    group: NDArray[np.int64] | None = None
    certainty: NDArray[np.float64] | None = None
    p_suggested: NDArray[np.float64] | None = None
    weight: float = 1.0


@dataclass(frozen=True)
class ModeledDoubt:
    """What a detector answers whose class probabilities are to be fitted together with those of others.

    probabilities: of all N rows. judged: (N,) bool, the rows that it has an opinion about.
    finish: from what the fit says of the rows to the detector's result.
    """

    probabilities: Probabilities
    judged: NDArray[np.bool_]
    finish: Callable[[LabelErrorScores], DetectorResult]


@dataclass(frozen=True)
class RowMeasure:
    """What a detector answers that has to see every row's probabilities, in the pass in which rows are scored.

    measure: from the models' blocks and the block's part of the (N,) `judged` to a number a row; a cluster's
        workers get it, so it must not hold probabilities.
    finish: from these (N,) numbers to the detector's result.
    """

    probabilities: Probabilities
    judged: NDArray[np.bool_]
    measure: Callable[[list[Block], NDArray[np.bool_]], NDArray[np.float64]]
    finish: Callable[[NDArray[np.float64]], DetectorResult]
