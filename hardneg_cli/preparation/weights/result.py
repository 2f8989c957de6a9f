"""What weighing gives: a line for every row, in the order of the data, and what it comes to for each class."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardneg_cli.detection.findings import DECIMALS, Findings
from hardneg_cli.errors import plural, quote
from hardneg_cli.io.tables.verb_result import VerbResult
from hardneg_cli.preparation.weights.class_balance import Balance
from hardneg_cli.preparation.weights.row_trust import RowTrust
from hardneg_cli.preparation.weights.row_weights import RowWeights, WeightSettings
from hardneg_cli.rendering.summary import under

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

LOW, MOST_NAMES = 0.5, 3  # trust of which a row is more likely wrong than right; classes that a line names


@dataclass(frozen=True, repr=False)
class WeighResult(VerbResult):
    """findings: what `find` says of the N rows. weights: their factors. trust: where that comes from.

    copies: (N,) how many rows share each row's weight. train: (N,) bool, rows of the split that trains. notes: what was
    odd.
    """

    findings: Findings
    weights: RowWeights
    trust: RowTrust
    settings: WeightSettings
    copies: NDArray[np.int64]
    train: NDArray[np.bool_]
    notes: tuple[str, ...] = ()

    @property
    def weight(self) -> NDArray[np.float64]:
        """(N,) in the order of the data: what `sample_weight` takes."""
        return self.weights.weight

    def table(self) -> pa.Table:
        """id, weight, trust, balance, hardness: a line a row, in the order of the data."""
        import pyarrow as pa

        found = self.weights
        factors = {"weight": found.weight, "trust": found.trust, "balance": found.balance, "hardness": found.hardness}
        return pa.table({"id": self.findings.dataset.ids} | {name: it.round(DECIMALS) for name, it in factors.items()})

    def class_table(self) -> pa.Table:
        """A line for each class: its rows that train, how many of them are trusted, and their share of the weight."""
        import numpy as np
        import pyarrow as pa

        dataset, train = self.findings.dataset, self.train.astype(np.float64)
        k, weight = len(dataset.classes), self.weight
        rows = np.bincount(dataset.labels, train, k)
        share = np.bincount(dataset.labels, weight, k) / max(float(weight.sum()), np.finfo(float).tiny)
        return pa.table({
            "class": pa.array(dataset.classes, pa.string()),
            "rows": rows.astype(np.int64),
            "trusted": np.bincount(dataset.labels, train * self.weights.trust, k).round(DECIMALS),
            "share_of_rows": (rows / train.sum()).round(DECIMALS),
            "share_of_weight": share.round(DECIMALS),
        })  # fmt: skip

    def tables(self) -> dict[str, pa.Table]:
        """The rows, and the classes."""
        return {"rows": self.table(), "classes": self.class_table()}

    def summary(self) -> Iterator[str]:
        """Lines for people."""
        import numpy as np

        dataset, weight, trust = self.findings.dataset, self.weight[self.train], self.weights.trust[self.train]
        alike = weight.sum() ** 2 / (weight**2).sum()  # Kish's effective sample size
        yield (
            f"{dataset.name}: {plural(len(weight), 'row')} weighed, {self._weightless(weight)}"
            f"the heaviest {weight.max():.2f}; as telling as {alike:,.0f} rows that weigh alike"
        )
        low = f"{int((trust < LOW).sum()):,} rows below a half"
        yield from under("Made of", self._factors(f"trust: {trust.mean():.1%} on average, {low}{self._answers()}"))
        if not self.trust.scored:
            yield "note: nothing tells how probable the labels are: name --probs, --text, --features or --image"
        if not self.train.all():
            yield f"note: {plural(int(np.sum(~self.train)), 'row')} of other splits weigh 0"
        yield from (f"note: {note}" for note in (*self.findings.notes, *self.trust.notes, *self.notes))
        yield from (f"note: {remark}" for remark in dataset.remarks())

    @staticmethod
    def _weightless(weight: NDArray[np.float64]) -> str:
        found = int((weight == 0).sum())
        return f"{found:,} of them 0, " if found else ""

    def _factors(self, trust: str) -> Iterator[str]:
        yield trust
        yield self._classes()
        if self.settings.hardness:
            hardest = float(self.weights.hardness[self.train].max())
            yield f"hardness: γ {self.settings.hardness:g}, no row counts more than {hardest:.2f} times for it"
        shared = int((self.copies[self.train] > 1).sum())
        if shared:
            groups = round(float((1 / self.copies[self.train & (self.copies > 1)]).sum()))
            yield f"copies: {shared:,} rows share the weights of {groups:,}"

    def _answers(self) -> str:
        found = self.trust
        if not found.right + found.wrong + found.disputed:
            return ""
        disputed = f", {found.disputed:,} disputed" if found.disputed else ""
        return f"; of the decided ones {found.right:,} right, {found.wrong:,} wrong{disputed}"

    def _classes(self) -> str:
        """The classes that gain most by their balance, and the one that loses most."""
        if self.settings.balance is Balance.NONE:
            return "balance: none, each class weighs as much as its trusted rows"
        table = self.class_table()
        before, after = (table[name].to_numpy() for name in ("share_of_rows", "share_of_weight"))
        order = sorted(range(len(before)), key=lambda code: (before[code] - after[code], code))
        named = ", ".join(
            f"{quote(self.findings.dataset.classes[code])} {before[code]:.1%} → {after[code]:.1%}"
            for code in dict.fromkeys([*order[: MOST_NAMES - 1], order[-1]])
        )
        return f"balance: {self.settings.balance}, share of the rows → of the weight: {named}"
