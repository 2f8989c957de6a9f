"""A line as it is typed: letters, and the few keys that mend them."""

from __future__ import annotations

from dataclasses import dataclass

from textual.content import Content

from hardneg_cli.review_screen.rendering import line

SEEN = 60  # characters around the cursor


@dataclass
class LineEditor:
    """The text, and the cursor's place in it."""

    text: str = ""
    at: int = 0

    def write(self, text: str) -> None:
        """What is typed or pasted goes in at the cursor, without its line ends and other control characters."""
        text = "".join(character for character in text if character.isprintable())
        self.text, self.at = self.text[: self.at] + text + self.text[self.at :], self.at + len(text)

    def press(self, key: str, character: str | None) -> bool:
        """Do what the key says; whether that was anything."""
        before, behind = self.text[: self.at], self.text[self.at :]
        moves = {
            "left": max(self.at - 1, 0),
            "right": min(self.at + 1, len(self.text)),
            "home": 0,
            "end": len(self.text),
        }
        if key in moves:
            self.at = moves[key]
        elif key == "backspace":
            self.text, self.at = before[:-1] + behind, max(self.at - 1, 0)
        elif key == "delete":
            self.text = before + behind[1:]
        elif key == "ctrl+u":
            self.text, self.at = behind, 0
        elif character is not None and character.isprintable():
            self.write(character)
        else:
            return False
        return True

    @property
    def content(self) -> Content:
        """The text around the cursor, which stands on a letter or behind the last one."""
        first = max(0, self.at - SEEN)
        before, behind = self.text[first : self.at], self.text[self.at + 1 :][:SEEN]
        return Content.assemble(line(before), (line(self.text[self.at : self.at + 1]) or " ", "reverse"), line(behind))
