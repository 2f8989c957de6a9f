"""Gathers the figures of a report from findings: aggregates of all rows, and the few rows that are shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hardneg_cli.data.label_spelling import slips
from hardneg_cli.data.row_identity import blank
from hardneg_cli.detection.report.figures import (
    VERSION,
    Bin,
    Certainty,
    ClassFigures,
    DetectorFigures,
    DuplicateFigures,
    FindReport,
    LeakFigures,
    MapFigures,
    MissingFigures,
    PairFigures,
    SlipFigures,
)
from hardneg_cli.detection.report.projection import MOST_FLAGGED, placed, sampled_rows
from hardneg_cli.detection.report.reliability import reliability_groups
from hardneg_cli.detection.report.row_facts import doubted_rows, examples, row_figures
from hardneg_cli.errors import plural
from hardneg_cli.io.tables.row_snippets import shortened, snippets
from hardneg_cli.rendering.figures import Interval, interval, versions
from hardneg_cli.statistics.intervals import NORMAL

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hardneg_cli.detection.findings import Findings

    Rows = NDArray[np.int64]

BINS = 20
METHOD = "by the graph of nearest rows: like lies beside like, and distances between far groups mean nothing"
MOST_PAIRS = 1000
WORST = 24  # rows shown
EXAMPLE_PAIRS = 40  # the most frequent ones, of which a few rows are shown
LONGEST_POINT = 70  # characters
DECIMALS = 4


def facts(findings: Findings) -> FindReport:
    """All figures; O(N), and what a projection of at most 20,000 rows takes."""
    dataset = findings.dataset
    shown = findings.telling_columns()
    pairs = confusions(findings)
    worst = findings.select(limit=WORST)
    return {
        "v": VERSION,
        "report": "find",
        "dataset": {
            "name": dataset.name, "rows": len(dataset), "classes": int((dataset.counts > 0).sum()),
            "left_out": len(dataset.skipped),
            "ids": "content" if dataset.columns.id is None else "own",
        },
        "verdict": {
            "sentence": sentence(findings), "flagged": int(findings.flagged.sum()), "decided": len(findings.decided),
            "estimated_errors": _estimate(findings), "basis": findings.basis,
            "next": next_commands(findings),
        },
        "classes": class_figures(findings),
        "misspelled": misspelled(findings),
        "confusions": pairs[:MOST_PAIRS],
        "certainty": certainty(findings),
        "map": map_figures(findings, shown),
        "worst": row_figures(findings, worst, shown),
        "examples": row_figures(findings, examples(findings, pairs[:EXAMPLE_PAIRS], worst), shown),
        "duplicates": duplicates(findings),
        "missing": missing(findings),
        "ran": [_ran(name, doubt.about, int(doubt.flagged.sum())) for name, doubt in findings.doubts.items()],
        "skipped": [{"name": name, "reason": reason} for name, reason in findings.skipped.items()],
        "notes": list(dict.fromkeys((*findings.notes, *dataset.notes, *dataset.left_out()))),
        "settings": dict(findings.request.options),
        "versions": versions(),
    }  # fmt: skip


def sentence(findings: Findings) -> str:
    """How bad it is, with the interval."""
    rows, flagged = len(findings.dataset), int(findings.flagged.sum())
    asks = f"{plural(flagged, 'row is', 'rows are')} worth a look"
    if findings.errors is None:
        return f"{asks}, of {rows:,}; nothing here tells how many labels are wrong."
    e = findings.errors
    share = f"{100 * e.value / rows:.2g} %" if rows else "none"
    between = f"between {e.low:,.0f} and {e.high:,.0f}"
    return f"About {e.value:,.0f} of {rows:,} labels are wrong ({share}; {between}), and {asks}."


def next_commands(findings: Findings) -> list[str]:
    """What to type next: look at the rows, bring the answers in, correct the labels."""
    asked = findings.request
    if not findings.flagged.any() or not asked.command:
        return []
    return [f"{asked.command} -o queue.html", *asked.afterwards]


def class_figures(findings: Findings) -> list[ClassFigures]:
    """The classes, those with the largest share of wrong labels first.

    A class's estimate is its share of the scores' sum, of the whole estimate. The ends of its interval combine those of
    the whole, in proportion, with the chance of each label by itself (1.96 × √Σ p(1 − p)).
    """
    import numpy as np

    dataset = findings.dataset
    k = len(dataset.classes)
    flagged = np.bincount(dataset.labels[findings.flagged], minlength=k)
    wrong = _wrong_by_class(findings)
    order = np.lexsort((np.arange(k), -flagged, -(flagged / (dataset.counts + 10))))
    return [
        {"class": dataset.classes[code], "rows": int(dataset.counts[code]), "flagged": int(flagged[code]),
         "estimated_wrong": wrong[code]}
        for code in order.tolist() if dataset.counts[code]
    ]  # fmt: skip


def _wrong_by_class(findings: Findings) -> list[Interval | None]:
    import numpy as np

    dataset, e = findings.dataset, findings.errors
    k = len(dataset.classes)
    if e is None:
        return [None] * k
    score = findings.score if findings.digest is None else np.where(findings.digest.bad, 0, findings.score)
    total = float(score.sum())
    part = np.bincount(dataset.labels, score, k)
    value = part * (e.value / total) if total > 0 else np.zeros(k)
    chance = NORMAL * np.sqrt(np.bincount(dataset.labels, score * (1 - score), k))
    below, above = ((abs(end - e.value) / e.value if e.value > 0 else 0.0) for end in (e.low, e.high))
    low = np.clip(value - np.hypot(value * below, chance), 0, None)
    high = np.minimum(value + np.hypot(value * above, chance), dataset.counts)
    high = np.maximum(high, value)
    return [interval(*ends) for ends in zip(value.tolist(), low.tolist(), high.tolist(), strict=True)]


def misspelled(findings: Findings) -> list[SlipFigures]:
    """The classes whose names are slips of more frequent ones, in the order of their names."""
    rows = dict(zip(findings.dataset.classes, findings.dataset.counts.tolist(), strict=True))
    return [{"written": name, "meant": meant, "rows": rows[name]} for name, meant in slips(findings.dataset).items()]


def confusions(findings: Findings) -> list[PairFigures]:
    """The pairs of given and suggested label among the flagged rows, the most frequent first."""
    import numpy as np

    dataset = findings.dataset
    rows = doubted_rows(findings)
    k = len(dataset.classes)
    pairs, counts = np.unique(dataset.labels[rows].astype(np.int64) * k + findings.suggested[rows], return_counts=True)
    return [
        {"given": dataset.classes[pairs[place] // k], "suggested": dataset.classes[pairs[place] % k],
         "rows": int(counts[place])}
        for place in np.lexsort((pairs, -counts)).tolist()
    ]  # fmt: skip


def certainty(findings: Findings) -> Certainty:
    """How the scores are spread, and whether answers bear them out."""
    import numpy as np

    edges = np.linspace(0, 1, BINS + 1)
    rows = np.histogram(findings.score, edges)[0].tolist()
    flagged = np.histogram(findings.score[findings.flagged], edges)[0].tolist()
    ends = edges.round(DECIMALS).tolist()
    bins: list[Bin] = [
        {"from": low, "to": high, "rows": count, "flagged": strong}
        for low, high, count, strong in zip(ends[:-1], ends[1:], rows, flagged, strict=True)
    ]
    groups = reliability_groups(findings.score, findings.answered)
    return {"bins": bins, "reliability": groups, "answered": len(findings.answered)}


def map_figures(findings: Findings, shown: Sequence[str]) -> MapFigures | None:
    """Where the rows lie by their features; None where no detector had any."""
    import numpy as np

    features, dataset = findings.features, findings.dataset
    if features is None or len(dataset) < 3 or not features.matrix.shape[1]:
        return None
    rows, rule = sampled_rows(dataset, findings.select(limit=MOST_FLAGGED))
    places = placed(features, findings.surroundings, rows)
    labels = [dataset.classes[code] for code in dataset.labels[rows].tolist()]
    suggested = ["" if code < 0 else dataset.classes[code] for code in findings.suggested[rows].tolist()]
    image = dataset.columns.image
    named = [name for name in shown if name != image]
    texts = snippets(dataset.texts(named).take(rows), named) if named else [""] * len(rows)
    return {
        "rows": len(rows), "of": len(dataset), "rule": rule,
        "method": METHOD,
        "points": {
            "id": dataset.ids.take(rows).to_pylist(), "x": places[:, 0].tolist(), "y": places[:, 1].tolist(),
            "label": labels, "suggested": suggested, "score": (np.floor(findings.score[rows] * 1000) / 1000).tolist(),
            "flagged": findings.flagged[rows].tolist(), "text": [shortened(text, LONGEST_POINT) for text in texts],
        },
    }  # fmt: skip


def duplicates(findings: Findings) -> DuplicateFigures | None:
    """Rows with the same content, and how many of them stand on both sides of a split; None where nobody looked."""
    import numpy as np

    group, dataset = findings.surroundings.group, findings.dataset
    if group is None:
        return None
    size = np.bincount(group)
    shared = size[group] > 1
    rows = np.flatnonzero(shared)
    of_label = np.unique(group[rows] * len(dataset.classes) + dataset.labels[rows])
    labels = np.bincount(of_label // len(dataset.classes), minlength=len(size))
    across: list[LeakFigures] = []
    for column in (dataset.columns.split, dataset.columns.fold):
        role = dataset.role(column)
        if column is not None and role is not None:
            part = np.unique(np.array(role, object), return_inverse=True)[1]
            parts = np.bincount(np.unique(group[rows] * (part.max() + 1) + part[rows]) // (part.max() + 1),
                                minlength=len(size))  # fmt: skip
            leaking = int((parts[group[rows]] > 1).sum())
            across.append({"column": column, "parts": int(part.max()) + 1, "rows": leaking})
    return {
        "groups": int((size > 1).sum()), "rows": len(rows), "contradicting": int((labels[group[rows]] > 1).sum()),
        "across": across,
    }  # fmt: skip


def missing(findings: Findings) -> list[MissingFigures]:
    """The columns with empty cells, those with most first."""
    content = findings.dataset.content
    empty = {name: int(blank(content[name]).sum()) for name in content.column_names}
    worst = sorted((-count, name) for name, count in empty.items() if count)
    return [{"column": name, "empty": -count} for count, name in worst]


def _estimate(findings: Findings) -> Interval | None:
    e = findings.errors
    return None if e is None else interval(e.value, e.low, e.high)


def _ran(name: str, about: str, rows: int) -> DetectorFigures:
    return {"name": name, "about": about, "rows": rows}
