"""Self-training over an unlabeled pool, with an error rate of the pseudo-labels that held-out labels have to prove.

Each fold of the labeled rows and the pool has a chain of models of its own (cross-fitting), which never learns from a
row of that fold, so labeled and pool rows of a fold are judged by models that know neither of them: no row vouches for
itself, not even by way of another row's pseudo-label. A chain is the given classifiers, for text also on its words,
and label spreading over a graph of nearest neighbors (Zhou et al., 2003), pooled with weights that suit the labels of
the other folds; vectors and graph are made of all rows, without a label (for text, latent semantic analysis).

In each round a chain learns from its labels and from its pseudo-labels of the round before: per class the most probable
rows whose expected error stays within --max-error, weighted by their probability, no class having more than balance
times its share (class-balanced self-training, Zou et al., 2018). What is given out is stricter: held-out labeled rows
that pass the same thresholds are a sample of the pool rows that do, so a probability is looked for above which the
upper limit of how many of these are wrong is within --max-error (learn then test, Angelopoulos et al., 2021). If there
is none, nothing is accepted, and how many labels it would take is estimated from the width of the limits. This
presumes that a class's labeled rows are a sample of the class; those of classes that are labeled more often than they
are in the pool count for less. Rows that people answered because they were uncertain are no sample, so they teach and
prove nothing. Each round's proof holds with the stated confidence by itself. Rounds end when the held-out log-loss no
longer falls; the best round counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hardneg_cli.data.features.vectorizer import graph_vectors, model_vectors, word_vectors
from hardneg_cli.modeling.classifiers import CLASSIFIERS
from hardneg_cli.modeling.out_of_fold import vector_probabilities
from hardneg_cli.modeling.self_training.class_shares import stand_for
from hardneg_cli.modeling.self_training.label_spreading import neighbor_graph, spread
from hardneg_cli.modeling.self_training.task import SelfTrainingTask
from hardneg_cli.runtime.progress import progress
from hardneg_cli.statistics import opinion_pool
from hardneg_cli.statistics.opinion_pool import OpinionPool, PoolPrior
from hardneg_cli.statistics.risk_control import RiskControlledThreshold, safe_cut, times_as_many

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    Block = NDArray[np.float64]
    Codes = NDArray[np.int64]
    Bools = NDArray[np.bool_]

FLOOR = 1e-3  # of each model's probabilities: a model that is sure of the wrong class must not rule alone
PRIOR = PoolPrior(weight_sd=50**0.5)  # 0.01 of a squared weight's distance: toward equal weights, for few labels
BOUNDS = (0.0, 8.0)  # no model counts against its own word


@dataclass(frozen=True)
class SelfTrainingRound:
    """What a round thinks and gives out.

    probabilities: (N, K), each row's by the chain that does not know it. thresholds: (K,) what a class asks for,
    infinite where it gets none. cut: the proof, None if there is none. accepted: (N,) bool, of the pool.
    accuracy, log_loss: held out, on the representative labeled rows.
    """

    number: int
    probabilities: Block
    thresholds: Block
    cut: RiskControlledThreshold | None
    accepted: Bools
    accuracy: float
    log_loss: float


@dataclass(frozen=True)
class SelfTrainingRun:
    """The rounds, and the (N, N) sparse graph of neighbors that all of them share."""

    rounds: tuple[SelfTrainingRound, ...]
    graph: csr_array


def run(task: SelfTrainingTask, *, balance: float = 3.0, neighbors: int = 10) -> SelfTrainingRun:
    """All rounds, until one is no better than the best before it; `best` picks one.

    balance: times its share among the labels that a class may have of the pseudo-labels, compared with the median
    class. neighbors: of a row in the graph.
    """
    import numpy as np
    from threadpoolctl import threadpool_limits

    found: list[SelfTrainingRound] = []
    goal = task.goal
    with threadpool_limits(1), progress("self-training"):
        with progress("vectors and the graph of neighbors"):
            vectors = model_vectors(task.rows, task.seed)
            graph = neighbor_graph(graph_vectors(task.rows, vectors), neighbors)
            chains: list[Block | None] = [None] * (int(task.fold.max()) + 1)
            words = word_vectors(task.rows, np.flatnonzero(task.labels >= 0), task.seed)
            constant = [_by_labels_alone(task, fold, graph, words) for fold in range(len(chains))]
        for number in range(1, goal.rounds + 1):
            opinions = []
            with progress(f"round {number} of at most {goal.rounds}", total=len(chains)) as advance:
                for fold, theirs in enumerate(chains):
                    opinions.append([*_by_classifiers(task, fold, theirs, vectors), *constant[fold]])
                    advance(1)
            held_out, pools = _cross_fitted(task, opinions)
            found.append(_round(task, number, held_out, balance))
            if number >= goal.at_least and found[-1] is not best(found):
                break
            chains = [
                _pseudo_labels(task, fold, pools[fold].probabilities(_logs(opinions[fold])), balance)
                for fold in range(len(chains))
            ]
    return SelfTrainingRun(tuple(found), graph)


def best(rounds: Sequence[SelfTrainingRound]) -> SelfTrainingRound:
    """The round with the lowest held-out log-loss, of equal ones the first."""
    return min(rounds, key=lambda one: one.log_loss)


def labels_needed(task: SelfTrainingTask, round_: SelfTrainingRound) -> int | None:
    """How many representative labels would probably prove something; None where very many of them would not."""
    from math import ceil

    p, code = round_.probabilities.max(axis=1), round_.probabilities.argmax(axis=1)
    sample, goal = task.representative, task.goal
    wrong = code[sample] != task.labels[sample]
    weights = stand_for(task.labels[sample], round_.probabilities[task.pool])
    times = times_as_many(
        p[sample], wrong, p[task.pool], max_error=goal.max_error, confidence=goal.confidence, weights=weights
    )
    return None if times is None else ceil(times * sample.sum())


def _by_labels_alone(task: SelfTrainingTask, fold: int, graph: csr_array, words: Any) -> list[Block]:
    """(N, K) what the labels outside of the fold spread, and what their words tell, where there are some.

    Pseudo-labels do neither: they came from there, and words that only go with sure rows tell little of the others.
    """
    import numpy as np

    labels = np.where(task.fold == fold, -1, task.labels)
    found = [spread(graph, labels, task.k)]
    if words is not None:
        weights = np.ones(len(labels))
        found += [
            vector_probabilities(one, words, labels, task.k, weights=weights, sparse=True, seed=task.seed)
            for one in task.classifiers if not CLASSIFIERS[one.name].DENSE
        ]  # fmt: skip
    return [opinion.astype(np.float32) for opinion in found]


def _by_classifiers(task: SelfTrainingTask, fold: int, pseudo_labels: Block | None, vectors: Any) -> list[Block]:
    """(N, K) each classifier's opinion on all rows after it has learned from the labels and its chain's pseudo-labels.

    pseudo_labels: (N, 2) codes, −1 for none, and their weights; both without the fold.
    """
    import numpy as np

    labels, weight = np.where(task.fold == fold, -1, task.labels), np.ones(len(task.labels))
    if pseudo_labels is not None:
        given = pseudo_labels[:, 0] >= 0
        labels = np.where(given, pseudo_labels[:, 0], labels).astype(np.int64)
        weight = np.where(given, pseudo_labels[:, 1], weight)
        weight *= _evening(labels, weight, np.bincount(task.labels[~task.pool], minlength=task.k))
    sparse = task.rows.texts is not None
    found = [
        vector_probabilities(one, vectors, labels, task.k, weights=weight, sparse=sparse, seed=task.seed)
        for one in task.classifiers
    ]
    return [opinion.astype(np.float32) for opinion in found]


def _evening(labels: Codes, weight: Block, shares: Codes) -> Block:
    """(N,) factors after which the classes weigh as they do among the labels: the surer ones are not likelier."""
    import numpy as np

    labeled = labels >= 0
    mass = np.bincount(labels[labeled], weight[labeled], minlength=len(shares))
    factor = np.where(mass > 0, shares / np.where(mass > 0, mass, 1), 1.0) * mass.sum() / shares.sum()
    return np.where(labeled, factor[labels], 1.0)


def _cross_fitted(task: SelfTrainingTask, opinions: Sequence[Sequence[Block]]) -> tuple[Block, list[OpinionPool]]:
    """(N, K) each row's probabilities by its own fold's chain, and the chains' pools of their models."""
    import numpy as np

    own = [np.empty_like(opinion) for opinion in opinions[0]]
    for fold, theirs in enumerate(opinions):
        for mine, opinion in zip(own, theirs, strict=True):
            mine[task.fold == fold] = opinion[task.fold == fold]
    logs = _logs(own)
    held_out, pools = np.empty(own[0].shape), []
    for fold in range(len(opinions)):
        others, inside = (task.fold != fold) & task.representative, task.fold == fold
        pools.append(opinion_pool.fit([log[others] for log in logs], task.labels[others], prior=PRIOR, bounds=BOUNDS))
        held_out[inside] = pools[-1].probabilities([log[inside] for log in logs])
    return held_out, pools


