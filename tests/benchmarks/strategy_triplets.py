"""Triplets for a contrastive loss: what a linear bi-encoder learns from mined, random and naive ones.

A tenth of the training labels are wrong. Texts are vectors of 128 numbers (TF-IDF, SVD); the encoder is a square matrix
that starts as the identity and is trained with Adam, as many steps whatever the triplets: InfoNCE with the batch's
other positives and negatives (what sentence-transformers calls MultipleNegativesRankingLoss), or the softplus of the
difference of the two cosines. `random`: a positive of the anchor's given label and a negative of another, as many as
are mined. `naive`: the nearest row of the given label and the nearest ones of any other, unguarded. Test texts are
queries, training texts the corpus; what is of the query's true class is relevant.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

from hardneg_cli.verbs.mine import mine

from .planted import Planted, found_in, planted_real
from .results import Figure, margin

SETS = ("tate", "courses", "tweets", "banking77")
MOST, QUERIES = 3000, 1000
START, RANDOM, NAIVE, MINED = "untrained", "random", "naive", "mined"
LOSSES = ("InfoNCE", "triplet")
DIMENSIONS, STEPS, BATCH, RATE, TEMPERATURE, PULL = 128, 600, 64, 3e-3, 0.1, 1e-3
NEGATIVES, AT = 5, 10

Block = NDArray[np.float64]
Rows = NDArray[np.int64]
Figures = dict[tuple[str, str, str], list[float]]


def part(folder: Path, seeds: Sequence[int], *, quick: bool) -> Iterator[str | Figure]:
    """Markdown: a table a measure, and whether mined triplets beat both others."""
    found, names = Figures(), SETS[:1] if quick else SETS
    for name in names:
        for seed in seeds:
            one = planted_real(name, folder, seed)
            _measure(replace(one, train=one.train[:MOST], truth=one.truth[:MOST], test=one.test[:QUERIES]), seed, found)
    ways = (START, RANDOM, NAIVE, MINED)
    for measure in ("nDCG@10", "1-NN accuracy"):
        yield f"| {measure} | loss | " + " | ".join(ways) + " | mined − random | mined − naive |"
        yield "| --- | --- |" + " ---: |" * (len(ways) + 2)
        for name in names:
            for loss in LOSSES:
                values = {way: np.array(found[name, f"{loss} {way}", measure]) for way in ways}
                gains = [_interval(values[MINED] - values[way]) for way in (RANDOM, NAIVE)]
                means = [f"{values[way].mean():.4f}" for way in ways]
                yield f"| {name} | {loss} | " + " | ".join([*means, *gains]) + " |"
                if measure == "nDCG@10":
                    yield Figure(name, f"triplets, {loss}, mined", float(values[MINED].mean()))
                    yield Figure(name, f"triplets, {loss}, random", float(values[RANDOM].mean()))
        yield ""
    for name in names:
        for loss in LOSSES:
            mined, *others = (np.mean(found[name, f"{loss} {way}", "nDCG@10"]) for way in (MINED, RANDOM, NAIVE))
            yield f"- {name}, {loss}: above random and naive in nDCG@10: {'met' if mined > max(others) else 'MISSED'}"


def _measure(one: Planted, seed: int, found: Figures) -> None:
    findings = found_in(one)
    row_of = {text: row for row, text in enumerate(one.train["text"])}
    made = mine(findings, mode="retrieval", decisions=()).triplets().to_pandas()
    mined = made.map(row_of.__getitem__).to_numpy()
    vectors, queries = _vectors(one.train["text"].tolist(), one.test["text"].tolist())
    labels, rng = one.train["label"].to_numpy(), np.random.default_rng(seed)
    lists = {RANDOM: _random(labels, len(mined), rng), NAIVE: _naive(vectors, labels), MINED: mined}
    for loss in LOSSES:
        for way in (START, *lists):
            map_ = np.eye(DIMENSIONS) if way == START else _trained(vectors, lists[way], loss, seed)
            ndcg, first = _retrieved(queries @ map_, one.test["label"].to_numpy(), vectors @ map_, one.truth)
            found.setdefault((one.name, f"{loss} {way}", "nDCG@10"), []).append(ndcg)
            found.setdefault((one.name, f"{loss} {way}", "1-NN accuracy"), []).append(first)


def _vectors(train: list[str], test: list[str]) -> tuple[Block, Block]:
    words, space = TfidfVectorizer(sublinear_tf=True, min_df=2), TruncatedSVD(DIMENSIONS, random_state=0)
    known = _unit(space.fit_transform(words.fit_transform(train)))
    return known, _unit(space.transform(words.transform(test)))


def _unit(vectors: Block) -> Block:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9))


def _random(labels: NDArray[np.object_], many: int, rng: np.random.Generator) -> Rows:
    of = {label: np.flatnonzero(labels == label) for label in np.unique(labels.astype(str))}
    found: list[tuple[int, int, int]] = []
    while len(found) < many:
        anchor, negative = rng.integers(0, len(labels), 2)
        positive = rng.choice(of[labels[anchor]])
        if positive != anchor and labels[negative] != labels[anchor]:
            found.append((anchor, positive, negative))
    return np.array(found)


def _naive(vectors: Block, labels: NDArray[np.object_]) -> Rows:
    found = []
    for row, cosine in enumerate(vectors @ vectors.T):
        cosine[row] = -np.inf
        same = labels == labels[row]
        if same.sum() > 1:
            positive = int(np.where(same, cosine, -np.inf).argmax())
            near = np.argsort(-np.where(same, -np.inf, cosine), kind="stable")[:NEGATIVES]
            found += [(row, positive, int(negative)) for negative in near]
    return np.array(found)


def _trained(vectors: Block, triplets: Rows, loss: str, seed: int) -> Block:
    """The (D, D) matrix after STEPS batches; Adam, with a weak pull to the identity."""
    rng = np.random.default_rng(seed)
    map_ = np.eye(vectors.shape[1])
    mean, square = np.zeros_like(map_), np.zeros_like(map_)
    for step in range(1, STEPS + 1):
        some = triplets[rng.integers(0, len(triplets), BATCH)]
        rows = [vectors[some[:, place]] for place in range(3)]
        slope = PULL * (map_ - np.eye(len(map_)))
        lengths = [np.linalg.norm(each @ map_, axis=1, keepdims=True) + 1e-9 for each in rows]
        units = [each @ map_ / length for each, length in zip(rows, lengths, strict=True)]
        for each, unit, length, pull in zip(rows, units, lengths, _slopes(units, loss), strict=True):
            slope += each.T @ ((pull - (pull * unit).sum(axis=1, keepdims=True) * unit) / length)
        mean, square = 0.9 * mean + 0.1 * slope, 0.999 * square + 0.001 * slope**2
        map_ = map_ - RATE * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
    return map_


def _slopes(units: Sequence[Block], loss: str) -> tuple[Block, Block, Block]:
    """Of the loss by anchors, positives and negatives of unit length."""
    anchor, positive, negative = units
    if loss == "triplet":
        ahead = ((anchor * (negative - positive)).sum(axis=1) / TEMPERATURE)[:, None]
        share = 1 / (1 + np.exp(-ahead)) / TEMPERATURE / BATCH
        return share * (negative - positive), -share * anchor, share * anchor
    others = np.concatenate([positive, negative])
    p = np.exp((anchor @ others.T - 1) / TEMPERATURE)
    p /= p.sum(axis=1, keepdims=True)
    p[np.arange(len(anchor)), np.arange(len(anchor))] -= 1
    p /= TEMPERATURE * BATCH
    back = p.T @ anchor
    return p @ others, back[: len(anchor)], back[len(anchor) :]


def _retrieved(
    queries: Block, asked: NDArray[np.object_], corpus: Block, classes: NDArray[np.object_]
) -> tuple[float, float]:
    """nDCG@10, and how often the nearest row is of the query's class."""
    cosine = _unit(queries) @ _unit(corpus).T
    relevant = classes[np.argsort(-cosine, axis=1, kind="stable")[:, :AT]] == asked[:, None]
    worth = 1 / np.log2(np.arange(2, AT + 2))
    many = (classes[None, :] == asked[:, None]).sum(axis=1)
    best = np.array([worth[:n].sum() for n in np.minimum(many, AT)])
    known = best > 0
    return float(((relevant @ worth)[known] / best[known]).mean()), float(relevant[:, 0].mean())


def _interval(differences: Block) -> str:
    """Mean and half of the 95 % t-interval over seeds."""
    mean, half = f"{differences.mean():+.4f}", margin(differences)
    return mean if half is None else f"{mean} ± {half:.4f}"
