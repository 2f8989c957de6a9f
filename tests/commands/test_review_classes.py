"""The classes that a reviewer picks from: by number, by name, never a misspelling; and keys that come too early."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hardneg_cli import apply
from support.command import hardneg
from support.pictures import questions
from support.reviewing import ONE, queue, review, said, save

pytestmark = pytest.mark.process

LOG = "data.csv.decisions.ndjson"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with data.csv, 40 questions, and queue.csv, the first eight of them."""
    os.rename(questions(tmp_path), tmp_path / "data.csv")
    save(queue(tmp_path / "data.csv"), tmp_path / "queue.csv")
    return tmp_path


def birds(path: Path, *, of: tuple[str, str] = ("kestrel", "sparrow"), slip: str = "kestrle") -> Path:
    """A dataset of two classes, one of whose labels is misspelled once."""
    rows = [(f"r{n:02}", of[n % 2], f"bird number {n} of many") for n in range(60)]
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([("id", "label", "text"), *rows, ("odd", slip, "a bird that is odd")])
    return path


def test_a_number_key_picks_its_class(folder: Path) -> None:
    with review(folder, *ONE, "--data", "data.csv") as t:
        shown = t.wait("of 8 decided", "q quit")
        assert " 1 card_arrival  2 card_lost  3 close_accou…  4 exchange_ra…  5 top_up_fail…" in shown.splitlines()
        t.do("3", "1 of 8", "saved q-01: relabel to 'close_account'")
        t.do("1", "2 of 8", "saved q-02: keep"), "the label that it has"
        t.do("6", "2 of 8"), "no such class"
        t.do(["r", *"wholly new", "enter"], "saved q-03: relabel to 'wholly new'")
        t.do("5", "saved q-04: relabel to 'top_up_failed'"), "numbers stay what they were"
        t.do("g3", "go to"), "a number that is typed is none of these keys"
        t.press("esc", "q")
        assert t.end() == 0
    assert [one[2] for one in said(folder / LOG)] == ["close_account", "", "wholly new", "top_up_failed"]


