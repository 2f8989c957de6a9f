"""Find suspect rows: run every detector that the input allows and weigh what they say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Unpack

from hardneg_cli.data.columns import Columns
from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.features.features import Features, feature_choice
from hardneg_cli.data.load import load
from hardneg_cli.data.probabilities.column_checks import refuse_nonsense
from hardneg_cli.data.probabilities.digest import Digest
from hardneg_cli.data.probabilities.engines import ENGINES
from hardneg_cli.data.probabilities.loading import load_models
from hardneg_cli.data.probabilities.probabilities import Engine, Model, Probabilities, together
from hardneg_cli.data.siblings import across_folds
from hardneg_cli.data.surroundings import Surroundings
from hardneg_cli.data.training_evidence import beside, split_off
from hardneg_cli.detection.detector_result import DetectorResult, ModeledDoubt, RowMeasure
from hardneg_cli.detection.detectors import DETECTORS
from hardneg_cli.detection.findings import Findings
from hardneg_cli.detection.fusion import FusedScores, fuse
from hardneg_cli.detection.reranking.rerank import rerank_on_decisions
from hardneg_cli.detection.scoring_pass import ScoredResults, scored_results
from hardneg_cli.errors import InputError, Unavailable, quote
from hardneg_cli.review.audit.filled_audit import FilledAudit, read_audit
from hardneg_cli.review.audit.recalibration import recalibrate_on_audit
from hardneg_cli.review.decisions.decision_sources import GivenDecisions, load_decisions
from hardneg_cli.review.decisions.row_decisions import RowDecisions, row_decisions
from hardneg_cli.runtime.evidence_store import EvidenceStore, checked_settings
from hardneg_cli.runtime.progress import progress
from hardneg_cli.verbs._keywords import (
    Data,
    DataKeywords,
    DecisionsRead,
    EngineChoice,
    ModelKeywords,
    ModelSources,
    Reading,
    Settings,
    UnitChoice,
    data_columns,
    grouped,
    spelled_out,
    with_vectors,
)
from hardneg_cli.verbs._run_request import run_request

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hardneg_cli.data.probabilities.loading import ModelSource

_Chosen = Mapping[str, tuple[Any, dict[str, Any]]]  # a detector's function and its settings, by name


class FindKeywords(DataKeywords, ModelKeywords, total=False):
    """What `find` takes besides the data."""

    detectors: Sequence[str]
    settings: Settings
    decisions: GivenDecisions
    audit: Data | None
    memory: int
    engine: str
    scheduler: str | None


@spelled_out(FindKeywords, Columns, ModelSources, UnitChoice, DecisionsRead, Reading, EngineChoice)
def find(
    data: Data,
    columns: Columns | None = None,
    **options: Unpack[FindKeywords],
) -> Findings:
    """Rank the rows of `data` by the probability that their label is wrong.

    The columns are named by keywords (`label="y"`, `text="t"`), or by `columns`.
    probs: a file (`prob_<class>` columns, or .npy with `classes`) or an N×K array with `classes`, or a list of several;
    one of them may be the cartography of a training, as `compare` makes it.
    features: column patterns, a file, or an N×D array; the column `text` serves where there is none.
    detectors: names, by default every one that the input allows. settings: by detector, then by name.
    decisions: logs, filled queues or decisions, by default the log beside the data, () for none. Decided rows are not
    flagged; the others are re-ranked, and score, cut and count follow, as far as the answers prove it.
    audit: what `audit draw` drew from these rows, filled in; scores, cut and count are recalibrated on it.
    memory: bytes of probabilities that may be held at a time; what is more is read again, from the file or from disk.
    engine: who works on the probabilities, `local` threads or a `dask` cluster: the one whose scheduler has the address
    `scheduler`, else one of this machine's processes. The findings are the same.
    Raises InputError for input that cannot be right.
    """
    models, units, people = (
        grouped(ModelSources, options),
        grouped(UnitChoice, options),
        grouped(DecisionsRead, options),
    )
    reading, worker = grouped(Reading, options), grouped(EngineChoice, options)
    engine, memory, may_skip = worker.engine, worker.memory, reading.may_skip
    probs, dynamics = split_off(models.probs, reading.encoding)
    engaged = ENGINES[engine].engaged(worker.scheduler)
    dataset = data if isinstance(data, Dataset) else load(
        data, data_columns(columns, options), encoding=reading.encoding, on_bad_rows=reading.on_bad_rows,
        with_probabilities=not probs, memory=memory,
    )  # fmt: skip
    dataset = with_vectors(dataset, options)
    _refuse_one_class(dataset)
    loaded = load_decisions(people.decisions, dataset).about(dataset)
    drawn = None if people.audit is None else read_audit(people.audit)
    chosen = _selected(units.detectors, units.settings)
    if engine != "local" and not (probs or dataset.columns.probabilities(dataset.all_columns)):
        raise InputError(
            f"{dataset.name}: no probabilities, so --engine {engine} has nothing to share out; leave it out"
        )
    with engaged as working:
        heard = _detect(
            dataset,
            load_models(dataset, probs, models.class_names, may_lack=may_skip, memory=memory),
            models.features,
            dynamics,
            chosen,
            working,
            may_skip,
        )
    dataset, doubts = heard.dataset, heard.scored.results
    if units.detectors and not doubts:
        raise InputError("; ".join(f"{name} cannot run: {reason}" for name, reason in heard.skipped.items()))
    with progress("weighing what they say"):
        verdicts = fuse(dataset, heard.scored)
    verdicts = _with_base_rate(verdicts, heard)
    answers = row_decisions(dataset, loaded.decisions)
    verdicts, lesson = _learned(dataset, doubts, heard.digest, verdicts, answers)
    verdicts, audited, told = _recalibrated(dataset, heard.digest, verdicts, drawn)
    return Findings(
        dataset, verdicts.score, _open(verdicts.flagged, answers), verdicts.suggested, doubts, heard.skipped,
        heard.digest, verdicts.errors, (*heard.notes, *loaded.notes, *answers.notes, *lesson, *told),
        answers.clauses, audited, verdicts.certainty, verdicts.p_suggested,
        feature_choice(models.features, None).columns, heard.surroundings, heard.features,
        _is_wrong_by_row(dataset, answers.lessons(doubts), drawn), run_request(data, columns, options),
    )  # fmt: skip


@dataclass(frozen=True)
class _Detection:
    """What the detectors say of the dataset, which has all models' classes now; None of the digest without models."""

    dataset: Dataset
    digest: Digest | None
    scored: ScoredResults
    skipped: dict[str, str]
    notes: tuple[str, ...]
    surroundings: Surroundings
    features: Features | None


