"""What a person sees who types the command: tables row first, summaries under headings, and what to type next."""

import csv
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from support.command import hardneg
from support.paths import ROOT
from support.terminal import Terminal

pytestmark = [pytest.mark.process, pytest.mark.slow]

SAMPLE = ROOT / "sample_data"
CLASSES = ("balance_not_updated_after_cheque_or_cash_deposit", "activate_my_card", "age_limit")
WORDS = (("balance", "cheque", "deposit", "cash", "updated"), ("activate", "card", "new", "arrived", "enable"),
         ("age", "old", "children", "years", "minimum"))  # fmt: skip


def texts(folder: Path) -> list[str]:
    """Long class names, two labels in thirty wrong."""
    rng = np.random.default_rng(3)
    with (folder / "texts.csv").open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(["text", "label"])
        for number in range(240):
            topic = number % 3
            said = " ".join(["please tell me about my", *rng.choice(WORDS[topic], 6), f"number {number}"])
            writer.writerow([said, CLASSES[(topic + (number % 15 == 7)) % 3]])
    return ["texts.csv", "--text", "text"]


def hugging_face(folder: Path) -> list[str]:
    """The same, with names of classes in the file's metadata and numbers in its column."""
    from datasets import ClassLabel, Dataset, Features, Value

    texts(folder)
    with (folder / "texts.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    kinds = Features({"text": Value("string"), "label": ClassLabel(names=list(CLASSES))})
    columns = {"text": [row["text"] for row in rows], "label": [CLASSES.index(row["label"]) for row in rows]}
    pq.write_table(Dataset.from_dict(columns, features=kinds).data.table, folder / "texts.parquet")
    return ["texts.parquet", "--text", "text"]


def penguins(folder: Path) -> list[str]:
    """Mixed columns with missing cells."""
    from palmerpenguins import load_penguins

    frame = load_penguins().rename(columns={"species": "label"})
    rows = np.random.default_rng(1).choice(len(frame), 20, replace=False)
    frame.loc[rows, "label"] = np.roll(frame.loc[rows, "label"], 7)
    frame.to_csv(folder / "penguins.csv", index=False)
    return ["penguins.csv", "--features", "bill_*,flipper_*,body_*"]


def digits(folder: Path) -> list[str]:
    (folder / "digits.csv").write_bytes((SAMPLE / "digits.csv").read_bytes())
    return ["digits.csv", "--probs", str(SAMPLE / "digits.probs.csv"), "--features", "pixel_*", "--image", "image"]


def shown(*arguments: str, cwd: Path, columns: int, **env: str) -> Terminal:
    with Terminal(*arguments, cwd=cwd, columns=columns, lines=400, env=env) as terminal:
        assert terminal.end() == 0, terminal.text
    return terminal


def part(terminal: Terminal, line: int, start: int, end: int) -> str:
    """What stands between two places of a line; a wide letter takes two."""
    return "".join(terminal.screen.buffer[line][place].data for place in range(start, end)).strip()


def blocks(terminal: Terminal) -> Iterator[dict[str, str]]:
    """The rows of a table: each column's cell, its lines one behind the other, without blanks."""
    lines = terminal.text.split("\n")
    rule = next(number for number, line in enumerate(lines) if "───" in line)
    head = next(number for number in range(rule) if lines[number])
    starts = [found.start() for found in re.finditer(r"(?<=\s)\S+( → \S+)?", lines[head])]
    names = [lines[head][start:].split()[0] for start in starts]
    ends = [*starts[1:], terminal.screen.columns]
    end = next(number for number in range(rule + 1, len(lines))
               if not lines[number] and lines[number + 1][:2] in ("", " …"))  # fmt: skip
    body = range(rule + 1, end)
    airy = any(not lines[number] for number in body)
    row: dict[str, str] = {}
    for number in body:
        if lines[number]:
            for name, *place in zip(names, starts, ends, strict=True):
                row[name] = row.get(name, "") + part(terminal, number, *place).replace(" ", "")
        if row and (not airy or not lines[number] or number == end - 1):
            yield row
            row = {}


@pytest.mark.parametrize("columns", [80, 140])
@pytest.mark.parametrize("data", [texts, hugging_face, penguins, digits])
def test_each_row_says_what_it_is_how_it_is_labeled_and_why_that_is_doubted(
    data: type, columns: int, tmp_path: Path
) -> None:
    arguments = data(tmp_path)
    assert hardneg("find", *arguments, "-q", "-o", tmp_path / "queue.csv", cwd=tmp_path).returncode == 0
    with (tmp_path / "queue.csv").open(newline="", encoding="utf-8") as stream:
        queue = list(csv.DictReader(stream))
    assert len(queue) > 5
    seen = list(blocks(terminal := shown("find", *arguments, "-q", cwd=tmp_path, columns=columns)))
    assert len(seen) == min(len(queue), 20)
    for row, told in zip(queue, seen, strict=False):
        names = row["given_label"], row["suggested_label"]
        said = [name if name == name.strip() else repr(name).replace(" ", "") for name in names]
        assert told["given_label"] == "".join([said[0], *([f"→{said[1]}"] if said[1] else [])]), terminal.text
        assert told["score"].startswith(row["score"][:5])
        assert re.match(r"model[\d.]+against[\d.]+|\d+of\d+neighbors|misspelled|neighbors|1of2copies", told["why"]), (
            told["why"]
        )
        if data is digits:
            assert told["id"] == row["id"]
        elif data is penguins:
            assert re.search(r"bill_length_mm[\d.]+|island", told["row"]), told
        else:
            assert row["text"].replace(" ", "").startswith(told["text"].rstrip("…"))
            assert len(told["text"]) > 20
    assert not re.search(r"\bh[0-9a-f]{16}\b", terminal.text), "a hash tells nobody anything"
    rest = f"{len(queue) - 20:,} more rows: -o queue.html makes a page of all of them, --limit {len(queue)} shows them"
    assert (rest in " ".join(terminal.text.split())) == (len(queue) > 20)


def test_as_many_rows_as_were_asked_for(tmp_path: Path) -> None:
    arguments = digits(tmp_path)
    assert len(list(blocks(shown("find", *arguments, "-q", "--limit", "31", cwd=tmp_path, columns=100)))) == 31
    assert len(list(blocks(shown("find", *arguments, "-q", "--limit", "3", cwd=tmp_path, columns=100)))) == 3


def test_in_a_pipe_every_row_is_a_line_with_its_id(tmp_path: Path) -> None:
    arguments = digits(tmp_path)
    done = hardneg("find", *arguments, "-q", "-f", "table", "-o", tmp_path / "queue.csv", cwd=tmp_path)
    with (tmp_path / "queue.csv").open(newline="", encoding="utf-8") as stream:
        queue = list(csv.DictReader(stream))
    names = ("rank", "id", "score", "given_label", "suggested_label", "detectors", "why")
    expected = [[row[name][: 5 if name == "score" else None] for name in names] for row in queue]
    assert [line.split("\t") for line in done.stdout.decode().splitlines()] == expected


ODD = ("日本語のテキスト、とても長い文章がここにあります。" * 3, "family 👨‍👩‍👧 love ❤️ thumbs 👍🏽 flag 🇩🇪 end",
       "evil \x1b[31mred\x1b[0m [bold]x[/] \u202eabc dark night", "न" * 50)  # fmt: skip


@pytest.mark.parametrize("columns", [30, 60, 80, 140])
def test_nothing_overflows_and_columns_stand_below_each_other(columns: int, tmp_path: Path) -> None:
    rows = [(f"row-{n}", f"{('dark night moon', 'good sunny day')[n % 2]} {n}", ("night", "day")[n % 2])
            for n in range(30)]  # fmt: skip
    rows += [(f"odd-{n}", text, "day") for n, text in enumerate(ODD)]
    with (tmp_path / "data.csv").open("w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows([("id", "text", "label"), *rows])
    terminal = shown(
        "find", "data.csv", "--text", "text", "--all", "--limit", "40", "-q", cwd=tmp_path, columns=columns
    )
    escapes = set(re.findall(rb"\x1b[^m]*m", terminal.raw))
    assert escapes <= {b"\x1b[%sm" % code for code in (b"0", b"1", b"2", b"31", b"32", b"33", b"1;31", b"1;33")}
    assert "\u202e" not in terminal.text
    assert r"\x1b[31mred" in terminal.text.replace("\n", "")
    for line in re.sub(rb"\x1b[^m]*m", b"", terminal.raw).decode().split("\r\n"):
        assert sum(2 if ord(letter) > 0x2E7F else 1 for letter in line) <= columns, line
    if columns >= 80:
        assert {told["id"] for told in blocks(terminal)} == {id_ for id_, _, _ in rows}


@pytest.mark.parametrize("columns", [80, 140])
def test_a_summary_has_headings_numbers_below_each_other_and_no_zero(columns: int, tmp_path: Path) -> None:
    arguments = digits(tmp_path)
    terminal = shown("find", *arguments, "--limit", "1", cwd=tmp_path, columns=columns)
    lines = terminal.text.split("\n")
    for heading in ("Classes", "Confusions", "What ran", "Next"):
        place = lines.index(heading)
        assert lines[place - 1] == ""
        assert lines[place + 1].startswith("  ")
    assert "about 108 of 1,809 labels are wrong (between" in terminal.text
    assert not re.search(r"\b0 (rows|of)\b", terminal.text), terminal.text
    numbers = [re.match(r"  confused:( +[\d,]+)", line) for line in lines]
    assert len({found.end() for found in numbers if found}) == 1
    assert re.search(r"^  ran and found nothing: +empty-row", terminal.text, re.MULTILINE)
    assert re.search(r"^  skipped hard-to-learn: +no training dynamics", terminal.text, re.MULTILINE)
    assert max(len(line) for line in lines) <= columns


def test_elsewhere_a_summary_has_the_same_words_without_columns_and_colors(tmp_path: Path) -> None:
    arguments = digits(tmp_path)
    said = hardneg("find", *arguments, "--limit", "1", cwd=tmp_path).stderr.decode()
    assert "\x1b" not in said
    assert "\n  confused: 9 rows labeled 'six' look like 'zero'\n" in said
    assert "\n  ran and found nothing: empty-row, outlier\n" in said
    seen = shown("find", *arguments, "--limit", "1", cwd=tmp_path, columns=400).text
    words = seen.split("digits.csv: ", 1)[1].split()
    assert said.split("digits.csv: ", 1)[1].split() == words


def test_no_color_and_a_dumb_terminal_get_no_colors(tmp_path: Path) -> None:
    arguments = digits(tmp_path)
    for variables in ({"NO_COLOR": "1"}, {"TERM": "dumb", "NO_COLOR": "1"}):
        raw = shown("find", *arguments, "--limit", "2", cwd=tmp_path, columns=100, **variables).raw
        assert not re.search(rb"\x1b\[[0-9;]*m", raw)


def test_what_to_type_next_is_a_command_line_that_works(tmp_path: Path) -> None:
    (tmp_path / "it's").mkdir()
    arguments = texts(folder := tmp_path / "it's")
    arguments[0] = "it's/texts.csv"
    terminal = shown("find", *arguments, "--limit", "1", cwd=tmp_path, columns=200)
    (line,) = re.findall(r"or on a page: +(hardneg .*)", terminal.text)
    assert hardneg(*shlex.split(line)[1:], cwd=tmp_path).returncode == 0
    assert (tmp_path / "queue.html").stat().st_size > 1000
    terminal = shown("predict", *arguments, "-o", "probs.csv", cwd=tmp_path, columns=200)
    (line,) = re.findall(r"find wrong labels: +(hardneg .*)", terminal.text)
    assert hardneg(*shlex.split(line)[1:], "-o", "queue.csv", cwd=tmp_path).returncode == 0
    terminal = shown("find", *arguments, "-o", "queue.csv", cwd=tmp_path, columns=200)
    collect, apply = re.findall(r"(?:filled in|labels): +(hardneg .*)", terminal.text)
    queue = (tmp_path / "queue.csv").read_text(encoding="utf-8")
    (tmp_path / "queue.csv").write_text(queue.replace(",,", ",keep,", 1), encoding="utf-8")
    assert hardneg(*shlex.split(collect)[1:], cwd=tmp_path).returncode == 0
    assert hardneg(*shlex.split(apply)[1:], cwd=tmp_path).returncode == 0
    assert (folder / "texts.clean.csv").read_bytes() == (folder / "texts.csv").read_bytes()


def test_tables_of_other_commands_begin_with_the_row_and_end_after_twenty(tmp_path: Path) -> None:
    arguments = texts(tmp_path)
    for command in (["predict"], ["weigh"], ["mine", "--mode", "retrieval"]):
        terminal = shown(command[0], *arguments, *command[1:], "-q", cwd=tmp_path, columns=140)
        assert all(told["text"].startswith("pleasetellmeabout") for told in blocks(terminal))
        assert len(list(blocks(terminal))) <= 20
        assert command[0] == "mine" or not re.search(r"\bh[0-9a-f]{16}\b", terminal.text)
    terminal = shown("predict", *arguments, "-q", cwd=tmp_path, columns=80)
    assert "220 more rows: | less -S shows all of it, -f csv > rows.csv keeps it" in terminal.text
