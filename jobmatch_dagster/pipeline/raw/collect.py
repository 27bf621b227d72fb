"""From the API to stored pages: which hours are missing, which feed has them, one sweep of it."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from uuid import uuid4

from jobmatch_dagster.core.progress import Progress, no_progress
from jobmatch_dagster.core.raw.page_records import expired_ids
from jobmatch_dagster.core.raw.prices import expected_credits
from jobmatch_dagster.core.raw.windows import HOUR, Sweep, choose_sweep, latest_collectable_hour
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.connection.locks import COLLECTING, exclusively
from jobmatch_dagster.db.raw import pages
from jobmatch_dagster.errors import PermanentFailure
from jobmatch_dagster.pipeline.raw.prices import planned_sweeps, read_volume
from jobmatch_dagster.pipeline.raw.sweep import Collection, CollectReport, PlannedSweep, run_sweep
from jobmatch_dagster.resources.active_jobs_client import ActiveJobsClient

# An hour whose sweep stopped early is fetched again as long as the 24h feed has it.
_WIDEN = timedelta(hours=23)
# A sweep that was interrupted is resumed for this long; later its pages have moved too far.
_RESUME = timedelta(hours=24)


class TooExpensiveError(PermanentFailure):
    """A collection that would cost more job credits than a run may; nothing was fetched."""


def collect_hours(
    database: Database,
    new_client: Callable[[], ActiveJobsClient],
    hours: Iterable[datetime],
    *,
    now: datetime,
    max_pages_per_hour: int,
    run_id: str,
    max_pages: int | None = None,
    max_credits: int | None = None,
    refetch: bool = False,
    on_progress: Progress = no_progress,
) -> CollectReport:
    """Fetch what is missing of these hours, from the narrowest feed that has it.

    Hours that a complete sweep has covered cost nothing again, unless `refetch` is set. Recent hours whose sweep
    stopped early are fetched with the missing ones. An interrupted sweep is resumed; hours since then need a sweep of
    their own. One collection runs at a time: a second one finds the hours stored.

    Raises:
        HourNotAvailableError: if an hour is not complete yet, or no longer in the API.
        TooExpensiveError: if the expected credits are more than `max_credits`. Where the expectation is unknown or
            too low, the run stops within a page of so many.
        PermanentFailure, PassingFailure: as the client raises them; fetched pages stay stored.
    """
    asked = set(hours)
    report = CollectReport(asked_hours=len(asked))
    with exclusively(database, COLLECTING):
        collection = Collection(database, new_client(), run_id, report, on_progress)
        wanted = _missing_hours(collection, asked, now, refetch=refetch)
        _require_bearable(collection, wanted, now, max_credits)
        by_index_time = collection.client.selects_by_index_time
        while wanted and not report.stopped:
            sweep, start_offset = _resumed(collection, choose_sweep(wanted, now, by_index_time=by_index_time), wanted)
            limit = max_pages or max_pages_per_hour * sweep.hours
            started_at = collection.client.now()
            run_sweep(collection, PlannedSweep(sweep, limit, start_offset, max_credits, now, started_at))
            wanted = {hour for hour in wanted if not sweep.covers(hour)}
        with database.begin() as connection:
            report.outlook = pages.read_outlook(connection, now)
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
    """Fetch a whole feed once.

    Raises:
        PermanentFailure, PassingFailure: as the client raises them; fetched pages stay stored.
    """
    report = CollectReport(asked_hours=sweep.hours)
    with exclusively(database, COLLECTING):
        collection = Collection(database, client, run_id, report, on_progress)
        run_sweep(collection, PlannedSweep(sweep, max_pages))
    return report


def fetch_expired_ids(database: Database, client: ActiveJobsClient, run_id: str) -> tuple[list[str], datetime]:
    """Fetch the vendor's list of expired postings. The response is stored like any other and costs no job credit.

    Returns:
        The ids, and when the list was fetched.

    Raises:
        PermanentFailure, PassingFailure: as the client raises them.
    """
    ids: list[str] = []
    listed_at = client.now()
    sweep, sweep_id = Sweep("expired", None, None), uuid4()
    for page in client.sweep("expired", max_pages=1):
        with database.begin() as connection:
            pages.insert_page(connection, client.generation, client.filters, sweep, sweep_id, page, run_id)
        if page.record_count is not None:
            ids, listed_at = expired_ids(page.body), page.fetched_at
    return ids, listed_at


def _missing_hours(collection: Collection, asked: set[datetime], now: datetime, *, refetch: bool) -> set[datetime]:
    """The hours to fetch: asked ones that are not stored, and with them recent ones whose sweep stopped early."""
    newest, filters = latest_collectable_hour(now), collection.client.filters
    with collection.database.begin() as connection:
        covered = pages.covered_hours(connection, min(asked), max(asked) + HOUR, filters)
        cut = pages.cut_hours(connection, newest - _WIDEN, newest + HOUR, filters)
    missing = asked if refetch else asked - covered
    wanted = missing | cut if missing else set()
    collection.report.stored_hours = len(asked) - len(missing)
    collection.report.widened_hours = len(wanted - asked)
    return wanted


def _require_bearable(collection: Collection, wanted: set[datetime], now: datetime, max_credits: int | None) -> None:
    if max_credits is None or not wanted:
        return
    by_index_time = collection.client.selects_by_index_time
    sweeps = planned_sweeps(wanted, now, by_index_time=by_index_time)
    with collection.database.read() as connection:
        volume = read_volume(connection, now)
    # An unknown price is bounded by the sweeps themselves.
    price = expected_credits(sweeps, volume, by_index_time=by_index_time) or 0
    if price > max_credits:
        raise TooExpensiveError(
            f"Collecting these {len(wanted)} hours would cost about {price:,} job credits (feed {sweeps[0].endpoint}); "
            f"a run may cost {max_credits:,}. Nothing was fetched. If you accept the price, set max_credits to {price} "
            "in the configuration of this run, or give ActiveJobsResource in build.py a higher max_credits_per_run."
        )


def _resumed(collection: Collection, sweep: Sweep, wanted: set[datetime]) -> tuple[Sweep, int]:
    """The sweep to make and its offset: the newest one of this feed if it was interrupted, else the given one.

    An interrupted sweep is resumed at its last page. Records that were added since have moved the others down the
    list, so that none is left out; records that are fetched twice are recognised by their id.
    """
    if sweep.window_start is None:
        return sweep, 0
    with collection.database.begin() as connection:
        since = collection.client.now() - _RESUME
        unfinished = pages.unfinished_sweep(connection, sweep.endpoint, collection.client.filters, since)
    if unfinished is None:
        return sweep, 0
    resumed = Sweep(sweep.endpoint, unfinished.window_start, unfinished.window_end)
    # The 1h and 24h feeds have other hours an hour later.
    same_feed = sweep.endpoint not in ("1h", "24h") or resumed == sweep
    if not same_feed or not any(map(resumed.covers, wanted)):
        return sweep, 0
    return resumed, unfinished.page_offset
