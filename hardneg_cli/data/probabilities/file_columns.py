"""Which columns of a file beside the data hold a model's probabilities, and what to say of the others."""

from __future__ import annotations

from collections.abc import Sequence

from hardneg_cli.data.alignment import id_name
from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.probabilities.probabilities import Model
from hardneg_cli.data.probabilities.table import ROW_COLUMNS
from hardneg_cli.data.probability_columns import named, strangers_that_belong
from hardneg_cli.errors import InputError, did_you_mean, listing, quote
from hardneg_cli.io.files.source import Source, sources
from hardneg_cli.io.tables import table_files
from hardneg_cli.io.tables.matrix import list_size
from hardneg_cli.io.tables.table_files import ReadRequest

VALUES = "values"  # the column of lists of a file without named columns


def probability_columns(
    pattern: str,
    names: Sequence[str],
    dataset: Dataset,
    classes: Sequence[str] = (),
    files: tuple[Source, ...] | None = None,
) -> tuple[str, ...]:
    """Those of a file's columns that hold probabilities, none where there are none.

    Beside data, all columns with the prefix do that play no part in it; with an empty one those that name a class, and
    those with which the rows sum to 1.
    """
    columns = dataset.columns
    if columns.prob_prefix:
        return columns.candidates(names)
    others = {*ROW_COLUMNS, id_name(dataset), VALUES, *columns.parts().values()}
    candidates = [name for name in names if name not in others]
    numbers = () if dataset.numbered is None else dataset.numbered.spellings
    ours = named(candidates, "", (*dataset.classes, *classes, *numbers))
    if not ours:
        return ()
    strangers = tuple(name for name in candidates if name not in set(ours))
    files = sources(pattern, may_be_remote=True) if files is None else files
    more = strangers_that_belong(files, ours, strangers, ReadRequest(encoding=dataset.encoding)) if strangers else ()
    return tuple(name for name in candidates if name in {*ours, *more})


def no_probabilities(pattern: str, names: list[str], dataset: Dataset) -> InputError:
    prefix = dataset.columns.prob_prefix
    if not prefix:
        columns, labels = listing(names, 8), listing(dataset.classes, 5)
        return InputError(f"{pattern}: no column is called like a label: {columns} against {labels}")
    hint = did_you_mean(prefix, [name[: len(prefix)] for name in names])
    hint = hint or f"; the columns are {listing(names, 8)}"
    return InputError(f"{pattern}: no column starts with {quote(prefix)}{hint}; name the prefix with --prob-prefix")


def misspelled(model: Model, dataset: Dataset) -> tuple[str, ...]:
    """A note on each class that is close to a label which the model does not know."""
    unknown = sorted(set(dataset.classes) - set(model.classes))
    strange = [(name, did_you_mean(name, unknown)) for name in model.classes if name not in set(dataset.classes)]
    return tuple(f"{model.name}: no label is {quote(name)}{hint}" for name, hint in strange if hint)


def by_order_note(
    pattern: str, names: list[str], dataset: Dataset, columns: tuple[str, ...]
) -> tuple[str, ...]:  # fmt: skip
    """What to say where a file has other columns than probabilities, one of which may have been meant for the ids."""
    others = [name for name in names if name not in set(columns)]
    if not others:
        return ()
    return (
        f"{pattern}: rows were matched by order, as it has no column {quote(id_name(dataset))} (but {listing(others)})",
    )


def width_of_lists(pattern: str, files: tuple[Source, ...]) -> int:
    """How many numbers most lists of the column `values` have."""
    width = list_size(next(iter(table_files.read(files, ReadRequest(numbers=(VALUES,))))))
    if width is None:
        raise InputError(f"{pattern}: column {quote(VALUES)} holds no lists; call the columns by their classes")
    if not width:
        raise InputError(f"{pattern}: the lists of column {quote(VALUES)} are empty")
    return width
