"""Every exit code, with real processes; whatever happens, no half-written or temporary file is left."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hardneg_cli.cli.app import Terminated, _guarded
from support.command import COMMAND, forked_command
from support.paths import PACKAGE

pytestmark = pytest.mark.process

ROWS = 4000

# A detector that tells by a file that the run is in progress, and takes its time.
SLOW = '''"""Takes its time."""
import time
from pathlib import Path
from hardneg_cli.detection.detector_result import DetectorResult
def detect(dataset) -> DetectorResult:
    Path("running").touch()
    time.sleep(30)
    raise AssertionError("nobody stopped this run")
'''
# A format that writes half of the result, and takes its time.
HALF = '''"""Takes its time."""
import time
from pathlib import Path
EXTENSIONS = (".half",)
def write(table, out) -> None:
    out.write(b"half")
    out.flush()
    Path("running").touch()
    time.sleep(30)
'''
# A run that gets a signal whenever one of the functions that turn errors into codes has done so for the n-th time.
INTERRUPTED = """
import os, sys
from hardneg_cli.cli.app import main
left = iter(range(100))
def profile(frame, event, _):
    if event == "return" and frame.f_code.co_name == "_guarded" and next(left) == {which}:
        os.kill(os.getpid(), {number})
sys.setprofile(profile)
main()
"""
BROKEN = '''"""Divides by zero."""
from hardneg_cli.detection.detector_result import DetectorResult
def detect(dataset) -> DetectorResult:
    return 1 / 0
'''


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a copy of the package that has a broken and a slow detector, and a slow format."""
    folder = tmp_path_factory.mktemp("changed")
    shutil.copytree(PACKAGE, folder / "hardneg_cli")
    (folder / "hardneg_cli/detection/detectors/broken.py").write_text(BROKEN)
    (folder / "hardneg_cli/detection/detectors/slow.py").write_text(SLOW)
    (folder / "hardneg_cli/io/result_formats/half.py").write_text(HALF)
    return folder


@pytest.fixture(scope="module")
def content() -> dict[str, pa.Table]:
    generator = np.random.default_rng(0)
    p = generator.dirichlet(np.ones(4), ROWS)
    ids = [f"row-{row:05}" for row in range(ROWS)]
    labels = [f"c{code}" for code in (p + generator.random(p.shape) / 9).argmax(axis=1)]
    columns = {f"prob_c{code}": p[:, code] for code in range(4)}
    return {"data.parquet": pa.table({"id": ids, "label": labels}), "probs.parquet": pa.table({"id": ids, **columns})}


@pytest.fixture
def folder(tmp_path: Path, content: dict[str, pa.Table]) -> Iterator[Path]:
    """A folder with data; nothing but what it held may be in it after a run."""
    for name, table in content.items():
        pq.write_table(table, tmp_path / name)
    (tmp_path / "out.csv").write_text("old\n")
    yield tmp_path
    assert {path.name for path in tmp_path.iterdir()} <= {*content, "out.csv", "running"}
    assert (tmp_path / "out.csv").read_text() == "old\n"


FIND = ["find", "data.parquet", "--probs", "probs.parquet", "--detector", "doubtful-label"]


def run(*arguments: str, cwd: Path, **options: object) -> subprocess.CompletedProcess[bytes]:
    """env: of another package, in a process of its own."""
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "timeout": 60, "check": False} | options
    command = COMMAND if "env" in options else forked_command()
    return subprocess.run([*command, *arguments], cwd=cwd, **options)  # type: ignore[call-overload,no-any-return]


def test_0_whatever_is_found(folder: Path) -> None:
    done = run(*FIND, "--limit", "0", cwd=folder)
    assert (done.returncode, done.stdout) == (0, b"")
    assert run(*FIND, "-q", cwd=folder).returncode == 0


