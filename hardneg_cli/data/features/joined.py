"""Labeled rows and a pool, or rows and their versions, as one material in which nothing tells them apart."""

from __future__ import annotations

from hardneg_cli.data.features.inputs import ModelInputs
from hardneg_cli.errors import InputError, listing


def joined(labeled: ModelInputs, pool: ModelInputs) -> ModelInputs:
    """The labeled rows, then the pool's; raises InputError where a column is numbers in one of them only."""
    import numpy as np

    texts = None if labeled.texts is None or pool.texts is None else (*labeled.texts, *pool.texts)
    if (odd := set(labeled.categories) ^ set(pool.categories)) or _wide(labeled) != _wide(pool):
        which = f": {listing(sorted(odd))}" if odd else ""
        raise InputError(f"the features of the labeled rows and of the pool differ in kind or number{which}")
    numbers = None
    if labeled.numbers is not None and pool.numbers is not None:
        numbers = np.concatenate([labeled.numbers, pool.numbers])
    categories = {name: (*values, *pool.categories[name]) for name, values in labeled.categories.items()}
    return ModelInputs(labeled.rows + pool.rows, texts, numbers, categories)


def chosen(rows: ModelInputs, places: list[int]) -> ModelInputs:
    """These rows, in this order."""
    return ModelInputs(
        len(places),
        None if rows.texts is None else tuple(rows.texts[place] for place in places),
        None if rows.numbers is None else rows.numbers[places],
        {name: tuple(values[place] for place in places) for name, values in rows.categories.items()},
    )


def _wide(rows: ModelInputs) -> int:
    return 0 if rows.numbers is None else int(rows.numbers.shape[1])
