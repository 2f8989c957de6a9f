"""What a dataset was before, for the verbs that compare: the base, the log of decisions with it, what is staged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from hardneg_cli.data import baseline as bases
from hardneg_cli.data import snapshot
from hardneg_cli.data.baseline import Baseline
from hardneg_cli.data.columns import Columns
from hardneg_cli.data.dataset import Dataset
from hardneg_cli.errors import MOST_OF_A_PATH, InputError, listing, quote
from hardneg_cli.io.files import git_index, git_revision
from hardneg_cli.io.files.git_commits import PREFIX
from hardneg_cli.io.files.git_pictures import pictures_at, staged_pictures
from hardneg_cli.io.files.picture_folder import is_picture_folder
from hardneg_cli.io.files.source import Source, parted, sources
from hardneg_cli.io.tables.frames import in_memory
from hardneg_cli.io.tables.picture_listing import listed
from hardneg_cli.review.decisions.base_log import BaseLog, base_log, united
from hardneg_cli.review.decisions.decision import Decision
from hardneg_cli.review.decisions.decision_log import LOG_SUFFIX, log_of
from hardneg_cli.review.decisions.decision_sources import GivenDecisions, LoadedDecisions, as_several, load_decisions
from hardneg_cli.verbs._keywords import read_data

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    import pyarrow as pa

    Base: TypeAlias = str | Path | Dataset | Baseline | pa.Table | pd.DataFrame
STDIN = "-"


@dataclass(frozen=True)
class FoundBase:
    """state: None where nothing is named. logs: of decisions, beside the base. files: of its rows, none for a state.

    revision: the one that the base is DATA of. continues: whether the logs now are later states of the base's; None
    where their lines have to tell.
    """

    state: Baseline | None
    logs: tuple[Source, ...] = ()
    revision: str | None = None
    continues: bool | None = None
    files: tuple[Source, ...] = ()


@dataclass(frozen=True)
class CommittedData:
    """notes: where what is staged is judged, and not what lies in the work tree."""

    dataset: Dataset
    notes: tuple[str, ...] = ()


def committed_data(data: Any, columns: Columns | None, options: Mapping[str, object]) -> CommittedData:
    """DATA as it is, or, for a hook of git that is asked about a commit, as the commit is to have it."""
    if git_index.is_hook() and _is_file(data) and is_picture_folder(str(data)):
        return _staged_pictures(str(data), columns, options)
    files = sources(str(data)) if git_index.is_hook() and _is_file(data) else ()
    staged = git_index.staged(files)
    if not staged:
        return CommittedData(read_data(data, columns, options))
    files = tuple(staged.get(one.name, one) for one in files)
    note = f"judged as staged, which is not what the work tree holds: {listing([*staged], length=MOST_OF_A_PATH)}"
    return CommittedData(read_data(data, columns, options, files), (note,))


def found_base(dataset: Dataset, base: Base | None, saved: str | Path | None, encoding: str | None) -> FoundBase:
    """Raises InputError for a base that cannot be read."""
    if base is not None and saved is not None:
        raise InputError("--base and --state exclude each other: both are what the data was before")
    if saved is not None:
        return FoundBase(snapshot.read(saved, dataset), _log_beside(saved))
    if base is None or isinstance(base, Baseline):
        return FoundBase(base)
    if not isinstance(base, str | Path):
        files = base.sources if isinstance(base, Dataset) else (in_memory(base, labels=dataset.columns.id),)
        name = base.name if isinstance(base, Dataset) else "table"
        return FoundBase(bases.read(name, files, dataset.columns, encoding), files=files)
    name = str(base)
    if not name.startswith(PREFIX):
        if name == dataset.name == STDIN:
            raise InputError("data and base cannot both be standard input")
        files = sources(name)
        return FoundBase(bases.read(name, files, dataset.columns, encoding), _log_beside(name), files=files)
    revision = name.removeprefix(PREFIX)
    if dataset.sources[0].pictures:
        return _pictures_then(dataset, revision)
    if Path(dataset.name).is_dir():
        raise InputError(f"{name}: only pictures are read from a folder of git: name the base's own folder with --base")
    data, sheet = parted(dataset.name)
    found = git_revision.at_revision(data, revision)
    files = tuple(replace(source, sheet=sheet) for source in found.sources)
    state = bases.read(name, files, dataset.columns, encoding, found.notes)
    return FoundBase(state, found.beside(LOG_SUFFIX), revision, found.same or None, files)


def _staged_pictures(folder: str, columns: Columns | None, options: Mapping[str, object]) -> CommittedData:
    """A folder of pictures as the commit is to have it, or as it is where that knows nothing of it."""
    staged = staged_pictures(folder)
    if staged is None or not staged.pictures:
        return CommittedData(read_data(folder, columns, options))
    note = f"judged as staged, whatever the work tree holds: {quote(folder, MOST_OF_A_PATH)}"
    files = (listed(folder, staged.pictures, staged.metadata),)
    return CommittedData(read_data(folder, columns, options, files), (note,))


def _pictures_then(dataset: Dataset, revision: str) -> FoundBase:
    """A folder of pictures as it was at the revision."""
    then = pictures_at(dataset.name, revision)
    files = (listed(then.title, then.pictures, then.metadata),) if then.pictures else ()
    state = bases.read(f"{PREFIX}{revision}", files, dataset.columns, None, then.found.notes)
    return FoundBase(state, then.found.beside(LOG_SUFFIX), revision, then.found.same or None, files)


def decisions_of(
    dataset: Dataset, given: GivenDecisions, base: FoundBase
) -> tuple[LoadedDecisions, BaseLog | None]:  # fmt: skip
    """What is decided about the dataset, now and in the base, and what became of the base's decisions.

    given: see `load_decisions`. Logs that are named are read at the base's revision too.
    """
    logs = base.logs if given is None else _at_revision(dataset, given, base)
    beside = _staged_log(dataset) if given is None else None
    now = load_decisions(given if beside is None else beside, dataset)
    before = load_decisions(logs, dataset).logged if logs else ()
    if not before:
        return now.about(dataset), None
    loaded = replace(now, logged=united(before, now.logged)).about(dataset)
    return loaded, base_log(before, now.logged, continues=base.continues)


def _at_revision(dataset: Dataset, given: GivenDecisions, base: FoundBase) -> Sequence[Source]:
    if base.revision is None or given is None or isinstance(given, LoadedDecisions):
        return ()
    named = [one for one in as_several(given) if isinstance(one, str | Path) and _is_file(one)]
    return [file for one in named for file in git_revision.files_at(dataset.name, base.revision, one)]


def _staged_log(dataset: Dataset) -> list[Source | Decision] | None:
    """The log beside a dataset as it is staged; None where it is read as it lies there."""
    if not git_index.is_hook() or dataset.name == STDIN or not log_of(dataset.name).is_file():
        return None
    log = Source(str(log_of(dataset.name)), log_of(dataset.name))
    return [git_index.staged([log]).get(log.name, log)]


def _log_beside(base: str | Path) -> tuple[Source, ...]:
    log = log_of(base)
    return (Source(str(log), log),) if str(base) != STDIN and log.is_file() else ()


def _is_file(data: object) -> bool:
    return isinstance(data, str | Path) and str(data) != STDIN
