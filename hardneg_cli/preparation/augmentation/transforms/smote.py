"""Rows between a row and one of its nearest of the same class (SMOTE, Chawla et al., 2002), by imbalanced-learn.

With categories it is SMOTE-NC, with these alone SMOTEN: a new row has the category that most of the neighbors have. Its
parent is the row that it is nearest to.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from hardneg_cli.preparation.augmentation.transforms._columns import ClassRows, NewRows

if TYPE_CHECKING:
    from hardneg_cli.preparation.augmentation.transforms._columns import Block, Codes

OF = "columns"
MISSING = "smote is a transform of imbalanced-learn, which is not installed: pip install 'hardneg-cli[imbalance]'"


def lacking() -> str:
    try:
        import imblearn.over_sampling  # noqa: F401 -- whether it can be
    except ImportError:
        return MISSING
    return ""


def run(rows: ClassRows, wanted: int, seed: int, *, neighbors: int = 5) -> NewRows:
    """neighbors: the nearest rows of the class, one of which a new row lies toward; fewer in a class of fewer."""
    import numpy as np

    width, kinds = rows.numbers.shape[1], rows.categories.shape[1]
    nothing = np.zeros(0, np.int64)
    if len(rows) < 2 or wanted < 1:
        return NewRows(rows.numbers[nothing], rows.categories[nothing], nothing)
    n = len(rows)
    values = np.hstack([rows.numbers, rows.categories])
    labels = np.repeat([0, 1], n)  # the sampler wants another class, which plays no part
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that a class is larger than the other one now is what is asked for
        sampler = _sampler(width, kinds, min(neighbors, n - 1), n + wanted, seed)
        found, _ = sampler.fit_resample(np.vstack([values, values]), labels)  # type: ignore[attr-defined]
    new = np.asarray(found, np.float64)[2 * n :]
    numbers, categories = new[:, :width], np.rint(new[:, width:]).astype(np.int64)
    return NewRows(numbers, categories, _nearest(rows, numbers, categories))


def _sampler(width: int, kinds: int, neighbors: int, rows: int, seed: int) -> object:
    from imblearn.over_sampling import SMOTE, SMOTEN, SMOTENC

    how = {"sampling_strategy": {0: rows}, "random_state": seed, "k_neighbors": neighbors}
    if not kinds:
        return SMOTE(**how)
    if not width:
        return SMOTEN(**how)
    return SMOTENC(categorical_features=[*range(width, width + kinds)], **how)


def _nearest(rows: ClassRows, numbers: Block, categories: Codes) -> Codes:
    import numpy as np

    found = np.empty(len(numbers), np.int64)
    for place, (own, kinds) in enumerate(zip(numbers, categories, strict=True)):
        away = ((rows.numbers - own) ** 2).sum(axis=1) + (rows.categories != kinds).sum(axis=1)
        found[place] = int(away.argmin())
    return found
