"""A decision fits its row whatever options name the columns then: queues and logs say which columns a hash covers."""

from __future__ import annotations

import csv
import json
import random
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardneg_cli import Columns, InputError, apply, find
from hardneg_cli.data.hashed_columns import LONGEST_CELL, HashedColumns, read_cells, spelled_anew, spelled_once
from hardneg_cli.data.load import load
from hardneg_cli.io.files.source import Source
from hardneg_cli.review.decisions.decision import Decision, UnsettledDecisions
from hardneg_cli.review.decisions.decision_log import append, log_of, read_log
from hardneg_cli.review.decisions.decision_sources import load_decisions
from hardneg_cli.review.decisions.filled_queue import AutoPolicy, read_queue
from hardneg_cli.review.queues.review_queue import queue_about, review_queue_of
from hardneg_cli.review.queues.session import ReviewSession
from hardneg_cli.verbs.collect import collect
from support.command import hardneg
from support.result_tables import written

ODD = 'a,b\n"c" [=]é'  # the name of a column
ROWS = [
    {"id": f"r{n}", "text": f"text {n}", ODD: f"{n % 3}\n", "label": "ab"[n % 2], "s": "train" if n % 3 else "dev",
     "f": str(n % 5), "g": f"g{n // 2}", "p_a": "0.5", "p_b": "0.5"}
    for n in range(12)
]  # fmt: skip
OPTIONS = [Columns(), Columns(split="s"), Columns(fold="f", groups="g"), Columns(split="s", prob_prefix="p_")]


def save(path: Path, rows: list[dict[str, str]], *, without: tuple[str, ...] = ()) -> Path:
    names = [name for name in rows[0] if name not in without]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture(params=[(), ("id",)], ids=["ids", "no ids"])
