"""`user_job_matches` and the states that say what was matched.

Put here how matches are read and written. How a pair is scored belongs in `core/matching/blocks.py`.
"""

from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Row, text

from jobmatch_dagster.core.matching.kept_pairs import KeptPairs
from jobmatch_dagster.core.matching.posting_facts import PostingFacts, derive_facts, facts_version
from jobmatch_dagster.db.connection.bulk import read_vectors, stage, stage_lines
from jobmatch_dagster.db.connection.engine import read_sql, run_query
from jobmatch_dagster.db.matching.match_rows import MATCH_LINE_COLUMNS, ScoredBy, match_lines
from jobmatch_dagster.errors import NotFoundError

_POSTING_VECTORS = """
    SELECT e.job_id, e.embedding FROM postings_to_match AS p
    JOIN job_embeddings AS e ON e.job_id = p.job_id AND e.model = %(model)s ORDER BY e.job_id
"""
_PROFILE_VECTORS = """
    SELECT profile_id, embedding FROM profile_embeddings
    WHERE model = %(model)s AND profile_id = ANY(%(ids)s) ORDER BY profile_id
"""


@dataclass(frozen=True)
class WriteCounts:
    """Rows of `user_job_matches` by what happened to them."""

    inserted: int
    updated: int
    unchanged: int
    removed: int


def select_postings(
    connection: Connection, model: str, scoring_key: str, *, everything: bool, most: int | None = None
) -> int:
    """Choose open postings to match: all, or those not matched in this version with this scoring; gives how many."""
    run_query(
        connection,
        "matching/select_postings_to_match",
        {"model": model, "scoring_key": scoring_key, "everything": everything, "most": most},
    )
    return int(connection.scalar(text("SELECT count(*) FROM postings_to_match")) or 0)


def read_facts(connection: Connection) -> None:
    """Read the facts of chosen postings that lack them in this version, and keep them."""
    version = facts_version()
    stale = run_query(connection, "matching/postings_without_facts", {"facts_version": version})
    if not stale:
        return
    rows = ((row.id, row.record_hash, version, *astuple(derive_facts(row))) for row in stale)
    columns = ("job_id", "record_hash", "facts_version", *(field.name for field in fields(PostingFacts)))
    stage(connection, "job_facts", columns, rows, name="staged_facts")
    run_query(connection, "matching/merge_facts")
    connection.exec_driver_sql("DROP TABLE staged_facts")


def read_postings(connection: Connection, model: str) -> tuple[Sequence[Row[Any]], NDArray[np.float32]]:
    """Facts and vectors (n, d) of the chosen postings, in the same order."""
    read_facts(connection)
    rows = run_query(connection, "matching/postings_to_match")
    ids, vectors = read_vectors(connection, _POSTING_VECTORS, {"model": model})
    return rows, _aligned([row.id for row in rows], ids, vectors)


def read_conditions(connection: Connection) -> Sequence[Row[Any]]:
    """What users may ask of the chosen postings, in the order of `read_postings`."""
    return run_query(connection, "matching/posting_conditions")


def read_profiles(
    connection: Connection, model: str, user_keys: Sequence[str] | None = None, *, only_current: bool = False
) -> tuple[Sequence[Row[Any]], NDArray[np.float32]]:
    """Facts and vectors (m, d) of the current profiles of active users (all, or these), in the same order.

    `only_current` leaves out users whose list was not made from this profile and these preferences.
    """
    keys = None if user_keys is None else list(user_keys)
    rows = run_query(
        connection, "matching/profiles_to_match", {"model": model, "user_keys": keys, "only_current": only_current}
    )
    wanted = [row.profile_id for row in rows]
    ids, vectors = read_vectors(connection, _PROFILE_VECTORS, {"model": model, "ids": wanted})
    return rows, _aligned(wanted, ids, vectors)


def cutoffs(connection: Connection, user_ids: Sequence[int], most: int) -> NDArray[np.float32]:
    """For each user the relevance below which a pair could not stay in the list; -1 while there is room."""
    found = run_query(connection, "matching/match_cutoffs", {"user_ids": list(user_ids), "most": most})
    known = {row.user_id: row.relevance for row in found}
    return np.array([known.get(user_id, -1.0) for user_id in user_ids], np.float32)


