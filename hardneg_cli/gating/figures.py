"""What `check` and `diff` say as data: the keys of their report in JSON, which are stable."""

from __future__ import annotations

from typing import Literal, TypedDict

VERSION = 1


class LabelChangeFigures(TypedDict):
    """rows: that had the one label in the base and have the other one now."""

    before: str
    after: str
    rows: int


class ChangedRowFigures(TypedDict):
    """A changed row; it may be edited and relabeled at once. A label is null where there is none."""

    id: str
    kinds: list[Literal["relabeled", "edited", "added", "dropped"]]
    before: str | None
    after: str | None


class ChangesFigures(TypedDict):
    """How many rows changed, and how; one that is edited and relabeled counts once in `changed`.

    new_columns, lost_columns: content columns that one side alone has. pairs: the relabeled rows, most frequent first.
    rows: in the order of the dataset, the dropped ones behind them.
    """

    changed: int
    relabeled: int
    edited: int
    added: int
    dropped: int
    new_columns: list[str]
    lost_columns: list[str]
    pairs: list[LabelChangeFigures]
    rows: list[ChangedRowFigures]


class FailingRowFigures(TypedDict):
    """A row that a gate blames. line: null where the kind of file has no lines."""

    id: str
    file: str
    line: int | None
    reason: str


class GateFigures(TypedDict):
    """means: what a refusal means. why: what was found, or why nothing could be judged. blamed: how many rows are.

    numbers: the figures behind it, null for what is no number.
    """

    gate: str
    means: Literal["fail", "warn"]
    outcome: Literal["passed", "failed", "warned", "not judged"]
    why: str
    blamed: int
    numbers: dict[str, float | None]
    rows: list[FailingRowFigures]


class CheckFigures(TypedDict):
    """All of it. base: null where there is none, as are then the changes. passed: null where no gate was asked."""

    v: int
    data: str
    base: str | None
    rows: int
    passed: bool | None
    changes: ChangesFigures | None
    gates: list[GateFigures]
    notes: list[str]
