"""The comment of a pull request: found again by its first line, short, and nothing of the data in it acts."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hardneg_cli.gating.verdict import CheckReport, GateResult, Verdict
from hardneg_cli.gating.worst_rows import worst_rows
from hardneg_cli.verbs.check import check
from support.check_reports import TEXTS, every_case, example, hostile, judged, many, table, written
from support.checked_rows import COPY, ROWS, hardneg, put
from support.checked_rows import table as rows_of
from support.markdown_pages import rendered

OURS = {
    "h3", "h4", "p", "table", "thead", "tbody", "tr", "th", "td", "code", "pre", "span", "strong", "em", "ul", "li",
    "details", "summary",
}  # fmt: skip
MODEL = {f"prob_{name}": [0.9 if row[1] == name else 0.05 for row in ROWS] for name in ("ant", "cat", "dog")}


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def marker(report: CheckReport) -> str:
    return written("comment", report).split("\n", 1)[0]


def about(name: str) -> CheckReport:
    return CheckReport(replace(table(["a"], ["x"]), name=name), None, None, (GateResult("leak", "fail", None, "no"),))


def test_the_first_line_is_the_same_for_every_run_about_a_dataset() -> None:
    assert marker(about("data/train.csv")) == "<!-- hardneg check: data/train.csv -->"
    passed = replace(about("data/train.csv"), judged=(GateResult("leak", "fail", Verdict(True, "none")),))
    assert marker(passed) == marker(about("data/train.csv"))
    assert marker(replace(passed, judged=())) == "<!-- hardneg diff: data/train.csv -->"


@pytest.mark.parametrize("name", [*TEXTS, "a--b", "--", "a-", "-->", "--!>", "a\n<b>", "\udc80", "x" * 5000])
def test_no_name_ends_the_hidden_line(name: str) -> None:
    line = marker(about(name))
    found = re.fullmatch(r"<!-- hardneg check: (.*) -->", line)
    assert found
    assert "--" not in found[1]
    assert not re.search(r"[<>\s](?<! )", found[1])
    assert line.isascii()
    assert len(line) < 300
    assert rendered(f"{line}\n").loose in ([], ["\n"])


def test_names_that_differ_have_lines_that_differ() -> None:
    names = [*TEXTS, *("x" * 400 + end for end in "ab"), "a--b", "a-%2Db", "a-%252Db"]
    assert len({marker(about(name)) for name in names}) == len({name.strip() for name in names})


@pytest.mark.slow
@every_case
def test_it_fits_in_a_comment(case: Callable[[], CheckReport]) -> None:
    said = written("comment", case())
    assert len(said.encode()) < 40_000, "GitHub takes 65,536"
    assert said.count("<details>") == said.count("</details>") <= 1
    rendered(said)


def test_it_renders_to_the_text_and_nothing_else() -> None:
    page = rendered(written("comment", replace(hostile(), command="hardneg check '`x`' \n# @octocat <b>")))
    assert page.tags <= OURS
    assert not page.lively
    assert "octocat" in " ".join(page.loose), "in the reason of a gate"


def test_what_it_says_of_a_commit() -> None:
    rows = [*put(3, "Cta", rows=put(9, "dog")), COPY]
    said = written("comment", check(rows_of(rows), base=rows_of(ROWS), decisions=()))
    assert said.splitlines()[2] == "### hardneg: refused by contradiction (1 row) and new-class (1 row)"
    assert "**3 rows changed: 1 added, 0 edited, 2 relabeled, 0 dropped**" in said
    page = rendered(said)
    assert page.rows[:3] == [["from ↓ to →", "Cta", "dog"], ["cat", "1", "1"], *page.rows[2:3]]
    assert [row for row in page.rows if row[0] in ("n1", "r3")] == [
        ["r3", "", "cat → Cta", "no row was labeled 'Cta' before", "sentence number 3"],
        ["n1", "", "cat", "labeled 'cat', and a copy of 'r5', labeled 'ant'", "sentence number 5"],
    ]
    assert "- **new-class**: Correct the label where it is a slip; where a new class is meant, name it with " in said
    assert said.count("no probabilities") == 1, "equal reasons are given once"
    assert re.search(
        r"^not judged: drift, rate: no probabilities: .*; leak: no split column: .*; reverted: ", said, re.MULTILINE
    )


def test_a_commit_that_passes_has_nothing_to_look_at() -> None:
    said = written("comment", check(rows_of(ROWS), base=rows_of(ROWS), decisions=()))
    assert "### hardneg: passed\n" in said
    assert "**no row changed**" in said
    assert "Rows to look at" not in said
    assert "What to do" not in said


def test_ten_rows_at_most_and_how_many_there_are() -> None:
    page = rendered(written("comment", many()))
    assert sum(row[0].startswith("row-") for row in page.rows) == 10
    assert "Rows to look at: 10 of 5,000" in "".join(page.loose)


def test_the_worst_rows_come_first() -> None:
    dataset = table([f"r{row}" for row in range(8)], ["x", "y"] * 4)

    def gate(name: str, means: str, *rows: int) -> GateResult:
        verdict = Verdict(False, "no", np.array(rows), lambda at: [f"{name} {rows[i]}" for i in at])
        return GateResult(name, means, verdict)  # type: ignore[arg-type]

    gates = (gate("a", "warn", 0, 1, 3, 4), gate("b", "fail", 2, 3, 5), gate("c", "warn", 1, 5), gate("d", "fail", 3))
    found = worst_rows(CheckReport(dataset, None, None, gates), 5)
    assert [row.id for row in found.rows] == ["r3", "r5", "r2", "r1", "r0"]
    assert found.total == 6
    assert [row.why for row in found.rows] == ["b 3; also d, a", "b 5; also c", "b 2", "a 1; also c", "a 0"]


def test_with_a_model_they_are_ordered_by_score_and_what_they_look_like_is_said() -> None:
    model = MODEL | {"prob_cat": [0.98 if row == 9 else p for row, p in enumerate(MODEL["prob_cat"])]}
    model |= {name: [0.01 if row == 9 else p for row, p in enumerate(model[name])] for name in ("prob_ant", "prob_dog")}
    head = rows_of(put(3, "dog", rows=put(9, "ant")), **model)
    report = check(head, base=rows_of(ROWS, **model), fail_on=["unreviewed"], decisions=())
    first, second = worst_rows(report, 5).rows
    assert (first.id, first.before, first.label, first.looks_like) == ("r9", "cat", "ant", "cat")
    assert (second.id, second.kinds) == ("r3", ("relabeled",))
    assert first.score is not None
    assert second.score is not None
    assert first.score > second.score


def test_features_tell_nobody_what_a_row_is() -> None:
    rows = put(3, "Cta")
    numbers = {f"x_{place}": [str(row * place) for row in range(60)] for place in range(20)}
    report = check(rows_of(rows, **numbers), base=rows_of(ROWS), decisions=())
    assert worst_rows(report, 1).rows[0].text == "sentence number 3"
    bare = rows_of(rows, **numbers).drop_columns(["text"])
    report = check(bare, base=rows_of(ROWS).drop_columns(["text"]), allow_class=["ant", "cat", "dog"], decisions=())
    assert [row.text for row in worst_rows(report, 1).rows] == [""]


@pytest.mark.process
def test_the_queue_is_had_with_the_very_options(tmp_path: Path) -> None:
    from pyarrow import csv

    csv.write_csv(rows_of(ROWS, **MODEL), tmp_path / "base.csv")
    csv.write_csv(rows_of(put(3, "dog"), **MODEL), tmp_path / "my head.csv")
    arguments = ("check", "my head.csv", "--base", "base.csv", "--fail-on", "unreviewed")
    done = hardneg(tmp_path, *arguments, "-o", "comment:c.md", "-q", "--metrics", "m.json", "--exit-zero")
    assert done.returncode == 0, done.stderr
    lines = [line.strip() for line in (tmp_path / "c.md").read_text().splitlines() if line.startswith("    ")]
    assert lines == [
        "hardneg check 'my head.csv' --base base.csv --fail-on unreviewed --queue queue.csv",
        "hardneg review queue.csv --data 'my head.csv'",
    ]
    again = hardneg(tmp_path, *arguments, "--queue", "queue.csv")
    assert again.returncode == 1
    assert (tmp_path / "queue.csv").read_text().splitlines()[1].startswith("r3,")


def test_a_difference_lists_rows_that_changed() -> None:
    report = replace(example(Path()), judged=())
    said = written("comment", report)
    assert said.startswith("<!-- hardneg diff: data.csv -->\n\n### hardneg: what changed\n")
    page = rendered(said)
    assert ["a", "edited", "cat", "cat"] in page.rows
    assert ["gone", "dropped", "dog", ""] in page.rows


def test_a_file_is_named_where_there_are_several(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,label,text\na,cat,one\nb,cat,two\n")
    (tmp_path / "b.csv").write_text("id,label,text\nc,dog,one\n")
    page = rendered(written("comment", check("*.csv", decisions=())))
    assert [row[1] for row in page.rows if row[0] in ("a", "c")] == ["a.csv 2", "b.csv 2"]


def test_many_reasons_are_one_line_of_bounded_length() -> None:
    gates = tuple(judged([], gate=f"g{number}") for number in range(3))
    unjudged = tuple(GateResult(f"u{number}", "fail", None, "x" * 900) for number in range(9))
    said = written("comment", CheckReport(table(["a"], ["x"]), None, None, (*gates, *unjudged)))
    assert sum(line.startswith("not judged") for line in said.splitlines()) == 1
    assert max(map(len, said.splitlines())) < 2100
