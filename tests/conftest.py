"""What every test has at hand: a case by its name, a browser."""

import os
from collections.abc import Callable

os.environ.setdefault("OMP_NUM_THREADS", "1")  # several workers with several threads each wait for one another,
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # so this stands before what loads numpy

import pytest

from support.browser import browser  # noqa: F401 -- a fixture
from support.detector_cases import Case, read_case
from support.paths import CASES


@pytest.fixture(scope="session")
def case() -> Callable[[str], Case]:
    """A case by the name of its file."""
    return lambda name: read_case(CASES / f"{name}.csv")
