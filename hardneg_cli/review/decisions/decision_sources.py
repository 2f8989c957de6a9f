"""All that was answered about a dataset's rows: by reviewers, in queues or in the log, and by the policy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hardneg_cli.errors import InputError, listing
from hardneg_cli.io.files.source import Source
from hardneg_cli.review.decisions.decision import Decision, effective_decisions, log_of, read_log
from hardneg_cli.review.decisions.filled_queue import AutoPolicy, read_queue

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class CollectedAnswers:
    """ids: of every row that was asked about. decisions: the reviewers'. automatic: the policy's, about other rows."""

    ids: pa.ChunkedArray
    decisions: tuple[Decision, ...]
    automatic: tuple[Decision, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def decisive(self) -> list[Decision]:
        """The decisions that say what to do."""
        return [decision for decision in self.decisions if decision.is_decisive]

    @property
    def unsure(self) -> int:
        """How many rows nobody was sure about."""
        return len({decision.id for decision in self.decisions} - {decision.id for decision in self.decisive})

    @property
    def undecided(self) -> int:
        """How many rows no reviewer said anything about."""
        import pyarrow.compute as pc

        return int(pc.count_distinct(self.ids, mode="all").as_py()) - len({decision.id for decision in self.decisions})


def from_queues(files: Sequence[Source], reviewer: str | None, policy: AutoPolicy) -> CollectedAnswers:
    """The answers of filled queues. What the policy would do with a row that any reviewer looked at is left out."""
    import pyarrow as pa

    queues = [read_queue(file, reviewer, policy) for file in files]
    decisions = tuple(decision for queue in queues for decision in queue.decisions)
    looked_at = {decision.id for decision in decisions}
    automatic = [decision for queue in queues for decision in queue.automatic if decision.id not in looked_at]
    ids = pa.chunked_array([chunk for queue in queues for chunk in queue.ids.chunks], pa.string())
    return CollectedAnswers(ids, decisions, tuple(dict.fromkeys(automatic)))


def from_log(data: str | Path, policy: AutoPolicy) -> CollectedAnswers:
    """The last decision of every reviewer, from the log beside the data."""
    import pyarrow as pa

    log = log_of(data)
    if not log.is_file():
        raise InputError(
            f"no queue, and no decisions log {str(log)!r}: name a findings file with its decisions filled in"
        )
    if policy.least is not None:
        raise InputError("--auto-relabel and --auto-drop need a queue, which has the scores: name it behind the data")
    decisions, torn = read_log(log)
    note = f"{log}: {len(torn):,} lines are torn and were left out: {listing(torn)}"
    last = effective_decisions(decisions)
    ids = pa.chunked_array([pa.array([decision.id for decision in last], pa.string())])
    return CollectedAnswers(ids, tuple(last), notes=(note,) if torn else ())
