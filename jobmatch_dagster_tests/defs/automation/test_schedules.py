from datetime import UTC, datetime

import dagster as dg
import pytest

from jobmatch_dagster.build import build_defs


@pytest.mark.parametrize(
    ("at", "hour"),
    [
        (datetime(2026, 11, 20, 9, 15, tzinfo=UTC), "2026-11-20-07:00"),
        (datetime(2026, 11, 20, 0, 15, tzinfo=UTC), "2026-11-19-22:00"),
        # The clocks of Germany go back in this night; hours are UTC and know nothing of it.
        (datetime(2026, 10, 25, 2, 15, tzinfo=UTC), "2026-10-25-00:00"),
    ],
)
def test_the_hourly_schedule_asks_for_the_hour_that_the_api_has_finished(at: datetime, hour: str) -> None:
    schedule = build_defs().resolve_schedule_def("hourly_collection_schedule")
    request = schedule(dg.build_schedule_context(scheduled_execution_time=at))
    assert isinstance(request, dg.RunRequest)
    assert request.partition_key == hour


def test_the_daily_schedule_asks_for_yesterday() -> None:
    schedule = build_defs().resolve_schedule_def("daily_upkeep_schedule")
    at = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)
    request = schedule(dg.build_schedule_context(scheduled_execution_time=at))
    assert isinstance(request, dg.RunRequest)
    assert request.partition_key == "2026-02-28"


def test_quality_is_measured_every_week() -> None:
    defs = build_defs()
    schedule = defs.resolve_schedule_def("weekly_quality_schedule")
    request = schedule(dg.build_schedule_context(scheduled_execution_time=datetime(2026, 11, 22, 4, 30, tzinfo=UTC)))
    assert isinstance(request, dg.RunRequest)
    assert request.run_key == "2026-11-22"
    checked = {key.name for key in defs.resolve_job_def("weekly_quality").asset_layer.asset_graph.asset_check_keys}
    assert checked >= {"ranking_is_good", "calibration_sound"}
