"""A vectorizer as scikit-learn's own transformers, which take the columns as users have them.

So a model can be used where hardneg is not installed. The transformers are fitted to made-up rows with the columns and
values that the vectorizer knows, and given its medians and spreads: they make the very vectors that it makes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd
    from sklearn.base import TransformerMixin
    from sklearn.compose import ColumnTransformer
    from sklearn.pipeline import Pipeline

    from hardneg_cli.data.features.vectorizer import Vectorizer

RARE_VALUE = "\0"  # begins a made-up value that stands for all that are rare
LEAST_ROWS = 2
TEXTS, NUMBERS, GAPS, CATEGORIES = "texts", "numbers", "missing", "categories"


def scikit_learn_steps(
    vectorizer: Vectorizer, text: str | None, numbers: Sequence[str]
) -> list[tuple[str, TransformerMixin]]:
    """The steps of a Pipeline before its model: they take a DataFrame, or where there is but the text a list of texts.

    text, numbers: the columns' names; those of its categories the vectorizer knows. In the frame, missing numbers and
    categories are NaN or None, and categories are texts.
    """
    learned, only_texts = vectorizer.learned, not numbers and not vectorizer.learned.values
    first = (TEXTS, learned.words) if only_texts else ("columns", _columns(vectorizer, text, numbers))
    return [first, *([] if learned.directions is None else [("directions", learned.directions)])]


def _columns(vectorizer: Vectorizer, text: str | None, numbers: Sequence[str]) -> ColumnTransformer:
    """The fitted ColumnTransformer, whose columns are in the vectorizer's order."""
    from sklearn.compose import ColumnTransformer
    from sklearn.feature_extraction.text import CountVectorizer

    learned = vectorizer.learned
    parts: list[tuple[str, TransformerMixin, str | list[str]]] = []
    if text is not None:
        parts.append((TEXTS, CountVectorizer(), text))
    if numbers:
        parts.append((NUMBERS, _scaler(), list(numbers)))
    if numbers and len(learned.gaps):
        parts.append((GAPS, _gap_finder(), list(numbers)))
    if learned.values:
        parts.append((CATEGORIES, _encoder(), list(learned.values)))
    columns = ColumnTransformer(parts, sparse_threshold=0.0 if learned.dense and learned.directions is None else 1.0)
    columns.fit(_made_up(vectorizer, text, numbers))
    if text is not None:
        columns.transformers_[0] = (TEXTS, learned.words, text)
    if numbers:
        imputer, scaler = (step for _, step in columns.named_transformers_[NUMBERS].steps)
        imputer.statistics_ = learned.middle
        scaler.mean_, scaler.scale_, scaler.var_ = learned.middle, learned.spread, learned.spread**2
    return columns


def _scaler() -> Pipeline:
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler())


def _gap_finder() -> TransformerMixin:
    from sklearn.impute import MissingIndicator

    return MissingIndicator(error_on_new=False)


def _encoder() -> Pipeline:
    """A column for each value that two made-up rows have, and one for all others; a missing value is an empty one."""
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    known = OneHotEncoder(min_frequency=LEAST_ROWS, handle_unknown="infrequent_if_exist")
    return make_pipeline(SimpleImputer(strategy="constant", fill_value=""), known)


def _made_up(vectorizer: Vectorizer, text: str | None, numbers: Sequence[str]) -> pd.DataFrame:
    """Rows in which every known value stands twice or more, and others once."""
    import numpy as np
    import pandas as pd

    learned = vectorizer.learned
    rows = max([LEAST_ROWS * len(values) for values in learned.values.values()], default=0) + LEAST_ROWS
    found: dict[str, object] = {} if text is None else {text: ["word"] * rows}
    for place, name in enumerate(numbers):
        cells = np.arange(rows, dtype=float)
        cells[-1] = np.nan if place in learned.gaps else 0.0
        found[name] = cells
    for name, values in learned.values.items():
        cells_of = [value for value in values for _ in range(LEAST_ROWS)]
        more = rows - len(cells_of)
        cells_of += [values[0]] * (more - 1) if values else [f"{RARE_VALUE}{number}" for number in range(1, more)]
        found[name] = np.array([*cells_of, RARE_VALUE], object)
    return pd.DataFrame(found)
