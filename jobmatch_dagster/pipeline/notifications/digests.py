"""Digests of new matches: made in one transaction, then delivered, then marked.

A digest is stored before anything is sent, so a crash in between delivers it once more under the same key and never
announces a match a second time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from jobmatch_dagster.core.notifications.digest import Digest
from jobmatch_dagster.core.notifications.quiet_hours import is_quiet
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.notifications import digests
from jobmatch_dagster.db.notifications.digests import Recipient
from jobmatch_dagster.db.profiles.users import lock_user
from jobmatch_dagster.pipeline.notifications.files import write_digest
from jobmatch_dagster.pipeline.notifications.make import Limits, due_recipients, make_digests

_DIGESTS_IN_FEED = 20


@dataclass(frozen=True)
class Outcome:
    """What became of a user's digests in a run.

    Attributes:
        new_matches: lines of the new digest; 0 when there is none.
        delivered: digests that were delivered.
        failed: digests whose delivery failed; a later run tries again.
        given_up: digests that failed too often to be tried again.
        quiet: digests that wait for the end of the user's quiet hours.
    """

    user_id: int
    new_matches: int
    delivered: int
    failed: int
    given_up: int
    quiet: int


def send_digests(
    database: Database, *, folder: Path, day: str, hourly: bool, now: datetime, limits: Limits, most_attempts: int
) -> list[Outcome]:
    """Announce the new matches of every user who is due, and deliver what was not delivered before.

    Args:
        database: the project's database.
        folder: where the files are written, in a folder for each user.
        day: the day of new digests, in ISO 8601.
        hourly: whether only those are due who ask for digests by the hour.
        now: the time of the run.
        limits: how much a digest says, where its user asks for nothing else.
        most_attempts: deliveries of a digest that are tried.
    """
    with database.read() as connection:
        recipients = digests.read_recipients(connection)
    made = make_digests(database, due_recipients(recipients, now=now, hourly=hourly), day=day, now=now, limits=limits)
    with database.read() as connection:
        unsent = digests.unsent_digests(connection)
    return [
        _deliver_to(database, each, made.get(each.user_id, 0), unsent.get(each.user_id, ()), folder, now, most_attempts)
        for each in recipients
        if each.user_id in made or each.user_id in unsent
    ]


def _deliver_to(
    database: Database,
    recipient: Recipient,
    new_matches: int,
    unsent: Sequence[tuple[int, int]],
    folder: Path,
    now: datetime,
    most_attempts: int,
) -> Outcome:
    due = [digest_id for digest_id, attempts in unsent if attempts < most_attempts]
    given_up = len(unsent) - len(due)
    if is_quiet(now, recipient.quiet_hours, recipient.time_zone):
        return Outcome(recipient.user_id, new_matches, 0, 0, given_up, len(due))
    delivered = [_deliver(database, digest_id, recipient.user_key, folder, now) for digest_id in due]
    return Outcome(recipient.user_id, new_matches, delivered.count(True), delivered.count(False), given_up, 0)


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
