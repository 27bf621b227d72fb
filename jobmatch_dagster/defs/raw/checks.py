"""Checks of the raw stage: hours that nobody answered for, hours that were cut, and a plan that lasts."""

from datetime import datetime, timedelta

import dagster as dg

from jobmatch_dagster.core.raw.quota import outlook
from jobmatch_dagster.core.raw.windows import HOUR, hour_name, latest_collectable_hour
from jobmatch_dagster.db.raw import pages
from jobmatch_dagster.defs.raw.assets import outlook_metadata
from jobmatch_dagster.resources.active_jobs import ActiveJobsResource
from jobmatch_dagster.resources.clock import ClockResource
from jobmatch_dagster.resources.postgres import PostgresResource

# How far back a gap is looked for: what the 7d feed can still mend at a bearable price.
LOOK_BACK = timedelta(days=7)
_MAX_NAMED = 24


@dg.asset_check(asset=["raw", "job_pages"], description="Every hour since the first collection was answered for.")
def no_missing_hours(
    database: PostgresResource, active_jobs: ActiveJobsResource, clock: ClockResource
) -> dg.AssetCheckResult:
    """Names the hours of the last seven days that no complete sweep has answered for."""
    end = latest_collectable_hour(clock.now()) + HOUR
    with database.database().begin() as connection:
        first = pages.first_covered_hour(connection, active_jobs.filters.identity())
        start = max(first or end, end - LOOK_BACK)
        covered = pages.covered_hours(connection, start, end, active_jobs.filters.identity())
    hours = [start + n * HOUR for n in range((end - start) // HOUR)]
    missing = [hour for hour in hours if hour not in covered]
    return dg.AssetCheckResult(
        passed=not missing,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "hours_expected": len(hours),
            "hours_missing": len(missing),
            "missing": _named(missing),
            "recovery": _backfill(missing) if missing else "Nothing to do.",
        },
    )


@dg.asset_check(asset=["raw", "job_pages"], description="No recent hour was cut by the page limit or the reserve.")
def no_cut_hours(
    database: PostgresResource, active_jobs: ActiveJobsResource, clock: ClockResource
) -> dg.AssetCheckResult:
    """Names the hours of the last day whose sweep was begun and not ended by any other."""
    end = latest_collectable_hour(clock.now()) + HOUR
    with database.database().begin() as connection:
        cut = sorted(pages.cut_hours(connection, end - timedelta(days=1), end, active_jobs.filters.identity()))
    return dg.AssetCheckResult(
        passed=not cut,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "hours_cut": len(cut),
            "cut": _named(cut),
            "recovery": "The next hourly run asks for them with its own. If it happens every hour, raise "
            "max_pages_per_hour of the resource active_jobs, or filter more narrowly."
            if cut
            else "Nothing to do.",
        },
    )


@dg.asset_check(asset=["raw", "job_pages"], description="The plan's credits last until it is renewed.")
def quota_lasts(database: PostgresResource, clock: ClockResource) -> dg.AssetCheckResult:
    """Compares the days that the credits last at the present pace with the days to the renewal."""
    now = clock.now()
    with database.database().begin() as connection:
        known = pages.newest_quota(connection)
        quota, told_at = known or (None, None)
        found = outlook(quota, told_at, pages.spending(connection, now), now)
    told = {name: value for name, value in outlook_metadata(found).items() if value is not None}
    return dg.AssetCheckResult(
        passed=found.sustainable is not False,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            **told,
            "recovery": "Filter more narrowly, collect a smaller market, or take a larger plan: at this pace the "
            "credits end before the renewal."
            if found.sustainable is False
            else "Nothing to do.",
        },
    )


checks = [no_missing_hours, no_cut_hours, quota_lasts]


def _named(hours: list[datetime]) -> str:
    return ", ".join(hour_name(hour) for hour in hours[:_MAX_NAMED]) or "none"


def _backfill(missing: list[datetime]) -> str:
    first, last = hour_name(missing[0]), hour_name(missing[-1])
    hours = first if first == last else f"[{first}...{last}]"
    return f"Open the job hourly_collection, Materialize all, type {hours}, launch: one run, one sweep."
