"""Many results, one score: how the detectors' opinions about a row become the probability that its label is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.detection.detector_result import DetectorResult
from hardneg_cli.detection.scoring_pass import ScoredResults
from hardneg_cli.detection.suggested_labels import suggested_labels
from hardneg_cli.statistics.opinion_pool import equal_weights, weighted
from hardneg_cli.statistics.probability import log_odds
from hardneg_cli.statistics.scores import Estimate, best_f1_cut, one_of_each_group_right

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class FusedScores:
    """score, flagged, suggested, certainty, p_suggested: (N,) as in Findings.

    errors: the estimated number, None where nothing tells.
    """

    score: NDArray[np.float64]
    flagged: NDArray[np.bool_]
    suggested: NDArray[np.int32]
    errors: Estimate | None
    certainty: NDArray[np.float64] | None = None
    p_suggested: NDArray[np.float64] | None = None


def fuse(dataset: Dataset, scored: ScoredResults) -> FusedScores:
    """Weigh all results.

    1. Detectors with class probabilities behind them have one score, of one fit, as several models have; other
       evidence about the label is pooled with that by log-odds, by its weight, and so are their shares where not
       all of them judge a row. One detector alone keeps its score and cut.
    2. Of the different labels of identical rows at most one is right (Bayes' rule).
    3. A label whose very text is wrong is wrong whatever else is said: the higher score holds.
    4. A row in other trouble (a copy, an outlier) says nothing about its label, so it changes no score that
       judges labels. (Tried: an outlier's log-odds, added with weights of 0.1 to 1, moved the average precision
       by at most +0.0002 on random label errors, and by −0.001 to −0.008 where half were between look-alikes.)
       Where only facts about the table are known, such rows join the flagged ones, at their lowest score;
       where nothing judges labels, their own score stands.
    """
    results = scored.results
    by_kind = {kind: [d for d in results.values() if d.about == kind] for kind in ("label", "conflict", "name", "row")}
    score, flagged, errors = _labels(dataset, scored)
    for d in by_kind["conflict"]:
        score, flagged = _weighed(score, flagged, dataset, d, alone=not by_kind["label"])
    for d in by_kind["name"]:
        score, flagged, errors = _named(score, flagged, errors, d)
    if not by_kind["label"]:
        score, flagged = _troubled(score, flagged, by_kind["row"], join=bool(by_kind["conflict"] + by_kind["name"]))
    better = suggested_labels(dataset.labels, score, results.values(), scored.together)
    return FusedScores(score, flagged, better.label, errors, better.certainty, better.p)


def _labels(
    dataset: Dataset, scored: ScoredResults
) -> tuple[NDArray[np.float64], NDArray[np.bool_], Estimate | None]:  # fmt: skip
    import numpy as np

    n, results = len(dataset), {name: d for name, d in scored.results.items() if d.about == "label"}
    if not results:
        return np.zeros(n), np.zeros(n, bool), None
    if len(results) == 1:
        (only,) = results.values()
        flagged = np.zeros(n, bool)
        flagged[only.rows] = only.flagged
        return np.nan_to_num(_spread(n, only), copy=False), flagged, only.errors
    apart = {name: d for name, d in results.items() if name not in scored.joined}
    sources, weights = [_spread(n, d) for d in apart.values()], [d.weight for d in apart.values()]
    if scored.together is not None:
        alone = equal_weights([_spread(n, results[name]) for name in sorted(scored.joined)])
        sources.append(np.where(np.isnan(scored.together.score), alone, scored.together.score))
        weights.append(1.0)
    score = sources[0] if len(sources) == 1 else weighted(sources, weights)
    flagged = score >= 0.5 if len(sources) == 1 else best_f1_cut(score)
    alone_counted = next((d.errors for d in apart.values() if d.errors is not None), None)
    return score, flagged, alone_counted if scored.together is None else scored.together.errors


def _spread(n: int, result: DetectorResult) -> NDArray[np.float64]:
    """(N,) the detector's scores, NaN for the rows that it does not judge."""
    import numpy as np

    values = np.full(n, np.nan)
    values[result.rows] = result.score
    return values


def _weighed(
    score: NDArray[np.float64], flagged: NDArray[np.bool_], dataset: Dataset, result: DetectorResult, *, alone: bool
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Rows in a conflict: of their different labels at most one is right, whatever was thought of each before."""
    rows = result.rows
    if alone or result.group is None:
        score[rows], flagged[rows] = result.score, result.flagged
        return score, flagged
    score[rows] = one_of_each_group_right(log_odds(score[rows]), result.group, dataset.labels[rows])
    flagged[rows] = score[rows] >= 0.5
    return score, flagged | (score >= score[flagged].min() if flagged.any() else flagged)


def _named(
    score: NDArray[np.float64], flagged: NDArray[np.bool_], errors: Estimate | None, result: DetectorResult
) -> tuple[NDArray[np.float64], NDArray[np.bool_], Estimate | None]:
    import numpy as np

    before = score[result.rows].sum()
    score[result.rows] = np.maximum(score[result.rows], result.score)
    flagged[result.rows] |= result.flagged
    if errors:
        more = float(score[result.rows].sum() - before)
        errors = Estimate(errors.value + more, errors.low + more, errors.high + more)
    return score, flagged | (score >= score[flagged].min() if flagged.any() else flagged), errors


def _troubled(
    score: NDArray[np.float64], flagged: NDArray[np.bool_], results: list[DetectorResult], *, join: bool
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Rows in other trouble: with `join` at the lowest flagged score, else at their own."""
    import numpy as np

    cut = score[flagged].min() if flagged.any() else max(0.5, float(score.max(initial=0)))
    for d in results:
        rows = d.rows[d.flagged] if join else d.rows
        score[rows] = np.maximum(score[rows], cut if join else d.score)
        flagged[d.rows[d.flagged]] = True
    return score, flagged
