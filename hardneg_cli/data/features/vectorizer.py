"""Rows as vectors: TF-IDF of words and character n-grams, scaled numbers, one-hot categories.

A `Vectorizer` learns from some rows and is applied to any. `model_vectors`, `word_vectors` and `graph_vectors` take all
rows at once, without a look at a label: for models, and for a graph of neighbors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from hardneg_cli.data.features.inputs import ModelInputs
from hardneg_cli.data.features.text_vectors import LEARNED_FROM, text_vectors
from hardneg_cli.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from sklearn.decomposition import TruncatedSVD
    from sklearn.pipeline import FeatureUnion

    Vectors: TypeAlias = Any  # an array, or a sparse one

    Block = NDArray[np.float64]
    Rows = NDArray[np.int64]

DIMENSIONS = 200  # of sparse rows, for models that need dense ones
UNEVEN = 10.0  # columns whose spreads differ by more than this have different units
RARE = 2  # rows that a word, or a value of a category, needs to count


@dataclass(frozen=True)
class LearnedColumns:
    """What a vectorizer has learned: the words of texts; of each number its median and its spread, (D,), and which may
    be missing; by category its common values; the directions that the vectors are brought to.
    """

    words: FeatureUnion | None
    middle: NDArray[np.float64]
    spread: NDArray[np.float64]
    gaps: Rows
    values: Mapping[str, Sequence[str]]
    directions: TruncatedSVD | None
    dense: bool


class Vectorizer:
    """Rows of a material as vectors: learned from some rows, then made of any."""

    def __init__(self, *, dense: bool, seed: int) -> None:
        self._dense, self._seed = dense, seed
        self._words: FeatureUnion | None = None
        self._scale: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None
        self._values: dict[str, dict[str, int]] = {}
        self._directions: TruncatedSVD | None = None

    @property
    def has_directions(self) -> bool:
        """Whether its vectors are no longer numbers and values, but directions in which they differ."""
        return self._directions is not None

    @property
    def spread(self) -> NDArray[np.float64]:
        """(D,) what one unit is of each number."""
        assert self._scale is not None
        return self._scale[1]

    @property
    def learned(self) -> LearnedColumns:
        """What it has learned."""
        import numpy as np

        middle, spread = self._scale or (np.zeros(0), np.zeros(0))
        gaps = np.zeros(0, np.int64) if self._scale is None else self._gaps
        values = {name: sorted(places, key=places.__getitem__) for name, places in self._values.items()}
        return LearnedColumns(self._words, middle, spread, gaps, values, self._directions, self._dense)

    def fit_transform(self, rows: ModelInputs, chosen: Rows) -> Vectors:
        """Learn words, scales and values from the chosen rows; (n, D) their vectors, sparse if the material is."""
        parts = [learn(rows, chosen) for learn in (self._learn_texts, self._learn_numbers, self._learn_values)]
        return self._reduced(_stacked([part for part in parts if part is not None], sparse=rows.sparse), learn=True)

    def transform(self, rows: ModelInputs, chosen: Rows) -> Vectors:
        """(n, D) vectors of the chosen rows."""
        parts = []
        if self._words is not None:
            parts.append(self._words.transform(_texts(rows, chosen)))
        if rows.numbers is not None:
            parts.append(self._scaled(rows.numbers[chosen]))
        if self._values:
            parts.append(self._one_hot(rows, chosen))
        return self._reduced(_stacked(parts, sparse=rows.sparse), learn=False)

    def _learn_texts(self, rows: ModelInputs, chosen: Rows) -> Vectors:
        """TF-IDF of words and pairs of them, and of character n-grams; words of one row only tell nothing."""
        if rows.texts is None:
            return None
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.pipeline import make_union

        least = RARE if len(chosen) >= 100 else 1
        words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=least, token_pattern=r"(?u)\b\w+\b")  # noqa: S106
        pieces = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, min_df=least)
        self._words = make_union(words, pieces)
        try:
            return self._words.fit_transform(_texts(rows, chosen))
        except ValueError as error:
            raise InputError("no words in the text of the rows to learn from") from error

    def _learn_numbers(self, rows: ModelInputs, chosen: Rows) -> Vectors:
        """Unit spread around the median, a missing number being the median, and a column that says so."""
        import warnings

        import numpy as np

        if rows.numbers is None:
            return None
        values = rows.numbers[chosen]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # a column without any number here has no median
            middle, spread = np.nanmedian(values, axis=0), np.nanstd(values, axis=0)
        middle = np.where(np.isnan(middle), 0, middle)
        self._scale = middle, np.where(spread > 0, spread, 1)
        self._gaps = np.flatnonzero(np.isnan(values).any(axis=0))
        return self._scaled(values)

    def _scaled(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        import numpy as np

        assert self._scale is not None
        middle, spread = self._scale
        missing = np.isnan(values)
        return np.column_stack([np.where(missing, 0, (values - middle) / spread), missing[:, self._gaps]])

    def _learn_values(self, rows: ModelInputs, chosen: Rows) -> Vectors:
        from collections import Counter

        if not rows.categories:
            return None
        for name, values in rows.categories.items():
            counts = Counter(values[row] for row in chosen)
            common = sorted(value for value, times in counts.items() if times >= RARE)
            self._values[name] = {value: column for column, value in enumerate(common)}
        return self._one_hot(rows, chosen)

    def _one_hot(self, rows: ModelInputs, chosen: Rows) -> Vectors:
        """A column for each common value, and one for all others."""
        import numpy as np
        from scipy.sparse import csr_array, hstack

        parts = []
        for name, places in self._values.items():
            column = [places.get(rows.categories[name][row], len(places)) for row in chosen]
            shape = len(chosen), len(places) + 1
            parts.append(csr_array((np.ones(len(chosen)), (np.arange(len(chosen)), column)), shape))
        return hstack(parts).tocsr()

    def _reduced(self, vectors: Vectors, *, learn: bool) -> Vectors:
        """For models that need dense rows: the directions in which sparse ones differ most."""
        if not self._dense or not hasattr(vectors, "toarray"):
            return vectors
        if learn and min(vectors.shape) > DIMENSIONS:
            from sklearn.decomposition import TruncatedSVD

            self._directions = TruncatedSVD(DIMENSIONS, random_state=self._seed).fit(vectors)
        return vectors.toarray() if self._directions is None else self._directions.transform(vectors)


def model_vectors(rows: ModelInputs, seed: int) -> Block:
    """(N, D): scaled numbers and one-hot categories; for text latent semantic analysis, at unit length.

    Of very many texts alone, the words are never held whole: see text_vectors.py.
    """
    import numpy as np
    from sklearn.preprocessing import normalize

    if rows.texts is not None and rows.rows > LEARNED_FROM and rows.numbers is None and not rows.categories:
        found = text_vectors(rows.texts)
        if not found.shape[1]:
            raise InputError("no words in the text of the rows to learn from")
        return found.astype(np.float64)
    vectors: Block = Vectorizer(dense=True, seed=seed).fit_transform(rows, np.arange(rows.rows))
    return normalize(vectors) if rows.texts is not None else vectors


def word_vectors(rows: ModelInputs, chosen: Rows, seed: int) -> Vectors | None:
    """(N, D) sparse: the words of the chosen rows, in all rows; None without text, or where texts are very many."""
    import numpy as np

    if rows.texts is None or rows.rows > LEARNED_FROM:
        return None
    vectorizer = Vectorizer(dense=False, seed=seed)
    vectorizer.fit_transform(rows, chosen)
    return vectorizer.transform(rows, np.arange(rows.rows))


def graph_vectors(rows: ModelInputs, vectors: Block) -> Block:
    """(N, D): the same; around the mean where there are categories, and numbers alone keep their own scale where they
    seem to share one, so that noise stays small.
    """
    import numpy as np

    if rows.texts is not None:
        return vectors
    if rows.numbers is None or rows.categories:
        around: Block = vectors - vectors.mean(axis=0)
        return around
    values = rows.numbers
    centered: Block = np.where(np.isnan(values), 0.0, values - _mean(values))
    spread = centered.std(axis=0)
    moving = spread[spread > 0]
    if not len(moving) or moving.max() > UNEVEN * np.median(moving):
        return vectors
    return centered


def _texts(rows: ModelInputs, chosen: Rows) -> list[str]:
    assert rows.texts is not None
    return [rows.texts[row] for row in chosen]


def _stacked(parts: list[Vectors], *, sparse: bool) -> Vectors:
    import numpy as np
    from scipy.sparse import csr_array, hstack

    if not sparse:
        return np.column_stack(parts)
    return hstack([csr_array(part) for part in parts]).tocsr()


def _mean(values: Block) -> Block:
    import warnings

    import numpy as np

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a column without any number has no mean
        mean = np.nanmean(values, axis=0)
    return np.where(np.isnan(mean), 0.0, mean)
