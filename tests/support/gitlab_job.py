"""The job of the GitLab file that `explain --snippet gitlab` prints, as a runner has it but for what is installed."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from shlex import join

import pytest

from hardneg_cli.runtime import drawers
from support.command import search_path
from support.repositories import SURROUNDINGS

yaml = pytest.importorskip("yaml")


def run_job(folder: Path, more: Sequence[str] = (), **variables: str) -> subprocess.CompletedProcess[str]:
    """Its whole script in one shell, with the variables that GitLab sets; more: arguments of its call of check."""
    job = yaml.safe_load(drawers.document("snippet", "gitlab"))["labels"]
    install, *script = job["script"]
    assert re.fullmatch(r"pip install --quiet hardneg-cli==[\d.]+", install)
    given = {name: str(value) for name, value in job["variables"].items()} | {"CI_COMMIT_BEFORE_SHA": "0" * 40}
    lines = "\n".join(script).replace("-f text", join([*more, "-f", "text"]))
    return subprocess.run(["bash", "-eo", "pipefail", "-c", lines], cwd=folder, capture_output=True, text=True,
                          env=SURROUNDINGS | {"PATH": search_path()} | given | variables, check=False)  # fmt: skip
