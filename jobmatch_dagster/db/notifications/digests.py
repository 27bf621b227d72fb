"""`user_digests` and `digest_entries`: what is to be sent, and what was announced."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from jobmatch_dagster.core.notifications.digest import Digest, Line
from jobmatch_dagster.db.connection.engine import run_query


def read_new_matches(connection: Connection, user_id: int, *, minimum_score: int, most: int) -> Sequence[Row[Any]]:
    """Matches that no digest has announced, best first, a line for each ad."""
    parameters = {"user_id": user_id, "minimum_score": minimum_score, "most": most}
    return run_query(connection, "notifications/new_matches", parameters)


def add_digest(connection: Connection, user_id: int, digest: Digest, job_ids: Sequence[int]) -> None:
    """Store a digest that is to be sent, and the postings that it announces."""
    query = (
        "WITH added AS (INSERT INTO user_digests (user_id, day, lines, content_hash, created_at) "
        "VALUES (:user_id, :day, CAST(:lines AS jsonb), :key, :created_at) RETURNING id, user_id) "
        "INSERT INTO digest_entries (digest_id, user_id, job_id) "
        "SELECT id, user_id, unnest(CAST(:job_ids AS bigint[])) FROM added"
    )
    lines = json.dumps([asdict(line) for line in digest.lines])
    parameters = {"user_id": user_id, "day": digest.day, "lines": lines, "key": digest.key}
    connection.execute(text(query), {**parameters, "created_at": digest.created_at, "job_ids": list(job_ids)})


def unsent_digests(connection: Connection, user_id: int) -> list[tuple[int, int]]:
    """Ids of the digests that were not sent yet, oldest first, each with the number of attempts."""
    query = "SELECT id, attempts FROM user_digests WHERE user_id = :user_id AND sent_at IS NULL ORDER BY id"
    return [(row.id, row.attempts) for row in connection.execute(text(query), {"user_id": user_id})]


def read_digests(connection: Connection, digest_id: int, *, most: int) -> list[Digest]:
    """A digest that is to be sent and those that were sent to the user before, newest first.

    The list is empty if the digest is gone or was sent.
    """
    query = (
        "SELECT to_char(d.day, 'YYYY-MM-DD') AS day, d.created_at, d.content_hash, d.lines FROM user_digests AS d "
        "JOIN user_digests AS due ON due.user_id = d.user_id AND due.id = :id AND due.sent_at IS NULL "
        "WHERE d.id = due.id OR d.sent_at IS NOT NULL ORDER BY d.id = due.id DESC, d.id DESC LIMIT :most"
    )
    rows = connection.execute(text(query), {"id": digest_id, "most": most})
    return [
        Digest(row.day, row.created_at, row.content_hash, tuple(Line(**line) for line in row.lines)) for row in rows
    ]


def note_attempt(connection: Connection, digest_id: int) -> None:
    """A delivery begins."""
    connection.execute(text("UPDATE user_digests SET attempts = attempts + 1 WHERE id = :id"), {"id": digest_id})


def note_sent(connection: Connection, digest_id: int, now: datetime) -> None:
    """A delivery succeeded."""
    query = "UPDATE user_digests SET sent_at = :now, last_error = NULL WHERE id = :id"
    connection.execute(text(query), {"id": digest_id, "now": now})


def note_error(connection: Connection, digest_id: int, error: str) -> None:
    """A delivery failed."""
    connection.execute(
        text("UPDATE user_digests SET last_error = :error WHERE id = :id"), {"id": digest_id, "error": error}
    )
