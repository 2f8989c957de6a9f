"""Files to paste, as `explain --snippet` prints them: held against their schemas, and run where they are meant to be.

Nothing is left out but what would take a network: the image and `pip install` of GitLab, the machines of GitHub, and
the address that pre-commit clones from.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

import pytest

from hardneg_cli import __version__
from hardneg_cli.runtime import drawers
from support.command import COMMAND, hardneg, in_path, search_path
from support.gitlab_job import run_job
from support.paths import PACKAGE, ROOT
from support.repositories import SURROUNDINGS

yaml = pytest.importorskip("yaml")

PATHS = {
    "cron": "crontab", "dvc": "dvc.yaml", "github": ".github/workflows/labels.yml", "gitlab": ".gitlab-ci.yml",
    "make": "Makefile", "pre-commit": ".pre-commit-config.yaml",
}  # fmt: skip
NAMES = drawers.names("snippet")
PLACEHOLDER = re.compile(
    r"data/train\\?\.csv|--text[= ]text|--split[= ]|(?:\btext|TEXT): text|labels@|/srv/labels|\[main\]|= git:HEAD"
)
SWITCHED_OFF = re.compile(r"# (?:- [-$]|[a-z-]+: \S+$|[A-Z]+ = )")  # what takes effect without its #
ADDRESS = "https://github.com/hardneg/hardneg"
TEXTS = {"cat": "a cat that purrs and sleeps", "dog": "a dog that barks and runs"}
ROWS = [(f"r{row}", label := ("cat", "dog")[row % 2], f"{TEXTS[label]} sentence {row * 7}") for row in range(60)]


def snippet(name: str) -> str:
    return drawers.document("snippet", name)


# ------------------------------------------------------------------------------------------------------ as they stand


def test_each_is_printed_byte_for_byte_and_listed() -> None:
    assert sorted(PATHS) == NAMES
    listed = hardneg("explain", text=True, check=True).stdout
    for file in (PACKAGE / "manual/snippets").iterdir():
        name = file.stem
        assert hardneg("explain", "--snippet", name, check=True).stdout == file.read_bytes()
        assert re.search(rf"^  {name} +{re.escape(PATHS[name])}: \w", listed, flags=re.MULTILINE)
        told = hardneg("explain", name, text=True, check=True).stdout
        assert told.endswith(f"Write it: hardneg explain --snippet {name} > {PATHS[name]}\n")


def test_an_unknown_name_gets_a_hint() -> None:
    done = hardneg("explain", "--snippet", "githb", text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert "no snippet 'githb'; did you mean 'github'?" in done.stderr
    done = hardneg("explain", "score", "--snippet", "github", text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert "--snippet is asked for alone" in done.stderr


@pytest.mark.parametrize("name", NAMES)
def test_the_version_is_the_one_that_prints_it(name: str) -> None:
    found = re.findall(r"hardneg-cli==([\w.]+)|rev: v([\w.]+)|actions/check@v([\w.]+)", snippet(name))
    assert {version for one in found for version in one if version} <= {__version__}
    assert bool(found) == (name in ("github", "gitlab", "pre-commit"))
    assert "OWNER" not in snippet(name)


@pytest.mark.parametrize("name", NAMES)
def test_the_line_above_a_placeholder_says_what_it_is(name: str) -> None:
    lines = snippet(name).splitlines()
    live = [
        place for place, line in enumerate(lines)
        if SWITCHED_OFF.match(line.strip()) or (PLACEHOLDER.search(line) and not line.strip().startswith("#"))
    ]  # fmt: skip
    assert len(live) >= 2
    for place in live:
        above = lines[place - 1].strip()
        assert above.startswith("# "), lines[place]
        assert not SWITCHED_OFF.match(above), lines[place]
    assert "--split" in snippet(name)  # which is said to be there, and is not asked for


def test_the_workflow_gives_the_action_inputs_that_it_has() -> None:
    text = re.sub(r"# (sarif|report): ", r"\1: ", snippet("github"))  # those that are switched off, too
    workflow = yaml.safe_load(text)
    (job,) = workflow["jobs"].values()
    given = next(step["with"] for step in job["steps"] if "/actions/check@" in step["uses"])
    action = yaml.safe_load((ROOT / ".github/actions/check/action.yml").read_text(encoding="utf-8"))
    assert {"data", "args", "sarif", "report"} == {*given} <= {*action["inputs"]}
    assert workflow["permissions"] == {"contents": "read"}
    assert job["permissions"] == {"contents": "read", "pull-requests": "write"}
    checkout = next(step["with"] for step in job["steps"] if step["uses"].startswith("actions/checkout@"))
    assert checkout == {"fetch-depth": 0, "persist-credentials": False}


def test_gitlab_saves_the_cache_on_the_default_branch_alone() -> None:
    job = yaml.safe_load(snippet("gitlab"))["labels"]
    rules = {rule["if"]: rule["variables"]["POLICY"] for rule in job["rules"]}
    assert rules == {
        '$CI_PIPELINE_SOURCE == "merge_request_event"': "pull",
        "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH": "pull-push",
    }
    assert job["cache"]["policy"] == "$POLICY"


def passes_schema(path: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "check_jsonschema", *options, str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.process
@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "options", "wrong"),
    [
        ("github", ["vendor.github-workflows"], ("runs-on:", "run-on:")),
        ("gitlab", ["vendor.gitlab-ci", "--data-transform", "gitlab-ci"], ("when: always", "when: ever")),
    ],
)
def test_the_schemas_of_ci_accept_them(name: str, options: list[str], wrong: tuple[str, str], tmp_path: Path) -> None:
    pytest.importorskip("check_jsonschema", reason="check-jsonschema is not installed")
    path = tmp_path / "file.yml"
    path.write_text(snippet(name))
    done = passes_schema(path, "--builtin-schema", *options)
    assert done.returncode == 0, done.stdout + done.stderr
    path.write_text(snippet(name).replace(*wrong))
    assert passes_schema(path, "--builtin-schema", *options).returncode == 1


# ------------------------------------------------------------------------------------------------------------ as run


@dataclass(frozen=True)
class World:
    """A repository with a dataset whose texts tell the classes apart, and `hardneg` on the PATH."""

    folder: Path
    variables: Mapping[str, str] = field(default_factory=dict)

    def run(self, *command: str, code: int = 0, **more: str) -> str:
        environment = SURROUNDINGS | {"PATH": search_path()} | self.variables | more
        done = subprocess.run(command, cwd=self.folder, env=environment,
                              capture_output=True, text=True, check=False)  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def paste(self, name: str) -> Path:
        path = self.folder / PATHS[name]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(hardneg("explain", "--snippet", name, check=True).stdout)
        return path

    def relabel(self, row: int, label: str) -> None:
        """A change of one row; a label that it should have is its class."""
        rows = [f"{id_},{label if place == row else old},{text}\n" for place, (id_, old, text) in enumerate(ROWS)]
        (self.folder / "data/train.csv").write_text("".join(["id,label,text\n", *rows]))

    def commit(self, message: str = "a change", code: int = 0, **more: str) -> str:
        self.run("git", "add", "--all")
        return self.run("git", "commit", "-m", message, code=code, **more)


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path / "labels")
    (made.folder / "data").mkdir(parents=True)
    made.relabel(0, "cat")
    (made.folder / ".gitignore").write_text(".hardneg/\n*.ndjson.lock\nreport.html\nqueue.xlsx\n")
    made.run("git", "init", "-q", "-b", "main")
    made.commit(GIT_COMMITTER_DATE="2026-01-01T00:00:00Z")
    return made


@pytest.mark.process
@pytest.mark.slow
def test_make(world: World) -> None:
    if shutil.which("make") is None:
        pytest.skip("make is not installed")
    world.paste("make")
    assert world.run("make", "-n", "check").count("hardneg check data/train.csv --text text") == 1
    assert re.search(r"^passed +rate ", world.run("make", "check"), flags=re.MULTILINE)
    assert [*(world.folder / ".hardneg").glob("*.predictions.npz")]
    world.relabel(3, "dgo")
    assert re.search(r"^failed +new-class ", world.run("make", code=2), flags=re.MULTILINE)
    world.run("make", "queue", "report")
    assert (world.folder / "queue.xlsx").read_bytes().startswith(b"PK")
    assert "<!doctype html>" in (world.folder / "report.html").read_text().lower()
    assert "predict" not in world.run("make", "-n", "report")
    assert "--split split" in world.run("make", "-n", "check", "CHECK=--split split", "BASE=git:main")


@dataclass(frozen=True)
class Crontab:
    """A crontab's variables, and its one line: when, and what."""

    variables: dict[str, str]
    when: list[str]
    command: str


