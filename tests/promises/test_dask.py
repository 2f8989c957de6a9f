"""On a cluster the findings are those of this process, to the last byte, whatever becomes of the workers."""

from __future__ import annotations

import io
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from distributed import Client, LocalCluster

from hardneg_cli import InputError, find
from hardneg_cli.data.probabilities.engines import dask as engine
from hardneg_cli.io.files import remote
from hardneg_cli.io.result_formats import csv
from hardneg_cli.runtime import dask_cluster
from support.command import COMMAND

pytestmark = pytest.mark.dask

LONG = {3: 90_000, 120: 6_000}  # rows, by classes; blocks have 87,381 and 2,184 of them


@pytest.fixture(scope="module")
def workers() -> Iterator[LocalCluster]:
    """Two processes that have nothing but the files in common with this one."""
    with LocalCluster(
        n_workers=2, threads_per_worker=1, memory_limit=0, dashboard_address=":0", silence_logs=dask_cluster.QUIET
    ) as running:
        yield running


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("files")


def probabilities(rows: int, k: int, seed: int = 0, kind: Any = np.float32) -> tuple[np.ndarray, np.ndarray]:
    """N×K, and (N,) labels of which one in twelve is drawn anew."""
    rng = np.random.default_rng([seed, rows, k])
    truth = np.random.default_rng([rows, k]).integers(0, k, rows)
    scores = rng.normal(size=(rows, k))
    scores[np.arange(rows), truth] += 3 + np.log(k)
    p = np.exp(scores)
    given = np.where(np.random.default_rng(k).random(rows) < 1 / 12, (truth + 1) % k, truth)
    return (p / p.sum(axis=1, keepdims=True)).astype(kind), given


def columns(p: np.ndarray, names: Sequence[str] | None = None) -> dict[str, np.ndarray]:
    return {f"prob_{names[j] if names else f'c{j:03}'}": p[:, j] for j in range(p.shape[1])}


def labeled(given: np.ndarray) -> dict[str, Any]:
    ids = [f"{row * 7919 % 1_000_003:07}" for row in range(len(given))]
    return {"id": ids, "label": [f"c{code:03}" for code in given]}


