"""Features: an N×D matrix of numbers from columns, a file or a model, or of the text's n-grams, or of the pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.features.feature_numbers import FeatureNumbers, feature_numbers
from hardneg_cli.data.features.features import FeatureChoice, Features
from hardneg_cli.data.features.mixed_columns import MixedColumns
from hardneg_cli.data.features.text_vectors import LEARNED_FROM, text_vectors, unit_rows
from hardneg_cli.data.text_column import TextColumn
from hardneg_cli.errors import InputError, Unavailable, listing, plural, quote
from hardneg_cli.runtime.progress import progress

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Matrix = NDArray[np.floating]

SMALL = (
    "features: small ones of the pictures (thumbnail, colors, gradients), which know color and rough shape, not "
    "meaning; --embed MODULE:FUNCTION takes those of a model"
)
UNEVEN = 10.0  # columns whose spreads differ by more than this have different units


def gather(dataset: Dataset, feature_choice: FeatureChoice) -> Features:
    """The features that were asked for; missing numbers become the column's median, and a note says how many."""
    with progress("gathering features"):
        return _gathered(dataset, feature_choice)


def _gathered(dataset: Dataset, feature_choice: FeatureChoice) -> Features:
    if feature_choice.numbers:
        found = feature_numbers(dataset, feature_choice)
        if feature_choice.image is not None:
            return _of_pictures(dataset, found, feature_choice)
        if found.mixed is not None:
            return Features(found.values, "table", _of_mixed(found.mixed))
        return _columns(dataset, found) if found.names else _vectors(dataset, found, feature_choice)
    if feature_choice.text:
        return _from_text(dataset, feature_choice.text)
    raise Unavailable("no features: name them with --features or --text")


def _columns(dataset: Dataset, found: FeatureNumbers) -> Features:
    """Plain columns; scaled to unit spread only where the spreads are so uneven that the units must differ.

    Columns are centered, for precision, and brought near 1 by powers of two, so that no square is too large or small.
    """
    import numpy as np

    values, names = found.values.astype(np.float64), found.names
    missing = np.isnan(values)
    _refuse_infinite(dataset, values)
    notes: tuple[str, ...] = ()
    if missing.any():
        values[:, missing.all(axis=0)] = 0  # nothing is known of any row, and so it tells none apart
        if empty := [names[column] for column in np.flatnonzero(missing.all(axis=0))]:
            notes = (f"features: no numbers at all in {listing(empty)}",)
        if filled := int(missing[:, ~missing.all(axis=0)].sum()):
            notes += (f"features: {filled:,} missing values were replaced by their column's median",)
    power = np.frexp(np.nanmax(np.abs(values), axis=0))[1]
    values = np.ldexp(values, -power)
    values = np.where(missing, 0.0, values - np.nanmedian(values, axis=0))
    spread = values[dataset.by_id].std(axis=0)  # by id: a sum's rounding depends on the order
    moving = spread > 0
    if not moving.any():
        return Features(values, "columns", notes)
    size = np.log2(spread[moving]) + power[moving]
    if size.max() - np.quantile(size, 0.5, method="lower") > np.log2(UNEVEN):
        values = values / np.where(moving, spread, 1)
        notes += ("features: columns were scaled to unit spread",)
    else:
        values = np.ldexp(values, power - power[moving].max())
    return Features(values, "columns", notes)


def _of_mixed(columns: MixedColumns) -> tuple[str, ...]:
    """What to say of columns that hold numbers and categories."""
    numbers, categories = plural(len(columns.numbers), "column"), plural(len(columns.categories), "column")
    notes = [f"features: {numbers} of numbers in units of their spread, {categories} of categories"]
    if missing := columns.missing:
        notes.append(f"features: {missing:,} missing values were replaced by their column's median")
    return tuple(notes)


def _vectors(dataset: Dataset, found: FeatureNumbers, choice: FeatureChoice) -> Features:
    """Embeddings: rows brought to unit length, so that distance means angle."""
    _refuse_troubles(dataset, found)
    return Features(unit_rows(found.values), "text" if choice.embed is not None else "vectors", found.notes)


def _of_pictures(dataset: Dataset, found: FeatureNumbers, choice: FeatureChoice) -> Features:
    """A model's vectors at unit length, or the small features as they are: those of blank pictures are short."""
    _refuse_troubles(dataset, found)
    if choice.embed is not None:
        return Features(unit_rows(found.values), "pictures", found.notes)
    return Features(found.values, "pictures", (SMALL,))


def _refuse_troubles(dataset: Dataset, found: FeatureNumbers) -> None:
    """Raises InputError for rows without a vector."""
    if troubles := found.troubles():
        ids = dataset.ids.take(list(troubles)).to_pylist()
        kinds = list(dict.fromkeys(troubles.values()))
        first, where = kinds[0], listing(ids)
        if len(kinds) > 1:
            first = "no picture" if found.unreadable else "vectors that are none"
            shown = [f"{quote(id_)} ({kind})" for id_, kind in zip(ids[:5], troubles.values(), strict=False)]
            where = ", ".join(shown) + (f" and {len(ids) - 5:,} more" if len(ids) > 5 else "")
        rows = "row" if len(ids) == 1 else "rows"
        raise InputError(
            f"{found.name}: {first} in {rows} {where}: mend them, or skip such rows with --on-bad-rows skip"
        )


def _from_text(dataset: Dataset, column: str) -> Features:
    """Latent semantic analysis of the texts in the order of their ids, so that their order in the file changes nothing.

    A note says so where the directions are learned from a sample.
    """
    import numpy as np

    order = dataset.by_id
    texts = TextColumn.of(dataset.content[column], order)
    dense = text_vectors(texts)
    if not dense.shape[1]:
        raise Unavailable(f"no words in column {quote(column)}")
    back = np.empty_like(dense)
    back[order] = dense
    notes = (f"text: vectors learned from {LEARNED_FROM:,} random texts",) if len(texts) > LEARNED_FROM else ()
    return Features(back, "text", notes)


def _refuse_infinite(dataset: Dataset, values: Matrix) -> None:
    import numpy as np

    if (rows := np.flatnonzero(np.isinf(values).any(axis=1))).size:
        raise InputError(f"{dataset.name}: an infinite feature in row {listing(dataset.ids.take(rows).to_pylist())}")
