"""Assets of the enrichment stage: Claude's judgement of pairs, sliced by hour and by user as the matching is."""

import dagster as dg

from jobmatch_dagster import names
from jobmatch_dagster.core.operations.next_steps import next_step
from jobmatch_dagster.errors import PermanentFailure
from jobmatch_dagster.observability.lineage import lineage_metadata
from jobmatch_dagster.observability.progress import log_progress
from jobmatch_dagster.observability.run_previews import costs_preview
from jobmatch_dagster.observability.runs import tag_run
from jobmatch_dagster.observability.schemas import table_schema
from jobmatch_dagster.observability.steps import Steps
from jobmatch_dagster.partitions import HOURS, USERS
from jobmatch_dagster.pipeline.enrichment.ask import enrich_pairs
from jobmatch_dagster.resources.claude import ClaudeResource
from jobmatch_dagster.resources.clock import wall_time
from jobmatch_dagster.resources.matching import MatchingResource
from jobmatch_dagster.resources.postgres import PostgresResource

_TABLE = {
    "dagster/table_name": "user_job_matches",
    "dagster/column_schema": table_schema("user_job_matches"),
}


@dg.asset(
    key_prefix="enrichment",
    group_name="enrichment",
    partitions_def=HOURS,
    backfill_policy=dg.BackfillPolicy.single_run(),
    deps=[["matching", "semantic_matches"]],
    tags={**names.TAGS_USD, **names.TAGS_PII},
    owners=names.OWNERS,
    kinds=names.KINDS_CLAUDE,
    pool=names.POOL_CLAUDE,
    code_version="2",
    metadata=_TABLE,
)
def claude_matches(
    context: dg.AssetExecutionContext, database: PostgresResource, claude: ClaudeResource, matching: MatchingResource
) -> dg.MaterializeResult[None]:
    """One row per pair that Claude has judged: its score and reasons, for all active users.

    Grain: user and posting; columns of `user_job_matches`. Pairs with a semantic score of 50 or more are asked about.
    At least `CLAUDE_BATCH_MIN` requests are sent as a message batch, whose answers the job `collect_claude_batches`
    stores. Without a key no call is made and the pairs wait. Running it again never pays for a stored answer twice.
    """
    return _result(context, database, claude, matching, None)


@dg.asset(
    key_prefix="enrichment",
    group_name="enrichment",
    partitions_def=USERS,
    deps=[["matching", "user_semantic_matches"]],
    tags={**names.TAGS_USD, **names.TAGS_PII},
    owners=names.OWNERS,
    kinds=names.KINDS_CLAUDE,
    pool=names.POOL_CLAUDE,
    code_version="2",
    metadata=_TABLE,
)
def user_claude_matches(
    context: dg.AssetExecutionContext, database: PostgresResource, claude: ClaudeResource, matching: MatchingResource
) -> dg.MaterializeResult[None]:
    """One row per pair of this user that Claude has judged: its score and reasons.

    Grain: user and posting; columns of `user_job_matches`. Pairs with a semantic score of 50 or more are asked about.
    At least `CLAUDE_BATCH_MIN` requests are sent as a message batch, whose answers the job `collect_claude_batches`
    stores. Without a key no call is made and the pairs wait. Running it again never pays for a stored answer twice.
    """
    tag_run(context, {names.TAG_USER: context.partition_key})
    return _result(context, database, claude, matching, [context.partition_key])


def _result(
    context: dg.AssetExecutionContext,
    database: PostgresResource,
    claude: ClaudeResource,
    matching: MatchingResource,
    user_keys: list[str] | None,
) -> dg.MaterializeResult[None]:
    steps = Steps()
    try:
        report = enrich_pairs(
            database.database(), claude, matching, context.run.run_id, user_keys, log_progress("pairs asked about")
        )
    except PermanentFailure as error:
        inputs = {"next_step": next_step(type(error).__name__), "model": claude.model}
        raise dg.Failure(str(error), metadata=inputs, allow_retries=False) from error
    tag_run(context, {names.TAG_COST_USD: f"{report.cost_usd:.4f}"})
    with database.database().read() as connection:
        # Claude's costs are dated by the wall clock, whatever the clock resource says.
        costs = costs_preview(connection, wall_time())
    asset = context.asset_key.to_user_string()
    return dg.MaterializeResult(metadata={**lineage_metadata(asset), **report.metadata(), **steps.metadata(), **costs})
