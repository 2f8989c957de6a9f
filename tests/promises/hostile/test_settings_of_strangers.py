"""A settings file came with a repository or a download: it chooses inside its own folder, and nothing else."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

from hardneg_cli.errors import InputError
from support.command import COMMAND
from support.command_values import command_values

ROWS = "id,label,topic\n" + "".join(f"{row},{'ab'[row % 2]},{'xy'[row % 2]}\n" for row in range(20))
ELSEWHERE = {
    "absolute": "/etc/hostname",
    "absolute, of Windows": "C:\\\\secrets.csv",
    "a share": "\\\\\\\\host\\\\share.csv",
    "above": "../secrets.csv",
    "above, in the middle": "a/../../secrets.csv",
    "above, of Windows": "a\\\\..\\\\..\\\\secrets.csv",
    "home": "~/secrets.csv",
    "somebody's home": "~root/secrets.csv",
    "a variable": "$HOME/secrets.csv",
    "a variable in braces": "${HOME}/secrets.csv",
    "object store": "s3://bucket/secrets.csv",
    "web": "http://127.0.0.1:9/secrets.csv",
    "file": "file:///etc/hostname",
    "memory": "memory://secrets.csv",
    "a chain": "simplecache::http://127.0.0.1:9/x.csv",
    "an archive": "zip://x.csv::../secrets.zip",
    "standard input": "-",
    "a device": "/dev/stdin",
    "a link": "link.csv",
    "through a link": "away/secrets.csv",
    "a pattern with a link": "lin*.csv",
    "an end in it": "a\\u0000b.csv",
}
NO_SUCH_FILE = ("a pattern with a link", "a variable", "a variable in braces")
FILE_KEYS = {
    "find": ("probs", "audit", "state", "output", "features", "classes"),
    "check": ("base", "probs", "queue", "output", "metrics"),
    "apply": ("output", "provenance"),
    "collect": ("consensus", "report", "findings"),
    "predict": ("frozen", "new", "new-features", "new-output"),
    "dual": ("adjusted", "slices", "new-probs"),
    "augment": ("report", "output", "features", "classes"),
    "harden": ("accuracy", "save-model"),
    "mine": ("suspects", "triplets"),
    "split": ("keep", "output"),
    "refine": ("ledger", "queue", "unlabeled-features"),
}
EVERY_OTHER = [  # pair, so that each command and each kind has its turns
    (command, kind)
    for (place, command), (turn, kind) in product(enumerate(FILE_KEYS), enumerate(ELSEWHERE))
    if (place + turn) % 2 == 0
]
THE_CALLERS = {
    "decisions": '"other.ndjson"', "no-decisions": "true", "engine": '"dask"', "scheduler": '"tcp://127.0.0.1:9"',
    "in-place": "true", "dry-run": "true", "skip-stale": "true", "show-config": "true", "no-config": "true",
    "reviewer": '"ann"', "adjudicator": '"ann"', "data": '"data.csv"', "undo-round": "1",
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A download with a settings file to come, and a secret beside it that its links lead to."""
    place = tmp_path / "download"
    place.mkdir()
    (place / "data.csv").write_text(ROWS)
    (tmp_path / "secrets.csv").write_text("id,prob_a,prob_b\n")
    (place / "link.csv").symlink_to(tmp_path / "secrets.csv")
    (place / "away").symlink_to(tmp_path)
    monkeypatch.chdir(place)
    for name in os.environ:
        if name.startswith("HARDNEG_"):
            monkeypatch.delenv(name)
    return place


def refusal(text: str, *arguments: str) -> str:
    Path("hardneg.toml").write_text(text)
    with pytest.raises(InputError) as refused:
        command_values(*(arguments or ("find", "data.csv")))
    assert len(str(refused.value)) < 600
    return str(refused.value)


@pytest.mark.parametrize(("command", "kind"), EVERY_OTHER)
def test_a_path_elsewhere_is_refused(command: str, kind: str, folder: Path) -> None:
    for key in FILE_KEYS[command]:
        if key in ("features", "classes") and kind in NO_SUCH_FILE:
            continue  # names, as no such file is there
        if key in ("output", "state", "report", "new-output", "metrics") and kind == "a pattern with a link":
            continue  # a name like any other
        more = ["--unlabeled", "data.csv"] if command == "refine" else []
        files = ["data.csv", "--data", "data.csv"] if command == "collect" else ["data.csv"]
        words = refusal(f'{key} = "{ELSEWHERE[kind]}"', command, *files, *more)
        assert words.startswith(f"{folder / 'hardneg.toml'}: {key} names "), words
        assert "command line" in words


