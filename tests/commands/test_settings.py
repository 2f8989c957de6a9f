"""Flag > HARDNEG_* > hardneg.toml or [tool.hardneg] > default, with real processes."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from hardneg_cli.cli.configuration import Configuration, configured
from hardneg_cli.cli.settings.option_trust import CommandOption, Trust
from hardneg_cli.errors import InputError
from support.command import hardneg

KNOWN = {
    name: CommandOption(name, f"--{name}", name == "probs", Trust.CHOICE)
    for name in ("label", "on_bad_rows", "limit", "quiet", "probs")
}
ANIMALS = [f"{row},{'cat' if row % 2 else 'dog'},{'red' if row % 3 else 'blue'}\n" for row in range(40)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A repository with a dataset in a folder below."""
    place = tmp_path / "project/sub"
    place.mkdir(parents=True)
    (tmp_path / "project/.git").mkdir()
    (place / "data.csv").write_text("id,label,color\n" + "".join(ANIMALS))
    for name, cat in (("a b.csv", "0.9,0.1"), ("b.csv", "0.8,0.2")):
        rows = [f"{row},{cat if row % 2 else '0.3,0.7'}\n" for row in range(40)]
        (place / name).write_text("id,prob_cat,prob_dog\n" + "".join(rows))
    return place


