"""Assets of the catalog stage: postings and their vectors."""

import dagster as dg
from pydantic import Field

from jobmatch_dagster import names
from jobmatch_dagster.core.raw.windows import hour_name
from jobmatch_dagster.db.catalog.embeddings import delete_posting_vectors
from jobmatch_dagster.db.catalog.jobs import freshness
from jobmatch_dagster.db.raw.hours import read_hours
from jobmatch_dagster.observability.freshness import freshness_policy
from jobmatch_dagster.observability.lineage import lineage_metadata
from jobmatch_dagster.observability.progress import log_progress
from jobmatch_dagster.observability.run_previews import postings_preview, vectors_preview
from jobmatch_dagster.observability.schemas import table_schema
from jobmatch_dagster.observability.steps import PREVIEW, Steps
from jobmatch_dagster.partitions import HOURS
from jobmatch_dagster.pipeline.catalog.embed import embed_postings
from jobmatch_dagster.pipeline.catalog.load import load_pages
from jobmatch_dagster.resources.clock import ClockResource
from jobmatch_dagster.resources.embedder import EmbedderResource
from jobmatch_dagster.resources.postgres import PostgresResource

_HOURS_SHOWN = 5


class LoadConfig(dg.Config):
    """How to load."""

    rebuild: bool = Field(
        default=False,
        description="Load all stored pages again, not only new ones: after a fix, or to fill an empty table.",
    )


@dg.asset(
    key_prefix="catalog",
    group_name="catalog",
    partitions_def=HOURS,
    backfill_policy=dg.BackfillPolicy.single_run(),
    deps=[["raw", "job_pages"]],
    owners=names.OWNERS,
    kinds=names.KINDS_POSTGRES,
    freshness_policy=freshness_policy("catalog/jobs"),
    code_version="1",
    metadata={
        "dagster/table_name": "jobs",
        "dagster/column_schema": table_schema("jobs"),
    },
)
def jobs(
    context: dg.AssetExecutionContext, config: LoadConfig, database: PostgresResource, clock: ClockResource
) -> dg.MaterializeResult[None]:
    """One row per posting in its newest version, unique by the vendor's id; no column belongs to a user.

    Grain: posting; its hour is that of `date_created`. Written from the stored pages, without a call to the API.
    Running it again loads only pages that are not loaded yet and leaves unchanged rows untouched.
    """
    steps, run_id = Steps(), context.run.run_id
    with steps.step("load"):
        report = load_pages(database.database(), run_id, log_progress("pages loaded"), rebuild=config.rebuild)
    with steps.step(PREVIEW), database.database().read() as connection:
        fresh = freshness(connection, run_id)
        previews = postings_preview(connection, run_id, clock.now())
        hours = read_hours(connection, *context.partition_time_window)
    for hour in hours:
        context.add_asset_metadata(
            {"postings_of_hour": hour.postings, "hour_fetched": hour.fetched}, partition_key=hour_name(hour.hour)
        )
    if unfetched := [hour_name(hour.hour) for hour in hours if not hour.fetched]:
        context.log.warning(
            f"Never fetched, so nothing was loaded of them: {', '.join(unfetched[:_HOURS_SHOWN])}. "
            "Materialize raw/job_pages for them; every returned posting costs a credit."
        )
    return dg.MaterializeResult(
        metadata={
            **lineage_metadata("catalog/jobs"),
            "hours_never_fetched": len(unfetched),
            "pages": report.pages,
            "rows_in": report.records,
            "rows_inserted": report.counts.inserted,
            "rows_updated": report.counts.updated,
            "rows_unchanged": report.counts.unchanged,
            "rows_reopened": report.counts.reopened,
            "rows_quarantined": report.quarantined,
            "unknown_fields": dg.MetadataValue.json(dict(report.unknown_fields)),
            **{name: value for name, value in fresh.items() if value is not None},
            **steps.metadata(postings=report.records),
            **previews,
        }
    )


class EmbedConfig(dg.Config):
    """What is embedded besides what has no current vector."""

    again_models: list[str] = Field(
        default=[], description="Models whose vectors are deleted first, because they are corrupt"
    )


@dg.asset(
    key_prefix="catalog",
    group_name="catalog",
    partitions_def=HOURS,
    backfill_policy=dg.BackfillPolicy.single_run(),
    deps=[jobs],
    owners=names.OWNERS,
    kinds=names.KINDS_EMBEDDING,
    pool=names.POOL_EMBEDDER,
    freshness_policy=freshness_policy("catalog/job_embeddings"),
    code_version="1",
    metadata={
        "dagster/table_name": "job_embeddings",
        "dagster/column_schema": table_schema("job_embeddings"),
    },
)
def job_embeddings(
    context: dg.AssetExecutionContext, config: EmbedConfig, database: PostgresResource, embedder: EmbedderResource
) -> dg.MaterializeResult[None]:
    """One row per posting and embedding model: the vector of the posting's text.

    Grain: posting and model. Written for open postings of any hour whose text is new or has changed in substance.
    Running it again embeds only what has no current vector.
    """
    steps = Steps()
    if config.again_models:
        with database.database().begin() as connection:
            delete_posting_vectors(connection, config.again_models)
    with steps.step("embed"):
        report = embed_postings(database.database(), embedder, context.run.run_id, log_progress("postings embedded"))
    with database.database().read() as connection:
        previews = vectors_preview(connection, embedder.model)
    return dg.MaterializeResult(
        metadata={
            **lineage_metadata("catalog/job_embeddings"),
            "rows_written": report.embedded,
            "texts_truncated": report.truncated,
            "embedding_model": embedder.model,
            **steps.metadata(postings=report.embedded),
            **previews,
        }
    )
