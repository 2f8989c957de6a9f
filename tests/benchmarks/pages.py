"""The manual's measured tables, made from the results: `python -m tests.benchmarks pages`.

A table stands on a page between `<!-- table: NAME -->` and `<!-- end -->`; NAME is a function of this file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from statistics import fmean
from textwrap import wrap
from typing import Any

from .results import Record, Results, read

MANUAL = Path(__file__).parents[2] / "hardneg_cli" / "manual"
PAGES = ("quality.md", "speed.md")
BLOCK = re.compile(r"(<!-- table: ([\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
MB, GB = 1e6, 1e9
SETS = {"digits": "digits", "banking77": "BANKING77"}
ATTACKS = {"digits": "projected gradient", "banking77": "two edits a text"}
SHOWN = (  # of the commits that the benchmark of the gate simulates
    ("added", 150), ("of two classes", 1000), ("corrections without a log", 1000), ("of the hardest third", 150),
    ("10% get any label", 150), ("10% get any label", 1000), ("10% get the most confused label", 1000),
    ("25% get any label", 20), ("25% get the most confused label", 150),
)  # fmt: skip
UP_TO = ("of two classes", "corrections without a log")  # of which there may be fewer
RIGHT = ("of the hardest third", "from another source")  # labels, which a model doubts all the same
SIMPLER = ("any new finding", "any flagged changed row", "Fisher's test")


def main() -> None:
    for page in PAGES:
        path = MANUAL / page
        path.write_text(filled(path.read_text(encoding="utf-8")), encoding="utf-8")


def filled(page: str) -> str:
    """The page with every table made anew."""
    return BLOCK.sub(lambda block: block[1] + "".join(f"{line}\n" for line in block_of(block[2])) + block[3], page)


def block_of(name: str) -> list[str]:
    """A table's lines and where its figures are from, or a sentence with figures."""
    if name in SENTENCES:
        benchmark, said = SENTENCES[name]
        return _wrapped(said(read(benchmark).tables[name]))
    results = read(name)
    return [*TABLES[name](results.tables[name]), "", *_wrapped(origin(results))]


def origin(results: Results) -> str:
    where = f" on {results.machine}" if results.machine else ""
    versions = ", ".join(f"{name.removesuffix('-cli')} {number}" for name, number in results.versions.items())
    return f"Measured {results.measured}{where}: {versions}."


def detection(records: Iterable[Record]) -> list[str]:
    """A line a set or a family of sets; the best without an audit in bold."""
    names = (
        "labels", "rows", "wrong", "AP hardneg", "self-conf.", "margin", "entropy",
        "F1 hardneg", "argmax", "cleanlab", "audited", "count hardneg (interval)", "audited", "cleanlab",
    )  # fmt: skip
    return _table(names, [_detection_line(one) for one in records])


def _detection_line(one: Record) -> list[str]:
    ap = _bold([one["ap"].get(name) for name in ("hardneg", "self_confidence", "margin", "entropy")])
    f1 = _bold([one["f1"].get(name) for name in ("hardneg", "argmax", "cleanlab")])
    wrong = f"{one['wrong']:,}" if one["sets"] == 1 else f"{one['wrong_share']:.0%}"
    count, audited, theirs = one["count"], one["count_audited"], one["count_cleanlab"]
    if one["sets"] == 1:
        interval = f"{count['low']:,.0f}–{count['high']:,.0f}{'' if count['covered'] else ' missed'}"
    else:
        interval = f"{count['covered']} of {one['sets']} covered"
    counts = [f"{_count(count)} ({interval})", _count(audited), _count(theirs)]
    return [one["labels"], f"{one['rows']:,}", wrong, *ap, *f1, _three(one["f1"].get("audited")), *counts]


def _count(count: Record) -> str:
    """Of one set the count, of several the factor by which it is off, or the share of rows where nothing is wrong."""
    if "value" in count:
        return f"{count['value']:,.0f}"
    return f"off ×{count['off']:.2f}" if "off" in count else f"{count['share']:.1%}"


def _bold(values: Sequence[float | None]) -> list[str]:
    shown = [_three(value) for value in values]
    return [f"**{text}**" if text == max(shown) and text != "–" else text for text in shown]


