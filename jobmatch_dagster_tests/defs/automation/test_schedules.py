from datetime import UTC, datetime

import dagster as dg
import pytest

from jobmatch_dagster.build import build_defs


@pytest.mark.parametrize(
    ("at", "hour"),
    [
        (datetime(2026, 11, 20, 9, 15, tzinfo=UTC), "2026-11-20-07:00"),
        (datetime(2026, 11, 20, 0, 15, tzinfo=UTC), "2026-11-19-22:00"),
        # German clocks go back in this night; hours in UTC are not affected.
        (datetime(2026, 10, 25, 2, 15, tzinfo=UTC), "2026-10-25-00:00"),
    ],
)
def test_hourly_schedule_requests_the_newest_complete_hour(at: datetime, hour: str) -> None:
    schedule = build_defs().resolve_schedule_def("hourly_collection_schedule")
    request = schedule(dg.build_schedule_context(scheduled_execution_time=at))
    assert isinstance(request, dg.RunRequest)
    assert request.partition_key == hour


def test_daily_schedule_requests_yesterday() -> None:
    schedule = build_defs().resolve_schedule_def("daily_upkeep_schedule")
    at = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)
    request = schedule(dg.build_schedule_context(scheduled_execution_time=at))
    assert isinstance(request, dg.RunRequest)
    assert request.partition_key == "2026-02-28"


def test_quality_schedule_runs_every_week() -> None:
    defs = build_defs()
    schedule = defs.resolve_schedule_def("weekly_quality_schedule")
    request = schedule(dg.build_schedule_context(scheduled_execution_time=datetime(2026, 11, 22, 4, 30, tzinfo=UTC)))
    assert isinstance(request, dg.RunRequest)
    assert request.run_key == "2026-11-22"
    checked = {key.name for key in defs.resolve_job_def("weekly_quality").asset_layer.asset_graph.asset_check_keys}
    assert checked >= {"ranking_is_good", "calibration_sound"}
