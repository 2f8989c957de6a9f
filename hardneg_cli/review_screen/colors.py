"""The colors of the review: dark and light, for terminals with many colors, with few, and with none.

Where there are many, every color is one of the 256 of xterm, so that it is the same with more. Where there are 16 they
are the terminal's own, on its own background. Where nobody wants colors, letters are bold, underlined or reversed.
"""

from __future__ import annotations

import os
from enum import Enum

from textual.theme import Theme

MUTED = "$muted"
DIFFERS = "$differs"
GROUND = "ansi_default"


class TerminalColors(Enum):
    """How many colors the terminal has, or the user wants."""

    MANY = "many"
    FEW = "few"
    NONE = "none"


def colors_of_terminal() -> TerminalColors:
    from rich.console import Console

    if os.environ.get("NO_COLOR") is not None:
        return TerminalColors.NONE
    system = Console(force_terminal=True, legacy_windows=False).color_system
    if system is None:
        return TerminalColors.NONE
    return TerminalColors.FEW if system in ("standard", "windows") else TerminalColors.MANY


DARK = Theme(
    "dark", dark=True, primary="#87d7ff", secondary="#87d7ff", accent="#87d7ff", warning="#ffd75f", success="#87d787",
    error="#ff8787", foreground="#e4e4e4", background="#1c1c1c", surface="#262626", panel="#303030", boost="#303030",
    variables={"muted": "#b2b2b2", "differs": "#d7af87", "scrollbar": "#6c6c6c", "scrollbar-background": "#262626"},
)  # fmt: skip
LIGHT = Theme(
    "light", dark=False, primary="#005faf", secondary="#005faf", accent="#005faf", warning="#875f00",
    success="#005f00", error="#af0000", foreground="#1c1c1c", background="#ffffff", surface="#eeeeee",
    panel="#e4e4e4", boost="#e4e4e4",
    variables={"muted": "#585858", "differs": "#870087", "scrollbar": "#9e9e9e", "scrollbar-background": "#eeeeee"},
)  # fmt: skip


def _own(name: str, *, dark: bool, primary: str, warning: str, muted: str, differs: str) -> Theme:
    """Of the terminal's own colors, which it shows on its own background."""
    return Theme(
        name, dark=dark, ansi=True, primary=primary, secondary=primary, accent=primary, warning=warning,
        success="ansi_green" if dark else primary, error="ansi_bright_red" if dark else "ansi_red",
        foreground=GROUND, background=GROUND,
        surface=GROUND, panel=GROUND, boost=GROUND,
        variables={
            "muted": muted, "differs": differs, "ansi-background": "ansi_black" if dark else "ansi_white",
            "ansi-foreground": "ansi_white" if dark else "ansi_black", "scrollbar": primary,
            "scrollbar-background": "ansi_default",
        },
    )  # fmt: skip


OWN_DARK = _own("own-dark", dark=True, primary="ansi_cyan", warning="ansi_yellow", muted="ansi_white",
                differs="ansi_magenta")  # fmt: skip
OWN_LIGHT = _own("own-light", dark=False, primary="ansi_blue", warning="ansi_red", muted="ansi_bright_black",
                 differs="ansi_magenta")  # fmt: skip
THEMES = (DARK, LIGHT, OWN_DARK, OWN_LIGHT)


def themes(colors: TerminalColors) -> tuple[str, str]:
    """The names of the dark and of the light one."""
    return (DARK.name, LIGHT.name) if colors is TerminalColors.MANY else (OWN_DARK.name, OWN_LIGHT.name)
