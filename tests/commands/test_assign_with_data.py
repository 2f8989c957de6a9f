"""`assign --data`: reviewers see each row among its nearest ones, unless they are to judge without evidence."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest

from hardneg_cli import find
from support.command import hardneg
from support.paths import SAMPLE

pytestmark = pytest.mark.process


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("team")
    shutil.copy(SAMPLE / "digits.csv", folder)
    every = ["--detector", "outvoted-label", "--all", "-q", "-o", "scores.parquet"]
    hardneg("find", "digits.csv", "--features", "pixel_*", *every, cwd=folder, check=True)
    return folder


def assigned(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    data = ("--data", "digits.csv", "--features", "pixel_*", "--image", "image", "--limit", "12")
    return hardneg("assign", "scores.parquet", *data, *arguments, cwd=folder, text=True, check=True)


def test_each_row_stands_among_its_nearest_ones(folder: Path) -> None:
    assigned(folder, "--reviewers", "ann,bob", "-o", "team.html", "-o", "team.xlsx")
    whole = find(folder / "digits.csv", features="pixel_*", detectors=["outvoted-label"])
    ids = whole.dataset.ids.to_pylist()
    page = (folder / "team.ann.html").read_text()
    queue = pd.read_excel(folder / "team.ann.xlsx", dtype=str).set_index("id")
    assert whole.surroundings.nearest is not None
    for id_, told in queue.nearest.items():
        near = [line for line in told.split("\n") if not line.startswith("same content")]
        twins = told.removesuffix("\n".join(near))
        others = [ids[row] for row in whole.surroundings.nearest[ids.index(id_)].tolist()]
        others = [one for one in others if one not in twins]
        assert [line.split(" · ")[1] for line in near] == others[: len(near)]
        assert near[0].split(" · ")[1] in page
    assert "digits.csv" in page
    classes = pd.read_excel(folder / "team.ann.xlsx", sheet_name="classes", header=None, dtype=str)[0].tolist()
    assert classes == sorted({"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"})


@pytest.mark.parametrize("hiding", [("--blind",), ("--control", "6")])
def test_reviewers_without_evidence_see_none_of_them(folder: Path, hiding: tuple[str, ...]) -> None:
    assigned(folder, "--reviewers", "cid", *hiding, "-o", "hidden.xlsx", "-o", "hidden.html")
    assert "nearest" not in pd.read_excel(folder / "hidden.cid.xlsx").columns
    asked = set(pd.read_excel(folder / "hidden.cid.xlsx", dtype=str).id)
    page = (folder / "hidden.cid.html").read_text()
    assert not [id_ for id_ in pd.read_csv(folder / "digits.csv").id if id_ not in asked and id_ in page]