def _detect(
    dataset: Dataset, models: list[Model], features: Any, dynamics: ModelSource | None, chosen: _Chosen, engine: Engine,
    may_skip: bool,
) -> _Detection:  # fmt: skip
    """Gather the evidence and ask the detectors; afterwards nobody holds probabilities that nobody will ask for."""
    dataset, evidence, notes = _gathered(dataset.with_probabilities(None), models, features, dynamics, engine, may_skip)
    scored, skipped = _run_detectors(dataset, chosen, evidence)
    digest = evidence["digest"] if models else None
    notes += across_folds(dataset, evidence.known("copies")) if models else []
    around = Surroundings.of(evidence.known("copies"), evidence.known("neighbors"))
    return _Detection(dataset, digest, scored, skipped, (*notes, *evidence.notes()), around, evidence.known("features"))


def _with_base_rate(verdicts: FusedScores, heard: _Detection) -> FusedScores:
    """The mean score, below the flagged ones, for rows whose label no model knows and nothing else judges."""
    import numpy as np

    if heard.digest is None or not (left := heard.digest.unjudged.copy()).any():
        return verdicts
    for doubt in heard.scored.results.values():
        if doubt.about == "label":
            left[doubt.rows] = False
    judged = heard.digest.judged
    if not left.any() or not judged.any():
        return verdicts
    score, flagged = verdicts.score.copy(), verdicts.flagged
    below = np.nextafter(score[flagged].min(), 0) if flagged.any() else 0.5
    score[left] = np.maximum(score[left], min(float(score[judged].mean()), float(below)))
    return replace(verdicts, score=score)


def _learned(
    dataset: Dataset,
    doubts: Mapping[str, DetectorResult],
    digest: Digest | None,
    verdicts: FusedScores,
    answers: RowDecisions,
) -> tuple[FusedScores, list[str]]:
    """The verdicts in the order and at the level that the answers teach, and notes on that."""
    if not len(answers.rows):
        return verdicts, []
    return rerank_on_decisions(dataset, doubts, digest, verdicts, *answers.lessons(doubts))


def _recalibrated(
    dataset: Dataset, digest: Digest | None, verdicts: FusedScores, audited: FilledAudit | None
) -> tuple[FusedScores, int, list[str]]:
    """The verdicts on the ground of the audit, how many rows have an answer there, and a note on that."""
    if audited is None:
        return verdicts, 0, []
    import numpy as np

    judged = np.ones(len(dataset), bool) if digest is None else ~digest.bad
    answers = len(audited.decisions)
    note = f"score, cut and count are recalibrated on {answers:,} audited rows ({audited.name})"
    return recalibrate_on_audit(dataset, judged, verdicts, audited), answers, [note]


