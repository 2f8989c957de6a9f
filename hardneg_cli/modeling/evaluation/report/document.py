"""The report as a document: words, charts and tables, made of its figures alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hardneg_cli.data.class_names import readable
from hardneg_cli.errors import plural
from hardneg_cli.modeling.evaluation.metrics import LESS_IS_BETTER, OVERALL
from hardneg_cli.modeling.evaluation.report.figures import (
    ClassChangeFigures,
    CompareReport,
    DifferenceFigures,
    MetricFigures,
)
from hardneg_cli.modeling.evaluation.report.history_document import history_sections
from hardneg_cli.modeling.evaluation.words import LABEL_WORDS, SIGNIFICANT, chance, span
from hardneg_cli.rendering.charts.dots import DotLine, dots
from hardneg_cli.rendering.document import (
    Block,
    Chart,
    Charts,
    DataTable,
    Document,
    ReportSection,
    Words,
    cell_text,
)
from hardneg_cli.rendering.figure_cells import ENDS, measure_cells, precise, settings_table
from hardneg_cli.rendering.figures import Measure

MOST_DOTS = 40  # models or pairs in a chart
MOST_CLASS_DOTS = 24
CHOSEN = ("accuracy", "macro_f1", "mcc", "log_loss", "brier")  # that are drawn besides the verdict's


def document(report: CompareReport) -> Document:
    """What the page and the Markdown hold."""
    history = report["history"]
    made = (
        *(() if history is None else history_sections(history)),
        ReportSection("better", "Who is better", tuple(_better(report))),
        ReportSection("metrics", "Other metrics", tuple(_metrics(report))),
        ReportSection("flips", "Rows fixed and broken", tuple(_flips(report))),
        ReportSection("classes", "Classes", tuple(_classes(report))),
        ReportSection("run", "What ran", tuple(_run(report))),
    )
    data = report["dataset"]
    what = "models" if history is None else "checkpoints"
    figures = [("rows", cell_text(data["rows"])), ("classes", cell_text(data["classes"])),
               (what, cell_text(len(report["models"])))]  # fmt: skip
    figures += _leading(report)
    sections = tuple(section for section in made if section.blocks)
    return Document("Comparison of models", data["name"], report["verdict"]["sentence"], tuple(figures), sections)


def short_names(names: Sequence[str]) -> dict[str, str]:
    """Without the folders that all of them stand in."""
    folders = [name.split("/")[:-1] for name in names]
    alike = 0
    while all(len(one) > alike for one in folders) and len({one[alike] for one in folders}) == 1:
        alike += 1
    return {name: "/".join(name.split("/")[alike:]) for name in names}


def less(metric: str) -> str:
    return " (less is better)" if metric in LESS_IS_BETTER else ""


def _leading(report: CompareReport) -> Iterator[tuple[str, str]]:
    verdict = report["verdict"]
    for line in _of(report["metrics"]["lines"], verdict["metric"], verdict["labels"]):
        if line["model"] in verdict["leading"][:1]:
            yield f"best {verdict['metric']}", span(*_ends(line["measure"]))


def _ends(found: Measure) -> tuple[float, float | None, float | None]:
    return found["value"], found["low"], found["high"]


def _of(lines: Sequence[MetricFigures], metric: str, labels: str) -> list[MetricFigures]:
    return [line for line in lines if (line["metric"], line["labels"]) == (metric, labels)]


def _better(report: CompareReport) -> Iterator[Block]:
    """The verdict's metric by all labels, most trusted first, and its differences."""
    verdict, lines, found = report["verdict"], report["metrics"]["lines"], report["differences"]
    metric, kinds = verdict["metric"], report["dataset"]["labels"][::-1]
    charts = [_metric(report, metric, kind) for kind in kinds if _of(lines, metric, kind)]
    mine = [line for line in found["lines"] if (line["metric"], line["labels"]) == (metric, verdict["labels"])]
    charts += [_difference_chart(report, mine)] if mine else []
    yield Charts(tuple(charts))
    if found["lines"]:
        yield Words(
            f"Differences are on the same rows, of {found['rule']}. Intervals are of 95 %, and p is corrected for all "
            "comparisons of a metric."
        )
        yield _all_differences(found["lines"])


