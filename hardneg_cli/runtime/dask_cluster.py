"""A Dask cluster for as long as it is needed: one of this machine's processes, or the one behind a scheduler."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from hardneg_cli.errors import InputError, listing, quote

if TYPE_CHECKING:
    from distributed import Client, Future, LocalCluster

CONNECTING_SECONDS = 5
WORKERS_SECONDS = 60  # some clusters start workers only when there is work
SAFE_PATH = "PYTHONSAFEPATH"  # of Python, since 3.11
QUIET = logging.CRITICAL + 1
LOGGERS = ("distributed", "distributed.client")  # the second has a level of its own
SETTINGS = {
    "distributed.admin.large-graph-warning-threshold": "1GB",  # what there is of each row is sent along with the work
    "distributed.scheduler.http.routes": [],  # nobody is to watch
    "distributed.worker.http.routes": [],
}


def require() -> None:
    """Raises InputError where Dask is not installed."""
    if find_spec("distributed") is None:
        raise InputError("--engine dask: Dask is not installed: pip install 'hardneg-cli[dask]'")


@contextmanager
def connected(scheduler: str | None) -> Iterator[Client]:
    """A client of the scheduler's cluster, or of one that is gone afterwards, with its processes and its folder.

    Raises InputError where nobody answers, or where the workers lack this version of hardneg.
    """
    import dask
    import distributed  # noqa: F401 -- it brings its settings, which would go with those that are taken back

    with _silent(), _scheduler_must_stay(), dask.config.set(SETTINGS):
        if scheduler is None:
            with _own() as client:
                yield client
            return
        with _joined(scheduler) as client:
            _refuse_strangers(client, scheduler)
            yield client


def result(client: Client, future: Future[Any]) -> Any:
    """The future's result, however long it takes. Raises InputError when there are no workers any more."""
    from distributed import KilledWorker, wait

    try:
        while future.status == "pending":
            try:
                with client.as_current():
                    wait([future], timeout=WORKERS_SECONDS)
            except TimeoutError:
                _refuse_nobody(client)
        return future.result()
    except KilledWorker as error:
        raise InputError(
            f"{error.allowed_failures + 1} workers ended at the same part, most likely for lack of memory; "
            "give them more, or write the file in smaller row groups"
        ) from error


@contextmanager
def _scheduler_must_stay() -> Iterator[None]:
    from distributed.comm import CommClosedError

    try:
        yield
    except (CancelledError, CommClosedError) as error:
        raise InputError("the cluster's scheduler is gone: start it, and run this again") from error


@contextmanager
def _own() -> Iterator[Client]:
    """Started beside the main thread, so that it can be closed even if that one is interrupted meanwhile."""
    import dask
    from distributed import Client

    with (
        _workers_leave_the_working_folder(),
        tempfile.TemporaryDirectory(prefix="hardneg-dask-", ignore_cleanup_errors=True) as folder,
        dask.config.set({"temporary-directory": folder}),
        ThreadPoolExecutor(1) as beside,
    ):
        starting = beside.submit(_started)
        try:
            with Client(starting.result(), set_as_default=False) as client:
                yield client
        finally:
            starting.result().close()


@contextmanager
def _workers_leave_the_working_folder() -> Iterator[None]:
    """Python would let each new process import what lies in the working folder, before anything of Python's own."""
    before = os.environ.get(SAFE_PATH)
    os.environ[SAFE_PATH] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[SAFE_PATH]
        else:
            os.environ[SAFE_PATH] = before


def _started() -> LocalCluster:
    from multiprocessing import resource_tracker

    from dask.system import CPU_COUNT
    from distributed import LocalCluster

    if sys.platform != "win32":  # Ctrl-C is for hardneg: what is started from here does not hear it
        resource_tracker.ensure_running()  # which would undo the next line, were it started later
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        return LocalCluster(
            n_workers=CPU_COUNT, threads_per_worker=1, memory_limit=0, silence_logs=QUIET,
            dashboard_address="127.0.0.1:0", scheduler_kwargs={"dashboard": False},  # else it would listen to everybody
        )  # fmt: skip
    except (OSError, RuntimeError) as error:
        raise InputError(f"--engine dask: its workers do not start: {error}") from error


@contextmanager
def _joined(scheduler: str) -> Iterator[Client]:
    from distributed import Client

    try:
        with ThreadPoolExecutor(1) as beside:  # where there surely is no event loop
            beside.submit(asyncio.run, _shaken_hands(scheduler)).result()
    except (OSError, ValueError) as error:
        reason = str(error) or f"not within {CONNECTING_SECONDS} s"
        raise InputError(f"--scheduler {scheduler}: no scheduler answers: {reason}") from error
    with Client(scheduler, set_as_default=False) as client:
        yield client


async def _shaken_hands(scheduler: str) -> None:
    """A client would wait for ever for one that takes the call and says nothing."""
    from distributed.core import connect
    from distributed.security import Security

    secrets = Security().get_connection_args("client")
    comm = await asyncio.wait_for(connect(scheduler, timeout=CONNECTING_SECONDS, **secrets), CONNECTING_SECONDS + 1)
    await comm.close()


@contextmanager
def _silent() -> Iterator[None]:
    """What becomes of workers is not for standard error: they are replaced, or there is an error."""
    loggers = [logging.getLogger(name) for name in LOGGERS]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(QUIET)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)


def _refuse_strangers(client: Client, scheduler: str) -> None:
    """Raises InputError unless there are workers, all of them with this Python and this hardneg."""
    try:
        result(client, client.submit(_versions, pure=False))
        theirs = client.run(_versions)
    except ImportError as error:
        raise InputError(
            f"--scheduler {scheduler}: its workers lack {error.name}: install hardneg-cli there"
        ) from error
    ours = _versions()
    if strange := sorted({version for version in theirs.values() if version != ours}):
        raise InputError(
            f"--scheduler {scheduler}: its workers have {listing(strange)}, this is {quote(ours)}; make them alike"
        )


def _refuse_nobody(client: Client) -> None:
    if not client.scheduler_info(n_workers=-1)["workers"]:
        raise InputError(f"the cluster has no workers, nor did one come within {WORKERS_SECONDS} s; start some")


def _versions() -> str:
    from hardneg_cli import __version__

    return f"hardneg-cli {__version__} on Python {sys.version_info.major}.{sys.version_info.minor}"
