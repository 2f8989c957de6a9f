"""What is built and put on the index: its contents, its description, and that it runs where nothing else is.

The package index is asked for what is needed to build and to run, as `pip install` asks it; where it cannot be
reached, these tests are skipped, but not in CI.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from filelock import FileLock

from hardneg_cli import __version__
from support.composite_action import ACTION
from support.paths import ROOT, SAMPLE
from support.repositories import SURROUNDINGS, git

pytestmark = [pytest.mark.process, pytest.mark.slow]

pytest.importorskip("build")
uv = pytest.importorskip("uv")

NO_INDEX = re.compile(r"dns error|error sending request|failed to (?:fetch|lookup)|connection error", re.IGNORECASE)
NEUTRAL = {name: value for name, value in SURROUNDINGS.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}


def run(*command: str | Path, cwd: Path | None = None, code: int = 0, **variables: str) -> str:
    done = subprocess.run(
        [*map(str, command)], cwd=cwd, env=NEUTRAL | variables, capture_output=True, text=True, check=False
    )  # fmt: skip
    said = done.stdout + done.stderr
    if done.returncode != code and NO_INDEX.search(said) and not os.environ.get("CI"):
        pytest.skip("the package index cannot be reached")
    assert done.returncode == code, said
    return said


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> dict[str, Path]:
    """The sdist, and the wheel that is made of it; once for all workers."""
    folder = tmp_path_factory.getbasetemp()
    folder = (folder if worker_id == "master" else folder.parent) / "dist"
    with FileLock(f"{folder}.lock"):
        if not folder.exists():
            run(sys.executable, "-m", "build", "--installer", "uv", "--outdir", folder, ROOT)
    (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return {"wheel": wheel, "sdist": sdist}


def committed(folder: str) -> set[str]:
    """What of a folder is in the repository; where there is none, all of it."""
    if not (ROOT / ".git").exists():
        files = (file for file in (ROOT / folder).rglob("*") if file.is_file() and "__pycache__" not in file.parts)
        return {str(file.relative_to(ROOT)) for file in files}
    return set(git(ROOT, "ls-files", "--cached", "--others", "--exclude-standard", folder).split("\n")) - {""}


def test_the_wheel_has_all_of_the_package_and_nothing_else(built: dict[str, Path]) -> None:
    with zipfile.ZipFile(built["wheel"]) as wheel:
        names = {name for name in wheel.namelist() if not name.startswith(f"hardneg_cli-{__version__}.dist-info/")}
    assert names == committed("hardneg_cli")
    for ending in (".css", ".js", ".html", ".md", ".yml", "py.typed"):
        assert [name for name in names if name.endswith(ending)], ending


def test_the_sdist_has_what_a_checkout_has(built: dict[str, Path]) -> None:
    with tarfile.open(built["sdist"]) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
    wanted = {
        name for folder in ("hardneg_cli", "tests", "sample_data", ".ci", ".github") for name in committed(folder)
    }
    assert wanted <= names
    assert {"README.md", "LICENSE", "CHANGELOG.md", "pyproject.toml", ".pre-commit-hooks.yaml"} <= names


def test_the_description_has_links_that_lead_somewhere_from_the_index(built: dict[str, Path]) -> None:
    pytest.importorskip("twine")
    run(sys.executable, "-m", "twine", "check", "--strict", *built.values())
    with zipfile.ZipFile(built["wheel"]) as wheel:
        metadata = wheel.read(f"hardneg_cli-{__version__}.dist-info/METADATA").decode()
    head, _, text = metadata.partition("\n\n")
    for line in ("License-Expression: Apache-2.0", "Requires-Python: >=3.11", "Description-Content-Type: text/markdown",
                 "Classifier: Programming Language :: Python :: 3.14"):  # fmt: skip
        assert line in head.splitlines()
    assert re.findall(r"Project-URL: (\w+),", head) == [
        "Homepage",
        "Documentation",
        "Repository",
        "Changelog",
        "Issues",
    ]
    links = re.findall(r"\]\(([^)]+)\)", text)
    places = re.compile(
        rf"https://(?:github\.com/hardneg/hardneg/blob|raw\.githubusercontent\.com/hardneg/hardneg)/v{__version__}/(.+)"
    )
    paths = [found[1] for link in links if (found := places.fullmatch(link))]
    assert (len(paths), len(paths) > 10) == (len(links), True)
    assert not [path for path in paths if not (ROOT / path).is_file()]
    assert not [link for link in links if link.endswith(".png") and not link.startswith("https://raw.")]


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_it_runs_where_nothing_else_is_installed(kind: str, built: dict[str, Path], tmp_path: Path) -> None:
    """The README's first command, and a check in a repository, from a folder that has no package."""
    tool, home = uv.find_uv_bin(), tmp_path / "environment"
    run(tool, "venv", "--quiet", "--python", sys.executable, home)
    run(tool, "pip", "install", "--quiet", "--python", home, built[kind])
    command = home / ("Scripts" if os.name == "nt" else "bin") / "hardneg"
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "sample_data").symlink_to(SAMPLE)
    assert run(command, "--version") == f"hardneg {__version__}\n"
    readme = re.findall(r"^```sh\n(.*?)^```", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    first = readme[0].rpartition(".venv/bin/hardneg")[2]
    said = run("bash", "-c", f'"$0" {first}', command, cwd=tmp_path / "folder")
    assert "112 flagged, 10 written" in said
    repository = tmp_path / "repository"
    repository.mkdir()
    rows = [f"r{row},{('cat', 'dog')[row % 2]},text number {row}\n" for row in range(30)]
    (repository / "data.csv").write_text("id,label,text\n" + "".join(rows))
    git(repository, "init", "-q", "-b", "main")
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "data")
    run(command, "check", "data.csv", "--base", "git:HEAD", cwd=repository)
    (repository / "data.csv").write_text("id,label,text\n" + "".join(rows).replace("r3,dog", "r3,dgo"))
    said = run(command, "check", "data.csv", "--base", "git:HEAD", cwd=repository, code=1)
    assert "did you mean 'dog'" in said


def test_the_action_installs_what_stands_beside_it(tmp_path: Path) -> None:
    """Without the libraries, which the test above installs; what builds it is there already."""
    tool, home = uv.find_uv_bin(), tmp_path / "hardneg"
    run(tool, "venv", "--quiet", "--python", sys.executable, home)
    run(tool, "pip", "install", "--quiet", "--python", home, "hatchling", "hatch-fancy-pypi-readme")
    variables = {"PYTHON": sys.executable, "RUNNER_TEMP": str(tmp_path), "GITHUB_OUTPUT": str(tmp_path / "output")}
    quick = {"PIP_NO_DEPS": "1", "PIP_NO_BUILD_ISOLATION": "0", "PIP_NO_COMPILE": "1"}
    run("bash", ACTION / "install.sh", GITHUB_ACTION_PATH=str(ACTION), **variables, **quick)
    outputs = dict(line.split("=", 1) for line in (tmp_path / "output").read_text().splitlines())
    assert outputs["version"] == __version__
    assert Path(outputs["bin"], "hardneg").exists()
