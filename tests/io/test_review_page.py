"""What a reviewer sees on the page: the row, its labels, why it is asked about, and the rows around it, in Chromium."""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hardneg_cli.io.result_formats import html
from hardneg_cli.io.tables.images import marked
from hardneg_cli.io.tables.queue_view import QueueView, RowAround, with_surroundings, with_view
from support.browser import click, content, downloaded, opened, press
from support.command import hardneg
from support.hostile_texts import HOSTILE
from support.result_tables import findings, written

CLASSES = ("Business", "Sports", "World")
TEXTS = {
    "a1": "The team won the cup, again",
    "a2": "Shares fell on Monday",
    "a3": "The  team won the CUP, again",
    "a4": "The team lost the cup",
}


def queue(**columns: list[object]) -> pa.Table:
    """Two rows to review; the first has a twin and a near row, the second nothing around it."""
    table = findings(["a1", "a2"])
    values: dict[str, list[object]] = {
        "given_label": ["World", "Sports"], "suggested_label": ["Sports", ""], "text": [TEXTS["a1"], TEXTS["a2"]],
        "why": ["the model says 'a; b'; 2 of 3 copies are labeled otherwise", "few rows"],
        "detectors": ["doubtful-label,conflicting-label", "rare-label"], "p_given": [0.125, None],
        "p_suggested": [0.75, None], "suggestion_score": [0.5, None], **columns,
    }  # fmt: skip
    for name, column in values.items():
        place = table.column_names.index(name)
        table = table.set_column(place, name, pa.array(column, table.schema.field(name).type))
    return with_view(table, QueueView("/home/ann/news.csv", CLASSES))


def around() -> list[tuple[RowAround, ...]]:
    twin = RowAround("a3", "Sports", "twin", None, "The team won the CUP, again")
    return [(twin, RowAround("a4", "World", "near", 0.25, TEXTS["a4"])), ()]


def seen(browser: Any, selector: str) -> str:
    """What can be read there, in one line."""
    return " ".join(browser.find_element("css selector", selector).text.split())


def texts(browser: Any, selector: str) -> list[str]:
    found: list[str] = browser.execute_script(
        "return [...document.querySelectorAll(arguments[0])].map((one) => one.textContent)", selector
    )
    return found


@pytest.mark.browser
def test_a_page_says_what_a_row_is_and_what_speaks_for_each_label(browser: Any, tmp_path: Path) -> None:
    opened(browser, with_surroundings(queue(), around()), tmp_path / "queue.html")
    assert (browser.title, seen(browser, "h1")) == ("news.csv · Review queue", "news.csv")
    assert seen(browser, ".row.here") == f"{TEXTS['a1']} World → Sports a1 1.000"
    assert seen(browser, ".change") == "Labeled World Suggested Sports"
    assert texts(browser, ".why li") == [
        "doubtful-labelthe model says 'a; b'", "conflicting-label2 of 3 copies are labeled otherwise"
    ]  # fmt: skip
    assert texts(browser, ".bars li") == [
        "World1 of 1", "the label is wrong1.000", "the suggestion is right0.500", "model: World0.125",
        "model: Sports0.750",
    ]  # fmt: skip
    assert texts(browser, ".contradicting .head > *") == ["Sports", "another label", "a3"]
    assert texts(browser, ".contradicting ins") == ["CUP"]
    assert texts(browser, ".others .head .far") == ["distance 0.25"]
    assert texts(browser, ".others del") == ["cup", "won", ", again"]
    press(browser, "j")
    assert seen(browser, ".change") == "Labeled Sports"
    assert not browser.find_elements("css selector", ".other")
    assert texts(browser, ".classes button > span") == list(CLASSES)


