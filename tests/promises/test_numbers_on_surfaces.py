"""Labels that are numbers of a `ClassLabel`, beside columns that nobody is shown: whatever surface is answered on, the
right numbers come out, and nothing else changes.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from support.annotation import studio_result
from support.browser import downloaded, press
from support.command import hardneg

NAMES = ["World", "Sports", "Business", "Sci/Tech"]
ROWS, WRONG = 160, 8
SURFACES = (
    "queue.csv",
    "queue.html",
    "label-studio:ls.json",
    "prodigy:pr.jsonl",
    "argilla:ar.json",
    "doccano:do.jsonl",
)
Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data, of which some labels are wrong and every surface that they are answered on."""
    folder, rng = tmp_path_factory.mktemp("news"), np.random.default_rng(0)
    true = rng.permutation(np.arange(ROWS) % len(NAMES))
    wrong = np.isin(np.arange(ROWS), rng.choice(ROWS, WRONG, replace=False))
    probs = np.full((ROWS, len(NAMES)), 0.01)
    probs[np.arange(ROWS), true] = 0.97
    columns: dict[str, Any] = {"text": [f"row {row} of {NAMES[code]}" for row, code in enumerate(true)]}
    columns |= {"label": np.where(wrong, (true + 1) % len(NAMES), true)}
    columns |= {f"f{place}": rng.random(ROWS) for place in range(12)}
    said = {"info": {"features": {"label": {"names": NAMES, "_type": "ClassLabel"}}}}
    table = pa.table(columns).replace_schema_metadata({b"huggingface": json.dumps(said).encode()})
    pq.write_table(table, folder / "news.parquet")
    np.save(folder / "p.npy", probs)
    np.save(folder / "true.npy", true)
    outputs = [part for surface in SURFACES for part in ("-o", surface)]
    chosen = ("--features", "f*", "--probs", "p.npy", "--detector", "doubtful-label")
    run = ("find", "news.parquet", "--text", "text", *chosen, "-q", *outputs)
    hardneg(*run, cwd=folder, check=True)
    return folder


def asked(folder: Path) -> Rows:
    with (folder / "queue.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == WRONG
    assert {row["given_label"] for row in rows} | {row["suggested_label"] for row in rows} <= set(NAMES)
    assert not [name for name in rows[0] if name.startswith("f") and name[1:].isdigit()]
    return rows


def corrected(folder: Path, answers: str) -> None:
    """Whether applying the answers gives the true numbers in the type that they had, and all else as it was."""
    hardneg("apply", "news.parquet", answers, "--text", "text", "-o", "clean.parquet", cwd=folder, check=True)
    before, after = pq.read_table(folder / "news.parquet"), pq.read_table(folder / "clean.parquet")
    assert after.schema.equals(before.schema, check_metadata=True)
    assert after["label"].to_pylist() == np.load(folder / "true.npy").tolist()
    assert after.drop_columns(["label"]).equals(before.drop_columns(["label"]))


def studio(tasks: Rows, labels: list[str]) -> Rows:
    made = {"completed_by": {"id": 3, "email": "ann"}, "was_cancelled": False, "updated_at": "2026-11-20T10:00:00Z"}
    return [task | {"id": n, "annotations": [made | {"id": n, "result": studio_result("accept", label, "")}]}
            for n, (task, label) in enumerate(zip(tasks, labels, strict=True))]  # fmt: skip


def prodigy(tasks: Rows, labels: list[str]) -> Rows:
    added = {"_task_hash": 7, "_input_hash": 8, "_timestamp": 1, "_annotator_id": "ann", "answer": "accept"}
    return [task | added | {"accept": [label]} for task, label in zip(tasks, labels, strict=True)]


def argilla(tasks: Rows, labels: list[str]) -> Rows:
    return [task | {"status": "completed", "responses": {"label": [{"value": label, "user_id": "ann"}]}}
            for task, label in zip(tasks, labels, strict=True)]  # fmt: skip


def doccano(tasks: Rows, labels: list[str]) -> Rows:
    return [{"id": n, **task, "label": [label], "Comments": []} for n, (task, label) in
            enumerate(zip(tasks, labels, strict=True))]  # fmt: skip


FILLED: dict[str, Callable[[Rows, list[str]], Rows]] = {
    "ls.json": studio, "pr.jsonl": prodigy, "ar.json": argilla, "do.jsonl": doccano,
}  # fmt: skip


@pytest.mark.process
@pytest.mark.parametrize("name", FILLED)
def test_an_annotation_tool_shows_names_and_gives_numbers(folder: Path, name: str) -> None:
    text = (folder / name).read_text()
    lined = name.endswith(".jsonl")
    tasks = [json.loads(line) for line in text.splitlines()] if lined else json.loads(text)
    rows = asked(folder)
    for row, task in zip(rows, tasks, strict=True):
        told = json.dumps(task, ensure_ascii=False)
        assert all(word in told for word in (row["text"], row["given_label"], row["suggested_label"], row["why"][:30]))
    filled = FILLED[name](tasks, [row["suggested_label"] for row in rows])
    written = "".join(json.dumps(task) + "\n" for task in filled) if lined else json.dumps(filled)
    (folder / f"ann.{name}").write_text(written)
    corrected(folder, f"ann.{name}")


@pytest.mark.process
def test_a_filled_queue_gives_numbers(folder: Path) -> None:
    rows = [row | {"decision": "relabel", "new_label": row["suggested_label"]} for row in asked(folder)]
    with (folder / "filled.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    corrected(folder, "filled.csv")


@pytest.mark.browser
def test_the_page_shows_names_and_gives_numbers(folder: Path, browser: Any, tmp_path: Path) -> None:
    browser.get((folder / "queue.html").as_uri())
    for _ in asked(folder):
        press(browser, "a")
    browser.find_element("id", "save").click()
    saved = downloaded(tmp_path / "queue.decided.csv")
    (folder / "page.csv").write_bytes(saved.read_bytes())
    corrected(folder, "page.csv")
