"""How many versions each class gets, by which transforms, and the versions themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardneg_cli.preparation.augmentation.content import Content, Versions, all_versions

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Bools = NDArray[np.bool_]
    Codes = NDArray[np.int64]


@dataclass(frozen=True)
class ClassSizes:
    """to: the rows that each class is to have, None for as many as the largest one. most: versions of one row."""

    to: int | None
    most: int

    def wanted(self, rows: Codes, parents: Codes, k: int, share: float = 1.0) -> Codes:
        """(K,) versions that each class lacks, given the labels of the rows that train and of those that get versions.

        share: of the dataset's training rows that `rows` are.
        """
        import numpy as np

        counts = np.bincount(rows, minlength=k)
        target = counts.max(initial=0) if self.to is None else round(self.to * share)
        found: Codes = np.minimum((target - counts).clip(0), self.most * np.bincount(parents, minlength=k))
        return found


def versions_of(
    content: Content, labels: Codes, parents: Codes, wanted: Codes, allowed: Mapping[str, Bools], seen: Iterable[str]
) -> Versions:  # fmt: skip
    """Versions of the parents, which are in the order of their ids: of each class as many as are wanted and can be had.

    labels: (N,) codes. allowed: by transform, (K,) the classes that it may change; those of a class share its
    versions evenly. seen: contents that no version may have.
    """
    parts = [content.versions(content.kinds[0], parents[:0], 0, 0, set())]
    known = set(seen)
    for label, many in enumerate(wanted.tolist()):
        kinds = [kind for kind, classes in allowed.items() if classes[label]]
        pool = parents[labels[parents] == label]
        if many and len(pool):
            parts += _of_a_class(content, kinds, pool, many, known)
    return all_versions(parts)


def _of_a_class(content: Content, kinds: Sequence[str], pool: Codes, many: int, seen: set[str]) -> list[Versions]:
    """Twice around the transforms: what one cannot make the others may."""
    parts: list[Versions] = []
    made = 0
    for number, kind in enumerate([*kinds, *kinds]):
        others = max(len(kinds) - number, 1)
        share = -(-(many - made) // others)
        if share > 0:
            parts.append(content.versions(kind, pool, share, made, seen))
            made += len(parts[-1])
    return parts


def copies_of(content: Content, labels: Codes, parents: Codes, wanted: Codes) -> Versions:
    """As many plain copies, in turn: what balance alone is worth."""
    import numpy as np

    rows = [
        np.resize(pool, many) for label, many in enumerate(wanted.tolist())
        if many and len(pool := parents[labels[parents] == label])
    ]  # fmt: skip
    chosen = np.concatenate(rows) if rows else parents[:0]
    return Versions(chosen, ("copy",) * len(chosen), content.inputs.take(chosen.tolist()), {})
