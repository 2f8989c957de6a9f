"""Texts that spreadsheets, terminals, browsers and readers of tables trip over."""

from __future__ import annotations

import re

HOSTILE = [
    "=cmd|' /C calc'!A0", "+1", "-1", "@SUM(1)", "<script>alert(1)</script>", "<img src=x onerror=y>", "&lt;b&gt;",
    "[bold]x[/bold]", "[link=http://x]y[/link]", "![x](javascript:y)", "[x](y)", "*a* _b_ `c` ~~d~~ $e$", "# head",
    "| a | b |", "a|b", "a\\|b", "a\\", ":smile:", "\x1b[31mred\x1b[0m", "\x1b]0;title\x07", "\x9b31m", "\x7f\x08",
    "a\nb", "a\r\nb", "a\rb", "\n", "a\tb", "\t", 'a"b', '"', "'", "a,b", ";", "007", "1e5", "12345678901234567890",
    "None", "NA", "null", "nan", "NaN", "", " ", " x ", "true", "1.0", "\u202egnp.exe", "\u200f\u2066x\u2069",
    "\u2028", "\u2029", "\x85", "\ufeff", "é e\u0301 ß", "日本語", "مرحبا", "👩‍👩‍👧", "x" * 300, "{{7*7}}", "%s", "\\N",
]  # fmt: skip
UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\u200e\u200f]")
