"""Makes the data of a benchmark of scale: python script_data.py KIND ROWS WIDTH FILES FOLDER

Kinds: csv, parquet, npy, many, neighbors, features, text.

The same numbers whatever machine makes them (up to the last bit of an exponential): every block of rows has a seed of
its own. Of K classes, 8 % of the labels are drawn anew; the probabilities are a softmax of unit noise with the true
class ahead by 4 + log(K / 10). `wrong` says with a byte a row whether its label is wrong.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import csv, parquet

BLOCK, NOISE = 50_000, 0.08
PLAIN = csv.WriteOptions(include_header=False, quoting_style="none")
CLUSTERS, LATENT, WRONG = 200, 32, 0.10  # of the features: four clusters a class, on a 32-dimensional sheet, and noise
VOCABULARY, TOPICS, COPIED = 20_000, 20, 100  # of the texts: words, classes, and one near copy in so many

Probabilities = NDArray[np.float32]
Codes = NDArray[np.int64]


def blocks(rows: int, k: int) -> Iterator[tuple[Probabilities, Codes, Codes]]:
    """N×K probabilities, true and given labels, block by block."""
    for start in range(0, rows, BLOCK):
        n, rng = min(BLOCK, rows - start), np.random.default_rng([k, start])
        truth = rng.integers(0, k, n)
        scores = rng.standard_normal((n, k), dtype=np.float32)
        scores[np.arange(n), truth] += 4 + np.log(k / 10)
        scores = np.exp(scores)
        given = np.where(rng.random(n) < NOISE, rng.integers(0, k, n), truth)
        yield scores / scores.sum(axis=1, keepdims=True), truth, given


def classes(k: int) -> list[str]:
    return [f"class_{code:03}" for code in range(k)]


def labels(start: int, given: Codes, k: int) -> dict[str, pa.Array]:
    names = pa.DictionaryArray.from_arrays(pa.array(given.astype(np.int32)), pa.array(classes(k)))
    return {"id": pa.array(np.arange(start, start + len(given)).astype(str)), "label": names.cast(pa.string())}


def table(start: int, p: Probabilities, given: Codes) -> pa.Table:
    names = classes(p.shape[1])
    return pa.table(labels(start, given, len(names)) | {f"prob_{name}": p[:, j] for j, name in enumerate(names)})


def text(numbers: pa.Table) -> pa.Table:
    """Every probability with six decimals, as a model's script writes them."""
    return pa.table({
        name: column.cast(pa.float64()).cast(pa.decimal128(12, 6), safe=False).cast(pa.string())
        if name.startswith("prob_") else column
        for name, column in zip(numbers.column_names, numbers.columns, strict=True)
    })  # fmt: skip


def _begun(path: Path, names: list[str]) -> BinaryIO:
    """A CSV file with its header, nothing of it in quotes, as pandas writes it."""
    sink = path.open("wb")
    sink.write((",".join(names) + "\n").encode())
    return sink


def write_tables(kind: str, rows: int, k: int, files: int, folder: Path) -> None:
    """One CSV file; or Parquet files, each with row groups as pandas and pyarrow make them, of up to a million rows."""
    wrong, parts, sink, written = [], [], None, 0
    for number, (p, truth, given) in enumerate(blocks(rows, k)):
        part = table(number * BLOCK, p, given)
        wrong.append(truth != given)
        if kind == "csv":
            sink = sink or _begun(folder / "data.csv", part.column_names)
            csv.write_csv(text(part), sink, PLAIN)
            continue
        parts.append(part)
        if sum(map(len, parts)) >= rows // files:
            parquet.write_table(pa.concat_tables(parts), folder / f"part-{written:02}.parquet")
            parts, written = [], written + 1
    if sink:
        sink.close()
    (folder / "wrong").write_bytes(np.concatenate(wrong).tobytes())


def write_array(rows: int, k: int, folder: Path) -> None:
    """probs.npy, labels.csv, classes.txt."""
    array = np.lib.format.open_memmap(folder / "probs.npy", "w+", np.float32, (rows, k))
    all_truth, all_given, start = [], [], 0
    for p, truth, given in blocks(rows, k):
        array[start : start + len(p)] = p
        start += len(p)
        all_truth.append(truth)
        all_given.append(given)
    array.flush()
    given = np.concatenate(all_given)
    with _begun(folder / "labels.csv", ["id", "label"]) as sink:
        csv.write_csv(pa.table(labels(0, given, k)), sink, PLAIN)
    (folder / "classes.txt").write_text("\n".join(classes(k)) + "\n")
    (folder / "wrong").write_bytes((np.concatenate(all_truth) != given).tobytes())


