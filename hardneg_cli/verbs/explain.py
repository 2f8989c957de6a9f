"""What there is to read about hardneg: pages of the manual, each unit's own words, and why a row was flagged.

A unit's manual is its docstring, with what its signature says of needs and settings; a row's reasons are those of a
findings file.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hardneg_cli.errors import InputError, did_you_mean, quote
from hardneg_cli.io.files.source import sources
from hardneg_cli.io.tables import table_files
from hardneg_cli.io.tables.queue_columns import ADDED, FOUND, NUMERIC, display_columns
from hardneg_cli.io.tables.row_snippets import LONGEST, PICTURE, shortened
from hardneg_cli.io.tables.table_files import ReadRequest
from hardneg_cli.runtime import drawers
from hardneg_cli.runtime.argument_words import worded_in_arguments
from hardneg_cli.runtime.markdown_text import plain_page, summary
from hardneg_cli.runtime.terminal import log_line
from hardneg_cli.verbs._schemas import schema as schema_of
from hardneg_cli.verbs._snippets import about, first_words

if TYPE_CHECKING:
    import pyarrow as pa

MOST_CELLS = 12  # columns of a row that are told; of more, none says what it is
TUNED: Mapping[str, str] = {
    "detector": "Detectors (find --detector)",
    "gate": "Gates (check --fail-on, --warn-on, --require)",
    "model": "Models (predict --model)",
    "mode": "Mining modes (mine --mode)",
    "attack": "Attacks (harden)",
    "transform": "Transforms (augment --by)",
    "strategy": "Strategies (refine, dual)",
}
KINDS: Mapping[str, str] = {
    "page": "Pages",
    **TUNED,
    "format": "Result formats (-f NAME, -o NAME:FILE)",
    "annotation tool": "Annotation tools (find -o NAME:FILE; collect and apply read their exports)",
    "report": "Reports (check and diff, -f NAME, -o NAME:FILE)",
    "table format": "Table formats that are read",
    "engine": "Engines (find --engine)",
    "snippet": "Files to paste (explain --snippet NAME)",
}


@worded_in_arguments
def explain(
    name: str | None = None, findings: str | Path | None = None, *, row: str | None = None, schema: str | None = None,
    snippet: str | None = None,
) -> str:  # fmt: skip
    """A page of the manual, a unit's manual, or all names; with `row` an id, why this row of `findings` was flagged.

    With `row`, `name` is a detector, whose part alone is said. schema: the name of a report, whose JSON Schema is the
    answer. snippet: the name of a file to paste, which is the answer as it is. Raises InputError for what there is not.
    """
    if schema is not None:
        if name is not None or findings is not None or row is not None or snippet is not None:
            raise InputError("--schema is asked for alone: hardneg explain --schema report")
        return schema_of(schema)
    if snippet is not None:
        if name is not None or findings is not None or row is not None:
            raise InputError("--snippet is asked for alone: hardneg explain --snippet github")
        return drawers.document("snippet", snippet)
    if row is None:
        return manual(name) if name else overview()
    if name and findings is None and name not in drawers.names("detector"):
        name, findings = None, name
    if findings is None:
        raise InputError("--row needs a findings file: hardneg explain scores.csv --row ID")
    return story(str(findings), row, name)


def overview() -> str:
    """Everything that can be explained, by kind, with the first line of each manual."""
    known = {kind: drawers.names(kind) for kind in KINDS}
    width = max(len(name) for names in known.values() for name in names)
    parts = []
    for kind, names in known.items():
        lines = (f"  {name:<{width}}  {_first_line(kind, name)}\n" for name in names)
        parts.append(f"{KINDS[kind]}\n{''.join(lines)}")
    return "\n".join(parts)


def manual(name: str) -> str:
    """All that is called `name`, a page or a unit's manual; raises InputError for an unknown name."""
    kinds = [kind for kind in KINDS if name in drawers.names(kind)]
    if not kinds:
        raise InputError(_unknown(name))
    return "\n".join(_whole(kind, name) for kind in kinds)


def unit_manual(kind: str, name: str) -> str:
    """A unit's docstring, what it needs, its settings and what they mean."""
    parts = [_manual(kind, name)]
    if kind in TUNED:
        function = drawers.verb(kind, name)
        if needs := _needs(kind, function):
            parts.append(f"Needs: {needs}.")
        parts += _tuning(name, function)
    return "\n\n".join(parts) + "\n"


def _whole(kind: str, name: str) -> str:
    if kind == "page":
        return plain_page(drawers.document("page", name))
    if kind == "snippet":
        return about(name)
    title = name if kind in TUNED else f"{name} ({kind})"
    return f"{title}\n{'=' * len(title)}\n\n{unit_manual(kind, name)}"


def _unknown(name: str) -> str:
    if name in (*drawers.names("command"), *drawers.folders("command")):
        return f"{quote(name)} is a command: hardneg {name} --help says what it does"
    known = [unit for kind in KINDS for unit in drawers.names(kind)]
    return f"nothing is called {quote(name)}{did_you_mean(name, known)} (hardneg explain lists what there is)"


