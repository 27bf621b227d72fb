"""Schedules. They are stopped until a person turns them on: they spend credits.

Put here when something runs. What runs stands in `jobs.py`.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import dagster as dg

from jobmatch_dagster import names
from jobmatch_dagster.core.raw.windows import hour_name, latest_collectable_hour
from jobmatch_dagster.defs.automation.jobs import daily_upkeep, hourly_collection, weekly_quality
from jobmatch_dagster.defs.operations.housekeeping import housekeeping
from jobmatch_dagster.settings import OperationsSettings


def schedules_are_on() -> bool:
    """Whether schedules start switched on."""
    return OperationsSettings.read().automation == "running"


def sensors_are_on() -> bool:
    """Whether sensors start switched on."""
    return OperationsSettings.read().automation != "off"


def build_schedules() -> Iterator[dg.ScheduleDefinition]:
    """The schedules, switched on only where `JOBMATCH_AUTOMATION` says so."""
    status = dg.DefaultScheduleStatus.RUNNING if schedules_are_on() else dg.DefaultScheduleStatus.STOPPED

    # A quarter past, the API has finished the hour before the last one (see core/raw/windows.py).
    @dg.schedule(
        name="hourly_collection_schedule",
        job=hourly_collection,
        cron_schedule="15 * * * *",
        execution_timezone="UTC",
        default_status=status,
        description="Every hour at 15 past: the hour that the API has finished.",
    )
    def hourly_collection_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        hour = hour_name(latest_collectable_hour(_tick_time(context)))
        return dg.RunRequest(run_key=hour, partition_key=hour, tags={names.TAG_HOUR: hour.replace(":", "_")})

    # The vendor renews its list of expired postings at 01:30 UTC.
    @dg.schedule(
        name="daily_upkeep_schedule",
        job=daily_upkeep,
        cron_schedule="0 2 * * *",
        execution_timezone="UTC",
        default_status=status,
        description="Every day at 02:00 UTC: what expired and what changed yesterday.",
    )
    def daily_upkeep_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        day = (_tick_time(context) - timedelta(days=1)).strftime("%Y-%m-%d")
        return dg.RunRequest(run_key=day, partition_key=day)

    @dg.schedule(
        name="housekeeping_schedule",
        job=housekeeping,
        cron_schedule="30 3 * * *",
        execution_timezone="UTC",
        default_status=status,
        description="Every day at 03:30 UTC: remove what is old and not needed, measure what is left.",
    )
    def housekeeping_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        return dg.RunRequest(run_key=_tick_time(context).strftime("%Y-%m-%d"))

    # After upkeep and housekeeping, when the night is quietest; a new fit makes every score stale.
    @dg.schedule(
        name="weekly_quality_schedule",
        job=weekly_quality,
        cron_schedule="30 4 * * 0",
        execution_timezone="UTC",
        default_status=status,
        description="Every Sunday at 04:30 UTC: fit the scores, measure the ranking; its check turns red when it fell.",
    )
    def weekly_quality_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        return dg.RunRequest(run_key=_tick_time(context).strftime("%Y-%m-%d"))

    yield weekly_quality_schedule
    yield housekeeping_schedule
    yield hourly_collection_schedule
    yield daily_upkeep_schedule


def _tick_time(context: dg.ScheduleEvaluationContext) -> datetime:
    return context.scheduled_execution_time.astimezone(UTC)
