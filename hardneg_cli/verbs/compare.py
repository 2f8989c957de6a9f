"""Compare models on the same rows, by the labels as given, as people corrected them, and as an audit estimates them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from hardneg_cli.data.columns import Columns
from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.probabilities.hard_predictions import from_predictions
from hardneg_cli.data.probabilities.hard_predictions import prediction_column as found_column
from hardneg_cli.data.probabilities.loading import load_model
from hardneg_cli.data.probabilities.probabilities import Model
from hardneg_cli.errors import InputError, did_you_mean, listing, quote
from hardneg_cli.io.tables.spill import MEMORY
from hardneg_cli.modeling.evaluation.checkpoint_series import checkpoints_among, may_be_checkpoints
from hardneg_cli.modeling.evaluation.compare_result import CompareResult
from hardneg_cli.modeling.evaluation.comparison import LabelSet, MetricRow, adjusted, lines, measured
from hardneg_cli.modeling.evaluation.metrics import OVERALL, PredictionSummary, row_sums
from hardneg_cli.modeling.evaluation.model_outputs import ModelOutputs, outputs_on_common_rows
from hardneg_cli.modeling.evaluation.training_history import training_history
from hardneg_cli.modeling.label_source import AUDITED, GIVEN, label_sources
from hardneg_cli.review.audit.filled_audit import FilledAudit, read_audit
from hardneg_cli.review.decisions.decision_sources import GivenDecisions, load_decisions
from hardneg_cli.runtime.progress import progress
from hardneg_cli.statistics.bootstrap import AuditStrata, pooled_strata
from hardneg_cli.verbs._keywords import (
    Data,
    DataKeywords,
    DecisionsRead,
    ModelSources,
    Reading,
    grouped,
    read_data,
    spelled_out,
)
from hardneg_cli.verbs._run_request import run_settings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hardneg_cli.data.probabilities.loading import ModelSource

    Codes = NDArray[np.int64]


class CompareKeywords(DataKeywords, total=False):
    """What `compare` takes besides the data and the models."""

    decisions: GivenDecisions
    audit: Data | None


@spelled_out(CompareKeywords, Columns, DecisionsRead, Reading)
def compare(
    data: Data,
    models: Sequence[Any],
    columns: Columns | None = None,
    *,
    prediction_column: str | None = None,
    checkpoints: bool | None = None,
    seed: int = 0,
    **options: Unpack[CompareKeywords],
) -> CompareResult:
    """Metrics of each model with 95 % intervals, and paired differences of every one to each before it.

    models: files (`prob_<class>` columns, .npy with `classes`, or a column of predictions) or N×K arrays. Rows that
    one of them lacks are left out for all. prediction_column: the one with them, where it is not called so.
    decisions: logs, filled queues or decisions that correct the labels, by default the log beside the data, () for
    none. audit: a filled audit of these rows. With a column `groups` whole groups are resampled.
    checkpoints: whether the models are checkpoints of one training, in its order or in that of the numbers in their
    names; by default such names as epoch1.parquet, epoch2.parquet tell. The result then has their history: curves by
    the column `split`, overfitting, forgetting and cartography; each is compared with the first, the last with the
    best.
    Raises InputError for input that cannot be right.
    """
    people, reading = grouped(DecisionsRead, options), grouped(Reading, options)
    dataset, classes = (
        read_data(data, columns, options, needs_vectors=False),
        grouped(ModelSources, options).class_names,
    )
    _refuse_too_little(dataset, models)
    series = checkpoints_among(models, checkpoints)
    may_be = checkpoints is None and series is None and may_be_checkpoints(models)
    models = models if series is None else [models[place] for place in series.order]
    share = MEMORY // len(models)
    loaded = [
        _model(source, dataset, classes, prediction_column, number, share) for number, source in enumerate(models, 1)
    ]
    answers = load_decisions(people.decisions, dataset).about(dataset)
    drawn = None if people.audit is None else read_audit(people.audit)
    sources = label_sources(dataset, answers.decisions, drawn)
    dataset, kinds = sources.dataset, sources.codes
    outputs = outputs_on_common_rows(
        dataset, [model for model, _ in loaded], [hard for _, hard in loaded], kinds, may_skip=reading.may_skip,
        of_one_training=series is not None,
    )  # fmt: skip
    group = _groups(dataset, outputs.rows)
    history = None if series is None else training_history(dataset, outputs, series, group)
    pairs = None if history is None else history.pairs
    rows: list[MetricRow] = []
    with progress("resampling"):
        for kind in kinds:
            labels = LabelSet(kind, outputs.labels[kind], outputs.p_label[kind])
            if kind == AUDITED and drawn is not None and sources.audited is not None:
                labels = _estimated(outputs, drawn, sources.audited)
            numbers = measured(outputs.outputs, labels, len(outputs.classes), group, seed)
            rows += lines(outputs.outputs, labels, outputs.classes, numbers, grouped=group is not None, pairs=pairs)
    notes = [
        *dataset.remarks(),
        *(note for model, _ in loaded for note in model.notes),
        *outputs.notes,
        *answers.notes,
        *sources.notes,
    ]
    notes += [f"{model.name} names classes only: no metrics of probabilities" for model, hard in loaded if hard]
    if may_be:
        notes.append("if these are checkpoints of one training, say --checkpoints to see what it learned and forgot")
    return CompareResult(
        dataset.name, tuple(model.name for model, _ in loaded), tuple(kinds), len(outputs.rows), tuple(adjusted(rows)),
        tuple(notes), history,
        run_settings(columns, {**options, "prediction_column": prediction_column, "checkpoints": checkpoints,
                                 "seed": seed}),
    )  # fmt: skip


def known_metric(name: str) -> str:
    """Raises InputError for a metric that there is not."""
    if name not in OVERALL:
        raise InputError(f"no metric {quote(name)}{did_you_mean(name, OVERALL)} (known: {', '.join(OVERALL)})")
    return name


def _refuse_too_little(dataset: Dataset, models: Sequence[Any]) -> None:
    if not models:
        raise InputError("nothing to compare: name a file of probabilities or predictions")
    twice = sorted({source for source in models if isinstance(source, str) and models.count(source) > 1})
    if twice:
        raise InputError(f"{listing(twice)} is named twice: a model is not compared with itself")
    if len(dataset.classes) == 1:
        raise InputError(f"{dataset.name}: every label is {quote(dataset.classes[0])}; at least two classes are needed")


def _model(
    source: ModelSource,
    dataset: Dataset,
    classes: Sequence[str] | None,
    predictions: str | None,
    number: int,
    memory: int,
) -> tuple[Model, bool]:
    """A model, and whether it names classes only."""
    column = found_column(str(source), dataset, predictions) if isinstance(source, str | Path) else None
    if column is not None:
        return from_predictions(str(source), dataset, column), True
    return load_model(source, dataset, classes, may_lack=True, memory=memory, name=f"model {number}"), False


def _groups(dataset: Dataset, rows: Codes) -> Codes | None:
    """(n,) the number of each row's group; a row without one is a group of its own."""
    import numpy as np

    groups = dataset.role(dataset.columns.groups)
    if groups is None:
        return None
    names = [groups[row] for row in rows.tolist()]
    keys = [(0, name) if name else (1, str(row)) for row, name in enumerate(names)]
    number = {key: code for code, key in enumerate(sorted(set(keys)))}
    return np.array([number[key] for key in keys], np.int64)


