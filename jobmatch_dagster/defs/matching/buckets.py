"""`matching/semantic_matches` over several buckets: a step for each, between one that prepares and one that reports."""

from collections.abc import Iterator

import dagster as dg

from jobmatch_dagster import names
from jobmatch_dagster.defs.fan_out import (
    AFTER,
    NOTHING,
    ONE_FOR_EACH_BUCKET,
    as_asset,
    bucket_of_step,
    for_each_bucket,
    report_step,
    reports_of_steps,
)
from jobmatch_dagster.defs.matching.assets import match_metadata, match_settings, semantic_matches
from jobmatch_dagster.observability.lineage import lineage_metadata
from jobmatch_dagster.observability.scores import score_metadata
from jobmatch_dagster.pipeline.matching.match import match_new_postings
from jobmatch_dagster.pipeline.matching.report import MatchReport, sum_reports
from jobmatch_dagster.pipeline.profiles.embed import embed_profiles
from jobmatch_dagster.resources.embedder import EmbedderResource
from jobmatch_dagster.resources.matching import MatchingResource
from jobmatch_dagster.resources.postgres import PostgresResource


@dg.op(
    ins={"job_embeddings": dg.In(dg.Nothing), "cv_profiles": dg.In(dg.Nothing)},
    out=ONE_FOR_EACH_BUCKET,
    pool=names.POOL_EMBEDDER,
)
def prepare_matching(
    context: dg.OpExecutionContext, database: PostgresResource, embedder: EmbedderResource
) -> Iterator[dg.DynamicOutput[None]]:
    """Embed profiles that have no vector yet, once for all buckets."""
    embed_profiles(database.database(), embedder, context.run_id)
    yield from for_each_bucket(database.database())


@dg.op(ins=AFTER, out=NOTHING)
def match_bucket(
    context: dg.OpExecutionContext, database: PostgresResource, embedder: EmbedderResource, matching: MatchingResource
) -> None:
    """Match the users of a bucket with the postings that need it."""
    opened, settings = database.database(), match_settings(embedder, matching)
    report = match_new_postings(opened, settings, context.run_id, only=bucket_of_step(context, opened))
    report_step(context, report.as_json())


@dg.op(ins=AFTER, out=NOTHING)
def report_matches(context: dg.OpExecutionContext) -> None:
    """Report the numbers of all buckets as those of the asset."""
    reports = reports_of_steps(context, match_bucket.name)
    report = sum_reports([MatchReport.from_json(found) for found in reports])
    context.add_output_metadata(
        {
            **lineage_metadata("matching/semantic_matches"),
            **match_metadata(report),
            **score_metadata(report.scores),
            "buckets": len(reports),
        }
    )


@dg.graph(name="matching__semantic_matches")
def _in_buckets(job_embeddings, cv_profiles):  # type: ignore[no-untyped-def]
    return report_matches(
        prepare_matching(job_embeddings=job_embeddings, cv_profiles=cv_profiles).map(match_bucket).collect()
    )


def semantic_matches_in_buckets() -> dg.AssetsDefinition:
    """The asset with a step for each bucket of users."""
    return as_asset(semantic_matches, _in_buckets, {"cv_profiles": dg.AllPartitionMapping()})
