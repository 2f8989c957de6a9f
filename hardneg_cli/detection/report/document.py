"""The report as a document: words, charts and tables, made of its figures alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from hardneg_cli.data.class_names import readable
from hardneg_cli.detection.report.figures import FindReport, NearFigures, RowFigures, SlipFigures
from hardneg_cli.errors import plural
from hardneg_cli.rendering.charts.histogram import histogram
from hardneg_cli.rendering.charts.intervals import IntervalLine, intervals
from hardneg_cli.rendering.charts.matrix import matrix, most_in_pairs
from hardneg_cli.rendering.charts.reliability import reliability
from hardneg_cli.rendering.document import (
    Block,
    Cards,
    Chart,
    CommandLines,
    DataTable,
    Document,
    NearCard,
    PointMap,
    ReportSection,
    RowCard,
    Words,
    cell_text,
    probability_text,
)
from hardneg_cli.rendering.figure_cells import settings_table
from hardneg_cli.rendering.figures import Interval

MOST_LINES = 30  # classes in a chart
MOST_CLASSES = 24  # in the matrix
MOST_SLIPS = 20  # named
ABOUT = {
    "label": "whether the label is wrong", "conflict": "identical rows with different labels",
    "name": "how the label is spelled", "row": "the row itself",
}  # fmt: skip


def document(report: FindReport, pictures: Mapping[str, str] | None = None) -> Document:
    """pictures: data URIs by the row's id, for rows and points that have one."""
    seen = pictures or {}
    made = (
        ReportSection("next", "What to do next", tuple(_next(report))),
        ReportSection("classes", "Classes", tuple(_classes(report))),
        ReportSection("confusions", "Who is taken for whom", tuple(_confusions(report))),
        ReportSection("certainty", "How sure the score is", tuple(_certainty(report))),
        ReportSection("map", "Map", tuple(_map(report, seen))),
        ReportSection("worst", "The worst rows", tuple(_worst(report, seen))),
        ReportSection("duplicates", "Duplicates and leaks", tuple(_duplicates(report))),
        ReportSection("missing", "Missing values", tuple(_missing(report))),
        ReportSection("run", "What ran", tuple(_run(report))),
    )
    sections = tuple(section for section in made if section.blocks)
    verdict, data = report["verdict"], report["dataset"]
    figures = [
        ("rows", cell_text(data["rows"])),
        ("classes", cell_text(data["classes"])),
        ("flagged", cell_text(verdict["flagged"])),
    ]
    if (errors := verdict["estimated_errors"]) is not None:
        figures.append(("labels estimated wrong", whole(errors)))
    figures += [("decided", cell_text(verdict["decided"]))] if verdict["decided"] else []
    figures += [("rows left out", cell_text(data["left_out"]))] if data["left_out"] else []
    return Document("Label report", data["name"], verdict["sentence"], tuple(figures), sections)


def whole(estimate: Interval) -> str:
    """In whole rows, with its interval."""
    return f"{estimate['value']:,.0f} ({estimate['low']:,.0f} to {estimate['high']:,.0f})"


def _next(report: FindReport) -> Iterator[Block]:
    verdict = report["verdict"]
    if not verdict["flagged"]:
        yield Words("No row is flagged: there is nothing to review.")
    if verdict["next"]:
        yield Words("Look at the flagged rows, bring the answers in, and write the corrected data:")
        yield CommandLines("\n".join(verdict["next"]))
    if verdict["basis"]:
        yield Words(f"About the estimate: {verdict['basis']}.")


def _classes(report: FindReport) -> Iterator[Block]:
    slips = {one["written"]: one for one in report["misspelled"]}
    if slips:
        yield Words(
            f"{plural(len(slips), 'class looks', 'classes look')} like a misspelling: {_spelled(slips.values())}."
        )
    classes = report["classes"]
    lines = []
    drawn = [one for one in classes if one["class"] not in slips]
    for one in drawn[:MOST_LINES]:
        rows, wrong = one["rows"], one["estimated_wrong"]
        said = f"{readable(one['class'])}: {one['flagged']:,} of {rows:,} rows flagged"
        value, low, high = (None if end is None else end / rows for end in _ends(wrong))
        said += "" if wrong is None else f", {whole(wrong)} estimated wrong"
        lines.append(
            IntervalLine(readable(one["class"]), value, low, high, one["flagged"] / rows, said, plural(rows, "row"))
        )
    which = "" if len(drawn) <= MOST_LINES else f" of the {MOST_LINES} worst classes"
    columns = ("class", "rows", "flagged", "estimated wrong", "at least", "at most")
    figures = [(readable(one["class"]), one["rows"], one["flagged"], *_ends(one["estimated_wrong"])) for one in classes]
    table = DataTable(f"All {plural(len(classes), 'class', 'classes')} as a table", columns, figures)
    words = (
        "Bars: the share of rows that are flagged. Dots: the share of labels estimated wrong, with its 95 % interval."
    )
    label = f"Share of flagged and of wrong labels{which}; the table has the figures"
    svg = intervals(lines, label, "share of the class", percent=True)
    yield Chart(f"Share of rows flagged and of labels wrong{which}", svg, table, words)


