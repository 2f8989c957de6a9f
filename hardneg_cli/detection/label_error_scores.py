"""The label-error estimator over a dataset: one fit of all sources to a bounded sample, then one pass over all rows.

Where several sources have class probabilities, a row's score comes from all of them, and each source has a share of its
own: the rows in the order of its own self-confidence, at the cut and with the number of errors of the fit. How many
labels are wrong is a matter of the labels, not of who looks at them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.probabilities.probabilities import Probabilities, by_threads
from hardneg_cli.detection.completed_blocks import completed, rows_of
from hardneg_cli.detection.detector_result import NO_CLASS
from hardneg_cli.statistics.label_noise import label_errors
from hardneg_cli.statistics.label_noise.suggestion import Suggestions
from hardneg_cli.statistics.scores import Estimate

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hardneg_cli.data.probabilities.probabilities import Block

MOST_ROWS, FEWEST_ROWS = 50_000, 10_000  # of the sample
SAMPLE_CELLS = 500_000  # probabilities of one model in it, between those bounds
MOST_CELLS, LEAST_ROWS = 4_000_000, 2_000  # of very many classes, fewer rows


@dataclass(frozen=True)
class LabelErrorScores:
    """score: (N,) probability that the label is wrong, NaN for rows that are not judged. errors: how many are.

    suggested: (N,) class code of the likeliest label instead, `NO_CLASS` where the given one is hardly in doubt.
    certainty: (N,) what to multiply the score by for the probability that the suggestion is right, NaN for rows that
        not all sources judge.
    p_suggested: (N,) the models' mean probability of the suggestion.
    """

    score: NDArray[np.float64]
    errors: Estimate
    suggested: NDArray[np.int32]
    certainty: NDArray[np.float64]
    p_suggested: NDArray[np.float64]


@dataclass(frozen=True)
class LabelSource:
    """probabilities: one or several models of all N rows. judged: (N,) bool, the rows that they judge."""

    probabilities: Probabilities
    judged: NDArray[np.bool_]


@dataclass(frozen=True)
class JointScores:
    """together: from all sources, of the rows that each of them judges. shares: each source's own, of its rows.

    measured: (N,) what was measured besides, if anything was. One source's share is what there is together.
    """

    together: LabelErrorScores
    shares: tuple[LabelErrorScores, ...]
    measured: NDArray[np.float64] | None = None


Measure = Callable[["list[Block]", "NDArray[np.bool_]"], "NDArray[np.float64]"]


def estimate(dataset: Dataset, sources: Sequence[LabelSource], measure: Measure | None = None) -> JointScores:
    """Judge the rows by all models of all sources. Two passes, O(N·K·M) and O(N·K²) for few classes.

    Neither the order of the rows, the names of the classes nor the number of threads changes the result: the
    sample is drawn from the rows in the order of their ids, and the classes are put in the order of their sizes.
    measure: of each block of the first source's models and its rows, a number a row besides.
    """
    import numpy as np
    from threadpoolctl import threadpool_limits

    probabilities, judged = _as_one(sources), np.logical_and.reduce([source.judged for source in sources])
    columns = np.flatnonzero(np.logical_or.reduce(probabilities.known))
    by_id = dataset.by_id[judged[dataset.by_id]]  # whatever is summed up is so in the order of the ids
    with threadpool_limits(1):  # a product's last bits depend on how many threads share it
        pass_ = _ScoringPass.fit(dataset, sources, probabilities, by_id, columns, measure)
        order, suggested = np.empty(len(dataset)), Suggestions.empty(len(dataset))
        alone = [np.empty(len(dataset)) for _ in sources[1:] and sources]
        measured = np.empty(len(dataset)) if measure else None
        for span, part in probabilities.over(pass_, dataset.labels, *(source.judged for source in sources)):
            order[span] = part.order
            suggested.put(span, part.suggested)
            for values, own in zip(alone, part.alone, strict=True):
                values[span] = own
            if measured is not None:
                measured[span] = part.measured
    return JointScores(*_scores(dataset, pass_, sources, order, suggested, alone), measured)


def _as_one(sources: Sequence[LabelSource]) -> Probabilities:
    """All models of all sources; a cluster's workers can read only what is in files."""
    first = sources[0].probabilities
    models = tuple(model for source in sources for model in source.probabilities.models)
    in_files = all(model.partitions is not None for model in models)
    return replace(first, models=models, engine=first.engine if len(sources) == 1 or in_files else by_threads)


@dataclass(frozen=True)
class _ScoredBlock:
    """What a block's rows got. alone: by each of several sources. measured: besides, if anything was."""

    order: NDArray[np.float64]
    suggested: Suggestions
    alone: list[NDArray[np.float64]]
    measured: NDArray[np.float64] | None


