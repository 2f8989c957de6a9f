"""No new row is a copy, or nearly one, of a row in another split: a model would be tested on what it has learned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.errors import plural
from hardneg_cli.preparation.augmentation.content import Content, Versions
from hardneg_cli.preparation.augmentation.pictures import PictureContent
from hardneg_cli.preparation.augmentation.tables import TableContent
from hardneg_cli.preparation.augmentation.texts import TextContent

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Bools = NDArray[np.bool_]
    Codes = NDArray[np.int64]

CLOSER = 0.1  # of a text's words or letters that differ; of the usual distance between rows and their nearest
LOOKED_AT = 10  # texts of other splits that have most words in common with a new one
BLOCK = 1 << 10  # new rows that are compared at once


def apart_from_other_splits(
    dataset: Dataset, content: Content, versions: Versions, train: Bools
) -> tuple[Versions, tuple[str, ...]]:  # fmt: skip
    """The versions without near copies of rows that do not train, and how many went."""
    import numpy as np

    others = dataset.by_id[~train[dataset.by_id]]
    if not len(others) or not len(versions):
        return versions, ()
    if isinstance(content, TextContent):
        near = _near_texts(
            [str(text) for text in versions.cells[content.column]], [content.texts[row] for row in others]
        )
    elif isinstance(content, PictureContent):
        near = _near_pictures(content, versions, others)
    else:
        assert isinstance(content, TableContent)
        near = _near_rows(content, versions, others)
    if not near.any():
        return versions, ()
    left = versions.take(np.flatnonzero(~near))
    return left, (f"{plural(int(near.sum()), 'new row')} left out: nearly the same as rows of other splits",)


def _near_texts(new: list[str], others: list[str]) -> Bools:
    import numpy as np
    import pyarrow as pa
    from sklearn.feature_extraction.text import TfidfVectorizer

    from hardneg_cli.data.text_column import TextColumn
    from hardneg_cli.data.text_normalization import bare
    from hardneg_cli.statistics.text_edits import changed

    column = pa.chunked_array([pa.array([*new, *others], pa.string())])
    plain = bare(column).to_pylist()
    known = set(plain[len(new) :])
    near = np.array([text in known for text in plain[: len(new)]], bool)
    vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 3), min_df=1)
    theirs = vectorizer.fit_transform(others) if any(text.strip() for text in others) else None
    if theirs is None:
        return near
    mine, texts = vectorizer.transform(new), TextColumn.of(column)
    for start in range(0, len(new), BLOCK):
        alike = (mine[start : start + BLOCK] @ theirs.T).toarray()
        few = min(LOOKED_AT, alike.shape[1])
        nearest = np.argpartition(-alike, few - 1, axis=1)[:, :few]
        left = np.repeat(np.arange(start, start + len(nearest)), few)
        share = changed(texts, left, len(new) + nearest.ravel(), words=CLOSER, letters=CLOSER)
        near[start : start + len(nearest)] |= (share.reshape(len(nearest), few) <= CLOSER + 1e-9).any(axis=1)
    return near


def _near_rows(content: TableContent, versions: Versions, others: Codes) -> Bools:
    """By the distance in units of spread, a category that differs counting as one."""
    import numpy as np
    from sklearn.neighbors import NearestNeighbors

    from hardneg_cli.data.features.inputs import concatenated
    from hardneg_cli.data.features.vectorizer import Vectorizer

    both = concatenated(content.inputs, versions.inputs)
    vectorizer = Vectorizer(dense=True, seed=0)
    own = vectorizer.fit_transform(both, np.arange(content.inputs.rows))
    new = vectorizer.transform(both, content.inputs.rows + np.arange(len(versions)))
    usual = NearestNeighbors(n_neighbors=1).fit(own).kneighbors()[0].ravel()
    away = NearestNeighbors(n_neighbors=1).fit(own[others]).kneighbors(new)[0].ravel()
    near: Bools = away <= CLOSER * np.median(usual)
    return near


def _near_pictures(content: PictureContent, versions: Versions, others: Codes) -> Bools:
    import numpy as np

    from hardneg_cli.data.features.pictures import luma_and_colors, pictures
    from hardneg_cli.statistics.near_pictures import near_pictures

    how = versions.cells[content.column]
    pixels = [content.small(row, str(one)) for row, one in zip(versions.parents.tolist(), how, strict=True)]
    luma, colors = luma_and_colors(np.stack(pixels))
    seen, n = pictures(content.dataset), len(versions)
    links = near_pictures(
        np.concatenate([luma, seen.luma[others]]), np.concatenate([colors, seen.colors[others]])
    )  # fmt: skip
    near = np.zeros(n, bool)
    low, high = np.sort(links, axis=0)
    near[low[(low < n) & (high >= n)]] = True
    return near
