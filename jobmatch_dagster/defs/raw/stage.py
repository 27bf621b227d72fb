"""From the API to stored pages: which hours are missing, which feed has them, one sweep through it.

Put here the order of the steps. HTTP, time windows and SQL have modules of their own; no Dagster here.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from jobmatch_dagster.core.pages import PageResponse, Quota
from jobmatch_dagster.core.windows import HOUR, Sweep, choose_sweep
from jobmatch_dagster.db import pages
from jobmatch_dagster.db.engine import Database
from jobmatch_dagster.db.locks import COLLECTING, exclusively
from jobmatch_dagster.resources.active_jobs_client import ActiveJobsClient, expired_ids

ClientFactory = Callable[[], ActiveJobsClient]
Progress = Callable[[int, int], None]


@dataclass
class CollectReport:
    """What a collection asked for and got. `credits` are job credits: one per returned record."""

    asked_hours: int = 0
    held_hours: int = 0
    endpoint: str = ""
    calls: int = 0
    pages: int = 0
    credits: int = 0
    complete: bool = True
    quota: Quota | None = None


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

    Hours that a complete sweep has answered for cost nothing again, unless `refetch` is set. One collection
    runs at a time: the second of two at once finds the hours held.

    Raises:
        HourNotAvailableError: if an hour is not complete yet, or gone from the API.
        PermanentFailure, PassingFailure: as the client raises them; pages that came are kept.
    """
    report = CollectReport(asked_hours=len(set(hours)))
    with exclusively(database, COLLECTING):
        with database.begin() as connection:
            held = pages.covered_hours(connection, min(hours), max(hours) + HOUR)
        missing = set(hours) if refetch else set(hours) - held
        report.held_hours = report.asked_hours - len(missing)
        if missing:
            sweep = choose_sweep(missing, now)
            _sweep(database, client(), sweep, max_pages_per_hour * sweep.hours, run_id, report, on_progress)
    return report


def collect_feed(
    database: Database,
    client: ClientFactory,
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
        _sweep(database, client(), sweep, max_pages, run_id, report, on_progress)
    return report


def fetch_expired_ids(database: Database, client: ActiveJobsClient, run_id: str) -> list[str]:
    """The vendor's list of expired postings; the response is kept like every other.

    Raises:
        PermanentFailure, PassingFailure: as the client raises them.
    """
    ids: list[str] = []
    sweep_id = uuid4()
    for page in client.sweep("expired", max_pages=1):
        with database.begin() as connection:
            pages.insert_page(connection, client.generation, Sweep("expired", None, None), sweep_id, page, run_id)
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
    report.endpoint, report.complete = sweep.endpoint, False
    sweep_id = uuid4()
    for page in client.sweep(sweep.endpoint, max_pages=max_pages):
        with database.begin() as connection:
            pages.insert_page(connection, client.generation, sweep, sweep_id, page, run_id)
        _count(report, page)
        if on_progress:
            on_progress(report.pages, max_pages)


def _count(report: CollectReport, page: PageResponse) -> None:
    report.calls += 1
    report.quota = page.quota
    if page.record_count is not None:
        report.pages += 1
        report.credits += page.record_count
    report.complete = page.last_page
