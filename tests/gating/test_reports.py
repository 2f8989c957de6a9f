"""What `check` and `diff` write is what the readers for whom it is meant take in, whatever the data says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from hardneg_cli import __version__
from hardneg_cli.gating.verdict import CheckReport
from hardneg_cli.runtime import drawers
from hardneg_cli.verbs.check import check
from hardneg_cli.verbs.diff import diff
from support.check_reports import every_case, example, written
from support.command import hardneg
from support.hostile_texts import UNSEEN
from support.paths import GOLDEN

REPORTS = drawers.names("report")
REPORTS_GOLDEN = GOLDEN / "reports"


every_report = pytest.mark.parametrize("name", REPORTS)


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)


@pytest.mark.slow
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
    if name == "html":
        pytest.skip("its looks are those of all reports")
    golden = next(iter(REPORTS_GOLDEN.glob(f"{name}.*")), None)
    assert golden, f"write tests/golden/reports/{name}.<extension>: what this report makes of the example"
    said = written(name, example(tmp_path)).replace(f'"semanticVersion": "{__version__}"', '"semanticVersion": "…"')
    assert said == golden.read_text(encoding="utf-8")


@pytest.mark.process
def test_the_commands_write_them_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "before.csv").write_text("id,label,text\n1,cat,a\n2,dog,b\n3,dog,c\n")
    (tmp_path / "now.csv").write_text('id,label,text\n1,cat,"b\n"\n2,dog,b\n4,doog,c\n')
    ends = {
        "comment": "comment:a.comment", "github": "github:log", "html": "a.html", "json": "a.json", "junit": "a.xml",
        "markdown": "a.md", "sarif": "a.sarif", "text": "a.txt",
    }  # fmt: skip
    assert sorted(ends) == REPORTS
    checked = replace(check("now.csv", base="before.csv"), command="hardneg check now.csv --base before.csv")
    for words, report, code in (
        (("check", "now.csv", "--base", "before.csv"), checked, 1),
        (("diff", "before.csv", "now.csv"), diff("before.csv", "now.csv"), 0),
    ):
        names = [name for name in ends if report.judged or name != "sarif"]
        done = hardneg(*words, *(word for name in names for word in ("-o", ends[name])), "-f", "json")
        assert done.returncode == code, done.stderr
        assert done.stdout.decode() == written("json", report)
        for name in names:
            said = (tmp_path / ends[name].removeprefix(f"{name}:")).read_text(encoding="utf-8")
            assert said == written(name, report)
