"""Which columns a row's content hash covers, so that it can be made again whatever options are given then.

A token stands for their names: `c` and 6 bytes of BLAKE2b, as hexadecimal, over the sorted names as JSON. Where it is
written down, the first line with it spells the names out behind it, `c0123456789ab=["text","title"]`, and later ones
have the token alone. The names prove themselves by the token, so it does not matter where that line stands, nor
whether there are several. All of it is ASCII.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from hashlib import blake2b
from itertools import chain, combinations

from hardneg_cli.errors import InputError, quote

TOKEN_BYTES = 6
TOKEN = re.compile(rf"c[0-9a-f]{{{2 * TOKEN_BYTES}}}")
MOST_LEFT_OUT = 3  # split, fold and groups
MOST_NAMES = 1_000_000  # that are looked at for a token that nothing spells out
LONGEST_CELL = 30_000  # characters; a spreadsheet's cell holds hardly more


@dataclass(frozen=True, slots=True, order=True)
class HashedColumns:
    """The columns of a hash. names: sorted, None where nothing spells the token out. Equal tokens are equal."""

    token: str = ""
    names: tuple[str, ...] | None = field(default=None, compare=False)

    @classmethod
    def of(cls, names: Iterable[str]) -> HashedColumns:
        ordered = tuple(sorted(names))
        return cls(_token(ordered), ordered)

    @classmethod
    def parse(cls, text: str) -> HashedColumns:
        """What `str` writes, or the token alone; ValueError for anything else, and for names of another token."""
        token, spells, names = text.partition("=")
        if not text:
            return UNKNOWN
        if not TOKEN.fullmatch(token):
            raise ValueError("no token of columns")
        if not spells:
            return cls(token)
        try:
            listed = json.loads(names)
        except RecursionError as error:
            raise ValueError("no list of columns") from error
        if not isinstance(listed, list) or not all(isinstance(name, str) for name in listed):
            raise ValueError("no list of columns")
        found = cls.of(listed)
        if found.token != token:
            raise ValueError("columns of another token")
        return found

    def __str__(self) -> str:
        return self.token if self.names is None else f"{self.token}={_listed(self.names)}"


UNKNOWN = HashedColumns()  # of what was written before hashes said what they cover


def spelled_once(columns: Iterable[HashedColumns], known: Iterable[str] = ()) -> Iterator[str]:
    """What is written for each: the names with the first of every token that is not `known`, else the token alone."""
    spelled = set(known)
    for one in columns:
        if one.names is None or one.token in spelled:
            yield one.token
        else:
            spelled.add(one.token)
            yield str(one)


def hashed_cells(columns: Iterable[HashedColumns]) -> list[str]:
    """The cells of a queue's column `hashed`; names that are too long for a cell are left to be guessed."""
    return [text if len(text) <= LONGEST_CELL else text.partition("=")[0] for text in spelled_once(columns)]


def hashed_alike(columns: HashedColumns, rows: int) -> list[str]:
    """The same for rows whose hashes cover the same columns."""
    first, *others = hashed_cells([columns, columns])
    return [first, *others * (rows - 1)] if rows else []


def spelled_anew(cells: Sequence[str | None], others: Iterable[str | None] = ()) -> list[str]:
    """The cells of rows in another order, or of some rows, `others` being the rest: the names go to the first again."""
    texts = [cell or "" for cell in cells]
    spelled = {text.partition("=")[0]: text for text in (*texts, *others) if text and "=" in text}
    found = []
    for text in texts:
        token = text.partition("=")[0]
        found.append(spelled.pop(token, token))
    return found


def read_cells(name: str, cells: Iterable[str | None]) -> dict[str | None, HashedColumns]:
    """What each cell of a file's column `hashed` stands for, whichever of them spells a token out.

    Raises InputError, which begins with the file's `name`, for a cell that says nothing like it.
    """
    found: dict[str | None, HashedColumns] = {}
    for cell in cells:
        try:
            found[cell] = HashedColumns.parse((cell or "").strip())
        except ValueError as error:
            raise InputError(
                f"{name}: {quote((cell or '')[:40])} in column 'hashed' is not what hardneg wrote there: {error}"
            ) from error
    spelled = {one.token: one for one in found.values() if one.names is not None}
    return {cell: spelled.get(one.token, one) for cell, one in found.items()}


def guessed(hashed: HashedColumns, current: Sequence[str], columns: Sequence[str]) -> tuple[str, ...] | None:
    """The names of a token that nothing spells out; None where they are not found.

    Tried are the `current` content, and `columns`, as they are and without up to three of them.
    """
    found: tuple[str, ...] | None = _guessed(hashed.token, tuple(sorted(current)), tuple(sorted(columns)))
    return found


@cache
def _guessed(token: str, current: tuple[str, ...], columns: tuple[str, ...]) -> tuple[str, ...] | None:
    for tries, names in enumerate(chain([current], _without_some(columns)), 1):
        if _token(names) == token:
            return names
        if tries * len(columns) > MOST_NAMES:
            break
    return None


def _without_some(columns: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for many in range(min(MOST_LEFT_OUT, len(columns)) + 1):
        for left_out in combinations(columns, many):
            yield tuple(name for name in columns if name not in left_out)


def _token(names: tuple[str, ...]) -> str:
    return "c" + blake2b(_listed(names).encode(), digest_size=TOKEN_BYTES).hexdigest()


def _listed(names: Sequence[str]) -> str:
    return json.dumps(names, separators=(",", ":"))
