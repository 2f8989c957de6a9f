"""Refine: self-training over an unlabeled pool, with people in the loop."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from hardneg_cli.data.columns import Columns
from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.features.features import feature_choice
from hardneg_cli.data.features.inputs import material
from hardneg_cli.data.load import load
from hardneg_cli.data.picture_columns import readable_columns
from hardneg_cli.errors import InputError
from hardneg_cli.io.tables.verb_result import VerbResult
from hardneg_cli.modeling.out_of_fold import Classifier
from hardneg_cli.modeling.self_training import self_training
from hardneg_cli.modeling.self_training.active_learning import QueryRow, contradicted, most_informative, queue_table
from hardneg_cli.modeling.self_training.ledger import LedgerRound
from hardneg_cli.modeling.self_training.pool_labels import PoolLabels, pool_labels
from hardneg_cli.modeling.self_training.self_training import SelfTrainingRound, SelfTrainingRun, best, labels_needed
from hardneg_cli.modeling.self_training.tables import AddedRow, added, dataset_table, entries, refuse_ledger_columns
from hardneg_cli.modeling.self_training.task import PooledRows, SelfTrainingGoal, learners_from_few, together
from hardneg_cli.modeling.self_training.verdict import presumed, verdict
from hardneg_cli.modeling.unlabeled_pool import unlabeled as read_pool
from hardneg_cli.rendering.summary import under
from hardneg_cli.review.decisions.decision_sources import GivenDecisions, load_decisions
from hardneg_cli.runtime.evidence_store import checked_settings
from hardneg_cli.verbs._keywords import (
    Data,
    DataKeywords,
    DecisionsRead,
    ModelSources,
    Reading,
    Settings,
    Training,
    UnitChoice,
    grouped,
    read_data,
    spelled_out,
)

if TYPE_CHECKING:
    import pyarrow as pa

STRATEGY = "self-training"
BUDGET = 50  # rows that people get


@dataclass(frozen=True, repr=False)
class RefineResult(VerbResult):
    """What the rounds made of a labeled dataset and its pool.

    together: their rows as one. trained: the rounds of this run and those before it, done anew. entries: the ledger's
    rounds, old ones and, from `done` on, new ones; the last one says which pseudo-labels are given out.
    """

    labeled: Dataset
    pool: Dataset
    by_people: PoolLabels
    together: PooledRows
    trained: SelfTrainingRun
    entries: tuple[LedgerRound, ...]
    done: int
    notes: tuple[str, ...]

    @property
    def best(self) -> SelfTrainingRound:
        return best(self.trained.rounds)

    @cached_property
    def new_rows(self) -> tuple[AddedRow, ...]:
        """The rows of the pool that have got a label, in the pool's order."""
        return added(self.labeled, self.pool, self.by_people, self.entries[-1])

    def table(self) -> pa.Table:
        """The refined dataset: the labeled data's columns, and source, round, p and weight."""
        return dataset_table(self.labeled, self.by_people.labeled, self.pool, self.new_rows)

    def tables(self) -> dict[str, pa.Table]:
        """The refined dataset, and the queue with the columns that both inputs have."""
        return {"rows": self.table(), "queue": self.queue(show=self.display_columns(None, None))}

    def queue(self, budget: int = BUDGET, show: Sequence[str] = ()) -> pa.Table:
        """The rows for people, the most useful first: labels that a sure model contradicts, then unsure pool rows."""
        thought, all_, round_ = self.best.probabilities, self.together, self.best
        least = max(round_.cut.score if round_.cut else 0.0, 1 - self.together.task.goal.max_error)
        own = [
            row for row in contradicted(thought, all_.task.labels, least).tolist()
            if all_.task.representative[row] and int(all_.places[row]) not in self.by_people.labeled
        ]  # fmt: skip
        open_ = all_.task.pool & ~round_.accepted
        rows = [*own, *most_informative(thought, open_, self.trained.graph, budget).tolist()][:budget]
        return queue_table(self.labeled, self.pool, [self._question(row) for row in rows], show)

    def display_columns(self, patterns: str | None, features: str | None) -> tuple[str, ...]:
        """The pool's columns to show: those asked for, else all that the labeled rows have too but for features.

        The pictures are shown in any case.
        """
        both = [name for name in self.pool.content.column_names if name in self.labeled.content.column_names]
        hidden = [part.strip() for part in (features or "").split(",")]
        return readable_columns(self.pool, both, patterns, hidden)

    @cached_property
    def more_labels(self) -> int | None:
        """How many more labeled rows would probably let rows be accepted, where none are; None where none would.

        They would have to be drawn as those that there are; the models are taken for what they are, though labels
        make them better.
        """
        if self.best.cut:
            return 0
        needed = labels_needed(self.together.task, self.best)
        return None if needed is None else max(1, needed - int(self.together.task.representative.sum()))

    def _question(self, row: int) -> QueryRow:
        p, names = self.best.probabilities[row], self.together.classes
        place = self.together.places[row]
        first, second = p.argsort(kind="stable")[::-1][:2].tolist()
        if self.together.task.pool[row]:
            return QueryRow(True, place, names[first], names[second], float(p[first]), float(p[second]))
        given = int(self.together.task.labels[row])
        return QueryRow(False, place, names[given], names[first], float(p[given]), float(p[first]))

    def summary(self) -> Iterator[str]:
        """Lines for people."""
        task = self.together.task
        sample, pool = int(task.representative.sum()), int(task.pool.sum())
        others = int((~task.pool & ~task.representative).sum())
        people = f", {others:,} labeled by people" if self.by_people.pool else ""
        yield f"{self.labeled.name}: {sample:,} labeled rows, {len(self.together.classes):,} classes; " \
              f"{self.pool.name}: {pool:,} unlabeled rows{people}"  # fmt: skip
        yield from under("Rounds", self._rounds())
        yield verdict(task, self.best, self.more_labels)
        yield from presumed(self.together, self.best, self.pool.name)
        yield from (f"note: {note}" for note in self.notes)
        yield from (f"note: {remark}" for remark in (*self.labeled.remarks(), *self.pool.remarks()))

    def _rounds(self) -> Iterator[str]:
        for round_ in self.trained.rounds:
            mark = ", the best" if round_ is self.best else ""
            right = f"{round_.accuracy:.1%} of the labels are what models that never saw them say"
            yield f"round {round_.number}: {right}, log-loss {round_.log_loss:.3f}{mark}"


