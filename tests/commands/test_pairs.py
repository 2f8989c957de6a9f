"""Preference pairs: what reviewers relabeled and nobody contradicts, as trainers of preferences read it."""

from __future__ import annotations

import csv
import json
import random
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest

from hardneg_cli import load
from support.command import hardneg, started

pytestmark = pytest.mark.process

LOG = "data.csv.decisions.ndjson"
TEXTS = ["plain", 'two\nlines, "quoted"', "=cmd|' /C calc'!A0", "\u202eright to left 猫 \U0001f600", "<script>", "007"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write(
        "data.csv",
        [{"id": f"{row:020d}", "label": "cat", "text": text, "by": f"b{row}"} for row, text in enumerate(TEXTS)],
    )
    return tmp_path


def write(name: str, rows: list[dict[str, str]]) -> str:
    with open(name, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return name


def filled(reviewer: str, *answers: str) -> str:
    """A queue with an answer a row: a decision, or a new label."""
    dataset = load("data.csv")
    hashes = dataset.row_hashes(np.arange(len(dataset)))
    rows = []
    for row, answer in enumerate(answers):
        word = answer in ("keep", "drop", "unsure", "")
        rows.append({
            "id": dataset.ids[row].as_py(), "decision": answer if word else "", "new_label": "" if word else answer,
            "given_label": "cat", "suggested_label": "bird", "score": "0.9", "text": TEXTS[row], "by": f"b{row}",
            "row_hash": hashes[row], "reviewer": reviewer,
        })  # fmt: skip
    return write(f"{reviewer}.csv", rows)


def run(*arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = hardneg("collect", *arguments, text=True)
    assert done.returncode == code, done.stderr
    return done


def pairs(name: str = "pairs.jsonl") -> list[dict[str, str]]:
    return [json.loads(line) for line in Path(name).read_text(encoding="utf-8").split("\n") if line]


def test_relabels_only_with_the_text_as_it_is(folder: Path) -> None:
    queue = filled("ann", "dog", "None", "keep", "[bold]猫", "drop", "unsure")
    done = run(queue, "--data", "data.csv", "--text", "text", "-o", "pairs.jsonl", "-o", "conflicts.csv")
    assert done.stdout == ""
    assert "3 preference pairs" in done.stderr.splitlines()
    assert pairs() == [
        {"id": f"{row:020d}", "prompt": TEXTS[row], "chosen": label, "rejected": "cat"}
        for row, label in ((0, "dog"), (1, "None"), (3, "[bold]猫"))
    ]
    before = Path("pairs.jsonl").read_bytes()
    run(queue, "--data", "data.csv", "--text", "text", "-o", "pairs.jsonl", "-q")
    assert Path("pairs.jsonl").read_bytes() == before


def test_all_columns_where_none_is_the_text(folder: Path) -> None:
    run(filled("ann", "dog"), "--data", "data.csv", "-o", "PAIRS.JSONL", "-q")
    assert pairs("PAIRS.JSONL")[0]["prompt"] == "text: plain\nby: b0"


def test_the_queue_has_the_text_where_the_data_are_not_named(folder: Path) -> None:
    queue = filled("ann", "dog", "dog")
    run(queue, "--decisions", "log", "--text", "text", "-o", "pairs.jsonl", "-q")
    assert [row["prompt"] for row in pairs()] == TEXTS[:2]
    run(queue, "--decisions", "log", "-o", "pairs.jsonl", "-q")
    assert pairs()[0]["prompt"] == "text: plain\nby: b0"
    done = run(queue, "--decisions", "log2", "--text", "txt", "-o", "pairs.jsonl", code=2)
    assert "no column 'txt' for --text in the queues; did you mean 'text'?" in done.stderr
    assert not Path("log2").exists()


def test_conflicts_are_left_out_until_they_are_settled(folder: Path) -> None:
    files = [filled("ann", "dog", "dog", "dog"), filled("bob", "dog", "bird", "unsure"), filled("joe", "", "bird")]
    named = ("--data", "data.csv", "--text", "text", "-o", "pairs.jsonl", "-o", "conflicts.csv")
    run(*files, *named, code=1)
    assert [(row["id"][-1], row["chosen"]) for row in pairs()] == [("0", "dog"), ("2", "dog")]
    run(*files, *named, "--policy", "majority")
    assert [(row["id"][-1], row["chosen"]) for row in pairs()] == [("0", "dog"), ("1", "bird"), ("2", "dog")]


def test_rows_of_other_content_are_told_and_left_out(folder: Path) -> None:
    queue = filled("ann", "dog", "dog")
    Path("data.csv").write_text(
        Path("data.csv").read_text(encoding="utf-8").replace("plain", "edited"), encoding="utf-8"
    )
    done = run(queue, "--data", "data.csv", "--text", "text", "-o", "pairs.jsonl")
    assert (
        "1 preference pairs; 1 relabeled rows are left out, whose content is not there or another one now"
        in done.stderr
    )
    assert len(pairs()) == 1


def test_none_is_an_empty_file_and_bad_input_writes_nothing(folder: Path) -> None:
    queue = filled("ann", "keep")
    run(queue, "--data", "data.csv", "-o", "pairs.jsonl", "-q")
    assert Path("pairs.jsonl").read_bytes() == b""
    before = set(Path().iterdir())
    done = run(queue, "--data", "data.csv", "--text", "txt", "-o", "other.jsonl", code=2)
    assert "no column 'txt' for --text; did you mean 'text'?" in done.stderr
    assert set(Path().iterdir()) == before


def test_a_killed_run_leaves_no_half_file(folder: Path) -> None:
    files = [filled("ann", "dog", "dog", "keep"), filled("bob", "dog", "bird", "keep")]
    command = ["collect", *files, "--data", "data.csv", "-q"]
    command += ["-o", "conflicts.csv", "-o", "pairs.jsonl"]
    start = time.monotonic()
    hardneg(*command)
    took, names = time.monotonic() - start, ("conflicts.csv", "pairs.jsonl")
    whole, moments = [Path(name).read_bytes() for name in names], random.Random(0)
    for _ in range(4):
        for name in (*names, LOG):
            Path(name).unlink(missing_ok=True)
        process = started(*command)
        time.sleep(took * moments.uniform(0.3, 1))
        process.send_signal(signal.SIGKILL)
        process.wait()
        for name, content in zip(names, whole, strict=True):
            assert not Path(name).exists() or Path(name).read_bytes() == content
        if any(Path(name).exists() for name in names):
            assert len(Path(LOG).read_text().splitlines()) == 6  # the log comes first


def test_trainers_load_it(folder: Path) -> None:
    datasets = pytest.importorskip("datasets", reason="the library that trainers load such files with is not installed")
    run(filled("ann", "dog", "None", "007"), "--data", "data.csv", "--text", "text", "-o", "pairs.jsonl", "-q")
    found = datasets.load_dataset("json", data_files="pairs.jsonl", split="train", cache_dir=str(folder / "cache"))
    assert found.column_names == ["id", "prompt", "chosen", "rejected"]
    assert found["chosen"][:] == ["dog", "None", "007"]
    assert found["prompt"][:] == TEXTS[:3]
