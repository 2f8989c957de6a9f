"""Tables about rows as a terminal shows them: with what each row says in front, which files leave to the data."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from hardneg_cli.cli.outputs import OutputTarget
from hardneg_cli.io.tables.queue_view import FIRST_ROWS, first_rows_of

if TYPE_CHECKING:
    import pyarrow as pa

    from hardneg_cli.data.dataset import Dataset

Written = tuple[Callable[[], "pa.Table"], list[OutputTarget]]


def with_rows_in_front(
    make: Callable[[], pa.Table], targets: Sequence[OutputTarget], dataset: Dataset,
    seen: Callable[[], pa.Table] | None = None,
) -> tuple[Written, Written]:  # fmt: skip
    """For `outputs.write_together`: the table, and as a terminal shows it. seen: what that has in its place."""
    shown = [target for target in targets if is_seen(target)]
    return (
        (make, [target for target in targets if target not in shown]),
        (lambda: in_front((seen or make)(), dataset), shown),
    )


def is_seen(target: OutputTarget) -> bool:
    """Whether somebody looks at it: a table on a terminal."""
    return target.format == "table" and target.path is None and sys.stdout.isatty()


def in_front(table: pa.Table, dataset: Dataset) -> pa.Table:
    """The table behind a column that says what its first rows are; without ids that stand for the content."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from hardneg_cli.detection.findings import MOST_TELLING
    from hardneg_cli.io.tables.findings_columns import is_hash
    from hardneg_cli.io.tables.row_snippets import snippets

    columns = dataset.columns
    first = table["id"].slice(0, max(FIRST_ROWS, first_rows_of(table)))
    names = [columns.text] if columns.text else dataset.content.column_names[:MOST_TELLING]
    rows = pc.index_in(first, value_set=pa.array(dataset.ids.to_pylist(), first.type))
    content = dataset.content.select(names).take(rows)
    said = snippets(content, names, () if columns.image is None else (columns.image,))
    ids = first.to_pylist()
    if not any(said) or said == ids:
        return table
    texts = pa.array([*said, *[""] * (len(table) - len(said))], pa.string())
    names = [name for name in table.column_names if name != "id"]
    behind = table.select(names if is_hash(ids) else [*names, "id"])
    return behind.add_column(0, columns.text or "row", texts)
