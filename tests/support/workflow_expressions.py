"""The expressions of GitHub's workflows, as far as this project's use them: names, texts, ==, !=, !, &&, ||, format().

Texts are compared without regard to case, and what is not there is an empty text, as on GitHub.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

TOKEN = re.compile(r"\s*(?:('(?:[^']|'')*')|([A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*)*)|(\d+)|(==|!=|&&|\|\||[!(),]))")
EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
STATES = {
    "always": lambda failed: True, "cancelled": lambda failed: False, "failure": lambda failed: failed,
    "success": lambda failed: not failed,
}  # fmt: skip


def filled(text: str, context: Mapping[str, Any], *, failed: bool = False) -> str:
    """A text with its expressions' values in it."""
    return EXPRESSION.sub(lambda found: words(value(found[1], context, failed=failed)), text)


def condition(text: str, context: Mapping[str, Any], *, failed: bool) -> bool:
    """Of an `if`: unless it names a state, it holds only where nothing has failed."""
    inner = re.sub(r"^\s*\$\{\{(.*)\}\}\s*$", r"\1", text, flags=re.DOTALL)
    holds = bool(value(inner, context, failed=failed))
    return holds and (not failed or any(f"{state}()" in inner for state in STATES))


def words(value: Any) -> str:
    return {None: "", True: "true", False: "false"}.get(value, str(value)) if not isinstance(value, str) else value


def value(text: str, context: Mapping[str, Any], *, failed: bool = False) -> Any:
    parser = _Parser(text, context, failed)
    found = parser.either()
    assert not parser.tokens, f"{text!r}: {parser.tokens} is left"
    return found


class _Parser:
    def __init__(self, text: str, context: Mapping[str, Any], failed: bool) -> None:
        self.tokens: list[str] = []
        self.context, self.failed = context, failed
        place = 0
        while text[place:].strip():
            found = TOKEN.match(text, place)
            assert found, f"{text[place:]!r} is not understood"
            self.tokens.append(found[0].strip())
            place = found.end()

    def take(self, *wanted: str) -> str | None:
        return self.tokens.pop(0) if self.tokens and (not wanted or self.tokens[0] in wanted) else None

    def either(self) -> Any:
        left = self.both()
        while self.take("||"):
            right = self.both()
            left = left or right
        return left

    def both(self) -> Any:
        left = self.compared()
        while self.take("&&"):
            right = self.compared()
            left = left and right
        return left

    def compared(self) -> Any:
        left = self.one()
        while operator := self.take("==", "!="):
            same = words(left).lower() == words(self.one()).lower()
            left = same if operator == "==" else not same
        return left

    def one(self) -> Any:
        if self.take("!"):
            return not self.one()
        if self.take("("):
            inner = self.either()
            assert self.take(")")
            return inner
        token = self.take()
        assert token, "an expression ends too early"
        if token.startswith("'"):
            return token[1:-1].replace("''", "'")
        if token in ("true", "false"):
            return token == "true"
        return self.called(token) if self.take("(") else self.looked_up(token)

    def called(self, name: str) -> Any:
        arguments: list[Any] = []
        while not self.take(")"):
            arguments.append(self.either())
            self.take(",")
        if name == "format":
            return re.sub(r"\{(\d)\}", lambda found: words(arguments[int(found[1]) + 1]), arguments[0])
        return STATES[name](self.failed)

    def looked_up(self, name: str) -> Any:
        found: Any = self.context
        for part in name.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
        return found
