"""The run in a few lines: how much was looked at, what was found, and what could not be looked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from hardneg_cli.errors import plural, quote
from hardneg_cli.rendering.summary import SummaryLine, under
from hardneg_cli.statistics.survey_estimation import expected_interval

if TYPE_CHECKING:
    from hardneg_cli.detection.findings import Findings

WORST_CLASSES = 5
MOST_PAIRS = 5
LISTED = 5  # rows that were left out
AUDITS = (100, 200, 300, 500, 1000, 2000)  # rows
SETTLED = 0.2  # of the count, either way
FEW_ROWS = 10


def lines(findings: Findings, written: int, *, verbose: bool = False) -> Iterator[SummaryLine]:
    """Lines for people; written: how many rows the queue has. `verbose`: every class, every row that was left out."""
    dataset = findings.dataset
    used = int((dataset.counts > 0).sum())
    flagged = int(findings.flagged.sum())
    yield SummaryLine(
        dataset.name, f"{len(dataset):,} rows, {used:,} classes, {flagged:,} flagged, {written:,} written"
    )
    if findings.errors:
        yield SummaryLine("estimated label errors", _errors(findings))
    yield from under("Classes", _classes(findings, len(dataset.classes) if verbose else WORST_CLASSES))
    yield from under("Confusions", _pairs(findings))
    yield from under("What ran", _detectors(findings))
    for note in dict.fromkeys((*findings.notes, *dataset.notes)):
        yield SummaryLine(f"note: {note}")
    yield from map(SummaryLine, dataset.left_out(None if verbose else LISTED))


def _errors(findings: Findings) -> str:
    found, rows = findings.errors, len(findings.dataset)
    assert found is not None
    about = f"about {found.value:,.0f} of {rows:,} labels are wrong"
    return f"{about} (between {found.low:,.0f} and {found.high:,.0f}; {audit_needed(findings)})"


def _detectors(findings: Findings) -> Iterator[SummaryLine]:
    """What ran, with the rows that it doubts; where those are not in the queue, how to see them. What could not run."""
    silent = []
    for name, doubts in findings.doubts.items():
        count = int(doubts.flagged.sum())
        if not count:
            silent.append(name)
            continue
        hidden = doubts.about == "row" and not findings.flagged[doubts.rows[doubts.flagged]].all()
        how = f" (not about labels; --detector {name} lists them)" if hidden else ""
        yield SummaryLine(f"ran {name}", f"{plural(count, 'row')}{how}")
    if silent:
        yield SummaryLine("ran and found nothing", ", ".join(silent), dim=True)
    for name, reason in findings.skipped.items():
        yield SummaryLine(f"skipped {name}", reason, dim=True)


def audit_needed(findings: Findings) -> str:
    """What the count rests on, or how large an audit would settle it."""
    import numpy as np

    if findings.audited:
        return f"from {findings.audited:,} audited rows"
    sound = np.ones(len(findings.score), bool) if findings.digest is None else ~findings.digest.bad
    parts = [np.sort(findings.score[sound & which]) for which in (~findings.flagged, findings.flagged)]
    score, flagged = np.concatenate(parts), np.repeat([False, True], [len(part) for part in parts])  # as one is drawn
    sizes = [n for n in AUDITS if n < len(score)]
    for n in sizes:
        count = expected_interval(score, flagged, n)
        error = (count.high - count.low) / 2 / max(count.value, 1)
        if error <= SETTLED or (n == AUDITS[-1] and error < 1):
            return f"an audit of {n:,} rows would say within about ±{100 * error:.0f} %"
    if len(sizes) < len(AUDITS):
        return "only an audit of all rows would settle it"
    most = expected_interval(score, flagged, AUDITS[0]).high
    return f"an audit of {AUDITS[0]:,} rows could rule out more than {most:,.0f}"


def _classes(findings: Findings, most: int) -> Iterator[SummaryLine]:
    """The classes with the greatest share of flagged rows, a few rows taken with a grain of salt."""
    import numpy as np

    dataset = findings.dataset
    flagged = np.bincount(dataset.labels[findings.flagged], minlength=len(dataset.classes))
    share = flagged / (dataset.counts + FEW_ROWS)
    for code in np.lexsort((np.arange(len(share)), -flagged, -share))[:most]:
        if flagged[code]:
            of = f"{flagged[code]:,} of {dataset.counts[code]:,} rows flagged"
            yield SummaryLine(f"class {quote(dataset.classes[code])}", of)


def _pairs(findings: Findings) -> Iterator[SummaryLine]:
    """The most frequent pairs of given and suggested label among the flagged rows."""
    import numpy as np

    dataset = findings.dataset
    rows = np.flatnonzero(findings.flagged & (findings.suggested >= 0) & (findings.suggested != dataset.labels))
    pairs, counts = np.unique(
        dataset.labels[rows] * len(dataset.classes) + findings.suggested[rows], return_counts=True
    )
    for place in np.lexsort((pairs, -counts))[:MOST_PAIRS]:
        given, suggested = divmod(int(pairs[place]), len(dataset.classes))
        names = dataset.classes[given], dataset.classes[suggested]
        rows_labeled = f"{plural(int(counts[place]), 'row')} labeled"
        look = "looks" if counts[place] == 1 else "look"
        yield SummaryLine("confused", f"{rows_labeled} {quote(names[0])} {look} like {quote(names[1])}")
