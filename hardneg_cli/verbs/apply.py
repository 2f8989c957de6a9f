"""Apply decisions: from a dataset and what people decided about its rows to the corrected dataset."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Unpack

from hardneg_cli.data.columns import Columns
from hardneg_cli.data.dataset import Dataset
from hardneg_cli.errors import MOST_OF_A_PATH, InputError, did_you_mean, quote
from hardneg_cli.io.files.atomic_write import refuse_overwriting
from hardneg_cli.io.files.folders import is_saved_dataset
from hardneg_cli.io.files.source import Source, sources
from hardneg_cli.io.tables.frames import Frame, like
from hardneg_cli.preparation.cleaning.plan import cleaning_plan, row_states
from hardneg_cli.preparation.cleaning.rules import GivenRules, clean_rules, fill_rules
from hardneg_cli.review.correction import rewrite
from hardneg_cli.review.correction.apply_result import ApplyResult
from hardneg_cli.review.correction.picture_correction import PictureTarget, correct_pictures
from hardneg_cli.review.correction.picture_metadata import metadata_stamps
from hardneg_cli.review.correction.provenance import RowChange, WrittenFile, document
from hardneg_cli.review.correction.rewrite import ProvenanceTarget, Stamp
from hardneg_cli.review.decisions.decision import Decision
from hardneg_cli.review.decisions.decision_log import is_log, log_of
from hardneg_cli.review.decisions.decision_sources import (
    GivenDecisions,
    LoadedDecisions,
    as_several,
    files_of,
    load_decisions,
)
from hardneg_cli.review.decisions.filled_queue import AutoPolicy, user
from hardneg_cli.verbs._adjudication import adjudicated, apply_result, rows_of_decisions
from hardneg_cli.verbs._carrying import carrying
from hardneg_cli.verbs._keywords import Data, DataKeywords, Reading, grouped, read_data, spelled_out

if TYPE_CHECKING:
    pass

MARK = "dropped"
ON_DROP = ("remove", "mark")
LARGE = 1 << 20  # bytes in a provenance worth a note


@dataclass(frozen=True)
class CorrectionRule:
    """on_drop: dropped rows are removed ("remove"), or marked with 1 in a new column `dropped` ("mark")."""

    on_drop: str = "remove"
    skip_stale: bool = False
    policy: AutoPolicy | None = None
    reviewer: str | None = None


@dataclass(frozen=True)
class CleaningChoice:
    """Rules for rows that nobody decides about. clean: `drop` or `relabel` by detector. fill: what an empty cell gets.

    By column: "median", "mode", "drop" of the row, or the value itself. Texts as `exact-duplicate=drop` will do, too.
    """

    clean: GivenRules | None = None
    fill: GivenRules | None = None


class ApplyKeywords(DataKeywords, total=False):
    """What `apply` takes besides the data, the decisions and the output."""

    clean: GivenRules | None
    fill: GivenRules | None

    on_drop: str
    skip_stale: bool
    policy: AutoPolicy | None
    reviewer: str | None


@spelled_out(ApplyKeywords, Columns, CorrectionRule, CleaningChoice, Reading)
def apply(
    data: Data,
    queues: Data | Sequence[Data] = (),
    columns: Columns | None = None,
    *,
    decisions: GivenDecisions = None,
    output: str | Path | BinaryIO | None = None,
    in_place: bool = False,
    provenance: str | Path | None = None,
    **options: Unpack[ApplyKeywords],
) -> ApplyResult:
    """Correct `data` as the filled `queues` and `decisions` say, or without any the decisions log beside it.

    data: a path, or a frame, which comes back corrected as `data` of the result. queues: paths or frames, or one.
    The result is written to `output`, or over the data with `in_place`; with neither, nothing is written at all.
    on_drop: dropped rows are removed ("remove"), or marked with 1 in a new column `dropped` ("mark").
    Columns are named as for `find`: the id is the same, and which columns are a row's content, queues and logs say.
    decisions: logs, filled queues or decisions. reviewer: who decided where a queue does not say it, by default
    whoever runs this.
    clean: by detector, what is done with the rows that it flags and nobody decided about, as
    `{"exact-duplicate": "drop", "label-spelling": "relabel"}`. fill: by column, what a cell that holds nothing gets:
    "median", "mode", a value, or "drop" for the row. Neither touches the splits that the policy protects.
    Raises Unsettled, and writes nothing, for decisions that contradict each other, and for stale ones unless they
    are to be skipped; InputError for input that cannot be right.
    """
    rule = grouped(CorrectionRule, options)
    policy, on_drop, who = rule.policy or AutoPolicy(), rule.on_drop, rule.reviewer or user()
    if on_drop not in ON_DROP:
        raise InputError(
            f"--on-drop cannot be {quote(on_drop)}{did_you_mean(on_drop, ON_DROP)} (known: {', '.join(ON_DROP)})"
        )
    files = [source for queue in as_several(queues) for source in files_of(queue)]
    read = [*(file.path for file in files), *(Path(one) for one in _named(decisions) if isinstance(one, str | Path))]
    is_frame = not isinstance(data, str | Path)
    if is_frame and (output is not None or in_place or provenance is not None):
        raise InputError("a frame is no file: it comes back corrected as the result's `data`; leave the output out")
    found = () if is_frame or str(data) == "-" else sources(str(data))
    seen = {} if is_frame else _seen(str(data), found, read, output, provenance, in_place=in_place)
    choice = grouped(CleaningChoice, options)
    clean = clean_rules(choice.clean)
    dataset = read_data(data, columns, options, found, needs_vectors=False)
    fill = fill_rules(choice.fill, dataset.content.column_names, [
        name for name in dataset.all_columns if name not in dataset.content.column_names
    ])  # fmt: skip
    mark = MARK if on_drop == "mark" else None
    _refuse_settings(dataset, policy, mark)
    loaded = _decisions(data, files, decisions, rule.reviewer, policy, may_lack=bool(clean or fill))
    given = loaded.about(dataset)
    decided = adjudicated(dataset, given, policy, skip_stale=rule.skip_stale)
    states = row_states(dataset, decided.by_row, rows_of_decisions(dataset, given), policy.protect)
    plan = cleaning_plan(dataset, clean, fill, states)
    applied = apply_result(dataset, given, decided, plan)
    if is_frame:
        return replace(applied, data=_corrected(data, dataset, applied.changes, mark))
    how: dict[str, object] = {"columns": asdict(dataset.columns), "on_drop": on_drop, "policy": asdict(policy)}
    if applied.automatic:
        how["automatic"] = [changes.facts() for changes in applied.automatic]
    if applied.rules:
        how["rules"] = [effect.facts() for effect in applied.rules]
    record = partial(document, str(data), changes=applied.changes, by=who, queues=[queue.name for queue in files])
    if dataset.sources[0].pictures is not None:
        target = PictureTarget(str(data), output, provenance, record, how, in_place)
        applied, written = correct_pictures(dataset, applied, mark, seen, target)
        return replace(applied, notes=(*applied.notes, *_large(provenance, written)))
    if output is None and not in_place:
        return applied
    corrections = rewrite.corrections(dataset, applied.changes, mark, seen)
    before = rewrite.statuses(corrections) if in_place else {}
    telling = ProvenanceTarget(provenance, partial(record, how=how)) if provenance else None
    said = repr([(change.file, change.row, change.after) for change in applied.changes])
    every = [*corrections, *rewrite.beside(str(data), said)]
    logs = _logs(data, files, decisions) if any(cells.texts for cells in plan.cells) else []
    with carrying(logs, dataset, plan, mark) as carried:
        written = rewrite.write(every, output, telling, folder_of=str(data))
    return replace(applied, notes=(*applied.notes, *carried, *rewrite.remarks(before), *_large(provenance, written)))


def _corrected(data: Frame, dataset: Dataset, changes: Sequence[RowChange], mark: str | None) -> Frame:
    """A frame with its changes."""
    import pyarrow as pa

    out = io.BytesIO()
    (correction,) = rewrite.corrections(dataset, changes, mark, {})
    correction.write(out, None)
    removed = [change.index for change in changes if change.action == "drop" and mark is None]
    return like(data, pa.ipc.open_file(pa.py_buffer(out.getbuffer())).read_all(), removed)


def _seen(
    data: str, files: Sequence[Source], read: Sequence[Path | None], output: str | Path | BinaryIO | None,
    provenance: str | Path | None, *, in_place: bool,
) -> Mapping[str, Stamp]:  # fmt: skip
    """The stamps of the data's files; raises InputError for targets that cannot be, before any work is done."""
    if in_place and output is not None:
        raise InputError("--in-place and -o exclude each other")
    if in_place and not files:
        raise InputError("--in-place needs a file: standard input cannot be written to")
    rewrite.confirm_output(data, len(files), output, "correct them")
    is_folder = os.path.isdir(data)
    if is_folder and in_place and is_saved_dataset(data):
        raise InputError(f"{data}: datasets keeps caches in it, which would be wrong then; name a new folder with -o")
    targets = [one for one in ([] if is_folder else [output]) + [provenance] if isinstance(one, str | Path)]
    refuse_overwriting(targets, [*(file.path for file in files), *read, log_of(data)])
    if files and files[0].pictures:
        return metadata_stamps(files[0].pictures)
    return {file.name: rewrite.stamp(file) for file in files}


