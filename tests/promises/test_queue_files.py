"""A queue that people fill in elsewhere, in a workbook or on a page, comes back as they left it: openpyxl fills the
workbook, LibreOffice saves it where there is one, and keys and clicks in a real Chromium fill the page."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import re
import subprocess
import time
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pytest

from hardneg_cli import InputError, apply, find
from hardneg_cli.io.excel.exact_text import COLUMN
from hardneg_cli.io.files.source import Source
from hardneg_cli.review.decisions.filled_queue import AutoPolicy, read_queue
from support.browser import click, content, downloaded, opened, press
from support.hostile_texts import HOSTILE
from support.office import OFFICE
from support.result_tables import findings, held, written

Row = dict[str, str]
OTHER = '=HYPERLINK("x")|007'  # a label that nobody had before
TEXTS = [text for text in HOSTILE if text.strip()]
LABELS = [
    "=cmd|' /C calc'!A0",
    "-1+1",
    "007",
    "12345678901234567890",
    "None",
    "two\nlines",
    "🦊",
    "مرحبا",
    " x ",
    "<b>",
    "\x1b[31m",
    "a\rb",
    "_x0041_x0042_",
]
ROWS: list[Row] = [
    {"id": text, "label": LABELS[n % len(LABELS)], "text": f"{HOSTILE[n]} {n}", "image": ""}
    for n, text in enumerate(TEXTS)
]
PICTURE = (
    "data:image/svg+xml;base64,"
    + base64.b64encode(
        b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>document.title="got in"</script></svg>'
    ).decode()
)


def save(rows: list[Row], path: Path) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def load(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return save(ROWS, tmp_path / "data.csv")


@pytest.fixture
def queue(data: Path) -> pa.Table:
    """Every row, in the order of the file, with the next label as the suggestion."""
    found = find(data, detectors=["rare-label"])
    table = found.table(found.select(every=True), ("text", "image"))
    place = {id_: row for row, id_ in enumerate(table["id"].to_pylist())}
    table = table.take([place[row["id"]] for row in ROWS])
    suggested = [following(label) for label in table["given_label"].to_pylist()]
    return table.set_column(table.column_names.index("suggested_label"), "suggested_label", pa.array(suggested))


def following(label: str) -> str:
    return LABELS[(LABELS.index(label) + 1) % len(LABELS)]


def plan(number: int) -> str:
    """What the reviewer does with each row: the key on the page."""
    return "kardu"[number % 5]


def plan_first(key: str) -> int:
    return next(number for number in range(len(ROWS)) if plan(number) == key)


def intended() -> list[Row]:
    new = {"a": lambda label: following(label), "r": lambda _: OTHER}
    kept = [(row, plan(n)) for n, row in enumerate(ROWS) if plan(n) != "d"]
    return [row | {"label": new[key](row["label"]) if key in new else row["label"]} for row, key in kept]


def corrected(data: Path, queue: Path) -> list[Row]:
    apply(data, [queue], output=data.with_name("corrected.csv"))
    return load(data.with_name("corrected.csv"))


# ------------------------------------------------------------------------------------------------------- workbooks


def workbook(table: pa.Table) -> Any:
    return openpyxl.load_workbook(io.BytesIO(written("xlsx", table)))


def fill(table: pa.Table, path: Path) -> None:
    """Answers as a person types them: some with the drop-down's word, some with a label alone."""
    book = workbook(table)
    sheet = book["queue"]
    words = {
        "k": ("keep", None),
        "a": ("relabel", None),
        "r": (None, OTHER),
        "d": ("drop", None),
        "u": ("unsure", None),
    }
    for number in range(len(table)):
        for column, text in zip((2, 3), words[plan(number)], strict=True):
            sheet.cell(number + 2, column).value = text
            sheet.cell(number + 2, column).data_type = "s" if text else "n"
    book.save(path)


def test_a_filled_workbook_makes_the_intended_dataset(data: Path, queue: pa.Table) -> None:
    fill(queue, data.with_name("queue.xlsx"))
    assert corrected(data, data.with_name("queue.xlsx")) == intended()


