"""One sweep of a feed: page by page, each stored in a transaction of its own, as far as limit and credits allow."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import uuid4

from jobmatch_dagster.core.progress import Progress, no_progress
from jobmatch_dagster.core.raw.quota import Outlook, allows_page, is_still_valid
from jobmatch_dagster.core.raw.response import PageResponse, Quota
from jobmatch_dagster.core.raw.windows import Sweep, latest_collectable_hour
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.raw import pages
from jobmatch_dagster.resources.active_jobs_client import FREE_FEEDS, ActiveJobsClient

RESERVE_REACHED = "the credit reserve is reached"
PAGE_LIMIT_REACHED = "the page limit is reached"
RUN_LIMIT_REACHED = "the credits that a run may cost are spent"
HOUR_PASSED = "the hour ended while it was read, and the feed moved on"


@dataclass
class CollectReport:
    """What a collection asked for and got. `credits` are job credits: one per returned record.

    `stopped` says why a sweep ended before its last page; the next run asks for the rest.
    """

    asked_hours: int = 0
    stored_hours: int = 0
    widened_hours: int = 0
    endpoint: str = ""
    calls: int = 0
    pages: int = 0
    credits: int = 0
    complete: bool = True
    stopped: str = ""
    quota: Quota | None = None
    outlook: Outlook | None = None

    def count_response(self, response: PageResponse) -> None:
        """Count a response of the current sweep and its cost."""
        self.calls += 1
        self.quota = response.quota
        if response.record_count is not None:
            self.pages += 1
            self.credits += 0 if self.endpoint in FREE_FEEDS else response.record_count
        self.complete = response.last_page


@dataclass(frozen=True)
class Collection:
    """What every sweep of a collection needs; sweeps add to the report."""

    database: Database
    client: ActiveJobsClient
    run_id: str
    report: CollectReport
    on_progress: Progress = no_progress


@dataclass(frozen=True)
class PlannedSweep:
    """A sweep with its limit and its start.

    Attributes:
        sweep: the feed and its hours.
        max_pages: most pages to fetch.
        start_offset: record at which it starts.
        max_credits: job credits that the run may cost; the sweep ends within a page of them. None: no limit.
        now: time by which the hours were chosen; None for a feed without hours.
        started_at: the same moment by the client's clock, which dates the responses; None for a feed without hours.
    """

    sweep: Sweep
    max_pages: int
    start_offset: int = 0
    max_credits: int | None = None
    now: datetime | None = None
    started_at: datetime | None = None

    def hour_passed(self, response: PageResponse) -> bool:
        """Whether the 1h feed moved on to another hour before this response."""
        if self.sweep.endpoint != "1h" or self.now is None or self.started_at is None:
            return False
        return latest_collectable_hour(self.now + (response.fetched_at - self.started_at)) != self.sweep.window_start


def run_sweep(collection: Collection, planned: PlannedSweep) -> None:
    """Fetch and store the pages of a sweep.

    Raises:
        PermanentFailure, PassingFailure: as the client raises them; fetched pages stay stored.
    """
    client, report = collection.client.narrowed(planned.sweep), collection.report
    page_cost = client.page_cost(planned.sweep.endpoint)
    report.endpoint, report.complete = planned.sweep.endpoint, False
    if not _may_start(collection, page_cost):
        report.stopped = RESERVE_REACHED
        return
    sweep_id, pages_before = uuid4(), report.pages
    for answer in client.sweep(planned.sweep.endpoint, max_pages=planned.max_pages, start_offset=planned.start_offset):
        passed = planned.hour_passed(answer)
        page = replace(answer, last_page=False) if passed else answer
        with collection.database.begin() as connection:
            pages.insert_page(
                connection, client.generation, client.filters, planned.sweep, sweep_id, page, collection.run_id
            )
        report.count_response(page)
        fetched = report.pages - pages_before
        collection.on_progress(fetched, planned.max_pages)
        if page.record_count is not None and not page.last_page:
            report.stopped = PAGE_LIMIT_REACHED if fetched >= planned.max_pages else ""
            if planned.max_credits is not None and report.credits >= planned.max_credits:
                report.stopped = RUN_LIMIT_REACHED
                return
            if passed or not allows_page(page.quota, page_cost, client.credit_reserve):
                report.stopped = HOUR_PASSED if passed else RESERVE_REACHED
                return


def _may_start(collection: Collection, page_cost: int) -> bool:
    """Whether the API's last statement, if it still applies, allows a page."""
    with collection.database.begin() as connection:
        newest = pages.newest_quota(connection)
    if newest is None or not is_still_valid(*newest, collection.client.now()):
        return True
    return allows_page(newest[0], page_cost, collection.client.credit_reserve)
