"""What all gates together come to: which passed, which did not, and which could not be judged for the same reason."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardneg_cli.errors import plural
from hardneg_cli.gating.failing_rows import count

if TYPE_CHECKING:
    from hardneg_cli.gating.verdict import CheckReport, GateResult, Outcome


@dataclass(frozen=True)
class UnjudgedGates:
    """Gates that could not be judged, all for one reason."""

    gates: tuple[str, ...]
    reason: str

    def __str__(self) -> str:
        return f"{', '.join(self.gates)}: {self.reason}"


def of_outcome(results: Iterable[GateResult], outcome: Outcome) -> list[GateResult]:
    return [one for one in results if one.outcome == outcome]


def without_verdict(results: Iterable[GateResult]) -> list[UnjudgedGates]:
    """Each reason once, in the order of the first gate that has it."""
    by_reason: dict[str, list[str]] = {}
    for one in of_outcome(results, "not judged"):
        by_reason.setdefault(one.reason, []).append(one.gate)
    return [UnjudgedGates(tuple(gates), reason) for reason, gates in by_reason.items()]


def unjudged_line(results: Iterable[GateResult]) -> str:
    """All of them in one line; empty where every gate was judged."""
    groups = without_verdict(results)
    return f"not judged: {'; '.join(map(str, groups))}" if groups else ""


def with_rows(one: GateResult) -> str:
    """The gate, with how many rows it blames."""
    rows = count(one)
    return f"{one.gate} ({plural(rows, 'row')})" if rows else one.gate


def named(results: Sequence[GateResult]) -> str:
    """`contradiction (2 rows), leak and rate (7 rows)`."""
    names = [with_rows(one) for one in results]
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def passed_of_all(report: CheckReport) -> str:
    """`3 of 6 gates passed`."""
    return f"{len(of_outcome(report.judged, 'passed')):,} of {len(report.judged):,} gates passed"


def sentence(report: CheckReport) -> str:
    """The verdict, what it rests on, and which gates stand aside; what could not be judged is never passed over."""
    if not report.judged:
        return "What changed; no gate was asked."
    failed, warned, unjudged = (of_outcome(report.judged, word) for word in ("failed", "warned", "not judged"))
    head = f"Refused by {named(failed)}" if failed else "Passed"
    parts = [f"{head}: {passed_of_all(report)}"]
    if warned:
        parts.append(f"{named(warned)} {'warns' if len(warned) == 1 else 'warn'}")
    if unjudged:
        names = ", ".join(one.gate for one in unjudged)
        parts.append(f"{names} could not be judged")
    return "; ".join(parts) + "."
