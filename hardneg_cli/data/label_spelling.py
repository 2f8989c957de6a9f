"""Class names that look like slips of the hand: which more frequent class each of them is a spelling of.

Two names are spellings of one when they are equal after Unicode, white space and case are folded,
or when one slip of the hand (a letter added, left out, replaced, or two letters swapped: optimal
string alignment) turns the rare into the frequent one. Names whose digits differ are different names
(`class_12`, `class_21`), and so are short words that differ by a replaced letter (`cat`, `car`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.text_normalization import folded_name

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NO_SLIP = -1
AT_MOST = 0.1  # of the frequent spelling's rows, where nobody says otherwise
ALIKE = 75  # of 100, between a name that somebody typed and a class
SHORTEST = 3  # letters of a word in which a slip can be told from another word
SHORTEST_REPLACED = 5  # the same where a letter was replaced


def meant_classes(dataset: Dataset, at_most: float = AT_MOST) -> NDArray[np.int32]:
    """(K,) for each class the code of the one that it is a misspelling of, `NO_SLIP` for all that are none.

    at_most: a slip has at most this share of the frequent spelling's rows. O(K²) where all classes are about as
    frequent.
    """
    import numpy as np

    counts = dataset.counts
    better = np.full(len(dataset.classes), NO_SLIP, np.int32)
    names = [folded_name(name) for name in dataset.classes]
    frequent = sorted(range(len(names)), key=lambda code: (-counts[code], dataset.classes[code]))
    place = {code: turn for turn, code in enumerate(frequent)}
    first: dict[str, int] = {}
    for code in frequent:
        first.setdefault(names[code], code)
    many = np.searchsorted(-at_most * counts[frequent], -counts, side="right")  # so many classes are frequent enough
    for code, name in enumerate(names):
        if counts[code]:
            same = place[first[name]]
            slips = (turn for turn in range(min(int(many[code]), same)) if _one_slip(name, names[frequent[turn]]))
            best = frequent[next(slips, same)]
            better[code] = best if place[best] < place[code] else NO_SLIP
    return better


def slips(dataset: Dataset) -> dict[str, str]:
    """The classes that are misspellings, in their order, each with the one that is meant."""
    classes, meant = dataset.classes, meant_classes(dataset).tolist()
    return {name: classes[code] for name, code in zip(classes, meant, strict=True) if code != NO_SLIP}


def real_classes(dataset: Dataset) -> tuple[str, ...]:
    """The classes that are no misspelling of another one, in their order."""
    wrong = slips(dataset)
    return tuple(name for name in dataset.classes if name not in wrong)


def meant_names(dataset: Dataset, names: Collection[str]) -> dict[str, str]:
    """Those of the names that are misspellings, each with the class that it is one of.

    A name that no row has counts as a class of one row. O(K²) altogether, and O(K) for each such name.
    """
    known = set(dataset.classes)
    wrong = {} if known.isdisjoint(names) else slips(dataset)
    frequent = sorted(zip((-dataset.counts).tolist(), dataset.classes, strict=True))
    folded = [(-few, name, folded_name(name)) for few, name in frequent]
    found = {}
    for name in names:
        other = wrong.get(name) if name in known else _meant_of_one_row(folded_name(name), folded)
        if other is not None:
            found[name] = other
    return found


def _meant_of_one_row(name: str, frequent: Sequence[tuple[int, str, str]]) -> str | None:
    """frequent: rows, name and folded name of each class, the most frequent first."""
    same = next((known for _, known, other in frequent if other == name), None)
    many = ((known, other) for rows, known, other in frequent if rows * AT_MOST >= 1)
    return same or next((known for known, other in many if _one_slip(name, other)), None)


def meant_by(label: str, classes: Sequence[str]) -> str:
    """The one of the classes that somebody probably meant who typed `label`; "" where none is much like it.

    The same but for case, white space and Unicode, or one slip of the hand away, or else very much alike.
    """
    from rapidfuzz import process
    from rapidfuzz.fuzz import ratio

    if label in classes:
        return label
    name, names = folded_name(label), [folded_name(one) for one in classes]
    for is_meant in (name.__eq__, lambda other: _one_slip(name, other)):
        if found := next((one for one, other in zip(classes, names, strict=True) if is_meant(other)), ""):
            return found
    close = process.extractOne(name, names, scorer=ratio, score_cutoff=ALIKE) if name else None
    return classes[close[2]] if close else ""


def _one_slip(name: str, other: str) -> bool:
    from rapidfuzz.distance import OSA

    shortest = min(len(name), len(other))
    if abs(len(name) - len(other)) > 1 or shortest < SHORTEST or OSA.distance(name, other, score_cutoff=1) != 1:
        return False
    if _digits(name) != _digits(other):
        return False
    replaced = len(name) == len(other) and sorted(name) != sorted(other)
    return not replaced or shortest >= SHORTEST_REPLACED


def _digits(name: str) -> list[str]:
    return [letter for letter in name if letter.isdigit()]
