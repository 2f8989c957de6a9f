"""Where what tests read stands."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE, SAMPLE, TESTS = ROOT / "hardneg_cli", ROOT / "sample_data", ROOT / "tests"
CASES, GOLDEN = TESTS / "cases", TESTS / "golden"
EXPORTS = CASES / "exports"
