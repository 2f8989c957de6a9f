"""What a report of `compare` says, as data: the keys of `report.json`, of which the page and the Markdown are made.

Numbers are rounded where they are made, so that all three say the same. A number that is not known is null.
"""

from __future__ import annotations

from typing import Literal, TypedDict

from hardneg_cli.rendering.figures import Interval, Measure

VERSION = 1


class ComparedData(TypedDict):
    """rows: those that all models know. labels: the kinds that are judged by, the most trusted one last."""

    name: str
    rows: int
    classes: int
    labels: list[str]


class CompareVerdict(TypedDict):
    """sentence: all in one. metric: what it is about; by the labels that are trusted most, which `labels` names.

    leading: the models that no other one beats; several only if they are equal. significant: whether the one that leads
    is better than every other one beyond chance, null where that is not asked or cannot be told. by_labels: who leads
    by each kind of labels.
    """

    sentence: str
    metric: str
    labels: str
    leading: list[str]
    significant: bool | None
    by_labels: dict[str, list[str]]


class MetricFigures(TypedDict):
    """A metric of a model, over all classes."""

    model: str
    labels: str
    metric: str
    measure: Measure


class MetricList(TypedDict):
    """rule: which there are."""

    rule: str
    lines: list[MetricFigures]


class DifferenceFigures(TypedDict):
    """The metric of `model` less that of `against`. p_adjusted: for all the models that the metric is tested for."""

    model: str
    against: str
    labels: str
    metric: str
    difference: Measure
    p: float | None
    p_adjusted: float | None


class FlipFigures(TypedDict):
    """Rows that `against` had wrong and `model` has right (fixed), the reverse (broke), and those of one kind.

    negative_flip_rate: the share of the rows that broke.
    """

    model: str
    against: str
    labels: str
    fixed: int
    broke: int
    both_wrong: int
    both_right: int
    negative_flip_rate: float | None


class DifferenceList(TypedDict):
    """rule: which pairs of models there are, of `pairs` that were compared."""

    rule: str
    pairs: int
    lines: list[DifferenceFigures]
    flips: list[FlipFigures]


ClassChangeFigures = TypedDict(
    "ClassChangeFigures",
    {
        "model": str, "against": str, "class": str, "rows": int, "fixed": int, "broke": int,
        "recall_change": Measure | None, "p_adjusted": float | None,
    },
)  # fmt: skip


class ClassChangeList(TypedDict):
    """rule: which classes there are of those that changed. forgotten: of each pair, how many lost rows."""

    rule: str
    labels: str
    forgotten: list[PairCount]
    lines: list[ClassChangeFigures]


class PairCount(TypedDict):
    """Classes of which more rows broke than were fixed."""

    model: str
    against: str
    classes: int


class CheckpointFigures(TypedDict):
    """model: as it was given. name: in words. number: of epochs or steps."""

    model: str
    name: str
    number: int


class CurveFigures(TypedDict):
    """A checkpoint on the rows of a split, which is empty for all rows.

    gap: log-loss there less that on the train rows. negative_flips: rows that the checkpoint before had right.
    """

    checkpoint: str
    number: int
    split: str
    rows: int
    log_loss: Measure | None
    accuracy: Measure
    gap: Measure | None
    negative_flips: int | None


class OverfittingFigures(TypedDict):
    """By the rows of `split`. turn: the checkpoint at which the loss' trend turns. rise: of the last one above it.

    overfits_from: the first checkpoint past the turn, null where the loss does not rise beyond chance, or rises on
    train rows as well. gap_growth: how much more the loss rose there than on train rows.
    """

    split: str
    turn: str
    overfits_from: str | None
    significant_from: str | None
    rise: Interval
    p: float | None
    gap_growth: Measure | None


class SinceFigures(TypedDict):
    """Held-out rows that the checkpoint had right and the last one has not (lost), and the reverse.

    forgotten: classes that are known less than then, beyond chance.
    """

    checkpoint: str
    rows: int
    lost: int
    gained: int
    forgotten: int


ForgottenFigures = TypedDict(
    "ForgottenFigures",
    {
        "since": str, "class": str, "held_out": bool, "rows": int, "broke": int, "fixed": int, "before": float,
        "after": float, "change": Measure, "p_adjusted": float | None, "forgotten": bool,
    },
)  # fmt: skip


class HistoryFigures(TypedDict):
    """Checkpoints of one training. best: by the rows of `judged_in`. words: overfitting in sentences.

    rule: which checkpoints and classes there are. regions: rows by how they were learned.
    """

    checkpoints: list[CheckpointFigures]
    best: str
    judged_in: str | None
    words: list[str]
    rule: str
    curves: list[CurveFigures]
    overfitting: OverfittingFigures | None
    since: list[SinceFigures]
    classes: list[ForgottenFigures]
    regions: dict[str, int]
    forgotten_once: int
    never_learned: int


class CompareReport(TypedDict):
    """All of it, in the order of the page."""

    v: int
    report: Literal["compare"]
    dataset: ComparedData
    verdict: CompareVerdict
    models: list[str]
    history: HistoryFigures | None
    metrics: MetricList
    differences: DifferenceList
    classes: ClassChangeList
    notes: list[str]
    settings: dict[str, str]
    versions: dict[str, str]
