"""What every test has at hand: a case by its name, a browser."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")  # several workers with several threads each wait for one another,
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # so this stands before what loads numpy

import pytest

from support.browser import browser  # noqa: F401 -- a fixture
from support.detector_cases import Case, read_case
from support.paths import CASES
from support.systems import case_needs_posix, module_needs_posix

IS_POSIX = os.name == "posix"


@pytest.fixture(scope="session")
def case() -> Callable[[str], Case]:
    """A case by the name of its file."""
    return lambda name: read_case(CASES / f"{name}.csv")


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Modules that cannot be imported here; `pytest_terminal_summary` names them."""
    is_module = collection_path.name.startswith("test_") and collection_path.suffix == ".py"
    return True if not IS_POSIX and is_module and module_needs_posix(collection_path) else None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """A module that is left out is no test that was skipped, and is named all the same, also with -q."""
    for path in () if IS_POSIX else sorted(Path(__file__).parent.rglob("test_*.py")):
        if why := module_needs_posix(path):
            terminalreporter.write_line(f"left out: {path.name}, as {why}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where this is no POSIX, what needs it is skipped, with the reason."""
    for item in () if IS_POSIX else items:
        if isinstance(item, pytest.Function) and (why := case_needs_posix(inspect.getsource(item.function))):
            item.add_marker(pytest.mark.skip(reason=why))


@pytest.hookimpl(optionalhook=True)  # which pytest-xdist has
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object:
    """Each worker has one piece of the list, as a module's tests share what is made for them; the first at its end
    takes over half of what another has left.
    """
    from xdist.scheduler import WorkStealingScheduling

    return WorkStealingScheduling(config, log) if config.getvalue("dist") == "load" else None