@pytest.mark.process
@pytest.mark.skipif(OFFICE is None, reason="no LibreOffice here")
def test_libreoffice_keeps_everything(data: Path, queue: pa.Table, tmp_path: Path) -> None:
    fill(queue, data.with_name("queue.xlsx"))
    home = f"-env:UserInstallation={(tmp_path / 'home').as_uri()}"
    saved = tmp_path / "saved"
    command = [str(OFFICE), home, "--headless", "--convert-to", "xlsx", "--outdir", str(saved), "queue.xlsx"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=120)
    assert corrected(data, saved / "queue.xlsx") == intended()
    sheet = openpyxl.load_workbook(saved / "queue.xlsx")["queue"]
    assert sheet.protection.sheet
    assert len(sheet.data_validations.dataValidation) == 2
    assert {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value is not None} == {"s", "n"}


def test_evidence_is_locked_and_answers_have_drop_downs() -> None:
    table = held("xlsx", findings(HOSTILE))
    book = workbook(table)
    sheet, classes = book.worksheets
    assert sheet.protection.sheet
    assert not sheet.protection.password
    assert (sheet.protection.autoFilter, sheet.protection.sort) == (False, False)  # these say what is locked
    assert sheet.freeze_panes == "C2"
    assert sheet.auto_filter.ref == f"A1:P{len(table) + 1}"
    names = [cell.value for cell in sheet[1]]
    free = {name for name, dimension in zip(names, columns_of(sheet), strict=True) if dimension is False}
    assert free == {"decision", "new_label", "note"}
    decision, label = sheet.data_validations.dataValidation
    assert (str(decision.sqref), decision.formula1) == (f"B2:B{len(table) + 1}", '"keep,relabel,drop,unsure"')
    assert label.errorStyle == "warning"
    assert classes.sheet_state == "hidden"
    seen = sorted({text for text in table["given_label"].to_pylist() if text})
    assert [cell.value for cell in classes["A"]] == seen
    assert label.formula1 == f"classes!$A$1:$A${len(seen)}"


def columns_of(sheet: Any) -> list[bool]:
    """Whether each column's empty cells are locked."""
    letters = [openpyxl.utils.get_column_letter(place) for place in range(1, sheet.max_column + 1)]
    return [sheet.column_dimensions[letter].protection.locked for letter in letters]


def test_no_cell_is_a_formula_or_a_link() -> None:
    book = workbook(held("xlsx", findings(HOSTILE)))
    cells = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells if cell.value is not None} == {"s", "n"}
    assert not [cell for cell in cells if cell.hyperlink]
    assert {cell.number_format for cell in cells if cell.data_type == "s"} == {"@"}


def test_a_table_that_is_no_queue_is_not_locked() -> None:
    sheet = workbook(pa.table({"class": ["a"], "rows": [10**18], "share": [float("nan")]})).active
    assert [cell.value for cell in sheet[2]] == ["a", str(10**18), "nan"]
    assert not sheet.protection.sheet


UNSAFE = ["\x1b[31m", "a\r\nb", "\ufffe", "\0", "a_x005F_b", "_x0041_x0042_", "_x000d_", "__x0041_", "_xD83D_", "␛[31m"]


def test_what_no_cell_holds_is_told_in_a_hidden_locked_column() -> None:
    book = workbook(findings(["a", *UNSAFE]))
    sheet = book["queue"]
    letter = openpyxl.utils.get_column_letter(sheet.max_column)
    assert (sheet["A2"].value, sheet["A3"].value, sheet["A5"].value) == ("a", "␛[31m", "\ufffd")
    assert [sheet[f"{letter}{row}"].value is None for row in (1, 2, 3)] == [False, True, False]
    assert (sheet[f"{letter}1"].value, sheet[f"{letter}3"].protection.locked) == (COLUMN, True)
    assert sheet.column_dimensions[letter].hidden
    assert sheet.auto_filter.ref.startswith(f"A1:{letter}")  # it is sorted with the rest
    assert workbook(findings(["a"]))["queue"].max_column == sheet.max_column - 1


