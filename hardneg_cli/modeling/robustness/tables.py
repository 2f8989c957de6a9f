"""What hardening found: the accuracy of each way of training, and the augmented training set."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.features.mixed_columns import column_numbers
from hardneg_cli.io.files.atomic_write import whole_file
from hardneg_cli.io.tables.queue_columns import free_name
from hardneg_cli.io.tables.verb_result import VerbResult
from hardneg_cli.modeling.robustness.augmentation import Augmented
from hardneg_cli.modeling.robustness.saved_model import SavedModel
from hardneg_cli.rendering.summary import under
from hardneg_cli.statistics.intervals import NORMAL, wilson

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    Bools = NDArray[np.bool_]
    Codes = NDArray[np.int64]

GIVEN, HARD = "given", "hard-negative"
OWN = ("parent_id", "kind", "weight")
DECIMALS = 6
MODEL, ROWS = "model", "rows"  # what can be taken away
TAKEN = {MODEL: "the model that can be saved", ROWS: "a new model of the written rows"}
PREFIX = "hardneg_"  # of a column of ours whose name is taken


@dataclass(frozen=True)
class RobustAccuracy:
    """A way of training, and which of M held-out rows its models get right: as they are, and under attack.

    Where that takes long, of the first of these rows only. written: what is written of it: the model itself, the rows
    that it learns from, both or nothing.
    """

    training: str
    right: Bools
    robust: Bools
    written: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The way, and what of it can be taken away."""
        return (
            f"{self.training} ({' and '.join(TAKEN[what] for what in self.written)})" if self.written else self.training
        )


