"""`user_job_matches`: lists that are written, read, and decided on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Row, text

from jobmatch_dagster.core.matching.kept_pairs import KeptPairs
from jobmatch_dagster.db.connection.bulk import stage_lines
from jobmatch_dagster.db.connection.engine import read_sql, run_query
from jobmatch_dagster.db.matching.chosen_postings import ChosenPostings
from jobmatch_dagster.db.matching.current_profiles import ProfileToMatch
from jobmatch_dagster.db.matching.match_rows import MATCH_LINE_COLUMNS, ScoredBy, match_lines
from jobmatch_dagster.errors import NotFoundError


@dataclass(frozen=True)
class WriteCounts:
    """Rows of `user_job_matches` by what happened to them."""

    inserted: int
    updated: int
    unchanged: int
    removed: int


def read_cutoffs(
    connection: Connection, user_ids: Sequence[int], chosen: ChosenPostings, most: int
) -> NDArray[np.float32]:
    """For each user the exact score below which a pair could not stay in the list; -1 while there is room."""
    parameters = {"user_ids": list(user_ids), "job_ids": chosen.id_array, "most": most}
    found = run_query(connection, "matching/match_cutoffs", parameters)
    known = {row.user_id: row.exact_score for row in found}
    return np.array([known.get(user_id, -1.0) for user_id in user_ids], np.float32)


def most_decided(connection: Connection, user_ids: Sequence[int]) -> int:
    """The most rows that one of these users has decided on. Such rows take no place in the list."""
    query = (
        "SELECT coalesce(max(rows), 0) FROM (SELECT count(*) AS rows FROM user_job_matches "
        "WHERE user_id = ANY(:user_ids) AND status <> 'new' GROUP BY user_id) AS decided"
    )
    return int(connection.scalar(text(query), {"user_ids": list(user_ids)}) or 0)


def write_matches(
    connection: Connection,
    pairs: KeptPairs,
    profiles: Sequence[ProfileToMatch],
    chosen: ChosenPostings,
    scored_by: ScoredBy,
    *,
    keep_best: int,
) -> WriteCounts:
    """Replace the matches of these users with the chosen postings by these pairs, whose indices they are.

    Decisions and matches of closed postings stay. Afterwards each user keeps the `keep_best` best of the others.
    `match_events` says what entered, left or changed its band.
    Postings that none of the users has a match with, most of an hour's, are inserted as they are, the others merged.
    """
    user_ids = list(dict.fromkeys(profile.user_id for profile in profiles))
    slice_of_table = {"job_ids": chosen.id_array, "user_ids": user_ids}
    # Not COPY into the table itself: under row-level security it is not allowed.
    lines = match_lines(pairs, profiles, chosen, scored_by)
    staged = stage_lines(connection, "user_job_matches", MATCH_LINE_COLUMNS, lines, name="staged_matches")
    if len(user_ids) < len(profiles) or pairs.most_of_a_user > keep_best:
        staged -= _rowcount(connection, "matching/cap_staged_matches", {"most": keep_best})
    known = [row.job_id for row in run_query(connection, "matching/postings_with_matches", slice_of_table)]
    inserted = _rowcount(connection, "matching/insert_matches", {"known": known})
    updated = removed = 0
    if known:
        connection.exec_driver_sql("CREATE INDEX ON staged_matches (user_id, job_id)")
        connection.exec_driver_sql("ANALYZE staged_matches (user_id, job_id)")
        removed = _rowcount(
            connection, "matching/delete_outdated_matches", slice_of_table | {"run_id": scored_by.run_id}
        )
        written = connection.execute(text(read_sql("queries/matching/merge_matches.sql")), {"known": known}).one()
        inserted, updated = inserted + written.inserted, written.written - written.inserted
    over = [
        row.user_id
        for row in run_query(connection, "matching/users_over_cap", {"user_ids": user_ids, "most": keep_best})
    ]
    if over:
        cap = {"user_ids": over, "most": keep_best, "run_id": scored_by.run_id}
        removed += run_query(connection, "matching/cap_matches", cap)[0].removed
    return WriteCounts(inserted, updated, staged - inserted - updated, removed)


# How long a decision waits for a table that is in use.
LOCK_TIMEOUT_SECONDS = 10


class NoMatchError(NotFoundError):
    """The user has no match with the posting."""


def read_current_matches(
    connection: Connection,
    user_key: str | None,
    *,
    status: str | None = None,
    since: datetime | None = None,
    only_open: bool = False,
    most: int,
) -> Sequence[Row[Any]]:
    """Rows of the view `current_matches` of one user or of all, each user's best first.

    Args:
        connection: an open transaction.
        user_key: whose; all users' when None.
        status: only matches with this decision.
        since: only matches that were updated at this time or later.
        only_open: leave out closed postings that the user has decided on.
        most: the most rows.
    """
    filters = {"user_key": user_key, "status": status, "since": since, "only_open": only_open, "most": most}
    return run_query(connection, "matching/current_matches", filters)


def read_match_list(
    connection: Connection, user_key: str, *, status: str | None = None, min_score: int | None = None, most: int
) -> Sequence[Row[Any]]:
    """A user's current matches as a list, best first; postings of one cluster are one line.

    Args:
        connection: an open transaction.
        user_key: whose.
        status: only matches with this decision.
        min_score: only matches with this score or a higher one.
        most: the most lines.
    """
    parameters = {"user_key": user_key, "status": status, "min_score": min_score, "most": most}
    return run_query(connection, "matching/match_list", parameters)


def decide(
    connection: Connection,
    user_key: str,
    external_id: str,
    decision: str,
    *,
    reason: str | None = None,
    note: str | None = None,
) -> bool:
    """Set what the user decided on a match and log the answer, with its time; False when it was the answer before.

    Raises:
        NoMatchError: if the posting is not among the user's matches.
    """
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT_SECONDS}s'")
    # Equal answers at once are one: the second waits here and then sees the first.
    connection.execute(
        text("SELECT pg_advisory_xact_lock(hashtext(:who), hashtext(:what))"), {"who": user_key, "what": external_id}
    )
    parameters = {
        "user_key": user_key, "external_id": external_id, "decision": decision, "reason": reason, "note": note,
    }  # fmt: skip
    rows = run_query(connection, "matching/decide", parameters)
    if not rows:
        raise NoMatchError(f"User {user_key!r} has no match with posting {external_id!r}: `jobmatch explain` says why.")
    return bool(rows[0].changed)


def _rowcount(connection: Connection, name: str, parameters: Mapping[str, object]) -> int:
    return connection.execute(text(read_sql(f"queries/{name}.sql")), dict(parameters)).rowcount
