"""Gathers the figures of a report from a comparison; of many models, pairs and classes those that say most."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from hardneg_cli.errors import plural
from hardneg_cli.modeling.evaluation.metrics import OVERALL
from hardneg_cli.modeling.evaluation.report.figures import (
    VERSION,
    ClassChangeFigures,
    ClassChangeList,
    CompareReport,
    DifferenceFigures,
    FlipFigures,
    MetricFigures,
    MetricList,
)
from hardneg_cli.modeling.evaluation.report.history_facts import history_figures
from hardneg_cli.modeling.evaluation.report.verdict import verdict
from hardneg_cli.modeling.label_source import GIVEN
from hardneg_cli.rendering.figures import Measure, measure, rounded, rounded_p, versions

if TYPE_CHECKING:
    from hardneg_cli.modeling.evaluation.compare_result import CompareResult
    from hardneg_cli.modeling.evaluation.comparison import MetricRow

Pair: TypeAlias = tuple[str, str]
MOST_METRICS = 1500  # lines
MOST_PAIRS = 40
MOST_DIFFERENCES = 600  # lines
MOST_CLASSES, FEWEST_CLASSES = 300, 4  # of all pairs together, of each one at least
COUNTS = ("fixed", "broke", "both_wrong", "both_right")


def facts(result: CompareResult, metric: str) -> CompareReport:
    """All figures; O(lines of the comparison)."""
    lines = _LineIndex(result, metric)
    pairs, rule = lines.chosen_pairs
    return {
        "v": VERSION,
        "report": "compare",
        "dataset": {
            "name": result.name, "rows": result.rows, "classes": lines.classes, "labels": [*result.labels],
        },
        "verdict": verdict(lines.without_classes, metric),
        "models": [*result.models],
        "history": None if result.history is None else history_figures(result.history),
        "metrics": _metrics(lines),
        "differences": {
            "rule": rule, "pairs": len(lines.pairs), "lines": _differences(lines, pairs), "flips": _flips(lines, pairs),
        },
        "classes": _changes(lines, pairs),
        "notes": list(dict.fromkeys((*(result.history.notes if result.history else ()), *result.notes))),
        "settings": dict(result.asked),
        "versions": versions(),
    }  # fmt: skip


@dataclass(frozen=True)
class _LineIndex:
    """The lines of a comparison, sorted by what they are about. metric: that of the verdict."""

    result: CompareResult
    metric: str

    @property
    def metrics(self) -> list[str]:
        """All of them, that of the verdict first."""
        return [self.metric, *(name for name in OVERALL if name != self.metric)]

    @cached_property
    def overall(self) -> list[MetricRow]:
        return [line for line in self.result.lines if not line.class_]

    @cached_property
    def without_classes(self) -> CompareResult:
        """The same comparison with hardly as many lines."""
        return replace(self.result, lines=tuple(self.overall))

    @cached_property
    def pairs(self) -> list[Pair]:
        return list(dict.fromkeys((line.model, line.against) for line in self.overall if line.against))

    @cached_property
    def classes(self) -> int:
        return len({line.class_ for line in self.result.lines if line.class_})

    @cached_property
    def flip_labels(self) -> str:
        """The most trusted labels whose rows are all known."""
        kinds = {line.labels for line in self.overall if line.metric == "broke"}
        return ([name for name in self.result.labels if name in kinds] or [GIVEN])[-1]

    @cached_property
    def chosen_pairs(self) -> tuple[list[Pair], str]:
        """The pairs that are told about, and by which rule."""
        if len(self.pairs) <= MOST_PAIRS:
            return self.pairs, "all pairs that were compared"
        leading = self.without_classes.best(self.metric, self.result.labels[-1]) or [self.result.models[0]]
        mine = [pair for pair in self.pairs if leading[0] in pair][:MOST_PAIRS]
        return mine, f"the {len(mine):,} pairs with {leading[0]}, which leads, of {len(self.pairs):,}"


def _metrics(lines: _LineIndex) -> MetricList:
    """Of every model; where that is too much, of the first metrics, that of the verdict before all."""
    by_metric: dict[str, list[MetricFigures]] = {name: [] for name in lines.metrics}
    for line in lines.overall:
        known = measure(line.value, line.low, line.high)
        if not line.against and line.metric in by_metric and known is not None:
            told: MetricFigures = {
                "model": line.model, "labels": line.labels, "metric": line.metric, "measure": known,
            }  # fmt: skip
            by_metric[line.metric].append(told)
    names = _within([(name, len(found)) for name, found in by_metric.items()], MOST_METRICS)
    rule = "all metrics" if len(names) == len(by_metric) else f"{', '.join(names)}: all metrics are in the table (-o)"
    return {"rule": rule, "lines": [line for name in names for line in by_metric[name]]}


def _differences(lines: _LineIndex, pairs: Sequence[Pair]) -> list[DifferenceFigures]:
    chosen = set(pairs)
    by_metric: dict[str, list[DifferenceFigures]] = {name: [] for name in lines.metrics}
    for line in lines.overall:
        known = measure(line.difference, line.diff_low, line.diff_high)
        if (line.model, line.against) in chosen and line.metric in by_metric and known is not None:
            by_metric[line.metric].append(_difference(line, known))
    names = _within([(name, len(found)) for name, found in by_metric.items()], MOST_DIFFERENCES)
    return [line for name in names for line in by_metric[name]]


def _difference(line: MetricRow, known: Measure) -> DifferenceFigures:
    return {
        "model": line.model, "against": line.against, "labels": line.labels, "metric": line.metric,
        "difference": known, "p": rounded_p(line.p), "p_adjusted": rounded_p(line.p_adjusted),
    }  # fmt: skip


def _within(sizes: Iterable[tuple[str, int]], most: int) -> list[str]:
    """The first names whose sizes together are no more than that; the very first in any case."""
    names: list[str] = []
    total = 0
    for name, size in sizes:
        total += size
        if names and total > most:
            break
        names.append(name)
    return names


def _flips(lines: _LineIndex, pairs: Sequence[Pair]) -> list[FlipFigures]:
    counts: dict[Pair, dict[str, float | None]] = {pair: {} for pair in pairs}
    for line in lines.overall:
        pair = line.model, line.against
        if line.labels == lines.flip_labels and pair in counts and line.metric in (*COUNTS, "negative_flip_rate"):
            counts[pair][line.metric] = line.value
    return [_flip(pair, lines.flip_labels, count) for pair, count in counts.items() if "broke" in count]


def _flip(pair: Pair, labels: str, count: dict[str, float | None]) -> FlipFigures:
    fixed, broke, wrong, right = (int(count.get(name) or 0) for name in COUNTS)
    return {
        "model": pair[0], "against": pair[1], "labels": labels, "fixed": fixed, "broke": broke, "both_wrong": wrong,
        "both_right": right, "negative_flip_rate": rounded(count.get("negative_flip_rate")),
    }  # fmt: skip


def _changes(lines: _LineIndex, pairs: Sequence[Pair]) -> ClassChangeList:
    """The classes that lost most and those that gained most, of each pair."""
    by_pair: dict[Pair, list[ClassChangeFigures]] = {pair: [] for pair in pairs}
    for one in _class_changes(lines, set(pairs)):
        by_pair[one["model"], one["against"]].append(one)
    each = max(FEWEST_CLASSES, MOST_CLASSES // max(len(pairs), 1))
    found, whole = [], True
    for changed in by_pair.values():
        changed.sort(key=lambda one: (one["fixed"] - one["broke"], one["class"]))
        losing = [one for one in changed if one["broke"] > one["fixed"]]
        gaining = [one for one in changed if one["broke"] <= one["fixed"]][::-1]
        kept = losing[: max(each - min(len(gaining), each // 3), 1)]
        kept += gaining[: each - len(kept)][::-1]
        whole &= len(kept) == len(changed)
        found += kept
    losers = Counter((one["model"], one["against"]) for changed in by_pair.values() for one in changed
                     if one["broke"] > one["fixed"])  # fmt: skip
    few = f"of each pair, the classes that lost most and those that gained most, {plural(each, 'class', 'classes')}"
    return {
        "rule": "all classes of which a row changed" if whole else few, "labels": lines.flip_labels,
        "forgotten": [{"model": m, "against": a, "classes": losers[m, a]} for m, a in by_pair],
        "lines": found,
    }  # fmt: skip


def _class_changes(lines: _LineIndex, pairs: set[Pair]) -> Iterator[ClassChangeFigures]:
    """The classes of which a row was fixed or broke."""
    counts: dict[tuple[str, str, str], dict[str, MetricRow]] = {}
    for line in lines.result.lines:
        if not line.class_ or line.metric not in (*COUNTS, "recall") or line.labels != lines.flip_labels:
            continue
        if (line.model, line.against) in pairs:
            counts.setdefault((line.model, line.against, line.class_), {})[line.metric] = line
    for (model, against, name), found in counts.items():
        count = {kind: int(found[kind].value or 0) if kind in found else 0 for kind in COUNTS}
        recall = found.get("recall")
        if count["fixed"] or count["broke"]:
            yield {
                "model": model, "against": against, "class": name, "rows": sum(count.values()),
                "fixed": count["fixed"], "broke": count["broke"],
                "recall_change": None
                if recall is None
                else measure(recall.difference, recall.diff_low, recall.diff_high),
                "p_adjusted": None if recall is None else rounded_p(recall.p_adjusted),
            }  # fmt: skip