def run(*arguments: str, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HARDNEG_")}
    return hardneg(*arguments, cwd=cwd, env=kept | variables, text=True)


def configuration(folder: Path) -> Configuration:
    """What is configured for a dataset in the folder."""
    return configured(KNOWN, lambda: {"find": KNOWN}, {"data": str(folder / "data.csv")})


def labels(done: subprocess.CompletedProcess[str]) -> set[str]:
    """The given labels in a table."""
    assert done.returncode == 0, done.stderr
    return {line.split("\t")[3] for line in done.stdout.splitlines()}


FIND = ["find", "data.csv", "--all", "--detector", "rare-label"]


@pytest.mark.process
def test_the_order_of_precedence(folder: Path) -> None:
    (folder / "pyproject.toml").write_text('[tool.other]\nlabel = "x"\n')  # no settings here: the search goes on
    (folder.parent / "pyproject.toml").write_text('[tool.hardneg]\nlabel = "color"\nlimit = 3\n')
    (folder.parent.parent / "hardneg.toml").write_text('label = "id"\n')  # farther away, and not in the repository
    done = run(*FIND, cwd=folder)
    assert labels(done) <= {"red", "blue"}
    assert done.stdout.count("\n") == 3
    assert run(*FIND, cwd=folder, HARDNEG_LIMIT="5").stdout.count("\n") == 5
    done = run(*FIND, "--limit", "7", cwd=folder, HARDNEG_LIMIT="5", HARDNEG_LABEL="label")
    assert labels(done) <= {"cat", "dog"}
    assert done.stdout.count("\n") == 7


@pytest.mark.process
def test_lists_and_switches(folder: Path) -> None:
    arguments = ["find", "data.csv", "--detector", "doubtful-label", "--all", "-f", "csv"]
    done = run(*arguments, cwd=folder, HARDNEG_PROBS="'a b.csv' b.csv", HARDNEG_QUIET="true")
    assert (done.returncode, done.stderr) == (0, "")
    assert ",0.850000," in done.stdout, "the mean of both models"
    (folder / "hardneg.toml").write_text('probs = ["a b.csv", "b.csv"]\nquiet = true\n')
    assert run(*arguments, cwd=folder).stdout == done.stdout
    assert ",0.800000," in run(*arguments, "--probs", "b.csv", cwd=folder).stdout, "a flag replaces the list"
    (folder / "hardneg.toml").write_text('probs = "b.csv"\n')
    assert ",0.800000," in run(*arguments, cwd=folder).stdout, "one text is a list of one"


@pytest.mark.process
def test_detector_tables_and_set(folder: Path) -> None:
    (folder / "data.csv").write_text(
        "id,label\n" + "".join(f"{row},c{row % 2 if row > 5 else 9}\n" for row in range(400))
    )
    (folder / "hardneg.toml").write_text("[rare-label]\nfewer-than = 7\n")
    arguments = ["find", "data.csv", "--detector", "rare-label"]
    assert run(*arguments, cwd=folder).stdout.count("\n") == 6
    assert run(*arguments, "--set", "rare-label.fewer-than=6", cwd=folder).stdout == ""
    assert run(*arguments, cwd=folder, HARDNEG_SET="rare-label.fewer_than=6").stdout == ""
    (folder / "hardneg.toml").unlink()
    assert run(*arguments, cwd=folder).stdout == ""


@pytest.mark.process
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("probs = 3", ("hardneg.toml: probs is a list of texts, not 3",)),
        ("limit = 'many'", ("hardneg.toml: limit", "--limit", "integer")),
        ("limit = -1", ("hardneg.toml: limit", "greater than or equal to 0")),
        ("quiet = 'maybe'", ("hardneg.toml: quiet", "--quiet", "boolean")),
        ("on-bad-rows = 'skp'", ("hardneg.toml: on-bad-rows", "'skp' is not one of 'fail', 'skip'")),
        ("label = ['a', 'b']", ("hardneg.toml: label is one value",)),
        ("probs = [1]", ("hardneg.toml: probs is a list of texts",)),
        ("[label]\nx = 1", ("hardneg.toml: label is one value",)),
        (
            "[rare-label]\nfewer_then = 3",
            ("hardneg.toml", "'rare-label'", "'fewer_then'", "did you mean 'fewer_than'?"),
        ),
        ("[rare-label]\nfewer_than = 'few'", ("hardneg.toml: rare-label.fewer_than", "number", "'few'")),
        ("[doubtful-label]\nmethod = 'best'", ("hardneg.toml: doubtful-label.method", "'best'")),
        ("[rare-lable]\nfewer_than = 3", ("hardneg.toml: unknown key 'rare-lable'", "did you mean 'rare-label'?")),
        ("rare-label = 3", ("hardneg.toml: ", "rare-label", "table")),
        ("on-bad-row = 'skip'", ("unknown key 'on-bad-row'", "did you mean 'on-bad-rows'?")),
    ],
)
def test_a_wrong_setting_is_told_with_its_file(text: str, words: tuple[str, ...], folder: Path) -> None:
    (folder / "hardneg.toml").write_text(text)
    done = run(*FIND, cwd=folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1, done.stderr
    for part in words:
        assert part in done.stderr, done.stderr


@pytest.mark.process
def test_a_wrong_variable_is_told_by_name(folder: Path) -> None:
    done = run(*FIND, cwd=folder, HARDNEG_LIMIT="many")
    assert done.returncode == 2
    assert done.stderr.startswith("hardneg: environment: HARDNEG_LIMIT: "), done.stderr
    done = run(*FIND, cwd=folder, HARDNEG_PROBS="'open")
    assert done.stderr == """hardneg: environment: HARDNEG_PROBS: no closing quotation in "'open"\n"""


@pytest.mark.parametrize("text", ["tool = 3  # not hardneg", "[tool]\nhardneg = 3", "[[tool.hardneg]]\nlabel = 'x'"])
def test_a_table_that_is_none(text: str, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    with pytest.raises(InputError, match="settings belong in"):
        configuration(tmp_path)


def test_where_settings_come_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARDNEG_LIMIT", "3")
    (tmp_path / "hardneg.toml").write_text("label = 'x'\nlimit = 2\non-bad-rows = 'skip'\n")
    (tmp_path / "pyproject.toml").write_text("[tool.hardneg]\nlabel = 'y'\n")  # hardneg.toml goes before it
    found = configuration(tmp_path)
    assert found.options == {"label": "x", "on_bad_rows": "skip", "limit": "3"}
    assert found.origins["limit"] == "environment: HARDNEG_LIMIT"
    assert found.origins["on_bad_rows"] == f"{tmp_path / 'hardneg.toml'}: on-bad-rows"
    (tmp_path / "hardneg.toml").write_text("")
    assert configuration(tmp_path).options == {"limit": "3"}, "an empty file is the nearest, too"


@pytest.mark.process
def test_a_dataset_by_name(folder: Path) -> None:
    text = """
label = "id"
limit = 1
[rare-label]
fewer-than = 3
[datasets.train]
data = "data.csv"
label = "color"
limit = 5
base = "data.csv"
allow-class = "green"
[datasets.train.rare-label]
fewer-than = 15
"""
    (folder / "hardneg.toml").write_text(text)
    done = run("find", "train", "--all", "--detector", "rare-label", cwd=folder)
    assert labels(done) <= {"red", "blue"}
    assert done.stdout.count("\n") == 5
    assert run("find", "train", "--all", "--limit", "2", cwd=folder).stdout.count("\n") == 2
    assert run("find", "train", "--all", cwd=folder, HARDNEG_LIMIT="3").stdout.count("\n") == 3
    assert run("find", "data.csv", "--all", "--label", "label", cwd=folder).stdout.count("\n") == 1
    done = run("check", "train", cwd=folder)
    assert done.stdout.startswith("data.csv against data.csv: 40 rows; no row changed")
    done = run("check", "trian", cwd=folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert "no file 'trian', and no dataset of that name; did you mean 'train'?" in done.stderr
    done = run("check", "train", "--base", "x.csv", "--show-config", cwd=folder, HARDNEG_SPLIT="color")
    assert done.returncode == 0
    for line in (
        f'data = "data.csv"  # {folder / "hardneg.toml"}: datasets.train.data',
        'base = "x.csv"  # command line',
        f'label = "color"  # {folder / "hardneg.toml"}: datasets.train.label',
        f'allow-class = ["green"]  # {folder / "hardneg.toml"}: datasets.train.allow-class',
        'split = "color"  # environment: HARDNEG_SPLIT',
        'on-bad-rows = "fail"  # default',
        "# groups is not set  # default",
        "rare-label.fewer-than = 15",
    ):
        assert line in done.stdout.splitlines(), done.stdout
    (folder / "train").write_bytes((folder / "data.csv").read_bytes())
    done = run("check", "train", "--label", "label", cwd=folder)
    assert done.stdout.startswith("train: 40 rows"), "a file goes first"


@pytest.mark.process
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("datasets = 3", "datasets holds a table of options for each dataset"),
        ("[datasets]\ntrain = 'data.csv'", "datasets holds a table of options for each dataset"),
        ("[datasets.train]\nlabel = 'x'", "datasets.train does not say where the data is"),
        ("[datasets.train]\ndata = 'x'\nlabl = 'x'", "unknown key 'datasets.train.labl'; did you mean 'label'?"),
        ("[datasets.train]\ndata = ['x']", "datasets.train.data is one value"),
        ("[datasets.train]\ndata = 'x'\nlimit = 'many'", "datasets.train.limit: "),
        ("[datasets.train]\ndata = 'x'\n[datasets.train.rare-label]\nfew = 3", "has no setting 'few'"),
        ("[dataset.train]\ndata = 'x'", "unknown key 'dataset'; did you mean 'datasets'?"),
    ],
)
def test_a_wrong_dataset_is_told_with_its_file(text: str, words: str, folder: Path) -> None:
    (folder / "hardneg.toml").write_text(text)
    done = run("find", "train", cwd=folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert "hardneg.toml: " in done.stderr
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