def written(path: Path, table: dict[str, Any], group: int | None = None, parts: int = 1) -> str:
    """Parquet in row groups of so many rows; several files are called by a glob."""
    whole = pa.table(table)
    step = -(-len(whole) // parts)
    for number in range(parts):
        one = path if parts == 1 else path.with_name(f"{path.stem}-{number}.parquet")
        pq.write_table(whole.slice(number * step, step), one, row_group_size=group)
    return str(path if parts == 1 else path.with_name(f"{path.stem}-*.parquet"))


def told(data: str, **options: Any) -> tuple[bytes, list[str]]:
    """Every row as CSV, and what standard error would say."""
    found = find(data, **options)
    out = io.BytesIO()
    csv.write(found.table(found.select(every=True)), out)
    return out.getvalue(), list(found.summary(len(found.dataset), verbose=True))


def assert_same(workers: LocalCluster, data: str, **options: Any) -> tuple[bytes, list[str]]:
    here = told(data, **options)
    there = told(data, engine="dask", scheduler=workers.scheduler_address, **options)
    assert there == here
    return here


def refused(data: str, **options: Any) -> str:
    with pytest.raises(InputError) as error:
        find(data, **options)
    return str(error.value)


@pytest.mark.parametrize(("k", "group", "parts"), [(3, 7777, 3), (120, 400, 1)])
def test_any_parts_make_the_same_queue(workers: LocalCluster, files: Path, k: int, group: int, parts: int) -> None:
    p, given = probabilities(LONG[k], k)
    data = written(files / f"any{k}-{group}.parquet", labeled(given) | columns(p), group, parts)
    queue, said = assert_same(workers, data)
    assert queue.count(b"\n") > LONG[k]
    assert any("flagged" in line for line in said)


def test_parts_are_row_groups_and_reach_beyond_blocks(files: Path) -> None:
    """Else the test above would not see blocks that are made of several parts' rows."""
    from hardneg_cli.data.load import load
    from hardneg_cli.data.probabilities.loading import inside
    from hardneg_cli.data.probabilities.probabilities import block_rows, together

    p, given = probabilities(9000, 120)
    data = written(files / "parts.parquet", labeled(given) | columns(p), 500)
    dataset = load(data)
    own = inside(dataset)
    assert own is not None
    spans = engine.parts(together([own], dataset)[1])
    assert [span.start for span in spans] == list(range(0, 9000, 500))
    assert any(span.start // block_rows(120) != (span.stop - 1) // block_rows(120) for span in spans)


def test_two_models_of_other_classes_precision_and_row_groups(workers: LocalCluster, files: Path) -> None:
    p, given = probabilities(20_000, 12)
    q, _ = probabilities(20_000, 12, seed=1, kind=np.float64)
    q = q[:, ::-1][:, 1:]  # another order, and one class less
    q /= q.sum(axis=1, keepdims=True)
    names = [f"c{code:03}" for code in range(10, -1, -1)]
    table = labeled(given)
    data = written(files / "two.parquet", table, 3000)
    first = written(files / "first.parquet", {"id": table["id"]} | columns(p), 1000)
    second = written(files / "second.parquet", {"id": table["id"]} | columns(q, names), 1300, 2)
    assert_same(workers, data, probs=[first, second])


def test_skipped_rows(workers: LocalCluster, files: Path) -> None:
    """Without a label, without sound probabilities, without any."""
    p, given = probabilities(12_000, 12)
    p[[5, 5000, 11_999]] = np.nan
    table = labeled(given)
    table["label"] = [None if row % 97 == 0 else name for row, name in enumerate(table["label"])]
    data = written(files / "skip.parquet", table | columns(p), 700)
    _, said = assert_same(workers, data, on_bad_rows="skip")
    assert any("left out" in line for line in said)
    keep = [row for row in range(12_000) if row % 101]
    some = written(files / "some.parquet", {"id": [table["id"][row] for row in keep]} | columns(p[keep]), 900)
    assert_same(workers, written(files / "bare.parquet", table), probs=[some], on_bad_rows="skip")


@pytest.mark.parametrize("trouble", ["nan", "sum", "permuted", "short", "text", "unordered"])
def test_what_is_wrong_is_told_alike(workers: LocalCluster, files: Path, trouble: str) -> None:
    p, given = probabilities(9000, 6)
    table, numbers = labeled(given), columns(p)
    if trouble == "nan":
        p[3000:3100:7, 2] = np.nan
    if trouble == "sum":
        p[[8000, 100]] /= 2
    if trouble == "permuted":
        numbers = dict(zip(numbers, [*list(numbers.values())[1:], numbers["prob_c000"]], strict=True))
    if trouble == "short":
        numbers = {name: column[:8990] for name, column in numbers.items()}
    if trouble == "text":
        numbers["prob_c002"] = np.array(["0.1"] * 5000 + ["much"] + ["0.1"] * 3999)
    if trouble == "unordered":
        numbers = {name: np.roll(column, 17) for name, column in numbers.items()}
    data = written(files / f"wrong-{trouble}.parquet", table, 2000)
    model = written(files / f"model-{trouble}.parquet", numbers, 1000)
    said = refused(data, probs=[model])
    assert refused(data, probs=[model], engine="dask", scheduler=workers.scheduler_address) == said


def test_what_workers_cannot_read_is_refused(workers: LocalCluster, files: Path) -> None:
    p, given = probabilities(500, 6)
    table, options = labeled(given), {"engine": "dask", "scheduler": workers.scheduler_address}
    data = written(files / "no.parquet", table)
    order = np.random.default_rng(0).permutation(500)
    shuffled = {"id": [table["id"][row] for row in order]} | columns(p[order])
    np.save(files / "no.npy", p)
    for source, classes in (
        (written(files / "shuffled.parquet", shuffled), None),
        (str(files / "no.npy"), [f"c{code:03}" for code in range(6)]),
        (p, [f"c{code:03}" for code in range(6)]),
    ):
        find(data, probs=[source], classes=classes)
        assert "needs Parquet files" in refused(data, probs=[source], classes=classes, **options)
    assert "nothing to share out" in refused(data, **options)
    assert "only an engine with a cluster" in refused(data, scheduler="tcp://127.0.0.1:1")
    assert "did you mean 'dask'" in refused(data, engine="desk")


def test_a_file_that_goes_bad_under_way(workers: LocalCluster, files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    p, given = probabilities(9000, 6)
    options: dict[str, Any] = {"engine": "dask", "scheduler": workers.scheduler_address}
    for number, (harm, words) in enumerate((
        (lambda path: path.unlink(), "cannot be read"),
        (lambda path: path.write_bytes(path.read_bytes()[:4] + b"\xff" * 200_000), "not a Parquet file"),
    )):  # fmt: skip
        path = files / f"goes-bad-{number}.parquet"
        data = written(path, labeled(given) | columns(p), 1000)
        with monkeypatch.context() as patch:
            submitted = engine._worked_on

            def harmed(*given: Any, harm: Any = harm, path: Path = path, submitted: Any = submitted) -> Iterator[Any]:
                harm(path)
                yield from submitted(*given)

            patch.setattr(engine, "_worked_on", harmed)
            said = refused(data, **options)
        assert said.startswith(f"{path}: {words}")


def test_killed_workers_cost_no_more_than_time(
    workers: LocalCluster, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One in each of the first passes, while parts are under way and others are done; sums are not doubled."""
    p, given = probabilities(60_000, 20)
    data = written(files / "killed.parquet", labeled(given) | columns(p), 2000)
    here, waited, killed = told(data), 0, []
    as_usual = dask_cluster.result

    def deadly(client: Client, future: Any) -> Any:
        nonlocal waited
        waited += 1
        if waited in (5, 40):
            victims = client.run(os.getpid)
            killed.append(next(iter(victims.values())))
            os.kill(killed[-1], signal.SIGKILL)
        return as_usual(client, future)

    monkeypatch.setattr(dask_cluster, "result", deadly)
    assert told(data, engine="dask", scheduler=workers.scheduler_address) == here
    assert len(killed) == 2
    assert not any(Path(f"/proc/{pid}").exists() for pid in killed)


def test_remote_files(workers: LocalCluster, files: Path) -> None:
    import fsspec

    p, given = probabilities(9000, 6)
    data = written(files / "remote.parquet", labeled(given) | columns(p), 1000, 2)
    here, said = told(data)
    pattern = f"file://{data}"
    assert told(pattern, engine="dask", scheduler=workers.scheduler_address)[0] == here
    memory = fsspec.filesystem("memory")
    for path in sorted(files.glob("remote-*.parquet")):
        memory.pipe(f"/hardneg/{path.name}", path.read_bytes())
    assert told("memory://hardneg/remote-*.parquet")[0] == here
    assert "that workers can open" in refused("memory://hardneg/remote-*.parquet", engine="dask")
    assert "no file" in refused("memory://hardneg/none-*.parquet")
    assert "cannot be read" in refused("memory://hardneg/none.parquet")
    assert "cannot be read: Protocol not known" in refused("nothing://hardneg/none.parquet")
    assert said


def test_what_a_file_system_raises_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    import fsspec
    from fsspec.implementations.memory import MemoryFileSystem

    class Unreachable(MemoryFileSystem):
        protocol = "unreachable"

        def glob(self, *_: object, **__: object) -> list[str]:
            raise RuntimeError("no credentials")

        def _open(self, *_: object, **__: object) -> object:
            raise RuntimeError("no credentials")

    fsspec.register_implementation("unreachable", Unreachable)
    monkeypatch.setattr(remote, "FOREIGN", {"builtins": "RuntimeError"})
    assert "part-*.parquet: cannot be listed: no credentials" in refused("unreachable://bucket/part-*.parquet")
    assert "part-0.parquet: cannot be read: no credentials" in refused("unreachable://bucket/part-0.parquet")


def run(folder: Path, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [*COMMAND, *arguments], cwd=folder, env=environment(folder), capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stderr
    return done


def environment(folder: Path) -> dict[str, str]:
    """With a folder of its own for what is temporary."""
    (folder / "tmp").mkdir(exist_ok=True)
    return os.environ | {"TMPDIR": str(folder / "tmp")}


def alive(folder: Path) -> list[str]:
    """Processes whose temporary files would be in the folder."""
    mark, found = f"TMPDIR={folder / 'tmp'}".encode(), []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            found += [path.parent.name] if mark in path.read_bytes().split(b"\0") else []
        except OSError:  # it has just ended
            continue
    return found


def test_a_cluster_of_its_own_leaves_nothing_behind(tmp_path: Path) -> None:
    p, given = probabilities(9000, 6)
    written(tmp_path / "data.parquet", labeled(given) | columns(p), 1000)
    here = run(tmp_path, "find", "data.parquet", "--all", "-f", "csv")
    there = run(tmp_path, "find", "data.parquet", "--all", "-f", "csv", "--engine", "dask")
    assert (there.stdout, there.stderr.replace(" --engine dask", "")) == (here.stdout, here.stderr)
    assert list((tmp_path / "tmp").iterdir()) == []
    assert alive(tmp_path) == []


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupt_takes_the_cluster_along(tmp_path: Path, number: int, code: int) -> None:
    """Ctrl-C reaches the whole group of processes, whatever they are doing; being terminated only the first one."""
    p, given = probabilities(60_000, 20)
    written(tmp_path / "data.parquet", labeled(given) | columns(p), 1000)
    process = subprocess.Popen(
        [*COMMAND, "find", "data.parquet", "--engine", "dask", "-o", "queue.csv"],
        cwd=tmp_path, env=environment(tmp_path), stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    while len(alive(tmp_path)) < 3 and process.poll() is None:
        time.sleep(0.02)
    (os.killpg if number == signal.SIGINT else os.kill)(process.pid, number)
    _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (code, "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data.parquet", "tmp"]
    assert list((tmp_path / "tmp").iterdir()) == []
    assert alive(tmp_path) == []


def test_a_scheduler_that_does_not_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    p, given = probabilities(500, 6)
    data = written(tmp_path / "data.parquet", labeled(given) | columns(p))
    monkeypatch.setattr(dask_cluster, "CONNECTING_SECONDS", 1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        for address in (f"tcp://127.0.0.1:{silent.getsockname()[1]}", "tcp://127.0.0.1:9", "tcp://", "no://where"):
            assert f"`scheduler='{address}'`: no scheduler answers" in refused(data, engine="dask", scheduler=address)


LOADED = """
import os, sys
from hardneg_cli.cli.app import main
sys.argv = ["hardneg", *sys.argv[1:]]
leave = os._exit
def leaving(code):
    print([name for name in ("dask", "distributed", "fsspec") if name in sys.modules], flush=True)
    leave(code)
os._exit = leaving
main()
"""


def test_dask_is_loaded_only_for_its_engine(tmp_path: Path) -> None:
    p, given = probabilities(500, 6)
    written(tmp_path / "data.parquet", labeled(given) | columns(p))
    for arguments in (["find", "--help"], ["find", "data.parquet", "-q", "-o", "queue.csv"]):
        done = subprocess.run(
            [sys.executable, "-c", LOADED, *arguments], cwd=tmp_path, capture_output=True, text=True, check=True
        )
        assert done.stdout.splitlines()[-1] == "[]"


def test_one_run_leaves_dask_as_it_was(workers: LocalCluster, files: Path) -> None:
    """In a process of its own: it is the first import that brings Dask's settings."""
    p, given = probabilities(500, 6)
    data = written(files / "again.parquet", labeled(given) | columns(p))
    code = "import sys, hardneg_cli as h\nfor _ in 1, 2: h.find(sys.argv[1], engine='dask', scheduler=sys.argv[2])"
    subprocess.run([sys.executable, "-c", code, data, workers.scheduler_address], check=True)


def test_without_dask_one_line_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("id,label\n1,a\n2,b\n")
    code = f"import sys; sys.modules['distributed'] = None\n{LOADED}"
    done = subprocess.run(
        [sys.executable, "-c", code, "find", "data.csv", "--engine", "dask"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "pip install 'hardneg-cli[dask]'" in done.stderr
