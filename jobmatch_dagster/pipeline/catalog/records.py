"""Records that did not come from the API. They are stored as pages too, so that pages alone can rebuild `jobs`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import uuid4

from sqlalchemy import Connection

from jobmatch_dagster.core.catalog.normalise import (
    NORMALISER_VERSION,
    PageContent,
    RecordError,
    normalise_page,
    normalise_record,
)
from jobmatch_dagster.core.raw.response import PageResponse
from jobmatch_dagster.core.raw.windows import Sweep
from jobmatch_dagster.db.catalog.jobs import MergeCounts, SightedPosting, merge_or_refuse
from jobmatch_dagster.db.catalog.quarantine import first_rejection, quarantine
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.connection.locks import LOADING, lock
from jobmatch_dagster.db.raw import pages


@dataclass(frozen=True)
class LoadedRecords:
    """A stored page and its outcome; `refused` counts postings that the database refused."""

    page_id: int
    content: PageContent
    counts: MergeCounts
    refused: int


@dataclass(frozen=True)
class AddedJob:
    """The posting of a record that was added, and what happened to its row."""

    external_id: str
    outcome: Literal["inserted", "updated", "unchanged"]


def load_records(
    connection: Connection, endpoint: str, request: Mapping[str, str], body: bytes, fetched_at: datetime, run_id: str
) -> LoadedRecords:
    """Store a body as a page with this endpoint and load it into `jobs`; unusable records are quarantined.

    Raises:
        PageError: if the body is not an array of records.
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


def add_record(database: Database, record: Mapping[str, Any], seen_at: datetime, run_id: str) -> AddedJob:
    """Load one vendor record of either generation, in one transaction.

    Raises:
        RecordError: if the record cannot become a posting, or the database refuses it; nothing is stored.
        TypeError: if JSON has no form for a value of the record.
    """
    posting = normalise_record(record)
    body = json.dumps([dict(record)], ensure_ascii=False).encode()
    with database.begin() as connection:
        lock(connection, LOADING)
        loaded = load_records(connection, "added", {}, body, seen_at, run_id)
        if loaded.refused:
            raise RecordError(*first_rejection(connection, loaded.page_id))
    if loaded.counts.inserted:
        return AddedJob(posting.external_id, "inserted")
    return AddedJob(posting.external_id, "updated" if loaded.counts.updated else "unchanged")
