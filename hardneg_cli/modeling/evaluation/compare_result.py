"""What comparing models found, as tables, and in words: who wins by which labels, and what was forgotten."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from hardneg_cli.errors import InputError, plural, quote
from hardneg_cli.io.files.atomic_write import whole_file
from hardneg_cli.io.tables.verb_result import VerbResult
from hardneg_cli.modeling.evaluation.comparison import MetricRow
from hardneg_cli.modeling.evaluation.metrics import LESS_IS_BETTER
from hardneg_cli.modeling.evaluation.report import ComparisonReport
from hardneg_cli.modeling.evaluation.training_history import TrainingHistory
from hardneg_cli.modeling.evaluation.words import LABEL_WORDS, SIGNIFICANT, number, small, span
from hardneg_cli.modeling.label_source import GIVEN
from hardneg_cli.rendering.report_file import report_writer
from hardneg_cli.rendering.summary import under

if TYPE_CHECKING:
    import pyarrow as pa

MOST_FORGOTTEN = 5
COUNTS = ("fixed", "broke", "both_wrong", "both_right")


@dataclass(frozen=True, repr=False)
class CompareResult(VerbResult):
    """models: their names, in the order given. labels: which labels were judged by. rows: how many have them.

    lines: a metric each, of a model, or of a model against one before it. history: of models that are checkpoints of
    one training, in its order; of these each is compared with the first, and the last with the best. asked: what was
    asked for, by option.
    """

    name: str
    models: tuple[str, ...]
    labels: tuple[str, ...]
    rows: int
    lines: tuple[MetricRow, ...]
    notes: tuple[str, ...]
    history: TrainingHistory | None = None
    asked: Mapping[str, str] = field(default_factory=dict)

    def table(self) -> pa.Table:
        """One line a metric: model, against, labels, metric, class, value, low … p_adjusted; null is unknown."""
        import pyarrow as pa

        columns = {name.rstrip("_"): [getattr(line, name) for line in self.lines] for name in MetricRow.__annotations__}
        kinds = {name: pa.string() for name in ("model", "against", "labels", "metric", "class")}
        return pa.table({name: pa.array(cells, kinds.get(name, pa.float64())) for name, cells in columns.items()})

    def tables(self) -> dict[str, pa.Table]:
        """All lines, as `-o` writes them; of checkpoints also curves, classes and rows."""
        if self.history is None:
            return {"metrics": self.table()}
        return {
            "metrics": self.table(), "curves": self.history.curve_table(),
            "forgetting": self.history.forgetting_table(), "cartography": self.history.cartography,
        }  # fmt: skip

    def table_in_words(self, *, every: bool = False) -> pa.Table:
        """The lines with their intervals in words; `every` takes those of single classes too.

        Of checkpoints the learning curves, unless every line is asked for.
        """
        import pyarrow as pa

        if self.history is not None and not every:
            return self.history.curves_in_words()

        rows = [_row(line) for line in self.lines if every or not line.class_]
        empty = () if len(rows) == 0 else [name for name in rows[0] if not any(row[name] for row in rows)]
        return pa.table({name: pa.array([row[name] for row in rows], pa.string())
                         for name in (rows[0] if rows else {}) if name not in empty})  # fmt: skip

    def of(self, metric: str, labels: str) -> list[MetricRow]:
        """The lines of a metric over all classes."""
        return [line for line in self.lines if (line.metric, line.labels, line.class_) == (metric, labels, "")]

    def best(self, metric: str, labels: str) -> list[str]:
        """The models that no other one beats; several only if they are equal."""
        known = {line.model: line.value for line in self.of(metric, labels) if not line.against}
        values = {name: value for name, value in known.items() if value is not None}
        if not values:
            return []
        leading = (min if metric in LESS_IS_BETTER else max)(values.values())
        return [name for name, value in values.items() if abs(value - leading) < 1e-12]

    def worse(self, metric: str) -> list[MetricRow]:
        """The models that are significantly worse than the first one, by the labels that are trusted most.

        Raises InputError where that cannot be told: a check that could not run is no pass.
        """
        against = [line for line in self.of(metric, self.labels[-1]) if line.against == self.models[0]]
        if not against or any(line.p_adjusted is None for line in against):
            raise InputError(f"{metric} cannot be tested: {self._why_not(metric)}")
        sign = -1 if metric in LESS_IS_BETTER else 1
        return [
            line for line in against
            if sign * (line.difference or 0) < 0 and line.p_adjusted is not None and line.p_adjusted < SIGNIFICANT
        ]  # fmt: skip

    def _why_not(self, metric: str) -> str:
        if len(self.models) < 2:
            return "there is one model only"
        return "it has no test" if metric == "ece" else "a model has no probabilities, or there are too few rows"

    def report(self, path: str | Path, *, metric: str = "accuracy") -> None:
        """Write the comparison with its pictures as a page (.html), as data (.json) or in words (.md).

        metric: what the verdict is about.
        """
        write = report_writer(path)
        with whole_file(path) as out:
            write(ComparisonReport(self, metric), out)

    def summary(self, metric: str = "accuracy") -> Iterator[str]:
        """Lines for people; metric: what the verdict is about."""
        rows = plural(self.rows, "row")
        models = plural(len(self.models), "model" if self.history is None else "checkpoint")
        yield f"{self.name}: {models} on {rows}"
        if self.history is not None:
            yield from self.history.summary()
            if metric not in ("accuracy", "log_loss"):
                yield from (self._first_best_last(metric, labels) for labels in self.labels)
            for note in (*self.history.notes, *self.notes):
                yield f"note: {note}"
            return
        winners = {labels: self.best(metric, labels) for labels in self.labels}
        for labels, best in winners.items():
            yield from self._lead(metric, labels, best)
        if len(self.models) > 1:
            if len({tuple(best) for best in winners.values()}) > 1:
                by = (f"{' and '.join(best) or 'nobody'} by {LABEL_WORDS[labels]}" for labels, best in winners.items())
                yield f"the winner changes with the labels: {', '.join(by)}"
            yield from under("Rows that changed", self._flips())
        for note in self.notes:
            yield f"note: {note}"

    def _first_best_last(self, metric: str, labels: str) -> str:
        """Of checkpoints."""
        values = {line.model: line.value for line in self.of(metric, labels) if not line.against}
        best = self.best(metric, labels)[:1]
        names = dict.fromkeys((self.models[0], *best, self.models[-1]))
        parts = (f"{number(values.get(name))} at {name}{' (best)' if [name] == best else ''}" for name in names)
        return f"{metric} by {LABEL_WORDS[labels]}: {', '.join(parts)}"

    def _lead(self, metric: str, labels: str, best: list[str]) -> Iterator[str]:
        by = f"{metric} by {LABEL_WORDS[labels]}"
        if not best:
            yield f"{by}: unknown"
            return
        value = next(line for line in self.of(metric, labels) if line.model == best[0] and not line.against)
        if len(self.models) == 1:
            yield f"{by}: {span(value.value, value.low, value.high)}"
            return
        if len(best) > 1:
            yield f"{by}: {' and '.join(best)} are equal, {number(value.value)}"
            return
        between = [line for line in self.of(metric, labels) if line.against and best[0] in (line.model, line.against)]
        unsure = [line for line in between if line.p_adjusted is None or line.p_adjusted >= SIGNIFICANT]
        if not unsure:
            least = max(line.p_adjusted or 0 for line in between)
            yield f"{by}: {best[0]} is better, {number(value.value)} (p {small(least)})"
            return
        others = " and ".join(line.against if line.model == best[0] else line.model for line in unsure)
        chance = min((line.p_adjusted for line in unsure if line.p_adjusted is not None), default=None)
        p = "no test" if chance is None else f"p {small(chance)}"
        yield f"{by}: {best[0]} leads, {number(value.value)}, but not significantly before {others} ({p})"

    def _flips(self) -> Iterator[str]:
        """By the most corrected labels whose rows are all known."""
        labels = [name for name in self.labels if self.of("broke", name)][-1:] or [GIVEN]
        counts = {(line.model, line.against, name): line
                  for name in (*COUNTS, "negative_flip_rate") for line in self.of(name, labels[0])}  # fmt: skip
        for model, against in dict.fromkeys((model, against) for model, against, _ in counts):
            fixed, broke, wrong, right, rate = (
                counts[model, against, name].value or 0 for name in (*COUNTS, "negative_flip_rate")
            )
            yield (
                f"{model} against {against}, {labels[0]} labels: {fixed:,.0f} rows fixed, {broke:,.0f} broke "
                f"(negative-flip rate {rate:.2%}), {wrong:,.0f} wrong by both, {right:,.0f} right by both"
            )
            yield from self._forgotten(model, against, labels[0])

    def _forgotten(self, model: str, against: str, labels: str) -> Iterator[str]:
        """The classes of which more broke than was fixed, the greatest loss first."""
        counts: dict[str, dict[str, float]] = {}
        for line in self.lines:
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
            broke, of = f"{count['broke']:,.0f}", f"{sum(count.values()):,.0f}"
            yield f"forgotten: class {quote(name)}: {broke} of {of} rows broke, {count['fixed']:,.0f} fixed"
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
        "value": f"{line.value:,.0f}" if count and line.value is not None else span(line.value, line.low, line.high),
        "difference": span(line.difference, line.diff_low, line.diff_high, sign="+"),
        "p_adjusted": "" if p is None else small(p),
    }
