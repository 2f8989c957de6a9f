"""A corrected dataset is the old one with the reviewers' decisions in it, and nothing else; csv, json, pandas and
openpyxl are the oracles."""

from __future__ import annotations

import bz2
import csv
import gzip
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hardneg_cli import apply, find
from support.command import hardneg
from support.corrections import (
    ROWS,
    TABLES,
    TEXT_FORMS,
    TRUTH,
    UNPACKED,
    Row,
    by_truth,
    corrected,
    delimited,
    queue_of,
    save,
)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "data.csv"
    path.write_bytes(delimited(ROWS).encode())
    return path


@pytest.fixture
def queue(data: Path) -> list[Row]:
    return queue_of(data)


@pytest.mark.process
def test_find_fill_apply_with_the_real_command(tmp_path: Path) -> None:
    data, queue, out = tmp_path / "data.csv", tmp_path / "queue.csv", tmp_path / "fixed.csv"
    data.write_bytes(TEXT_FORMS["semicolon.csv"](ROWS))
    assert hardneg("find", data, "--all", "-o", queue).returncode == 0
    with queue.open(encoding="utf-8", newline="") as stream:
        save(by_truth(list(csv.DictReader(stream))), queue)
    done = hardneg("apply", data, queue, "-o", out)
    assert (done.returncode, done.stdout) == (0, b""), done.stderr
    assert done.stderr.decode().splitlines() == [
        "24 rows: 4 relabeled, 2 dropped",
        "1 kept, 17 undecided",
        "note: new class 'a, b; c' (1 row)",
        "note: new class '新しい' (1 row)",
    ]
    assert out.read_bytes() == TEXT_FORMS["semicolon.csv"](corrected())
    assert data.read_bytes() == TEXT_FORMS["semicolon.csv"](ROWS)


@pytest.mark.parametrize("form", TEXT_FORMS)
def test_no_other_byte_changes(form: str, tmp_path: Path) -> None:
    data = tmp_path / form
    data.write_bytes(TEXT_FORMS[form](ROWS))
    findings = find(data, detectors=["rare-label", "label-spelling"])
    table = findings.table(findings.select(every=True))
    assert len(table) == len(ROWS)
    filled_in = save(by_truth(table.to_pylist()), tmp_path / "q.parquet")
    apply(data, [filled_in], output=data.with_stem("fixed"))
    assert data.with_stem("fixed").read_bytes() == TEXT_FORMS[form](corrected())
    apply(data, [filled_in], in_place=True)
    assert data.read_bytes() == TEXT_FORMS[form](corrected())


@pytest.mark.parametrize(("form", "pack"), [("packed.csv.gz", gzip.compress), ("packed.csv.bz2", bz2.compress)])
def test_compressed_data_stays_compressed(form: str, pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    data = tmp_path / form
    data.write_bytes(pack(delimited(ROWS).encode()))
    apply(data, [save(by_truth(queue_of(data)), tmp_path / "q.csv")], in_place=True)
    assert UNPACKED[form](data.read_bytes()) == delimited(corrected()).encode()


@pytest.mark.slow
@pytest.mark.parametrize("form", TABLES)
def test_tables_of_every_kind(form: str, tmp_path: Path) -> None:
    write, read = TABLES[form]
    data = tmp_path / form
    write(ROWS, data)
    filled_in = save(by_truth(queue_of(data)), tmp_path / "q.csv")
    assert apply(data, [filled_in], in_place=True).relabeled == len(TRUTH)
    assert read(data) == corrected()


@pytest.mark.parametrize("name", ["q.csv", "q.tsv", "q.parquet", "q.ndjson", "q.json", "q.xlsx"])
def test_queues_of_every_kind(name: str, data: Path, queue: list[Row]) -> None:
    apply(data, [save(by_truth(queue), data.with_name(name))], in_place=True)
    assert data.read_bytes() == delimited(corrected()).encode()


def test_a_queue_as_a_spreadsheet_program_saves_it(data: Path, queue: list[Row]) -> None:
    path = data.with_name("q.csv")
    frame = pd.DataFrame(by_truth(queue))
    frame.to_csv(path, sep=";", index=False, encoding="utf-8-sig", lineterminator="\r\n")
    apply(data, [path], in_place=True)
    assert data.read_bytes() == delimited(corrected()).encode()


odd = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=8).filter(
    lambda text: text.strip() != ""
)


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(odd, odd, odd), min_size=2, max_size=5, unique_by=lambda row: row[0]), draw=st.data())
def test_any_label_survives(rows: list[tuple[str, str, str]], draw: st.DataObject, tmp_path: Path) -> None:
    table = [{"id": id_, "label": label, "text": text, "more": ""} for id_, label, text in rows]
    if len({row["label"] for row in table}) == 1:
        table[0]["label"] += "'"
    new = {row["id"]: draw.draw(odd) for row in table[::2]}
    data = tmp_path / "d.csv"
    data.write_bytes(delimited(table, quoting=csv.QUOTE_ALL).encode())
    queue = [row | {"new_label": new.get(row["id"], "")} for row in queue_of(data)]
    apply(data, [save(queue, tmp_path / "q.ndjson")], in_place=True)
    expected = [row | {"label": new.get(row["id"], row["label"])} for row in table]
    assert data.read_bytes() == delimited(expected, quoting=csv.QUOTE_ALL).encode()
