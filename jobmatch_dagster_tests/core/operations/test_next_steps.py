"""Next steps of failures, and click paths that lead to something."""

import dagster as dg
import pytest

from jobmatch_dagster.core.operations.next_steps import launch_job, launch_partitions, materialize_asset, next_step
from jobmatch_dagster_tests.support.checks import assert_click_paths_exist


def test_every_failure_has_a_next_step() -> None:
    assert next_step("SomethingNew", "anything").startswith("Open the run")
    assert "no_missing_hours" in next_step("KeyError", "hourly_collection")


@pytest.mark.parametrize(
    "path",
    [
        launch_job("match_existing_jobs"),
        launch_job("match_existing_jobs", "match_everybody", again=True),
        launch_job("match_users", "match_listed_users", user_keys=["a 'b'", "ü"]),
        launch_partitions("daily_upkeep", ["2026-11-19"]),
        launch_partitions("hourly_collection", ["2026-11-20-05:00", "2026-11-20-06:00"]),
        materialize_asset("quality/score_calibration"),
        materialize_asset("catalog/jobs", partition="2026-11-20-07:00", rebuild=True),
        materialize_asset("catalog/job_embeddings", partition="2026-11-20-07:00"),
    ],
)
def test_click_path_has_a_valid_configuration(path: str) -> None:
    assert_click_paths_exist(path)


@pytest.mark.parametrize("path", [launch_job("no_such_job"), materialize_asset("catalog/jobs", rebuilt=True)])
def test_click_path_that_leads_nowhere_is_detected(path: str) -> None:
    with pytest.raises((dg.DagsterInvariantViolationError, dg.DagsterInvalidConfigError)):
        assert_click_paths_exist(path)
