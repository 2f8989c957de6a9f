"""What a gate answers about a dataset commit, and what is made of all the answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from hardneg_cli.data import change_report
from hardneg_cli.errors import InputError
from hardneg_cli.gating.metrics import metrics
from hardneg_cli.gating.report_lines import lines
from hardneg_cli.io.tables.verb_result import VerbResult

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from hardneg_cli.data.changes import Changes
    from hardneg_cli.data.dataset import Dataset
    from hardneg_cli.detection.findings import Findings

FAIL, WARN = "fail", "warn"
Outcome = Literal["passed", "failed", "warned", "not judged"]


@dataclass(frozen=True)
class Verdict:
    """A gate's answer. What it cannot judge it does not answer: it raises `Unavailable` with the reason.

    passed: whether the commit may pass. why: one sentence with the figures behind it.
    rows: (n,) numbers of the dataset's rows that are to blame, ascending; reasons: positions in `rows` -> one clause
    each, called only for rows that are shown. numbers: the figures, by name, for machines.
    """

    passed: bool
    why: str
    rows: NDArray[np.int64] | None = None
    reasons: Callable[[NDArray[np.int64]], list[str]] | None = None
    numbers: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class GateResult:
    """One gate of a run: what a refusal means (`fail` or `warn`), and its verdict, or why there is none."""

    gate: str
    means: Literal["fail", "warn"]
    verdict: Verdict | None
    reason: str = ""

    @property
    def outcome(self) -> Outcome:
        if self.verdict is None:
            return "not judged"
        if self.verdict.passed:
            return "passed"
        return "failed" if self.means == FAIL else "warned"


@dataclass(frozen=True, repr=False)
class CheckReport(VerbResult):
    """All that a run says of a dataset: its rows, what changed since the base, and the verdict of each gate.

    changes: None where there is no base. judged: empty where only the difference was asked for.
    findings: what find said of the rows, where a gate or a queue needed it. cost: what a model took, if check brought
    one: it tells runs apart, so it is in no report. command: the line that checks the same again, where one was typed.
    """

    dataset: Dataset
    base: str | None
    changes: Changes | None
    judged: tuple[GateResult, ...] = ()
    notes: tuple[str, ...] = ()
    findings: Findings | None = None
    cost: str = ""
    command: str = ""

    @property
    def passed(self) -> bool:
        """Whether no gate fails; what could not be judged fails nothing here."""
        return not self.failed

    @property
    def failed(self) -> tuple[GateResult, ...]:
        """The gates that fail the commit."""
        return tuple(one for one in self.judged if one.outcome == "failed")

    def queue(self) -> pa.Table:
        """The findings of the rows that are changed, flagged and undecided, worst first.

        Raises InputError where find was not asked.
        """
        if self.findings is None:
            raise InputError("the report has no findings to queue: check with with_findings=True")
        rows = self.findings.select()
        rows = rows if self.changes is None else rows[self.changes.changed[rows]]
        return self.findings.table(rows)

    def tables(self) -> dict[str, pa.Table]:
        """The gates; the queue where there are findings, and the changed rows where there is a base."""
        import pyarrow as pa

        gates = [(one.gate, one.means, one.outcome, one.verdict.why if one.verdict else one.reason)
                 for one in self.judged]  # fmt: skip
        found = {"gates": _texts(("gate", "means", "outcome", "why"), gates)}
        if self.findings is not None:
            found["queue"] = self.queue()
        if self.changes is not None:
            changed = list(change_report.rows(self.dataset, self.changes))
            kinds = pa.array([[*row.kinds] for row in changed], pa.list_(pa.string()))
            texts = _texts(("id", "before", "after"), [(row.id, row.before, row.after) for row in changed])
            found["changes"] = texts.add_column(1, "kinds", kinds)
        return found

    def metrics(self) -> dict[str, int | float | None]:
        """The numbers of a trend line, by name, see `gating.metrics`."""
        return metrics(self)

    def summary(self) -> Iterator[str]:
        """Lines for people: what changed, a line a gate with the first rows it blames, and the final word."""
        return ("".join(text for text, _ in line) for line in lines(self))


def _texts(names: Sequence[str], rows: Sequence[tuple[str | None, ...]]) -> pa.Table:
    import pyarrow as pa

    return pa.table({name: pa.array([row[place] for row in rows], pa.string()) for place, name in enumerate(names)})
