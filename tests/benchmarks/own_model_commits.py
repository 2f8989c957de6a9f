"""Simulated commits to real sets that have no probabilities: rows of a fixed pool, so that kept predictions serve all.

Each row of the base has one edited version, and each of the pool one as if it came from another source.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hardneg_cli import Columns
from hardneg_cli.gating.verdict import CheckReport
from hardneg_cli.verbs.check import check

from .real_sets import RealSet

ROWS = (20, 150, 300)
RATES = (0.02, 0.10, 0.25)
KINDS = {"uniform": "any label", "confused": "the most confused label"}
POOL = 0.45  # of the rows
WRONG = 0.10  # of the labels of the base that corrections are made to
SHIFT, SCALE, NOISE, EDIT = 0.25, 1.1, 0.25, 0.02  # in standard deviations of a column, but for the scale
LETTERS = "abcdefghijklmnopqrstuvwxyz"
Labels = NDArray[np.object_]


@dataclass(frozen=True)
class Head:
    """A commit's dataset; base: what it is compared with, where that is not the usual one."""

    frame: pd.DataFrame
    base: pd.DataFrame | None = None


@dataclass(frozen=True)
class CommitSource:
    """base: B rows, edited: as many, their other versions. pool: P rows, foreign: their versions from elsewhere.

    noisy: the base with wrong labels. hardness: (P,) the score that a pool's row has with its right label.
    confused: by class the one that it is most often suspected to be. cache: the folder of kept predictions.
    """

    name: str
    columns: Columns
    features: str | None
    base: pd.DataFrame
    edited: pd.DataFrame
    pool: pd.DataFrame
    foreign: pd.DataFrame
    noisy: pd.DataFrame
    hardness: NDArray[np.float64]
    confused: dict[str, str]
    cache: Path

    def check(self, head: Head) -> CheckReport:
        base = self.base if head.base is None else head.base
        return check(
            head.frame, self.columns, base=base, features=self.features, cache=self.cache, decisions=()
        )  # fmt: skip

    def drawn(self, n: int, rng: np.random.Generator, among: NDArray[np.int64] | None = None) -> pd.DataFrame | None:
        """So many rows of the pool; None where it has less than half as many more, and commits would be alike."""
        among = np.arange(len(self.pool)) if among is None else among
        return self.pool.iloc[rng.choice(among, n, replace=False)] if 1.5 * n <= len(among) else None

    def with_rows(self, rows: pd.DataFrame | None) -> Head | None:
        return None if rows is None else Head(pd.concat([self.base, rows], ignore_index=True))


def source(real: RealSet, cache: Path) -> CommitSource:
    """The set in two parts; one run of check has the models of the base judge every row that a commit may have."""
    rng = np.random.default_rng(0)
    frame = real.frame
    order = rng.permutation(len(frame))
    cut = int(len(order) * POOL)
    pool, base = (frame.iloc[np.sort(part)].reset_index(drop=True) for part in (order[:cut], order[cut:]))
    pool = pool[pool["label"].isin(base["label"])].reset_index(drop=True)
    edited, foreign = _edited(real, base, rng), _foreign(real, pool, rng)
    columns = Columns(text=real.text)
    everything = pd.concat([edited, pool, foreign.assign(id="f" + foreign["id"])], ignore_index=True)
    report = check(
        everything, columns, base=base, features=real.features, cache=cache, decisions=(), with_findings=True
    )
    assert report.findings is not None
    found = report.findings
    hardness = found.score[len(base) : len(base) + len(pool)]
    classes, labels = np.array(found.dataset.classes, object), found.dataset.labels
    confused = _confused(classes, labels, found.suggested)
    noisy = base.assign(label=_mislabeled(base["label"].to_numpy(object), rng.random(len(base)) < WRONG, "uniform",
                                          confused, rng))  # fmt: skip
    return CommitSource(
        real.name, columns, real.features, base, edited, pool, foreign, noisy, hardness, confused, cache
    )  # fmt: skip


