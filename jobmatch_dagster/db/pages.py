"""`job_pages`: API responses as they came, and which hours they answer for."""

import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text

from jobmatch_dagster.core.pages import PageResponse
from jobmatch_dagster.core.windows import Sweep
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


def first_covered_hour(connection: Connection) -> datetime | None:
    """The first hour that any complete sweep of the hourly path has answered for."""
    query = "SELECT min(window_start) FROM job_pages WHERE last_page AND status = 200 AND endpoint IN ('1h', '24h')"
    hour: datetime | None = connection.scalar(text(query))
    return hour


def is_swept(connection: Connection, sweep: Sweep) -> bool:
    """Whether one complete sweep of this feed has answered for the whole window."""
    query = (
        "SELECT EXISTS (SELECT FROM job_pages WHERE last_page AND status = 200 AND endpoint = :endpoint "
        "AND window_start <= :start AND window_end >= :end)"
    )
    parameters = {"endpoint": sweep.endpoint, "start": sweep.window_start, "end": sweep.window_end}
    return bool(connection.scalar(text(query), parameters))


def insert_page(
    connection: Connection, generation: str, sweep: Sweep, sweep_id: UUID, page: PageResponse, run_id: str
) -> None:
    """Keep one response of a sweep as it came."""
    run_query(
        connection,
        "insert_page",
        {
            "sweep_id": sweep_id, "generation": generation, "endpoint": sweep.endpoint,
            "window_start": sweep.window_start, "window_end": sweep.window_end,
            "request": json.dumps(dict(page.request)), "page_offset": page.page_offset, "status": page.status,
            "headers": json.dumps(dict(page.headers)), "body": page.body, "sha256": page.sha256,
            "record_count": page.record_count, "last_page": page.last_page, "fetched_at": page.fetched_at,
            "run_id": run_id,
        },
    )  # fmt: skip


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
