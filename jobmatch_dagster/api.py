"""The Python API: what other programs and notebooks call.

    from jobmatch_dagster import api

    database = api.Database("postgresql://user:password@host:5432/jobmatch")
    api.add_job(database, record)                       # a record as the vendor sends it, of either generation
    api.add_posting(database, text, company="Acme")     # an ad as text, or as a schema.org JobPosting
    api.job_exists(database, "1701234567")              # by external_id
    api.job_statistics(database)                        # counts of the catalog
    api.user_statistics(database, "user-1001")          # counts of one user's matches
    api.matches(database, "user-1001", most=20)         # postings with the parts of their score, best first
    api.search_postings(database, "python -berlin")     # open postings with these words
    api.decide(database, "user-1001", "1701234567", "saved")

As pandas DataFrames, with the columns and dtypes of `jobmatch_dagster.frames` (see docs/notebook.md):

    api.matches_frame(database, "user-1001")            # one row per match, best first
    api.jobs_frame(database, since=monday)              # one row per open posting, newest first
    api.statistics_frames(database).job_counts          # one row per dimension and value

Each function is one transaction, a read-only one if it only reads, and uses the same queries as the Dagster assets and
`jobmatch`. Every expected error is a `JobmatchError`.

Belongs here: functions of a few lines for other programs. Their steps and queries belong in `pipeline`, `db` and
`frames`.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from jobmatch_dagster import frames, names
from jobmatch_dagster.core.catalog.normalise import RecordError
from jobmatch_dagster.db.connection.engine import Database, run_query
from jobmatch_dagster.db.matching import matches as db_matches
from jobmatch_dagster.db.matching.matches import NoMatchError
from jobmatch_dagster.db.profiles.users import UnknownUserError, require_user
from jobmatch_dagster.db.statistics import jobs_and_users
from jobmatch_dagster.db.statistics.jobs_and_users import JobStatistics, UserStatistics
from jobmatch_dagster.errors import InputError, JobmatchError
from jobmatch_dagster.frames import StatisticsFrames
from jobmatch_dagster.pipeline.catalog import postings
from jobmatch_dagster.pipeline.catalog.postings import PostingTextError
from jobmatch_dagster.pipeline.catalog.records import AddedJob, add_record
from jobmatch_dagster.resources.clock import ClockResource, wall_time

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "AddedJob", "Database", "InputError", "JobStatistics", "JobmatchError", "NoMatchError", "PostingTextError",
    "RecordError", "StatisticsFrames", "UnknownUserError", "UserStatistics", "add_job", "add_posting", "decide",
    "job_exists", "job_statistics", "jobs_frame", "matches", "matches_frame", "search_postings", "statistics_frames",
    "user_statistics",
]  # fmt: skip

DEFAULT_LIMIT = 10_000
_LONGEST_NOTE = 500
_MOST_FOUND = 1_000


def add_job(database: Database, record: Mapping[str, Any], *, seen_at: datetime | None = None) -> AddedJob:
    """Add one posting, or its newer version; the next hourly run embeds and matches it.

    The record is stored as a page of its own, so that `jobs` can be rebuilt. An equal record changes nothing.

    Args:
        database: the project's database.
        record: a record as the vendor sends it (G1 or G2 names). Needed: id, title, organization, url, date_created.
        seen_at: when it was seen, timezone-aware; now when None. An older one never overwrites a newer one.

    Raises:
        RecordError: if the record cannot become a posting; it names the field and what is accepted. Nothing is stored.
        TypeError: if the record contains a value that JSON cannot express.
    """
    return add_record(database, record, seen_at or wall_time(), "api")


def add_posting(
    database: Database,
    text: str,
    *,
    title: str | None = None,
    company: str | None = None,
    location: str | None = None,
    url: str | None = None,
    seen_at: datetime | None = None,
) -> list[AddedJob]:
    """Add an ad that somebody found: its text, or JSON or a web page with schema.org JobPosting objects.

    The next hourly run, or the job `collect_documents`, embeds and matches it. The same text again changes nothing.

    Args:
        database: the project's database.
        text: the ad, at most 2 MB.
        title: of a text; its first line when None. A document says it itself.
        company: of a text, and needed there.
        location: of a text.
        url: address of the ad.
        seen_at: when it was seen, timezone-aware; now when None.

    Returns:
        The postings: one of a text, all of a document.

    Raises:
        PostingTextError: if the text cannot be used; it names what is missing.
        RecordError: if a posting of a document cannot be used; it names the field. Nothing is stored.
    """
    now = seen_at or wall_time()
    if postings.is_document(text):
        return list(postings.add_document(database, text, now, "api", url))
    facts = postings.StatedFacts(title, company, location, url)
    return [postings.add_text(database, text, facts, now, "api")]


def job_exists(database: Database, external_id: str) -> bool:
    """Whether the catalog has a posting with the vendor's id, open or closed."""
    return bool(database.fetch("catalog/job_exists", {"external_id": external_id})[0].known)


def job_statistics(database: Database, now: datetime | None = None) -> JobStatistics:
    """Counts of the catalog, see `JobStatistics`; `now` ends the last 24 hours."""
    with database.read() as connection:
        return jobs_and_users.job_statistics(connection, now or ClockResource().now())


def user_statistics(database: Database, user_key: str) -> UserStatistics:
    """Counts of one user's matches, see `UserStatistics`.

    Raises:
        UnknownUserError: if there is no such user.
    """
    with database.read() as connection:
        require_user(connection, user_key)
        return jobs_and_users.user_statistics(connection, user_key)[0]


