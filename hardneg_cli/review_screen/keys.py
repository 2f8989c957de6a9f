"""The keys of the review, as its foot and its help name them."""

from __future__ import annotations

from textual.content import Content

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
REMARKS = "↑ ↓ page up and page down scroll a long text   t turns the colors light or dark"


def foot(width: int, *, few: bool = False) -> Content:
    """The keys in as many lines as they need; a key and its word stay together."""
    lines = [Content("")]
    for key, word, _ in KEYS[-2:] if few else (one for one in KEYS if one[0] not in IN_HELP_ALONE):
        shown = Content.assemble((key, "bold $primary"), f" {word}")
        if lines[-1] and lines[-1].cell_length + len(GAP) + shown.cell_length > width:
            lines.append(Content(""))
        lines[-1] = Content.assemble(lines[-1], GAP if lines[-1] else "", shown)
    return Content("\n").join(lines)
