"""split: planted copies, near copies and groups that straddle parts, class shares, rows that move, and time.

In 100 runs (ten sets, five seeds, parts and folds) a twentieth of the rows gets an exact copy, a twentieth a near one,
and in every other run rows are in groups; a tenth of the rows is then added. Times are whole processes', against pandas
that reads the file and writes it with one more column.
"""

from __future__ import annotations

import base64
import io
import random
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image
from sklearn.datasets import load_digits

from hardneg_cli import SplitResult, split

from .copies import CHANGES
from .processes import in_turn
from .real_sets import real_set, tables, texts
from .results import Figure

TABLES, TEXTS = ("digits", "breast", "wine", "penguins", "hawks", "olive", "spam7"), ("tate", "tweets")
QUICK = ("digits", "wine", "tate")
PLANTED, GROWN, GROUP, ALIKE = 0.05, 0.1, 4, 0.9  # shares of the rows; rows of a group; copies of one group
NOISE = 1e-3  # of a column's standard deviation, that near copies of numbers differ by
LETTERS = ("case", "punctuation", "a typo")  # changes of texts of any length
FEWEST_WORDS = 12  # of a text, in which another word is a small change
FEWEST_LETTERS = 12  # of a text, in which another letter is one; and in no word with a digit, which is another number
ROWS, QUICK_ROWS, ROUNDS = 1_000_000, 50_000, 3
MOST_MOVED, MOST_TIMES = 0.02, 2.0
PANDAS = """
import sys, pandas
frame = pandas.read_csv(sys.argv[1])
frame["split"] = "train"
frame.to_csv(sys.argv[2], index=False)
"""


@dataclass(frozen=True)
class PlantedCopies:
    """frame: rows, the last of which are copies. pairs: (P, 2) places of rows that have to stand together."""

    frame: pd.DataFrame
    pairs: np.ndarray
    options: dict[str, str]


@dataclass(frozen=True)
class Outcome:
    straddling: int  # planted pairs, and groups, in several parts
    off: float  # the most rows by which a class misses its share, beyond a row or 1 %
    moved: float  # the share of old rows that stand elsewhere in the grown set
    moved_kept: int


def part(folder: Path, seeds: Sequence[int], *, quick: bool) -> Iterator[str | Figure]:
    found: dict[tuple[str, str], list[Outcome]] = {}
    for name in QUICK if quick else (*(one for one in TABLES if one in tables()), *_texts(folder), "pictures"):
        for seed in seeds:
            for kind in ("parts", "groups"):
                found.setdefault((name, kind), []).append(_outcome(_planted(name, folder, seed), seed, kind))
    yield "| set | with | runs | straddling | classes off by more | moved by 10 % more rows | with --keep |"
    yield "| --- | --- | ---: | ---: | ---: | ---: | ---: |"
    for (name, kind), runs in found.items():
        moved = float(np.mean([run.moved for run in runs]))
        yield (
            f"| {name} | {kind} | {len(runs)} | {sum(run.straddling for run in runs)} | "
            f"{max(run.off for run in runs):.1f} | {moved:.2%} | {sum(run.moved_kept for run in runs)} |"
        )
        yield Figure(name, f"split, rows moved ({kind})", moved)
    every = [run for runs in found.values() for run in runs]
    alone = [run for (_, kind), runs in found.items() if kind == "parts" for run in runs]
    yield ""
    yield _demand(f"{len(every)} runs: planted pairs and groups that straddle", sum(run.straddling for run in every), 0)
    yield _demand("rows by which a class misses its share by more than a row or 1 %", max(run.off for run in alone), 0)
    yield _demand("share of old rows that move", float(np.mean([run.moved for run in alone])), MOST_MOVED)
    yield _demand("old rows that move with --keep", sum(run.moved_kept for run in every), 0)
    yield from _times(QUICK_ROWS if quick else ROWS)


