"""Repair of one posting or one profile: read again from what was stored, and derive everything from it anew.

Nothing is fetched and nothing is paid for.
"""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, text

from jobmatch_dagster.core.catalog.normalise import normalise_page
from jobmatch_dagster.db.catalog.jobs import SightedPosting, merge_postings
from jobmatch_dagster.db.connection.engine import Database, run_query
from jobmatch_dagster.db.connection.locks import LOADING, exclusively
from jobmatch_dagster.db.profiles.users import activate_user
from jobmatch_dagster.db.raw.pages import read_pages
from jobmatch_dagster.errors import NotFoundError
from jobmatch_dagster.pipeline.catalog.embed import embed_postings
from jobmatch_dagster.pipeline.matching.match import match_new_postings, match_users
from jobmatch_dagster.pipeline.matching.settings import MatchSettings
from jobmatch_dagster.pipeline.profiles.embed import embed_profiles
from jobmatch_dagster.pipeline.profiles.ingest import IngestReport, read_again
from jobmatch_dagster.resources.embedder import EmbedderResource


@dataclass(frozen=True)
class RepairedPosting:
    """What a repair did: whether the row differed from its page, and the matches that were written."""

    row_rewritten: bool
    matches_written: int


def repair_posting(
    database: Database, external_id: str, *, embedder: EmbedderResource, settings: MatchSettings, run_id: str
) -> RepairedPosting:
    """Read a posting again from its page, with its facts, vector and matches.

    Other work that is due is done with it. Running it again changes nothing.

    Raises:
        NotFoundError: if the posting or its record is not stored.
    """
    with exclusively(database, LOADING), database.begin() as connection:
        job_id, sighted = _from_its_page(connection, external_id)
        counts = merge_postings(connection, [sighted], run_id, rewrite=True)
        run_query(connection, "catalog/forget_derived", {"job_ids": [job_id]})
    embed_postings(database, embedder, run_id)
    matched = match_new_postings(database, settings, run_id)
    return RepairedPosting(counts.updated > 0, matched.inserted + matched.updated)


def repair_profile(
    database: Database,
    user_key: str,
    *,
    embedder: EmbedderResource,
    settings: MatchSettings,
    today: date,
    run_id: str,
    activate: bool = False,
) -> IngestReport:
    """Read a user's newest CV again into a new profile version, with its vector and matches.

    With `activate` a user who is not active becomes so; only active users are matched.

    Raises:
        NotFoundError: if the user has no CV.
    """
    if activate:
        with database.begin() as connection:
            activate_user(connection, user_key)
    report = read_again(database, user_key, today=today, run_id=run_id)
    embed_profiles(database, embedder, run_id, [user_key])
    match_users(database, settings, run_id, [user_key])
    return report


def _from_its_page(connection: Connection, external_id: str) -> tuple[int, SightedPosting]:
    row = connection.execute(
        text("SELECT id, page_id, page_position FROM jobs WHERE external_id = :id"), {"id": external_id}
    ).one_or_none()
    if row is None:
        raise NotFoundError(f"There is no posting {external_id!r}.")
    page = next(iter(read_pages(connection, [row.page_id])), None)
    found = {} if page is None else {p.external_id: (place, p) for place, p in normalise_page(page.body).postings}
    if page is None or external_id not in found:
        raise NotFoundError(
            f"The page {row.page_id} of posting {external_id!r} is no longer stored or lacks it. The next hourly run "
            "that has the posting stores it again."
        )
    place, posting = found[external_id]
    return row.id, SightedPosting(posting, page.id, place, page.fetched_at)
