"""What `collect` tells people: the log, the conflicts, how far reviewers agree, and each one's track record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hardneg_cli.cli.collect_outputs import CollectSummary
    from hardneg_cli.review.reviewers.agreement import Agreement
    from hardneg_cli.review.reviewers.annotator_quality import AnnotatorQuality, Proportion
    from hardneg_cli.review.reviewers.collected import CollectResult
    from hardneg_cli.review.reviewers.consensus import Consensus
    from hardneg_cli.statistics.scores import Estimate

MOST_LINES = 10  # pairs, or reviewers
LOW_WEIGHT = 0.75  # of an answer: it is as good as said by others


def lines(collected: CollectResult, summary: CollectSummary, *, dry_run: bool) -> Iterator[str]:
    done = "would be " if dry_run else ""
    yield (
        f"{collected.log}: {collected.read:,} decisions read, {collected.appended:,} {done}appended, "
        f"{collected.already:,} already there; {collected.undecided:,} rows undecided"
    )
    yield f"conflicts: {collected.settled:,} {done}settled, {len(collected.conflicts):,} left"
    if collected.agreement:
        yield from _agreement(collected.agreement)
    yield from _records(summary.records)
    if summary.consensus:
        yield from _consensus(summary.consensus)
    yield from summary.notes
    yield from (f"note: {note}" for note in (*collected.notes, *(summary.consensus.notes if summary.consensus else ())))


def _agreement(found: Agreement) -> Iterator[str]:
    rows = "1 row" if found.rows == 1 else f"{found.rows:,} rows"
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
