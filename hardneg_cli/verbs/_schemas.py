"""What JSON that commands write looks like, as JSON Schemas, by the names that `explain --schema` takes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from hardneg_cli.errors import InputError, did_you_mean, quote
from hardneg_cli.runtime.json_schema import json_schema


def _find() -> type:
    from hardneg_cli.detection.report.figures import FindReport

    return FindReport


def _compare() -> type:
    from hardneg_cli.modeling.evaluation.report.figures import CompareReport

    return CompareReport


def _collect() -> type:
    from hardneg_cli.review.reviewers.report.figures import CollectReport

    return CollectReport


def _dual() -> type:
    from hardneg_cli.modeling.error_model.report.figures import DualReport

    return DualReport


def _check() -> type:
    from hardneg_cli.gating.figures import CheckFigures

    return CheckFigures


SCHEMAS: Mapping[str, tuple[str, Callable[[], type]]] = {
    "report": ("What find writes as a report in JSON", _find),
    "compare-report": ("What compare writes as a report in JSON", _compare),
    "reviewers-report": ("What collect writes as a report in JSON", _collect),
    "dual-report": ("What dual writes as a report in JSON", _dual),
    "check-report": ("What check and diff write as a report in JSON", _check),
}


def schema(name: str) -> str:
    """The JSON Schema of this name. Raises InputError for an unknown one."""
    if name not in SCHEMAS:
        raise InputError(
            f"no schema is called {quote(name)}{did_you_mean(name, SCHEMAS)} (known: {', '.join(SCHEMAS)})"
        )
    title, kind = SCHEMAS[name]
    return json.dumps(json_schema(kind(), title), indent=1) + "\n"
