"""Judge a dataset commit: run the gates over a dataset and its base."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Unpack

from hardneg_cli.data.baseline import Baseline
from hardneg_cli.data.columns import Columns
from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.features.features import FeatureChoice, feature_choice
from hardneg_cli.detection.detectors import DETECTORS
from hardneg_cli.detection.near_copy_cache import NearCopyCache
from hardneg_cli.errors import InputError, Unavailable, did_you_mean, quote
from hardneg_cli.gating.gates import GATES
from hardneg_cli.gating.verdict import CheckReport, GateResult
from hardneg_cli.modeling.prediction_cache import PredictionCache
from hardneg_cli.review.audit.filled_audit import read_audit
from hardneg_cli.review.decisions.decision_sources import GivenDecisions, LoadedDecisions
from hardneg_cli.runtime.evidence_store import EvidenceStore, checked_settings
from hardneg_cli.verbs._base_model import DETECTORS as OF_A_MODEL
from hardneg_cli.verbs._base_model import base_model
from hardneg_cli.verbs._bases import FoundBase, committed_data, decisions_of, found_base
from hardneg_cli.verbs._keywords import (
    Data,
    DataKeywords,
    DecisionsRead,
    ModelKeywords,
    ModelSources,
    Reading,
    Settings,
    UnitChoice,
    grouped,
    spelled_out,
)
from hardneg_cli.verbs.find import find

if TYPE_CHECKING:
    from hardneg_cli.detection.findings import Findings
    from hardneg_cli.verbs._bases import Base

Means = Literal["fail", "warn"]
MIN_CLASSES = 2
NO_BASE = "no base: name one with --base FILE, --base git:REV or --state FILE"
NO_LOG = "no decisions: there is no log beside the data; name one with --decisions"
NO_BASE_LOG = "the base has no decisions log"
NO_AUDIT = "no audit: name a filled one with --audit"


@dataclass(frozen=True)
class Caching:
    """cache: a folder in which the model of the base and near copies are kept by content, for the next run."""

    cache: str | Path | None = None


@dataclass(frozen=True)
class GateChoice:
    """fail_on, warn_on: what the refusal of a gate means, over its default. require: to ask even if it is not on."""

    fail_on: Sequence[str] = ()
    warn_on: Sequence[str] = ()
    require: Sequence[str] = ()
    allow_class: Sequence[str] = ()


class CheckKeywords(DataKeywords, ModelKeywords, total=False):
    """What `check` takes besides the data and what they were before."""

    fail_on: Sequence[str]
    warn_on: Sequence[str]
    require: Sequence[str]
    allow_class: Sequence[str]
    settings: Settings
    decisions: GivenDecisions
    audit: Data | None
    cache: str | Path | None


@spelled_out(CheckKeywords, Columns, GateChoice, ModelSources, UnitChoice, DecisionsRead, Reading, Caching)
def check(
    data: Data,
    columns: Columns | None = None,
    *,
    base: Base | None = None,
    state: str | Path | None = None,
    with_findings: bool = False,
    **options: Unpack[CheckKeywords],
) -> CheckReport:
    """Ask every gate that is on by default, or named, about `data`.

    base: what it was before: a file, `git:REV` for the same path at that revision, a table. state: the same from a
    file that `find --state` wrote. fail_on, warn_on: what the refusal of a gate means, over its default.
    require: gates to ask even if they are not on by default. allow_class: new classes that are meant. settings: by
    gate or detector, then by name; gates that have some are asked. with_findings: whether the report is to hold them
    though no gate asks.
    Where a gate asks for findings, `find` runs with `probs`, `classes`, `features`, `decisions` and `audit`. Without
    probabilities, but with `text`, `features` or `image`, they come of models of the base's rows, each row's of models
    that have not seen it; `cache` names a folder that keeps them by content.
    Raises InputError for input that cannot be right; what a gate cannot judge is no error.
    """
    gates, people = grouped(GateChoice, options), grouped(DecisionsRead, options)
    chosen, others = _chosen(gates, grouped(UnitChoice, options).settings)
    judged, reading = committed_data(data, columns, options), grouped(Reading, options)
    dataset = judged.dataset
    choice = feature_choice(grouped(ModelSources, options).features, dataset.columns)
    given: dict[str, Any] = {"allowed_classes": tuple(gates.allow_class), "feature_choice": choice}
    lacking: dict[str, str] = {}
    before = found_base(dataset, base, state, reading.encoding)
    loaded, log = decisions_of(dataset, people.decisions, before)
    _put(given, lacking, "decisions", loaded.decisions if loaded.decisions or log else None, NO_LOG)
    _put(given, lacking, "base_log", log, NO_BASE_LOG)
    _put(given, lacking, "audited", None if people.audit is None else read_audit(people.audit), NO_AUDIT)
    wants_findings = with_findings or any(_names(function, "findings") for _, function, _ in chosen.values())
    found = _found(dataset, before, options, others, loaded) if wants_findings else _Found(before)
    if with_findings and found.reason:
        raise InputError(found.reason)
    _put(given, lacking, "findings", found.findings, found.reason)
    before = found.before
    if found.findings and found.findings.dataset.columns != dataset.columns:  # others are content than was thought
        before = found_base(found.findings.dataset, base, state, reading.encoding)
    dataset = found.findings.dataset if found.findings else dataset
    _put(given, lacking, "baseline", before.state, NO_BASE)
    cache = _near_copy_cache(dataset, choice, chosen, options)
    if cache and (groups := cache.read()) is not None:
        given["near_copies"] = groups
    evidence = EvidenceStore(given | {"dataset": dataset}, lacking)
    results = tuple(_gate_results(name, *gate, evidence) for name, gate in chosen.items())
    trouble = _write_near_copies(cache, evidence) if "near_copies" not in given else ""
    notes = (*judged.notes, *loaded.notes, *found.notes)
    cost = "; ".join(filter(None, (found.cost, trouble if trouble not in found.cost else "")))
    return replace(report_of(dataset, before.state, evidence, results, notes), cost=cost)


def _near_copy_cache(
    dataset: Dataset, choice: FeatureChoice, chosen: Mapping[str, tuple[Means, Any, object]],
    options: Mapping[str, object],
) -> NearCopyCache | None:  # fmt: skip
    """Where near copies are kept; None where no gate looks for any."""
    folder = grouped(Caching, options).cache
    wanted = dataset.columns.split is not None and any(_names(judge, "near_copies") for _, judge, _ in chosen.values())
    return NearCopyCache.of(Path(folder), dataset, choice) if folder is not None and wanted else None


def _write_near_copies(cache: NearCopyCache | None, evidence: EvidenceStore) -> str:
    """Keep the near copies that were looked for; what there is to say where that cannot be done."""
    groups = evidence.known("near_copies")
    return "" if cache is None or groups is None else cache.write(groups)


@dataclass(frozen=True)
class _Found:
    """findings: None where there are none, for the `reason`. before: the base, with what its own model says of it."""

    before: FoundBase
    findings: Findings | None = None
    reason: str = ""
    notes: tuple[str, ...] = ()
    cost: str = ""


def _found(
    dataset: Dataset, before: FoundBase, options: Mapping[str, object], settings: Settings, decisions: LoadedDecisions
) -> _Found:  # fmt: skip
    """What find says of the rows, by the models that are named, or by one of the base."""
    models, people, reading = (
        grouped(ModelSources, options),
        grouped(DecisionsRead, options),
        grouped(Reading, options),
    )
    if len(dataset.classes) < MIN_CLASSES:
        only = quote(dataset.classes[0])
        return _Found(before, reason=f"every label is {only}: at least two classes are needed to doubt a label")
    own, probs = None, models.probs
    detectors: tuple[str, ...] = ()
    if not (probs or dataset.columns.probabilities(dataset.all_columns)):
        folder = grouped(Caching, options).cache
        cache = None if folder is None else PredictionCache(Path(folder))
        choice = feature_choice(models.features, dataset.columns)
        try:
            own = base_model(dataset, before, choice, cache, reading.encoding)
        except Unavailable as reason:
            return _Found(before, reason=str(reason))
        probs, detectors, before = [own.model], (*OF_A_MODEL, *settings), replace(before, state=own.state)
    found = find(
        dataset, probs=probs, classes=models.classes, features=models.features, settings=settings, decisions=decisions,
        audit=people.audit, on_bad_rows=reading.on_bad_rows, detectors=detectors,
    )  # fmt: skip
    return _Found(before, found, "", (own.note,) if own else (), own.cost if own else "")


def report_of(
    dataset: Dataset,
    before: Baseline | None,
    evidence: EvidenceStore,
    results: tuple[GateResult, ...],
    notes: Iterable[str],
) -> CheckReport:
    """The gates' results, what changed, and what the pieces of evidence have to say about themselves."""
    changes = findings = None
    notes = [*dataset.remarks(), *notes, *(() if before is None else before.notes)]
    try:
        changes = evidence["changes"]
    except Unavailable as reason:
        if before is not None:
            notes.append(f"what changed cannot be told: {reason}")
    findings = evidence.known("findings")
    notes += findings.notes if findings else ()
    return CheckReport(
        dataset, None if before is None else before.name, changes, results, tuple(dict.fromkeys(notes)), findings
    )


