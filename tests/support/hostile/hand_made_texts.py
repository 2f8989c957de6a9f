"""Text that somebody had to think of, what is no file at all, logs and settings of strangers."""

from __future__ import annotations

import json
from collections.abc import Iterator

from support.hostile.running import Files, HostileCase, called

DEEP = 200_000
FIND = "find {} --probs probs.csv -o out.csv"


def texts(good: Files) -> Iterator[HostileCase]:
    """Each made when it is asked for."""
    for make in (_texts, _json, _no_files, _streams, _logs, _settings):
        yield from make(good)


def _texts(good: Files) -> Iterator[HostileCase]:
    wide = b"id,label," + b",".join(b"c%d" % number for number in range(1_000_000))
    files = {
        "a million columns": wide + b"\nr1,cat" + b"," * 1_000_000 + b"\n",
        "quotes": b'id,label\n"' + b'""' * 20_000_000,
        "a cell": b"id,label,text\nr1,cat," + b"x" * 50_000_000 + b"\n",
        "carriage returns": b"id,label\r" + b"\r" * 10_000_000,
        "byte-order marks": b"\xef\xbb\xbf" * 1_000_000,
        "half a character": "id,label\nr1,cat\n".encode("utf-16")[:-1],
        "controls": bytes(range(32)) * 100,
        "delimiters": b"," * 30_000_000,
        "sep": b"sep=,\n" * 100_000,
        "one column": b"label\ncat\ndog\n",
    }
    for name, data in files.items():
        for call in (FIND, "diff {} data.csv", "apply {} queue.csv -o out.csv", "collect {} --data data.csv"):
            yield called(name, call.format("in.csv"), good, {"in.csv": data, "data.csv": good["data.csv"]})


def _json(good: Files) -> Iterator[HostileCase]:
    files = {
        "deep list": b'{"id": ' + b"[" * DEEP + b"]" * DEEP + b"}\n",
        "deep array": b"[" * DEEP,
        "deep object": b'{"id": "r1", "label": ' + b'{"a":' * DEEP,
        "long number": b'{"id": ' + b"9" * 10_000_000 + b"}",
        "long line": lambda: b'{"id": "' + b"x" * 300_000_000 + b'"}\n',
        "objects": b'{"id":1,"label":"a"}' * 100_000,
        "surrogates": b'{"id": "\\ud800", "label": "\\udfff"}\n{"id": "b", "label": "c"}\n',
        "many keys": json.dumps({f"k{number}": number for number in range(300_000)}).encode(),
        "key twice": b'{"id": 1, "id": 2, "label": "cat"}\n',
        "no objects": b'[[1], "a", null, {"id": 1}]',
        "words": b'{"id": NaN, "label": Infinity}\n{"id": -Infinity, "label": true}\n',
    }
    for name, data in files.items():
        for call in ("find {} -f csv", "collect {} --data data.csv --reviewer ann", "apply data.csv {} -o out.csv",
                     "undo data.csv {} -o out.csv", "check data.csv --base {}"):  # fmt: skip
            yield called(name, call.format("in.json"), good, {"in.json": data})
    yield called(
        "deep classes", "find data.csv --probs probs.npy --classes c.json", good, {"c.json": b"[" * DEEP}, code=2
    )


def _no_files(good: Files) -> Iterator[HostileCase]:
    makes = {
        "a folder": "mkdir in.csv",
        "nothing": "ln -s nowhere in.csv",
        "a loop": "ln -s in.csv in.csv",
        "zeros": "ln -s /dev/zero in.csv",
        "chance": "ln -s /dev/urandom in.csv",
        "null": "ln -s /dev/null in.csv",
        "full": "ln -s /dev/full in.csv",
        "unreadable": "mkdir -m 0 in.csv",
        "a socket": "python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"in.csv\")'",
        "memory": "ln -s /proc/self/mem in.csv",
    }
    calls = (
        FIND,
        "find data.csv --probs {}",
        "find data.csv --features {}",
        "check data.csv --base {}",
        "diff {} data.csv",
        "apply data.csv {} -o out.csv",
        "collect {} --data data.csv --reviewer a",
        "assign {} -o out.csv",
        "find data.csv --decisions {}",
        "undo data.csv {} -o out.csv",
        "refine data.csv --unlabeled {} --features x,y",
        "find data.csv --probs probs.npy --classes {}",
        "collect queue.csv --decisions {} --reviewer ann",
    )
    for number, (name, makes_it) in enumerate(makes.items()):
        for call in calls[number % 2 :: 2]:
            yield called(name, call.format("in.csv"), good, {}, makes=makes_it, code=2)
    for call in ("find in.csv -f csv", "find data.csv --probs in.csv -f csv", "apply data.csv in.csv -o out.csv"):
        source = {"find in": "data", "find da": "probs", "apply d": "queue"}[call[:7]] + ".csv"
        more = {source: good[source], "data.csv": good["data.csv"]}
        pipe = f"mkfifo in.csv; (cat {source} > in.csv &) > /dev/null 2>&1"
        yield called("a named pipe", call, good, more, makes=pipe, code=0)


