"""Which transforms are used: those that keep the label, and that held-out rows say do no harm."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardneg_cli.preparation.augmentation.label_check import FoldJudges, LabelCheck
from hardneg_cli.preparation.augmentation.trials import Trials
from hardneg_cli.statistics.balanced_change import BalancedChange

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Bools = NDArray[np.bool_]

HARM = 0.05  # of balanced accuracy: what a transform must be shown not to cost, besides that it costs none on average


@dataclass(frozen=True)
class TransformTrial:
    """A transform. gain: of balanced accuracy; None where it was not measured. off: (K,) the classes whose label it
    changes. used: whether it is, and why (not).
    """

    name: str
    off: Bools
    check: LabelCheck
    gain: BalancedChange | None
    used: bool
    why: str


@dataclass(frozen=True)
class Selection:
    """All transforms that were tried, and what those that are used give together.

    gain, small: of balanced accuracy over all classes, and over those that get versions; over_copies: the same over all
    classes, above that of as many plain copies. None where nothing was measured.
    """

    trials: tuple[TransformTrial, ...]
    gain: BalancedChange | None = None
    small: BalancedChange | None = None
    over_copies: BalancedChange | None = None

    @property
    def allowed(self) -> dict[str, Bools]:
        """By transform that is used, (K,) the classes that it may change."""
        return {one.name: ~one.off for one in self.trials if one.used}


def select(
    judges: FoldJudges, trials: Trials, kinds: Sequence[str], growing: Bools, step: Callable[[int], object]
) -> Selection:  # fmt: skip
    """growing: (K,) the classes that get versions. O(transforms · folds) trainings."""
    plain = trials.plain() if growing.any() else None
    found = []
    for kind in kinds:
        found.append(_tried(judges, trials, kind, growing, plain))
        step(1)
    selection = Selection(tuple(found))
    if plain is None or not selection.allowed:
        return selection
    every = trials.augmented(selection.allowed)
    return Selection(
        selection.trials, trials.change(plain, every), trials.change(plain, every, growing),
        trials.change(trials.copied(), every),
    )  # fmt: skip


def _tried(judges: FoldJudges, trials: Trials, kind: str, growing: Bools, plain: Bools | None) -> TransformTrial:
    check = judges.check(kind)
    if plain is None:
        return TransformTrial(kind, check.off, check, None, False, "no class needs more rows")
    if not (growing & ~check.off).any():
        return TransformTrial(kind, check.off, check, None, False, "it changes the label")
    gain = trials.change(plain, trials.augmented({kind: ~check.off}))
    if gain.value < 0 or gain.low < -HARM:
        why = "held-out rows say that it harms" if gain.high < 0 else "not shown to do no harm"
        return TransformTrial(kind, check.off, check, gain, False, why)
    return TransformTrial(kind, check.off, check, gain, True, "does no harm" if gain.low <= 0 else "helps")
