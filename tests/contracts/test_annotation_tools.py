"""What holds for every annotation tool, now and later; real exports are in review/test_exports.py."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from hardneg_cli.errors import InputError
from hardneg_cli.io.files.source import Source
from hardneg_cli.io.result_formats import RESULT_FORMATS
from hardneg_cli.review.annotation_tools import ANNOTATION_TOOLS
from support.result_tables import findings

TABLE = findings(["cat", "dog", 'a "b"', "eight ", "(drop)", "é\u0301"])
every = pytest.mark.parametrize("name", ANNOTATION_TOOLS.names)


def exported(write: object, path: Path) -> Source:
    out = io.BytesIO()
    write(TABLE, out)  # type: ignore[operator]
    path.write_bytes(out.getvalue())
    return Source(str(path), path)


@every
def test_it_knows_its_own_tasks_and_nobody_else_does(name: str, tmp_path: Path) -> None:
    source = exported(ANNOTATION_TOOLS[name].write, tmp_path / "tasks.json")
    assert [tool for tool in ANNOTATION_TOOLS.names if ANNOTATION_TOOLS[tool].recognises(source)] == [name]


@every
def test_tasks_that_nobody_answered_decide_nothing(name: str, tmp_path: Path) -> None:
    source = exported(ANNOTATION_TOOLS[name].write, tmp_path / "tasks.json")
    queue = ANNOTATION_TOOLS[name].read(source)
    for column in ("id", "row_hash", "given_label"):
        assert queue[column].to_pylist() == TABLE[column].to_pylist()
    if name != "prodigy":  # whose tasks are answers as they stand, with the suggestion selected
        assert set(queue["decision"].to_pylist()) == {""}


@every
@pytest.mark.parametrize("format_", ["csv", "json", "ndjson", "parquet"])
def test_a_queue_is_no_export(name: str, format_: str, tmp_path: Path) -> None:
    source = exported(RESULT_FORMATS[format_].write, tmp_path / f"queue.{format_}")
    assert not ANNOTATION_TOOLS[name].recognises(source)


@every
def test_only_findings_can_be_annotated(name: str) -> None:
    with pytest.raises(InputError, match="only findings can be annotated"):
        ANNOTATION_TOOLS[name].write(TABLE.drop_columns(["why"]), io.BytesIO())


@every
def test_what_stands_beside_is_made_of_any_findings(name: str) -> None:
    for suffix, made in ANNOTATION_TOOLS[name].BESIDE.items():
        assert suffix.startswith(".")
        assert made(TABLE) == made(TABLE)
        assert made(TABLE.slice(0, 0))
