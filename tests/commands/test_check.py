"""The gate: what passes, what is refused and by which rows, what cannot be judged; exit codes with real processes."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from hardneg_cli import Columns, Findings, InputError, load
from hardneg_cli.data import snapshot
from hardneg_cli.runtime import drawers
from hardneg_cli.verbs.check import check
from hardneg_cli.verbs.explain import manual
from hardneg_cli.verbs.find import find
from support.checked_rows import COPY, ROWS, blamed, hardneg, hashed, judged, put, said, table
from support.paths import PACKAGE


def write_state(found: Findings, path: Path) -> None:
    snapshot.write(found.dataset, found.flagged, found.score, path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    from pyarrow import csv

    csv.write_csv(table(ROWS), tmp_path / "base.csv")
    csv.write_csv(table(put(3, "Cta")), tmp_path / "head.csv")
    return tmp_path


@pytest.mark.process
def test_failing_warning_and_exit_zero(folder: Path) -> None:
    arguments = ("check", "head.csv", "--base", "base.csv")
    assert hardneg(folder, *arguments, "--exit-zero").returncode == 0
    done = hardneg(folder, *arguments, "--warn-on", "new-class")
    assert (done.returncode, done.stderr) == (0, "")
    assert "warned" in done.stdout
    done = hardneg(folder, *arguments, "--exit-zero", "--require", "leak")
    assert done.returncode == 2
    assert "gate leak is required and cannot judge: no split column" in done.stderr
    assert hardneg(folder, *arguments, "--require", "leak").returncode == 1, "no is no, whatever else was not judged"
    done = hardneg(folder, *arguments, "-q")
    assert (done.returncode, "r3" in done.stdout) == (1, True)
    done = hardneg(folder, *arguments, "-q", "--allow-class", "Cta")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    done = hardneg(folder, *arguments, "-o", "out.json")
    assert (done.returncode, done.stdout) == (1, "")
    assert "failed: new-class: 1 class is new" in done.stderr
    assert "not judged: leak: no split column" in done.stderr
    assert json.loads((folder / "out.json").read_text())["passed"] is False


@pytest.mark.process
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--fail-on", "contradicton"], "no gate 'contradicton'; did you mean 'contradiction'?"),
        (["--require", "x"], "no gate 'x'"),
        (["--fail-on", "leak", "--warn-on", "leak"], "gate 'leak' is named by both"),
        (["--set", "new-class.x=1"], "gate 'new-class' has no setting 'x'"),
        (["--set", "new-clas.x=1"], "no gate or detector 'new-clas'; did you mean 'new-class'?"),
        (["--set", "x"], "not of the form gate.setting=value"),
        (["--base", "git:HEAD", "--state", "x"], "--base and --state exclude each other"),
        (["--base", "bsae.csv"], "no file 'bsae.csv'; did you mean 'base.csv'?"),
        (["--state", "base.csv"], "not a state that find --state wrote"),
        (["--queue", "open.csv"], "no probabilities: name them with --probs"),
        (["-f", "tex"], "no report 'tex'; did you mean 'text'?"),
        (["--base", "base.csv", "-o", "txt:base.csv"], "no report for '.csv'"),
        (["--base", "base.csv", "-o", "text:base.csv"], "is also an input"),
    ],
)
def test_what_is_refused(arguments: list[str], words: str, folder: Path) -> None:
    done = hardneg(folder, "check", "head.csv", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (folder / "open.csv").exists()


BROKEN = '''"""Divides by zero."""
from hardneg_cli.data.dataset import Dataset
from hardneg_cli.gating.verdict import Verdict
BY_DEFAULT = "fail"
def judge(dataset: Dataset) -> Verdict:
    return Verdict(1 / 0 > 0, "")
'''
ODD = '''"""No id is odd."""
import numpy as np
from hardneg_cli.data.dataset import Dataset
from hardneg_cli.gating.verdict import Verdict
BY_DEFAULT = None
def judge(dataset: Dataset, *, at_most: int = 3) -> Verdict:
    """at_most: so many odd ids are even."""
    rows = np.array([1, 3])
    return Verdict(at_most > 1, "two ids are odd", rows, lambda places: ["it is odd" for _ in places])
'''


@pytest.mark.process
def test_a_gate_is_one_file_and_a_crash_in_it_is_3(folder: Path) -> None:
    shutil.copytree(PACKAGE, folder / "hardneg_cli")
    (folder / "hardneg_cli/gating/gates/odd_id.py").write_text(ODD)
    arguments = ("check", "base.csv", "--base", "base.csv")
    assert "odd-id" not in hardneg(folder, *arguments, home=folder).stdout, "it is asked only by name"
    assert hardneg(folder, *arguments, "--fail-on", "odd-id", home=folder).returncode == 0
    done = hardneg(folder, *arguments, "--require", "odd-id", "--set", "odd-id.at-most=1", home=folder)
    assert (done.returncode, done.stderr) == (1, "hardneg: base.csv fails odd-id (2 rows)\n")
    assert "odd-id.at_most = 3" in hardneg(folder, "explain", "odd-id", home=folder).stdout
    (folder / "hardneg_cli/gating/gates/broken.py").write_text(BROKEN)
    for more in ((), ("--exit-zero",), ("--warn-on", "broken")):
        done = hardneg(folder, *arguments, *more, "-o", "out.json", home=folder)
        assert (done.returncode, done.stdout) == (3, "")
        assert "ZeroDivisionError" in done.stderr
        assert not (folder / "out.json").exists()


@pytest.mark.process
def test_without_a_model_nothing_heavy_is_loaded(folder: Path) -> None:
    code = """
