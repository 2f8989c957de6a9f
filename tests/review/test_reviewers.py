"""Reviewers' track records: agreement, controls, suggestions; SciPy's interval is the oracle of the shares."""

from __future__ import annotations

import csv
import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binomtest

from hardneg_cli import Decision, InputError
from hardneg_cli.io.files.source import sources
from hardneg_cli.review.queues.control_rows import RowRole, read_roles
from hardneg_cli.review.reviewers.annotator_quality import AnnotatorQuality, Proportion, as_table, track_records
from support.command import hardneg


def said(reviewer: str, answers: str) -> list[Decision]:
    """One letter a row: k(eep), d(rop), u(nsure), else the new label of a row that is labeled A."""
    meaning = {"k": "keep", "d": "drop", "u": "unsure"}
    return [
        Decision(f"r{row}", "h", "A", meaning.get(word, "relabel"), "" if word in meaning else word, reviewer)
        for row, word in enumerate(answers)
        if word != " "
    ]


def records(roles: dict[str, RowRole] | None = None, **answers: str) -> dict[str, AnnotatorQuality]:
    decisions = [one for who, letters in answers.items() for one in said(who, letters)]
    return {one.reviewer: one for one in track_records(decisions, roles or {})}


@pytest.mark.parametrize(("times", "of"), [(0, 1), (1, 1), (3, 10), (10, 10), (480, 1000)])
def test_shares_have_the_interval_of_wilson(times: int, of: int) -> None:
    found = Proportion(times, of).estimate
    expected = binomtest(times, of).proportion_ci(method="wilson")
    assert found
    assert (found.value, found.low, found.high) == pytest.approx((times / of, expected.low, expected.high))
    assert Proportion().estimate is None


def test_agreement_is_with_most_of_the_others() -> None:
    found = records(ann="kBBd", bob="kBCk", joe="BBCd")
    assert {name: (one.agreed.times, one.agreed.of) for name, one in found.items()} == {
        "ann": (1, 2), "bob": (1, 2), "joe": (1, 2),
    }  # fmt: skip
    assert found["ann"].most_confused() == ["'C' as 'B': 1"]
    assert found["bob"].most_confused() == ["'(drop)' as 'A': 1"]
    assert found["joe"].most_confused() == ["'A' as 'B': 1"]
    alone = records(ann="kBd u")["ann"]
    assert (alone.agreed, alone.answers) == (Proportion(), {"keep": 1, "relabel": 1, "drop": 1, "unsure": 1})


def test_controls_and_flagged_rows() -> None:
    roles = {f"r{row}": RowRole(row < 10, "") for row in range(20)}
    one = records(roles, ann="kkkkkkkkBd" + "BBBBBddkkk")["ann"]
    assert (one.kept, one.wrong) == (Proportion(8, 10), Proportion(7, 10))
    assert one.precision
    assert one.precision.value == pytest.approx((0.7 - 0.2) / (1 - 0.2))
    assert one.precision.low < one.precision.value < one.precision.high


def test_the_corrected_precision_is_the_true_one() -> None:
    rng = np.random.default_rng(0)
    wrong = rng.random(4000) < np.repeat([0.0, 0.6], 2000)  # controls, flagged rows
    said_wrong = wrong | (rng.random(4000) < 0.2)
    roles = {f"r{row}": RowRole(row < 2000, "") for row in range(4000)}
    one = records(roles, ann="".join("B" if word else "k" for word in said_wrong))["ann"]
    assert one.wrong.times / one.wrong.of > 0.65
    assert one.precision
    assert one.precision.value == pytest.approx(wrong[2000:].mean(), abs=0.03)
    assert one.precision.low < wrong[2000:].mean() < one.precision.high


def test_who_takes_over_every_suggestion_is_named() -> None:
    roles = {f"r{row}": RowRole(row % 2 == 0, "B") for row in range(40)}
    found = records(roles, ann="B" * 40, bob="kB" * 20, joe="kB" * 18 + "kkkk")
    assert found["ann"].anchored == "takes over every suggestion, 40 of 40 (others, about the same rows: 48%)"
    assert found["ann"].followed_controls == Proportion(20, 20)
    assert (found["bob"].anchored, found["joe"].anchored) == ("", "")
    assert records(roles, ann="B" * 38 + "kk", bob="kB" * 20)["ann"].anchored.startswith("takes over 95% of 40 sugg")
    assert records(roles, ann="B" * 9)["ann"].anchored == ""  # nine are too few
    assert records({f"r{row}": RowRole(None, "A") for row in range(40)}, ann="k" * 40)["ann"].followed == Proportion()


