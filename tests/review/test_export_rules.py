"""What an export may hold: several annotators, sessions, predictions, foreign and broken tasks."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest

from hardneg_cli import InputError, find
from hardneg_cli.cli.outputs import targets, write
from hardneg_cli.io.files.source import sources
from hardneg_cli.review.annotation_tools._class_names import offered
from hardneg_cli.review.decisions.filled_queue import AutoPolicy, export, read_queue
from hardneg_cli.verbs.collect import collect
from support.annotation import LABELS, REAL, ROWS, TOOLS, Row, asked, decisions, following, lines, save, studio_result
from support.result_tables import findings, written


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(ROWS, tmp_path_factory.mktemp("data") / "data.ndjson")


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
