"""What bad input gets: exit 2, one line that says what, where and what to do, and no file touched. Real processes."""

from __future__ import annotations

import gzip
import os
import pty
import subprocess
from pathlib import Path

import numpy as np
import pytest

from support.command import forked_command
from support.labeled_files import (
    CLASSES,
    DATA,
    IDS,
    LABELS,
    MODEL,
    ROWS,
    Content,
    edited,
    fill,
    hardneg,
    npy,
    parquet,
    probs,
    table,
    with_cell,
)


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
    "directory": ({"sub/x.csv": DATA}, "find sub -o out.csv", ("sub is a folder without Parquet files", "sub/*.csv")),
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
    "column-without-name": ({"data.csv": DATA.replace("id,label", "id,")}, WITH,
                            ("data.csv: column 2 has no name",)),
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
            [*forked_command(), "find", "data.csv", "-f", "parquet"],
            cwd=tmp_path, stdout=terminal, stderr=subprocess.PIPE, timeout=60, check=False,
        )  # fmt: skip
    finally:
        os.close(terminal)
        os.close(master)
    assert done.returncode == 2
    assert done.stderr == b"hardneg: parquet is no text for a terminal: name a file with -o\n"
