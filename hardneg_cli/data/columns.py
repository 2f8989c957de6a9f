"""Which column of a table plays which part, and columns chosen by patterns."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hardneg_cli.data.class_names import ClassNames, as_names
from hardneg_cli.errors import InputError, did_you_mean, listing, quote

PARTS = ("label", "id", "text", "image", "groups", "split", "fold")


@dataclass(frozen=True)
class Columns:
    """Which column of a dataset plays which part; `id` defaults to a column `id` where there is one.

    classes_are_numbers: whether labels may be numbers, however many there are. classes: their names in the order of
    their numbers, for labels that are written as these; by default what the file's metadata says. image: pictures, as
    paths or data URIs. embed: what makes vectors of them, or of the text, as `module:function` or the function itself.
    beside: columns that begin with the prefix and are no probabilities; named: columns that are,
    where the prefix is empty; both are found out as the data is read, see `probability_columns`.
    """

    label: str = "label"
    id: str | None = None
    text: str | None = None
    groups: str | None = None
    split: str | None = None
    fold: str | None = None
    prob_prefix: str = "prob_"
    classes_are_numbers: bool = False
    classes: ClassNames | None = None
    image: str | None = None
    embed: str | Callable[[list[str]], object] | None = None
    beside: tuple[str, ...] | None = None
    named: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "classes", self.class_names)

    @property
    def class_names(self) -> tuple[str, ...] | None:
        """The classes as texts. Raises InputError for a file that lists none."""
        return as_names(self.classes)

    def probabilities(self, names: Sequence[str]) -> tuple[str, ...]:
        """Those of a file's columns that hold probabilities: they begin with the prefix and play no other part.

        Every column begins with an empty prefix, so that only those count that are known to name a class.
        """
        known = self.candidates(names)
        return known if self.prob_prefix else tuple(name for name in known if name in (self.named or ()))

    def candidates(self, names: Sequence[str]) -> tuple[str, ...]:
        """Those of a file's columns that may hold probabilities: a look at labels and numbers will tell."""
        others = {*self.parts().values(), *(self.beside or ())}
        return tuple(name for name in names if name.startswith(self.prob_prefix) and name not in others)

    def parts(self) -> dict[str, str]:
        """The named columns, by the option that names them."""
        named = {part: getattr(self, part) for part in PARTS}
        return {part: name for part, name in named.items() if name is not None}


def choose(patterns: Sequence[str], names: Sequence[str], what: str) -> list[str]:
    """The columns that any pattern matches, in the file's order; a pattern without a match is an error."""
    for pattern in patterns:
        if not fnmatch.filter(names, pattern):
            hint = did_you_mean(pattern, names) or (
                f"; the columns are {listing(names, 8)}" if names else "; there is none"
            )
            raise InputError(f"no column {quote(pattern)} for {what}{hint}")
    return [name for name in names if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)]