class RefineKeywords(DataKeywords, total=False):
    """What `refine` takes besides the data, the pool and the goal."""

    features: Any
    embed: str | Callable[[list[str]], object] | None
    models: Sequence[str]
    settings: Settings
    rounds: int
    folds: int
    seed: int
    decisions: GivenDecisions


@spelled_out(RefineKeywords, Columns, ModelSources, Training, UnitChoice, DecisionsRead, Reading)
def refine(
    data: Data,
    unlabeled: Data,
    columns: Columns | None = None,
    *,
    unlabeled_features: Any = None,
    max_error: float = 0.05,
    confidence: float = 0.9,
    before: Sequence[LedgerRound] = (),
    **options: Unpack[RefineKeywords],
) -> RefineResult:
    """Pseudo-labels for the rows of `unlabeled` whose error the labels of `data` prove to be within `max_error`.

    models: names of classifiers, beside label spreading; by default logistic, and for tables forest too. rounds: at
    most so many more than `before`, the ledger's rounds, which are done anew with the labels that there are now.
    decisions: logs, filled queues or decisions, by default the logs beside the data and the pool. Labels that people
    gave to pool rows teach, and prove nothing.
    Raises InputError for input that cannot be right.
    """
    training, chosen = grouped(Training, options), grouped(UnitChoice, options).settings
    features, decisions = grouped(ModelSources, options).features, grouped(DecisionsRead, options).decisions
    _refuse_odd(max_error, confidence, training.rounds)
    labeled = read_data(data, columns, options)
    refuse_ledger_columns(labeled)
    reading = grouped(Reading, options)
    pool_choice = feature_choice(features if unlabeled_features is None else unlabeled_features, labeled.columns)
    vectors = pool_choice if reading.may_skip else None
    pool = read_pool(unlabeled, labeled.columns, reading.encoding, vectors=vectors)
    loaded = load_decisions(decisions, data, unlabeled)
    by_people = pool_labels(labeled, pool, loaded.decisions)
    own = material(labeled, feature_choice(features, labeled.columns))
    named = [Classifier.called(name, chosen.get(name)) for name in training.models]
    classifiers = tuple(named or learners_from_few(own, chosen))
    all_ = together(
        labeled, pool, by_people, own, material(pool, pool_choice), classifiers,
        SelfTrainingGoal(max_error, confidence, len(before) + training.rounds, at_least=len(before) + 1),
        folds=training.folds, seed=training.seed,
    )  # fmt: skip
    tuned = checked_settings("strategy", STRATEGY, self_training.run, chosen.get(STRATEGY, {}))
    trained = self_training.run(all_.task, **tuned)
    facts = {
        "models": [one.name for one in classifiers],
        "seed": training.seed,
        "max_error": max_error,
        "confidence": confidence,
    }
    ledger = entries(pool, all_, trained.rounds, before, facts)
    notes = (*loaded.notes, *by_people.notes, *all_.notes)
    return RefineResult(labeled, pool, by_people, all_, trained, ledger, len(before), notes)


def undo(
    data: str | Path, unlabeled: str | Path, columns: Columns | None, before: Sequence[LedgerRound], round_: int, *,
    decisions: GivenDecisions = None, encoding: str | None = None, on_bad_rows: str = "fail",
) -> pa.Table:  # fmt: skip
    """The refined dataset as it was before a round of the ledger; raises InputError if there was no such round."""
    if not 1 <= round_ <= len(before):
        raise InputError(f"--undo-round {round_}: the ledger has {len(before)} rounds that count")
    labeled = load(data, columns, encoding=encoding, on_bad_rows=on_bad_rows)
    refuse_ledger_columns(labeled)
    pool = read_pool(unlabeled, labeled.columns, encoding)
    loaded = load_decisions(decisions, data, unlabeled)
    by_people = pool_labels(labeled, pool, loaded.decisions)
    last = before[round_ - 2] if round_ > 1 else LedgerRound({}, {})
    return dataset_table(labeled, by_people.labeled, pool, added(labeled, pool, by_people, last))


def _refuse_odd(max_error: float, confidence: float, rounds: int) -> None:
    if not 0 < max_error < 1:
        raise InputError(f"--max-error is a share between 0 and 1, or from 0% to 100%, not {max_error:g}")
    if not 0 < confidence < 1:
        raise InputError(f"--confidence is a share between 0 and 1, or from 0% to 100%, not {confidence:g}")
    if rounds < 1:
        raise InputError(f"--rounds is at least 1, not {rounds}")
