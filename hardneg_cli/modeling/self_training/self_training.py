"""Self-training over an unlabeled pool, with an error rate of the pseudo-labels that held-out labels have to prove.

Each fold of the labeled rows and the pool has a chain of models of its own (cross-fitting), which never learns from a
row of that fold, so labeled and pool rows of a fold are judged by models that know neither of them: no row vouches for
itself, not even by way of another row's pseudo-label. A chain is the given classifiers and label spreading over a
graph of nearest neighbors (Zhou et al., 2003), pooled with weights that suit the labels of the other folds; vectors
and graph are made of all rows, without a label (for text, latent semantic analysis).

In each round a chain learns from its labels and from its pseudo-labels of the round before: per class the most probable
rows whose expected error stays within --max-error, weighted by their probability, no class having more than balance
times its share (class-balanced self-training, Zou et al., 2018). What is given out is stricter: held-out labeled rows
that pass the same thresholds are a sample of the pool rows that do, so a probability is looked for above which
the binomial upper limit of their error rate is within --max-error (learn then test, Angelopoulos et al., 2021). If
there is none, nothing is accepted. This presumes that the labeled rows were drawn like the pool's; rows that people
answered because they were uncertain were not, so they teach and prove nothing. Each round's proof holds with the stated
confidence by itself. Rounds end when the held-out log-loss no longer falls; the best round counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hardneg_cli.data.features.vectorizer import graph_vectors, model_vectors
from hardneg_cli.modeling.out_of_fold import vector_probabilities
from hardneg_cli.modeling.self_training.label_spreading import neighbor_graph, spread
from hardneg_cli.modeling.self_training.task import SelfTrainingTask
from hardneg_cli.runtime.progress import progress
from hardneg_cli.statistics import opinion_pool
from hardneg_cli.statistics.opinion_pool import OpinionPool, PoolPrior
from hardneg_cli.statistics.risk_control import RiskControlledThreshold, safe_cut

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
    accuracy, log_loss: held out, on the drawn labeled rows.
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
    from threadpoolctl import threadpool_limits

    found: list[SelfTrainingRound] = []
    demand = task.demand
    with threadpool_limits(1), progress("self-training", total=demand.rounds * (int(task.fold.max()) + 1)) as advance:
        vectors = model_vectors(task.rows, task.seed)
        graph = neighbor_graph(graph_vectors(task.rows, vectors), neighbors)
        taught: list[Block | None] = [None] * (int(task.fold.max()) + 1)
        near = [_by_neighbors(task, fold, graph) for fold in range(len(taught))]
        for number in range(1, demand.rounds + 1):
            opinions = []
            for fold, theirs in enumerate(taught):
                opinions.append([*_by_classifiers(task, fold, theirs, vectors), near[fold]])
                advance(1)
            judged, pools = _cross_fitted(task, opinions)
            found.append(_round(task, number, judged, balance))
            if number >= demand.at_least and found[-1] is not best(found):
                break
            taught = [
                _lesson(task, fold, pools[fold].probabilities(_logs(opinions[fold])), balance)
                for fold in range(len(taught))
            ]
    return SelfTrainingRun(tuple(found), graph)


def best(rounds: Sequence[SelfTrainingRound]) -> SelfTrainingRound:
    """The round with the lowest held-out log-loss, of equal ones the first."""
    return min(rounds, key=lambda one: one.log_loss)


def _by_neighbors(task: SelfTrainingTask, fold: int, graph: csr_array) -> Block:
    """(N, K) what the labels outside of the fold spread; pseudo-labels do not, for they came from there."""
    import numpy as np

    labels = np.where(task.fold == fold, -1, task.labels)
    return spread(graph, labels, task.k).astype(np.float32)


def _by_classifiers(task: SelfTrainingTask, fold: int, lesson: Block | None, vectors: Any) -> list[Block]:
    """(N, K) each classifier's opinion on all rows after it has learned from the labels and the lesson of its chain.

    lesson: (N, 2) the chain's pseudo-labels, −1 for none, and their weights; both without the fold.
    """
    import numpy as np

    labels, weight = np.where(task.fold == fold, -1, task.labels), np.ones(len(task.labels))
    if lesson is not None:
        given = lesson[:, 0] >= 0
        labels = np.where(given, lesson[:, 0], labels).astype(np.int64)
        weight = np.where(given, lesson[:, 1], weight)
        weight *= _evening(labels, weight, np.bincount(task.labels[~task.pool], minlength=task.k))
    found = [
        vector_probabilities(one, vectors, labels, task.k, weights=weight, sparse=task.rows.sparse, seed=task.seed)
        for one in task.classifiers
    ]
    return [said.astype(np.float32) for said in found]


def _evening(labels: Codes, weight: Block, shares: Codes) -> Block:
    """(N,) factors after which the classes weigh as they do among the labels: the surer ones are not likelier."""
    import numpy as np

    taught = labels >= 0
    mass = np.bincount(labels[taught], weight[taught], minlength=len(shares))
    factor = np.where(mass > 0, shares / np.where(mass > 0, mass, 1), 1.0) * mass.sum() / shares.sum()
    return np.where(taught, factor[labels], 1.0)


def _cross_fitted(task: SelfTrainingTask, opinions: Sequence[Sequence[Block]]) -> tuple[Block, list[OpinionPool]]:
    """(N, K) each row's probabilities by its own fold's chain, and the chains' pools of their models."""
    import numpy as np

    own = [np.empty_like(said) for said in opinions[0]]
    for fold, theirs in enumerate(opinions):
        for mine, said in zip(own, theirs, strict=True):
            mine[task.fold == fold] = said[task.fold == fold]
    logs = _logs(own)
    judged, pools = np.empty(own[0].shape), []
    for fold in range(len(opinions)):
        others, inside = (task.fold != fold) & task.drawn, task.fold == fold
        pools.append(opinion_pool.fit([log[others] for log in logs], task.labels[others], prior=PRIOR, bounds=BOUNDS))
        judged[inside] = pools[-1].probabilities([log[inside] for log in logs])
    return judged, pools


