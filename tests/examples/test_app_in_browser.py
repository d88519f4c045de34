"""The page in a real browser, headless Chromium: `make test-browser`."""

import csv
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
import torch
from transformers import AutoTokenizer

from amsdff_hf import AmsdffForSequenceClassification
from tests.conftest import ROOT


pytestmark = [pytest.mark.slow, pytest.mark.browser]
WAIT = 60


@pytest.fixture(scope="module")
def page_address(tmp_path_factory, bert_folder):
    """Serve the page with a tiny model, as `examples/app.py` does it."""
    folder = tmp_path_factory.mktemp("tiny-model")
    torch.manual_seed(0)
    model = AmsdffForSequenceClassification.from_backbone(bert_folder, labels=["bad", "good"])
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(bert_folder).save_pretrained(folder)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, ROOT / "examples" / "app.py", folder, "--port", str(port)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NO_PROXY": "127.0.0.1"}
    server = subprocess.Popen(command, env=environment)
    address = f"http://127.0.0.1:{port}"
    try:
        _until(lambda: _answers(address), "the page is served")
        yield address
    finally:
        server.terminate()
        server.wait()


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    downloads = tmp_path_factory.mktemp("downloads")
    for argument in (
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--window-size=1200,1000",
        f"--user-data-dir={tmp_path_factory.mktemp('profile')}",
    ):
        options.add_argument(argument)
    options.add_experimental_option("prefs", {"download.default_directory": str(downloads)})
    driver = webdriver.Chrome(options, webdriver.ChromeService("/usr/bin/chromedriver"))
    driver.downloads = downloads
    yield driver
    driver.quit()


def _answers(address: str) -> bool:
    try:
        return urllib.request.urlopen(address, timeout=5).status == 200
    except OSError:
        return False


def _until(condition, what: str):
    end = time.monotonic() + WAIT
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.2)
    raise AssertionError(f"waited {WAIT} seconds until {what}")


def _find(browser, selector: str):
    return _until(lambda: next(iter(browser.find_elements("css selector", selector)), None), f"there is {selector}")


def _keep(browser, name: str) -> None:
    """Keep a picture for people, if they asked where."""
    if "SCREENSHOTS" in os.environ:
        browser.save_screenshot(str(Path(os.environ["SCREENSHOTS"], f"{name}.png")))


def test_type_classify_and_see_the_words(browser, page_address):
    browser.get(page_address)
    _find(browser, "#text textarea").send_keys("the film was great, the plot was not")
    _find(browser, "#classify").click()
    marked = _until(lambda: browser.find_elements("css selector", "#words span[title]"), "words are marked")
    assert [word.text for word in marked][:4] == ["the", "film", "was", "great"]
    assert "rgba(237, 117, 0" in marked[0].get_attribute("style")
    scores = _find(browser, "#scores").text
    assert {"bad", "good"} <= set(scores.split())
    assert re.search(r"\d+%", scores)
    assert "scale of 1 tokens" in _find(browser, "#inside").text
    _keep(browser, "one_text")


def test_nothing_typed_is_answered_politely(browser, page_address):
    browser.get(page_address)
    _find(browser, "#classify").click()
    assert _until(lambda: "Type a text first." in browser.page_source, "the page says what is missing")
    _keep(browser, "no_text")


def test_upload_a_file_and_download_the_answers(browser, page_address, tmp_path):
    rows = [["id", "text"], *([str(row), "a good film" if row % 2 else "a bad book"] for row in range(100))]
    with open(tmp_path / "texts.csv", "w", newline="") as file:
        csv.writer(file).writerows(rows)
    browser.get(page_address)
    _open_tab(browser, "A CSV file")
    _find(browser, "#upload input[type=file]").send_keys(str(tmp_path / "texts.csv"))
    _find(browser, "#upload a[download]")
    _find(browser, "#classify_all").click()
    link = _find(browser, "#download a[href]")
    assert "a bad book" in _until(lambda: _find(browser, "#preview").text, "rows are shown")
    _keep(browser, "csv")
    link.click()
    written = _until(lambda: list(browser.downloads.glob("predictions*.csv")), "the answers are downloaded")
    with open(written[0], newline="") as file:
        answers = list(csv.reader(file))
    assert answers[0] == ["prediction", "score_bad", "score_good", "text"]
    assert [row[3] for row in answers[1:]] == [row[1] for row in rows[1:]]


def test_files_without_the_column_are_answered_politely(browser, page_address, tmp_path):
    (tmp_path / "other.csv").write_text("body\nx\n")
    browser.get(page_address)
    _open_tab(browser, "A CSV file")
    _find(browser, "#upload input[type=file]").send_keys(str(tmp_path / "other.csv"))
    _find(browser, "#upload a[download]")
    _find(browser, "#classify_all").click()
    assert _until(
        lambda: "no column 'text'; it has body" in browser.page_source.replace("&#39;", "'"), "the page says why"
    )


def _open_tab(browser, name: str) -> None:
    tabs = _until(
        lambda: [tab for tab in browser.find_elements("css selector", "button[role=tab]") if tab.text == name], name
    )
    tabs[0].click()
