"""Why a row was flagged, or was not: read from a findings file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from hardneg_cli.errors import InputError, did_you_mean
from hardneg_cli.io.files.source import sources
from hardneg_cli.io.tables import table_files
from hardneg_cli.io.tables.queue_columns import FOUND, NUMERIC
from hardneg_cli.io.tables.table_files import ReadRequest
from hardneg_cli.runtime.terminal import plain

if TYPE_CHECKING:
    import pyarrow as pa


def story(findings: str, id_: str, detector: str | None = None) -> str:
    """What the findings file says of one row: its place, the cut, and each detector's reason.

    detector: only this one's part. Raises InputError for a file that is no findings file and for an unknown id.
    """
    table = _read(findings)
    place = table["id"].to_pylist().index(id_) if id_ in set(table["id"].to_pylist()) else None
    if place is None:
        written = "" if _whole(table) else "; the file has only flagged rows, write every one with --all"
        raise InputError(f"{findings}: no row {id_!r}{did_you_mean(id_, table['id'].to_pylist()[:10_000])}{written}")
    row = {name: table[name][place].as_py() for name in table.column_names}
    return "".join(plain(line) + "\n" for line in _lines(table, row, detector))


def _read(findings: str) -> pa.Table:
    import pyarrow as pa

    files = sources(findings)
    names = table_files.columns(files, None)
    if missing := [name for name in (*FOUND, *NUMERIC) if name not in names]:
        raise InputError(f"{findings}: no column {missing[0]!r}; is it a findings file, written by find?")
    return pa.Table.from_batches(list(table_files.read(files, ReadRequest(text=FOUND, numbers=NUMERIC))))


def _whole(table: pa.Table) -> bool:
    return "false" in {text.lower() for text in table["flagged"].unique().to_pylist()}


def _lines(table: pa.Table, row: dict[str, str | float], detector: str | None) -> Iterator[str]:
    flagged = str(row["flagged"]).lower() == "true"
    scores = [score for score, flag in zip(table["score"].to_pylist(), table["flagged"].to_pylist(), strict=True)
              if flag.lower() == "true"]  # fmt: skip
    cut = f"; the lowest flagged score is {min(scores):.3f}" if scores else "; no row is flagged"
    yield f"{row['id']}: labeled {row['given_label']!r}, score {row['score']:.3f}, rank {row['rank']:.0f}{cut}"
    yield "flagged" if flagged else "not flagged: its score is below the cut"
    reasons = dict(zip(str(row["detectors"]).split(","), str(row["why"]).split("; "), strict=False))
    for name, why in reasons.items():
        if name and detector in (None, name):
            yield f"{name}: {why}"
    if detector and detector not in reasons:
        yield f"{detector}: has nothing against it"
    given, other = row["p_given"], row["p_suggested"]
    if isinstance(given, float) and given == given:
        rival = f", {row['suggested_label']!r} {other:.3f}" if isinstance(other, float) and other == other else ""
        yield f"the models' mean probability: {row['given_label']!r} {given:.3f}{rival}"
