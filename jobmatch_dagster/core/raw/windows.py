"""Which hours the API's feeds answer for, and which feed to ask for some hours.

Put here time arithmetic alone; all times are timezone-aware UTC. Source: the vendor's notes on time frames: the
1h feed called at 09:15 answers for 07:00 to 08:00, the 24h feed for the 24 hours that end there.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from jobmatch_dagster.errors import InputError

HOUR = timedelta(hours=1)
# Dagster's own format of an hourly partition key.
_HOUR_FORMAT = "%Y-%m-%d-%H:%M"
# What is indexed in an hour is complete one hour after its end.
INDEXING_DELAY = HOUR
# The vendor expires every posting by itself at six months; one that its list forgot is closed with them.
OLDEST_OPEN = timedelta(days=183)
LOOK_BACK = {"24h": timedelta(hours=24), "7d": timedelta(days=7), "6m": timedelta(days=180)}


class HourNotAvailableError(InputError):
    """An hour that the API cannot answer for, now or any more; the message says which and what can be done."""


@dataclass(frozen=True)
class Sweep:
    """One walk through a feed, and the hours [window_start, window_end) that it answers for (None: not by hours)."""

    endpoint: str
    window_start: datetime | None
    window_end: datetime | None

    @property
    def hours(self) -> int:
        """Length of the window in hours."""
        return (self.window_end - self.window_start) // HOUR if self.window_start and self.window_end else 0

    def answers_for(self, hour: datetime) -> bool:
        """Whether the hour lies in the window."""
        return (
            self.window_start is not None
            and self.window_end is not None
            and self.window_start <= hour < self.window_end
        )


def hour_name(hour: datetime) -> str:
    """Name of an hour, and its partition key: `2026-11-25-07:00`."""
    return hour.strftime(_HOUR_FORMAT)


def parse_hour(name: str) -> datetime:
    """The hour of a name, in UTC.

    Raises:
        ValueError: if it is no name of an hour.
    """
    return datetime.strptime(name, _HOUR_FORMAT).replace(tzinfo=UTC)


def hour_of(moment: datetime) -> datetime:
    """The hour that a time lies in."""
    return moment.replace(minute=0, second=0, microsecond=0)


def latest_collectable_hour(now: datetime) -> datetime:
    """Start of the newest hour that is complete: at 09:15 that is 07:00."""
    return hour_of(now) - INDEXING_DELAY - HOUR


def choose_sweep(hours: Collection[datetime], now: datetime) -> Sweep:
    """The narrowest feed whose window holds all these hours.

    The 7d feed of the first generation goes by the date of posting, not of indexing: an ad posted long before
    it was indexed is not in it. It is used all the same, because the only wider feed costs a credit for every
    posting of six months; what it misses is found by the check of hours against a later 6m backfill.

    Raises:
        HourNotAvailableError: if an hour is not complete yet, or older than the widest feed looks back.
        ValueError: if no hour is given.
    """
    newest_complete = latest_collectable_hour(now)
    first, last = min(hours), max(hours)
    if last > newest_complete:
        raise HourNotAvailableError(
            f"The hour {last:%Y-%m-%d %H:%M} UTC is not complete yet: the API has it from "
            f"{last + INDEXING_DELAY + HOUR:%H:%M} UTC on."
        )
    end = newest_complete + HOUR
    if first == last == newest_complete:
        return Sweep("1h", first, end)
    for endpoint, look_back in LOOK_BACK.items():
        if first >= end - look_back:
            return Sweep(endpoint, end - look_back, end)
    raise HourNotAvailableError(
        f"The hour {first:%Y-%m-%d %H:%M} UTC lies further back than the six months that the API keeps; "
        "it cannot be collected any more."
    )
