"""Trials of ways to train: train, attack, train anew with what fooled the model, and measure on rows held out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

from hardneg_cli.modeling.out_of_fold import FittedModel
from hardneg_cli.modeling.robustness.augmentation import Augmented, TrainingRows, together
from hardneg_cli.modeling.robustness.numeric import NumericAttack
from hardneg_cli.modeling.robustness.tables import RobustAccuracy
from hardneg_cli.modeling.robustness.textual import TextAttack
from hardneg_cli.runtime.progress import progress

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Bools = NDArray[np.bool_]
    Codes = NDArray[np.int64]

Attacker: TypeAlias = NumericAttack | TextAttack

ROUNDS = 2  # of augmenting and training anew, where there is no training by gradient
MOST = 1_000  # held-out texts that are attacked in each part
PLAIN, ADVERSARIAL, AUGMENTED = "plain", "adversarial", "augmented"


def run_trials(
    attack: Attacker,
    labels: Codes,
    every: TrainingRows,
    parts: Sequence[TrainingRows],
    held_out: Sequence[Codes],
    *,
    boundary: bool,
) -> tuple[tuple[RobustAccuracy, ...], Augmented]:
    """Each way of training on each of `parts`, measured on what it holds out; and the augmented rows of `every` row.

    labels: (N,) codes. boundary: whether the least changes that fool the model are augmented rows, too.
    """
    import numpy as np

    hits: dict[str, list[tuple[Bools, Bools]]] = {}
    with progress("hardening", total=len(parts) + 1) as advance:
        models, augmented = _versions(attack, every, boundary=boundary)
        advance(1)
        for part, rows in zip(parts, held_out, strict=True):
            if len(part.rows) < len(every.rows):
                models = _versions(attack, part, boundary=boundary)[0]
            if isinstance(attack, TextAttack) and len(rows) > MOST:
                rows = np.sort(np.random.default_rng(attack.seed).permutation(rows)[:MOST])
            for name, model in models.items():
                hits.setdefault(name, []).append(_hits(attack, model, part, rows, labels[rows]))
            advance(1)
    measured = [
        RobustAccuracy(name, *(np.concatenate(side) for side in zip(*sides, strict=True)))
        for name, sides in hits.items()
    ]
    return tuple(measured), augmented


def _versions(attack: Attacker, training: TrainingRows, *, boundary: bool) -> tuple[dict[str, FittedModel], Augmented]:
    """The models of each way of training, and the augmented rows: against the model that withstands most."""
    plain = attack.fitted(training)
    models = {PLAIN: plain}
    current = attack.adversarial(training, plain)
    if current is not None:
        models[ADVERSARIAL] = current
        parts = [attack.attacked(current, training, training.rows, training.labels)]
    else:
        current, parts = plain, []
        for _ in range(ROUNDS):
            parts.append(attack.attacked(current, training, training.rows, training.labels))
            current = attack.fitted(training, together(parts).changed())
    if boundary:
        parts.append(attack.least_changes(current, parts[-1], training.labels))
    augmented = together(parts).changed()
    models[AUGMENTED] = attack.fitted(training, augmented)
    return models, augmented


def _hits(
    attack: Attacker, model: FittedModel, training: TrainingRows, rows: Codes, labels: Codes
) -> tuple[Bools, Bools]:
    """Which rows the model gets right, as they are and under attack."""
    import numpy as np

    k = int(max(labels.max(), training.labels.max())) + 1
    right = model.probabilities(attack.material, rows, k).argmax(axis=1) == labels
    robust = right.copy()
    hit = np.flatnonzero(right)
    if len(hit):
        attacked = attack.attacked(model, training, rows[hit], labels[hit]).within(attack.material)
        robust[hit] = model.probabilities(attacked, np.arange(len(hit)), k).argmax(axis=1) == labels[hit]
    return right, robust