def _all_differences(lines: Sequence[DifferenceFigures]) -> DataTable:
    columns = ("model", "against", "labels", "metric", "difference", *ENDS, "p", "p adjusted")
    rows = [(line["model"], line["against"], line["labels"], line["metric"], *measure_cells(line["difference"]),
             precise(line["p"]), precise(line["p_adjusted"])) for line in lines]  # fmt: skip
    return DataTable(f"{plural(len(rows), 'difference')} as a table", columns, rows, folded=True)


def _metrics(report: CompareReport) -> Iterator[Block]:
    """By the labels that are trusted most."""
    verdict, lines = report["verdict"], report["metrics"]["lines"]
    names = [metric for metric in CHOSEN if metric != verdict["metric"] and _of(lines, metric, verdict["labels"])]
    yield Charts(tuple(_metric(report, metric, verdict["labels"]) for metric in names))
    yield from (_all_metrics(report, kind) for kind in reversed(report["dataset"]["labels"]))
    if report["metrics"]["rule"] != "all metrics":
        yield Words(f"There are {report['metrics']['rule']}.")


def _metric(report: CompareReport, metric: str, labels: str) -> Chart:
    found, leading = _of(report["metrics"]["lines"], metric, labels), report["verdict"]["by_labels"][labels]
    name = short_names(report["models"])
    best = _best(found, metric)
    ranked = sorted(found, key=lambda line: abs(line["measure"]["value"] - best["measure"]["value"]))
    kept = {line["model"] for line in ranked[:MOST_DOTS]}
    strong = set(leading) if metric == report["verdict"]["metric"] else {best["model"]}
    drawn = [
        DotLine(name[line["model"]], *_ends(line["measure"]), f"{line['model']}: {span(*_ends(line['measure']))}",
                f"{line['measure']['value']:.4f}", line["model"] in strong)
        for line in found if line["model"] in kept
    ]  # fmt: skip
    left = "" if len(drawn) == len(found) else f"; the best {MOST_DOTS} of {len(found):,}"
    columns = ("model", metric, *ENDS)
    table = DataTable(
        "The same as a table", columns, [(line["model"], *measure_cells(line["measure"])) for line in found]
    )
    title = f"{metric} by {LABEL_WORDS[labels]}{less(metric)}{left}"
    return Chart(title, dots(drawn, f"{title}; the table has the figures", metric), table)


def _best(found: Sequence[MetricFigures], metric: str) -> MetricFigures:
    sign = 1 if metric in LESS_IS_BETTER else -1
    return min(found, key=lambda line: sign * line["measure"]["value"])


def _all_metrics(report: CompareReport, labels: str) -> DataTable:
    value = {(line["model"], line["metric"]): line["measure"]["value"]
             for line in report["metrics"]["lines"] if line["labels"] == labels}  # fmt: skip
    names = [metric for metric in OVERALL if any((model, metric) in value for model in report["models"])]
    rows = [(model, *(precise(value.get((model, metric))) for metric in names)) for model in report["models"]]
    return DataTable(f"Metrics by {LABEL_WORDS[labels]}", ("model", *names), rows)


def _difference_chart(report: CompareReport, mine: Sequence[DifferenceFigures]) -> Chart:
    verdict, name = report["verdict"], short_names(report["models"])
    metric, labels = verdict["metric"], verdict["labels"]
    drawn = [
        DotLine(_pair(line["model"], line["against"], name), *_ends(line["difference"]),
                f"{line['model']} against {line['against']}: {span(*_ends(line['difference']), sign='+')}",
                chance(line["p_adjusted"]), _is_sure(line["p_adjusted"]))
        for line in mine[:MOST_DOTS]
    ]  # fmt: skip
    title = f"Difference of {metric} by {LABEL_WORDS[labels]}{less(metric)}"
    rows = [(line["model"], line["against"], *measure_cells(line["difference"]), precise(line["p_adjusted"]))
            for line in mine]  # fmt: skip
    columns = ("model", "against", "difference", *ENDS, "p adjusted")
    svg = dots(drawn, f"{title}; the table has the figures", f"difference of {metric}", reference=0.0)
    words = "The strong ones are beyond chance; the dashed line is no difference."
    return Chart(title, svg, DataTable("The same as a table", columns, rows), words)


