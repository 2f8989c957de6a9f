"""What collecting leads to: what a run read and added, in words, and the conflicts that are left, as a queue."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hardneg_cli.data.hashed_columns import hashed_cells
from hardneg_cli.errors import plural
from hardneg_cli.io.files.atomic_write import whole_file
from hardneg_cli.io.tables.queue_columns import FILLED_IN, schema
from hardneg_cli.io.tables.verb_result import VerbResult
from hardneg_cli.rendering.report_file import report_writer
from hardneg_cli.rendering.summary import under
from hardneg_cli.review.decisions.adjudication import in_words
from hardneg_cli.review.decisions.decision import ChronologicalDecisions, Decision, independent_answers
from hardneg_cli.review.decisions.filled_queue import FilledQueue
from hardneg_cli.review.queues.control_rows import roles_in
from hardneg_cli.review.reviewers.agreement import Agreement
from hardneg_cli.review.reviewers.annotator_quality import track_records
from hardneg_cli.review.reviewers.report import ReviewersReport

if TYPE_CHECKING:
    import pyarrow as pa

    from hardneg_cli.review.reviewers.annotator_quality import AnnotatorQuality, Proportion
    from hardneg_cli.review.reviewers.consensus import Consensus
    from hardneg_cli.statistics.scores import Estimate


MOST_LINES = 10  # pairs, or reviewers
LOW_WEIGHT = 0.75  # of an answer: it is as good as said by others


@dataclass(frozen=True)
class CollectSummary:
    """What a summary says besides: the consensus, each reviewer's track record, and notes."""

    consensus: Consensus | None = None
    records: tuple[AnnotatorQuality, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, repr=False)
class CollectResult(VerbResult):
    """What a run read, and what the log says with it.

    read: decisions in the files. appended: those that the log had not got yet. settled: lines that were added to
    settle a conflict. undecided: rows of queues that say nothing. conflicts: what is left of them in the log, a group
    of decisions each. shown: the queues' own columns of these rows, by id. agreement: None where no row has two
    reviewers. decisions: all that the log says now, in the order of time. queues: the files that were filled in. asked:
    what was asked for, by option.
    """

    log: Path
    read: int
    appended: int
    settled: int
    undecided: int
    conflicts: tuple[tuple[Decision, ...], ...]
    shown: Mapping[str, Mapping[str, str]]
    agreement: Agreement | None
    notes: tuple[str, ...]
    decisions: ChronologicalDecisions
    queues: Sequence[FilledQueue] = ()
    asked: Mapping[str, str] = field(default_factory=dict)

    @property
    def already(self) -> int:
        """How many of the decisions that were read the log had before."""
        return self.read - self.appended

    def table(self) -> pa.Table:
        """The conflicts as a queue for whoever settles them, the answers in `note`, nothing else filled in.

        score is the share of these answers that say that the label is wrong, suggestion_score of those that give the
        suggested one.
        """
        import pyarrow as pa

        own = dict.fromkeys(name for cells in self.shown.values() for name in cells)
        cells = hashed_cells(group[0].hashed for group in self.conflicts)
        rows = [
            _row(group, rank, cell) | dict.fromkeys(own, "") | dict(self.shown.get(group[0].id, {}))
            for rank, (group, cell) in enumerate(zip(self.conflicts, cells, strict=True), 1)
        ]
        return pa.Table.from_pylist(rows, schema(own))

    def tables(self) -> dict[str, pa.Table]:
        """The conflicts, as `-o` writes them."""
        return {"conflicts": self.table()}

    def report(self, path: str | Path, besides: CollectSummary | None = None) -> None:
        """Write how the reviewers did, with its pictures, as a page (.html), as data (.json) or in words (.md).

        besides: track records and a consensus; by default the records alone, with the roles of rows that the queues
        tell.
        """
        write = report_writer(path)
        if besides is None:
            besides = CollectSummary(None, track_records(independent_answers(self.decisions), roles_in(self.queues)))
        with whole_file(path) as out:
            write(ReviewersReport(self, besides), out)

    def summary(self, besides: CollectSummary | None = None, *, dry_run: bool = False) -> Iterator[str]:
        """Lines for people; dry_run: the log is as it was."""
        besides = besides or CollectSummary()
        done = "would be " if dry_run else ""
        yield (
            f"{self.log}: {self.read:,} decisions read, {self.appended:,} {done}appended, "
            f"{self.already:,} already there; {self.undecided:,} rows undecided"
        )
        yield f"conflicts: {self.settled:,} {done}settled, {len(self.conflicts):,} left"
        if self.agreement:
            yield from under("Agreement", _agreement(self.agreement))
        yield from under("Reviewers", _records(besides.records))
        if besides.consensus:
            yield from under("Consensus", _consensus(besides.consensus))
        yield from besides.notes
        consensus_notes = besides.consensus.notes if besides.consensus else ()
        yield from (f"note: {note}" for note in (*self.notes, *consensus_notes))


