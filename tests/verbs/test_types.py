"""What type checkers and completion know of the verbs, in a project of somebody who uses the package.

mypy judges `typed_calls.py` with the package (`files` in pyproject.toml), pyright here.
"""

from __future__ import annotations

import inspect
import json
import pickle
import pydoc
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pandas as pd
import pytest

import hardneg_cli
from hardneg_cli import apply, compare, find, mine, predict
from support.paths import PACKAGE, ROOT, TESTS

CALLS = TESTS / "verbs/typed_calls.py"
RULES = {
    "typeCheckingMode": "standard",
    "enableTypeIgnoreComments": True,
    "reportUnnecessaryTypeIgnoreComment": "error",
    "reportMissingTypeStubs": False,
}


VERBS = [name for name in hardneg_cli.__all__ if inspect.isfunction(getattr(hardneg_cli, name))]


@pytest.mark.slow
@pytest.mark.process
def test_pyright_accepts_what_is_right_and_refuses_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "calls.py").write_text(CALLS.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(RULES | {"extraPaths": [str(ROOT)]}))
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable, "-p", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    found = json.loads(done.stdout)
    assert [(one["range"]["start"]["line"] + 1, one["message"]) for one in found["generalDiagnostics"]] == []
    assert found["summary"]["filesAnalyzed"] == 1


def test_mypy_judges_the_same_calls_with_the_package() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mypy"]
    assert CALLS.relative_to(ROOT).as_posix() in settings["files"]
    assert settings["strict"]
    assert (PACKAGE / "py.typed").exists()
    text = CALLS.read_text(encoding="utf-8")
    assert [name for name in VERBS if not re.search(rf"\b{name}\(", text)] == []


@pytest.mark.parametrize("name", VERBS)
def test_completion_and_help_know_every_keyword(name: str) -> None:
    verb = getattr(hardneg_cli, name)
    signature = inspect.signature(verb)
    assert not [one for one in signature.parameters.values() if one.kind in (one.VAR_KEYWORD, one.VAR_POSITIONAL)]
    shown = pydoc.plain(pydoc.render_doc(verb))
    assert [parameter for parameter in signature.parameters if f"{parameter}:" not in shown] == []
    assert verb.__doc__
    assert pickle.loads(pickle.dumps(verb)) is verb


def test_every_result_is_one_line() -> None:
    frame = pd.DataFrame({"y": ["a", "b"] * 20, "x": [n % 2 + n / 99 for n in range(40)], "note": ["long " * 99] * 40})
    predicted = predict(frame, label="y", features="x", models=["knn"], folds=2)
    findings = find(frame, label="y", probs=predicted.table(), features="x")
    applied = apply(frame, findings.table().to_pandas(), label="y")
    for result in (predicted, findings, applied, compare(frame, [predicted.table()], label="y"), mine(findings)):
        text = repr(result)
        assert "\n" not in text
        assert text.startswith(f"<{type(result).__name__}: table: ") or result is applied
        assert len(text) < 120
