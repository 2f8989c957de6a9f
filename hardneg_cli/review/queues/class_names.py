"""The classes that a reviewer is offered, the real ones; which a misspelling means, and which a number key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.label_spelling import meant_by, slips
from hardneg_cli.io.tables.queue_view import view_of

if TYPE_CHECKING:
    import pyarrow as pa

SPELLING = "label-spelling"  # the detector whose suggestion is the class that the given label is a misspelling of
MOST_KEYS = 9


@dataclass(frozen=True)
class ClassNames:
    """real: in their order. slips: of labels that are misspellings, the class that is meant."""

    real: tuple[str, ...]
    slips: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of_dataset(cls, dataset: Dataset) -> ClassNames:
        wrong = slips(dataset)
        return cls(tuple(name for name in dataset.classes if name not in wrong), wrong)

    @classmethod
    def of_queue(cls, table: pa.Table) -> ClassNames:
        """As far as a table of findings tells: what it knows of its classes, else the labels in it.

        A given label that `label-spelling` doubts is no class, unless it is suggested somewhere.
        """
        view, suggested = view_of(table), _texts(table, "suggested_label")
        given, by = _texts(table, "given_label"), _texts(table, "detectors")
        wrong = {
            label: meant
            for label, meant, detectors in zip(given, suggested, by, strict=True)
            if meant and meant != label and SPELLING in detectors.split(",") and label not in set(suggested)
        }
        names = view.classes if view.dataset else sorted({*given, *suggested} - {""})
        return cls(tuple(name for name in names if name not in wrong), wrong)

    def and_typed(self, names: Sequence[str]) -> list[str]:
        """The real ones, and behind them others that a reviewer made."""
        return [*self.real, *sorted({*names} - {*self.real} - {*self.slips} - {""})]

    def meant(self, label: str, others: Sequence[str] = ()) -> str:
        """The class that was probably meant by a label that is none, "" where it is one, or like none of them."""
        known = [*self.real, *others]
        if label in known:
            return ""
        return self.slips.get(label) or meant_by(label, known)

    @cached_property
    def keys(self) -> dict[str, str]:
        """Which class each number key stands for: none where that could be taken for another one.

        At most nine classes are numbered from 1, in their order. Classes that are called by a digit are on that key,
        if all of them are; where only some names are numbers, no key is any class.
        """
        numbers = [name.strip().isdecimal() for name in self.real]
        if self.real and all(len(name) == 1 and name in "0123456789" for name in self.real):
            return {name: name for name in self.real}
        if any(numbers) or not 1 < len(self.real) <= MOST_KEYS:
            return {}
        return {str(number): name for number, name in enumerate(self.real, 1)}


def _texts(table: pa.Table, name: str) -> list[str]:
    if name not in table.column_names:
        return [""] * table.num_rows
    texts: list[str] = table[name].to_pylist()
    return texts
