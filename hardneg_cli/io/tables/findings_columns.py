"""What people see of findings on a terminal: the row, its labels, how sure that is, and one short reason."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import repeat
from typing import TYPE_CHECKING

from hardneg_cli.io.tables.images import column_of
from hardneg_cli.io.tables.queue_columns import LABELS, display_columns
from hardneg_cli.io.tables.row_snippets import snippets
from hardneg_cli.io.tables.terminal_tables import Parts, TerminalColumn, plain_emoji
from hardneg_cli.runtime.terminal import plain

if TYPE_CHECKING:
    import pyarrow as pa

HASHED = re.compile(r"h[0-9a-f]{16}(#\d+)?")  # an id that stands for the content, as nobody gave one
MOST_CLAUSES = 2  # of the reasons
WIDE = 100  # columns of a terminal that has room for bars
BAR, EIGHTHS = 5, " ▏▎▍▌▋▊▉█"
SURE, EVEN = 0.9, 0.5  # from which on a score is red, and yellow
SCORE_DIGITS = 5  # 0.123
NAME = r"(?:'[^']*'|\"[^\"]*\")"
SHORTER = (
    (r"the model gives SUGGESTED ([\d.]+) and the label ([\d.]+)", r"model \1 against \2"),
    (r"(\d+) models give SUGGESTED ([\d.]+) and the label ([\d.]+)", r"\1 models \2 against \3"),
    (r"the model gives (NAME) ([\d.]+) and the label ([\d.]+)", r"model \1 \2 against \3"),
    (r"(\d+) of the (\d+) nearest rows are SUGGESTED", r"\1 of \2 neighbors"),
    (r"(\d+) of the (\d+) nearest rows are (NAME)", r"\1 of \2 neighbors \3"),
    (r"NAME looks like SUGGESTED, which has ([\d,]+) rows to its ([\d,]+)", r"misspelled: \2 row to \1"),
    (r"NAME has ([\d,]+) (rows?), the average class [\d,]+", r"a class of \1 \2"),
    (r"(\d+) of (\d+) identical rows are labeled otherwise", r"\1 of \2 copies say otherwise"),
    (r", (\d+) of them agree with the label", r", \1 agree"),
)  # fmt: skip


def is_hash(ids: Sequence[str]) -> bool:
    """Whether all ids were made of the rows' content."""
    return all(map(HASHED.fullmatch, ids))


def columns_of_findings(table: pa.Table, width: int) -> list[TerminalColumn]:
    """The columns of a table with findings or questions, for a terminal of that width."""
    names = table.column_names
    shown, found = display_columns(names), column_of(table)
    ids = _texts(table, "id")
    rows = [plain_emoji(plain(line)) for line in snippets(table, shown, (found[0],) if found else ())]
    made = []
    told = any(rows) and rows != ids
    if told:
        made.append(_column(shown[0] if len(shown) == 1 else "row", rows, share=5, least=16))
    else:
        made.append(_column("id", ids, copied=True))
    if len(labels := [name for name in LABELS if name in names]):
        given, suggested = (_texts(table, name) if name in labels else [""] * len(table) for name in LABELS)
        sure = [(score or 0) >= EVEN for score in table["score"].to_pylist()] if "score" in names else repeat(False)
        cells = [_labels(*row) for row in zip(given, suggested, sure, strict=False)]
        name = " → ".join(labels) if any(suggested) else labels[0]
        made.append(TerminalColumn(name, cells, share=4, least=17, whole=True))
    if "score" in names:
        bar = width >= WIDE
        scores = [_score(score, bar=bar) for score in table["score"].to_pylist()]
        made.append(TerminalColumn("score", scores, least=SCORE_DIGITS + (1 + BAR) * bar, whole=True))
    if "why" in names:
        why = zip(table["why"].to_pylist(), table["suggested_label"].to_pylist(), strict=True)
        made.append(_column("why", [plain_emoji(plain(short_reason(*each))) for each in why], share=4, least=16))
    if told and not is_hash(ids):
        made.append(_column("id", ids, copied=True))
    return made


def short_reason(why: str, suggested: str) -> str:
    """The first reasons that can be said in few words, else the first one."""
    clauses = why.split("; ")
    said = [short for clause in clauses if (short := _shorter(clause, suggested)) != clause]
    return "; ".join(said[:MOST_CLAUSES] or clauses[:1])


def _shorter(clause: str, suggested: str) -> str:
    found = clause
    for pattern, words in SHORTER:
        own = pattern.replace("SUGGESTED", re.escape(repr(suggested))).replace("NAME", NAME)
        found = re.sub(own, words, found)
    return found


def _labels(given: str, suggested: str, sure: bool) -> Parts:
    if not suggested or suggested == given:
        return ((_visible(given), ""),)
    return (_visible(given), ""), (f"→ {_visible(suggested)}", "green" if sure else "")


def _visible(label: str) -> str:
    """A label whose blanks nobody would see in quotation marks."""
    return label if label == " ".join(label.split()) else repr(label)


def _score(score: float | None, *, bar: bool) -> Parts:
    """The number; on a wide terminal with a bar."""
    if score is None:
        return ((" ", ""),)
    number = f"{score:.9f}"[:SCORE_DIGITS]
    color = "red" if score >= SURE else "yellow" if score >= EVEN else ""
    if not bar:
        return ((number, color),)
    whole, part = divmod(round(max(0.0, min(score, 1.0)) * BAR * 8), 8)
    return (number, f"bold {color}".strip()), (("█" * whole + EIGHTHS[part]).ljust(BAR)[:BAR], color or "dim")


def _column(name: str, texts: Sequence[str], *, share: int = 1, least: int = 8, copied: bool = False) -> TerminalColumn:
    cells = [((text, ""),) for text in texts]
    return TerminalColumn(plain_emoji(plain(name)), cells, share, least, copied=copied)


def _texts(table: pa.Table, name: str) -> list[str]:
    return [plain_emoji(plain(text or "")) for text in table[name].to_pylist()]
