from datetime import UTC, datetime, timedelta

import pytest

from jobmatch_dagster.core.raw.windows import HOUR, HourNotAvailableError, choose_sweep, latest_collectable_hour

_NOW = datetime(2026, 11, 20, 9, 15, tzinfo=UTC)
_NEWEST = datetime(2026, 11, 20, 7, tzinfo=UTC)


def test_at_0915_the_hour_from_0700_is_complete() -> None:
    assert latest_collectable_hour(_NOW) == _NEWEST


@pytest.mark.parametrize(
    ("hours_back", "endpoint"), [(0, "1h"), (1, "24h"), (23, "24h"), (24, "7d"), (167, "7d"), (168, "6m")]
)
def test_the_narrowest_sufficient_feed_is_chosen(hours_back: int, endpoint: str) -> None:
    sweep = choose_sweep([_NEWEST - hours_back * HOUR], _NOW)
    assert sweep.endpoint == endpoint
    assert sweep.window_end == _NEWEST + HOUR


@pytest.mark.parametrize(
    ("hour", "said"),
    [(_NEWEST + HOUR, "is not complete yet: the API has it from 10:00"), (_NOW - timedelta(days=300), "six months")],
)
def test_an_unavailable_hour_says_why(hour: datetime, said: str) -> None:
    with pytest.raises(HourNotAvailableError, match=said):
        choose_sweep([hour.replace(minute=0)], _NOW)
