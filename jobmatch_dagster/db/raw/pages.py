"""`job_pages`: responses of the API, the hours that they cover, and what they have cost."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text

from jobmatch_dagster.core.json_values import JsonObject
from jobmatch_dagster.core.raw.quota import Outlook, Spending, compute_outlook
from jobmatch_dagster.core.raw.response import REMAINING_HEADERS, PageResponse, Quota, read_quota
from jobmatch_dagster.core.raw.windows import Sweep, hours_between
from jobmatch_dagster.db.connection.engine import run_query

Filters = JsonObject
"""The filters of a sweep; hours of other filters are not comparable."""


@dataclass(frozen=True)
class StoredPage:
    """A page with its body."""

    id: int
    fetched_at: datetime
    body: bytes


@dataclass(frozen=True)
class UnfinishedSweep:
    """A sweep that stopped early: the hours that it would have covered, and the offset of its last page."""

    window_start: datetime | None
    window_end: datetime | None
    page_offset: int


def covered_hours(
    connection: Connection, start: datetime, end: datetime, filters: Filters | None = None
) -> set[datetime]:
    """Hours in [start, end) that a complete sweep with these filters (None: with any) has covered."""
    parameters = {"start": start, "end": end, "filters": None if filters is None else json.dumps(filters)}
    return {row.hour for row in run_query(connection, "raw/covered_hours", parameters)}


def cut_hours(connection: Connection, start: datetime, end: datetime, filters: Filters) -> set[datetime]:
    """Hours in [start, end) whose sweep stopped early, and that no sweep with these filters has covered."""
    parameters = {"start": start, "end": end, "filters": json.dumps(filters)}
    begun = {row.hour for row in run_query(connection, "raw/cut_hours", parameters)}
    return begun - covered_hours(connection, start, end, filters) if begun else set()


def first_covered_hour(connection: Connection, filters: Filters | None = None) -> datetime | None:
    """The first hour that a complete sweep with these filters (None: with any) has covered."""
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
    """The newest sweep of a feed since then, if it stopped before its last page."""
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
    """Store one response of a sweep unchanged; returns the page's id."""
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
    """Ids of pages that this version of the normaliser has not loaded yet, oldest first."""
    rows = run_query(connection, "raw/stale_pages", {"normaliser_version": normaliser_version})
    return [row.id for row in rows]


def forget_loading(connection: Connection) -> int:
    """Mark every complete page as not loaded; returns their number. The next load rebuilds `jobs` from them."""
    query = "UPDATE job_pages SET normaliser_version = NULL WHERE status = 200 AND body_removed_at IS NULL"
    return connection.execute(text(query)).rowcount


def read_pages(connection: Connection, ids: Sequence[int]) -> list[StoredPage]:
    """These pages with their bodies, in the order of their ids."""
    rows = connection.execute(
        text("SELECT id, fetched_at, body FROM job_pages WHERE id = ANY(:ids) ORDER BY id"), {"ids": list(ids)}
    )
    return [StoredPage(row.id, row.fetched_at, bytes(row.body)) for row in rows]


def read_expired_lists(connection: Connection) -> Iterator[StoredPage]:
    """The stored lists of expired postings, oldest first, one at a time."""
    ids = connection.scalars(
        text(
            "SELECT id FROM job_pages WHERE endpoint = 'expired' AND status = 200 AND record_count IS NOT NULL "
            "AND body_removed_at IS NULL ORDER BY id"
        )
    ).all()
    for id_ in ids:
        yield from read_pages(connection, [id_])


def mark_loaded(connection: Connection, ids: Sequence[int], normaliser_version: int) -> None:
    """Note that this version of the normaliser has loaded the pages."""
    connection.execute(
        text("UPDATE job_pages SET normaliser_version = :version WHERE id = ANY(:ids)"),
        {"version": normaliser_version, "ids": list(ids)},
    )


def newest_quota(connection: Connection) -> tuple[Quota, datetime] | None:
    """The newest statement of job credits, else of requests, and its time; None if there is none."""
    for names in REMAINING_HEADERS:
        if rows := run_query(connection, "raw/newest_quota", {"names": list(names)}):
            return read_quota(rows[0].headers, rows[0].fetched_at), rows[0].fetched_at
    return None


def spending(connection: Connection, now: datetime) -> Spending:
    """Job credits and requests of the last week."""
    row = run_query(connection, "raw/api_spending", {"now": now})[0]
    return Spending(
        int(row.credits_last_hour),
        int(row.credits_last_day),
        int(row.credits_last_week),
        int(row.backfill_credits_last_week),
        row.requests_last_week,
        row.first_fetched_at,
    )


def read_outlook(connection: Connection, now: datetime) -> Outlook:
    """What the plan has left now, and whether it lasts."""
    quota, stated_at = newest_quota(connection) or (None, None)
    return compute_outlook(quota, stated_at, spending(connection, now), now)


def expected_hours(
    connection: Connection, start: datetime, end: datetime, filters: Filters | None = None
) -> list[datetime]:
    """Hours in [start, end) since the first collection with these filters (None: with any)."""
    start = max(first_covered_hour(connection, filters) or end, start)
    return hours_between(start, end)


def missing_hours(
    connection: Connection, start: datetime, end: datetime, filters: Filters | None = None
) -> list[datetime]:
    """The expected hours that no complete sweep with these filters (None: with any) has covered."""
    expected = expected_hours(connection, start, end, filters)
    covered = covered_hours(connection, expected[0], end, filters) if expected else set()
    return [hour for hour in expected if hour not in covered]
