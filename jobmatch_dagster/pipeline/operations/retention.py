"""What the database removes when it is old and no longer needed. Nothing that a rebuild of `jobs` needs is removed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Connection

from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.operations.storage import (
    PageCounts,
    drop_closed_matches,
    drop_old_events,
    drop_resolved_quarantine,
    drop_run_failures,
    empty_digests,
    page_counts,
    remove_page_bodies,
)

_PAGES_PER_TRANSACTION = 500
_MATCHES_PER_TRANSACTION = 50_000
_EVENTS_PER_TRANSACTION = 50_000
_DIGESTS_PER_TRANSACTION = 5_000


@dataclass(frozen=True)
class RemovedRows:
    """What was removed, and the pages that are left."""

    page_bodies: int
    bytes: int
    quarantined_records: int
    run_failures: int
    matches: int
    events: int
    digests: int
    pages_left: PageCounts


def remove_old_rows(
    database: Database,
    run_id: str,
    *,
    now: datetime,
    wall_time: datetime,
    page_days: int,
    quarantine_days: int,
    match_days: int,
    event_days: int,
    digest_days: int,
) -> RemovedRows:
    """Remove bodies of superseded pages, resolved quarantine, old failures, events and digests, matches of closed ads.

    Args:
        database: the project's database.
        run_id: the Dagster run, for the events of matches that go.
        now: the pipeline's time, by which postings close and digests are made.
        wall_time: the machine's time, which dates pages, quarantined records, failures and events.
        page_days: days that bodies of pages are kept after the fetch.
        quarantine_days: days that resolved quarantined records and noted failures are kept.
        match_days: days that undecided matches are kept after their posting closed.
        event_days: days that events of matches are kept.
        digest_days: days that the lines of digests are kept.
    """
    sizes = _remove_page_bodies(database, wall_time - timedelta(days=page_days))
    quarantined_before = wall_time - timedelta(days=quarantine_days)
    with database.begin() as connection:
        quarantined = drop_resolved_quarantine(connection, quarantined_before)
        failures = drop_run_failures(connection, quarantined_before)
        pages_left = page_counts(connection)
    drop_matches = partial(drop_closed_matches, run_id=run_id)
    matches = _in_parts(database, drop_matches, now - timedelta(days=match_days), _MATCHES_PER_TRANSACTION)
    events = _in_parts(database, drop_old_events, wall_time - timedelta(days=event_days), _EVENTS_PER_TRANSACTION)
    digests = _in_parts(database, empty_digests, now - timedelta(days=digest_days), _DIGESTS_PER_TRANSACTION)
    return RemovedRows(len(sizes), sum(sizes), quarantined, failures, matches, events, digests, pages_left)


def _remove_page_bodies(database: Database, before: datetime) -> list[int]:
    """Bytes of each body that was removed."""
    sizes: list[int] = []
    while True:
        with database.begin() as connection:
            removed = remove_page_bodies(connection, before, _PAGES_PER_TRANSACTION)
        if not removed:
            return sizes
        sizes += removed


def _in_parts(
    database: Database, remove: Callable[[Connection, datetime, int], int], before: datetime, most: int
) -> int:
    """Remove at most so many rows in each transaction until none is left; returns their number."""
    removed = 0
    while True:
        with database.begin() as connection:
            part = remove(connection, before, most)
        removed += part
        if part < most:
            return removed
