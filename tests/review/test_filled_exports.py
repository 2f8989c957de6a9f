"""Filled in as each annotation tool does it, every answer comes back and makes the corrected dataset."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from hardneg_cli import apply
from hardneg_cli.review.annotation_tools._class_names import ANSWERS, offered
from hardneg_cli.review.decisions.decision import Decision
from support.annotation import LABELS, ROWS, Row, asked, decisions, following, lines, save, studio_result
from support.hostile_texts import HOSTILE
from support.result_tables import written

WAYS = ["keep", "accept", "other", "drop", "unsure", "nothing", "skip"]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(ROWS, tmp_path_factory.mktemp("data") / "data.ndjson")


@pytest.fixture(scope="module")
def queue(data: Path) -> pa.Table:
    return asked(data)


def plan(queue: pa.Table) -> Iterator[tuple[Row, str, str | None, str]]:
    """Of each row: itself, what is done, the label that is chosen, and the note."""
    for n, row in enumerate(queue.to_pylist()):
        way, label = WAYS[n % len(WAYS)], row["given_label"]
        chosen = {"keep": label, "accept": row["suggested_label"], "other": following(label, 2)}.get(way)
        yield row, way, chosen, HOSTILE[n % len(HOSTILE)] if n % 3 == 0 and way not in ("nothing", "skip") else ""


def intended(queue: pa.Table, reviewer: str, source: Path, *, skips: bool) -> set[Decision]:
    words = {"accept": "relabel", "other": "relabel", "skip": "unsure"}
    left = {"nothing"} if skips else {"nothing", "skip"}
    return {
        Decision(row["id"], row["row_hash"], row["given_label"], words.get(way, way),
                 label if words.get(way) == "relabel" and label else "", reviewer, source=str(source), note=note)
        for row, way, label, note in plan(queue)
        if way not in left
    }  # fmt: skip


def studio(queue: pa.Table) -> list[Row]:
    tasks = []
    for number, (task, (row, way, label, note)) in enumerate(
        zip(json.loads(written("label-studio", queue)), plan(queue), strict=True), 1
    ):
        label = row["suggested_label"] if way in ("drop", "unsure") else label
        made = {
            "id": number, "completed_by": {"id": 3, "email": "ann@x.org"}, "was_cancelled": way == "skip",
            "result": studio_result(way, label, note), "updated_at": "2026-11-20T10:00:00Z",
        }  # fmt: skip
        draft = {"result": studio_result("keep", row["given_label"], "a draft"), "user": 3}
        tasks.append(task | {"id": number, "annotations": [made] if way != "nothing" else [], "drafts": [draft]})
    return tasks


def studio_flat(queue: pa.Table) -> list[Row]:
    rows = []
    for task in studio(queue):
        flat = task["data"] | {"id": task["id"], "lead_time": 1.5, "created_at": "2026", "updated_at": "2026"}
        for made in task["annotations"] or [{"result": [], "completed_by": {"email": None}, "was_cancelled": False}]:
            values = {result["from_name"]: next(iter(result["value"].values()))[0] for result in made["result"]}
            if not made["was_cancelled"]:
                rows.append(
                    flat | values | {"annotator": made["completed_by"]["email"], "annotation_id": made.get("id")}
                )
    return rows


def separated(rows: list[Row], delimiter: str) -> bytes:
    """As Label Studio's converter does: all text quoted, nothing for None."""
    names = sorted({name for row in rows for name in row})
    out = io.StringIO()
    writer = csv.DictWriter(out, names, quoting=csv.QUOTE_NONNUMERIC, delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def one_list(way: str, label: str | None) -> list[str]:
    """What is chosen where classes and decisions are one list."""
    if label is not None:
        return [offered(label)]
    return [f"({way})"] if f"({way})" in ANSWERS else []


def prodigy(queue: pa.Table) -> list[Row]:
    tasks = []
    for line, (row, way, label, note) in zip(written("prodigy", queue).splitlines(), plan(queue), strict=True):
        task = json.loads(line) | {"_task_hash": 7, "_input_hash": 8, "_timestamp": 1, "_annotator_id": "ann@x.org"}
        assert task["accept"] == [offered(row["suggested_label"])]
        accepted = way not in ("skip", "nothing")
        task |= {"accept": one_list(way, label)} if accepted else {}
        task |= {"answer": "accept" if accepted else "ignore", "note": note} if way != "nothing" else {}
        tasks.append(task)
    return tasks


def argilla_records(queue: pa.Table, *, flat: bool) -> list[Row]:
    records = []
    for record, (_, way, label, note) in zip(json.loads(written("argilla", queue)), plan(queue), strict=True):
        status = {"skip": "discarded", "nothing": "draft"}.get(way, "submitted")
        label_given = one_list(way, label) or [offered(LABELS[0])]
        said = {"label": label_given[0]} | ({"note": note} if note else {})
        if flat:
            made = record["fields"] | record["metadata"] | {"_server_id": "x", "id": record["id"]}
            for name, value in said.items():
                made |= {f"{name}.responses": [value], f"{name}.responses.users": ["ann@x.org"]}
                made[f"{name}.responses.status"] = [status]
        else:
            made = record | {"status": "completed" if status == "submitted" else "pending"}
            made["responses"] = {name: [{"value": value, "user_id": "ann@x.org"}] for name, value in said.items()}
        records.append(made)
    return records


def doccano(queue: pa.Table) -> list[Row]:
    examples = []
    for line, (_, way, label, note) in zip(written("doccano", queue).splitlines(), plan(queue), strict=True):
        labels = ["(unsure)"] if way == "skip" else one_list(way, label)
        examples.append({"id": len(examples), **json.loads(line), "label": labels, "Comments": [note] if note else []})
    return examples


FORMS: dict[str, Callable[[pa.Table], bytes]] = {
    "label-studio.json": lambda queue: json.dumps(studio(queue)).encode(),
    "label-studio-min.json": lambda queue: json.dumps(studio_flat(queue), indent=2, ensure_ascii=False).encode(),
    "label-studio.csv": lambda queue: separated(studio_flat(queue), ","),
    "label-studio.tsv": lambda queue: separated(studio_flat(queue), "\t"),
    "prodigy.jsonl": lambda queue: lines(prodigy(queue)),
    "argilla.json": lambda queue: json.dumps(argilla_records(queue, flat=False)).encode(),
    "argilla-flat.json": lambda queue: json.dumps(argilla_records(queue, flat=True)).encode(),
    "argilla-flat.jsonl": lambda queue: lines(argilla_records(queue, flat=True)),
    "ann@x.org.jsonl": lambda queue: lines(doccano(queue)),
    "ann@x.org.json": lambda queue: json.dumps(doccano(queue)).encode(),
}
WITHOUT_SKIPS = ("label-studio-min.json", "label-studio.csv", "label-studio.tsv", "argilla.json")
every_form = pytest.mark.parametrize("name", FORMS)


@pytest.mark.slow
@every_form
def test_every_answer_comes_back(name: str, queue: pa.Table, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(FORMS[name](queue))
    said = decisions(path)
    assert set(said) == intended(queue, "ann@x.org", path, skips=name not in WITHOUT_SKIPS)
    assert len(said) == len(set(said)) > 100
    assert {decision.hashed.names for decision in said} == {("text",)}


@pytest.mark.slow
@every_form
def test_the_export_makes_the_corrected_dataset(name: str, data: Path, queue: pa.Table, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(FORMS[name](queue))
    apply(data, [path], output=tmp_path / "corrected.ndjson")
    expected = [
        row | {"label": row["label"] if label is None else label}
        for row, (_, way, label, _) in zip(ROWS, plan(queue), strict=True)
        if way != "drop"
    ]
    assert [json.loads(line) for line in (tmp_path / "corrected.ndjson").read_text().splitlines()] == expected
