"""Would the other families have chosen the same? The estimator's few chosen numbers, left-one-family-out.

For each number a small grid; a family's choice is what the other families' sets make best (mean AP, less ten times
the mean shortfall of more than 0.01 behind self-confidence), and what it does to the family itself is reported. The
number of rows flagged does not depend on the weights, so F1 is that of as many rows from the top.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

from hardneg_cli.statistics.label_noise import label_errors, noise_posterior
from hardneg_cli.statistics.label_noise.label_errors import Belief

from .label_sets import LabelSet
from .measures import average_precision, f1

KEPT = "as kept"
SAMPLE = 5_000
MANY_CLASSES = 50  # the ridges are not fitted anew for so many: it takes too long
REWEIGHED: dict[str, dict[str, object]] = {
    **{f"weights {' '.join(map(str, w))}": {"WEIGHTS": w} for w in (
        (1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1), (1, 1, 1, 1), (0, 1, 2, 1), (2, 2, 4, 1), (3, 2, 3, 1),
        (2, 1, 4, 1),
    )},
    "recalibrated 0": {"RECALIBRATED": 0.0},
    "recalibrated 0.3": {"RECALIBRATED": 0.3},
    "recalibrated 0.7": {"RECALIBRATED": 0.7},
    "flips always believed": {"FLIPS_PROOF": (-2e9, -1e9)},
    "flips never believed": {"FLIPS_PROOF": (1e9, 2e9)},
    "flips proof 10 30": {"FLIPS_PROOF": (10.0, 30.0)},
    "flips proof 30 80": {"FLIPS_PROOF": (30.0, 80.0)},
}  # fmt: skip
REFITTED = {
    "flip ridge 2": (noise_posterior, "FLIP_RIDGE", 2.0),
    "flip ridge 12": (noise_posterior, "FLIP_RIDGE", 12.0),
    "recalibration ridge 40": (noise_posterior, "RECALIBRATION_RIDGE", 40.0),
    "recalibration ridge 250": (noise_posterior, "RECALIBRATION_RIDGE", 250.0),
    "even 0": (label_errors, "EVEN", 0.0),
    "even 0.5": (label_errors, "EVEN", 0.5),
}
CHOICES = {
    "weights": [name for name in REWEIGHED if name.startswith("weights")],
    "recalibrated": [name for name in REWEIGHED if name.startswith("recalibrated")],
    "proof": [name for name in REWEIGHED if name.startswith("flips")],
    "flip ridge": ["flip ridge 2", "flip ridge 12"],
    "recalibration ridge": ["recalibration ridge 40", "recalibration ridge 250"],
    "even": ["even 0", "even 0.5"],
}


@dataclass(frozen=True)
class Trial:
    """One set's AP and F1 under each candidate, and the AP of self-confidence."""

    name: str
    family: str
    ap: dict[str, float]
    f1: dict[str, float]
    self_confidence: float


def trial(labels: LabelSet) -> Trial:
    """Fitted on a sample, so not to the last digit what `find` answers."""
    sample = np.random.default_rng(0).permutation(len(labels.labels))[:SAMPLE]
    scores = _by_weights(labels, sample)
    flagged = int((scores[KEPT] >= 0.5).sum())
    for name, (module, constant, value) in REFITTED.items():
        alone = constant == "EVEN" and len(labels.probs) == 1
        if alone or labels.probs[0].shape[1] > MANY_CLASSES:
            scores[name] = scores[KEPT]
            continue
        with patch.object(module, constant, value):
            scores[name] = _score(_fitted(labels, sample), labels)
    own = 1 - labels.mean[np.arange(len(labels.labels)), labels.labels]
    cut = {name: _top(score, flagged) if name in REWEIGHED else score >= 0.5 for name, score in scores.items()}
    return Trial(
        labels.name,
        labels.family,
        {name: average_precision(labels.wrong, score) for name, score in scores.items()},
        {name: f1(labels.wrong, chosen) for name, chosen in cut.items()},
        average_precision(labels.wrong, own),
    )


def report(trials: Sequence[Trial]) -> Iterator[str]:
    """For each number and family: what the others chose, and its AP and F1 beside those of the number kept."""
    for choice, candidates in CHOICES.items():
        yield f"\n{choice}, left-one-family-out: AP and F1 with what the other families choose, and as kept"
        chosen = {family: _chosen(trials, family, [KEPT, *candidates]) for family in sorted({t.family for t in trials})}
        for family, name in chosen.items():
            yield _line(family, name, [t for t in trials if t.family == family], chosen)
        yield _line("all sets", "", trials, chosen)
        worst, kept = (min(t.ap[name or chosen[t.family]] - t.self_confidence for t in trials) for name in ("", KEPT))
        yield f"  AP at worst {worst:+.4f} from self-confidence, as kept {kept:+.4f}"


def _line(family: str, name: str, trials: Sequence[Trial], chosen: Mapping[str, str]) -> str:
    figures = [(t.ap[chosen[t.family]], t.ap[KEPT], t.f1[chosen[t.family]], t.f1[KEPT]) for t in trials]
    ap, ap_kept, cut, cut_kept = np.mean(figures, axis=0)
    return f"  {family:20} {name:26} AP {ap:.4f} {ap_kept:.4f}   F1 {cut:.4f} {cut_kept:.4f}"


def _chosen(trials: Sequence[Trial], left_out: str, candidates: Sequence[str]) -> str:
    others = [t for t in trials if t.family != left_out]

    def worth(name: str) -> float:
        gains = np.array([t.ap[name] - t.self_confidence for t in others])
        families = [np.mean(gains[[t.family == family for t in others]]) for family in {t.family for t in others}]
        return float(np.mean(families) + 10 * np.minimum(gains + 0.01, 0).mean())

    return max(candidates, key=worth)


def _by_weights(labels: LabelSet, sample: NDArray[np.int64]) -> dict[str, NDArray[np.float64]]:
    fitted = _fitted(labels, sample)
    scores = {KEPT: _score(fitted, labels)}
    for name, constants in REWEIGHED.items():
        with patch.multiple(label_errors, **constants):
            sources = replace(fitted.sources, believed=Belief.of(fitted.sources.models))
            scores[name] = replace(fitted, sources=sources).order(labels.probs, labels.labels)
    return scores


def _fitted(labels: LabelSet, sample: NDArray[np.int64]) -> label_errors.LabelErrors:
    return label_errors.fit([np.float64(p[sample]) for p in labels.probs], labels.labels[sample])


def _score(fitted: label_errors.LabelErrors, labels: LabelSet) -> NDArray[np.float64]:
    return fitted.cut.score(fitted.order(labels.probs, labels.labels))


def _top(score: NDArray[np.float64], count: int) -> NDArray[np.bool_]:
    chosen = np.zeros(len(score), bool)
    chosen[np.argsort(-score, kind="stable")[:count]] = True
    return chosen