@dataclass(frozen=True, repr=False)
class HardenResult(VerbResult):
    """measured: by way of training, the plain one first; empty where nothing was held out.

    rows: the dataset's rows that stay in the training set and those of other splits, ascending. train: (N,) bool, may
    train. hard: (N,) bool, hard negatives. suspects: how many rows the guard kept out. augmented: of training rows.
    names: the columns that hold the numbers that moved. attack: in words. held: what was held out, in words. saved: the
    hardened model.
    """

    dataset: Dataset
    measured: tuple[RobustAccuracy, ...]
    rows: Codes
    hard: Bools
    suspects: int
    guard: float
    augmented: Augmented
    names: tuple[str, ...]
    attack: str
    held: str
    saved: SavedModel

    def table(self) -> pa.Table:
        """The augmented training set: each row of `rows`, followed by its versions, in the dataset's columns.

        Besides: parent_id, kind and weight. Numbers that may move are numbers, all other cells the texts they are.
        """
        import numpy as np
        import pyarrow as pa

        parents = np.concatenate([self.rows, self.augmented.parents])
        version = np.concatenate([np.full(len(self.rows), -1), np.arange(len(self.augmented))])
        order = np.lexsort((version, parents))
        parents, version = parents[order], version[order]
        columns = self._columns(parents, version)
        kinds = [self.augmented.kinds[own] if own >= 0 else (HARD if self.hard[row] else GIVEN)
                 for row, own in zip(parents, version, strict=True)]  # fmt: skip
        weights = np.where((version < 0) & self.hard[parents], HARD_WEIGHT, 1.0)
        own = zip(OWN, (self.dataset.ids.take(pa.array(parents)), pa.array(kinds, pa.string()), weights), strict=True)
        return pa.table(columns | {free_name(name, columns, PREFIX): values for name, values in own})

    def _columns(self, parents: Codes, version: Codes) -> dict[str, pa.Array]:
        """The dataset's own columns but probabilities; an id where it has none."""
        import numpy as np
        import pyarrow as pa

        data, columns = self.dataset, self.dataset.columns
        ids = pa.array(self._ids(parents, version), pa.string())
        found: dict[str, pa.Array] = {} if columns.id else {free_name("id", data.all_columns, PREFIX): ids}
        for name in data.all_columns:
            if name == columns.id:
                found[name] = ids
            elif name == columns.label:
                codes = data.labels[parents].astype(np.int64)
                if self.augmented.labels is not None:
                    codes[version >= 0] = self.augmented.labels[version[version >= 0]]
                found[name] = pa.array(np.array(data.classes, object)[codes], pa.string())
            elif name in data.roles.column_names:
                found[name] = data.roles[name].take(parents)
            elif name in data.content.column_names:
                found[name] = self._content(name, parents, version)
        return found

    def _content(self, name: str, parents: Codes, version: Codes) -> pa.Array:
        import numpy as np
        import pyarrow as pa

        column = self.dataset.content[name].take(parents)
        places = np.flatnonzero(version >= 0)
        if name in self.names and self.augmented.numbers is not None:
            found = column_numbers(self.dataset.name, name, column)
            numbers = np.full(len(parents), np.nan) if found is None else found[0].copy()
            numbers[places] = self.augmented.numbers[version[places], self.names.index(name)]
            return pa.array(numbers, from_pandas=True)
        if name == self.dataset.columns.text and self.augmented.texts is not None:
            texts = column.to_pylist()
            for place in places:
                texts[place] = self.augmented.texts[version[place]]
            return pa.array(texts, pa.string())
        return column

    def _ids(self, parents: Codes, version: Codes) -> list[str]:
        """`<parent>~1` and so on for versions, past the ids that there are already."""
        known = self.dataset.ids.to_pylist()
        taken, found = set(known), []
        for row, own in zip(parents.tolist(), version.tolist(), strict=True):
            name, turn = known[row], 0
            while own >= 0 and name in taken:
                turn += 1
                name = f"{known[row]}~{turn}"
            taken.add(name)
            found.append(name)
        return found

    def save_model(self, path: str | Path) -> None:
        """Write the hardened model as skops does, a Pipeline of scikit-learn's that is loaded without hardneg.

        Raises InputError without skops, and for a model that scikit-learn cannot hold.
        """
        with whole_file(path) as out:
            self.saved.write(out)

    def accuracy(self) -> pa.Table:
        """A line for each way of training, with the 95 % intervals of Wilson (1927)."""
        import pyarrow as pa

        lines = []
        for one in self.measured:
            line: dict[str, object] = {
                "training": one.training,
                "written": "+".join(one.written),
                "rows": len(one.right),
            }
            for name, hits in (("accuracy", one.right), ("robust_accuracy", one.robust)):
                low, high = _interval(hits)
                line |= {name: float(hits.mean()), f"{name}_low": low, f"{name}_high": high}
            lines.append(line | {"attack": self.attack, "held_out": self.held})
        return pa.Table.from_pylist(lines)

    def tables(self) -> dict[str, pa.Table]:
        """The training set, and the accuracies that were measured."""
        return {"rows": self.table(), "accuracy": self.accuracy()}

    def summary(self) -> Iterator[str]:
        """Lines for people."""
        name, data = self.dataset.name, self.dataset
        yield f"{name}: {len(data):,} rows, {self.suspects:,} suspects (score above {self.guard:g}) do not train"
        hard = f"{int(self.hard.sum()):,} hard negatives count {HARD_WEIGHT:g} times"
        yield f"augmented: {len(self.augmented):,} versions; {hard}"
        yield from (f"note: {remark}" for remark in self.dataset.remarks())
        if not self.measured:
            yield f"note: accuracy was not measured: {self.held}"
            return
        yield from under("Accuracy", self._measured())

    def _measured(self) -> Iterator[str]:
        plain = self.measured[0]
        yield f"measured on {len(plain.right):,} rows ({self.held}) under {self.attack}"
        for one in self.measured:
            some = f", on {len(one.right):,} of them" if len(one.right) < len(plain.right) else ""
            yield f"{one.name}: accuracy {_accuracy(one.right)}, robust {_accuracy(one.robust)}{some}"
        for one in self.measured[1:]:
            rows = len(one.right)
            gained, lost = _change(plain.robust[:rows], one.robust), _change(plain.right[:rows], one.right)
            yield f"{one.training} against plain: robust {gained}, accuracy {lost}"


HARD_WEIGHT = 2.0


def _interval(hits: Bools) -> tuple[float, float]:
    low, high = wilson(hits.sum(), len(hits))
    return float(low), float(high)


def _accuracy(hits: Bools) -> str:
    low, high = _interval(hits)
    return f"{hits.mean():.1%} ({low:.1%} to {high:.1%})"


def _change(before: Bools, after: Bools) -> str:
    """The mean difference over the same rows, with its 95 % interval."""
    difference = after.astype(float) - before
    mean, margin = difference.mean(), NORMAL * difference.std() / sqrt(len(difference))
    return f"{100 * mean:+.1f} ({100 * (mean - margin):+.1f} to {100 * (mean + margin):+.1f}) points"
