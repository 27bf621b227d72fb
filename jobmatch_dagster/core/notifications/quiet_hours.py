"""Quiet hours: a span of a person's day, by the clock on their wall, in which nothing is delivered to them."""

from datetime import UTC, datetime, time, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def is_quiet(now: datetime, quiet_hours: str | None, time_zone: str | None) -> bool:
    """Whether a moment is in the quiet hours; they begin with their first minute and end before their last.

    Daylight saving is the zone's: an hour that the clocks skip has no moment, one that they repeat is quiet twice.

    Args:
        now: any moment, timezone-aware.
        quiet_hours: as in `Preferences`, over midnight if the first time is the later one; None has none.
        time_zone: their IANA zone.
    """
    if quiet_hours is None:
        return False
    begin, end = (time.fromisoformat(part) for part in quiet_hours.split("-"))
    clock = now.astimezone(_zone(time_zone)).time()
    return begin <= clock < end if begin < end else clock >= begin or clock < end


def _zone(name: str | None) -> tzinfo:
    """A zone that a later release of the time zones has dropped counts as UTC, so that it costs nobody a digest."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return UTC
