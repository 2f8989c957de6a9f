"""What a report of `find` says, as data: the keys of `report.json`, of which the page and the Markdown are made.

Numbers are rounded where they are made, so that all three say the same.
"""

from __future__ import annotations

from typing import Literal, TypedDict

from hardneg_cli.rendering.figures import Interval

VERSION = 1


class DatasetFigures(TypedDict):
    """left_out: rows that could not be read and were skipped. ids: its own ones, or hashes of the content."""

    name: str
    rows: int
    classes: int
    left_out: int
    ids: Literal["own", "content"]


class VerdictFigures(TypedDict):
    """sentence: all in one. estimated_errors: None where nothing judges labels. next: command lines, in their order.

    basis: what the estimate rests on.
    """

    sentence: str
    flagged: int
    decided: int
    estimated_errors: Interval | None
    basis: str
    next: list[str]


ClassFigures = TypedDict(
    "ClassFigures", {"class": str, "rows": int, "flagged": int, "estimated_wrong": Interval | None}
)


class SlipFigures(TypedDict):
    """A class that is a misspelling of another one, as far as names tell."""

    written: str
    meant: str
    rows: int


class PairFigures(TypedDict):
    """Flagged rows of a given label that look like another one."""

    given: str
    suggested: str
    rows: int


Bin = TypedDict("Bin", {"from": float, "to": float, "rows": int, "flagged": int})


class ReliabilityGroup(TypedDict):
    """Answered rows of about the same score. wrong: the share of them whose label is wrong, with a 95 % interval."""

    rows: int
    score: float
    wrong: Interval


class Certainty(TypedDict):
    """bins: of the score, 0 to 1. reliability: empty where too few rows have an answer."""

    bins: list[Bin]
    reliability: list[ReliabilityGroup]
    answered: int


class MapPoints(TypedDict):
    """Of each point; x and y from 0 to 1000. suggested: empty where no other label is."""

    id: list[str]
    x: list[int]
    y: list[int]
    label: list[str]
    suggested: list[str]
    score: list[float]
    flagged: list[bool]
    text: list[str]


class MapFigures(TypedDict):
    """rule: which rows are drawn. method: how many dimensions became two."""

    rows: int
    of: int
    method: str
    rule: str
    points: MapPoints


class NearFigures(TypedDict):
    """A row around another. kind: `twin` (the same content) or `near`. distance: None for twins."""

    id: str
    label: str
    kind: Literal["twin", "near"]
    distance: float | None
    text: str


class RowFigures(TypedDict):
    """A row in question. cells: its columns as text. why: one clause a detector."""

    rank: int
    id: str
    given: str
    suggested: str
    score: float
    suggestion_score: float | None
    p_given: float | None
    p_suggested: float | None
    detectors: list[str]
    why: list[str]
    cells: dict[str, str]
    around: list[NearFigures]


class LeakFigures(TypedDict):
    """rows: those whose content also stands in another part; parts: how many the column names."""

    column: str
    parts: int
    rows: int


class DuplicateFigures(TypedDict):
    """groups: of rows with the same content. rows: in them. contradicting: rows in groups of more than one label."""

    groups: int
    rows: int
    contradicting: int
    across: list[LeakFigures]


class MissingFigures(TypedDict):
    """Empty cells of a column."""

    column: str
    empty: int


class DetectorFigures(TypedDict):
    """about: label, conflict, name or row: what the detector judges. rows: those that it doubts."""

    name: str
    about: str
    rows: int


class SkippedFigures(TypedDict):
    name: str
    reason: str


class FindReport(TypedDict):
    """All of it, in the order of the page."""

    v: int
    report: Literal["find"]
    dataset: DatasetFigures
    verdict: VerdictFigures
    classes: list[ClassFigures]
    misspelled: list[SlipFigures]
    confusions: list[PairFigures]
    certainty: Certainty
    map: MapFigures | None
    worst: list[RowFigures]
    examples: list[RowFigures]
    duplicates: DuplicateFigures | None
    missing: list[MissingFigures]
    ran: list[DetectorFigures]
    skipped: list[SkippedFigures]
    notes: list[str]
    settings: dict[str, str]
    versions: dict[str, str]
