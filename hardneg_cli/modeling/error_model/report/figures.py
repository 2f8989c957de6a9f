"""What a report of `dual` says, as data: the keys of `report.json`, of which the page and the Markdown are made.

All is measured on held-out rows, as no row is judged by what was learned from it. Every label counts in full; the
main figures are expected values over the class that is right, as the labels tell it. A figure that nothing tells is
null.
"""

from __future__ import annotations

from typing import TypedDict

VERSION = 1


class GivenFigures(TypedDict):
    """By the labels as they are, wrong ones included: errors of the labels pass for errors of the models here."""

    log_loss: float | None
    adjusted_log_loss: float | None
    error_rate: float | None


class SliceFigures(TypedDict):
    """A condition in words that was found on one part of the rows and counted on the other, `held_out` rows.

    proved: whether the first model errs more often there than elsewhere beyond chance. low, high: of the rate, 95 %.
    average: of all held-out rows, of which the rate is `lift` times as much. p: corrected for all slices.
    """

    slice: str
    proved: bool
    rows: int
    held_out: float
    errors: float
    rate: float
    low: float
    high: float
    average: float
    lift: float | None
    p: float


class DualReport(TypedDict):
    """error_rate: how often the first model's class is wrong. gain_at_least: of the log-loss, with 95 % confidence.

    decided: rows that people decided. label_error_rate: the share of the labels that are taken to be wrong.
    gain_proved: whether the adjusted probabilities are better beyond chance; if not, they are the first model's own.
    """

    v: int
    data: str
    rows: int
    classes: int
    decided: int
    log_loss: float | None
    adjusted_log_loss: float | None
    error_rate: float | None
    adjusted_error_rate: float | None
    label_error_rate: float | None
    gain_proved: bool
    gain_at_least: float | None
    given: GivenFigures
    slices: list[SliceFigures]
