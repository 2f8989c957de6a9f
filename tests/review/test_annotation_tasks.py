"""What annotation tools get: the tasks, what stands beside them, and classes that come back from it."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from xml.etree import ElementTree

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardneg_cli import InputError
from hardneg_cli.cli.outputs import refuse_overwriting_inputs, targets, write
from hardneg_cli.review.annotation_tools._class_names import ANSWERS, UNSAFE, chosen, offered
from support.annotation import LABELS, ROWS, TOOLS, asked, save
from support.command import hardneg
from support.result_tables import findings, written


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(ROWS, tmp_path_factory.mktemp("data") / "data.ndjson")


@pytest.fixture(scope="module")
def queue(data: Path) -> pa.Table:
    return asked(data)


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
    pictures = table.set_column(table.column_names.index("text"), "scan", pa.array([picture, ""]))
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
    command = ("find", data, "--detector", "rare-label", "--all", "-q")
    done = hardneg(*command, "-f", "label-studio", cwd=tmp_path, check=True)
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
