"""`find --report`: the page, the data and the words say the same, and no text in them acts."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import cmarkgfm
import jsonschema
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from hardneg_cli import Findings, InputError, explain, find
from support.command import hardneg
from support.hostile_texts import HOSTILE
from support.paths import SAMPLE

SCHEMA = json.loads(explain(schema="report"))
KINDS = ("html", "json", "md")


@cache
def digits() -> Findings:
    probs, image = SAMPLE / "digits.probs.csv", "image"
    return find(SAMPLE / "digits.csv", probs=probs, features="pixel_*", image=image, decisions=())


def data_of(findings: Findings, folder: Path) -> Any:
    findings.report(folder / "r.json")
    report = json.loads((folder / "r.json").read_text())
    jsonschema.validate(report, SCHEMA)
    return report


def page_of(findings: Findings, folder: Path) -> str:
    findings.report(folder / "r.html")
    return (folder / "r.html").read_text()


def hostile_data(rows: int = 400) -> pa.Table:
    rng = np.random.default_rng(0)
    names = [text for text in HOSTILE if text.strip()]
    labels = [names[code] for code in rng.integers(0, len(names), rows)]
    cells = [HOSTILE[code] for code in rng.integers(0, len(HOSTILE), rows)]
    ids = [f"{HOSTILE[place % len(HOSTILE)]}{place}" for place in range(rows)]
    return pa.table({"id": ids, "label": labels, "<b>x</b>": cells, "f1": rng.random(rows), "f2": rng.random(rows)})


def test_the_figures_are_those_of_the_findings(tmp_path: Path) -> None:
    findings = digits()
    report = data_of(findings, tmp_path)
    assert report["dataset"]["rows"] == len(findings.dataset)
    assert report["verdict"]["flagged"] == findings.flagged.sum() == sum(one["flagged"] for one in report["classes"])
    assert findings.errors is not None
    errors = report["verdict"]["estimated_errors"]
    assert errors["value"] == pytest.approx(findings.errors.value, abs=1e-4)
    by_class = sum(one["estimated_wrong"]["value"] for one in report["classes"])
    assert by_class == pytest.approx(errors["value"], abs=0.01)
    assert all(one["estimated_wrong"]["low"] <= one["estimated_wrong"]["value"] <= one["estimated_wrong"]["high"]
               for one in report["classes"])  # fmt: skip
    assert sum(one["rows"] for one in report["certainty"]["bins"]) == len(findings.dataset)
    assert sum(one["flagged"] for one in report["certainty"]["bins"]) == findings.flagged.sum()
    table = findings.table().to_pandas()
    counts = table[table.suggested_label.ne("") & table.suggested_label.ne(table.given_label)]
    assert {(one["given"], one["suggested"]): one["rows"] for one in report["confusions"]} == (
        counts.groupby(["given_label", "suggested_label"]).size().to_dict()
    )
    assert [row["id"] for row in report["worst"]] == table.id[: len(report["worst"])].tolist()
    assert {one["written"]: one["meant"] for one in report["misspelled"]} == {
        "FIVE": "five", "Three": "three", "eight ": "eight", "fuor": "four", "sevn": "seven", "two ": "two",
    }  # fmt: skip


def test_the_summary_and_the_report_agree(tmp_path: Path) -> None:
    findings, report = digits(), data_of(digits(), tmp_path)
    said = "\n".join(findings.summary())
    verdict = report["verdict"]
    assert f"{report['dataset']['rows']:,} rows" in said
    assert f"{verdict['flagged']:,} flagged" in said
    for end in ("value", "low", "high"):
        assert f"{verdict['estimated_errors'][end]:,.0f}" in said
        assert f"{verdict['estimated_errors'][end]:,.0f}" in verdict["sentence"]
    worst = report["confusions"][0]
    assert re.search(rf"{worst['rows']} rows labeled '{worst['given']}' look like '{worst['suggested']}'", said)


@pytest.mark.browser
def test_every_number_on_the_page_is_that_of_the_data(browser: Any, tmp_path: Path) -> None:
    findings = digits()
    report = data_of(findings, tmp_path)
    findings.report(tmp_path / "r.html")
    browser.get((tmp_path / "r.html").as_uri())

    def table(section: str, place: int = 0) -> list[list[Any]]:
        found: list[list[Any]] = browser.execute_script(
            "const t = document.querySelectorAll(`#${arguments[0]} table`)[arguments[1]];"
            "return [...t.tBodies[0].rows].map(r => [...r.cells].map("
            "c => 'value' in c.dataset ? Number(c.dataset.value) : c.textContent))",
            section, place,
        )  # fmt: skip
        return found

    classes = [[one["rows"], one["flagged"], *one["estimated_wrong"].values()] for one in report["classes"]]
    assert [row[1:] for row in table("classes")] == classes
    assert [row[2] for row in table("confusions")] == [one["rows"] for one in report["confusions"]]
    bins = [[one["rows"], one["flagged"]] for one in report["certainty"]["bins"] if one["rows"]]
    assert [row[1:] for row in table("certainty")] == bins
    assert [row[1] for row in table("duplicates")] == [
        report["duplicates"]["groups"], report["duplicates"]["rows"], report["duplicates"]["contradicting"],
    ]  # fmt: skip
    assert [[row[0], row[2]] for row in table("run")] == [[one["name"], one["rows"]] for one in report["ran"]]
    said = browser.execute_script("return document.querySelector('header').innerText")
    assert report["verdict"]["sentence"] in said


@pytest.mark.browser
def test_a_stranger_reads_each_card_and_asks_for_a_pair(browser: Any, tmp_path: Path) -> None:
    report = data_of(digits(), tmp_path)
    digits().report(tmp_path / "r.html")
    browser.get((tmp_path / "r.html").as_uri())
    cards = browser.find_elements("css selector", ".card:not([hidden])")
    assert len(cards) == len(report["worst"])
    for card, row in zip(cards, report["worst"], strict=True):
        assert row["id"] in card.text
        assert row["given"].strip() in card.text
        assert row["suggested"] in card.text
        assert row["why"][0] in card.text
        assert card.find_element("css selector", "img.large").get_property("naturalWidth") > 0
        assert len(card.find_elements("css selector", ".around li")) == len(row["around"]) > 0
    pair = report["confusions"][0]
    browser.execute_script(
        "[...document.querySelectorAll('rect[data-given]')].find(r => r.dataset.given === arguments[0] && "
        "r.dataset.suggested === arguments[1]).dispatchEvent(new MouseEvent('click', {bubbles: true}))",
        pair["given"], pair["suggested"],
    )  # fmt: skip
    left = browser.find_elements("css selector", ".card:not([hidden])")
    assert 0 < len(left) <= pair["rows"]
    assert all(pair["given"] in card.text and pair["suggested"] in card.text for card in left)
    browser.execute_script("document.getElementById('all').click()")
    assert len(browser.find_elements("css selector", ".card:not([hidden])")) == len(report["worst"])


@pytest.mark.browser
def test_the_map_tells_of_a_row_and_nothing_leaves_the_page(browser: Any, tmp_path: Path) -> None:
    report = data_of(digits(), tmp_path)
    digits().report(tmp_path / "r.html")
    browser.get((tmp_path / "r.html").as_uri())
    points = report["map"]["points"]
    worst = max((place for place, flag in enumerate(points["flagged"]) if flag), key=lambda p: points["score"][p])
    canvas = browser.find_element("id", "plane")
    browser.execute_script("arguments[0].scrollIntoView(); arguments[0].focus()", canvas)
    canvas.send_keys("\ue014")  # arrow right
    about = browser.find_element("id", "about").text
    assert points["id"][worst] in about or points["score"][worst] == 1.0
    assert "score" in about
    assert browser.find_element("id", "hover").is_displayed()
    drawn = browser.execute_script(
        "const c = arguments[0]; const p = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
        "return p.filter((v, i) => i % 4 === 3 && v > 0).length",
        canvas,
    )
    assert drawn > 1000
    assert browser.execute_script("return performance.getEntriesByType('resource').length") == 0
    assert browser.get_log("browser") == []


def test_the_same_findings_make_the_same_bytes(tmp_path: Path) -> None:
    for kind in KINDS:
        digits().report(tmp_path / f"a.{kind}")
        again = find(SAMPLE / "digits.csv", probs=SAMPLE / "digits.probs.csv", features="pixel_*", image="image",
                     decisions=())  # fmt: skip
        again.report(tmp_path / f"b.{kind}")
        assert (tmp_path / f"a.{kind}").read_bytes() == (tmp_path / f"b.{kind}").read_bytes()


@pytest.mark.browser
def test_hostile_text_is_inert_on_the_page_and_in_words(browser: Any, tmp_path: Path) -> None:
    findings = find(hostile_data(), features=["f1", "f2"])
    report = data_of(findings, tmp_path)
    page = page_of(findings, tmp_path)
    browser.get((tmp_path / "r.html").as_uri())
    assert browser.get_log("browser") == []
    assert (
        browser.execute_script(
            "return document.querySelectorAll('main script:not([type]), main b b, a[href^=java]').length"
        )
        == 0
    )
    assert browser.execute_script("return document.querySelectorAll('img[src=x]').length") == 0
    assert "<script>alert" not in page
    assert {row["given"] for row in report["worst"]} & set(HOSTILE)
    findings.report(tmp_path / "r.md")
    html = cmarkgfm.github_flavored_markdown_to_html((tmp_path / "r.md").read_text())
    assert not re.search(r"<(script|img|a|del)\b|<h1>head", html)


ODD = {
    "without models or features": {},
    "with features": {"features": ["f1", "f2"]},
    "by one detector": {"detectors": ["label-spelling"]},
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("options", ODD.values(), ids=ODD)
def test_there_is_a_report_of_every_dataset(options: dict[str, Any], kind: str, tmp_path: Path) -> None:
    table = pa.table(
        {"label": ["a", "b"] * 20, "f1": list(range(40)), "f2": [0] * 40, "split": ["x"] * 20 + ["y"] * 20}
    )
    findings = find(table, split="split", **options)
    findings.report(tmp_path / f"r.{kind}")
    assert (tmp_path / f"r.{kind}").stat().st_size > 500
    data_of(findings, tmp_path)


def test_missing_cells_copies_and_leaks_are_counted(tmp_path: Path) -> None:
    texts = ["same"] * 4 + [f"text {place}" for place in range(36)]
    table = pa.table({
        "label": ["a", "a", "b", "a"] + ["a", "b"] * 18, "text": texts, "empty": [None, " ", ""] + ["x"] * 37,
        "split": ["train", "test"] * 20,
    })  # fmt: skip
    report = data_of(find(table, text="text", split="split"), tmp_path)
    assert report["missing"] == [{"column": "empty", "empty": 3}]
    copies = report["duplicates"]
    assert (copies["groups"], copies["rows"], copies["contradicting"]) == (1, 3, 3)
    assert copies["across"] == [{"column": "split", "parts": 2, "rows": 3}]


def test_answers_say_whether_scores_mean_what_they_say(tmp_path: Path) -> None:
    truth = pd.read_csv(SAMPLE / "digits.truth.csv").set_index("id")["is_error"].astype(bool)
    queue = digits().table(every=True).to_pandas().iloc[::9]
    queue["decision"] = np.where(truth.loc[queue.id], "drop", "keep")
    queue["reviewer"] = "ann"
    queue.to_csv(tmp_path / "q.csv", index=False)
    findings = find(SAMPLE / "digits.csv", probs=SAMPLE / "digits.probs.csv", decisions=[tmp_path / "q.csv"])
    report = data_of(findings, tmp_path)
    groups = report["certainty"]["reliability"]
    assert sum(one["rows"] for one in groups) == report["certainty"]["answered"] > 150
    wrong = sum(one["wrong"]["value"] * one["rows"] for one in groups)
    assert wrong == pytest.approx(truth.loc[queue.id].sum(), abs=1)
    assert [one["score"] for one in groups] == sorted(one["score"] for one in groups)
    assert "Scores against answers" in page_of(findings, tmp_path)


def test_a_large_dataset_is_drawn_by_a_stated_sample(tmp_path: Path) -> None:
    rng, n = np.random.default_rng(0), 30_000
    code = rng.integers(0, 3, n)
    numbers = rng.normal(0, 1, (n, 3)) + 4 * np.eye(3)[code]
    label = np.where(rng.random(n) < 0.02, (code + 1) % 3, code)
    columns = {f"f{place}": numbers[:, place] for place in range(3)} | {"text": ["long text " * 30] * n}
    ids, labels = [f"row {place}" for place in range(n)], [f"class {one}" for one in label]
    table = pa.table({"id": ids, "label": labels} | columns)
    findings = find(table, features=["f0", "f1", "f2"])
    report = data_of(findings, tmp_path)
    assert report["map"]["rows"] == 20_000
    assert report["map"]["of"] == n
    shown = set(report["map"]["points"]["id"])
    assert set(findings.table().slice(0, 500)["id"].to_pylist()) <= shown
    assert len(page_of(findings, tmp_path)) < 5_000_000


@pytest.mark.process
def test_the_command_writes_every_kind_and_refuses_what_is_none(tmp_path: Path) -> None:
    reports = [part for kind in KINDS for part in ("--report", str(tmp_path / f"r.{kind}"))]
    run = hardneg("find", "digits.csv", "--probs", "digits.probs.csv", *reports, cwd=SAMPLE, text=True, check=True)
    assert run.stdout == ""
    written = {path.name for path in tmp_path.iterdir()}
    assert written == {"r.html", "r.json", "r.md"}
    report = json.loads((tmp_path / "r.json").read_text())
    jsonschema.validate(report, SCHEMA)
    assert report["settings"] == {"--probs": "digits.probs.csv"}
    assert report["verdict"]["next"][0] == "hardneg find digits.csv --probs digits.probs.csv -o queue.html"
    bad = hardneg("find", "digits.csv", "--report", str(tmp_path / "r.pdf"), cwd=SAMPLE, text=True)
    assert (bad.returncode, bad.stderr.count("\n")) == (2, 1)
    assert "has to end in" in bad.stderr
    own = hardneg("find", "digits.csv", "--probs", "digits.probs.csv", "--report", "r.json", "-o", "r.json",
                  cwd=tmp_path, text=True)  # fmt: skip
    assert own.returncode == 2
    with pytest.raises(InputError, match="has to end in"):
        digits().report(tmp_path / "r.txt")


def test_rows_that_are_decided_make_room_for_the_next_ones(tmp_path: Path) -> None:
    queue = digits().table().slice(0, 40).to_pandas()
    queue["decision"], queue["new_label"], queue["reviewer"] = "relabel", queue["suggested_label"], "ann"
    findings = find(SAMPLE / "digits.csv", probs=SAMPLE / "digits.probs.csv", features="pixel_*", decisions=[queue])
    worst = data_of(findings, tmp_path)["worst"]
    assert [row["id"] for row in worst] == findings.table().slice(0, 24)["id"].to_pylist()
    assert len(worst) == 24