@pytest.mark.browser
def test_twins_that_differ_in_nothing_and_columns_that_differ(browser: Any, tmp_path: Path) -> None:
    table = queue().append_column("size", pa.array(["3", "4"]))
    quoted = [RowAround("b", "World", kind, None, text) for kind, text in (  # type: ignore[arg-type]
        ("twin", f"text {TEXTS['a1']} · size 3"), ("near", f"text {TEXTS['a1']} · size 4")
    )]  # fmt: skip
    opened(browser, with_surroundings(table, [tuple(quoted), ()]), tmp_path / "queue.html")
    assert texts(browser, ".same") == ["No word differs."]
    assert not browser.find_elements("css selector", ".contradicting")
    assert texts(browser, ".quote ins") == ["size 4"]


@pytest.mark.browser
def test_digits_choose_a_class_and_the_given_one_is_kept(browser: Any, tmp_path: Path) -> None:
    opened(browser, queue(), tmp_path / "queue.html")
    assert texts(browser, ".classes kbd") == ["1", "2", "3"]
    assert texts(browser, ".class.given small, .class.suggested small") == ["suggested", "given"]
    press(browser, "129")
    assert content(browser, "#count") == "2 of 2 decided"
    click(browser, "#save")
    assert answers(tmp_path) == [("relabel", "Business"), ("keep", "")]


@pytest.mark.browser
def test_a_label_that_is_no_class_is_asked_about_once_more(browser: Any, tmp_path: Path) -> None:
    opened(browser, queue(), tmp_path / "queue.html")
    press(browser, "rSpotrs\n")
    assert "‘Spotrs’ is no class; did you mean ‘Sports’? Enter again uses it as a new class." in seen(browser, ".doubt")
    assert content(browser, "#count") == "0 of 2 decided"
    press(browser, "\ue003\n")  # another text is asked about anew
    assert seen(browser, ".doubt") == "‘Spotr’ is no class. Enter again uses it as a new class."
    press(browser, "s\n")
    click(browser, ".doubt button")
    press(browser, "r weather \n")
    assert "‘ weather ’ is no class. Enter again" in seen(browser, ".doubt")
    press(browser, "\n")
    click(browser, "#save")
    assert answers(tmp_path) == [("relabel", "Sports"), ("relabel", " weather ")]


@pytest.mark.browser
def test_a_class_is_found_by_some_of_its_letters(browser: Any, tmp_path: Path) -> None:
    many = tuple(f"class number {number}" for number in range(200))
    opened(browser, with_view(queue(), QueueView("q", (*many, *CLASSES))), tmp_path / "queue.html")
    assert texts(browser, ".classes button > span") == ["Sports", "World"]  # of many those that are likely
    press(browser, "rBER 17")
    assert texts(browser, ".matches button > span") == ["class number 17", *(many[170:180])]
    press(browser, "\ue015\ue015\n")
    click(browser, "#save")
    assert answers(tmp_path)[0] == ("relabel", "class number 170")


def answers(folder: Path) -> list[tuple[str, str]]:
    with downloaded(folder / "queue.decided.csv").open(newline="") as file:
        return [(row["decision"], row["new_label"]) for row in csv.DictReader(file)]


@pytest.mark.browser
def test_pairs_of_labels_are_a_filter(browser: Any, tmp_path: Path) -> None:
    from selenium.webdriver.support.ui import Select

    opened(browser, queue(), tmp_path / "queue.html")
    Select(browser.find_element("id", "pair")).select_by_visible_text("World → Sports (1)")
    assert content(browser, "#shown") == "1 shown"
    click(browser, "#clear")
    assert content(browser, "#shown") == ""


