"""Each report as its reader takes it in: JSON, GitHub, Markdown, JUnit, a terminal."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import numpy as np
import pytest

from hardneg_cli.gating.verdict import CheckReport, GateResult, Verdict
from support.check_reports import CASES, TEXTS, every_case, example, hostile, judged, many, table, written
from support.hostile_texts import UNSEEN
from support.markdown_pages import rendered
from support.paths import ROOT, TESTS
from support.report_pages import validated


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)


# ------------------------------------------------------------------------------------------------------------- json


def test_json_has_every_row_and_every_change() -> None:
    report = hostile()
    found = json.loads(written("json", report))
    ids = report.dataset.ids.to_pylist()
    assert [found["data"], found["base"], found["rows"], found["passed"]] == ["table", report.base, len(ids), False]
    assert [row["id"] for row in found["gates"][0]["rows"]] == ids
    assert [row["reason"] for row in found["gates"][0]["rows"]] == ids
    assert [gate["outcome"] for gate in found["gates"]] == ["failed", "warned", "not judged"]
    rows = found["changes"]["rows"]
    assert [row["id"] for row in rows] == [*ids, *(f"gone {id_}" for id_ in ids)]
    assert rows[0] == {"id": ids[0], "kinds": ["relabeled", "edited"], "before": ids[1], "after": ids[0]}
    assert rows[-1] == {"id": f"gone {ids[-1]}", "kinds": ["dropped"], "before": ids[-1], "after": None}
    assert sum(pair["rows"] for pair in found["changes"]["pairs"]) == found["changes"]["relabeled"] == len(ids) - 1
    assert found["notes"] == ids


def test_json_has_no_nan_and_no_verdict_where_nothing_was_judged() -> None:
    dataset = table(["a"], ["x"])
    gate = GateResult("share", "fail", Verdict(True, "none", numbers={"p": float("nan"), "n": np.int64(3)}))
    found = json.loads(written("json", CheckReport(dataset, None, None, (gate,))), parse_constant=pytest.fail)
    assert found["gates"][0]["numbers"] == {"p": None, "n": 3}
    assert found["changes"] is None
    assert json.loads(written("json", CheckReport(dataset, None, None)))["passed"] is None


@pytest.mark.slow
@every_case
def test_json_is_what_its_schema_says(case: Callable[[], CheckReport], tmp_path: Path) -> None:
    report = case()
    (tmp_path / "report.json").write_text(written("json", report))
    figures = validated(tmp_path / "report.json", "check-report")
    assert [gate["gate"] for gate in figures["gates"]] == [one.gate for one in report.judged]
    (tmp_path / "other.json").write_text(json.dumps(figures | {"more": 1}))
    with pytest.raises(jsonschema.ValidationError):
        validated(tmp_path / "other.json", "check-report")


# ----------------------------------------------------------------------------------------------------------- github


def obeyed(log: str) -> list[tuple[str, dict[str, str], str]]:
    """The commands that GitHub's runner finds in a log: `::name key=value,…::data` at the beginning of a line, else an
    old `##[name]` anywhere in it."""
    found = []
    for line in re.split(r"\r\n|\r|\n", log):
        if match := re.match(r"\s*::(\S*?)(?: (.*?))?::(.*)", line):
            pairs = [pair.split("=", 1) for pair in (match[2] or "").split(",") if pair]
            found.append((match[1], {key: unescaped(value) for key, value in pairs}, unescaped(match[3])))
        elif "##[" in line:
            found.append(("old", {}, line))
    return found


def unescaped(text: str) -> str:
    for code, sign in {"%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ",", "%25": "%"}.items():
        text = text.replace(code, sign)
    return text


def test_github_obeys_nothing_that_the_data_says() -> None:
    log = written("github", hostile())
    commands = obeyed(log)
    assert [name for name, *_ in commands] == ["error"] * 10 + ["warning"] * 10
    assert all(set(properties) <= {"file", "line", "title"} for _, properties, _ in commands)
    assert commands[0][2].startswith(f"{hostile().dataset.ids[0].as_py()}: ")


@pytest.mark.parametrize("text", TEXTS)
def test_github_shows_the_text_as_it_is(text: str) -> None:
    dataset = table([text], ["x"])
    gates = (judged([text]), *(GateResult(name, "fail", None, text) for name in ("leak", "rate")))
    log = written("github", CheckReport(dataset, text, None, gates))
    ((error, row, message),) = obeyed(log)
    assert (error, row) == ("error", {"title": "contradiction: failed"})
    assert not UNSEEN.findall(log)
    assert log.count("\n") == 3
    if text.isprintable():
        assert message == f"{text}: {text}\n1 rows contradict: {text}"
        assert f"\nnot judged: leak, rate: {text}\n".replace("##[", r"\x23#[") in log, "in one line, once"


def test_github_gets_ten_of_a_kind_each_gate_first_and_hears_how_many_more() -> None:
    commands = obeyed(written("github", many()))
    errors = [(properties["title"], message) for name, properties, message in commands if name == "error"]
    warnings = [message for name, _, message in commands if name == "warning"]
    assert len(errors) == len(warnings) == 10
    assert [title for title, _ in errors[:9]] == [f"gate-{number}: failed" for number in range(0, 18, 2)]
    assert errors[9][1].startswith("59,991 more are left out, all of gate-18, gate-20, gate-22: ")


def test_github_finds_files_from_the_root_of_the_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "sets" / "a,b: c"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    report = example(folder)
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    properties = [properties for _, properties, _ in obeyed(written("github", report))]
    assert [one.get("file") for one in properties] == ["sets/a,b: c/data.csv"] * 3
    assert [one.get("line") for one in properties] == ["3", "5", None]
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path / "elsewhere"))
    assert all(one.keys() == {"title"} for _, one, _ in obeyed(written("github", report)))


# --------------------------------------------------------------------------------------------------------- markdown


OURS = {"h2", "h3", "p", "table", "thead", "tbody", "tr", "th", "td", "code", "span", "strong", "em", "ul", "li"}


def test_markdown_renders_to_the_text_and_nothing_else() -> None:
    report = hostile()
    page = rendered(written("markdown", report))
    assert page.tags <= OURS
    loose = " ".join(page.loose)
    assert not page.lively
    assert "octocat" in loose  # in the sentence of a gate
    shown = [row for row in page.rows if len(row) == 3 and row[2].startswith(row[0][:20])]
    ids = [text for text in report.dataset.ids.to_pylist() if text.isprintable() and len(text) < 100]
    assert len(shown) >= len(ids)
    assert not [text for text in ids if text.strip() not in {row[0].strip() for row in shown}]
    assert {len(row) for row in page.rows} == {2, 3, 14}  # lists; verdicts and rows; the matrix, capped


@pytest.mark.slow
@every_case
def test_markdown_fits_in_a_comment_and_says_what_it_leaves_out(case: Callable[[], CheckReport]) -> None:
    report = case()
    said = written("markdown", report)
    assert len(said.encode()) < 65_536
    sections = re.split(r"^### ", said, flags=re.MULTILINE)[1:]
    for section in sections:
        if promised := re.search(r": ([\d,]+) rows?$", section.splitlines()[0]):
            shown = sum(line.startswith("| ") for line in section.splitlines()) - 2
            left = re.search(r"^… and ([\d,]+) more", section, re.MULTILINE)
            assert shown + number(left and left[1]) == number(promised[1])


def number(text: str | None) -> int:
    return int((text or "0").replace(",", ""))


def test_markdown_counts_every_relabeled_row_in_the_matrix() -> None:
    report = many()
    section = written("markdown", report).split("### Relabeled, by class")[1].split("###")[0]
    cells = re.findall(r"(?<=\| )[\d,]+(?= \|)", section)
    assert report.changes is not None
    assert sum(map(number, cells)) == report.changes.relabeled.sum()


# ------------------------------------------------------------------------------------------------------------ junit


@pytest.mark.slow
@every_case
def test_junit_has_a_case_a_gate(case: Callable[[], CheckReport]) -> None:
    report = case()
    suites = ElementTree.fromstring(written("junit", report))
    cases = suites.findall("testsuite/testcase")
    assert [one.get("name") for one in cases] == [one.gate for one in report.judged]
    says = {"failed": "failure", "not judged": "skipped", "passed": "system-out", "warned": "system-out"}
    assert [[part.tag for part in one] for one in cases] == [[says[one.outcome]] for one in report.judged]
    assert suites.get("failures") == str(sum(one.outcome == "failed" for one in report.judged))


def test_junit_is_read_by_its_readers(tmp_path: Path) -> None:
    junitparser = pytest.importorskip("junitparser", reason="junitparser is not installed")
    (tmp_path / "report.xml").write_text(written("junit", example(tmp_path)))
    (suite,) = junitparser.JUnitXml.fromfile(str(tmp_path / "report.xml"))
    assert (suite.name, suite.tests, suite.failures, suite.skipped, suite.errors) == ("data.csv", 4, 1, 1, 0)
    failed = next(one for one in suite if one.name == "contradiction")
    assert "data.csv:3: b: labeled 'dog'" in failed.result[0].text


# ------------------------------------------------------------------------------------------------------------- text


def test_text_blames_the_first_rows_and_never_passes_over_what_was_not_judged(tmp_path: Path) -> None:
    said = written("text", CheckReport(many().dataset, None, None, (judged([f"r{row}" for row in range(5000)]),)))
    assert re.findall(r"^ +- (row-\d+): r\d+$", said, re.MULTILINE) == [f"row-{row}" for row in range(5)]
    assert "and 4,995 more" in said
    unjudged = CheckReport(table(["a"], ["x"]), None, None, (GateResult("leak", "fail", None, "no split column"),))
    assert written("text", unjudged).splitlines()[-1] == "passed: 0 of 1 gates passed; not judged: leak"


def test_text_gives_each_reason_for_no_verdict_once() -> None:
    reasons = {"drift": "no probabilities", "leak": "no split column", "rate": "no probabilities"}
    gates = [GateResult(gate, "fail", None, reason) for gate, reason in reasons.items()]
    passed = GateResult("new-class", "fail", Verdict(True, "none"))
    report = CheckReport(table(["a"], ["x"]), None, None, (*gates, passed))
    said = [line.split("  ") for line in written("text", report).splitlines() if line.startswith("not judged")]
    assert [[cell.strip() for cell in line if cell] for line in said] == [
        ["not judged", "drift, rate", "no probabilities"], ["not judged", "leak", "no split column"]
    ]  # fmt: skip
    assert written("text", report).splitlines()[-1] == "passed: 1 of 4 gates passed; not judged: drift, leak, rate"


def test_text_gives_a_log_no_orders() -> None:
    lines = written("text", hostile()).splitlines() + written("text", CASES["difference"]()).splitlines()
    assert any("::error::x" in line for line in lines)
    assert not [line for line in lines if line.lstrip().startswith("::")]


def test_text_of_a_difference_has_a_line_a_changed_row() -> None:
    report = CASES["difference"]()
    lines = written("text", report).splitlines()
    assert report.changes is not None
    assert sum(line.startswith("~ ") for line in lines) == (report.changes.changed & ~report.changes.added).sum()
    assert sum(line.startswith("+ ") for line in lines) == report.changes.added.sum() == 1
    assert sum(line.startswith("- ") for line in lines) == len(report.changes.dropped)


TERMINAL = """
import sys
sys.path.insert(0, {tests!r})
from support.check_reports import hostile
from hardneg_cli.gating.reports import text
text.write(hostile(), sys.stdout.buffer)
"""


@pytest.mark.process
@pytest.mark.parametrize("colors", [True, False])
def test_a_terminal_gets_colors_unless_it_wants_none(tmp_path: Path, colors: bool) -> None:
    said = on_a_terminal(TERMINAL.format(tests=str(TESTS)), {} if colors else {"NO_COLOR": "1"})
    shown = re.sub(r"\x1b\[[0-9;]*m", "", said).replace("\r\n", "\n")
    assert not UNSEEN.findall(shown)
    assert shown == written("text", hostile())
    assert ("\x1b[1;31mfailed" in said) == colors


def on_a_terminal(code: str, environment: dict[str, str]) -> str:
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 60, 0, 0))
    kept = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")}
    kept |= {"TERM": "xterm-256color", "PYTHONPATH": str(ROOT)} | environment
    with subprocess.Popen([sys.executable, "-c", code], stdin=follower, stdout=follower, env=kept) as process:
        os.close(follower)
        said = b""
        while part := _read(leader):
            said += part
    os.close(leader)
    assert process.returncode == 0
    return said.decode()


def _read(leader: int) -> bytes:
    try:
        return os.read(leader, 1 << 16)
    except OSError:  # Linux says that the other end is closed with an error
        return b""
