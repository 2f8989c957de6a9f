"""What people answer in annotation tools comes back as exactly that.

`exports/` has what the real tools exported; the larger rounds fill in what hardneg wrote as those tools do.
"""

from __future__ import annotations

import base64
import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardneg_cli import InputError, apply, find
from hardneg_cli.cli.outputs import refuse_overwriting_inputs, targets, write
from hardneg_cli.io.files.source import sources
from hardneg_cli.review.annotation_tools._class_names import ANSWERS, UNSAFE, chosen, offered
from hardneg_cli.review.decisions.decision import Decision
from hardneg_cli.review.decisions.filled_queue import AutoPolicy, export, read_queue
from hardneg_cli.verbs.collect import collect
from support.hostile_texts import HOSTILE
from support.paths import EXPORTS
from support.result_tables import findings, written

Row = dict[str, Any]
REAL = EXPORTS
TOOLS = ("label-studio:q.json", "prodigy:q.jsonl", "argilla:q.json", "doccano:q.jsonl")
LABELS = [
    "=cmd|' /C calc'!A0", "-1+1", "007", "12345678901234567890", "None", "two\nlines", "🦊", "مرحبا", " x ", "<b>",
    "eight ", "\x1b[31mred", "lone\rcr", "\u202egnp", "(drop)", "(unsure)", "drop", '"quoted"', '"open', "a#b", "a  b",
    "$text", "null", '{"choices":["a"]}', '["a"]', "l" * 99, "é", "e\u0301", "&amp;", "\ufeffbom",
]  # fmt: skip
WAYS = ["keep", "accept", "other", "drop", "unsure", "nothing", "skip"]
IDS = list(dict.fromkeys(f"{text}{copy or ''}" for copy in range(4) for text in HOSTILE if text.strip()))
ROWS = [
    {"id": id_, "label": LABELS[n * 7 % len(LABELS)], "text": HOSTILE[n * 3 % len(HOSTILE)]}
    for n, id_ in enumerate(IDS)
]


def following(label: str, steps: int) -> str:
    return LABELS[(LABELS.index(label) + steps) % len(LABELS)]


def save(rows: list[Row], path: Path) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def asked(data: Path) -> pa.Table:
    """Every row, in the order of the file, with the next label as the suggestion."""
    found = find(data, detectors=["rare-label"])
    table = found.table(found.select(every=True), ("text",))
    place = {id_: row for row, id_ in enumerate(table["id"].to_pylist())}
    table = table.take([place[json.loads(line)["id"]] for line in data.read_text().splitlines()])
    suggested = [following(label, 1) for label in table["given_label"].to_pylist()]
    return table.set_column(table.column_names.index("suggested_label"), "suggested_label", pa.array(suggested))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(ROWS, tmp_path_factory.mktemp("data") / "data.ndjson")


@pytest.fixture(scope="module")
def queue(data: Path) -> pa.Table:
    return asked(data)


def decisions(path: Path, reviewer: str | None = None) -> tuple[Decision, ...]:
    return read_queue(sources(str(path))[0], reviewer, AutoPolicy()).decisions


# ------------------------------------------------------------------------------------------- what the real tools wrote

NOTE = "see\r\n\x1b[1m'it' 🦊"
ANSWERED = {
    "007": ("keep", "", ""), "12345678901234567890": ("relabel", "(drop)", NOTE), "None": ("relabel", "cat", ""),
    "two\nlines": ("drop", "", NOTE), "🦊": ("unsure", "", ""), "<b>": ("unsure", "", ""),
    "\x1b[31mred": ("relabel", "cat", NOTE), "lone\rcr": ("keep", "", ""), "=cmd|' /C calc'!A0": ("drop", "", NOTE),
}  # fmt: skip
USER = "00000000-0000-0000-0000-000000000007"


@pytest.mark.parametrize(
    ("name", "reviewer", "unknown"),
    [
        ("label_studio.json", "1", set()),
        ("label_studio_min.json", "1", {"<b>"}),  # skipped tasks are in the JSON alone
        ("label_studio.csv", "1", {"<b>"}),
        ("label_studio.tsv", "1", {"<b>"}),
        ("argilla_flat.json", USER, set()),
        ("argilla_datasets.jsonl", USER, {"<b>", "None"}),
        ("argilla.json", USER, {"<b>"}),  # it does not say which answers were discarded
        ("all.jsonl", "me", set()),
        ("ann.jsonl", "ann", set()),
        ("doccano.json", "doccano", set()),
    ],
)
def test_what_the_real_tool_exported(name: str, reviewer: str, unknown: set[str]) -> None:
    said = [one for one in decisions(REAL / name, "me" if name == "all.jsonl" else None) if one.reviewer == reviewer]
    assert {one.id: (one.decision, one.new_label, one.note) for one in said} == {
        id_: answer for id_, answer in ANSWERED.items() if id_ not in unknown
    }
    assert len(said) == len(ANSWERED) - len(unknown)


