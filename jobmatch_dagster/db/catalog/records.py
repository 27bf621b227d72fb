"""Records that did not come from the API, kept as a page and loaded like one: `jobs` stays rebuildable from pages.

Put here the way of such records into `jobs`. Fetched pages are loaded by the catalog stage.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from sqlalchemy import Connection, text

from jobmatch_dagster.core.catalog.normalise import NORMALISER_VERSION, PageContent, normalise_page
from jobmatch_dagster.core.raw.response import PageResponse
from jobmatch_dagster.core.raw.windows import Sweep
from jobmatch_dagster.db.catalog.jobs import MergeCounts, SightedPosting, merge_or_refuse
from jobmatch_dagster.db.catalog.quarantine import quarantine
from jobmatch_dagster.db.raw import pages


@dataclass(frozen=True)
class LoadedRecords:
    """What a page of records held, and what became of it; `refused` postings the database did not take."""

    page_id: int
    content: PageContent
    counts: MergeCounts
    refused: int


def load_records(
    connection: Connection, endpoint: str, request: Mapping[str, str], body: bytes, fetched_at: datetime, run_id: str
) -> LoadedRecords:
    """Keep the body as a page of this kind and load it into `jobs`; what cannot be used is quarantined.

    Raises:
        PageError: if the body is no array of records.
    """
    content = normalise_page(body)
    page = PageResponse(
        request=request, page_offset=0, status=200, headers={}, body=body, fetched_at=fetched_at,
        record_count=len(content.postings) + len(content.rejected), last_page=True,
    )  # fmt: skip
    page_id = pages.insert_page(connection, "g1", {}, Sweep(endpoint, None, None), uuid4(), page, run_id)
    quarantine(connection, page_id, content.rejected)
    sighted = [SightedPosting(posting, page_id, position, fetched_at) for position, posting in content.postings]
    counts, refused = merge_or_refuse(connection, sighted, run_id)
    pages.mark_loaded(connection, [page_id], NORMALISER_VERSION)
    return LoadedRecords(page_id, content, counts, refused)


def first_refusal(connection: Connection, page_id: int) -> tuple[str, str]:
    """Field and reason of the first quarantined record of a page."""
    query = "SELECT field, reason FROM quarantined_records WHERE page_id = :page_id ORDER BY page_position LIMIT 1"
    row = connection.execute(text(query), {"page_id": page_id}).one()
    return row.field, row.reason


def content_key(content: PageContent) -> list[tuple[str, str]]:
    """External id and record hash of each posting of a page."""
    return [(posting.external_id, posting.record_hash) for _, posting in content.postings]


def catalogue_checksum(keys: Mapping[str, str]) -> str:
    """One hash over external ids and record hashes, as `jobs` must give it back."""
    lines = "\n".join(f"{external_id} {record_hash}" for external_id, record_hash in sorted(keys.items()))
    return hashlib.sha256(lines.encode()).hexdigest()
