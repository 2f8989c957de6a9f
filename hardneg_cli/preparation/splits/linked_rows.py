"""Which rows of a dataset have to stand in the same part: copies, near copies, and rows of one group.

A row that is linked to a second one, which is linked to a third, stands with both.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.features.features import FeatureChoice, Features
from hardneg_cli.data.features.near_texts import near_texts
from hardneg_cli.data.features.picture_copies import compared_content, picture_copies
from hardneg_cli.data.row_identity import content_numbers
from hardneg_cli.data.siblings import APART, joined, labeled_apart, named_groups, near_rows
from hardneg_cli.data.text_normalization import bare, folded
from hardneg_cli.errors import InputError, Unavailable, listing, percent
from hardneg_cli.runtime.evidence_store import EvidenceStore
from hardneg_cli.runtime.progress import progress

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    Codes = NDArray[np.int64]
    Hashes = NDArray[np.uint64]

EXACT, SPELLED, TEXTS = "exact copies", "texts but for case and punctuation the same", "near copies of texts"
VECTORS, PICTURES, GROUPS = "the same or nearly the same features", "near copies of pictures", "rows of groups"
ONLY_EXACT = "near copies are not looked for: --text, --features or --image say what rows are compared by"
NEAR_TEXT = 0.2  # of a text that differs: twice what is a near duplicate, as a link costs little and a leak much
NEAR_ROW = 0.25  # of the usual distance to the nearest row: more than twice what is nearly a copy, for the same reason
USUAL, CROWD = 0.5, 20  # of the rows have copies, so many rows a group:
FEW, HUGE = 50, 0.25  # such groups, or of the rows in one of them: the columns do not tell rows apart


@dataclass(frozen=True)
class LinkedRows:
    """N rows. group: (N,) codes from 0 without gaps; rows of one have to stand together.

    hashes: one for each group, of what its rows hold, or of what it is called. kinds: why rows stand together, with
    (N,) codes of their own, in which a row that stands alone has one that no other has. dropped: the same for kinds
    that tell no rows apart and so hold none together. notes: what was not looked for.
    """

    group: Codes
    hashes: Hashes
    kinds: tuple[tuple[str, Codes], ...]
    dropped: tuple[tuple[str, Codes], ...] = ()
    notes: tuple[str, ...] = ()


def linked_rows(dataset: Dataset, choice: FeatureChoice, beside: Collection[str]) -> LinkedRows:
    """beside: columns of content that may differ between copies.

    choice: which vectors are looked at; the text is in any case. O(N log N) without text, vectors and pictures.
    """
    import numpy as np

    content = compared_content(dataset)
    content = content.select([name for name in content.column_names if name not in beside])
    if not content.num_columns and dataset.columns.id is None:
        raise InputError(f"{dataset.name}: neither ids nor content tell its rows apart, so none has a place of its own")
    texts = _compared(content)
    hashes = content_numbers(texts) if content.num_columns else _hashed(dataset.ids.to_pylist())
    notes: list[str] = [] if dataset.columns.text or choice.numbers else [ONLY_EXACT]
    found: list[tuple[str, Codes]] = []
    dropped: list[tuple[str, Codes]] = []
    for kind, group in _kinds(dataset, choice, texts, hashes, notes):
        if not (np.bincount(group) > 1).any():
            continue
        if (kind == VECTORS or (kind == EXACT and _is_plain(dataset))) and _tells_nothing(dataset, group):
            dropped.append((kind, group))
            notes.append(_indistinct(kind, group, texts))
        else:
            found.append((kind, group))
    group = _together(len(dataset), [one for _, one in found])
    return LinkedRows(group, _group_hashes(dataset, group, hashes), tuple(found), tuple(dropped), tuple(notes))


def _compared(content: pa.Table) -> pa.Table:
    """The content as it is compared: Unicode and white space folded."""
    import pyarrow as pa

    if not content.num_columns:
        return content
    return pa.table({name: folded(content[name]) for name in content.column_names})


def _kinds(
    dataset: Dataset, choice: FeatureChoice, texts: pa.Table, hashes: Hashes, notes: list[str]
) -> Iterator[tuple[str, Codes]]:
    """(N,) codes for each kind of copy that this dataset may have."""
    import numpy as np

    n = len(dataset)
    exact = np.arange(n)
    if texts.num_columns:
        exact = _filled(texts, np.unique(hashes, return_inverse=True)[1])
        yield EXACT, exact
    if dataset.columns.groups is not None:
        yield GROUPS, joined(n, named_groups(dataset))
    text = dataset.columns.text
    if text is not None:
        spelled = bare(dataset.content[text]).combine_chunks().dictionary_encode()
        code = spelled.indices.to_numpy().astype(np.int64)
        blank = np.array([not word for word in spelled.dictionary.to_pylist()], bool)
        yield SPELLED, _numbered(np.where(blank[code], len(blank) + np.arange(n), code))
        if choice.embed is None:
            yield from _near_texts(dataset, exact, notes)
    if choice.numbers:
        yield from _near_vectors(dataset, choice, exact, notes)
    if dataset.columns.image is not None:
        seen = picture_copies(dataset)
        notes += seen.notes
        yield PICTURES, joined(n, seen.links)


def _near_texts(dataset: Dataset, exact: Codes, notes: list[str]) -> Iterator[tuple[str, Codes]]:
    import numpy as np

    evidence = EvidenceStore({"dataset": dataset, "feature_choice": FeatureChoice(text=dataset.columns.text)}, {})
    try:
        neighbors = evidence["neighbors"]
    except Unavailable as reason:
        notes.append(f"near copies of texts are not looked for: {reason}")
        return
    notes += evidence.notes()
    with progress("comparing texts"):
        pairs = near_texts(dataset, np.bincount(exact)[exact] == 1, neighbors, NEAR_TEXT)
    yield TEXTS, joined(len(dataset), np.stack(pairs))


def _near_vectors(
    dataset: Dataset, choice: FeatureChoice, exact: Codes, notes: list[str]
) -> Iterator[tuple[str, Codes]]:
    import numpy as np

    evidence = EvidenceStore({"dataset": dataset, "feature_choice": choice}, {})
    try:
        features: Features = evidence["features"]
        group = _same_vectors(features)
        near = joined(len(dataset), near_rows(evidence["neighbors"], NEAR_ROW))
        yield VECTORS, _together(len(dataset), [group, near])
        if choice.embed is not None and dataset.columns.text is not None:
            pairs = near_texts(dataset, np.bincount(exact)[exact] == 1, evidence["neighbors"], NEAR_TEXT)
            yield TEXTS, joined(len(dataset), np.stack(pairs))
    except Unavailable as reason:
        notes.append(f"near copies by features are not looked for: {reason}")
    notes += evidence.notes()


def _same_vectors(features: Features) -> Codes:
    """(N,) codes of rows with the same numbers."""
    import numpy as np

    rows = np.ascontiguousarray(features.matrix + 0.0)  # no negative zeros
    found: Codes = np.unique(rows.view(f"V{rows.itemsize * rows.shape[1]}").ravel(), return_inverse=True)[1]
    return found.astype(np.int64)


def _filled(texts: pa.Table, group: Codes) -> Codes:
    """The codes, in which rows without any content have their own: they are alike because there is nothing."""
    import numpy as np
    import pyarrow.compute as pc

    left = np.flatnonzero(np.bincount(group)[group] > 1)
    for name in texts.column_names:
        left = left[pc.equal(texts[name].take(left), "").to_numpy()]
    if len(left):
        group = group.copy()
        group[left] = group.max() + 1 + np.arange(len(left))
    return _numbered(group)


def _tells_nothing(dataset: Dataset, group: Codes) -> bool:
    """Whether most rows have many copies that are labeled in different ways, of which all are few, or one is huge.

    Then the columns are not what is labeled. What several annotators labeled has many groups, each of a few rows.
    """
    import numpy as np

    size = np.bincount(group)
    several = size[size > 1]
    if several.sum() <= USUAL * len(group) or several.mean() < CROWD:
        return False
    if len(several) > FEW and several.max() <= HUGE * len(group):
        return False
    return labeled_apart(group, dataset.labels, len(dataset.classes)) > APART


def _is_plain(dataset: Dataset) -> bool:
    """Whether no column is a text or a picture, which tell rows apart."""
    return dataset.columns.text is None and dataset.columns.image is None


def _indistinct(kind: str, group: Codes, texts: pa.Table) -> str:
    import numpy as np

    share = percent(float((np.bincount(group)[group] > 1).mean()))
    return (
        f"{share} of the rows have {kind}, with different labels: the columns ({listing(texts.column_names, 3)}) do "
        "not tell rows apart, and nothing is kept together by them; --groups names what is one thing"
    )


def _group_hashes(dataset: Dataset, group: Codes, hashes: Hashes) -> Hashes:
    """(M,) the least hash of each group's rows; of rows of --groups that of their names, which stays as they grow."""
    import numpy as np

    found = np.full(int(group.max()) + 1, np.iinfo(np.uint64).max)
    np.minimum.at(found, group, hashes)
    names = dataset.role(dataset.columns.groups) or []
    rows = np.array([row for row, name in enumerate(names) if name.strip()], np.int64)
    if len(rows):
        found[np.unique(group[rows])] = np.iinfo(np.uint64).max
        np.minimum.at(found, group[rows], _hashed([f"group {names[row].strip()}" for row in rows.tolist()]))
    return _apart_by_id(dataset, group, found)


