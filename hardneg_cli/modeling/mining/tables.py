"""What mining writes: a table of the rows to train with, and triplets of texts.

Tiers are those of metric learning (Schroff, Kalenichenko and Philbin, 2015), carried over to classes: `hard`, the other
class is ahead of the row's own (a hardness of a half or more); `semi-hard`, it is close behind.
The weight says how many times a row counts: (1 − score) / (1 − hardness), at most 5. The more the other class has of
what speaks for one of the two, the rarer the row is got right, so the more it counts; the likelier its label is wrong,
the less.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.text_normalization import bare
from hardneg_cli.detection.findings import DECIMALS, Findings, nullable
from hardneg_cli.io.tables.queue_columns import free_name
from hardneg_cli.modeling.mining.hard_negatives import EVEN, NO_ROW, HardNegatives, turns

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

HEAVIEST = 5.0
TRIPLET = ("anchor", "positive", "negative")  # in the order in which losses take them


def weights(score: NDArray[np.float64], hardness: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n,) how many times each row counts."""
    import numpy as np

    found: NDArray[np.float64] = np.minimum(1 / np.maximum(1 - hardness, 1 / HEAVIEST), HEAVIEST) * (1 - score)
    return found


def hard_rows(
    findings: Findings, mode: str, pairs: HardNegatives, show: Sequence[str] = (),
    proven: NDArray[np.float64] | None = None,
) -> pa.Table:  # fmt: skip
    """A line a row, with its hardest pair, and the dataset's columns `show`; p_rival is p(anchor_class).

    proven: weights, one a row, instead of the usual ones.
    """
    import numpy as np
    import pyarrow as pa

    pairs = pairs.take(pairs.firsts())
    dataset, rows = findings.dataset, pairs.rows
    names = np.array(dataset.classes, object)
    p_given, p_rival = _probabilities(findings, pairs)
    columns = {
        "id": dataset.ids.take(rows),
        "mode": pa.array([mode] * len(rows), pa.string()),
        "tier": pa.array(np.where(pairs.hardness >= EVEN, "hard", "semi-hard").tolist(), pa.string()),
        "weight": (weights(findings.score[rows], pairs.hardness) if proven is None else proven).round(DECIMALS),
        "anchor_class": pa.array(names[pairs.anchor_class], pa.string()),
        "given_label": pa.array(names[dataset.labels[rows]], pa.string()),
        "score": findings.score[rows].round(DECIMALS),
        "hardness": pairs.hardness.round(DECIMALS),
        "margin": nullable(p_given - p_rival),
        "p_given": nullable(p_given),
        "p_rival": nullable(p_rival),
        "anchor_id": _ids(dataset, pairs.anchor),
        "positive_id": _ids(dataset, pairs.positive),
        "similarity": nullable(pairs.similarity),
        "why": pa.array(_reasons(findings, pairs, p_given, p_rival), pa.string()),
    }
    texts = dataset.texts(show)
    for name in show:
        columns[free_name(name, {*columns, "row_hash"}, "data_")] = texts[name].take(rows)
    return pa.table(columns | {"row_hash": pa.array(dataset.row_hashes(rows), pa.string())})


def triplets(dataset: Dataset, pairs: HardNegatives) -> pa.Table:
    """The texts of anchor, positive and negative; pairs without a positive, and empty or equal texts, are left out.

    An anchor's first negative comes with the row of the class most like it. From that one alone a model learns only
    what it knows; so the next ones come with rows from all over the class, of those that are anchors or positives.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    assert dataset.columns.text is not None
    pairs = pairs.take((pairs.anchor != NO_ROW) & (pairs.positive != NO_ROW))
    text = pc.fill_null(dataset.content[dataset.columns.text], "").combine_chunks()
    spread = scattered_positives(dataset, pairs)
    words = {
        name: np.array(bare(pa.chunked_array([text.take(rows)])).to_pylist(), object)
        for name, rows in (*zip(TRIPLET, (pairs.anchor, pairs.positive, pairs.rows), strict=True), ("spread", spread))
    }
    sound = (words["spread"] != "") & (words["spread"] != words["anchor"]) & (words["spread"] != words["negative"])
    positive = np.where(sound.astype(bool), spread, pairs.positive)
    near = np.where(sound.astype(bool), words["spread"], words["positive"])
    sound = (words["anchor"] != near) & (words["anchor"] != words["negative"]) & (near != words["negative"])
    sound &= (words["anchor"] != "") & (near != "") & (words["negative"] != "")
    kept = np.flatnonzero(sound.astype(bool))
    places = (pairs.anchor, positive, pairs.rows)
    return pa.table({name: text.take(rows[kept]) for name, rows in zip(TRIPLET, places, strict=True)})


def scattered_positives(dataset: Dataset, pairs: HardNegatives) -> NDArray[np.int64]:
    """(P,) for an anchor's first pair its positive; for the j-th of J the row j / J of its class after it, by id.

    A row of the anchor's group, and the anchor itself, is none: the pair keeps its positive.
    """
    import numpy as np

    found = pairs.positive.copy()
    if not len(found):
        return found
    nth = turns(np.unique(pairs.anchor, return_inverse=True)[1].astype(np.int32))
    known = np.unique(np.concatenate([pairs.anchor, pairs.positive]))
    known = known[np.lexsort((dataset.id_rank[known], dataset.labels[known]))]
    labels = dataset.labels[known]
    place = np.empty(len(dataset), np.int64)
    place[known] = np.arange(len(known))
    first, last = (np.searchsorted(labels, dataset.labels[pairs.anchor], side) for side in ("left", "right"))
    size = last - first
    shift = nth * size // (int(nth.max()) + 1)
    other = known[first + (place[pairs.anchor] - first + shift) % size]
    apart = (nth > 0) & (shift > 0)
    if dataset.columns.groups is not None:
        groups = np.unique(np.array(dataset.role(dataset.columns.groups), object), return_inverse=True)[1]
        apart &= groups[other] != groups[pairs.anchor]
    return np.where(apart, other, found)


def _probabilities(findings: Findings, pairs: HardNegatives) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(n,) of the given label and of the anchor class, NaN where the digest does not know them."""
    import numpy as np

    unknown = np.full(len(pairs.rows), np.nan)
    if findings.digest is None:
        return unknown, unknown
    mean, rows, judged = findings.digest.mean, pairs.rows, findings.digest.judged[pairs.rows]
    known = judged & (mean.other[rows] == pairs.anchor_class)
    return np.where(judged, mean.p_given[rows], np.nan), np.where(known, mean.p_other[rows], np.nan)


def _reasons(
    findings: Findings, pairs: HardNegatives, p_given: NDArray[np.float64], p_rival: NDArray[np.float64]
) -> list[str]:
    """One sentence a row."""
    dataset = findings.dataset
    ids = _ids(dataset, pairs.anchor).to_pylist()
    reasons = []
    for place, code in enumerate(pairs.anchor_class.tolist()):
        other, hard = repr(dataset.classes[code]), pairs.hardness[place] >= EVEN
        if not pairs.by_likeness:
            how = "more probable than its label" if hard else "next to its label"
            reasons.append(f"{other} is {how} to the model ({p_rival[place]:.2f} against {p_given[place]:.2f})")
        else:
            reasons.append(f"like {ids[place]!r} of {other} (cosine {pairs.similarity[place]:.2f})")
    return reasons


def _ids(dataset: Dataset, rows: NDArray[np.int64]) -> pa.Array:
    """Their ids, null for −1."""
    import pyarrow as pa

    return dataset.ids.take(pa.array(rows, mask=rows == NO_ROW))
