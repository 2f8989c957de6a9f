"""Trials of ways to train: train, attack, train anew with what fooled the model, and measure on rows held out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from hardneg_cli.modeling.out_of_fold import FittedModel
from hardneg_cli.modeling.robustness.augmentation import Augmented, TrainingRows, together
from hardneg_cli.modeling.robustness.numeric import NumericAttack
from hardneg_cli.modeling.robustness.tables import MODEL, ROWS, RobustAccuracy
from hardneg_cli.modeling.robustness.textual import TextAttack
from hardneg_cli.runtime.progress import progress

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Bools = NDArray[np.bool_]
    Codes = NDArray[np.int64]

Attacker: TypeAlias = NumericAttack | TextAttack

MOST = 1_000  # held-out texts that are attacked in each part
PLAIN, ADVERSARIAL, AUGMENTED = "plain", "adversarial", "augmented"


@dataclass(frozen=True)
class HardenedModels:
    """models: by way of training, the plain one first, then the hardened ones. augmented: the versions of the rows."""

    models: dict[str, FittedModel]
    augmented: Augmented

    @property
    def robust(self) -> str:
        """The way of training whose model is to be saved: with the attack in every batch, where there is a gradient."""
        return ADVERSARIAL if ADVERSARIAL in self.models else AUGMENTED


def run_trials(
    attack: Attacker,
    labels: Codes,
    every: TrainingRows,
    parts: Sequence[TrainingRows],
    held_out: Sequence[Codes],
    *,
    boundary: bool,
) -> tuple[tuple[RobustAccuracy, ...], HardenedModels]:
    """Each way of training on each of `parts`, measured on what it holds out; and what comes of `every` row.

    labels: (N,) codes. boundary: whether the least changes that fool the model are augmented rows, too. A new model of
    the written rows stands beside the hardened one on the first part alone, as its rows take by far the most time.
    """
    import numpy as np

    hits: dict[str, list[tuple[Bools, Bools]]] = {}
    with progress("hardening", total=len(parts) + 1) as advance:
        found = _hardened(attack, every, boundary=boundary)
        models = found.models
        advance(1)
        for place, (part, rows) in enumerate(zip(parts, held_out, strict=True)):
            if len(part.rows) < len(every.rows):
                alone = place > 0 and found.robust != AUGMENTED
                models = _without_versions(attack, part) if alone else _hardened(attack, part, boundary=boundary).models
            if isinstance(attack, TextAttack) and len(rows) > MOST:
                rows = np.sort(np.random.default_rng(attack.seed).permutation(rows)[:MOST])
            for name, model in models.items():
                hits.setdefault(name, []).append(_hits(attack, model, part, rows, labels[rows]))
            advance(1)
    written = {found.robust: (MODEL,), AUGMENTED: (ROWS,)} if found.robust != AUGMENTED else {AUGMENTED: (MODEL, ROWS)}
    measured = [
        RobustAccuracy(
            name,
            np.concatenate([right for right, _ in sides]),
            np.concatenate([robust for _, robust in sides]),
            written.get(name, ()),
        )
        for name, sides in hits.items()
    ]
    return tuple(measured), found


def _hardened(attack: Attacker, training: TrainingRows, *, boundary: bool) -> HardenedModels:
    """The models of each way of training, and the versions of the rows."""
    models = _without_versions(attack, training)
    plain, robust = models[PLAIN], models.get(ADVERSARIAL)
    parts = attack.versions(training, plain, robust)
    if boundary:
        last = robust or attack.fitted(training, together(parts, training).changed())
        fooling = attack.attacked(last, training, training.rows, training.labels)
        parts.append(attack.least_changes(last, fooling, training.labels))
    augmented = together(parts, training).changed()
    models[AUGMENTED] = attack.fitted(training, augmented)
    return HardenedModels(models, augmented)


def _without_versions(attack: Attacker, training: TrainingRows) -> dict[str, FittedModel]:
    """The plain model, and the one that is attacked as it learns, where there is one."""
    plain = attack.fitted(training)
    robust = attack.adversarial(training, plain)
    return {PLAIN: plain} if robust is None else {PLAIN: plain, ADVERSARIAL: robust}


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
