"""The label-error estimator over a dataset: fitted on a bounded sample, then one pass over all rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.probabilities.probabilities import Probabilities
from hardneg_cli.detection.detector_result import NO_CLASS
from hardneg_cli.errors import Unavailable
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
    certainty: (N,) what to multiply the score by for the probability that the suggestion is right.
    p_suggested: (N,) the models' mean probability of the suggestion.
    """

    score: NDArray[np.float64]
    errors: Estimate
    suggested: NDArray[np.int32]
    certainty: NDArray[np.float64]
    p_suggested: NDArray[np.float64]


def estimate(dataset: Dataset, probabilities: Probabilities, judged: NDArray[np.bool_]) -> LabelErrorScores:
    """Judge the (N,) `judged` rows by all models together. Two passes, O(N·K·M) and O(N·K²) for few classes.

    Neither the order of the rows, the names of the classes nor the number of threads changes the result: the
    sample is drawn from the rows in the order of their ids, and the classes are put in the order of their sizes.
    """
    import numpy as np
    from threadpoolctl import threadpool_limits

    known, unseen = probabilities.known, probabilities.unseen
    columns = np.flatnonzero(np.logical_or.reduce(known))
    if len(columns) < 2 or judged.sum() < 2:
        raise Unavailable("fewer than two rows or classes to judge by probabilities")
    by_id = dataset.by_id[judged[dataset.by_id]]  # whatever is summed up is so in the order of the ids
    with threadpool_limits(1):  # a product's last bits depend on how many threads share it
        labels, sample = _sample(dataset, probabilities, by_id)
        columns = columns[_order(labels, sample[0][:, columns], columns)]
        known, unseen = known[:, columns], unseen[:, columns]
        number = np.full(len(dataset.classes), -1)
        number[columns] = np.arange(len(columns))
        fitted = label_errors.fit(
            [block[:, columns] for block in _completed(sample, known, unseen, columns)], number[labels]
        )

        def judge(
            blocks: list[Block], given: NDArray[np.int32], judged: NDArray[np.bool_]
        ) -> tuple[NDArray[np.float64], Suggestions]:
            rows = np.flatnonzero(judged)
            chosen = _completed([_taken(block, rows) for block in blocks], known, unseen, columns)
            found, better = np.full(len(judged), np.nan), Suggestions.empty(len(judged))
            found[rows], part = fitted.judge(chosen, number[given[rows]], columns)
            better.put(rows, part)
            return found, better

        order, suggested = np.empty(len(dataset)), Suggestions.empty(len(dataset))
        for span, (part, better) in probabilities.over(judge, dataset.labels, judged):
            order[span] = part
            suggested.put(span, better)
    score = np.full(len(dataset), np.nan)
    score[by_id] = fitted.cut.score(order[by_id])
    share, n = fitted.cut.errors, len(by_id)
    return LabelErrorScores(
        score,
        Estimate(share.value * n, share.low * n, share.high * n),
        np.append(columns, NO_CLASS)[suggested.label].astype(np.int32),
        suggested.certainty(np.nan_to_num(score)),
        suggested.p,
    )


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


def _taken(block: Block, rows: NDArray[np.int64]) -> Block:
    return block if len(rows) == len(block) else block[rows]


def _order(labels: NDArray[np.int32], sample: NDArray[np.float64], columns: NDArray[np.int64]) -> NDArray[np.int64]:
    """The places of `columns` by size of class, then by mean probability: an order that no renaming changes."""
    import numpy as np

    counts = np.bincount(labels, minlength=int(columns.max()) + 1)[columns]
    return np.lexsort((sample.sum(axis=0), counts))


def _completed(
    blocks: list[Any], known: NDArray[np.bool_], unseen: NDArray[np.bool_], columns: NDArray[np.int64]
) -> list[Any]:
    """The blocks with the classes that a model does not know, or never saw, filled in from those of models that do."""
    import numpy as np

    if unseen.any() and len(blocks) > 1:
        blocks = _seen_by_others(blocks, unseen, columns)
    if known.all():
        return blocks
    total = sum(block[:, columns] for block in blocks) / np.maximum(known.sum(axis=0), 1)
    filled = []
    for block, knows in zip(blocks, known, strict=True):
        whole = block.copy()
        whole[:, columns[~knows]] = total[:, ~knows]
        filled.append(whole / whole.sum(axis=1, keepdims=True))
    return filled


def _seen_by_others(blocks: list[Any], unseen: NDArray[np.bool_], columns: NDArray[np.int64]) -> list[Any]:
    """The blocks, and in rows whose model never saw a class the mean of the models that have more than 0 there."""
    import numpy as np

    filled = []
    for block, never in zip(blocks, unseen, strict=True):
        whole = block.copy()
        for column in columns[never]:
            rows = np.flatnonzero(block[:, column] <= 0)
            theirs = np.array([other[rows, column] for other in blocks])
            whole[rows, column] = theirs.sum(axis=0) / np.maximum((theirs > 0).sum(axis=0), 1)
        filled.append(whole / whole.sum(axis=1, keepdims=True) if never.any() else block)
    return filled
