"""`catalog/job_embeddings` over several buckets: a step for each, between one that begins and one that reports."""

from collections.abc import Iterator
from dataclasses import asdict

import dagster as dg

from jobmatch_dagster import names
from jobmatch_dagster.db.catalog.embeddings import delete_posting_vectors
from jobmatch_dagster.defs.catalog.assets import EmbedConfig, job_embeddings
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
from jobmatch_dagster.observability.lineage import lineage_metadata
from jobmatch_dagster.observability.progress import log_progress
from jobmatch_dagster.observability.run_previews import vectors_preview
from jobmatch_dagster.pipeline.catalog.embed import EmbedReport, embed_postings
from jobmatch_dagster.resources.embedder import EmbedderResource
from jobmatch_dagster.resources.postgres import PostgresResource


@dg.op(ins={"jobs": dg.In(dg.Nothing)}, out=ONE_FOR_EACH_BUCKET)
def prepare_embedding(config: EmbedConfig, database: PostgresResource) -> Iterator[dg.DynamicOutput[None]]:
    """Delete the vectors of models that are corrupt, if any are named."""
    if config.again_models:
        with database.database().begin() as connection:
            delete_posting_vectors(connection, config.again_models)
    yield from for_each_bucket(database.database())


@dg.op(ins=AFTER, out=NOTHING, pool=names.POOL_EMBEDDER)
def embed_bucket(context: dg.OpExecutionContext, database: PostgresResource, embedder: EmbedderResource) -> None:
    """Embed the postings of a bucket that have no vector of their present text."""
    opened = database.database()
    bucket = bucket_of_step(context, opened)
    report = embed_postings(opened, embedder, context.run_id, log_progress("postings embedded"), only=bucket)
    report_step(context, asdict(report))


@dg.op(ins=AFTER, out=NOTHING)
def report_embedding(context: dg.OpExecutionContext, database: PostgresResource, embedder: EmbedderResource) -> None:
    """Report the numbers of all buckets as those of the asset."""
    reports = [EmbedReport(**found) for found in reports_of_steps(context, embed_bucket.name)]
    with database.database().read() as connection:
        previews = vectors_preview(connection, embedder.model)
    context.add_output_metadata(
        {
            **lineage_metadata("catalog/job_embeddings"),
            "rows_written": sum(report.embedded for report in reports),
            "texts_truncated": sum(report.truncated for report in reports),
            "embedding_model": embedder.model,
            "buckets": len(reports),
            **previews,
        }
    )


@dg.graph(name="catalog__job_embeddings")
def _in_buckets(jobs):  # type: ignore[no-untyped-def]
    return report_embedding(prepare_embedding(jobs).map(embed_bucket).collect())


def job_embeddings_in_buckets() -> dg.AssetsDefinition:
    """The asset with a step for each bucket of postings."""
    return as_asset(job_embeddings, _in_buckets)
