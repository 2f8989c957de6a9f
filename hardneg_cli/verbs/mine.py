"""Mine: rows that are probably right and hard, for training; apart from those that are probably wrong, for review."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Unpack

from hardneg_cli.data.columns import Columns
from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.features.features import feature_choice
from hardneg_cli.data.features.inputs import material
from hardneg_cli.data.probabilities.loading import inside
from hardneg_cli.detection.findings import Findings
from hardneg_cli.errors import InputError, Unavailable, did_you_mean, quote
from hardneg_cli.io.tables.verb_result import VerbResult
from hardneg_cli.modeling.deduplication import one_per_copy_group
from hardneg_cli.modeling.folds import in_training
from hardneg_cli.modeling.label_trust import label_trust
from hardneg_cli.modeling.mining.guard import guard_of, probably_right
from hardneg_cli.modeling.mining.hard_negatives import EVEN, HardNegatives, hardness_of
from hardneg_cli.modeling.mining.modes import MINING_MODES
from hardneg_cli.modeling.mining.proof import PROOFS, SUBSET, Material, Proof, proof
from hardneg_cli.modeling.mining.similarity import SimilarRows, with_anchors
from hardneg_cli.modeling.mining.tables import hard_rows, triplets
from hardneg_cli.modeling.out_of_fold import Classifier
from hardneg_cli.rendering.summary import under
from hardneg_cli.review.decisions.decision import Decision
from hardneg_cli.review.decisions.decision_sources import GivenDecisions, load_decisions
from hardneg_cli.runtime import drawers
from hardneg_cli.runtime.argument_words import worded_in_arguments
from hardneg_cli.runtime.evidence_store import EvidenceStore, checked_settings
from hardneg_cli.verbs._keywords import (
    Data,
    DataKeywords,
    DecisionsRead,
    ModelKeywords,
    ModelSources,
    Reading,
    RowLimit,
    Settings,
    UnitChoice,
    confirm_guard,
    grouped,
    read_data,
    spelled_out,
)
from hardneg_cli.verbs.find import find

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from hardneg_cli.data.copies import Copies
    from hardneg_cli.review.decisions.decision import Decision

    Bools = NDArray[np.bool_]
    Rows = NDArray[np.int64]

PREDICT = "make them with `hardneg predict {} -o probs.parquet`"


@dataclass(frozen=True, repr=False)
class MineResult(VerbResult):
    """Hard negatives, and the findings whose flagged rows are none of them.

    guard: no row whose score is greater was mined. eligible: how many rows might have been. why_guard: in words.
    proof: what held-out rows say of training with them, where that was asked.
    """

    findings: Findings
    mode: str
    pairs: HardNegatives
    guard: float
    why_guard: str
    eligible: int
    proof: Proof | None = None

    def table(self, show: Sequence[str] = ()) -> pa.Table:
        """A line for each row to train with; `show`: columns of the dataset to have in it."""
        proven = None if self.proof is None else self.proof.weights
        return hard_rows(self.findings, self.mode, self.pairs, show, proven)

    def suspects(self, show: Sequence[str] | None = None) -> pa.Table:
        """The flagged rows, as `find` writes them."""
        return self.findings.table(show=None if show is None else tuple(show))

    @worded_in_arguments
    def triplets(self) -> pa.Table:
        """Texts: anchor, positive, negative. Raises InputError where no column holds texts."""
        if self.findings.dataset.columns.text is None:
            raise InputError("triplets are made of texts: name their column with --text")
        return triplets(self.findings.dataset, self.pairs)

    def tables(self) -> dict[str, pa.Table]:
        """The rows to train with and the suspects, the triplets where a column holds texts, the trials of a proof."""
        found = {"rows": self.table(), "suspects": self.suspects()}
        if self.proof is not None:
            found["trials"] = self.proof.table()
        if self.findings.dataset.columns.text is not None:
            found["triplets"] = self.triplets()
        return found

    def summary(self) -> Iterator[str]:
        """Lines for people."""
        import numpy as np

        name, first = self.findings.dataset.name, self.pairs.firsts()
        rows, flagged = self.pairs.rows[first], int(self.findings.flagged.sum())
        subset = self.proof is not None and self.proof.what == SUBSET
        those = "rows to train on" if subset else "hard negatives"
        yield f"{name}: {len(self.findings.dataset):,} rows, {len(rows):,} {those} by {self.mode}"
        apart = (
            f"suspects: {flagged:,} rows; they and the {those} have no row in common",
            f"guard: no row with a score above {self.guard:.4f} trains ({self.why_guard}); {self.eligible:,} rows may",
        )
        yield from under("Kept apart", apart)
        if self.proof is not None:
            yield from self.proof.summary()
        if len(rows):
            score = self.findings.score
            hard = int((self.pairs.hardness[first] >= EVEN).sum())
            classes = len(np.unique(self.pairs.anchor_class[first]))
            yield f"hard: {hard:,} rows, semi-hard: {len(rows) - hard:,}; of {classes:,} anchor classes"
            mean = f"{score[rows].mean():.2%}, that of all rows {score.mean():.2%}"
            yield f"their estimated share of wrong labels is {mean}"
        else:
            yield f"note: no hard negatives: {_advice(self.mode, self.eligible)}"
        for note in (*self.findings.notes, *self.pairs.notes):
            yield f"note: {note}"
        yield from (f"note: {remark}" for remark in self.findings.dataset.remarks())


class MineKeywords(DataKeywords, ModelKeywords, total=False):
    """What `mine` takes besides the data and the strategy."""

    settings: Settings
    limit: int | None
    per_class: int | None
    decisions: GivenDecisions


@spelled_out(MineKeywords, Columns, ModelSources, UnitChoice, DecisionsRead, RowLimit, Reading)
def mine(
    data: Data,
    columns: Columns | None = None,
    *,
    mode: str = "boundary",
    guard: float | None = None,
    train_split: str | None = None,
    anchors: bool = False,
    prove: str | None = None,
    **options: Unpack[MineKeywords],
) -> MineResult:
    """Hard negatives of `data`, by the strategy `mode`: boundary, confusion or retrieval.

    data: as for `find`, or what it found (then what it was told need not be told again, but for the features).
    guard: rows with a greater score are not mined, by default those above an eighth of the mean score (retrieval: a
    half), where at least a fifth of the rows are below.
    settings: by strategy or detector, then by name.
    train_split: with `columns.split`, the only rows that train. limit, per_class: at most so many rows, in all and of
    each anchor class. anchors: look for anchors and positives even if the strategy needs none.
    prove: `weights`, or `subset` for the `limit` rows to train on alone (by default a fifth): models learn from the
    text and the features without a fold at a time; where they prove no gain, weights are 1 and rows drawn at random.
    Raises InputError for input that cannot be right, and where the strategy's evidence is missing.
    """
    models, decisions, most = (
        grouped(ModelSources, options),
        grouped(DecisionsRead, options).decisions,
        grouped(RowLimit, options),
    )
    run, chosen, rest = _strategy(mode, grouped(UnitChoice, options).settings)
    _refuse_proof(prove, most.per_class)
    if prove == SUBSET and "share" in drawers.settings(run):
        chosen = {"share": 1.0} | chosen  # every row has its rank
    confirm_guard(guard)
    known = data if isinstance(data, Findings) else None
    dataset = known.dataset if known else read_data(data, columns, options)
    training = in_training(dataset, train_split)
    if "digest" in inspect.signature(run).parameters:
        _need_probabilities(dataset, mode, bool(models.probs) if known is None else known.digest is not None)
    loaded = load_decisions(decisions, dataset).about(dataset)
    findings = known or find(
        dataset, probs=models.probs, classes=models.classes, features=models.features, settings=rest,
        decisions=loaded, on_bad_rows=grouped(Reading, options).on_bad_rows,
    )  # fmt: skip
    guard, why = guard_of(findings, guard, training, None if prove == SUBSET else MINING_MODES[mode].SAFER)
    given = {"dataset": findings.dataset, "feature_choice": feature_choice(models.features, dataset.columns)}
    trainable = training & probably_right(findings, guard, loaded.decisions)
    trainable = one_per_copy_group(findings.dataset, trainable, _copies(EvidenceStore(given, {})))
    if prove == SUBSET and findings.digest is None:
        made = PREDICT.format(dataset.name)
        raise InputError(f"--prove {SUBSET} ranks rows by probabilities: {made} and name them with --probs")
    evidence = EvidenceStore(given | {"digest": findings.digest, "trainable": trainable, "findings": findings}, {})
    try:
        pairs: HardNegatives = evidence.call(run, chosen)
        pairs = pairs.capped(None if prove == SUBSET else most.limit, most.per_class)
        shown = None if prove is None else _proof(evidence, pairs, prove, training, loaded.decisions, most.limit)
        if prove == SUBSET:
            pairs = pairs.capped(0, None) if shown is None else _pairs_of(findings, shown.rows)
        if anchors:
            pairs = _with_anchors(evidence, pairs)
    except Unavailable as reason:
        raise InputError(f"--mode {mode}: {reason}") from reason
    return MineResult(findings, mode, pairs, guard, why, int(trainable.sum()), shown)


def _strategy(
    mode: str, settings: Mapping[str, Mapping[str, Any]]
) -> tuple[Any, dict[str, Any], dict[str, Mapping[str, Any]]]:
    """The strategy, its settings, and those that are find's. Raises InputError for a mode or setting there is not."""
    run = MINING_MODES[mode].run
    modes = set(MINING_MODES.names)
    rest = {name: values for name, values in settings.items() if name not in modes}
    return run, checked_settings("mode", mode, run, settings.get(mode, {})), rest


