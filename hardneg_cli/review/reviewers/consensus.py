"""Consensus: the label of every row that reviewers answered, from all of their answers and a model's probabilities."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from hardneg_cli.data.columns import Columns
from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.load import load
from hardneg_cli.data.probabilities.column_checks import refuse_nonsense
from hardneg_cli.data.probabilities.loading import load_models
from hardneg_cli.data.probabilities.probabilities import Model, Probabilities, together
from hardneg_cli.detection.findings import DECIMALS
from hardneg_cli.errors import InputError
from hardneg_cli.review.decisions.adjudication import in_words
from hardneg_cli.review.decisions.decision import Decision, independent_answers
from hardneg_cli.review.decisions.row_matching import places, restated
from hardneg_cli.runtime.evidence_store import EvidenceStore

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from hardneg_cli.statistics.dawid_skene import AnnotatorLabels, DawidSkeneFit

    Array: TypeAlias = NDArray[np.float64]

SMALLEST = 1e-6  # what files round to 0
MOST_CELLS = 100_000_000  # answered rows × classes (or reviewers × classes²): all of them are held at once, 0.8 GB


@dataclass(frozen=True)
class ConsensusRow:
    """answered: the reviewers' answers. label: the consensus, empty for a row that most would drop.

    score: the estimated probability that the consensus is wrong.
    """

    id: str
    given: str
    label: str
    score: float
    answered: tuple[Decision, ...]

    @property
    def decision(self) -> str:
        if not self.label:
            return "drop"
        return "keep" if self.label == self.given else "relabel"

    @property
    def agreement(self) -> float:
        """The share of the reviewers that say what the consensus says."""
        return sum(_label(one) == self.label for one in self.answered) / len(self.answered)


@dataclass(frozen=True)
class Consensus:
    """rows: by id. accuracy: the estimated share of right labels of each reviewer who gave any. notes: what was odd.

    weight: what an answer of each reviewer counts; less than 1 for those who agree with others more than the truth
    explains.
    """

    rows: tuple[ConsensusRow, ...]
    accuracy: Mapping[str, float]
    weight: Mapping[str, float]
    notes: tuple[str, ...]

    def table(self) -> pa.Table:
        """A line for every answered row."""
        import pyarrow as pa

        rows = self.rows
        return pa.table({
            "id": pa.array([row.id for row in rows], pa.string()),
            "given_label": pa.array([row.given for row in rows], pa.string()),
            "decision": pa.array([row.decision for row in rows], pa.string()),
            "consensus_label": pa.array([row.label for row in rows], pa.string()),
            "score": pa.array([round(row.score, DECIMALS) for row in rows], pa.float64()),
            "answers": pa.array([len(row.answered) for row in rows], pa.int64()),
            "agreement": pa.array([round(row.agreement, DECIMALS) for row in rows], pa.float64()),
            "said": pa.array([in_words(row.answered) for row in rows], pa.string()),
        })  # fmt: skip


@dataclass(frozen=True)
class ConsensusInputs:
    """What a consensus stands on besides answers: the data, and the models, whose probabilities are sound."""

    dataset: Dataset
    models: tuple[Model, ...]
    notes: tuple[str, ...]


def ground(
    data: str | Path | Dataset | pa.Table,
    columns: Columns | None = None,
    *,
    probs: Sequence[Any] = (),
    classes: Sequence[str] | None = None,
    encoding: str | None = None,
) -> ConsensusInputs:
    """Read and check `data` and `probs`, which are as for `find`. Raises InputError for what cannot be right."""
    dataset = data if isinstance(data, Dataset) else load(data, columns, encoding=encoding)
    models = load_models(dataset, probs, classes)
    if not models:
        return ConsensusInputs(dataset, (), ("no probabilities: the consensus rests on the reviewers' answers alone",))
    wide, probabilities = together(models, dataset)
    digest = EvidenceStore({"dataset": wide, "probabilities": probabilities}, {})["digest"]
    notes = [note for model in models for note in model.notes] + refuse_nonsense(wide, probabilities, digest)
    return ConsensusInputs(dataset, tuple(models), tuple(notes))


def consensus(on: ConsensusInputs, decisions: Iterable[Decision]) -> Consensus:
    """What reviewers together say of each row that any of them answered.

    decisions: as `CollectResult.decisions` has them; what settles conflicts is no answer, nor is being unsure, nor what
    was said about other content than the row has now. Several models are pooled; where there is none the answers stand
    alone. A row that more than half would drop is one to drop.
    Raises InputError for more rows and classes than memory may hold.
    """
    answers = independent_answers(restated(on.dataset, list(decisions)))
    by_row, lost = _rows_with_answers(on.dataset, [one for one in answers if one.is_decisive])
    labeled = {row: [one for one in answers if one.decision != "drop"] for row, answers in by_row.items()}
    rows = [row for row, answers in labeled.items() if answers]
    names = sorted({one.reviewer for answers in labeled.values() for one in answers})
    named = {_label(one) for answers in labeled.values() for one in answers}
    labels = tuple(sorted({*on.dataset.classes, *named,
                           *(name for model in on.models for name in model.classes)}))  # fmt: skip
    if max(len(rows), len(names) * len(labels)) * len(labels) > MOST_CELLS:
        raise InputError(f"a consensus of {len(rows):,} rows, {len(names):,} reviewers and {len(labels):,} classes is "
                         "more than memory may hold: collect a part of the data at a time")  # fmt: skip
    found: dict[int, tuple[str, float]] = {}
    accuracy, weight = dict[str, float](), dict[str, float]()
    if rows:
        crowd = _weighed(on, rows, _coded(rows, labeled, names, labels), labels)
        found = dict(zip(rows, _chosen(crowd, labels), strict=True))
        accuracy = dict(zip(names, crowd.accuracy.tolist(), strict=True))
        weight = dict(zip(names, crowd.weight.tolist(), strict=True))
    consensus_rows = (_row(on.dataset, row, *found.get(row, ("", 0.0)), answers) for row, answers in by_row.items())
    return Consensus(tuple(consensus_rows), accuracy, weight, (*on.notes, *lost))


def _rows_with_answers(dataset: Dataset, answers: Sequence[Decision]) -> tuple[dict[int, list[Decision]], list[str]]:
    """The answers about each row as it is now, rows by id and reviewers by name; a note on what fits none."""
    import numpy as np

    answers = sorted(answers, key=lambda one: (one.id, one.reviewer))
    rows = places(dataset, [one.id for one in answers])
    known = np.unique(rows[rows >= 0])
    hashes = dict(zip(known.tolist(), dataset.row_hashes(known), strict=True))
    found: dict[int, list[Decision]] = {}
    for row, one in zip(rows.tolist(), answers, strict=True):
        if hashes.get(row) == one.row_hash:
            found.setdefault(row, []).append(one)
    lost = len(answers) - sum(map(len, found.values()))
    return found, [f"{lost:,} answers are about rows that {dataset.name} has no longer"] if lost else []


def _coded(
    rows: Sequence[int], labeled: Mapping[int, Sequence[Decision]], names: Sequence[str], labels: Sequence[str]
) -> list[AnnotatorLabels]:
    """Each reviewer's labels, as numbers of `rows` and codes into `labels`."""
    import numpy as np

    from hardneg_cli.statistics.dawid_skene import AnnotatorLabels

    code = {name: number for number, name in enumerate(labels)}
    found: dict[str, tuple[list[int], list[int]]] = {name: ([], []) for name in names}
    for place, row in enumerate(rows):
        for one in labeled[row]:
            found[one.reviewer][0].append(place)
            found[one.reviewer][1].append(code[_label(one)])
    return [AnnotatorLabels(np.array(found[name][0], np.int64), np.array(found[name][1], np.int64)) for name in names]