def _row(group: Sequence[Decision], rank: int, hashed: str) -> dict[str, Any]:
    first, note = group[0], in_words(group)
    labels = {one.new_label for one in group} - {""}
    wrong = sum(one.decision != "keep" for one in group) / len(group)
    right = sum(bool(one.new_label) for one in group) / len(group) if len(labels) == 1 else None
    return {
        **dict.fromkeys(FILLED_IN, ""), "id": first.id, "note": note, "given_label": first.given,
        "suggested_label": labels.pop() if len(labels) == 1 else "", "score": wrong, "suggestion_score": right,
        "flagged": True, "detectors": "", "why": note, "rank": rank, "row_hash": first.row_hash, "hashed": hashed,
    }  # fmt: skip


def _agreement(found: Agreement) -> Iterator[str]:
    rows = plural(found.rows, "row")
    yield f"agreement of {len(found.reviewers):,} reviewers on {rows} that several decided: {_percent(found.percent)}"
    yield f"Krippendorff's α {_number(found.alpha)}, Gwet's AC1 {_number(found.ac1)}"
    for pair in found.pairs[:MOST_LINES]:
        yield f"Cohen's κ of {pair.first} and {pair.second} {_number(pair.kappa)} on {pair.rows:,}"
    if len(found.pairs) > MOST_LINES:
        yield f"and of {len(found.pairs) - MOST_LINES:,} more pairs"


def _records(records: Sequence[AnnotatorQuality]) -> Iterator[str]:
    """A line for each reviewer of whom something can be said, and one for each who follows suggestions."""
    described = [(one, ", ".join(_clauses(one))) for one in records]
    described = [(one, clauses) for one, clauses in described if clauses]
    for one, clauses in described[:MOST_LINES]:
        yield f"{one.reviewer}: {clauses}"
    if len(described) > MOST_LINES:
        yield f"and {len(described) - MOST_LINES:,} more reviewers"
    yield from (f"warning: {one.reviewer} {one.anchored}" for one in records if one.anchored)


def _clauses(one: AnnotatorQuality) -> Iterator[str]:
    if one.agreed.of:
        yield f"agrees with most of the others on {_share(one.agreed)}"
    if one.kept.of:
        yield f"keeps {_share(one.kept)} controls"
    if one.wrong.of:
        yield f"calls {_share(one.wrong)} flagged rows wrong"
    if one.precision and one.kept.times < one.kept.of:
        yield f"corrected for the controls {_percent(one.precision)}"
    if one.confused:
        yield f"takes {one.most_confused()[0]}"


def _consensus(found: Consensus) -> Iterator[str]:
    decided = [row.decision for row in found.rows]
    wrong = sum(row.score for row in found.rows)
    yield (
        f"consensus on {len(decided):,} rows: {decided.count('keep'):,} keep, {decided.count('relabel'):,} relabel, "
        f"{decided.count('drop'):,} drop; about {wrong:,.0f} of them wrong"
    )
    for name in list(found.accuracy)[:MOST_LINES]:
        weight = found.weight[name]
        copied = f"; agrees too often with another one, so an answer counts {weight:.2f}" if weight < LOW_WEIGHT else ""
        yield f"{name}: {found.accuracy[name]:.1%} of the labels right, as far as the consensus tells{copied}"


def _share(share: Proportion) -> str:
    found = share.estimate
    return f"{share.times:,} of {share.of:,}" + (f" ({found.low:.0%} to {found.high:.0%})" if found else "")


def _percent(value: Estimate) -> str:
    return f"{value.value:.1%} ({value.low:.1%} to {value.high:.1%})"


def _number(value: Estimate | None) -> str:
    if value is None:
        return "not defined (all answers are the same)"
    return f"{value.value:.3f} ({value.low:.3f} to {value.high:.3f})"
