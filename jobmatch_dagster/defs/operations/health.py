"""The asset that says on one page whether the pipeline is well."""

import dagster as dg

from jobmatch_dagster import names
from jobmatch_dagster.pipeline.operations.health import read_health
from jobmatch_dagster.resources.active_jobs import ActiveJobsResource
from jobmatch_dagster.resources.clock import ClockResource, wall_time
from jobmatch_dagster.resources.embedder import EmbedderResource
from jobmatch_dagster.resources.postgres import PostgresResource


@dg.asset(
    key_prefix="operations",
    group_name="operations",
    deps=[
        dg.AssetDep(["matching", "semantic_matches"], partition_mapping=dg.AllPartitionMapping()),
        ["statistics", "job_statistics"],
    ],
    owners=names.OWNERS,
    kinds=names.KINDS_POSTGRES,
    code_version="1",
)
def health(
    database: PostgresResource, active_jobs: ActiveJobsResource, embedder: EmbedderResource, clock: ClockResource
) -> dg.MaterializeResult[None]:
    """Whether the last hour was good, what waits, what is stale, and what was spent, on one page.

    Grain: one look; it writes no table. It is made after every hour and, when no hour runs, by the job watch.
    `jobmatch health` prints the same. Running it again looks again.
    """
    found = read_health(
        database.database(),
        now=clock.now(),
        wall_time=wall_time(),
        filters=active_jobs.filters.identity(),
        model=embedder.model,
    )
    return dg.MaterializeResult(
        metadata={
            "page": dg.MetadataValue.md(found.markdown()),
            "concerns": len(found.concerns()),
            "hours_missing": found.hours_missing,
            "users_to_match": found.users_to_match,
            "pairs_waiting": found.pairs_waiting,
            "vectors_missing": found.vectors_missing,
            "runs_failed": found.runs_failed,
        }
    )