def test_a_typed_label_means_the_one_that_is_shown_so(data: Path) -> None:
    """What a person chose from the drop-down, and what they typed; what they left, and what they wrote over."""
    table = findings(["a", *UNSAFE[:-1]])
    table = table.set_column(2, "new_label", pa.array(["", "", *UNSAFE[1:4], *[""] * 5]))
    book = workbook(table)
    sheet = book["queue"]
    sheet["C2"], sheet["C3"], sheet["C6"] = "␀", "␛[31m", "other"
    path = data.with_name("q.xlsx")
    book.save(path)
    queue = read_queue(Source(str(path), path), "me", AutoPolicy())
    assert {"␀", "␛[31m"} <= {cell.value for cell in book["classes"]["A"]}  # the drop-down has them
    assert [one.new_label for one in queue.decisions] == ["\0", "", "", "", "other"]
    assert [one.given for one in queue.decisions] == ["a", *UNSAFE[:4]]


@pytest.mark.parametrize("said", ["{", "[]", "3", '{"id": 3}'])
def test_a_hidden_column_that_was_changed_is_an_error(said: str, data: Path) -> None:
    book = workbook(findings(["\x1b"]))
    book["queue"].cell(2, book["queue"].max_column).value = said
    path = data.with_name("q.xlsx")
    book.save(path)
    with pytest.raises(InputError, match=r"row 1: the hidden column 'hardneg:exact' was changed"):
        read_queue(Source(str(path), path), "me", AutoPolicy())


@pytest.mark.slow
def test_excels_limits_are_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    written("xlsx", pa.table({"a": ["x" * 32_767]}))
    with pytest.raises(InputError, match=r"row 1, column 'a': 32,768 characters are more than a cell holds"):
        written("xlsx", pa.table({"a": ["x" * 32_768]}))
    with pytest.raises(InputError, match="more than a cell holds"):  # Excel counts UTF-16 units
        written("xlsx", pa.table({"a": ["🦊" * 16_384]}))
    with pytest.raises(InputError, match="16,385 columns are more than a sheet holds"):
        written("xlsx", pa.table({f"c{n}": ["x"] for n in range(16_385)}))
    with pytest.raises(InputError, match=r"1,048,576 rows are more than a sheet holds \(1,048,575\)"):
        written("xlsx", pa.table({"a": pa.nulls(1_048_576, pa.string())}))


# ----------------------------------------------------------------------------------------------------------- pages


def test_the_page_reaches_nothing_and_runs_its_own_script_alone() -> None:
    page = written("html", findings(HOSTILE)).decode()
    policy = re.search('Content-Security-Policy" content="([^"]*)"', page)
    assert policy
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(scripts[0].encode()).digest()).decode()
    assert len(scripts) == 1
    assert policy[1].startswith("default-src 'none'; img-src data:;")
    assert f"script-src 'sha256-{digest}'" in policy[1]
    assert page.count("<script") == 6
    assert not re.search(r"(src|href)=|url\(|innerHTML|insertAdjacent|document\.write|eval\(", page.split('"facts"')[0])


@pytest.mark.browser
def test_a_page_filled_by_keys_makes_the_intended_dataset(browser: Any, data: Path, queue: pa.Table) -> None:
    opened(browser, queue, data.with_name("queue.html"))
    for number in range(len(queue)):
        press(browser, plan(number))
        if plan(number) == "r":  # a label that is no class is asked about once more, until it was used
            press(browser, f"{OTHER}\n\n" if number == plan_first("r") else f"{OTHER}\n")
    assert content(browser, "#count") == f"{len(ROWS)} of {len(ROWS)} decided"
    browser.refresh()
    assert content(browser, "#count") == f"{len(ROWS)} of {len(ROWS)} decided"
    click(browser, "#save")
    saved = downloaded(data.with_name("queue.decided.csv"))
    assert corrected(data, saved) == intended()
    untouched = [name for name in queue.column_names if name not in ("decision", "new_label")]
    written_by_us = list(csv.DictReader(io.StringIO(written("csv", queue).decode(), newline="")))
    assert [{name: row[name] for name in untouched} for row in load(saved)] == [
        {name: row[name] for name in untouched} for row in written_by_us
    ]
    assert not browser.get_log("browser")


