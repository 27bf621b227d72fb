"""Housekeeping: what is kept for how long, and what it takes.

Put here the ops and the days. What may be removed of the database stands in `db/operations/storage.py`, of Dagster's
history in `observability/history.py`.
"""

from datetime import datetime, timedelta

import dagster as dg
from pydantic import Field

from jobmatch_dagster import names
from jobmatch_dagster.db.operations.storage import (
    TableSize,
    drop_closed_matches,
    drop_resolved_quarantine,
    drop_run_failures,
    page_counts,
    remove_page_bodies,
    storage_sizes,
)
from jobmatch_dagster.observability.history import delete_runs
from jobmatch_dagster.observability.previews import preview
from jobmatch_dagster.observability.run_previews import storage_metadata
from jobmatch_dagster.resources.clock import ClockResource
from jobmatch_dagster.resources.postgres import PostgresResource

# Bodies emptied, and matches dropped, in one transaction.
_PAGES_PER_TRANSACTION = 500
_MATCHES_PER_TRANSACTION = 50_000


class PageRetention(dg.Config):
    """Days that things of the project's database are kept."""

    page_days: int = Field(default=90, ge=1)
    """Bodies of pages that no posting's present version came from."""
    quarantine_days: int = Field(default=90, ge=1)
    """Quarantined records whose posting came whole since, and noted failures."""
    match_days: int = Field(default=90, ge=1)
    """Matches of closed postings that the user never decided on, from the closing on."""


class RunRetention(dg.Config):
    """Days that runs of Dagster's history are kept."""

    explanation_days: int = Field(default=7, ge=1)
    """Runs of explain_match: their pages hold facts about a user."""
    run_days: int = Field(default=90, ge=1)
    """Runs that materialized nothing."""
    materialization_days: int = Field(default=730, ge=1)
    """Runs that materialized something: without them the UI forgets that their partitions are filled."""


@dg.op
def remove_old_pages(
    context: dg.OpExecutionContext, config: PageRetention, database: PostgresResource, clock: ClockResource
) -> None:
    """Empty bodies of old pages that nothing hangs on, drop mended quarantined records, matches of closed ads."""
    now = clock.now()
    sizes: list[int] = []
    while True:
        with database.database().begin() as connection:
            emptied = remove_page_bodies(connection, now - timedelta(days=config.page_days), _PAGES_PER_TRANSACTION)
        if not emptied:
            break
        sizes += emptied
    before = now - timedelta(days=config.quarantine_days)
    with database.database().begin() as connection:
        quarantined = drop_resolved_quarantine(connection, before)
        failures = drop_run_failures(connection, before)
        kept = page_counts(connection)
    matches = _drop_matches(database, now - timedelta(days=config.match_days))
    context.add_output_metadata(
        {
            "page_bodies_removed": len(sizes),
            "bytes_removed": sum(sizes),
            "quarantined_records_removed": quarantined,
            "run_failures_removed": failures,
            "matches_of_closed_postings_removed": matches,
            "pages_kept_whole": kept.whole,
            "pages_kept_without_body": kept.without_body,
        }
    )


@dg.op(ins={"after": dg.In(dg.Nothing)})
def remove_old_runs(context: dg.OpExecutionContext, config: RunRetention, clock: ClockResource) -> None:
    """Delete old runs of Dagster's history with their events and logs."""
    instance, now = context.instance, clock.now()
    explanations = delete_runs(
        instance,
        before=now - timedelta(days=config.explanation_days),
        tags={names.TAG_PURPOSE: names.PURPOSE_EXPLAIN},
        keep_materializations=False,
    )
    plain = delete_runs(instance, before=now - timedelta(days=config.run_days))
    oldest = now - timedelta(days=config.materialization_days)
    materializing = delete_runs(instance, before=oldest, keep_materializations=False)
    context.add_output_metadata(
        {
            "explanations_removed": explanations,
            "runs_without_materialization_removed": plain,
            "runs_with_materialization_removed": materializing,
            "runs_kept": instance.get_runs_count(),
        }
    )


@dg.op(ins={"after": dg.In(dg.Nothing)})
def measure_storage(context: dg.OpExecutionContext, database: PostgresResource) -> None:
    """Say what the tables take now."""
    with database.database().begin() as connection:
        sizes, whole = storage_sizes(connection)
    context.add_output_metadata({**storage_metadata(sizes, whole), "tables": _table(sizes)})


@dg.job(
    name="housekeeping",
    tags={names.TAG_PURPOSE: "housekeeping", "dagster/priority": "-2"},
    description="Remove what is old and not needed (page bodies, matches of closed postings, runs, explanations); say "
    "what stays.",
)
def housekeeping() -> None:
    """Remove what is old, measure what is left."""
    measure_storage(remove_old_runs(remove_old_pages()))


def _drop_matches(database: PostgresResource, before: datetime) -> int:
    dropped = 0
    while True:
        with database.database().begin() as connection:
            part = drop_closed_matches(connection, before, _MATCHES_PER_TRANSACTION)
        dropped += part
        if part < _MATCHES_PER_TRANSACTION:
            return dropped


def _table(sizes: list[TableSize]) -> dg.TableMetadataValue:
    rows = [(size.table, size.bytes, size.estimated_rows) for size in sizes]
    return preview(rows, ("table", "bytes", "estimated rows"))