def _apart_by_id(dataset: Dataset, group: Codes, hashes: Hashes) -> Hashes:
    """The hashes, others for those of groups with the same content that are not linked: by their ids."""
    import numpy as np

    _, kind, count = np.unique(hashes, return_inverse=True, return_counts=True)
    same = np.flatnonzero(count[kind] > 1)
    if not len(same):
        return hashes
    rank = np.full(len(hashes), len(dataset))
    np.minimum.at(rank, group, dataset.id_rank)
    first = dataset.by_id[rank[same]]
    found = hashes.copy()
    found[same] ^= _hashed(dataset.ids.take(first).to_pylist())
    return found


def _together(n: int, groups: list[Codes]) -> Codes:
    """(N,) codes of rows that any of the groups links."""
    import numpy as np

    links = []
    for group in groups:
        _, first = np.unique(group, return_index=True)
        rows = np.flatnonzero(first[group] != np.arange(n))
        links.append(np.stack([rows, first[group[rows]]]))
    return _numbered(joined(n, np.concatenate(links, axis=1) if links else np.zeros((2, 0), np.int64)))


def _numbered(group: Codes) -> Codes:
    """The codes from 0 without gaps."""
    import numpy as np

    found: Codes = np.unique(group, return_inverse=True)[1].astype(np.int64)
    return found


def _hashed(texts: list[str]) -> Hashes:
    import pyarrow as pa

    return content_numbers(pa.table({"": pa.array(texts, pa.string())}))
