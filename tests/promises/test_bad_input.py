"""What bad input gets: exit 2, one line that says what, where and what to do, and no file touched. Real processes."""

from __future__ import annotations

import bz2
import gzip
import io
import os
import pty
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hardneg_cli.data.columns import Columns
from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.load import load
from hardneg_cli.data.probabilities.column_checks import refuse_nonsense
from hardneg_cli.data.probabilities.loading import from_array
from hardneg_cli.data.probabilities.probabilities import together
from hardneg_cli.detection.evidence import digest
from hardneg_cli.errors import InputError

CLASSES = ["bird", "cat", "dog"]
ROWS = 90
LABELS = np.arange(ROWS) % 3
IDS = [f"r{row}" for row in range(ROWS)]
Content = str | bytes


def _model(strength: float = 3.0) -> np.ndarray:
    logits = np.random.default_rng(0).normal(size=(ROWS, 3))
    logits[np.arange(ROWS), LABELS] += strength
    return np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)


MODEL = _model()


def table(header: str, *columns: object) -> str:
    rows = zip(*(list(map(str, column)) for column in columns), strict=True)
    return "\n".join([header, *(",".join(row) for row in rows)]) + "\n"


def probs(matrix: np.ndarray, *, ids: list[str] | None = IDS, classes: list[str] = CLASSES) -> str:
    columns = [matrix[:, column] for column in range(matrix.shape[1])]
    names = [f"prob_{name}" for name in classes]
    if ids is None:
        return table(",".join(names), *columns)
    return table(",".join(["id", *names]), ids, *columns)


def with_cell(row: int, *values: float) -> np.ndarray:
    matrix = MODEL.copy()
    matrix[row] = values
    return matrix


def npy(array: np.ndarray, *, pickled: bool = False) -> bytes:
    out = io.BytesIO()
    np.save(out, array, allow_pickle=pickled)
    return out.getvalue()


def parquet(**columns: object) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out)
    return out.getvalue()


DATA = table("id,label", IDS, [CLASSES[code] for code in LABELS])
GOOD: dict[str, Content] = {"data.csv": DATA, "probs.csv": probs(MODEL), "out.csv": "old\n"}


def edited(row: int, line: str, text: str = DATA) -> str:
    """The data with one row, counted from 1, replaced."""
    lines = text.splitlines()
    lines[row] = line
    return "\n".join(lines) + "\n"


def fill(folder: Path, files: dict[str, Content]) -> None:
    for name, content in (GOOD | files).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)


def hardneg(
    arguments: str, folder: Path, *, stdin: bytes = b"", **variables: str
) -> subprocess.CompletedProcess[bytes]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HARDNEG_")}
    return subprocess.run(
        [sys.executable, "-m", "hardneg_cli", *shlex.split(arguments)],
        cwd=folder, input=stdin, capture_output=True, env=kept | variables, timeout=60, check=False,
    )  # fmt: skip


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


WITH = "find data.csv --probs probs.csv -o out.csv"
TRUNCATED = parquet(id=IDS, label=[CLASSES[code] for code in LABELS])[:-40]
LFS = "version https://git-lfs.github.com/spec/v1\noid sha256:0123\nsize 12\n"
DVC = "outs:\n- md5: 0123456789abcdef\n  size: 12\n  path: data.csv\n"
SHUFFLED = np.random.default_rng(1).permutation(4 * ROWS)
FEATURES = table("id,label,x,y", IDS, [CLASSES[code] for code in LABELS], range(ROWS), range(ROWS))

