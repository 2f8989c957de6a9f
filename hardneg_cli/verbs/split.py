"""Split: a dataset in parts for training and testing, or in folds, of which no two share a copy or a group."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Unpack

from hardneg_cli.data.columns import Columns
from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.features.features import feature_choice
from hardneg_cli.errors import InputError, listing, plural, quote
from hardneg_cli.io.files.atomic_write import refuse_overwriting
from hardneg_cli.io.files.folders import is_saved_dataset
from hardneg_cli.io.files.source import Source, sources
from hardneg_cli.io.tables import table_files
from hardneg_cli.io.tables.frames import Frame, in_memory
from hardneg_cli.preparation.splits.earlier_parts import EarlierParts, older_parts, own_parts
from hardneg_cli.preparation.splits.linked_rows import linked_rows
from hardneg_cli.preparation.splits.parts_of_rows import confirm_column, nowhere, parts_of_rows
from hardneg_cli.preparation.splits.result import SplitResult
from hardneg_cli.preparation.splits.shares import USUAL, SplitShares
from hardneg_cli.preparation.splits.times import refuse, times, too_new, troubles
from hardneg_cli.preparation.splits.writing import with_parts, write_parts, write_picture_folders
from hardneg_cli.review.correction import rewrite
from hardneg_cli.verbs._keywords import (
    Data,
    DataKeywords,
    ModelKeywords,
    ModelSources,
    Reading,
    confirm_guard,
    data_columns,
    grouped,
    read_data,
    spelled_out,
)
from hardneg_cli.verbs.find import find

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Bools = NDArray[np.bool_]

SPLIT, FOLD = "split", "fold"


@dataclass(frozen=True)
class SplitRule:
    """fractions: names and shares, as text or a mapping; folds: how many, in place of fractions.

    time: the column by which the oldest rows train and the newest test. stratify: a column whose values have their
    share in every part, as classes have. guard: rows whose label is wrong with a greater probability do not test.
    """

    fractions: str | Mapping[str, float] | None = None
    folds: int | None = None
    time: str | None = None
    stratify: str | None = None
    guard: float | None = None

    def confirm(self) -> None:
        """Raises InputError for what excludes each other."""
        if self.fractions is not None and self.folds is not None:
            raise InputError("--fractions and --folds exclude each other: parts, or the folds of a cross-validation")
        if self.time is not None and self.stratify is not None:
            raise InputError("--time and --stratify exclude each other: parts by time have the classes of their time")
        confirm_guard(self.guard)
        if self.guard is not None and (self.folds is not None or self.time is not None):
            raise InputError("--guard keeps rows out of what tests: every fold tests, and --time says what does")


class SplitKeywords(DataKeywords, ModelKeywords, total=False):
    """What `split` takes besides the data, the older parts and the output."""

    fractions: str | Mapping[str, float] | None
    folds: int | None
    time: str | None
    stratify: str | None
    guard: float | None


@spelled_out(SplitKeywords, SplitRule, Columns, ModelSources, Reading)
def split(
    data: Data,
    columns: Columns | None = None,
    *,
    keep: str | Path | Frame | None = None,
    output: str | Path | BinaryIO | None = None,
    in_place: bool = False,
    **options: Unpack[SplitKeywords],
) -> SplitResult:
    """Put every row of `data` into one part, by default train=.8,dev=.1,test=.1, or into one of `folds`.

    data: a path, or a frame, which comes back with the new column as `data` of the result. Rows that are copies or near
    copies by their content, `text`, `features` or `image`, and rows of a group, share a part; classes, and values of
    `stratify`, have their share in each. Where a row stands follows from its content, not from where it is.
    keep: an older file, frame, or the data themselves, with a column of parts (`split`, or as named): its rows stay
    where they are, and only the others are placed. A column that `split`, or for folds `fold`, names is the data's own.
    The result is written to `output`, or over the data with `in_place`; with neither, nothing is written at all.
    Raises InputError for input that cannot be right.
    """
    rule = grouped(SplitRule, options)
    rule.confirm()
    is_frame = not isinstance(data, str | Path | Dataset)
    found, seen = _targets(data, keep, output, in_place=in_place)
    named, column, own = _columns(data, found, columns, options, rule, keep)
    dataset = read_data(data, named, {name: one for name, one in options.items() if name not in (SPLIT, FOLD)}, found)
    dataset, time = _with_times(dataset, rule.time, grouped(Reading, options).may_skip)
    earlier = _earlier(dataset, keep, column, own=own, option=FOLD if rule.folds else SPLIT)
    shares = _shares(rule, earlier)
    models = grouped(ModelSources, options)
    choice = feature_choice(models.features, dataset.columns)
    linked = linked_rows(dataset, choice, {SPLIT, FOLD, *filter(None, (rule.time, rule.stratify))})
    suspects, notes = _suspects(dataset, rule.guard, models)
    before = nowhere(len(dataset)) if earlier is None else earlier.codes(shares)
    part = parts_of_rows(dataset, shares, linked, before, suspects, rule.stratify, time)
    if earlier is not None and earlier.gone:
        notes += (f"{earlier.source}: {plural(earlier.gone, 'row is', 'rows are')} in {dataset.name} no more",)
    if time is not None and (newer := too_new(linked.group, time, part)):
        notes += (f"leak: {plural(newer, 'row')} newer than rows of a later part, where some had their parts already",)
    result = SplitResult(dataset, shares, part, column, linked, before, suspects, rule.time, notes)
    if is_frame:
        return replace(result, data=with_parts(dataset, data, result.names, column))
    if output is not None or in_place:
        _write(result, str(data), seen, output)
    return result


def _targets(
    data: Data, keep: Frame, output: str | Path | BinaryIO | None, *, in_place: bool
) -> tuple[Sequence[Source], Mapping[str, rewrite.Stamp]]:
    """The data's files and their stamps; raises InputError for targets that cannot be, before any work is done."""
    if in_place and output is not None:
        raise InputError("--in-place and -o exclude each other")
    if not isinstance(data, str | Path):
        if output is not None or in_place:
            raise InputError("a frame is no file: it comes back as the result's `data`; leave the output out")
        return (), {}
    if str(data) == "-" and in_place:
        raise InputError("--in-place needs a file: standard input cannot be written to")
    found = sources(str(data))
    if found[0].pictures is not None:
        if in_place:
            raise InputError(
                f"{data}: pictures are not moved about in their folder: name a table, or a new folder, with -o"
            )
        return found, {}
    rewrite.confirm_output(data, len(found), output, "split them")
    if os.path.isdir(data) and in_place and is_saved_dataset(str(data)):
        raise InputError(f"{data}: datasets keeps caches in it, which would be wrong then; name a new folder with -o")
    read = [file.path for file in found] + ([Path(keep)] if isinstance(keep, str | Path) else [])
    refuse_overwriting([output] if isinstance(output, str | Path) and not os.path.isdir(data) else [], read)
    return found, {file.name: rewrite.stamp(file) for file in found}