def _logs(opinions: Sequence[Block]) -> list[Block]:
    return [opinion_pool.logs_of(opinion, FLOOR / opinion.shape[1]) for opinion in opinions]


def _pseudo_labels(task: SelfTrainingTask, fold: int, held_out: Block, balance: float) -> Block:
    """(N, 2) what a chain takes for the label of pool rows outside of its fold, −1 for none, and how much it counts."""
    import numpy as np

    rows = np.flatnonzero(task.pool & (task.fold != fold))
    p, code = held_out[rows].max(axis=1), held_out[rows].argmax(axis=1)
    shares = np.bincount(task.labels[~task.pool & (task.fold != fold)], minlength=task.k)
    sure = p >= _thresholds(p, code, shares, task.goal.max_error, balance)[code]
    found = np.full((len(held_out), 2), -1.0)
    found[rows[sure], 0], found[rows[sure], 1] = code[sure], p[sure]
    return found


def _thresholds(p: Block, code: Codes, labeled: Codes, max_error: float, balance: float) -> Block:
    """(K,) the least probability per class: the mean of 1 − p above it is within max_error, and few enough rows are."""
    import numpy as np

    ranked = [np.sort(p[code == number])[::-1] for number in range(len(labeled))]
    fit = [int((np.cumsum(1 - ps) <= max_error * np.arange(1, len(ps) + 1)).sum()) for ps in ranked]
    usual = np.median([rows / max(count, 1) for rows, count in zip(fit, labeled, strict=True) if count] or [0.0])
    found = np.full(len(labeled), np.inf)
    for number, (ps, rows) in enumerate(zip(ranked, fit, strict=True)):
        many = min(rows, int(max(1.0, balance * usual) * labeled[number]))
        if many:
            found[number] = ps[many - 1]
    return found


def _round(task: SelfTrainingTask, number: int, held_out: Block, balance: float) -> SelfTrainingRound:
    import numpy as np

    p, code = held_out.max(axis=1), held_out.argmax(axis=1)
    shares = np.bincount(task.labels[~task.pool], minlength=task.k)
    thresholds = _thresholds(p[task.pool], code[task.pool], shares, task.goal.max_error, balance)
    passed = p >= thresholds[code]
    tested = passed & task.representative
    wrong, goal = code[tested] != task.labels[tested], task.goal
    others = p[passed & task.pool]
    weights = stand_for(task.labels[task.representative], held_out[task.pool])[passed[task.representative]]
    cut = safe_cut(p[tested], wrong, others, max_error=goal.max_error, confidence=goal.confidence, weights=weights)
    accepted = passed & task.pool & (p >= cut.score) if cut else np.zeros(len(p), bool)
    sample, right = np.flatnonzero(task.representative), task.labels[task.representative]
    loss = float(-np.log(np.maximum(held_out[sample, right], np.finfo(float).tiny)).mean())
    return SelfTrainingRound(number, held_out, thresholds, cut, accepted, float((code[sample] == right).mean()), loss)