def _tuning(name: str, function: Any) -> list[str]:
    """The settings with their defaults, and the words about them; nothing where there is none."""
    settings = drawers.settings(function)
    if not settings:
        return []
    lines = [f"  {name}.{key} = {setting.default}{_kind(setting)}" for key, setting in settings.items()]
    title = "Settings (--set, or a table of its name in hardneg.toml):"
    return ["\n".join([title, *lines]), inspect.cleandoc(function.__doc__ or "")]


def _first_line(kind: str, name: str) -> str:
    if kind == "page":
        return summary(drawers.document("page", name))
    return first_words(name) if kind == "snippet" else _manual(kind, name).splitlines()[0]


def story(findings: str, id_: str, detector: str | None = None) -> str:
    """What the findings file says of one row: its rank, the cut, and each detector's reason.

    detector: only this one's part. Raises InputError for a file that is no findings file and for an unknown id.
    """
    table = _findings(findings)
    ids = table["id"].to_pylist()
    if id_ not in ids:
        written = "" if _has_every_row(table) else "; the file has only flagged rows, write every one with --all"
        raise InputError(
            f"{findings}: no row {quote(id_)}{did_you_mean(id_, table['id'].to_pylist()[:10_000])}{written}"
        )
    row = {name: table[name][ids.index(id_)].as_py() for name in table.column_names}
    return "".join(log_line(line) + "\n" for line in _reasons(table, row, detector))


def _manual(kind: str, name: str) -> str:
    return inspect.cleandoc(drawers.load(kind, name).__doc__ or "")


def _needs(kind: str, function: Any) -> str:
    """In words: what has to be there, and what is used where it is."""
    parameters = [p for p in inspect.signature(function).parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
    needed = dict.fromkeys(root for p in parameters if p.default is p.empty for root in _roots(kind, p.name))
    helpful = dict.fromkeys(root for p in parameters for root in _roots(kind, p.name) if root not in needed)
    text = ", ".join(needed)
    return f"{text}; uses where there are any: {', '.join(helpful)}" if helpful else text


def _roots(kind: str, evidence: str) -> list[str]:
    """What a user has to bring for a piece of evidence, in words."""
    if root := drawers.given(kind).get(evidence):
        return [root]
    if evidence.replace("_", "-") not in drawers.names("evidence"):
        return []  # something that the command fills in
    gather = drawers.load("evidence", evidence.replace("_", "-")).gather
    return [root for name in inspect.signature(gather).parameters for root in _roots(kind, name)]


def _kind(setting: drawers.UnitSetting) -> str:
    return f"  (one of: {', '.join(setting.choices)})" if setting.choices else f"  ({setting.kind.__name__})"


def _findings(findings: str) -> pa.Table:
    import pyarrow as pa

    files = sources(findings)
    names = table_files.columns(files, None)
    if missing := [name for name in (*FOUND, *NUMERIC) if name not in (*names, *ADDED)]:
        raise InputError(f"{findings}: no column {quote(missing[0])}; is it a findings file, written by find?")
    shown = display_columns(names)
    shown = shown if len(shown) <= MOST_CELLS else []
    return pa.Table.from_batches(
        list(table_files.read(files, ReadRequest((*FOUND, *shown), tuple(name for name in NUMERIC if name in names))))
    )


def _has_every_row(table: pa.Table) -> bool:
    return "false" in {text.lower() for text in table["flagged"].unique().to_pylist()}


def _cells(row: dict[str, str | float]) -> Iterator[str]:
    """What the row is; pictures are not for a terminal's lines."""
    for name in display_columns(row):
        cell = str(row[name] or "")
        if cell.strip() and not cell.startswith(PICTURE):
            yield f"{name}: {shortened(cell, LONGEST)}"


def _reasons(table: pa.Table, row: dict[str, str | float], detector: str | None) -> Iterator[str]:
    flagged = str(row["flagged"]).lower() == "true"
    scores = [score for score, flag in zip(table["score"].to_pylist(), table["flagged"].to_pylist(), strict=True)
              if flag.lower() == "true"]  # fmt: skip
    cut = f"; the lowest flagged score is {min(scores):.3f}" if scores else "; no row is flagged"
    yield f"{row['id']}: labeled {quote(row['given_label'])}, score {row['score']:.3f}, rank {row['rank']:.0f}{cut}"
    yield from _cells(row)
    yield "flagged" if flagged else "not flagged: its score is below the cut"
    reasons = dict(zip(str(row["detectors"]).split(","), str(row["why"]).split("; "), strict=False))
    for name, why in reasons.items():
        if name and detector in (None, name):
            yield f"{name}: {why}"
    if detector and detector not in reasons:
        yield f"{detector}: has nothing against it"
    given, other = row["p_given"], row["p_suggested"]
    if isinstance(given, float) and given == given:
        rival = f", {quote(row['suggested_label'])} {other:.3f}" if isinstance(other, float) and other == other else ""
        yield f"the models' mean probability: {quote(row['given_label'])} {given:.3f}{rival}"
    right = row.get("suggestion_score")
    if isinstance(right, float) and right == right:
        yield f"suggested: {quote(row['suggested_label'])}, right with probability {right:.3f}"