def data(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return save(tmp_path / "data.csv", ROWS, without=request.param)


def asked(data: Path, columns: Columns, chosen: range = range(12)) -> pa.Table:
    """These rows of the file, as a queue."""
    return find(data, columns, detectors=["rare-label"], decisions=()).table(np.array(chosen), ("text",))


def filled(table: pa.Table, word: str = "relabel") -> pa.Table:
    """Every row relabeled as the other class."""
    other = ["ab"[label == "a"] for label in table["given_label"].to_pylist()]
    answers = {"decision": [word] * len(table), "new_label": other if word == "relabel" else [""] * len(table)}
    for name, cells in answers.items():
        table = table.set_column(table.column_names.index(name), name, pa.array(cells, pa.string()))
    return table


def queue(data: Path, table: pa.Table, extension: str = "csv") -> Path:
    path = data.with_name(f"queue.{extension}")
    path.write_bytes(written(extension, table))
    return path


@pytest.mark.slow
@pytest.mark.parametrize("then", OPTIONS)
@pytest.mark.parametrize("before", OPTIONS)
def test_a_queue_fits_whatever_options_name_the_columns(before: Columns, then: Columns, data: Path) -> None:
    table = filled(asked(data, before))
    applied = apply(data, [queue(data, table)], then, output=data.with_name("out.csv"))
    assert (applied.relabeled, applied.stale) == (12, ())
    with data.with_name("out.csv").open(encoding="utf-8", newline="") as out:
        labels = [row["label"] for row in csv.DictReader(out)]
    assert labels == ["ab"[row["label"] == "a"] for row in ROWS]


@pytest.mark.parametrize("then", OPTIONS)
def test_what_is_in_the_log_is_not_asked_again(then: Columns, data: Path) -> None:
    collect([queue(data, filled(asked(data, OPTIONS[1]), "keep"))], log_of(data))
    findings = find(data, then, detectors=["rare-label"], settings={"rare-label": {"fewer_than": 100}})
    assert findings.flagged.sum() == 0
    assert len(findings.decided) == 12


def test_a_changed_cell_is_stale_all_the_same(data: Path) -> None:
    path = queue(data, filled(asked(data, OPTIONS[1])))
    save(data, [*ROWS[:-1], ROWS[-1] | {"text": "another"}], without=() if "id" in data.read_text()[:3] else ("id",))
    applied = apply(data, [path], skip_stale=True)
    assert (applied.relabeled, len(applied.stale)) == (11, 1)


def test_a_column_that_came_since_makes_nothing_stale(data: Path) -> None:
    path = queue(data, filled(asked(data, OPTIONS[1])))
    names = () if "id" in data.read_text()[:3] else ("id",)
    save(data, [row | {"new": str(n)} for n, row in enumerate(ROWS)], without=names)
    assert apply(data, [path]).relabeled == 12


def test_a_column_that_went_is_named(tmp_path: Path) -> None:
    data = save(tmp_path / "data.csv", ROWS)
    path = queue(data, filled(asked(data, Columns())))
    save(data, ROWS, without=("text",))
    with pytest.raises(UnsettledDecisions) as refusal:
        apply(data, [path])
    assert {one.why for one in refusal.value.stale} == {"its hash covers columns that are gone: 'text'"}


@pytest.mark.parametrize("extension", ["csv", "tsv", "json", "ndjson", "parquet", "xlsx"])
def test_a_queue_says_it_in_every_format(extension: str, tmp_path: Path) -> None:
    data = save(tmp_path / "data.csv", ROWS)
    table = filled(asked(data, OPTIONS[1]))
    path = queue(data, table.take([*range(11, -1, -1)]), extension)  # the row that spells it out may be any
    decisions = read_queue(Source(str(path), path), "ann", AutoPolicy()).decisions
    covered = tuple(sorted(["text", ODD, "f", "g", "p_a", "p_b"]))
    assert {decision.hashed.names for decision in decisions} == {covered}
    assert sorted(decision.rank for decision in decisions) == [*range(1, 13)]
    assert {decision.role for decision in decisions} == {"control"}
    assert apply(data, [path]).relabeled == 12


def test_a_part_of_a_queue_that_spells_nothing_out_fits(data: Path) -> None:
    for before in OPTIONS[:3]:
        path = queue(data, filled(asked(data, before)).slice(1))
        assert apply(data, [path], OPTIONS[1]).relabeled == 11


@pytest.mark.process
def test_what_nothing_spells_out_and_nothing_tells_is_stale(tmp_path: Path) -> None:
    data = save(tmp_path / "data.csv", ROWS)
    path = queue(data, filled(asked(data, Columns())).slice(1, 1))
    save(data, [row | {f"new{n}": "" for n in range(5)} for row in ROWS])
    done = hardneg("apply", data, path, "-o", data.with_name("out.csv"))
    assert done.returncode == 1
    assert b"nothing says which columns its hash covers" in done.stderr
    assert not data.with_name("out.csv").exists()


def test_a_queue_without_the_column_is_read_as_ever(data: Path) -> None:
    old = filled(asked(data, OPTIONS[1])).drop_columns(["hashed"])
    assert apply(data, [queue(data, old)], OPTIONS[1]).relabeled == 12
    with pytest.raises(UnsettledDecisions, match="were `id`, `groups`" if data.read_text()[:3] == "id," else "stale"):
        apply(data, [queue(data, old)])


def test_a_mangled_cell_is_named(tmp_path: Path) -> None:
    data = save(tmp_path / "data.csv", ROWS)
    table = filled(asked(data, Columns()))
    place = table.column_names.index("hashed")
    token, names = table["hashed"][0].as_py().split("=", 1)
    for cell in ("yes", f"{token}=", f"{token}={names[:-1]}", f'{token}=["text"]', f"{token}={'[' * 99_999}"):
        path = queue(data, table.set_column(place, "hashed", pa.array([cell] * 12)))
        with pytest.raises(InputError, match="in column 'hashed' is not what hardneg wrote there"):
            apply(data, [path])


# ------------------------------------------------------------------------------------------------------------ the log


def logged(data: Path) -> Path:
    """A log with decisions about several lists of columns, and older lines."""
    log, old = log_of(data), filled(asked(data, Columns(), range(3))).drop_columns(["hashed"])
    collect([queue(data, old)], log)
    log.write_text("".join(f"{json.dumps(as_version_1(line))}\n" for line in log.read_text().splitlines()))
    for number, columns in enumerate(OPTIONS[:3], 1):
        collect([queue(data, filled(asked(data, columns, range(3 * number, 3 * number + 3))))], log)
    return log


def as_version_1(line: str) -> dict[str, object]:
    new = ("hashed", "rank", "score", "role")
    return {name: value for name, value in json.loads(line).items() if name not in new} | {"v": 1}


@pytest.mark.slow
def test_lines_in_any_order_and_more_than_once_say_the_same(data: Path) -> None:
    log = logged(data)
    lines, whole = log.read_text().splitlines(keepends=True), apply(data)
    assert whole.relabeled == 12
    assert [json.loads(line)["v"] for line in lines] == [1] * 3 + [2] * 9
    assert sum("=[" in json.loads(line).get("hashed", "") for line in lines) == 3
    shuffle = random.Random(0)
    for _ in range(5):
        merged = [*lines, *shuffle.choices(lines, k=6)]
        shuffle.shuffle(merged)
        log.write_text("".join(merged))
        assert apply(data).changes == whole.changes
        assert load_decisions(None, data).about(load(data)).decisive
    assert collect([log], data.with_name("other.ndjson")).appended == 12
    assert collect([log], data.with_name("other.ndjson")).appended == 0


def test_a_log_spells_each_list_out_once_for_every_writer(tmp_path: Path) -> None:
    log, one, two = tmp_path / "log", HashedColumns.of(["a", ODD]), HashedColumns.of([])
    lines = [Decision(f"r{n}", "h", "a", "keep", hashed=hashed, rank=n + 1, score=0.25, role="suspect")
             for n, hashed in enumerate([one, two, one, two, one])]  # fmt: skip
    append(log, lines)
    cells = [json.loads(line)["hashed"] for line in log.read_text().splitlines()]
    assert cells == [str(one), str(two), one.token, two.token, one.token]
    for order in permutations(log.read_text().splitlines(keepends=True)):
        log.write_text("".join(order))
        decisions, torn = read_log(log)
        assert (sorted(decisions, key=lambda line: line.id), torn) == (lines, [])
        assert {decision.hashed.names for decision in decisions} == {one.names, two.names}
        assert {(decision.score, decision.role) for decision in decisions} == {(0.25, "suspect")}


@pytest.mark.parametrize(
    ("field", "value", "word"),
    [
        ("hashed", "c0", "no token"), ("hashed", 1, "not text"), ("hashed", 'c0123456789ab=["a"]', "another token"),
        ("rank", 0, "from 1"), ("rank", "1", "from 1"), ("rank", True, "from 1"), ("score", 2, "from 0 to 1"),
        ("score", "0.5", "from 0 to 1"), ("rank", 1 << 60, "from 1"), ("role", "suspekt", "did you mean"),
        ("v", 3, "newer hardneg"),
    ],
)  # fmt: skip
def test_a_line_that_says_nonsense_is_named(field: str, value: object, word: str, tmp_path: Path) -> None:
    append(tmp_path / "log", [Decision("r", "h", "a", "keep")])
    record = json.loads((tmp_path / "log").read_text())
    (tmp_path / "log").write_text(json.dumps(record | {field: value}) + "\n")
    with pytest.raises(InputError, match=f"log: line 1: .*{word}"):
        read_log(tmp_path / "log")


def test_answers_about_one_row_meet_whatever_their_hashes_cover(data: Path) -> None:
    for name, columns, word in (("ann", OPTIONS[0], "keep"), ("bob", OPTIONS[1], "relabel")):
        collect([queue(data, filled(asked(data, columns, range(1)), word))], log_of(data), reviewer=name)
    with pytest.raises(UnsettledDecisions, match="1 row is decided in more than one way"):
        apply(data, columns=OPTIONS[2])


# --------------------------------------------------------------------------------------------------------- the screen


@pytest.mark.parametrize("then", OPTIONS)
def test_a_review_knows_answers_of_other_options(then: Columns, data: Path) -> None:
    log = log_of(data)
    session = ReviewSession(review_queue_of("queue", asked(data, OPTIONS[1])), log, "ann")
    first = session.decide("keep")
    session.decide("drop")
    assert (first.rank > 0, first.role, first.hashed.names is not None) == (True, "control", True)
    assert session.undo().decision == ""
    dataset = load(data, then)
    rows = queue_about(dataset, review_queue_of("queue", asked(data, OPTIONS[2])))
    again = ReviewSession(rows, log, "ann", dataset=dataset)
    assert again.progress.decided == 1
    assert [json.loads(line)["hashed"].count("=[") for line in log.read_text().splitlines()] == [1, 0, 0]


# ---------------------------------------------------------------------------------------------------------- the token

NAMES = st.lists(st.text(st.characters(exclude_categories=["Cs"])), unique=True, max_size=6)


@pytest.mark.slow
@given(NAMES, st.randoms())
def test_a_token_stands_for_its_names_in_any_order(names: list[str], shuffle: random.Random) -> None:
    hashed = HashedColumns.of(names)
    shuffle.shuffle(names)
    assert HashedColumns.of(names) == hashed
    assert HashedColumns.parse(str(hashed)).names == hashed.names == tuple(sorted(names))
    assert HashedColumns.parse(hashed.token) == hashed
    assert str(hashed).isascii()


@pytest.mark.slow
@given(st.lists(NAMES.map(HashedColumns.of), max_size=12), st.data())
def test_some_rows_in_another_order_still_say_all(columns: list[HashedColumns], data: st.DataObject) -> None:
    cells = [*spelled_once(columns)]
    order = data.draw(st.permutations(range(len(cells))))[: data.draw(st.integers(0, 12))]
    anew = spelled_anew([cells[place] for place in order], cells)
    known = read_cells("queue", anew)
    assert [known[cell].names for cell in anew] == [columns[place].names for place in order]


def test_names_that_fit_no_cell_are_found_by_their_token(tmp_path: Path) -> None:
    wide = [row | {f"{'x' * 100}{n}": str(n) for n in range(LONGEST_CELL // 100)} for row in ROWS]
    data = save(tmp_path / "data.csv", wide)
    table = filled(asked(data, OPTIONS[1]))
    assert not any("=" in cell for cell in table["hashed"].to_pylist())
    assert apply(data, [queue(data, table, "xlsx")]).relabeled == 12
    assert replace(HashedColumns.of(["a"]), names=None) == HashedColumns.of(["a"])
