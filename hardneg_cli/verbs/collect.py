"""Collect decisions: from filled queues and other logs into the decisions log, with conflicts settled or named."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from hardneg_cli.errors import InputError, did_you_mean, listing
from hardneg_cli.io.files.source import Source, sources
from hardneg_cli.io.tables import table_files
from hardneg_cli.io.tables.queue_columns import display_columns
from hardneg_cli.io.tables.table_files import ReadRequest
from hardneg_cli.review.decisions.adjudication import (
    POLICIES,
    UNANIMOUS,
    adjudications,
    new_answers,
    policy_settlements,
    split,
)
from hardneg_cli.review.decisions.decision import (
    Decision,
    Question,
    chronological,
    conflicts,
    effective_decisions,
    independent_answers,
    is_log,
    read_log,
)
from hardneg_cli.review.decisions.decision_log import DecisionLog, held, now
from hardneg_cli.review.decisions.filled_queue import AutoPolicy, export, read_queue
from hardneg_cli.review.reviewers.agreement import agreement
from hardneg_cli.review.reviewers.collected import CollectResult
from hardneg_cli.runtime.progress import progress

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class CollectInput:
    """What the files say. filled: by people in queues, file by file. logged: lines of other logs."""

    filled: tuple[tuple[Decision, ...], ...]
    logged: tuple[Decision, ...]
    undecided: int
    notes: tuple[str, ...]


def collect(
    files: Sequence[str | Path],
    log: str | Path,
    *,
    reviewer: str | None = None,
    policy: str = UNANIMOUS,
    adjudicator: str | None = None,
    dry_run: bool = False,
) -> CollectResult:
    """Add what filled queues and other logs say to `log`, and what follows for conflicts between reviewers.

    reviewer: who decided where a queue does not say it, by default whoever runs this. A decision is new if it is not
    the last one of this reviewer about this row from this file; a line of a log, if the log has no line like it.
    policy: conflicts are left ("unanimous"), or settled by more than half of the reviewers ("majority") or by the last
    of them ("latest"; the files count in the order they are named). What `adjudicator` says in these queues settles
    conflicts between others; where they had given an answer of their own before, it does not.
    Raises Busy if another run writes to the log, and InputError for input that cannot be right; then nothing is added.
    """
    if policy not in POLICIES:
        raise InputError(
            f"--policy cannot be {policy!r}{did_you_mean(policy, POLICIES)} (known: {', '.join(POLICIES)})"
        )
    asked = [source for file in files for source in sources(str(file))]
    with _no_search_for_cycles():
        given = _given(asked, reviewer)
        if dry_run:
            return _collected(DecisionLog(Path(log)), asked, given, policy, adjudicator)
        with held(log) as own, progress(f"collecting into {log}"):
            return _collected(own, asked, given, policy, adjudicator, write=True)


@contextmanager
def _no_search_for_cycles() -> Iterator[None]:
    """Decisions hold nothing but texts, and looking for cycles among a million of them takes half of the time."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()


def _collected(
    log: DecisionLog,
    asked: Sequence[Source],
    given: CollectInput,
    policy: str,
    adjudicator: str | None,
    *,
    write: bool = False,
) -> CollectResult:
    known, torn = log.read()
    lines = set(known) if given.logged else set()
    logged = [line for line in dict.fromkeys(given.logged) if line not in lines]
    said = chronological([*known, *logged])
    fresh = given.filled if adjudicator else [new_answers(said, decisions) for decisions in given.filled]
    ordinary, verdicts = split(said, _stamped(fresh, said), adjudicator)
    new = new_answers(said, ordinary)
    said = chronological([*said, *new]) if new else said
    adjudicated = adjudications(said, verdicts)
    decreed = policy_settlements(chronological([*said, *adjudicated]) if adjudicated else said, policy)
    said = chronological([*said, *adjudicated, *decreed]) if adjudicated or decreed else said
    if write:
        log.append([*logged, *new, *adjudicated, *decreed])
    left = tuple(sorted(conflicts(effective_decisions(said)), key=lambda group: group[0].question))
    notes = [*given.notes, *_torn(str(log.path), torn), *_stranger(adjudicator, said)]
    return CollectResult(
        log=log.path,
        read=sum(map(len, given.filled)) + len(given.logged),
        appended=len(logged) + len(new) + len(adjudicated),
        settled=len(adjudicated) + len(decreed),
        undecided=given.undecided,
        conflicts=left,
        shown=_with_content(asked, {group[0].id for group in left}),
        agreement=agreement(independent_answers(said)),
        notes=tuple(notes),
        said=said,
    )