def _chosen(
    gates: GateChoice, settings: Settings
) -> tuple[dict[str, tuple[Means, Any, dict[str, Any]]], dict[str, Mapping[str, Any]]]:
    """The gates to ask, each with what its refusal means and its settings; the settings that are of detectors."""
    if both := sorted({*gates.fail_on} & {*gates.warn_on}):
        raise InputError(f"gate {quote(both[0])} is named by both --fail-on and --warn-on")
    known = GATES.names
    others = {name: given for name, given in settings.items() if name not in known}
    for name in others:
        if name not in DETECTORS.names:
            every = [*known, *DETECTORS.names]
            raise InputError(
                f"no gate or detector {quote(name)}{did_you_mean(name, every)} (gates: {', '.join(known)})"
            )
    for name in (*gates.fail_on, *gates.warn_on, *gates.require):
        GATES[name]
    asked: dict[str, Means] = dict.fromkeys(gates.fail_on, "fail")
    asked.update((name, "warn") for name in gates.warn_on)
    chosen: dict[str, tuple[Means, Any, dict[str, Any]]] = {}
    for name in known:
        gate = GATES[name]
        tuned = checked_settings("gate", name, gate.judge, settings.get(name, {}))
        means: Means | None = (
            asked.get(name) or gate.BY_DEFAULT or ("fail" if name in (*gates.require, *settings) else None)
        )
        if means is not None:
            chosen[name] = means, gate.judge, tuned
    return chosen, others


def _gate_results(
    name: str, means: Means, function: Any, settings: Mapping[str, Any], evidence: EvidenceStore
) -> GateResult:
    try:
        return GateResult(name, means, evidence.call(function, settings))
    except Unavailable as reason:
        return GateResult(name, means, None, str(reason))


def _names(function: Any, evidence: str) -> bool:
    return evidence in inspect.signature(function).parameters


def _put(given: dict[str, Any], lacking: dict[str, str], name: str, value: Any, reason: str) -> None:
    if value is None:
        lacking[name] = reason
    else:
        given[name] = value
