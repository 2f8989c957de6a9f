"""What `check` and `diff` write is what the readers for whom it is meant take in, whatever the data says."""

from __future__ import annotations

import fcntl
import gzip
import io
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardneg_cli.data.changes import Changes
from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.load import load
from hardneg_cli.gating.verdict import CheckReport, GateResult, Verdict
from hardneg_cli.io.tables.row_locations import row_locations
from hardneg_cli.runtime import drawers
from hardneg_cli.verbs.check import check
from hardneg_cli.verbs.diff import diff
from support.hostile_texts import HOSTILE, UNSEEN
from support.paths import GOLDEN, ROOT, TESTS

REPORTS = drawers.names("report")
REPORTS_GOLDEN = GOLDEN / "reports"
ORDERS = [
    "::error::x", "::stop-commands::x", "##[error]x", "##[add-path]/tmp", "x::set-output name=a::b", "%0A::error::x",
    "@octocat", "#1", "GH-1", "octo/repo#1", "a@b.co", "http://x.co", "www.x.co", "1. one", "- one", "> one", "]]>",
    "<!--", "-->", "&#64;x", "\ufffe\uffff", "a`b``c", "\\|", "\\\\|", "$x$", "x" * 5000,
]  # fmt: skip
TEXTS = [text for text in (*HOSTILE, *ORDERS) if text.strip()]


def table(ids: list[str], labels: list[str]) -> Dataset:
    return load(pa.table({"id": pa.array(ids, pa.string()), "label": pa.array(labels, pa.string())}))


def changes(dataset: Dataset, before: list[str | None], dropped: list[tuple[str, str]], edited: int = 0) -> Changes:
    """Rows with another label before, None for an added one; the first `edited` rows are edited."""
    place = np.array([-1 if label is None else row for row, label in enumerate(before)])
    now = [dataset.classes[code] for code in dataset.labels]
    relabeled = np.array([old is not None and old != new for old, new in zip(before, now, strict=True)])
    ids, labels = zip(*dropped, strict=True) if dropped else ((), ())
    return Changes(
        place, (np.arange(len(before)) < edited) & (place >= 0), relabeled, pa.array(before, pa.string()),
        pa.array(ids, pa.string()), pa.array(labels, pa.string()), tuple(sorted({label for label in before if label})),
    )  # fmt: skip


def judged(
    texts: list[str], *, gate: str = "contradiction", means: str = "fail", rows: int | None = None
) -> GateResult:
    """A gate that refuses and blames the first rows, with the texts as reasons."""
    blamed = np.arange(len(texts) if rows is None else rows)
    why = f"{len(blamed):,} rows contradict: {texts[0] if texts else ''}"
    return GateResult(
        gate, means, Verdict(False, why, blamed, lambda at: [texts[i] for i in at], {"rows": len(blamed)})
    )  # type: ignore[arg-type]


def hostile() -> CheckReport:
    texts = list(dict.fromkeys(TEXTS))
    dataset = table(texts, texts)
    moved: list[str | None] = [*texts[1:], None]
    changed = changes(dataset, moved, [(f"gone {text}", text) for text in texts], edited=9)
    gates = (
        judged(texts),
        judged(texts, gate="leak", means="warn"),
        GateResult("flag-rate", "fail", None, " ".join(ORDERS)),
    )
    return CheckReport(dataset, "git:##[error]\n@x", changed, gates, tuple(texts))


def many() -> CheckReport:
    ids = [f"row-{row}" for row in range(5000)]
    dataset = table(ids, [f"class {row % 400}" for row in range(5000)])
    before: list[str | None] = [f"class {row * 7 % 401}" for row in range(4500)] + [None] * 500
    changed = changes(dataset, before, [(f"gone-{row}", "class 1") for row in range(3000)], edited=1000)
    words = [f"reason {row}" for row in range(5000)]
    gates = [judged(words, gate=f"gate-{number}", means="warn" if number % 2 else "fail") for number in range(24)]
    return CheckReport(dataset, "base.csv", changed, tuple(gates))