@dataclass(frozen=True)
class _ScoringPass:
    """What is done with each block. number: (K,) of each class among the fitted `columns`, −1 for those that are not.

    known, unseen: (M, K') of the columns. models: which of the M models each source has.
    """

    fitted: label_errors.LabelErrors
    columns: NDArray[np.int64]
    number: NDArray[np.int64]
    known: NDArray[np.bool_]
    unseen: NDArray[np.float64]
    models: tuple[slice, ...]
    measure: Measure | None

    @classmethod
    def fit(
        cls, dataset: Dataset, sources: Sequence[LabelSource], probabilities: Probabilities, by_id: NDArray[np.int64],
        columns: NDArray[np.int64], measure: Measure | None,
    ) -> _ScoringPass:  # fmt: skip
        import numpy as np

        labels, sample = _sample(dataset, probabilities, by_id)
        columns = columns[_order(labels, sample[0][:, columns], columns)]
        known, unseen = probabilities.known[:, columns], probabilities.unseen[:, columns]
        number = np.full(len(dataset.classes), -1)
        number[columns] = np.arange(len(columns))
        fitted = label_errors.fit(
            [block[:, columns] for block in completed(sample, known, unseen, columns)], number[labels]
        )
        ends = np.cumsum([len(source.probabilities.models) for source in sources]).tolist()
        models = tuple(slice(start, stop) for start, stop in pairwise([0, *ends]))
        return cls(fitted, columns, number, known, unseen, models, measure)

    def __call__(
        self, blocks: list[Block], given: NDArray[np.int32], *judged: NDArray[np.bool_]
    ) -> _ScoredBlock:  # fmt: skip
        import numpy as np

        every = judged[0] if len(judged) == 1 else np.logical_and.reduce(judged)
        rows = np.flatnonzero(every)
        order, suggested = np.full(len(given), np.nan), Suggestions.empty(len(given))
        chosen = completed([rows_of(block, rows) for block in blocks], self.known, self.unseen, self.columns)
        order[rows], part = self.fitted.judge(chosen, self.number[given[rows]], self.columns)
        suggested.put(rows, part)
        alone = [self._alone(blocks, given, *each) for each in zip(self.models, judged, strict=True) if len(judged) > 1]
        measured = None if self.measure is None else self.measure(blocks[self.models[0]], judged[0])
        return _ScoredBlock(order, suggested, alone, measured)

    def _alone(
        self, blocks: list[Block], given: NDArray[np.int32], models: slice, judged: NDArray[np.bool_]
    ) -> NDArray[np.float64]:  # fmt: skip
        """(B,) what the rows get by one source's models."""
        import numpy as np

        rows, order = np.flatnonzero(judged), np.full(len(given), np.nan)
        mine = [rows_of(block, rows) for block in blocks[models]]
        chosen = completed(mine, self.known[models], self.unseen[models], self.columns)
        order[rows] = self.fitted.self_confidence(chosen, models, self.number[given[rows]], self.columns)
        return order


def _scores(
    dataset: Dataset,
    pass_: _ScoringPass,
    sources: Sequence[LabelSource],
    order: NDArray[np.float64],
    suggested: Suggestions,
    alone: Sequence[NDArray[np.float64]],
) -> tuple[LabelErrorScores, tuple[LabelErrorScores, ...]]:
    """Of all sources together, and of each."""
    import numpy as np

    cut = pass_.fitted.cut

    def cut_by_id(order: NDArray[np.float64]) -> tuple[NDArray[np.float64], Estimate]:
        score, rows = np.full(len(dataset), np.nan), dataset.by_id[~np.isnan(order[dataset.by_id])]
        score[rows] = cut.score(order[rows])
        share, n = cut.errors, len(rows)
        return score, Estimate(share.value * n, share.low * n, share.high * n)

    score, errors = cut_by_id(order)
    together = LabelErrorScores(
        score,
        errors,
        np.append(pass_.columns, NO_CLASS)[suggested.label].astype(np.int32),
        np.where(np.isnan(score), np.nan, suggested.certainty(np.nan_to_num(score))),
        suggested.p,
    )
    if len(sources) == 1:
        return together, (together,)
    own = (cut_by_id(order) for order in alone)
    return together, tuple(replace(together, score=score, errors=errors) for score, errors in own)


def _sample(
    dataset: Dataset, probabilities: Probabilities, by_id: NDArray[np.int64]
) -> tuple[NDArray[np.int32], list[NDArray[np.float64]]]:
    """The (S,) labels and each model's S×K probabilities of some of the (J,) rows `by_id`, drawn with a fixed seed."""
    import numpy as np

    k = len(dataset.classes)
    size = min(len(by_id), MOST_ROWS, max(FEWEST_ROWS, SAMPLE_CELLS // k), max(LEAST_ROWS, MOST_CELLS // k))
    rows = by_id[np.sort(np.random.default_rng(0).choice(len(by_id), size, replace=False))]
    place = np.full(len(dataset), -1)
    place[rows] = np.arange(size)
    drawn = [np.empty((size, k)) for _ in probabilities.models]
    for _, (places, parts) in probabilities.over(_row_sample, place):
        for values, part in zip(drawn, parts, strict=True):
            values[places] = part
    return dataset.labels[rows], drawn


def _row_sample(blocks: list[Block], place: NDArray[np.int64]) -> tuple[NDArray[np.int64], list[Block]]:
    """Those rows of the blocks that have a place in the sample, and where."""
    import numpy as np

    here = np.flatnonzero(place >= 0)
    return place[here], [block[here] for block in blocks]


def _order(labels: NDArray[np.int32], sample: NDArray[np.float64], columns: NDArray[np.int64]) -> NDArray[np.int64]:
    """The places of `columns` by size of class, then by mean probability: an order that no renaming changes."""
    import numpy as np

    counts = np.bincount(labels, minlength=int(columns.max()) + 1)[columns]
    return np.lexsort((sample.sum(axis=0), counts))