def _given(asked: Iterable[Source], reviewer: str | None) -> CollectInput:
    filled, logged, notes, undecided = [], [], [], 0
    for source in asked:
        if is_log(source):
            lines, torn = read_log(source.name)
            logged += lines
            notes += _torn(source.name, torn)
            continue
        with progress(f"reading {source.name}"):
            queue = read_queue(source, reviewer, AutoPolicy())
        # a file that is called like a settlement is none
        said = [replace(one, source=f"./{one.source}") if one.is_settlement else one for one in queue.decisions]
        filled.append(tuple(dict.fromkeys(said)))
        undecided += len(queue.ids) - len(said)
    return CollectInput(_without_doubts(filled), tuple(logged), undecided, tuple(notes))


def _without_doubts(filled: Iterable[tuple[Decision, ...]]) -> tuple[tuple[Decision, ...], ...]:
    """Without the rows about which the same reviewer was unsure once; raises InputError for two different answers."""
    filled = tuple(filled)
    found: dict[tuple[Question, str], Decision] = {}
    for one in (one for decisions in filled for one in decisions if one.is_decisive):
        other = found.setdefault((one.question, one.reviewer), one)
        if other.answer != one.answer:
            raise InputError(
                f"{one.source}: {one.id!r}: {one.reviewer} says {one.answer}, and {other.answer} in {other.source}; "
                "if they are two reviewers, name them in a column 'reviewer', or with --reviewer, a run each"
            )
    return tuple(
        tuple(one for one in decisions if one.is_decisive or (one.question, one.reviewer) not in found)
        for decisions in filled
    )


def _torn(name: str, torn: Sequence[int]) -> list[str]:
    return [f"{name}: {len(torn):,} lines are torn and were left out: {listing(torn)}"] if torn else []


def _stranger(adjudicator: str | None, said: Iterable[Decision]) -> list[str]:
    """A note where the adjudicator has said nothing at all, which may be a wrong name."""
    known = {one.reviewer for one in said}
    if adjudicator is None or adjudicator in known:
        return []
    return [f"adjudicator {adjudicator!r} has decided nothing{did_you_mean(adjudicator, known)}"]


def _stamped(filled: Iterable[Sequence[Decision]], said: Iterable[Decision]) -> list[Decision]:
    """With times, file by file, that are later than all that was said before."""
    at = max((one.at for one in said), default="")
    found = []
    for decisions in filled:
        at = now(after=at)
        found += [replace(one, at=at) for one in decisions]
    return found


def _with_content(asked: Iterable[Source], ids: set[str]) -> dict[str, dict[str, str]]:
    """The columns that queues have besides those of findings, of these rows."""
    import pyarrow as pa
    import pyarrow.compute as pc

    wanted = pa.array(ids, pa.string())
    found: dict[str, dict[str, str]] = {}
    for source in asked if ids else ():
        if is_log(source):
            continue
        for batch in _own(source):
            for row in batch.filter(pc.is_in(batch["id"], wanted)).to_pylist():
                found.setdefault(row.pop("id"), {}).update({name: cell or "" for name, cell in row.items()})
    return found


def _own(source: Source) -> Iterator[pa.RecordBatch]:
    """The ids with the queue's own columns; of an annotation tool's export, with the text that was shown."""
    if form := export(source):
        yield from form.read(source).select(["id", "text"]).to_batches()
        return
    own = display_columns(table_files.columns([source]))
    if own:
        yield from table_files.reader_of(source).read(source, ReadRequest(("id", *own)))
