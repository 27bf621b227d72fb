"""`digest_deliveries`: the outbox. What waits, what was sent, what failed."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from sqlalchemy import Connection, text

from jobmatch_dagster.core.notifications.digest import Digest, Line
from jobmatch_dagster.core.notifications.message import Message
from jobmatch_dagster.db.connection.engine import run_query


@dataclass(frozen=True)
class Result:
    """What became of an attempt.

    Attributes:
        state: waiting, sent or given_up.
        error: class and code of the failure; None after a delivery.
        channel_failed: whether the channel itself does not work.
    """

    digest_id: int
    state: str
    error: str | None
    channel_failed: bool = False


@dataclass(frozen=True)
class Undelivered:
    """Deliveries of a channel that need a person; `first_day` is the day of the oldest digest, in ISO 8601."""

    channel: str
    error: str
    deliveries: int
    given_up: int
    first_day: str


def make_due(connection: Connection, now: datetime) -> None:
    """Let everything that was not delivered be tried at once, and begin anew with what was given up."""
    query = "UPDATE digest_deliveries SET state = 'waiting', attempts = 0, next_attempt_at = :now WHERE state <> 'sent'"
    connection.execute(text(query), {"now": now})


def give_up(connection: Connection, most_attempts: int, now: datetime) -> None:
    """Give up what was begun too often and never ended."""
    query = (
        "UPDATE digest_deliveries SET state = 'given_up', last_error = coalesce(last_error, 'Interrupted') "
        "WHERE state = 'waiting' AND attempts >= :most AND next_attempt_at <= :now"
    )
    connection.execute(text(query), {"most": most_attempts, "now": now})


def due_channels(connection: Connection, now: datetime) -> list[str]:
    """Names of the channels that have something to deliver."""
    query = (
        "SELECT DISTINCT channel FROM digest_deliveries WHERE state = 'waiting' AND next_attempt_at <= :now "
        "ORDER BY channel"
    )
    return list(connection.scalars(text(query), {"now": now}))


def claim(connection: Connection, channel: str, *, quiet: Collection[int], now: datetime, most: int) -> dict[int, int]:
    """Begin an attempt of deliveries that are due; returns the number of the attempt by digest."""
    parameters = {"channel": channel, "quiet": list(quiet), "now": now, "most": most}
    rows = run_query(connection, "notifications/claim_deliveries", parameters)
    return {row.digest_id: row.attempts for row in sorted(rows, key=lambda row: int(row.digest_id))}


def lock_users(connection: Connection, digest_ids: Collection[int]) -> None:
    """Let only this transaction ingest, change or erase the users of these digests, in the order of their keys.

    The lock is that of `lock_user`.
    """
    query = (
        "SELECT pg_advisory_xact_lock(hashtextextended('jobmatch/user/' || user_key, 0)) FROM ("
        "SELECT DISTINCT user_key FROM users JOIN user_digests AS d ON d.user_id = users.id WHERE d.id = ANY(:ids) "
        "ORDER BY user_key) AS locked"
    )
    connection.execute(text(query), {"ids": list(digest_ids)})


def read_messages(
    connection: Connection, channel: str, claimed: Mapping[int, int], *, digests: int
) -> dict[int, Message]:
    """The messages of claimed deliveries by digest, oldest first; without those that are gone or claimed anew."""
    parameters = {
        "channel": channel,
        "digest_ids": list(claimed),
        "attempts": list(claimed.values()),
        "digests": digests,
    }
    found: dict[int, Message] = {}
    rows = run_query(connection, "notifications/messages", parameters)
    for digest_id, of_digest in groupby(rows, key=lambda row: int(row.digest_id)):
        listed = list(of_digest)
        made = tuple(
            Digest(row.day, row.created_at, row.content_hash, tuple(Line(**line) for line in row.lines))
            for row in listed
        )
        found[digest_id] = Message(channel, listed[0].user_key, listed[0].email, made)
    return found


def note_results(connection: Connection, channel: str, results: Sequence[Result], now: datetime) -> None:
    """Store what became of attempts."""
    parameters = {
        "channel": channel,
        "digest_ids": [result.digest_id for result in results],
        "states": [result.state for result in results],
        "errors": [result.error for result in results],
        "now": now,
    }
    run_query(connection, "notifications/note_deliveries", parameters)


def count_waiting(connection: Connection) -> int:
    """Number of deliveries that wait for an attempt."""
    return int(connection.scalar(text("SELECT count(*) FROM digest_deliveries WHERE state = 'waiting'")) or 0)


def read_undelivered(connection: Connection, now: datetime) -> list[Undelivered]:
    """Deliveries that need a person: given up, failed three times, or waiting for a day."""
    return [Undelivered(**row._mapping) for row in run_query(connection, "notifications/undelivered", {"now": now})]
