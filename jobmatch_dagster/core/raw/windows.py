"""Which hours the API's feeds cover, and which feed has some given hours.

All times are timezone-aware UTC. Source: the vendor's notes on time frames. The 1h feed called at 09:15 covers 07:00 to
08:00, the 24h feed the 24 hours that end at 08:00.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from jobmatch_dagster.errors import InputError

HOUR = timedelta(hours=1)
# Dagster's own format of an hourly partition key.
HOUR_FORMAT = "%Y-%m-%d-%H:%M"
# An hour's postings are complete one hour after its end.
INDEXING_DELAY = HOUR
# The vendor expires every posting at six months. A posting that its list omits is closed at that age.
OLDEST_OPEN = timedelta(days=183)
# Ads are indexed within hours of their posting, as far as the few real records at hand show.
_POSTING_MARGIN = timedelta(days=1)
LOOK_BACK = {"24h": timedelta(hours=24), "7d": timedelta(days=7), "6m": timedelta(days=180)}


class HourNotAvailableError(InputError):
    """An hour that the API does not have yet, or no longer; the message names it and says what can be done."""


@dataclass(frozen=True)
class Sweep:
    """One pass through a feed and its hours, [window_start, window_end); None for a feed without hours."""

    endpoint: str
    window_start: datetime | None
    window_end: datetime | None

    @property
    def hours(self) -> int:
        """Length of the window in hours."""
        return (self.window_end - self.window_start) // HOUR if self.window_start and self.window_end else 0

    def covers(self, hour: datetime) -> bool:
        """Whether the hour is in the window."""
        return (
            self.window_start is not None
            and self.window_end is not None
            and self.window_start <= hour < self.window_end
        )


def hour_name(hour: datetime) -> str:
    """Name of an hour, and its partition key: `2026-11-25-07:00`."""
    return hour.strftime(HOUR_FORMAT)


def parse_hour(name: str) -> datetime:
    """The hour of a name, in UTC.

    Raises:
        ValueError: if the name has another format.
    """
    return datetime.strptime(name, HOUR_FORMAT).replace(tzinfo=UTC)


def hours_between(start: datetime, end: datetime) -> list[datetime]:
    """The starts of the hours in [start, end)."""
    return [start + n * HOUR for n in range((end - start) // HOUR)]


def hour_of(moment: datetime) -> datetime:
    """The hour that contains a time."""
    return moment.replace(minute=0, second=0, microsecond=0)


def latest_collectable_hour(now: datetime) -> datetime:
    """Start of the newest hour that is complete: at 09:15 that is 07:00."""
    return hour_of(now) - INDEXING_DELAY - HOUR


def choose_sweep(hours: Collection[datetime], now: datetime, *, by_index_time: bool = False) -> Sweep:
    """The next sweep for these hours: the narrowest feed that has them, narrowed to them as far as the API can.

    The second generation selects by the time of indexing, so that a sweep is paid for its hours alone; of hours with
    gaps between them the earliest run is chosen, and the caller asks again for the rest.

    The first generation gives a feed's whole window, save the 7d feed, which it selects by the date of posting. That
    sweep begins a day before its first hour (`posted_after`) and lacks ads that were indexed later than that. It is
    used anyway, because the only wider feed costs a credit for every posting of six months.

    Args:
        hours: starts of the hours, UTC.
        now: the current time.
        by_index_time: whether the API selects by the time of indexing (second generation).

    Raises:
        HourNotAvailableError: if an hour is not complete yet, or older than the widest feed goes back.
        ValueError: if no hour is given.
    """
    newest_complete = latest_collectable_hour(now)
    first, last = min(hours), max(hours)
    if by_index_time and last <= newest_complete:
        last = _end_of_first_run(hours) - HOUR
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
            if by_index_time:
                return Sweep(endpoint, first, last + HOUR)
            return Sweep(endpoint, first if endpoint == "7d" else end - look_back, end)
    raise HourNotAvailableError(
        f"The hour {first:%Y-%m-%d %H:%M} UTC is older than the six months that the API keeps; "
        "it can no longer be collected."
    )


def posted_after(first: datetime) -> datetime:
    """The date of posting after which ads of this hour and later ones are asked for.

    It is just before a midnight: many sources state the day alone, which the vendor takes as its midnight.
    """
    day = (first - _POSTING_MARGIN).replace(hour=0, minute=0, second=0, microsecond=0)
    return day - timedelta(seconds=1)


def _end_of_first_run(hours: Collection[datetime]) -> datetime:
    """End of the first hours that follow each other without a gap."""
    end = min(hours) + HOUR
    while end in hours:
        end += HOUR
    return end