def _is_wrong_by_row(
    dataset: Dataset, lessons: tuple[NDArray[np.int64], NDArray[np.bool_], object], audited: FilledAudit | None
) -> dict[int, bool]:
    """Whether the label is wrong, by row, of those that people answered."""
    rows, wrong, _ = lessons
    found = dict(zip(rows.tolist(), wrong.tolist(), strict=True))
    if audited is not None:
        found |= dict(zip(audited.rows(dataset).tolist(), audited.is_error[audited.answered].tolist(), strict=True))
    return found


def _open(flagged: NDArray[np.bool_], answers: RowDecisions) -> NDArray[np.bool_]:
    """The flagged rows that nobody decided."""
    left = flagged.copy()
    left[answers.rows] = False
    return left


def _gathered(
    dataset: Dataset, models: list[Model], features: Any, dynamics: ModelSource | None, engine: Engine, may_skip: bool
) -> tuple[Dataset, EvidenceStore, list[str]]:
    """The dataset with all models' classes, and the evidence to ask; probabilities are read and checked now."""
    given: dict[str, Any] = {}
    lacking: dict[str, str] = {}
    notes: list[str] = [note for model in models for note in model.notes]
    if models:
        dataset, probabilities = together(models, dataset, may_skip=may_skip)
        given["probabilities"] = probabilities = replace(probabilities, engine=engine)
        notes += _unknown_classes(dataset, probabilities)
    else:
        reason = f"no probabilities: name them with --probs, or add {dataset.columns.prob_prefix}<class> columns"
        lacking = {"probabilities": reason, "digest": reason}
    given |= {"dataset": dataset, "feature_choice": feature_choice(features, dataset.columns)}
    if dynamics is not None:
        given["training_evidence"] = beside(dynamics, dataset)
    evidence = EvidenceStore(given, lacking)
    if models:
        notes += refuse_nonsense(dataset, given["probabilities"], evidence["digest"])
    return dataset, evidence, notes


def _unknown_classes(dataset: Dataset, probabilities: Probabilities) -> list[str]:
    """What to say about classes that only the labels or only the models have."""
    notes = []
    for model in probabilities.models:
        known = set(model.classes)
        strange = [(name, int(count)) for name, count in zip(dataset.classes, dataset.counts, strict=True)
                   if count and name not in known]  # fmt: skip
        unused = [name for name in model.classes if not dataset.counts[dataset.classes.index(name)]]
        if strange:
            rows = sum(count for _, count in strange)
            names = ", ".join(repr(name) for name, _ in strange[:5]) + (" …" if len(strange) > 5 else "")
            notes.append(
                f"{model.name} does not know {len(strange)} of the labels ({names}): {rows:,} rows not judged by it"
            )
        if unused:
            names = ", ".join(repr(name) for name in unused[:5]) + (" …" if len(unused) > 5 else "")
            notes.append(f"{model.name} knows {len(unused)} classes that no label uses ({names})")
    return notes


def _refuse_one_class(dataset: Dataset) -> None:
    if len(dataset.classes) == 1:
        only = dataset.classes[0]
        raise InputError(
            f"{dataset.name}: every label is {quote(only)}; at least two classes are needed to doubt a label"
        )


def _selected(detectors: Sequence[str], settings: Settings) -> _Chosen:
    """The detectors to run, each with its settings; settings of a detector that does not exist are an error."""
    for name in settings:
        DETECTORS[name]
    chosen = {}
    for name in detectors or DETECTORS.names:
        function = DETECTORS[name].detect
        chosen[name] = function, checked_settings("detector", name, function, settings.get(name, {}))
    return chosen


def _run_detectors(
    dataset: Dataset, chosen: _Chosen, evidence: EvidenceStore
) -> tuple[ScoredResults, dict[str, str]]:  # fmt: skip
    """What each detector says, and why the others could not run."""
    answers: dict[str, DetectorResult | ModeledDoubt | RowMeasure] = {}
    skipped: dict[str, str] = {}
    with progress("asking the detectors"):
        for number, (name, (function, settings)) in enumerate(chosen.items(), 1):
            try:
                with progress(f"{name}, {number} of {len(chosen)}"):
                    answers[name] = evidence.call(function, settings)
            except Unavailable as reason:
                skipped[name] = str(reason)
        with progress("scoring"):
            scored = scored_results(dataset, answers)
    skipped |= scored.skipped
    return scored, {name: skipped[name] for name in chosen if name in skipped}
