"""JUnit XML, which most continuous-integration servers show: a test case a gate.

A gate that fails is a failure, one that could not be judged is skipped, one that warns passes and says so in its
output.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO
from xml.etree.ElementTree import Element, ElementTree, SubElement, indent

from hardneg_cli.data import change_report
from hardneg_cli.gating.failing_rows import count, failing_rows
from hardneg_cli.runtime.terminal import plain

if TYPE_CHECKING:
    from hardneg_cli.gating.verdict import CheckReport, GateResult

EXTENSIONS = (".xml",)
MOST_ROWS = 1000  # a server keeps every run's file
ILLEGAL = re.compile("[\ufffe\uffff]")  # what XML 1.0 forbids besides control characters


def write(report: CheckReport, out: BinaryIO) -> None:
    outcomes = [one.outcome for one in report.judged]
    totals = {"tests": str(len(outcomes)), "failures": str(outcomes.count("failed")), "errors": "0"}
    suites = Element("testsuites", {"name": "hardneg", **totals})
    totals["skipped"] = str(outcomes.count("not judged"))
    suite = SubElement(suites, "testsuite", {"name": _legal(report.dataset.name), **totals})
    for one in report.judged:
        _case(report, one, SubElement(suite, "testcase", classname="hardneg.check", name=one.gate))
    SubElement(suite, "system-out").text = "\n".join(_about(report))
    indent(suites)
    ElementTree(suites).write(out, encoding="utf-8", xml_declaration=True)
    out.write(b"\n")


def _case(report: CheckReport, judged: GateResult, case: Element) -> None:
    why = _legal(judged.verdict.why if judged.verdict else judged.reason)
    rows = "\n".join(_rows(report, judged))
    if judged.outcome == "failed":
        SubElement(case, "failure", type=judged.gate, message=why).text = rows or why
    elif judged.outcome == "not judged":
        SubElement(case, "skipped", message=why)
    else:
        SubElement(case, "system-out").text = f"{judged.outcome}: {why}" + (f"\n{rows}" if rows else "")


def _rows(report: CheckReport, judged: GateResult) -> Iterator[str]:
    for row in failing_rows(report.dataset, judged, MOST_ROWS):
        line = f":{row.line}" if row.line else ""
        yield _legal(f"{row.file}{line}: {row.id}: {row.reason}")
    if (more := count(judged) - MOST_ROWS) > 0:
        yield f"and {more:,} more"


def _about(report: CheckReport) -> Iterator[str]:
    yield _legal(f"{report.dataset.name}: {len(report.dataset):,} rows")
    if report.changes is not None:
        yield _legal(f"against {report.base}: {change_report.counts(report.changes)}")
    yield from (_legal(f"note: {note}") for note in report.notes)


def _legal(text: str) -> str:
    """One line, with `\\x1b` and the like for what XML cannot hold and what steers a terminal."""
    return ILLEGAL.sub(lambda found: found.group().encode("unicode_escape").decode(), plain(text))
