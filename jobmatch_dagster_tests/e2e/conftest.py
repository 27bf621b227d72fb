"""Fixtures of the end-to-end tests: `jobmatch dev` and a browser."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from jobmatch_dagster_tests.support.dev_server import Dagster, dev_server
from jobmatch_dagster_tests.support.world import World

_LOOK_MS = 60_000


@pytest.fixture
def dagster(world: World, tmp_path: Path) -> Iterator[Dagster]:
    """`jobmatch dev` on the world's database, API server and inbox."""
    with dev_server(world.variables, tmp_path) as running:
        yield running


@pytest.fixture
def page() -> Iterator[Page]:
    """A page of a real browser."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("no Chromium on this machine: the look at the UI is left out")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        opened = browser.new_page(viewport={"width": 1440, "height": 900})
        opened.set_default_timeout(_LOOK_MS)
        expect.set_options(timeout=_LOOK_MS)
        yield opened
        browser.close()