def _columns(
    data: Data, files: Sequence[Source], columns: Columns | None, options: Mapping[str, object], rule: SplitRule,
    keep: Frame,
) -> tuple[Columns, str, bool]:  # fmt: skip
    """The columns by their parts, what the new one is called, and whether the data have it already.

    Raises InputError for a column that is there and that nobody named.
    """
    chosen = data.columns if isinstance(data, Dataset) else data_columns(columns, options)
    kind = FOLD if rule.folds else SPLIT
    wish = chosen.fold if rule.folds else chosen.split
    column = wish or kind
    names = _names(data, files, options)
    own = column in names
    if part := next((one for one, name in chosen.parts().items() if name == column and one not in (SPLIT, FOLD)), None):
        raise InputError(f"{_name(data)}: column {quote(column)} is the --{part}; --{kind} names another one")
    if own and wish is None and keep is None:
        raise InputError(
            f"{_name(data)}: there is a column {quote(column)} already: --{kind} {column} keeps its rows where they "
            f"are and places those without; --{kind} and another name adds another column"
        )
    roles = [column if own and part == kind else name if name in names else None
             for part, name in ((SPLIT, chosen.split), (FOLD, chosen.fold))]  # fmt: skip
    return replace(chosen, split=roles[0], fold=roles[1]), column, own