def most_decided(connection: Connection, user_ids: Sequence[int]) -> int:
    """The most rows that one of these users has decided on: they stand beside the list and take no place in it."""
    query = (
        "SELECT coalesce(max(rows), 0) FROM (SELECT count(*) AS rows FROM user_job_matches "
        "WHERE user_id = ANY(:user_ids) AND status <> 'new' GROUP BY user_id) AS decided"
    )
    return int(connection.scalar(text(query), {"user_ids": list(user_ids)}) or 0)


def write_matches(
    connection: Connection,
    pairs: KeptPairs,
    profiles: Sequence[Row[Any]],
    postings: Sequence[Row[Any]],
    scored_by: ScoredBy,
    *,
    keep_best: int,
) -> WriteCounts:
    """Replace the matches of these users with the chosen postings by these pairs, whose indices they are.

    Decisions and matches of closed postings stay. Afterwards each user keeps the `keep_best` best of the others.
    Postings that none of the users has a match with, most of an hour's, are inserted as they are, the others merged.
    """
    user_ids = [row.user_id for row in profiles]
    # Not COPY into the table itself: under row-level security it is not allowed.
    lines = match_lines(pairs, profiles, postings, scored_by)
    staged = stage_lines(connection, "user_job_matches", MATCH_LINE_COLUMNS, lines, name="staged_matches")
    if pairs.most_of_a_user > keep_best:
        staged -= _rowcount(connection, "matching/cap_staged_matches", {"most": keep_best})
    known = [row.job_id for row in run_query(connection, "matching/postings_with_matches", {"user_ids": user_ids})]
    inserted = _rowcount(connection, "matching/insert_matches", {"known": known})
    updated = removed = 0
    if known:
        connection.exec_driver_sql("CREATE INDEX ON staged_matches (user_id, job_id)")
        for name in ("staged_matches (user_id, job_id)", "postings_to_match"):
            connection.exec_driver_sql(f"ANALYZE {name}")
        removed = _rowcount(connection, "matching/delete_outdated_matches", {"user_ids": user_ids})
        written = connection.execute(text(read_sql("queries/matching/merge_matches.sql")), {"known": known}).one()
        inserted, updated = inserted + written.inserted, written.written - written.inserted
    over = [
        row.user_id
        for row in run_query(connection, "matching/users_over_cap", {"user_ids": user_ids, "most": keep_best})
    ]
    if over:
        removed += _rowcount(connection, "matching/cap_matches", {"user_ids": over, "most": keep_best})
    return WriteCounts(inserted, updated, staged - inserted - updated, removed)


def note_postings_matched(connection: Connection, scoring_key: str) -> None:
    """Note that the chosen postings were matched against every active user."""
    run_query(connection, "matching/note_postings_matched", {"scoring_key": scoring_key})


def note_users_matched(connection: Connection, profiles: Sequence[Row[Any]], scoring_key: str, run_id: str) -> None:
    """Note that these profiles were matched against every open posting."""
    run_query(
        connection,
        "matching/note_users_matched",
        {
            "user_ids": [row.user_id for row in profiles], "versions": [row.version for row in profiles],
            "preferences_versions": [row.preferences_version for row in profiles],
            "scoring_key": scoring_key, "run_id": run_id,
        },
    )  # fmt: skip


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


def decide(connection: Connection, user_key: str, external_id: str, decision: str) -> bool:
    """Set what the user decided on a match, with its time; False when it was decided so before.

    Raises:
        NoMatchError: if the posting is not among the user's matches.
    """
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT_SECONDS}s'")
    rows = run_query(
        connection, "matching/decide", {"user_key": user_key, "external_id": external_id, "decision": decision}
    )
    if not rows:
        raise NoMatchError(f"User {user_key!r} has no match with posting {external_id!r}: `jobmatch explain` says why.")
    return bool(rows[0].changed)


def score_bands(connection: Connection) -> dict[int, int]:
    """Kept pairs by the lower end of their band of semantic_score."""
    return {row.low: row.pairs for row in run_query(connection, "matching/score_bands")}


def _rowcount(connection: Connection, name: str, parameters: dict[str, Any]) -> int:
    return connection.execute(text(read_sql(f"queries/{name}.sql")), parameters).rowcount


def _aligned(wanted: Sequence[int], ids: NDArray[np.int64], vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    if np.array_equal(np.asarray(wanted, np.int64), ids):
        return vectors
    place = {int(key): index for index, key in enumerate(ids)}
    return vectors[[place[key] for key in wanted]]
