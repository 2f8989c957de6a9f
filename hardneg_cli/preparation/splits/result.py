"""A dataset's rows in parts, and what there is to say of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.errors import listing, percent, plural
from hardneg_cli.io.tables.frames import Frame
from hardneg_cli.io.tables.verb_result import VerbResult
from hardneg_cli.preparation.splits.linked_rows import GROUPS, LinkedRows
from hardneg_cli.preparation.splits.quotas import ROW, SHARE
from hardneg_cli.preparation.splits.shares import SplitShares
from hardneg_cli.rendering.summary import under

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    Codes = NDArray[np.int64]

LARGE = 0.5  # of the smallest part that takes rows: a bundle that fills so much of it is named
NAMED = 5


@dataclass(frozen=True, repr=False)
class SplitResult(VerbResult):
    """N rows in S parts. part: (N,) places among the parts. column: what the column with their names is called.

    before: (N,) the part that a row had already and has still, −1 for those that were placed now. suspects: (N,) bool,
    rows that were kept out of what tests. data: the frame with its column, where one was given.
    """

    dataset: Dataset
    shares: SplitShares
    part: Codes
    column: str
    linked: LinkedRows
    before: Codes
    suspects: NDArray[np.bool_]
    by_time: str | None = None
    notes: tuple[str, ...] = ()
    data: Frame = field(default=None, compare=False)

    @cached_property
    def names(self) -> list[str]:
        """N names of parts, in the order of the data's rows."""
        return [self.shares.names[place] for place in self.part.tolist()]

    def table(self) -> pa.Table:
        """The id and the part of each row."""
        import pyarrow as pa

        return pa.table({"id": self.dataset.ids, self.column: pa.array(self.names, pa.string())})

    def tables(self) -> dict[str, pa.Table]:
        """The rows; each class's rows in each part; what stands together, and why; and which rows leak."""
        return {"rows": self.table(), "classes": self.classes(), "together": self.together(), "leaks": self.leaks()}

    def counts(self) -> Codes:
        """(K, S) rows of each class in each part."""
        import numpy as np

        found = np.zeros((len(self.dataset.classes), len(self.shares)), np.int64)
        np.add.at(found, (self.dataset.labels, self.part), 1)
        return found

    def classes(self) -> pa.Table:
        """Of each class how many rows it has, and how many in each part."""
        import pyarrow as pa

        counts = self.counts()
        columns = {"class": pa.array(self.dataset.classes, pa.string()), "rows": counts.sum(axis=1)}
        return pa.table(columns | {f"rows_{name}": counts[:, place] for place, name in enumerate(self.shares.names)})

    def together(self) -> pa.Table:
        """Of each reason to stand together: how many groups of rows have it, how many rows, and how many in the
        largest; whether all of each stands in one part."""
        import numpy as np
        import pyarrow as pa

        rows: dict[str, list[object]] = {"because": [], "groups": [], "rows": [], "largest": [], "torn": []}
        for kind, group in (*self.linked.kinds, *self.linked.dropped):
            size = np.bincount(group)
            for name, value in zip(
                rows, (kind, int((size > 1).sum()), int(size[size > 1].sum()), int(size.max()),
                       len(np.unique(group[self._torn(group)]))), strict=True,
            ):  # fmt: skip
                rows[name].append(value)
        return pa.table(rows)

    def leaks(self) -> pa.Table:
        """The rows of which a copy, or a row of the group, stands in another part."""
        import numpy as np
        import pyarrow as pa

        reasons: dict[int, list[str]] = {}
        for kind, group in (*self.linked.kinds, *self.linked.dropped):
            for row in np.flatnonzero(self._torn(group)).tolist():
                reasons.setdefault(row, []).append(kind)
        order = [row for row in self.dataset.by_id.tolist() if row in reasons]
        return pa.table({
            "id": self.dataset.ids.take(pa.array(order, pa.int64())),
            self.column: pa.array([self.shares.names[self.part[row]] for row in order], pa.string()),
            "because": pa.array([", ".join(reasons[row]) for row in order], pa.string()),
        })  # fmt: skip

    def _torn(self, group: Codes) -> NDArray[np.bool_]:
        """(N,) bool: rows of a group that stands in more than one part."""
        import numpy as np

        pairs = np.unique(group * len(self.shares) + self.part)
        found: NDArray[np.bool_] = (np.bincount(pairs // len(self.shares), minlength=int(group.max()) + 1) > 1)[group]
        return found

    def summary(self) -> Iterator[str]:
        """Lines for people."""
        sizes = self.counts().sum(axis=0)
        n = len(self.dataset)
        parts = ", ".join(
            f"{name} {rows:,} ({percent(rows / n)})"
            for name, rows in zip(self.shares.names, sizes.tolist(), strict=True)
        )
        yield f"{self.dataset.name}: {n:,} rows of {plural(len(self.dataset.classes), 'class', 'classes')}: {parts}"
        if (stayed := int((self.before >= 0).sum())) or self.before.size == 0:
            yield f"{plural(stayed, 'row')} where they were, {n - stayed:,} placed now"
        if self.by_time is None:
            yield self._evenness()
        else:
            yield f"by {self.by_time}, the oldest rows in {self.shares.names[0]}, the newest in {self.shares.names[-1]}"
        yield from under("Copies and groups", (self._kinship(), *self._torn_lines()))
        yield from (f"note: {note}" for note in (*self._large(), *self._small(), *self.notes, *self.linked.notes))
        yield from (f"note: {remark}" for remark in self.dataset.remarks())

    def _evenness(self) -> str:
        import numpy as np

        counts = self.counts()
        rows = counts.sum(axis=1)
        off = np.abs(counts - self.shares.ideal(rows))
        bad = (off > np.maximum(ROW, SHARE * rows)[:, None] + 1e-9).any(axis=1)
        if not bad.any():
            return "every class has its share in every part, to within a row or 1 %"
        worst, place = divmod(int((off / rows[:, None]).argmax()), len(self.shares))
        share = percent(counts[worst, place] / rows[worst])
        return (
            f"{plural(int(bad.sum()), 'class misses', 'classes miss')} a share by more than a row and 1 %: what stands "
            f"together is not parted; {self.dataset.classes[worst]!r} has {share} "
            f"of its rows in {self.shares.names[place]}"
        )

    def _kinship(self) -> str:
        import numpy as np

        found = []
        for kind, group in self.linked.kinds:
            size = np.bincount(group)
            found.append(f"{int(size[size > 1].sum()):,} {kind} in {plural(int((size > 1).sum()), 'group')}")
        nothing = "no rows" if self.linked.dropped else "no rows, as none are copies or grouped"
        return f"kept together: {'; '.join(found) or nothing}"

    def _torn_lines(self) -> Iterator[str]:
        for kind, group in (*self.linked.kinds, *self.linked.dropped):
            if torn := int(self._torn(group).sum()):
                why = "of a group" if kind == GROUPS else f"that are {kind}"
                yield f"leak: {plural(torn, 'row')} {why} stand in several parts"

    def _large(self) -> Iterator[str]:
        """Bundles that are so large that they may spoil sizes."""
        import numpy as np

        size = np.bincount(self.linked.group)
        least = min(share for share in self.shares.fractions if share) * len(self.dataset)
        large = [one for one in np.argsort(-size, kind="stable")[:NAMED].tolist() if size[one] > max(LARGE * least, 1)]
        for one in large:
            rows = np.flatnonzero(self.linked.group == one)
            rows = rows[np.argsort(self.dataset.id_rank[rows])]
            kinds = [kind for kind, group in self.linked.kinds if (np.bincount(group)[group] > 1)[rows].any()]
            where = listing([self.shares.names[place] for place in np.unique(self.part[rows]).tolist()])
            yield (
                f"{len(rows):,} rows ({percent(len(rows) / len(self.dataset))}) hang together ({', '.join(kinds)}) and "
                f"stand in {where}: {listing(self.dataset.ids.take(rows[:2]).to_pylist())} …"
            )

    def _small(self) -> Iterator[str]:
        """Classes that are not in every part."""
        import numpy as np

        counts = self.counts()
        takes = np.array(self.shares.fractions) > 0
        lacking = np.flatnonzero((counts == 0)[:, takes].any(axis=1))
        if not len(lacking):
            return
        shown = [
            f"{self.dataset.classes[code]!r} ({plural(int(counts[code].sum()), 'row')}, in "
            f"{', '.join(name for name, rows in zip(self.shares.names, counts[code].tolist(), strict=True) if rows)})"
            for code in lacking[:NAMED].tolist()
        ]
        more = f" and {len(lacking) - NAMED:,} more" if len(lacking) > NAMED else ""
        subject = plural(len(lacking), "class is", "classes are")
        why = "too small to be in every part" if self.by_time is None else "not in every part"
        yield f"{subject} {why}: {', '.join(shown)}{more}"