def _streams(good: Files) -> Iterator[HostileCase]:
    calls = (
        "find - -f csv",
        "apply - queue.csv -o out.csv",
        "apply data.csv - -o out.csv",
        "check -",
        "predict - --text text",
        "collect - --data data.csv --reviewer ann",
        "diff - data.csv",
        "diff data.csv -",
        "find data.csv --probs -",
        "assign - -o out.csv",
        "mine - --probs probs.csv",
        "undo - why.json -o out.csv",
        "audit estimate -",
        "audit draw -",
        "dual - --probs probs.csv --features x",
        "harden - --features x,y",
        "compare - - data.csv",
        "refine - --unlabeled pool.csv --features x,y",
        "find - --probs - -f csv",
        "explain --row r1 -",
    )
    for call in calls:
        yield called("closed input", call, good, {}, stdin="closed", code=2)
        yield called("no input", call, good, {}, code=2)
    for call in ("find - --probs - -f csv", "apply - - -o out.csv", "diff - -"):
        yield called("one stream for two", call, good, {"data.csv": good["data.csv"]}, stdin="data.csv", code=2)


def _logs(good: Files) -> Iterator[HostileCase]:
    line = good["log.ndjson"].splitlines()[0]
    one = json.loads(line)
    lines = {
        "a damaged line": line[:20] + b"\n" + line + b"\n",
        "conflict": b"<<<<<<< HEAD\n" + line + b"\n=======\n>>>>>>> x\n",
        "no time": json.dumps(one | {"at": "soon"}).encode() + b"\n",
        "a list": b"[1]\n",
        "the year 9999": json.dumps(one | {"at": "9999-12-31T23:59:59Z"}).encode() + b"\n" + line + b"\n",
        "long": lambda: json.dumps(one | {"note": "x" * 200_000_000}).encode() + b"\n",
        "deep": b'{"v":' + b"[" * DEEP + b"\n",
        "another file": b"export PATH=/bin\n",
        "binary": bytes(range(256)),
        "a dataset": good["data.csv"],
    }
    calls = (
        "collect queue.csv --data data.csv --reviewer bob",
        "find data.csv -f csv",
        "apply data.csv -o out.csv",
        "check data.csv --base base.csv",
        "review data.csv --reviewer bob",
    )
    for name, data in lines.items():
        for call in calls:
            stdin = "terminal" if call.startswith("review") else "/dev/null"
            yield called(f"log: {name}", call, good, {"data.csv.decisions.ndjson": data}, stdin=stdin)


def _settings(good: Files) -> Iterator[HostileCase]:
    files = {
        "deep": b"a = " + b"[" * DEEP,
        "deep table": b"[" + b".".join([b"a"] * DEEP) + b"]",
        "binary": bytes(range(256)),
        "outside": b'output = "/tmp/planted.csv"\n',
        "a URL": b'probs = ["http://127.0.0.1:9/p.csv"]\n',
        "up": b'decisions = ["../../log.ndjson"]\n',
        "a scheduler": b'engine = "dask"\nscheduler = "tcp://127.0.0.1:9"\n',
        "unknown": b"labl = 1\n",
        "a date": b"label = 2020-01-01\n",
        "a long word": b'label = "' + b"x" * 20_000_000 + b'"\n',
        "gate off": b"exit-zero = true\n",
    }
    for name, data in files.items():
        for call in (
            "find data.csv --probs probs.csv -f csv",
            "check data.csv --base base.csv",
            "apply data.csv -o out.csv",
        ):
            yield called(f"settings: {name}", call, good, {"hardneg.toml": data})
