"""`job_pages`: responses of the API, what they answer for, what they have cost.

Put here how pages are kept and found. What is in them belongs in `core/catalog/normalise.py`.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from jobmatch_dagster.core.raw.quota import Spending
from jobmatch_dagster.core.raw.response import PageResponse, Quota, read_quota
from jobmatch_dagster.core.raw.windows import HOUR, Sweep
from jobmatch_dagster.db.connection.engine import run_query

Filters = Mapping[str, Any]


@dataclass(frozen=True)
class StoredPage:
    """A page as it is loaded."""

    id: int
    fetched_at: datetime
    body: bytes


@dataclass(frozen=True)
class UnfinishedSweep:
    """A walk that ended early: what it would have answered for, and the offset of its last page."""

    window_start: datetime | None
    window_end: datetime | None
    page_offset: int


def covered_hours(
    connection: Connection, start: datetime, end: datetime, filters: Filters | None = None
) -> set[datetime]:
    """Hours in [start, end) that a complete sweep with these filters (None: with any) has answered for."""
    parameters = {"start": start, "end": end, "filters": None if filters is None else json.dumps(filters)}
    return {row.hour for row in run_query(connection, "raw/covered_hours", parameters)}


def cut_hours(connection: Connection, start: datetime, end: datetime, filters: Filters) -> set[datetime]:
    """Hours in [start, end) that were begun and cut, and that no sweep with these filters has answered for."""
    parameters = {"start": start, "end": end, "filters": json.dumps(filters)}
    begun = {row.hour for row in run_query(connection, "raw/cut_hours", parameters)}
    return begun - covered_hours(connection, start, end, filters) if begun else set()


def first_covered_hour(connection: Connection, filters: Filters | None = None) -> datetime | None:
    """The first hour that any complete sweep with these filters (None: with any) has answered for."""
    query = (
        "SELECT min(window_start) FROM job_pages WHERE last_page AND status = 200 "
        "AND endpoint IN ('1h', '24h', '7d', '6m') AND filters = coalesce(CAST(:filters AS jsonb), filters)"
    )
    wanted = None if filters is None else json.dumps(filters)
    hour: datetime | None = connection.scalar(text(query), {"filters": wanted})
    return hour


def unfinished_sweep(
    connection: Connection, endpoint: str, filters: Filters, since: datetime
) -> UnfinishedSweep | None:
    """The newest walk through a feed since then, if it ended before its last page."""
    parameters = {"endpoint": endpoint, "filters": json.dumps(filters), "since": since}
    rows = run_query(connection, "raw/unfinished_sweep", parameters)
    return UnfinishedSweep(rows[0].window_start, rows[0].window_end, rows[0].page_offset) if rows else None


def insert_page(
    connection: Connection,
    generation: str,
    filters: Filters,
    sweep: Sweep,
    sweep_id: UUID,
    page: PageResponse,
    run_id: str,
) -> int:
    """Keep one response of a sweep as it came; gives the page's id."""
    rows = run_query(
        connection,
        "raw/insert_page",
        {
            "sweep_id": sweep_id, "generation": generation, "endpoint": sweep.endpoint,
            "window_start": sweep.window_start, "window_end": sweep.window_end, "filters": json.dumps(filters),
            "request": json.dumps(dict(page.request)), "page_offset": page.page_offset, "status": page.status,
            "headers": json.dumps(dict(page.headers)), "body": page.body, "sha256": page.sha256,
            "record_count": page.record_count, "last_page": page.last_page, "fetched_at": page.fetched_at,
            "run_id": run_id,
        },
    )  # fmt: skip
    return int(rows[0].id)


def stale_page_ids(connection: Connection, normaliser_version: int) -> list[int]:
    """Ids of pages that this version of the normaliser has not loaded, oldest first."""
    rows = run_query(connection, "raw/stale_pages", {"normaliser_version": normaliser_version})
    return [row.id for row in rows]


def forget_loading(connection: Connection) -> int:
    """Take every whole page as not loaded yet; gives how many. The next load rebuilds `jobs` from them."""
    query = "UPDATE job_pages SET normaliser_version = NULL WHERE status = 200 AND body_removed_at IS NULL"
    return connection.execute(text(query)).rowcount


def read_pages(connection: Connection, ids: list[int]) -> list[StoredPage]:
    """The pages with their bodies, in the order of their ids."""
    rows = connection.execute(
        text("SELECT id, fetched_at, body FROM job_pages WHERE id = ANY(:ids) ORDER BY id"), {"ids": ids}
    )
    return [StoredPage(row.id, row.fetched_at, bytes(row.body)) for row in rows]


def read_expired_lists(connection: Connection) -> Iterator[StoredPage]:
    """The kept lists of expired postings, oldest first, one at a time."""
    ids = connection.scalars(
        text(
            "SELECT id FROM job_pages WHERE endpoint = 'expired' AND status = 200 AND record_count IS NOT NULL "
            "AND body_removed_at IS NULL ORDER BY id"
        )
    ).all()
    for id_ in ids:
        yield from read_pages(connection, [id_])


def mark_loaded(connection: Connection, ids: list[int], normaliser_version: int) -> None:
    """Note that this version of the normaliser has loaded the pages."""
    connection.execute(
        text("UPDATE job_pages SET normaliser_version = :version WHERE id = ANY(:ids)"),
        {"version": normaliser_version, "ids": ids},
    )


def newest_quota(connection: Connection) -> tuple[Quota, datetime] | None:
    """What the plan had left at the newest response that told of job credits, else of requests, and when."""
    for unit in ("jobs", "requests"):
        names = [f"x-ratelimit-{unit}-remaining", f"x-api-{unit}-remaining"]
        if rows := run_query(connection, "raw/newest_quota", {"names": names}):
            return read_quota(rows[0].headers, rows[0].fetched_at), rows[0].fetched_at
    return None


def spending(connection: Connection, now: datetime) -> Spending:
    """Credits and requests of the last week."""
    row = run_query(connection, "raw/api_spending", {"now": now})[0]
    return Spending(
        int(row.credits_last_hour),
        int(row.credits_last_day),
        int(row.credits_last_week),
        row.requests_last_week,
        row.first_fetched_at,
    )


def expected_hours(
    connection: Connection, start: datetime, end: datetime, filters: Filters | None = None
) -> list[datetime]:
    """Hours in [start, end) since the first collection with these filters (None: with any)."""
    start = max(first_covered_hour(connection, filters) or end, start)
    return [start + n * HOUR for n in range((end - start) // HOUR)]


def missing_hours(
    connection: Connection, start: datetime, end: datetime, filters: Filters | None = None
) -> list[datetime]:
    """The expected hours that no complete sweep with these filters (None: with any) has answered for."""
    expected = expected_hours(connection, start, end, filters)
    answered = covered_hours(connection, expected[0], end, filters) if expected else set()
    return [hour for hour in expected if hour not in answered]
