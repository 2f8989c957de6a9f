"""The model that `check` brings itself: trained on the base, or what it said kept by content, and what it says."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hardneg_cli.data.baseline import Baseline
from hardneg_cli.data.changes import Changes
from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.features.features import FeatureChoice
from hardneg_cli.data.features.inputs import ModelInputs
from hardneg_cli.data.load import load
from hardneg_cli.data.probabilities.arrays import from_array
from hardneg_cli.data.probabilities.column_checks import ModelSkill
from hardneg_cli.data.probabilities.probabilities import Model
from hardneg_cli.errors import InputError, Unavailable, listing, plural
from hardneg_cli.modeling.base_predictions import KeyedRows, LearnedBase, OtherRows, out_of_fold_probabilities
from hardneg_cli.modeling.prediction_cache import PredictionCache, StoredPredictions
from hardneg_cli.runtime.evidence_store import EvidenceStore
from hardneg_cli.verbs.find import find

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hardneg_cli.verbs._bases import FoundBase

    Block = NDArray[np.float32]

NAME = "the model of the base"
DETECTORS = ("doubtful-label",)  # what asks the model alone, so that a check takes seconds where it is trained already
NO_MODEL = (
    "no probabilities: name them with --probs, or say with --text, --features or --image what a model is to learn from"
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
    import numpy as np

    if not choice.something:
        raise Unavailable(NO_MODEL)
    if choice.file is not None or choice.array is not None:
        raise Unavailable(FROM_FILE)
    start, head = time.monotonic(), KeyedRows.of(dataset, choice)
    with _unavailable("nothing to learn from"):
        earlier = _dataset_of(before, dataset, encoding)
        rows = head if earlier is None else KeyedRows.of(earlier, choice)
    known = None if cache is None else cache.read(rows.key, len(rows.keys))
    order = rows.dataset.by_id
    if known is None:
        seen = head.inputs
        with _unavailable("nothing to learn from"):
            learned = LearnedBase.of(rows)
        others = OtherRows.of(rows, learned.fold, head)
        answers = _trained(learned, others, seen)
    else:
        fold = np.empty_like(known.fold)
        fold[order] = known.fold
        others = OtherRows.of(rows, fold, head)
        answers = known
        if any(digest not in known.others for digest in others.digests):
            fresh = _answers(LearnedBase.of(rows), others, head.inputs)[1]
            answers = replace(known, others={**known.others, **fresh})
    trouble = cache.write(rows.key, answers) if cache is not None and answers is not known else ""
    state = before.state
    if earlier is not None and state is not None:
        state = _with_findings(state, earlier, answers)
    model = replace(from_array(_by_row(order, others, answers), dataset, answers.classes, NAME), trained_here=True)
    models, folds = answers.models, len(rows.fold_names)
    took = f"{time.monotonic() - start:.1f} s"
    done = f"nothing trained, {took}" if answers is known else f"trained {len(models) * folds} models in {took}"
    cost = f"{NAME}: {done}; {plural(len(others.rows), 'row')} of {len(dataset):,} judged that it does not have"
    note = f"{NAME}: {listing(models)}, cross-validated in {folds} folds of "
    return BaseModel(model, state, f"{cost}; {trouble}" if trouble else cost, note + plural(len(rows.keys), "row"))


@contextmanager
def _unavailable(what: str) -> Iterator[None]:
    """What is wrong with the base is no error of this run: it cannot be judged by it."""
    try:
        yield
    except InputError as error:
        raise Unavailable(f"{what}: {error}") from error


def _dataset_of(before: FoundBase, dataset: Dataset, encoding: str | None) -> Dataset | None:
    """The base's rows that can be learned from; None where there is no base, or none with rows.

    Pictures lie in the work tree: of those that git kept, the ones that are still there teach, with the labels of then.
    """
    if before.state is None or not len(before.state):
        return None
    if not before.files:
        raise InputError(f"{before.state.name} is a state: name the base itself with --base")
    if dataset.columns.image is not None and before.revision is not None:
        return _still_there(before.state, dataset)
    return load(before.state.name, dataset.columns, encoding=encoding, on_bad_rows="skip", files=before.files)


def _still_there(state: Baseline, dataset: Dataset) -> Dataset:
    """The rows that the base has with the same content, labeled as it labels them."""
    import numpy as np

    changes: Changes = EvidenceStore({"dataset": dataset, "baseline": state}, {})["changes"]
    labels = [label or "" for label in changes.before.to_pylist()]
    new = [row for row, label in enumerate(labels) if not label or changes.edited[row]]
    if len(new) == len(dataset):
        raise InputError(f"{state.name}: none of its pictures is here as it was")
    there = dataset.without(dict.fromkeys(new, "not in the base"))
    left = np.delete(np.array(labels, object), new)
    classes, codes = np.unique(left.astype(str), return_inverse=True)
    return replace(there, classes=tuple(classes.tolist()), labels=codes.astype(np.int32), skipped=())


def _answers(base: LearnedBase, others: OtherRows, seen: ModelInputs) -> tuple[Block, dict[bytes, Block]]:
    """(M, K) what models say of the base's rows, and of the others by their digests. seen: N rows, the dataset's."""
    import numpy as np

    with _unavailable("what is learned from is not what it was in the base"):  # a column is numbers in one of them only
        found = out_of_fold_probabilities(base, others, seen.take(others.rows.tolist()))
        own, fresh = (p.astype(np.float32) for p in found)
    return own, dict(zip(others.digests, fresh, strict=True))


def _trained(base: LearnedBase, others: OtherRows, seen: ModelInputs) -> StoredPredictions:
    """What models say, and what find says of the base's rows. Raises Unavailable where the model knows nothing."""
    import numpy as np

    own, fresh = _answers(base, others, seen)
    dataset = base.rows.dataset
    model = replace(from_array(own, dataset, base.classes, NAME), trained_here=True)
    found = find(dataset, probs=[model], detectors=DETECTORS, decisions=())
    assert found.digest is not None
    if ModelSkill.of(found.digest.sums[0], found.dataset.counts).is_chance:
        raise Unavailable(f"{NAME} agrees with its labels hardly better than chance would, so it can judge no others")
    order = dataset.by_id
    score = found.score[order].astype(np.float32)
    models = tuple(one.name for one in base.models)
    return StoredPredictions(base.classes, models, base.fold[order], own[order], found.flagged[order], score, fresh)


def _by_row(order: NDArray[np.int64], others: OtherRows, answers: StoredPredictions) -> Block:
    """(N, K) of the dataset's rows. order: (M,) the base's rows by id."""
    import numpy as np

    m, k = answers.own.shape
    p = np.empty((m + len(others.rows), k), np.float32)
    p[order] = answers.own
    for place, digest in enumerate(others.digests, m):
        p[place] = answers.others[digest]
    return p[others.place]


def _with_findings(state: Baseline, base: Dataset, answers: StoredPredictions) -> Baseline:
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
    flagged[there], score[there] = answers.flagged[order[place[there]]], answers.score[order[place[there]]]
    return replace(state, flagged=flagged, score=score)
