"""What the plan has left, how fast it is used, and whether it lasts.

The numbers come from headers of responses (`response.py`) and from `job_pages`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from jobmatch_dagster.core.raw.response import Quota

_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Spending:
    """Job credits (one per returned posting) and requests of the last hour, day and week.

    What backfills cost is apart: it was paid once and says nothing of the pace.
    """

    credits_last_hour: int
    credits_last_day: int
    credits_last_week: int
    backfill_credits_last_week: int
    requests_last_week: int
    first_fetched_at: datetime | None


@dataclass(frozen=True)
class Outlook:
    """What is left and how long it lasts; None if the API did not say or nothing was spent.

    `sustainable`: at the current pace, without backfills, the credits last until the renewal.
    """

    credits_left: int | None
    requests_left: int | None
    days_to_renewal: float | None
    credits_per_hour: float
    credits_per_day: float
    days_left: float | None
    sustainable: bool | None
    backfill_credits_last_week: int = 0


def compute_outlook(quota: Quota | None, stated_at: datetime | None, spending: Spending, now: datetime) -> Outlook:
    """The outlook now, from the API's last statement and the spending of the last week, or since the first request."""
    first = spending.first_fetched_at
    span = min(_WEEK, max(now - first, timedelta(hours=1))) if first else _WEEK
    # Within the first day, the sum so far is taken as that of a day.
    per_day = spending.credits_last_week / (span / _DAY) if span >= _DAY else float(spending.credits_last_day)
    left = quota.jobs_remaining if quota else None
    renewal = None
    if quota and quota.reset_seconds is not None and stated_at is not None:
        renewal = max(0.0, (stated_at + timedelta(seconds=quota.reset_seconds) - now) / _DAY)
    days_left = left / per_day if left is not None and per_day > 0 else None
    sustainable = None
    if left is not None and renewal is not None:
        sustainable = left > 0 if days_left is None else days_left >= renewal
    return Outlook(
        credits_left=left,
        requests_left=quota.requests_remaining if quota else None,
        days_to_renewal=renewal,
        credits_per_hour=per_day / 24,
        credits_per_day=per_day,
        days_left=days_left,
        sustainable=sustainable,
        backfill_credits_last_week=spending.backfill_credits_last_week,
    )


def is_still_valid(quota: Quota, stated_at: datetime, now: datetime) -> bool:
    """Whether the API's last statement still applies, because the plan was not renewed since.

    A statement without a time of renewal applies for a day.
    """
    valid_for = _DAY if quota.reset_seconds is None else timedelta(seconds=quota.reset_seconds)
    return stated_at + valid_for > now


def allows_page(quota: Quota | None, page_cost: int, reserve: int) -> bool:
    """Whether another page can be fetched without touching the reserve. Unknown values allow it.

    Args:
        quota: the API's last statement.
        page_cost: job credits that a full page costs; a free page may be fetched whatever the reserve.
        reserve: job credits that are never spent.
    """
    if quota is None:
        return True
    jobs, requests = quota.jobs_remaining, quota.requests_remaining
    return (jobs is None or not page_cost or jobs - page_cost >= reserve) and (requests is None or requests > 0)
