"""Numbers moved by a little noise, in units of their spread within the class; categories stay.

Training with such noise is a penalty on curved models (Bishop, Training with noise is equivalent to Tikhonov
regularization, 1995). A number stays within the range that it has in the class.
"""

from __future__ import annotations

from hardneg_cli.preparation.augmentation.transforms._columns import ClassRows, NewRows

OF = "columns"


def run(rows: ClassRows, wanted: int, seed: int, *, spreads: float = 0.2) -> NewRows:
    """spreads: the standard deviation of the noise, in those of each number within the class."""
    import numpy as np

    rng = np.random.default_rng(seed)
    parents = np.arange(wanted if len(rows) else 0) % max(len(rows), 1)
    own = rows.numbers[parents]
    if not len(own):
        return NewRows(own, rows.categories[parents], parents)
    moved = own + spreads * rows.numbers.std(axis=0) * rng.standard_normal(own.shape)
    moved = moved.clip(rows.numbers.min(axis=0), rows.numbers.max(axis=0))
    return NewRows(moved, rows.categories[parents], parents)
