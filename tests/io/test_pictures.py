"""Pictures beside the data get into the page, small and upright; a file that is none is named, and nothing else."""

from __future__ import annotations

import base64
import csv
import io
import os
import re
import subprocess
import sys
import time
from collections.abc import Generator
from pathlib import Path
from queue import SimpleQueue
from threading import Event
from typing import Any, cast

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from hardneg_cli import InputError
from hardneg_cli.io.result_formats import html
from hardneg_cli.io.tables import images
from hardneg_cli.io.tables.images import LONG_SIDE, MOST_INLINED, Picture, marked, picture, pictures
from hardneg_cli.runtime import threads
from support.command import hardneg
from support.result_tables import findings, written

SVG = b"""<?xml version="1.0"?>
<svg xmlns="http://www.w3.org/2000/svg" width="9" height="7"><script>alert(1)</script></svg>"""
WITHOUT_PILLOW = "import sys; sys.modules['PIL'] = None\n"


def saved(image: Image.Image, path: Path, **options: Any) -> Path:
    image.save(path, **options)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    red = Image.new("RGB", (1200, 600), "red")
    red.paste("blue", (0, 0, 600, 600))
    turned = Image.Exif()
    turned[0x0112] = 6  # to be turned clockwise: what is stored on the left is up
    saved(red, tmp_path / "wide.jpg")
    saved(red, tmp_path / "turned.jpg", exif=turned)
    saved(red.convert("RGBA"), tmp_path / "wide.png")
    saved(Image.new("RGBA", (300, 300), (0, 0, 0, 0)), tmp_path / "clear.png")
    saved(red.resize((40, 20)), tmp_path / "small.webp")
    saved(red.convert("CMYK"), tmp_path / "print.jpg")
    saved(Image.new("I;16", (500, 400), 60000), tmp_path / "deep.png")
    saved(red.convert("P"), tmp_path / "wide.gif", save_all=True, append_images=[Image.new("P", (1200, 600))])
    saved(red, tmp_path / "wide.tif")
    (tmp_path / "drawn.svg").write_bytes(SVG)
    (tmp_path / "broken.jpg").write_bytes((tmp_path / "wide.jpg").read_bytes()[:3000])
    (tmp_path / "no picture.jpg").write_text("<svgx> hello")
    (tmp_path / "empty.png").touch()
    return tmp_path


def opened(one: Picture) -> Image.Image:
    assert one.trouble == ""
    return Image.open(io.BytesIO(base64.b64decode(one.uri.partition(",")[2])))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "size", "kind"),
    [("wide.jpg", (256, 128), "JPEG"), ("turned.jpg", (128, 256), "JPEG"), ("wide.png", (256, 128), "JPEG"),
     ("clear.png", (256, 256), "PNG"), ("small.webp", (40, 20), "JPEG"), ("print.jpg", (256, 128), "JPEG"),
     ("deep.png", (256, 205), "JPEG"), ("wide.gif", (256, 128), "JPEG"), ("wide.tif", (256, 128), "JPEG")],
)  # fmt: skip
def test_thumbnails(folder: Path, name: str, size: tuple[int, int], kind: str) -> None:
    image = opened(picture(name, folder))
    assert max(image.size) <= LONG_SIDE
    if name == "wide.png":  # RGBA, though nothing is see-through
        kind = image.format or ""
    assert (image.size, image.format) == (size, kind)


def test_what_is_turned_stands_upright_and_colors_stay(folder: Path) -> None:
    up = opened(picture("turned.jpg", folder)).convert("RGB")
    red, _, blue = up.getpixel((64, 10))
    assert blue > 200 > red
    red, _, blue = up.getpixel((64, 240))
    assert red > 200 > blue
    assert opened(picture("deep.png", folder)).getpixel((9, 9)) > 200
    assert opened(picture("clear.png", folder)).convert("RGBA").getpixel((9, 9))[3] == 0