def _named(decisions: GivenDecisions) -> Sequence[Frame]:
    return () if decisions is None or isinstance(decisions, LoadedDecisions) else as_several(decisions)


def _decisions(
    data: Frame, queues: Sequence[Source], decisions: GivenDecisions, reviewer: str | None, policy: AutoPolicy, *,
    may_lack: bool,
) -> LoadedDecisions:  # fmt: skip
    """Those of the queues and of `decisions`; where there are neither, of the log beside the data.

    may_lack: whether there need not be any.
    """
    if isinstance(decisions, LoadedDecisions):
        return decisions
    named = [*queues, *_named(decisions)]
    beside = log_of(data) if isinstance(data, str | Path) else None
    if not named and may_lack and (beside is None or not beside.is_file()):
        loaded = LoadedDecisions()
    elif not named and (beside is None or not beside.is_file()):
        where = "of a frame" if beside is None else quote(str(beside), MOST_OF_A_PATH)
        raise InputError(f"no queue, and no decisions log {where}: name a findings file with its decisions filled in")
    else:
        loaded = load_decisions(named or [beside], reviewer=reviewer, policy=policy)
    if policy.reads and not loaded.queues:
        raise InputError("--auto-relabel and --auto-drop need a queue, which has the scores: name it behind the data")
    return loaded