def _three(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def gate(records: Iterable[Record]) -> list[str]:
    """The most telling kinds of commits."""
    found = {(one["commits"], one["rows"]): one for one in records}
    return gate_lines([found[kind] for kind in SHOWN if kind in found])


def gate_lines(records: Sequence[Record]) -> list[str]:
    """A line a kind of commit: the share that is failed, by the simpler gates over all sets, and by `rate` on each."""
    sets = list(dict.fromkeys(name for one in records for name in one["rate"]))
    names = ("commits", "rows", *SIMPLER, *(SETS.get(name, name) for name in sets))
    return _table(names, [_gate_line(one, sets) for one in records])


def _gate_line(one: Record, sets: Iterable[str]) -> list[str]:
    harmless = one["commits"] in ("added", "edited", "of two classes")
    name = f"harmless, {one['commits']}" if harmless else one["commits"]
    rows = f"≤ {one['rows']:,}" if one["commits"].startswith("corrections") else f"{one['rows']:,}"
    shares = [*(one["fails"][name] for name in SIMPLER), *(one["rate"].get(name) for name in sets)]
    return [name, rows, *("–" if share is None else _whole(share) for share in shares)]


def own_model(records: Sequence[Record]) -> list[str]:
    """A line a kind of commit: the share that is red over all sets, and on the set with the worst, with its name."""
    lines = []
    for one in records:
        red, sound = one["red"], one["harmless"] or one["commits"] in RIGHT
        worst = (max if sound else min)(red, key=red.__getitem__)
        lines.append([
            f"harmless, {one['commits']}" if one["harmless"] else one["commits"],
            f"≤ {one['rows']:,}" if one["commits"] in UP_TO else f"{one['rows']:,}",
            str(len(red)), _whole(fmean(red.values())), f"{_whole(red[worst])} ({SETS.get(worst, worst)})",
            *(_whole(red[name]) if name in red else "–" for name in SETS),
        ])  # fmt: skip
    return _table(("commits", "rows", "sets", "red", "worst", *SETS.values()), lines)


def _whole(share: float) -> str:
    return f"{share:.1%}".replace("100.0%", "100%")


def outlier(records: Iterable[Record]) -> list[str]:
    """A line a way of planting; the best in bold, and of all."""
    names = (
        "planted", "AP hardneg", "forest", "LOF", "kNN", "F1 hardneg", "forest", "LOF", "kNN", "recall", "precision",
    )  # fmt: skip
    methods = ("hardneg", "forest", "lof", "knn")
    lines = [
        [
            one["group"],
            *(cell for what in ("ap", "f1") for cell in _bold([one[what][method] for method in methods])),
            *(_three(one[what]) for what in ("recall", "precision")),
        ]
        for one in records
    ]
    return _table(names, lines)


def copies(records: Sequence[Record]) -> list[str]:
    """A line a change, a column a data set; then what is flagged of the texts as they are."""
    lines = [[kind, *(_three(one["found"][kind]) for one in records)] for kind in records[0]["found"]]
    lines.append(["none: flagged of the texts as they are", *(_three(one["flagged"]) for one in records)])
    return _table(("what was changed", *(one["data"] for one in records)), lines)


def strategies(records: Iterable[Record]) -> list[str]:
    """A line a question, a column a data set."""
    found = {(one["data"], one["name"]): one for one in records}
    sets = [name for name in SETS if any(data == name for data, _ in found)]
    lines = [[what, *(said(lambda name, data=data: found[data, name]) for data in sets)] for what, said in STRATEGIES]
    return _table(("", *(SETS[name] for name in sets)), lines, right=False)


Find = Callable[[str], Record]


def _percent(one: Record) -> str:
    margin = f" ± {100 * one['margin']:.1f}" if "margin" in one else ""
    return f"{100 * one['value']:.1f}{margin} %"


def _precision(one: Record) -> str:
    return f"{_dotted(one['value'])} ± {_dotted(one['margin'])}"


def _dotted(value: float) -> str:
    return f"{value:.3f}".removeprefix("0")


def _mined(of: Find) -> str:
    least, most = (100 * of("mine, wrong")[side] for side in ("low", "high"))
    shown = f"{most:.0f} %" if f"{least:.1f}" == f"{most:.1f}" == "0.0" else f"{least:.1f} to {most:.1f} %"
    return f"{shown} ({of('mine, wrong by loss')['value']:.0%})".replace("%)", " %)")


def _refined(of: Find) -> str:
    gain = of("refine, gain")
    low, high = (f"{100 * gain[side]:+.1f}".replace("-", "−") for side in ("low", "high"))
    points = " points" if gain["data"] == "digits" else ""
    return f"{_change(of, 'refine')} ({low} to {high}{points})"


def _change(of: Find, name: str, unit: str = "") -> str:
    before, after = (100 * of(f"{name}, {when}")["value"] for when in ("before", "after"))
    return f"{before:.1f} → {after:.1f}{unit}"


def _hardened(of: Find) -> str:
    attack = ATTACKS[of("harden, robust, before")["data"]]
    return f"{_change(of, 'harden, robust', ' %')}, {_change(of, 'harden, plain', ' %')} ({attack})"


STRATEGIES: tuple[tuple[str, Callable[[Find], str]], ...] = (
    ("`predict`: out-of-fold accuracy on the right labels", lambda of: _percent(of("predict, accuracy"))),
    ("`find`: average precision of the planted errors", lambda of: _precision(of("find, average precision"))),
    (
        "test accuracy after right labels, after the planted ones",
        lambda of: f"{_percent(of('trained, clean'))}, {_percent(of('trained, planted'))}",
    ),
    ("the same after `apply --auto-relabel 0.8`", lambda of: _percent(of("trained, auto-relabel"))),
    ("the same after a reviewer of the worst tenth of the rows", lambda of: _percent(of("trained, reviewer"))),
    ("`mine`: wrong labels among the hard negatives (by loss alone)", _mined),
    ("`refine`: test accuracy from ten labels a class, eight seeds", _refined),
    (
        "`dual`: log-loss of a plain logistic regression, on the right labels",
        lambda of: " → ".join(_dotted(of(f"dual, {when}")["value"]) for when in ("before", "after")),
    ),
    ("`harden`: accuracy under attack, and without", _hardened),
)


def scale(records: Iterable[Record]) -> list[str]:
    """Wall time and memory, beside the script's and the floor's."""
    names = (
        "data", "wall time: hardneg", "script", "floor", "÷ script", "÷ floor", "peak: hardneg", "script", "÷ script",
    )  # fmt: skip
    return _table(names, [_scale_line(one) for one in records])


def _scale_line(one: Record) -> list[str]:
    seconds, peak = one["seconds"], one["peak"]
    return [
        one["data"],
        *(f"{seconds[who]:.1f} s" if who in seconds else "–" for who in ("hardneg", "script", "floor")),
        *(_ratio(one["seconds_ratio"].get(who)) for who in ("script", "floor")),
        *(f"{peak[who] / MB:,.0f} MB" if who in peak else "–" for who in ("hardneg", "script")),
        _ratio(one["peak_ratio"].get("script")),
    ]


def _ratio(one: Record | None) -> str:
    return "–" if one is None else f"{one['value']:.2f} ({one['low']:.2f}–{one['high']:.2f})"


def audit(records: Sequence[Record]) -> str:
    one, ends = records[0], {}
    for name in ("covered", "width_of_simple_random"):
        ends[name] = [side(record[name] for record in records) for side in (min, max)]
    low, high = (f"{100 * share:.0f}" for share in ends["covered"])
    narrow, wide = (f"{share:.2f}" for share in ends["width_of_simple_random"])
    return (
        f"One audit of {one['audited']} rows is right about the count within its 95 % interval in {low} to {high} % of "
        f"{one['audits']:,} simulated audits of each real set, and its interval is {narrow} to {wide} times as wide as "
        "a simple random sample's."
    )


def many(records: Sequence[Record]) -> str:
    (one,) = records
    power = "{value:.2f} ({low:.2f} to {high:.2f})".format(**one["exponent"])
    return (
        f"{one['rows']:,} rows of {one['classes']} classes in {one['files']} Parquet files take {one['seconds']:.0f} s "
        f"and {one['peak'] / GB:.1f} GB with `--memory {one['memory']}`; time grows with the rows to the power {power}."
    )


def clean(records: Sequence[Record]) -> str:
    ours, forest, lof = ([one["clean_alarms"][name] for one in records] for name in ("hardneg", "forest", "lof"))
    return (
        f"Of clean sets {fmean(ours):.1%} of the rows are flagged on average, and {max(ours):.1%} in the worst of "
        f"{len(ours)} families; an isolation forest flags {fmean(forest):.0%}, LOF {fmean(lof):.1%}."
    )


def neighbors(records: Sequence[Record]) -> str:
    (one,) = records
    return (
        f"For {one['rows']:,} rows of {one['dimensions']} clustered features the search takes {one['seconds']:.1f} s "
        f"and finds {100 * one['recall']:.1f} % of the ten nearest; scikit-learn's brute force takes "
        f"{one['seconds_brute_force']:.0f} s."
    )


TABLES: dict[str, Callable[[Any], list[str]]] = {
    "detection": detection, "gate": gate, "outlier": outlier, "copies": copies, "strategies": strategies,
    "own-model": own_model, "scale": scale,
}  # fmt: skip
SENTENCES: dict[str, tuple[str, Callable[[Any], str]]] = {  # by name: whose results, and what makes words of them
    "audit": ("audit", audit), "many": ("scale", many), "neighbors": ("scale", neighbors),
    "families": ("outlier", clean),
}  # fmt: skip


def _table(names: Sequence[str], lines: Iterable[Sequence[str]], *, right: bool = True) -> list[str]:
    rule = ["---", *["---:" if right else "---"] * (len(names) - 1)]
    return [f"| {' | '.join(cells)} |".replace("|  |", "| |") for cells in (names, rule, *lines)]


def _wrapped(text: str, width: int = 120) -> list[str]:
    return wrap(text, width, break_long_words=False, break_on_hyphens=False)
