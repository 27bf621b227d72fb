"""A real webserver and daemon on a real database: an hour from the UI's API, a CV through the sensors."""

import pytest

from jobmatch_dagster.core.raw.windows import hour_name
from jobmatch_dagster_tests.support.graphql import Dagster, wait_for
from jobmatch_dagster_tests.support.world import ENGINEER_CV, HOUR, NURSE_CV, World

pytestmark = pytest.mark.e2e

_DAEMONS = {"SCHEDULER", "SENSOR", "QUEUED_RUN_COORDINATOR", "MONITORING"}


def test_an_hour_and_a_cv_through_a_real_daemon(world: World, dagster: Dagster) -> None:
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
