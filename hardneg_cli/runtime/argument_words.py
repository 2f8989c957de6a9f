"""Errors in words of arguments: `--on-bad-rows skip` is `on_bad_rows='skip'` to who calls a verb in Python.

Messages are written once, in words of the command line, which shows them as they are (`HardnegError.command_line`).
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from functools import wraps
from typing import ParamSpec, TypeVar

from hardneg_cli.errors import HardnegError

P = ParamSpec("P")
R = TypeVar("R")

QUOTED = re.compile(r"""(?<!\w)('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")(?!\w)""")  # cells and names are no words of ours
VALUE = r"\d[\d.]*\b(?!\s*%)|[A-Z]{2,}\b|git:[A-Z]+\b|(?:skip|fail|remove|mark|dask|local|utf-16|mlp|logistic)\b"
MODE = r"(?:boundary|confusion|retrieval)\b"
OPTION = re.compile(rf"(?<![\w-])(?:--([a-z][a-z-]*[a-z])|-(o))(?![\w-])(?: ({VALUE}|{MODE}))?")
SUBJECT = re.compile(r"^(?:--([a-z][a-z-]*[a-z])|-(o)) (\S+)(?=: )")  # as in `-o clean.csv: is no …`
RENAMED = {  # other than by `_` for `-`
    "all": "every",
    "auto-drop": "policy.drop",
    "auto-relabel": "policy.relabel",
    "detector": "detectors",
    "model": "models",
    "o": "output",
    "protect-split": "policy.protect",
    "set": "settings",
    "undo-round": "before",
}
COMMANDS = (  # what is a call in Python
    (re.compile(r"hardneg (collect) QUEUE\.\.\. --data DATA --(adjudicator) NAME"), r"`\1(QUEUES, LOG, \2=NAME)`"),
    (re.compile(r"`hardneg predict .*? -o probs\.parquet`"), "`predict(…).table()`"),
    (re.compile(r"hardneg explain scores\.csv --row ID"), "`explain(findings=SCORES, row=ID)`"),
    (re.compile(r"hardneg ([a-z]+) --help"), r"`help(hardneg_cli.\1)`"),
    (re.compile(r"(?:hardneg )?find --all(?:, and without --limit)?"), "`find(…).table(every=True)`"),
    (re.compile(r"(?:hardneg )?(find|refine) --(?:state|ledger)\b"), r"hardneg \1"),
)


def in_arguments(message: str, parameters: Mapping[str, inspect.Parameter]) -> str:
    """The message with options as arguments; what it quotes stays. A switch among the parameters is set to True."""
    pieces = QUOTED.split(message)
    pieces[::2] = [_reworded(piece, parameters) for piece in pieces[::2]]
    return "".join(pieces)


def worded_in_arguments(function: Callable[P, R]) -> Callable[P, R]:
    """The function, whose errors speak of arguments."""
    parameters = inspect.signature(function).parameters

    @wraps(function)
    def called(*args: P.args, **options: P.kwargs) -> R:
        try:
            return function(*args, **options)
        except HardnegError as error:
            error.reword(in_arguments(error.command_line, parameters))
            raise

    return called


def _reworded(text: str, parameters: Mapping[str, inspect.Parameter]) -> str:
    def argument(option: re.Match[str]) -> str:
        typed = option[1] or option[2]
        name = RENAMED.get(typed, typed.replace("-", "_"))
        if option[3]:
            return f"`{name}={option[3] if option[3].isupper() or option[3][0].isdigit() else repr(option[3])}`"
        is_switch = name == "every" or (name in parameters and parameters[name].default is False)
        return f"`{name}=True`" if is_switch else f"`{name}`"

    for command, call in COMMANDS:
        text = command.sub(call, text)
    return OPTION.sub(argument, SUBJECT.sub(argument, text))
