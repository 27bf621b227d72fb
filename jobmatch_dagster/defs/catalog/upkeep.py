"""Assets of the daily upkeep: postings that expired, and postings that the vendor modified."""

from datetime import date, datetime, timedelta

import dagster as dg

from jobmatch_dagster import names
from jobmatch_dagster.core.raw.windows import HOUR, OLDEST_OPEN, Sweep, hour_of
from jobmatch_dagster.db.catalog.jobs import close_by_date, close_expired
from jobmatch_dagster.defs.raw.assets import collect_metadata
from jobmatch_dagster.errors import PermanentFailure
from jobmatch_dagster.observability.failures import RETRY_POLICY, translated_failures
from jobmatch_dagster.observability.run_previews import closed_preview, postings_preview
from jobmatch_dagster.observability.schemas import table_schema
from jobmatch_dagster.observability.steps import Steps
from jobmatch_dagster.partitions import DAYS
from jobmatch_dagster.pipeline.catalog.load import load_pages
from jobmatch_dagster.pipeline.raw.collect import collect_feed, fetch_expired_ids
from jobmatch_dagster.resources.active_jobs import ActiveJobsResource
from jobmatch_dagster.resources.clock import ClockResource
from jobmatch_dagster.resources.postgres import PostgresResource

_FEED_IS_OFF = "modified_feed is off; if the plan has the feed, set it to True in ActiveJobsResource in build.py"
_TABLE = {"dagster/table_name": "jobs", "dagster/column_schema": table_schema("jobs")}


def _refuse_past_day(day: str, now: datetime) -> None:
    """Refuse a day that the vendor says nothing about any more.

    Raises:
        PermanentFailure: if the day is neither today nor yesterday.
    """
    newest = (now - timedelta(days=1)).date()
    if date.fromisoformat(day) < newest:
        raise PermanentFailure(
            f"The vendor lists what expired and what changed until now, so {day} can no longer be materialized. "
            f"Materialize {newest.isoformat()}: it applies everything that happened since."
        )


@dg.asset(
    key_prefix="catalog",
    group_name="catalog",
    partitions_def=DAYS,
    deps=[dg.AssetDep(["catalog", "jobs"], partition_mapping=dg.AllPartitionMapping())],
    owners=names.OWNERS,
    kinds=names.KINDS_API,
    pool=names.POOL_ACTIVE_JOBS,
    code_version="1",
    retry_policy=RETRY_POLICY,
    metadata=_TABLE,
)
def expired_jobs(
    context: dg.AssetExecutionContext, database: PostgresResource, active_jobs: ActiveJobsResource, clock: ClockResource
) -> dg.MaterializeResult[None]:
    """One row per closed posting: listed as expired by the vendor, past its own end date, or too old.

    Grain: posting; the rows are those of `jobs`. Absence from a feed never closes a posting. Running it again
    closes only postings that are still open.
    """
    now, steps = clock.now(), Steps()
    with translated_failures():
        _refuse_past_day(context.partition_key, now)
        ids, listed_at = fetch_expired_ids(database.database(), active_jobs.client(), context.run.run_id)
    with database.database().begin() as connection:
        expired = close_expired(connection, ids, listed_at)
        by_date = close_by_date(connection, now, now - OLDEST_OPEN)
        previews = closed_preview(connection, now)
    return dg.MaterializeResult(
        metadata={
            "ids_listed": len(ids),
            "closed_expired": expired,
            "closed_valid_through": by_date.get("valid_through", 0),
            "closed_age": by_date.get("age", 0),
            **steps.metadata(),
            **previews,
        }
    )


@dg.asset(
    key_prefix="catalog",
    group_name="catalog",
    partitions_def=DAYS,
    deps=[dg.AssetDep(["catalog", "jobs"], partition_mapping=dg.AllPartitionMapping())],
    owners=names.OWNERS,
    kinds=names.KINDS_API,
    pool=names.POOL_ACTIVE_JOBS,
    code_version="1",
    retry_policy=RETRY_POLICY,
    metadata=_TABLE,
)
def modified_jobs(
    context: dg.AssetExecutionContext, database: PostgresResource, active_jobs: ActiveJobsResource, clock: ClockResource
) -> dg.MaterializeResult[None]:
    """One row per posting that the vendor reports as modified; only rows that differ are updated.

    Grain: posting; the rows are those of `jobs`. Off unless the plan has the feed (`modified_feed` of the resource
    active_jobs). Running it again updates nothing.
    """
    if not active_jobs.modified_feed:
        return dg.MaterializeResult(metadata={"skipped": _FEED_IS_OFF})
    end, steps = hour_of(clock.now()), Steps()
    sweep = Sweep("modified", end - 24 * HOUR, end)
    with translated_failures():
        _refuse_past_day(context.partition_key, end)
        client = active_jobs.client().modified_since(end - 24 * HOUR)
        report = collect_feed(database.database(), client, sweep, max_pages=1_000, run_id=context.run.run_id)
    loaded = load_pages(database.database(), context.run.run_id)
    with database.database().read() as connection:
        previews = postings_preview(connection, context.run.run_id, clock.now())
    return dg.MaterializeResult(
        metadata={
            **collect_metadata(report),
            "rows_inserted": loaded.counts.inserted,
            "rows_updated": loaded.counts.updated,
            "rows_unchanged": loaded.counts.unchanged,
            **steps.metadata(postings=loaded.records),
            **previews,
        }
    )
