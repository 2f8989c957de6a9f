"""SARIF 2.1.0, for GitHub's code scanning and other viewers: a rule a gate, a result a row that is to blame.

A gate that fails makes errors, one that warns warnings; one that could not be judged is a notification of the run. At
most 5,000 results are written, as many as GitHub keeps of a run: every gate gets its share, failing ones first, and a
notification says how many are left out. Files are named from the root of the workspace ($GITHUB_WORKSPACE) or of the
repository. A result's fingerprint is of the gate, the row's id and its content, so an alert stays the same one when
rows move. It stands under the only name that GitHub reads, which `upload-sarif` would fill with a hash of the line
otherwise.
"""

from __future__ import annotations

import inspect
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypeAlias
from urllib.parse import quote as percent_encoded

from hardneg_cli.data import change_report
from hardneg_cli.errors import bounded
from hardneg_cli.gating.failing_rows import count, failing_rows
from hardneg_cli.gating.gates import GATES
from hardneg_cli.gating.outcomes import of_outcome
from hardneg_cli.gating.reports._workspace import WORKSPACE, path_below, workspace_path
from hardneg_cli.io.files.repository_root import repository_root
from hardneg_cli.io.tables.text_tables import inert_json
from hardneg_cli.rendering.figures import versions
from hardneg_cli.runtime.terminal import plain

if TYPE_CHECKING:
    from hardneg_cli.gating.verdict import CheckReport, GateResult

Json: TypeAlias = Mapping[str, object]
EXTENSIONS = (".sarif",)
NEEDS_GATES = True
SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
VERSION = "2.1.0"
MOST_RESULTS = 5000  # of a run that GitHub keeps
LONGEST_MESSAGE, LONGEST_DESCRIPTION = 1000, 1024  # characters; the second is GitHub's limit
FINGERPRINT = "primaryLocationLineHash"  # the one that GitHub goes by
LEVELS = {"failed": "error", "warned": "warning"}
LINK = re.compile(r"\](?=\()")  # what ends the words of a link


def write(report: CheckReport, out: BinaryIO) -> None:
    """A line for each result, so that two reports can be compared as text."""
    gates = [*of_outcome(report.judged, "failed"), *of_outcome(report.judged, "warned")]
    shares = _shares([max(count(one), 1) for one in gates])
    rules = {one.gate: place for place, one in enumerate(report.judged)}
    results = [result for one, most in zip(gates, shares, strict=True) if most
               for result in _results(report, one, rules[one.gate], most)]  # fmt: skip
    run = {
        "tool": {"driver": {
            "name": "hardneg", "semanticVersion": versions()["hardneg-cli"],
            "rules": [_rule(one) for one in report.judged],
        }},
        "automationDetails": {"id": f"hardneg/{percent_encoded(report.dataset.name, errors='backslashreplace')}/"},
        "invocations": [{"executionSuccessful": True,
                         "toolExecutionNotifications": [*_notifications(report, gates, shares)]}],
        "columnKind": "unicodeCodePoints",
    }  # fmt: skip
    head = _text({"$schema": SCHEMA, "version": VERSION})
    out.write(head[:-1] + b', "runs": [\n' + _text(run)[:-1] + b', "results": [')
    out.writelines((b",\n" if place else b"\n") + _text(result) for place, result in enumerate(results))
    out.write(b"]}]}\n")


def _rule(one: GateResult) -> Json:
    """What the gate is; of one that is no file of the drawer, its name."""
    manual = inspect.cleandoc(inspect.getdoc(GATES[one.gate]) or "") if one.gate in GATES.names else one.gate
    remedy = GATES[one.gate].REMEDY if one.gate in GATES.names else ""
    first, _, more = manual.partition("\n\n")
    paragraph = " ".join(more.partition("\n\n")[0].split())
    return {
        "id": one.gate,
        "name": "".join(word.capitalize() for word in one.gate.split("-")),
        "shortDescription": _message(first, LONGEST_DESCRIPTION),
        "fullDescription": _message(paragraph or first, LONGEST_DESCRIPTION),
        "help": {"text": _literal("\n\n".join(filter(None, [manual, remedy])))},
        "defaultConfiguration": {"level": "error" if one.means == "fail" else "warning"},
    }


