"""Digests of new matches: made and stored with what is to be delivered, then delivered, channel by channel."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from jobmatch_dagster.core.notifications.quiet_hours import is_quiet
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.notifications import deliveries, digests
from jobmatch_dagster.pipeline.notifications.deliver import ChannelOutcome, deliver_digests
from jobmatch_dagster.pipeline.notifications.make import Limits, due_recipients, make_digests
from jobmatch_dagster.resources.channels import Channel


@dataclass(frozen=True)
class Outcome:
    """What a run did.

    Attributes:
        digests: new ones; nothing new makes none.
        new_matches: their lines.
        channels: what became of the deliveries.
        waiting: deliveries that wait for an attempt, or for the end of quiet hours.
    """

    digests: int
    new_matches: int
    channels: Sequence[ChannelOutcome]
    waiting: int


def send_digests(
    database: Database,
    channels: Mapping[str, Channel],
    *,
    day: str,
    hourly: bool,
    now: datetime,
    limits: Limits,
    most_attempts: int,
    retry_now: bool = False,
) -> Outcome:
    """Announce the new matches of every user who is due, and deliver what is due to anybody.

    Args:
        database: the project's database.
        channels: ways of delivery by name.
        day: the day of new digests, in ISO 8601.
        hourly: whether only those are due who ask for digests by the hour.
        now: the time of the run.
        limits: how much a digest says, where its user asks for nothing else.
        most_attempts: attempts of a delivery before it is given up.
        retry_now: whether what failed is delivered at once, and what was given up as well.
    """
    with database.read() as connection:
        recipients = digests.read_recipients(connection)
    made = make_digests(database, due_recipients(recipients, now=now, hourly=hourly), day=day, now=now, limits=limits)
    quiet = {
        each.user_id for each in recipients if each.every == "never" or is_quiet(now, each.quiet_hours, each.time_zone)
    }
    outcomes = deliver_digests(
        database, channels, quiet=quiet, now=now, most_attempts=most_attempts, retry_now=retry_now
    )
    with database.read() as connection:
        return Outcome(len(made), sum(made.values()), outcomes, deliveries.count_waiting(connection))
