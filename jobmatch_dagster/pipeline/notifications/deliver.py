"""Delivering digests: what waits in the outbox, channel by channel. A failed channel or user costs no other.

An attempt is counted and the next one dated before anything is sent, so that a crash is bounded like a failure. The
message is sent under the user's lock and marked in the same transaction: an erasure is either before it or after it.
A crash between sending and marking sends once more, with the same key.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from jobmatch_dagster.core.notifications.message import Message
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.notifications import deliveries
from jobmatch_dagster.db.notifications.deliveries import Result
from jobmatch_dagster.errors import ServiceFailure
from jobmatch_dagster.resources.channels import Channel, ChannelFailure, MissingChannel

# A channel that failed so often in a row is left alone until the next run.
_FAILURES_IN_A_ROW = 3
NOT_CONFIGURED = "(not configured)"
"""What is shown instead of a channel's name that only its user knows."""


@dataclass
class ChannelOutcome:
    """What became of a channel's deliveries in a run.

    Attributes:
        channel: its name, if this deployment has it.
        failed: attempts that failed; a later run tries again, or they were given up.
        stopped: whether the channel failed so often in a row that the rest waits.
    """

    channel: str
    delivered: int = 0
    failed: int = 0
    stopped: bool = False


def deliver_digests(
    database: Database,
    channels: Mapping[str, Channel],
    *,
    quiet: Collection[int],
    now: datetime,
    most_attempts: int,
    retry_now: bool = False,
) -> list[ChannelOutcome]:
    """Deliver whatever is due.

    Args:
        database: the project's database.
        channels: by name.
        quiet: users to whom nothing is delivered at present.
        now: the time of the run.
        most_attempts: attempts of a delivery before it is given up.
        retry_now: whether what waits for its next attempt is due, and what was given up begins anew.
    """
    with database.begin() as connection:
        if retry_now:
            deliveries.make_due(connection, now)
        deliveries.give_up(connection, most_attempts, now)
        names = deliveries.due_channels(connection, now)
    return [_deliver(database, name, channels.get(name, MissingChannel()), quiet, now, most_attempts) for name in names]


def _deliver(
    database: Database, name: str, channel: Channel, quiet: Collection[int], now: datetime, most_attempts: int
) -> ChannelOutcome:
    outcome, in_a_row = ChannelOutcome(NOT_CONFIGURED if isinstance(channel, MissingChannel) else name), 0
    while True:
        with database.begin() as connection:
            claimed = deliveries.claim(connection, name, quiet=quiet, now=now, most=channel.messages_at_once)
        if not claimed:
            return outcome
        with database.begin() as connection:
            deliveries.lock_users(connection, claimed)
            messages = deliveries.read_messages(connection, name, claimed, digests=channel.digests_in_message)
            results = [
                _attempt(channel, digest_id, message, gives_up=claimed[digest_id] >= most_attempts)
                for digest_id, message in messages.items()
            ]
            deliveries.note_results(connection, name, results, now)
        for result in results:
            outcome.delivered += result.error is None
            outcome.failed += result.error is not None
            in_a_row = in_a_row + 1 if result.channel_failed else 0
        if in_a_row >= _FAILURES_IN_A_ROW:
            outcome.stopped = True
            return outcome


def _attempt(channel: Channel, digest_id: int, message: Message, *, gives_up: bool) -> Result:
    failed = "given_up" if gives_up else "waiting"
    try:
        channel.send(message)
    except ServiceFailure as error:
        return Result(digest_id, failed, str(error), channel_failed=isinstance(error, ChannelFailure))
    except OSError as error:
        # Without the path, which has the user's key.
        return Result(digest_id, failed, f"{type(error).__name__}: {error.strerror or 'no file written'}")
    except Exception as error:  # noqa: BLE001 (one message that a library chokes on costs no other)
        return Result(digest_id, failed, type(error).__name__)
    return Result(digest_id, "sent", None)
