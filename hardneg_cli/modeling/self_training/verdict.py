"""What a round has proved, in words; or how many labels it would take, and where the proof may not hold."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from hardneg_cli.errors import plural, quote
from hardneg_cli.modeling.self_training.class_shares import class_shift
from hardneg_cli.modeling.self_training.self_training import SelfTrainingRound
from hardneg_cli.modeling.self_training.task import PooledRows, SelfTrainingTask
from hardneg_cli.statistics.risk_control import fewest


def verdict(task: SelfTrainingTask, round_: SelfTrainingRound, more: int | None) -> str:
    """One line. more: labeled rows that would probably prove something, None where none would."""
    error, cut, sample = task.goal.max_error, round_.cut, int(task.representative.sum())
    if cut:
        accepted, sure = int(round_.accepted.sum()), f"{task.goal.confidence:.0%} confidence"
        held_out = f"of the {cut.tested:,} held-out rows that would be, {cut.wrong:,} are wrong"
        return f"{accepted:,} rows accepted: {held_out}, so at most {cut.bound:.1%} are, with {sure}"
    least, percent = fewest(error, task.goal.confidence), f"{100 * error:g} %"
    reason = f"no threshold has an error that the held-out labels show to be under {percent}"
    if sample < least:
        reason = (
            f"{sample:,} labeled rows cannot show an error under {percent}; at least {least:,} would, if the "
            "models are sure of all of them, and right"
        )
    outlook = "the labels that these models are surest of are wrong too often for any number of rows to show less"
    if more is not None:
        outlook = f"about {plural(more, 'more labeled row')}, {ceil(more / task.k):,} a class, would probably do"
    return f"0 rows accepted: {reason}; {outlook}"


def presumed(all_: PooledRows, round_: SelfTrainingRound, pool: str) -> Iterator[str]:
    """A word where labels do not seem to be drawn as the pool was, though something is said to be proved."""
    task = all_.task
    shift = class_shift(task.labels[task.representative], round_.probabilities[task.pool]) if round_.cut else None
    if shift:
        shares = f"{shift.labeled:.0%} of the labeled rows, but about {shift.pool:.0%} of {pool}"
        name = quote(all_.classes[shift.code])
        yield f"note: {name} is {shares}, and counts accordingly; the limit holds if its rows are a sample of the class"
