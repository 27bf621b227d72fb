from datetime import UTC, datetime, timedelta

import pytest

from jobmatch_dagster.core.raw.quota import Spending, allows_page, compute_outlook, is_still_valid
from jobmatch_dagster.core.raw.response import Quota

_NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


def test_credits_that_end_before_the_renewal_do_not_last() -> None:
    spending = Spending(100, 2_000, 14_000, 90_000, 200, _NOW - timedelta(days=30))
    quota = Quota(jobs_remaining=10_000, requests_remaining=50, reset_seconds=10 * 86_400)
    found = compute_outlook(quota, _NOW, spending, _NOW)
    assert (found.credits_per_day, found.days_left, found.days_to_renewal) == (2_000, 5, 10)
    assert found.sustainable is False
    richer = compute_outlook(Quota(jobs_remaining=20_000, reset_seconds=10 * 86_400), _NOW, spending, _NOW)
    assert richer.sustainable is True


def test_unstated_numbers_are_unknown() -> None:
    found = compute_outlook(None, None, Spending(0, 0, 0, 0, 0, None), _NOW)
    assert (found.credits_left, found.days_left, found.sustainable) == (None, None, None)


@pytest.mark.parametrize(
    ("quota", "allowed"),
    [
        (None, True),
        (Quota(), True),
        (Quota(jobs_remaining=300, requests_remaining=5), True),
        (Quota(jobs_remaining=199, requests_remaining=5), False),
        (Quota(jobs_remaining=300, requests_remaining=0), False),
    ],
)
def test_a_page_must_leave_the_reserve_untouched(quota: Quota | None, allowed: bool) -> None:
    assert allows_page(quota, page_cost=100, reserve=100) is allowed


def test_a_statement_expires_with_the_renewal() -> None:
    quota = Quota(jobs_remaining=0, reset_seconds=60)
    assert is_still_valid(quota, _NOW, _NOW + timedelta(seconds=59))
    assert not is_still_valid(quota, _NOW, _NOW + timedelta(seconds=61))
