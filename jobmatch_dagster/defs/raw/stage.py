"""From the API to stored pages: which hours are missing, which feed has them, one sweep through it.

Put here the order of the steps. HTTP, time windows, quota and SQL have modules of their own; no Dagster here.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from sqlalchemy import Connection

from jobmatch_dagster.core.pages import PageResponse, Quota
from jobmatch_dagster.core.quota import Outlook, allows_page, is_still_valid, outlook
from jobmatch_dagster.core.windows import HOUR, Sweep, choose_sweep, latest_collectable_hour
from jobmatch_dagster.db import pages
from jobmatch_dagster.db.engine import Database
from jobmatch_dagster.db.locks import COLLECTING, exclusively
from jobmatch_dagster.resources.active_jobs_client import PAGE_SIZE, ActiveJobsClient, expired_ids

ClientFactory = Callable[[], ActiveJobsClient]
Progress = Callable[[int, int], None]

# An hour that was begun and not ended is asked for again while the 24h feed has it.
_WIDEN = timedelta(hours=23)
# A walk through a wide feed is gone on with for so long; later its pages have shifted too far.
_RESUME = timedelta(hours=24)
_WIDE_FEEDS = frozenset({"7d", "6m"})
RESERVE_REACHED = "the credit reserve is reached"
PAGE_LIMIT_REACHED = "the page limit is reached"


@dataclass
class CollectReport:
    """What a collection asked for and got. `credits` are job credits: one per returned record.

    `stopped` says why a sweep ended before its last page; what it left out is asked for by the next run.
    """

    asked_hours: int = 0
    held_hours: int = 0
    widened_hours: int = 0
    endpoint: str = ""
    calls: int = 0
    pages: int = 0
    credits: int = 0
    complete: bool = True
    stopped: str = ""
    quota: Quota | None = None
    outlook: Outlook | None = field(default=None)


def collect_hours(
    database: Database,
    client: ClientFactory,
    hours: Collection[datetime],
    *,
    now: datetime,
    max_pages_per_hour: int,
    run_id: str,
    refetch: bool = False,
    on_progress: Progress | None = None,
) -> CollectReport:
    """Fetch what is not held of these hours, in one sweep of the narrowest feed that has all of it.

    Hours that a complete sweep has answered for cost nothing again, unless `refetch` is set. Recent hours whose
    sweep was cut are asked for with them. One collection runs at a time: the second of two finds the hours held.

    Raises:
        HourNotAvailableError: if an hour is not complete yet, or gone from the API.
        PermanentFailure, PassingFailure: as the client raises them; pages that came are kept.
    """
    asked = set(hours)
    report = CollectReport(asked_hours=len(asked))
    with exclusively(database, COLLECTING):
        ready = client()
        newest = latest_collectable_hour(now)
        with database.begin() as connection:
            held = pages.covered_hours(connection, min(asked), max(asked) + HOUR, ready.filters)
            cut = pages.cut_hours(connection, newest - _WIDEN, newest + HOUR, ready.filters)
        missing = asked if refetch else asked - held
        report.held_hours = len(asked) - len(missing)
        if missing:
            wanted = missing | cut
            report.widened_hours = len(wanted - asked)
            sweep = choose_sweep(wanted, now)
            _sweep(database, ready, sweep, max_pages_per_hour * sweep.hours, run_id, report, on_progress)
        with database.begin() as connection:
            report.outlook = _outlook(connection, now)
    return report


def collect_feed(
    database: Database,
    client: ActiveJobsClient,
    sweep: Sweep,
    *,
    max_pages: int,
    run_id: str,
    on_progress: Progress | None = None,
) -> CollectReport:
    """Walk a whole feed once.

    Raises:
        PermanentFailure, PassingFailure: as the client raises them; pages that came are kept.
    """
    report = CollectReport(asked_hours=sweep.hours)
    with exclusively(database, COLLECTING):
        _sweep(database, client, sweep, max_pages, run_id, report, on_progress)
    return report


def fetch_expired_ids(database: Database, client: ActiveJobsClient, run_id: str) -> list[str]:
    """The vendor's list of expired postings; the response is kept like every other.

    Raises:
        PermanentFailure, PassingFailure: as the client raises them.
    """
    ids: list[str] = []
    sweep, sweep_id = Sweep("expired", None, None), uuid4()
    for page in client.sweep("expired", max_pages=1):
        with database.begin() as connection:
            pages.insert_page(connection, client.generation, client.filters, sweep, sweep_id, page, run_id)
        if page.record_count is not None:
            ids = expired_ids(page.body)
    return ids


def _sweep(
    database: Database,
    client: ActiveJobsClient,
    sweep: Sweep,
    max_pages: int,
    run_id: str,
    report: CollectReport,
    on_progress: Progress | None,
) -> None:
    sweep, start_offset = _resumed(database, client, sweep)
    report.endpoint, report.complete = sweep.endpoint, False
    if not _may_ask(database, client):
        report.stopped = RESERVE_REACHED
        return
    sweep_id = uuid4()
    for page in client.sweep(sweep.endpoint, max_pages=max_pages, start_offset=start_offset):
        with database.begin() as connection:
            pages.insert_page(connection, client.generation, client.filters, sweep, sweep_id, page, run_id)
        _count(report, page)
        if on_progress:
            on_progress(report.pages, max_pages)
        if page.record_count is not None and not page.last_page:
            report.stopped = PAGE_LIMIT_REACHED if report.pages >= max_pages else ""
            if not allows_page(page.quota, PAGE_SIZE, client.credit_reserve):
                report.stopped = RESERVE_REACHED
                return


def _resumed(database: Database, client: ActiveJobsClient, sweep: Sweep) -> tuple[Sweep, int]:
    """Where an interrupted walk through a wide feed goes on: at its last page, which is read again.

    Records that came since have moved the others down the list, so nothing is left out; those that were read
    twice are known by their id.
    """
    if sweep.endpoint not in _WIDE_FEEDS or sweep.window_start is None:
        return sweep, 0
    with database.begin() as connection:
        unfinished = pages.unfinished_sweep(connection, sweep.endpoint, client.filters, datetime.now(UTC) - _RESUME)
    if unfinished is None or unfinished.window_start is None or unfinished.window_end is None:
        return sweep, 0
    return Sweep(sweep.endpoint, unfinished.window_start, unfinished.window_end), unfinished.page_offset


def _may_ask(database: Database, client: ActiveJobsClient) -> bool:
    """Whether what the API said last, if it still holds, allows a page."""
    with database.begin() as connection:
        known = pages.newest_quota(connection)
    if known is None or not is_still_valid(*known, datetime.now(UTC)):
        return True
    return allows_page(known[0], PAGE_SIZE, client.credit_reserve)


def _outlook(connection: Connection, now: datetime) -> Outlook:
    known = pages.newest_quota(connection)
    quota, told_at = known or (None, None)
    return outlook(quota, told_at, pages.spending(connection, now), now)


def _count(report: CollectReport, page: PageResponse) -> None:
    report.calls += 1
    report.quota = page.quota
    if page.record_count is not None:
        report.pages += 1
        report.credits += page.record_count
    report.complete = page.last_page
