"""Assets of the matching stage: one table of matches, sliced by hour and by user."""

import dagster as dg

from jobmatch_dagster import names
from jobmatch_dagster.db.matching.similar_skills import SkillEncoder
from jobmatch_dagster.observability.freshness import freshness_policy
from jobmatch_dagster.observability.lineage import lineage_metadata
from jobmatch_dagster.observability.runs import tag_run
from jobmatch_dagster.observability.schemas import table_schema
from jobmatch_dagster.observability.scores import score_metadata
from jobmatch_dagster.observability.steps import Steps
from jobmatch_dagster.partitions import HOURS, USERS
from jobmatch_dagster.pipeline.matching.match import match_new_postings, match_users
from jobmatch_dagster.pipeline.matching.report import MatchReport
from jobmatch_dagster.pipeline.matching.settings import MatchSettings
from jobmatch_dagster.pipeline.profiles.embed import embed_profiles
from jobmatch_dagster.resources.embedder import EmbedderResource
from jobmatch_dagster.resources.matching import MatchingResource
from jobmatch_dagster.resources.postgres import PostgresResource

_TABLE = {
    "dagster/table_name": "user_job_matches",
    "dagster/column_schema": table_schema("user_job_matches"),
}


@dg.asset(
    key_prefix="matching",
    group_name="matching",
    partitions_def=HOURS,
    backfill_policy=dg.BackfillPolicy.single_run(),
    deps=[
        dg.AssetDep(["catalog", "job_embeddings"]),
        dg.AssetDep(["profiles", "cv_profiles"], partition_mapping=dg.AllPartitionMapping()),
    ],
    tags=names.TAGS_PII,
    owners=names.OWNERS,
    kinds=names.KINDS_POSTGRES,
    freshness_policy=freshness_policy("matching/semantic_matches"),
    code_version="2",
    metadata=_TABLE,
)
def semantic_matches(
    context: dg.AssetExecutionContext,
    database: PostgresResource,
    embedder: EmbedderResource,
    matching: MatchingResource,
) -> dg.MaterializeResult[None]:
    """One row per user and posting that fit each other: every active user is matched with the postings that need it.

    Grain: user and posting. A posting needs matching if it is new, changed, reopened or scored with other settings,
    whatever its hour. Running it again finds nothing to do.
    """
    settings = match_settings(embedder, matching)
    steps = Steps()
    with steps.step("embed_profiles"):
        embed_profiles(database.database(), embedder, context.run.run_id)
    with steps.step("match"):
        report = match_new_postings(database.database(), settings, context.run.run_id)
    return dg.MaterializeResult(
        metadata={
            **lineage_metadata("matching/semantic_matches"),
            **match_metadata(report),
            **steps.metadata(postings=report.postings),
            **score_metadata(report.scores),
        }
    )


@dg.asset(
    key_prefix="matching",
    group_name="matching",
    partitions_def=USERS,
    deps=[
        dg.AssetDep(["catalog", "job_embeddings"], partition_mapping=dg.AllPartitionMapping()),
        dg.AssetDep(["profiles", "cv_profiles"]),
    ],
    tags=names.TAGS_PII,
    owners=names.OWNERS,
    kinds=names.KINDS_POSTGRES,
    code_version="2",
    metadata=_TABLE,
)
def user_semantic_matches(
    context: dg.AssetExecutionContext,
    database: PostgresResource,
    embedder: EmbedderResource,
    matching: MatchingResource,
) -> dg.MaterializeResult[None]:
    """One row per posting that fits this user: the user is matched with every open posting.

    Grain: user and posting, in the same table as `semantic_matches`. Written when a profile or preferences change;
    matches of the previous profile are replaced in one transaction. Running it again changes no row.
    """
    settings = match_settings(embedder, matching)
    tag_run(context, {names.TAG_USER: context.partition_key})
    steps = Steps()
    with steps.step("embed_profiles"):
        embed_profiles(database.database(), embedder, context.run.run_id, [context.partition_key])
    with steps.step("match"):
        report = match_users(database.database(), settings, context.run.run_id, [context.partition_key])
    return dg.MaterializeResult(
        metadata={
            **lineage_metadata("matching/user_semantic_matches"),
            **match_metadata(report),
            **steps.metadata(postings=report.postings),
        }
    )


def match_settings(embedder: EmbedderResource, matching: MatchingResource) -> MatchSettings:
    """What the resources say, as the stage takes it."""
    encoder = SkillEncoder(embedder.model, lambda texts: embedder.encode(texts).vectors)
    return MatchSettings(
        embedder.model,
        matching.weights(),
        matching.keep_best,
        matching.floor,
        encoder if matching.similar_skills else None,
    )


def match_metadata(report: MatchReport) -> dict[str, int | str]:
    """The numbers of a matching as the UI plots them."""
    return {
        "users": report.users,
        "postings": report.postings,
        "pairs_scored": report.pairs,
        "pairs_kept": report.kept,
        "rows_inserted": report.inserted,
        "rows_updated": report.updated,
        "rows_unchanged": report.unchanged,
        "rows_removed": report.removed,
        "pairs_for_claude": report.to_claude,
        "scoring_key": report.scoring_key,
        "embedding_model": report.embedding_model,
    }
