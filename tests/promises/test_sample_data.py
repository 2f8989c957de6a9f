"""The sample is what `sample_data/make.py` makes, and holds what it says it holds."""

import base64
import csv
import os
import shutil
import struct
import subprocess
import sys
import zlib
from collections import Counter
from decimal import Decimal
from pathlib import Path

import nbformat
import pytest

from support import notebook
from support.paths import SAMPLE

NAMES = ("digits.csv", "digits.truth.csv", "digits.probs.csv")


def read(name: str) -> list[dict[str, str]]:
    with (SAMPLE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def grey_pixels(data_uri: str) -> list[int]:
    """The pixels of an 8 by 8 grey PNG without filters, decoded by hand, every checksum looked at."""
    png = base64.b64decode(data_uri.removeprefix("data:image/png;base64,"), validate=True)
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    chunks, at = {}, 8
    while at < len(png):
        (length,) = struct.unpack_from(">I", png, at)
        name, body = png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        assert struct.unpack_from(">I", png, at + 8 + length) == (zlib.crc32(name + body),)
        chunks[name] = body
        at += 12 + length
    assert list(chunks) == [b"IHDR", b"IDAT", b"IEND"]
    assert struct.unpack(">IIBBBBB", chunks[b"IHDR"]) == (8, 8, 8, 0, 0, 0, 0)
    scanlines = zlib.decompress(chunks[b"IDAT"])
    assert len(scanlines) == 72
    assert not any(scanlines[::9])  # filter 0 on every line
    return [grey for start in range(0, 72, 9) for grey in scanlines[start + 1 : start + 9]]


def pixels(row: dict[str, str]) -> tuple[int, ...]:
    return tuple(int(row[f"pixel_{place:02d}"]) for place in range(64))


@pytest.mark.process
def test_is_made_again_byte_for_byte(tmp_path: Path) -> None:
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # for speed: these are small jobs
    command = [sys.executable, "-W", "error", str(SAMPLE / "make.py"), str(tmp_path)]
    subprocess.run(command, env=environment, check=True, capture_output=True, timeout=300)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(NAMES)
    assert [name for name in NAMES if (tmp_path / name).read_bytes() != (SAMPLE / name).read_bytes()] == []


def test_the_files_name_the_same_rows_in_the_same_order() -> None:
    expected = [f"digit-{number:04d}" for number in range(1, 1810)]
    assert [[row["id"] for row in read(name)] for name in NAMES] == [expected] * 3


def test_the_truth_counts_what_was_planted() -> None:
    kinds = Counter((row["kind"], row["is_error"]) for row in read("digits.truth.csv"))
    assert kinds == {
        ("", "0"): 1683,
        ("random", "1"): 54,
        ("look-alike", "1"): 54,
        ("spelling", "1"): 6,
        ("conflicting-copy", "1"): 2,
        ("exact-duplicate", "0"): 4,
        ("near-duplicate", "0"): 6,
    }


def test_an_error_is_a_label_other_than_the_true_one() -> None:
    pairs = zip(read("digits.csv"), read("digits.truth.csv"), strict=True)
    assert all((row["label"] != truth["true_label"]) == (truth["is_error"] == "1") for row, truth in pairs)


def test_slips_are_the_only_labels_that_are_no_class() -> None:
    classes = {name.removeprefix("prob_") for name in read("digits.probs.csv")[0]} - {"id"}
    pairs = list(zip(read("digits.csv"), read("digits.truth.csv"), strict=True))
    assert len(classes) == 10
    assert {truth["true_label"] for _, truth in pairs} == classes
    assert all((row["label"] not in classes) == (truth["kind"] == "spelling") for row, truth in pairs)


def test_copies_have_their_original_in_the_sample() -> None:
    rows, truths = read("digits.csv"), read("digits.truth.csv")
    originals = {pixels(row): row for row, truth in zip(rows, truths, strict=True) if truth["kind"] == ""}
    for row, truth in zip(rows, truths, strict=True):
        if truth["kind"] in ("exact-duplicate", "conflicting-copy"):
            original = originals[pixels(row)]
            assert original["image"] == row["image"]
            assert (original["label"] == row["label"]) == (truth["kind"] == "exact-duplicate")
        if truth["kind"] == "near-duplicate":
            steps = (
                [abs(a - b) for a, b in zip(pixels(row), other, strict=True) if a != b]
                for other, original in originals.items()
                if original["label"] == row["label"]
            )
            assert any(changed in ([1], [1, 1]) for changed in steps)


def test_images_decode_to_the_pixels() -> None:
    for row in read("digits.csv"):
        assert tuple(round((255 - grey) * 16 / 255) for grey in grey_pixels(row["image"])) == pixels(row)


def test_probabilities_sum_to_one_exactly() -> None:
    for row in read("digits.probs.csv"):
        probabilities = [Decimal(value) for name, value in row.items() if name != "id"]
        assert sum(probabilities) == 1
        assert min(probabilities) >= 0


@pytest.mark.process
def test_the_cells_of_the_notebook_answer_what_stands_below_them(tmp_path: Path) -> None:
    for name in NAMES:
        shutil.copy(SAMPLE / name, tmp_path)
    written = nbformat.read(notebook.NOTEBOOK, as_version=4)
    nbformat.validate(written)
    assert notebook.answers(written) == notebook.answers(notebook.executed(tmp_path)), f"anew: {notebook.COMMAND}"
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(NAMES)


def test_the_notebook_is_run_to_its_end_and_knows_no_machine() -> None:
    written = nbformat.read(notebook.NOTEBOOK, as_version=4)
    code = [cell for cell in written.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert {*written.metadata} == {"kernelspec", "language_info"}
    assert not [cell for cell in code if cell.metadata or not cell.outputs]
    text = notebook.NOTEBOOK.read_text(encoding="utf-8")
    assert not [part for part in ("/home", "/Users", "/tmp", "C:\\", str(SAMPLE)) if part in text]
    assert len(text) < 150_000  # most of it is a chart