@pytest.mark.parametrize(
    "value",
    [
        "csv:../x.csv", "csv:/tmp/x.csv", "label-studio:../tasks.json", ".git/hooks/x.csv", "a/.env.csv",
        "csv:.git/config", "data.csv.decisions.ndjson", "json:s3://b/x",
    ],
)  # fmt: skip
def test_an_output_elsewhere_is_refused(value: str, folder: Path) -> None:
    assert "hardneg.toml: output names " in refusal(f'output = ["{value}"]')


@pytest.mark.parametrize("value", ["../data.csv", "/etc/passwd", "s3://bucket/data.csv", "link.csv", "git:HEAD:../x"])
def test_a_dataset_elsewhere_is_refused(value: str, folder: Path) -> None:
    assert "datasets.train.data names" in refusal(f'[datasets.train]\ndata = "{value}"', "find", "train")
    text = f'[datasets.train]\ndata = "data.csv"\nbase = "{value}"'
    assert "datasets.train.base names" in refusal(text, "check", "train")


@pytest.mark.parametrize("key", THE_CALLERS)
@pytest.mark.parametrize("command", ["find", "check", "apply"])
def test_what_is_the_callers_is_refused_in_every_command(command: str, key: str, folder: Path) -> None:
    words = refusal(f"{key} = {THE_CALLERS[key]}", command, "data.csv")
    assert words == f"{folder / 'hardneg.toml'}: {key} cannot be set by a file: give --{key} on the command line"
    (folder / "hardneg.toml").unlink()
    (folder / "pyproject.toml").write_text(f"[tool.hardneg]\n{key} = {THE_CALLERS[key]}\n")
    with pytest.raises(InputError, match="cannot be set by a file"):
        command_values(command, "data.csv")
    assert command_values(command, "data.csv", "--no-config")


def test_arguments_are_no_settings(folder: Path) -> None:
    for key in ("queues", "files", "models", "scores", "name", "made-by"):
        assert f"unknown key '{key}'" in refusal(f'{key} = "x.csv"')


@pytest.mark.parametrize("key", ["exit-zero = true", "warn-on = ['leak']"])
def test_no_gate_is_switched_off(key: str, folder: Path) -> None:
    assert "lets a check pass" in refusal(key, "check", "data.csv")
    assert "lets a check pass" in refusal(f"[datasets.train]\ndata = 'data.csv'\n{key}", "check", "train")
    assert command_values("find", "data.csv"), "where it can do nothing, it is no trouble"


def test_inside_its_folder_it_chooses(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "p.csv").write_text("id,prob_a,prob_b\n")
    (folder / "hardneg.toml").write_text(
        'probs = ["p.csv", "./p.csv"]\noutput = "html:out/q.html"\nlabel = "topic"\nclasses = "p.csv"\n'
        'features = "to*,/m/1"\n'
    )
    found = command_values("find", "data.csv")
    assert (found["probs"], found["output"]) == (["p.csv", "./p.csv"], ["html:out/q.html"])
    monkeypatch.chdir(folder.parent)
    found = command_values("find", "download/data.csv")
    assert found["probs"] == ["download/p.csv", "download/./p.csv"], "relative to the file's folder"
    assert found["output"] == ["html:download/out/q.html"]
    assert (found["classes"], found["features"], found["label"]) == ("download/p.csv", "to*,/m/1", "topic")
    (folder / "hardneg.toml").write_text('features = "secrets.csv"')
    with pytest.raises(InputError, match="features names a file outside its folder"):
        command_values("find", "download/data.csv")


