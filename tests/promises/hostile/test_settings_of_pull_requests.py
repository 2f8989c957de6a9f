"""A pull request does not choose how it is judged: under --base the settings of the base decide."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from hardneg_cli.cli.command_tree import command_line
from hardneg_cli.errors import HardnegError, InputError
from support.command_values import command_values

ROWS = ["id,name,label,topic", *(f"{row},n{row},{'ab'[row % 2]},{'xy'[row % 2]}" for row in range(30))]
BASE = """\
label = "label"
id = "id"
fail-on = ["new-class"]
[datasets.train]
data = "data/train.csv"
"""
ATTACKS: dict[str, dict[str, str | None]] = {
    "passes whatever the gates say": {"hardneg.toml": "exit-zero = true\n" + BASE},
    "only warns": {"hardneg.toml": 'warn-on = ["new-class"]\n' + BASE.replace('fail-on = ["new-class"]', "")},
    "allows the class": {"hardneg.toml": 'allow-class = ["mystery"]\n' + BASE},
    "another label column": {"hardneg.toml": BASE.replace('"label"', '"topic"')},
    "another id column": {"hardneg.toml": BASE.replace('"id"', '"name"')},
    "another dataset": {"hardneg.toml": BASE.replace("data/train.csv", "data/old.csv")},
    "another label column of the dataset": {"hardneg.toml": BASE + 'label = "topic"\n'},
    "another base": {"hardneg.toml": 'base = "data/train.csv"\n' + BASE},
    "bad rows left out": {"hardneg.toml": 'on-bad-rows = "skip"\n' + BASE},
    "settings that are nearer": {"data/hardneg.toml": 'label = "topic"\nallow-class = ["mystery"]\n'},
    "settings of another kind": {"data/pyproject.toml": '[tool.hardneg]\nlabel = "topic"\n'},
    "no settings": {"hardneg.toml": None},
    "settings in place of others": {"hardneg.toml": None, "pyproject.toml": '[tool.hardneg]\nlabel = "topic"\n'},
}
OF_NO_CONSEQUENCE = ("another base", "another dataset", "another label column of the dataset")  # for that file alone
REFUSED = {
    "a folder": ("hardneg.toml/x", "", "is no file"),
    "a link": ("hardneg.toml", "->/etc/hostname", "is a link out of"),
    "other decisions": ("hardneg.toml", 'decisions = "mine.ndjson"', "cannot be set by a file"),
    "no decisions": ("hardneg.toml", "no-decisions = true", "cannot be set by a file"),
    "settings are shown": ("hardneg.toml", "show-config = true", "cannot be set by a file"),
    "no settings": ("hardneg.toml", "no-config = true", "cannot be set by a file"),
    "unreadable": ("hardneg.toml", "label = [", "cannot be read as TOML"),
    "a base of its own": ("hardneg.toml", 'base = "git:HEAD:data/old.csv"', "base names a path of its own"),
}


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """With a base that has settings, and a branch with a row of a class that is new."""
    place = tmp_path / "repository"
    (place / "data").mkdir(parents=True)
    monkeypatch.chdir(place)
    for name in os.environ:
        if name.startswith(("HARDNEG_", "GIT_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    (place / "hardneg.toml").write_text(BASE)
    for name in ("train.csv", "old.csv"):
        (place / "data" / name).write_text("\n".join(ROWS) + "\n")
    git("init", "-q", "-b", "main")
    commit("base")
    git("checkout", "-q", "-b", "branch")
    (place / "data/train.csv").write_text("\n".join(ROWS).replace("3,n3,b,", "3,n3,mystery,") + "\n")
    return place


def git(*arguments: str) -> None:
    who = [f"user.{part}=ann@example.org" for part in ("name", "email")]
    subprocess.run(["git", "-c", who[0], "-c", who[1], *arguments], check=True, capture_output=True)


def commit(message: str) -> None:
    git("add", "-A")
    git("commit", "-q", "-m", message)


def put(files: dict[str, str | None]) -> None:
    for name, text in files.items():
        path = Path(name)
        if path.parent.is_file():
            path.parent.unlink()
        path.parent.mkdir(exist_ok=True)
        path.unlink(missing_ok=True)
        if text is not None and text.startswith("->"):
            path.symlink_to(text[2:])
        elif text is not None:
            path.write_text(text)


def verdict(*arguments: str) -> str:
    """The words of a refusal, or of what cannot be done; empty if all passed."""
    try:
        command_line(lambda run: run)(["check", *arguments], prog_name="hardneg", standalone_mode=False)
    except HardnegError as error:
        return f"{error.exit_code}: {error}"
    return ""


def test_the_base_alone(repository: Path) -> None:
    assert verdict("data/train.csv", "--base", "git:main") == "1: data/train.csv fails new-class (1 row)"
    git("checkout", "-q", "data/train.csv")
    assert verdict("train", "--base", "git:main") == ""


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_branch_does_not_choose_how_it_is_judged(
    attack: str, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(ATTACKS[attack])
    told = "note: the settings of git:main decide, not the changed ones: "
    assert verdict("data/train.csv", "--base", "git:main") == "1: data/train.csv fails new-class (1 row)"
    assert (told in capsys.readouterr().err) == (attack not in OF_NO_CONSEQUENCE)
    commit("attack")
    named = "train" if Path("hardneg.toml").exists() else "data/train.csv"
    assert verdict(named, "--base", "git:main...") == "1: data/train.csv fails new-class (1 row)"


@pytest.mark.parametrize("attack", REFUSED)
def test_what_no_file_may_say_is_refused(attack: str, repository: Path) -> None:
    name, text, words = REFUSED[attack]
    put({name: text})
    said = verdict("data/train.csv", "--base", "git:main")
    assert said.startswith("2: ")
    assert words in said
    assert verdict("data/train.csv", "--base", "git:main", "--no-config").startswith("1: ")


def test_what_the_base_says_counts(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    git("stash", "-q")
    put({"hardneg.toml": 'exit-zero = true\nwarn-on = ["leak"]\nallow-class = ["mystery"]\nlabel = "topic"\n'})
    commit("the base passes all")
    git("stash", "pop", "-q")
    assert verdict("data/train.csv", "--base", "git:HEAD") == ""
    assert "note: the settings" not in capsys.readouterr().err
    put({"hardneg.toml": 'label = "label"\nfail-on = ["imbalance"]\n[leak]\n'})
    values = command_values("check", "data/train.csv", "--base", "git:HEAD")
    assert values["label"] == "topic"
    assert values["exit_zero"] is True
    assert values["fail_on"] == ["imbalance"], "more gates may be asked"
    assert verdict("data/train.csv", "--base", "git:HEAD", "--label", "label") == "", "the caller may say so"
    put({"hardneg.toml": None})
    assert command_values("check", "data/train.csv", "--base", "git:HEAD")["warn_on"] == ["leak"]
    assert "lets a check pass" in refusal('warn-on = ["leak"]', "data/train.csv", "--base", "data/old.csv")


def refusal(text: str, *arguments: str) -> str:
    put({"hardneg.toml": text})
    with pytest.raises(InputError) as refused:
        command_values("check", *arguments)
    return str(refused.value)


def test_how_a_report_looks_is_the_branchs(repository: Path) -> None:
    put({"hardneg.toml": 'output = "verdict.md"\nformat = "json"\nquiet = true\n' + BASE})
    values = command_values("check", "train", "--base", "git:main")
    assert (values["output"], values["format_"], values["quiet"]) == (["verdict.md"], "json", True)


def test_a_dataset_that_is_new_has_columns_of_its_own(repository: Path) -> None:
    put({"more/new.csv": "\n".join(ROWS), "more/hardneg.toml": 'label = "topic"\nexit-zero = true\n[imbalance]\n'})
    values = command_values("check", "more/new.csv", "--base", "git:main")
    assert values["label"] == "label", "the settings above had a word on that"
    assert values["exit_zero"] is False
    put({"hardneg.toml": None})
    commit("no settings")
    values = command_values("check", "more/new.csv", "--base", "git:main")
    assert values["label"] == "label", "which the base still has"
    values = command_values("check", "more/new.csv", "--base", "git:HEAD~1")
    assert values["label"] == "label"


def test_before_the_first_commit(tmp_path: Path, repository: Path) -> None:
    shutil.rmtree(repository / ".git")
    git("init", "-q")
    put({"hardneg.toml": 'label = "topic"\nexit-zero = true\n'})
    values = command_values("check", "data/train.csv", "--base", "git:HEAD")
    assert (values["label"], values["exit_zero"]) == ("topic", False)


def test_a_key_that_was_wrong_in_the_base_does_not_keep_what_mends_it_out(repository: Path) -> None:
    git("stash", "-q")
    put({"hardneg.toml": 'scheduler = "tcp://x"\nlabbel = "x"\nlabel = "topic"\n'})
    commit("wrong")
    put({"hardneg.toml": 'label = "label"\n'})
    assert command_values("check", "data/train.csv", "--base", "git:HEAD")["label"] == "topic"
    put({"hardneg.toml": "label = [\n"})
    commit("worse")
    assert "git:HEAD: hardneg.toml: cannot be read as TOML" in refusal(
        "label = 'x'", "data/train.csv", "--base", "git:HEAD"
    )


def test_a_second_checkout_is_a_base_with_settings(tmp_path: Path, repository: Path) -> None:
    git("worktree", "add", "-q", str(tmp_path / "base"), "main")
    put({"hardneg.toml": 'label = "topic"\nexit-zero = true\n'})
    base = str(tmp_path / "base/data/train.csv")
    assert verdict("data/train.csv", "--base", base) == "1: data/train.csv fails new-class (1 row)"
    shutil.copy(base, tmp_path / "base.csv")
    assert "lets a check pass" in verdict("data/train.csv", "--base", str(tmp_path / "base.csv"))
    put({"hardneg.toml": 'label = "topic"\n'})
    assert command_values("check", "data/train.csv", "--base", str(tmp_path / "base.csv"))["label"] == "topic"


def test_a_folder_that_is_a_link_now(repository: Path) -> None:
    """The settings of the base are those of the folder that the name meant then."""
    put({"data/hardneg.toml": "label = 'label'\n"})
    commit("settings in the folder")
    shutil.move(repository / "data", repository / "moved")
    (repository / "moved/hardneg.toml").write_text("label = 'topic'\n")
    (repository / "data").symlink_to("moved")
    commit("the folder is a link")
    assert command_values("check", "data/train.csv", "--base", "git:HEAD~1")["label"] == "label"
    assert command_values("check", "data/train.csv", "--base", "git:HEAD")["label"] == "topic"
