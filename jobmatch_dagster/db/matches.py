"""`user_job_matches` and the states that say what was matched.

Put here how matches are read and written. How a pair is scored belongs in `core/matching.py`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Row, text

from jobmatch_dagster.db.bulk import read_vectors, stage
from jobmatch_dagster.db.engine import read_sql, run_query

_POSTING_VECTORS = """
    SELECT e.job_id, e.embedding FROM postings_to_match AS p
    JOIN job_embeddings AS e ON e.job_id = p.job_id AND e.model = %(model)s ORDER BY e.job_id
"""
_PROFILE_VECTORS = """
    SELECT profile_id, embedding FROM profile_embeddings
    WHERE model = %(model)s AND profile_id = ANY(%(ids)s) ORDER BY profile_id
"""


@dataclass(frozen=True, slots=True)
class Match:
    """One row of `user_job_matches` as matching writes it; None where a part is unknown."""

    user_id: int
    job_id: int
    similarity: float
    semantic_score: int
    match_score: int
    skills_score: int | None
    experience_score: int | None
    industry_score: int | None
    work_arrangement_score: int | None
    priority: str
    matching_skills: list[str] | None
    missing_skills: list[str] | None
    match_reasoning: str
    claude_status: str | None
    profile_version: int
    embedding_model: str
    calibration_id: int
    scoring_key: str
    record_hash: str
    run_id: str


_MATCH_COLUMNS = tuple(field.name for field in fields(Match))


@dataclass(frozen=True)
class WriteCounts:
    """Rows of `user_job_matches` by what happened to them."""

    inserted: int
    updated: int
    unchanged: int
    removed: int


def select_postings(connection: Connection, model: str, scoring_key: str, *, everything: bool) -> None:
    """Choose the open postings to match: all, or those not matched in this version with this scoring."""
    run_query(
        connection,
        "select_postings_to_match",
        {"model": model, "scoring_key": scoring_key, "everything": everything},
    )


def read_postings(connection: Connection, model: str) -> tuple[Sequence[Row[Any]], NDArray[np.float32]]:
    """Facts and vectors (n, d) of the chosen postings, in the same order."""
    rows = run_query(connection, "postings_to_match")
    ids, vectors = read_vectors(connection, _POSTING_VECTORS, {"model": model})
    return rows, _aligned([row.id for row in rows], ids, vectors)


def read_profiles(
    connection: Connection, model: str, user_keys: Sequence[str] | None = None
) -> tuple[Sequence[Row[Any]], NDArray[np.float32]]:
    """Facts and vectors (m, d) of the current profiles of active users (all, or these), in the same order."""
    keys = None if user_keys is None else list(user_keys)
    rows = run_query(connection, "profiles_to_match", {"model": model, "user_keys": keys})
    wanted = [row.profile_id for row in rows]
    ids, vectors = read_vectors(connection, _PROFILE_VECTORS, {"model": model, "ids": wanted})
    return rows, _aligned(wanted, ids, vectors)


def write_matches(
    connection: Connection, matches: Iterable[Match], user_ids: Sequence[int], *, keep_best: int
) -> WriteCounts:
    """Replace the matches of these users with the chosen postings by the given ones.

    Decisions and matches of closed postings stay. Afterwards each user keeps the `keep_best` best.
    """
    staged = stage(
        connection, "user_job_matches", _MATCH_COLUMNS, (astuple(match) for match in matches), name="staged_matches"
    )
    connection.exec_driver_sql("CREATE INDEX ON staged_matches (user_id, job_id)")
    connection.exec_driver_sql("ANALYZE staged_matches")
    parameters = {"user_ids": list(user_ids)}
    removed = _rowcount(connection, "delete_outdated_matches", parameters)
    written = run_query(connection, "merge_matches")
    inserted = sum(row.inserted for row in written)
    removed += _rowcount(connection, "cap_matches", {**parameters, "most": keep_best})
    return WriteCounts(inserted, len(written) - inserted, staged - len(written), removed)


def note_postings_matched(connection: Connection, scoring_key: str) -> None:
    """Note that the chosen postings were matched against every active user."""
    run_query(connection, "note_postings_matched", {"scoring_key": scoring_key})


def note_users_matched(connection: Connection, profiles: Sequence[Row[Any]], scoring_key: str, run_id: str) -> None:
    """Note that these profiles were matched against every open posting."""
    run_query(
        connection,
        "note_users_matched",
        {
            "user_ids": [row.user_id for row in profiles], "versions": [row.version for row in profiles],
            "preferences_versions": [row.preferences_version for row in profiles],
            "scoring_key": scoring_key, "run_id": run_id,
        },
    )  # fmt: skip


# How long a decision waits for a table that is in use.
LOCK_TIMEOUT_SECONDS = 10
DECISIONS = ("new", "saved", "applied", "rejected")


class NoMatchError(LookupError):
    """The user has no match with the posting."""


def decide(connection: Connection, user_key: str, external_id: str, decision: str) -> bool:
    """Set what the user decided on a match, with its time; False when it was decided so before.

    Raises:
        NoMatchError: if the posting is not among the user's matches.
    """
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT_SECONDS}s'")
    rows = run_query(connection, "decide", {"user_key": user_key, "external_id": external_id, "decision": decision})
    if not rows:
        raise NoMatchError(f"User {user_key!r} has no match with posting {external_id!r}: `jobmatch explain` says why.")
    return bool(rows[0].changed)


def score_bands(connection: Connection) -> dict[int, int]:
    """Kept pairs by the lower end of their band of semantic_score."""
    return {row.low: row.pairs for row in run_query(connection, "score_bands")}


def _rowcount(connection: Connection, name: str, parameters: dict[str, Any]) -> int:
    return connection.execute(text(read_sql(f"queries/{name}.sql")), parameters).rowcount


def _aligned(wanted: Sequence[int], ids: NDArray[np.int64], vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    if np.array_equal(np.asarray(wanted, np.int64), ids):
        return vectors
    place = {int(key): index for index, key in enumerate(ids)}
    return vectors[[place[key] for key in wanted]]
