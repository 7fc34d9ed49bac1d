"""One office per file: starting it costs a second. The browser and the whole system once for the browser's file."""

import os

import pytest
from playwright.sync_api import sync_playwright

from demo.system import running
from tests.web.office import open_office

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    opened = open_office(tmp_path_factory.mktemp("office"))
    yield opened
    opened.database.close()


@pytest.fixture(scope="module")
def system():
    """Everything as `kuayu up` starts it, on a data folder of its own."""
    with running(600.0, lambda _line: None) as started:
        yield started


@pytest.fixture(scope="module")
def chromium():
    """The browser of this machine; nothing is downloaded."""
    with sync_playwright() as playwright:
        path = os.environ.get("CHROMIUM", "/usr/bin/chromium")
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()
