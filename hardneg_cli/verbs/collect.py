"""Collect decisions: from filled queues and other logs into the decisions log, with conflicts settled or named."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from hardneg_cli.errors import InputError, did_you_mean, quote
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
)
from hardneg_cli.review.decisions.decision_log import DecisionLog, held, now, spelled_tokens
from hardneg_cli.review.decisions.decision_sources import GivenDecisions, LoadedDecisions, load_decisions, torn_note
from hardneg_cli.review.decisions.filled_queue import FilledQueue
from hardneg_cli.review.decisions.log_lines import no_search_for_cycles
from hardneg_cli.review.reviewers.agreement import agreement
from hardneg_cli.review.reviewers.collected import CollectResult
from hardneg_cli.runtime.argument_words import worded_in_arguments
from hardneg_cli.runtime.progress import progress


@dataclass(frozen=True)
class CollectInput:
    """What the files say. filled: by people in queues, file by file. logged: lines of other logs."""

    filled: tuple[tuple[Decision, ...], ...]
    logged: tuple[Decision, ...]
    undecided: int
    notes: tuple[str, ...]


@worded_in_arguments
def collect(
    files: GivenDecisions,
    log: str | Path,
    *,
    reviewer: str | None = None,
    policy: str = UNANIMOUS,
    adjudicator: str | None = None,
    dry_run: bool = False,
) -> CollectResult:
    """Add what filled queues and other logs say to `log`, and what follows for conflicts between reviewers.

    files: paths, patterns and frames, or one, or what `load_decisions` made of them, `whole`. reviewer: who decided
    where a queue does not say it, by default whoever runs this. A decision is new if it is not the last one of this
    reviewer about this row from this file; a line of a log, if the log has no line like it.
    policy: conflicts are left ("unanimous"), or settled by more than half of the reviewers ("majority") or by the last
    of them ("latest"; the files count in the order they are named). What `adjudicator` says in these queues settles
    conflicts between others; where they had given an answer of their own before, it does not.
    Raises Busy if another run writes to the log, and InputError for input that cannot be right; then nothing is added.
    """
    loaded = load_decisions(files, reviewer=reviewer, whole=True)
    with collecting(loaded, log, policy=policy, adjudicator=adjudicator, dry_run=dry_run) as collected:
        return collected


@contextmanager
def collecting(
    loaded: LoadedDecisions,
    log: str | Path,
    *,
    policy: str = UNANIMOUS,
    adjudicator: str | None = None,
    dry_run: bool = False,
) -> Iterator[CollectResult]:
    """The same, for what else is to be written: the lines are in the log, which is held, and stay if nothing fails."""
    if policy not in POLICIES:
        raise InputError(
            f"--policy cannot be {quote(policy)}{did_you_mean(policy, POLICIES)} (known: {', '.join(POLICIES)})"
        )
    with ExitStack() as run:
        own = DecisionLog(log) if dry_run else run.enter_context(held(log))
        with no_search_for_cycles(), progress(f"collecting into {log}"):
            given = _given(loaded)
            known, torn = own.read()
            collected, lines = _collected(own.path, known, loaded.queues, given, policy, adjudicator)
        notes = (*collected.notes, *torn_note(own.path, torn))
        if not dry_run:
            run.enter_context(own.appended(lines, spelled_tokens(known)))
        asked = {"--policy": policy, "--adjudicator": adjudicator or ""}
        asked = {name: said for name, said in asked.items() if said not in ("", UNANIMOUS)}
        yield replace(collected, notes=notes, queues=tuple(loaded.queues), asked=asked)


def _collected(
    log: Path,
    known: Sequence[Decision],
    queues: Sequence[FilledQueue],
    given: CollectInput,
    policy: str,
    adjudicator: str | None,
) -> tuple[CollectResult, list[Decision]]:
    """What the log says with what is `given`, and the lines that it lacks for that."""
    lines = set(known) if given.logged else set()
    logged = [line for line in dict.fromkeys(given.logged) if line not in lines]
    decisions = chronological([*known, *logged])
    fresh = given.filled if adjudicator else [new_answers(decisions, filled) for filled in given.filled]
    ordinary, verdicts = split(decisions, _stamped(fresh, decisions), adjudicator)
    new = new_answers(decisions, ordinary)
    decisions = chronological([*decisions, *new]) if new else decisions
    adjudicated = adjudications(decisions, verdicts)
    before = chronological([*decisions, *adjudicated]) if adjudicated else decisions
    decreed = policy_settlements(before, policy)
    decisions = chronological([*before, *decreed]) if decreed else before
    left = tuple(sorted(conflicts(effective_decisions(decisions)), key=lambda group: group[0].question))
    collected = CollectResult(
        log=log,
        read=sum(map(len, given.filled)) + len(given.logged),
        appended=len(logged) + len(new) + len(adjudicated),
        settled=len(adjudicated) + len(decreed),
        undecided=given.undecided,
        conflicts=left,
        shown=_content(queues, {group[0].id for group in left}),
        agreement=agreement(independent_answers(decisions)),
        notes=(*given.notes, *_stranger(adjudicator, decisions)),
        decisions=decisions,
    )
    return collected, [*logged, *new, *adjudicated, *decreed]


def _given(loaded: LoadedDecisions) -> CollectInput:
    filled, undecided = [], 0
    for queue in loaded.queues:
        # a file that is called like a settlement is none
        own = [replace(one, source=f"./{one.source}") if one.is_settlement else one for one in queue.decisions]
        filled.append(tuple(dict.fromkeys(own)))
        undecided += len(queue.ids) - len(own)
    return CollectInput(_without_doubts(filled), loaded.logged, undecided, loaded.notes)


def _without_doubts(filled: Iterable[tuple[Decision, ...]]) -> tuple[tuple[Decision, ...], ...]:
    """Without the rows about which the same reviewer was unsure once; raises InputError for two different answers."""
    filled = tuple(filled)
    found: dict[tuple[Question, str], Decision] = {}
    for one in (one for decisions in filled for one in decisions if one.is_decisive):
        other = found.setdefault((one.question, one.reviewer), one)
        if other.answer != one.answer:
            raise InputError(
                f"{one.source}: {quote(one.id)}: {one.reviewer} says {one.answer}, and {other.answer} in "
                f"{other.source}; "
                "if they are two reviewers, name them in a column 'reviewer', or with --reviewer, a run each"
            )
    return tuple(
        tuple(one for one in decisions if one.is_decisive or (one.question, one.reviewer) not in found)
        for decisions in filled
    )


def _stranger(adjudicator: str | None, decisions: Iterable[Decision]) -> list[str]:
    """A note where the adjudicator has said nothing at all, which may be a wrong name."""
    known = {one.reviewer for one in decisions}
    if adjudicator is None or adjudicator in known:
        return []
    return [f"adjudicator {quote(adjudicator)} has decided nothing{did_you_mean(adjudicator, known)}"]


def _stamped(filled: Iterable[Sequence[Decision]], decisions: Iterable[Decision]) -> list[Decision]:
    """With times, file by file, that are later than all that was said before."""
    at = max((one.at for one in decisions), default="")
    stamped = []
    for answers in filled:
        at = now(after=at)
        stamped += [replace(one, at=at) for one in answers]
    return stamped


def _content(queues: Iterable[FilledQueue], ids: set[str]) -> Mapping[str, Mapping[str, str]]:
    """What the queues show of these rows, by id."""
    import pyarrow as pa
    import pyarrow.compute as pc

    request = pa.array(ids, pa.string())
    content: dict[str, dict[str, str]] = {}
    for queue in queues if ids else ():
        rows = queue.table.select(["id", *queue.display_columns]).filter(pc.is_in(queue.ids, request))
        for row in rows.to_pylist():
            content.setdefault(row.pop("id"), {}).update(row)
    return content