# name: (files, arguments, what the line says)
CASES: dict[str, tuple[dict[str, Content], str, tuple[str, ...]]] = {
    # files
    "missing-file": ({}, "find dat.csv -o out.csv", ("no file 'dat.csv'", "did you mean 'data.csv'?")),
    "missing-probs": ({}, "find data.csv --probs prob.csv -o out.csv", ("no file 'prob.csv'", "'probs.csv'?")),
    "missing-features": ({}, "find data.csv --features x.npy -o out.csv", ("no column 'x.npy'", "--features", "'id'")),
    "no-name": ({}, "find '' -o out.csv", ("no file ''",)),
    "empty-file": ({"data.csv": ""}, WITH, ("data.csv is empty",)),
    "blank-file": ({"data.csv": "\n\n"}, WITH, ("data.csv is empty",)),
    "header-only": ({"data.csv": "id,label\n"}, WITH, ("data.csv: no rows",)),
    "empty-probs": ({"probs.csv": ""}, WITH, ("probs.csv is empty",)),
    "directory": ({"sub/x.csv": DATA}, "find sub -o out.csv", ("sub is a directory", "sub/*.parquet")),
    "corrupt-parquet": ({"data.parquet": TRUNCATED}, "find data.parquet -o out.csv", ("data.parquet: ",)),
    "corrupt-gz": ({"data.csv.gz": gzip.compress(DATA.encode())[:-20]}, "find data.csv.gz -o out.csv",
                   ("data.csv.gz",)),
    "corrupt-gz-head": ({"data.csv.gz": b"\x1f\x8bnonsense"}, "find data.csv.gz -o out.csv", ("data.csv.gz", "read")),
    "other-kind": ({"data.bin": b"\x00\x01\x02\x00"}, "find data.bin -o out.csv", ("data.bin: not a kind", ".parquet")),
    "lfs": ({"data.csv": LFS}, WITH, ("data.csv is a git-lfs pointer", "git lfs pull")),
    "lfs-probs": ({"probs.csv": LFS}, WITH, ("probs.csv is a git-lfs pointer", "git lfs pull")),
    "dvc": ({"data.csv.dvc": DVC}, "find data.csv.dvc -o out.csv", ("data.csv.dvc is a DVC pointer", "dvc pull")),
    "undecodable": ({"data.csv": DATA.replace("r7,", "r\xff7,").encode("latin-1")}, WITH,
                    ("data.csv", "row 8", "not utf-8", "--encoding")),
    "no-encoding": ({}, f"{WITH} --encoding utf8x", ("no encoding", "utf8x")),
    # rows and columns
    "no-label-column": ({}, f"{WITH} --label lable", ("data.csv: no column 'lable' for --label", "mean 'label'?")),
    "no-id-column": ({}, f"{WITH} --id nr", ("no column 'nr' for --id", "'id', 'label'")),
    "no-text-column": ({}, f"{WITH} --text txt", ("no column 'txt' for --text",)),
    "no-shown-column": ({}, f"{WITH} --show x", ("no column 'x' for --show",)),
    "ragged": ({"data.csv": edited(8, "r7,cat,extra")}, WITH,
               ("data.csv: row 8: 3 cells instead of 2", "--on-bad-rows")),
    "open-quote": ({"data.csv": edited(8, 'r7,"cat')}, WITH, ("data.csv", "quote")),
    "repeated-ids": ({"data.csv": edited(8, "r6,bird")}, WITH, ("data.csv", "column 'id'", "'r6'", "--id")),
    "empty-id": ({"data.csv": edited(8, ",bird")}, WITH,
                 ("data.csv: no id (column 'id') in row 8", "--on-bad-rows skip")),
    "empty-label": ({"data.csv": edited(8, "r7, ")}, WITH, ("data.csv: no label (column 'label') in row 8", "skip")),
    "no-labels": ({"data.csv": table("id,label", IDS, [""] * ROWS)}, WITH,
                  ("no label", "rows 1, 2, 3, 4, 5 and 85 more")),
    "one-class": ({"data.csv": DATA.replace("cat", "dog").replace("bird", "dog")}, WITH,
                  ("every label is 'dog'", "two")),
    "column-twice": ({"data.csv": DATA.replace("id,label", "label,label")}, WITH, ("data.csv", "called 'label'")),
    "column-without-name": ({"data.csv": DATA.replace("id,label", ",label")}, WITH,
                            ("data.csv: column 1 has no name",)),
    # probabilities
    "nan": ({"probs.csv": probs(with_cell(7, 0.5, np.nan, 0.5))}, WITH,
            ("probs.csv: NaN", "'r7'", "--on-bad-rows skip")),
    "no-numbers": ({"probs.csv": probs(MODEL).replace("prob_cat", "cat").replace("prob_", "p_")}, WITH,
                   ("probs.csv: no column starts with 'prob_'", "--prob-prefix")),
    "text": ({"probs.csv": edited(8, "r7,a,0.5,0.5", probs(MODEL))}, WITH, ("probs.csv: row 8", "'prob_bird'", "'a'")),
    "infinite": ({"probs.csv": probs(with_cell(7, 0.5, np.inf, 0.5))}, WITH, ("infinite probability", "'r7'")),
    "negative": ({"probs.csv": probs(with_cell(7, 0.7, -0.2, 0.5))}, WITH, ("negative probability", "'r7'")),
    "over-1": ({"probs.csv": probs(with_cell(7, 1.2, 0.0, 0.0))}, WITH, ("probability over 1", "'r7'")),
    "sum": ({"probs.csv": probs(MODEL / 2)}, WITH, ("probs.csv", "do not sum to 1 (but 0.5)", "'r0'", "and 85 more")),
    "sum-just-off": ({"probs.csv": probs(MODEL * 1.002)}, WITH, ("probs.csv", "do not sum to 1 (but 1.002)")),
    "logits": ({"probs.csv": probs(np.log(MODEL))}, WITH, ("negative probability",)),
    "swapped": ({"probs.csv": probs(MODEL[:, [1, 0, 2]])}, WITH, ("probs.csv", "permuted", "'cat'", "'bird'")),
    "rotated": ({"probs.csv": probs(MODEL[:, [1, 2, 0]])}, WITH, ("permuted", "'cat'", "'bird'", "'dog'")),
    "two-swapped": ({"data.csv": table("id,label", IDS, ["ab"[code] for code in LABELS % 2]),
                     "probs.csv": probs(np.where(np.eye(2)[LABELS % 2] > 0, 0.1, 0.9), classes=["a", "b"])}, WITH,
                    ("permuted", "'b' fits the label 'a'")),
    "shuffled": ({"data.csv": table("id,label", range(360), [CLASSES[row % 3] for row in range(360)]),
                  "probs.csv": probs(np.tile(MODEL, (4, 1))[SHUFFLED], ids=None)},
                 WITH,
                 ("probs.csv", "no better than chance", "order", "id column")),
    "strange-ids": ({"probs.csv": probs(MODEL, ids=[f"x{row}" for row in range(ROWS)])}, WITH,
                    ("probs.csv: none of its ids is in data.csv", "'x0'", "'r0'")),
    "repeated-probs-ids": ({"probs.csv": probs(MODEL, ids=[*IDS[:-1], "r0"])}, WITH, ("probs.csv", "'r0'")),
    "too-short": ({"probs.csv": probs(MODEL[:80], ids=None)}, WITH, ("probs.csv: 80 rows for 90 rows of data", "ids")),
    "too-long": ({"probs.npy": npy(np.vstack([MODEL, MODEL]))},
                 "find data.csv --probs probs.npy --classes bird,cat,dog",
                 ("probs.npy: 180 rows for 90",)),
    "ragged-by-order": ({"data.csv": edited(8, "r7,cat,extra"), "probs.csv": probs(MODEL, ids=None)},
                        f"{WITH} --on-bad-rows skip", ("probs.csv: 90 rows for 89 rows of data", "id column")),
    "rows-without": ({"probs.csv": probs(MODEL[:80], ids=IDS[:80])}, WITH,
                     ("probs.csv: nothing for 10 rows of data.csv", "'r80'", "and 5 more", "--on-bad-rows")),
    "no-common-class": ({"probs.csv": probs(MODEL, classes=["x", "y", "z"])}, WITH,
                        ("none of its classes is a label", "'x'", "'bird'")),
    "npy-without-classes": ({"probs.npy": npy(MODEL)}, "find data.csv --probs probs.npy", ("probs.npy", "--classes")),
    "classes-count": ({"probs.npy": npy(MODEL)}, "find data.csv --probs probs.npy --classes a,b",
                      ("probs.npy: 3 columns, but --classes names 2",)),
    "classes-twice": ({"probs.npy": npy(MODEL)}, "find data.csv --probs probs.npy --classes cat,cat,dog",
                      ("'cat'", "twice")),
    "npy-objects": ({"probs.npy": npy(np.array([[{}]], dtype=object), pickled=True)},
                    "find data.csv --probs probs.npy --classes bird,cat,dog", ("probs.npy",)),
    "npy-cut": ({"probs.npy": npy(MODEL)[:300]}, "find data.csv --probs probs.npy --classes bird,cat,dog",
                ("probs.npy",)),
    # features
    "infinite-feature": ({"data.csv": FEATURES.replace("dog,8,8", "dog,inf,8")},
                         "find data.csv --features x,y -o out.csv",
                         ("data.csv", "infinite", "'r8'")),
    "text-feature": ({"data.csv": FEATURES.replace("dog,8,8", "dog,eight,8")},
                     "find data.csv --features x,y -o out.csv",
                     ("data.csv: row 9, column 'x': 'eight' is not a number",)),
    "label-feature": ({"data.csv": FEATURES}, "find data.csv --features '*' -o out.csv", ("cannot be a feature",)),
    # settings
    "broken-toml": ({"hardneg.toml": "label = [\n"}, WITH, ("hardneg.toml", "TOML", "line")),
    "binary-toml": ({"hardneg.toml": b"label = '\xff'\n"}, WITH, ("hardneg.toml", "TOML")),
    "unknown-key": ({"hardneg.toml": "lable = 'x'\n"}, WITH, ("hardneg.toml: unknown key 'lable'", "mean 'label'?")),
    "unknown-setting-key": ({"hardneg.toml": "[outvoted-label]\namong_ = 3\n"}, WITH,
                            ("hardneg.toml", "'outvoted-label' has no setting 'among_'", "did you mean 'among'?")),
    "unknown-option": ({}, f"{WITH} --lable x", ("no such option: --lable", "did you mean '--label'?")),
    "unknown-command": ({}, "fnd data.csv", ("no such command 'fnd'", "did you mean 'find'?")),
    "no-argument": ({}, "find", ("missing argument 'DATA'", "hardneg find --help")),
    "extra-argument": ({}, "find data.csv more.csv", ("more.csv", "hardneg find --help")),
    "unknown-detector": ({}, f"{WITH} --detector doubtful-lable",
                         ("no detector 'doubtful-lable'", "'doubtful-label'?")),
    "unknown-setting": ({}, f"{WITH} --set doubtful-label.mehod=x", ("no setting 'mehod'", "did you mean 'method'?")),
    "unknown-setting-value": ({}, f"{WITH} --set doubtful-label.method=prune_by_clas",
                              ("doubtful-label.method cannot be 'prune_by_clas'", "did you mean 'prune_by_class'?")),
    "setting-no-number": ({}, f"{WITH} --set outvoted-label.among=many", ("outvoted-label.among", "number", "'many'")),
    "setting-form": ({}, f"{WITH} --set among=3", ("--set 'among=3'", "detector.setting=value")),
    "setting-of-nothing": ({}, f"{WITH} --set outvoted.among=3", ("no detector 'outvoted'", "'outvoted-label'?")),
    "unknown-format": ({}, "find data.csv -f cvs", ("no format 'cvs'", "did you mean 'csv'?")),
    "number-out-of-range": ({}, f"{WITH} --limit -1", ("--limit", "greater than or equal to 0")),
    "no-number": ({}, f"{WITH} --limit many", ("--limit", "integer")),
    "no-choice": ({}, f"{WITH} --on-bad-rows skp", ("--on-bad-rows", "'skp' is not one of 'fail', 'skip'")),
    # output
    "output-is-input": ({}, "find data.csv -o data.csv", ("data.csv: is also an input",)),
    "output-is-probs": ({}, "find data.csv --probs probs.csv -o ./probs.csv", ("probs.csv: is also an input",)),
    "output-no-folder": ({}, "find data.csv -o none/out.csv", ("none/out.csv: there is no folder 'none'",)),
    "output-directory": ({"sub/x.csv": DATA}, "find data.csv -o csv:sub", ("sub: is a directory",)),
    "output-twice": ({}, "find data.csv -o out.csv -o ./out.csv", ("out.csv: is named as an output twice",)),
    "output-extension": ({}, "find data.csv -o x.cvs", ("-o 'x.cvs'", "did you mean '.csv'?", ".parquet")),
    "output-no-extension": ({}, "find data.csv -o result", ("-o 'result'", ".csv")),
    "detector-cannot-run": ({}, "find data.csv --detector doubtful-label -o out.csv", ("cannot run", "--probs")),
}  # fmt: skip


