"""Probabilities that somebody else's models brought, as one array: for methods that need all of it at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.probabilities.probabilities import Model, Probabilities
from hardneg_cli.data.probabilities.validation import ProbabilityValidator
from hardneg_cli.errors import InputError, listing

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOST_CELLS = 1 << 27  # a gigabyte of numbers, of which several copies are made


def mean_probabilities(
    models: Sequence[Model], dataset: Dataset, classes: Sequence[str], *, may_skip: bool = False
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """(N, K) the models' mean, rows summing to 1, and (N,) whether a row is sound; others are uniform.

    Raises InputError for unsound probabilities unless they may be skipped, for classes that are not among `classes`,
    and for more probabilities than fit into memory.
    """
    import numpy as np

    if len(dataset) * len(classes) > MOST_CELLS:
        raise InputError(
            f"{dataset.name}: {len(dataset):,} rows of {len(classes):,} classes are too many to be held in memory; "
            "take a sample of the rows"
        )
    for model in models:
        if strange := sorted(set(model.classes) - set(classes)):
            raise InputError(f"{model.name}: classes that the first model and the labels lack: {listing(strange)}")
    probabilities = Probabilities(tuple(models), tuple(classes), len(dataset), may_skip)
    validator = ProbabilityValidator(dataset, probabilities)
    found = np.empty((len(dataset), len(classes)))
    for span, blocks in probabilities.blocks():
        checked = [validator.checked(number, span, block).astype(np.float64) for number, block in enumerate(blocks)]
        found[span] = sum(checked) / len(checked)
    return found / found.sum(axis=1, keepdims=True), ~validator.bad
