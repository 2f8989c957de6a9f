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
from PIL import Image

from hardneg_cli import InputError, assign, find
from hardneg_cli.cli.outputs import refuse_overwriting_inputs, targets, write
from hardneg_cli.io.tables.images import marked
from hardneg_cli.io.tables.queue_columns import ANCHORING
from hardneg_cli.io.tables.queue_view import QueueView, RowAround, with_surroundings, with_view
from hardneg_cli.review.annotation_tools._class_names import ANSWERS, UNSAFE, chosen, offered
from hardneg_cli.review.annotation_tools._tasks import classes
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


# ------------------------------------------------------------------------------------------------ evidence and classes

AROUND = [RowAround("t", "cat", "twin", None, "the same"), RowAround("n", "dog", "near", 0.5, "{{b}} <i>\nnext</i>")]
QUOTED = ["same content: cat · the same", "dog · {{b}} <i> next</i>"]


def evident(texts: list[str]) -> pa.Table:
    """Findings with rows around the first one, of three classes, one of which no row has."""
    table = with_view(findings(texts), QueueView("d.csv", ("zebra", "cat", " dog")))
    return with_surroundings(table, [AROUND, *[()] * (len(texts) - 1)])


def values(found: object) -> list[str]:
    """All texts in it."""
    if isinstance(found, dict):
        return [text for one in found.values() for text in values(one)]
    return [text for one in found for text in values(one)] if isinstance(found, list) else [str(found)]


@pytest.mark.parametrize("target", TOOLS)
def test_a_task_says_why_it_is_asked_and_what_stands_around_it(target: str, tmp_path: Path) -> None:
    table, name = evident(["a", "b"]), target.partition(":")[0]
    made = beside(table, target, tmp_path)
    text = (tmp_path / target.partition(":")[2]).read_text()
    first, second = map(values, json.loads(text) if text.startswith("[") else map(json.loads, text.splitlines()))
    assert {"labeled a, suggested a", "a"} <= {*first}
    lines = [line for value in first for line in value.split("\n")]
    assert [line for line in lines if line in QUOTED] == QUOTED
    assert not {*QUOTED} & {*second}
    if name in ("label-studio", "argilla"):
        shown = next(iter(made.values())).decode()
        assert all(word in shown for word in ("nearest", "why", "about"))


def test_label_studio_has_every_field_that_it_shows_in_every_task(tmp_path: Path) -> None:
    config = ElementTree.fromstring(beside(evident(["a", "b"]), TOOLS[0], tmp_path)["q.config.xml"])
    fields = {text.get("value", "").removeprefix("$") for text in config.iter("Text")}
    assert fields == {"text", "about", "why", "nearest"}
    for task in json.loads((tmp_path / "q.json").read_text()):
        assert fields <= task["data"].keys()
        assert all(task["data"][name] for name in fields)
    assert not list(config.iter("HyperText"))


@pytest.mark.parametrize("target", TOOLS)
def test_a_queue_without_evidence_says_nothing_of_the_rows_around(target: str, tmp_path: Path) -> None:
    table = evident(["a", "b"])
    for name in ANCHORING:
        if name in table.column_names:
            kind = table.schema.field(name).type
            nothing = pa.array(["", ""]) if pa.types.is_string(kind) else pa.nulls(2, kind)
            table = table.set_column(table.column_names.index(name), name, nothing)
    made = beside(table, target, tmp_path)
    text = (tmp_path / target.partition(":")[2]).read_text() + "".join(one.decode() for one in made.values())
    assert "the same" not in text
    assert "nearest" not in text.lower()
    assert "zebra" in text  # a class that is in none of its rows


def test_the_real_classes_are_offered_in_their_order(tmp_path: Path) -> None:
    config = ElementTree.fromstring(beside(evident(["Cat", "b"]), TOOLS[0], tmp_path)["q.config.xml"])
    choices = [choice.get("value") for choice in config.findall("Choices[@name='label']/Choice")]
    assert choices == ["zebra", "cat", '" dog"']


def test_a_blind_queue_offers_every_real_class(tmp_path: Path) -> None:
    rows = [f"r{n},{'cat' if n < 30 else 'dog' if n < 60 else 'zebra'},text {n}" for n in range(90)]
    (tmp_path / "d.csv").write_text("id,label,text\n" + "\n".join([*rows, "x,zerba,text", "y,dgo,text"]) + "\n")
    scores = find(tmp_path / "d.csv", detectors=["label-spelling"], text="text").table()
    assert {*scores["given_label"].to_pylist()} == {"dgo", "zerba"}
    blind = assign(scores, blind=True).table()
    assert not any(blind["suggested_label"].to_pylist())
    assert classes(blind) == ["dog", "zebra"]
    every = find(tmp_path / "d.csv", detectors=["label-spelling"], text="text").table(every=True)
    assert classes(assign(every, blind=True, reviewers="a,b").tables()["a"]) == ["cat", "dog", "zebra"]


@pytest.mark.parametrize("target", TOOLS[:3])
def test_paths_of_pictures_become_pictures(target: str, tmp_path: Path) -> None:
    Image.new("L", (9, 9), 7).save(tmp_path / "a.png")
    table = findings(["a", "b"]).append_column("scan", pa.array(["a.png", "../b.png"]))
    table = marked(table, table.column_names.index("scan"), tmp_path)
    told = write(table, targets([f"{target.partition(':')[0]}:{tmp_path}/q.json"], None))
    text = (tmp_path / "q.json").read_text()
    assert text.count("data:image/png;base64,") == 1
    assert "a.png" not in text
    assert told == ["1 picture is not shown: ../b.png (no such file or directory)"]


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