def _weighed(
    on: ConsensusInputs, rows: Sequence[int], answers: Sequence[AnnotatorLabels], labels: tuple[str, ...]
) -> DawidSkeneFit:
    import numpy as np

    from hardneg_cli.statistics.dawid_skene import ModelPrior, fit

    votes = np.bincount(np.concatenate([one.codes for one in answers]), minlength=len(labels)) + 1.0
    share = votes / votes.sum()
    code = {name: number for number, name in enumerate(labels)}
    given = np.array([code[name] for name in on.dataset.classes], np.int64)[on.dataset.labels[list(rows)]]
    if not on.models:
        return fit(answers, ModelPrior(np.tile(np.log(share), (len(rows), 1)), np.zeros(len(labels))), given)
    _, probabilities = together(on.models, on.dataset.with_classes(labels))
    strange = np.where(np.logical_or.reduce(probabilities.known), 0, share)
    pooled = _pooled(_logs(probabilities, np.array(rows), share), answers)
    return fit(answers, ModelPrior(pooled, strange), given)


def _logs(probabilities: Probabilities, rows: NDArray[np.int64], share: Array) -> list[Array]:
    """Each model's log-probabilities of `rows`; a class that it does not know has the share of the answers."""
    import numpy as np

    order = np.argsort(rows)
    found = [np.empty((len(rows), len(share))) for _ in probabilities.models]
    for span, blocks in probabilities.blocks():
        first, last = np.searchsorted(rows[order], (span.start, span.stop))
        mine = order[first:last]
        for model, block in enumerate(blocks):
            strange = ~probabilities.known[model]
            p = np.maximum(block[rows[mine] - span.start].astype(np.float64), SMALLEST)
            p *= (1 - share[strange].sum()) / p.sum(axis=1, keepdims=True)
            p[:, strange] = share[strange]
            found[model][mine] = np.log(p)
    return found


def _pooled(logs: list[Array], answers: Sequence[AnnotatorLabels]) -> Array:
    """Several models as one: a logarithmic opinion pool with the weights that explain the answers best."""
    import numpy as np

    from hardneg_cli.statistics.opinion_pool import fit_to_noisy

    if len(logs) == 1:
        return logs[0]
    rows, codes = (np.concatenate([getattr(one, part) for one in answers]) for part in ("rows", "codes"))
    return fit_to_noisy([z[rows] for z in logs], codes).log_odds(logs)


def _chosen(crowd: DawidSkeneFit, labels: Sequence[str]) -> list[tuple[str, float]]:
    """The most probable label of each row, and the probability that it is another one; the first name of equal ones."""
    best = crowd.classes.round(DECIMALS).argmax(axis=1)
    right = crowd.classes.max(axis=1)
    return [(labels[code], 1 - p) for code, p in zip(best.tolist(), right.tolist(), strict=True)]


def _row(dataset: Dataset, row: int, label: str, wrong: float, answers: Sequence[Decision]) -> ConsensusRow:
    """Answers that say drop count against a label, and those that give one against dropping."""
    drops = sum(one.decision == "drop" for one in answers) / len(answers)
    given = dataset.classes[dataset.labels[row]]
    if drops > 0.5:
        return ConsensusRow(dataset.ids[row].as_py(), given, "", 1 - drops, tuple(answers))
    return ConsensusRow(dataset.ids[row].as_py(), given, label, 1 - (1 - wrong) * (1 - drops), tuple(answers))


def _label(one: Decision) -> str:
    """The label that the row is to have, empty for a row that is to go."""
    if one.decision == "drop":
        return ""
    return one.new_label if one.decision == "relabel" else one.given
