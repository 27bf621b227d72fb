"""Checks of the raw stage: hours that nobody answered for."""

from datetime import timedelta

import dagster as dg

from jobmatch_dagster.core.windows import HOUR, latest_collectable_hour
from jobmatch_dagster.db.pages import covered_hours, first_covered_hour
from jobmatch_dagster.partitions import HOUR_FORMAT
from jobmatch_dagster.resources.clock import ClockResource
from jobmatch_dagster.resources.postgres import PostgresResource

# How far back a gap is looked for: what the 7d feed can still mend at a bearable price.
LOOK_BACK = timedelta(days=7)
_MAX_NAMED = 24


@dg.asset_check(asset=["raw", "job_pages"], description="Every hour since the first collection was answered for.")
def no_missing_hours(database: PostgresResource, clock: ClockResource) -> dg.AssetCheckResult:
    """Names the hours of the last seven days that no complete sweep has answered for."""
    end = latest_collectable_hour(clock.now()) + HOUR
    with database.database().begin() as connection:
        first = first_covered_hour(connection)
        start = max(first or end, end - LOOK_BACK)
        covered = covered_hours(connection, start, end)
    hours = [start + n * HOUR for n in range((end - start) // HOUR)]
    missing = [hour.strftime(HOUR_FORMAT) for hour in hours if hour not in covered]
    recovery = (
        f"Open raw/job_pages, choose Materialize, select {missing[0]} to {missing[-1]}, launch: one run, one sweep."
        if missing
        else "Nothing to do."
    )
    return dg.AssetCheckResult(
        passed=not missing,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "hours_expected": len(hours),
            "hours_missing": len(missing),
            "missing": ", ".join(missing[:_MAX_NAMED]) or "none",
            "recovery": recovery,
        },
    )


checks = [no_missing_hours]
