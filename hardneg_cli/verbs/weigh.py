"""Weigh: a training weight for every row, from the trust in its label, its class's size and how hard it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from hardneg_cli.data.columns import Columns
from hardneg_cli.data.copies import AlikeRows
from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.features.picture_copies import compared_content, picture_copies
from hardneg_cli.data.siblings import joined, tells_nothing
from hardneg_cli.data.text_normalization import bare
from hardneg_cli.detection.findings import Findings
from hardneg_cli.errors import InputError, did_you_mean, plural, quote
from hardneg_cli.modeling.folds import in_training
from hardneg_cli.preparation.weights.class_balance import Balance
from hardneg_cli.preparation.weights.result import WeighResult
from hardneg_cli.preparation.weights.row_trust import row_trust
from hardneg_cli.preparation.weights.row_weights import RowWeights, WeightSettings, row_weights
from hardneg_cli.review.decisions.decision_sources import GivenDecisions, load_decisions
from hardneg_cli.verbs._keywords import (
    Data,
    DataKeywords,
    DecisionsRead,
    ModelKeywords,
    ModelSources,
    Reading,
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
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

BALANCE, HARDNESS, GUARD = "effective", 0.0, 0.5


class WeighKeywords(DataKeywords, ModelKeywords, total=False):
    """What `weigh` takes besides the data and the factors."""

    settings: Settings
    decisions: GivenDecisions
    audit: Data | None


@spelled_out(WeighKeywords, Columns, ModelSources, UnitChoice, DecisionsRead, Reading)
def weigh(
    data: Data,
    columns: Columns | None = None,
    *,
    balance: str = BALANCE,
    hardness: float = HARDNESS,
    guard: float = GUARD,
    train_split: str | None = None,
    **options: Unpack[WeighKeywords],
) -> WeighResult:
    """A training weight for every row of `data`: trust × balance × hardness, shared by copies, with a mean of 1.

    trust: 1 − score × certainty, what models say is wrong and know better; 1 and 0 where reviewers have decided.
    data: as for `find`, or what it found (then what it was told need not be told again, but for the decisions).
    balance: `none`, `inverse` or `effective`, by the size of the row's class. hardness: the exponent of the focal
    loss, 0 for none. guard: rows with less trust than 1 − guard get no more weight for their class or their hardness.
    train_split: with `columns.split`, the only rows that weigh anything. settings: by detector, then by name.
    Raises InputError for input that cannot be right, and where no row is trusted at all.
    """
    chosen = WeightSettings(_balance(balance), _exponent(hardness), guard)
    confirm_guard(guard)
    known = data if isinstance(data, Findings) else None
    dataset = known.dataset if known else read_data(data, columns, options)
    train = in_training(dataset, train_split)
    models, people = grouped(ModelSources, options), grouped(DecisionsRead, options)
    loaded = load_decisions(people.decisions, dataset).about(dataset)
    findings = known or find(
        dataset, probs=models.probs, classes=models.classes, features=models.features,
        settings=grouped(UnitChoice, options).settings, decisions=loaded, audit=people.audit,
        on_bad_rows=grouped(Reading, options).on_bad_rows,
    )  # fmt: skip
    dataset = findings.dataset
    trust = row_trust(findings, loaded.decisions)
    if not (trust.value[train] > 0).any():
        raise InputError(f"{dataset.name}: no row that trains is trusted at all, so there is nothing to weigh")
    copies, notes = _copies(dataset, train)
    weights = _weighed(dataset, trust.value, _given(findings), copies, train, chosen)
    if chosen.hardness and findings.digest is None:
        notes.append("no probabilities, so no row counts as hard; name them with --probs")
    return WeighResult(findings, weights, trust, chosen, copies, train, tuple(notes))


def _balance(name: str) -> Balance:
    known = [*map(str, Balance)]
    if name not in known:
        raise InputError(f"--balance cannot be {quote(name)}{did_you_mean(name, known) or f' (it is {known})'}")
    return Balance(name)


def _exponent(value: float) -> float:
    if not 0 <= value <= 10:
        raise InputError(f"--hardness is an exponent from 0 to 10, not {value:g}")
    return value


def _weighed(
    dataset: Dataset, trust: Array, p_given: Array, copies: NDArray[np.int64], train: NDArray[np.bool_],
    settings: WeightSettings,
) -> RowWeights:  # fmt: skip
    """The sums are made in the order of the ids, so that the order of the rows changes no digit."""
    order, rank = dataset.by_id, dataset.id_rank
    found = row_weights(dataset.labels[order], trust[order], p_given[order], copies[order], train[order], settings)
    return RowWeights(*(values[rank] for values in (found.weight, found.trust, found.balance, found.hardness)))


def _given(findings: Findings) -> Array:
    """(N,) the models' mean probability of the given label, NaN where there is none."""
    import numpy as np

    if findings.digest is None:
        return np.full(len(findings.dataset), np.nan)
    return np.where(findings.digest.judged, findings.digest.mean.p_given.astype(np.float64), np.nan)


def _copies(dataset: Dataset, train: NDArray[np.bool_]) -> tuple[NDArray[np.int64], list[str]]:
    """(N,) how many rows that train have the content of each, or its text, case and punctuation aside; what to say.

    Where most rows have a twin, and twins differ in their labels, the columns tell too little apart: each is a row.
    """
    import numpy as np

    n, content = len(dataset), compared_content(dataset)
    alone = np.ones(n, np.int64)
    if not content.num_columns:
        return alone, []
    first = [AlikeRows.in_all_columns(content, bare).first]
    if dataset.columns.text is not None and content.num_columns > 1:
        first.append(AlikeRows.in_all_columns(content.select([dataset.columns.text]), bare).first)
    links = [np.stack([np.arange(n), rows]) for rows in first]
    group = joined(n, np.concatenate([*links, picture_copies(dataset).links], axis=1))
    if tells_nothing(group, dataset.labels, len(dataset.classes)):
        most = plural(int((np.bincount(group)[group] > 1).sum()), "row has", "rows have")
        return alone, [f"{most} the content of another one, often under another label: no weights are shared"]
    return np.maximum(np.bincount(group, train)[group].astype(np.int64), 1), []