def test_which_file_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = tmp_path / "above/repository"
    sub = repository / "a/b"
    sub.mkdir(parents=True)
    (sub / "data.csv").write_text(ROWS)
    (tmp_path / "above/hardneg.toml").write_text("scheduler = 'tcp://x'\n")
    monkeypatch.chdir(tmp_path / "above")
    assert command_values("find", "repository/a/b/data.csv")["label"] == "label", "no repository: the folder alone"
    (repository / "pyproject.toml").write_text("[tool.hardneg]\nlabel = 'topic'\n")
    assert command_values("find", "repository/a/b/data.csv")["label"] == "label"
    (repository / ".git").mkdir()
    assert command_values("find", "repository/a/b/data.csv")["label"] == "topic", "up to its repository's root"
    assert command_values("find", str(sub / "data.csv"))["label"] == "topic"
    assert command_values("find", "repository/a/*/d*.csv")["label"] == "topic", "of a pattern, its fixed part"
    (sub / ".git").write_text("gitdir: elsewhere")
    assert command_values("find", "repository/a/b/data.csv")["label"] == "label", "a work tree of its own"
    (sub / ".git").unlink()
    (sub / "pyproject.toml").write_text("not TOML of ours [")
    (repository / "a/hardneg.toml").write_text("label = 'id'")
    assert command_values("find", "repository/a/b/data.csv")["label"] == "id", "the nearest"
    for data in ("-", "http://127.0.0.1:9/data.csv", "train"):
        with pytest.raises(InputError, match="scheduler cannot be set"):
            command_values("find", data)
    (sub / "hardneg.toml").write_text("label = 'x'\n[datasets.train]\ndata = 'data.csv'\n")
    monkeypatch.chdir(sub)
    assert command_values("find", "train")["label"] == "x"
    monkeypatch.chdir(repository)
    assert command_values("find", "train")["label"] == "topic", "a name that is no dataset's is a path"
    assert command_values("find", "train", "--no-config", "--label", "id")["label"] == "id"


def test_no_config_and_the_environment(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "hardneg.toml").write_text("label = 'topic'\nlimit = 3\n")
    monkeypatch.setenv("HARDNEG_LIMIT", "5")
    monkeypatch.setenv("HARDNEG_DECISIONS", "/elsewhere/log.ndjson")  # the caller's own
    assert {"label": "topic", "limit": 5, "decisions": ["/elsewhere/log.ndjson"]}.items() <= command_values(
        "find", "data.csv"
    ).items()
    assert {"label": "label", "limit": 5}.items() <= command_values("find", "data.csv", "--no-config").items()
    monkeypatch.setenv("HARDNEG_NO_CONFIG", "1")
    assert command_values("find", "data.csv")["label"] == "label"
    monkeypatch.setenv("HARDNEG_NO_CONFIG", "0")
    assert command_values("find", "data.csv")["label"] == "topic"


def test_a_list_breaks_no_single_option(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "hardneg.toml").write_text(
        "output = ['a.csv', 'b.html']\nmodel = ['knn', 'forest']\nreviewers-report = 'r.csv'\naccuracy = 'a.csv'\n"
    )
    assert command_values("find", "data.csv")["output"] == ["a.csv", "b.html"]
    assert command_values("apply", "data.csv")["output"] is None
    assert command_values("predict", "data.csv")["model"] == ["knn", "forest"]
    assert command_values("harden", "data.csv")["model"] is None
    assert command_values("harden", "data.csv")["accuracy"] == ["a.csv"]
    assert command_values("collect", "q.csv")["reviewers_report"] == "r.csv"
    monkeypatch.setenv("HARDNEG_DECISIONS", "'my log.ndjson'")
    assert command_values("find", "data.csv")["decisions"] == ["my log.ndjson"]
    assert command_values("review", "data.csv")["decisions"] == "my log.ndjson"
    monkeypatch.setenv("HARDNEG_DECISIONS", "a.ndjson b.ndjson")
    assert command_values("find", "data.csv")["decisions"] == ["a.ndjson", "b.ndjson"]
    assert command_values("collect", "q.csv", "--data", "data.csv")["decisions"] is None


