"""What a classifier learns from: each row's text, numbers and categories."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.features.feature_numbers import feature_columns, holds_vectors
from hardneg_cli.data.features.features import FeatureChoice
from hardneg_cli.data.features.mixed_columns import mixed_columns
from hardneg_cli.errors import InputError, Unavailable, listing, quote
from hardneg_cli.runtime.evidence_store import EvidenceStore

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray


@dataclass(frozen=True)
class ModelInputs:
    """N rows. texts: N of them. numbers: N×D, NaN where one is missing. categories: N values each, by column."""

    rows: int
    texts: tuple[str, ...] | None = None
    numbers: NDArray[np.float64] | None = None
    categories: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def sparse(self) -> bool:
        """Whether its vectors are: texts and categories are."""
        return self.texts is not None or bool(self.categories)

    def take(self, rows: list[int]) -> ModelInputs:
        """These rows, in this order."""
        return ModelInputs(
            len(rows),
            None if self.texts is None else tuple(self.texts[row] for row in rows),
            None if self.numbers is None else self.numbers[rows],
            {name: tuple(values[row] for row in rows) for name, values in self.categories.items()},
        )

    def keys(self) -> list[str]:
        """One text a row, the same for rows between which no model could tell."""
        import numpy as np

        parts: list[list[str]] = [[repr(value) for value in values] for values in self.categories.values()]
        if self.texts is not None:
            parts.append([" ".join(text.casefold().split()) for text in self.texts])
        if self.numbers is not None:
            rows = np.ascontiguousarray(self.numbers + 0.0)  # no negative zeros
            parts.append([row.tobytes().hex() for row in rows])
        return ["\0".join(cells) for cells in zip(*parts, strict=True)]


def material(dataset: Dataset, choice: FeatureChoice) -> ModelInputs:
    """The text column, besides it the feature columns (categories where not all cells are numbers) or a file's numbers.

    What a model makes of the text stands for the text; the pictures serve where there is neither text nor features.
    Raises InputError where nothing is chosen, and for columns that are not there.
    """
    texts = None
    if dataset.columns.text is not None and choice.embed is None:
        texts = tuple(text or "" for text in dataset.content[dataset.columns.text].to_pylist())
    if choice.columns:
        numbers, categories = _columns(dataset, choice)
        return ModelInputs(len(dataset), texts, numbers, categories)
    if choice.numbers:
        found = EvidenceStore({"dataset": dataset, "feature_choice": choice}, {})
        try:
            return ModelInputs(len(dataset), texts, found["features"].matrix.astype("float64"))
        except Unavailable as reason:
            raise InputError(f"{dataset.name}: {reason}") from reason
    if texts is None:
        raise InputError(
            "nothing to learn from: name the text with --text, the pictures with --image, or columns or a file with "
            "--features"
        )
    return ModelInputs(len(dataset), texts)


def concatenated(labeled: ModelInputs, pool: ModelInputs) -> ModelInputs:
    """The labeled rows, then the pool's, or rows and then their versions, with nothing that tells them apart.

    Raises InputError where a column is numbers in one of them only.
    """
    import numpy as np

    texts = None if labeled.texts is None or pool.texts is None else (*labeled.texts, *pool.texts)
    if (odd := set(labeled.categories) ^ set(pool.categories)) or _width(labeled) != _width(pool):
        which = f": {listing(sorted(odd))}" if odd else ""
        raise InputError(f"the features of the labeled rows and of the pool differ in kind or number{which}")
    numbers = None
    if labeled.numbers is not None and pool.numbers is not None:
        numbers = np.concatenate([labeled.numbers, pool.numbers])
    categories = {name: (*values, *pool.categories[name]) for name, values in labeled.categories.items()}
    return ModelInputs(labeled.rows + pool.rows, texts, numbers, categories)


def column_texts(dataset: Dataset, name: str, rows: NDArray[np.int64], id_: str | None = None) -> pa.Array:
    """The column's text in these rows, ids for the column `id_`; empty where there is no such column."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if name == id_:
        return dataset.ids.take(pa.array(rows))
    table = dataset.roles if name in dataset.roles.column_names else dataset.content
    if name not in table.column_names:
        return pa.repeat("", len(rows))
    return pc.fill_null(table[name].take(pa.array(rows)).combine_chunks(), "")


def _width(rows: ModelInputs) -> int:
    return 0 if rows.numbers is None else int(rows.numbers.shape[1])


def _columns(dataset: Dataset, choice: FeatureChoice) -> tuple[NDArray[np.float64] | None, dict[str, tuple[str, ...]]]:
    import numpy as np

    names = feature_columns(dataset, choice.columns, dataset.columns.probabilities(dataset.all_columns))
    vectors = [name for name in names if holds_vectors(dataset.content[name].to_pylist())]
    if vectors and len(names) == 1:
        values = EvidenceStore({"dataset": dataset, "feature_choice": choice}, {})["features"].matrix
        return values.astype(np.float64), {}
    if vectors:
        raise InputError(
            f"{dataset.name}: column {quote(vectors[0])} holds lists of numbers, which cannot stand beside "
            "other columns"
        )
    found = mixed_columns(dataset.name, dataset.content.select(names))
    return found.matrix(), dict(found.categories)
