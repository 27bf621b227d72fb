"""Schedules: when jobs run. They are stopped by default, because they spend credits."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import dagster as dg

from jobmatch_dagster import names
from jobmatch_dagster.core.raw.windows import hour_name, latest_collectable_hour
from jobmatch_dagster.defs.automation.jobs import (
    daily_digests,
    daily_upkeep,
    hourly_collection,
    hourly_digests,
    watch,
    weekly_quality,
    weekly_trends,
)
from jobmatch_dagster.defs.operations.housekeeping import housekeeping
from jobmatch_dagster.observability.history import ended_runs
from jobmatch_dagster.settings import OperationsSettings


def schedules_are_on() -> bool:
    """Whether schedules start switched on."""
    return OperationsSettings.read().automation == "running"


def sensors_are_on() -> bool:
    """Whether sensors start switched on."""
    return OperationsSettings.read().automation != "off"


def build_schedules() -> Iterator[dg.ScheduleDefinition]:
    """The schedules; they start turned on only if `JOBMATCH_AUTOMATION` says so."""
    status = dg.DefaultScheduleStatus.RUNNING if schedules_are_on() else dg.DefaultScheduleStatus.STOPPED

    # At a quarter past, the API has completed the hour before the last one (see core/raw).
    @dg.schedule(
        name="hourly_collection_schedule",
        job=hourly_collection,
        cron_schedule="15 * * * *",
        execution_timezone="UTC",
        default_status=status,
        description="Every hour at 15 minutes past: collects the newest hour that the API has completed.",
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
        description="Every day at 02:00 UTC: closes what expired and applies what changed yesterday.",
    )
    def daily_upkeep_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        return _run_of(_tick_time(context) - timedelta(days=1))

    # Before a working day in Europe begins.
    @dg.schedule(
        name="daily_digests_schedule",
        job=daily_digests,
        cron_schedule="0 4 * * *",
        execution_timezone="UTC",
        default_status=status,
        description="Every day at 04:00 UTC: writes each user's new matches as pages and a feed.",
    )
    def daily_digests_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        return _run_of(_tick_time(context) - timedelta(days=1))

    # When the hour that was fetched at a quarter past is matched and explained.
    @dg.schedule(
        name="hourly_digests_schedule",
        job=hourly_digests,
        cron_schedule="45 * * * *",
        execution_timezone="UTC",
        default_status=status,
        description="Every hour at 45 minutes past: writes the new matches of users who ask for it, and delivers what "
        "waits, for the end of quiet hours or after a failure.",
    )
    def hourly_digests_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        hour = hour_name(latest_collectable_hour(_tick_time(context)))
        return dg.RunRequest(run_key=hour, partition_key=hour)

    @dg.schedule(
        name="housekeeping_schedule",
        job=housekeeping,
        cron_schedule="30 3 * * *",
        execution_timezone="UTC",
        default_status=status,
        description="Every day at 03:30 UTC: removes what is old and no longer needed.",
    )
    def housekeeping_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        return dg.RunRequest(run_key=_tick_time(context).strftime("%Y-%m-%d"))

    # After upkeep and housekeeping: a new fit makes all scores stale, and the next hourly run scores them again.
    @dg.schedule(
        name="weekly_quality_schedule",
        job=weekly_quality,
        cron_schedule="30 4 * * 0",
        execution_timezone="UTC",
        default_status=status,
        description="Every Sunday at 04:30 UTC: fits the scores and measures the ranking.",
    )
    def weekly_quality_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        return dg.RunRequest(run_key=_tick_time(context).strftime("%Y-%m-%d"))

    @dg.schedule(
        name="weekly_trends_schedule",
        job=weekly_trends,
        cron_schedule="0 5 * * 1",
        execution_timezone="UTC",
        default_status=status,
        description="Every Monday at 05:00 UTC: counts the week that has ended.",
    )
    def weekly_trends_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        return _run_of(_tick_time(context) - timedelta(days=7))

    # An hour evaluates the checks itself; at ten to the next one there is no hour of the last 60 minutes left.
    @dg.schedule(
        name="watch_schedule",
        job=watch,
        cron_schedule="50 * * * *",
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING if sensors_are_on() else dg.DefaultScheduleStatus.STOPPED,
        description="Every hour at 50 minutes past, if no hour was collected meanwhile: evaluates every check. It "
        "spends nothing.",
    )
    def watch_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        since = _tick_time(context) - timedelta(hours=1)
        if ended_runs(context.instance, hourly_collection.name, since, limit=1):
            return dg.SkipReason("An hour was collected in the last 60 minutes and evaluated the checks.")
        return dg.RunRequest(run_key=f"{_tick_time(context):%Y-%m-%d-%H}")

    yield watch_schedule
    yield weekly_trends_schedule
    yield weekly_quality_schedule
    yield housekeeping_schedule
    yield hourly_collection_schedule
    yield daily_upkeep_schedule
    yield daily_digests_schedule
    yield hourly_digests_schedule


def _run_of(day: datetime) -> dg.RunRequest:
    """The run of a partition that is named by its first day."""
    name = day.strftime("%Y-%m-%d")
    return dg.RunRequest(run_key=name, partition_key=name)


def _tick_time(context: dg.ScheduleEvaluationContext) -> datetime:
    return context.scheduled_execution_time.astimezone(UTC)