def test_small_files_and_data_uris_stay_as_they_are(folder: Path) -> None:
    small = saved(Image.new("RGB", (8, 8), "red"), folder / "small.png").read_bytes()
    uri = f"data:image/png;base64,{base64.b64encode(small).decode()}"
    assert picture("small.png", folder) == Picture(uri)
    assert picture(uri, folder) == Picture(uri)
    assert picture(str(folder / "small.png"), folder) == Picture(uri)
    assert picture("drawn.svg", folder) == Picture(f"data:image/svg+xml;base64,{base64.b64encode(SVG).decode()}")
    assert picture("", folder) == picture(None, folder) == picture(" ", folder) == Picture()


def test_what_is_no_picture_says_why(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    (folder / "round").symlink_to("round")
    (folder / "big.svg").write_bytes(SVG + b" " * MOST_INLINED)
    with (folder / "huge.png").open("wb") as file:
        file.truncate(1 << 27)
    told = {
        "missing.png": "no such file", "pipe": "is not a file", "round": "too many levels", ".": "is",
        "/dev/zero": "is not in the data's folder", "/etc/passwd": "is not in the data's folder",
        "broken.jpg": "is a broken picture", "no picture.jpg": "is no picture", "empty.png": "is no picture",
        "x" * 5000: "file name too long", "a\0b": "no such file", "https://x.org/a.png": "is no picture's path",
        "data:text/html,x": "is no picture's path", "big.svg": "262 kB at most", "huge.png": "134 MB are too many",
    }  # fmt: skip
    for (cell, why), one in zip(told.items(), pictures(told, folder), strict=True):
        assert (one.uri, one.trouble[: len(why)]) == ("", why) or why in one.trouble, cell
        assert one.uri == ""


def test_who_leaves_early_waits_for_no_picture(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left, heard = Event(), SimpleQueue[bool]()

    def slow(cell: str, **_: Path) -> Picture:
        if cell == "slow":
            heard.put(left.wait(20))
        return Picture()

    monkeypatch.setattr(images, "picture", slow)
    monkeypatch.setattr(threads, "cores", lambda: 2)
    shown = pictures(["quick", "slow", "quick", "quick"], folder)
    next(shown)
    cast("Generator[Picture]", shown).close()
    left.set()
    assert heard.get()


@pytest.mark.slow
def test_a_decompression_bomb_is_not_unpacked(folder: Path) -> None:
    saved(Image.new("1", (30_000, 30_000)), folder / "bomb.png")
    saved(Image.new("1", (9_000, 9_000)), folder / "large.png")
    assert (folder / "bomb.png").stat().st_size < 1 << 20
    assert [one.trouble for one in pictures(["bomb.png", "large.png"], folder)] == ["has too many pixels"] * 2


@pytest.mark.process
def test_without_pillow_files_go_in_as_they_are(folder: Path) -> None:
    script = WITHOUT_PILLOW + (
        "from hardneg_cli.io.tables.images import picture; from pathlib import Path\n"
        "for name in sys.argv[1:]: one = picture(name, Path('.')); print(one.uri[:20], len(one.uri) > 99, one.trouble)"
    )
    (folder / "big.jpg").write_bytes((folder / "wide.jpg").read_bytes() + b"\0" * MOST_INLINED)
    names = ["wide.jpg", "small.webp", "drawn.svg", "wide.tif", "big.jpg", "empty.png"]
    done = subprocess.run(
        [sys.executable, "-c", script, *names], cwd=folder, capture_output=True, text=True, check=True
    )
    *shown, tif, big, empty = done.stdout.splitlines()
    assert shown == [f"data:image/{kind} True " for kind in ("jpeg;base", "webp;base", "svg+xml;b")]
    assert tif == empty == " False is no picture that browsers know"
    assert "are too many (262 kB at most); with hardneg-cli[images] installed it would be made smaller" in big


def test_the_page_has_limits(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = pictured(["wide.jpg", "wide.png"], folder)
    monkeypatch.setattr(html, "MOST_PICTURED", 100)
    with pytest.raises(InputError, match=r"1 of 2 rows are more than a browser takes .* with --limit or --budget"):
        written("html", table)


def pictured(names: list[str], folder: Path) -> pa.Table:
    table = findings([f"r{n}" for n in range(len(names))])
    place = table.column_names.index("text")
    return marked(table.set_column(place, "image", pa.array(names)), place, folder)


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return hardneg("find", "data.csv", "--detector", "label-spelling", *arguments, cwd=folder.parent, text=True)


@pytest.fixture
def data(folder: Path) -> Path:
    """Two rows with odd labels in a folder of their own, pictures beside them."""
    names = ["wide.jpg", "no such \x1b[31m.png", *["wide.png"] * 40]
    labels = ["Cat", "catt", *["cat", "dog"] * 20]
    with (folder / "data.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "label", "photo", "note"])
        writer.writerows(zip(range(42), labels, names, ["x"] * 42, strict=True))
    return folder


@pytest.mark.process
def test_a_queue_with_pictures(data: Path) -> None:
    command = ("find", data / "data.csv", "--detector", "label-spelling")
    arguments = ["--image", "photo", "--show", "note", "-o", "q.html", "-o", "q.csv", "-o", "q.parquet"]
    elsewhere = data / "elsewhere"
    elsewhere.mkdir()
    done = hardneg(*command, *arguments, cwd=elsewhere, text=True)
    assert done.returncode == 0, done.stderr
    assert "note: 1 picture is not shown: no such \\x1b[31m.png (no such file or directory)" in done.stderr
    assert (elsewhere / "q.html").read_text().count("data:image/jpeg;base64,") == 1
    with (elsewhere / "q.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["photo"] for row in rows} == {"wide.jpg", "no such \x1b[31m.png"}
    assert pq.read_table(elsewhere / "q.parquet")["photo"].to_pylist() == [row["photo"] for row in rows]
    assert str(data).encode() not in (elsewhere / "q.parquet").read_bytes()
    done = hardneg(*command, "--image", "foto", cwd=elsewhere, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"hardneg: {data / 'data.csv'}: no column 'foto' for --image; did you mean 'photo'?\n"


@pytest.mark.browser
def test_a_browser_shows_them_and_saves_their_paths(browser: Any, folder: Path) -> None:
    from selenium.webdriver.common.action_chains import ActionChains

    names = ["wide.jpg", "turned.jpg", "clear.png", "drawn.svg", "broken.jpg", "<script>.png", ""]
    page = folder / "queue.html"
    page.write_bytes(written("html", pictured(names, folder)))
    browser.get(page.as_uri())
    shown = []
    for name in names:
        image = browser.find_elements("css selector", "dd img")
        size = [[one.get_property("naturalWidth"), one.get_property("naturalHeight")] for one in image]
        shown.append((size, browser.find_element("css selector", "dd").get_property("textContent")))
        assert name in shown[-1][1]
        ActionChains(browser).send_keys("k").perform()
    sizes = [size for size, _ in shown]
    assert sizes == [[[256, 128]], [[128, 256]], [[256, 256]], [[9, 7]], [], [], []]
    assert shown[4][1] == "broken.jpgNo picture: is a broken picture"
    assert shown[5][1].startswith("<script>.pngNo picture: no such file")
    assert shown[6][1] == ""
    browser.find_element("id", "save").click()
    path = folder / "queue.decided.csv"
    for _ in range(100):
        if path.exists():
            break
        time.sleep(0.1)
    with path.open(newline="") as file:
        rows = list(csv.reader(file))
    assert [row[rows[0].index("image")] for row in rows[1:]] == names
    assert {len(row) for row in rows} == {len(rows[0])}
    assert not browser.get_log("browser")
    assert not re.search("alert", browser.title)