import os, sys
from hardneg_cli.cli.app import main
sys.argv = ["hardneg", "check", "head.csv", "--base", "base.csv", "-q"]
leave = os._exit
def leaving(code):
    print(code, [name for name in ("sklearn", "cleanlab", "scipy") if name in sys.modules], flush=True)
    leave(code)
os._exit = leaving
main()
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1] == "1 []"


@pytest.mark.process
def test_the_queue_holds_what_is_changed_flagged_and_undecided(tmp_path: Path) -> None:
    from pyarrow import csv

    wrong = put(3, "dog", rows=put(9, "dog"))
    for name, rows in (("base", put(9, "dog")), ("head", wrong)):
        p = {f"prob_{label}": [0.9 if row[1] == label else 0.05 for row in ROWS] for label in ("ant", "cat", "dog")}
        csv.write_csv(table(rows, **p), tmp_path / f"{name}.csv")
    arguments = ("check", "head.csv", "--base", "base.csv", "--queue", "open.csv", "--exit-zero")
    done = hardneg(tmp_path, *arguments)
    assert done.returncode == 0, done.stderr
    lines = (tmp_path / "open.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in lines] == ["id", "r3"]
    (tmp_path / "head.csv.decisions.ndjson").write_text(
        json.dumps({"v": 1, "id": "r3", "row_hash": hashed(3), "given": "dog", "decision": "keep", "reviewer": "ann"})
    )
    assert hardneg(tmp_path, *arguments).returncode == 0
    assert (tmp_path / "open.csv").read_text().count("\n") == 1


def test_a_state_stands_for_its_base(tmp_path: Path) -> None:
    path = tmp_path / "train.state"
    write_state(find(table(ROWS), decisions=()), path)
    rows = put(3, "Cta", rows=put(4, text="edited"))
    head = table([*rows[:50], *rows[51:], COPY], added=["x"] * 60)
    one, other = (check(head, decisions=(), **how) for how in ({"state": path}, {"base": table(ROWS)}))
    for report in (one, other):
        assert report.changes is not None
        assert [blamed(report, gate) for gate in ("contradiction", "new-class")] == [["n1"], ["r3"]]
    for part in ("place", "edited", "relabeled"):
        assert (getattr(one.changes, part) == getattr(other.changes, part)).all()
    assert one.changes.dropped.to_pylist() == ["r50"]
    apart = [*ROWS, ("n1", "cat", "sentence number 5")]  # contradicts r5, and did so before
    write_state(find(table(apart), decisions=()), path)
    lost = table(apart).append_column("other", pa.array(["x"] * 61)).drop_columns(["text"])
    report = check(lost, state=path, decisions=[said(3, "keep")], columns=Columns(split="label"))
    assert report.changes is None
    assert "lacks 'text'" in " ".join(report.notes)
    for gate in ("contradiction", "leak", "reverted"):
        assert judged(report, gate).reason == "what changed since the base cannot be told"
    assert judged(report, "new-class").outcome == "passed"


@pytest.mark.parametrize("gate", drawers.names("gate"))
def test_every_gate_explains_itself(gate: str) -> None:
    text = manual(gate)
    function = drawers.load("gate", gate)
    assert "Needs: " in text
    assert all(f"{gate}.{setting} = " in text for setting in drawers.settings(function.judge))
    assert function.BY_DEFAULT in ("fail", "warn", None)


def test_a_state_without_ids_and_its_size(tmp_path: Path) -> None:
    path = tmp_path / "train.state"
    many = [(f"row {row:06}", ("cat", "dog")[row % 2], f"sentence {row * 7919 % 100_003}") for row in range(20_000)]
    write_state(find(table(many), decisions=()), path)
    assert path.stat().st_size < 30 * len(many)
    bare = table(ROWS).drop_columns(["id"])
    write_state(find(bare, decisions=()), path)
    report = check(bare.take(pa.array(range(59, -1, -1))).append_column("new", pa.array(["x"] * 60)), state=path)
    assert report.changes is not None
    assert not report.changes.changed.any()
    with pytest.raises(InputError, match="a state of data whose ids are not those"):
        check(table(ROWS), state=path)


def test_copies_are_the_rows_whose_folded_cells_are_all_equal() -> None:
    """Column by column, as one key of all cells would say."""
    import numpy as np

    from hardneg_cli.data.row_identity import keyed
    from hardneg_cli.data.text_normalization import folded
    from hardneg_cli.detection.evidence.copies import gather

    cells = [
        "",
        " ",
        "a",
        " a",
        "a\u00a0b",
        "a  b",
        "a b",
        "a\tb",
        "\uff41 b",
        "a\u1680b",
        "\u2028",
        "\ufb01",
        "fi",
        None,
    ]
    rng = np.random.default_rng(1)
    for columns in (1, 2, 4):
        names = [f"c{column}" for column in range(columns)]
        content = pa.table({name: pa.array(list(rng.choice(cells, 300)), pa.string()) for name in names})
        dataset = load(content.append_column("label", pa.array(["x", "y"] * 150)))
        copies = gather(dataset)
        keys = keyed(pa.table({name: folded(content[name]) for name in names})).to_pylist()
        places = {key: place for place, key in enumerate(dict.fromkeys(keys))}
        assert copies.group.tolist() == [places[key] for key in keys]
        blank = keyed(pa.table({name: [""] for name in names}))[0].as_py()
        assert copies.empty.tolist() == [key == blank and keys.count(key) > 1 for key in keys]


@pytest.mark.process
@pytest.mark.parametrize(("allowed", "code"), [("0", 1), ("100%", 0)])
def test_open_rows_have_a_budget(allowed: str, code: int, tmp_path: Path) -> None:
    """That it is set asks the gate."""
    labels = ["cat" if row % 2 else "dog" for row in range(40)]
    lines = [f"r{row},{label},{0.9 if (label == 'cat') != (row == 7) else 0.1}" for row, label in enumerate(labels)]
    rows = [f"{line},{1 - float(line.rpartition(',')[2]):.1f}" for line in lines]
    (tmp_path / "data.csv").write_text("id,label,prob_cat,prob_dog\n" + "\n".join(rows) + "\n")
    done = hardneg(tmp_path, "check", "data.csv", "--max-open", allowed, "--alpha", "0.05")
    assert done.returncode == code, done.stdout + done.stderr
    assert "budget" in done.stdout
