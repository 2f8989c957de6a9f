"""Changes: a dataset against its base, which rows are new, gone, edited or relabeled.

Rows are matched by id, and pictures of a folder that have moved by their bytes; where there are no ids, by the content
of the columns that both sides have, copies with the same label first. Content is compared cell by cell as text, and a
null is an empty cell, so neither the order of rows and columns nor quoting nor added columns make a change. O(N) in the
content's length.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from hardneg_cli.data.baseline import Baseline
from hardneg_cli.data.changes import NOWHERE, Changes
from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.row_identity import content_hashes, keyed
from hardneg_cli.errors import Unavailable, listing
from hardneg_cli.io.tables.picture_listing import DIGEST

SHORT_RUN, FEW_RUNS = 100, 64  # rows; runs

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]


def gather(dataset: Dataset, baseline: Baseline) -> Changes:
    """Raises Unavailable where the base knows only hashes of columns that the dataset no longer has."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    labels = pa.array(dataset.classes, pa.string()).take(pa.array(dataset.labels))
    place = _by_id(dataset, baseline) if baseline.ids is not None else _by_content(dataset, baseline, labels)
    there = place != NOWHERE
    before = baseline.labels.take(pa.array(place, mask=~there))
    edited_in = _edited_in(dataset, baseline, place)
    relabeled = pc.fill_null(pc.not_equal(before, labels), False).to_numpy(zero_copy_only=False)
    gone = np.ones(len(baseline), bool)
    gone[place[there]] = False
    lost = np.flatnonzero(gone)
    return Changes(
        place=place,
        edited=np.logical_or.reduce([np.zeros(len(dataset), bool), *edited_in.values()]),
        relabeled=relabeled,
        before=before,
        dropped=_ids(baseline, lost),
        dropped_labels=baseline.labels.take(pa.array(lost)),
        classes=baseline.classes,
        new_columns=_only(dataset.content.column_names, baseline.columns) if len(baseline) else (),
        lost_columns=_only(baseline.columns, dataset.content.column_names),
        edited_in={name: cells for name, cells in edited_in.items() if name},
    )


def _by_id(dataset: Dataset, base: Baseline) -> Ints:
    import numpy as np
    import pyarrow.compute as pc

    assert base.ids is not None
    if base.ids.equals(dataset.ids):
        return np.arange(len(dataset))
    found = pc.index_in(dataset.ids, value_set=base.ids)
    place: Ints = pc.fill_null(found, NOWHERE).to_numpy(zero_copy_only=False).astype(np.int64)
    if dataset.has_moving_ids and len(base):
        _pair_moved(dataset, base, place)
    return place


def _pair_moved(dataset: Dataset, base: Baseline, place: Ints) -> None:
    """Fill in `place` for pictures that stand elsewhere now: rows of ids that one side alone has, by their bytes."""
    import numpy as np

    new, gone = place == NOWHERE, np.ones(len(base), bool)
    gone[place[~new]] = False
    if not (new.any() and gone.any()):
        return
    if base.content is None:
        ours, theirs = _hashes(dataset, base), base.hashes
    elif DIGEST in base.columns:
        ours, theirs = dataset.content[DIGEST], base.content[DIGEST]
    else:
        return
    key, base_key = _codes(ours, theirs)
    _pair(place, np.where(new, key, -1), np.where(gone, base_key, -2))


def _by_content(dataset: Dataset, base: Baseline, labels: pa.Array) -> Ints:
    """Each row with a row of the same content, and of the same label as far as there are such."""
    import numpy as np

    place = np.full(len(dataset), NOWHERE)
    if not len(base):
        return place
    ours, theirs = _keys(dataset, base)
    key, base_key = _codes(ours, theirs)
    label, base_label = _codes(labels, base.labels)
    k = int(max(label.max(initial=0), base_label.max(initial=0))) + 1
    _pair(place, key * k + label, base_key * k + base_label)
    taken = np.zeros(len(base), bool)
    taken[place[place >= 0]] = True
    _pair(place, np.where(place < 0, key, -1), np.where(taken, -2, base_key))
    return place


def _pair(place: Ints, ours: Ints, theirs: Ints) -> None:
    """Fill in `place` where none is yet: the n-th row of a code gets the n-th of it there; negative ones none."""
    import numpy as np

    rows, others = np.flatnonzero((place < 0) & (ours >= 0)), np.flatnonzero(theirs >= 0)
    wide = int(max(len(rows), len(others))) + 1
    mine, match = ours[rows] * wide + _nth(ours[rows]), theirs[others] * wide + _nth(theirs[others])
    order = np.argsort(match, kind="stable")
    at = np.searchsorted(match[order], mine)
    found = at < len(order)
    found[found] = match[order][at[found]] == mine[found]
    place[rows[found]] = others[order][at[found]]


