"""The model that `check` brings itself: trained on the base, or what it said kept by content, and what it says."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hardneg_cli.data.baseline import Baseline
from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.features.features import FeatureChoice
from hardneg_cli.data.features.inputs import material
from hardneg_cli.data.load import load
from hardneg_cli.data.probabilities.arrays import from_array
from hardneg_cli.data.probabilities.column_checks import ModelSkill
from hardneg_cli.data.probabilities.probabilities import Model
from hardneg_cli.detection.findings import Findings
from hardneg_cli.errors import InputError, Unavailable, listing, plural
from hardneg_cli.modeling.base_predictions import LearnedBase, OtherRows, out_of_fold_probabilities
from hardneg_cli.modeling.prediction_cache import PredictionCache, StoredPredictions
from hardneg_cli.verbs.find import find

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hardneg_cli.verbs._bases import FoundBase

    Block = NDArray[np.float32]

NAME = "the model of the base"
DETECTORS = ("doubtful-label",)  # what asks the model alone, so that a check takes seconds where it is trained already
NO_MODEL = (
    "no probabilities: name them with --probs, or what a model is to learn from with --text, --features or --image"
)
FROM_FILE = "a model of the base needs its own features: --features names a file, which has those of the data alone"


@dataclass(frozen=True)
class BaseModel:
    """model: of the dataset's rows. state: the base, with what it flags of its own rows. cost: what it took, in words.

    note: what was learned from what, the same whether it was kept or trained.
    """

    model: Model
    state: Baseline | None
    cost: str
    note: str


def base_model(
    dataset: Dataset, before: FoundBase, choice: FeatureChoice, cache: PredictionCache | None, encoding: str | None
) -> BaseModel:
    """Each row's probabilities by models of the base that have not seen it; without a base, by those of the others.

    Raises Unavailable, with the reason, where the base teaches nothing; InputError where the data lacks what is named.
    """
    if not choice.something:
        raise Unavailable(NO_MODEL)
    if choice.file is not None or choice.array is not None:
        raise Unavailable(FROM_FILE)
    start, inputs = time.monotonic(), material(dataset, choice)
    try:
        earlier = _dataset_of(before, dataset, encoding)
        base = (
            LearnedBase.of(dataset, inputs) if earlier is None else LearnedBase.of(earlier, material(earlier, choice))
        )
    except InputError as error:
        raise Unavailable(f"nothing to learn from: {error}") from error
    others = OtherRows.of(base, dataset, inputs)
    kept, trained, trouble = _predictions(base, others, cache)
    state = before.state
    if earlier is not None and state is not None:
        state = _with_findings(state, earlier, kept)
    rows = _by_row(base, others, kept)
    model = replace(from_array(rows, dataset, kept.classes, NAME), trained_here=True)
    names, m = listing([one.name for one in base.models]), len(base.keys)
    note = f"{NAME}: {names}, cross-validated in {len(base.fold_names)} folds of {plural(m, 'row')}"
    took = f"{time.monotonic() - start:.1f} s"
    done = (
        f"trained {len(base.models) * len(base.fold_names)} models in {took}" if trained else f"nothing trained, {took}"
    )
    cost = f"{NAME}: {done}; {plural(len(others.rows), 'row')} of {len(dataset):,} judged that it does not have"
    return BaseModel(model, state, f"{cost}; {trouble}" if trouble else cost, note)


def _dataset_of(before: FoundBase, dataset: Dataset, encoding: str | None) -> Dataset | None:
    """The base's rows that can be learned from; None where there is no base, or none with rows."""
    if before.state is None or not len(before.state):
        return None
    if not before.files:
        raise InputError(f"{before.state.name} is a state: name the base itself with --base")
    return load(before.state.name, dataset.columns, encoding=encoding, on_bad_rows="skip", files=before.files)


def _predictions(
    base: LearnedBase, others: OtherRows, cache: PredictionCache | None
) -> tuple[StoredPredictions, bool, str]:  # fmt: skip
    """What the models say, whether they were trained for it, and what there is to say about keeping it."""
    import numpy as np

    key = "" if cache is None else base.key
    known = None if cache is None else cache.read(key, len(base.keys))
    if known is not None and all(digest in known.others for digest in others.digests):
        return known, False, ""
    try:
        own, fresh = (p.astype(np.float32) for p in out_of_fold_probabilities(base, others))
    except InputError as error:  # a column is numbers in one of them only
        raise Unavailable(f"what is learned from is not what it was in the base: {error}") from error
    by_digest: Mapping[bytes, Block] = dict(zip(others.digests, fresh, strict=True))
    if known is not None:
        found = replace(known, others={**known.others, **by_digest})
    else:
        found = _findings_of(base, own, by_digest)
    return found, True, "" if cache is None else cache.write(key, found)


def _findings_of(base: LearnedBase, own: Block, others: Mapping[bytes, Block]) -> StoredPredictions:
    """With what find says of the base's rows. Raises Unavailable where the model knows nothing."""
    import numpy as np

    found = _found(base.dataset, from_array(own, base.dataset, base.classes, NAME))
    assert found.digest is not None
    if ModelSkill.of(found.digest.sums[0], found.dataset.counts).is_chance:
        raise Unavailable(f"{NAME} agrees with its labels hardly better than chance would, so it can judge no others")
    order = base.dataset.by_id
    return StoredPredictions(
        base.classes, own[order], found.flagged[order], found.score[order].astype(np.float32), others
    )


def _found(dataset: Dataset, model: Model) -> Findings:
    return find(dataset, probs=[replace(model, trained_here=True)], detectors=DETECTORS, decisions=())


def _by_row(base: LearnedBase, others: OtherRows, kept: StoredPredictions) -> Block:
    """(N, K) of the dataset's rows."""
    import numpy as np

    m, k = kept.own.shape
    p = np.empty((m + len(others.rows), k), np.float32)
    p[base.dataset.by_id] = kept.own
    for place, digest in enumerate(others.digests, m):
        p[place] = kept.others[digest]
    return p[others.place]


def _with_findings(state: Baseline, base: Dataset, kept: StoredPredictions) -> Baseline:
    """The base as it is compared, with what its model flags of it: no row that it could not learn from."""
    import numpy as np
    import pyarrow.compute as pc

    order = np.empty(len(base), np.int64)
    order[base.by_id] = np.arange(len(base))
    if state.ids is not None:
        place = pc.fill_null(pc.index_in(state.ids, value_set=base.ids), -1).to_numpy(zero_copy_only=False)
    else:
        labeled = pc.not_equal(state.labels, "").to_numpy(zero_copy_only=False)
        place = np.where(labeled, np.cumsum(labeled) - 1, -1)
        if labeled.sum() != len(base):
            return state
    there = place >= 0
    flagged, score = np.zeros(len(state), bool), np.zeros(len(state), np.float32)
    flagged[there], score[there] = kept.flagged[order[place[there]]], kept.score[order[place[there]]]
    return replace(state, flagged=flagged, score=score)
