"""Gathers the figures of checkpoints: curves, overfitting, and what was forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardneg_cli.modeling.evaluation.report.figures import (
    CurveFigures,
    ForgottenFigures,
    HistoryFigures,
    OverfittingFigures,
    SinceFigures,
)
from hardneg_cli.rendering.figures import DECIMALS, Measure, measure, rounded, rounded_p

if TYPE_CHECKING:
    from hardneg_cli.modeling.evaluation.forgetting import ForgottenClass
    from hardneg_cli.modeling.evaluation.learning_curves import CurvePoint
    from hardneg_cli.modeling.evaluation.training_history import TrainingHistory

MOST_CHECKPOINTS = 120  # in the curves
MOST_CLASSES = 120  # of each earlier checkpoint


def history_figures(history: TrainingHistory) -> HistoryFigures:
    """The curves at all checkpoints, or at evenly many of them and those that matter."""
    names, numbers = history.series.names, history.series.numbers
    places = _places(history)
    chosen = set(places)
    every = "all" if len(places) == len(names) else f"{len(places):,} of {len(names):,}"
    return {
        "checkpoints": [
            {"model": history.models[place], "name": names[place], "number": numbers[place]} for place in places
        ],
        "best": names[history.best],
        "judged_in": history.judged_in,
        "words": [*history.overfitting_in_words()],
        "rule": f"{every} checkpoints; at most the {MOST_CLASSES} classes that lost most",
        "curves": [_curve(history, point) for point in history.curves if point.checkpoint in chosen],
        "overfitting": _overfitting(history),
        "since": _since(history),
        "classes": _classes(history),
        "regions": history.regions(),
        "forgotten_once": history.forgotten_once,
        "never_learned": history.never_learned,
    }


def _places(history: TrainingHistory) -> list[int]:
    last = len(history.models) - 1
    if last < MOST_CHECKPOINTS:
        return [*range(last + 1)]
    turn = history.overfitting.turn.place if history.overfitting else last
    evenly = (round(place * last / (MOST_CHECKPOINTS - 1)) for place in range(MOST_CHECKPOINTS))
    return sorted({*evenly, history.best, turn})


def _certain(value: float, low: float | None, high: float | None) -> Measure:
    return {"value": round(value, DECIMALS), "low": rounded(low), "high": rounded(high)}


def _curve(history: TrainingHistory, point: CurvePoint) -> CurveFigures:
    return {
        "checkpoint": history.series.names[point.checkpoint], "number": history.series.numbers[point.checkpoint],
        "split": point.split, "rows": point.rows,
        "log_loss": measure(point.log_loss, point.log_loss_low, point.log_loss_high),
        "accuracy": _certain(point.accuracy, point.accuracy_low, point.accuracy_high),
        "gap": measure(point.gap, point.gap_low, point.gap_high), "negative_flips": point.negative_flips,
    }  # fmt: skip


def _overfitting(history: TrainingHistory) -> OverfittingFigures | None:
    found = history.overfitting
    if found is None:
        return None
    names, turn = history.series.names, found.turn

    def called(place: int | None) -> str | None:
        return None if place is None else names[place]

    rise = {"value": turn.rise, "low": turn.low, "high": turn.high}
    return {
        "split": found.split, "turn": names[turn.place], "overfits_from": called(found.from_checkpoint),
        "significant_from": called(turn.significant_from), "p": rounded_p(turn.p),
        "rise": {"value": round(rise["value"], DECIMALS), "low": round(rise["low"], DECIMALS),
                 "high": round(rise["high"], DECIMALS)},
        "gap_growth": None if found.gap_growth is None else measure(*found.gap_growth),
    }  # fmt: skip


def _since(history: TrainingHistory) -> list[SinceFigures]:
    return [
        {"checkpoint": history.series.names[one.since], "rows": one.rows, "lost": one.lost, "gained": one.gained,
         "forgotten": len(history.forgotten(one.since))}
        for one in history.flips
    ]  # fmt: skip


def _classes(history: TrainingHistory) -> list[ForgottenFigures]:
    """The greatest loss first, against each earlier checkpoint."""
    found, seen = [], dict[int, int]()
    for one in history.changes:
        seen[one.since] = seen.get(one.since, 0) + 1
        if seen[one.since] <= MOST_CLASSES:
            found.append(_forgotten(history, one))
    return found


def _forgotten(history: TrainingHistory, one: ForgottenClass) -> ForgottenFigures:
    return {
        "since": history.series.names[one.since], "class": one.class_, "held_out": one.held_out, "rows": one.rows,
        "broke": one.broke, "fixed": one.fixed, "before": round(one.before, DECIMALS),
        "after": round(one.after, DECIMALS), "change": _certain(one.change, one.low, one.high),
        "p_adjusted": rounded_p(one.p_adjusted), "forgotten": one.is_forgotten,
    }  # fmt: skip
