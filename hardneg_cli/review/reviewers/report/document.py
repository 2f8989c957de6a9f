"""The report as a document: words, charts and tables, made of its figures alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from hardneg_cli.data.class_names import readable
from hardneg_cli.errors import plural
from hardneg_cli.rendering.charts.dots import DotLine, dots
from hardneg_cli.rendering.charts.matrix import MatrixCell, matrix, most_in_pairs, shades
from hardneg_cli.rendering.charts.stacked import StackedBar, stacked
from hardneg_cli.rendering.document import Block, Chart, Charts, DataTable, Document, ReportSection, Words, cell_text
from hardneg_cli.rendering.figure_cells import ENDS, measure_cells, precise, settings_table
from hardneg_cli.rendering.figures import Interval
from hardneg_cli.review.reviewers.report.figures import (
    AgreementFigures,
    CollectReport,
    ReviewerFigures,
    ReviewerShare,
)
from hardneg_cli.review.reviewers.report.pace_document import AS_TABLE, MOST_LINES, pace_blocks

KINDS = ("keep", "relabel", "drop", "unsure")
MOST_CLASSES = 24  # in the matrix


def document(report: CollectReport) -> Document:
    """What the page and the Markdown hold."""
    counts, found = report["counts"], report["agreement"]
    made = (
        ReportSection("agreement", "Agreement", tuple(_agreement(report))),
        ReportSection("reviewers", "Reviewers", tuple(_reviewers(report))),
        ReportSection("pace", "Pace", tuple(pace_blocks(report))),
        ReportSection("mistakes", "Who says what for what", tuple(_mistakes(report))),
        ReportSection("conflicts", "Conflicts", tuple(_conflicts(report))),
        ReportSection("consensus", "Consensus", tuple(_consensus(report))),
        ReportSection("run", "What ran", tuple(_run(report))),
    )
    figures = [("reviewers", cell_text(counts["reviewers"])), ("answers", cell_text(counts["answers"])),
               ("rows", cell_text(counts["rows"])), ("conflicts left", cell_text(counts["conflicts"]))]  # fmt: skip
    if found is not None:
        figures += [("agreement", f"{found['percent']['value']:.1%}")]
        figures += [("Krippendorff's α", f"{found['alpha']['value']:.2f}")] if found["alpha"] else []
    sections = tuple(section for section in made if section.blocks)
    return Document("Report on reviewers", report["log"], report["sentence"], tuple(figures), sections)


def _agreement(report: CollectReport) -> Iterator[Block]:
    found = report["agreement"]
    if found is None:
        yield Words("No row has the answers of two reviewers: nothing tells how far they agree.")
        return
    yield Words(
        "1 is full agreement. α and κ are 0 where answers agree as chance has it; AC1 stays high where nearly all rows "
        "get one answer, and α does not."
    )
    measures = [("agreement", found["percent"]), ("Krippendorff's α", found["alpha"]), ("Gwet's AC1", found["ac1"])]
    drawn = [DotLine(name, *_ends(value), _words(name, value), _beside(value), name == "agreement")
             for name, value in measures]  # fmt: skip
    title = f"Agreement on the {plural(found['rows'], 'row')} that several decided"
    table = DataTable(AS_TABLE, ("measure", "value", *ENDS), [(name, *measure_cells(one)) for name, one in measures])
    charts = [Chart(title, dots(drawn, f"{title}; the table has the figures", "agreement"), table)]
    yield Charts((*charts, *_kappas(found)))


def _kappas(found: AgreementFigures) -> Iterator[Chart]:
    """A matrix that is the same on both sides of its diagonal."""
    pairs = found["pairs"]
    if not pairs:
        return
    names = sorted({name for pair in pairs for name in (pair["first"], pair["second"])})
    place = {name: number for number, name in enumerate(names)}
    cells = {}
    for pair in pairs:
        if (kappa := pair["kappa"]) is None:
            continue
        said = f"κ of {pair['first']} and {pair['second']}: {_words('', kappa)} on {plural(pair['rows'], 'row')}"
        cell = MatrixCell(min(max(kappa["value"], 0.0), 1.0), f"{kappa['value']:.2f}".replace("0.", "."), said)
        one, other = place[pair["first"]], place[pair["second"]]
        cells[one, other] = cells[other, one] = cell
    rows = [(readable(pair["first"]), readable(pair["second"]), pair["rows"], *measure_cells(pair["kappa"]))
            for pair in pairs]  # fmt: skip
    table = DataTable(f"{found['rule'].capitalize()}, as a table", ("reviewer", "and", "rows", "κ", *ENDS), rows)
    svg = shades(
        [readable(name) for name in names],
        cells,
        "Cohen's κ by pair; the table has the figures",
        ("", ""),
        "shade calm",
    )
    yield Chart("Cohen's κ of each pair", svg, table, "The darker, the better two reviewers agree.")


def _reviewers(report: CollectReport) -> Iterator[Block]:
    found = report["reviewers"]
    if not found:
        yield Words("Nobody has answered anything.")
        return
    if len(found) < report["counts"]["reviewers"]:
        yield Words(f"Reviewers: {report['rule']}.")
    yield from (Words(f"Warning: {readable(one['reviewer'])} {one['anchored']}.") for one in found if one["anchored"])
    charts = [
        _answers(found),
        _shares(found, "agreed", "Agrees with most of the others"),
        _shares(found, "controls_kept", "Keeps rows that nobody doubts (controls)"),
        _shares(found, "flagged_wrong", "Calls flagged rows wrong"),
        _followed(found),
    ]
    yield Charts(tuple(chart for chart in charts if chart is not None))
    if any(one["accuracy"] is not None for one in found):
        rows = [(readable(one["reviewer"]), precise(one["accuracy"]), precise(one["weight"])) for one in found]
        yield DataTable("As far as the consensus tells", ("reviewer", "labels right", "what an answer counts"), rows)
    corrected = [(readable(one["reviewer"]), *measure_cells(one["precision"])) for one in found if one["precision"]]
    if corrected:
        yield DataTable("Flagged rows that are wrong, corrected for the controls that a reviewer calls wrong",
                        ("reviewer", "share", *ENDS), corrected)  # fmt: skip


def _most(found: Sequence[ReviewerFigures]) -> list[ReviewerFigures]:
    """Those with the most answers, by name."""
    kept = {one["reviewer"] for one in sorted(found, key=lambda one: (-one["answers"], one["reviewer"]))[:MOST_LINES]}
    return [one for one in found if one["reviewer"] in kept]


def _answers(found: Sequence[ReviewerFigures]) -> Chart:
    parts = {one["reviewer"]: (one["keep"], one["relabel"], one["drop"], one["unsure"]) for one in found}
    bars = []
    for one in _most(found):
        counts = parts[one["reviewer"]]
        said = ", ".join(f"{count:,} {kind}" for kind, count in zip(KINDS, counts, strict=True))
        name = readable(one["reviewer"])
        bars.append(StackedBar(name, counts, f"{name}: {said}", f"{one['answers']:,}"))
    rows = [(readable(name), sum(counts), *counts) for name, counts in parts.items()]
    svg = stacked(bars, KINDS, "Answers by reviewer; the table has the figures", "answers")
    return Chart("Answers", svg, DataTable(AS_TABLE, ("reviewer", "answers", *KINDS), rows))


def _shares(found: Sequence[ReviewerFigures], key: str, title: str) -> Chart | None:
    of: dict[str, Callable[[ReviewerFigures], ReviewerShare]] = {
        "agreed": lambda one: one["agreed"], "controls_kept": lambda one: one["controls_kept"],
        "flagged_wrong": lambda one: one["flagged_wrong"], "followed": lambda one: one["suggestions_followed"],
    }  # fmt: skip
    share = of[key]
    known = [one for one in found if share(one)["of"]]
    if not known:
        return None
    drawn = [DotLine(readable(one["reviewer"]), *_ends(share(one)["share"]), _times(one["reviewer"], share(one)),
                     f"{share(one)['times']:,} of {share(one)['of']:,}", bool(one["anchored"]) and key == "followed")
             for one in _most(known)]  # fmt: skip
    rows = [(readable(one["reviewer"]), share(one)["times"], share(one)["of"], *measure_cells(share(one)["share"]))
            for one in known]  # fmt: skip
    table = DataTable(AS_TABLE, ("reviewer", "times", "of", "share", *ENDS), rows)
    return Chart(title, dots(drawn, f"{title}; the table has the figures", "share", percent=True), table)


def _followed(found: Sequence[ReviewerFigures]) -> Chart | None:
    """With what the others did about the same rows."""
    chart = _shares(found, "followed", "Takes suggestions over")
    if chart is None:
        return None
    rows = [(readable(one["reviewer"]), one["suggestions_followed"]["times"], one["suggestions_followed"]["of"],
             *measure_cells(one["suggestions_followed"]["share"]),
             *measure_cells(one["followed_by_others"]["share"])[:1],
             one["followed_on_controls"]["times"], one["followed_on_controls"]["of"])
            for one in found if one["suggestions_followed"]["of"]]  # fmt: skip
    columns = ("reviewer", "times", "of", "share", *ENDS, "others' share", "times on controls", "of controls")
    words = "The strong ones follow more than the others do about the same rows, or always."
    return Chart(chart.title, chart.svg, DataTable(AS_TABLE, columns, rows), words)


def _times(reviewer: str, found: ReviewerShare) -> str:
    return f"{readable(reviewer)}: {found['times']:,} of {found['of']:,}"


def _ends(found: Interval | None) -> tuple[float | None, float | None, float | None]:
    return (None, None, None) if found is None else (found["value"], found["low"], found["high"])


def _words(name: str, found: Interval | None) -> str:
    if found is None:
        return f"{name} is not defined: all answers are the same"
    return f"{name} {found['value']:.3f} ({found['low']:.3f} to {found['high']:.3f})".strip()


def _beside(found: Interval | None) -> str:
    return "not defined" if found is None else f"{found['value']:.3f}"


def _mistakes(report: CollectReport) -> Iterator[Block]:
    found = report["mistakes"]
    if not found:
        if report["agreement"] is not None:
            yield Words("No answer differs from that of most others.")
        return
    pairs = [(one["others"], one["answer"], one["times"]) for one in found]
    names, counts = most_in_pairs(pairs, MOST_CLASSES)
    rows = [(readable(one["others"]), readable(one["answer"]), one["times"]) for one in found]
    table = DataTable(f"{plural(len(rows), 'pair')} as a table", ("most others say", "the answer is", "times"), rows)
    named = [readable(name) for name in names]
    svg = matrix(named, counts, "Answers that differ from most others'; the table has the figures",
                 ("most others", "the answer"), unit="answer", clickable=False)  # fmt: skip
    left = sum(one["times"] for one in found) - sum(counts.values())
    more = f" {left:,} answers of less confused classes are in the table only." if left else ""
    words = f"Answers that differ from what most others say of the row, of all reviewers together.{more}"
    yield Chart("What most others say, and what was answered", svg, table, words)


def _conflicts(report: CollectReport) -> Iterator[Block]:
    found = report["conflicts"]
    if not found["left"]:
        yield Words("No row is decided in more than one way.")
        return
    yield Words(
        f"{plural(found['left'], 'row is', 'rows are')} decided in more than one way. Have somebody else fill in what "
        "-o FILE writes, and collect that with --adjudicator NAME."
    )
    rows = [(one["id"], readable(one["given"]), one["answers"]) for one in found["rows"]]
    few = "All of them" if len(rows) == found["left"] else f"The first {len(rows):,} of them"
    yield DataTable(few, ("id", "given label", "answers"), rows)


def _consensus(report: CollectReport) -> Iterator[Block]:
    found = report["consensus"]
    if found is not None:
        yield Words(f"About {found['wrong']:,.0f} of the labels of the consensus are expected to be wrong.")
        rows = [("rows", found["rows"]), ("keep", found["keep"]), ("relabel", found["relabel"]),
                ("drop", found["drop"]), ("expected to be wrong", found["wrong"])]  # fmt: skip
        yield DataTable("What all answers together say", ("what", "rows"), rows)


def _run(report: CollectReport) -> Iterator[Block]:
    counts = report["counts"]
    rows = [("decisions in the files", counts["read"]), ("appended to the log", counts["appended"]),
            ("settled now", counts["settled"]), ("rows undecided in the files", counts["undecided"])]  # fmt: skip
    yield DataTable("What was collected", ("what", "how many"), rows)
    yield from (Words(note) for note in report["notes"])
    yield settings_table(report["settings"], report["versions"])