@pytest.mark.parametrize("name", ["label_studio.json", "label_studio_min.json", "label_studio.csv", "label_studio.tsv"])
def test_every_annotator_is_a_reviewer(name: str) -> None:
    other = [one for one in decisions(REAL / name) if one.reviewer != "1"]
    assert [(one.id, one.reviewer, one.decision) for one in other] == [("007", "2", "drop")]


def test_labels_that_a_csv_runs_together_are_refused() -> None:
    with pytest.raises(InputError, match="export the project as JSONL"):
        decisions(REAL / "doccano.csv")


# ---------------------------------------------------------------------------------------- filled in as the tools do it


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


def studio_result(way: str, label: str | None, note: str) -> list[Row]:
    """In the order of the controls; the suggestion stays where a decision was taken without it."""
    answers = [
        ("label", "choices", label and offered(label)),
        ("decision", "choices", way * (way in ("drop", "unsure"))),
    ]
    given = [(*answer[:2], answer[2]) for answer in (*answers, ("note", "text", note)) if answer[2]]
    return [
        {"from_name": name, "to_name": "text", "type": kind, "value": {kind: [value]}} for name, kind, value in given
    ]


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


def lines(rows: list[Row]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


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


@every_form
def test_every_answer_comes_back(name: str, queue: pa.Table, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(FORMS[name](queue))
    said = decisions(path)
    assert set(said) == intended(queue, "ann@x.org", path, skips=name not in WITHOUT_SKIPS)
    assert len(said) == len(set(said)) > 100
    assert {decision.hashed.names for decision in said} == {("text",)}


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


# -------------------------------------------------------------------------------------------------------- single rules


@pytest.fixture
def small(tmp_path: Path) -> pa.Table:
    return asked(save(ROWS[:3], tmp_path / "small.ndjson"))


def annotation(who: object, label: str, at: str = "2026-11-20", **more: object) -> Row:
    return {"completed_by": who, "updated_at": at, "result": studio_result("", label, ""), **more}


def test_the_last_answer_of_an_annotator_counts_and_several_make_a_conflict(small: pa.Table, tmp_path: Path) -> None:
    tasks = json.loads(written("label-studio", small))
    label = ROWS[0]["label"]
    tasks[0]["annotations"] = [
        annotation(1, following(label, 3), "2026-11-21"),
        annotation(1, label, "2026-11-20"),
        annotation(None, label) | {"completed_by": {"id": 2, "email": "bob@x.org"}},
    ]
    (tmp_path / "export.json").write_text(json.dumps(tasks))
    said = {one.reviewer: one.answer for one in decisions(tmp_path / "export.json")}
    assert said == {"1": f"relabel to {following(label, 3)!r}", "bob@x.org": "keep"}
    found = collect([tmp_path / "export.json"], tmp_path / "log.ndjson")
    assert [{one.reviewer for one in group} for group in found.conflicts] == [{"1", "bob@x.org"}]
    assert found.undecided == 2
    assert found.table().select(["id", "text"]).to_pylist() == [{"id": ROWS[0]["id"], "text": ROWS[0]["text"]}]


def test_a_prediction_that_nobody_accepted_counts_for_nothing(small: pa.Table, tmp_path: Path) -> None:
    for target in TOOLS:
        write(small, targets([target.replace("q.", f"{tmp_path}/q.")], None))
        path = tmp_path / target.partition(":")[2]
        read = read_queue(sources(str(path))[0], "me", AutoPolicy())
        assert (read.decisions, read.ids.to_pylist()) == ((), small["id"].to_pylist()), target


def test_sessions_of_prodigy(small: pa.Table, tmp_path: Path) -> None:
    first, second, third = (json.loads(line) for line in written("prodigy", small).splitlines())
    rows = [
        first | {"answer": "accept", "accept": ["(drop)"], "_annotator_id": "set-ann"},
        first | {"answer": "accept", "accept": [offered(ROWS[0]["label"])], "_annotator_id": "set-ann"},
        second | {"answer": "reject", "_session_id": "set-2026-11-20_10-00-00"},
        third | {"answer": "accept", "accept": [], "_session_id": None},
    ]
    (tmp_path / "db.jsonl").write_bytes(lines(rows))
    said = [(one.id, one.decision, one.reviewer) for one in decisions(tmp_path / "db.jsonl", "me")]
    assert said == [(ROWS[0]["id"], "keep", "set-ann"), (ROWS[1]["id"], "unsure", "me")]


def test_a_file_of_doccano_is_named_after_its_annotator_unless_another_is_named() -> None:
    assert {one.reviewer for one in decisions(REAL / "ann.jsonl")} == {"ann"}
    assert {one.reviewer for one in decisions(REAL / "ann.jsonl", "me")} == {"me"}


def test_find_calls_the_annotators_of_doccano_by_name_too(small: pa.Table, tmp_path: Path) -> None:
    exports = [tmp_path / "ann.jsonl", tmp_path / "bob.jsonl"]
    examples = [json.loads(line) for line in written("doccano", small).splitlines()]
    for path, kept in zip(exports, ([0, 1], [1]), strict=True):
        label = {row: [offered(ROWS[row]["label"])] for row in kept}
        path.write_bytes(lines([example | {"label": label.get(row, [])} for row, example in enumerate(examples)]))
    found = find(tmp_path / "small.ndjson", detectors=["rare-label"], decisions=exports)
    assert {row: found.decided[row] for row in sorted(found.decided)} == {0: "kept by ann", 1: "kept by ann and bob"}


def test_more_than_one_label_is_no_answer(small: pa.Table, tmp_path: Path) -> None:
    examples = [json.loads(line) for line in written("doccano", small).splitlines()]
    examples[1]["label"] = [offered(label) for label in LABELS[:2]]
    (tmp_path / "all.jsonl").write_bytes(lines(examples))
    with pytest.raises(InputError, match=r"more than one label for '.+' \(line 2\)"):
        decisions(tmp_path / "all.jsonl")


def test_another_labeling_configuration_is_told(small: pa.Table, tmp_path: Path) -> None:
    tasks = json.loads(written("label-studio", small))
    tasks[0]["annotations"] = [annotation(1, "x")]
    tasks[0]["annotations"][0]["result"][0]["from_name"] = "sentiment"
    (tmp_path / "export.json").write_text(json.dumps(tasks))
    with pytest.raises(InputError, match="item 1: annotated by 'sentiment', not by 'label'"):
        decisions(tmp_path / "export.json")


FOREIGN = {
    "studio.json": b'[{"id": 1, "data": {"text": "x"}, "annotations": []}]',
    "min.json": b'[{"text": "x", "id": 1, "annotator": 1, "annotation_id": 2, "created_at": "", "updated_at": "", '
    b'"lead_time": 1}]',
    "studio.csv": b"annotation_id,annotator,created_at,updated_at,lead_time,text\n1,1,,,2,x\n",
    "db.jsonl": b'{"text": "x", "_input_hash": 1, "_task_hash": 2, "answer": "accept"}\n',
    "records.json": b'[{"id": "1", "fields": {"text": "x"}, "metadata": {}, "responses": {}, "suggestions": {}}]',
    "flat.json": b'[{"id": "1", "text": "x", "_server_id": "7", "status": "pending"}]',
    "all.jsonl": b'{"id": 1, "text": "x", "label": ["a"], "Comments": []}\n',
}


@pytest.mark.parametrize("name", FOREIGN)
def test_tasks_made_elsewhere_are_refused_in_one_sentence(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(FOREIGN[name])
    with pytest.raises(
        InputError, match=r"^[^\n]*no 'hardneg' in it, and so neither a row's id nor its row_hash[^\n]*$"
    ):
        decisions(tmp_path / name)


def test_a_key_that_was_changed_is_told(tmp_path: Path) -> None:
    for key in ('"{"', "7", '"[]"', '"{\\"id\\": \\"1\\"}"', '"{\\"id\\": 1}"'):
        (tmp_path / "q.json").write_text(f'[{{"data": {{"hardneg": {key}}}, "annotations": []}}]')
        with pytest.raises(InputError, match="item 1: 'hardneg' is not what hardneg find wrote"):
            decisions(tmp_path / "q.json")


def test_a_policy_acts_on_what_nobody_annotated() -> None:
    for name in ("label_studio.json", "argilla_flat.json", "all.jsonl"):
        read = read_queue(sources(str(REAL / name))[0], None, AutoPolicy(relabel=0))
        assert [(one.id, one.decision, one.new_label) for one in read.automatic] == [("مرحبا", "relabel", "(drop)")]


BROKEN = {
    "an annotation": '[{"data": {"hardneg": KEY}, "annotations": [7]}]',
    "a result": '[{"data": {"hardneg": KEY}, "annotations": [{"result": ["x"]}]}]',
    "a choice": '[{"data": {"hardneg": KEY}, "annotations": [{"result": [{"from_name": "label", "value": '
    '{"choices": [true]}}]}]}]',
    "a label": '{"text": "x", "label": [true], "Comments": [], "hardneg": KEY}',
    "a note": '{"text": "x", "answer": "accept", "note": [], "_task_hash": 1, "accept": [[]], "hardneg": KEY}',
    "a response": '[{"fields": {}, "metadata": {"hardneg": KEY}, "responses": {"label": [true]}}]',
    "half a character": '{"text": "x", "answer": "accept", "note": "\\ud800", "_task_hash": 1, "hardneg": KEY}',
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_no_tool_writes_is_an_input_error(what: str, tmp_path: Path) -> None:
    key = json.dumps(dict.fromkeys(("id", "row_hash", "given_label", "suggested_label"), "x"))
    (tmp_path / "q.json").write_text(BROKEN[what].replace("KEY", json.dumps(key)))
    with pytest.raises(InputError, match=r"not as an annotation tool exports it|half a character"):
        decisions(tmp_path / "q.json")


QUEUES = ["csv", "tsv", "json", "ndjson", "parquet", "xlsx"]
SHOWN = ["annotator", "annotation_id", "created_at", "updated_at", "lead_time", "_task_hash", "answer", "_server_id",
         "fields", "responses", "data", "annotations", "text", "label", "Comments", "hardneg", "options"]  # fmt: skip


@pytest.mark.parametrize(
    ("ending", "rows"), [(ending, 3) for ending in QUEUES] + [(ending, 0) for ending in QUEUES[:3]]
)
def test_a_queue_is_no_export_whatever_it_shows(ending: str, rows: int, tmp_path: Path) -> None:
    table = findings(["a", "b", "c"][:rows])
    for name in SHOWN:
        table = table.append_column(name if name not in table.column_names else f"{name}_", table["why"])
    write(table, targets([f"{tmp_path}/queue.{ending}"], None))
    assert export(sources(f"{tmp_path}/queue.{ending}")[0]) is None


def test_neither_a_dataset_nor_a_log_is_an_export(data: Path, tmp_path: Path) -> None:
    collect([REAL / "ann.jsonl"], tmp_path / "log.ndjson")
    (tmp_path / "list.json").write_text("[]\n")
    (tmp_path / "broken.json").write_text('[{"a": ')
    for path in (data, tmp_path / "log.ndjson", tmp_path / "list.json", tmp_path / "broken.json"):
        assert export(sources(str(path))[0]) is None, path


def test_an_export_is_known_by_its_first_object_however_long(small: pa.Table, tmp_path: Path) -> None:
    tasks = json.loads(written("label-studio", small))
    tasks[0]["data"] = {"image": "data:image/png;base64," + "A" * 5_000_000} | tasks[0]["data"]
    (tmp_path / "q.json").write_text("\n " + json.dumps(tasks, indent=1))
    found = export(sources(f"{tmp_path}/q.json")[0])
    assert found is not None
    assert found.__name__.endswith("label_studio")


# --------------------------------------------------------------------------------------------------- what stands beside


def beside(table: pa.Table, target: str, folder: Path) -> dict[str, bytes]:
    form, _, name = target.partition(":")
    write(table, targets([f"{form}:{folder}/{name}"], None))
    return {path.name: path.read_bytes() for path in folder.glob("q.*") if path.name != name}


def test_every_class_is_offered_once_as_it_comes_back(queue: pa.Table, tmp_path: Path) -> None:
    config = ElementTree.fromstring(beside(queue, TOOLS[0], tmp_path)["q.config.xml"])
    choices = [choice.get("value") or "" for choice in config.findall("Choices[@name='label']/Choice")]
    settings = json.loads(beside(queue, TOOLS[2], tmp_path)["q.settings.json"])
    options = [option["value"] for option in settings["questions"][0]["settings"]["options"]]
    names = [label["text"] for label in json.loads(beside(queue, TOOLS[3], tmp_path)["q.labels.json"])]
    task = json.loads(written("prodigy", queue).splitlines()[0])
    assert sorted(map(chosen, choices)) == sorted(LABELS)
    for found in (options, names, [option["id"] for option in task["options"]]):
        assert found == [*choices, *ANSWERS]


@pytest.mark.parametrize("target", TOOLS)
def test_nothing_to_ask_is_a_valid_file_too(target: str, tmp_path: Path) -> None:
    made = beside(findings([]), target, tmp_path)
    assert len(made) == 1
    name, content = next(iter(made.items()))
    assert ElementTree.fromstring(content) if name.endswith("xml") else json.loads(content)


def test_pictures_are_shown_as_pictures(tmp_path: Path) -> None:
    picture = "data:image/png;base64," + base64.b64encode(b"x").decode()
    table = findings(["a", "b"])
    pictures = table.set_column(12, "scan", pa.array([picture, ""]))
    config = ElementTree.fromstring(beside(pictures, TOOLS[0], tmp_path)["q.config.xml"])
    assert [image.get("value") for image in config.findall("Image")] == ["$image"]
    assert {found.get("toName") for found in config.findall("Choices")} == {"image"}
    assert [task["data"]["image"] for task in json.loads(written("label-studio", pictures))] == [picture, ""]
    both = table.append_column("scan", pa.array([picture, picture]))
    assert [(task["data"]["text"], task["data"]["image"]) for task in json.loads(written("label-studio", both))] == [
        ("a", picture), ("b", picture)
    ]  # fmt: skip
    assert json.loads(written("argilla", both))[0]["fields"]["image"] == picture
    assert json.loads(written("prodigy", both).splitlines()[0])["image"] == picture
    with pytest.raises(InputError, match="pictures only"):
        written("doccano", pictures)


def test_several_columns_are_named_lines() -> None:
    table = findings(["a\nb"]).append_column("year", pa.array([2026]))
    assert json.loads(written("doccano", table))["text"] == "text: a\nb\nyear: 2026"


def test_a_label_too_long_for_doccano_is_refused() -> None:
    with pytest.raises(InputError, match="has 101 characters, and doccano holds 100"):
        written("doccano", findings(["x" * 101]))


@pytest.mark.parametrize("target", TOOLS)
def test_only_findings_can_be_annotated(target: str) -> None:
    with pytest.raises(InputError, match="no column 'row_hash': only findings"):
        written(target.partition(":")[0], findings(["a"]).drop_columns(["row_hash"]))


def test_what_stands_beside_overwrites_no_input_and_no_other_output(tmp_path: Path) -> None:
    data = save(ROWS[:1], tmp_path / "q.labels.json")
    for outputs, word in (([TOOLS[3]], "is also an input"), ([TOOLS[0], "q.config.xml"], "twice")):
        named = [output.replace("q.", f"{tmp_path}/q.") for output in outputs]
        named = [name.replace(f"{tmp_path}/q.config", f"prodigy:{tmp_path}/q.config") if name[0] == "/" else name
                 for name in named]  # fmt: skip
        with pytest.raises(InputError, match=word):
            refuse_overwriting_inputs(targets(named, None), [str(data)])


@pytest.mark.process
def test_standard_output_gets_the_tasks_alone(data: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hardneg_cli", "find", str(data), "--detector", "rare-label", "--all", "-q"]
    done = subprocess.run([*command, "-f", "label-studio"], cwd=tmp_path, capture_output=True, check=True)
    assert len(json.loads(done.stdout)) == len(ROWS)
    assert list(tmp_path.iterdir()) == []


# --------------------------------------------------------------------------------------------------------------- labels


@given(st.text())
def test_a_class_comes_back_from_whatever_holds_it(label: str) -> None:
    text = offered(label)
    assert chosen(text) == label
    assert text == text.strip() != ""
    assert text not in ANSWERS
    assert not UNSAFE.search(text)


@given(st.text())
def test_what_was_never_offered_is_taken_as_it_is(text: str) -> None:
    assert chosen(text) == text or text.startswith('"')