def _nth(codes: Ints) -> Ints:
    """(N,) how many rows with the same code stand before each row."""
    import numpy as np

    order = np.argsort(codes, kind="stable")
    nth = np.empty(len(codes), np.int64)
    nth[order] = np.arange(len(codes)) - np.searchsorted(codes[order], codes[order])
    return nth


def _codes(ours: pa.Array | pa.ChunkedArray, theirs: pa.Array | pa.ChunkedArray) -> tuple[Ints, Ints]:
    """Common codes of the texts of both sides."""
    import numpy as np
    import pyarrow as pa

    chunks = [chunk for side in (ours, theirs) for chunk in getattr(side, "chunks", [side])]
    codes = pa.chunked_array(chunks, pa.string()).combine_chunks().dictionary_encode().indices
    codes = codes.to_numpy(zero_copy_only=False).astype(np.int64)
    return codes[: len(ours)], codes[len(ours) :]


def _keys(dataset: Dataset, base: Baseline) -> tuple[pa.Array | pa.ChunkedArray, pa.Array | pa.ChunkedArray]:
    """What tells the rows of both sides apart by content."""
    if base.hashes is not None:
        return _hashes(dataset, base), base.hashes
    assert base.content is not None
    names = _common(dataset, base)
    if not names:
        raise Unavailable("no id column, and no content column that both sides have: rows cannot be told apart")
    return keyed(dataset.content.select(names)), keyed(base.content.select(names))


def _hashes(dataset: Dataset, base: Baseline) -> pa.Array:
    """The hashes of the dataset's rows over the columns that the base was hashed over."""
    import pyarrow as pa

    if lost := _only(base.hashed, dataset.content.column_names):
        raise Unavailable(
            f"{base.name} has only hashes over columns of which {dataset.name} lacks {listing(lost)}: "
            "name the base itself with --base"
        )
    return pa.array(content_hashes(dataset.content.select(list(base.hashed)), len(dataset)), pa.string())


def _edited_in(dataset: Dataset, base: Baseline, place: Ints) -> dict[str, Bools]:
    """(N,) bool by column that differs anywhere; the name is "" where only hashes are known."""
    import numpy as np
    import pyarrow.compute as pc

    rows = np.flatnonzero(place != NOWHERE)
    if base.ids is None or not len(rows):
        return {}
    ours, theirs = _pieces(rows), _pieces(place[rows])
    if base.content is None:
        cells = {"": (_hashes(dataset, base), base.hashes)}
    else:
        cells = {name: (dataset.content[name], base.content[name]) for name in _common(dataset, base)}
    found = {}
    for name, (now, before) in cells.items():
        mine, old = _taken(now, rows, ours), _taken(before, place[rows], theirs)
        differs = pc.not_equal(pc.fill_null(mine, ""), pc.fill_null(old, "")).to_numpy(zero_copy_only=False)
        if differs.any():
            found[name] = np.zeros(len(dataset), bool)
            found[name][rows] = differs
    return found


def _pieces(rows: Ints) -> Ints:
    """Where runs of consecutive numbers begin."""
    import numpy as np

    return np.flatnonzero(np.r_[True, np.diff(rows) != 1])


def _taken(column: pa.Array | pa.ChunkedArray, rows: Ints, pieces: Ints) -> pa.ChunkedArray:
    """The cells of some rows; where those come in long runs, nothing is copied."""
    import numpy as np
    import pyarrow as pa

    if len(pieces) > FEW_RUNS and isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()  # to take from one chunk is many times as fast as from several
    if len(pieces) * SHORT_RUN > len(rows):
        taken = column.take(pa.array(rows))
        return taken if isinstance(taken, pa.ChunkedArray) else pa.chunked_array([taken])
    lengths = np.diff(np.r_[pieces, len(rows)])
    runs = [column.slice(*run) for run in zip(rows[pieces].tolist(), lengths.tolist(), strict=True)]
    return pa.chunked_array([chunk for run in runs for chunk in getattr(run, "chunks", [run])], pa.string())


def _ids(base: Baseline, rows: Ints) -> pa.Array:
    """The ids of some rows of the base, or what stands for them: the content's hash."""
    import pyarrow as pa

    ids = base.ids if base.ids is not None else base.hashes
    if ids is not None:
        return ids.take(pa.array(rows))
    assert base.content is not None
    return pa.array(content_hashes(base.content.take(pa.array(rows)), len(rows)), pa.string())


def _common(dataset: Dataset, base: Baseline) -> list[str]:
    """The content columns that both sides have, in the dataset's order."""
    return [name for name in dataset.content.column_names if name in base.columns]


def _only(names: Iterable[str], others: Iterable[str]) -> tuple[str, ...]:
    there = set(others)
    return tuple(name for name in names if name not in there)