def _spelled(slips: Iterable[SlipFigures]) -> str:
    said = [f"{readable(one['written'])} of {readable(one['meant'])} ({plural(one['rows'], 'row')})" for one in slips]
    return ", ".join(said[:MOST_SLIPS]) + (" …" if len(said) > MOST_SLIPS else "")


def _ends(wrong: Interval | None) -> tuple[float | None, float | None, float | None]:
    return (None, None, None) if wrong is None else (wrong["value"], wrong["low"], wrong["high"])


def _confusions(report: FindReport) -> Iterator[Block]:
    pairs = [(readable(pair["given"]), readable(pair["suggested"]), pair["rows"]) for pair in report["confusions"]]
    if not pairs:
        yield Words("No flagged row looks like another class.")
        return
    slips = {readable(one["written"]) for one in report["misspelled"]}
    drawn = [pair for pair in pairs if pair[0] not in slips]
    names, counts = most_in_pairs(drawn, MOST_CLASSES)
    left = sum(rows for _, _, rows in drawn) - sum(counts.values())
    words = "Flagged rows by the label that they have and the one that they look like. Click a cell for its rows."
    words += f" {left:,} rows of less confused classes are in the table only." if left else ""
    caption = f"All {plural(len(pairs), 'pair')} as a table"
    both = [(given, other) for given, other, _ in pairs]
    table = DataTable(caption, ("labeled", "looks like", "rows"), pairs, both)
    svg = matrix(names, counts, "Flagged rows by given and suggested label; the table has the figures",
                 ("labeled", "looks like"))  # fmt: skip
    yield Chart("Labeled as, and looks like", svg, table, words)


def _certainty(report: FindReport) -> Iterator[Block]:
    bins, groups = report["certainty"]["bins"], report["certainty"]["reliability"]
    edges = [*(one["from"] for one in bins), bins[-1]["to"]]
    rows = [(f"{one['from']:g} to {one['to']:g}", one["rows"], one["flagged"]) for one in bins if one["rows"]]
    table = DataTable("The same as a table", ("score", "rows", "flagged"), rows)
    counts, flagged = [one["rows"] for one in bins], [one["flagged"] for one in bins]
    axis = "score: the probability that the label is wrong"
    svg = histogram(edges, counts, flagged, "Rows by score; the table has the figures", axis)
    words = (
        "The score is the estimated probability that the label is wrong; the strong part is flagged. Logarithmic scale."
    )
    yield Chart("Rows by score", svg, table, words)
    answered = report["certainty"]["answered"]
    if not groups:
        have = (
            f"{plural(answered, 'row has', 'rows have')} an answer, too few" if answered else "no row has an answer yet"
        )
        yield Words(f"Whether scores mean what they say cannot be shown: {have}. An audit or decisions would tell.")
        return
    drawn = [
        (one["score"], one["wrong"]["value"], one["wrong"]["low"], one["wrong"]["high"], one["rows"]) for one in groups
    ]
    columns = ("mean score", "rows with an answer", "share wrong", "at least", "at most")
    cells = [
        (one["score"], one["rows"], one["wrong"]["value"], one["wrong"]["low"], one["wrong"]["high"]) for one in groups
    ]
    chart = reliability(
        drawn, "Share of wrong labels by score; the table has the figures", ("mean score", "share wrong")
    )
    words = f"Groups of the {answered:,} rows that people answered; a score on the dashed line is right."
    yield Chart("Scores against answers", chart, DataTable("The same as a table", columns, cells), words)


