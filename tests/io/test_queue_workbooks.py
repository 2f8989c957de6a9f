"""What a reviewer sees in a workbook, as LibreOffice shows it, and what comes back of it once it is filled in."""

from __future__ import annotations

import base64
import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hardneg_cli import apply, assign, find
from hardneg_cli.cli.outputs import targets, write
from hardneg_cli.detection.findings import Findings
from hardneg_cli.io.excel.exact_text import UNSAFE
from hardneg_cli.io.excel.row_heights import AIR, LINE, MOST_LINES, WIDE_LINE, lines_of
from hardneg_cli.io.files.source import Source
from hardneg_cli.io.tables.images import marked
from hardneg_cli.io.tables.queue_columns import display_columns
from hardneg_cli.io.tables.queue_view import QueueView, RowAround, surroundings_of, with_surroundings, with_view
from hardneg_cli.review.decisions.filled_queue import AutoPolicy, read_queue
from hardneg_cli.review.queues.scored_rows import read_scored_rows
from support.command import hardneg
from support.hostile_texts import HOSTILE
from support.office import OFFICE, converted, needed_heights, said_heights, seen_cells
from support.paths import SAMPLE
from support.result_tables import findings, written

needs_office = pytest.mark.skipif(OFFICE is None, reason="no LibreOffice here")
NAMES = ["World", "Sports", "Business", "Sci/Tech"]
DIGITS = SAMPLE / "digits.csv"
ROWS = 24


def queue_of(found: Findings, show: tuple[str, ...] | None = None) -> pa.Table:
    return found.queue(found.select(limit=ROWS), found.display_columns() if show is None else show)


def saved(table: pa.Table, folder: Path, name: str = "queue.xlsx") -> Path:
    write(table, targets([str(folder / name)], None))
    return folder / name


def sheets(table: pa.Table) -> Any:
    return openpyxl.load_workbook(io.BytesIO(written("xlsx", table)))


@pytest.fixture(scope="module")
def digits() -> pa.Table:
    probs = DIGITS.with_name("digits.probs.csv")
    return queue_of(find(DIGITS, probs=probs, features="pixel_*", image="image", decisions=()))


