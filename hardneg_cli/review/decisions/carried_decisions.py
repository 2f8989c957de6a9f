"""Decisions about rows whose empty cells are filled: carried over to the hash, and the id, that the row has then.

A carried line is a decision like any other, later than the one that it repeats. Its source names what it was carried
from, so that both lines serve: each counts where it fits, for the data before as for those after.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from hardneg_cli.review.decisions.decision import WITHDRAWN, Decision, effective_decisions

CARRIED = "fill of "


def carried(
    raw: Sequence[Decision], restated: Sequence[Decision], renamed: Mapping[tuple[str, str], Decision]
) -> list[Decision]:
    """What is to be added to a log.

    raw: its decisions. restated: the same as they are about the dataset. renamed: by id and hash of a row before, a
    decision that has the id, the hash and the time of the new line.
    """
    origin = dict(zip(restated, raw, strict=True))
    found = []
    for one in effective_decisions(restated):
        after = renamed.get((one.id, one.row_hash))
        if after is None or one.decision == WITHDRAWN:
            continue
        before = origin.get(one, one)
        found.append(
            replace(
                one,
                id=after.id,
                row_hash=after.row_hash,
                hashed=after.hashed,
                at=max(after.at, one.at),
                source=f"{CARRIED}{before.row_hash} {before.id}",
            )
        )
    known = {_without_time(one) for one in raw}
    return [one for one in found if _without_time(one) not in known]


def in_force(
    raw: Sequence[Decision], logged: Sequence[Decision], fitting: Callable[[Sequence[Decision]], Sequence[bool]]
) -> Sequence[Decision]:
    """The decisions without those that a fitting carried one stands for, and without carried ones that do not fit.

    raw: as the log has them. logged: as they are about the dataset. fitting: for each of these whether a row has its id
    and hash. Only what fits no row is left out, so that no line can take another one's effect.
    """
    if not any(one.source.startswith(CARRIED) for one in raw):
        return logged
    fits = fitting(logged)
    origin = {(one.row_hash, one.id): _origin(one) for one in raw if one.source.startswith(CARRIED)}
    replaced: set[tuple[str, str]] = set()
    for one, fit in zip(raw, fits, strict=True):
        before = _origin(one) if fit and one.source.startswith(CARRIED) else None
        while before is not None and before not in replaced:
            replaced.add(before)
            before = origin.get(before)
    return [
        one for was, one, fit in zip(raw, logged, fits, strict=True)
        if fit or not (was.source.startswith(CARRIED) or (was.row_hash, was.id) in replaced)
    ]  # fmt: skip


def _origin(one: Decision) -> tuple[str, str]:
    """The hash and the id that a carried decision was about before."""
    row_hash, _, id_ = one.source.removeprefix(CARRIED).partition(" ")
    return row_hash, id_


def _without_time(one: Decision) -> Decision:
    return replace(one, at="")