def crontab(text: str) -> Crontab:
    """As cron reads it: comments on lines of their own, values as they stand, an unescaped % ends the command."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    variables = dict(line.split("=", 1) for line in lines if re.match(r"[A-Z]+=", line))
    (job,) = [line for line in lines if not re.match(r"[A-Z]+=", line)]
    *when, command = job.split(maxsplit=5)
    assert not re.search(r"(?<!\\)%", command)
    assert len(job) < 1000
    return Crontab(variables, when, command.replace("\\%", "%"))


@pytest.mark.process
@pytest.mark.slow
def test_cron_mails_a_refusal_and_nothing_else(world: World, tmp_path: Path) -> None:
    job = crontab(world.paste("cron").read_text())
    (world.folder / PATHS["cron"]).unlink()
    assert job.when == ["0", "6", "*", "*", "*"]
    assert set(job.variables) == {"MAILTO", "LABELS", "DATA", "MODEL"}
    program = world.folder / ".venv/bin/hardneg"
    program.parent.mkdir(parents=True)
    program.symlink_to(in_path(copies=False) / "hardneg")
    empty = {"HOME": str(tmp_path), "SHELL": "/bin/sh", "PATH": "/usr/bin:/bin", "LOGNAME": "ann"}

    def mail() -> str:
        given = job.variables | {"LABELS": str(world.folder)} | empty
        done = subprocess.run(["/bin/sh", "-c", job.command], cwd=tmp_path, env=given, capture_output=True, text=True,
                              check=False)  # fmt: skip
        return done.stdout + done.stderr

    def trend() -> list[dict[str, float | None]]:
        return [json.loads(line) for line in (world.folder / "labels.ndjson").read_text().splitlines()]

    assert mail() == ""
    assert [day["passed"] for day in trend()] == [1]
    world.relabel(3, "dgo")
    world.run("git", "commit", "-qam", "a typo")
    assert re.search(r"^failed +new-class ", mail(), flags=re.MULTILINE)
    assert [day["passed"] for day in trend()] == [1, 0]
    (world.folder / "data/train.csv").unlink()
    assert mail().startswith("hardneg: ")
    assert len(trend()) == 2


@pytest.fixture
def merge_request(world: World, tmp_path: Path) -> World:
    """A runner's clone of the branch of a merge request, which other work on the default branch has overtaken."""
    world.run("git", "checkout", "-q", "-b", "work")
    world.relabel(3, "dgo")
    world.commit("a typo")
    world.run("git", "checkout", "-q", "main")
    world.relabel(40, "dog")
    world.commit("on main since")
    world.run("git", "clone", "-q", "--bare", ".", str(tmp_path / "server.git"))
    world.run("git", "clone", "-q", "-b", "work", (tmp_path / "server.git").as_uri(), str(tmp_path / "runner"))
    return World(tmp_path / "runner")


