"""Evidence on demand: each piece is gathered once, when the first detector that names it asks."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeAlias, TypeVar

from hardneg_cli.errors import InputError, Unavailable, did_you_mean, quote
from hardneg_cli.runtime import drawers
from hardneg_cli.runtime.drawers import Settings

T = TypeVar("T")
OnDemand: TypeAlias = Callable[[], T | None]


def LACKING() -> None:  # noqa: N802 -- a default, as None is
    """The default of a parameter whose evidence is gathered when it is called, if ever; None where it is lacking."""


class EvidenceStore:
    """What is known about a run's input.

    `given` is what the run was handed, by name; a missing piece has the reason why in `lacking`.
    Everything else comes from the file of its name in `evidence/`, whose own needs are met alike.
    """

    def __init__(self, given: Mapping[str, object], lacking: Mapping[str, str]) -> None:
        self._known: dict[str, Any] = dict(given)
        self._lacking = dict(lacking)

    def __getitem__(self, name: str) -> Any:
        """The piece called `name`; raises Unavailable, each time with the same reason."""
        if name in self._lacking:
            raise Unavailable(self._lacking[name])
        if name not in self._known:
            gather = drawers.load("evidence", name.replace("_", "-")).gather
            try:
                self._known[name] = self.call(gather)
            except Unavailable as reason:
                self._lacking[name] = str(reason)
                raise
        return self._known[name]

    def call(self, function: Callable[..., T], settings: Settings | None = None) -> T:
        """Call `function` with the evidence its positional parameters name.

        That of a parameter with a default may be lacking: it gets None, or, where the default is LACKING, a function
        that gathers the evidence, so that none is gathered that is not looked at.
        """
        parameters = inspect.signature(function).parameters.values()
        pieces = [
            self._piece(each.name, each.default) for each in parameters if each.kind is each.POSITIONAL_OR_KEYWORD
        ]
        return function(*pieces, **(settings or {}))

    def known(self, name: str) -> Any:
        """The piece called `name` if it was given or gathered already, else None."""
        return self._known.get(name)

    def notes(self) -> tuple[str, ...]:
        """What the gathered pieces have to say about themselves."""
        return tuple(note for piece in self._known.values() for note in getattr(piece, "notes", ()))

    def _piece(self, name: str, default: object) -> object:
        if default is inspect.Parameter.empty:
            return self[name]
        return partial(self._or_none, name) if default is LACKING else self._or_none(name)

    def _or_none(self, name: str) -> object:
        try:
            return self[name]
        except Unavailable:
            return None


def checked_settings(what: str, name: str, function: Callable[..., object], given: Settings) -> dict[str, Any]:
    """Settings as `function`'s keyword-only parameters take them; raises InputError for unknown ones and odd values."""
    known = drawers.settings(function)
    for key in given:
        if key not in known:
            hint = did_you_mean(key, known) or f" (it has: {', '.join(known) or 'none'})"
            raise InputError(f"{what} {quote(name)} has no setting {quote(key)}{hint}")
    return {key: known[key].parse(f"{name}.{key}", value) for key, value in given.items()}
