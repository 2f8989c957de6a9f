"""What models say about the rows that all of them know: two passes over their probabilities, and some numbers a row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.probabilities.column_checks import refuse_nonsense
from hardneg_cli.data.probabilities.probabilities import Model, Probabilities, together
from hardneg_cli.data.probabilities.validation import nonnegative
from hardneg_cli.errors import InputError, listing, plural
from hardneg_cli.modeling.evaluation.metrics import UNLABELED, PredictionSummary, bins
from hardneg_cli.runtime.evidence_store import EvidenceStore

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hardneg_cli.data.probabilities.digest import Digest
    from hardneg_cli.data.probabilities.probabilities import Block

    Numbers = NDArray[np.float64]
    Codes = NDArray[np.int64]
    Rows = NDArray[np.bool_]


@dataclass(frozen=True)
class ModelOutputs:
    """n rows that all models know, in the order of their ids.

    rows: (n,) their places in the dataset. labels: by kind (n,) codes into `classes`, −1 for none. p_label: by kind
    each model's probability (n,) of those labels, None for a model that names classes only.
    """

    rows: Codes
    classes: tuple[str, ...]
    outputs: tuple[PredictionSummary, ...]
    labels: Mapping[str, Codes]
    p_label: Mapping[str, tuple[Numbers | None, ...]]
    notes: tuple[str, ...]


def outputs_on_common_rows(
    dataset: Dataset,
    models: Sequence[Model],
    hard: Sequence[bool],
    labels: Mapping[str, Codes],
    *,
    may_skip: bool,
    of_one_training: bool = False,
) -> ModelOutputs:
    """Read every model, check it as `find` does, and keep what metrics need. O(N·K·M) time, O(N·M) memory.

    hard: which models name classes only. labels: by kind (N,) codes into the dataset's classes, −1 for none.
    of_one_training: whether they are checkpoints, of which some may know nothing yet.
    Raises InputError where no row is known to all models, and for probabilities that cannot be right.
    """
    import numpy as np

    lacking, notes = _lacking(dataset, models)
    kept = np.flatnonzero(~lacking)
    common, mine = _subset(dataset, kept), [_masked(model, ~lacking) for model in models]
    common, probabilities = together(mine, common, may_skip=may_skip)
    evidence = EvidenceStore({"dataset": common, "probabilities": probabilities}, {})
    digest: Digest = evidence["digest"]
    warnings = refuse_nonsense(common, probabilities, digest, of_one_training=of_one_training)
    notes += [*warnings, *digest.notes, *_unknown(common, probabilities)]
    number = {name: code for code, name in enumerate(common.classes)}
    place = np.array([*(number[name] for name in dataset.classes), UNLABELED])
    codes = {name: place[theirs[kept]] for name, theirs in labels.items()}
    order = common.by_id
    order = order[~digest.bad[order]]
    if not len(order):
        raise InputError(f"{dataset.name}: no row is left to compare on")
    squares, p = _second_pass(probabilities, codes)
    outputs = []
    for m, (model, rows) in enumerate(zip(models, digest.models, strict=True)):
        top = rows.top[order].astype(np.int64)
        sure = rows.p_top[order].astype(np.float64)
        soft = (None, None, None) if hard[m] else (sure, squares[m][order], bins(sure))
        outputs.append(PredictionSummary(model.name, top, *soft))
    p_label = {
        name: tuple(None if hard[m] else theirs[order] for m, theirs in enumerate(each)) for name, each in p.items()
    }
    codes = {name: theirs[order] for name, theirs in codes.items()}
    return ModelOutputs(kept[order], common.classes, tuple(outputs), codes, p_label, tuple(notes))


def _lacking(dataset: Dataset, models: Sequence[Model]) -> tuple[Rows, list[str]]:
    """(N,) the rows that any model says nothing about, and notes on them."""
    import numpy as np

    lacking, notes = np.zeros(len(dataset), bool), []
    for model in models:
        theirs = np.concatenate([np.isnan(block).all(axis=1) for block in model.blocks()])
        if theirs.any():
            ids = sorted(dataset.ids.take(np.flatnonzero(theirs)).to_pylist())
            rows = plural(len(ids), "row")
            notes.append(f"{model.name}: nothing for {rows}, left out for every model: ids {listing(ids)}")
        lacking |= theirs
    if lacking.all():
        raise InputError(f"{dataset.name}: no row is in all of {listing([model.name for model in models])}")
    return lacking, notes


def _subset(dataset: Dataset, rows: Codes) -> Dataset:
    if len(rows) == len(dataset):
        return dataset
    return replace(
        dataset, ids=dataset.ids.take(rows), labels=dataset.labels[rows], content=dataset.content.take(rows),
        roles=dataset.roles.take(rows), positions=dataset.positions[rows],
    )  # fmt: skip


def _masked(model: Model, kept: Rows) -> Model:
    if kept.all():
        return model

    def blocks() -> Iterator[Block]:
        start = 0
        for block in model.blocks():
            yield block[kept[start : start + len(block)]]
            start += len(block)

    return replace(model, blocks=blocks)


def _unknown(dataset: Dataset, probabilities: Probabilities) -> list[str]:
    """A note for each model on the labels that it does not know, all of whose rows it has wrong."""
    import numpy as np

    notes = []
    for model, known in zip(probabilities.models, probabilities.known, strict=True):
        strange = np.flatnonzero(~known & (dataset.counts > 0))
        if len(strange):
            rows, names = int(dataset.counts[strange].sum()), [dataset.classes[code] for code in strange]
            them = plural(rows, "row, which it gets", "rows, which it gets")
            notes.append(f"{model.name} does not know the labels {listing(names)}: {them} wrong")
    return notes


def _second_pass(
    probabilities: Probabilities, labels: Mapping[str, Codes]
) -> tuple[list[Numbers], dict[str, list[Numbers]]]:
    """Each model's Σ p² (n,), and its probability (n,) of the labels of each kind; 0 where there is none."""
    import numpy as np

    n, models = probabilities.rows, len(probabilities.models)
    squares = [np.zeros(n) for _ in range(models)]
    p = {name: [np.zeros(n) for _ in range(models)] for name in labels}
    for span, blocks in probabilities.blocks():
        for number, block in enumerate(blocks):
            exact = nonnegative(block.astype(np.float64))
            squares[number][span] = np.einsum("ij,ij->i", exact, exact)
            for name, codes in labels.items():
                mine = codes[span]
                p[name][number][span] = np.where(mine >= 0, exact[np.arange(len(mine)), mine], 0.0)
    return squares, p
