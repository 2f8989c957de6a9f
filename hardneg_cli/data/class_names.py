"""The same class by two names: `1.0` for `1`, `True` for `true`, as typed tables and arrays spell them."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from hardneg_cli.errors import InputError, listing
from hardneg_cli.io.files.streams import document, is_input

WHOLE = re.compile(r"(-?(?:0|[1-9][0-9]*))(?:\.0+)?")
NUMBER = re.compile(r"[-+]?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
LOGICAL = ("true", "false")
ClassNames: TypeAlias = (
    Collection[object] | Path
)  # in order: a list, an array, an index, a series; or text, see `as_names`


def matched(names: Sequence[str], known: Sequence[str]) -> tuple[str, ...]:
    """Each name as it is called among the `known` ones, where just one of them means the same; else as it is."""
    exact, taken = set(known), set(names)
    meant: dict[str, list[str]] = {}
    for name in known:
        meant.setdefault(plain(name), []).append(name)
    same: dict[str, list[str]] = {}
    for name in names:
        same.setdefault(plain(name), []).append(name)
    found = []
    for name in names:
        others = meant.get(plain(name), [])
        alone = len(others) == 1 and len(same[plain(name)]) == 1
        found.append(others[0] if name not in exact and alone and others[0] not in taken else name)
    return tuple(found)


def plain(name: str) -> str:
    """What the spellings of a whole number, or of a truth value, have in common."""
    if name.lower() in LOGICAL:
        return name.lower()
    whole = WHOLE.fullmatch(name)
    return name if whole is None else whole[1]


def is_number(name: str) -> bool:
    """Whether it is written as a number; `007` is a code."""
    return NUMBER.fullmatch(name) is not None


def as_names(classes: ClassNames | None) -> tuple[str, ...] | None:
    """Class names from anything that lists them, in order: a list, an array, an index, a series; of numbers, too.

    A text is `a,b,c`, or a file of one name a line, or of JSON; names by number are put in the order of the numbers.
    """
    if classes is None:
        return None
    if isinstance(classes, str | Path):
        return _spelled(str(classes))
    if isinstance(classes, Mapping):
        return _by_number("classes", classes)
    given: Any = classes
    listed = given.tolist() if hasattr(given, "tolist") else list(getattr(given, "names", None) or given)
    return tuple(str(name) for name in listed)


def _spelled(given: str) -> tuple[str, ...]:
    """The names in `a,b,c`, or in a file of this name. Raises InputError for what is no UTF-8, or no JSON."""
    if not is_input(given):
        return tuple(given.split(","))
    try:
        text = document(given).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{given}: its names are not UTF-8") from error
    if not text.lstrip().startswith(("[", "{")):
        return tuple(line for line in text.splitlines() if line)
    try:
        said = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{given}: begins like JSON, but is none: {error}") from error
    names = _by_number(given, said) if isinstance(said, dict) else tuple(said)
    if not all(isinstance(name, str | int) for name in names):
        raise InputError(f"{given}: its names are no list of texts, and no object of texts by number")
    return tuple(str(name) for name in names)


def _by_number(given: str, names: Mapping[object, object]) -> tuple[str, ...]:
    """Names by number, 0 to K − 1, in the order of the numbers; numbers by name as well, as models are configured."""
    if names and all(isinstance(number, int) and not isinstance(number, bool) for number in names.values()):
        names = {number: name for name, number in names.items()}
    by_number = {str(number): name for number, name in names.items()}
    order = [str(number) for number in range(len(names))]
    if {*by_number} != {*order}:
        raise InputError(f"{given}: numbers its {len(names):,} classes otherwise than 0, 1, …: {listing([*by_number])}")
    return tuple(str(by_number[number]) for number in order)


def readable(name: str) -> str:
    """A class as people see it: in quotes where blanks at its edges would not be seen, or nothing would."""
    return name if name and name == name.strip() else f"“{name}”"


def in_order(names: Sequence[str]) -> tuple[str, ...]:
    """In the order in which arrays have them: by number where all are numbers, else by text."""
    if all(is_number(name) for name in names):
        return tuple(sorted(names, key=lambda name: (float(name), name)))
    return tuple(sorted(names))
