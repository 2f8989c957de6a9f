"""A folder may hold files of any name: nothing in it is imported, by the command or by the processes that it starts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.command import COMMAND

ROWS = [f"{row},{'ab'[row % 2]},{row % 7},0.{row % 9}5,0.{9 - row % 9}5" for row in range(60)]
LIBRARIES = (
    "boltons", "cleanlab", "click", "cloudpickle", "dask", "datasets", "distributed", "filelock", "fsspec", "jinja2",
    "joblib", "matplotlib", "msgpack", "numpy", "openpyxl", "pandas", "PIL", "psutil", "pyarrow", "pynvml", "rapidfuzz",
    "rich", "scipy", "sitecustomize", "sklearn", "textual", "threadpoolctl", "toolz", "torch", "tornado", "tqdm",
    "typer", "usercustomize", "xlsxwriter", "yaml", "zict",
)  # fmt: skip
OF_MINUS_M = "import sys; a = {*sys.modules}; import runpy; print(*{n.partition('.')[0] for n in {*sys.modules} - a})"


@pytest.fixture
def planted(tmp_path: Path) -> Path:
    """A folder in which a module lies for every name that an import may ask for, and each leaves a trace."""
    folder = tmp_path / "planted"
    folder.mkdir()
    done = subprocess.run([sys.executable, "-c", OF_MINUS_M], capture_output=True, text=True, check=True)
    python_s_own = {*done.stdout.split()}  # imported before any module is run with -m
    for name in (*sys.stdlib_module_names, *LIBRARIES):
        if name not in python_s_own and not name.startswith("_"):
            (folder / f"{name}.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'a').write({name!r} + ' ')\n1 / 0\n")
    (folder / "data.csv").write_text("\n".join(["id,label,x,prob_a,prob_b", *ROWS]) + "\n")
    return folder


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """As a module, which by itself has the working folder first on its path."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HARDNEG_", "PYTHONSAFEPATH"))}
    return subprocess.run(
        [*COMMAND, *arguments], cwd=folder, env=kept, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip


@pytest.mark.process
def test_the_command_imports_nothing_of_the_folder(planted: Path) -> None:
    done = run(planted, "find", "data.csv", "--features", "x", "--all", "-o", "q.xlsx", "-o", "q.parquet")
    assert not (planted.parent / "ran").exists(), (planted.parent / "ran").read_text()
    assert done.returncode == 0, done.stderr


@pytest.mark.process
@pytest.mark.dask
def test_the_workers_of_a_cluster_import_nothing_of_it(planted: Path) -> None:
    import pyarrow.csv
    import pyarrow.parquet as pq

    pq.write_table(pyarrow.csv.read_csv(planted / "data.csv"), planted / "data.parquet")
    done = run(planted, "find", "data.parquet", "--probs", "data.parquet", "--engine", "dask", "-o", "q.csv")
    assert not (planted.parent / "ran").exists(), (planted.parent / "ran").read_text()
    assert done.returncode == 0, done.stderr