@pytest.mark.browser
@pytest.mark.parametrize("control", [False, True])
def test_who_judges_without_evidence_sees_no_labels_of_others(browser: Any, tmp_path: Path, control: bool) -> None:
    telling = {"score": None, "suggestion_score": None, "flagged": None, "detectors": "", "why": "", "p_given": None,
               "p_suggested": None, "rank": None}  # fmt: skip
    if control:
        table = queue().append_column("role", pa.array(["suspect", "control"]))
    else:
        table = queue(**{name: [nothing] * 2 for name, nothing in telling.items()}, suggested_label=["", ""])
    page = opened(browser, with_surroundings(table, around()), tmp_path / "queue.html").page_source
    assert TEXTS["a4"] not in page
    assert not browser.find_elements("css selector", ".other, .bars")
    left = {browser.find_element("css selector", name).rect["x"] for name in (".itself", ".columns")}
    assert len(left) == 1  # there is nothing beside it
    assert texts(browser, ".classes button > span") == list(CLASSES)


@pytest.mark.browser
def test_hashes_that_are_ids_are_not_shown(browser: Any, tmp_path: Path) -> None:
    ids: list[object] = ["h0123456789abcdef", "hfedcba9876543210#2"]
    opened(browser, queue(id=ids, row_hash=[str(one).split("#")[0] for one in ids]), tmp_path / "queue.html")
    assert "h0123456789abcdef" not in browser.find_element("css selector", "body").text
    opened(browser, queue(id=ids, row_hash=["h1", "h2"]), tmp_path / "queue.html")  # somebody gave these
    assert content(browser, ".row.here .id") == ids[0]


@pytest.mark.browser
def test_hostile_texts_around_a_row_are_text(browser: Any, tmp_path: Path) -> None:
    rows = [tuple(RowAround(text, text, kind, 1.0, text) for kind in ("twin", "near")) for text in HOSTILE]  # type: ignore[arg-type]
    for name in ("<img src=x onerror=alert(1)>", "\u202e</title><script>alert(1)</script>"):
        table = with_view(findings(HOSTILE), QueueView(name, tuple(text for text in HOSTILE if text)))
        opened(browser, with_surroundings(table, rows), tmp_path / "queue.html")
        for text in HOSTILE:
            assert [one in (text, f"“{text}”") for one in texts(browser, ".chip")] == [True, True]
            said = " ".join(text.replace("\ufeff", " ").split())  # which is a blank to a browser
            assert {" ".join(one.split()) for one in texts(browser, ".quote")} <= {said}
            press(browser, "j")
        press(browser, "r")
        inside = "article script, article img, #answer img, #answer script, #list script, #list img, h1 *, title *"
        assert not browser.find_elements("css selector", inside)
        assert not browser.get_log("browser")


@pytest.mark.browser
def test_every_row_can_be_told_from_the_page_alone(browser: Any, tmp_path: Path) -> None:
    """Of a Parquet file of Hugging Face, whose labels are numbers with names."""
    datasets = pytest.importorskip("datasets")
    words = {"cat": "purrs and meows", "dog": "barks and wags", "bird": "sings and flies"}
    names = [*words]
    rows = [(f"it {words[name]}, number {number}", place) for place, name in enumerate(names) for number in range(12)]
    rows[3], rows[20] = (rows[3][0], 1), (rows[20][0], 2)
    features = datasets.Features({"text": datasets.Value("string"), "label": datasets.ClassLabel(names=names)})
    made = datasets.Dataset.from_dict(dict(zip(("text", "label"), zip(*rows, strict=True), strict=True)), features)
    pq.write_table(made.data.table, tmp_path / "pets.parquet")
    run = ["find", "pets.parquet", "--text", "text", "-q", "-o", "queue.html", "-o", "queue.csv"]
    assert hardneg(*run, cwd=tmp_path, text=True).returncode == 0
    with (tmp_path / "queue.csv").open(newline="") as file:
        expected = list(csv.DictReader(file))
    assert {row["given_label"] for row in expected} <= set(names)
    assert len(expected) >= 2
    browser.get((tmp_path / "queue.html").as_uri())
    assert seen(browser, "h1") == "pets.parquet"
    for row in expected:
        page = seen(browser, "#detail")
        assert all(text in page for text in (row["text"], *row["why"].split("; "), *row["detectors"].split(",")))
        assert f"Labeled {row['given_label']} Suggested {row['suggested_label']}" in page
        assert "Nearest rows" in page
        press(browser, "j")


