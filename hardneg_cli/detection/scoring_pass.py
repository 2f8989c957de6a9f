"""One fit and one pass over the probabilities for all detectors that ask for either."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.probabilities.probabilities import Probabilities
from hardneg_cli.detection.detector_result import DetectorResult, ModeledDoubt, RowMeasure
from hardneg_cli.detection.label_error_scores import LabelErrorScores, LabelSource, estimate

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Answers: TypeAlias = Mapping[str, DetectorResult | ModeledDoubt | RowMeasure]


@dataclass(frozen=True)
class ScoredResults:
    """results: by detector. skipped: why others have none.

    together: what the detectors `joined` say as one, where several were fitted together.
    """

    results: dict[str, DetectorResult]
    skipped: dict[str, str] = field(default_factory=dict)
    together: LabelErrorScores | None = None
    joined: frozenset[str] = frozenset()


def scored_results(dataset: Dataset, answers: Answers) -> ScoredResults:
    """Every detector's result, in the order of the answers: at most two passes over the probabilities, and one fit."""
    doubts = {name: answer for name, answer in answers.items() if isinstance(answer, ModeledDoubt)}
    measures = {name: answer for name, answer in answers.items() if isinstance(answer, RowMeasure)}
    skipped = {name: reason for name, doubt in doubts.items() if (reason := _lacking(doubt))}
    found = {name: answer for name, answer in answers.items() if isinstance(answer, DetectorResult)}
    names, together = [name for name in doubts if name not in skipped], None
    if names:
        sources = [LabelSource(doubts[name].probabilities, doubts[name].judged) for name in names]
        along = next((name for name, each in measures.items() if _same(each.probabilities, sources[0])), None)
        scores = estimate(dataset, sources, measures[along].measure if along else None)
        found |= {name: doubts[name].finish(share) for name, share in zip(names, scores.shares, strict=True)}
        together = scores.together if len(names) > 1 else None
        if along and scores.measured is not None:
            found[along] = measures.pop(along).finish(scores.measured)
    found |= {name: each.finish(_measured(each)) for name, each in measures.items()}
    results = {name: found[name] for name in answers if name in found}
    return ScoredResults(results, skipped, together, frozenset(names if together else ()))


def _lacking(doubt: ModeledDoubt) -> str:
    """Why there is nothing to fit, if there is not."""
    classes = doubt.probabilities.known.any(axis=0).sum()
    return "fewer than two rows or classes to judge by probabilities" if min(classes, doubt.judged.sum()) < 2 else ""


def _same(measured: Probabilities, source: LabelSource) -> bool:
    """Whether it is the blocks of this source that are to be measured."""
    models = source.probabilities.models
    return [model.blocks for model in measured.models] == [model.blocks for model in models]


def _measured(asked: RowMeasure) -> NDArray[np.float64]:
    import numpy as np

    return np.concatenate([part for _, part in asked.probabilities.over(asked.measure, asked.judged)])
