"""What a run was asked for, as the command line would say it: for reports, and for the next line to type."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path

from hardneg_cli.data.columns import Columns
from hardneg_cli.detection.run_request import RunRequest

OPTIONS = {
    "label": "--label", "id": "--id", "text": "--text", "image": "--image", "features": "--features",
    "embed": "--embed", "groups": "--groups", "split": "--split", "fold": "--fold", "prob_prefix": "--prob-prefix",
    "classes_are_numbers": "--classes-are-numbers", "classes": "--classes", "encoding": "--encoding",
    "on_bad_rows": "--on-bad-rows", "probs": "--probs", "detectors": "--detector", "settings": "--set",
    "decisions": "--decisions", "audit": "--audit", "engine": "--engine", "scheduler": "--scheduler",
    "prediction_column": "--prediction-column", "checkpoints": "--checkpoints", "seed": "--seed",
}  # fmt: skip
HELD = "(in memory)"  # what is no path
DEFAULTS = {"label": "label", "prob_prefix": "prob_", "on_bad_rows": "fail", "engine": "local", "seed": "0"}
READ_AGAIN = ("label", "id", "text", "image", "classes", "encoding")  # by what reads the data alone


def run_request(data: object, columns: Columns | None, options: Mapping[str, object]) -> RunRequest:
    """Of `find` with these arguments."""
    given = _given(columns, options)
    asked = run_settings(columns, options)
    words: list[str] = []
    for name, values in given.items():
        for value in values:
            words += [OPTIONS[name]] if value == "yes" else [OPTIONS[name], value]
    path = data if isinstance(data, str | Path) else None
    if path is None or str(path) == "-" or HELD in words:
        return RunRequest(asked)
    name = str(path)
    again = [word for key in READ_AGAIN if key in given for word in (OPTIONS[key], given[key][0])]
    collect = shlex.join(["hardneg", "collect", "queue.decided.csv", "--data", name])
    apply = shlex.join(["hardneg", "apply", name, *again, "-o", _beside(name)])
    return RunRequest(asked, shlex.join(["hardneg", "find", name, *words]), (collect, apply))


def run_settings(columns: Columns | None, options: Mapping[str, object]) -> dict[str, str]:
    """What is not the default, by option; what has no option of its own is left out."""
    return {OPTIONS[name]: ", ".join(values) for name, values in _given(columns, options).items()}


def _given(columns: Columns | None, options: Mapping[str, object]) -> dict[str, list[str]]:
    """What is not the default, by keyword, as texts."""
    parts = {name: getattr(columns, name) for name in OPTIONS if columns is not None and hasattr(columns, name)}
    found = {}
    for name in OPTIONS:
        value = options.get(name, parts.get(name))
        values = [text for text in _texts(value) if text != DEFAULTS.get(name)]
        if values:
            found[name] = values
    return found


def _texts(value: object) -> Iterator[str]:
    if value is None or value is False:
        return
    if value is True:
        yield "yes"
    elif isinstance(value, str | Path | int):
        yield str(value)
    elif isinstance(value, Mapping):
        yield from _of_units(value)
    elif isinstance(value, list | tuple):
        for one in value:
            yield str(one) if isinstance(one, str | Path) else HELD
    else:
        yield HELD


def _of_units(settings: Mapping[object, object]) -> Iterator[str]:
    """As `--set` takes them; class names by number are no such thing, and came from memory."""
    for unit, values in settings.items():
        if isinstance(values, Mapping):
            yield from (f"{unit}.{name}={value}" for name, value in values.items())
        else:
            yield HELD
            return


def _beside(name: str) -> str:
    """A name for the corrected data, beside the data."""
    path = Path(name)
    return str(path.with_name(f"{path.stem}.corrected{path.suffix}"))
