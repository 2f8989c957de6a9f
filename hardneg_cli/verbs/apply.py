"""Apply decisions: from a dataset and what people decided about its rows to the corrected dataset."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Unpack

from hardneg_cli.data.columns import Columns
from hardneg_cli.data.dataset import Dataset
from hardneg_cli.errors import InputError, did_you_mean
from hardneg_cli.io.files.atomic_write import refuse_overwriting
from hardneg_cli.io.files.source import Source, sources
from hardneg_cli.review.correction import rewrite
from hardneg_cli.review.correction.provenance import RowChange, WrittenFile, changes_of, document
from hardneg_cli.review.correction.rewrite import ProvenanceTarget, Stamp
from hardneg_cli.review.decisions import decision_sources
from hardneg_cli.review.decisions.decision import Decision, StaleDecision, UnsettledDecisions, conflicts, log_of
from hardneg_cli.review.decisions.decision_sources import CollectedAnswers
from hardneg_cli.review.decisions.filled_queue import AutoPolicy
from hardneg_cli.review.decisions.reviewers import user
from hardneg_cli.review.decisions.row_matching import CHANGED, GONE, MatchedDecisions, match
from hardneg_cli.verbs._keywords import DataKeywords, Reading, grouped, read_data, spelled_out

if TYPE_CHECKING:
    import pyarrow as pa

MARK = "dropped"
ON_DROP = ("remove", "mark")
SETTLE = "let a third person answer these, and settle them: hardneg collect QUEUE... --data DATA --adjudicator NAME"
LARGE = 1 << 20  # bytes in a provenance worth a note


@dataclass(frozen=True)
class ApplyResult:
    """What a run changed, in the order of the rows, and how many rows it left alone, by reason.

    kept, unsure: as reviewers decided. undecided: asked about, but not decided by anybody. already: decisions whose
    outcome stood in the data before. stale: decisions that no longer fit, and were left out. protected, policy_stale:
    rows that the policy spared for their split, and because they are no longer what they were.
    """

    rows: int
    changes: tuple[RowChange, ...]
    kept: int
    unsure: int
    undecided: int
    already: int
    stale: tuple[StaleDecision, ...]
    protected: int
    policy_stale: int
    notes: tuple[str, ...]

    @property
    def relabeled(self) -> int:
        return sum(change.action == "relabel" for change in self.changes)

    @property
    def dropped(self) -> int:
        return sum(change.action == "drop" for change in self.changes)

    def table(self) -> pa.Table:
        """The changes, one a line."""
        import pyarrow as pa

        fields = {"id": "id", "given_label": "before", "action": "action", "new_label": "after", "by": "reviewer"}
        columns = {name: [getattr(change, field) or "" for change in self.changes] for name, field in fields.items()}
        return pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})


@dataclass(frozen=True)
class CorrectionRule:
    """on_drop: dropped rows are removed ("remove"), or marked with 1 in a new column `dropped` ("mark")."""

    on_drop: str = "remove"
    skip_stale: bool = False
    policy: AutoPolicy | None = None


class ApplyKeywords(DataKeywords, total=False):
    """What `apply` takes besides the data, the decisions and the output."""

    on_drop: str
    skip_stale: bool
    policy: AutoPolicy | None


@spelled_out(ApplyKeywords, Columns, CorrectionRule, Reading)
def apply(
    data: str | Path,
    queues: Sequence[str | Path] = (),
    columns: Columns | None = None,
    *,
    output: str | Path | BinaryIO | None = None,
    in_place: bool = False,
    provenance: str | Path | None = None,
    reviewer: str | None = None,
    **options: Unpack[ApplyKeywords],
) -> ApplyResult:
    """Correct `data` as the filled `queues` say, or without any the decisions log beside it.

    The result is written to `output`, or over the data with `in_place`; with neither, nothing is written at all.
    on_drop: dropped rows are removed ("remove"), or marked with 1 in a new column `dropped` ("mark").
    The columns are named as for `find`, and are the same, because they tell what a row's content is.
    reviewer: who decided where a queue does not say it, by default whoever runs this.
    Raises Unsettled, and writes nothing, for decisions that contradict each other, and for stale ones unless they
    are to be skipped; InputError for input that cannot be right.
    """
    rule = grouped(CorrectionRule, options)
    policy, on_drop, who = rule.policy or AutoPolicy(), rule.on_drop, reviewer or user()
    if on_drop not in ON_DROP:
        raise InputError(
            f"--on-drop cannot be {on_drop!r}{did_you_mean(on_drop, ON_DROP)} (known: {', '.join(ON_DROP)})"
        )
    asked = [source for queue in queues for source in sources(str(queue))]
    seen = _seen(str(data), asked, output, provenance, in_place=in_place)
    dataset = read_data(data, columns, options)
    mark = MARK if on_drop == "mark" else None
    _refuse_settings(dataset, policy, mark)
    given = decision_sources.from_queues(asked, reviewer, policy) if asked else decision_sources.from_log(data, policy)
    applied = _adjudicated(dataset, given, policy, skip_stale=rule.skip_stale)
    if output is None and not in_place:
        return applied
    corrections = rewrite.corrections(dataset, applied.changes, mark, seen)
    how = {"columns": asdict(dataset.columns), "on_drop": on_drop, "policy": asdict(policy)}
    record = partial(
        document, str(data), changes=applied.changes, by=who, queues=[queue.name for queue in asked], how=how
    )
    written = rewrite.write(corrections, output, ProvenanceTarget(provenance, record) if provenance else None)
    return replace(applied, notes=(*applied.notes, *_large(provenance, written)))


def _seen(
    data: str, queues: Sequence[Source], output: str | Path | BinaryIO | None, provenance: str | Path | None, *,
    in_place: bool,
) -> Mapping[str, Stamp]:  # fmt: skip
    """The stamps of the data's files; raises InputError for targets that cannot be, before any work is done."""
    files = () if data == "-" else sources(data)
    if in_place and output is not None:
        raise InputError("--in-place and -o exclude each other")
    if in_place and not files:
        raise InputError("--in-place needs a file: standard input cannot be written to")
    if output is not None and len(files) > 1:
        raise InputError(f"{data} is {len(files):,} files: correct them with --in-place, or name one")
    targets = [target for target in (output, provenance) if isinstance(target, str | Path)]
    refuse_overwriting(targets, [*(file.path for file in (*files, *queues)), log_of(data)])
    return {file.name: rewrite.stamp(file) for file in files}