@pytest.mark.process
@pytest.mark.parametrize("name", CASES)
def test_bad_input_is_one_line_and_touches_nothing(name: str, tmp_path: Path) -> None:
    files, arguments, words = CASES[name]
    fill(tmp_path, files)
    before = snapshot(tmp_path)
    done = hardneg(arguments, tmp_path)
    said = done.stderr.decode()
    assert (done.returncode, done.stdout) == (2, b""), said
    assert said.startswith("hardneg: "), said
    assert said.count("\n") == 1, said
    assert said.endswith("\n")
    for part in words:
        assert part in said, said
    assert "Traceback" not in said
    assert snapshot(tmp_path) == before


@pytest.mark.process
def test_an_unknown_variable(tmp_path: Path) -> None:
    fill(tmp_path, {})
    done = hardneg(WITH, tmp_path, HARDNEG_LABLE="x")
    assert done.returncode == 2
    assert done.stderr == b"hardneg: environment: HARDNEG_LABLE is not a setting; did you mean 'HARDNEG_LABEL'?\n"
    assert (tmp_path / "out.csv").read_text() == "old\n"


@pytest.mark.process
def test_a_binary_format_is_not_for_a_terminal(tmp_path: Path) -> None:
    fill(tmp_path, {})
    master, terminal = pty.openpty()
    try:
        done = subprocess.run(
            [sys.executable, "-m", "hardneg_cli", "find", "data.csv", "-f", "parquet"],
            cwd=tmp_path, stdout=terminal, stderr=subprocess.PIPE, timeout=60, check=False,
        )  # fmt: skip
    finally:
        os.close(terminal)
        os.close(master)
    assert done.returncode == 2
    assert done.stderr == b"hardneg: parquet is no text for a terminal: name a file with -o\n"


