"""What self-training gives out: the labeled rows with the pseudo-labeled ones, and the queue of rows for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.features.inputs import column_texts
from hardneg_cli.errors import InputError, listing
from hardneg_cli.modeling.self_training.ledger import LedgerRound, Line
from hardneg_cli.modeling.self_training.pool_labels import PoolLabels
from hardneg_cli.modeling.self_training.self_training import SelfTrainingRound, best
from hardneg_cli.modeling.self_training.task import PooledRows

if TYPE_CHECKING:
    import pyarrow as pa

GIVEN, PEOPLE, PSEUDO = "given", "people", "pseudo"
DECIMALS = 9
ADDED_COLUMNS = ("source", "round", "p", "weight")


@dataclass(frozen=True)
class AddedRow:
    """A row of the pool that has got a label: from people, or as a pseudo-label of a round with its probability."""

    row: int
    label: str
    source: str
    weight: float
    round: int | None = None
    p: float | None = None


def refuse_ledger_columns(dataset: Dataset) -> None:
    """Raises InputError for a dataset that has a column of those that a refined one gets."""
    taken = [name for name in ADDED_COLUMNS if name in dataset.all_columns]
    if len(taken) == len(ADDED_COLUMNS):
        raise InputError(
            f"{dataset.name}: has the columns {listing(ADDED_COLUMNS)}, so refine wrote it: name the labeled data that "
            "it was made from, and the pool"
        )
    if taken:
        raise InputError(f"{dataset.name}: there is a column {listing(taken)} already, which refine writes: rename it")


def dataset_table(
    labeled: Dataset, relabeled: Mapping[int, str | None], pool: Dataset, new: Sequence[AddedRow]
) -> pa.Table:
    """The labeled rows as people corrected them, then the added ones, in the labeled data's columns and four more.

    source: given, people or pseudo. round, p: of a pseudo-label, else null. weight: what to train with.
    """
    import numpy as np
    import pyarrow as pa

    kept = np.array([row for row in range(len(labeled)) if relabeled.get(row, "") is not None], np.int64)
    names = [labeled.classes[code] for code in labeled.labels]
    labels = [relabeled.get(row) or names[row] for row in kept.tolist()]
    theirs = np.array([one.row for one in new], np.int64)
    numbers = set(labeled.columns.probabilities(labeled.all_columns))
    columns = {}
    for name in labeled.all_columns:
        if name == labeled.columns.label:
            columns[name] = pa.array([*labels, *(one.label for one in new)], pa.string())
        elif name not in numbers:
            columns[name] = pa.concat_arrays(
                [
                    column_texts(labeled, name, kept, labeled.columns.id),
                    column_texts(pool, name, theirs, labeled.columns.id),
                ]
            )
    sources = [PEOPLE if relabeled.get(row) else GIVEN for row in kept.tolist()]
    added_columns = {
        "source": pa.array([*sources, *(one.source for one in new)], pa.string()),
        "round": pa.array([*[None] * len(kept), *(one.round for one in new)], pa.int64()),
        "p": pa.array([*[None] * len(kept), *(one.p for one in new)], pa.float64()),
        "weight": pa.array([*[1.0] * len(kept), *(one.weight for one in new)], pa.float64()),
    }
    return pa.table(columns | added_columns)


def entries(
    pool: Dataset, all_: PooledRows, rounds: Sequence[SelfTrainingRound], before: Sequence[LedgerRound], settings: Line
) -> tuple[LedgerRound, ...]:
    """The ledger's rounds with the new ones, each with the pseudo-labels of the best round up to it."""
    found = list(before)
    for number in range(len(before) + 1, len(rounds) + 1):
        ours = best(rounds[:number])
        rows = _pseudo_labels(pool, all_, ours, found[-1].rows if found else {}, number)
        facts = {"round": number, "best": ours.number, "accepted": len(rows), **_facts(all_, ours), **settings}
        found.append(LedgerRound(facts, rows))
    return tuple(found)


def _pseudo_labels(
    pool: Dataset, all_: PooledRows, round_: SelfTrainingRound, before: Mapping[str, Line], number: int
) -> dict[str, Line]:
    """By id, what the round accepts; since: the round from which on the row has had this label without a break."""
    import numpy as np

    found: dict[str, Line] = {}
    rows = np.flatnonzero(round_.accepted)
    hashes = pool.row_hashes(all_.places[rows])
    for row, row_hash in zip(rows.tolist(), hashes, strict=True):
        id_, code = pool.ids[all_.places[row]].as_py(), int(round_.probabilities[row].argmax())
        label, old = all_.classes[code], before.get(id_)
        least = max(float(round_.thresholds[code]), round_.cut.score if round_.cut else 1.0)
        found[id_] = {
            "id": id_, "row_hash": row_hash, "label": label,
            "p": round(float(round_.probabilities[row, code]), DECIMALS), "threshold": round(least, DECIMALS),
            "since": old["since"] if old and old["label"] == label else number,
        }  # fmt: skip
    return found


def _facts(all_: PooledRows, round_: SelfTrainingRound) -> Line:
    import numpy as np

    task, cut = all_.task, round_.cut
    thresholds = {
        name: round(float(least), DECIMALS) for name, least in zip(all_.classes, round_.thresholds, strict=True)
        if np.isfinite(least)
    }  # fmt: skip
    return {
        "labeled": int(task.representative.sum()), "people": int((~task.pool & ~task.representative).sum()),
        "pool": int(task.pool.sum()),
        "held_out_accuracy": round(round_.accuracy, DECIMALS), "held_out_log_loss": round(round_.log_loss, DECIMALS),
        "tested": cut.tested if cut else 0, "wrong": cut.wrong if cut else 0,
        "bound": round(cut.bound, DECIMALS) if cut else None, "cut": round(cut.score, DECIMALS) if cut else None,
        "thresholds": thresholds,
    }  # fmt: skip


def added(labeled: Dataset, pool: Dataset, by_people: PoolLabels, entry: LedgerRound) -> tuple[AddedRow, ...]:
    """What people and the entry say about rows of the pool that are what they were.

    The pseudo-labels of a class together weigh at most as much as its labels do.
    """
    import numpy as np

    hashes = dict(zip(pool.ids.to_pylist(), pool.row_hashes(np.arange(len(pool))), strict=True))
    rows = {id_: row for row, id_ in enumerate(hashes)}
    found = [AddedRow(row, label, PEOPLE, 1.0) for row, label in by_people.pool.items() if label is not None]
    current = [
        line for id_, line in entry.rows.items()
        if hashes.get(id_) == line["row_hash"] and rows[id_] not in by_people.pool
    ]  # fmt: skip
    counts = dict(zip(labeled.classes, labeled.counts.tolist(), strict=True))
    many: dict[str, int] = {}
    for line in current:
        many[line["label"]] = many.get(line["label"], 0) + 1
    for line in current:
        label = line["label"]
        weight = round(min(1.0, max(counts.get(label, 0), 1) / many[label]), DECIMALS)
        found.append(AddedRow(rows[line["id"]], label, PSEUDO, weight, int(line["since"]), float(line["p"])))
    return tuple(sorted(found, key=lambda one: one.row))
