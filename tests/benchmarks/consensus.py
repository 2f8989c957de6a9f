"""How often a consensus is right, and what a reviewed queue ends as: python -m tests.benchmarks consensus DATA_FOLDER.

Consensus: three people's labels of CIFAR-10 (cifar10n-aggregate: annotators.csv, probs.<model>.parquet, truth.csv), and
simulated reviewers of data with true labels: good and bad ones, few answers a row, copies of each other, errors of four
kinds; the model is fitted to their majority, out of fold; the data's own label is that majority, or an outsider's, who
errs in a tenth of the rows. Against the majority (ties to the first name), the majority
with ties broken by the model, and CROWDLAB (cleanlab), alone and with the data's label as one more annotator. "sum" is
the sum of the scores over the wrong consensus labels; "accuracy off" is the mean error of the reviewers' estimated
accuracies. `--quick` takes two small simulated sets and no folder.

Review: three people who err in 10, 20 and 30 % of their answers, the last of whom takes over the suggestion wherever
there is one, fill in a queue of the sample data, and a fourth (10 %) what is left, through find, collect and apply.
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import sys
import tempfile
import warnings
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.exceptions import ConvergenceWarning

from hardneg_cli import Decision
from hardneg_cli.review.reviewers.consensus import consensus, ground

from . import results
from .classifiers import out_of_fold
from .noise import noisy
from .tables import table

SAMPLE = Path(__file__).parents[2] / "sample_data"
NOISES = ("uniform", "pair", "class", "instance")
MOST_ROWS = 3000
COLUMNS = (
    "rows", "model", "majority", "majority_with_model", "crowdlab", "hardneg", "accuracy_off_crowdlab", "accuracy_off",
    "crowdlab_with_given", "sum_of_scores",
)  # fmt: skip
LIBRARIES = ("hardneg-cli", "cleanlab", "scikit-learn", "numpy", "scipy")
OUTSIDER = 0.1  # of the labels that an outsider gives are wrong
NOISE = 0.005  # of accuracy: less is no loss
Labels = NDArray[np.int64]


@dataclass(frozen=True)
class Crowd:
    """said: N×R class codes, −1 where a reviewer says nothing. p: N×K out-of-fold. truth, given: (N,)."""

    name: str
    said: Labels
    p: NDArray[np.float64]
    truth: Labels
    given: Labels


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, metavar="DATA_FOLDER")
    parser.add_argument("--quick", action="store_true")
    results.add_option(parser)
    options = parser.parse_args()
    warnings.filterwarnings("ignore", category=ConvergenceWarning)
    print("| reviewers | rows | model | majority | with model | CROWDLAB | hardneg | accuracy off CROWDLAB | hardneg "
          "| CROWDLAB with given | sum |")  # fmt: skip
    print("| --- |" + " ---: |" * 10)
    measured = [_measured(crowd) for crowd in (_quick() if options.quick else _all(options.data))]
    print(_line(f"mean of {len(measured)}", np.mean([figures for _, figures in measured], axis=0)))
    worst, where = min((figures[5] - max(figures[4], figures[8]), name) for name, figures in measured)
    verdict = "met" if worst > -NOISE else "MISSED"
    print(f"\nnever worse than CROWDLAB by more than {NOISE}: {verdict} (worst {worst:+.4f}: {where})")
    print(*_reviewed(), sep="\n")
    records = [{"reviewers": name} | dict(zip(COLUMNS, figures, strict=True)) for name, figures in measured]
    results.keep(options, "consensus", {"consensus": records}, LIBRARIES, whole=not options.quick)


def _all(folder: Path) -> Iterator[Crowd]:
    yield from _cifar(folder / "cifar10n-aggregate")
    for data, model in (("digits", "logistic"), ("digits", "few"), ("banking", "logistic"), ("ten-small", "few"),
                        ("two-rare", "logistic"), ("five-rare", "net"), ("overlapping", "logistic")):  # fmt: skip
        for number, kind in enumerate(KINDS_OF_CROWDS):
            for outsider in (False, True):
                yield _simulated(
                    data, model, kind, NOISES[(number + len(data)) % len(NOISES)], folder, outsider=outsider
                )
    for kind in KINDS_OF_CROWDS:
        yield _simulated("digits", "logistic", kind, "instance", folder, outsider=True, rows=150)


def _quick() -> Iterator[Crowd]:
    yield _simulated("digits", "few", "copying", "uniform", Path(), outsider=False, rows=600)
    yield _simulated("digits", "few", "sparse", "class", Path(), outsider=True, rows=600)


def _cifar(folder: Path) -> Iterator[Crowd]:
    said = pd.read_csv(folder / "annotators.csv", dtype=str, keep_default_na=False).set_index("id")
    truth = pd.read_csv(folder / "truth.csv", dtype=str, keep_default_na=False).set_index("id").loc[said.index]
    for path in sorted(folder.glob("probs.*.parquet")):
        p = pd.read_parquet(path).set_index("id").loc[said.index]
        code = {name.removeprefix("prob_"): number for number, name in enumerate(p.columns)}
        coded = np.column_stack([said[name].map(code) for name in said])
        name, right = f"cifar10n {path.name.split('.')[1]}", truth.true_label.map(code).to_numpy()
        yield Crowd(name, coded, p.to_numpy(float), right, _votes(coded, len(code)).argmax(axis=1))
        yield Crowd(f"{name}, third is the label", coded[:, :2], p.to_numpy(float), right, coded[:, 2])


KINDS_OF_CROWDS = {  # the share of wrong answers of each reviewer
    "three alike": (0.18, 0.18, 0.18),
    "five": (0.05, 0.15, 0.3, 0.4, 0.45),
    "two": (0.1, 0.3),
    "sparse": tuple(np.linspace(0.05, 0.45, 12)),  # 1 to 3 of them answer a row
    "copying": (0.15, 0.2, 0.4, 0.4),  # the last says what the one before says in 19 of 20 rows
    "bad": (0.25, 0.45, 0.45),
}


def _simulated(
    data: str, model: str, kind: str, noise: str, folder: Path, *, outsider: bool, rows: int = MOST_ROWS
) -> Crowd:
    features, truth = (part[:rows] for part in table(data, folder))
    name = f"{data} {model} {kind} {noise}" + (f" {rows} rows" if rows < MOST_ROWS else "")
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    rates = KINDS_OF_CROWDS[kind]
    said = np.column_stack([noisy(noise, rate, features, truth, int(rng.integers(1 << 30))) for rate in rates])
    if kind == "copying":
        said[:, -1] = np.where(rng.random(len(truth)) < 0.95, said[:, -2], said[:, -1])
    if kind == "sparse":
        keys = rng.random(said.shape)
        said[np.argsort(np.argsort(keys, axis=1), axis=1) >= rng.integers(1, 4, (len(truth), 1))] = -1
    k = int(truth.max()) + 1
    p = out_of_fold(model, features, _votes(said, k).argmax(axis=1))
    wide = np.zeros((len(p), k))
    wide[:, : p.shape[1]] = p
    given = noisy(noise, OUTSIDER, features, truth, int(rng.integers(1 << 30)))
    if outsider:
        return Crowd(f"{name}, outsider", said, wide, truth, given)
    return Crowd(name, said, wide, truth, _votes(said, k).argmax(axis=1))


def _votes(said: Labels, k: int) -> NDArray[np.float64]:
    return np.sum([np.eye(k)[np.maximum(column, 0)] * (column >= 0)[:, None] for column in said.T], axis=0)


def _measured(crowd: Crowd) -> tuple[str, list[float]]:
    """The name, and the figures of a line of the table, in the order of COLUMNS."""
    votes, right = _votes(crowd.said, crowd.p.shape[1]), crowd.truth
    theirs, their_accuracy = _crowdlab(crowd.said, crowd.p)
    with_given, _ = _crowdlab(np.column_stack([crowd.said, crowd.given]), crowd.p)
    ours, our_accuracy, score = _ours(crowd)
    true = [(column == right)[column >= 0].mean() for column in crowd.said.T]
    labels = crowd.p.argmax(1), votes.argmax(1), (votes + crowd.p / 2).argmax(1), theirs, ours
    off = [float(np.abs(np.subtract(found, true)).mean()) for found in (their_accuracy, our_accuracy)]
    shares = [float((label == right).mean()) for label in labels]
    more = [float((with_given == right).mean()), score / max(int((ours != right).sum()), 1)]
    print(_line(crowd.name, [len(right), *shares, *off, *more]), flush=True)
    return crowd.name, [len(right), *shares, *off, *more]


def _line(name: str, figures: ArrayLike) -> str:
    rows, *shares = np.asarray(figures, float)
    return f"| {name} | {rows:,.0f} | " + " | ".join(f"{share:.4f}" for share in shares) + " |"


def _crowdlab(said: Labels, p: NDArray[np.float64]) -> tuple[Labels, list[float]]:
    from cleanlab.multiannotator import get_label_quality_multiannotator

    answers = pd.DataFrame(np.where(said < 0, np.nan, said))
    found = get_label_quality_multiannotator(answers, p, verbose=False)
    quality = found["annotator_stats"]["annotator_quality"].sort_index()
    return found["label_quality"]["consensus_label"].to_numpy(np.int64), quality.tolist()


def _ours(crowd: Crowd) -> tuple[Labels, list[float], float]:
    """Through the verb, as `collect --consensus` does it; the sum of the scores besides."""
    import pyarrow as pa

    k, n = crowd.p.shape[1], len(crowd.truth)
    names, ids = [f"c{code:03d}" for code in range(k)], [f"r{row:06d}" for row in range(n)]
    given = [names[code] for code in crowd.given]
    data = pa.table({"id": ids, "label": given, "text": ids})
    on = ground(data, probs=[crowd.p], classes=names)
    hashes = on.dataset.row_hashes(np.arange(n))
    said = [
        Decision(ids[row], hashes[row], given[row], *_word(names[code], given[row]), reviewer=f"{who:02d}")
        for row, who in zip(*np.nonzero(crowd.said >= 0), strict=True)
        for code in [crowd.said[row, who]]
    ]
    found = consensus(on, said)
    code = {name: number for number, name in enumerate(names)}
    labels = np.array([code[row.label] for row in found.rows])
    return labels, list(found.accuracy.values()), sum(row.score for row in found.rows)


def _word(label: str, given: str) -> tuple[str, str]:
    return ("keep", "") if label == given else ("relabel", label)


# ------------------------------------------------------------------------------------------------ through the commands


def _reviewed() -> Iterator[str]:
    """Wrong labels of the sample data after the queue was reviewed by each alone, and by all."""
    truth = {row["id"]: row["true_label"] for row in _rows(SAMPLE / "digits.truth.csv")}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "digits.csv").write_bytes((SAMPLE / "digits.csv").read_bytes())
        probs = SAMPLE / "digits.probs.csv"
        _run(folder, "find", "digits.csv", "--probs", str(probs), "--features", "pixel_*", "-q", "-o", "queue.csv")
        queue = _rows(folder / "queue.csv")
        yield f"\nwrong labels of {len(truth):,}, {len(queue)} of them in the queue"
        yield f"before: {_wrong(folder / 'digits.csv', truth)}"
        files, alone = [], []
        for name, rate, copies in (("ann", 0.1, False), ("bob", 0.2, False), ("joe", 0.3, True)):
            files.append(_fill(folder, name, queue, truth, rate, copies=copies))
            _run(folder, "apply", "digits.csv", files[-1], "-o", f"{name}.clean.csv", "-q")
            alone.append(_wrong(folder / f"{name}.clean.csv", truth))
            yield f"{name} alone ({rate:.0%} mistaken{', copies suggestions' if copies else ''}): {alone[-1]}"
        settle = ["--data", "digits.csv", "--policy", "majority", "-q", "-o", "conflicts.csv"]
        _run(folder, "collect", *files, *settle, codes=(0, 1))
        left = _rows(folder / "conflicts.csv")
        fourth = _fill(folder, "eve", left, truth, 0.1, copies=False)
        _run(folder, "collect", fourth, "--data", "digits.csv", "--adjudicator", "eve", "-q", "-o", "left.csv")
        _run(folder, "apply", "digits.csv", "-o", "clean.csv", "-q")
        together = _wrong(folder / "clean.csv", truth)
        verdict = "met" if together < min(alone) else "MISSED"
        yield f"majority, and eve on the {len(left)} left (10% mistaken): {together}"
        yield f"fewer wrong labels than any reviewer alone: {verdict}"


def _fill(
    folder: Path, name: str, queue: list[dict[str, str]], truth: dict[str, str], rate: float, *, copies: bool
) -> str:
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    classes = sorted(set(truth.values()))
    rows = []
    for row in queue:
        label = truth[row["id"]]
        if rng.random() < rate:
            label = str(rng.choice([other for other in classes if other != label]))
        if copies and row["suggested_label"]:
            label = row["suggested_label"]
        word, new = _word(label, row["given_label"])
        rows.append(row | {"decision": word, "new_label": new, "reviewer": name})
    with open(folder / f"{name}.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]) if rows else ["id", "row_hash", "given_label", "decision"])
        writer.writeheader()
        writer.writerows(rows)
    return f"{name}.csv"


def _wrong(path: Path, truth: dict[str, str]) -> int:
    return sum(row["label"] != truth[row["id"]] for row in _rows(path))


def _rows(path: Path) -> list[dict[str, str]]:
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _run(folder: Path, *arguments: str, codes: tuple[int, ...] = (0,)) -> None:
    command = [sys.executable, "-m", "hardneg_cli", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode not in codes:
        raise SystemExit(f"{' '.join(arguments)}: {done.returncode}: {done.stderr}")
