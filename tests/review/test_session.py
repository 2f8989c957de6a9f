"""A review without a terminal: what is asked, in which order, and what it says of the pace."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pyarrow as pa
import pytest

from hardneg_cli import InputError, apply
from hardneg_cli.io.files.source import sources
from hardneg_cli.review.decisions.decision import Decision
from hardneg_cli.review.decisions.decision_log import append
from hardneg_cli.review.queues.review_queue import QueueFilter, read_review_queue, review_queue_of
from hardneg_cli.review.queues.session import ReviewSession
from support.pictures import questions
from support.reviewing import ROWS, queue, save


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with data.csv, 40 questions, and queue.csv, the first eight of them."""
    os.rename(questions(tmp_path), tmp_path / "data.csv")
    save(queue(tmp_path / "data.csv"), tmp_path / "queue.csv")
    return tmp_path


def session(folder: Path, **options: object) -> ReviewSession:
    return ReviewSession(
        read_review_queue("queue.csv", sources(str(folder / "queue.csv"))), folder / "log", "ann", **options
    )  # type: ignore[arg-type]


@pytest.mark.parametrize("form", ["tsv", "parquet", "ndjson", "json", "xlsx"])
def test_a_queue_is_the_same_in_every_format(form: str, folder: Path) -> None:
    table = queue(folder / "data.csv")
    path = save(table, folder / f"queue.{form}")
    asked, same = read_review_queue("x", sources(str(path))), review_queue_of("x", table)
    assert [asked.item(place) for place in range(ROWS)] == [same.item(place) for place in range(ROWS)]
    assert asked.filled == 0


def test_the_pace_is_that_of_the_last_answers_without_the_pauses(folder: Path) -> None:
    one = session(folder, clock=count(0, 10).__next__)
    for _ in range(3):
        assert one.progress.per_minute is None
        one.decide("keep")
    assert one.progress.per_minute == pytest.approx(6)
    assert one.progress.minutes_left == pytest.approx(5 / 6)


def test_what_others_said_changes_nothing(folder: Path) -> None:
    asked = read_review_queue("x", sources(str(folder / "queue.csv")))
    ahead = (datetime.now(UTC) + timedelta(hours=20)).isoformat()
    append(folder / "log", [Decision(*question, "drop", reviewer="bob", at=ahead) for question in asked.questions])
    one = session(folder)
    assert (one.place, one.progress.decided, one.answer) == (0, 0, None)
    said = one.decide("keep")
    assert said.at > ahead, "a later answer has a later time"


def test_an_answer_that_was_applied_is_not_asked_for_again(folder: Path) -> None:
    session(folder).decide("relabel", "close_account")
    os.rename(folder / "log", folder / "data.csv.decisions.ndjson")
    apply(folder / "data.csv", in_place=True)
    os.rename(folder / "data.csv.decisions.ndjson", folder / "log")
    save(queue(folder / "data.csv"), folder / "queue.csv")
    again = session(folder)
    assert (again.place, again.progress.decided) == (1, 1)


def test_a_changed_row_is_asked_about_again(folder: Path) -> None:
    session(folder).decide("keep")
    text = (folder / "data.csv").read_text()
    (folder / "data.csv").write_text(text.replace("When will my new card", "When will the card"))
    save(queue(folder / "data.csv"), folder / "queue.csv")
    assert session(folder).progress.decided == 0


def test_the_same_row_twice_is_one_question(folder: Path) -> None:
    table = queue(folder / "data.csv", 3)
    one = ReviewSession(review_queue_of("x", pa.concat_tables([table, table])), folder / "log", "ann")
    one.decide("keep")
    assert (one.progress.decided, one.place) == (2, 1)
    one.undo()
    assert one.progress.decided == 0


def test_relabeling_to_the_label_it_has_is_keeping_it(folder: Path) -> None:
    said = session(folder).decide("relabel", "card_arrival")
    assert (said.decision, said.new_label) == ("keep", "")


def test_a_filter_that_nothing_passes_is_an_error(folder: Path) -> None:
    with pytest.raises(InputError, match="no such row"):
        session(folder).narrow(QueueFilter("class", "nothing"))


@pytest.mark.process
def test_help_does_not_load_the_screen(folder: Path) -> None:
    for arguments in (["--help"], ["review", "--help"]):
        done = subprocess.run(
            [sys.executable, "-X", "importtime", "-m", "hardneg_cli", *arguments], capture_output=True, check=True
        )  # fmt: skip
        assert b"textual" not in done.stderr
