"""What holds for every gate, now and later; its three outcomes are held in test_gate_cases.py."""

from __future__ import annotations

import pyarrow as pa
import pytest

from hardneg_cli.gating.gates import GATES
from hardneg_cli.gating.verdict import CheckReport
from hardneg_cli.verbs.check import check

TABLE = pa.table(
    {
        "id": [f"row {row}" for row in range(60)],
        "label": ["ant", "bee", "cat"] * 20,
        "text": [f"sentence number {row}" for row in range(60)],
    }
)
every = pytest.mark.parametrize("name", GATES.names)


def asked(name: str, table: pa.Table = TABLE) -> CheckReport:
    return check(table, base=TABLE, fail_on=[name], decisions=())


@every
def test_it_refuses_or_warns_or_waits_until_it_is_named(name: str) -> None:
    assert GATES[name].BY_DEFAULT in ("fail", "warn", None)
    usual = [one.gate for one in check(TABLE, base=TABLE, decisions=()).judged]
    assert (name in usual) == (GATES[name].BY_DEFAULT is not None)


@every
def test_a_commit_that_changes_nothing_is_not_refused(name: str) -> None:
    judged = next(one for one in asked(name).judged if one.gate == name)
    assert judged.outcome in ("passed", "not judged"), judged.verdict and judged.verdict.why


@pytest.mark.slow
@every
def test_the_same_answer_twice(name: str) -> None:
    fewer = TABLE.slice(2)
    first, second = (next(one for one in asked(name, fewer).judged if one.gate == name) for _ in range(2))
    assert (first.outcome, first.reason) == (second.outcome, second.reason)
    if first.verdict and second.verdict:
        assert first.verdict.why == second.verdict.why