def _logs(opinions: Sequence[Block]) -> list[Block]:
    return [opinion_pool.logs_of(opinion, FLOOR / opinion.shape[1]) for opinion in opinions]


def _lesson(task: SelfTrainingTask, fold: int, judged: Block, balance: float) -> Block:
    """(N, 2) what a chain takes for the label of pool rows outside of its fold, −1 for none, and how much it counts."""
    import numpy as np

    rows = np.flatnonzero(task.pool & (task.fold != fold))
    p, code = judged[rows].max(axis=1), judged[rows].argmax(axis=1)
    shares = np.bincount(task.labels[~task.pool & (task.fold != fold)], minlength=task.k)
    sure = p >= _thresholds(p, code, shares, task.demand.max_error, balance)[code]
    found = np.full((len(judged), 2), -1.0)
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


def _round(task: SelfTrainingTask, number: int, judged: Block, balance: float) -> SelfTrainingRound:
    import numpy as np

    p, code = judged.max(axis=1), judged.argmax(axis=1)
    shares = np.bincount(task.labels[~task.pool], minlength=task.k)
    thresholds = _thresholds(p[task.pool], code[task.pool], shares, task.demand.max_error, balance)
    passed = p >= thresholds[code]
    tested = passed & task.drawn
    wrong, demand = code[tested] != task.labels[tested], task.demand
    cut = safe_cut(p[tested], wrong, max_error=demand.max_error, confidence=demand.confidence)
    accepted = passed & task.pool & (p >= cut.score) if cut else np.zeros(len(p), bool)
    drawn, right = np.flatnonzero(task.drawn), task.labels[task.drawn]
    loss = float(-np.log(np.maximum(judged[drawn, right], np.finfo(float).tiny)).mean())
    return SelfTrainingRound(number, judged, thresholds, cut, accepted, float((code[drawn] == right).mean()), loss)
