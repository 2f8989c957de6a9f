"""Text that no spreadsheet program is sure to give back, told once more in a column of its own.

XML cannot hold control characters; Excel writes them as `_xHHHH_`, and a real `_xHHHH_` with `_x005F` before it. Not
every program reads and writes both alike, so a cell with such text shows a picture of it (␛), and the hidden, locked
column says as JSON, in which neither occurs, what is meant. It stands in the row itself: sorting moves it along.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hardneg_cli.errors import InputError, quote
from hardneg_cli.io.tables.queue_columns import FILLED_IN, LABELS

if TYPE_CHECKING:
    pass

COLUMN = "hardneg:exact"
ESCAPE = re.compile(r"_x(?![dD][89a-fA-F])([0-9a-fA-F]{4})_")  # but for halves of a character
UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f\ufffe\uffff]|x005[fF]_|_x[0-9a-fA-F]{4}_")
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\ufffe\uffff]")
PICTURES = 0x2400  # of the control characters, in their order
ANSWER = "new_label"
CLASS = "\0class "  # and a number: a class that is offered, beside what stands in the rows


def printable(text: str) -> str:
    """The text with a picture for each character that no cell can hold."""
    return CONTROL.sub(lambda found: "\ufffd" if found[0] > " " else chr(PICTURES + ord(found[0])), text)


def exact_cells(cells: Mapping[str, str]) -> str:
    """What the column says of a row: its unsafe cells by column."""
    return json.dumps(cells).replace("_", r"\u005f")


def exact_classes(classes: Sequence[str]) -> dict[str, str]:
    """The classes that a drop-down can only offer as they are shown, each under a name that no column has."""
    unsafe = (name for name in classes if UNSAFE.search(name))
    return {f"{CLASS}{number}": name for number, name in enumerate(unsafe)}


def restore(name: str, names: Sequence[str], rows: Sequence[list[Any]]) -> None:
    """Put into the rows, all of a sheet, what their cells should say.

    What people fill in is theirs, unless it is as it was shown; a label that they typed or chose as it is
    shown in the sheet means the label behind it.
    """
    place, columns = names.index(COLUMN), {column: at for at, column in enumerate(names)}
    meant: dict[str, str] = {}
    plain: set[str] = set()
    for number, cells in enumerate(rows, 1):
        exact = _cells(cells[place], f"{name}: row {number}")
        for column in set(exact) & set(columns):
            at, text = columns[column], exact[column]
            if column in LABELS and isinstance(cells[at], str):
                meant[cells[at]] = text
            if column not in FILLED_IN or cells[at] == printable(text):
                cells[at] = text
        meant |= {printable(text): text for column, text in exact.items() if column.startswith(CLASS)}
        plain |= {cells[columns[label]] for label in LABELS if label in columns and label not in exact}
    if ANSWER in columns:
        for cells in rows:
            answer = cells[columns[ANSWER]]
            if answer in meant and answer not in plain:
                cells[columns[ANSWER]] = meant[answer]


def _cells(text: Any, where: str) -> dict[str, str]:
    if text is None or text == "":
        return {}
    try:
        cells = json.loads(text)
    except (TypeError, ValueError):
        cells = None
    if not isinstance(cells, dict) or not all(isinstance(text, str) for text in cells.values()):
        raise InputError(f"{where}: the hidden column {quote(COLUMN)} was changed; fill in a fresh queue")
    return cells


def decoded(text: str) -> str:
    """The text of a cell as Excel reads it."""
    return ESCAPE.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def encoded(text: str) -> str:
    """The text as Excel writes it into a file."""
    text = re.sub(r"_(?=x[0-9a-fA-F]{4}_)", "_x005F_", text)
    return CONTROL.sub(lambda found: f"_x{ord(found[0]):04X}_", text)
