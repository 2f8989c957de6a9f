"""What the command is called for: each line a call on sound files, one of which a case then puts something else for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from support.hostile.good_files import KINDS

WITH = "--probs probs.csv --features x,y --text text"
PROBS = ("csv", "parquet", "npy", "npz")
QUEUES = ("csv", "tsv", "xlsx", "parquet", "json", "ndjson")
EXPORTS = ("studio.json", "prodigy.jsonl", "argilla.json", "doccano.jsonl")


@dataclass(frozen=True)
class Situation:
    """arguments: the call. hostile: the file that is not to be trusted. beside, outputs: what it reads and writes."""

    arguments: str
    hostile: str
    beside: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    stdin: str = "/dev/null"

    @property
    def command(self) -> str:
        return self.arguments.split()[0]

    def files(self, good: Mapping[str, bytes]) -> dict[str, bytes]:
        """What it is called on: `good` files, by name."""
        names = {name: "settings.toml" if name == "hardneg.toml" else name for name in (*self.beside, self.hostile)}
        return {name: good[sound] for name, sound in names.items()}


def _data(kind: str) -> tuple[Situation, ...]:
    name = f"data.{kind}"
    return (
        Situation(f"find {name} {WITH} -o out.csv --state state.out", name, ("probs.csv",), ("out.csv", "state.out")),
        Situation(f"find {name} -f html -o q.xlsx --image text --all", name, (), ("q.xlsx",)),
        Situation(f"apply {name} queue.csv -o out.{kind} --provenance why.out", name, ("queue.csv",),
                  (f"out.{kind}", "why.out")),
        Situation(f"apply {name} queue.csv --in-place", name, ("queue.csv",), (name,)),
        Situation(f"check {name} --base base.csv --text text --probs probs.csv --split split --queue q.csv "
                  "--metrics m.json", name, ("base.csv", "probs.csv"), ("q.csv", "m.json")),
        Situation(f"check data.csv --base {name}", name, ("data.csv",) if name != "data.csv" else ()),
        Situation(f"diff {name} base.csv -o d.json", name, ("base.csv",), ("d.json",)),
        Situation(f"predict {name} --features x,y --folds 2 -o p.parquet", name, (), ("p.parquet",)),
        Situation(f"split {name} --features x,y --text text --split part -o out.{kind}", name, (), (f"out.{kind}",)),
        Situation(f"augment {name} --text text --by case --folds 2 -o out.csv", name, (), ("out.csv",)),
        Situation(f"apply {name} --clean exact-duplicate=drop --clean label-spelling=relabel --fill x=median "
                  f"--fill text=none -o out.{kind}", name, (), (f"out.{kind}",)),
    )  # fmt: skip


def _others() -> tuple[Situation, ...]:
    data, probs = ("data.csv",), ("data.csv", "probs.csv")
    return (
        *(Situation(f"find data.csv --probs probs.{kind} --classes classes.txt -o out.csv", f"probs.{kind}",
                    ("data.csv", "classes.txt"), ("out.csv",)) for kind in PROBS),
        Situation("find data.csv --probs lists.parquet --classes classes.txt -o out.csv", "lists.parquet",
                  ("data.csv", "classes.txt"), ("out.csv",)),
        Situation("find data.csv --probs probs.npy --classes classes.txt -f json", "classes.txt",
                  ("data.csv", "probs.npy")),
        Situation("find data.csv --features vectors.npy -o out.parquet", "vectors.npy", data, ("out.parquet",)),
        Situation("find data.parquet --features vec -o out.ndjson", "data.parquet", (), ("out.ndjson",)),
        Situation("find data.csv --audit audit.csv --probs probs.csv -f csv", "audit.csv", probs),
        Situation("find data.csv --decisions log.ndjson -f csv", "log.ndjson", data),
        Situation("find data.csv -f table", "data.csv.decisions.ndjson", data),
        Situation("find data.csv -f markdown", "hardneg.toml", data),
        *(Situation(f"assign scores.{kind} --reviewers a,b --control 5 -o team.csv", f"scores.{kind}", (),
                    ("team.csv", "team.a.csv", "team.b.csv")) for kind in ("csv", "parquet", "xlsx", "ndjson")),
        Situation("assign scores.csv --reviewers a,b --decisions log.ndjson -o team.xlsx", "log.ndjson",
                  ("scores.csv",), ("team.xlsx", "team.a.xlsx", "team.b.xlsx")),
        *(Situation(f"review {name} --reviewer ann", name, (), (f"{name}.decisions.ndjson",), "terminal")
          for name in ("scores.csv", "scores.xlsx")),
        Situation("review data.csv --reviewer ann", "data.csv.decisions.ndjson", data, (), "terminal"),
        *(Situation(f"collect queue.{kind} --data data.csv --reviewer bob -o conflicts.csv", f"queue.{kind}", data,
                    ("conflicts.csv",)) for kind in QUEUES),
        *(Situation(f"collect {name} --data data.csv --reviewer bob", name, data) for name in EXPORTS),
        Situation("collect queue.csv --data data.csv --reviewer bob", "data.csv.decisions.ndjson",
                  ("data.csv", "queue.csv")),
        Situation("collect log.ndjson --data data.csv --reviewers-report who.csv", "log.ndjson", data, ("who.csv",)),
        Situation("collect queue.csv --data data.csv --reviewer bob --probs probs.csv --consensus c.csv", "probs.csv",
                  ("data.csv", "queue.csv"), ("c.csv",)),
        Situation("collect - --data data.csv --reviewer bob", "queue.csv", data, (), "queue.csv"),
        *(Situation(f"apply data.csv queue.{kind} -o out.csv", f"queue.{kind}", data, ("out.csv",)) for kind in QUEUES),
        *(Situation(f"apply data.csv {name} --reviewer ann -o out.csv", name, data, ("out.csv",)) for name in EXPORTS),
        Situation("apply data.csv -o out.csv", "data.csv.decisions.ndjson", data, ("out.csv",)),
        Situation("apply - queue.csv -o out.csv", "data.csv", ("queue.csv",), ("out.csv",), "data.csv"),
        Situation("undo clean.csv why.json -o back.csv", "why.json", ("clean.csv",), ("back.csv",)),
        Situation("undo clean.csv why.json --in-place", "clean.csv", ("why.json",), ("clean.csv",)),
        Situation("undo clean.parquet typed.json -o back.parquet", "typed.json", ("clean.parquet",),
                  ("back.parquet",)),
        Situation("undo clean.parquet typed.json -o back.parquet", "clean.parquet", ("typed.json",),
                  ("back.parquet",)),
        Situation("check data.csv --state state.parquet", "state.parquet", data),
        Situation("check data.csv --base base.csv -f github", "data.csv.decisions.ndjson", ("data.csv", "base.csv")),
        Situation("check data.csv --audit audit.csv --probs probs.csv --fail-on error-bound", "audit.csv", probs),
        Situation("predict data.csv --text text --folds 2 --frozen frozen.csv --new pool.csv --new-output n.csv "
                  "-o p.csv", "pool.csv", ("data.csv", "frozen.csv"), ("n.csv", "p.csv")),
        *(Situation(f"mine data.csv --probs probs.csv --text text {more}", hostile, probs,
                    ("m.csv", "s.csv", "t.jsonl"))
          for hostile in ("data.csv", "probs.csv")
          for more in ("-o m.csv --suspects s.csv", "--mode retrieval --triplets t.jsonl")),
        *(Situation("refine data.csv --unlabeled pool.csv --features x,y --rounds 1 --queue q.csv -o r.csv", hostile,
                    ("data.csv", "pool.csv"), ("q.csv", "r.csv")) for hostile in ("data.csv", "pool.csv")),
        Situation("refine data.csv --unlabeled pool.csv --features x,y --rounds 1 --ledger ledger.csv -o r.csv",
                  "ledger.csv", ("data.csv", "pool.csv"), ("r.csv", "ledger.csv")),
        Situation("refine data.csv --unlabeled pool.csv --undo-round 1 --ledger ledger.csv -o r.csv", "ledger.csv",
                  ("data.csv", "pool.csv"), ("r.csv", "ledger.csv")),
        *(Situation("dual data.csv --probs probs.csv --features x,y -o d.csv --adjusted a.csv --slices s.csv", hostile,
                    probs, ("d.csv", "a.csv", "s.csv")) for hostile in ("data.csv", "probs.csv")),
        Situation("harden data.csv --features x,y --folds 0 --model logistic -o h.csv", "data.csv", (), ("h.csv",)),
        Situation("harden data.csv --text text --folds 0 -o h.csv --split split", "data.csv", (), ("h.csv",)),
        *(Situation("weigh data.csv --probs probs.csv --text text --hardness 1 -o w.parquet", hostile,
                    ("data.csv", "probs.csv"), ("w.parquet",)) for hostile in ("data.csv", "probs.csv")),
        Situation("weigh data.csv -f csv", "data.csv.decisions.ndjson", data),
        Situation("split data.csv --keep base.csv --time x -o s.csv", "base.csv", data, ("s.csv",)),
        Situation("augment data.csv --features x,y --by noise --folds 2 -o a.csv --report r.csv", "data.csv", (),
                  ("a.csv", "r.csv")),
        Situation("compare probs.csv other.csv data.csv --checkpoints --split split --curves u.csv --cartography c.csv "
                  "-f csv", "other.csv", ("data.csv", "probs.csv"), ("u.csv", "c.csv")),
        *(Situation("compare probs.csv other.csv data.csv -o c.json", hostile, ("data.csv", "probs.csv", "other.csv"),
                    ("c.json",)) for hostile in ("data.csv", "other.csv")),
        Situation("audit draw scores.csv --rows 20 -o a.csv", "scores.csv", (), ("a.csv",)),
        Situation("audit draw scores.parquet --rows 20 -f json", "scores.parquet"),
        Situation("audit estimate audit.csv -o e.json", "audit.csv", (), ("e.json",)),
        Situation("explain scores.csv --row r3", "scores.csv"),
        Situation("explain --row r3 scores.parquet", "scores.parquet"),
    )  # fmt: skip


SITUATIONS = (*(one for kind in KINDS for one in _data(kind)), *_others())