def _estimated(outputs: ModelOutputs, audited: FilledAudit, answered_rows: Codes) -> LabelSet:
    """The given labels, and what the answers of the audit change about them, each for the rows that it stands for."""
    import numpy as np
    from scipy import sparse

    k, row_of = len(outputs.classes), np.full(int(max(answered_rows.max(), outputs.rows.max())) + 1, -1)
    row_of[outputs.rows] = np.arange(len(outputs.rows))
    rows_here = row_of[answered_rows]
    there = np.flatnonzero(rows_here >= 0)  # a row that a model lacks changes nothing
    stratum, size = pooled_strata(audited.stratum, audited.size.astype(np.float64), audited.answered)
    before, after = (
        row_sums(
            [_taken(output, rows_here[there]) for output in outputs.outputs], outputs.labels[kind][rows_here[there]],
            [None if p is None else p[rows_here[there]] for p in outputs.p_label[kind]], k,
        )
        for kind in (GIVEN, AUDITED)
    )  # fmt: skip
    order = np.argsort(rows_here[there], kind="stable")  # by id
    answered = np.flatnonzero(audited.answered)
    rest = np.setdiff1d(np.arange(len(answered_rows)), there)
    nothing = sparse.csr_array((len(rest), before.shape[1]))
    change = sparse.vstack([(after - before)[order], nothing]).tocsr()
    rows = answered[np.concatenate([there[order], rest])]
    answers = AuditStrata(change, stratum[rows], size[rows])
    return LabelSet(AUDITED, outputs.labels[GIVEN], outputs.p_label[GIVEN], answers)


def _taken(output: PredictionSummary, rows: Codes) -> PredictionSummary:
    if output.p_top is None or output.squares is None or output.bin is None:
        return PredictionSummary(output.name, output.top[rows])
    return PredictionSummary(output.name, output.top[rows], output.p_top[rows], output.squares[rows], output.bin[rows])
