"""The house's rules that a test can hold."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_imports_go_downwards_only() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_drawer_is_called_by_a_word_that_means_nothing() -> None:
    names = {path.stem for path in (ROOT / "hardneg_cli").rglob("*.py")}
    assert not names & {"utils", "helpers", "common", "base", "core", "manager", "factory"}


BROAD = ("except Exception", "except BaseException", "except:")


def test_errors_become_exit_codes_in_one_place() -> None:
    package = ROOT / "hardneg_cli"
    lines = {str(path.relative_to(package)): path.read_text().splitlines() for path in package.rglob("*.py")}
    assert [name for name, text in lines.items() if any(line.strip().startswith(BROAD) for line in text)] == [
        "cli/app.py"
    ]
