"""The tour of the UI in a real browser, as a newcomer makes it.

An hour, its numbers, a gap that is priced and filled, a user's matches, a match explained, three planted faults that
are repaired with what the page says, the page of health.

`SCREENSHOTS=docs/images` keeps the pictures that README shows.
"""

import io
import json
import os
import re
from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import text

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

# What is planted, and what the page says of it.
_FAULTS = {
    "UPDATE jobs SET ai_experience_level = CASE ai_experience_level WHEN '10+' THEN '0-2' ELSE '10+' END "
    "WHERE external_id = :posting": "ai_experience_level is stored as",
    "UPDATE cv_profiles SET experience_years = 31, experience_level = '10+' WHERE id = (SELECT max(cv_profiles.id) "
    "FROM cv_profiles JOIN users ON users.id = user_id WHERE user_key = 'ada')": "The profile has 31 years",
    "UPDATE job_facts SET skills = '{Kubernetes,Teamwork}' WHERE job_id = (SELECT id FROM jobs WHERE external_id = "
    ":posting)": "Matching compares other skills than the posting has",
}


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
    price = _plan(dagster, page, first, last)
    spent = world.server.credits_used
    _launch_hours(dagster, page, f"[{first}...{last}]", "Launch backfill")
    _wait_for_runs(dagster, 3)
    assert world.server.credits_used - spent <= price
    assert len([run for run in dagster.runs() if "dagster/backfill" in _tags(run)]) == 1
    assert [call.split("?")[0] for call in world.server.calls][-1] == "/active-ats-24h"
    page.goto(f"{dagster.url}/assets/raw/job_pages?view=checks&checkDetail=no_missing_hours")
    expect(page.get_by_text("Passed").first).to_be_visible()
    assert world.scalar("SELECT count(DISTINCT collection_hour) FROM jobs") >= _GAP_HOURS + 2

    _see_a_users_matches(world, dagster, page)
    _explain_from_the_launchpad(world, dagster, page)
    for fault, sign in _FAULTS.items():
        _repair_as_printed(world, dagster, page, fault, sign)
    _see_a_failure_noted(world, dagster, page)
    _see_health(dagster, page)
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


def _plan(dagster: Dagster, page: Page, first: str, last: str) -> int:
    """Ask for the price of some hours; gives it in credits."""
    _launch_job(dagster, page, "plan_collection", "price_collection", first_hour=first, last_hour=last)
    dialog = _open_page(page)
    expect(dialog.get_by_text("3 of 3 hours are missing.")).to_be_visible()
    _keep(page, "plan")
    price = re.search(r"about ([\d,]+) credits", dialog.inner_text())
    assert price
    return int(price[1].replace(",", ""))


def _see_a_users_matches(world: World, dagster: Dagster, page: Page) -> None:
    _launch_job(dagster, page, "show_matches", "write_list", user_key="ada")
    dialog = _open_page(page)
    expect(dialog.get_by_text("Matches of ada")).to_be_visible()
    expect(dialog.get_by_text(world.scalar(_BEST)).first).to_be_visible()
    _keep(page, "matches")


def _explain_from_the_launchpad(world: World, dagster: Dagster, page: Page) -> None:
    dialog = _explain(dagster, page, "ada", world.scalar(_BEST), keep="launchpad")
    expect(dialog.get_by_text("1. Verdict")).to_be_visible()
    expect(dialog.get_by_text("the same as stored").first).to_be_visible()
    expect(dialog.get_by_text("Nothing stands out.")).to_be_visible()
    assert dialog.locator("a[href^='/runs/']").count() >= 3
    assert dialog.locator("a[href^='http']").count() == 0
    _keep(page, "explain")


def _repair_as_printed(world: World, dagster: Dagster, page: Page, fault: str, sign: str) -> None:
    """Plant a fault, find it on the page, launch the very job and configuration that the page prints, look again."""
    posting = world.scalar(_BEST)
    with world.database.begin() as connection:
        assert connection.execute(text(fault), {"posting": posting} if ":posting" in fault else {}).rowcount == 1
    dialog = _explain(dagster, page, "ada", posting)
    expect(dialog.get_by_text(sign).first).to_be_visible()
    _keep(page, "finding")
    printed = re.search(r"Open Jobs > (repair_\w+) > Launchpad, enter (\{.*?\}\}\}\}) and click", dialog.inner_text())
    assert printed, dialog.inner_text()[:2_000]
    _type(dagster, page, printed[1], printed[2])
    page.get_by_role("button", name="Launch Run").click()
    expect(page.get_by_text("RUN_SUCCESS").first).to_be_visible(timeout=_RUN_MS)
    expect(_explain(dagster, page, "ada", posting).get_by_text("Nothing stands out.")).to_be_visible()


def _see_a_failure_noted(world: World, dagster: Dagster, page: Page) -> None:
    """An unknown posting: the run fails with a sentence, and the daemon's sensor notes it with its next step."""
    _launch_job(dagster, page, "repair_posting", "reread_posting", external_id="1")
    expect(page.get_by_text("There is no posting '1'").first).to_be_visible(timeout=_RUN_MS)
    noted = "SELECT next_step FROM run_failures WHERE job_name = 'repair_posting'"
    assert wait_for(lambda: world.scalar(noted), seconds=_RUN_MS / 1_000, what="the failure in run_failures")


def _see_health(dagster: Dagster, page: Page) -> None:
    page.goto(f"{dagster.url}/assets/operations/health")
    expect(page.get_by_text("newest hour that the API has").first).to_be_visible()
    _keep(page, "health")


def _explain(dagster: Dagster, page: Page, user_key: str, posting: str, *, keep: str = "") -> Locator:
    """Launch explain_match and open its page."""
    _launch_job(dagster, page, "explain_match", "write_explanation", keep=keep, user_key=user_key, external_id=posting)
    return _open_page(page)


def _open_page(page: Page) -> Locator:
    page.get_by_text("[Show Markdown]").first.click(timeout=_RUN_MS)
    return page.get_by_role("dialog")


def _launch_job(dagster: Dagster, page: Page, job: str, op: str, *, keep: str = "", **config: str) -> None:
    _type(dagster, page, job, json.dumps({"ops": {op: {"config": config}}}, indent=2))
    if keep:
        _keep(page, keep)
    page.get_by_role("button", name="Launch Run").click()


def _type(dagster: Dagster, page: Page, job: str, config: str) -> None:
    """Replace what the Launchpad of a job has by this configuration."""
    page.goto(f"{dagster.url}/locations/jobmatch_dagster/jobs/{job}/playground")
    editor = page.locator(".CodeMirror").first
    expect(editor).to_be_visible()
    page.wait_for_timeout(1_000)  # the Launchpad fills in its defaults
    editor.click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(config)
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
