"""Make the pictures of the README: python -m tests.support.pictures

What they show is made up here, and the same every time.
"""

from __future__ import annotations

import asyncio
import csv
import io
import re
import shutil
import subprocess
import tempfile
from itertools import count
from pathlib import Path
from typing import Any

from hardneg_cli import Columns, find
from hardneg_cli.io.result_formats import html
from hardneg_cli.review.queues.review_queue import review_queue_of
from hardneg_cli.review.queues.row_context import RowContexts
from hardneg_cli.review.queues.session import ReviewSession
from hardneg_cli.review_screen.app import ReviewApp

from .paths import ROOT, SAMPLE

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
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        (PICTURES / "review.svg").write_text(asyncio.run(review(Path(folder))), encoding="utf-8")
        if chromium := shutil.which("chromium"):
            (PICTURES / "page.png").write_bytes(page(chromium, Path(folder)))


def page(chromium: str, folder: Path) -> bytes:
    """The offline page with the sample's suspects, as a browser shows it."""
    findings = find(SAMPLE / "digits.csv", probs=[SAMPLE / "digits.probs.csv"], features="pixel_*", image="image")
    with (folder / "queue.html").open("wb") as out:
        html.write(findings.queue(findings.select(), ("image",)), out)
    quiet = (
        "--headless --no-sandbox --disable-gpu --disable-background-networking --hide-scrollbars --window-size=1400,900"
    )
    shot = [f"--screenshot={folder / 'page.png'}", (folder / "queue.html").as_uri()]
    subprocess.run([chromium, *quiet.split(), "--virtual-time-budget=3000", *shot], check=True, capture_output=True)
    from PIL import Image

    out = io.BytesIO()
    Image.open(folder / "page.png").convert("RGB").quantize(256, Image.Quantize.MAXCOVERAGE, kmeans=2).save(
        out, "PNG", optimize=True
    )
    return out.getvalue()


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


def probabilities(data: Path) -> tuple[list[str], Any]:
    """The classes, and each row's out-of-fold probabilities by word counts."""
    import pandas as pd
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_predict
    from sklearn.pipeline import make_pipeline

    table = pd.read_csv(data)
    model = make_pipeline(TfidfVectorizer(sublinear_tf=True), LogisticRegression(C=30))
    return sorted(set(table.label)), cross_val_predict(model, table.text, table.label, method="predict_proba")


async def review(folder: Path) -> str:
    """The review in its midst, as SVG."""
    data = questions(folder)
    classes, p = probabilities(data)
    findings = find(data, Columns(text="text"), probs=[p], classes=classes)
    asked = review_queue_of("questions.csv", findings.table(findings.select(every=True, limit=30), ("text",)))
    session = ReviewSession(asked, folder / "log", "ann", clock=count(0, 7.5).__next__)
    app = ReviewApp(session, asked.name, RowContexts(findings.dataset, None, ("text",)))
    async with app.run_test(size=(92, 26)) as pilot:
        for row in (4, 5, 6, 7):
            await pilot.press("g", *str(row), "enter", "k")
        await pilot.press("g", "1", "enter")
        while "nearest rows, " not in str(app.screen.query_one("#body").render()):
            await pilot.pause(0.05)
        await pilot.pause()
        return without_chance(app.export_screenshot(title="hardneg review"))


def without_chance(svg: str) -> str:
    """The picture with a fixed name for what is in it, and with the fonts of the reader."""
    svg = re.sub(r"terminal-\d+", "terminal-0", svg)
    return re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)


if __name__ == "__main__":
    main()
