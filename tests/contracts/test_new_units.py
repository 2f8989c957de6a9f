"""To add a unit to any drawer is to add one file and edit none; a unit without what its drawer needs is named."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hardneg_cli.runtime.drawers import DRAWERS
from support.command import hardneg
from support.new_units import DATA, EVIDENCE, NEW_UNITS
from support.paths import PACKAGE

KINDS = [kind for kind, drawer in DRAWERS.items() if drawer.contract is not None]
NEEDS = {
    "annotation tool": {"write", "recognises", "read"},
    "table format": {"recognises", "columns", "read", "rewrite"},
}
BROKEN = {
    "a setting without a type": (
        "detector", "def detect(dataset, *, most=3): ...", "setting 'most' of detect() has no type",
    ),
    "a setting without a default": (
        "gate", "def judge(dataset, *, most: int): ...", "setting 'most' of judge() has no default",
    ),
    "a setting that nobody can type": (
        "model", "def build(sparse, seed, *, how: list = []): ...",
        "setting 'how' of build() is no bool, int, float, str or Literal",
    ),
    "evidence that there is not": (
        "mode", "def run(dataset, nighbors): ...", "no evidence is called so; did you mean 'neighbors'?",
    ),
    "too few parameters": ("format", "def write(table): ...", "write() is called with 'table', 'out'"),
    "another name": (
        "detector", "def detekt(dataset): ...",
        "no function 'detect', which every detector has; did you mean 'detekt'?",
    ),
    "a name that is no function": ("evidence", "gather = 3", "no function 'gather', which every evidence has"),
    "a value of another kind": (
        "report", "EXTENSIONS = '.txt'\ndef write(report, out): ...", "EXTENSIONS is '.txt', and has to be a tuple",
    ),
}  # fmt: skip
LOAD_ALL = """
import json, sys
from hardneg_cli.errors import InputError
from hardneg_cli.runtime import drawers
said = {}
for kind, name in json.loads(sys.argv[1]):
    try:
        drawers.load(kind, name)
    except InputError as error:
        said[f"{kind}: {name}"] = str(error)
print(json.dumps(said))
"""


def package_copy(folder: Path) -> Path:
    shutil.copytree(PACKAGE, folder / "hardneg_cli")
    (folder / "data.csv").write_text(DATA)
    (folder / "data.piped").write_text(DATA.replace(",", "|"))
    return folder


def run(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return hardneg(*arguments, cwd=home, home=home, text=True)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package with one new file in each drawer."""
    folder = package_copy(tmp_path_factory.mktemp("new"))
    for kind, unit in NEW_UNITS.items():
        (folder / "hardneg_cli" / DRAWERS[kind].folder / unit.file).write_text(unit.text)
    return folder


@pytest.mark.parametrize("kind", KINDS)
def test_every_drawer_has_an_example_of_a_new_unit(kind: str) -> None:
    assert kind in NEW_UNITS or kind == "evidence", f"add to tests/support/new_units.py how a {kind} is added"


@pytest.mark.slow
@pytest.mark.parametrize("kind", NEW_UNITS)
def test_a_new_unit_is_one_file(kind: str, home: Path) -> None:
    unit = NEW_UNITS[kind]
    done = run(home, *unit.command)
    assert done.returncode == unit.code, done.stderr
    assert unit.says in done.stdout


@pytest.mark.process
def test_new_evidence_is_one_file(tmp_path: Path) -> None:
    """And whoever names it gets it."""
    folder = package_copy(tmp_path)
    (folder / "hardneg_cli" / "detection" / "evidence" / EVIDENCE.file).write_text(EVIDENCE.text)
    detector = NEW_UNITS["detector"].text.replace("detect(dataset,", "detect(dataset, word_counts,")
    detector = detector.replace("ids >= at_least", "(ids >= at_least) & (np.array(word_counts) == 2)")
    (folder / "hardneg_cli" / "detection" / "detectors" / "odd_id.py").write_text(detector)
    done = run(folder, *EVIDENCE.command)
    assert EVIDENCE.says in done.stdout, done.stderr


@pytest.mark.process
def test_what_a_new_annotation_tool_writes_comes_back(home: Path) -> None:
    made = run(home, "find", "data.csv", "--all", "-q", "-o", "post-cards:cards.txt")
    assert made.returncode == 0, made.stderr
    cards = (home / "cards.txt").read_text()
    (home / "cards.txt").write_text(cards.replace("?", "cat"))
    assert "12 decisions read" in run(home, "collect", "cards.txt", "--data", "data.csv").stderr


@pytest.fixture(scope="module")
def refusals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What is said of each broken unit, by its kind and name."""
    folder = package_copy(tmp_path_factory.mktemp("broken"))
    units = [(kind, "nothing", '"""Does nothing."""\n') for kind in KINDS]
    units += [(kind, f"broken-{number}", text) for number, (kind, text, _) in enumerate(BROKEN.values())]
    for kind, name, text in units:
        (folder / "hardneg_cli" / DRAWERS[kind].folder / f"{name.replace('-', '_')}.py").write_text(text)
    done = subprocess.run(
        [sys.executable, "-c", LOAD_ALL, json.dumps([unit[:2] for unit in units])], cwd=folder, capture_output=True,
        env=os.environ | {"PYTHONPATH": str(folder)}, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said: dict[str, str] = json.loads(done.stdout)
    return said


@pytest.mark.process
@pytest.mark.parametrize("kind", KINDS)
def test_a_unit_without_what_it_needs_is_refused(kind: str, refusals: dict[str, str]) -> None:
    said = refusals[f"{kind}: nothing"]
    assert said.startswith(f"hardneg_cli/{DRAWERS[kind].folder}/nothing.py: no function ")
    assert any(
        f"no function {name!r}, which every {kind} has" in said for name in NEEDS.get(kind, {DRAWERS[kind].verb})
    )


@pytest.mark.process
@pytest.mark.parametrize("trouble", BROKEN)
def test_a_broken_unit_is_named_with_its_trouble(trouble: str, refusals: dict[str, str]) -> None:
    number = list(BROKEN).index(trouble)
    kind, _, sentence = BROKEN[trouble]
    said = refusals[f"{kind}: broken-{number}"]
    assert said.startswith(f"hardneg_cli/{DRAWERS[kind].folder}/broken_{number}.py: ")
    assert sentence in said


@pytest.mark.process
def test_a_broken_unit_is_one_line_and_exit_code_2(tmp_path: Path) -> None:
    folder = package_copy(tmp_path)
    (folder / "hardneg_cli" / "detection" / "detectors" / "odd_id.py").write_text("def detekt(dataset): ...")
    done = run(folder, "find", "data.csv")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert "hardneg_cli/detection/detectors/odd_id.py: no function 'detect'" in done.stderr