def example(folder: Path) -> CheckReport:
    """A file with a record of two lines, and every outcome."""
    (folder / "data.csv").write_text('id,label,text\na,cat,one\nb,dog,"two\nlines"\nc,cat,three\nd,"c|w",4\n')
    dataset = load("data.csv")
    changed = changes(dataset, ["cat", "cat", "dog", None], [("gone", "dog")], edited=1)
    gates = (
        judged(["x"], rows=0, gate="class-share", means="warn"),
        GateResult("contradiction", "fail", Verdict(
            False, "2 rows contradict copies with another label", np.array([1, 2]),
            lambda at: [f"labeled {('dog', 'cat')[i]!r}, 50 % agree" for i in at], {"rows": 2, "share": 0.5},
        )),
        GateResult("leak", "fail", None, "no split column: name it with --split"),
        GateResult("new-class", "fail", Verdict(True, "no new class")),
    )  # fmt: skip
    return CheckReport(dataset, "git:HEAD", changed, gates, ("the base has no column 'text'",))


def overlong() -> CheckReport:
    """As much as can be of what takes the most room when it is escaped."""
    texts = [f"{sign}{row}" * 2000 for row, sign in enumerate("@#|`&日" * 5)]
    dataset = table(texts, texts)
    changed = changes(dataset, [*texts[1:], texts[0]], [(f"gone {text}", text) for text in texts])
    gates = tuple(judged(texts, gate=f"gate-{number}") for number in range(24))
    return CheckReport(dataset, texts[0], changed, gates, tuple(texts))


CASES: dict[str, Callable[[], CheckReport]] = {
    "bare": lambda: CheckReport(table(["a"], ["x"]), None, None),
    "passed": lambda: CheckReport(
        table(["a"], ["x"]), None, None, (GateResult("leak", "fail", Verdict(True, "none")),)
    ),
    "unchanged": lambda: CheckReport(t := table(["a"], ["x"]), "b", changes(t, ["x"], [])),
    "difference": lambda: CheckReport(hostile().dataset, "b", hostile().changes),
    "many": many,
    "overlong": overlong,
    "hostile": hostile,
}
every_report = pytest.mark.parametrize("name", REPORTS)
every_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)


def written(name: str, report: CheckReport) -> str:
    out = io.BytesIO()
    drawers.load("report", name).write(report, out)
    return out.getvalue().decode()


@every_report
@every_case
def test_writes_whole_lines_without_control_characters_the_same_twice(
    name: str, case: Callable[[], CheckReport]
) -> None:
    said = written(name, case())
    assert said == written(name, case())
    assert said.endswith("\n") or not said
    assert not UNSEEN.findall(said)


@every_report
def test_golden_file(name: str, tmp_path: Path) -> None:
    golden = next(iter(REPORTS_GOLDEN.glob(f"{name}.*")), None)
    assert golden, f"write tests/golden/reports/{name}.<extension>: what this report makes of the example"
    assert written(name, example(tmp_path)) == golden.read_text(encoding="utf-8")


@pytest.mark.process
def test_the_commands_write_them_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "before.csv").write_text("id,label,text\n1,cat,a\n2,dog,b\n3,dog,c\n")
    (tmp_path / "now.csv").write_text('id,label,text\n1,cat,"b\n"\n2,dog,b\n4,doog,c\n')
    ends = {"github": "github:log", "json": "a.json", "junit": "a.xml", "markdown": "a.md", "text": "a.txt"}
    assert sorted(ends) == REPORTS
    outputs = [word for output in ends.values() for word in ("-o", output)]
    hardneg = (sys.executable, "-m", "hardneg_cli")
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    for words, report, code in (
        (("check", "now.csv", "--base", "before.csv"), check("now.csv", base="before.csv"), 1),
        (("diff", "before.csv", "now.csv"), diff("before.csv", "now.csv"), 0),
    ):
        done = subprocess.run(
            [*hardneg, *words, *outputs, "-f", "json"], env=environment, capture_output=True, check=False
        )
        assert done.returncode == code, done.stderr
        assert done.stdout.decode() == written("json", report)
        for name, output in ends.items():
            assert (tmp_path / output.removeprefix("github:")).read_text(encoding="utf-8") == written(name, report)


