"""A detector is what its case says: `tests/cases/<detector>.csv`, where `expect` is 1 for the rows it flags."""

from collections.abc import Callable

import numpy as np
import pytest

from hardneg_cli import find
from hardneg_cli.detection.detector_result import NO_CLASS
from hardneg_cli.runtime import drawers
from support.detector_cases import Case
from support.paths import CASES

FILES = sorted(path.stem for path in CASES.glob("*.csv"))


@pytest.mark.parametrize("detector", drawers.names("detector"))
def test_has_a_case(detector: str) -> None:
    assert detector in FILES, f"write tests/cases/{detector}.csv, a tiny dataset with a column expect"


@pytest.mark.parametrize("name", FILES)
def test_flags_what_its_case_expects(name: str, case: Callable[[str], Case]) -> None:
    it = case(name)
    findings = find(it.table, it.columns, features=it.features, detectors=[it.detector], settings=it.settings)
    doubts = findings.doubts[it.detector]
    dataset = findings.dataset
    ids = dataset.ids.to_pylist()
    flagged = np.flatnonzero(doubts.flagged)
    assert {ids[row] for row in doubts.rows[flagged]} == {row["id"] for row in it.expected if row["expect"]}

    expected = {row["id"]: row for row in it.expected}
    for place, why in zip(flagged, doubts.why(flagged), strict=True):
        row = expected[ids[doubts.rows[place]]]
        code = doubts.suggested[place]
        suggested = "" if code == NO_CLASS else dataset.classes[code]
        assert suggested == row.get("expect_label", suggested), row
        assert row.get("expect_why", "") in why, row


@pytest.mark.parametrize("name", FILES)
def test_its_case_has_rows_of_both_kinds(name: str, case: Callable[[str], Case]) -> None:
    assert {bool(row["expect"]) for row in case(name).expected} == {True, False}
