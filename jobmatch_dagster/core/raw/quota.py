"""What the plan has left, how fast it is used, and whether it lasts.

Put here arithmetic alone. Where the numbers come from: headers of responses (`pages.py`) and `job_pages`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from jobmatch_dagster.core.raw.response import Quota

_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Spending:
    """Job credits (one per returned posting) that were used in the last hour, day and week."""

    credits_last_hour: int
    credits_last_day: int
    credits_last_week: int
    requests_last_week: int
    first_fetched_at: datetime | None


@dataclass(frozen=True)
class Outlook:
    """What is left and how long it lasts; None where the API did not say or nothing was spent.

    `sustainable` compares the days that the credits last at the present pace with the days to the renewal.
    """

    credits_left: int | None
    requests_left: int | None
    days_to_renewal: float | None
    credits_per_hour: float
    credits_per_day: float
    days_left: float | None
    sustainable: bool | None


def outlook(quota: Quota | None, told_at: datetime | None, spending: Spending, now: datetime) -> Outlook:
    """The outlook now, from what the API said last and what was spent since it is used (at most a week)."""
    first = spending.first_fetched_at
    span = min(_WEEK, max(now - first, timedelta(hours=1))) if first else _WEEK
    # Less than a day of use says nothing about a day: then the last day's sum stands for it.
    per_day = spending.credits_last_week / (span / _DAY) if span >= _DAY else float(spending.credits_last_day)
    left = quota.jobs_remaining if quota else None
    renewal = None
    if quota and quota.reset_seconds is not None and told_at is not None:
        renewal = max(0.0, (told_at + timedelta(seconds=quota.reset_seconds) - now) / _DAY)
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
    )


def is_still_valid(quota: Quota, told_at: datetime, now: datetime) -> bool:
    """Whether what the API said then holds now: the plan was not renewed since.

    An API that does not say when it renews the plan is believed for a day: then it is asked anew.
    """
    holds = _DAY if quota.reset_seconds is None else timedelta(seconds=quota.reset_seconds)
    return told_at + holds > now


def allows_page(quota: Quota | None, page_cost: int, reserve: int) -> bool:
    """Whether another page can be asked for without touching the reserve; what is unknown allows it.

    Args:
        quota: what the API said last.
        page_cost: job credits that a full page costs; the reserve is no matter for one that costs none.
        reserve: job credits that are never spent.
    """
    if quota is None:
        return True
    jobs, requests = quota.jobs_remaining, quota.requests_remaining
    return (jobs is None or not page_cost or jobs - page_cost >= reserve) and (requests is None or requests > 0)
