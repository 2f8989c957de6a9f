"""collect --report: how the reviewers did, as a page, as data and in words, which all say what the log says."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hardneg_cli import Decision, collect
from hardneg_cli.review.decisions.decision_log import append
from hardneg_cli.review.decisions.decision_sources import load_decisions
from hardneg_cli.review.reviewers.pace import paces
from support.browser import browser  # noqa: F401
from support.command import hardneg
from support.hostile_texts import HOSTILE, UNSEEN
from support.report_pages import ReportPage, is_inert, validated

CLASSES = ("ant", "bee", "cat")
START = datetime(2026, 3, 2, 9, tzinfo=UTC)
REPORTS = ("--report", "r.html", "--report", "r.json", "--report", "r.md")


def answered(*reviewers: str, rows: int = 60, seconds: float = 5.0, at: bool = True) -> list[Decision]:
    """Every reviewer about every row; each errs on one row in ten more than the one before, at twice the pace."""
    found = []
    for number, who in enumerate(reviewers):
        when = START + timedelta(hours=number)
        for row in range(rows):
            given, wrong = CLASSES[row % 3], row % 10 < number
            label = CLASSES[(row + 1) % 3] if wrong else given
            when += timedelta(seconds=seconds * (number + 1))
            word = ("keep", "") if label == given else ("relabel", label)
            moment = when.isoformat().replace("+00:00", "Z") if at else ""
            found.append(Decision(f"r{row:02}", f"h{row}", given, *word, who, moment, "review"))
    return found


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "team.ndjson"
    append(path, answered("ann", "bob", "mia"))
    return path


def run(folder: Path, *arguments: str, code: int = 0) -> Any:
    done = hardneg("collect", *arguments, cwd=folder, text=True)
    assert done.returncode == code, done.stderr
    return done


@pytest.mark.process
def test_page_data_and_words_are_what_the_log_says(log: Path, tmp_path: Path) -> None:
    findings = "".join(f"r{row:02},{'control' if row < 30 else 'suspect'},bee\n" for row in range(60))
    (tmp_path / "findings.csv").write_text("id,role,suggested_label\n" + findings)
    done = run(tmp_path, log.name, "--decisions", "own.ndjson", "--findings", "findings.csv", *REPORTS, code=1)
    page, told = ReportPage(tmp_path / "r.html"), validated(tmp_path / "r.json", "reviewers-report")
    assert told["counts"] == {
        "read": 180, "appended": 180, "settled": 0, "undecided": 0, "answers": 180, "rows": 60, "reviewers": 3,
        "conflicts": 12,
    }  # fmt: skip
    agreed = told["agreement"]
    assert f"on 60 rows that several decided: {agreed['percent']['value']:.1%}" in done.stderr
    assert f"Krippendorff's α {agreed['alpha']['value']:.3f}" in done.stderr
    assert f"Gwet's AC1 {agreed['ac1']['value']:.3f}" in done.stderr
    for pair in agreed["pairs"]:
        assert f"κ of {pair['first']} and {pair['second']} {pair['kappa']['value']:.3f} (" in done.stderr
    assert f"agreement is {agreed['percent']['value']:.1%} " in told["sentence"]
    assert told["sentence"].endswith("and 12 conflicts are left.")
    (table,) = page.columns("measure", "value", "at least", "at most")
    assert table == [[name, *agreed[key].values()] for name, key in
                     (("agreement", "percent"), ("Krippendorff's α", "alpha"), ("Gwet's AC1", "ac1"))]  # fmt: skip
    (kappas,) = page.columns("reviewer", "and", "rows", "κ")
    assert kappas == [[one["first"], one["second"], 60, one["kappa"]["value"]] for one in agreed["pairs"]]
    (answers,) = page.columns("reviewer", "answers", "keep", "relabel", "drop", "unsure")
    assert answers == [["ann", 60, 60, 0, 0, 0], ["bob", 60, 54, 6, 0, 0], ["mia", 60, 48, 12, 0, 0]]
    kept = {one["reviewer"]: one["controls_kept"] for one in told["reviewers"]}
    assert [(one["times"], one["of"]) for one in kept.values()] == [(30, 30), (27, 30), (24, 30)]
    assert f"keeps 24 of 30 ({kept['mia']['share']['low']:.0%} to" in done.stderr
    (mistakes,) = page.columns("most others say", "the answer is", "times")
    assert mistakes == [[one["others"], one["answer"], one["times"]] for one in told["mistakes"]]
    assert len(told["conflicts"]["rows"]) == 12
    assert "ann: keep; bob: keep; mia: relabel to 'cat'" in {one["answers"] for one in told["conflicts"]["rows"]}
    words = (tmp_path / "r.md").read_text()
    assert "12 rows are decided in more than one way" in words
    assert is_inert(page)


def test_pace_is_told_by_answers_one_by_one(log: Path, tmp_path: Path) -> None:
    result = collect([log], tmp_path / "own.ndjson")
    result.report(tmp_path / "r.json")
    result.report(tmp_path / "r.html")
    told = validated(tmp_path / "r.json", "reviewers-report")
    assert [one["seconds"] for one in told["pace"]] == [
        {"low": pace, "median": pace, "high": pace} for pace in (5.0, 10.0, 15.0)
    ]
    assert [one["days"] for one in told["pace"]] == [[{"day": "2026-03-02", "answers": 60}]] * 3
    (table,) = ReportPage(tmp_path / "r.html").columns("reviewer", "with a time", "seconds an answer")
    assert table == [["ann", 60, 5], ["bob", 60, 10], ["mia", 60, 15]]


def test_pauses_and_what_was_collected_together_tell_no_pace() -> None:
    rng = np.random.default_rng(0)
    gaps = rng.uniform(3, 9, 40)
    gaps[[10, 20]] = 3600.0, 86_400.0
    moments = [START + timedelta(seconds=float(at)) for at in np.cumsum(gaps)]
    once = [Decision(f"r{n}", "h", "A", "keep", "", "ann", at.isoformat(), "review") for n, at in enumerate(moments)]
    together = [Decision(f"b{n}", "h", "A", "keep", "", "ann", "2026-03-05T00:00:00Z", "ann.csv") for n in range(50)]
    (ann,) = paces([*together, *once])
    short = [later - before for before, later in pairwise(np.cumsum(gaps)) if later - before <= 120]
    assert (ann.answers, ann.timed) == (90, 40)
    assert ann.seconds == pytest.approx(tuple(np.quantile(short, [0.25, 0.5, 0.75])), abs=1e-3)
    assert ann.days == {"2026-03-02": 20, "2026-03-03": 20}
    (bob,) = paces([Decision(f"b{n}", "h", "A", "keep", "", "bob", "", "bob.csv") for n in range(50)])
    assert (bob.answers, bob.timed, bob.seconds, bob.days) == (50, 0, None, {})


def test_a_single_reviewer_and_an_empty_log_are_told_about(tmp_path: Path) -> None:
    append(tmp_path / "one.ndjson", answered("ann", at=False))
    result = collect([tmp_path / "one.ndjson"], tmp_path / "own.ndjson")
    for ending in ("html", "json", "md"):
        result.report(tmp_path / f"r.{ending}")
    told = validated(tmp_path / "r.json", "reviewers-report")
    assert told["agreement"] is None
    assert told["sentence"] == (
        "1 reviewer gave 60 answers about 60 rows; no row has the answers of two, so nothing tells how far they agree, "
        "and no conflict is left."
    )
    page = ReportPage(tmp_path / "r.html")
    assert "No answer tells when it was given" in page.words
    assert is_inert(page)


def test_many_reviewers_stay_small(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    labels = [f"class {'y' * 20} {number:03}" for number in range(400)]
    decisions = [
        Decision(f"r{row}", "h", labels[row % 400], "relabel", str(rng.choice(labels)), f"reviewer {who:03}")
        for row in range(400) for who in rng.choice(300, 8, replace=False).tolist()
    ]  # fmt: skip
    result = collect([load(decisions, tmp_path)], tmp_path / "own.ndjson")
    for ending in ("html", "json", "md"):
        result.report(tmp_path / f"r.{ending}")
        assert (tmp_path / f"r.{ending}").stat().st_size < 1_000_000
    told = validated(tmp_path / "r.json", "reviewers-report")
    assert told["counts"]["reviewers"] == 300
    assert len(told["reviewers"]) == 60
    assert len({one["first"] for one in told["agreement"]["pairs"]}) < 24
    assert "the 60 of 300 with most answers" in ReportPage(tmp_path / "r.html").words


def load(decisions: list[Decision], folder: Path) -> Path:
    append(folder / "many.ndjson", decisions)
    return folder / "many.ndjson"


def test_the_consensus_is_in_it(log: Path, tmp_path: Path) -> None:
    rows = "".join(f"r{row:02},{CLASSES[row % 3]}\n" for row in range(60))
    (tmp_path / "data.csv").write_text("id,label\n" + rows)
    loaded = load_decisions([log], whole=True).logged
    from hardneg_cli.data.load import load as load_data

    hashes = load_data(str(tmp_path / "data.csv")).row_hashes(np.arange(60))
    place = {f"r{row:02}": row for row in range(60)}
    log.unlink()
    append(log, [Decision(one.id, hashes[place[one.id]], one.given, one.decision, one.new_label, one.reviewer, one.at,
                          one.source) for one in loaded])  # fmt: skip
    done = run(tmp_path, log.name, "--data", "data.csv", "--decisions", "own.ndjson", "--consensus", "agreed.csv",
               "--report", "r.json", "--report", "r.html", "--reviewers-report", "who.csv", code=1)  # fmt: skip
    told = validated(tmp_path / "r.json", "reviewers-report")
    agreed = told["consensus"]
    assert f"consensus on {agreed['rows']} rows: {agreed['keep']} keep, {agreed['relabel']} relabel" in done.stderr
    for one in told["reviewers"]:
        assert f"{one['reviewer']}: {one['accuracy']:.1%} of the labels right" in done.stderr
    assert (tmp_path / "who.csv").read_text().startswith("reviewer,answers,keep")
    assert (tmp_path / "agreed.csv").exists()


def test_names_of_reviewers_and_classes_are_no_markup(tmp_path: Path) -> None:
    names = [text for text in HOSTILE if text.strip() and not set(text) & {"\n", "\r", "\x00"}]
    decisions = [
        Decision(f"r{row}", "h", names[row % len(names)], "relabel", names[(row * 7 + who) % len(names)], names[who])
        for row in range(60) for who in range(len(names))
    ]  # fmt: skip
    result = collect([load(decisions, tmp_path)], tmp_path / "own.ndjson")
    for ending in ("html", "json", "md"):
        result.report(tmp_path / f"r.{ending}")
    page, words = ReportPage(tmp_path / "r.html"), (tmp_path / "r.md").read_text()
    assert is_inert(page)
    assert {one["reviewer"] for one in validated(tmp_path / "r.json", "reviewers-report")["reviewers"]} <= {*names}
    assert not UNSEEN.search(words)
    cmarkgfm = pytest.importorskip("cmarkgfm", reason="GitHub's renderer is not installed")
    from cmarkgfm.cmark import Options

    shown = cmarkgfm.github_flavored_markdown_to_html(words, options=Options.CMARK_OPT_UNSAFE)
    assert not [tag for tag in ("<script", "<img", "<a ", "<del>", "<em>") if tag in shown]


@pytest.mark.process
def test_a_table_is_another_option(log: Path, tmp_path: Path) -> None:
    done = run(tmp_path, log.name, "--decisions", "own.ndjson", "--report", "who.csv", code=2)
    assert done.stderr.count("\n") == 1
    assert "--reviewers-report" in done.stderr
    assert not (tmp_path / "who.csv").exists()
    assert not (tmp_path / "own.ndjson").exists()
    done = run(tmp_path, log.name, "--decisions", "own.json", "--report", "own.json", code=2)
    assert "is the decisions log" in done.stderr
    run(tmp_path, log.name, "--decisions", "own.ndjson", *REPORTS, code=1)
    before = {name: (tmp_path / name).read_bytes() for name in ("r.html", "r.json", "r.md")}
    (tmp_path / "own.ndjson").unlink()
    run(tmp_path, log.name, "--decisions", "own.ndjson", "-q", *REPORTS, code=1)
    assert {name: (tmp_path / name).read_bytes() for name in before} == before


@pytest.mark.browser
@pytest.mark.slow
def test_the_page_runs_without_an_error(log: Path, tmp_path: Path, browser: Any) -> None:  # noqa: F811
    result = collect([log], tmp_path / "own.ndjson")
    result.report(tmp_path / "r.html")
    browser.get((tmp_path / "r.html").as_uri())
    assert browser.get_log("browser") == []
    browser.find_element("css selector", "rect.shade").click()
    assert browser.get_log("browser") == []
    widths = browser.execute_script("return [document.documentElement.scrollWidth, window.innerWidth]")
    assert widths[0] <= widths[1]
    assert browser.execute_script("return document.querySelectorAll('svg[role=img][aria-label]').length") == (
        browser.execute_script("return document.querySelectorAll('figure details table').length")
    )
    assert json.loads(browser.execute_script("return JSON.stringify(performance.getEntriesByType('resource'))")) == []
