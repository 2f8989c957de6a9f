"""What shells offer: the scripts that `--show-completion` prints, in the shells themselves."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from support.command import COMMAND, in_path
from support.paths import ROOT

pytestmark = pytest.mark.process

BASH = """
eval "$(_HARDNEG_COMPLETE=source_bash hardneg)"
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_hardneg_completion hardneg
printf '%s\\n' "${COMPREPLY[@]}"
"""


def shell(*command: str, home: Path) -> str:
    variables = {"PATH": f"{in_path(copies=False)}{os.pathsep}{os.environ['PATH']}", "HOME": str(home)}
    return subprocess.run(command, env=variables, cwd=home, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        (("fi",), ["find"]),
        (("find", "--lab"), ["--label"]),
        (("find", "d.csv", "--detector", "doub"), ["doubtful-label"]),
        (("find", "d.csv", "-f", "label-"), ["label-studio"]),
        (("check", "d.csv", "--require", "le"), ["leak"]),
        (("check", "d.csv", "-f", "s"), ["sarif"]),
        (("explain", "exit"), ["exit-codes"]),
        (("check", "--color", ""), ["auto", "always", "never"]),
        (("audit", "dr"), ["draw"]),
        (("find", "d"), [""]),  # files, which the shell knows
    ],
)
def test_bash_completes_commands_options_and_units(line: tuple[str, ...], offered: list[str], tmp_path: Path) -> None:
    found = shell("bash", "--noprofile", "--norc", "-c", BASH, "bash", "hardneg", *line, home=tmp_path)
    assert found.split("\n")[:-1] == offered


def test_fish_completes_with_what_an_option_is_for(tmp_path: Path) -> None:
    if not shutil.which("fish"):
        pytest.skip("fish is not installed")
    script = '_HARDNEG_COMPLETE=source_fish hardneg | source; complete -C "hardneg find --lab"'
    assert shell("fish", "--no-config", "-c", script, home=tmp_path) == "--label\tThe column with the labels.\n"


@pytest.mark.parametrize(("name", "words"), [("zsh", "#compdef hardneg"), ("powershell", "Register-ArgumentCompleter")])
def test_other_shells_have_a_script(name: str, words: str, tmp_path: Path) -> None:
    assert words in shell("env", f"_HARDNEG_COMPLETE=source_{name}", "hardneg", home=tmp_path)


def test_installing_it_for_bash_writes_beside_what_is_there(tmp_path: Path) -> None:
    (tmp_path / ".bashrc").write_text("alias l=ls\n")
    script = f"PYTHONPATH={ROOT} {shlex.join(COMMAND)} --install-completion; true"  # asks which shell has started it
    assert "installed" in shell("bash", "--norc", "-c", script, home=tmp_path)
    assert (tmp_path / ".bashrc").read_text().startswith("alias l=ls\n")
    assert "_hardneg_completion" in (tmp_path / ".bash_completions" / "hardneg.sh").read_text()