def _refuse_settings(dataset: Dataset, policy: AutoPolicy, mark: str | None) -> None:
    if mark in dataset.all_columns:
        raise InputError(f"{dataset.name}: there is a column {quote(mark)} already: rename it, or use --on-drop remove")
    if not policy.protect:
        return
    if dataset.columns.split is None:
        raise InputError("--protect-split needs --split, the column with the names of the splits")
    splits = dataset.roles[dataset.columns.split].unique().to_pylist()
    for name in policy.protect:
        if name not in splits:
            hint = did_you_mean(name, [split for split in splits if split])
            raise InputError(f"{dataset.name}: no row is of split {quote(name)}, which was to be protected{hint}")


def _logs(data: Data, queues: Sequence[Source], decisions: GivenDecisions) -> list[Path]:
    """The decisions logs that were read; the queues are other people's files, and stay as they are."""
    if isinstance(decisions, LoadedDecisions):
        return []
    named = [file for one in _named(decisions) if not isinstance(one, Decision) for file in files_of(one)]
    if not named and not queues:
        beside = log_of(str(data))
        return [beside] if beside.is_file() else []
    return [file.path for file in (*named, *queues) if file.path is not None and is_log(file)]


def _large(provenance: str | Path | None, written: Sequence[WrittenFile]) -> list[str]:
    """A note where undoing takes much: what is written packed, in columns or in sheets, is written all anew."""
    size = sum(file.back.size for file in written if file.back)
    if size < LARGE:
        return []
    return [f"{provenance}: what undo needs takes {size * 4 / 3 / 2**20:,.1f} MiB of it"]
