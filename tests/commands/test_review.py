"""The review as a reviewer meets it: a real process on a real terminal, keys in, and what the screen shows."""

from __future__ import annotations

import csv
import os
import re
import subprocess
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from hardneg_cli import Columns, apply, find
from hardneg_cli.data.features.features import FeatureChoice
from hardneg_cli.data.load import load
from hardneg_cli.detection.evidence import features as features_evidence
from hardneg_cli.detection.evidence import neighbors as neighbors_evidence
from hardneg_cli.review.decisions.decision import effective_decisions
from hardneg_cli.review.decisions.decision_log import read_log
from hardneg_cli.review.queues.review_queue import review_queue_of
from hardneg_cli.review.queues.row_context import RowContexts
from support.command import forked_command
from support.hostile_texts import HOSTILE
from support.pictures import questions
from support.reviewing import ONE, ROWS, queue, review, said, save


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with data.csv, 40 questions, and queue.csv, the first eight of them."""
    os.rename(questions(tmp_path), tmp_path / "data.csv")
    save(queue(tmp_path / "data.csv"), tmp_path / "queue.csv")
    return tmp_path


# ------------------------------------------------------------------------------------------------------ every key


@pytest.mark.process
def test_every_answer_is_a_line_of_the_log_which_apply_takes(folder: Path) -> None:
    log = folder / "data.csv.decisions.ndjson"
    with review(folder, *ONE, "--data", "data.csv") as t:
        t.wait("0 of 8 decided", "q-01", "12%", "75%", "card_arrival", "close_account", "When will my new card arrive?")
        assert not log.exists()
        t.do("k", "1 of 8 decided", "saved q-01: keep")
        assert said(log) == [("q-01", "keep", "", "")], "it is there as soon as the screen says so"
        t.do("a", "2 of 8", "saved q-02: relabel to 'close_account'")
        t.do(["r", *"LOST"], "› card_lost")
        t.do(["enter"], "3 of 8", "saved q-03: relabel to 'card_lost'")
        t.do(["r", *"Züge 🚂"], "a new class")
        t.do(["enter"], "4 of 8", "saved q-04: relabel to 'Züge")
        t.do(["n", *"an odd one", "enter"], "not saved yet", "an odd one")
        t.do("d", "5 of 8", "saved q-05: drop")
        t.do("u", "6 of 8", "saved q-06: unsure")
        t.do(["left", "n", *"why?", "enter"], "saved q-06: unsure", "why?")
        t.press("q")
        assert t.end() == 0
        assert "6 rows decided now, 6 of 8 by ann, 2 left" in t.text
    assert said(log) == [
        ("q-01", "keep", "", ""), ("q-02", "relabel", "close_account", ""), ("q-03", "relabel", "card_lost", ""),
        ("q-04", "relabel", "Züge 🚂", ""), ("q-05", "drop", "", "an odd one"), ("q-06", "unsure", "", ""),
        ("q-06", "unsure", "", "why?"),
    ]  # fmt: skip
    result = apply(folder / "data.csv", output=folder / "out.csv")
    assert (result.relabeled, result.dropped) == (3, 1)
    with (folder / "out.csv").open(encoding="utf-8", newline="") as file:
        labels = {row["id"]: row["label"] for row in csv.DictReader(file)}
    assert (labels["q-02"], labels["q-03"], labels["q-04"]) == ("close_account", "card_lost", "Züge 🚂")
    assert "q-05" not in labels


@pytest.mark.process
def test_an_answer_is_taken_back_and_so_is_a_change_of_mind(folder: Path) -> None:
    with review(folder, *ONE) as t:
        t.wait("0 of 8")
        t.do("kd", "2 of 8", "saved q-02: drop")
        t.do(["left", "a"], "saved q-02: relabel to 'close_account'")
        t.do("z", "saved q-02: drop", "2 of 8", "row        q-02")
        t.do("z", "saved q-02: taken back", "1 of 8", "undecided")
        t.do("z", "saved q-01: taken back", "0 of 8")
        t.do("z", "nothing to undo")
        t.press("q")
        assert t.end() == 0
    log = folder / "queue.csv.decisions.ndjson"
    assert [line[:3] for line in said(log)[2:]] == [
        ("q-02", "relabel", "close_account"), ("q-02", "drop", ""), ("q-02", "", ""), ("q-01", "", ""),
    ]  # fmt: skip
    assert effective_decisions(read_log(log)[0]) == []


@pytest.mark.process
def test_going_places(folder: Path) -> None:
    with review(folder, *ONE) as t:
        t.wait("row 1 ·")
        t.do(["g", "7", "enter"], "row 7 ·")
        t.do(["g", *"q-03", "enter"], "row 3 ·")
        t.do(["g", *"q-0x", "enter"], "no row 'q-0x'; did you mean 'q-0")
        t.do(["g", *"99", "enter"], "no row 99: there are 8")
        t.do(["right", "right", "left"], "row 4 ·")
        t.do("k", "row 5 ·")
        t.do(["left", " "], "row 5 ·")
        t.do(["f", *"lost", "enter"], "only card_lost", "row 5 ·", "q-05")
        t.do("k", "2 of 8")
        t.do(["right"], "row 5 ·")
        t.do(["f", *"doubtful", "enter"], "only doubtful-label")
        t.do(["f", "enter"], "row", "2 of 8")
        t.wait(until=lambda text: "only" not in text)
        t.do("?", "take back the last answer")
        t.press("q", "q")
        assert t.end() == 0, "the first key left the help"


@pytest.mark.process
def test_it_goes_on_where_this_reviewer_stopped(folder: Path) -> None:
    with review(folder, *ONE) as t:
        t.wait("0 of 8")
        t.do(["right", *"kk"], "2 of 8", "row 4 ·")
        t.press("ctrl+c")
        assert t.end() == 0, "as q does"
        assert "hardneg collect queue.csv.decisions.ndjson --data DATA" in t.text.replace("\n", "")
    with review(folder, *ONE) as t:
        t.wait("row 4 ·", "2 of 8", "undecided")
        t.do("kkkkkk", "8 of 8", "saved q-01: keep")
        t.press("q")
        assert t.end() == 0
    with review(folder, *ONE) as t:
        t.wait("8 of 8", "every row is decided", "you        keep")


@pytest.mark.process
def test_keys_that_come_faster_than_the_screen_do_what_they_would_have_done(folder: Path) -> None:
    with review(folder, *ONE) as t:
        t.wait("0 of 8")
        os.write(t.master, b"rdog drop ku\rkrclose\rndd\rd")
        t.wait("4 of 8")
        t.press("q")
        assert t.end() == 0
    assert said(folder / "queue.csv.decisions.ndjson") == [
        ("q-01", "relabel", "dog drop ku", ""), ("q-02", "keep", "", ""), ("q-03", "relabel", "close_account", ""),
        ("q-04", "drop", "", "dd"),
    ]  # fmt: skip


@pytest.mark.process
def test_keys_from_before_the_row_is_shown_do_no_harm(folder: Path) -> None:
    with review(folder, *ONE) as t:
        while "of 8 decided" not in t.text:
            t.press("k")
            t.read(0.01)
        t.press("q")
        assert t.end() == 0, t.text


@pytest.mark.process
def test_what_is_pasted_is_no_answer(folder: Path) -> None:
    with review(folder, *ONE) as t:
        t.wait("0 of 8")
        os.write(t.master, b"\x1b[200~kdkd\x1b[201~")
        t.do(["right"], "row 2 ·", "0 of 8")
        t.press("n")
        os.write(t.master, "\x1b[200~two\nlines \u202eé\x1b[201~".encode())
        t.do(["enter"], "twolines é")
        t.do("q", "1 note has no answer and will be lost")
        t.do("k", "1 of 8")
    assert said(folder / "queue.csv.decisions.ndjson") == [("q-02", "keep", "", "twolines é")]


# ------------------------------------------------------------------------------------- what is shown, and to whom


@pytest.mark.process
def test_a_blind_reviewer_sees_the_row_alone(folder: Path) -> None:
    told = ("close_account", "75%", "12%", "87.5%", "the model says so", "doubtful-label")
    with review(folder, *ONE) as t:
        t.wait(*told)
    with review(folder, *ONE, "--blind", "--data", "data.csv", "--text", "text") as t:
        text = t.wait("row        q-01", "When will my new card arrive?")
        assert not [word for word in (*told, "nearest rows") if word in text]
        t.do("a", "a blind review shows no suggestion", "0 of 8")
        assert "detector" not in t.do("f", "all rows", "card_lost")
        t.press("esc", "q")
        assert t.end() == 0
        assert not [word for word in told[1:] if word.encode() in t.raw]


@pytest.mark.process
def test_two_reviewers_are_asked_the_same_and_see_nothing_of_each_other(folder: Path) -> None:
    data = ("--detector", "rare-label", "--all", "--limit", "8")
    with review(folder, *ONE, *data, name="data.csv") as t:
        first = t.wait("0 of 8", "  row        ")
        t.do(["n", *"from ann", "enter", "d"], "1 of", ": drop")
    with review(folder, "--reviewer", "bob", *data, name="data.csv") as t:
        second = t.wait("0 of 8", "  row        ")
        assert row_of(first) == row_of(second)
        assert "from ann" not in second
        t.do("k", "1 of", ": keep")
    log = folder / "data.csv.decisions.ndjson"
    assert [(one.reviewer, one.decision) for one in read_log(log)[0]] == [("ann", "drop"), ("bob", "keep")]
    done = subprocess.run(
        [*forked_command(), "collect", log.name, "--decisions", "all.ndjson", "-f", "csv"],
        cwd=folder, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert b"decided in more than one way" in done.stderr


def row_of(text: str) -> str:
    found = re.search(r"row        (\S+)", text)
    assert found
    return found[1]


@pytest.mark.process
def test_hostile_text_is_text(folder: Path) -> None:
    with (folder / "data.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "label", "text"])
        ids = [text if text.strip() else "blank" for text in HOSTILE]
        writer.writerows(
            [f"{n:02} {id_}", f"{id_}" if n % 2 else "b", text]
            for n, (id_, text) in enumerate(zip(ids, HOSTILE, strict=True))
        )
    save(queue(folder / "data.csv", len(HOSTILE), "[b]\x1b[31m日本語 مرحبا 👩‍👩‍👧"), folder / "queue.csv")
    with review(folder, *ONE, "--data", "data.csv") as t:
        for number in range(1, len(HOSTILE)):
            shown = t.wait(f"row {number} ·", until=lambda text: text.splitlines()[-2].startswith(" k keep"))
            lines = shown.splitlines()
            assert lines[0].rstrip().endswith("ann"), lines[0]
            assert lines[2].startswith("  row        "), lines[2]
            assert "[b]\\x1b[31m日 本 語" in lines[4] or "[b]\\x1b[31m日本語" in lines[4], lines[4]
            t.press("right")
        t.press("q")
        assert t.end() == 0
    text = t.raw.decode()
    for hostile in ("\x1b[31mred", "\x1b]0;", "title\x07", "\x9b", "\u202e", "\u2066", "\x7f\x08"):
        assert hostile not in text, repr(hostile)


@pytest.mark.process
def test_markup_is_shown_as_it_is(folder: Path) -> None:
    table = queue(folder / "data.csv")
    hostile = ["[bold]x[/bold] [link=http://x]y[/link]", "[@click=app.quit]z[/]", "[/]", "a\x1b[31mb\tc\r\nd\x00"]
    texts = [*hostile, *("" for _ in range(ROWS - len(hostile)))]
    save(table.set_column(table.column_names.index("text"), "text", pa.array(texts)), folder / "queue.parquet")
    with review(folder, *ONE, name="queue.parquet") as t:
        for text in (*hostile[:3], r"a\x1b[31mb c"):
            t.wait(text)
            t.press("right")


@pytest.mark.process
def test_a_long_text_scrolls_and_the_screen_takes_any_size(folder: Path) -> None:
    table = queue(folder / "data.csv")
    texts = ["\n".join(f"line {n}" for n in range(300)), *("x" * 300_000 for _ in range(ROWS - 1))]
    save(table.set_column(table.column_names.index("text"), "text", pa.array(texts)), folder / "queue.parquet")
    with review(folder, *ONE, name="queue.parquet") as t:
        t.wait("line 5", until=lambda text: "line 20" not in text)
        t.do(["pagedown", "pagedown"], "line 21")
        t.wait(until=lambda text: "line 5\n" not in text)
        for columns, lines in ((130, 40), (80, 24), (40, 12), (80, 24)):
            t.resize(columns, lines)
            t.wait("q quit", "of 8 decided", until=lambda _, at=lines: "quit" in t.screen.display[at - 1])
        t.do(["right"], "row 2 ·", "xxxx")
        t.do("k", "1 of 8")


@pytest.mark.process
def test_a_terminal_that_says_no_size_is_drawn_on_as_others_are(folder: Path) -> None:
    with review(folder, *ONE, sized=False) as t:
        t.wait("q quit", "of 8 decided")
        t.do("k", "1 of 8")
        t.resize(100, 30)
        t.wait("1 of 8", until=lambda _: "quit" in t.screen.display[29])
        t.press("q")
        assert t.end() == 0
    assert len(t.raw) < 100_000


@pytest.mark.process
def test_nearest_rows_and_copies_are_shown(folder: Path) -> None:
    with (folder / "data.csv").open("a", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["q-98", "card_lost", "When will my new card arrive?"])
        writer.writerow(["q-99", "card_lost", "when will my new card ARRIVE"])
    with review(folder, *ONE, "--data", "data.csv", "--text", "text") as t:
        t.wait("2 copies", "card_lost  same  q-98", "card_lost  nearly the same  q-99", "nearest rows, ")
    with review(folder, *ONE, "--data", "data.csv") as t:
        assert "nearest rows, " not in t.wait("2 copies", "q quit")
    text = (folder / "data.csv").read_text()
    (folder / "data.csv").write_text(text.replace("q-02,card_arrival", "q-02,card_lost").replace("q-03", "q-97"))
    with review(folder, *ONE, "--data", "data.csv") as t:
        t.wait("decided")
        t.do(["right"], "its label is now 'card_lost': an answer would")
        t.do(["right"], "no row of data.csv has this id")


def test_the_nearest_rows_are_those_of_the_evidence(folder: Path) -> None:
    dataset = load(folder / "data.csv", Columns(text="text"))
    around = RowContexts(dataset, None, ())
    asked = review_queue_of("x", find(dataset, detectors=["rare-label"]).table(np.arange(len(dataset))))
    found = neighbors_evidence.gather(dataset, features_evidence.gather(dataset, FeatureChoice(text="text")))
    for place in range(len(dataset)):
        shown = [other.id for other in around.of(asked.item(place)).nearest]
        assert shown == dataset.ids.take(found.rows[place, :5]).to_pylist()
