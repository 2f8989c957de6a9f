"""To add a detector, a format or a command is to add one file and edit none."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hardneg_cli.runtime import drawers
from hardneg_cli.runtime.drawers import DRAWERS
from support.command import hardneg
from support.paths import PACKAGE

pytestmark = pytest.mark.process

DATA = "id,label,word\n" + "".join(f"{i},{'cat' if i % 2 else 'dog'},word {i}\n" for i in range(12))

DETECTOR = '''
"""The id is an odd one."""

from hardneg_cli.detection.detector_result import NO_CLASS, DetectorResult


def detect(dataset, *, at_least: int = 7):
    """at_least: ids from here on are odd."""
    import numpy as np

    ids = np.array([int(id_) for id_ in dataset.ids.to_pylist()])
    rows = np.flatnonzero(ids >= at_least)
    return DetectorResult(rows, np.ones(len(rows)), np.ones(len(rows), bool), np.full(len(rows), NO_CLASS, np.int32),
                          lambda places: [f"id {ids[rows[i]]} is odd" for i in places], about="row")
'''
FORMAT = '''
"""The ids alone."""

EXTENSIONS = (".ids",)


def write(table, out):
    out.write(" ".join(table["id"].to_pylist()).encode() + b"\\n")
'''
EXPORT = '''
"""One kept row a line: `id row_hash given_label`."""


def write(table, out):
    out.write(b"kept:\\n")

def recognises(source):
    return source.head.startswith(b"kept:")


def read(source):
    import pyarrow as pa

    rows = [line.split(" ") for line in source.head.decode().split("\\n")[1:] if line]
    blank = dict.fromkeys(("new_label", "note", "suggested_label", "reviewer"), "") | {"decision": "keep"}
    return pa.Table.from_pylist([dict(zip(("id", "row_hash", "given_label"), row)) | blank for row in rows])
'''
COMMAND = '''
"""Say hello to a dataset."""


def run(name: str) -> int:
    print(f"hello {name}")
    return 0
'''


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with a copy of the package and a dataset."""
    shutil.copytree(PACKAGE, tmp_path / "hardneg_cli")
    (tmp_path / "data.csv").write_text(DATA)
    return tmp_path


def run(home: Path, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = hardneg(*arguments, cwd=home, home=home, text=True)
    assert done.returncode == code, done.stderr
    return done


def test_a_new_detector_is_one_file(home: Path) -> None:
    find = ("find", "data.csv", "-f", "tsv")
    refused = run(home, *find, "--detector", "odd-id", code=2)
    assert "no detector 'odd-id'" in refused.stderr
    (home / "hardneg_cli" / "detection" / "detectors" / "odd_id.py").write_text(DETECTOR)

    found = run(home, *find, "--detector", "odd-id", "--set", "odd-id.at_least=9")
    assert [line.split("\t")[0] for line in found.stdout.splitlines()] == ["id", "10", "11", "9"]
    assert "id 10 is odd" in found.stdout
    assert "odd-id" in run(home, *find).stdout
    assert "The id is an odd one." in run(home, "explain", "odd-id").stdout
    mistyped = run(home, *find, "--set", "odd-id.at_leest=9", code=2)
    assert "did you mean 'at_least'" in mistyped.stderr


def test_a_new_format_is_one_file(home: Path) -> None:
    (home / "hardneg_cli" / "io" / "result_formats" / "ids_alone.py").write_text(FORMAT)
    limit = ("--all", "--limit", "2", "-q")
    found = run(home, "find", "data.csv", *limit, "-f", "ids-alone", "-o", "x.ids")
    assert len(found.stdout.split()) == 2
    assert (home / "x.ids").read_text() == found.stdout


def test_a_new_export_is_one_file(home: Path) -> None:
    (home / "kept.txt").write_text("kept:\n3 h0 cat\n5 h0 cat\n")
    collect = ("collect", "kept.txt", "--data", "data.csv")
    run(home, *collect, code=2)
    (home / "hardneg_cli" / "review" / "annotation_tools" / "kept_rows.py").write_text(EXPORT)
    assert "2 decisions read" in run(home, *collect).stderr


def test_a_new_page_is_one_file(home: Path) -> None:
    (home / "hardneg_cli" / "manual" / "house_style.md").write_text("# House style\n\nHow labels are written here.\n")
    assert re.search(r"house-style +How labels are written here\.", run(home, "explain").stdout)
    shown = run(home, "explain", "house-style").stdout
    assert shown == "House style\n===========\n\nHow labels are written here.\n"


def test_a_new_snippet_is_one_file(home: Path) -> None:
    text = "// Jenkinsfile: judges each change.\r\n//\n\nstages {}"
    (home / "hardneg_cli" / "manual" / "snippets" / "jenkins.groovy").write_bytes(text.encode())
    assert re.search(r"jenkins +Jenkinsfile: judges each change\.", run(home, "explain").stdout)
    done = hardneg("explain", "--snippet", "jenkins", cwd=home, home=home)
    assert (done.returncode, done.stdout) == (0, text.encode())
    assert run(home, "explain", "jenkins").stdout.endswith("explain --snippet jenkins > Jenkinsfile\n")


def test_a_new_command_is_one_file(home: Path) -> None:
    (home / "hardneg_cli" / "cli" / "commands" / "say_hello.py").write_text(COMMAND)
    assert re.search(r"say-hello +Say hello to a dataset\.", run(home, "--help").stdout)
    assert run(home, "say-hello", "you").stdout == "hello you\n"


@pytest.mark.parametrize("kind", [kind for kind, drawer in DRAWERS.items() if drawer.homes is None])
def test_names_are_the_files_and_listing_them_imports_none(kind: str) -> None:
    folder, ending = DRAWERS[kind].folder, DRAWERS[kind].ending
    stems = [path.stem for path in (PACKAGE / folder).glob(f"*{ending}") if path.is_file()]
    files = {stem.replace("_", "-") for stem in stems if not stem.startswith("_")}
    assert set(drawers.names(kind)) == files
    code = f"""
import sys
from hardneg_cli.runtime import drawers
assert drawers.names({kind!r})
print(*[name for name in sys.modules if name.startswith("hardneg_cli.{folder.replace("/", ".")}.")])
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=PACKAGE.parent, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
