"""A function of the user's that makes other texts of texts.

It takes a list of texts and answers as many texts, or lists of texts; or it takes one text and answers a text or some.
Which it is its first parameter says (`text: str`, or the name `text` alone), else it is handed a list first, and where
it cannot do with that one text after the other.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, cast

from hardneg_cli.errors import InputError, quote
from hardneg_cli.runtime.progress import progress
from hardneg_cli.runtime.user_functions import UserCode, name_of, user_function

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Codes = NDArray[np.int64]

OPTION = "--using"
BATCH = 64  # texts that a function gets at a time
OF_ONE = ("text", "sentence", "string", "line", "t", "s")  # what a parameter for one text is called
MOST_SHOWN = 60  # characters of a text in a message


@dataclass(frozen=True)
class Rewriter:
    """named: the function, or `module:function`. It is asked once about each text."""

    named: str | Callable[..., object]
    known: dict[str, tuple[str, ...]] = field(default_factory=dict, repr=False)

    @property
    def name(self) -> str:
        return name_of(self.named)

    @cached_property
    def function(self) -> Callable[..., object]:
        """Raises InputError where there is none."""
        return user_function(self.named, OPTION)

    def versions(self, texts: Sequence[str], pool: Codes) -> Callable[[int, int], str | None]:
        """Ask about the texts of the pool: by row and turn, a version, None where there are no more.

        Raises InputError for a function that fails, or answers anything but texts.
        """
        new = [text for text in dict.fromkeys(texts[row] for row in pool.tolist()) if text not in self.known]
        with progress(f"texts by {self.name}", total=len(new)) as advance:
            for start in range(0, len(new), BATCH):
                some = new[start : start + BATCH]
                self.known.update(zip(some, self._answers(some), strict=True))
                advance(len(some))

        def version(row: int, turn: int) -> str | None:
            found = self.known[texts[row]]
            return found[turn] if turn < len(found) else None

        return version

    def _answers(self, texts: list[str]) -> list[tuple[str, ...]]:
        if self._takes_one:
            return [self._one(text) for text in texts]
        try:
            return self._several(texts)
        except InputError as error:
            if not isinstance(error.__cause__, AttributeError | TypeError):
                raise
            try:
                found = [self._one(text) for text in texts]
            except InputError:
                raise error from None
            self.__dict__["_takes_one"] = True
            return found

    @cached_property
    def _takes_one(self) -> bool:
        """Whether the first parameter is one text, by its type, else by its name."""
        try:
            first = next(iter(inspect.signature(self.function).parameters.values()), None)
        except (TypeError, ValueError):  # one that is written in C says nothing
            return False
        if first is None:
            return False
        if first.annotation is not inspect.Parameter.empty:
            return first.annotation in (str, "str")
        return first.name in OF_ONE

    def _several(self, texts: list[str]) -> list[tuple[str, ...]]:
        with UserCode(f"{OPTION} {self.name} failed at {len(texts):,} texts, the first of them {_quoted(texts[0])}"):
            answers = self.function(list(texts))
            found = None if isinstance(answers, str) else [*cast("Iterable[object]", answers)]
        if found is None or len(found) != len(texts):
            many = "one text" if found is None else f"{len(found):,} answers"
            raise InputError(f"{OPTION} {self.name}: {many} for {len(texts):,} texts; a text or a list of texts each")
        return [self._texts(text, answer) for text, answer in zip(texts, found, strict=True)]

    def _one(self, text: str) -> tuple[str, ...]:
        with UserCode(f"{OPTION} {self.name} failed at {_quoted(text)}"):
            answer = self.function(text)
        return self._texts(text, answer)

    def _texts(self, text: str, answer: object) -> tuple[str, ...]:
        if answer is None or isinstance(answer, str):
            return () if answer is None else (answer,)
        with UserCode(f"{OPTION} {self.name} at {_quoted(text)}: what it answers is no text, and no list of texts"):
            found = tuple(cast("Iterable[object]", answer))
        texts = tuple(one for one in found if isinstance(one, str))
        if odd := [one for one in found if not isinstance(one, str)]:
            raise InputError(
                f"{OPTION} {self.name} at {_quoted(text)}: answers {type(odd[0]).__name__} instead of texts"
            )
        return texts


def _quoted(text: str) -> str:
    return quote(text, MOST_SHOWN)
