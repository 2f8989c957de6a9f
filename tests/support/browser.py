"""A real Chromium, if there is one, and what a person does with a page in it."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from .result_tables import written

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")

FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --window-size=1280,860"
)


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Any]:
    webdriver = pytest.importorskip("selenium.webdriver")
    if CHROMIUM is None or DRIVER is None:
        pytest.skip("no Chromium here")
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in FLAGS.split():
        options.add_argument(flag)
    options.add_experimental_option("prefs", {"download.default_directory": str(tmp_path)})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    yield driver
    driver.quit()


def opened(browser: Any, table: pa.Table, path: Path) -> Any:
    path.write_bytes(written("html", table))
    browser.get(path.as_uri())
    return browser


def press(browser: Any, keys: str) -> None:
    from selenium.webdriver.common.action_chains import ActionChains

    ActionChains(browser).send_keys(keys).perform()


def content(browser: Any, selector: str) -> str:
    """At once: the list is drawn anew whenever it scrolls."""
    found: str = browser.execute_script("return document.querySelector(arguments[0]).textContent", selector)
    return found


def click(browser: Any, selector: str) -> None:
    browser.find_element("css selector", selector).click()


def downloaded(path: Path) -> Path:
    for _ in range(100):
        if path.exists():
            return path
        time.sleep(0.1)
    raise AssertionError(f"nothing was saved as {path}")