def _refuse_settings(dataset: Dataset, policy: AutoPolicy, mark: str | None) -> None:
    if mark in dataset.all_columns:
        raise InputError(f"{dataset.name}: there is a column {mark!r} already: rename it, or use --on-drop remove")
    if not policy.protect:
        return
    if dataset.columns.split is None:
        raise InputError("--protect-split needs --split, the column with the names of the splits")
    splits = dataset.roles[dataset.columns.split].unique().to_pylist()
    for name in policy.protect:
        if name not in splits:
            hint = did_you_mean(name, [split for split in splits if split])
            raise InputError(f"{dataset.name}: no row is of split {name!r}, which was to be protected{hint}")


def _adjudicated(dataset: Dataset, given: CollectedAnswers, policy: AutoPolicy, *, skip_stale: bool) -> ApplyResult:
    """What there is to do; raises Unsettled where people have to decide first."""
    people, automatic = match(dataset, given.decisive, given.ids), match(dataset, given.automatic, given.ids)
    acting = _unprotected(dataset, policy, automatic.fresh)
    by_row: dict[int, list[Decision]] = {}
    for row, decision in (*people.fresh, *acting):
        by_row.setdefault(row, []).append(decision)
    clashes = conflicts(decision for decisions in by_row.values() for decision in decisions)
    if clashes or (people.stale and not skip_stale):
        raise UnsettledDecisions(_verdict(dataset, people, clashes, skip_stale=skip_stale), people.stale, clashes)
    changes = changes_of(dataset, by_row)
    done = len({decision.id for _, decision in acting} | {decision.id for decision in automatic.already})
    return ApplyResult(
        rows=len(dataset),
        changes=changes,
        kept=len(by_row) - len(changes),
        unsure=given.unsure,
        undecided=given.undecided - done,
        already=len({decision.id for decision in (*people.already, *automatic.already)}),
        stale=people.stale,
        protected=len({row for row, _ in automatic.fresh} - {row for row, _ in acting}),
        policy_stale=len(automatic.stale),
        notes=(*given.notes, *_remarks(dataset, changes)),
    )


def _unprotected(
    dataset: Dataset, policy: AutoPolicy, fresh: Sequence[tuple[int, Decision]]
) -> list[tuple[int, Decision]]:
    """What the policy may act on."""
    if not policy.protect:
        return list(fresh)
    splits = [dataset.roles[dataset.columns.split][row].as_py() for row, _ in fresh]
    return [pair for pair, split in zip(fresh, splits, strict=True) if split not in policy.protect]


def _verdict(dataset: Dataset, people: MatchedDecisions, clashes: Sequence[object], *, skip_stale: bool) -> str:
    stale = 0 if skip_stale else len(people.stale)
    parts = []
    if clashes:
        rows = "1 row is" if len(clashes) == 1 else f"{len(clashes):,} rows are"
        parts.append(f"{rows} decided in more than one way; {SETTLE}")
    if stale:
        decisions = "1 decision is" if stale == 1 else f"{stale:,} decisions are"
        parts.append(f"{decisions} stale{_cause(people)}; review anew, or leave such out with --skip-stale")
    return f"{dataset.name}: nothing was written: {', and '.join(parts)}"


def _cause(people: MatchedDecisions) -> str:
    """What is likely wrong where no decision fits at all."""
    reasons = {stale.why for stale in people.stale}
    if people.fresh or people.already or len(reasons) > 1:
        return ""
    if reasons == {GONE}:
        return " because none of their ids is in the data (is it the right file, and --id the same as for find?)"
    if reasons == {CHANGED}:
        return " (were --id, --groups, --split, --fold and --prob-prefix the same for find?)"
    return ""


def _remarks(dataset: Dataset, changes: Sequence[RowChange]) -> list[str]:
    """Rows not looked at, and what may be a mistake: a label that nothing has, drops that may hit copies next time."""
    new = Counter(change.after for change in changes if change.after is not None)
    notes = [f"{sentence}: left as it is" for sentence in dataset.skipped]
    for label in sorted(set(new) - set(dataset.classes)):
        rows = "1 row" if new[label] == 1 else f"{new[label]:,} rows"
        notes.append(f"new class {label!r} ({rows}){did_you_mean(label, dataset.classes)}")
    if dataset.columns.id is None and any(change.action == "drop" for change in changes):
        notes.append(
            "the rows have no ids: do not apply the same drops again, or copies of the dropped rows may go too"
        )
    return notes


def _large(provenance: str | Path | None, written: Sequence[WrittenFile]) -> list[str]:
    """A note where undoing takes much: what is written packed, in columns or in sheets, is written all anew."""
    size = sum(file.back.size for file in written if file.back)
    if size < LARGE:
        return []
    return [f"{provenance}: what undo needs takes {size * 4 / 3 / 2**20:,.1f} MiB of it"]
