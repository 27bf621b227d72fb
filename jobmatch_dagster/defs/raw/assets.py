"""Asset of the raw stage: responses of the Active Jobs API as they came."""

from datetime import datetime

import dagster as dg
from pydantic import Field

from jobmatch_dagster import names
from jobmatch_dagster.core.raw.quota import Outlook
from jobmatch_dagster.core.raw.windows import hour_name, hours_between
from jobmatch_dagster.db.raw.pages import covered_hours
from jobmatch_dagster.observability.failures import RETRY_POLICY, translated_failures
from jobmatch_dagster.observability.progress import log_progress
from jobmatch_dagster.observability.run_previews import pages_preview
from jobmatch_dagster.observability.runs import tag_run
from jobmatch_dagster.observability.schemas import table_schema
from jobmatch_dagster.observability.steps import Steps
from jobmatch_dagster.partitions import HOURS
from jobmatch_dagster.pipeline.raw.collect import collect_hours
from jobmatch_dagster.pipeline.raw.sweep import CollectReport
from jobmatch_dagster.resources.active_jobs import ActiveJobsResource
from jobmatch_dagster.resources.clock import ClockResource
from jobmatch_dagster.resources.postgres import PostgresResource


class CollectConfig(dg.Config):
    """How to collect."""

    refetch: bool = Field(
        default=False,
        description="Fetch hours again that are already complete. Every returned posting costs a credit.",
    )
    max_credits: int | None = Field(
        default=None,
        description="Most job credits that this run may cost; max_credits_per_run of the resource when left out. "
        "`plan_collection` names the price of a range.",
    )


@dg.asset(
    key_prefix="raw",
    group_name="raw",
    partitions_def=HOURS,
    backfill_policy=dg.BackfillPolicy.single_run(),
    deps=[["raw", "active_jobs_api"]],
    tags={**names.TAGS_CREDITS, **names.TAGS_PII},
    owners=names.OWNERS,
    kinds=names.KINDS_API,
    pool=names.POOL_ACTIVE_JOBS,
    code_version="1",
    retry_policy=RETRY_POLICY,
    metadata={"dagster/table_name": "job_pages", "dagster/column_schema": table_schema("job_pages")},
)
def job_pages(
    context: dg.AssetExecutionContext,
    config: CollectConfig,
    database: PostgresResource,
    active_jobs: ActiveJobsResource,
    clock: ClockResource,
) -> dg.MaterializeResult[None]:
    """One row per response of the Active Jobs API, stored byte for byte.

    Grain: response. A run fetches the hours that no complete sweep has answered for, from the narrowest feed that has
    them. Recent hours whose sweep stopped early are fetched with them. A run that would cost more than
    max_credits_per_run fetches nothing and says the price; none touches the credit reserve. Running it again makes no
    call and costs no credit.
    """
    window = context.partition_time_window
    hours = hours_between(window.start, window.end)
    named = _named(hours)
    tag_run(context, {names.TAG_HOUR: named})
    steps = Steps()
    with translated_failures(hours=named):
        report = collect_hours(
            database.database(),
            active_jobs.client,
            hours,
            now=clock.now(),
            max_pages_per_hour=active_jobs.max_pages_per_hour,
            max_credits=config.max_credits or active_jobs.max_credits_per_run,
            run_id=context.run.run_id,
            refetch=config.refetch,
            on_progress=log_progress("pages fetched at most"),
        )
    with database.database().read() as connection:
        previews = pages_preview(connection, context.run.run_id)
        complete = covered_hours(connection, window.start, window.end, active_jobs.filters.identity())
    for hour in hours:
        context.add_asset_metadata({"hour_complete": hour in complete}, partition_key=hour_name(hour))
    return dg.MaterializeResult(
        metadata={**collect_metadata(report), **steps.metadata(postings=report.credits), **previews}
    )


def collect_metadata(report: CollectReport) -> dict[str, int | float | str | bool]:
    """Metadata of a collection; what the API did not report is left out."""
    values: dict[str, int | float | str | bool | None] = {
        "hours_requested": report.asked_hours,
        "hours_already_complete": report.stored_hours,
        "hours_fetched_again": report.widened_hours,
        "endpoint": report.endpoint or "none: every hour is complete",
        "calls": report.calls,
        "pages": report.pages,
        "credits_spent": report.credits,
        "complete": report.complete,
        "stopped": report.stopped or "no",
    }
    if report.outlook:
        values |= outlook_metadata(report.outlook)
    return {name: value for name, value in values.items() if value is not None}


def outlook_metadata(found: Outlook) -> dict[str, int | float | str | bool | None]:
    """Metadata of what the plan has left; None where it is unknown."""
    return {
        "credits_left": found.credits_left,
        "requests_left": found.requests_left,
        "days_to_renewal": found.days_to_renewal,
        "credits_per_hour": found.credits_per_hour,
        "credits_per_day": found.credits_per_day,
        "backfill_credits_last_week": found.backfill_credits_last_week,
        "days_left": found.days_left,
        "sustainable": found.sustainable,
    }


def _named(hours: list[datetime]) -> str:
    """The hour, or the first and the last of several, as the run list shows them."""
    first, last = hour_name(hours[0]), hour_name(hours[-1])
    return first if first == last else f"{first} to {last}"
