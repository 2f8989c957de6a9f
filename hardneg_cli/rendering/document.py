"""A report as a document: sections of words, commands, tables, charts, a map and cards, however it is written later.

Every chart and map carries the table of its figures. What is drawn is made by `charts`, which escapes all text; every
other text is plain, and whoever writes a document escapes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True)
class Precise:
    """A number that is read to so many decimals; what would look like 0, and is above it, is less than the least.

    padded: with zeros at its end, so that the numbers of a column stand below each other.
    """

    value: float
    decimals: int = 4
    padded: bool = True


Cell: TypeAlias = str | int | float | Precise | None


@dataclass(frozen=True)
class DataTable:
    """rows: each as long as `columns`. pairs: for each row the classes, given and suggested,
    whose rows it offers to show; or none. folded: whether a page shows it only to who asks.
    """

    caption: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[Cell, ...]]
    pairs: Sequence[tuple[str, str]] = ()
    folded: bool = False


@dataclass(frozen=True)
class Chart:
    """svg: a whole element, whose colors are the page's. words: what it shows and how to read it."""

    title: str
    svg: str
    table: DataTable
    words: str = ""


@dataclass(frozen=True)
class Charts:
    """Charts of one kind, side by side where there is room."""

    charts: tuple[Chart, ...]


@dataclass(frozen=True)
class PointMap:
    """N points. x, y: 0 to 1000. labels: N numbers into `classes`. texts: what is said of a point; pictures: data URIs.

    suggested: N numbers into `classes`, −1 for none. scores: N. flagged: N numbers, 1 or 0.
    """

    title: str
    words: str
    table: DataTable
    classes: Sequence[str]
    x: Sequence[int]
    y: Sequence[int]
    labels: Sequence[int]
    suggested: Sequence[int]
    scores: Sequence[float]
    flagged: Sequence[int]
    ids: Sequence[str]
    texts: Sequence[str]
    pictures: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class NearCard:
    """A row beside another one: `how` it stands to it."""

    how: str
    label: str
    text: str
    picture: str = ""
    contradicts: bool = False


@dataclass(frozen=True)
class RowCard:
    """A row in question. cells: its columns. figures: name and text. reasons: a clause each.

    example: whether it is shown only where somebody asks for rows of its pair of classes.
    """

    title: str
    given: str
    suggested: str
    figures: tuple[tuple[str, str], ...]
    reasons: tuple[str, ...]
    cells: tuple[tuple[str, str], ...]
    picture: str = ""
    around: tuple[NearCard, ...] = ()
    example: bool = False


@dataclass(frozen=True)
class Cards:
    cards: tuple[RowCard, ...]


@dataclass(frozen=True)
class Words:
    text: str


@dataclass(frozen=True)
class CommandLines:
    text: str


Block: TypeAlias = DataTable | Chart | Charts | PointMap | Cards | Words | CommandLines


@dataclass(frozen=True)
class ReportSection:
    """name: of its anchor, a word."""

    name: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Document:
    """subject: what it is about. verdict: one sentence. figures: the few that matter most, name and text."""

    title: str
    subject: str
    verdict: str
    figures: tuple[tuple[str, str], ...]
    sections: tuple[ReportSection, ...]


def probability_text(p: float) -> str:
    """Three decimals, cut and not rounded: what is not certain is never shown as 1."""
    return f"{int(p * 1000) / 1000:.3f}"


def cell_text(cell: Cell) -> str:
    """A cell as people read it: thousands apart, at most three decimals, nothing for what is unknown."""
    if cell is None:
        return ""
    if isinstance(cell, Precise):
        return _precise(cell)
    if isinstance(cell, float):
        text = f"{cell:,.3f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return f"{cell:,}" if isinstance(cell, int) else cell


def _precise(cell: Precise) -> str:
    text = f"{cell.value:,.{cell.decimals}f}"
    if cell.value > 0 and not text.strip("0."):
        return f"< {10**-cell.decimals:.{cell.decimals}f}"
    if not text.strip("-0."):
        return "0"
    return text if cell.padded else text.rstrip("0").rstrip(".")