def _outcome(planted: PlantedCopies, seed: int, kind: str) -> Outcome:
    rng = np.random.default_rng(seed)
    frame, pairs, options = planted.frame, planted.pairs, dict(planted.options)
    if kind == "groups":
        group = rng.integers(0, len(frame) // GROUP, len(frame))
        one, other = pairs[rng.random(len(pairs)) < ALIKE].T  # most copies are of the same group
        group[other] = group[one]
        frame = frame.assign(group=[f"g{number}" for number in group])
        options["groups"] = "group"
        by_group = [rows for rows in frame.groupby("group").indices.values() if len(rows) > 1]
        pairs = np.concatenate([pairs, *(np.stack([rows[:-1], rows[1:]], axis=1) for rows in by_group)])
    frame = frame.sample(frac=1, random_state=seed)
    grown = split(frame, **options)
    old = frame.iloc[: round(len(frame) / (1 + GROWN))]
    first = split(old, **options)
    kept = split(frame, keep=first.table(), **options)
    before = dict(zip(first.dataset.ids.to_pylist(), first.names, strict=True))
    place = dict(zip(grown.dataset.ids.to_pylist(), grown.names, strict=True))
    ids = planted.frame["id"].tolist()
    torn = sum(place[ids[one]] != place[ids[other]] for one, other in pairs.tolist())
    again = dict(zip(kept.dataset.ids.to_pylist(), kept.names, strict=True))
    return Outcome(
        torn, _off(grown), float(np.mean([place[one] != was for one, was in before.items()])),
        sum(again[one] != was for one, was in before.items()),
    )  # fmt: skip


def _off(result: SplitResult) -> float:
    counts = result.counts()
    rows = counts.sum(axis=1)
    missed = np.abs(counts - rows[:, None] * np.array(result.shares.fractions))
    return float(np.maximum(missed - np.maximum(1, 0.01 * rows)[:, None] - 1e-9, 0).max())


def _planted(name: str, folder: Path, seed: int) -> PlantedCopies:
    rng = random.Random(seed)
    frame, options = _frame(name, folder)
    chosen = rng.sample(range(len(frame)), round(2 * PLANTED * len(frame)))
    half = len(chosen) // 2
    copies = frame.iloc[chosen].copy()
    near = copies.iloc[half:]
    if "text" in options:
        words = [word for text in frame["text"] for word in text.split()]
        copies.iloc[half:, copies.columns.get_loc("text")] = [_changed(text, rng, words) for text in near["text"]]
    elif "image" in options:
        copies.iloc[half:, copies.columns.get_loc("image")] = [_saved_anew(one, rng) for one in near["image"]]
    else:
        copies.iloc[half:] = _noisy(frame, near, seed)
    copies["id"] = [f"copy{place:04}" for place in range(len(copies))]
    pairs = np.stack([np.array(chosen), len(frame) + np.arange(len(chosen))], axis=1)
    return PlantedCopies(pd.concat([frame, copies], ignore_index=True), pairs, options)


def _frame(name: str, folder: Path) -> tuple[pd.DataFrame, dict[str, str]]:
    if name == "pictures":
        found = load_digits()
        cells = [
            _png(Image.fromarray((one * 255 / 16).astype(np.uint8)).resize((48, 48))) for one in found.images[:400]
        ]
        return pd.DataFrame({"id": [f"d{row}" for row in range(400)], "label": found.target[:400].astype(str),
                             "image": cells}), {"image": "image"}  # fmt: skip
    one = real_set(name, folder)
    return one.frame, {"text": one.text} if one.text else {"features": one.features or ""}


def _changed(text: str, rng: random.Random, words: Sequence[str]) -> str:
    """The text with a small change; one of a letter, where another word is no small one."""
    kinds = (
        LETTERS
        if len(text.split()) < FEWEST_WORDS
        else [kind for kind in CHANGES if not kind.startswith("two words r")]
    )
    usable = [kind for kind in kinds if len(text.split()) > 1 or kind == "case"]
    for _ in range(20):
        found = CHANGES[rng.choice(usable)](text, rng, words)
        if found != text and (_letters(found) == _letters(text) or _is_small(text, found)):
            return found
    return text


def _is_small(text: str, found: str) -> bool:
    """Whether a change of letters leaves a near copy."""
    numbers = [[word for word in one.split() if any(sign.isdigit() for sign in word)] for one in (text, found)]
    return min(len(_letters(text)), len(_letters(found))) >= FEWEST_LETTERS and numbers[0] == numbers[1]


def _letters(text: str) -> str:
    return "".join(sign for sign in text.lower() if sign.isalnum())


def _noisy(frame: pd.DataFrame, near: pd.DataFrame, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    found = near.copy()
    for column in frame.columns.difference(["id", "label"]):
        numbers = pd.to_numeric(frame[column].replace("", np.nan), errors="coerce")
        if numbers.notna().sum() == (frame[column] != "").sum() and numbers.std() > 0:
            moved = numbers[near.index] + NOISE * numbers.std() * rng.normal(size=len(near))
            found[column] = [
                cell if np.isnan(new) else repr(float(new)) for cell, new in zip(near[column], moved, strict=True)
            ]
    return found


def _png(picture: Image.Image, kind: str = "png", **how: int) -> str:
    out = io.BytesIO()
    picture.save(out, kind, **how)
    return f"data:image/{kind};base64,{base64.b64encode(out.getvalue()).decode()}"


def _saved_anew(cell: str, rng: random.Random) -> str:
    picture = Image.open(io.BytesIO(base64.b64decode(cell.partition(",")[2])))
    if rng.random() < 0.5:
        return _png(picture, "jpeg", quality=85)
    return _png(picture.resize((40, 40)))


def _texts(folder: Path) -> list[str]:
    return [name for name in TEXTS if name in texts(folder)]


def _times(rows: int) -> Iterator[str | Figure]:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        rng = np.random.default_rng(0)
        frame = pd.DataFrame({"id": np.arange(rows), "label": rng.choice([*"abcde"], rows)})
        words = np.array(["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa"])
        said = [" ".join(some) for some in words[rng.integers(0, len(words), (rows, 6))].tolist()]
        frame = frame.assign(text=[f"{one} {row}" for row, one in enumerate(said)], x=rng.normal(size=rows).round(4))
        frame.to_csv(folder / "data.csv", index=False)
        del frame, said
        commands = {
            "hardneg": [sys.executable, "-m", "hardneg_cli", "split", "data.csv", "-q", "-o", "ours.csv"],
            "pandas": [sys.executable, "-c", PANDAS, "data.csv", "theirs.csv"],
        }
        runs = in_turn(commands, ROUNDS, folder)
        ours, theirs = runs["hardneg"].time, runs["pandas"].time
        yield Figure(f"{rows:,} rows", "split, seconds", ours)
        yield Figure(f"{rows:,} rows", "pandas, seconds", theirs)
        yield f"{rows:,} rows of CSV: {ours:.1f} s, pandas {theirs:.1f} s"
        yield _demand("times what pandas takes to read and write", ours / theirs, MOST_TIMES)


def _demand(what: str, value: float, most: float) -> str:
    return f"{'met' if value <= most else 'MISSED'}: {what} {value:.4g}, at most {most:g} asked"
