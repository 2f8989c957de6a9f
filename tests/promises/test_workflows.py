"""The action, the workflows and the release: what is written in them, as far as it can be told without GitHub."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hardneg_cli import __version__
from support.paths import ROOT
from support.release import newest, other_releases, problems

yaml = pytest.importorskip("yaml")

ACTION = ROOT / ".github/actions/check"
WORKFLOWS = [*(ROOT / ".github/workflows").glob("*.yml")]


@pytest.mark.process
def test_the_scripts_of_the_action_hold_no_expression_of_the_workflow() -> None:
    action = yaml.safe_load((ACTION / "action.yml").read_text())
    assert not [step["name"] for step in action["runs"]["steps"] if "${{" in step.get("run", "")]
    assert len([*ACTION.glob("*.sh")]) == 4
    for script in ACTION.glob("*.sh"):
        assert "${{" not in script.read_text()
        subprocess.run(["bash", "-n", str(script)], check=True)


def test_other_peoples_actions_are_named_by_commit() -> None:
    """A tag can be moved; the comment says which version the commit is."""
    found = [
        (file.name, line.strip())
        for file in [ACTION / "action.yml", *(ROOT / ".github" / "workflows").glob("*.yml")]
        for line in file.read_text().splitlines()
        if re.match(r"\s*(- )?uses:", line) and "uses: ./" not in line
    ]
    assert found
    assert not [one for one in found if not re.search(r"@[0-9a-f]{40} # v\d+\.\d+\.\d+$", one[1])]


@pytest.mark.parametrize(
    ("schema", "files"),
    [("github-actions", ".github/actions/*/action.yml"), ("github-workflows", ".github/workflows/*.yml"),
     ("dependabot", ".github/dependabot.yml")],
)  # fmt: skip
@pytest.mark.process
def test_they_are_what_their_schemas_say(schema: str, files: str) -> None:
    pytest.importorskip("check_jsonschema")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}"]
    done = subprocess.run([*command, *map(str, ROOT.glob(files))], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_job_has_more_permissions_than_it_names() -> None:
    for file in WORKFLOWS:
        workflow = yaml.safe_load(file.read_text())
        assert workflow["permissions"] in ({}, {"contents": "read"})
        writing = {
            name: {one for one, kind in job.get("permissions", {}).items() if kind == "write"}
            for name, job in workflow["jobs"].items()
        }
        assert {name: one for name, one in writing.items() if one} == (
            {"publish": {"id-token"}, "announce": {"contents"}} if file.name == "release.yml" else {}
        )


# ----------------------------------------------------------------------------------------------------- the release


@pytest.fixture
def released(tmp_path: Path) -> Path:
    """What the release is told by, with the date that a release has."""
    for name in ("CHANGELOG.md", "hardneg_cli/__init__.py", "hardneg_cli/manual"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, tmp_path / name)
    log = tmp_path / "CHANGELOG.md"
    log.write_text(re.sub(r"\(unreleased\)", "(2030-01-31)", log.read_text(), count=1))
    return tmp_path


def test_the_changelog_begins_with_this_version_and_the_manual_names_it() -> None:
    number, _, entries = newest(ROOT)
    assert (number, other_releases(ROOT)) == (__version__, [])
    assert entries.startswith("- ")
    assert "\n## " not in entries


def test_a_release_is_named_alike_by_all(released: Path) -> None:
    assert problems(released, f"v{__version__}") == []
    (found,) = problems(released, "v9.9.9")
    assert found == f"the tag is v9.9.9, and __version__ is {__version__}"
    log = released / "CHANGELOG.md"
    log.write_text(f"# Changelog\n\n## 9.9.9 (unreleased)\n\n## {__version__} (2030-01-31)\n\n- an entry\n")
    found = "; ".join(problems(released, f"v{__version__}"))
    for words in ("begins with 9.9.9, and", "calls 9.9.9 unreleased", "says nothing of 9.9.9"):
        assert words in found
    snippet = released / "hardneg_cli" / "manual" / "gates.md"
    snippet.write_text("    rev: v0.0.9\n")
    assert problems(released, "v")[-1] == "hardneg_cli/manual/gates.md names 0.0.9"


@pytest.mark.process
def test_the_workflow_of_the_release_runs_the_check_without_anything_installed() -> None:
    command = [sys.executable, "-IS", str(ROOT / "tests/support/release.py"), "v9.9.9"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "the tag is v9.9.9" in done.stderr
    assert "python tests/support/release.py" in (ROOT / ".github/workflows/release.yml").read_text()
