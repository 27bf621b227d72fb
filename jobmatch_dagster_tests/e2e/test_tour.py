"""The tour of the UI in a real browser: an hour, its numbers, a gap filled in three clicks, a match explained.

`SCREENSHOTS=docs/images` keeps the pictures that README shows.
"""

import io
import os
from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest
from playwright.sync_api import Page, expect

from jobmatch_dagster.build import build_defs
from jobmatch_dagster.core.raw.windows import hour_name
from jobmatch_dagster.db.connection.urls import dagster_url
from jobmatch_dagster_tests.support.dev_server import Dagster, wait_for
from jobmatch_dagster_tests.support.world import ENGINEER_CV, HOUR, NOW, NURSE_CV, World

pytestmark = [pytest.mark.e2e, pytest.mark.nightly]

_GAP_HOURS = 3
_RUN_MS = 240_000
_BEST = (
    "SELECT external_id FROM user_job_matches m JOIN jobs ON jobs.id = job_id JOIN users ON users.id = m.user_id "
    "WHERE user_key = 'ada' ORDER BY match_score DESC, external_id LIMIT 1"
)


@pytest.fixture
def collected(world: World, dagster: Dagster, monkeypatch: pytest.MonkeyPatch) -> World:
    """The world with an hour before the gap and two users, in the history that the UI shows (as after a demo)."""
    monkeypatch.setenv("DAGSTER_DATABASE_URL", dagster_url(world.variables["JOBMATCH_DATABASE_URL"]))
    with dg.DagsterInstance.from_config(f"{world.variables['JOBMATCH_HOME']}/dagster") as instance:
        ephemeral, world.instance = world.instance, instance
        _collect_an_hour_before_the_gap(world, monkeypatch)
        world.instance = ephemeral
    return world


def test_the_tour(collected: World, dagster: Dagster, page: Page) -> None:
    world = collected
    _see_all_groups(dagster, page)
    _launch_hours(dagster, page, hour_name(HOUR), "Launch 1 run")
    _wait_for_runs(dagster, 2)
    _see_numbers_and_picture(dagster, page)
    _see_the_gap_in_the_check(dagster, page)

    first, last = (hour_name(HOUR - timedelta(hours=n)) for n in (_GAP_HOURS, 1))
    _launch_hours(dagster, page, f"[{first}...{last}]", "Launch backfill")
    _wait_for_runs(dagster, 3)
    assert len([run for run in dagster.runs() if "dagster/backfill" in _tags(run)]) == 1
    assert [call.split("?")[0] for call in world.server.calls][-1] == "/active-ats-24h"
    page.goto(f"{dagster.url}/assets/raw/job_pages?view=checks&checkDetail=no_missing_hours")
    expect(page.get_by_text("Passed").first).to_be_visible()
    assert world.scalar("SELECT count(DISTINCT collection_hour) FROM jobs") >= _GAP_HOURS + 2

    _explain_from_the_launchpad(world, dagster, page)
    _see_a_failure_noted(world, dagster, page)
    page.goto(f"{dagster.url}/runs")
    expect(page.get_by_text("jobmatch/user: ada").first).to_be_visible()
    _keep(page, "runs")


