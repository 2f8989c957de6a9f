"""One new file for each drawer, as a stranger would add it, and what a command makes of it.

A unit is: the name of its file, its text, the command that uses it, and what the command then says.
"""

from __future__ import annotations

from dataclasses import dataclass

DATA = "id,label,word,x_0,prob_cat,prob_dog\n" + "".join(
    f"{row},{'cat' if row % 2 else 'dog'},word {row},{row % 2 + row / 100},{0.9 - row / 25:.2f},{0.1 + row / 25:.2f}\n"
    for row in range(12)
)


@dataclass(frozen=True)
class NewUnit:
    """file: its name. command: what is typed after `hardneg`. says: what stands in its output. code: of its exit."""

    file: str
    text: str
    command: tuple[str, ...]
    says: str
    code: int = 0


NEW_UNITS = {
    "annotation tool": NewUnit("post_cards.py", '''
"""A card a row, and the card again with a label behind it."""


def write(table, out):
    rows = zip(*(table[name].to_pylist() for name in ("id", "row_hash", "given_label")))
    out.writelines("card {} {} {} ?\\n".format(*row).encode() for row in rows)


def recognises(source):
    return source.head.startswith(b"card ")


def read(source):
    import pyarrow as pa

    names = ("id", "row_hash", "given_label", "new_label")
    blank = dict.fromkeys(("note", "suggested_label", "reviewer", "text", "decision"), "")
    rows = [dict(zip(names, line.split()[1:])) | blank for line in source.head.decode().splitlines()]
    return pa.Table.from_pylist(rows)
''', ("find", "data.csv", "--all", "--limit", "1", "-q", "-f", "post-cards"), "card "),
    "attack": NewUnit("coin_toss.py", '''
"""A row becomes another one by chance."""


def run(points, seed, *, heads: float = 0.5):
    """heads: how often it does."""
    return points
''', ("explain", "coin-toss"), "coin-toss.heads = 0.5  (float)"),
    "command": NewUnit("say_hello.py", '''
"""Say hello to a dataset."""


def run(name: str) -> int:
    print(f"hello {name}")
    return 0
''', ("say-hello", "you"), "hello you"),
    "detector": NewUnit("odd_id.py", '''
"""The id is an odd one."""


def detect(dataset, *, at_least: int = 7):
    """at_least: ids from here on are odd."""
    import numpy as np

    from hardneg_cli.detection.detector_result import NO_CLASS, DetectorResult

    ids = np.array([int(id_) for id_ in dataset.ids.to_pylist()])
    rows = np.flatnonzero(ids >= at_least)
    return DetectorResult(rows, np.ones(len(rows)), np.ones(len(rows), bool), np.full(len(rows), NO_CLASS, np.int32),
                          lambda places: [f"id {ids[rows[i]]} is odd" for i in places], about="row")
''', ("find", "data.csv", "--detector", "odd-id", "-f", "csv"), "id 11 is odd"),
    "engine": NewUnit("in_turn.py", '''
"""One block after the other."""


def engaged(scheduler):
    from contextlib import nullcontext

    def in_turn(probabilities, work, by_row):
        for span, blocks in probabilities.blocks():
            yield span, work(blocks, *(values[span] for values in by_row))

    return nullcontext(in_turn)
''', ("find", "data.csv", "--engine", "in-turn", "--detector", "doubtful-label", "-f", "csv"), "doubtful-label"),
    "format": NewUnit("ids_alone.py", '''
"""The ids alone."""

EXTENSIONS = (".ids",)


def write(table, out):
    out.write(" ".join(sorted(table["id"].to_pylist(), key=int)).encode() + b"\\n")
''', ("find", "data.csv", "--all", "-q", "-f", "ids-alone"), "0 1 2 3 4 5 6 7 8 9 10 11\n"),
    "gate": NewUnit("few_rows.py", '''
"""There are few rows."""


def judge(dataset, *, fewer_than: int = 100):
    """fewer_than: rows that are few."""
    from hardneg_cli.gating.verdict import Verdict

    return Verdict(len(dataset) >= fewer_than, f"{len(dataset)} rows")
''', ("check", "data.csv", "--fail-on", "few-rows"), "12 rows", 1),
    "mode": NewUnit("every_row.py", '''
"""Every row, as if the other class were near."""


def run(dataset, trainable, *, hardness: float = 0.5):
    """hardness: of each."""
    import numpy as np

    from hardneg_cli.modeling.mining.hard_negatives import HardNegatives

    rows = np.flatnonzero(trainable)
    return HardNegatives.of_rows(rows, (1 - dataset.labels[rows]).astype(np.int32), np.full(len(rows), hardness))
''', ("mine", "data.csv", "--mode", "every-row", "--guard", "1", "-f", "csv"), "anchor_class"),
    "model": NewUnit("usual.py", '''
"""The usual class."""


def build(sparse: bool, seed: int, *, quantile: float = 0.5):
    """quantile: of nothing."""
    from sklearn.dummy import DummyClassifier

    return DummyClassifier(strategy="prior")
''', ("predict", "data.csv", "--model", "usual", "--features", "x_0", "--folds", "2", "-f", "csv"), "prob_cat"),
    "report": NewUnit("tally.py", '''
"""How many gates were asked."""

EXTENSIONS = (".tally",)


def write(report, out):
    out.write(f"{len(report.judged)} gates\\n".encode())
''', ("check", "data.csv", "--base", "data.csv", "-f", "tally"), " gates\n"),
    "table format": NewUnit("piped.py", '''
"""Cells between pipes, without any quotes."""

EXTENSIONS = (".piped",)


def recognises(head):
    return head.startswith(b"id|")


def columns(source, *, encoding):
    return source.head.decode().splitlines()[0].split("|")


def read(source, wanted):
    import pyarrow as pa

    names, *rows = (line.split("|") for line in source.head.decode().splitlines())
    cells = {name: pa.array(column, pa.string()) for name, column in zip(names, zip(*rows))}
    arrays = [cells[name] for name in wanted.text] + [cells[name].cast(pa.float64()) for name in wanted.numbers]
    yield pa.RecordBatch.from_arrays(arrays, names=[*wanted.text, *wanted.numbers])


def rewrite(source, out, edits):
    raise NotImplementedError
''', ("find", "data.piped", "--all", "-f", "csv"), "11,"),
    "transform": NewUnit("backwards.py", '''
"""The words in reverse."""

OF = "text"


def run(text, beside, rng, *, fewest: int = 2):
    """fewest: words of a text that is changed."""
    words = text.split()
    return " ".join(reversed(words)) if len(words) >= fewest else None
''', ("explain", "backwards"), "backwards.fewest = 2  (int)"),
}  # fmt: skip
EVIDENCE = NewUnit("word_counts.py", '''
"""How many words each row has."""


def gather(dataset):
    return [len(text.split()) for text in dataset.content["word"].to_pylist()]
''', ("find", "data.csv", "--detector", "odd-id", "-f", "csv"), "id 11 is odd")  # fmt: skip
