"""All outputs of a run appear together, and none where one of them cannot be written."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

import pyarrow as pa
import pytest

from hardneg_cli import InputError
from hardneg_cli.cli.outputs import targets, write_together

TABLE = pa.table({"id": ["1"], "label": ["cat"]})


def test_no_file_takes_its_name_before_all_are_written(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    first, second = targets([str(tmp_path / "a.csv")], "tsv"), targets([str(tmp_path / "b.csv")], None)

    def made() -> pa.Table:
        assert not (tmp_path / "a.csv").exists()
        return TABLE

    write_together((lambda: TABLE, first), (made, second), (lambda: pytest.fail("nobody asked for it"), []))
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes() == b"id,label\n1,cat\n"
    assert capsysbinary.readouterr().out == b"id\tlabel\n1\tcat\n"


def test_where_one_fails_none_is_there(tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    (tmp_path / "b.csv").write_text("old\n")

    def refused() -> NoReturn:
        raise InputError("cannot be made")

    with pytest.raises(InputError, match="cannot be made"):
        write_together(
            (lambda: TABLE, targets([str(tmp_path / "a.csv"), str(tmp_path / "b.csv")], "csv")),
            (refused, targets([str(tmp_path / "c.csv")], None)),
        )
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"b.csv": "old\n"}
    assert capsysbinary.readouterr().out == b""
