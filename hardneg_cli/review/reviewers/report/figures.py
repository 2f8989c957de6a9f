"""What a report of `collect` says, as data: the keys of `report.json`, of which the page and the Markdown are made.

Numbers are rounded where they are made, so that all three say the same. A number that is not known is null.
"""

from __future__ import annotations

from typing import Literal, TypedDict

from hardneg_cli.rendering.figures import Interval

VERSION = 1


class CollectCounts(TypedDict):
    """read: decisions in the files. appended: those that the log lacked. undecided: rows of queues that say nothing.

    answers: the last words of reviewers about rows, of which `rows` have any. conflicts: those that are left.
    """

    read: int
    appended: int
    settled: int
    undecided: int
    answers: int
    rows: int
    reviewers: int
    conflicts: int


class PairKappa(TypedDict):
    """Cohen's kappa of two reviewers, on the rows that both decided; null where all answers are the same."""

    first: str
    second: str
    rows: int
    kappa: Interval | None


class AgreementFigures(TypedDict):
    """On the rows that several reviewers decided. alpha: Krippendorff's. ac1: Gwet's. rule: which pairs there are."""

    rows: int
    percent: Interval
    alpha: Interval | None
    ac1: Interval | None
    rule: str
    pairs: list[PairKappa]


class ReviewerShare(TypedDict):
    """`times` of `of`, and the share with Wilson's interval, null of nothing."""

    times: int
    of: int
    share: Interval | None


class ReviewerFigures(TypedDict):
    """agreed: with most of the others. controls_kept: rows that are left as they are, of those nobody doubts.

    flagged_wrong: flagged rows called wrong. suggestions_followed, followed_on_controls: of this reviewer;
    followed_by_others: about the same rows. precision: the share of flagged rows that is wrong, corrected for the
    controls. accuracy, weight: the consensus's, where there is one. anchored: what is to be said of how suggestions are
    followed, empty where it looks like a judgment.
    """

    reviewer: str
    answers: int
    keep: int
    relabel: int
    drop: int
    unsure: int
    agreed: ReviewerShare
    controls_kept: ReviewerShare
    flagged_wrong: ReviewerShare
    suggestions_followed: ReviewerShare
    followed_on_controls: ReviewerShare
    followed_by_others: ReviewerShare
    precision: Interval | None
    accuracy: float | None
    weight: float | None
    anchored: str


class Quartiles(TypedDict):
    """Of the seconds from one answer to the next, without pauses."""

    low: float
    median: float
    high: float


class DayFigures(TypedDict):
    """Answers on a day, in UTC."""

    day: str
    answers: int


class PaceFigures(TypedDict):
    """timed: answers whose time is known. seconds: null where too few tell."""

    reviewer: str
    answers: int
    timed: int
    seconds: Quartiles | None
    days: list[DayFigures]


class MistakeFigures(TypedDict):
    """An answer that differs from that of most others, of all reviewers together; `(drop)` for a row that is to go."""

    others: str
    answer: str
    times: int


class ConflictFigures(TypedDict):
    """A row that is decided in more than one way."""

    id: str
    given: str
    answers: str


class ConflictList(TypedDict):
    """rows: the first of them."""

    left: int
    rows: list[ConflictFigures]


class ConsensusFigures(TypedDict):
    """Of the answered rows. wrong: how many labels of the consensus are expected to be wrong."""

    rows: int
    keep: int
    relabel: int
    drop: int
    wrong: float


class CollectReport(TypedDict):
    """All of it, in the order of the page. rule: which reviewers and days there are."""

    v: int
    report: Literal["reviewers"]
    log: str
    sentence: str
    counts: CollectCounts
    agreement: AgreementFigures | None
    rule: str
    reviewers: list[ReviewerFigures]
    pace: list[PaceFigures]
    mistakes: list[MistakeFigures]
    conflicts: ConflictList
    consensus: ConsensusFigures | None
    notes: list[str]
    settings: dict[str, str]
    versions: dict[str, str]
