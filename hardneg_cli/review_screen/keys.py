"""The keys of the review, as its foot and its help name them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from textual.content import Content

from hardneg_cli.review_screen.rendering import line

# key, the word at the foot, the words in the help
KEYS = (
    ("k", "keep", "keep the label"),
    ("a", "accept", "accept the suggested label"),
    ("r", "relabel", "pick another label, or type a new one"),
    ("d", "drop", "drop the row"),
    ("u", "unsure", "unsure: leave it to others"),
    ("n", "note", "write a note on the row"),
    ("z", "undo", "take back the last answer"),
    ("← →", "rows", "the row before, the next row"),
    ("space", "open", "the next row without an answer"),
    ("g", "jump", "go to a row, by number or id"),
    ("f", "filter", "only the rows of a class or a detector"),
    ("?", "help", "this help"),
    ("q", "quit", "leave; every answer is saved already"),
)
HELP = tuple((key, says) for key, _, says in KEYS)
IN_HELP_ALONE = ("space",)
GAP = "  "
REMARKS = (
    "the numbers of classes at the foot pick them   ↑ ↓ page up and page down scroll   t turns the colors light or dark"
)


def foot(width: int, classes: Mapping[str, str], *, few: bool = False) -> Content:
    """The keys in as many lines as they need; a key and its word stay together.

    classes: the number keys, and which class each picks.
    """
    keys = KEYS[-2:] if few else [one for one in KEYS if one[0] not in IN_HELP_ALONE]
    lines = _flowing([(key, word) for key, word, _ in keys], width)
    if classes and not few:
        lines = [_classes(classes, width), *lines]
    return Content("\n").join(lines)


def _classes(classes: Mapping[str, str], width: int) -> Content:
    """All of them in one line, each cut as far as that takes."""
    names = [Content(line(name, 100)) for name in classes.values()]
    longest = max(name.cell_length for name in names)
    while longest > 1 and sum(min(name.cell_length, longest) + 2 + len(GAP) for name in names) > width:
        longest -= 1
    shown = [name.truncate(longest, ellipsis=True) for name in names]
    parts = [Content.assemble((key, "bold $primary"), " ", name) for key, name in zip(classes, shown, strict=True)]
    return Content(GAP).join(parts)


def _flowing(keys: Iterable[tuple[str, str]], width: int) -> list[Content]:
    lines = [Content("")]
    for key, word in keys:
        shown = Content.assemble((key, "bold $primary"), f" {word}")
        if lines[-1] and lines[-1].cell_length + len(GAP) + shown.cell_length > width:
            lines.append(Content(""))
        lines[-1] = Content.assemble(lines[-1], GAP if lines[-1] else "", shown)
    return lines
