"""A real LibreOffice, if there is one."""

from __future__ import annotations

import csv
import re
import shutil
import subprocess
import zipfile
from pathlib import Path
from xml.etree import ElementTree

OFFICE = shutil.which("soffice")
TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
CSV = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,1"  # the first sheet, as it is shown
POINTS = {"in": 72.0, "cm": 72 / 2.54, "mm": 72 / 25.4, "pt": 1.0}


def converted(path: Path, kind: str, folder: Path) -> Path:
    """The file as LibreOffice saves it. kind: an extension, with the filter behind it."""
    home = f"-env:UserInstallation={(folder.parent / 'home').as_uri()}"
    command = [str(OFFICE), home, "--headless", "--convert-to", kind, "--outdir", str(folder), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return next(folder.glob(f"{path.stem}*.{kind.partition(':')[0]}"))


def seen_cells(path: Path, folder: Path) -> list[dict[str, str]]:
    """The rows of a workbook's first sheet, by the names in its first row."""
    with converted(path, CSV, folder).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def said_heights(path: Path) -> list[float]:
    """Of the rows of the first sheet, in points, as the workbook says them."""
    sheet = zipfile.ZipFile(path).read("xl/worksheets/sheet1.xml").decode()
    return [float(height) for height in re.findall(r'<row [^>]*?ht="([\d.]+)"', sheet)]


def needed_heights(path: Path, folder: Path) -> list[float]:
    """Of the same rows, as LibreOffice lays them out so that all of their text is seen."""
    folder.mkdir(exist_ok=True)
    flat = converted(path, "fods", folder).read_text(encoding="utf-8")
    # LibreOffice trusts the heights of its own files, and measures the rows of those of others
    flat = re.sub("<meta:generator>.*?</meta:generator>", "", flat)
    flat = flat.replace('style:use-optimal-row-height="false"', 'style:use-optimal-row-height="true"')
    (folder / "other.fods").write_text(re.sub(' style:row-height="[^"]*"', "", flat), encoding="utf-8")
    table = ElementTree.parse(converted(folder / "other.fods", "fods", folder / "measured"))
    heights = {
        style.get(f"{STYLE}name"): properties.get(f"{STYLE}row-height", "0pt")
        for style in table.iter(f"{STYLE}style")
        for properties in style.iter(f"{STYLE}table-row-properties")
    }
    found: list[float] = []
    for row in next(table.iter(f"{TABLE}table")).iter(f"{TABLE}table-row"):
        height = heights[row.get(f"{TABLE}style-name")]
        found += [float(height[:-2]) * POINTS[height[-2:]]] * min(int(row.get(f"{TABLE}number-rows-repeated", 1)), 999)
    return found
