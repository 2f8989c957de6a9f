"""`explain --schema`: what hardneg writes is what its schemas say, and what a file may not say they refuse."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import jsonschema
import pytest

from hardneg_cli import apply, explain, find
from hardneg_cli.cli.command_tree import all_runs
from hardneg_cli.cli.settings.settings_schema import settings_schema
from support.command import hardneg
from support.paths import PACKAGE, ROOT

SETTINGS = json.loads(settings_schema(all_runs()))
ROWS = "id,label,text\n" + "".join(
    f"r{row},{('cat', 'dog')[row % 2]},{('purrs', 'barks')[row % 2]} {row} times\n" for row in range(40)
)


def schema(name: str) -> dict[str, object]:
    return dict(json.loads(explain(schema=name)))


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "data.csv"
    path.write_text(ROWS.replace("r3,dog", "r3,dgo").replace("r4,cat", "r4,Cat"))
    return path


def test_each_is_a_schema() -> None:
    for name in ("report", "compare-report", "reviewers-report", "dual-report", "check-report", "queue", "decisions",
                 "provenance"):  # fmt: skip
        jsonschema.Draft202012Validator.check_schema(schema(name))
    jsonschema.Draft202012Validator.check_schema(SETTINGS)
    done = hardneg("explain", "--schema", "settings", text=True, check=True)
    assert json.loads(done.stdout) == SETTINGS


def test_a_queue(data: Path) -> None:
    hardneg("find", data, "--all", "-o", "q.json", "-o", "q.ndjson", cwd=data.parent, check=True)
    rows = json.loads((data.parent / "q.json").read_text())
    jsonschema.validate(rows, schema("queue"))
    lines = [json.loads(line) for line in (data.parent / "q.ndjson").read_text().splitlines()]
    assert lines == rows
    for wrong in ({"score": "high"}, {"rank": 1.5}, {"flagged": 1}, {"text": 3}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate([rows[0] | wrong], schema("queue"))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate([{"id": "r1"}], schema("queue"))


def test_lines_of_the_log_and_provenance(data: Path) -> None:
    queue = find(data).table(every=True).to_pandas()
    queue.loc[queue["id"] == "r3", "decision"] = "relabel"
    queue.loc[queue["id"] == "r3", "new_label"] = "dog"
    queue.loc[queue["id"] == "r4", "decision"] = "drop"
    queue.loc[queue["id"] == "r5", "decision"] = "keep"
    queue.to_csv("q.csv", index=False)
    hardneg("collect", "q.csv", "--data", data, "--reviewer", "ann", cwd=data.parent, check=True)
    lines = [json.loads(line) for line in Path(f"{data}.decisions.ndjson").read_text().splitlines()]
    assert [line["decision"] for line in lines].count("relabel") == 1
    for line in lines:
        jsonschema.validate(line, schema("decisions"))
        for wrong in ({"decision": "maybe"}, {"rank": 0}, {"score": 2}, {"v": 3}, {"more": ""}):
            with pytest.raises(jsonschema.ValidationError):
                jsonschema.validate(line | wrong, schema("decisions"))
    apply(data, output="clean.csv", provenance="why.json")
    found = json.loads(Path("why.json").read_text())
    jsonschema.validate(found, schema("provenance"))
    assert {change["action"] for change in found["changes"]} == {"relabel", "drop"}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(found | {"files": [{"name": "x"}]}, schema("provenance"))


def documented() -> list[str]:
    """Every settings file that the manual shows."""
    pages = [*(PACKAGE / "manual").glob("*.md"), ROOT / "README.md"]
    return [block for page in pages for block in re.findall(r"```toml\n(.*?)```", page.read_text(), re.DOTALL)]


def test_settings_of_the_manual() -> None:
    blocks = documented()
    assert blocks
    for block in blocks:
        table = tomllib.loads(block)
        jsonschema.validate(table.get("tool", {}).get("hardneg", table), SETTINGS)


@pytest.mark.parametrize(
    "given",
    [
        "labell = 'y'", "embed = 'm:f'", "decisions = ['log']", "cache = 'c'", "folds = 'five'",
        "on-bad-rows = 'leave'",
        "[rate]\nalpa = 0.1", "[rate]\nalpha = 'x'", "[datasets.train]\nlabel = 'y'", "[datasets.train]\ndata = 3",
    ],
)  # fmt: skip
def test_what_a_file_may_not_say(given: str, data: Path) -> None:
    table = tomllib.loads(given)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(table, SETTINGS)


def test_the_command_takes_what_the_schema_takes(data: Path) -> None:
    told = (
        "label = 'label'\nfail-on = 'imbalance'\nfolds = 4\n[rate]\nalpha = 0.05\n[datasets.train]\ndata = 'data.csv'\n"
    )
    jsonschema.validate(tomllib.loads(told), SETTINGS)
    (data.parent / "hardneg.toml").write_text(told)
    assert hardneg("check", "train", cwd=data.parent).returncode in (0, 1)