# ------------------------------------------------------------------------------------------ what is no error

ODD_LABELS = ["None", "NA", "null", "nan", "007", "1e5"]


def found(folder: Path, arguments: str, **options: bytes) -> tuple[list[list[str]], str]:
    """The rows of `-f tsv` without the header, and what was said."""
    detector = "doubtful-label" if "--probs" in arguments else "rare-label"
    done = hardneg(f"{arguments} -f tsv --detector {detector}", folder, **options)
    assert done.returncode == 0, done.stderr.decode()
    return [line.split("\t") for line in done.stdout.decode().splitlines()[1:]], done.stderr.decode()


@pytest.mark.process
def test_classes_that_only_one_side_knows(tmp_path: Path) -> None:
    data = edited(8, "r7,emu")
    fill(tmp_path, {"data.csv": data, "probs.csv": probs(np.c_[MODEL, np.zeros(ROWS)], classes=[*CLASSES, "fox"])})
    rows, said = found(tmp_path, "find data.csv --probs probs.csv --all")
    assert len(rows) == ROWS
    assert "'emu'" in said
    assert "'fox'" in said


@pytest.mark.process
def test_a_misspelled_class_is_pointed_out(tmp_path: Path) -> None:
    fill(tmp_path, {"probs.npy": npy(MODEL)})
    _, said = found(tmp_path, "find data.csv --probs probs.npy --classes bird,cat,dogs")
    assert "did you mean 'dog'?" in said