@pytest.mark.parametrize(
    ("classes", "keys"),
    [(["0", "1"], {"0": "0", "1": "1"}), (["1", "12"], {}), (["a", "2"], {}), ([f"c{n}" for n in "abcdefghij"], {})],
)
def test_no_number_stands_for_another_one(classes: list[str], keys: dict[str, str], tmp_path: Path) -> None:
    rows = [(f"r{n:02}", classes[n % len(classes)]) for n in range(40)]
    with (tmp_path / "data.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("id", "label"), *rows])
    with review(tmp_path, *ONE, "--detector", "rare-label", "--all", name="data.csv") as t:
        t.wait("0 of 40 decided", "q quit")
        foot = "  ".join(f"{key} {name}" for key, name in keys.items())
        assert (f" {foot}" in t.text.splitlines()) if keys else t.text.splitlines()[-2].startswith(" k keep")
        t.do("1", "1 of 40" if keys else "0 of 40")
    answers = said(tmp_path / LOG) if keys else []
    given = dict(rows)
    assert all(new == "1" if word == "relabel" else given[id_] == "1" for id_, word, new, _ in answers)


def test_a_misspelling_is_never_offered_and_what_is_typed_like_one_is_asked_about_again(tmp_path: Path) -> None:
    birds(tmp_path / "data.csv")
    with review(tmp_path, *ONE, "--detector", "label-spelling", "--all", name="data.csv", lines=30) as t:
        t.wait("0 of 61", "kestrle", "suggested", "1 kestrel  2 sparrow")
        picker = t.do("r", "type to filter").split("relabel", 1)[1]
        assert "kestrel" in picker
        assert "kestrle" not in picker.split("type to filter")[0]
        t.do(["esc", "r", *"kestrell"], "no class; did you mean kestrel?")
        t.do(["enter"], "no class is called kestrell: which one is meant?", "› kestrel", "kestrell  a new class")
        assert not (tmp_path / LOG).exists(), "nothing is said yet"
        t.do(["enter"], "saved odd: relabel to 'kestrel'")
        t.do(["r", *"sparow"], "did you mean sparrow?")
        t.do(["enter", "esc"], "1 of 61"), "neither"
        t.do(["r", *"sparow", "enter", "down", "enter"], "saved", "relabel to 'sparow'")
        t.do(["r", *"kestrle"], "did you mean kestrel?")
        t.do(["enter", "enter"], "3 of 61")
        assert "sparow" in t.do(["r", *"spar"], "› sparrow"), "a class that this reviewer has made is one"
    assert [one[2] for one in said(tmp_path / LOG)][:2] == ["kestrel", "sparow"]


def test_a_queue_without_its_data_offers_no_misspelling_either(tmp_path: Path) -> None:
    birds(tmp_path / "data.csv")
    hardneg("find", "data.csv", "--detector", "label-spelling", "--all", "-q", "-o", "queue.csv", cwd=tmp_path)
    with review(tmp_path, *ONE, lines=30) as t:
        t.wait("0 of 61", "kestrle", "1 kestrel  2 sparrow")
        picker = t.do("r", "type to filter").split("relabel", 1)[1]
        assert "kestrle" not in picker.split("type to filter")[0]


@pytest.mark.parametrize("stored", [pa.int64(), pa.int32()])
def test_class_names_of_hugging_face_are_shown_and_come_back_as_numbers(stored: pa.DataType, tmp_path: Path) -> None:
    names = ["zebra", "ant", "mole"]
    feature = {"names": names, "_type": "ClassLabel"}
    about = {"info": {"features": {"label": feature, "text": {"dtype": "string", "_type": "Value"}}}}
    codes = np.arange(30) % 3
    table = pa.table(
        {
            "id": [f"r{n:02}" for n in range(30)],
            "label": pa.array(codes, stored),
            "text": [f"the {names[code]} number {n}" for n, code in enumerate(codes)],
        }
    )
    table = table.replace_schema_metadata({b"huggingface": json.dumps(about).encode()})
    pq.write_table(table, tmp_path / "data.parquet")
    with review(tmp_path, *ONE, "--text", "text", "--all", "--detector", "rare-label", name="data.parquet") as t:
        t.wait("0 of 30", "1 ant  2 mole  3 zebra")
        given = next(name for name in names if f"given      {name}" in t.text)
        t.do("1" if given != "ant" else "3", "1 of 30", "relabel to")
        t.do(["r", *"moel"], "did you mean mole?")
        t.do(["enter", "enter"], "2 of 30")
        t.do(["r", *"zebra", "enter"], "3 of 30")
        t.press("q")
        assert t.end() == 0
    done = apply(tmp_path / "data.parquet", output=tmp_path / "out.parquet")
    after = pq.read_table(tmp_path / "out.parquet")
    assert after.schema == table.schema
    log = [json.loads(line) for line in (tmp_path / "data.parquet.decisions.ndjson").read_text().splitlines()]
    expected = codes.copy()
    for one in log:
        if one["decision"] == "relabel":
            expected[int(one["id"][1:])] = names.index(one["new_label"])
    assert after["label"].to_pylist() == expected.tolist()
    assert len(log) == 3
    assert done.relabeled == (expected != codes).sum() > 0


def test_keys_from_before_the_first_row_answer_nothing_and_this_is_said(folder: Path) -> None:
    some = (*ONE, "--detector", "rare-label", "--all")
    with review(folder, *some, name="data.csv") as t:
        t.press(*"kdd")  # while find runs, and nothing is seen
        t.wait("3 keys typed before the first row were left out")
        assert not (folder / LOG).exists()
        t.do("k", "1 of")
        assert "left out" not in t.text, "it is said once"
    with review(folder, *some, name="data.csv") as t:
        t.press("q")
        t.wait("1 key typed before the first row was left out")
        t.do("ddk", "4 of")
    assert [one[1] for one in said(folder / LOG)] == ["keep", "drop", "drop", "keep"]


@pytest.mark.slow
def test_while_find_runs_its_progress_is_seen(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    label = rng.integers(0, 4, 40_000)
    columns = {f"x_{n}": rng.normal(size=len(label)) + label for n in range(32)}
    pq.write_table(pa.table({"label": [f"c{one}" for one in label], **columns}), tmp_path / "data.parquet")
    arguments = ("--features", "x_*", "--all", "--limit", "5")
    with review(tmp_path, *ONE, *arguments, name="data.parquet") as t:
        t.wait("review  3/4 asking the detectors")
        shown = t.wait("0 of 5 decided", "nearest rows, ")
        assert "3/4" not in shown
        t.do("k", "1 of 5")
        t.press("q")
        assert t.end() == 0
        assert "3/4" not in t.text
