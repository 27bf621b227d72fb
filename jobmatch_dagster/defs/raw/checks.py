"""Checks of `raw/job_pages`: hours that are missing, incomplete or failed, and the credits of the plan."""

from datetime import datetime, timedelta

import dagster as dg

from jobmatch_dagster.core.markdown import markdown_table
from jobmatch_dagster.core.operations.next_steps import launch_partitions
from jobmatch_dagster.core.raw.windows import HOUR, hour_name, latest_collectable_hour
from jobmatch_dagster.db.operations.run_failures import next_steps_of_runs
from jobmatch_dagster.db.raw import pages
from jobmatch_dagster.defs.raw.assets import outlook_metadata
from jobmatch_dagster.observability.check_results import check_result
from jobmatch_dagster.observability.history import ended_runs, unresolved_failures
from jobmatch_dagster.resources.active_jobs import ActiveJobsResource
from jobmatch_dagster.resources.clock import ClockResource, wall_time
from jobmatch_dagster.resources.postgres import PostgresResource

_PAGES = dg.AssetKey(["raw", "job_pages"])
# The 7d feed fetches missing hours at a bearable price; older ones need the 6m feed.
LOOK_BACK = timedelta(days=7)
_CUT_LOOK_BACK = timedelta(days=1)
_RUNS_EXAMINED, _MAX_NAMED_HOURS, _MAX_NAMED_RUNS = 500, 24, 10
_FILTERS = 'narrower filters, for example filters=Filters(location="Berlin")'


@dg.asset_check(asset=_PAGES, description="Every hour of the last seven days was collected.")
def no_missing_hours(
    database: PostgresResource, active_jobs: ActiveJobsResource, clock: ClockResource
) -> dg.AssetCheckResult:
    """Names the hours since the first collection that no complete sweep has answered for."""
    end = latest_collectable_hour(clock.now()) + HOUR
    hours = (end - LOOK_BACK, end, active_jobs.filters.identity())
    with database.database().read() as connection:
        expected = pages.expected_hours(connection, *hours)
        missing = pages.missing_hours(connection, *hours)
    return check_result(
        not missing,
        {"hours_expected": len(expected), "hours_missing": len(missing), "missing_hours": _named(missing)},
        launch_partitions("hourly_collection", [hour_name(hour) for hour in missing]),
    )


@dg.asset_check(asset=_PAGES, description="Every hour that was collected in the last day is complete.")
def no_cut_hours(
    database: PostgresResource, active_jobs: ActiveJobsResource, clock: ClockResource
) -> dg.AssetCheckResult:
    """Names the hours whose sweep stopped early and that no other sweep has completed."""
    end = latest_collectable_hour(clock.now()) + HOUR
    with database.database().read() as connection:
        cut = sorted(pages.cut_hours(connection, end - _CUT_LOOK_BACK, end, active_jobs.filters.identity()))
    return check_result(
        not cut,
        {"hours_incomplete": len(cut), "incomplete_hours": _named(cut)},
        "Nothing to do now: the next hourly run fetches these hours again. If this check fails hour after hour, give "
        "ActiveJobsResource in build.py a higher limit, for example max_pages_per_hour=20 (default 10), or "
        f"{_FILTERS}.",
    )


@dg.asset_check(asset=_PAGES, description="The job credits of the plan last until it is renewed.")
def quota_lasts(database: PostgresResource, clock: ClockResource) -> dg.AssetCheckResult:
    """Compares how long the credits last at the current pace with the time to the renewal."""
    with database.database().read() as connection:
        outlook = pages.read_outlook(connection, clock.now())
    return check_result(
        outlook.sustainable is not False,
        outlook_metadata(outlook),
        "At this pace the credits run out before the plan is renewed. Take a larger plan, or give ActiveJobsResource "
        f"in build.py {_FILTERS}. Hours that are missed in the meantime can be fetched after the renewal: the check "
        "no_missing_hours names them.",
    )


@dg.asset_check(asset=_PAGES, description="Every failed hourly run was followed by one that succeeded.")
def no_standing_failures(context: dg.AssetCheckExecutionContext, database: PostgresResource) -> dg.AssetCheckResult:
    """Names the partitions of hourly_collection whose newest run in the last seven days failed."""
    # Dagster dates its runs by the wall clock, whatever the clock resource says.
    runs = ended_runs(context.instance, "hourly_collection", wall_time() - LOOK_BACK, _RUNS_EXAMINED)
    failed = unresolved_failures(runs)
    named = ", ".join(f"{partition} ({run_id[:8]})" for partition, run_id in failed[:_MAX_NAMED_RUNS])
    with database.database().read() as connection:
        steps = next_steps_of_runs(connection, [run_id for _, run_id in failed[:_MAX_NAMED_RUNS]])
    return check_result(
        not failed,
        {
            "runs_examined": len(runs),
            "partitions_failed": len(failed),
            "failed_partitions": named or "none",
            "next_steps": dg.MetadataValue.md(markdown_table(steps, ("run", "next step"))) if steps else None,
        },
        "Do what next_steps says, or what the error of the failed step says. "
        + launch_partitions("hourly_collection", [partition for partition, _ in failed]),
    )


checks = [no_missing_hours, no_cut_hours, quota_lasts, no_standing_failures]


def _named(hours: list[datetime]) -> str:
    return ", ".join(hour_name(hour) for hour in hours[:_MAX_NAMED_HOURS]) or "none"