def _refuse_proof(prove: str | None, per_class: int | None) -> None:
    if prove not in (None, *PROOFS):
        raise InputError(f"--prove is {' or '.join(PROOFS)}, not {quote(str(prove))}{did_you_mean(str(prove), PROOFS)}")
    if prove == SUBSET and per_class is not None:
        raise InputError(f"--prove {SUBSET} chooses among the rows of all classes: leave --per-class out")


def _need_probabilities(dataset: Dataset, mode: str, given: bool) -> None:
    if not given and inside(dataset) is None:
        raise InputError(
            f"--mode {mode} needs probabilities: {PREDICT.format(dataset.name)} "
            "(and --text or --features) and name them with --probs, or take --mode retrieval"
        )


def _proof(
    evidence: EvidenceStore, pairs: HardNegatives, what: str, training: Bools, decisions: Sequence[Decision],
    most: int | None,
) -> Proof | None:  # fmt: skip
    """What held-out rows say, None where nothing was mined. Raises InputError where there is nothing to learn from."""
    import numpy as np

    findings: Findings = evidence["findings"]
    dataset, choice = findings.dataset, evidence["feature_choice"]
    rows = pairs.rows[pairs.firsts()]
    if not len(rows) or most == 0:
        return None
    if dataset.columns.text is None and dataset.columns.image is None and not choice.something:
        raise InputError("--prove trains models: name what they learn from with --text or --features")
    sound = np.ones(len(dataset), bool) if findings.digest is None else ~findings.digest.bad
    trust = label_trust(dataset, findings.score, sound, decisions)
    able = evidence["trainable"] if what == SUBSET else training & probably_right(findings, 1.0, decisions)
    learned = Material.of(dataset, material(dataset, choice), training, able, rows, trust)
    return proof(learned, what, Classifier.called("logistic"), len(dataset.classes), most)


def _pairs_of(findings: Findings, rows: Rows) -> HardNegatives:
    """Rows with the class that the model takes them for next to their own."""
    assert findings.digest is not None
    mean = findings.digest.mean
    return HardNegatives.of_rows(rows, mean.other[rows], hardness_of(mean, rows))


def _copies(evidence: EvidenceStore) -> Copies | None:
    try:
        copies: Copies = evidence["copies"]
    except Unavailable:  # no content to compare
        return None
    return copies


def _with_anchors(evidence: EvidenceStore, pairs: HardNegatives) -> HardNegatives:
    """The pairs, each with an anchor and a positive where there are any."""
    if len(pairs.rows) == 0 or (pairs.anchor >= 0).any():
        return pairs
    likeness = SimilarRows.of(evidence["dataset"], evidence["features"], evidence["trainable"])
    anchor, positive, cosine = with_anchors(likeness, pairs.rows, pairs.anchor_class)
    return replace(pairs, anchor=anchor, positive=positive, similarity=cosine)


def _advice(mode: str, eligible: int) -> str:
    if not eligible:
        return "no row is below the guard; raise it with --guard"
    return f"none of {eligible:,} rows is hard enough; see `hardneg explain {mode}` for what --set loosens"