@pytest.mark.browser
def test_undo_notes_clicks_and_moving(browser: Any, data: Path, queue: pa.Table) -> None:
    opened(browser, queue, data.with_name("queue.html"))
    press(browser, "kkz")
    assert content(browser, "#count").startswith("1 of ")
    assert content(browser, ".row.here .id") == TEXTS[1]
    press(browser, "nlooks <odd>, kad\ue00c")  # Escape leaves the note
    press(browser, "d\ue013u")  # back to the same row, and another answer
    click(browser, ".row:nth-child(5)")
    click(browser, ".answers button:nth-child(4)")
    press(browser, "r")
    browser.find_element("css selector", "#other").send_keys("gone\ue00c")
    click(browser, "#save")
    rows = load(downloaded(data.with_name("queue.decided.csv")))
    answers = {n: (row["decision"], row["new_label"], row["note"]) for n, row in enumerate(rows) if row["decision"]}
    assert answers == {0: ("keep", "", ""), 1: ("unsure", "", "looks <odd>, kad"), 4: ("drop", "", "")}


@pytest.mark.browser
def test_two_tabs_agree_and_a_full_browser_says_so(browser: Any, data: Path, queue: pa.Table) -> None:
    opened(browser, queue, data.with_name("queue.html"))
    first = browser.current_window_handle
    press(browser, "k")
    browser.switch_to.new_window("tab")
    browser.get(data.with_name("queue.html").as_uri())
    press(browser, "jd")
    browser.switch_to.window(first)
    for _ in range(50):  # the browser tells the other tab when it finds time
        if content(browser, "#count").startswith("2 of "):
            break
        time.sleep(0.1)
    assert content(browser, "#count").startswith("2 of ")
    assert content(browser, "#said") == ""
    browser.execute_script("Storage.prototype.setItem = () => { throw new Error('full'); }")
    press(browser, "jju")
    assert content(browser, "#count").startswith("3 of ")
    assert content(browser, "#said").startswith("This browser cannot keep decisions")


@pytest.mark.browser
def test_filters_search_and_order(browser: Any, data: Path) -> None:
    table = findings([f"row {number}" for number in range(3000)])
    opened(browser, table, data.with_name("queue.html"))
    assert len(browser.find_elements("css selector", ".row")) < 60  # those in sight, not all
    press(browser, "k/row 299\n")
    assert content(browser, "#shown") == "11 shown"
    press(browser, "/")
    browser.find_element("css selector", "#search").clear()
    choose(browser, "class", "row 77")
    assert content(browser, "#shown") == "1 shown"
    choose(browser, "class", "all")
    choose(browser, "state", "decided")
    assert content(browser, "#shown") == "1 shown"
    choose(browser, "state", "all")
    choose(browser, "sort", "score")
    assert content(browser, ".row .id") == "row 2999"
    click(browser, "#direction")
    assert content(browser, ".row .id") == "row 0"
    choose(browser, "detector", "row 5")
    assert content(browser, ".row .id") == "row 5"


def choose(browser: Any, menu: str, option: str) -> None:
    from selenium.webdriver.support.ui import Select

    Select(browser.find_element("id", menu)).select_by_visible_text(option)


@pytest.mark.browser
def test_hostile_text_is_shown_and_pictures_are_drawn(browser: Any, tmp_path: Path) -> None:
    table = findings(HOSTILE).append_column("image", pa.array([PICTURE] * len(HOSTILE)))
    opened(browser, table, tmp_path / "queue.html")
    for shown in HOSTILE:
        assert content(browser, "#detail .text dd") == shown
        assert browser.find_element("css selector", "dd img").get_property("naturalWidth") == 9
        press(browser, "j")
    assert browser.title == "Review queue"
    assert not browser.find_elements("css selector", "article script, article b, #list script, #list img:not(.thumb)")
    assert not browser.get_log("browser")


@pytest.mark.browser
def test_a_table_that_is_no_queue_is_only_read(browser: Any, tmp_path: Path) -> None:
    opened(browser, pa.table({"class": ["a", "b"], "rows": [10, 9]}), tmp_path / "table.html")
    press(browser, "kdn")
    assert content(browser, "#count") == "2 rows"
    assert content(browser, ".row .id") == "a"
    assert not browser.find_elements("css selector", ".answers, textarea, .classes")
    assert not browser.get_log("browser")
