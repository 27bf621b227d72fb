"""The job that removes what is old and no longer needed, and how long things are kept."""

from datetime import datetime, timedelta

import dagster as dg
from pydantic import Field

from jobmatch_dagster import names
from jobmatch_dagster.db.operations.storage import storage_sizes
from jobmatch_dagster.observability.history import delete_runs
from jobmatch_dagster.observability.previews import preview
from jobmatch_dagster.observability.run_previews import storage_metadata
from jobmatch_dagster.pipeline.operations.retention import remove_old_rows
from jobmatch_dagster.resources.clock import ClockResource, wall_time
from jobmatch_dagster.resources.postgres import PostgresResource


class PageRetention(dg.Config):
    """Days that rows of the project's database are kept."""

    page_days: int = Field(
        default=90, ge=1, description="Bodies of pages that no posting's current version came from, after the fetch"
    )
    quarantine_days: int = Field(
        default=90, ge=1, description="Quarantined records whose posting arrived intact later, and noted failures"
    )
    match_days: int = Field(
        default=90, ge=1, description="Undecided matches of closed postings, after the posting closed"
    )
    event_days: int = Field(default=90, ge=1, description="Events of matches: what entered a list, left it or changed")
    digest_days: int = Field(default=90, ge=1, description="Lines of digests that wait for no delivery")


class RunRetention(dg.Config):
    """Days that runs are kept in Dagster's history."""

    explanation_days: int = Field(
        default=7, ge=1, description="Runs of explain_match and show_matches: their pages show facts about a user"
    )
    run_days: int = Field(default=90, ge=1, description="Runs that materialized nothing")
    materialization_days: int = Field(
        default=730,
        ge=1,
        description="Runs that materialized something; without them the UI shows their partitions as missing",
    )


@dg.op
def remove_old_pages(
    context: dg.OpExecutionContext, config: PageRetention, database: PostgresResource, clock: ClockResource
) -> None:
    """Remove old page bodies, resolved quarantined records, noted failures, old matches, events and digests."""
    removed = remove_old_rows(
        database.database(),
        context.run_id,
        now=clock.now(),
        wall_time=wall_time(),
        page_days=config.page_days,
        quarantine_days=config.quarantine_days,
        match_days=config.match_days,
        event_days=config.event_days,
        digest_days=config.digest_days,
    )
    context.add_output_metadata(
        {
            "page_bodies_removed": removed.page_bodies,
            "bytes_removed": removed.bytes,
            "quarantined_records_removed": removed.quarantined_records,
            "run_failures_removed": removed.run_failures,
            "matches_of_closed_postings_removed": removed.matches,
            "match_events_removed": removed.events,
            "digests_emptied": removed.digests,
            "pages_kept_whole": removed.pages_left.whole,
            "pages_kept_without_body": removed.pages_left.without_body,
        }
    )


@dg.op(ins={"after": dg.In(dg.Nothing)})
def remove_old_runs(context: dg.OpExecutionContext, config: RunRetention) -> None:
    """Delete old runs from Dagster's history, with their events and logs."""
    # Dagster dates its runs by the wall clock, whatever the clock resource says.
    now = wall_time()

    def before(days: int) -> datetime:
        return now - timedelta(days=days)

    instance, explanations = context.instance, {names.TAG_PURPOSE: names.PURPOSE_EXPLAIN}
    context.add_output_metadata(
        {
            "explanations_removed": delete_runs(
                instance, before=before(config.explanation_days), tags=explanations, keep_materializations=False
            ),
            "runs_without_materialization_removed": delete_runs(instance, before=before(config.run_days)),
            "runs_with_materialization_removed": delete_runs(
                instance, before=before(config.materialization_days), keep_materializations=False
            ),
            "runs_kept": instance.get_runs_count(),
        }
    )


@dg.op(ins={"after": dg.In(dg.Nothing)})
def measure_storage(context: dg.OpExecutionContext, database: PostgresResource) -> None:
    """Report the size of the database and of its tables."""
    with database.database().read() as connection:
        sizes = storage_sizes(connection)
    rows = [(size.table, size.bytes, size.estimated_rows) for size in sizes.tables]
    context.add_output_metadata(
        {**storage_metadata(sizes), "tables": preview(rows, ("table", "bytes", "estimated rows"))}
    )


@dg.job(
    name="housekeeping",
    tags={names.TAG_PURPOSE: "housekeeping", names.TAG_PRIORITY: "-2", **names.BULK},
    description="Removes what is old and no longer needed (page bodies, matches of closed postings, runs, "
    "explanations), then reports the size of the database.",
)
def housekeeping() -> None:
    """Remove what is old, measure what is left."""
    measure_storage(remove_old_runs(remove_old_pages()))
