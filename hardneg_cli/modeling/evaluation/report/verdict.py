"""Who is better, in one sentence: by which metric and labels, by how much, and whether that is beyond chance."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hardneg_cli.errors import plural
from hardneg_cli.modeling.evaluation.metrics import LESS_IS_BETTER
from hardneg_cli.modeling.evaluation.report.figures import CompareVerdict
from hardneg_cli.modeling.evaluation.words import LABEL_WORDS, SIGNIFICANT, chance, number, span
from hardneg_cli.rendering.figures import rounded

if TYPE_CHECKING:
    from hardneg_cli.modeling.evaluation.compare_result import CompareResult
    from hardneg_cli.modeling.evaluation.comparison import MetricRow
    from hardneg_cli.modeling.evaluation.training_history import TrainingHistory


def verdict(result: CompareResult, metric: str) -> CompareVerdict:
    """By the labels that are trusted most; of checkpoints, by the held-out loss."""
    labels = result.labels[-1]
    leading = result.best(metric, labels)
    between = _against_others(result, metric, labels, leading)
    tested = bool(between) and all(line.p_adjusted is not None for line in between) and result.history is None
    sentence = _of_models(result, metric, labels, leading, between)
    if result.history is not None:
        sentence = _of_checkpoints(result.history)
    return {
        "sentence": sentence, "metric": metric, "labels": labels, "leading": leading,
        "significant": not _unsure(between) if tested else None,
        "by_labels": {kind: result.best(metric, kind) for kind in result.labels},
    }  # fmt: skip


def _against_others(result: CompareResult, metric: str, labels: str, leading: list[str]) -> list[MetricRow]:
    """The comparisons of the one that leads with all others."""
    if len(leading) != 1:
        return []
    return [line for line in result.of(metric, labels) if line.against and leading[0] in (line.model, line.against)]


def _unsure(between: list[MetricRow]) -> list[MetricRow]:
    return [line for line in between if line.p_adjusted is None or line.p_adjusted >= SIGNIFICANT]


def _of_models(
    result: CompareResult, metric: str, labels: str, leading: list[str], between: list[MetricRow]
) -> str:  # fmt: skip
    by = f"in {metric} by {LABEL_WORDS[labels]}"
    values = {line.model: _as_written(line) for line in result.of(metric, labels) if not line.against}
    if not leading:
        return f"Nothing tells which model is better {by}."
    best = values[leading[0]]
    if len(result.models) == 1:
        return f"{leading[0]} has {span(best.value, best.low, best.high)} {by}, on {plural(result.rows, 'row')}."
    if len(leading) > 1:
        return f"{' and '.join(leading)} are equal {by}: {number(best.value)}."
    unsure, next_ = _unsure(between), _runner_up(values, metric, leading[0])
    between = [_as_written(line) for line in between]
    ahead = next((line for line in between if next_ in (line.model, line.against)), None)
    ends = f"{number(best.value)} against {number(values[next_].value)} of {next_}" + _lead(ahead, leading[0])
    others = _changed(result, metric, labels, leading)
    if not unsure:
        word = "is better" if len(result.models) == 2 else "is the best"
        return f"{leading[0]} {word} {by}: {ends}{others}."
    behind = [line.against if line.model == leading[0] else line.model for line in unsure]
    few = "" if behind == [next_] else f" before {plural(len(behind), 'other model', 'other models')}"
    return f"{leading[0]} leads {by}, but not significantly{few}: {ends}{others}."


def _as_written(line: MetricRow) -> MetricRow:
    """With the numbers that the figures have, so that a sentence and a table say the same."""
    return replace(
        line, value=rounded(line.value), low=rounded(line.low), high=rounded(line.high),
        difference=rounded(line.difference), diff_low=rounded(line.diff_low), diff_high=rounded(line.diff_high),
    )  # fmt: skip


def _runner_up(values: dict[str, MetricRow], metric: str, best: str) -> str:
    sign = 1 if metric in LESS_IS_BETTER else -1
    others = [line for name, line in values.items() if name != best and line.value is not None]
    return min(others, key=lambda line: sign * (line.value or 0)).model if others else best


def _lead(line: MetricRow | None, best: str) -> str:
    """By how much, as seen from the one that leads."""
    if line is None or line.difference is None:
        return ""
    sign = 1 if line.model == best else -1
    ends = [None if end is None else sign * end for end in (line.diff_low, line.diff_high)][::sign]
    return f", {span(sign * line.difference, *ends, sign='+')}, {chance(line.p_adjusted)}"


def _changed(result: CompareResult, metric: str, labels: str, leading: list[str]) -> str:
    """Whom other labels put first, if it is somebody else."""
    found = [
        f"{' and '.join(result.best(metric, kind)) or 'nobody'} by {LABEL_WORDS[kind]}"
        for kind in result.labels if kind != labels and result.best(metric, kind) != leading
    ]  # fmt: skip
    return f" (but {', '.join(found)})" if found else ""


def _of_checkpoints(history: TrainingHistory) -> str:
    """Which one is the best, and whether those after it overfit."""
    names = history.series.names
    rows = [
        point for point in history.curves
        if point.checkpoint == history.best and (history.judged_in is None or point.split in history.judged_in)
    ]  # fmt: skip
    loss = rows[0].log_loss if len(rows) == 1 else None
    what = "accuracy" if all(point.log_loss is None for point in history.curves) else "log-loss"
    of = history.judged_in or "the train rows, as no other ones are there"
    first = f"{names[history.best]} is the best of {len(names):,} checkpoints by the {what} of {of}"
    first += "" if loss is None else f" ({number(loss)})"
    return f"{first}; {_overfitting(history)}."


def _overfitting(history: TrainingHistory) -> str:
    found, names = history.overfitting, history.series.names
    if found is None:
        return "whether they overfit is not known"
    if found.rises_from is None:
        return "no overfitting is seen"
    if found.from_checkpoint is None:
        return f"no overfitting, but the loss rises from {names[found.rises_from]} on"
    return f"overfitting from {names[found.from_checkpoint]} on"
