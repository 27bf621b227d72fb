"""Digests of new matches: reserved in one transaction, then delivered, then marked.

A digest is stored before anything is sent, so a crash in between delivers it once more under the same key and never
announces a match a second time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from jobmatch_dagster.core.notifications.digest import Digest, Line, content_hash, pay_text
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.notifications import digests
from jobmatch_dagster.db.profiles.users import active_user_keys, find_user_id, lock_user
from jobmatch_dagster.pipeline.matching.match_list import place_of_work
from jobmatch_dagster.pipeline.notifications.files import write_digest

_DIGESTS_IN_FEED = 20


@dataclass(frozen=True)
class Outcome:
    """What became of a user's digests in a run.

    Attributes:
        new_matches: lines of the new digest; 0 when there is none.
        delivered: digests that were delivered.
        failed: digests whose delivery failed; a later run tries again.
        given_up: digests that failed too often to be tried again.
    """

    user_id: int
    new_matches: int
    delivered: int
    failed: int
    given_up: int


@dataclass(frozen=True)
class Limits:
    """How much a digest says, and how often its delivery is tried."""

    minimum_score: int
    most: int
    most_attempts: int


def send_digests(database: Database, *, folder: Path, day: str, now: datetime, limits: Limits) -> list[Outcome]:
    """Announce the new matches of every active user, and deliver what was not delivered before.

    Args:
        database: the project's database.
        folder: where the files are written, in a folder for each user.
        day: the day of new digests, in ISO 8601.
        now: the time of the run.
        limits: how much, and how often.
    """
    with database.read() as connection:
        keys = active_user_keys(connection)
    found = (_send_to(database, key, folder, day, now, limits) for key in keys)
    return [outcome for outcome in found if outcome is not None]


def _send_to(
    database: Database, user_key: str, folder: Path, day: str, now: datetime, limits: Limits
) -> Outcome | None:
    """None if the user was erased meanwhile."""
    with database.begin() as connection:
        lock_user(connection, user_key)
        user_id = find_user_id(connection, user_key)
        if user_id is None:
            return None
        rows = digests.read_new_matches(connection, user_id, minimum_score=limits.minimum_score, most=limits.most)
        if rows:
            lines = [_line(dict(row._mapping)) for row in rows]
            digest = Digest(day, now, content_hash(user_id, day, lines), lines)
            digests.add_digest(connection, user_id, digest, [job_id for row in rows for job_id in row.job_ids])
        unsent = digests.unsent_digests(connection, user_id)
    due = [digest_id for digest_id, attempts in unsent if attempts < limits.most_attempts]
    delivered = [_deliver(database, digest_id, user_key, folder, now) for digest_id in due]
    return Outcome(user_id, len(rows), delivered.count(True), delivered.count(False), len(unsent) - len(due))


def _deliver(database: Database, digest_id: int, user_key: str, folder: Path, now: datetime) -> bool:
    """Whether a digest was delivered. The attempt is counted first, so that crashes are bounded too."""
    with database.begin() as connection:
        digests.note_attempt(connection, digest_id)
    try:
        with database.begin() as connection:
            # Under the lock of an erasure, so that no file is written after it.
            lock_user(connection, user_key)
            newest: Sequence[Digest] = digests.read_digests(connection, digest_id, most=_DIGESTS_IN_FEED)
            if newest:
                write_digest(folder, user_key, newest)
                digests.note_sent(connection, digest_id, now)
    except OSError as error:
        with database.begin() as connection:
            # Without the path, which has the user's key.
            digests.note_error(connection, digest_id, f"{type(error).__name__}: {error.strerror or 'no file written'}")
        return False
    return True


def _line(row: Mapping[str, Any]) -> Line:
    return Line(
        external_id=row["external_id"],
        title=row["title"],
        company=row["company"],
        place=place_of_work(row),
        url=row["url"],
        score=row["match_score"],
        reason=row["match_reasoning"],
        reason_by_model=row["claude_score"] is not None,
        missing=tuple(row["missing_skills"] or ()),
        pay=pay_text(row),
    )
