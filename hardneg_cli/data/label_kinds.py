"""What labels are that look like classes and are none: measurements, and lists of labels in one cell."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence

from hardneg_cli.data.class_names import is_number
from hardneg_cli.data.columns import Columns
from hardneg_cli.errors import InputError, quote

FEWEST = 20  # different numbers; fewer are classes in any case
WHOLE_SHARE, BROKEN_SHARE = 3, 10  # rows a number that classes have at least, in the mean: whole ones, and fractions
ALMOST_ALL = 0.95  # of the labels: a few may say that there is none
SEPARATORS = (";", "|", ",")


def refuse_measurements(name: str, columns: Columns, classes: Sequence[str], rows: int) -> None:
    """Raises InputError for labels that are numbers with so many values that they measure something.

    That is 20 different ones or more, and more than one for every 3 rows, or for every 10 where there are fractions.
    """
    if columns.classes_are_numbers or len(classes) < FEWEST or len(classes) * BROKEN_SHARE <= rows:
        return
    numbers = [label for label in classes if is_number(label)]
    if len(numbers) < ALMOST_ALL * len(classes):
        return
    broken = any(float(label) % 1 for label in numbers)
    if len(numbers) * (BROKEN_SHARE if broken else WHOLE_SHARE) <= rows:
        return
    few = ", ".join(sorted(numbers, key=float)[:3])
    raise InputError(
        f"{name}: column {quote(columns.label)} holds {len(numbers):,} different numbers in {rows:,} rows ({few} …): "
        "a measurement, not classes; put the numbers into ranges, or insist with --classes-are-numbers"
    )


def lists_of_labels(name: str, columns: Columns, classes: Sequence[str]) -> tuple[str, ...]:
    """A note where most labels are several in one cell: the parts of them are used again and again."""
    lists = [label for label in classes if _is_list(label)]
    if 2 * len(lists) > len(classes) > 1:
        return (_several(name, lists, classes),)
    for separator in SEPARATORS:
        joined = [label for label in classes if separator in label]
        if 2 * len(joined) <= len(classes) or len(joined) < 2:
            continue
        parts = Counter(part.strip() for label in joined for part in set(label.split(separator)))
        if len(parts) <= len(joined) and max(parts.values()) > 1:
            return (_several(name, joined, classes),)
    return ()


def _several(name: str, labels: Sequence[str], classes: Sequence[str]) -> str:
    return (
        f"{name}: {len(labels):,} of {len(classes):,} labels, such as {quote(min(labels)[:60])}, are several "
        "in one cell: "
        "each combination counts as a class of its own; give each label a row or a column"
    )


def _is_list(label: str) -> bool:
    if not label.startswith("["):
        return False
    try:
        return isinstance(json.loads(label), list)
    except (ValueError, RecursionError):
        return False
