"""From stored pages to postings, a group of pages in each transaction."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from jobmatch_dagster.core.catalog.normalise import NORMALISER_VERSION, Rejected, normalise_page
from jobmatch_dagster.core.progress import Progress, no_progress
from jobmatch_dagster.core.raw.page_records import PageError, expired_ids
from jobmatch_dagster.db.catalog.jobs import MergeCounts, SightedPosting, close_expired, merge_or_refuse
from jobmatch_dagster.db.catalog.quarantine import quarantine
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.connection.locks import LOADING, exclusively
from jobmatch_dagster.db.raw import pages

# One COPY and one statement for about a thousand postings.
_PAGES_PER_TRANSACTION = 10


@dataclass
class LoadReport:
    """What became of the pages that were loaded."""

    pages: int = 0
    records: int = 0
    quarantined: int = 0
    counts: MergeCounts = field(default_factory=MergeCounts)
    unknown_fields: Counter[str] = field(default_factory=Counter)


def load_pages(
    database: Database, run_id: str, on_progress: Progress = no_progress, *, rebuild: bool = False
) -> LoadReport:
    """Load every page that this version of the normaliser has not loaded yet into `jobs`.

    A group of pages, its quarantine and the note that it is loaded are one transaction. `rebuild` loads all pages,
    writes rows again that differ from their page, and closes again the postings on the stored lists of expired ones.
    """
    report = LoadReport()
    with exclusively(database, LOADING):
        with database.begin() as connection:
            if rebuild:
                pages.forget_loading(connection)
            ids = pages.stale_page_ids(connection, NORMALISER_VERSION)
        for start in range(0, len(ids), _PAGES_PER_TRANSACTION):
            _load_group(database, ids[start : start + _PAGES_PER_TRANSACTION], run_id, report, rewrite=rebuild)
            on_progress(report.pages, len(ids))
        if rebuild:
            _close_expired_again(database)
    return report


def _load_group(database: Database, ids: Sequence[int], run_id: str, report: LoadReport, *, rewrite: bool) -> None:
    sighted: list[SightedPosting] = []
    with database.begin() as connection:
        for page in pages.read_pages(connection, ids):
            try:
                content = normalise_page(page.body)
            except PageError as error:
                quarantine(connection, page.id, [Rejected(0, None, "(page)", str(error), "")])
                report.quarantined += 1
                continue
            sighted += [
                SightedPosting(posting, page.id, position, page.fetched_at) for position, posting in content.postings
            ]
            quarantine(connection, page.id, content.rejected)
            report.quarantined += len(content.rejected)
            report.records += len(content.postings) + len(content.rejected)
            report.unknown_fields.update(content.unknown_fields)
        counts, refused = merge_or_refuse(connection, sighted, run_id, rewrite=rewrite)
        report.counts += counts
        report.quarantined += refused
        pages.mark_loaded(connection, ids, NORMALISER_VERSION)
    report.pages += len(ids)


def _close_expired_again(database: Database) -> None:
    with database.begin() as connection:
        for page in pages.read_expired_lists(connection):
            close_expired(connection, expired_ids(page.body), page.fetched_at)