def test_a_row_that_is_near_many_stands_in_the_page_once(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    for name in ("own", "near"):
        image.effect_noise((400, 400), 90).save(tmp_path / f"{name}.png")
    table = queue().append_column("image", pa.array(["own.png"] * 2))
    table = marked(table, table.num_columns - 1, tmp_path)
    near = [RowAround("n1", "World", "near", 0.5, "a far sentence", "near.png"),
            RowAround("n2", "World", "near", 0.5, "and another", "own.png")]  # fmt: skip
    page = written("html", with_surroundings(table, [tuple(near)] * 2)).decode()
    assert (page.count("a far sentence"), page.count("and another")) == (1, 1)
    own, own_again, thumb = (part.split('"')[0] for part in page.split("data:image/jpeg;base64,")[1:])
    assert own == own_again
    assert len(thumb) < len(own) / 4
    assert written("html", table).decode().count("data:image/jpeg;base64,") == 2


def test_near_pictures_stay_within_what_a_browser_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image = pytest.importorskip("PIL.Image")
    image.new("RGB", (9, 9)).save(tmp_path / "own.png")
    image.effect_noise((400, 400), 90).save(tmp_path / "near.png")
    table = queue().append_column("image", pa.array(["own.png"] * 2))
    table = marked(table, table.num_columns - 1, tmp_path)
    table = with_surroundings(table, [(RowAround("n", "World", "near", 0.5, "", "near.png"),), ()])
    monkeypatch.setattr(html, "MOST_PICTURED", 1000)
    with (tmp_path / "queue.html").open("wb") as out:
        notes = html.write(table, out)
    assert notes == ["1 thumbnail of a near row is left out: with them there are more pictures than a browser takes"]


def test_what_stands_around_does_not_change_under_which_name_decisions_are_kept() -> None:
    plain, told = queue(), with_surroundings(queue(), around())
    keys = {written("html", table).decode().split('"key":"')[1].split('"')[0] for table in (plain, told)}
    assert len(keys) == 1


@pytest.mark.browser
def test_on_a_small_screen_there_is_the_list_or_the_row(browser: Any, tmp_path: Path) -> None:
    size = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    opened(browser, with_surroundings(queue(), around()), tmp_path / "queue.html")
    assert browser.execute_script("return document.documentElement.scrollWidth") == 390
    assert not browser.find_element("id", "detail").is_displayed()
    click(browser, ".row:nth-child(2)")
    assert seen(browser, "#where") == "2 of 2"
    assert not browser.find_element("id", "list").is_displayed()
    assert browser.execute_script("return document.documentElement.scrollWidth") == 390
    buttons = [one for one in browser.find_elements("css selector", "#one button") if one.is_displayed()]
    assert len(buttons) == 11
    assert {one.size["height"] >= 44 for one in buttons} == {True}
    click(browser, "#back")
    click(browser, "[data-act=accept]")
    assert seen(browser, "#where") == "2 of 2"
    click(browser, "#tolist")
    assert texts(browser, ".row .verdict") == ["Sports", ""]


@pytest.mark.browser
@pytest.mark.skipif("AXE_CORE" not in os.environ, reason="AXE_CORE names no axe.min.js")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1400, 390])
def test_axe_finds_nothing(browser: Any, tmp_path: Path, width: int, scheme: str) -> None:
    size = {"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": width < 800}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    look = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", look)
    opened(browser, with_surroundings(queue(), around()), tmp_path / "queue.html")
    for does in ("", "document.querySelector('.row').click()", "ask()", "cancel(); decide('drop'); go(-1)"):
        browser.execute_script(does)
        browser.execute_script(Path(os.environ["AXE_CORE"]).read_text())
        found = browser.execute_async_script("axe.run().then((one) => arguments[0](one.violations))")
        assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []
