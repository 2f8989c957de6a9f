"""A check as numbers, one level deep, for a trend line: DVC metrics, MLflow, a table that a cron job adds to.

    rows                                      of the dataset
    rows_added, rows_edited, rows_relabeled,
    rows_dropped                              since the base; null without one
    passed                                    1 if no gate fails, else 0
    gates_passed, gates_failed, gates_warned,
    gates_not_judged                          how many gates came to what
    flagged, estimated_errors                 what find said of all rows; null where it was not asked
    <gate>__blamed                            rows that the gate blames; null where it was not judged
    <gate>__<figure>                          each figure of the gate; null where it was not judged or is no number

Names are letters, digits and `_` alone, so that they are names anywhere, and `__` parts a gate from its figure. The
keys depend on which gates are asked, not on what they say.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO, TypeAlias

from hardneg_cli.data import change_report
from hardneg_cli.gating.failing_rows import count
from hardneg_cli.gating.gates import GATES
from hardneg_cli.gating.outcomes import of_outcome

if TYPE_CHECKING:
    from hardneg_cli.gating.verdict import CheckReport, GateResult, Outcome

Number: TypeAlias = int | float | None
OUTCOMES: tuple[Outcome, ...] = ("passed", "failed", "warned", "not judged")
KINDS = ("added", "edited", "relabeled", "dropped")
DIGITS = 6  # of what is no whole number
APART = "__"


def metrics(report: CheckReport) -> dict[str, Number]:
    """The numbers by name, always in the same order."""
    counts = None if report.changes is None else change_report.counts(report.changes)
    found: dict[str, Number] = {"rows": len(report.dataset)}
    found |= {f"rows_{kind}": None if counts is None else getattr(counts, kind) for kind in KINDS}
    found["passed"] = int(report.passed)
    found |= {f"gates_{_name(word)}": len(of_outcome(report.judged, word)) for word in OUTCOMES}
    findings = report.findings
    found["flagged"] = None if findings is None else int(findings.flagged.sum())
    found["estimated_errors"] = None if findings is None or findings.errors is None else number(findings.errors.value)
    for one in report.judged:
        found |= {f"{_name(one.gate)}{APART}{name}": value for name, value in _of_gate(one)}
    return found


def write_metrics(report: CheckReport, out: BinaryIO) -> None:
    """As a JSON object, a line a number."""
    out.write(json.dumps(metrics(report), indent=1, allow_nan=False).encode() + b"\n")


def number(value: float) -> Number:
    """A plain number, as whole as it is; None for what is no number, of which JSON knows none."""
    plain = value.item() if hasattr(value, "item") else value
    if not math.isfinite(plain):
        return None
    return int(plain) if float(plain).is_integer() else float(f"{plain:.{DIGITS}g}")


def _of_gate(one: GateResult) -> Iterator[tuple[str, Number]]:
    verdict = one.verdict
    yield "blamed", None if verdict is None else count(one)
    numbers = {} if verdict is None else verdict.numbers
    declared = GATES[one.gate].FIGURES if one.gate in GATES.names else ()
    for name in dict.fromkeys((*declared, *sorted(numbers))):
        yield name, number(numbers[name]) if name in numbers else None


def _name(text: str) -> str:
    return text.replace("-", "_").replace(" ", "_")