def _confused(classes: Labels, labels: NDArray[np.int32], suggested: NDArray[np.int32]) -> dict[str, str]:
    """By class the other one that its rows are suspected to be most often, the next one where that is none."""
    k = len(classes)
    found = {}
    for code, name in enumerate(classes):
        others = suggested[(labels == code) & (suggested >= 0) & (suggested != code)]
        counts = np.bincount(others, minlength=k)
        found[str(name)] = str(classes[counts.argmax() if counts.any() else (code + 1) % k])
    return found


def _mislabeled(
    labels: Labels, wrong: NDArray[np.bool_], kind: str, confused: dict[str, str], rng: np.random.Generator
) -> Labels:
    """With any other label, or the most confused one, in the rows that are `wrong`."""
    classes = sorted(confused)
    made = labels.copy()
    for row in np.flatnonzero(wrong):
        others = [name for name in classes if name != labels[row]]
        made[row] = confused[labels[row]] if kind == "confused" else others[rng.integers(len(others))]
    return made


# -- harmless commits ----------------------------------------------------------------------------------------------


def added(of: CommitSource, n: int, rng: np.random.Generator) -> Head | None:
    return of.with_rows(of.drawn(n, rng))


def edited(of: CommitSource, n: int, rng: np.random.Generator) -> Head | None:
    if 2 * n > len(of.base):
        return None
    rows = rng.choice(len(of.base), n, replace=False)
    frame = of.base.copy()
    frame.iloc[rows] = of.edited.iloc[rows]
    return Head(frame)


def dropped(of: CommitSource, n: int, rng: np.random.Generator) -> Head | None:
    """Rows go, and a few come, so that there is something to judge."""
    new = of.drawn(ROWS[0], rng)
    if new is None or 2 * n > len(of.base):
        return None
    kept = np.sort(rng.choice(len(of.base), len(of.base) - n, replace=False))
    return Head(pd.concat([of.base.iloc[kept], new], ignore_index=True))


def of_two_classes(of: CommitSource, n: int, rng: np.random.Generator) -> Head | None:
    """As many as two classes have, if that is less; None where it is less than a third."""
    two = rng.choice(sorted(of.confused), 2, replace=False)
    among = np.flatnonzero(of.pool["label"].isin(two))
    n = min(n, int(len(among) / 1.5))
    return of.with_rows(of.drawn(n, rng, among)) if n >= ROWS[0] else None


def corrections(of: CommitSource, n: int, rng: np.random.Generator) -> Head | None:
    """Wrong labels of the base turned into the right ones, by somebody who leaves no log; as many as there are."""
    wrong = np.flatnonzero((of.noisy["label"] != of.base["label"]).to_numpy())
    rows = rng.choice(wrong, min(n, int(len(wrong) / 1.5)), replace=False)
    frame = of.noisy.copy()
    frame.loc[rows, "label"] = of.base["label"].iloc[rows]
    return Head(frame, of.noisy)


# -- rows that the model knows less well ----------------------------------------------------------------------------