@pytest.fixture(scope="module")
def news(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of Hugging Face's, whose labels are numbers that have names; every eighth one is wrong."""
    path = tmp_path_factory.mktemp("news") / "news.parquet"
    true = np.arange(160) % len(NAMES)
    labels = np.where(np.arange(160) % 8 == 0, (true + 1) % len(NAMES), true)
    words = ["a treaty between states", "the match and its goals", "shares and profits", "a probe on its way to mars"]
    texts = [f"{words[code]}, told at some length for the {row % 9}th time: {words[code]} " * 2
             for row, code in enumerate(true)]  # fmt: skip
    feature = {"names": NAMES, "_type": "ClassLabel"}
    table = pa.table({"id": [f"n{row}" for row in range(160)], "text": texts, "label": labels})
    metadata = {b"huggingface": json.dumps({"info": {"features": {"label": feature}}}).encode()}
    pq.write_table(table.replace_schema_metadata(metadata), path)
    probs = np.full((160, len(NAMES)), 0.01)
    probs[np.arange(160), true] = 0.97
    np.save(path.with_name("probs.npy"), probs)
    return path


def news_queue(news: Path) -> pa.Table:
    return queue_of(find(news, text="text", probs=news.with_name("probs.npy"), decisions=()))


# ------------------------------------------------------------------------------------------------- what is seen


@needs_office
@pytest.mark.process
def test_a_row_says_what_it_is_how_it_is_labeled_what_is_suggested_and_why(news: Path, tmp_path: Path) -> None:
    table = news_queue(news)
    seen = seen_cells(saved(table, tmp_path), tmp_path / "seen")
    assert len(seen) == len(table) > 10
    for cells, row, around in zip(seen, table.to_pylist(), surroundings_of(table), strict=True):
        for name in ("id", "given_label", "suggested_label", "text", "why"):
            assert cells[name] == row[name] != ""
        first = "same content: " * (around[0].kind == "twin") + f"{around[0].label} · {around[0].text}"
        assert cells["nearest"].splitlines()[0].removesuffix("…") in first
    names = [*seen[0]]
    assert names[:10] == ["id", "decision", "new_label", "note", "given_label", "suggested_label", "text", "why",
                          "nearest", "score"]  # fmt: skip


@needs_office
@pytest.mark.process
def test_rows_are_as_tall_as_libreoffice_lays_them_out(news: Path, tmp_path: Path) -> None:
    words = (
        "word ",
        "WIDE CAPITALS ",
        "it is, i'll fill it ",
        "漢字かな",
        "a\nb ",
        "unbreakably",
        "mmm www @@@ ",
        "é🦊ñ ",
    )
    graded = [word * times for word in words for times in (1, 3, 5, 8, 11, 16, 22, 40)]
    texts = [*graded, *(text for text in HOSTILE if not UNSAFE.search(text))]
    table = findings(["x"] * len(texts))
    table = table.set_column(table.column_names.index("text"), "text", pa.array(texts))
    for name, made in (("news", news_queue(news)), ("texts", table)):
        path = saved(made, tmp_path, f"{name}.xlsx")
        said, needed = said_heights(path), needed_heights(path, tmp_path / name)
        assert len(said) == len(made) + 1
        most = MOST_LINES * LINE
        short = [row for row, (is_, should) in enumerate(zip(said, needed, strict=False)) if is_ < min(should, most)]
        assert not short
        assert max(said) <= MOST_LINES * WIDE_LINE + AIR


def test_lines_are_counted_word_by_word() -> None:
    assert [lines_of(text, 11) for text in ("", "one", "one two six", "one two six ten", "x" * 25, "a\nb\n\nc")] == [
        1, 1, 1, 2, 3, 4
    ]  # fmt: skip
    assert lines_of("word " * 10_000, 20) > MOST_LINES


def test_what_tells_a_reviewer_nothing_is_put_away(digits: pa.Table) -> None:
    sheet = sheets(digits)["queue"]
    header = [cell.value for cell in sheet[1]]
    away = {
        name for place, name in enumerate(header, 1)
        if sheet.column_dimensions[openpyxl.utils.get_column_letter(place)].hidden
    }  # fmt: skip
    assert away == {"flagged", "row_hash", "hashed"}
    assert {*header} == {*digits.column_names, "nearest"} - {"\0around"}
    assert sheet.freeze_panes == "C2"
    empty = digits.drop_columns(["p_given"]).append_column("p_given", pa.nulls(len(digits), pa.float64()))
    sheet = sheets(empty)["queue"]
    place = [cell.value for cell in sheet[1]].index("p_given") + 1
    assert sheet.column_dimensions[openpyxl.utils.get_column_letter(place)].hidden


def test_the_title_is_the_datasets_name(digits: pa.Table) -> None:
    assert sheets(digits).properties.title == "digits.csv"
    odd = with_view(digits, QueueView("/home/a/\udcff<b>&\x1b.csv", ("a",)))
    assert sheets(odd).properties.title == "?<b>&␛.csv"


# ------------------------------------------------------------------------------------------------------- pictures


def test_every_picture_lies_in_its_cell_over_text_that_is_not_shown(digits: pa.Table) -> None:
    book = zipfile.ZipFile(io.BytesIO(written("xlsx", digits)))
    drawing = book.read("xl/drawings/drawing1.xml").decode()
    anchors = re.findall(r"<xdr:twoCellAnchor>.*?</xdr:twoCellAnchor>", drawing)
    spans = [[int(number) for number in re.findall(r"<xdr:(?:col|row)>(\d+)<", anchor)] for anchor in anchors]
    sheet = sheets(digits)["queue"]
    column = [cell.value for cell in sheet[1]].index("image")
    assert spans == [[column, row, column, row] for row in range(1, len(digits) + 1)]
    assert {sheet.cell(row, column + 1).number_format for row in range(2, len(digits) + 2)} == {";;;"}
    assert [sheet.cell(row, column + 1).value for row in range(2, len(digits) + 2)] == digits["image"].to_pylist()
    assert re.findall(r'descr="([^"]*)"', drawing) == digits["id"].to_pylist()


@needs_office
@pytest.mark.process
def test_libreoffice_draws_the_pictures(digits: pa.Table, tmp_path: Path) -> None:
    from PIL import Image

    path = converted(saved(digits.slice(0, 3), tmp_path), "html", tmp_path / "page")
    drawn = [Image.open(image).convert("L") for image in sorted(path.parent.glob("*.png"))]
    assert len(drawn) == 3
    assert all(image.getextrema()[0] < 60 and image.getextrema()[1] > 200 for image in drawn)


def pictured(cells: list[str], folder: Path) -> pa.Table:
    table = findings([f"row {number}" for number in range(len(cells))]).append_column("scan", pa.array(cells))
    return marked(table, table.column_names.index("scan"), folder)


def test_what_is_no_picture_is_told_and_its_text_stays(tmp_path: Path) -> None:
    from PIL import Image

    Image.new("RGB", (30, 40), "red").save(tmp_path / "a.jpg")
    Image.new("RGBA", (300, 4), (0, 0, 0, 9)).save(tmp_path / "b.webp")
    (tmp_path / "c.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"x" * 90)
    svg = "data:image/svg+xml;base64," + base64.b64encode(b"<svg xmlns='http://www.w3.org/2000/svg'/>").decode()
    cells = ["a.jpg", "b.webp", "", "c.png", "../a.jpg", svg, "=A1"]
    out = io.BytesIO()
    from hardneg_cli.io.result_formats import xlsx

    notes = xlsx.write(pictured(cells, tmp_path), out)
    assert notes == [f"4 pictures are not drawn: c.png (is a broken picture), ../a.jpg (no such file or directory), "
                     f"{svg[:60]} (is an SVG picture, which is not drawn on a sheet) and 1 more"]  # fmt: skip
    sheet = openpyxl.load_workbook(out)["queue"]
    column = [cell.value for cell in sheet[1]].index("scan") + 1
    assert [sheet.cell(row, column).value or "" for row in range(2, 9)] == cells
    assert [sheet.cell(row, column).number_format for row in (2, 3, 5, 6)] == [";;;", ";;;", "@", "@"]
    media = [name for name in zipfile.ZipFile(out).namelist() if name.startswith("xl/media/")]
    assert sorted(name.rpartition(".")[2] for name in media) == ["jpeg", "png"]


def test_a_picture_longer_than_a_cell_is_drawn_alone(tmp_path: Path) -> None:
    from PIL import Image

    noise = np.random.default_rng(0).integers(0, 255, (150, 150, 3)).astype(np.uint8)
    held_bytes = io.BytesIO()
    Image.fromarray(noise).save(held_bytes, "PNG")
    long = "data:image/png;base64," + base64.b64encode(held_bytes.getvalue()).decode()
    out = io.BytesIO()
    from hardneg_cli.io.result_formats import xlsx

    assert xlsx.write(pictured([long], tmp_path), out) == ["1 picture is drawn alone: longer as text than a cell holds"]
    assert [name for name in zipfile.ZipFile(out).namelist() if name.startswith("xl/media/")]


# ---------------------------------------------------------------------------------------------- the rows around


def around(table: pa.Table, label: str = "cat") -> pa.Table:
    rows = [RowAround("t", label, "twin", None, "the same"), RowAround("n", "=dog", "near", 0.5, "=1+1 \x1b[31m"),
            RowAround("m", "dog", "near", 0.6, "")]  # fmt: skip
    return with_surroundings(table, [rows] * len(table))


def test_twins_stand_first_and_nothing_is_a_formula() -> None:
    sheet = sheets(around(findings(["x"])))["queue"]
    cell = sheet.cell(2, [cell.value for cell in sheet[1]].index("nearest") + 1)
    assert cell.value == "same content: cat · the same\n=dog · =1+1 ␛[31m\ndog · m"
    assert cell.data_type == "s"


def test_a_queue_that_hides_its_evidence_hides_the_rows_around(news: Path, tmp_path: Path) -> None:
    found = find(news, text="text", probs=news.with_name("probs.npy"), decisions=())
    saved(found.table(every=True), tmp_path, "scores.parquet")
    for options in ({"blind": True}, {"control": "6"}):
        assigned = assign(tmp_path / "scores.parquet", reviewers="ann,bob", every=True, **options)
        for name, table in assigned.tables().items():
            if name != "lead":
                assert "nearest" not in [cell.value for cell in sheets(around(table))["queue"][1]]
    shown = [cell.value for cell in sheets(around(assigned.tables()["lead"]))["queue"][1]]
    assert "nearest" in shown


def test_nobody_reads_the_rows_around_back(tmp_path: Path) -> None:
    path = saved(around(findings(["x", "y"])), tmp_path)
    source = Source(str(path), path)
    queue = read_queue(source, "me", AutoPolicy(), whole=True)
    assert queue.display_columns == ["text"]
    assert "nearest" not in read_scored_rows([source]).table.column_names


def test_a_column_of_the_dataset_with_that_name_is_another_one(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("id,label,nearest\na,cat,mine\nb,cat,his\nc,dog,her\n")
    found = find(tmp_path / "d.csv", detectors=["rare-label"])
    table = found.table(every=True)
    assert display_columns(table.column_names) == ["data_nearest"]


# ------------------------------------------------------------------------------------------- what comes back


def test_the_drop_down_has_the_real_classes_alone(digits: pa.Table) -> None:
    offered = [cell.value for cell in sheets(digits)["classes"]["A"]]
    assert sorted(offered) == sorted(["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"])


def test_a_class_that_no_row_has_comes_back_as_it_is(tmp_path: Path) -> None:
    table = with_view(findings(["x", "y"]), QueueView("d", ("a\x1bb", "x", "y\r")))
    path = saved(table, tmp_path)
    book = openpyxl.load_workbook(path)
    assert [cell.value for cell in book["classes"]["A"]] == ["a␛b", "x", "y␍"]
    book["queue"]["C2"], book["queue"]["C3"] = "a␛b", "y␍"
    book.save(path)
    decisions = read_queue(Source(str(path), path), "me", AutoPolicy()).decisions
    assert [one.new_label for one in decisions] == ["a\x1bb", "y\r"]


def filled(path: Path, answers: list[tuple[str | None, str | None]]) -> None:
    """As a person types: openpyxl keeps no pictures that it cannot decode, and here it can."""
    book = openpyxl.load_workbook(path)
    for row, answer in enumerate(answers, 2):
        book["queue"].cell(row, 2).value, book["queue"].cell(row, 3).value = answer
    book.save(path)


@needs_office
@pytest.mark.process
def test_numbers_of_classes_come_back_by_their_names_through_libreoffice(news: Path, tmp_path: Path) -> None:
    data = tmp_path / "news.parquet"
    data.write_bytes(news.read_bytes())
    table = news_queue(news)
    answers = [("relabel", None), (None, "Sci/Tech"), ("drop", None), ("keep", None)]
    path = saved(table, tmp_path)
    filled(path, answers)
    path = converted(path, "xlsx", tmp_path / "again")
    hardneg("collect", path, "--data", data, "--reviewer", "ann", check=True)
    hardneg("apply", data, "-o", tmp_path / "clean.parquet", check=True)
    before, clean = pq.read_table(data), pq.read_table(tmp_path / "clean.parquet")
    assert clean.schema.equals(before.schema, check_metadata=True)
    rows = [before["id"].to_pylist().index(id_) for id_ in table["id"].to_pylist()[:4]]
    wanted = before["label"].to_pylist()
    wanted[rows[0]] = NAMES.index(table["suggested_label"][0].as_py())
    wanted[rows[1]] = NAMES.index("Sci/Tech")
    del wanted[rows[2]]
    assert clean["label"].to_pylist() == wanted


@needs_office
@pytest.mark.process
def test_a_workbook_with_pictures_comes_back_through_libreoffice(digits: pa.Table, tmp_path: Path) -> None:
    data = tmp_path / "digits.csv"
    data.write_bytes(DIGITS.read_bytes())
    path = saved(digits, tmp_path)
    filled(path, [("relabel", None)] * ROWS)
    again = converted(path, "xlsx", tmp_path / "again")
    assert len([name for name in zipfile.ZipFile(again).namelist() if name.startswith("xl/media/")]) == ROWS
    back = seen_cells(again, tmp_path / "seen")
    for name in ("id", "given_label", "suggested_label", "why", "image", "row_hash", "hashed"):
        assert [cells[name] for cells in back] == digits[name].to_pylist()
    done = apply(data, [again], output=tmp_path / "clean.csv")
    assert (done.relabeled, done.stale) == (ROWS, ())
