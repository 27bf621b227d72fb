"""Pages of `job_pages` that are documents of a source: which version of each is stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from sqlalchemy import Connection

from jobmatch_dagster.core.raw.documents import ENDPOINT, Document, document_page
from jobmatch_dagster.core.raw.response import PageResponse
from jobmatch_dagster.core.raw.windows import Sweep
from jobmatch_dagster.db.connection.engine import run_query
from jobmatch_dagster.db.raw.pages import insert_page


@dataclass(frozen=True)
class StoredDocument:
    """The newest stored version of a document: its hash, and when it was read first, ISO 8601."""

    sha256: str
    first_seen_at: str


def newest_documents(connection: Connection, source: str, names: Sequence[str]) -> Mapping[str, StoredDocument]:
    """The newest stored versions of these documents of a source, by name."""
    rows = run_query(connection, "raw/newest_documents", {"source": source, "documents": list(names)})
    return {row.document: StoredDocument(row.sha256, row.first_seen_at) for row in rows}


def insert_document(
    connection: Connection,
    document: Document,
    source: str,
    *,
    first_seen_at: str,
    read_at: datetime,
    run_id: str,
    record_count: int,
) -> int:
    """Store a document as a page of its source; returns the page's id."""
    request = {
        "source": source, "document": document.name, "document_sha256": document.sha256, "first_seen_at": first_seen_at,
    }  # fmt: skip
    page = PageResponse(
        request=request, page_offset=0, status=200, headers={}, body=document_page(document, source, first_seen_at),
        fetched_at=read_at, record_count=record_count, last_page=True,
    )  # fmt: skip
    return insert_page(connection, "g1", {}, Sweep(ENDPOINT, None, None), uuid4(), page, run_id)
