"""The benchmark of detection runs, and finds more than chance would."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parent / "benchmarks" / "detection.py"


def test_quick_detection(tmp_path: Path) -> None:
    command = [sys.executable, SCRIPT, tmp_path, "--quick", "--cache", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert not done.stderr
    assert "| simulated, uniform noise (1) |" in done.stdout
    assert "1 real sets: not measured" in done.stdout
    mean_ap = [line for line in done.stdout.splitlines() if line.startswith("2 simulated sets: ") and "mean AP" in line]
    assert mean_ap[0].startswith("2 simulated sets: met")


def test_quick_gate(tmp_path: Path) -> None:
    command = [sys.executable, SCRIPT.with_name("gate.py"), tmp_path, "--quick"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert not done.stderr
    lines = done.stdout.splitlines()
    (bad,) = [line for line in lines if line.startswith("| 25% get any label | 150 |")]
    assert bad.endswith("| 100.0% |")
    assert any(line.startswith("harmless fail in at most 1 %: met") for line in lines)
    assert "20 of 20 commits got the same verdict from the whole of check" in lines
