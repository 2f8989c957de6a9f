"""A Dask cluster: every worker reads row groups of the files itself, and sends back what it made of them.

A part is what one worker does at a time: row groups that follow one another. The blocks are those of a pass by threads:
where one straddles two parts, both send their rows of it, and it is worked on here. So the results are the same, too,
and a part that was lost with its worker is done again. Sums are added up from what each part sent, once.
"""

from __future__ import annotations

import pickle
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from hardneg_cli.data.probabilities.probabilities import Probabilities, block_rows
from hardneg_cli.errors import InputError
from hardneg_cli.runtime import dask_cluster
from hardneg_cli.runtime.process_tuning import tune_process

if TYPE_CHECKING:
    from distributed import Client, Future
    from numpy.typing import NDArray

    from hardneg_cli.data.probabilities.probabilities import Block, Engine

    Rows = Sequence[NDArray[Any]]

PART_CELLS, FEWEST_PARTS = 1 << 23, 16  # probabilities of a model in a part, and parts, if row groups are small enough
AHEAD, FEWEST_AHEAD = 3, 16  # parts under way, for each thread of the cluster; a cluster may grow


@dataclass(frozen=True)
class FinishedPart:
    """Of a part: every model's rows before the first whole block and after the last one; answers; sums, if any."""

    before: list[Block]
    answers: list[tuple[slice, Any]]
    after: list[Block]
    sums: Any


def engaged(scheduler: str | None) -> AbstractContextManager[Engine]:
    """The cluster is there from the first pass to the end of the context. Raises InputError where Dask is missing."""
    dask_cluster.require()
    return _engaged(scheduler)


@contextmanager
def _engaged(scheduler: str | None) -> Iterator[Engine]:
    with ExitStack() as open_:
        client = cache(lambda: open_.enter_context(dask_cluster.connected(scheduler)))

        def engine(probabilities: Probabilities, work: Callable[..., Any], by_row: Rows) -> Iterator[tuple[slice, Any]]:
            spans = parts(probabilities)
            return _stitched(probabilities, work, by_row, _worked_on(client(), probabilities, spans, work, by_row))

        yield engine


def parts(probabilities: Probabilities) -> list[slice]:
    """Rows to work on at a time. Raises InputError where a model's rows are in no place that workers could read."""
    for model in probabilities.models:
        if model.partitions is None:
            raise InputError(
                f"{model.name}: --engine dask needs Parquet files that workers can open, their rows in the data's order"
            )
    first, *others = [model.partitions for model in probabilities.models if model.partitions]
    for other in others:
        other.cuts(probabilities.rows)  # it may be too short
    most = min(PART_CELLS // len(probabilities.classes), probabilities.rows // FEWEST_PARTS)
    cuts = first.cuts(probabilities.rows)
    begins = [0]
    for cut, following in pairwise(cuts[1:]):
        if following - begins[-1] > most:
            begins.append(cut)
    return [slice(start, stop) for start, stop in pairwise([*begins, probabilities.rows])]


def _worked_on(
    client: Client, probabilities: Probabilities, spans: Sequence[slice], work: Callable[..., Any], by_row: Rows
) -> Iterator[tuple[slice, FinishedPart]]:
    """What became of each part, in their order; a few are under way, so that no more rows are held by the scheduler."""
    import cloudpickle

    sent = client.submit(pickle.loads, cloudpickle.dumps(work), pure=False)  # once, and again if its worker is lost
    ahead = max(FEWEST_AHEAD, AHEAD * sum(client.nthreads().values()))
    waiting: deque[tuple[slice, Future[FinishedPart]]] = deque()
    for span in spans:
        part, rows = probabilities.part(span.start, span.stop), [values[span] for values in by_row]
        waiting.append((span, client.submit(_part, part, span.start, sent, rows, pure=False)))
        if len(waiting) > ahead:
            span, future = waiting.popleft()
            yield span, dask_cluster.result(client, future)
    while waiting:
        span, future = waiting.popleft()
        yield span, dask_cluster.result(client, future)


def _part(part: Probabilities, start: int, work: Callable[..., Any], rows: Rows) -> FinishedPart:
    """One part, which begins with row `start` of all, on a worker."""
    from threadpoolctl import threadpool_limits

    _tuned_worker()
    threadpool_limits(1)  # a product's last bits depend on how many threads share it; Dask's own default, too
    work = work.fresh() if hasattr(work, "fresh") else work
    size = block_rows(len(part.classes))
    to_whole = -start % size
    done = FinishedPart([], [], [], work if hasattr(work, "merge") else None)
    for span, blocks in part.blocks(to_whole or None):
        if span.start < to_whole:
            done.before.extend(blocks)
        elif span.stop - span.start < size:
            done.after.extend(blocks)
        else:
            where = slice(start + span.start, start + span.stop)
            done.answers.append((where, work(blocks, *(values[span] for values in rows))))
    return done


@cache
def _tuned_worker() -> None:
    """Dask's workers give freed memory back at once, so that every block would be paid for with page faults."""
    tune_process()


def _stitched(
    probabilities: Probabilities, work: Callable[..., Any], by_row: Rows, parts: Iterable[tuple[slice, FinishedPart]]
) -> Iterator[tuple[slice, Any]]:
    """The answers in the order of the rows, with those of the blocks that no part had all of."""
    import numpy as np

    held: list[list[Block]] = []  # pieces of one block, each for every model

    def whole(stop: int) -> tuple[slice, Any]:
        blocks = [np.concatenate(pieces) for pieces in zip(*held, strict=True)]
        held.clear()
        where = slice(stop - len(blocks[0]), stop)
        return where, work(blocks, *(values[where] for values in by_row))

    for span, done in parts:
        if done.sums is not None:
            work.merge(done.sums)  # type: ignore[attr-defined]
        if done.before:
            held.append(done.before)
            stop = span.start + len(done.before[0])
            if stop % block_rows(len(probabilities.classes)) == 0:
                yield whole(stop)
        yield from done.answers
        if done.after:
            held.append(done.after)
    if held:
        yield whole(probabilities.rows)