def write_both(rows: int, dimensions: int, folder: Path) -> None:
    """data.csv: probabilities of ten classes by a fair model, and features, three clusters a class."""
    k, rng = 10, np.random.default_rng([dimensions, rows])
    truth = rng.integers(0, k, rows)
    scores = rng.standard_normal((rows, k), dtype=np.float32)
    scores[np.arange(rows), truth] += 2.2
    p = np.exp(1.4 * scores)
    cluster = truth + k * rng.integers(0, 3, rows)
    features = rng.standard_normal((3 * k, dimensions))[cluster] + 1.1 * rng.standard_normal((rows, dimensions))
    given = np.where(rng.random(rows) < WRONG, (truth + rng.integers(1, k, rows)) % k, truth)
    whole = text(table(0, p / p.sum(axis=1, keepdims=True), given))
    for column, values in enumerate(features.astype(np.float32).T):
        whole = whole.append_column(f"x_{column}", pa.array(values))
    csv.write_csv(whole, folder / "data.csv", csv.WriteOptions(quoting_style="none"))
    (folder / "wrong").write_bytes((truth != given).tobytes())


def write_features(rows: int, dimensions: int, folder: Path) -> None:
    """features.npy and labels.csv: clusters as embeddings have them, near a sheet of few dimensions."""
    rng = np.random.default_rng(dimensions)
    k = CLUSTERS // 4
    cluster = rng.integers(0, CLUSTERS, rows)
    latent = rng.standard_normal((CLUSTERS, LATENT))[cluster] + 0.5 * rng.standard_normal((rows, LATENT))
    spread = rng.standard_normal((LATENT, dimensions)) / np.sqrt(LATENT)
    features = (latent @ spread).astype(np.float32)
    features += 0.2 * rng.standard_normal(features.shape, dtype=np.float32)
    np.save(folder / "features.npy", features)
    truth = cluster % k
    given = np.where(rng.random(rows) < WRONG, (truth + rng.integers(1, k, rows)) % k, truth)
    with _begun(folder / "labels.csv", ["id", "label"]) as sink:
        csv.write_csv(pa.table(labels(0, given, k)), sink, PLAIN)
    (folder / "wrong").write_bytes((truth != given).tobytes())


def write_texts(rows: int, words: int, folder: Path) -> None:
    """data.csv: texts of so many words, a third of them of their topic, the label, which is wrong in `NOISE` of rows.

    One in `COPIED` is a near copy of a text before it: one or two words are others, or misspelled. `copies` has their
    row numbers and those of what they are copies of. Every block has a seed of its own, but the vocabulary one for all.
    """
    rng = np.random.default_rng(words)
    letters = rng.choice(np.array(list("abcdefghijklmnoprstuvwz")), (VOCABULARY, 9))
    sizes = rng.integers(3, 10, VOCABULARY)
    vocabulary = ["".join(word[:size]) for word, size in zip(letters, sizes, strict=True)]
    frequency = np.arange(1, VOCABULARY + 1) ** -0.9
    topics = rng.integers(0, VOCABULARY, (TOPICS, 60))
    copies, wrong = [], []
    with _begun(folder / "data.csv", ["id", "text", "label"]) as sink:
        for start in range(0, rows, BLOCK):
            n, rng = min(BLOCK, rows - start), np.random.default_rng([words, start])
            topic = rng.integers(0, TOPICS, n)
            usual = rng.choice(VOCABULARY, (n, words), p=frequency / frequency.sum())
            special = topics[topic[:, None], rng.integers(0, topics.shape[1], (n, words))]
            texts = [
                [vocabulary[word] for word in row] for row in np.where(rng.random((n, words)) < 1 / 3, special, usual)
            ]
            for row in range(COPIED, n, COPIED):
                texts[row] = _nearly(texts[row - 1], vocabulary, rng)
                topic[row] = topic[row - 1]
                copies.append((start + row, start + row - 1))
            given = np.where(rng.random(n) < NOISE, rng.integers(0, TOPICS, n), topic)
            wrong.append(given != topic)
            lines = (f"{start + row},{' '.join(text)},topic_{given[row]:02}" for row, text in enumerate(texts))
            sink.write(("\n".join(lines) + "\n").encode())
    np.savetxt(folder / "copies", copies, "%d")
    (folder / "wrong").write_bytes(np.concatenate(wrong).tobytes())


def _nearly(text: list[str], vocabulary: list[str], rng: np.random.Generator) -> list[str]:
    """The text with one or two words replaced, or misspelled: a letter left out, doubled or swapped with the next."""
    found, misspelled = list(text), rng.random() < 0.5
    for place in rng.choice(len(text), rng.integers(1, 3), replace=False):
        word, at = found[place], int(rng.integers(0, len(found[place]) - 1))
        slips = (
            word[:at] + word[at + 1 :],
            word[: at + 1] + word[at:],
            word[:at] + word[at + 1] + word[at] + word[at + 2 :],
        )
        found[place] = slips[rng.integers(0, 3)] if misspelled else vocabulary[rng.integers(0, len(vocabulary))]
    return found


if __name__ == "__main__":
    kind, rows, width, files, folder = sys.argv[1], *map(int, sys.argv[2:5]), Path(sys.argv[5])
    if kind == "npy":
        write_array(rows, width, folder)
    elif kind == "neighbors":
        write_features(rows, width, folder)
    elif kind == "features":
        write_both(rows, width, folder)
    elif kind == "text":
        write_texts(rows, width, folder)
    else:
        write_tables(kind, rows, width, files, folder)