@pytest.mark.process
def test_float16_rounding_is_accepted_and_extra_ids_are_left_aside(tmp_path: Path) -> None:
    rounded = MODEL.astype(np.float16)
    columns = {f"prob_{name}": np.r_[rounded[:, code], rounded[:5, code]] for code, name in enumerate(CLASSES)}
    fill(tmp_path, {"probs.parquet": parquet(id=[*IDS, *"abcde"], **columns)})
    rows, said = found(tmp_path, "find data.csv --probs probs.parquet --all")
    assert len(rows) == ROWS
    assert "probs.parquet: 5 rows match no id of data.csv and were left aside" in said


@pytest.mark.process
def test_in_sample_probabilities_are_a_warning(tmp_path: Path) -> None:
    fill(tmp_path, {"probs.csv": probs(0.001 + 0.997 * np.eye(3)[LABELS])})
    _, said = found(tmp_path, "find data.csv --probs probs.csv")
    assert "in-sample" in said
    assert "out-of-fold" in said


@pytest.mark.process
def test_bad_rows_are_skipped_counted_and_listed(tmp_path: Path) -> None:
    data = edited(8, "r7,", edited(20, ",dog"))
    broken = with_cell(30, np.nan, 0.5, 0.5)
    broken[31] = 0.5
    fill(tmp_path, {"data.csv": edited(12, "r11,cat,extra", data), "probs.csv": probs(broken[:-1], ids=IDS[:-1])})
    rows, said = found(tmp_path, "find data.csv --probs probs.csv --all --on-bad-rows skip")
    assert {row[0] for row in rows} == set(IDS) - {"r7", "r11", "r19", "r30", "r31", "r89"}
    assert "left out 3 bad rows" in said
    for part in (
        "row 8: no label",
        "row 12: 3 cells instead of 2",
        "row 19: no id",
        "NaN among the probabilities: 'r30'",
        "sum to 1: 'r31'",
        "no probabilities: 'r89'",
    ):
        assert part in said, said
    fill(tmp_path, {"data.csv": data, "probs.csv": probs(MODEL, ids=None)})
    rows, _ = found(tmp_path, "find data.csv --probs probs.csv --all --on-bad-rows skip")
    given = dict(zip(IDS, MODEL[np.arange(ROWS), LABELS], strict=True))
    assert {row[0] for row in rows} == set(IDS) - {"r7", "r19"}
    assert all(abs(float(row[10]) - given[row[0]]) < 1e-6 for row in rows), "rows behind a skipped one are not shifted"


