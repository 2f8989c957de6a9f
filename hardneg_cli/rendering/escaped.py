"""Text as HTML and SVG may hold it."""

from __future__ import annotations

from html import escape

INVISIBLE = dict.fromkeys([*range(9), 11, 12, *range(14, 32), *range(127, 160)])  # what XML cannot hold


def escaped(text: str) -> str:
    """Without what XML cannot hold, and nothing in it is markup, also as an attribute."""
    return escape(text.translate(INVISIBLE))
