"""GitHub's Markdown as its own renderer makes a page of it."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

FOUND_IN_TEXT = re.compile(
    r"@\w|#\d|gh-\d|:\w+:|://|www\.\w", re.IGNORECASE
)  # what GitHub makes a link or a picture of


class MarkdownPage(HTMLParser):
    """A rendered page: its tags, its tables' cells, and the text outside of code, where GitHub looks for names."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.rows: list[list[str]] = []
        self.loose: list[str] = []
        self._open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self._open.append(tag)
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, text: str) -> None:
        if {"td", "th"} & set(self._open):
            self.rows[-1][-1] += text
        if "code" not in self._open:
            self.loose.append(text)

    @property
    def lively(self) -> list[str]:
        """The texts outside of code in which GitHub would find something."""
        return [text for text in self.loose if FOUND_IN_TEXT.search(text)]


def rendered(markdown: str) -> MarkdownPage:
    cmarkgfm = pytest.importorskip("cmarkgfm", reason="GitHub's renderer is not installed")
    from cmarkgfm.cmark import Options

    return MarkdownPage(cmarkgfm.github_flavored_markdown_to_html(markdown, options=Options.CMARK_OPT_UNSAFE))
