"""What JSON that commands write looks like, as JSON Schemas, by the names that `explain --schema` takes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import cast

from hardneg_cli.errors import InputError, did_you_mean, quote
from hardneg_cli.runtime.json_schema import DRAFT, Schema, json_schema

OF_SETTINGS = "settings"  # of the command line alone, which knows what options a file may set


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


def _of(kind: Callable[[], type]) -> Callable[[], Schema]:
    return lambda: json_schema(kind(), "")


def _queue() -> Schema:
    from hardneg_cli.io.tables.queue_columns import rows_schema

    return rows_schema()


def _decisions() -> Schema:
    from hardneg_cli.review.decisions.decision_line import line_schema

    return line_schema()


def _provenance() -> Schema:
    """With the settings of the run, and with what a folder of pictures has besides."""
    from hardneg_cli.review.correction.provenance import ProvenanceFacts

    found = json_schema(ProvenanceFacts, "")
    kinds = cast("dict[str, dict[str, object]]", found["$defs"])
    for kind in (found, kinds["ChangeFacts"], kinds["FileFacts"]):
        kind["additionalProperties"] = True
    return found


SCHEMAS: Mapping[str, tuple[str, Callable[[], Schema]]] = {
    "report": ("What find writes as a report in JSON", _of(_find)),
    "compare-report": ("What compare writes as a report in JSON", _of(_compare)),
    "reviewers-report": ("What collect writes as a report in JSON", _of(_collect)),
    "dual-report": ("What dual writes as a report in JSON", _of(_dual)),
    "check-report": ("What check and diff write as a report in JSON", _of(_check)),
    "queue": ("What find writes as findings in JSON; a line of NDJSON is one of the rows", _queue),
    "decisions": ("A line of the decisions log", _decisions),
    "provenance": ("What apply and undo write of a run", _provenance),
}


def schema(name: str) -> str:
    """The JSON Schema of this name. Raises InputError for an unknown one."""
    if name not in SCHEMAS:
        known = [*SCHEMAS, OF_SETTINGS]
        raise InputError(f"no schema is called {quote(name)}{did_you_mean(name, known)} (known: {', '.join(known)})")
    title, made = SCHEMAS[name]
    return json.dumps({"$schema": DRAFT, "title": "", **made()} | {"title": title}, indent=1) + "\n"
