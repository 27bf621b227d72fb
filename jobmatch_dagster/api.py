"""The Python API: what another program asks of the catalogue and of a user's matches.

    from jobmatch_dagster import api
    from jobmatch_dagster.db.connection.engine import Database

    database = Database("postgresql://user:password@host:5432/jobmatch")
    api.add_job(database, record)                       # a record as the vendor sends it, of either generation
    api.job_exists(database, "1701234567")              # by external_id
    api.job_statistics(database)                        # the catalogue in numbers
    api.user_statistics(database, "user-1001")          # one user's matches in numbers
    api.matches(database, "user-1001", most=20)         # postings with the parts of their score, best first
    api.decide(database, "user-1001", "1701234567", "saved")

Each function is one transaction and leans on the same queries as the Dagster assets and `jobmatch`. Put here such
doors alone; what they do belongs in `db`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from jobmatch_dagster.core.catalog.normalise import RecordError, normalise_record
from jobmatch_dagster.db.catalog.records import first_refusal, load_records
from jobmatch_dagster.db.connection.engine import Database, run_query
from jobmatch_dagster.db.connection.locks import LOADING, lock
from jobmatch_dagster.db.matching import matches as db_matches
from jobmatch_dagster.db.profiles.profiles import UnknownUserError
from jobmatch_dagster.db.statistics import statistics as db_statistics

__all__ = [
    "AddedJob", "RecordError", "UnknownUserError", "add_job", "decide", "job_exists", "job_statistics", "matches",
    "user_statistics",
]  # fmt: skip


@dataclass(frozen=True)
class AddedJob:
    """What became of a record that was added."""

    external_id: str
    outcome: Literal["inserted", "updated", "unchanged"]


def add_job(database: Database, record: Mapping[str, Any], *, seen_at: datetime | None = None) -> AddedJob:
    """Add one posting, or its newer version; it is embedded and matched by the next hourly run.

    The record is kept as a page of its own, so that `jobs` stays rebuildable. An equal record changes nothing.

    Args:
        database: the project's database.
        record: a record as the vendor sends it (G1 or G2 names). Needed: id, title, organization, url, date_created.
        seen_at: when it was seen, timezone-aware; now when None. An older one never overwrites a newer one.

    Raises:
        RecordError: if the record cannot become a posting; it names the field and what is accepted. Nothing is kept.
        TypeError: if the record holds what JSON has no form for.
    """
    posting = normalise_record(record)
    body = json.dumps([dict(record)], ensure_ascii=False).encode()
    with database.begin() as connection:
        lock(connection, LOADING)
        loaded = load_records(connection, "added", {}, body, seen_at or datetime.now(UTC), "api")
        if loaded.refused:
            raise RecordError(*first_refusal(connection, loaded.page_id))
    outcome = "inserted" if loaded.counts.inserted else "updated" if loaded.counts.updated else "unchanged"
    return AddedJob(posting.external_id, outcome)  # type: ignore[arg-type]


def job_exists(database: Database, external_id: str) -> bool:
    """Whether a posting with the vendor's id is known, open or closed."""
    return bool(database.fetch("catalog/job_exists", {"external_id": external_id})[0].known)


def job_statistics(database: Database, now: datetime | None = None) -> db_statistics.JobStatistics:
    """The catalogue in numbers, see `JobStatistics`; `now` ends the last 24 hours."""
    with database.begin() as connection:
        return db_statistics.job_statistics(connection, now)


def user_statistics(database: Database, user_key: str) -> db_statistics.UserStatistics:
    """One user's matches in numbers, see `UserStatistics`.

    Raises:
        UnknownUserError: if there is no such user.
    """
    with database.begin() as connection:
        found = db_statistics.user_statistics(connection, user_key)
    if not found:
        raise UnknownUserError(f"There is no user {user_key!r}.")
    return found[0]


def matches(database: Database, user_key: str, *, most: int = 20) -> list[dict[str, Any]]:
    """The user's current matches, best first, as rows of the view `current_matches`; none for an unknown user."""
    with database.begin() as connection:
        rows = run_query(connection, "matching/matches_of_user", {"user_key": user_key, "most": most})
        return [dict(row._mapping) for row in rows]


def decide(database: Database, user_key: str, external_id: str, decision: str) -> bool:
    """Set what the user decided on a match (new, saved, applied or rejected), with its time.

    No re-match, backfill or change of the posting ever changes it. Gives False when it was decided so before.

    Raises:
        NoMatchError: if the posting is not among the user's matches.
        ValueError: if the decision is none of the four.
    """
    if decision not in db_matches.DECISIONS:
        raise ValueError(f"{decision!r} is no decision; it is one of {', '.join(db_matches.DECISIONS)}.")
    with database.begin() as connection:
        return db_matches.decide(connection, user_key, external_id, decision)