MALFORMED = {
    "no UTF-8": (b"label = '\xff'", "cannot be read as TOML"),
    "UTF-16": ("label = 'x'".encode("utf-16"), "cannot be read as TOML"),
    "deep lists": (b"label = " + b"[" * 50_000, "cannot be read as TOML"),
    "deep tables": (b"label = " + b"{a=" * 200 + b"1" + b"}" * 200, "8 deep"),
    "a long key": (b"a" + b".a" * 50_000 + b" = 1", "a key of more than 300 parts"),
    "many digits": (b"limit = " + b"9" * 5_000, "cannot be read as TOML"),
    "a long unknown key": (b"x" * 100_000 + b" = 1", "unknown key 'xxx"),
    "a long value": (b"limit = ['" + b"x" * 100_000 + b"']", "is one value, not"),
    "a wide table": (b"label = {" + b",".join(b"a%d=1" % n for n in range(9_000)) + b"}", "is one value, not"),
    "twice": (b"label = 'a'\nlabel = 'b'", "cannot be read as TOML"),
    "an unknown table": (b"[labels]\nx = 1", "unknown key 'labels'; did you mean 'label'?"),
    "a deep unit": (b"[rare-label]\nfewer-than = [[[[1]]]]", "is one value, not"),
    "too large": (b"# " + b"x" * 2**18, "larger than 256 KiB"),
    "a hundred megabytes": (None, "larger than 256 KiB"),
}


@pytest.mark.parametrize("kind", MALFORMED)
@pytest.mark.parametrize("name", ["hardneg.toml", "pyproject.toml"])
def test_a_malformed_file_is_one_line(name: str, kind: str, folder: Path) -> None:
    content, words = MALFORMED[kind]
    own = b"" if name == "hardneg.toml" else b"[tool.hardneg]\n"
    if kind == "an unknown table" and own:
        content = b"labels.x = 1"
    if kind == "a deep unit" and own:
        content = b"rare-label.fewer-than = [[[[1]]]]"
    with Path(name).open("wb") as file:
        file.write(own)
        file.write(content or b"")
        if content is None:
            file.truncate(10**8)
    with pytest.raises(InputError) as refused:
        command_values("find", "data.csv")
    assert str(refused.value).startswith(f"{folder / name}: "), refused.value
    assert words in str(refused.value)
    assert len(str(refused.value)) < 600


@pytest.mark.parametrize("name", ["hardneg.toml", "pyproject.toml"])
def test_what_is_no_file_is_refused_at_once(name: str, folder: Path) -> None:
    os.mkfifo(name)
    with pytest.raises(InputError, match="is no file, so it holds no settings; --no-config leaves it unread"):
        command_values("find", "data.csv")
    os.remove(name)
    os.mkdir(name)
    with pytest.raises(InputError, match="is no file"):
        command_values("find", "data.csv")
    os.rmdir(name)
    for target in ("/dev/zero", "/etc/hostname", "../secrets.csv", "nowhere/../../x"):
        os.symlink(target, name)
        with pytest.raises(InputError, match="is a link out of"):
            command_values("find", "data.csv")
        assert command_values("find", "data.csv", "--no-config")
        os.remove(name)
    Path("real.toml").write_text(
        "label = 'topic'\n[tool.hardneg]\nlabel = 'topic'" if name[0] == "p" else "label = 'topic'"
    )
    os.symlink("real.toml", name)
    assert command_values("find", "data.csv")["label"] == "topic"


def test_what_others_put_where_everybody_may_write(folder: Path) -> None:
    if os.getuid():
        pytest.skip("needs to give a file away")
    (folder / "hardneg.toml").write_text("label = 'topic'")
    os.chown("hardneg.toml", 4_321, -1)
    assert command_values("find", "data.csv")["label"] == "topic", "a checkout of somebody else's"
    folder.chmod(0o1777)
    assert command_values("find", "data.csv")["label"] == "label"


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        yield server


@pytest.mark.process
def test_nobody_is_called(folder: Path, listening: socket.socket) -> None:
    port = listening.getsockname()[1]
    for text in (f"probs = 'http://127.0.0.1:{port}/p.csv'", f"engine = 'dask'\nscheduler = 'tcp://127.0.0.1:{port}'"):
        (folder / "hardneg.toml").write_text(text)
        done = subprocess.run(
            [*COMMAND, "find", "data.csv", "-o", "q.csv"], capture_output=True, text=True,
            timeout=60, check=False,
        )  # fmt: skip
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done.stderr
        with pytest.raises(BlockingIOError):
            listening.accept()
    assert sorted(os.listdir()) == ["away", "data.csv", "hardneg.toml", "link.csv"]
