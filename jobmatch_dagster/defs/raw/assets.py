"""Asset of the raw stage: pages as they came."""

from datetime import datetime, timedelta

import dagster as dg

from jobmatch_dagster import names
from jobmatch_dagster.core.raw.quota import Outlook
from jobmatch_dagster.core.raw.windows import hour_name
from jobmatch_dagster.defs.raw.step_failures import RETRY_POLICY, told_to_dagster
from jobmatch_dagster.observability.progress import log_progress
from jobmatch_dagster.observability.run_previews import pages_look
from jobmatch_dagster.observability.runs import tag_run
from jobmatch_dagster.observability.schemas import table_schema
from jobmatch_dagster.observability.steps import Steps
from jobmatch_dagster.partitions import HOURS
from jobmatch_dagster.pipeline.raw.collect import CollectReport, collect_hours
from jobmatch_dagster.resources.active_jobs import ActiveJobsResource
from jobmatch_dagster.resources.clock import ClockResource
from jobmatch_dagster.resources.postgres import PostgresResource


class CollectConfig(dg.Config):
    """How to collect."""

    refetch: bool = False
    """Ask again for hours that are held; every returned posting costs a credit."""


@dg.asset(
    key_prefix="raw",
    group_name="raw",
    partitions_def=HOURS,
    backfill_policy=dg.BackfillPolicy.single_run(),
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
    """One row per response of the Active Jobs API, byte for byte.

    Grain: response. A run asks for the hours that no complete sweep has answered for, all in one sweep of the
    narrowest feed that has them, and with them for recent hours whose sweep was cut. It stops before the credit
    reserve is touched. Running it again makes no call and costs no credit.
    """
    window = context.partition_time_window
    hours = [window.start + timedelta(hours=n) for n in range(int((window.end - window.start).total_seconds() // 3600))]
    tag_run(context, {names.TAG_HOUR: _named(hours)})
    steps = Steps()
    with told_to_dagster(hours=_named(hours)):
        report = collect_hours(
            database.database(),
            active_jobs.client,
            hours,
            now=clock.now(),
            max_pages_per_hour=active_jobs.max_pages_per_hour,
            run_id=context.run.run_id,
            refetch=config.refetch,
            on_progress=log_progress("pages fetched at most"),
        )
    with database.database().begin() as connection:
        look = pages_look(connection, context.run.run_id)
    return dg.MaterializeResult(
        metadata={**collect_metadata(report), **steps.metadata(postings=report.credits), **look}
    )


def collect_metadata(report: CollectReport) -> dict[str, int | float | str | bool]:
    """Stable keys for what a collection did; what the API did not tell is left out."""
    done: dict[str, int | float | str | bool | None] = {
        "hours_asked": report.asked_hours,
        "hours_held": report.held_hours,
        "hours_widened": report.widened_hours,
        "endpoint": report.endpoint or "none: everything was held",
        "calls": report.calls,
        "pages": report.pages,
        "credits_spent": report.credits,
        "complete": report.complete,
        "stopped": report.stopped or "no",
    }
    if report.outlook:
        done |= outlook_metadata(report.outlook)
    return {name: value for name, value in done.items() if value is not None}


def outlook_metadata(found: Outlook) -> dict[str, int | float | str | bool | None]:
    """Stable keys for what the plan has left; None where it is unknown."""
    return {
        "credits_left": found.credits_left,
        "requests_left": found.requests_left,
        "days_to_renewal": found.days_to_renewal,
        "credits_per_hour": found.credits_per_hour,
        "credits_per_day": found.credits_per_day,
        "days_left": found.days_left,
        "sustainable": found.sustainable,
    }


def _named(hours: list[datetime]) -> str:
    """An hour, or first and last of several, as the run list shows them."""
    first, last = (hour_name(hour) for hour in (hours[0], hours[-1]))
    return first if first == last else f"{first} to {last}"
