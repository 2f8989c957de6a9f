"""Learning curves by split, and overfitting: from which checkpoint on held-out rows are judged worse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hardneg_cli.io.tables.picture_listing import SPLIT_WORD, SPLITS
from hardneg_cli.modeling.evaluation.training_dynamics import TrainingDynamics
from hardneg_cli.statistics.intervals import ends, error_of_mean, error_of_share, known
from hardneg_cli.statistics.turning_point import TurningPoint, turning_point

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Codes = NDArray[np.int64]
    Rows = NDArray[np.bool_]

TRAIN, VALIDATION, TEST, OTHER = "train", "validation", "test", ""
WHOLE = ""  # the split of all rows, where no column says one


@dataclass(frozen=True)
class RowSplits:
    """The splits of n rows. names: the splits there are, sorted. of: (n,) codes into names, −1 for a row without one.

    kinds: each split's: train, validation, test, or another.
    """

    names: tuple[str, ...]
    of: Codes
    kinds: tuple[str, ...]

    @classmethod
    def from_texts(cls, texts: Sequence[str] | None, rows: int) -> RowSplits:
        """From a cell a row; None where there is no column, and all rows are held out."""
        import numpy as np

        if texts is None:
            return cls((WHOLE,), np.zeros(rows, np.int64), (OTHER,))
        names = tuple(sorted({text for text in texts if text.strip()}))
        code = {name: number for number, name in enumerate(names)}
        of = np.array([code.get(text, -1) for text in texts], np.int64)
        return cls(names, of, tuple(split_kind(name) for name in names))

    def rows_of(self, kind: str) -> Rows:
        """(n,) the rows of the splits of a kind."""
        import numpy as np

        return np.isin(self.of, [place for place, one in enumerate(self.kinds) if one == kind])

    def named(self, kind: str) -> str:
        """What to call the rows of a kind."""
        return " and ".join(name for name, one in zip(self.names, self.kinds, strict=True) if one == kind) or "all rows"

    @property
    def judging(self) -> str | None:
        """The kind of split that tells the best checkpoint: validation, others or test; None with train alone."""
        return next((kind for kind in (VALIDATION, OTHER, TEST) if kind in self.kinds), None)

    @property
    def held_out(self) -> Rows:
        """(n,) the rows of any split that is no train split."""
        return (self.of >= 0) & ~self.rows_of(TRAIN)


def split_kind(name: str) -> str:
    """By the words for splits that Hugging Face datasets know: `train`, `dev-2`, `valid_clean`."""
    found = SPLIT_WORD.search(name.strip().lower())
    return OTHER if found is None else SPLITS[found[1]]


@dataclass(frozen=True)
class CurvePoint:
    """One checkpoint on one split. gap: log-loss there less that on the train rows; None is unknown.

    negative_flips: rows that the checkpoint before had right and this one has wrong, None for the first.
    """

    checkpoint: int
    split: str
    rows: int
    log_loss: float | None
    log_loss_low: float | None
    log_loss_high: float | None
    accuracy: float
    accuracy_low: float | None
    accuracy_high: float | None
    gap: float | None = None
    gap_low: float | None = None
    gap_high: float | None = None
    negative_flips: int | None = None


@dataclass(frozen=True)
class Overfitting:
    """By the rows of the split(s) called `split`. best: the checkpoint with the lowest held-out loss.

    turn: where the loss' trend turns. gap_growth: how much more the held-out loss rose since than the train loss, with
    its interval, None without train rows.
    """

    split: str
    best: int
    turn: TurningPoint
    gap_growth: tuple[float, float | None, float | None] | None

    @property
    def rises_from(self) -> int | None:
        """The first checkpoint that is past the turn, None where the loss does not rise significantly."""
        return None if self.turn.significant_from is None else self.turn.place + 1

    @property
    def from_checkpoint(self) -> int | None:
        """The same, None also where the loss rises on train rows as well: what a model forgets it does not overfit."""
        if self.gap_growth is None:
            return self.rises_from
        low = self.gap_growth[1]
        return self.rises_from if low is not None and low > 0 else None


def learning_curves(dynamics: TrainingDynamics, splits: RowSplits, group: Codes | None) -> list[CurvePoint]:
    """A point for every split and checkpoint. O(E·n)."""
    import numpy as np

    places = [np.flatnonzero(splits.of == code) for code in range(len(splits.names))]
    curves = [
        _curve(dynamics, name, rows, _taken(group, rows)) for name, rows in zip(splits.names, places, strict=True)
    ]
    train = np.flatnonzero(splits.rows_of(TRAIN))
    if dynamics.losses is None or not len(train):
        return [point for curve in curves for point in curve]
    mean, error, units = _mean(dynamics.losses[:, train], _taken(group, train))
    points = []
    for kind, curve, rows in zip(splits.kinds, curves, places, strict=True):
        if kind == TRAIN or not len(rows):
            points += curve
            continue
        theirs, spread, count = _mean(dynamics.losses[:, rows], _taken(group, rows))
        for at, point in enumerate(curve):
            gap, width = float(theirs[at] - mean[at]), float(np.hypot(spread[at], error[at]))
            low, high = ends(gap, width, min(units, count), -np.inf, np.inf)
            points.append(replace(point, gap=gap, gap_low=low, gap_high=high))
    return points


def overfitting(dynamics: TrainingDynamics, splits: RowSplits, group: Codes | None) -> Overfitting | None:
    """Whether, and from where on, the held-out loss rises; None without probabilities or without held-out rows."""
    import numpy as np

    kind, losses = splits.judging, dynamics.losses
    if kind is None or losses is None:
        return None
    rows = np.flatnonzero(splits.rows_of(kind))
    turn = turning_point(losses[:, rows], _taken(group, rows))
    train, last = np.flatnonzero(splits.rows_of(TRAIN)), len(losses) - 1
    growth = None
    if len(train) and turn.place < last:
        ups = [losses[[last], :][:, some] - losses[[turn.place], :][:, some] for some in (rows, train)]
        (up, spread, count), (down, error, units) = (
            _mean(change, _taken(group, some)) for change, some in zip(ups, (rows, train), strict=True)
        )
        value = float(up[0] - down[0])
        growth = value, *ends(value, float(np.hypot(spread[0], error[0])), min(units, count), -np.inf, np.inf)
    return Overfitting(splits.named(kind), best_checkpoint(dynamics, rows), turn, growth)


def best_checkpoint(dynamics: TrainingDynamics, rows: Codes) -> int:
    """The first of those with the lowest log-loss on the rows, or with the highest accuracy where there is no loss."""
    losses = dynamics.losses
    if losses is None:
        return int(dynamics.right[:, rows].mean(axis=1).argmax())
    return int(losses[:, rows].mean(axis=1).argmin())


def _curve(dynamics: TrainingDynamics, name: str, rows: Codes, group: Codes | None) -> list[CurvePoint]:
    import numpy as np

    if not len(rows):
        return []
    right = dynamics.right[:, rows].astype(np.float64)
    accuracy, spread, units = _mean(right, group)
    loss = None if dynamics.losses is None else _mean(dynamics.losses[:, rows], group)
    points = []
    for at, share in enumerate(accuracy.tolist()):
        width = max(float(spread[at]), error_of_share(share, len(rows)))
        low, high = ends(share, width, units, 0.0, 1.0)
        value, least, most = (None, None, None) if loss is None else (
            known(loss[0][at]), *ends(float(loss[0][at]), float(loss[1][at]), units, 0.0, np.inf)
        )  # fmt: skip
        flips = None if at == 0 else int(((right[at - 1] > 0) & (right[at] == 0)).sum())
        points.append(CurvePoint(at, name, len(rows), value, least, most, share, low, high, negative_flips=flips))
    return points


def _mean(values: Numbers, group: Codes | None) -> tuple[Numbers, Numbers, int]:
    """(E,) the means of (E, n) values, their standard errors, and of how many units."""
    import numpy as np

    if values.shape[1] < 2:
        return values.mean(axis=1), np.full(len(values), np.nan), 1
    error, units = error_of_mean(values, group)
    return values.mean(axis=1), error, units


def _taken(group: Codes | None, rows: Codes) -> Codes | None:
    return None if group is None else group[rows]
