"""Make the pictures of the README: python -m tests.support.pictures

What they show is made up here, and the same every time.
"""

from __future__ import annotations

import contextlib
import csv
import shutil
import sys
import tempfile
import time
from pathlib import Path

from hardneg_cli import find
from hardneg_cli.io.result_formats import html

from .browser import CHROMIUM, DRIVER, FLAGS
from .paths import ROOT, SAMPLE
from .terminal import Terminal
from .terminal_picture import picture

AS_ANN = ("--image", "image", "--reviewer", "ann")
WITH_MODEL = ("--probs", "digits.probs.csv", "--features", "pixel_*")
PICTURES = ROOT / ".github" / "pictures"
QUESTIONS = {
    "card_arrival": [
        "When will my new card arrive?", "My card has not come in the mail yet.", "I am still waiting for my card.",
        "How long until the card I ordered is here?", "It has been two weeks, where is my new card?",
        "Can I track the card that you sent me?", "The new card still has not arrived.",
        "Is there a tracking number for my new card?",
    ],
    "card_lost": [
        "I lost my card, what do I do?", "My card was stolen, please block it.", "Please freeze my card, I lost it.",
        "Somebody stole my wallet with my card in it.", "I can't find my card, I think I lost it.",
        "My wallet is gone, block my card please.", "How do I report a stolen card?",
        "I left my card in a taxi and lost it, please block it.",
    ],
    "top_up_failed": [
        "Why was my top-up declined?", "My top-up did not go through.", "The top-up failed again.",
        "I tried to top up and it was declined.", "Top-up not working, it fails every time.",
        "My bank says fine, but the top-up failed.", "Why does my top-up fail?", "My top-up was rejected, why?",
    ],
    "exchange_rate": [
        "What exchange rate do you use?", "The exchange rate was wrong.", "Is the exchange rate better at night?",
        "How is the rate for euros worked out?", "Which rate did you use for my dollars?",
        "The rate for my yen purchase looks wrong.", "Do you use the interbank exchange rate?",
        "Where can I see today's exchange rate?",
    ],
    "close_account": [
        "I want to close my account.", "How do I delete my account?", "Please close my account today.",
        "I am not happy, delete my account.", "What happens to my money if I close my account?",
        "Close the account please.", "Can I close my account in the app?", "I no longer need the account, close it.",
    ],
}  # fmt: skip
WRONG = {"q-12": "card_arrival", "q-21": "exchange_rate", "q-05": "card_lost"}  # the labels that were mistaken


def main() -> None:
    """The report, the page, the review and the table of `find`, each as its program shows it."""
    assert CHROMIUM, "the pictures are taken in Chromium"
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name, contextlib.chdir(name):
        folder = Path(name)
        for data in ("digits.csv", "digits.probs.csv"):
            shutil.copy(SAMPLE / data, folder)
        findings = find("digits.csv", probs="digits.probs.csv", features="pixel_*", image="image")
        findings.report(folder / "report.html")
        photograph(folder / "report.html", "report", (1180, 1010))
        photograph(folder / "report.html", "report-map", (1180, 760), "#map")
        with (folder / "queue.html").open("wb") as out:
            html.write(findings.queue(findings.select(), ("image",)), out)
        photograph(folder / "queue.html", "page", (1400, 900))
        with Terminal("review", "digits.csv", *WITH_MODEL, *AS_ANN, cwd=folder, columns=100, lines=30) as t:
            t.wait("nearest rows")
            t.do(["g", *"9", "enter"], "row 9", "nearest rows")
            save_small(picture(t.screen, folder / "review.png"), "review")
        command = [sys.executable, "-m", "hardneg_cli", "find", "digits.csv", *WITH_MODEL]
        with Terminal("--limit", "8", cwd=folder, columns=104, lines=59, command=command) as t:
            t.end()
            save_small(picture(t.screen, folder / "terminal.png"), "terminal")


def photograph(page: Path, name: str, size: tuple[int, int], part: str = "") -> None:
    """A picture of the page, or of its part from an element on, in a window of this many pixels."""
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM or ""
    for flag in (*FLAGS.split()[:-1], "--hide-scrollbars", f"--window-size={size[0]},{size[1]}"):
        options.add_argument(flag)
    browser = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    try:
        window = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": False}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", window)
        browser.get(page.as_uri())
        if part:
            browser.execute_script(f"document.documentElement.style.scrollBehavior = 'auto';"
                                   f"document.querySelector('{part}').scrollIntoView()")  # fmt: skip
        time.sleep(0.5)
        browser.save_screenshot(str(page.with_suffix(".png")))
    finally:
        browser.quit()
    save_small(page.with_suffix(".png"), name)


def save_small(taken: Path, name: str) -> None:
    """The picture among those of the README, in as many colors as it takes to look alike."""
    from PIL import Image

    small = Image.open(taken).convert("RGB").quantize(256, Image.Quantize.MAXCOVERAGE, kmeans=2)
    small.save(PICTURES / f"{name}.png", "PNG", optimize=True)


def questions(folder: Path) -> Path:
    """The questions as a dataset, some of them mislabeled."""
    rows = [(label, text) for label, texts in QUESTIONS.items() for text in texts]
    with (folder / "questions.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "label", "text"])
        for number, (label, text) in enumerate(rows, 1):
            id_ = f"q-{number:02}"
            writer.writerow([id_, WRONG.get(id_, label), text])
    return folder / "questions.csv"


if __name__ == "__main__":
    main()
