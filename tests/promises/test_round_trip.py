"""Hostile text goes all the way: found, asked about in every form a queue has, decided, collected, applied; and what
comes out is what was meant, cell by cell, and for records that nobody touched byte by byte."""

from __future__ import annotations

import csv
import io
import json
import random
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hardneg_cli import apply, find
from hardneg_cli.io.excel.exact_text import printable
from hardneg_cli.review.annotation_tools._class_names import offered
from hardneg_cli.review.annotation_tools._tasks import KEY
from hardneg_cli.review.decisions.decision_log import log_of
from hardneg_cli.verbs.collect import collect
from support.browser import click, content, downloaded, opened, press
from support.office import OFFICE
from support.result_tables import form

Row = dict[str, str]
ROWS = 2000
LONG = "long " * 1500
FRAGMENTS = [
    "=cmd|' /C calc'!A0", '=HYPERLINK("http://x";"y")', "-1+1", "+1", "@SUM(1)", "007",
    "12345678901234567890", "None", "NA", "null", "nan", "1e5", "1.0", "TRUE", "true", "a\nb",
    "a\r\nb", "a\rb", "\r", "a\tb", '"', '""', "'", "'a", ",", ";", "|", '\\', "\\n", "\\N", "%s",
    "🦊", "👩‍👩‍👧", "👨🏽‍🚒", "مرحبا", "שלום", "\u202egnp.exe", "\u2066x\u2069", "\u200f", "\u200b",
    "\ufeff", "<script>alert(1)</script>", "</script>", "<!--", "]]>", "&lt;", "[bold]x[/bold]",
    "\x1b[31mred\x1b[0m", "\x1b]0;title\x07", "\x01", "\x08", "\x0b", "\x0c", "\x1f", "\x7f",
    "\x85", "\x9b31m", "\u2028", "\u2029", " x", "x ", "\xa0x", "e\u0301", "é", "Z\u0351\u0321",
    "ﬁ", "İ", "ß", "#2", "a#2", "_x0041_", "_x005F_x0041_", "_x000D_", "\ufffe", "\uffff",
    "{{7*7}}", "${x}", "$(x)", "`x`", "../../etc", "C:\\x", "data:text/html,x", "2024-01-31",
    "1/2", "12:30", "1,000", "0x1F", "#N/A", "=", "-", "日本語", "drop", "keep", LONG,
]  # fmt: skip
LABELS = [*dict.fromkeys(fragment for fragment in FRAGMENTS if fragment.strip() and fragment is not LONG)][:60]
NEW = ["+new", "007.0", "a\r\nnew\n", "\x1b[1mnew", "_x0041_new", "</script>new", " new ", "\u202ewen", "新しい🦊"]
ANSWERS = ("keep", "relabel", "accept", "drop", "leave")
WICKED = re.compile("[\x1b\r\n\ufffe\u202e\u2066]|script>|^=|^007$|_x0041_|👩")
BY_HAND = 20  # rows that are answered on the page with clicks and keys


@dataclass(frozen=True)
class Answer:
    decision: str
    new_label: str


def rows() -> list[Row]:
    """Every fragment as id, as label and as content, with others around it; ids are unique."""
    chance = random.Random(7)
    found = []
    for number in range(ROWS):
        text = FRAGMENTS[number % len(FRAGMENTS)]
        id_ = text if number < len(FRAGMENTS) and text is not LONG and text.strip() else f"{text[:40]}{number}"
        around = chance.choice(FRAGMENTS), chance.choice(FRAGMENTS)
        body = f"{around[0]}{text}{around[1]}" if number % 7 else text
        found.append({"id": id_, "label": LABELS[number % len(LABELS)], "text": f"{number} {body}", "more": around[1]})
    chance.shuffle(found)
    assert len({row["id"] for row in found}) == ROWS
    return found


DATA = rows()


def raw(text: str, *, quoted: bool = False) -> str:
    """A cell as it stands in the file; a new label is quoted where the old one was."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n", quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL).writerow([text, ""])
    return out.getvalue()[: -5 if quoted else -3]


def record(row: Row, label: str | None = None) -> bytes:
    cells = {name: raw(text) for name, text in row.items()}
    if label is not None:
        cells["label"] = raw(label, quoted=cells["label"].startswith('"'))
    return (",".join(cells.values()) + "\r\n").encode()


HEADER = (",".join(DATA[0]) + "\r\n").encode()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "data.csv"
    path.write_bytes(HEADER + b"".join(map(record, DATA)))
    return path


@pytest.fixture
def queue(data: Path) -> pa.Table:
    found = find(data, detectors=["rare-label"])
    table = found.table(found.select(every=True), ("text", "more"))
    suggested = [LABELS[(LABELS.index(label) + 1) % len(LABELS)] for label in table["given_label"].to_pylist()]
    return table.set_column(table.column_names.index("suggested_label"), "suggested_label", pa.array(suggested))


def answers(table: pa.Table) -> list[Answer]:
    """What the reviewer says of each row of the queue."""
    found = []
    for number in range(len(table)):
        word = ANSWERS[number % len(ANSWERS)]
        label = NEW[number % len(NEW)] if word == "relabel" else ""
        found.append(Answer({"accept": "relabel", "leave": ""}.get(word, word), label))
    return found


def meant(table: pa.Table, said: list[Answer]) -> dict[str, str | None]:
    """The label of each row that is to change, None for one that is to go."""
    found: dict[str, str | None] = {}
    for row, answer in zip(table.select(["id", "suggested_label"]).to_pylist(), said, strict=True):
        if answer.decision == "drop":
            found[row["id"]] = None
        elif answer.decision == "relabel":
            found[row["id"]] = answer.new_label or row["suggested_label"]
    return found


def intended(changes: dict[str, str | None]) -> list[Row]:
    return [
        row | {"label": changes.get(row["id"]) or row["label"]}
        for row in DATA
        if changes.get(row["id"], "") is not None
    ]


def written(table: pa.Table, name: str, path: Path) -> Path:
    with path.open("wb") as out:
        form(name).write(table, out)
    return path


# ---------------------------------------------------------------------------- a queue filled in as each form is


def in_csv(path: Path, said: list[Answer], delimiter: str = ",") -> Path:
    with path.open(encoding="utf-8", newline="") as file:
        names, *lines = csv.reader(file, delimiter=delimiter)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_ALL)
        writer.writerow(names)
        for cells, answer in zip(lines, said, strict=True):
            writer.writerow([cells[0], answer.decision, answer.new_label, *cells[3:]])
    return path


def in_tsv(path: Path, said: list[Answer]) -> Path:
    return in_csv(path, said, "\t")


def filled(found: list[dict[str, Any]], said: list[Answer]) -> list[dict[str, Any]]:
    return [row | vars(answer) for row, answer in zip(found, said, strict=True)]


def in_ndjson(path: Path, said: list[Answer]) -> Path:
    lines = [json.loads(line) for line in path.read_bytes().split(b"\n") if line]
    path.write_text("".join(json.dumps(row) + "\n" for row in filled(lines, said)))
    return path


def in_json(path: Path, said: list[Answer]) -> Path:
    path.write_text(json.dumps(filled(json.loads(path.read_bytes()), said), ensure_ascii=False), encoding="utf-8")
    return path


def in_parquet(path: Path, said: list[Answer]) -> Path:
    pq.write_table(pa.Table.from_pylist(filled(pq.read_table(path).to_pylist(), said)), path)
    return path


def in_xlsx(path: Path, said: list[Answer]) -> Path:
    """Labels are typed as the sheet shows them, the classes' own and new ones; LibreOffice opens and saves it all."""
    if OFFICE is None:
        pytest.skip("no LibreOffice here")
    book = openpyxl.load_workbook(path)
    sheet = book["queue"]
    for place, answer in enumerate(said, 2):
        for column, text in ((2, answer.decision), (3, _as_excel_writes(answer.new_label))):
            sheet.cell(place, column).value = text or None
            sheet.cell(place, column).data_type = "s" if text else "n"
    book.save(path)
    home = f"-env:UserInstallation={(path.parent / 'home').as_uri()}"
    command = [OFFICE, home, "--headless", "--convert-to", "xlsx", "--outdir", str(path.parent / "saved"), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return path.parent / "saved" / path.name


def _as_excel_writes(text: str) -> str:
    return text.replace("_x0041_", "_x005F_x0041_")


def chosen(key: str, answer: Answer) -> str:
    """The class that an annotator chooses, as it is offered; a new one is added to the project in the same way."""
    row = json.loads(key)
    return offered(row["given_label"] if answer.decision == "keep" else answer.new_label or row["suggested_label"])


def one_list(key: str, answer: Answer) -> list[str]:
    """What is selected where the decisions stand beside the classes."""
    return ["(drop)"] if answer.decision == "drop" else [chosen(key, answer)] if answer.decision else []


def in_label_studio(path: Path, said: list[Answer]) -> Path:
    tasks = json.loads(path.read_bytes())
    for number, (task, answer) in enumerate(zip(tasks, said, strict=True), 1):
        name = "decision" if answer.decision == "drop" else "label"
        value = "drop" if answer.decision == "drop" else chosen(task["data"][KEY], answer)
        result = {"from_name": name, "to_name": "text", "type": "choices", "value": {"choices": [value]}}
        made = {"id": number, "completed_by": 1, "was_cancelled": False, "result": [result], "updated_at": "2026-01-01"}
        task |= {"id": number, "annotations": [made] if answer.decision else []}
    path.write_text(json.dumps(tasks))
    return path


def in_prodigy(path: Path, said: list[Answer]) -> Path:
    tasks = [json.loads(line) for line in path.read_text().splitlines()]
    more = {"answer": "accept", "_input_hash": 1, "_task_hash": 2, "_session_id": "d-ann", "_view_id": "choice"}
    answered = [
        task | more | {"accept": one_list(task[KEY], answer)}
        for task, answer in zip(tasks, said, strict=True)
        if answer.decision
    ]
    path.write_text("".join(json.dumps(task) + "\n" for task in answered))
    return path


def in_argilla(path: Path, said: list[Answer]) -> Path:
    records = json.loads(path.read_bytes())
    for record, answer in zip(records, said, strict=True):
        values = one_list(record["metadata"][KEY], answer)
        responses = [{"value": value, "user_id": "u", "status": "submitted"} for value in values]
        record |= {"status": "completed" if values else "pending", "responses": {"label": responses}}
    path.write_text(json.dumps(records))
    return path


def in_doccano(path: Path, said: list[Answer]) -> Path:
    examples = [json.loads(line) for line in path.read_text().splitlines()]
    for number, (example, answer) in enumerate(zip(examples, said, strict=True), 1):
        example |= {"id": number, "label": one_list(example[KEY], answer), "Comments": []}
    path.write_text("".join(json.dumps(example, ensure_ascii=False) + "\n" for example in examples), encoding="utf-8")
    return path


FILLING: dict[str, Callable[[Path, list[Answer]], Path]] = {
    "csv": in_csv, "tsv": in_tsv, "ndjson": in_ndjson, "json": in_json, "parquet": in_parquet, "xlsx": in_xlsx,
    "label-studio": in_label_studio, "prodigy": in_prodigy, "argilla": in_argilla, "doccano": in_doccano,
}  # fmt: skip
ENDINGS = {"label-studio": "json", "prodigy": "jsonl", "argilla": "json", "doccano": "jsonl"}


def typeable(name: str, said: list[Answer]) -> list[Answer]:
    """New labels that a person can type into a cell: what no cell holds can only be chosen."""
    if name != "xlsx":
        return said
    return [
        Answer(one.decision, one.new_label if printable(one.new_label) == one.new_label else "+new") for one in said
    ]


@pytest.mark.process
@pytest.mark.parametrize("name", FILLING)
def test_a_filled_queue_leads_to_the_intended_data(name: str, data: Path, queue: pa.Table) -> None:
    said = typeable(name, answers(queue))
    path = FILLING[name](written(queue, name, data.with_name(f"queue.{ENDINGS.get(name, name)}")), said)
    collect([path], log_of(data), reviewer="=ann\x1b")
    leads_to_the_intended(data, meant(queue, said))


def leads_to_the_intended(data: Path, changes: dict[str, str | None]) -> None:
    """By way of the log; every record that nobody decided about is as it was, byte for byte."""
    out = data.with_name("corrected.csv")
    applied = apply(data, output=out)
    with out.open(encoding="utf-8", newline="") as file:
        assert list(csv.DictReader(file)) == intended(changes)
    left = [row for row in DATA if changes.get(row["id"], "") is not None]
    assert out.read_bytes() == HEADER + b"".join(record(row, changes.get(row["id"])) for row in left)
    assert (applied.relabeled + applied.dropped, applied.stale) == (len(changes), ())


# -------------------------------------------------------------------------------------------------- on the page


@pytest.mark.browser
def test_a_page_leads_to_the_intended_data(browser: Any, data: Path, queue: pa.Table) -> None:
    """The first rows with clicks and keys in a real browser, the others by what the page keeps."""
    order = sorted(range(len(queue)), key=lambda row: (not WICKED.search(queue["id"][row].as_py()), row))
    queue = queue.take(order)
    said = answers(queue)
    opened(browser, queue, data.with_name("queue.html"))
    for number, answer in enumerate(said[:BY_HAND]):
        assert content(browser, ".row.here .id") == queue["id"][number].as_py()
        by_hand(browser, answer, number)
        said[number] = Answer(answer.decision, re.sub(r"[\r\n]", "", answer.new_label))  # a field has one line
    decided = f"{sum(bool(answer.decision) for answer in said[:BY_HAND])} of {ROWS:,} decided"
    assert content(browser, "#count").replace("\u202f", ",") in (decided, decided.replace(",", ""))
    keep(browser, said)
    browser.refresh()
    click(browser, "#save")
    collect([downloaded(data.with_name("queue.decided.csv"))], log_of(data))
    leads_to_the_intended(data, meant(queue, said))
    assert not browser.get_log("browser")


def by_hand(browser: Any, answer: Answer, number: int) -> None:
    """With keys and with the buttons, in turn."""
    places = {"keep": (1, "k"), "drop": (4, "d")}
    if not answer.decision:
        press(browser, "j")
    elif answer.decision == "relabel" and answer.new_label:
        press(browser, "r")
        browser.execute_script(
            "arguments[0].value = arguments[1]", browser.find_element("css selector", "#other"), answer.new_label
        )
        press(browser, "\ue007")
        if browser.find_elements("css selector", "#other"):  # no class: asked about once more
            press(browser, "\ue007")
    elif answer.decision == "relabel":
        press(browser, "a")
    else:
        place, key = places[answer.decision]
        press(browser, key) if number % 2 else click(browser, f".answers button:nth-child({place})")


def keep(browser: Any, said: list[Answer]) -> None:
    """The other answers where the page keeps its own, and as it keeps them."""
    browser.execute_script(
        """
        const facts = JSON.parse(document.getElementById("facts").textContent);
        const kept = JSON.parse(localStorage.getItem(facts.key));
        localStorage.setItem(facts.key, JSON.stringify(Object.assign(kept, arguments[0])));
        """,
        {str(row): [*vars(said[row]).values(), ""] for row in range(BY_HAND, len(said)) if said[row].decision},
    )
