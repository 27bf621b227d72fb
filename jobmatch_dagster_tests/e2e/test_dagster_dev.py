"""`jobmatch dev` on a real database: a webserver and a daemon, seen over GraphQL and in a browser.

Starting it takes as long as any of these tests, so that they share one.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from jobmatch_dagster.core.raw.windows import hour_name
from jobmatch_dagster_tests.support.databases import fresh_database
from jobmatch_dagster_tests.support.dev_server import Dagster, dev_server, wait_for
from jobmatch_dagster_tests.support.world import ENGINEER_CV, HOUR, NURSE_CV, World, build_world

pytestmark = pytest.mark.e2e

_DAEMONS = {"SCHEDULER", "SENSOR", "QUEUED_RUN_COORDINATOR", "MONITORING"}
_LISTENING = "0A"


@pytest.fixture(scope="module")
def world(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The world of all tests of this module."""
    with (
        fresh_database(postgres_url, template="jobmatch") as url,
        build_world(url, tmp_path_factory.mktemp("dev")) as built,
    ):
        yield built


@pytest.fixture(scope="module")
def dagster(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dagster]:
    """`jobmatch dev` on that world."""
    with dev_server(world.variables, tmp_path_factory.mktemp("log")) as running:
        yield running


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="needs /proc")
def test_ui_listens_on_loopback_alone(dagster: Dagster) -> None:
    """Dagster's webserver has no login."""
    assert _addresses(dagster.port) == {"127.0.0.1"}


def test_browser_shows_what_an_asset_is(dagster: Dagster, page: Page) -> None:
    page.goto(f"{dagster.url}/assets/catalog/jobs")
    page.get_by_text("One row per posting in its newest version, unique by the vendor's id").first.wait_for()
    page.get_by_text("Job title, without repetition and extra white space").first.wait_for()
    page.goto(f"{dagster.url}/automation")
    for name in ("cv_inbox_sensor", "cv_profile_sensor", "hourly_collection_schedule"):
        page.get_by_text(name).first.wait_for()


def test_daemon_collects_an_hour_and_matches_a_cv(world: World, dagster: Dagster) -> None:
    # Somebody else, whose matches must stay as they are.
    world.take_in("ben", ENGINEER_CV)
    run_id = dagster.launch("hourly_collection", {"dagster/partition": hour_name(HOUR)})
    _wait_until_done(dagster, run_id)
    assert world.scalar("SELECT count(*) FROM jobs") == 12
    before = _of_user(world, "ben")
    assert before

    for sensor in ("cv_inbox_sensor", "cv_profile_sensor"):
        dagster.start_sensor(sensor)
    world.put_cv("ada", NURSE_CV)
    matched = "SELECT count(*) FROM user_match_state JOIN users ON users.id = user_id WHERE user_key = 'ada'"
    wait_for(lambda: world.scalar(matched), seconds=180, what=f"a match state for ada, see {dagster.log}")

    assert _of_user(world, "ada")
    assert _of_user(world, "ben") == before
    wait_for(lambda: all(run["status"] == "SUCCESS" for run in dagster.runs()), seconds=120, what="the end of all runs")
    jobs = sorted(run["jobName"] for run in dagster.runs())
    assert jobs == ["hourly_collection", "ingest_cv", "rematch_user"]
    users = {tag["value"] for run in dagster.runs() for tag in run["tags"] if tag["key"] == "jobmatch/user"}
    assert users == {"ada"}

    health = dagster.query("{ instance { daemonHealth { allDaemonStatuses { daemonType healthy } } } }")
    statuses = health["instance"]["daemonHealth"]["allDaemonStatuses"]
    assert {status["daemonType"] for status in statuses if status["healthy"]} >= _DAEMONS


def _wait_until_done(dagster: Dagster, run_id: str) -> None:
    status = wait_for(
        lambda: (found := dagster.status(run_id)) in ("SUCCESS", "FAILURE", "CANCELED") and found,
        seconds=180,
        what=f"the end of run {run_id}, see {dagster.log}",
    )
    assert status == "SUCCESS", dagster.log.read_text()[-3000:]


def _of_user(world: World, user_key: str) -> list[str]:
    return [row for row in world.rows("user_job_matches")["user_job_matches"] if row.startswith(f"('{user_key}'")]


def _addresses(port: int) -> set[str]:
    """Addresses that anything listens on at this port."""
    found = set()
    for file in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{file}").read_text().splitlines()[1:]:
            _, local, _, state = line.split()[:4]
            address, number = local.split(":")
            if state == _LISTENING and int(number, 16) == port:
                quads = [int(address[n : n + 2], 16) for n in range(0, 8, 2)]
                found.add(".".join(map(str, reversed(quads))) if file == "tcp" else f"IPv6 {address}")
    return found
