"""The tables of a shaped queue: the lead's with all evidence, and one a reviewer with what a reviewer may see.

The lead's table is the key. It has every row with its evidence, worst first, and the columns `reviewers` (who is asked)
and `role` (`suspect` or `control`); a control row's `suggested_label` is the one that its reviewers are shown.

With control rows, what reviewers see must not tell them from suspects. Blanked for all rows are therefore
- `score`, `suggestion_score`, `p_given`, `p_suggested`: a control row's doubt is small;
- `flagged`: no control row is;
- `detectors`, `why`: hardly any detector speaks up about a control row;
- `rank`: the suspects' ranks are the first ones, without a gap.
`suggested_label` stays, as every kind of row has one; `given_label` and the content are what is judged.
The order tells nothing either: suspects stay worst first, control rows stand at random places among them.

A blind queue lacks `suggested_label` too: whoever sees a suggestion is drawn to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardneg_cli.data.hashed_columns import spelled_anew
from hardneg_cli.io.tables.queue_columns import ANCHORING, CONTROL, SUSPECT, TELLING, TRAILING
from hardneg_cli.review.queues.assignment import Assignment

if TYPE_CHECKING:
    import pyarrow as pa


def lead(shape: Assignment) -> pa.Table:
    """All rows, worst first, with all evidence, who is asked about them, and which of them are a control."""
    import pyarrow as pa

    names = shape.wish.reviewers
    who = [",".join(name for name, is_asked in zip(names, row, strict=True) if is_asked) for row in shape.assigned]
    role = [CONTROL if control else SUSPECT for control in shape.control]
    table = evidence(shape)
    return _beside(table, {"reviewers": pa.array(who, pa.string()), "role": pa.array(role, pa.string())})


def queues(shape: Assignment) -> list[pa.Table]:
    """What each reviewer gets, in the order of the reviewers; one queue where none is named."""
    import pyarrow as pa

    table = evidence(shape)
    hidden = ANCHORING if shape.wish.blind else TELLING if shape.wish.control else ()
    found = []
    for number, places in enumerate(shape.queues):
        queue = _blanked(table.take(places), hidden)
        queue = _spelled(queue, table)
        if shape.wish.reviewers:
            name = pa.repeat(pa.scalar(shape.wish.reviewers[number]), len(places))
            queue = _beside(queue, {"reviewer": name})
        found.append(queue)
    return found


def evidence(shape: Assignment) -> pa.Table:
    """The rows as find wrote them; a suggestion that find did not make has no probability."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    table = shape.scored.table.take(shape.rows)
    changed = pa.array(shape.suggested != shape.scored.suggested[shape.rows])
    names = pa.array([*shape.scored.classes, ""], pa.string())
    shown = names.take(pa.array(np.where(shape.suggested < 0, len(names) - 1, shape.suggested)))
    cells = {"suggested_label": shown} | {
        name: pc.if_else(changed, None, table[name])
        for name in ("suggestion_score", "p_suggested")
        if name in table.column_names
    }
    for name, column in cells.items():
        table = table.set_column(table.column_names.index(name), name, column)
    return _spelled(table, shape.scored.table)


def _spelled(rows: pa.Table, every: pa.Table) -> pa.Table:
    """Some of `every` row, of which the first says what the content hashes cover."""
    import pyarrow as pa

    if "hashed" not in every.column_names:  # as files were before hashes said what they cover
        return rows
    hashed = pa.array(spelled_anew(rows["hashed"].to_pylist(), every["hashed"].to_pylist()), pa.string())
    return rows.set_column(rows.column_names.index("hashed"), "hashed", hashed)


def _beside(table: pa.Table, columns: dict[str, pa.Array]) -> pa.Table:
    """With these columns as the last ones shown."""
    for name, values in columns.items():
        table = table.add_column(table.column_names.index(TRAILING[0]), name, values)
    return table


def _blanked(table: pa.Table, names: tuple[str, ...]) -> pa.Table:
    """Without what stands in these columns: empty where it is text, else null."""
    import pyarrow as pa
    from pyarrow import types

    for name in names:
        kind = table.schema.field(name).type
        nothing = pa.repeat(pa.scalar(""), len(table)) if types.is_string(kind) else pa.nulls(len(table), kind)
        table = table.set_column(table.column_names.index(name), name, nothing)
    return table
