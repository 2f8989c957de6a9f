"""What a terminal shows, as a PNG: every cell as its own box, drawn by Chromium.

A command that ends:

    cd tests && python -m support.terminal_picture OUT.png --columns 100 --lines 30 -- hardneg find data.csv

Other programs: `picture(terminal.screen, path)` of a `support.terminal.Terminal`, at any moment.
"""

from __future__ import annotations

import argparse
import html
import os
import pty
import subprocess
import tempfile
import termios
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

import pyte
from pyte.screens import Char

from .browser import CHROMIUM, DRIVER, FLAGS

WIDTH, HEIGHT = 9, 18  # pixels of a cell
BLACK, WHITE = ("#1c1f26", "#d4d7dd"), ("#ffffff", "#24292f")  # background and letters
NAMED = {  # as pyte spells them
    "black": "#000000", "red": "#cd3131", "green": "#0dbc79", "brown": "#c5a332", "blue": "#2472c8",
    "magenta": "#bc3fbc", "cyan": "#11a8cd", "white": "#e5e5e5", "brightblack": "#666666", "brightred": "#f14c4c",
    "brightgreen": "#23d18b", "brightbrown": "#f5f543", "brightyellow": "#f5f543", "brightblue": "#3b8eea",
    "brightmagenta": "#d670d6", "bfightmagenta": "#d670d6", "brightcyan": "#29b8db", "brightwhite": "#ffffff",
}  # fmt: skip
EIGHTHS = {"▏": 1, "▎": 2, "▍": 3, "▌": 4, "▋": 5, "▊": 6, "▉": 7, "█": 8}
STYLE = f"""
body {{ margin: 0; }}
#screen {{ display: inline-block; padding: {HEIGHT // 2}px {WIDTH}px; font: 14.95px/{HEIGHT}px 'DejaVu Sans Mono'; }}
.line {{ height: {HEIGHT}px; white-space: pre; display: flex; }}
.line span {{ height: {HEIGHT}px; overflow: visible; flex: none; font-kerning: none; }}
"""


def picture(screen: pyte.Screen, path: Path, *, light: bool = False, scale: float = 1) -> Path:
    """Write what the screen shows as a PNG. light: how the terminal's own colors are."""
    from selenium import webdriver

    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "screen.html"
        page.write_text(_page(screen, light), encoding="utf-8")
        options = webdriver.ChromeOptions()
        options.binary_location = CHROMIUM or ""
        size = f"--window-size={(screen.columns + 4) * WIDTH + 60},{(screen.lines + 2) * HEIGHT + 200}"
        for flag in (*FLAGS.split()[:-1], size, f"--force-device-scale-factor={scale}"):
            options.add_argument(flag)
        driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
        try:
            driver.get(page.as_uri())
            driver.find_element("id", "screen").screenshot(str(path))
        finally:
            driver.quit()
    return path


def screen_of(written: bytes, columns: int, lines: int) -> pyte.Screen:
    """The screen after these bytes."""
    screen = pyte.Screen(columns, lines)
    pyte.ByteStream(screen).feed(written)
    return screen


def run(command: Sequence[str], columns: int, lines: int) -> pyte.Screen:
    """The screen once the command has ended; it is told that it is as large as this."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (lines, columns))
    environment = os.environ | {"TERM": "xterm-256color", "COLUMNS": str(columns), "LINES": str(lines)}
    environment.pop("NO_COLOR", None)
    done = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment)
    os.close(theirs)
    written = b""
    try:
        while piece := os.read(ours, 1 << 16):
            written += piece
    except OSError:  # what Linux answers once the other end is closed
        pass
    os.close(ours)
    done.wait()
    return screen_of(written, columns, lines)


def _page(screen: pyte.Screen, light: bool) -> str:
    ground, letters = WHITE if light else BLACK
    rows = "\n".join(f'<div class="line">{"".join(_line(screen, row, light))}</div>' for row in range(screen.lines))
    head = f'<meta charset="utf-8"><style>{STYLE}</style>'
    return f'{head}<div id="screen" style="background:{ground};color:{letters}">{rows}</div>'


def _line(screen: pyte.Screen, row: int, light: bool) -> Iterator[str]:
    cells = [screen.buffer[row][column] for column in range(screen.columns)]
    wide = [at + 1 < len(cells) and cells[at + 1].data == "" for at in range(len(cells))]
    boxes = [(cell, 2 if wide[at] else 1) for at, cell in enumerate(cells) if cell.data != ""]
    for (style, simple), found in groupby(boxes, key=lambda box: (_style(box[0], light), _is_simple(*box))):
        run_ = list(found)
        if simple:
            text = "".join(cell.data for cell, _ in run_)
            yield f'<span style="{style};width:{len(run_) * WIDTH}px">{html.escape(text)}</span>'
            continue
        yield from (_box(cell, style, width, light) for cell, width in run_)


def _is_simple(cell: Char, width: int) -> bool:
    return width == 1 and cell.data.isascii()


def _box(cell: Char, style: str, width: int, light: bool) -> str:
    """A character that must stay in its cells; blocks are drawn as boxes, so that no seam is between them."""
    text, (ground, letters) = cell.data, colors_of(cell, light=light)
    down = {"▀": (letters, ground), "▄": (ground, letters)}.get(text)
    if down:
        style += f";background:linear-gradient(to bottom,{down[0]} 50%,{down[1]} 50%)"
    elif text in EIGHTHS:
        share = EIGHTHS[text] * 12.5
        style += f";background:linear-gradient(to right,{letters} {share}%,{ground} {share}%)"
    shown = "" if down or text in EIGHTHS else html.escape(text)
    return f'<span style="{style};width:{width * WIDTH}px">{shown}</span>'


def _style(cell: Char, light: bool) -> str:
    ground, letters = colors_of(cell, light=light)
    lines = " ".join(["underline"] * cell.underscore + ["line-through"] * cell.strikethrough)
    parts = [f"background:{ground}", f"color:{letters}"]
    parts += ["font-weight:bold"] * cell.bold + ["font-style:italic"] * cell.italics
    return ";".join([*parts, *([f"text-decoration:{lines}"] if lines else [])])


def colors_of(cell: Char, *, light: bool) -> tuple[str, str]:
    """Of the background, and of the letters."""
    default = WHITE if light else BLACK
    found = _color(cell.bg, default[0]), _color(cell.fg, default[1])
    return (found[1], found[0]) if cell.reverse else found


def _color(name: str, default: str) -> str:
    return default if name == "default" else NAMED.get(name, f"#{name}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--columns", type=int, default=100)
    parser.add_argument("--lines", type=int, default=30)
    parser.add_argument("--light", action="store_true")
    parser.add_argument("command", nargs="+")
    given = parser.parse_args()
    picture(run(given.command, given.columns, given.lines), given.out, light=given.light)


if __name__ == "__main__":
    main()