def _collect_an_hour_before_the_gap(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.market(per_hour=12, since=HOUR - timedelta(hours=30))
    then = NOW - timedelta(hours=_GAP_HOURS + 1)
    monkeypatch.setenv("JOBMATCH_CLOCK", then.isoformat())
    world.server.now = lambda: then
    world.collect(HOUR - timedelta(hours=_GAP_HOURS + 1))
    monkeypatch.setenv("JOBMATCH_CLOCK", NOW.isoformat())
    world.server.now = lambda: NOW
    for user, cv in (("ada", NURSE_CV), ("ben", ENGINEER_CV)):
        world.take_in(user, cv)


def _see_all_groups(dagster: Dagster, page: Page) -> None:
    page.goto(f"{dagster.url}/asset-groups")
    groups = {spec.group_name for spec in build_defs().resolve_all_asset_specs()}
    for group in groups:
        expect(page.get_by_text(group or "", exact=True).first).to_be_visible()
    page.wait_for_timeout(1_500)  # the graph is laid out
    _keep(page, "lineage")


def _launch_hours(dagster: Dagster, page: Page, hours: str, button: str) -> None:
    page.goto(f"{dagster.url}/locations/jobmatch_dagster/jobs/hourly_collection")
    page.get_by_role("button", name="Materialize all").click()
    box = page.get_by_placeholder("No matching partitions")
    box.fill(hours)
    box.press("Enter")
    launch = page.get_by_role("button", name=button)
    expect(launch).to_be_enabled()
    _keep(page, "backfill" if "..." in hours else "materialize")
    launch.click()
    expect(page.get_by_text("Created backfill" if "..." in hours else "Launched run").first).to_be_visible()


def _see_numbers_and_picture(dagster: Dagster, page: Page) -> None:
    page.goto(f"{dagster.url}/assets/catalog/jobs?view=events")
    expect(page.get_by_text("rows_inserted").first).to_be_visible()
    _keep(page, "metadata")
    page.get_by_text("[Show Markdown]").first.click()
    picture = page.get_by_role("dialog").locator("img")
    expect(picture).to_be_visible()
    assert "3 missing hours in red" in (picture.get_attribute("alt") or "")
    _keep(page, "hours")
    page.goto(f"{dagster.url}/assets/matching/semantic_matches?view=events")
    expect(page.get_by_text("match_score_p50").first).to_be_visible()
    expect(page.get_by_text("seconds_match").first).to_be_visible()


def _see_the_gap_in_the_check(dagster: Dagster, page: Page) -> None:
    page.goto(f"{dagster.url}/assets/raw/job_pages?view=checks&checkDetail=no_missing_hours")
    expect(page.get_by_text("hours_missing").first).to_be_visible()
    first = hour_name(HOUR - timedelta(hours=_GAP_HOURS))
    expect(page.get_by_text(f"type [{first}...").first).to_be_visible()
    _keep(page, "check")


def _explain_from_the_launchpad(world: World, dagster: Dagster, page: Page) -> None:
    _type_into_the_launchpad(dagster, page, "ada", world.scalar(_BEST))
    _keep(page, "launchpad")
    page.get_by_role("button", name="Launch Run").click()
    page.get_by_text("[Show Markdown]").first.click(timeout=_RUN_MS)
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("1. Verdict")).to_be_visible()
    expect(dialog.get_by_text("the same as stored").first).to_be_visible()
    assert dialog.locator("a[href^='/runs/']").count() >= 3
    assert dialog.locator("a[href^='http']").count() == 0
    _keep(page, "explain")


def _see_a_failure_noted(world: World, dagster: Dagster, page: Page) -> None:
    """An unknown user: the run fails with a sentence, and the daemon's sensor notes it with its next step."""
    _type_into_the_launchpad(dagster, page, "nobody", "1")
    page.get_by_role("button", name="Launch Run").click()
    expect(page.get_by_text("There is no user 'nobody'").first).to_be_visible(timeout=_RUN_MS)
    noted = "SELECT next_step FROM run_failures WHERE job_name = 'explain_match'"
    next_step = wait_for(lambda: world.scalar(noted), seconds=_RUN_MS / 1_000, what="the failure in run_failures")
    assert "Check the user key" in next_step


def _type_into_the_launchpad(dagster: Dagster, page: Page, user_key: str, posting: str) -> None:
    page.goto(f"{dagster.url}/locations/jobmatch_dagster/jobs/explain_match/playground")
    editor = page.locator(".CodeMirror").first
    expect(editor).to_contain_text("write_explanation")
    editor.click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(
        f'ops:\n  write_explanation:\n    config:\n      user_key: {user_key}\n      external_id: "{posting}"\n'
    )
    expect(page.get_by_role("button", name="Launch Run")).to_be_enabled()


def _wait_for_runs(dagster: Dagster, count: int) -> None:
    """Until this many runs of hourly_collection are done."""

    def done() -> bool:
        runs = [run for run in dagster.runs() if run["jobName"] == "hourly_collection"]
        assert not [run for run in runs if run["status"] in ("FAILURE", "CANCELED")], dagster.log.read_text()[-3000:]
        return len(runs) == count and all(run["status"] == "SUCCESS" for run in runs)

    wait_for(done, seconds=_RUN_MS / 1_000, what=f"the end of {count} runs")


def _tags(run: dict[str, list[dict[str, str]]]) -> set[str]:
    return {tag["key"] for tag in run["tags"]}


def _keep(page: Page, name: str) -> None:
    """Save what is seen, where asked to."""
    if folder := os.environ.get("SCREENSHOTS"):
        from PIL import Image

        seen = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        seen.quantize(128).save(Path(folder) / f"{name}.png", optimize=True)
