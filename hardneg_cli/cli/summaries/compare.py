"""A comparison for people: who wins by which labels, what was forgotten, and a table that fits a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from hardneg_cli.errors import plural
from hardneg_cli.modeling.label_source import GIVEN
from hardneg_cli.verbs.compare import SIGNIFICANT, CompareResult

if TYPE_CHECKING:
    import pyarrow as pa

    from hardneg_cli.modeling.evaluation.comparison import MetricRow

MOST_FORGOTTEN = 5
COUNTS = ("fixed", "broke", "both_wrong", "both_right")
WORDS = {
    "given": "the given labels", "corrected": "the corrected labels", "audited": "what the audit says of the labels",
}  # fmt: skip


def model_table(compared: CompareResult, *, every: bool) -> pa.Table:
    """The lines with their intervals in words; `every` takes those of single classes too."""
    import pyarrow as pa

    rows = [_row(line) for line in compared.lines if every or not line.class_]
    empty = () if len(rows) == 0 else [name for name in rows[0] if not any(row[name] for row in rows)]
    return pa.table({name: pa.array([row[name] for row in rows], pa.string())
                     for name in (rows[0] if rows else {}) if name not in empty})  # fmt: skip


def verdict_lines(compared: CompareResult, metric: str) -> Iterator[str]:
    """Lines for people."""
    rows = plural(compared.rows, "row")
    models = plural(len(compared.models), "model")
    yield f"{compared.name}: {models} on {rows}"
    winners = {labels: compared.best(metric, labels) for labels in compared.labels}
    for labels, best in winners.items():
        yield from _lead(compared, metric, labels, best)
    if len(compared.models) > 1:
        if len({tuple(best) for best in winners.values()}) > 1:
            told = ", ".join(f"{' and '.join(best) or 'nobody'} by {WORDS[labels]}" for labels, best in winners.items())
            yield f"the winner changes with the labels: {told}"
        yield from _flips(compared)
    for note in compared.notes:
        yield f"note: {note}"


def _lead(compared: CompareResult, metric: str, labels: str, best: list[str]) -> Iterator[str]:
    by = f"{metric} by {WORDS[labels]}"
    if not best:
        yield f"{by}: unknown"
        return
    value = next(line for line in compared.of(metric, labels) if line.model == best[0] and not line.against)
    if len(compared.models) == 1:
        yield f"{by}: {_span(value.value, value.low, value.high)}"
        return
    if len(best) > 1:
        yield f"{by}: {' and '.join(best)} are equal, {_number(value.value)}"
        return
    between = [line for line in compared.of(metric, labels) if line.against and best[0] in (line.model, line.against)]
    unsure = [line for line in between if line.p_adjusted is None or line.p_adjusted >= SIGNIFICANT]
    if not unsure:
        least = max(line.p_adjusted or 0 for line in between)
        yield f"{by}: {best[0]} is better, {_number(value.value)} (p {_small(least)})"
        return
    others = " and ".join(line.against if line.model == best[0] else line.model for line in unsure)
    chance = min((line.p_adjusted for line in unsure if line.p_adjusted is not None), default=None)
    p = "no test" if chance is None else f"p {_small(chance)}"
    yield f"{by}: {best[0]} leads, {_number(value.value)}, but not significantly before {others} ({p})"


def _flips(compared: CompareResult) -> Iterator[str]:
    """By the most corrected labels whose rows are all known."""
    labels = [name for name in compared.labels if compared.of("broke", name)][-1:] or [GIVEN]
    counts = {(line.model, line.against, name): line
              for name in (*COUNTS, "negative_flip_rate") for line in compared.of(name, labels[0])}  # fmt: skip
    for model, against in dict.fromkeys((model, against) for model, against, _ in counts):
        fixed, broke, wrong, right, rate = (
            counts[model, against, name].value or 0 for name in (*COUNTS, "negative_flip_rate")
        )
        yield (
            f"{model} against {against}, {labels[0]} labels: {fixed:,.0f} rows fixed, {broke:,.0f} broke "
            f"(negative-flip rate {rate:.2%}), {wrong:,.0f} wrong by both, {right:,.0f} right by both"
        )
        yield from _forgotten(compared, model, against, labels[0])


def _forgotten(compared: CompareResult, model: str, against: str, labels: str) -> Iterator[str]:
    """The classes of which more broke than was fixed, the greatest loss first."""
    counts: dict[str, dict[str, float]] = {}
    for line in compared.lines:
        if (
            (line.model, line.against, line.labels) == (model, against, labels)
            and line.class_
            and line.metric in COUNTS
        ):
            counts.setdefault(line.class_, {})[line.metric] = line.value or 0
    lost = {name: count["broke"] - count["fixed"] for name, count in counts.items()}
    worst = sorted((name for name in lost if lost[name] > 0), key=lambda name: (-lost[name], name))
    for name in worst[:MOST_FORGOTTEN]:
        count = counts[name]
        rows = sum(count.values())
        yield f"forgotten: class {name!r}: {count['broke']:,.0f} of {rows:,.0f} rows broke, {count['fixed']:,.0f} fixed"
    if len(worst) > MOST_FORGOTTEN:
        yield f"forgotten: {len(worst) - MOST_FORGOTTEN:,} more classes"


def _row(line: MetricRow) -> dict[str, str]:
    count = line.metric in COUNTS
    p = line.p_adjusted
    return {
        "model": line.model,
        "against": line.against,
        "labels": line.labels,
        "metric": line.metric,
        "class": line.class_,
        "value": f"{line.value:,.0f}" if count and line.value is not None else _span(line.value, line.low, line.high),
        "difference": _span(line.difference, line.diff_low, line.diff_high, sign="+"),
        "p_adjusted": "" if p is None else _small(p),
    }


def _span(value: float | None, low: float | None, high: float | None, *, sign: str = "") -> str:
    if value is None:
        return ""
    if low is None or high is None:
        return f"{value:{sign}.4f}"
    return f"{value:{sign}.4f} ({low:{sign}.4f} to {high:{sign}.4f})"


def _number(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.4f}"


def _small(p: float) -> str:
    return f"{p:.4f}" if p >= 0.0001 else "< 0.0001"
