"""What to do about a refusal: what the gates say, and the command lines that bring the rows before people."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardneg_cli.gating.gates import GATES
from hardneg_cli.gating.outcomes import of_outcome

if TYPE_CHECKING:
    from hardneg_cli.gating.verdict import CheckReport

QUEUE = "queue.csv"
STDIN = "-"


@dataclass(frozen=True)
class GateRemedy:
    """gate: which said no. words: what to do about it."""

    gate: str
    words: str


def remedies(report: CheckReport) -> list[GateRemedy]:
    """What to do where a gate failed or warned, failed ones first; nothing of a gate that does not say."""
    found = [*of_outcome(report.judged, "failed"), *of_outcome(report.judged, "warned")]
    named = [one.gate for one in found if one.gate in GATES.names]
    return [GateRemedy(name, words) for name in named if (words := GATES[name].REMEDY)]


def queue_commands(report: CheckReport) -> list[str]:
    """Command lines that write the review queue and open it; none where nothing can be queued, or all is well."""
    if report.findings is None or not report.command or not remedies(report) or report.dataset.name == STDIN:
        return []
    flagged = report.findings.flagged
    if not (flagged if report.changes is None else flagged & report.changes.changed).any():
        return []
    return [
        f"{report.command} --queue {QUEUE}",
        shlex.join(["hardneg", "review", QUEUE, "--data", report.dataset.name]),
    ]
