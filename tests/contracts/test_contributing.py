"""The recipes for contributors work as they stand: one file each, put into a copy of the package."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.console import CONSOLE, assert_prints
from support.paths import PACKAGE, ROOT

TEXT = (ROOT / ".github/CONTRIBUTING.md").read_text(encoding="utf-8")
FILES = re.compile(r"^```python\n# (hardneg_cli/\S+\.py)\n(.*?)^```", flags=re.MULTILINE | re.DOTALL)
PATCHES = re.compile(r"^```diff\n(.*?)^```", flags=re.MULTILINE | re.DOTALL)
INTRODUCTION, *RECIPES = re.split(r"^### ", TEXT.partition("\n## Documents")[0], flags=re.MULTILINE)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A folder with a copy of the package, in which the introduction's commands were run."""
    shutil.copytree(PACKAGE, tmp_path / "hardneg_cli")
    for block in CONSOLE.findall(INTRODUCTION):
        assert_prints(block, tmp_path)
    return tmp_path


def test_there_are_six_recipes() -> None:
    assert len(RECIPES) == 6


@pytest.mark.process
@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.splitlines()[0])
def test_a_recipe_does_what_it_says(recipe: str, home: Path) -> None:
    for path, code in FILES.findall(recipe):
        assert not (home / path).exists()
        (home / path).write_text(code, encoding="utf-8")
    for patch in PATCHES.findall(recipe):
        subprocess.run(["git", "apply", "-"], cwd=home, input=patch, text=True, check=True)
    for block in CONSOLE.findall(recipe):
        assert_prints(block, home, PYTHONPATH=str(home))