@pytest.mark.process
def test_every_text_is_a_legal_label_and_id(tmp_path: Path) -> None:
    labels = [ODD_LABELS[row % 6] for row in range(60)]
    ids = [f"{ODD_LABELS[row % 6]}{row // 6 or ''}" for row in range(60)]
    fill(tmp_path, {"data.csv": table("id,label", ids, labels)})
    rows, _ = found(tmp_path, "find data.csv --all")
    assert {row[0]: row[4] for row in rows} == dict(zip(ids, labels, strict=True))


def _zst(data: bytes) -> bytes:
    compressed: bytes = pa.compress(data, codec="zstd", asbytes=True)
    return compressed


WRAPPED: dict[str, Callable[[bytes], bytes]] = {
    "bom.csv": lambda data: b"\xef\xbb\xbf" + data,
    "wide.csv": lambda data: data.decode().encode("utf-16"),
    "a.csv.gz": gzip.compress,
    "a.csv.bz2": bz2.compress,
    "a.csv.zst": _zst,
}


@pytest.mark.process
@pytest.mark.parametrize("name", [*WRAPPED, "glob", "-"])
def test_the_same_data_in_another_wrapping(name: str, tmp_path: Path) -> None:
    data = DATA.replace("dog", "wörd").encode()
    model = {"probs.csv": probs(MODEL).replace("prob_dog", "prob_wörd")}
    fill(tmp_path, {"plain.csv": data, **model})
    header, *lines = data.splitlines(keepends=True)
    for number in range(2):
        (tmp_path / f"part{number}.csv").write_bytes(header + b"".join(lines[number * 40 : 40 + 50 * number]))
    if name in WRAPPED:
        (tmp_path / name).write_bytes(WRAPPED[name](data))
    argument = "'part?.csv'" if name == "glob" else name
    rows, _ = found(tmp_path, f"find {argument} --probs probs.csv --all", stdin=data)
    expected = dict(zip(IDS, MODEL[np.arange(ROWS), LABELS], strict=True))
    assert {row[0]: row[4] for row in rows} == dict(line.split(",") for line in data.decode().splitlines()[1:])
    assert all(abs(float(row[10]) - expected[row[0]]) < 1e-6 for row in rows)