def _names(data: Data, files: Sequence[Source], options: Mapping[str, object]) -> Sequence[str]:
    if isinstance(data, Dataset):
        return data.all_columns
    known = (files or sources(str(data))) if isinstance(data, str | Path) else (in_memory(data),)
    return table_files.columns(known, grouped(Reading, options).encoding)


def _name(data: Data) -> str:
    return str(data) if isinstance(data, str | Path) else "table"


def _with_times(dataset: Dataset, column: str | None, may_skip: bool) -> tuple[Dataset, NDArray[np.float64] | None]:
    """The dataset, less the rows that have no time, where bad rows may be left out; and when the rows were made."""
    import numpy as np

    if column is None:
        return dataset, None
    confirm_column(dataset, column, "time")
    found = times(dataset, column)
    bad = troubles(dataset, column, found)
    if not may_skip:
        refuse(dataset, bad)
    return dataset.without(bad), np.delete(found, [*bad])


def _earlier(dataset: Dataset, keep: Frame, column: str, *, own: bool, option: str) -> EarlierParts | None:
    """Who says which parts rows have already; None for nobody. Raises InputError where two say otherwise of a row."""
    mine = own_parts(dataset, column) if own else None
    if keep is None or (mine is not None and _same_file(dataset, keep)):
        return mine
    theirs = older_parts(dataset, keep, column, option)
    if mine is None:
        return theirs
    pairs = list(zip(mine.names, theirs.names, strict=True))
    if odd := [row for row, (one, other) in enumerate(pairs) if one and other and one != other]:
        row = odd[0]
        raise InputError(
            f"{dataset.name}: {plural(len(odd), 'row')} in another part than {theirs.source} has them in: "
            f"{listing(dataset.ids.take(odd).to_pylist())}: {quote(pairs[row][0])} here, {quote(pairs[row][1])} there; "
            "leave one of the columns out"
        )
    return replace(theirs, names=tuple(other or one for one, other in pairs))


def _same_file(dataset: Dataset, keep: Frame) -> bool:
    """Whether what is to be kept is what the dataset itself says."""
    if not isinstance(keep, str | Path):
        return False
    return str(keep) == dataset.name or any(
        one.path is not None and os.path.exists(keep) and os.path.samefile(one.path, keep) for one in dataset.sources
    )


def _shares(rule: SplitRule, earlier: EarlierParts | None) -> SplitShares:
    """The parts: those that were named, else the earlier ones, as they are shared out, else the usual ones."""
    if rule.folds is not None:
        return SplitShares.of_folds(rule.folds)
    if rule.fractions is not None:
        return SplitShares.of(rule.fractions)
    usual = SplitShares.of(USUAL)
    found = None if earlier is None else earlier.shares()
    return usual if found is None or set(found.names) <= set(usual.names) else found


def _suspects(dataset: Dataset, guard: float | None, models: ModelSources) -> tuple[Bools, tuple[str, ...]]:
    """(N,) bool: rows whose label is wrong with a probability above the guard, and what to say of them."""
    import numpy as np

    if guard is None:
        return np.zeros(len(dataset), bool), ()
    inside = dataset.columns.probabilities(dataset.all_columns)
    if not (models.probs or inside or feature_choice(models.features, dataset.columns).something):
        raise InputError("--guard needs what tells wrong labels: --probs, --text, --features or --image")
    found = find(dataset, probs=models.probs, classes=models.classes, features=models.features)
    suspects: Bools = found.score > guard
    return suspects, (
        f"{plural(int(suspects.sum()), 'row')} with a score above {guard:g} do not test; `hardneg find` lists them for "
        "review",
    )


def _write(
    result: SplitResult, data: str, seen: Mapping[str, rewrite.Stamp], output: str | Path | BinaryIO | None
) -> None:
    if result.dataset.sources[0].pictures is not None:
        if not isinstance(output, str | Path):
            raise InputError(f"{data} is a folder: name a new one, or a table, with -o")
        write_picture_folders(result.dataset, result.names, output)
        return
    write_parts(result.dataset, data, result.names, result.column, seen, output)