@pytest.mark.parametrize("arguments", [["--help"], ["find", "--help"], ["--version"], []])
def test_0_for_help(arguments: list[str], tmp_path: Path) -> None:
    done = run(*arguments, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout


def test_2_for_usage_and_for_input(tmp_path: Path) -> None:
    assert run("--frobnicate", cwd=tmp_path).returncode == 2
    assert run("find", "nothing.csv", cwd=tmp_path).returncode == 2


@pytest.mark.parametrize("arguments", [["--version"], [*FIND, "--all", "-q"], [*FIND, "-q", "-f", "parquet"]])
def test_2_for_a_full_disk(arguments: list[str], folder: Path) -> None:
    with open("/dev/full", "wb") as full:
        done = run(*arguments, cwd=folder, stdout=full)
    assert done.returncode == 2
    assert done.stderr.count(b"\n") == 1, done.stderr
    assert b"No space left on device" in done.stderr


def test_2_for_a_full_disk_behind_a_file(folder: Path) -> None:
    limited = "import resource, runpy; resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000)); "
    limited += "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); runpy.run_module('hardneg_cli')"
    arguments = [sys.executable, "-c", limited, *FIND, "--all", "-q", "-o", "out.csv"]
    done = subprocess.run(arguments, cwd=folder, capture_output=True, timeout=60, check=False)
    assert done.returncode == 2
    assert done.stderr == b"hardneg: out.csv: cannot be written: File too large\n"


def test_2_for_a_closed_output_and_no_word_on_a_closed_error(folder: Path) -> None:
    def close(*numbers: int) -> None:
        for number in numbers:
            os.close(number)

    done = run(*FIND, "-q", cwd=folder, preexec_fn=lambda: close(1))
    assert done.returncode == 2
    assert done.stderr == b"hardneg: standard output: cannot be written: Bad file descriptor\n"
    done = run("find", "nothing.csv", cwd=folder, preexec_fn=lambda: close(2))
    assert (done.returncode, done.stdout) == (2, b"")


def test_2_though_nobody_hears_why(folder: Path) -> None:
    with open("/dev/full", "wb") as full:
        done = run("find", "nothing.csv", cwd=folder, stderr=full)
    assert (done.returncode, done.stdout) == (2, b"")


def test_3_for_a_bug(changed: Path, folder: Path) -> None:
    done = run(
        "find", "data.parquet", "--detector", "broken", "-o", "out.csv", cwd=folder,
        env=os.environ | {"PYTHONPATH": str(changed)},
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (3, b"")
    assert done.stderr.startswith(b"hardneg: this is a bug in hardneg; please report it")
    assert b"ZeroDivisionError" in done.stderr


@pytest.mark.parametrize("which", [0, 1, 2])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_as_a_run_ends_ends_in_no_words(which: int, number: int, code: int, folder: Path) -> None:
    source = INTERRUPTED.format(which=which, number=int(number))
    run = [sys.executable, "-c", source, "explain"]
    done = subprocess.run(run, cwd=folder, capture_output=True, check=False)
    assert (done.returncode, done.stderr) in [(0, b""), (code, b"")]
    assert done.stdout.startswith(b"Pages") or done.returncode


@pytest.mark.parametrize(("signaled", "code"), [(KeyboardInterrupt, 130), (Terminated, 143)])
@pytest.mark.parametrize("is_cause", [False, True])
def test_130_and_143_for_what_a_signal_breaks(signaled: type[BaseException], code: int, is_cause: bool) -> None:
    def broken() -> None:
        try:
            raise signaled
        except signaled as error:
            if is_cause:
                raise RuntimeError("error calling __set_name__") from error
            raise RuntimeError("release unlocked lock")  # noqa: B904 -- as the standard library does

    assert _guarded(broken) == code


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize(
    "work", [["--detector", "slow", "-o", "out.csv"], ["--detector", "rare-label", "-o", "half:out.csv"]]
)
def test_130_and_143_during_a_run(number: int, code: int, work: list[str], changed: Path, folder: Path) -> None:
    process = subprocess.Popen(
        [*COMMAND, "find", "data.parquet", *work], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(changed)},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # ignored in background jobs
    )  # fmt: skip
    deadline = time.monotonic() + 30
    while not (folder / "running").exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(number)
    out, said = process.communicate(timeout=20)
    assert (process.returncode, out, said) == (code, b"", b"")


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["explain"], [*FIND, "--all", "-q"]])
def test_141_when_nobody_reads(arguments: list[str], folder: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = run(*arguments, cwd=folder, stdout=writer)
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.parametrize("form", ["table", "csv", "ndjson", "json"])
def test_141_when_the_reader_leaves_early(form: str, folder: Path) -> None:
    pipeline = f'"$0" {" ".join(FIND)} --all -q -f {form} | head -c 20; exit "${{PIPESTATUS[0]}}"'
    done = subprocess.run(
        ["bash", "-c", pipeline, *forked_command()], cwd=folder, capture_output=True, timeout=60, check=False
    )  # fmt: skip
    assert (done.returncode, len(done.stdout), done.stderr) == (141, 20, b"")


def test_files_are_written_before_a_reader_can_leave(folder: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = run(*FIND, "--all", "-q", "-f", "csv", "-o", "running", "-o", "csv:running", cwd=folder, stdout=writer)
    assert done.returncode == 2  # `running` has no extension
    done = run(*FIND, "--all", "-q", "-f", "csv", "-o", "csv:running", cwd=folder, stdout=writer)
    os.close(writer)
    assert done.returncode == 141
    assert (folder / "running").read_text().count("\n") == ROWS + 1
