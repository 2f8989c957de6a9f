"""The benchmarks run, and measure what they say they measure."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import pages, results
from support.paths import ROOT

pytestmark = pytest.mark.process

RUN = [sys.executable, "-m", "tests.benchmarks"]


def ran(*arguments: object, code: int = 0) -> subprocess.CompletedProcess[str]:
    command = [*RUN, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == code, done.stderr
    return done


def test_quick_detection(tmp_path: Path) -> None:
    done = ran("detection", tmp_path, "--quick", "--cache", tmp_path, "--out", tmp_path)
    assert not done.stderr
    assert "| simulated, uniform noise (1) |" in done.stdout
    assert "1 real sets: not measured" in done.stdout
    assert "2 simulated sets: met, AP at worst" in done.stdout
    found = results.read("detection", tmp_path)
    assert found.command.startswith("python -m tests.benchmarks detection FOLDER --quick")
    assert {"Python", "hardneg-cli", "cleanlab"} <= set(found.versions)
    assert all(line in done.stdout for line in pages.detection(found.tables["detection"]))


def test_quick_gate(tmp_path: Path) -> None:
    done = ran("gate", tmp_path, "--quick", "--out", tmp_path)
    assert not done.stderr
    lines = done.stdout.splitlines()
    (bad,) = [line for line in lines if line.startswith("| 25% get any label | 150 |")]
    assert bad.endswith("| 100% |")
    assert any(line.startswith("harmless fail in at most 1 %: met") for line in lines)
    (same,) = [line for line in lines if line.endswith(" of 10 commits got the same verdict from the whole of check")]
    assert int(same.split()[0]) >= 9  # check fits the estimator anew, the quick way does not
    assert all(line in lines for line in pages.gate(results.read("gate", tmp_path).tables["gate"]))


def test_quick_own_model(tmp_path: Path) -> None:
    done = ran("own-model", "--quick", "--out", tmp_path)
    assert not done.stderr
    lines = done.stdout.splitlines()
    for name in ("texts", "numbers"):  # once for corrections; all other commits are of rows that are judged already
        assert f"{name}: 1 of 60 runs had to train" in lines
    (bad,) = [line for line in lines if line.startswith("| 25% get any label | 300 |")]
    assert bad.startswith("| 25% get any label | 300 | 2 | 100% | 100% (")
    found = results.read("own-model", tmp_path)
    assert found.command.startswith("python -m tests.benchmarks own-model --quick")
    assert all(line in lines for line in pages.own_model(found.tables["own-model"]))
    good = [share for one in found.tables["own-model"] if one["harmless"] for share in one["red"].values()]
    assert sum(good) <= 0.5  # one commit of all


MEASURED = """
import json, sys
from pathlib import Path
from tests.benchmarks.power import exponent
from tests.benchmarks.processes import in_turn
mine = [sys.executable, "-c", "x = bytearray(200_000_000)"]
forked = "import os, time; x = bytearray(200_000_000); pid = os.fork(); " \\
    "y = os.wait() if pid else bytearray(200_000_000); pid or time.sleep(.8)"
both = [sys.executable, "-c", forked]
ran = in_turn({"mine": mine, "both": both}, 2, Path())
grown = exponent({n: [3 + n**1.5, 3.01 + n**1.5] for n in (10, 20, 40)}, 3)
print(json.dumps([[one.processes, one.peak, len(one.seconds)] for one in ran.values()] + [grown.value]))
"""


def test_what_processes_cost() -> None:
    # a shell between, because a process inherits the peak of the one that starts it, here a large one
    command = ["sh", "-c", '"$0" -c "$1"; exit $?', sys.executable, MEASURED]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    mine, both, grown = json.loads(done.stdout)
    assert mine[0] == 1
    assert 200e6 < mine[1] < 300e6
    assert both[0] == 2
    assert 400e6 < both[1] < 500e6  # what one has, what the other has, and what they share only once
    assert mine[2] == both[2] == 2
    assert 1.49 < grown < 1.51


def test_a_failure_ends_the_benchmark_of_scale(tmp_path: Path) -> None:
    folder = tmp_path / "csv-50000x10"
    folder.mkdir()
    folder.joinpath("data.csv").write_text("id,label\n1,a,b\n")
    done = ran("scale", "--quick", "--only", "csv", "--folder", tmp_path, code=1)
    assert "exit code 2" in done.stderr
    assert "hardneg: " in done.stderr
    assert "met" not in done.stdout.split()


def test_quick_startup(tmp_path: Path) -> None:
    done = ran("scale", "--quick", "--only", "startup", "--folder", tmp_path)
    assert not done.stderr
    for light in ("--help", "check", "apply"):
        assert f"- {light} loads no scikit-learn: met" in done.stdout


def test_every_part_can_be_had() -> None:
    """Parts are imported as they run, which takes hours."""
    folder = Path(__file__).parent
    parts = sorted(path.stem for kind in ("prepare", "strategy") for path in folder.glob(f"{kind}_*.py"))
    code = "import importlib, sys\nfor name in sys.argv[1:]: importlib.import_module(f'tests.benchmarks.{name}')"
    done = subprocess.run([sys.executable, "-c", code, *parts], capture_output=True, text=True, check=False, cwd=ROOT)
    assert len(parts) > 10
    assert done.returncode == 0, done.stderr