# ------------------------------------------------------------------------------------------------------------ lines


def lines_of(path: Path | str, rows: int, encoding: str | None = None, **how: str) -> list[int | None]:
    dataset = load(path, encoding=encoding, **how)
    assert len(dataset) == rows
    return [place.line for place in row_locations(dataset.sources, dataset.encoding, dataset.positions)]


CELL = st.lists(st.sampled_from(['"', ",", "\n", "\r", "\r\n", "a", "é", "x y"]), max_size=6).map("".join)


@given(st.lists(st.tuples(CELL, st.integers(0, 2)), min_size=1, max_size=8), st.sampled_from(["\n", "\r\n"]),
       st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))  # fmt: skip
def test_lines_are_those_on_which_the_records_begin(rows: list[tuple[str, int]], end: str, encoding: str) -> None:
    text, expected = f'id,label,"te\nxt"{end}', []
    for number, (cell, blanks) in enumerate(rows):
        text += end * blanks
        expected.append(text.count("\n") + 1)
        text += f'r{number},cat,"{cell.replace(chr(34), chr(34) * 2)}"{end}'
    Path("data.csv").write_bytes(text.encode(encoding))
    assert lines_of("data.csv", len(rows)) == expected


def test_lines_of_other_kinds(tmp_path: Path) -> None:
    (tmp_path / "a.ndjson").write_text('\n{"id":"a","label":"x"}\n\n  \n{"id":"b","label":"y"}\n')
    (tmp_path / "a.json").write_text('[\n{"id":"a","label":"x"},\n{"id":"b","label":"y"}\n]\n')
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"id,label\n\na,x\nb,y"))
    pq.write_table(pa.table({"id": ["a", "b"], "label": ["x", "y"]}), tmp_path / "a.parquet")
    assert lines_of("a.ndjson", 2) == [2, 5]
    assert lines_of("a.json", 2) == [None, None]
    assert lines_of("a.csv.gz", 2) == [3, 4]
    assert lines_of("a.parquet", 2) == [None, None]