def _pair(model: str, against: str, name: dict[str, str]) -> str:
    """Two names in as little room as there is, the end of each, which tells files apart."""
    one, other = (text if len(text) <= 10 else f"…{text[-9:]}" for text in (name[model], name[against]))
    return f"{one} − {other}"


def _is_sure(p: float | None) -> bool:
    return p is not None and p < SIGNIFICANT


def _flips(report: CompareReport) -> Iterator[Block]:
    flips = report["differences"]["flips"]
    if flips:
        labels = flips[0]["labels"]
        columns = ("model", "against", "fixed", "broke", "wrong by both", "right by both", "negative-flip rate")
        rows = [(one["model"], one["against"], one["fixed"], one["broke"], one["both_wrong"], one["both_right"],
                 precise(one["negative_flip_rate"])) for one in flips]  # fmt: skip
        yield DataTable(f"Rows by {LABEL_WORDS[labels]}", columns, rows)


def _classes(report: CompareReport) -> Iterator[Block]:
    found = report["classes"]
    lines = found["lines"]
    if not lines or report["history"] is not None:
        return
    pair = _main_pair(report, lines)
    mine = [line for line in lines if (line["model"], line["against"]) == pair]
    forgotten = next((one["classes"] for one in found["forgotten"] if (one["model"], one["against"]) == pair), 0)
    lost = plural(forgotten, "class", "classes")
    yield Words(
        f"{pair[0]} against {pair[1]}: of {lost} more rows broke than were fixed." if forgotten
        else f"{pair[0]} against {pair[1]}: of no class did more rows break than were fixed."
    )  # fmt: skip
    yield _class_chart(mine, pair)
    if len(mine) == len(lines):
        return
    columns = ("model", "against", "class", "rows", "broke", "fixed", "change of recall", *ENDS, "p")
    rows = [(one["model"], one["against"], readable(one["class"]), one["rows"], one["broke"], one["fixed"],
             *measure_cells(one["recall_change"]), precise(one["p_adjusted"])) for one in lines]  # fmt: skip
    yield DataTable(f"Of every pair, by {LABEL_WORDS[found['labels']]}: {found['rule']}", columns, rows, folded=True)


def _main_pair(report: CompareReport, lines: Sequence[ClassChangeFigures]) -> tuple[str, str]:
    """That of the model that leads, if it has one, with the first model, else the last one."""
    pairs = list(dict.fromkeys((line["model"], line["against"]) for line in lines))
    leading = report["verdict"]["leading"]
    return next((pair for pair in pairs if pair[0] in leading), pairs[-1])


def _class_chart(mine: Sequence[ClassChangeFigures], pair: tuple[str, str]) -> Chart:
    half = MOST_CLASS_DOTS // 2
    drawn = [*mine] if len(mine) <= MOST_CLASS_DOTS else [*mine[:half], *mine[-half:]]
    lines = [
        DotLine(readable(one["class"]), *_ends(one["recall_change"]),
                f"{readable(one['class'])}: {one['broke']:,} of {one['rows']:,} rows broke, {one['fixed']:,} fixed",
                f"−{one['broke']:,} +{one['fixed']:,}", _is_sure(one["p_adjusted"]))
        for one in drawn if one["recall_change"] is not None
    ]  # fmt: skip
    title = f"Change of recall by class: {pair[0]} against {pair[1]}"
    few = "" if len(drawn) == len(mine) else f" The {half} that lost and the {half} that gained most."
    words = (
        "The greatest loss first, with 95 % intervals, the strong ones beyond chance; behind, rows broken and fixed."
        f"{few}"
    )
    columns = ("class", "rows", "broke", "fixed", "change of recall", *ENDS, "p adjusted")
    rows = [(readable(one["class"]), one["rows"], one["broke"], one["fixed"], *measure_cells(one["recall_change"]),
             precise(one["p_adjusted"])) for one in mine]  # fmt: skip
    svg = dots(lines, f"{title}; the table has the figures", "change of recall", reference=0.0)
    return Chart(title, svg, DataTable("The same as a table", columns, rows), words)


def _run(report: CompareReport) -> Iterator[Block]:
    yield from (Words(note) for note in report["notes"])
    yield settings_table(report["settings"], report["versions"])
