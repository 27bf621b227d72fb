"""The job that embeds all postings that lack a vector: after a change of model, or a first load."""

import dagster as dg

from jobmatch_dagster import names
from jobmatch_dagster.defs.fan_out import bucket_of_step
from jobmatch_dagster.observability.progress import log_progress
from jobmatch_dagster.partitions import bucket_partitions
from jobmatch_dagster.pipeline.catalog.embed import embed_postings
from jobmatch_dagster.resources.embedder import EmbedderResource
from jobmatch_dagster.resources.postgres import PostgresResource


@dg.op(pool=names.POOL_EMBEDDER)
def embed_all_postings(context: dg.OpExecutionContext, database: PostgresResource, embedder: EmbedderResource) -> None:
    """Embed the open postings, of the run's bucket if it has one, that have no vector of their present text."""
    opened = database.database()
    bucket = bucket_of_step(context, opened)
    report = embed_postings(opened, embedder, context.run_id, log_progress("postings embedded"), only=bucket)
    context.add_output_metadata({"rows_written": report.embedded, "texts_truncated": report.truncated})


def build_embed_catalog(buckets: int) -> dg.JobDefinition:
    """The job `embed_catalog`; with several buckets it has a partition for each, and a backfill is the fan-out."""

    @dg.job(
        name="embed_catalog",
        partitions_def=bucket_partitions(buckets) if buckets > 1 else None,
        tags={names.TAG_PURPOSE: "embedding", **names.BULK},
        description="Embeds every open posting that has no vector of the current model, and nothing else.",
    )
    def embed_catalog() -> None:
        embed_all_postings()

    return embed_catalog
