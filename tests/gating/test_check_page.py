"""The page of a check: all of it there, bounded, and whatever the data says inert."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hardneg_cli.gating.verdict import CheckReport
from hardneg_cli.verbs.check import check
from support.browser import browser
from support.check_reports import every_case, example, hostile, many, written
from support.checked_rows import COPY, ROWS, put
from support.checked_rows import table as rows_of
from support.report_pages import ELEMENTS, ReportPage

__all__ = ["browser"]
OF_CARDS = {"article", "span", "b", "ul", "li", "caption", "button"}
MODEL = {f"prob_{name}": [0.9 if row[1] == name else 0.05 for row in [*ROWS, COPY]] for name in ("ant", "cat", "dog")}


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def page(report: CheckReport) -> ReportPage:
    Path("report.html").write_text(written("html", report), encoding="utf-8")
    return ReportPage(Path("report.html"))


def commit() -> CheckReport:
    rows = [*put(3, "Cta", rows=put(9, "dog", rows=put(12, text="edited"))), COPY]
    return check(rows_of(rows, **MODEL), base=rows_of(ROWS), fail_on=["unreviewed"], decisions=())


def test_what_it_says_of_a_commit() -> None:
    report = replace(commit(), command="hardneg check x.csv --base y.csv")
    found = page(report)
    assert "Refused by contradiction (1 row), new-class (1 row) and unreviewed (" in found.words
    ((*gates,),) = found.columns("gate", "verdict", "why")
    assert [row[:2] for row in gates[:2]] == [["contradiction", "failed, 1 row"], ["new-class", "failed, 1 row"]]
    (unjudged,) = found.columns("gates", "why nothing could be judged")
    assert sorted(name for row in unjudged for name in str(row[0]).split(", ")) == sorted(
        one.gate for one in report.judged if one.verdict is None
    )
    (pairs,) = found.columns("before", "now", "rows")
    assert sorted(pairs) == [["cat", "Cta", 1], ["cat", "dog", 1]]
    assert "sentence number 9" in found.words
    assert "hardneg check x.csv --base y.csv --queue queue.csv" in found.words
    assert "new-class: Correct the label where it is a slip" in found.words
    assert found.elements["article"] == len({"r3", "r9", "n1"})


def test_a_difference_has_what_changed_and_no_gates() -> None:
    found = page(replace(example(Path()), judged=()))
    assert "What changed; no gate was asked." in found.words
    assert found.columns("gate", "verdict", "why") == []
    assert [["gone", "dog"]] in found.columns("id", "label")


@pytest.mark.slow
@every_case
def test_it_is_bounded_and_nothing_in_it_acts(case: Callable[[], CheckReport]) -> None:
    found = page(case())
    assert not {*found.elements} - ELEMENTS - OF_CARDS
    assert found.elements["script"] == 1
    assert {*found.handlers} <= {"href"}
    assert Path("report.html").stat().st_size < 2_000_000


def test_lists_are_cut_and_say_so() -> None:
    words = page(many()).words
    assert "The first 24 of 5,000, worst first." in words
    assert "Gate-0 failed: 5,000 rows, the first 200 of them" in words
    assert "Dropped: 3,000 rows, the first 200 of them" in words


@pytest.mark.browser
@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("size", [(1400, 900), (390, 844)])
def test_a_browser_shows_it(browser: Any, size: tuple[int, int], dark: bool) -> None:
    wide, high = size
    look = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [look]})
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": wide, "height": high, "deviceScaleFactor": 1, "mobile": wide < 500},
    )
    for report in (commit(), hostile()):
        page(report)
        browser.get(Path("report.html").absolute().as_uri())
        assert browser.execute_script("return document.documentElement.scrollWidth") <= wide
        assert browser.execute_script("return document.querySelectorAll('script').length") == 1
        assert [line for line in browser.get_log("browser") if line["level"] == "SEVERE"] == []
    paper = browser.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert paper == ("rgb(23, 25, 28)" if dark else "rgb(251, 250, 248)")
