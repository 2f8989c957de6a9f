"""Audit labels: draw a small random sample for people to answer, and estimate from it how many labels are wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hardneg_cli.data.hashed_columns import spelled_anew
from hardneg_cli.errors import InputError, did_you_mean, percent, quote
from hardneg_cli.io.files.source import Source
from hardneg_cli.io.tables import table_files
from hardneg_cli.io.tables.frames import Frame
from hardneg_cli.io.tables.queue_columns import FILLED_IN, NUMERIC
from hardneg_cli.io.tables.table_files import ReadRequest
from hardneg_cli.io.tables.verb_result import VerbResult
from hardneg_cli.review.audit.filled_audit import DESIGN, INCLUSION, SIZE, STRATUM, read_audit, truths
from hardneg_cli.review.decisions.decision_sources import files_of
from hardneg_cli.runtime.argument_words import worded_in_arguments
from hardneg_cli.statistics import stratified_sampling
from hardneg_cli.statistics.survey_estimation import Survey, stratum_counts, survey

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from hardneg_cli.statistics.scores import Estimate
    from hardneg_cli.statistics.stratified_sampling import StratifiedSample

NEEDED = ("id", "given_label", "score", "flagged", "rank", "row_hash")
DECIMALS = 6  # of a score in text: the same rows are drawn from every format


@dataclass(frozen=True, repr=False)
class AuditDraw(VerbResult):
    """What was drawn. table: the sample, to be filled in. rows, strata: of all that it was drawn from, `scores`."""

    table: pa.Table
    rows: int
    strata: int
    scores: str

    def tables(self) -> dict[str, pa.Table]:
        """The sample."""
        return {"rows": self.table}

    def summary(self) -> Iterator[str]:
        """Lines for people."""
        rows = f"{len(self.table):,} of {self.rows:,} rows drawn"
        yield f"{self.scores}: {rows}, from {self.strata:,} strata of the score"
        yield "fill in decision (keep, relabel, drop, unsure) or new_label, from the top; keep all rows in the file"


@dataclass(frozen=True, repr=False)
class AuditEstimate(VerbResult, Survey):
    """What the answers of the file `audit` say about all rows."""

    audit: str

    def tables(self) -> dict[str, pa.Table]:
        """The number of errors, precision and recall, with their 95 % intervals; of what is unknown, null."""
        import pyarrow as pa

        found = {"errors": self.errors, "precision": self.precision, "recall": self.recall}
        bounds = [(None, None, None) if e is None else (float(e.value), float(e.low), float(e.high))
                  for e in found.values()]  # fmt: skip
        numbers = zip(("estimate", "low", "high"), zip(*bounds, strict=True), strict=True)
        columns = {name: pa.array(values, pa.float64()) for name, values in numbers}
        return {"estimate": pa.table({"of": pa.array(found, pa.string()), **columns})}

    def summary(self) -> Iterator[str]:
        """Lines for people."""
        e = self.errors
        yield f"{self.audit}: {self.audited:,} audited rows, drawn from {self.rows:,}"
        value, low, high = (percent(number / self.rows) for number in (e.value, e.low, e.high))
        share = f"{value} of the labels, {low} to {high}"
        yield f"label errors: {e.value:,.0f} (between {e.low:,.0f} and {e.high:,.0f}; {share})"
        yield f"precision of the {self.flagged:,} flagged rows: {_share(self.precision, 'no row is flagged')}"
        yield f"recall of the {self.flagged:,} flagged rows: {_share(self.recall, 'no error was found')}"
        if self.rows_to_halve:
            yield f"an audit of {self.rows_to_halve:,} more rows would halve the interval of the label errors"


@worded_in_arguments
def audit_draw(scores: str | Path | Frame, rows: int = 300, *, seed: int = 0) -> AuditDraw:
    """Draw `rows` rows, stratified by score, from a findings file, or table, that holds every row.

    The sample has the findings' columns, with nothing filled in, and `stratum`, `stratum_rows` and `inclusion`, the
    probability that a row of its stratum was drawn. Its order is random; any beginning of it is nearly such a sample.
    Raises InputError for a file that is none, or does not hold every row.
    """
    import numpy as np

    files = files_of(scores)
    names = table_files.columns(files)
    for name in NEEDED:
        if name not in names:
            hint = did_you_mean(name, names)
            raise InputError(
                f"{files[0].name}: no column {quote(name)}{hint}; an audit is drawn from what find --all wrote"
            )
    score, flagged, rank, hashed = _ranking(files, names)
    order = np.lexsort((-rank, flagged))
    sample = stratified_sampling.draw(score[order], flagged[order], rows, seed)
    return AuditDraw(
        _table(files, names, order[sample.rows], sample, hashed), len(score), len(sample.size), _name(scores)
    )


@worded_in_arguments
def audit_estimate(audit: str | Path | Frame) -> AuditEstimate:
    """What a filled audit says: the number of label errors, and the flagged set's precision and recall.

    Raises InputError for a file that is no audit or was changed beside its answers, and for fewer than 20 answers.
    """
    audited = read_audit(audit)
    known = stratum_counts(audited.stratum, audited.size, audited.flagged, audited.answered, audited.is_error)
    return AuditEstimate(**vars(survey(known, audited.flagged_rows)), audit=_name(audit))


def _name(given: str | Path | Frame) -> str:
    return str(given) if isinstance(given, str | Path) else "table"


def _share(e: Estimate | None, why_not: str) -> str:
    if e is None:
        return f"unknown, because {why_not}"
    return f"{percent(e.value)} (between {percent(e.low)} and {percent(e.high)})"


def _ranking(
    files: Sequence[Source], names: Sequence[str]
) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.int64], list[str | None]]:
    """Every row's score, flag and rank, and what hashes cover. Raises InputError if rows are missing."""
    import numpy as np
    import pyarrow as pa

    text = tuple(name for name in ("flagged", "hashed") if name in names)
    table = pa.Table.from_batches(list(table_files.read(files, ReadRequest(text, ("score", "rank")))))
    score, rank = (table[name].to_numpy().astype(float) for name in ("score", "rank"))
    flagged, name = truths(files, table["flagged"]), files[0].name
    advice = "an audit is drawn from all rows: write them with hardneg find --all, and without --limit"
    if len(np.unique(rank)) < len(rank) or (np.sort(rank) != np.arange(1, len(rank) + 1)).any():
        raise InputError(f"{name}: the ranks are not 1 to {len(rank):,}, so rows are missing; {advice}")
    if flagged.all():
        raise InputError(f"{name}: every row is flagged, so those that are not are missing; {advice}")
    odd = np.flatnonzero(~((score >= 0) & (score <= 1)))
    if len(odd):
        raise InputError(f"{name}: row {odd[0] + 1}: the score is no probability: {score[odd[0]]}")
    hashed: list[str | None] = table["hashed"].unique().to_pylist() if "hashed" in names else []
    return score.round(DECIMALS), flagged, rank.astype(np.int64), hashed


