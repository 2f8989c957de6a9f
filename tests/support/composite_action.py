"""Runs a composite action in a checkout as GitHub's runner does: its `run` steps are real, in real bash.

What other actions do (`uses`) is a runner's or a server's part, and stands here in a few lines: Python is this one, the
cache and the artifacts are folders. `install` can be left out, for a command that is there.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from support.command import forked_command
from support.paths import ROOT
from support.workflow_expressions import condition, filled, words

ACTION = ROOT / ".github/actions/check"


@dataclass
class Server:
    """What outlives a run: saved caches, in their order."""

    folder: Path
    caches: list[str] = field(default_factory=list)

    def restore(self, path: str, prefix: str) -> dict[str, str]:
        found = next((key for key in reversed(self.caches) if key.startswith(prefix)), None)
        if found is None:
            return {}
        shutil.copytree(self.folder / found, path, dirs_exist_ok=True)
        return {"cache-matched-key": found}

    def save(self, path: str, key: str) -> None:
        assert key not in self.caches, "a cache is saved twice"
        shutil.copytree(path, self.folder / key)
        self.caches.append(key)


@dataclass
class Run:
    """One run of the action: its log, what it put out, and what it handed to others."""

    log: str = ""
    failed: bool = False
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    summary: str = ""
    used: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def verdict(self) -> str:
        return self.outputs["check"]["verdict"]


def run_action(
    checkout: Path, temp: Path, event: Mapping[str, Any], inputs: Mapping[str, str], environment: Mapping[str, str],
    *, server: Server | None = None, install: bool = False,
) -> Run:  # fmt: skip
    """event: what the context `github` holds. environment: of the runner's processes. install: for real."""
    action = yaml.safe_load((ACTION / "action.yml").read_text())
    given = {name: one.get("default", "") for name, one in action["inputs"].items()} | dict(inputs)
    run, github = Run(), {"ref": "refs/heads/main", "token": "t", **event}
    context = {"inputs": given, "github": github, "steps": {}}
    temp.mkdir(exist_ok=True)
    for step in action["runs"]["steps"]:
        context["steps"] = {name: {"outputs": outputs} for name, outputs in run.outputs.items()}
        if not condition(step.get("if", "success()"), context, failed=run.failed):
            continue
        put = {name: filled(words(text), context) for name, text in (step.get("with") or step.get("env") or {}).items()}
        if "uses" in step:
            outputs = _used(step["uses"], put, server)
            run.used[step["name"]] = put
        elif step.get("id") == "install" and not install:
            outputs = _command_that_is_there(temp)
        else:
            outputs = _script(run, step, checkout, temp, {**environment, **_variables(github, temp), **put})
        run.outputs[step.get("id", step["name"])] = outputs
    return run


def _used(action: str, put: Mapping[str, str], server: Server | None) -> dict[str, str]:
    match action.partition("@")[0]:
        case "actions/setup-python":
            assert put["update-environment"] == "false"
            return {"python-path": sys.executable}
        case "actions/cache/restore" if server:
            return server.restore(put["path"], put["restore-keys"])
        case "actions/cache/save" if server:
            server.save(put["path"], put["key"])
    return {}


def _command_that_is_there(temp: Path) -> dict[str, str]:
    folder = temp / "hardneg" / "bin"
    folder.mkdir(parents=True, exist_ok=True)
    for name, command in (("python", [sys.executable]), ("hardneg", forked_command())):
        (folder / name).write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n')
        (folder / name).chmod(0o755)
    return {"bin": str(folder), "version": "0"}


def _script(
    run: Run, step: Mapping[str, Any], checkout: Path, temp: Path, variables: Mapping[str, str]
) -> dict[str, str]:
    output, summary = temp / "output", temp / "summary"
    for file in (output, summary):
        file.write_text("")
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]], cwd=checkout, text=True, check=False,
        env={**variables, "GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(summary)}, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )  # fmt: skip
    run.log += done.stdout
    run.failed = run.failed or done.returncode != 0
    run.summary += summary.read_text()
    return dict(line.split("=", 1) for line in output.read_text().splitlines())


def _variables(github: Mapping[str, Any], temp: Path) -> dict[str, str]:
    """Those that GitHub sets by itself."""
    ref = github["ref"]
    return {
        "GITHUB_ACTION_PATH": str(ACTION), "GITHUB_EVENT_NAME": github.get("event_name", ""), "GITHUB_REF": ref,
        "GITHUB_BASE_REF": github.get("base_ref", ""), "GITHUB_REF_TYPE": "tag" if "/tags/" in ref else "branch",
        "GITHUB_REPOSITORY": "o/r", "GITHUB_SERVER_URL": "https://github.com", "GITHUB_RUN_ID": "7",
        "RUNNER_TEMP": str(temp), "RUNNER_OS": "Linux", "PATH": github.get("path", os.environ["PATH"]),
    }  # fmt: skip
