"""The job of the second source: documents with schema.org postings, from files to matches."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
from pydantic import Field

from jobmatch_dagster import names
from jobmatch_dagster.core.markdown import markdown_table
from jobmatch_dagster.core.raw.documents import DEFAULT_SOURCE, Document
from jobmatch_dagster.defs.operations.backfill_history import embed_history, match_history
from jobmatch_dagster.observability.failures import translated_failures
from jobmatch_dagster.observability.progress import log_progress
from jobmatch_dagster.pipeline.catalog.load import load_pages
from jobmatch_dagster.pipeline.raw.documents import read_folder, read_list, store_documents
from jobmatch_dagster.resources.clock import ClockResource
from jobmatch_dagster.resources.postgres import PostgresResource


class DocumentsConfig(dg.Config):
    """Which documents."""

    folder: str = Field(default="", description="Folder with .html, .json, .jsonld or .jsonl files, read to any depth")
    listed: str = Field(default="", description="File with a path a line, or a sitemap of files; instead of a folder")
    source: str = Field(
        default=DEFAULT_SOURCE,
        description="Name of the source: lower-case letters, digits, hyphens. External ids begin with it and a colon.",
    )


@dg.op(name="store_documents")
def store_document_pages(
    context: dg.OpExecutionContext, config: DocumentsConfig, database: PostgresResource, clock: ClockResource
) -> None:
    """Store every document that is new or has changed as a page of its source; without folder and list nothing."""
    with translated_failures():
        documents = _documents(config)
        report = store_documents(database.database(), documents, config.source, now=clock.now(), run_id=context.run_id)
    context.add_output_metadata(
        {
            "documents_read": report.read,
            "documents_stored": report.stored,
            "postings_found": report.postings,
            "unusable": report.unusable,
            "problems": dg.MetadataValue.md(markdown_table(report.problems, ("document", "problem"))),
        }
    )


def _documents(config: DocumentsConfig) -> Iterator[Document]:
    if config.listed:
        return read_list(Path(config.listed))
    return read_folder(Path(config.folder)) if config.folder else iter(())


@dg.op(ins={"after": dg.In(dg.Nothing)})
def load_documents(context: dg.OpExecutionContext, database: PostgresResource) -> None:
    """Load the pages into `jobs`; what cannot be used is quarantined with field and reason."""
    report = load_pages(database.database(), context.run_id, log_progress("pages loaded"))
    context.add_output_metadata(
        {
            "rows_inserted": report.counts.inserted,
            "rows_updated": report.counts.updated,
            "rows_unchanged": report.counts.unchanged,
            "rows_quarantined": report.quarantined,
        }
    )


@dg.job(
    name="collect_documents",
    tags={names.TAG_PURPOSE: "documents", **names.BULK},
    description="Loads schema.org JobPosting documents from a folder or a list of files, then embeds and matches.",
)
def collect_documents() -> None:
    """From files with job postings to matches."""
    match_history.alias("match_documents")(
        embed_history.alias("embed_documents")(load_documents(store_document_pages()))
    )
