"""`user_digests` and `digest_entries`: what users are to hear, and what was announced."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from jobmatch_dagster.core.notifications.digest import Digest
from jobmatch_dagster.db.connection.engine import run_query


@dataclass(frozen=True)
class Recipient:
    """An active user, and what they ask for; None leaves it to the run.

    Attributes:
        every: how often new matches are announced: day, hour or never.
        channels: names of those that deliver digests.
        language: code of the language of the reasons.
    """

    user_id: int
    user_key: str
    every: str
    max_matches: int | None
    min_score: int | None
    quiet_hours: str | None
    time_zone: str | None
    channels: Sequence[str]
    language: str


@dataclass(frozen=True)
class NewDigest:
    """A digest that is to be stored, the postings that it announces and the channels that deliver it."""

    user_id: int
    digest: Digest
    job_ids: Sequence[int]
    channels: Sequence[str]


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
    """Store digests, at most one for each user, with the postings that they announce and what is to be delivered."""
    deliveries = [(new.user_id, channel) for new in digests for channel in new.channels]
    entries = [(new.user_id, job_id) for new in digests for job_id in new.job_ids]
    parameters = {
        "user_ids": [new.user_id for new in digests],
        "lines": [json.dumps([line.stored for line in new.digest.lines]) for new in digests],
        "content_hashes": [new.digest.key for new in digests],
        "entry_user_ids": [user_id for user_id, _ in entries],
        "entry_job_ids": [job_id for _, job_id in entries],
        "channel_user_ids": [user_id for user_id, _ in deliveries],
        "channels": [channel for _, channel in deliveries],
        "day": day,
        "created_at": now,
    }
    run_query(connection, "notifications/add_digests", parameters)