def _map(report: FindReport, pictures: Mapping[str, str]) -> Iterator[Block]:
    found = report["map"]
    if found is None:
        yield Words("There is no map: no detector that ran has features (--features, --text, --image).")
        return
    points = found["points"]
    size = dict.fromkeys(points["label"], 0)
    strong = dict(size)
    for label, flagged in zip(points["label"], points["flagged"], strict=True):
        size[label] += 1
        strong[label] += flagged
    classes = sorted(size, key=lambda name: (-strong[name], -size[name], name))
    names = dict.fromkeys([*classes, *filter(None, points["suggested"])])
    code = {name: number for number, name in enumerate(names)}
    rows = [(readable(name), size[name], strong[name]) for name in classes]
    table = DataTable("Rows on the map, as a table", ("class", "rows", "flagged"), rows)
    words = f"{found['rows']:,} of {found['of']:,} rows: {found['rule']}. They are laid out {found['method']}."
    yield PointMap(
        "Where the rows lie", words, table, [*map(readable, code)], points["x"], points["y"],
        [code[name] for name in points["label"]], [code.get(name, -1) for name in points["suggested"]], points["score"],
        [int(flagged) for flagged in points["flagged"]], points["id"], points["text"],
        {place: pictures[id_] for place, id_ in enumerate(points["id"]) if id_ in pictures},
    )  # fmt: skip


def _worst(report: FindReport, pictures: Mapping[str, str]) -> Iterator[Block]:
    named = report["dataset"]["ids"] == "own"
    worst = [_card(row, pictures, named=named) for row in report["worst"]]
    if worst:
        examples = [_card(row, pictures, named=named, example=True) for row in report["examples"]]
        yield Cards((*worst, *examples))


def _card(row: RowFigures, pictures: Mapping[str, str], *, named: bool, example: bool = False) -> RowCard:
    given, other = readable(row["given"]), row["suggested"]
    suggested = readable(other) if other and other != row["given"] else ""
    figures = [("wrong with probability", probability_text(row["score"]))]
    for name, key in (
        ("suggestion right", row["suggestion_score"]),
        ("p given", row["p_given"]),
        ("p suggested", row["p_suggested"]),
    ):
        figures += [] if key is None else [(name, probability_text(key))]
    picture = pictures.get(row["id"], "")
    cells = tuple(
        (name, cell) for name, cell in row["cells"].items() if cell and not (picture and cell.startswith("data:"))
    )
    around = tuple(_around(near, row["given"], pictures, named=named) for near in row["around"])
    title = f"{row['rank']:,} · {row['id']}" if named else f"{row['rank']:,}"
    why = tuple(row["why"])
    return RowCard(title, given, suggested, tuple(figures), why, cells, picture, around, example)


def _around(near: NearFigures, given: str, pictures: Mapping[str, str], *, named: bool) -> NearCard:
    twin = near["kind"] == "twin"
    how = "same content" if twin else f"distance {near['distance']:.3g}"
    return NearCard(
        how,
        near["label"],
        near["text"] or (near["id"] if named else ""),
        pictures.get(near["id"], ""),
        near["label"] != given,
    )


def _duplicates(report: FindReport) -> Iterator[Block]:
    found = report["duplicates"]
    if found is None:
        yield Words("Nobody looked for copies.")
        return
    if not found["rows"]:
        yield Words("No two rows have the same content.")
        return
    rows = [("groups of rows with the same content", found["groups"]), ("rows in them", found["rows"]),
            ("rows in groups of more than one label", found["contradicting"])]  # fmt: skip
    rows += [(f"rows whose copies stand in another part of {one['column']}", one["rows"]) for one in found["across"]]
    yield DataTable("Copies", ("what", "how many"), [row for row in rows if row[1]])


def _missing(report: FindReport) -> Iterator[Block]:
    if not report["missing"]:
        yield Words("No cell is empty.")
        return
    total = report["dataset"]["rows"]
    rows = [(one["column"], one["empty"], f"{100 * one['empty'] / total:.2g} %") for one in report["missing"]]
    yield DataTable("Empty cells by column", ("column", "empty cells", "share"), rows)


def _run(report: FindReport) -> Iterator[Block]:
    rows = [(one["name"], ABOUT.get(one["about"], one["about"]), one["rows"]) for one in report["ran"]]
    yield DataTable("Detectors that ran", ("detector", "judges", "rows it doubts"), rows)
    if report["skipped"]:
        skipped = [(one["name"], one["reason"]) for one in report["skipped"]]
        yield DataTable("Detectors that could not run", ("detector", "why"), skipped)
    yield from (Words(note) for note in report["notes"])
    yield settings_table(report["settings"], report["versions"])