def _table(
    files: Sequence[Source], names: Sequence[str], drawn: NDArray[np.int64], sample: StratifiedSample,
    hashed: Sequence[str | None],
) -> pa.Table:  # fmt: skip
    """The drawn rows as they stand in the files, nothing filled in, with the columns of the design behind them."""
    import pyarrow as pa

    found = _typed(files, _taken(files, names, drawn))
    if "hashed" in found:
        found["hashed"] = pa.chunked_array([pa.array(spelled_anew(found["hashed"].to_pylist(), hashed), pa.string())])
    empty = pa.chunked_array([pa.repeat("", len(drawn))])
    columns = {name: empty if name in FILLED_IN else found[name] for name in names if name not in DESIGN}
    columns = {"id": columns.pop("id"), **{name: columns.pop(name, empty) for name in FILLED_IN}, **columns}
    # as text, because formats write numbers with few decimals
    inclusion = [repr(float(value)) for value in sample.inclusion]
    return pa.table(
        {**columns, STRATUM: sample.stratum + 1, SIZE: sample.size[sample.stratum], INCLUSION: pa.array(inclusion)}
    )


def _taken(files: Sequence[Source], names: Sequence[str], drawn: NDArray[np.int64]) -> pa.Table:
    """The rows at these places, in this order; only they are kept in memory."""
    import numpy as np
    import pyarrow as pa

    numbers = tuple(name for name in NUMERIC if name in names)
    wanted = ReadRequest(tuple(name for name in names if name not in numbers), numbers)
    by_place, first, parts = np.sort(drawn), 0, []
    for batch in table_files.read(files, wanted):
        low, high = np.searchsorted(by_place, (first, first + len(batch)))
        parts.append(batch.take(pa.array(by_place[low:high] - first)))
        first += len(batch)
    return pa.Table.from_batches(parts).take(np.argsort(np.argsort(drawn)))


def _typed(files: Sequence[Source], table: pa.Table) -> dict[str, pa.ChunkedArray]:
    """The columns, with the types that find gives them; an unknown number is null."""
    import pyarrow as pa
    import pyarrow.compute as pc

    columns = {name: table[name] for name in table.column_names}
    for name in {*NUMERIC} & {*columns}:
        values = columns[name].cast(pa.float64())
        columns[name] = pc.if_else(pc.is_nan(values), None, values)
    columns["rank"] = columns["rank"].cast(pa.int64())
    columns["flagged"] = pa.chunked_array([truths(files, columns["flagged"])])
    return columns