def test_rows_that_are_skipped_keep_their_lines(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,label\na,x\nragged\nb,\nc,x\n,x\nd,x\n")
    assert lines_of("a.csv", 3, on_bad_rows="skip") == [2, 5, 7]
    report = CheckReport(load("a.csv", on_bad_rows="skip"), None, None, (judged(["a", "c", "d"]),))
    assert [row["line"] for row in json.loads(written("json", report))["gates"][0]["rows"]] == [2, 5, 7]


def test_each_of_several_files_has_its_own_lines(tmp_path: Path) -> None:
    (tmp_path / "1.csv").write_text('id,label\na,"x\n"\nb,x\n')
    pq.write_table(pa.table({"id": ["c", "d"], "label": ["x", "y"]}), tmp_path / "2.parquet")
    (tmp_path / "3.csv").write_text("id,label\n\ne,x\nf,x\n")
    dataset = load("?.*")
    found = row_locations(dataset.sources, None, np.array([1, 2, 5]))
    assert [(place.source.name, place.line) for place in found] == [("1.csv", 4), ("2.parquet", None), ("3.csv", 4)]


def test_lines_in_many_blocks(tmp_path: Path) -> None:
    """More text than is read at once, so that a record lies across the edge."""
    lines = "".join(f'{row},x,"{"long " * 20}\n{row}"\n' for row in range(30_000))
    (tmp_path / "a.csv").write_text("id,label,text\n" + lines)
    (tmp_path / "a.ndjson").write_text("".join(f'{{"id":"{row}","label":"x"}}\n' for row in range(30_000)))
    assert lines_of("a.csv", 30_000) == [2 + 2 * row for row in range(30_000)]
    assert lines_of("a.ndjson", 30_000) == [1 + row for row in range(30_000)]


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
    assert [name for name, *_ in commands] == ["error"] * 10 + ["warning"] * 10 + ["notice"]
    assert all(set(properties) <= {"file", "line", "title"} for _, properties, _ in commands)
    assert commands[0][2].startswith(f"{hostile().dataset.ids[0].as_py()}: ")


@pytest.mark.parametrize("text", TEXTS)
def test_github_shows_the_text_as_it_is(text: str) -> None:
    dataset = table([text], ["x"])
    log = written("github", CheckReport(dataset, text, None, (judged([text]), GateResult("leak", "fail", None, text))))
    (error, row, message), (notice, leak, why) = obeyed(log)
    assert (error, row, notice, leak) == (
        "error", {"title": "contradiction: failed"}, "notice", {"title": "leak: not judged"}
    )  # fmt: skip
    assert not UNSEEN.findall(log)
    assert log.count("\n") == 3
    if text.isprintable():
        assert (message, why) == (f"{text}: {text}\n1 rows contradict: {text}", text)


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
    assert [one.get("file") for one in properties] == ["sets/a,b: c/data.csv"] * 4
    assert [one.get("line") for one in properties] == ["3", "5", None, None]
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path / "elsewhere"))
    assert all(one.keys() == {"title"} for _, one, _ in obeyed(written("github", report)))


# --------------------------------------------------------------------------------------------------------- markdown


class Page(HTMLParser):
    """A rendered page: its tags, its tables' cells, and the text outside of code, where GitHub looks for names."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.rows: list[list[str]] = []
        self.loose: list[str] = []
        self._open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self._open.append(tag)
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, text: str) -> None:
        if {"td", "th"} & set(self._open):
            self.rows[-1][-1] += text
        if "code" not in self._open:
            self.loose.append(text)


def rendered(report: CheckReport) -> Page:
    cmarkgfm = pytest.importorskip("cmarkgfm", reason="GitHub's renderer is not installed")
    from cmarkgfm.cmark import Options

    page = cmarkgfm.github_flavored_markdown_to_html(written("markdown", report), options=Options.CMARK_OPT_UNSAFE)
    return Page(page)


OURS = {"h2", "h3", "p", "table", "thead", "tbody", "tr", "th", "td", "code", "span", "strong", "em", "ul", "li"}


def test_markdown_renders_to_the_text_and_nothing_else() -> None:
    report = hostile()
    page = rendered(report)
    assert page.tags <= OURS
    loose = " ".join(page.loose)
    assert not [text for text in page.loose if re.search(r"@\w|#\d|gh-\d|:\w+:|://|www\.\w", text, re.IGNORECASE)]
    assert "octocat" in loose  # in the sentence of a gate
    shown = [row for row in page.rows if len(row) == 3 and row[2].startswith(row[0][:20])]
    ids = [text for text in report.dataset.ids.to_pylist() if text.isprintable() and len(text) < 100]
    assert len(shown) >= len(ids)
    assert not [text for text in ids if text.strip() not in {row[0].strip() for row in shown}]
    assert {len(row) for row in page.rows} == {2, 3, 14}  # lists; verdicts and rows; the matrix, capped


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
sys.path[:0] = {folders!r}
from test_reports import hostile
from hardneg_cli.gating.reports import text
text.write(hostile(), sys.stdout.buffer)
"""


@pytest.mark.process
@pytest.mark.parametrize("colors", [True, False])
def test_a_terminal_gets_colors_unless_it_wants_none(tmp_path: Path, colors: bool) -> None:
    said = on_a_terminal(
        TERMINAL.format(folders=[str(TESTS), str(TESTS / "gating")]), {} if colors else {"NO_COLOR": "1"}
    )
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
