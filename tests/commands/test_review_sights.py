"""What a reviewer sees of a row on a real terminal: its picture, the rows around it, and colors that can be read."""

from __future__ import annotations

import base64
import csv
import io
import os
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from PIL import Image

from support.command import COMMAND
from support.pictures import questions
from support.reviewing import ONE, queue, review, save
from support.terminal import Terminal
from support.terminal_picture import colors_of

pytestmark = pytest.mark.process

MANY = {"COLORTERM": "truecolor"}
FLAG = [[(215, 0, 0), (0, 135, 0)], [(0, 0, 255), (255, 255, 0)], [(0, 0, 0), (255, 255, 255)]]  # three rows of two
GARBAGE = "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\nno picture \x1b[31m").decode()


def uri(pixels: Sequence[Sequence[tuple[int, int, int]]]) -> str:
    """The pixels as a PNG."""
    image = Image.new("RGB", (len(pixels[0]), len(pixels)))
    image.putdata([pixel for row in pixels for pixel in row])
    out = io.BytesIO()
    image.save(out, "PNG")
    return f"data:image/png;base64,{base64.b64encode(out.getvalue()).decode()}"


def gray(value: int) -> str:
    return uri([[(value, value, value)] * 2] * 2)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder with data.csv, rows of pictures: flags, grays that are labeled dark or light, and one that is broken."""
    rows = [("flag", "dark", uri(FLAG), 0), ("broken", "light", GARBAGE, 3)]
    rows += [(f"g{n:02}", "dark" if n < 8 else "light", gray(16 * n), n) for n in range(16)]
    rows += [("wrong", "light", gray(8), 0.5)]
    written(tmp_path / "data.csv", ["id", "label", "image", "f"], rows)
    return tmp_path


def written(path: Path, names: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([names, *rows])


def every(*, among: str = "outvoted-label") -> tuple[str, ...]:
    return (*ONE, "--features", "f", "--detector", among, "--all")


def blocks(t: Terminal, columns: range, lines: range) -> list[list[tuple[str, str]]]:
    """The colors of the upper and the lower half of each cell."""
    cells = [[t.screen.buffer[line][column] for column in columns] for line in lines]
    assert all(cell.data == "▀" for row in cells for cell in row), t.text
    return [[(cell.fg, cell.bg) for cell in row] for row in cells]


def test_the_rows_picture_is_drawn_pixel_by_pixel(pictures: Path) -> None:
    with review(pictures, *every(), name="data.csv", env=MANY) as t:
        t.wait("of 19 decided")
        t.do(["g", *"flag", "enter"], "row        flag", "▀▀")
        line = next(at for at, text in enumerate(t.screen.display) if "▀" in text)
        first = t.screen.display[line].index("▀")
        size = t.screen.display[line].count("▀") // 2  # a pixel is as many cells wide, and half as many high
        assert size > 2
        halves = [half for row in blocks(t, range(first, first + 2 * size), range(line, line + 3 * size // 2))
                  for half in zip(*row, strict=True)]  # fmt: skip
        expected = [tuple(f"{r:02x}{g:02x}{b:02x}" for r, g, b in row for _ in range(size)) for row in FLAG]
        assert halves[: 3 * size // 2 * 2] == [row for row in expected for _ in range(size)][: 3 * size // 2 * 2]


def test_with_256_colors_pictures_are_of_these(pictures: Path) -> None:
    with review(pictures, *every(), name="data.csv") as t:
        t.wait("of 19 decided")
        t.do(["g", *"flag", "enter"], "row        flag", "▀▀")
        line = next(at for at, text in enumerate(t.screen.display) if "▀" in text)
        first = t.screen.display[line].index("▀")
        assert t.screen.buffer[line][first].fg == "d70000"
        assert b";2;" not in t.raw.replace(b"?2026", b""), "no color that such a terminal has not"
        assert re.search(rb"\x1b\[[0-9;]*38;5;160", t.raw)


@pytest.mark.parametrize("few", [{"NO_COLOR": "1"}, {"TERM": "xterm"}])
def test_where_colors_are_few_pictures_are_shades_of_characters(few: dict[str, str], pictures: Path) -> None:
    with review(pictures, *every(), name="data.csv", env=few) as t:
        t.wait("of 19 decided")
        t.do(["g", *"g15", "enter"], "row        g15", "%%%%")
        t.do(["g", *"g01", "enter"], "row        g01")
        t.wait(until=lambda text: "%%%%" not in text.splitlines()[6])
    codes = {code for found in re.findall(rb"\x1b\[([0-9;]*)m", t.raw) for code in found.split(b";")}
    assert codes & {b"1"}, "names are bold"
    assert not codes & {b"38", b"48"}
    if "NO_COLOR" in few:
        assert not codes & {b"%d" % code for start in (30, 40, 90, 100) for code in range(start, start + 8)}, codes


def test_the_nearest_rows_pictures_stand_beside_each_other_with_their_labels(pictures: Path) -> None:
    with review(pictures, *every(), name="data.csv", columns=100, lines=46, env=MANY) as t:
        t.wait("of 19 decided")
        votes = "nearest rows, and how far away: 4 dark, 1 light"
        shown = t.do(["g", *"wrong", "enter"], "row        wrong", votes, "▀", "g01")
        lines = shown.splitlines()
        at = next(number for number, text in enumerate(lines) if text.startswith("  dark 0.0"))
        ids = next(text for text in lines[at:] if "g01" in text)
        assert ids.split() == ["flag", "g00", "g01", "g02"], "by distance, then by id"
        grays = [t.screen.buffer[at + 1][ids.index(name)].fg for name in ids.split()[1:4]]
        assert grays == ["000000", "101010", "202020"]
        t.do(["pagedown"], "(no picture)", "broken")
        t.resize(140, 40)
        beside = r"  wrong .*▀ +nearest rows, and how far away: 4 dark, 1 light"  # where there is room
        t.wait(until=lambda text: re.search(beside, text) is not None)


def test_what_is_no_picture_is_said_and_does_nothing(pictures: Path) -> None:
    with review(pictures, *every(), name="data.csv", env=MANY) as t:
        t.wait("of 19 decided")
        t.do(["g", *"broken", "enter"], "row        broken", "not shown: is a broken picture")
        t.do("k", "saved broken: keep")
    assert b"\x1b[31m" not in t.raw


def test_without_pillow_one_line_says_so(pictures: Path) -> None:
    (pictures / "elsewhere" / "PIL").mkdir(parents=True)
    (pictures / "elsewhere" / "PIL" / "__init__.py").write_text("")
    path = os.pathsep.join([str(pictures / "elsewhere"), *filter(None, sys.path)])
    with review(pictures, *every(), name="data.csv", env={"PYTHONPATH": path}, command=COMMAND) as t:
        t.wait("of 19 decided")
        t.do(["g", *"flag", "enter"], "row        flag", "decoded by Pillow, which is not installed")
        t.do("k", "saved flag: keep")
    assert "▀" not in t.text


def test_pictures_in_a_folder_are_shown_and_none_from_elsewhere(tmp_path: Path) -> None:
    for label, value in (("dark", 0), ("light", 255)):
        (tmp_path / "set" / label).mkdir(parents=True)
        for number in range(4):
            Image.new("RGB", (9, 9), (value, value, abs(value - number))).save(tmp_path / f"set/{label}/{number}.png")
    with review(tmp_path, *ONE, "--detector", "rare-label", "--all", name="set", env=MANY) as t:
        t.wait("of 8 decided", "▀")
        t.do(["g", *"light/0.png", "enter"], "row        light/0.png", "▀")
    Image.new("RGB", (9, 9), (1, 2, 3)).save(tmp_path / "secret.png")
    rows = [("a", "dark", "dark/0.png"), ("b", "light", "../secret.png"), ("c", "light", "light/0.png")]
    written(tmp_path / "set" / "data.csv", ["id", "label", "image"], rows)
    some = ("--image", "image", "--detector", "rare-label", "--all")
    with review(tmp_path, *ONE, *some, name="set/data.csv", env=MANY) as t:
        t.wait("of 3 decided", "▀")
        t.do(["g", "b", "enter"], "row        b", "not shown: is not in the data's folder")
        t.do(["g", "c", "enter"], "row        c", "▀")
        assert b"1;2;3" not in t.raw


# ----------------------------------------------------------------------------------------------- the rows around it


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    """data.csv, 40 questions and copies of the first one, and queue.csv, the first eight of them."""
    os.rename(questions(tmp_path), tmp_path / "data.csv")
    text = "When will my new card arrive?"
    copies = [("q-90", "card_arrival", text), ("q-91", "card_lost", text)]
    with (tmp_path / "data.csv").open("a", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([*copies, ("q-92", "card_lost", "when will my new card ARRIVE")])
    save(queue(tmp_path / "data.csv"), tmp_path / "queue.csv")
    return tmp_path


def styled(t: Terminal, word: str, line: str) -> Iterator[tuple[bool, bool, bool, str]]:
    """Of each letter of a word in the line that holds `line`: bold, underlined, struck through, and its color."""
    at = next(number for number, text in enumerate(t.screen.display) if line in text)
    first = t.screen.display[at].index(word)
    for column in range(first, first + len(word)):
        cell = t.screen.buffer[at][column]
        yield cell.bold, cell.underscore, cell.strikethrough, cell.fg


def test_copies_that_contradict_the_row_come_first_and_stand_out(texts: Path) -> None:
    with review(texts, *ONE, "--data", "data.csv", "--text", "text", lines=30) as t:
        shown = t.wait("3 copies, 2 labeled otherwise", "nearest rows, ")
        lines = [text.strip() for text in shown.splitlines()]
        at = lines.index("3 copies, 2 labeled otherwise")
        assert lines[at + 1] == "≠ card_lost  same  q-91"
        assert lines[at + 2].startswith("≠ card_lost  nearly the same  q-92  When when will my new card arrive?")
        assert lines[at + 4] == "card_arrival  same  q-90", "behind what did not fit into the line above"
        against, agrees = set(styled(t, "card_lost", "q-91")), set(styled(t, "card_arrival", "same  q-90"))
        assert {one[0] for one in against} == {True}
        assert against != agrees, "in another color"
        line = "q-92  When"
        assert {one[1:3] for one in styled(t, "When", line)} == {(False, True)}, "struck through: a word it lacks"
        assert {one[1:3] for one in styled(t, "when", line)} == {(True, False)}, "marked: a word that the row has not"
        assert {one[1:3] for one in styled(t, "will", line)} == {(False, False)}
        assert {one[1:3] for one in styled(t, "ARRIVE", "    ARRIVE")} == {(True, False)}


def test_words_of_near_rows_that_the_row_has_not_are_marked(texts: Path) -> None:
    with review(texts, *ONE, "--data", "data.csv", "--text", "text", lines=40, columns=100) as t:
        t.wait("3 copies")
        shown = t.do(["right"], "row        q-02", "nearest rows, ")
        near = [text for text in shown.splitlines() if re.match(r" +card_arrival  [\d.]+  q-", text)]
        assert near
        word = re.match(r" +card_arrival  [\d.]+  (q-\d\d)", near[0])
        assert word
        own = {"my", "card", "has", "not", "come", "in", "the", "mail", "yet"}
        at = next(number for number, text in enumerate(t.screen.display) if word[1] in text)
        column = t.screen.display[at].index(word[1]) + len(word[1])
        marked = {True: set(), False: set()}
        for found in re.finditer(r"[\w']+", t.screen.display[at][column:]):
            cell = t.screen.buffer[at][column + found.start()]
            if not cell.strikethrough:
                marked[cell.underscore].add(found[0].lower())
        assert marked[False] <= own
        assert marked[True] - own


def test_rows_of_columns_are_a_table_with_what_differs_marked(tmp_path: Path) -> None:
    rows = [(f"p{n}", "owl" if n < 9 else "jay", "north" if n % 2 else "south", n % 3, "" if n == 4 else f"{n * 1.5}")
            for n in range(18)]  # fmt: skip
    written(tmp_path / "data.csv", ["id", "label", "where", "a_quite_long_name", "x"], rows)
    with review(tmp_path, *ONE, "--features", "x,a*", "--all", "--show", "where,a*,x", name="data.csv") as t:
        t.wait("of 18 decided")
        t.do(["g", *"p4", "enter"], "row        p4", "this row", "far away", "(empty)")
        lines = t.text.splitlines()
        names = [text.split()[0] for text in lines if re.match(r"  (id|where|a_quite|x )", text)]
        assert names == ["id", "where", "a_quite_long_name", "x"]
        where = next(text for text in t.screen.display if text.startswith("  where"))
        at = t.screen.display.index(where)
        cells = {found.start(): found[0] for found in re.finditer(r"north|south", where)}
        own = where.index("south")
        assert len(cells) > 2
        for column, said in cells.items():
            assert t.screen.buffer[at][column].underscore == (said == "north"), said
        assert cells[own] == "south"
        t.do("k", "saved p4: keep")
    with review(tmp_path, *ONE, "--features", "where,x,a*", "--all", name="data.csv") as t:
        t.wait("of 18 decided", "this row", "a_quite_long_name"), "features alone are seen as well"


def test_a_queue_without_its_data_says_how_to_see_more(texts: Path) -> None:
    line = "the nearest rows and copies are shown where --data names the data"
    with review(texts, *ONE) as t:
        t.wait(line)
    with review(texts, *ONE, "--blind") as t:
        assert line not in t.wait("of 8 decided", "q quit"), "they are nothing for a blind reviewer"
    with review(texts, *ONE, "--data", "data.csv") as t:
        assert line not in t.wait("3 copies")


# ------------------------------------------------------------------------------------------------------------ colors


def luminance(color: str) -> float:
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (one / 12.92 if one <= 0.03928 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """As WCAG defines it, from 1 to 21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("terminal", [MANY, {}, {"TERM": "xterm"}, {"NO_COLOR": "1"}])
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_everything_can_be_read(terminal: dict[str, str], theme: str, texts: Path) -> None:
    least = 3.0 if terminal.get("TERM") else 4.5  # the terminal's own 16 colors are its own affair
    with review(texts, *ONE, "--data", "data.csv", "--text", "text", env=terminal) as t:
        t.wait("3 copies", "nearest rows, ")
        if theme == "light":
            t.do("t", "3 copies")
        for keys in ("u", "r", ["esc"], "?"):
            t.do(keys, "of 8 decided")
            for line in range(24):
                for column in range(80):
                    cell = t.screen.buffer[line][column]
                    if cell.data.isalnum():
                        ground, letters = colors_of(cell, light=theme == "light")
                        assert contrast(ground, letters) >= least, (cell, t.screen.display[line])