def matches(database: Database, user_key: str, *, most: int = 20) -> list[dict[str, Any]]:
    """The user's current matches, best first, as rows of the view `current_matches`; none for an unknown user."""
    with database.read() as connection:
        rows = db_matches.read_current_matches(connection, user_key, most=most)
        return [dict(row._mapping) for row in rows]


def search_postings(database: Database, words: str, *, most: int = 20) -> list[dict[str, Any]]:
    """Open postings with these words in title, company or description, best first.

    Words are as people type them into a search: `"two words"`, `or`, and a minus for what is not wanted.

    Raises:
        InputError: if `most` is none of 1 to 1,000.
    """
    if not 1 <= most <= _MOST_FOUND:
        raise InputError(f"most is {most}; it must be a number from 1 to {_MOST_FOUND}.")
    with database.read() as connection:
        parameters = {"words": words.replace("\0", " "), "most": most}
        return [dict(row._mapping) for row in run_query(connection, "catalog/search_postings", parameters)]


def decide(
    database: Database,
    user_key: str,
    external_id: str,
    decision: str,
    *,
    reason: str | None = None,
    note: str | None = None,
) -> bool:
    """Set the user's decision on a match (new, saved, applied or rejected), with its time, and say why.

    `reason` is one of `names.REASONS`, `note` a text of at most 500 characters. Without them, those of an equal
    decision stay. No re-match, backfill or change of the posting ever changes the decision. Returns False when it was
    the answer already.

    Raises:
        NoMatchError: if the posting is not among the user's matches.
        InputError: if the decision is none of the four, the reason none of its words, or the note empty or too long.
    """
    _require_decision(decision)
    if reason is not None and reason not in names.REASONS:
        raise InputError(f"The reason must be one of {', '.join(names.REASONS)}.")
    if note is not None and (not 1 <= len(note) <= _LONGEST_NOTE or "\0" in note):
        raise InputError(f"The note must be a text of 1 to {_LONGEST_NOTE} characters.")
    with database.begin() as connection:
        return db_matches.decide(connection, user_key, external_id, decision, reason=reason, note=note)


def matches_frame(
    database: Database,
    user_key: str | None = None,
    *,
    status: str | None = None,
    since: datetime | None = None,
    only_open: bool = False,
    limit: int = DEFAULT_LIMIT,
) -> "pd.DataFrame":
    """Current matches as a DataFrame with the columns `frames.MATCHES`: one row per match, each user's best first.

    Args:
        database: the project's database.
        user_key: only this user's matches; all users' when None.
        status: only matches with this decision: new, saved, applied or rejected.
        since: only matches that were updated at this time or later, timezone-aware.
        only_open: leave out closed postings that the user has decided on.
        limit: the most rows; `attrs["is_complete"]` of the frame is False when there are more.

    Raises:
        UnknownUserError: if there is no such user.
        InputError: if an argument cannot be used.
    """
    if status is not None:
        _require_decision(status)
    _require_bounds(since, limit)
    with database.read() as connection:
        if user_key is not None:
            require_user(connection, user_key)
        rows = db_matches.read_current_matches(
            connection, user_key, status=status, since=since, only_open=only_open, most=limit + 1
        )
    return frames.limited_frame(rows, frames.MATCHES, limit)


def jobs_frame(
    database: Database,
    *,
    only_open: bool = True,
    since: datetime | None = None,
    source: str | None = None,
    limit: int = DEFAULT_LIMIT,
) -> "pd.DataFrame":
    """Postings as a DataFrame with the columns `frames.JOBS`: one row per posting without its text, newest first.

    Args:
        database: the project's database.
        only_open: leave out closed postings.
        since: only postings with a `date_created` of this time or later, timezone-aware.
        source: only postings of this source, such as "greenhouse".
        limit: the most rows; `attrs["is_complete"]` of the frame is False when there are more.

    Raises:
        InputError: if an argument cannot be used.
    """
    _require_bounds(since, limit)
    filters = {"only_open": only_open, "since": since, "source": source, "most": limit + 1}
    with database.read() as connection:
        rows = run_query(connection, "catalog/newest_jobs", filters)
    return frames.limited_frame(rows, frames.JOBS, limit)


def statistics_frames(
    database: Database, user_key: str | None = None, *, now: datetime | None = None
) -> StatisticsFrames:
    """The statistics of the catalog and of users as DataFrames, see `StatisticsFrames`.

    Args:
        database: the project's database.
        user_key: only this user in the frames of users; all users when None.
        now: ends the last 24 hours, timezone-aware; the current time when None.

    Raises:
        UnknownUserError: if there is no such user.
    """
    with database.read() as connection:
        if user_key is not None:
            require_user(connection, user_key)
        jobs = jobs_and_users.job_statistics(connection, now or ClockResource().now())
        users = jobs_and_users.user_statistics(connection, user_key)
    return frames.statistics_frames(jobs, users)


def _require_decision(decision: str) -> None:
    if decision not in names.DECISIONS:
        raise InputError(f"{decision!r} is not a decision: use one of {', '.join(names.DECISIONS)}.")


def _require_bounds(since: datetime | None, limit: int) -> None:
    if since is not None and since.tzinfo is None:
        raise InputError("since has no timezone: give an aware time such as datetime(2026, 11, 20, tzinfo=UTC).")
    if limit < 1:
        raise InputError(f"limit is {limit}: give at least 1.")
