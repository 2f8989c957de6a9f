"""Makes the sample: scikit-learn's handwritten digits with errors, copies and spelling slips planted in them.

    python sample_data/make.py [FOLDER]     write digits.csv, digits.truth.csv and digits.probs.csv, by default here

The images are the test set of E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits" (UCI Machine
Learning Repository, https://doi.org/10.24432/C50P49, CC BY 4.0). Threads and processor make no difference to the files.
"""

import argparse
import base64
import csv
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score
from sklearn.neighbors import NearestNeighbors
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

CLASSES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
# Digits that handwriting tells apart by one stroke; either may be taken for the other.
LOOK_ALIKES = ("06", "17", "18", "23", "27", "35", "38", "49", "56", "79", "89")
SLIPS = {"seven": "sevn", "four": "fuor", "three": "Three", "five": "FIVE", "eight": "eight ", "two": "two "}
FLIPS = {"random": 54, "look-alike": 54}  # together 6 % of the 1,797 digits
COPIES = {"exact-duplicate": 4, "conflicting-copy": 2, "near-duplicate": 6}
INK = 16  # the darkest pixel
SEED, FOLDS, TEN_THOUSAND = 20, 5, 10_000


@dataclass(frozen=True)
class Row:
    source: int  # which digit it was; copies share it
    pixels: tuple[int, ...]  # 8 by 8, row by row, 0 (paper) to 16 (ink)
    true_label: str
    label: str
    kind: str = ""


def sample_rows(rng: Random) -> list[Row]:
    """The digits with everything planted, each trouble on rows of its own, in shuffled order."""
    data, target = load_digits(return_X_y=True)
    names = [CLASSES[digit] for digit in target]
    rows = [Row(i, tuple(map(int, data[i])), name, name) for i, name in enumerate(names)]
    clean = iter(rng.sample(rows, len(rows)))
    flips = [planted(next(clean), kind, rng) for kind, count in FLIPS.items() for _ in range(count)]
    copies = [planted(next(clean), kind, rng) for kind, count in COPIES.items() for _ in range(count)]
    rest = {row.label: row for row in clean}
    slips = [replace(rest[name], label=slip, kind="spelling") for name, slip in SLIPS.items()]
    for row in flips + slips:
        rows[row.source] = row
    return rng.sample(rows + copies, len(rows) + len(copies))


def planted(row: Row, kind: str, rng: Random) -> Row:
    digit = str(CLASSES.index(row.label))
    row = replace(row, kind=kind)
    match kind:
        case "random" | "conflicting-copy":
            return replace(row, label=rng.choice([name for name in CLASSES if name != row.label]))
        case "look-alike":
            partners = [pair.replace(digit, "") for pair in LOOK_ALIKES if digit in pair]
            return replace(row, label=CLASSES[int(rng.choice(partners))])
        case "near-duplicate":
            pixels = list(row.pixels)
            for place in rng.sample(range(64), rng.choice([1, 2])):
                pixels[place] += rng.choice([step for step in (-1, 1) if 0 <= pixels[place] + step <= INK])
            return replace(row, pixels=tuple(pixels))
    return row


def data_uri(pixels: tuple[int, ...]) -> str:
    """An 8 by 8 grey PNG, dark ink on white; stored, not deflated, since zlib and zlib-ng deflate differently."""
    grey = bytes(255 - value * 255 // INK for value in pixels)
    scanlines = b"".join(b"\0" + grey[start : start + 8] for start in range(0, 64, 8))
    chunks = {b"IHDR": struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0), b"IDAT": zlib.compress(scanlines, 0), b"IEND": b""}
    png = b"\x89PNG\r\n\x1a\n"
    for name, body in chunks.items():
        png += struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
    return "data:image/png;base64," + base64.b64encode(png).decode()


def out_of_fold(rows: list[Row], rng: Random) -> NDArray[np.int64]:
    """Probabilities, N by 10, in ten-thousandths, every row's sum exact, by models that saw no copy of the row."""
    spelled = {slip: name for name, slip in SLIPS.items()}
    given = np.array([CLASSES.index(spelled.get(row.label, row.label)) for row in rows])
    fold = np.array([rng.randrange(FOLDS) for _ in rows])[[row.source for row in rows]]
    pixels = np.array([row.pixels for row in rows], dtype=float)
    exact = np.empty((len(rows), len(CLASSES)))
    for held_out in range(FOLDS):
        # Newton steps end at the optimum to the last few bits; where lbfgs stops depends on the machine.
        model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, solver="newton-cholesky", tol=1e-10))
        model.fit(pixels[fold != held_out], given[fold != held_out])
        exact[fold == held_out] = model.predict_proba(pixels[fold == held_out]) * TEN_THOUSAND
    whole = np.floor(exact).astype(np.int64)
    rank = np.argsort(np.argsort(whole - exact, axis=1), axis=1)  # 0 for the largest remainder
    whole += rank < TEN_THOUSAND - whole.sum(axis=1, keepdims=True)
    return whole


def tables(rows: list[Row], probabilities: NDArray[np.int64]) -> dict[str, Sequence[Sequence[object]]]:
    named = [(f"digit-{number:04d}", row) for number, row in enumerate(rows, start=1)]
    data = [[name, row.label, data_uri(row.pixels), *row.pixels] for name, row in named]
    truth = [[name, int(row.label != row.true_label), row.true_label, row.kind] for name, row in named]
    probs = [[named[i][0], *(f"{p / TEN_THOUSAND:.4f}" for p in row)] for i, row in enumerate(probabilities.tolist())]
    return {
        "digits.csv": [["id", "label", "image", *(f"pixel_{place:02d}" for place in range(64))], *data],
        "digits.truth.csv": [["id", "is_error", "true_label", "kind"], *truth],
        "digits.probs.csv": [["id", *(f"prob_{name}" for name in CLASSES)], *probs],
    }


def difficulty(rows: list[Row], probabilities: NDArray[np.int64]) -> Iterator[str]:
    """Average precision of two simple detectors on the errors of some kinds, rows with other errors left out."""
    labels, kinds = np.array([row.label for row in rows]), np.array([row.kind for row in rows])
    p_given = (probabilities * (labels[:, None] == CLASSES)).sum(axis=1)  # 0 for a label that is no class
    pixels = np.array([row.pixels for row in rows])
    neighbours = NearestNeighbors(n_neighbors=10).fit(pixels).kneighbors(return_distance=False)
    disagreement = (labels[neighbours] != labels[:, None]).mean(axis=1)
    is_error = labels != [row.true_label for row in rows]
    for wanted in ([*FLIPS, "conflicting-copy", "spelling"], list(FLIPS), ["random"], ["look-alike"]):
        found = is_error & np.isin(kinds, wanted)
        for name, score in {"1 - p_given": -p_given, "10 neighbours": disagreement}.items():
            precision = average_precision_score(found[found | ~is_error], score[found | ~is_error])
            yield f"average precision {precision:.3f} of {name:13} for {found.sum():3} errors: {', '.join(wanted)}"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", nargs="?", type=Path, default=Path(__file__).parent)
    folder = parser.parse_args().folder
    rng = Random(SEED)  # noqa: S311  seeded on purpose: nothing here is secret
    rows = sample_rows(rng)
    probabilities = out_of_fold(rows, rng)
    for name, lines in tables(rows, probabilities).items():
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(lines)
    print("\n".join(difficulty(rows, probabilities)))


if __name__ == "__main__":
    main()
