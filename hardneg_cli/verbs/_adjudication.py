"""What there is to do with a dataset's rows: what decisions say, and what rules do with the rows that are left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.label_spelling import meant_names
from hardneg_cli.errors import did_you_mean, plural, quote
from hardneg_cli.preparation.cleaning.plan import CleaningPlan
from hardneg_cli.review.correction.apply_result import ApplyResult, AutomaticChanges
from hardneg_cli.review.correction.provenance import FilledCell, RowChange, changes_of
from hardneg_cli.review.decisions.decision import Decision, UnsettledDecisions, conflicts
from hardneg_cli.review.decisions.decision_sources import LoadedDecisions
from hardneg_cli.review.decisions.filled_queue import AutoPolicy
from hardneg_cli.review.decisions.row_matching import CHANGED, GONE, MatchedDecisions, match, places
from hardneg_cli.statistics.label_noise.suggestion import expected_wrong

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SETTLE = "let a third person answer these, and settle them: hardneg collect QUEUE... --data DATA --adjudicator NAME"


@dataclass(frozen=True)
class Adjudicated:
    """people, automatic: the decisions against the data. acting: what the policy may do. by_row: all that is to do."""

    people: MatchedDecisions
    automatic: MatchedDecisions
    acting: list[tuple[int, Decision]]
    by_row: dict[int, list[Decision]]


def adjudicated(dataset: Dataset, given: LoadedDecisions, policy: AutoPolicy, *, skip_stale: bool) -> Adjudicated:
    """What decisions say is to be done; raises Unsettled where people have to decide first."""
    people, automatic = match(dataset, given.decisive, given.ids), match(dataset, given.automatic, given.ids)
    acting = _unprotected(dataset, policy, automatic.fresh)
    by_row: dict[int, list[Decision]] = {}
    for row, decision in (*people.fresh, *acting):
        by_row.setdefault(row, []).append(decision)
    clashes = conflicts(decision for decisions in by_row.values() for decision in decisions)
    if clashes or (people.stale and not skip_stale):
        raise UnsettledDecisions(_verdict(dataset, people, clashes, skip_stale=skip_stale), people.stale, clashes)
    return Adjudicated(people, automatic, acting, by_row)


def apply_result(
    dataset: Dataset, given: LoadedDecisions, found: Adjudicated, plan: CleaningPlan
) -> ApplyResult:  # fmt: skip
    """What there is to do, by decisions and by rules."""
    people, automatic, acting = found.people, found.automatic, found.acting
    fills: dict[int, list[FilledCell]] = {}
    for cells in plan.cells:
        for row, text in cells.texts.items():
            fills.setdefault(row, []).append(FilledCell(cells.rule.column, text, str(cells.rule)))
    by_row = {**found.by_row, **{row: [decision] for row, decision in plan.decisions.items()}}
    changes = changes_of(dataset, by_row, fills)
    asked = set(given.ids.to_pylist()) if plan.decisions else set()
    done = {decision.id for _, decision in acting} | {decision.id for decision in automatic.already}
    done |= asked & {decision.id for decision in plan.decisions.values()} - {one.id for one in given.decisions}
    spared = ({row for row, _ in automatic.fresh} - {row for row, _ in acting}) | plan.spared
    return ApplyResult(
        rows=len(dataset),
        changes=changes,
        kept=sum(decisions[0].decision == "keep" for decisions in by_row.values()),
        unsure=given.unsure,
        undecided=given.undecided - len(done),
        already=len({decision.id for decision in (*people.already, *automatic.already)}),
        stale=people.stale,
        protected=len(spared),
        policy_stale=len(automatic.stale),
        notes=(*given.notes, *_remarks(dataset, changes)),
        automatic=tuple(_automatic(acting)),
        rules=plan.effects,
    )


def _automatic(acting: Sequence[tuple[int, Decision]]) -> Iterator[AutomaticChanges]:
    """What the policy does to rows, and how many of these changes are expected to be wrong."""
    import numpy as np

    for word in ("relabel", "drop"):
        right = {row: decision.score for row, decision in acting if decision.decision == word}
        if right:
            yield AutomaticChanges(word, len(right), expected_wrong(np.array(list(right.values()))))


def _unprotected(
    dataset: Dataset, policy: AutoPolicy, fresh: Sequence[tuple[int, Decision]]
) -> list[tuple[int, Decision]]:
    """What the policy may act on."""
    if not policy.protect:
        return list(fresh)
    splits = [dataset.roles[dataset.columns.split][row].as_py() for row, _ in fresh]
    return [pair for pair, split in zip(fresh, splits, strict=True) if split not in policy.protect]


def rows_of_decisions(dataset: Dataset, given: LoadedDecisions) -> NDArray[np.int64]:
    """The rows that somebody said something about."""
    rows = places(dataset, [decision.id for decision in given.decisions])
    return rows[rows >= 0]


def _verdict(dataset: Dataset, people: MatchedDecisions, clashes: Sequence[object], *, skip_stale: bool) -> str:
    stale = 0 if skip_stale else len(people.stale)
    parts = []
    if clashes:
        rows = plural(len(clashes), "row is", "rows are")
        parts.append(f"{rows} decided in more than one way; {SETTLE}")
    if stale:
        decisions = plural(stale, "decision is", "decisions are")
        parts.append(f"{decisions} stale{_cause(people)}; review anew, or leave such out with --skip-stale")
    return f"{dataset.name}: nothing was written: {', and '.join(parts)}"


def _cause(people: MatchedDecisions) -> str:
    """What is likely wrong where no decision fits at all."""
    reasons = {stale.why for stale in people.stale}
    if people.fresh or people.already or len(reasons) > 1:
        return ""
    if reasons == {GONE}:
        return " because none of their ids is in the data (is it the right file, and --id the same as for find?)"
    if reasons == {CHANGED} and not any(stale.decision.hashed.token for stale in people.stale):  # of an old queue
        return " (were --id, --groups, --split, --fold and --prob-prefix the same for find?)"
    return ""


def _remarks(dataset: Dataset, changes: Sequence[RowChange]) -> list[str]:
    """Rows not looked at, and what may be a mistake: a label that nothing has, drops that may hit copies next time."""
    new = Counter(change.after for change in changes if change.action == "relabel")
    notes = [*dataset.notes, *(f"{sentence}: left as it is" for sentence in dataset.skipped)]
    for label in sorted({label for label in new if label} - set(dataset.classes)):
        rows = plural(new[label], "row")
        notes.append(f"new class {quote(label)} ({rows}){did_you_mean(label, dataset.classes)}")
    for label, meant in sorted(meant_names(dataset, {label for label in new if label} & set(dataset.classes)).items()):
        rows = plural(new[label], "row")
        notes.append(f"{quote(label)} ({rows}) looks like a misspelling of {quote(meant)}: find asks again")
    if dataset.columns.id is None and any(change.action == "drop" for change in changes):
        notes.append(
            "the rows have no ids: do not apply the same drops again, or copies of the dropped rows may go too"
        )
    return notes
