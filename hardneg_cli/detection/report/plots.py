"""The report's charts for a notebook, drawn by matplotlib: each answers its axes, to be changed further."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardneg_cli.data.class_names import readable
from hardneg_cli.detection.report.facts import certainty, confusions, map_figures
from hardneg_cli.errors import InputError
from hardneg_cli.rendering.charts.matrix import most_in_pairs

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from hardneg_cli.detection.findings import Findings

MOST_CLASSES = 24  # in the matrix
COLORED = 10  # classes with a color of their own
STRONG, PLAIN, GRAY = "#a8483f", "#c6d3e6", "#9aa0a8"
OTHERS = "other classes"


@dataclass(frozen=True)
class FindingsPlots:
    """`findings.plot.confusion()` and so on. ax: where to draw, by default in a new figure.

    Raises InputError without matplotlib, and where there is nothing to draw.
    """

    findings: Findings

    def confusion(self, ax: Axes | None = None) -> Axes:
        """Flagged rows by given and suggested label, of the classes that are confused most."""
        import numpy as np

        pairs = confusions(self.findings)
        if not pairs:
            raise InputError("no flagged row looks like another class: there is no confusion to draw")
        told = [(pair["given"], pair["suggested"], pair["rows"]) for pair in pairs]
        names, cells = most_in_pairs(told, MOST_CLASSES)
        counts = np.zeros((len(names), len(names)), np.int64)
        for place, rows in cells.items():
            counts[place] = rows
        axes = ax or _axes(0.4 * len(names) + 2, 0.4 * len(names) + 2)
        axes.imshow(np.where(counts > 0, np.sqrt(counts), np.nan), cmap="Reds", vmin=0)
        for row, column in zip(*np.nonzero(counts), strict=True):
            strong = counts[row, column] > counts.max() * 0.4
            axes.text(column, row, f"{counts[row, column]:,}", ha="center", va="center",
                      color="white" if strong else "black", parse_math=False)  # fmt: skip
        axes.set_xticks(range(len(names)), map(_plain, names), rotation=50, ha="right")
        axes.set_yticks(range(len(names)), map(_plain, names))
        axes.set(xlabel="looks like", ylabel="labeled")
        return axes

    def scores(self, ax: Axes | None = None) -> Axes:
        """How many rows have which score; the strong part is flagged."""
        bins = certainty(self.findings)["bins"]
        left, width = [one["from"] for one in bins], [one["to"] - one["from"] for one in bins]
        axes = ax or _axes(7, 3.5)
        axes.bar(left, [one["rows"] for one in bins], width, align="edge", color=PLAIN, label="rows")
        axes.bar(left, [one["flagged"] for one in bins], width, align="edge", color=STRONG, label="flagged")
        axes.set_yscale("symlog", linthresh=1)
        axes.set(xlabel="score: the probability that the label is wrong", ylabel="rows", xlim=(0, 1))
        axes.legend()
        return axes

    def map(self, ax: Axes | None = None) -> Axes:
        """Where the rows lie by their features, by label; flagged rows are ringed."""
        found = map_figures(self.findings, ())
        if found is None:
            raise InputError("there is no map: no detector that ran has features")
        points = found["points"]
        axes = ax or _axes(8, 7)
        weight = dict.fromkeys(sorted(set(points["label"])), 0)
        for label, strong in zip(points["label"], points["flagged"], strict=True):
            weight[label] += 1 + 1000 * strong
        colored = sorted(weight, key=lambda name: (-weight[name], name))[:COLORED]
        for place, label in enumerate([*colored, OTHERS]):
            rows = [row for row, name in enumerate(points["label"])
                    if name == label or (label is OTHERS and name not in colored)]  # fmt: skip
            if rows:
                said, color = (label, GRAY) if label is OTHERS else (_plain(label), f"C{place}")
                xs, ys = [points["x"][row] for row in rows], [points["y"][row] for row in rows]
                axes.scatter(xs, ys, 6, color, label=said)
        ringed = [row for row, strong in enumerate(points["flagged"]) if strong]
        axes.scatter([points["x"][row] for row in ringed], [points["y"][row] for row in ringed], 34, "none",
                     edgecolors="black", linewidths=0.8, label="flagged")  # fmt: skip
        axes.set(xticks=[], yticks=[])
        axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
        return axes

    def reliability(self, ax: Axes | None = None) -> Axes:
        """Mean scores of groups of answered rows, and the share of them that is wrong, with 95 % intervals."""
        groups = certainty(self.findings)["reliability"]
        if not groups:
            raise InputError("too few rows have an answer: reliability takes an audit, or 20 decisions")
        axes = ax or _axes(4.5, 4.5)
        value = [one["wrong"]["value"] for one in groups]
        ends = [
            [one["wrong"]["value"] - one["wrong"]["low"] for one in groups],
            [one["wrong"]["high"] - one["wrong"]["value"] for one in groups],
        ]
        axes.plot([0, 1], [0, 1], "--", color="gray", linewidth=1)
        axes.errorbar([one["score"] for one in groups], value, ends, fmt="o-", color=STRONG, capsize=3)
        axes.set(xlabel="mean score", ylabel="share of labels that are wrong", xlim=(0, 1), ylim=(0, 1))
        return axes


def _axes(width: float, height: float) -> Axes:
    """Of a new figure. Raises InputError without matplotlib."""
    if importlib.util.find_spec("matplotlib") is None:
        raise InputError("plots are drawn by matplotlib, which is not installed: pip install 'hardneg-cli[plots]'")
    from matplotlib import pyplot

    axes: Axes = pyplot.subplots(figsize=(width, height), layout="constrained")[1]
    return axes


def _plain(name: str) -> str:
    """A class name of which matplotlib takes nothing for mathematics."""
    return readable(name).replace("$", r"\$")
