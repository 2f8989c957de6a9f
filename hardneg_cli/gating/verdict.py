"""What a gate answers about a dataset commit, and what is made of all the answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
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


@dataclass(frozen=True)
class CheckReport:
    """All that a run says of a dataset: its rows, what changed since the base, and the verdict of each gate.

    changes: None where there is no base. judged: empty where only the difference was asked for.
    findings: what find said of the rows, where a gate or a queue needed it.
    """

    dataset: Dataset
    base: str | None
    changes: Changes | None
    judged: tuple[GateResult, ...] = ()
    notes: tuple[str, ...] = ()
    findings: Findings | None = None

    @property
    def passed(self) -> bool:
        """Whether no gate fails; what could not be judged fails nothing here."""
        return not self.failed

    @property
    def failed(self) -> tuple[GateResult, ...]:
        """The gates that fail the commit."""
        return tuple(one for one in self.judged if one.outcome == "failed")
