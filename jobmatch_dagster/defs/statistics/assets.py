"""Assets of the statistics stage: the catalog and the matches in numbers."""

from datetime import timedelta

import dagster as dg

from jobmatch_dagster import names
from jobmatch_dagster.db.operations.storage import storage_sizes
from jobmatch_dagster.db.statistics import jobs_and_users
from jobmatch_dagster.db.statistics.market import week_of_market
from jobmatch_dagster.defs.statistics.metadata import job_metadata, market_metadata, user_metadata
from jobmatch_dagster.observability.freshness import freshness_policy
from jobmatch_dagster.observability.run_previews import storage_metadata
from jobmatch_dagster.partitions import WEEKS
from jobmatch_dagster.pipeline.statistics.summary import summarise_users
from jobmatch_dagster.resources.clock import ClockResource
from jobmatch_dagster.resources.postgres import PostgresResource


@dg.asset(
    key_prefix="statistics",
    group_name="statistics",
    deps=[dg.AssetDep(["catalog", "jobs"], partition_mapping=dg.AllPartitionMapping())],
    owners=names.OWNERS,
    kinds=names.KINDS_POSTGRES,
    freshness_policy=freshness_policy("statistics/job_statistics"),
    code_version="2",
)
def job_statistics(database: PostgresResource, clock: ClockResource) -> dg.MaterializeResult[None]:
    """The catalog in numbers: size, freshness, sources, work arrangements, experience, industries, languages, storage.

    Grain: one count of the catalog; it writes no table. `jobmatch stats --json` prints the same numbers. Running it
    again counts again.
    """
    with database.database().read() as connection:
        counted = jobs_and_users.job_statistics(connection, clock.now())
        sizes = storage_sizes(connection)
    return dg.MaterializeResult(metadata={**job_metadata(counted), **storage_metadata(sizes)})


@dg.asset(
    key_prefix="statistics",
    group_name="statistics",
    deps=[
        dg.AssetDep(["matching", "semantic_matches"], partition_mapping=dg.AllPartitionMapping()),
        dg.AssetDep(["matching", "user_semantic_matches"], partition_mapping=dg.AllPartitionMapping()),
    ],
    tags=names.TAGS_PII,
    owners=names.OWNERS,
    kinds=names.KINDS_POSTGRES,
    freshness_policy=freshness_policy("statistics/user_statistics"),
    code_version="2",
)
def user_statistics(database: PostgresResource) -> dg.MaterializeResult[None]:
    """The matches and decisions of all users in numbers, and the users with the most matches.

    Grain: one count of the matches; it writes no table. Users appear by `users.id` alone, which identifies nobody once
    the user is forgotten; `jobmatch stats --user KEY` prints the numbers of one user. Running it again counts again.
    """
    with database.database().read() as connection:
        users = jobs_and_users.user_statistics(connection)
    return dg.MaterializeResult(metadata=user_metadata(summarise_users(users)))


@dg.asset(
    key_prefix="statistics",
    group_name="statistics",
    partitions_def=WEEKS,
    deps=[dg.AssetDep(["catalog", "jobs"], partition_mapping=dg.TimeWindowPartitionMapping())],
    owners=names.OWNERS,
    kinds=names.KINDS_POSTGRES,
    code_version="1",
)
def market_trends(context: dg.AssetExecutionContext, database: PostgresResource) -> dg.MaterializeResult[None]:
    """A week of the market beside the week before: postings, companies, places, skills in demand, pay bands.

    Grain: one week of indexed postings; it writes no table. Pay bands are percentiles of stated salaries by field and
    level, where at least five ads state one. Running it again counts again.
    """
    week = context.partition_time_window
    with database.database().read() as connection:
        found = week_of_market(connection, week.start - timedelta(days=7), week.start, week.end)
    return dg.MaterializeResult(metadata=market_metadata(found, week=context.partition_key))
