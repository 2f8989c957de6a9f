"""What `dual` found out, as tables and in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.probabilities.table import probability_table
from hardneg_cli.detection.findings import Findings
from hardneg_cli.io.files.atomic_write import whole_file
from hardneg_cli.io.tables.verb_result import VerbResult
from hardneg_cli.modeling.error_model.report import ErrorModelReport
from hardneg_cli.rendering.report_file import report_writer
from hardneg_cli.rendering.summary import under

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from hardneg_cli.modeling.error_model.second_model import ErrorModelFit, HeldOutGain
    from hardneg_cli.modeling.error_model.slices import Slice
    from hardneg_cli.modeling.label_trust import LabelTrust

    Block = NDArray[np.float64]
    Codes = NDArray[np.int64]

NEW = "new"
P_DECIMALS = 9
NAMED = 3  # slices in the summary


@dataclass(frozen=True, repr=False)
class DualResult(VerbResult):
    """Of N rows, in the order of their ids: what both models say, and the slices where the first one fails.

    order: (N,) their places in the dataset, without those whose probabilities are unsound. first: (N, K).
    new: other rows, and what the first model says of them.
    """

    findings: Findings
    order: Codes
    first: Block
    second: ErrorModelFit
    slices: tuple[Slice, ...]
    trust: LabelTrust
    fold: tuple[str, ...]
    new: tuple[Dataset, Block] | None = None

    @property
    def dataset(self) -> Dataset:
        return self.findings.dataset

    def table(self) -> pa.Table:
        """A line for each row, the most probable errors of the first model first."""
        import numpy as np
        import pyarrow as pa

        names, d = np.array(self.dataset.classes, object), self.dataset
        top, other = self.first.argmax(axis=1), self.second.adjusted.argmax(axis=1)
        ranked = np.lexsort((np.arange(len(top)), -self.second.p_wrong.round(P_DECIMALS)))
        worst = np.full(len(top), "", object)
        for one in reversed([one for one in self.slices if one.proved]):
            worst[one.rows] = str(one)
        columns = {
            "id": np.array(d.ids.take(self.order).to_pylist(), object),
            "given_label": names[d.labels[self.order]],
            "score": self.findings.score[self.order].round(P_DECIMALS),
            "fold": np.array(self.fold, object),
            "predicted": names[top],
            "p_predicted": self.first.max(axis=1).round(P_DECIMALS),
            "p_wrong": self.second.p_wrong.round(P_DECIMALS),
            "adjusted": names[other],
            "p_adjusted": self.second.adjusted.max(axis=1).round(P_DECIMALS),
            "slice": worst,
            "row_hash": np.array(d.row_hashes(self.order), object),
        }
        return pa.table({name: pa.array(values[ranked]) for name, values in columns.items()})

    def tables(self) -> dict[str, pa.Table]:
        """The rows, the adjusted probabilities, the slices, and what becomes of new rows where there are any."""
        found = {"rows": self.table(), "adjusted": self.adjusted(), "slices": self.slice_table()}
        return found | ({} if self.new is None else {"new": self.new_adjusted()})

    def adjusted(self) -> pa.Table:
        """id, fold, row_hash, given_label, and prob_<class> for each class: what `find --probs` reads."""
        d = self.dataset
        return probability_table(d, d.classes, self.second.adjusted, self.fold, rows=self.order)

    def new_adjusted(self) -> pa.Table:
        """The same for the new rows, and `p_wrong`, the probability that the first model is wrong."""
        import pyarrow as pa

        assert self.new is not None
        assert self.second.new is not None
        pool, (p_wrong, adjusted) = self.new[0], self.second.new
        table = probability_table(pool, self.dataset.classes, adjusted, (NEW,) * len(pool), labeled=False)
        return table.add_column(2, "p_wrong", pa.array(p_wrong.round(P_DECIMALS)))

    def slice_table(self) -> pa.Table:
        """Every slice that was found on one part, with what became of it on the other."""
        import pyarrow as pa

        rows = [
            {
                "slice": str(one), "proved": one.proved, "rows": int(one.rows.sum()), "held_out": round(one.counted, 2),
                "errors": round(one.errors, 2), "rate": round(one.rate, 6), "low": round(one.low, 6),
                "high": round(one.high, 6), "average": round(one.average, 6),
                "lift": round(one.rate / one.average, 4) if one.average else None, "p": float(f"{one.p:.6g}"),
            }
            for one in self.slices
        ]  # fmt: skip
        kinds = {"slice": pa.string(), "proved": pa.bool_(), "rows": pa.int64()}
        rest = ("held_out", "errors", "rate", "low", "high", "average", "lift", "p")
        return pa.Table.from_pylist(rows, pa.schema([*kinds.items(), *((name, pa.float64()) for name in rest)]))

    def summary(self) -> Iterator[str]:
        """Lines for people."""
        second, name = self.second, self.dataset.name
        left_out = len(self.dataset) - len(self.order)
        yield f"{name}: {len(self.order):,} rows, {len(self.dataset.classes):,} classes, {len(set(self.fold))} folds"
        errs, decided = second.rates.first.error_rate, int(self.trust.decided.sum())
        yield f"the first model errs in {errs:.1%} of the rows; {decided:,} are decided"
        yield f"measured on held-out rows, every label in full, {second.right.wrong:.1%} of them taken to be wrong"
        auc = "; AUC {:.3f}, that of 1 − p {:.3f}".format(*second.auc) if second.auc[0] == second.auc[0] else ""
        gains = (
            f"where it errs: {_notes(second.errors, 'p_wrong is 1 − its greatest probability')}{auc}",
            f"adjusted probabilities: {_notes(second.pooled, 'they are unchanged')}",
        )
        yield from under("The second model", gains)
        proved = [one for one in self.slices if one.proved]
        yield from under("Where the first one fails", map(_failing, proved[:NAMED]))
        if not proved:
            yield f"note: no slice fails more often than the rest, of {len(self.slices):,} that were put to the proof"
        if left_out:
            yield f"note: {left_out:,} rows have unsound probabilities and were left out"
        for note in self.findings.notes:
            yield f"note: {note}"
        yield from (f"note: {remark}" for remark in self.dataset.remarks())

    def report(self, path: str | Path) -> None:
        """Write what was measured as a page (.html), as data (.json) or in words (.md)."""
        write = report_writer(path)
        with whole_file(path) as out:
            write(ErrorModelReport(self), out)


def _failing(one: Slice) -> str:
    bounds = f"{one.low:.1%} to {one.high:.1%}, average {one.average:.1%}"
    return f"slice: {one}: {one.rate:.1%} wrong ({bounds}; {int(one.rows.sum()):,} rows)"


def _notes(gain: HeldOutGain, otherwise: str) -> str:
    losses = f"log-loss {gain.before:.4f} becomes {gain.after:.4f} on held-out rows"
    if gain.proved:
        return f"{losses}, with 95 % confidence at least {gain.least:.4f} less"
    return f"{losses}, which proves no gain: {otherwise}"
