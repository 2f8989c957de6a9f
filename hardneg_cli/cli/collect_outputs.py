"""What `collect` makes of the answers besides the log: consensus, reviewers' records, report, pairs, conflicts.

All that can be refused is read before anything is written, and all of it is written together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, BinaryIO

from hardneg_cli.cli import outputs
from hardneg_cli.cli.outputs import OutputTarget
from hardneg_cli.errors import InputError
from hardneg_cli.runtime.progress import progress

if TYPE_CHECKING:
    from hardneg_cli.data.columns import Columns
    from hardneg_cli.data.dataset import Dataset
    from hardneg_cli.rendering.report_file import Report
    from hardneg_cli.review.decisions.decision import Decision
    from hardneg_cli.review.decisions.filled_queue import FilledQueue
    from hardneg_cli.review.queues.control_rows import RowRole
    from hardneg_cli.review.reviewers.annotator_quality import AnnotatorQuality
    from hardneg_cli.review.reviewers.collected import CollectResult, CollectSummary
    from hardneg_cli.review.reviewers.consensus import Consensus, ConsensusInputs
    from hardneg_cli.review.reviewers.preference_pairs import Content, PreferencePairs

PAIRS = ".jsonl"  # of no format of findings


@dataclass(frozen=True)
class CollectOutputs:
    """The files that are asked for, and what they are made from. data: None where only the log is named."""

    data: str | None
    columns: Columns
    consensus: str | None = None
    reviewers_report: str | None = None
    reports: tuple[str, ...] = ()
    pairs: tuple[str, ...] = ()
    probs: tuple[str, ...] = ()
    findings: str | None = None
    encoding: str | None = None

    def __post_init__(self) -> None:
        if self.consensus is not None and self.data is None:
            raise InputError("--consensus needs the data: name them with --data")
        if self.probs and self.consensus is None:
            raise InputError("--probs is for the consensus: name a file for it with --consensus")

    @cached_property
    def report_writers(self) -> dict[str, Callable[[Report, BinaryIO], None]]:
        """What writes each report. Raises InputError for an extension that no report has."""
        from hardneg_cli.rendering.report_file import report_writer

        try:
            return {name: report_writer(name) for name in self.reports}
        except InputError as error:
            raise InputError(f"{error}; a table with a line for each reviewer is --reviewers-report") from error

    @cached_property
    def tables(self) -> dict[str, list[OutputTarget]]:
        """The targets of the consensus and of the reviewers' records, where they are asked for."""
        named = {"consensus": self.consensus, "reviewers": self.reviewers_report}
        return {kind: outputs.targets([name], None) for kind, name in named.items() if name is not None}

    @property
    def targets(self) -> list[OutputTarget]:
        others = [OutputTarget("ndjson", name) for name in self.pairs]
        others += [OutputTarget("json", name) for name in self.report_writers]
        return [*(target for targets in self.tables.values() for target in targets), *others]

    def wants_records(self, *, quiet: bool) -> bool:
        """Whether anybody is told how the reviewers did."""
        return bool(self.reviewers_report or self.reports or not quiet)


@dataclass(frozen=True)
class CollectContext:
    """What is read for the extras: ground of the consensus, content of the pairs, roles of rows for the records."""

    ground: ConsensusInputs | None
    dataset: Dataset | None
    content: Content | None
    roles: Mapping[str, RowRole]


def facts(request: CollectOutputs, queues: Sequence[FilledQueue], *, quiet: bool) -> CollectContext:
    """Raises InputError for what cannot be right."""
    from hardneg_cli.data.load import load
    from hardneg_cli.io.files.source import sources
    from hardneg_cli.review.queues.control_rows import read_roles, roles_in
    from hardneg_cli.review.reviewers.consensus import ground
    from hardneg_cli.review.reviewers.preference_pairs import content_in

    dataset = on = content = None
    if request.data is not None and (request.consensus or request.pairs):
        dataset = load(request.data, request.columns, encoding=request.encoding)
    elif request.pairs:
        content = content_in(queues, request.columns.text)
    if request.consensus and dataset is not None:
        with progress("reading the probabilities"):
            on = ground(dataset, probs=request.probs)
    roles: Mapping[str, RowRole] = {}
    if request.findings:
        roles = read_roles(sources(request.findings))
    elif request.wants_records(quiet=quiet):
        roles = roles_in(queues)
    return CollectContext(on, dataset, content, roles)


def write(
    request: CollectOutputs, known: CollectContext, collected: CollectResult, conflicts: Sequence[OutputTarget], *,
    quiet: bool,
) -> CollectSummary:  # fmt: skip
    """Write the files that are asked for, and the conflicts."""
    from hardneg_cli.review.decisions.decision import independent_answers
    from hardneg_cli.review.reviewers.annotator_quality import as_table, track_records
    from hardneg_cli.review.reviewers.collected import CollectSummary
    from hardneg_cli.review.reviewers.consensus import consensus
    from hardneg_cli.review.reviewers.report import ReviewersReport

    agreed: Consensus | None = None
    records: tuple[AnnotatorQuality, ...] = ()
    if known.ground:
        with progress("weighing the answers"):
            agreed = consensus(known.ground, collected.decisions)
    if request.wants_records(quiet=quiet):
        records = track_records(independent_answers(collected.decisions), known.roles)
    right, weight = (agreed.accuracy, agreed.weight) if agreed else ({}, {})
    found = _pairs(known, collected) if request.pairs else None
    report = ReviewersReport(collected, CollectSummary(agreed, records))
    notes = outputs.write_together(
        (lambda: agreed.table() if agreed else None, request.tables.get("consensus", ())),
        (lambda: as_table(records, right, weight), request.tables.get("reviewers", ())),
        (lambda: found.table if found else None, [OutputTarget("ndjson", name) for name in request.pairs]),
        (collected.table, conflicts),
        beside={name: partial(write_report, report) for name, write_report in request.report_writers.items()},
    )
    return CollectSummary(agreed, records, (*_in_words(found), *(f"note: {note}" for note in notes)))


def _pairs(known: CollectContext, collected: CollectResult) -> PreferencePairs:
    from hardneg_cli.review.decisions.row_matching import restated
    from hardneg_cli.review.reviewers.preference_pairs import content_of, pairs, relabeled

    content: Content = known.content or {}
    decisions: Sequence[Decision] = collected.decisions
    if known.dataset is not None:
        decisions = restated(known.dataset, decisions)
        content = content_of(known.dataset, [one.id for one in relabeled(decisions)])
    return pairs(decisions, content)


def _in_words(found: PreferencePairs | None) -> tuple[str, ...]:
    if found is None:
        return ()
    lost = f"; {found.lost:,} relabeled rows are left out, whose content is not there or another one now"
    return (f"{len(found.table):,} preference pairs{lost if found.lost else ''}",)
