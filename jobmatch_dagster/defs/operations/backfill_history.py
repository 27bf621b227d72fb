"""The job that loads a market for the first time: one sweep of a wide feed, then the steps of an hourly run.

The run is unpartitioned: the hours that received postings are reported as materialized one by one.
"""

from datetime import datetime
from typing import Literal

import dagster as dg
from pydantic import Field

from jobmatch_dagster import names
from jobmatch_dagster.core.raw.windows import HOUR, LOOK_BACK, hour_name, latest_collectable_hour
from jobmatch_dagster.db.catalog.jobs import hours_loaded_by
from jobmatch_dagster.defs.catalog.buckets import embed_bucket, prepare_embedding, report_embedding
from jobmatch_dagster.defs.matching.assets import match_settings
from jobmatch_dagster.defs.matching.buckets import match_bucket, prepare_matching, report_matches
from jobmatch_dagster.defs.raw.assets import collect_metadata
from jobmatch_dagster.observability.failures import RETRY_POLICY, translated_failures
from jobmatch_dagster.observability.progress import log_progress
from jobmatch_dagster.partitions import HOURS
from jobmatch_dagster.pipeline.catalog.embed import embed_postings
from jobmatch_dagster.pipeline.catalog.load import load_pages
from jobmatch_dagster.pipeline.matching.match import match_new_postings
from jobmatch_dagster.pipeline.profiles.embed import embed_profiles
from jobmatch_dagster.pipeline.raw.collect import collect_hours
from jobmatch_dagster.resources.active_jobs import ActiveJobsResource
from jobmatch_dagster.resources.clock import ClockResource
from jobmatch_dagster.resources.embedder import EmbedderResource
from jobmatch_dagster.resources.matching import MatchingResource
from jobmatch_dagster.resources.postgres import PostgresResource

# Newest hours that are reported as materialized, to keep Dagster's history small.
_MAX_HOURS_REPORTED = 200


class HistoryConfig(dg.Config):
    """How far back to load. Every returned posting costs a credit."""

    endpoint: Literal["24h", "7d", "6m"] = Field(default="7d", description="The feed: 24 hours, 7 days or 6 months")
    max_pages: int = Field(
        default=2_000, description="Most pages to read: 500 postings each in the 6m feed, 100 in the others"
    )
    max_credits: int | None = Field(
        default=None, description="Most job credits to pay; max_credits_per_run of the resource when left out"
    )


@dg.op(pool=names.POOL_ACTIVE_JOBS, retry_policy=RETRY_POLICY)
def sweep_history(
    context: dg.OpExecutionContext,
    config: HistoryConfig,
    database: PostgresResource,
    active_jobs: ActiveJobsResource,
    clock: ClockResource,
) -> None:
    """Fetch the hours that are not complete yet in one sweep; an interrupted sweep continues where it ended."""
    newest = latest_collectable_hour(clock.now())
    hours = [newest - n * HOUR for n in range(LOOK_BACK[config.endpoint] // HOUR)]
    with translated_failures():
        report = collect_hours(
            database.database(),
            active_jobs.client,
            hours,
            now=clock.now(),
            max_pages_per_hour=active_jobs.max_pages_per_hour,
            max_pages=config.max_pages,
            max_credits=config.max_credits or active_jobs.max_credits_per_run,
            run_id=context.run_id,
            on_progress=log_progress("pages fetched at most"),
        )
    context.add_output_metadata(collect_metadata(report))


@dg.op(ins={"after": dg.In(dg.Nothing)})
def load_history(context: dg.OpExecutionContext, database: PostgresResource) -> None:
    """Load the pages into `jobs` and report the hours that received postings as materialized."""
    report = load_pages(database.database(), context.run_id, log_progress("pages loaded"))
    with database.database().begin() as connection:
        hours = hours_loaded_by(connection, context.run_id)
    for hour in [hour for hour in hours if _is_partition(hour)][-_MAX_HOURS_REPORTED:]:
        for key in (["raw", "job_pages"], ["catalog", "jobs"]):
            context.log_event(dg.AssetMaterialization(key, partition=hour_name(hour)))
    context.add_output_metadata(
        {
            "hours": len(hours),
            "rows_inserted": report.counts.inserted,
            "rows_updated": report.counts.updated,
            "rows_unchanged": report.counts.unchanged,
            "rows_quarantined": report.quarantined,
        }
    )


@dg.op(ins={"after": dg.In(dg.Nothing)}, pool=names.POOL_EMBEDDER)
def embed_history(context: dg.OpExecutionContext, database: PostgresResource, embedder: EmbedderResource) -> None:
    """Embed the postings that have no vector yet."""
    report = embed_postings(database.database(), embedder, context.run_id, log_progress("postings embedded"))
    context.add_output_metadata({"rows_written": report.embedded, "texts_truncated": report.truncated})


@dg.op(ins={"after": dg.In(dg.Nothing)})
def match_history(
    context: dg.OpExecutionContext, database: PostgresResource, embedder: EmbedderResource, matching: MatchingResource
) -> None:
    """Match every active user with the postings that were not matched yet."""
    embed_profiles(database.database(), embedder, context.run_id)
    settings = match_settings(embedder, matching)
    report = match_new_postings(database.database(), settings, context.run_id)
    context.add_output_metadata({"users": report.users, "postings": report.postings, "pairs_kept": report.kept})


def build_backfill_history(buckets: int) -> dg.JobDefinition:
    """The job `backfill_history`; with several buckets it embeds and matches in a step for each."""

    @dg.job(
        name="backfill_history",
        tags={names.TAG_PURPOSE: "history", names.TAG_PRIORITY: "-1", **names.BULK},
        description="Loads a market for the first time, with one sweep of the 24h, 7d or 6m feed, then embeds and "
        "matches.",
    )
    def backfill_history() -> None:
        loaded = load_history(sweep_history())
        if buckets == 1:
            match_history(embed_history(loaded))
            return
        embedded = report_embedding(prepare_embedding(loaded).map(embed_bucket).collect())
        report_matches(prepare_matching(job_embeddings=embedded, cv_profiles=embedded).map(match_bucket).collect())

    return backfill_history


def _is_partition(hour: datetime) -> bool:
    return hour.replace(tzinfo=None) >= HOURS.start.replace(tzinfo=None)
