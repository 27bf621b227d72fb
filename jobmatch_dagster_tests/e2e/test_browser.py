"""The UI in a real browser, where there is one."""

import shutil

import pytest
from playwright.sync_api import sync_playwright

from jobmatch_dagster_tests.support.graphql import Dagster

pytestmark = pytest.mark.e2e


def test_an_asset_tells_in_the_browser_what_it_is(dagster: Dagster) -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("no Chromium on this machine: the look at the UI is left out")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(f"{dagster.url}/assets/catalog/jobs")
        page.get_by_text("One row per posting, unique by the vendor's id").first.wait_for(timeout=60_000)
        page.get_by_text("Job title, white space collapsed and repetition removed").first.wait_for(timeout=60_000)
        page.goto(f"{dagster.url}/automation")
        for name in ("cv_inbox_sensor", "cv_profile_sensor", "hourly_collection_schedule"):
            page.get_by_text(name).first.wait_for(timeout=60_000)
        browser.close()