def hard(of: CommitSource, n: int, rng: np.random.Generator) -> Head | None:
    """Added rows of the third of the pool whose labels the model doubts most."""
    among = np.argsort(-of.hardness, kind="stable")[: len(of.pool) // 3]
    return of.with_rows(of.drawn(n, rng, among))


def foreign(of: CommitSource, n: int, rng: np.random.Generator) -> Head | None:
    rows = of.drawn(n, rng)
    return None if rows is None else of.with_rows(of.foreign.loc[rows.index])


def foreign_and_wrong(of: CommitSource, n: int, rng: np.random.Generator) -> Head | None:
    rows = of.drawn(n, rng)
    return None if rows is None else of.with_rows(_with_wrong(of, of.foreign.loc[rows.index], 0.25, "uniform", rng))


# -- wrong labels --------------------------------------------------------------------------------------------------


def wrong(of: CommitSource, n: int, rate: float, kind: str, rng: np.random.Generator) -> Head | None:
    """Added rows of which a share is labeled wrong, and one at least."""
    rows = of.drawn(n, rng)
    return None if rows is None else of.with_rows(_with_wrong(of, rows, rate, kind, rng))


def _with_wrong(
    of: CommitSource, rows: pd.DataFrame, rate: float, kind: str, rng: np.random.Generator
) -> pd.DataFrame:  # fmt: skip
    chosen = np.arange(len(rows)) < max(1, round(rate * len(rows)))  # they come in no order
    return rows.assign(label=_mislabeled(rows["label"].to_numpy(object), chosen, kind, of.confused, rng))


Draw = Callable[[CommitSource, int, np.random.Generator], Head | None]
HARMLESS: dict[str, Draw] = {
    "added": added, "edited": edited, "dropped": dropped, "of two classes": of_two_classes,
    "corrections without a log": corrections,
}  # fmt: skip
OTHERS: dict[str, Draw] = {
    "of the hardest third": hard, "from another source": foreign,
    "from another source, 25% get any label": foreign_and_wrong,
}  # fmt: skip

# -- other versions of rows ----------------------------------------------------------------------------------------


def _edited(real: RealSet, rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """A word more, or a little noise."""
    if real.text is not None:
        words = rng.choice(["please", "now", "again", "thanks"], len(rows))
        return rows.assign(**{real.text: [f"{text} {word}" for text, word in zip(rows[real.text], words, strict=True)]})
    return _numbers_moved(real, rows, rng, 1.0, 0.0, EDIT)


def _foreign(real: RealSet, rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    if real.text is not None:
        return rows.assign(**{real.text: [_in_capitals(text, rng) for text in rows[real.text]]})
    return _numbers_moved(real, rows, rng, SCALE, SHIFT, NOISE)


def _in_capitals(text: str, rng: np.random.Generator) -> str:
    """With a typo in a fifth of the words: a letter is another one."""
    words = text.split()
    for place, word in enumerate(words):
        if rng.random() < 0.2 and len(word) > 2:
            at = int(rng.integers(len(word)))
            words[place] = word[:at] + LETTERS[int(rng.integers(26))] + word[at + 1 :]
    return " ".join(words).upper()


def _numbers_moved(
    real: RealSet, rows: pd.DataFrame, rng: np.random.Generator, scale: float, shift: float, noise: float
) -> pd.DataFrame:
    """The columns of numbers; an empty cell stays one, and categories are what they are."""
    made = rows.copy()
    for name in (real.features or "").split(","):
        numbers = pd.to_numeric(real.frame[name].replace("", np.nan), errors="coerce")
        if numbers.isna().sum() > (real.frame[name] == "").sum():
            continue
        own = pd.to_numeric(rows[name].replace("", np.nan), errors="coerce").to_numpy()
        deviation = float(numbers.std()) or 1.0
        moved = scale * own + deviation * (shift + noise * rng.standard_normal(len(own)))
        made[name] = ["" if np.isnan(value) else f"{value:.6g}" for value in moved]
    return made


def made_set(kind: str, rows: int) -> RealSet:
    """A small set that needs no files: of `texts`, or of `numbers`."""
    rng = np.random.default_rng(0)
    labels = rng.permutation(np.arange(rows) % 3)
    names = np.array(["ant", "bee", "cat"])[labels]
    cells = {"id": [f"r{row:05}" for row in range(rows)], "label": names}
    if kind == "texts":
        own = [["crawl", "hill", "leaf"], ["buzz", "honey", "hive"], ["purr", "mouse", "milk"]]
        common = [f"word{number}" for number in range(30)]
        texts = [" ".join([*rng.choice(own[code], 2), *rng.choice(common, 6)]) for code in labels]
        return RealSet("texts", pd.DataFrame({**cells, "text": texts}), text="text")
    points = 3.0 * np.eye(3)[labels] + rng.standard_normal((rows, 3))
    numbers = {f"x{place}": [f"{value:.6g}" for value in points[:, place]] for place in range(3)}
    return RealSet("numbers", pd.DataFrame({**cells, **numbers}), features=",".join(numbers))