def _results(report: CheckReport, one: GateResult, place: int, most: int) -> Iterator[Json]:
    """One for each of the first rows; one about the whole file where the gate blames no row."""
    assert one.verdict is not None
    head: Json = {"ruleId": one.gate, "ruleIndex": place, "level": LEVELS[one.outcome]}
    rows = failing_rows(report.dataset, one, most)
    if not rows:
        path = report.dataset.sources[0].path if len(report.dataset.sources) == 1 else None
        yield {**head, "message": _message(one.verdict.why), **_locations(path, None),
               "partialFingerprints": {FINGERPRINT: _fingerprint(one.gate, "", "")}}  # fmt: skip
        return
    assert one.verdict.rows is not None
    hashes = report.dataset.row_hashes(one.verdict.rows[:most])
    for row, content in zip(rows, hashes, strict=True):
        message = _message(f"{row.id}: {row.reason or one.verdict.why}")
        yield {**head, "message": message, **_locations(row.path, row.line),
               "partialFingerprints": {FINGERPRINT: _fingerprint(one.gate, row.id, content)}}  # fmt: skip


def _locations(path: Path | None, line: int | None) -> dict[str, object]:
    """None for what is in no file, as standard input."""
    if path is None:
        return {}
    place: dict[str, object] = {"artifactLocation": {"uri": _uri(path)}}
    if line is not None:
        place["region"] = {"startLine": line}
    return {"locations": [{"physicalLocation": place}]}


def _uri(path: Path) -> str:
    """From the root of the workspace or the repository; absolute for a file elsewhere."""
    name = workspace_path(path) if os.environ.get(WORKSPACE) else _in_repository(path)
    return percent_encoded(name, errors="surrogateescape") if name else Path(os.path.abspath(path)).as_uri()


def _in_repository(path: Path) -> str:
    root = repository_root(Path(os.path.realpath(path.parent)))
    if root is not None:
        return path_below(path, root)
    return "" if path.is_absolute() else path.as_posix()


def _fingerprint(gate: str, id_: str, content: str) -> str:
    parts = json.dumps([gate, id_, content]).encode()
    return blake2b(parts, digest_size=16).hexdigest()


def _notifications(report: CheckReport, gates: Sequence[GateResult], shares: Sequence[int]) -> Iterator[Json]:
    for one in of_outcome(report.judged, "not judged"):
        yield {"level": "note", "message": _message(f"{one.gate} could not be judged: {one.reason}"),
               "associatedRule": {"id": one.gate}}  # fmt: skip
    left = {one.gate: max(count(one), 1) - most for one, most in zip(gates, shares, strict=True)}
    if sum(left.values()):
        named = ", ".join(f"{gate} {rows:,}" for gate, rows in left.items() if rows)
        words = f"{sum(left.values()):,} more results are left out, of which a run holds {MOST_RESULTS:,}: {named}"
        yield {"level": "warning", "message": _message(words)}
    if report.changes is not None:
        against = f" against {report.base}" if report.base else ""
        yield {"level": "note", "message": _message(f"{change_report.counts(report.changes)}{against}")}
    yield from ({"level": "note", "message": _message(note)} for note in report.notes)


def _shares(wanted: Sequence[int], room: int = MOST_RESULTS) -> list[int]:
    """How many results each gate gets: all where there is room, else of the rest as many as the others.

    The first gates get what cannot be shared evenly.
    """
    shares = [0] * len(wanted)
    for left, place in enumerate(sorted(range(len(wanted)), key=lambda place: (wanted[place], -place))):
        shares[place] = min(wanted[place], room // (len(wanted) - left))
        room -= shares[place]
    return shares


def _message(text: str, longest: int = LONGEST_MESSAGE) -> Json:
    return {"text": _literal(bounded(plain(text), longest))}


def _literal(text: str) -> str:
    """In a SARIF message braces hold places for arguments, and `[words](address)` is a link."""
    return LINK.sub(r"\\]", text.replace("{", "{{").replace("}", "}}"))


def _text(value: object) -> bytes:
    return inert_json(json.dumps(value, ensure_ascii=False))
