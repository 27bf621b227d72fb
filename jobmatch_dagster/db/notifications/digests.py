"""`user_digests` and `digest_entries`: what is to be sent, and what was announced."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from jobmatch_dagster.core.notifications.digest import Digest, Line
from jobmatch_dagster.db.connection.engine import run_query


@dataclass(frozen=True)
class Recipient:
    """An active user, and what they ask for; None leaves it to the run.

    Attributes:
        every: how often new matches are announced: day, hour or never.
    """

    user_id: int
    user_key: str
    every: str
    max_matches: int | None
    min_score: int | None
    quiet_hours: str | None
    time_zone: str | None


@dataclass(frozen=True)
class NewDigest:
    """A digest that is to be stored, and the postings that it announces."""

    user_id: int
    digest: Digest
    job_ids: Sequence[int]


def read_recipients(connection: Connection) -> list[Recipient]:
    """All active users, oldest first."""
    return [Recipient(**row._mapping) for row in run_query(connection, "notifications/recipients")]


def lock_recipients(connection: Connection, user_ids: Sequence[int]) -> set[int]:
    """Let only this transaction make digests of these users; returns those that are still there.

    An erasure waits as well, and then erases what this transaction wrote.
    """
    query = "SELECT id FROM users WHERE id = ANY(:ids) AND active ORDER BY id FOR NO KEY UPDATE"
    return set(connection.scalars(text(query), {"ids": list(user_ids)}))


def read_new_matches(connection: Connection, limits: Mapping[int, tuple[int, int]]) -> Sequence[Row[Any]]:
    """Matches that no digest has announced, by user and best first, a line for each ad.

    Args:
        connection: an open transaction.
        limits: minimum score and most lines, by user.
    """
    parameters = {
        "user_ids": list(limits),
        "minimum_scores": [minimum_score for minimum_score, _ in limits.values()],
        "mosts": [most for _, most in limits.values()],
    }
    return run_query(connection, "notifications/new_matches", parameters)


def add_digests(connection: Connection, digests: Sequence[NewDigest], *, day: str, now: datetime) -> None:
    """Store digests that are to be sent, at most one for each user, and the postings that they announce."""
    entries = [(new.user_id, job_id) for new in digests for job_id in new.job_ids]
    parameters = {
        "user_ids": [new.user_id for new in digests],
        "lines": [json.dumps([asdict(line) for line in new.digest.lines]) for new in digests],
        "content_hashes": [new.digest.key for new in digests],
        "entry_user_ids": [user_id for user_id, _ in entries],
        "entry_job_ids": [job_id for _, job_id in entries],
        "day": day,
        "created_at": now,
    }
    run_query(connection, "notifications/add_digests", parameters)


def unsent_digests(connection: Connection) -> dict[int, list[tuple[int, int]]]:
    """Ids of the digests that were not sent yet, oldest first, each with the number of attempts; by user."""
    found: dict[int, list[tuple[int, int]]] = {}
    query = "SELECT user_id, id, attempts FROM user_digests WHERE sent_at IS NULL ORDER BY user_id, id"
    for row in connection.execute(text(query)):
        found.setdefault(row.user_id, []).append((row.id, row.attempts))
    return found


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
