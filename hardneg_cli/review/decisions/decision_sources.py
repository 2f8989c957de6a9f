"""All decisions about a dataset's rows: the one reader of decisions logs and filled queues.

A file is told by what is in it: a log by its name or its first line, else it is a queue, or an annotation tool's export
of one. What is read is as it was written; `about` says what of it counts for a dataset as it is now.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.errors import listing
from hardneg_cli.io.files.source import Source, sources
from hardneg_cli.io.tables.frames import Frame, in_memory
from hardneg_cli.review.decisions.carried_decisions import in_force
from hardneg_cli.review.decisions.decision import Decision, effective_decisions
from hardneg_cli.review.decisions.decision_log import LOG_SUFFIX, is_log, log_of, read_log
from hardneg_cli.review.decisions.filled_queue import AutoPolicy, FilledQueue, read_queue
from hardneg_cli.review.decisions.log_lines import no_search_for_cycles
from hardneg_cli.review.decisions.row_matching import fitting, restated

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class LoadedDecisions:
    """What logs and queues say.

    logged: the lines of logs in their order, and decisions that were passed as such. queues: the filled ones. notes: on
    what could not be read.
    """

    logged: tuple[Decision, ...] = ()
    queues: tuple[FilledQueue, ...] = ()
    notes: tuple[str, ...] = ()

    def about(self, dataset: Dataset) -> LoadedDecisions:
        """The same, with every decision that fits a row made over the columns that are its content now.

        Whatever columns its hash was made over: so decisions from several queues meet in the same question.
        """
        queues = tuple(
            replace(
                queue,
                decisions=tuple(restated(dataset, queue.decisions)),
                automatic=tuple(restated(dataset, queue.automatic)),
            )
            for queue in self.queues
        )
        logged = restated(dataset, self.logged)
        return LoadedDecisions(tuple(in_force(self.logged, logged, partial(fitting, dataset))), queues, self.notes)

    @cached_property
    def decisions(self) -> tuple[Decision, ...]:
        """The last word of every reviewer in the logs, and all that queues say."""
        filled = (decision for queue in self.queues for decision in queue.decisions)
        return (*effective_decisions(self.logged), *filled)

    @property
    def decisive(self) -> list[Decision]:
        """The decisions that say what to do."""
        return [decision for decision in self.decisions if decision.is_decisive]

    @property
    def automatic(self) -> tuple[Decision, ...]:
        """What the policy would do with the rows that no reviewer looked at."""
        seen = {decision.id for decision in self.decisions}
        automatic = (decision for queue in self.queues for decision in queue.automatic if decision.id not in seen)
        return tuple(dict.fromkeys(automatic))

    @cached_property
    def ids(self) -> pa.ChunkedArray:
        """Of every row that was asked about, decided or not."""
        import pyarrow as pa

        decided = pa.array([decision.id for decision in self.decisions], pa.string())
        return pa.chunked_array([decided, *(chunk for queue in self.queues for chunk in queue.ids.chunks)], pa.string())

    @property
    def unsure(self) -> int:
        """How many rows nobody was sure about."""
        return len({decision.id for decision in self.decisions} - {decision.id for decision in self.decisive})

    @property
    def undecided(self) -> int:
        """How many rows no reviewer said anything about."""
        import pyarrow.compute as pc

        return int(pc.count_distinct(self.ids, mode="all").as_py()) - len({decision.id for decision in self.decisions})


# One or several paths, frames, sources and decisions.
GivenDecisions: TypeAlias = Frame | Sequence[Frame] | LoadedDecisions | None


def load_decisions(
    given: GivenDecisions,
    *beside: object,
    reviewer: str | None = None,
    policy: AutoPolicy | None = None,
    whole: bool = False,
) -> LoadedDecisions:
    """The decisions of logs and filled queues, each file read once.

    given: files, patterns of them, frames (filled queues), and decisions; where it is None, the logs beside `beside`,
    as far as there are any: datasets, or their paths. Decisions that are loaded already stay as they are. reviewer,
    whole: see `read_queue`.
    Raises InputError for a file that cannot be read, or is neither a log nor a queue.
    """
    if isinstance(given, LoadedDecisions):
        return given
    given = _logs_beside(beside) if given is None else as_several(given)
    logged = [one for one in given if isinstance(one, Decision)]
    queues: list[FilledQueue] = []
    notes: list[str] = []
    with no_search_for_cycles():
        for source in (source for one in given if not isinstance(one, Decision) for source in files_of(one)):
            if not is_log(source):
                queues.append(read_queue(source, reviewer, policy or AutoPolicy(), whole=whole))
                continue
            lines, torn = read_log(source)
            logged += lines
            notes += torn_note(source.name, torn)
    return LoadedDecisions(tuple(logged), tuple(queues), tuple(notes))


def torn_note(name: str | Path, torn: Sequence[int]) -> list[str]:
    """A note on the last line of a log, where it was torn off."""
    return [f"{name}: {len(torn):,} lines are torn and were left out: {listing(torn)}"] if torn else []


def as_several(given: Frame | Sequence[Frame]) -> Sequence[Frame]:
    """One path, frame, source or decision as several: a list of one."""
    alone = isinstance(given, str | Path | Source | Decision) or hasattr(given, "columns") or hasattr(given, "schema")
    return (given,) if alone else given


def files_of(given: Frame) -> Sequence[Source]:
    """What a path, a pattern or a frame stands for.

    A log is itself, even where its name, the one of a pattern of files with the suffix, reads like a pattern.
    """
    if isinstance(given, Source):
        return [given]
    if not isinstance(given, str | Path):
        return [in_memory(given, "queue")]
    name = str(given)
    if name.endswith(LOG_SUFFIX) and Path(name).is_file():
        return [Source(name, Path(name))]
    return sources(name)


def _logs_beside(data: Iterable[object]) -> list[Path]:
    """Standard input and tables in memory have none."""
    names = []
    for one in data:
        if isinstance(one, Dataset):
            names += [one.name] if one.sources[0].path or one.sources[0].pictures else []
        elif isinstance(one, str | Path) and str(one) != "-":
            names.append(str(one))
    return [log for log in map(log_of, names) if log.is_file()]