def gitlab(world: World, code: int = 0, **told: str) -> str:
    done = run_job(world.folder, **told)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.process
@pytest.mark.slow
def test_gitlab_judges_a_merge_request_by_where_it_began(merge_request: World) -> None:
    world = merge_request
    base = world.run("git", "merge-base", "origin/main", "HEAD").strip()
    log = gitlab(world, CI_MERGE_REQUEST_DIFF_BASE_SHA=base, code=1)
    assert f"against git:{base}: 60 rows; 1 row changed" in log
    assert re.search(r"^failed +new-class ", log, flags=re.MULTILINE)
    assert ElementTree.parse(world.folder / "labels.xml").getroot().find(".//failure") is not None
    assert "<!doctype html>" in (world.folder / "labels.html").read_text().lower()
    world.run("git", "merge", "-q", "--no-edit", "origin/main")
    main = world.run("git", "rev-parse", "origin/main").strip()
    merged = gitlab(world, CI_MERGE_REQUEST_DIFF_BASE_SHA=base, CI_MERGE_REQUEST_TARGET_BRANCH_SHA=main, code=1)
    assert f"against git:{main}: 60 rows; 1 row changed" in merged


@pytest.mark.process
@pytest.mark.slow
def test_gitlab_judges_a_push_by_what_was_there_before(world: World) -> None:
    before = world.run("git", "rev-parse", "HEAD").strip()
    assert "row changed" not in gitlab(world)  # the first push of all, a schedule
    assert re.search(r"^not judged +.*\bnew-class\b", gitlab(world), flags=re.MULTILINE)
    world.relabel(4, "dog")
    world.commit("a relabeled row")
    log = gitlab(world, CI_COMMIT_BEFORE_SHA=before)
    assert f"against git:{before}: 60 rows; 1 row changed" in log
    assert "git fetch origin" in gitlab(world, CI_COMMIT_BEFORE_SHA="1" * 40, code=2)


