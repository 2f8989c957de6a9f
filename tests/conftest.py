"""What every test has at hand: a case by its name, a browser."""

import os
from collections.abc import Callable
from typing import Any

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


@pytest.hookimpl(optionalhook=True)  # which pytest-xdist has
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object:
    """Each worker has one piece of the list, as a module's tests share what is made for them; the first at its end
    takes over half of what another has left.
    """
    from xdist.scheduler import WorkStealingScheduling

    return WorkStealingScheduling(config, log) if config.getvalue("dist") == "load" else None
