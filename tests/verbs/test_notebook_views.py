"""What a notebook shows of findings: a table that names each row, and charts that matplotlib draws."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from functools import cache

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from hardneg_cli import Findings, InputError, find
from support.hostile_texts import HOSTILE
from support.paths import SAMPLE

mpl.use("Agg")
WITHOUT = """
import sys
sys.modules["matplotlib"] = None
import pandas as pd
from hardneg_cli import InputError, find
try:
    find(pd.DataFrame({"label": ["a", "b"] * 9})).plot.scores()
except InputError as error:
    print(error)
"""


@cache
def digits() -> Findings:
    return find(SAMPLE / "digits.csv", probs=SAMPLE / "digits.probs.csv", features="pixel_*", image="image",
                decisions=())  # fmt: skip


def test_the_table_says_what_each_row_is_and_what_is_suggested() -> None:
    page, queue = digits()._repr_html_(), digits().table().slice(0, 10).to_pylist()
    rows = page.split("<tr>")[2:]
    assert len(rows) == 10
    for row, told in zip(queue, rows, strict=True):
        assert row["id"] in told
        assert "data:image" in told
        assert f"→ <b>{row['suggested_label']}</b>" in told
        assert row["given_label"] in told
        assert f"{row['score']:.6f}"[:5] in told
    assert "102 more flagged rows" in page


def test_nothing_in_the_table_is_markup() -> None:
    names = [text for text in HOSTILE if text.strip()]
    label = [names[place % len(names)] for place in range(300)]
    page = find(
        pd.DataFrame({"id": [f"<i>{n}</i>" for n in range(300)], "label": label, "t": label[::-1]})
    )._repr_html_()
    known = {"p", "table", "tr", "th", "td", "span", "b", "code"}
    assert set(re.findall(r"<(\w+)", page)) <= known


def test_the_charts_show_the_findings() -> None:
    from matplotlib import pyplot

    findings = digits()
    confusion = findings.plot.confusion()
    counts = sum(int(text.get_text().replace(",", "")) for text in confusion.texts)
    table = findings.table().to_pandas()
    assert counts == (table.suggested_label.ne("") & table.suggested_label.ne(table.given_label)).sum()
    scores = findings.plot.scores()
    assert sum(bar.get_height() for bar in scores.containers[0]) == len(findings.dataset)
    assert sum(bar.get_height() for bar in scores.containers[1]) == findings.flagged.sum()
    places = findings.plot.map()
    drawn = [len(part.get_offsets()) for part in places.collections]
    assert sum(drawn[:-1]) == len(findings.dataset)
    assert drawn[-1] == findings.flagged.sum()
    for axes in (confusion, scores, places):
        axes.figure.canvas.draw()
    given = pyplot.subplots()[1]
    assert findings.plot.scores(given) is given
    pyplot.close("all")


def test_reliability_takes_answers() -> None:
    from matplotlib import pyplot

    with pytest.raises(InputError, match="reliability takes an audit, or 20 decisions"):
        digits().plot.reliability()
    truth = pd.read_csv(SAMPLE / "digits.truth.csv").set_index("id")["is_error"].astype(bool)
    queue = digits().table(every=True).to_pandas().iloc[::20]
    queue["decision"] = np.where(truth.loc[queue.id], "drop", "keep")
    axes = find(SAMPLE / "digits.csv", probs=SAMPLE / "digits.probs.csv", decisions=[queue]).plot.reliability()
    assert axes.get_xlabel() == "mean score"
    pyplot.close("all")


def test_there_is_no_map_without_features() -> None:
    with pytest.raises(InputError, match="no map"):
        find(pd.DataFrame({"label": ["a", "b"] * 9}), detectors=["rare-label"]).plot.map()


@pytest.mark.process
def test_without_matplotlib_one_line_says_what_to_install() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=True)
    assert done.stdout == "plots are drawn by matplotlib, which is not installed: pip install 'hardneg-cli[plots]'\n"


def test_completion_lists_what_there_is_to_plot() -> None:
    assert {"confusion", "scores", "map", "reliability"} <= set(dir(digits().plot))
    assert json.dumps(repr(digits())).count("\\n") == 0