def test_nobody_and_no_roles() -> None:
    assert track_records([], {}) == ()
    assert as_table((), {}, {}).num_rows == 0
    (row,) = as_table(records(ann="u").values(), {}, {}).to_pylist()
    assert (row["reviewer"], row["answers"], row["unsure"], row["agreed"], row["agreed_of"]) == ("ann", 1, 1, None, 0)


def test_roles_are_read_from_either_column(tmp_path: Path) -> None:
    def roles(text: str) -> dict[str, RowRole]:
        (tmp_path / "f.csv").write_text(text)
        return dict(read_roles(sources(str(tmp_path / "f.csv"))))

    assert roles("id,flagged,suggested_label\na,true,B\nb,False,\n") == {
        "a": RowRole(False, "B"),
        "b": RowRole(True, ""),
    }
    assert roles("id,role,flagged\na,control,true\nb,suspect,\n") == {"a": RowRole(True, ""), "b": RowRole(False, "")}
    for text, message in (("id,flaged\na,1\n", "no column 'flagged'; did you mean 'flaged'"),
                          ("id,role\na,contrl\n", "row 'a': no role 'contrl'; did you mean 'control'")):  # fmt: skip
        with pytest.raises(InputError, match=message):
            roles(text)


# ------------------------------------------------------------------------------------------------ the command


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three filled queues of 40 rows; mia takes over every suggestion."""
    monkeypatch.chdir(tmp_path)
    for who, answers in (("ann", "k" * 20 + "B" * 20), ("bob", "k" * 18 + "BB" + "B" * 18 + "kk"), ("mia", "B" * 40)):
        with open(f"{who}.csv", "w", newline="") as file:
            writer = csv.writer(file)
            names = "id decision new_label given_label suggested_label flagged row_hash reviewer"
            writer.writerow(names.split())
            for row, word in enumerate(answers):
                keep = word == "k"
                writer.writerow(
                    [
                        f"r{row}",
                        "keep" if keep else "",
                        "" if keep else word,
                        "A",
                        "B",
                        str(row >= 20).lower(),
                        "h",
                        who,
                    ]
                )
    return tmp_path


def run(*arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = hardneg("collect", *arguments, text=True)
    assert done.returncode == code, done.stderr
    return done


FILES = ("ann.csv", "bob.csv", "mia.csv", "--decisions", "log", "-o", "conflicts.csv")


@pytest.mark.process
def test_the_summary_and_the_report(folder: Path) -> None:
    done = run(*FILES, "--reviewers-report", "report.json", code=1)
    assert done.stdout == ""
    assert "bob: agrees with most of the others on 18 of 20" in done.stderr
    assert "mia: agrees with most of the others on 18 of 36" in done.stderr
    assert "keeps 0 of 20 (0% to 16%) controls, calls 20 of 20 (84% to 100%) flagged rows wrong" in done.stderr
    assert "warning: mia takes over every suggestion, 40 of 40 (others, about the same rows: 50%)" in done.stderr
    rows = {row["reviewer"]: row for row in json.loads(Path("report.json").read_text())}
    assert list(rows) == ["ann", "bob", "mia"]
    assert (rows["bob"]["controls_kept"], rows["bob"]["controls_kept_of"]) == (0.9, 20)
    assert rows["ann"]["precision"] == 1
    assert rows["mia"]["anchored"].startswith("takes over every suggestion")
    assert "mia" not in run(*FILES, "-q", code=1).stderr


@pytest.mark.process
def test_the_findings_say_what_the_queues_hide(folder: Path) -> None:
    for who in ("ann", "bob", "mia"):
        lines = Path(f"{who}.csv").read_text().replace(",B,true,", ",,,").replace(",B,false,", ",,,")
        Path(f"{who}.csv").write_text(lines)
    assert "controls" not in run(*FILES, code=1).stderr
    findings = "".join(f"r{row},{'suspect' if row >= 20 else 'control'},B\n" for row in range(40))
    Path("findings.csv").write_text("id,role,suggested_label\n" + findings)
    done = run(*FILES, "--findings", "findings.csv", code=1)
    assert "keeps 0 of 20 (0% to 16%) controls" in done.stderr
    assert "warning: mia takes over every suggestion, 40 of 40" in done.stderr
    Path("findings.csv").write_text("id,text\n1,2\n")
    done = run("ann.csv", "--decisions", "other", "--findings", "findings.csv", code=2)
    assert "findings.csv: no column 'flagged'; --findings takes what hardneg find wrote" in done.stderr
    assert not Path("other").exists()
