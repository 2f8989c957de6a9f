"""The same class by two names: `1.0` for `1`, `True` for `true`, as typed tables and arrays spell them."""

from __future__ import annotations

import re
from collections.abc import Sequence

WHOLE = re.compile(r"(-?(?:0|[1-9][0-9]*))(?:\.0+)?")
NUMBER = re.compile(r"[-+]?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
LOGICAL = ("true", "false")


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


def as_names(classes: object) -> tuple[str, ...] | None:
    """Class names from anything that lists them: a list, an array, an index, a series; of numbers, too."""
    if classes is None:
        return None
    listed = classes.tolist() if hasattr(classes, "tolist") else list(classes)  # type: ignore[call-overload]
    return tuple(str(name) for name in listed)


def in_order(names: Sequence[str]) -> tuple[str, ...]:
    """In the order in which arrays have them: by number where all are numbers, else by text."""
    if all(is_number(name) for name in names):
        return tuple(sorted(names, key=lambda name: (float(name), name)))
    return tuple(sorted(names))