@pytest.mark.process
@pytest.mark.slow
@pytest.mark.parametrize("id_", ["hardneg-check", "hardneg-check-installed"])
def test_pre_commit(id_: str, world: World, tmp_path: Path) -> None:
    """The repository of hooks is a clone on this disk; what would be installed for the first one is this package."""
    pytest.importorskip("pre_commit", reason="pre-commit is not installed")
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    shutil.copy(ROOT / ".pre-commit-hooks.yaml", hooks)
    there = World(hooks)
    there.run("git", "init", "-q")
    there.commit()
    there.run("git", "tag", f"v{__version__}")
    path, world = world.paste("pre-commit"), World(world.folder, {"PRE_COMMIT_HOME": str(tmp_path / "home")})
    world.run(sys.executable, "-m", "pre_commit", "validate-config", str(path))
    config = path.read_text().replace(ADDRESS, str(hooks)).replace("id: hardneg-check\n", f"id: {id_}\n")
    if id_ == "hardneg-check":
        entry = f"{' '.join(COMMAND)} check --base git:HEAD"
        config = config.replace(f"id: {id_}\n", f"id: {id_}\n        language: system\n        entry: {entry}\n")
        world = World(world.folder, world.variables | {"PYTHONPATH": str(ROOT)})
    path.write_text(config)
    world.commit("the hook")
    world.run(sys.executable, "-m", "pre_commit", "install")
    world.relabel(3, "dgo")
    log = world.commit(code=1)
    assert re.search(r"^hardneg check.*Failed$", log, flags=re.MULTILINE)
    assert re.search(r"^failed +new-class ", log, flags=re.MULTILINE)
    if id_ == "hardneg-check":
        return
    world.relabel(4, "dog")
    assert re.search(r"^hardneg check.*Passed$", world.commit(), flags=re.MULTILINE)
    world.relabel(3, "dgo")
    world.commit("in spite of it", SKIP=id_)
    asked = (sys.executable, "-m", "pre_commit", "run", "--from-ref", "HEAD~1", "--to-ref", "HEAD")
    assert "is where HEAD and 'HEAD~1' parted" in world.run(*asked, code=1)
    world.run("git", "checkout", "-q", "-b", "side", "HEAD~1")
    (world.folder / "words").write_text("words\n")
    world.commit("words")
    log = world.run("git", "merge", "--no-edit", "main", code=1)  # `pre-commit install` has set up this hook as well
    assert re.search(r"^failed +new-class ", log, flags=re.MULTILINE)


@pytest.mark.process
@pytest.mark.slow
@pytest.mark.skipif(shutil.which("dvc") is None, reason="DVC is not installed")
def test_dvc(world: World) -> None:
    """With a dataset that git keeps, and with one that DVC keeps."""
    world = World(world.folder, {"DVC_NO_ANALYTICS": "1", "HOME": str(world.folder.parent)})
    world.run("dvc", "init", "-q")
    world.paste("dvc")
    assert "Running stage 'check'" in world.run("dvc", "repro")
    assert json.loads((world.folder / "labels.json").read_text())["passed"] == 1
    assert "Running stage" not in world.run("dvc", "repro")
    world.run("git", "rm", "-q", "--cached", "data/train.csv")
    world.run("dvc", "add", "-q", "data/train.csv")
    world.commit("kept by DVC")
    world.relabel(4, "dog")
    assert "1 row changed" in world.run("dvc", "repro")
    assert "rows_relabeled" in world.run("dvc", "metrics", "diff")
    world.relabel(3, "dgo")
    assert "fails new-class" in world.run("dvc", "repro", code=255)
