"""The example of each command's help runs as it stands there."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from hardneg_cli import Findings, find
from hardneg_cli.cli.app import _run
from support.paths import PACKAGE

COMMANDS = (PACKAGE / "manual/commands.md").read_text(encoding="utf-8")
EXAMPLES = dict(re.findall(r"^Example: hardneg ((?:audit )?[a-z]+) ?(.*)$", COMMANDS, flags=re.MULTILINE))
IN_TURN = (
    "predict", "find", "mine", "dual", "harden", "refine", "assign", "audit draw", "audit estimate", "collect", "apply",
    "undo", "check", "diff", "compare", "explain",
)  # fmt: skip
ON_A_TERMINAL = {"review"}  # tests of its screen type into it
ROWS = 48
WORDS = {"pos": ("good", "great", "lovely", "fine"), "neg": ("bad", "awful", "dull", "poor")}


def table(first: int, *, labels: bool = True) -> pa.Table:
    rng = np.random.default_rng(first)
    given = [("pos", "neg")[row % 2] for row in range(ROWS)]
    texts = [f"a {' '.join(rng.choice(WORDS[label], 3))} film, number {first + row}" for row, label in enumerate(given)]
    return pa.table(
        {"id": [f"r{first + row}" for row in range(ROWS)], "text": texts, **({"label": given} if labels else {})}
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A committed dataset, and what people and models would have made of it."""
    where = tmp_path_factory.mktemp("examples")
    pyarrow.csv.write_csv(table(0), where / "data.csv")
    pyarrow.csv.write_csv(table(1000, labels=False), where / "pool.csv")
    for command in ("init -q", "add data.csv", "-c user.name=a -c user.email=a@b commit -qm data"):
        subprocess.run(["git", *command.split()], cwd=where, check=True)
    return where


def prepared(command: str, folder: Path) -> None:
    """What the example of the command finds in the folder, and no example before it has made."""
    if command in ("find", "assign"):
        found = find(str(folder / "data.csv"), probs=str(folder / "probs.parquet"), decisions=())
        pq.write_table(every_row(found), folder / "scores.parquet")
    if command == "audit estimate":
        audit = pyarrow.csv.read_csv(folder / "audit.csv")
        filled = pa.array(["keep"] * len(audit))
        pyarrow.csv.write_csv(
            audit.set_column(audit.column_names.index("decision"), "decision", filled), folder / "audit.csv"
        )
    if command == "collect":
        queue = every_row(find(str(folder / "data.csv"), probs=str(folder / "probs.parquet"), decisions=()))
        queue = queue.slice(0, 2).set_column(1, "decision", pa.array(["relabel"] * 2))
        queue = queue.set_column(2, "new_label", queue["suggested_label"])
        pyarrow.csv.write_csv(queue, folder / "queue.csv")
    if command == "undo":
        _hardneg("apply", "data.csv -o clean.csv --provenance why.json")
    if command == "compare":
        _hardneg("predict", "data.csv --text text --model knn -o old.parquet")


def every_row(found: Findings) -> pa.Table:
    return found.table(found.ranked)


def _hardneg(command: str, rest: str) -> int:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["hardneg", *command.split(), *shlex.split(rest)])
        return _run()


def test_every_command_has_an_example_that_is_run() -> None:
    assert {*IN_TURN, *ON_A_TERMINAL} == set(EXAMPLES)
    assert set(re.findall(r"^## hardneg ([a-z ]+)$", COMMANDS, flags=re.MULTILINE)) == set(EXAMPLES)


@pytest.mark.slow
def test_the_examples_run_one_after_the_other(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    for command in IN_TURN:
        prepared(command, folder)
        assert _hardneg(command, EXAMPLES[command]) == 0, command
        for file in re.findall(r"-o (\S+)", EXAMPLES[command]):
            assert (folder / file).stat().st_size, file
