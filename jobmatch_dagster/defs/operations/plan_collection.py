"""The job that says what a collection would cost, before anything is paid."""

from datetime import datetime

import dagster as dg
from pydantic import Field

from jobmatch_dagster import names
from jobmatch_dagster.core.raw.windows import HOUR, hour_name, hours_between, latest_collectable_hour, parse_hour
from jobmatch_dagster.errors import InputError
from jobmatch_dagster.pipeline.raw.prices import plan_collection as make_plan
from jobmatch_dagster.resources.active_jobs import ActiveJobsResource
from jobmatch_dagster.resources.clock import ClockResource
from jobmatch_dagster.resources.postgres import PostgresResource


class HourRange(dg.Config):
    """Which hours. Without any: the last three days."""

    first_hour: str = Field(default="", description="The first hour, as partitions are named: 2026-11-20-07:00")
    last_hour: str = Field(default="", description="The last hour; the newest that is complete when left out")


@dg.op
def price_collection(
    context: dg.OpExecutionContext,
    config: HourRange,
    database: PostgresResource,
    active_jobs: ActiveJobsResource,
    clock: ClockResource,
) -> None:
    """Write which of the hours are missing, which feeds have them, and what each would cost. Nothing is fetched."""
    newest = latest_collectable_hour(clock.now())
    last = _hour(config.last_hour) if config.last_hour else newest
    first = _hour(config.first_hour) if config.first_hour else last - 71 * HOUR
    if first > last:
        raise InputError(f"first_hour {hour_name(first)} is after last_hour {hour_name(last)}.")
    hours = hours_between(first, last + HOUR)
    plan = make_plan(database.database(), active_jobs.client(), hours, now=clock.now())
    context.add_output_metadata(
        {
            "plan": dg.MetadataValue.md(plan.markdown()),
            "hours_missing": plan.asked - plan.stored,
            **({} if plan.credits is None else {"credits_expected": plan.credits}),
            "max_credits_per_run": active_jobs.max_credits_per_run,
        }
    )


@dg.job(
    name="plan_collection",
    tags={names.TAG_PURPOSE: "plan", **names.INTERACTIVE},
    description="Says what collecting a range of hours would cost, feed by feed, and what each would miss. Calls no "
    "API. Open `plan` in the events of the run.",
)
def plan_collection() -> None:
    """Price a collection."""
    price_collection()


def _hour(name: str) -> datetime:
    try:
        return parse_hour(name)
    except ValueError:
        raise InputError(f"{name!r} is no hour: write it as 2026-11-20-07:00.") from None
