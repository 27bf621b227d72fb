"""From the API to stored pages: which hours are missing, which feed has them, one sweep through it.

Put here the order of the steps. HTTP, time windows, quota and SQL have modules of their own; no Dagster here.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from sqlalchemy import Connection

from jobmatch_dagster.core.catalog.normalise import expired_ids
from jobmatch_dagster.core.progress import Progress, no_progress
from jobmatch_dagster.core.raw.quota import Outlook, allows_page, is_still_valid, outlook
from jobmatch_dagster.core.raw.response import PageResponse, Quota
from jobmatch_dagster.core.raw.windows import HOUR, Sweep, choose_sweep, latest_collectable_hour
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.connection.locks import COLLECTING, exclusively
from jobmatch_dagster.db.raw import pages
from jobmatch_dagster.resources.active_jobs_client import FREE_FEEDS, ActiveJobsClient

ClientFactory = Callable[[], ActiveJobsClient]

# An hour that was begun and not ended is asked for again while the 24h feed has it.
_WIDEN = timedelta(hours=23)
# A walk that was interrupted is gone on with for so long; later its pages have shifted too far.
_RESUME = timedelta(hours=24)
RESERVE_REACHED = "the credit reserve is reached"
PAGE_LIMIT_REACHED = "the page limit is reached"
HOUR_PASSED = "the hour ended while it was read, and the feed moved on"


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
    max_pages: int | None = None,
    refetch: bool = False,
    on_progress: Progress = no_progress,
) -> CollectReport:
    """Fetch what is not held of these hours, in one sweep of the narrowest feed that has all of it.

    Hours that a complete sweep has answered for cost nothing again, unless `refetch` is set. Recent hours whose
    sweep was cut are asked for with them. A walk that was interrupted is gone on with; hours since are a walk of
    their own. One collection runs at a time: the second of two finds the hours held.

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
        wanted = missing | cut if missing else set()
        report.widened_hours = len(wanted - asked)
        while wanted and not report.stopped:
            sweep = choose_sweep(wanted, now)
            sweep, start_offset = _resumed(database, ready, sweep, wanted)
            limit = max_pages or max_pages_per_hour * sweep.hours
            walk = _Walk(sweep, limit, start_offset, now=now)
            _sweep(database, ready, walk, run_id, report, on_progress)
            wanted = {hour for hour in wanted if not sweep.answers_for(hour)}
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
    on_progress: Progress = no_progress,
) -> CollectReport:
    """Walk a whole feed once.

    Raises:
        PermanentFailure, PassingFailure: as the client raises them; pages that came are kept.
    """
    report = CollectReport(asked_hours=sweep.hours)
    with exclusively(database, COLLECTING):
        _sweep(database, client, _Walk(sweep, max_pages), run_id, report, on_progress)
    return report


def fetch_expired_ids(database: Database, client: ActiveJobsClient, run_id: str) -> tuple[list[str], datetime]:
    """The vendor's list of expired postings; the response is kept like every other, and costs no job credit.

    Returns:
        The ids, and when the list was fetched.

    Raises:
        PermanentFailure, PassingFailure: as the client raises them.
    """
    ids: list[str] = []
    listed_at = datetime.now(UTC)
    sweep, sweep_id = Sweep("expired", None, None), uuid4()
    for page in client.sweep("expired", max_pages=1):
        with database.begin() as connection:
            pages.insert_page(connection, client.generation, client.filters, sweep, sweep_id, page, run_id)
        if page.record_count is not None:
            ids, listed_at = expired_ids(page.body), page.fetched_at
    return ids, listed_at


@dataclass
class _Walk:
    """A sweep that is under way: how far it may go, where it starts, and the time when it did (None: no hours)."""

    sweep: Sweep
    max_pages: int
    start_offset: int = 0
    now: datetime | None = None
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def hour_passed(self, page: PageResponse) -> bool:
        """Whether the 1h feed answered this page for another hour than the one that was asked for."""
        if self.sweep.endpoint != "1h" or self.now is None:
            return False
        return latest_collectable_hour(self.now + (page.fetched_at - self.started_at)) != self.sweep.window_start


def _sweep(
    database: Database,
    client: ActiveJobsClient,
    walk: _Walk,
    run_id: str,
    report: CollectReport,
    on_progress: Progress,
) -> None:
    sweep, cost = walk.sweep, client.page_cost(walk.sweep.endpoint)
    report.endpoint, report.complete = sweep.endpoint, False
    if not _may_ask(database, client, cost):
        report.stopped = RESERVE_REACHED
        return
    sweep_id, pages_before = uuid4(), report.pages
    for answer in client.sweep(sweep.endpoint, max_pages=walk.max_pages, start_offset=walk.start_offset):
        passed = walk.hour_passed(answer)
        page = replace(answer, last_page=False) if passed else answer
        with database.begin() as connection:
            pages.insert_page(connection, client.generation, client.filters, sweep, sweep_id, page, run_id)
        _count(report, page)
        on_progress(report.pages - pages_before, walk.max_pages)
        if page.record_count is not None and not page.last_page:
            report.stopped = PAGE_LIMIT_REACHED if report.pages - pages_before >= walk.max_pages else ""
            if passed or not allows_page(page.quota, cost, client.credit_reserve):
                report.stopped = HOUR_PASSED if passed else RESERVE_REACHED
                return


def _resumed(database: Database, client: ActiveJobsClient, sweep: Sweep, wanted: set[datetime]) -> tuple[Sweep, int]:
    """Where an interrupted walk goes on, if the newest one through this feed was: at its last page, read again.

    Records that came since have moved the others down the list, so nothing is left out; those that were read
    twice are known by their id. Hours that it does not answer for are asked for afterwards.
    """
    if sweep.window_start is None:
        return sweep, 0
    with database.begin() as connection:
        unfinished = pages.unfinished_sweep(connection, sweep.endpoint, client.filters, datetime.now(UTC) - _RESUME)
    if unfinished is None:
        return sweep, 0
    resumed = Sweep(sweep.endpoint, unfinished.window_start, unfinished.window_end)
    # The feeds of an hour and a day are other ones an hour later.
    same_feed = sweep.endpoint not in ("1h", "24h") or resumed == sweep
    if not same_feed or not any(map(resumed.answers_for, wanted)):
        return sweep, 0
    return resumed, unfinished.page_offset


def _may_ask(database: Database, client: ActiveJobsClient, page_cost: int) -> bool:
    """Whether what the API said last, if it still holds, allows a page."""
    with database.begin() as connection:
        known = pages.newest_quota(connection)
    if known is None or not is_still_valid(*known, datetime.now(UTC)):
        return True
    return allows_page(known[0], page_cost, client.credit_reserve)


def _outlook(connection: Connection, now: datetime) -> Outlook:
    known = pages.newest_quota(connection)
    quota, told_at = known or (None, None)
    return outlook(quota, told_at, pages.spending(connection, now), now)


def _count(report: CollectReport, page: PageResponse) -> None:
    report.calls += 1
    report.quota = page.quota
    if page.record_count is not None:
        report.pages += 1
        report.credits += 0 if report.endpoint in FREE_FEEDS else page.record_count
    report.complete = page.last_page
