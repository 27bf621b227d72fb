"""`job_pages`: API responses as they came, and which hours they answer for."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from jobmatch_dagster.db.engine import run_query


@dataclass(frozen=True)
class StoredPage:
    """A page to be loaded: its id, when it came (UTC) and its body, byte for byte."""

    id: int
    fetched_at: datetime
    body: bytes


def covered_hours(connection: Connection, start: datetime, end: datetime) -> set[datetime]:
    """Hours in [start, end) that a complete sweep has answered for."""
    return {row.hour for row in run_query(connection, "covered_hours", {"start": start, "end": end})}


def insert_page(
    connection: Connection,
    *,
    sweep_id: UUID,
    generation: str,
    endpoint: str,
    window: tuple[datetime, datetime] | None,
    request: Mapping[str, Any],
    page_offset: int,
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    sha256: str,
    record_count: int | None,
    last_page: bool,
    fetched_at: datetime,
    run_id: str,
) -> int:
    """Keep one response; gives its id."""
    start, end = window or (None, None)
    parameters = {
        "sweep_id": sweep_id, "generation": generation, "endpoint": endpoint, "window_start": start,
        "window_end": end, "request": json.dumps(dict(request)), "page_offset": page_offset,
        "status": status, "headers": json.dumps(dict(headers)), "body": body, "sha256": sha256,
        "record_count": record_count, "last_page": last_page, "fetched_at": fetched_at, "run_id": run_id,
    }  # fmt: skip
    return int(run_query(connection, "insert_page", parameters)[0].id)


def stale_page_ids(connection: Connection, normaliser_version: int) -> list[int]:
    """Ids of pages that this version of the normaliser has not loaded, oldest first."""
    rows = run_query(connection, "stale_pages", {"normaliser_version": normaliser_version})
    return [row.id for row in rows]


def read_pages(connection: Connection, ids: list[int]) -> list[StoredPage]:
    """The pages with their bodies, in the order of their ids."""
    rows = connection.execute(
        text("SELECT id, fetched_at, body FROM job_pages WHERE id = ANY(:ids) ORDER BY id"), {"ids": ids}
    )
    return [StoredPage(row.id, row.fetched_at, bytes(row.body)) for row in rows]


def mark_loaded(connection: Connection, ids: list[int], normaliser_version: int) -> None:
    """Note that this version of the normaliser has loaded the pages."""
    connection.execute(
        text("UPDATE job_pages SET normaliser_version = :version WHERE id = ANY(:ids)"),
        {"version": normaliser_version, "ids": ids},
    )