# ------------------------------------------------------------------------- weak but honest, and out of order


def simulated(
    generator: np.random.Generator, k: int, n: int, strength: float, *, noise: float = 0.0, uneven: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Labels, `noise` of them flipped, and a model of n rows that sees the class through Gaussian noise.

    It is calibrated, but for its confidence, and knows nothing of the flips.
    """
    prior = generator.dirichlet(np.ones(k)) if uneven else np.full(k, 1 / k)
    truth = generator.choice(k, n, p=prior)
    seen = generator.normal(size=(n, k))
    seen[np.arange(n), truth] += strength
    logits = (strength * seen + np.log(prior + 1e-9)) * generator.choice([0.5, 1, 1.5, 2])
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    flipped = generator.random(n) < noise
    labels = np.where(flipped, (truth + generator.integers(1, k, n)) % k, truth)
    return labels, p / p.sum(axis=1, keepdims=True)


def dataset_of(labels: np.ndarray, k: int) -> Dataset:
    names = np.array([f"c{code:02}" for code in range(k)])
    return load(pa.table({"nr": [f"{row:05}" for row in range(len(labels))], "label": names[labels]}), Columns(id="nr"))


def judged(labels: np.ndarray, p: np.ndarray) -> str:
    """`error`, `warned` or `fine`."""
    dataset = dataset_of(labels, p.shape[1])
    model = from_array(p, dataset, [f"c{code:02}" for code in range(p.shape[1])])
    dataset, probabilities = together([model], dataset)
    try:
        warnings = refuse_nonsense(dataset, probabilities, digest.gather(dataset, probabilities))
    except InputError:
        return "error"
    return "warned" if any("chance" in warning for warning in warnings) else "fine"


def test_weak_but_honest_models_are_let_through() -> None:
    generator = np.random.default_rng(7)
    verdicts = []
    for number in range(200):
        k = [2, 3, 5, 10, 30, 77][number % 6]
        n = int(10 ** generator.uniform(np.log10(30), np.log10(5000)))
        strength, noise = generator.uniform(0.1, 3), generator.choice([0, 0.1, 0.2, 0.4])
        labels, p = simulated(generator, k, n, strength, noise=noise, uneven=number % 2 == 0)
        if len(np.unique(labels)) > 1:
            verdicts.append(judged(labels, p))
    assert len(verdicts) > 190
    assert verdicts.count("error") <= 1, verdicts.count("error")


@pytest.mark.parametrize("k", [2, 3, 10])
def test_permuted_columns_and_shuffled_rows_are_found(k: int) -> None:
    generator = np.random.default_rng(k)
    swapped, rotated, shuffled = [], [], []
    for _ in range(30):
        labels, p = simulated(generator, k, 60 * k, 3.0, noise=0.1)
        one, other = generator.choice(k, 2, replace=False)
        order = np.arange(k)
        order[[one, other]] = other, one
        swapped.append(judged(labels, p[:, order]))
        rotated.append(judged(labels, np.roll(p, 1, axis=1)))
        shuffled.append(judged(labels, p[generator.permutation(len(p))]))
    assert swapped.count("error") >= 29
    assert rotated.count("error") == 30
    assert shuffled.count("fine") == 0
    assert shuffled.count("error") >= (10 if k == 2 else 29)  # few rows of two classes agree by luck
