"""Quiet hours by the clock on the wall: over midnight, over both changes of the clocks, in any zone."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobmatch_dagster.core.notifications.quiet_hours import is_quiet

_NIGHT, _BERLIN = "22:00-07:00", "Europe/Berlin"


@pytest.mark.parametrize(
    ("now", "quiet"),
    [
        # Winter: Berlin is an hour ahead; summer: two. The same wall clock is another hour of UTC.
        ("2026-01-15T20:59", False),
        ("2026-01-15T21:00", True),
        ("2026-01-16T05:59", True),
        ("2026-01-16T06:00", False),
        ("2026-07-15T19:59", False),
        ("2026-07-15T20:00", True),
        ("2026-07-16T04:59", True),
        ("2026-07-16T05:00", False),
        # The night in which the clocks go forward is an hour shorter, the one in which they go back an hour longer.
        ("2026-03-28T21:00", True),
        ("2026-03-29T04:59", True),
        ("2026-03-29T05:00", False),
        ("2026-10-24T20:00", True),
        ("2026-10-25T05:59", True),
        ("2026-10-25T06:00", False),
    ],
)
def test_quiet_hours_follow_the_clock_on_the_wall(now: str, quiet: bool) -> None:
    assert is_quiet(datetime.fromisoformat(now).replace(tzinfo=UTC), _NIGHT, _BERLIN) is quiet


def _minutes_of(quiet_hours: str, day: str) -> int:
    """Quiet minutes of 24 hours of UTC that begin at 22:00 the day before."""
    begin = datetime.fromisoformat(day).replace(tzinfo=UTC) - timedelta(hours=2)
    return sum(is_quiet(begin + timedelta(minutes=n), quiet_hours, _BERLIN) for n in range(24 * 60))


@pytest.mark.parametrize(("day", "minutes"), [("2026-03-29", 0), ("2026-10-25", 120), ("2026-06-01", 60)])
def test_an_hour_that_the_clocks_change_is_counted(day: str, minutes: int) -> None:
    assert _minutes_of("02:00-03:00", day) == minutes


_TIMES = st.times().map(lambda time: f"{time:%H:%M}")


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 (naive by contract)
    _TIMES,
    _TIMES,
    st.sampled_from(["Asia/Kathmandu", "America/St_Johns", "Pacific/Apia", "Africa/Casablanca", _BERLIN, "UTC"]),
)
def test_every_moment_is_in_one_half_of_the_day(now: datetime, begin: str, end: str, zone: str) -> None:
    if begin != end:
        assert is_quiet(now, f"{begin}-{end}", zone) != is_quiet(now, f"{end}-{begin}", zone)
    assert is_quiet(now.astimezone(ZoneInfo(zone)), f"{begin}-{end}", zone) == is_quiet(now, f"{begin}-{end}", zone)


def test_nobody_is_quiet_by_default_and_a_lost_zone_is_utc() -> None:
    now = datetime(2026, 1, 15, 23, tzinfo=UTC)
    assert not is_quiet(now, None, None)
    assert is_quiet(now, "22:00-23:30", "Mars/Olympus")
    assert not is_quiet(now, "21:00-23:00", "Mars/Olympus")
