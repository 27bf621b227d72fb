"""One response of the Active Jobs API, as the client gives it and `job_pages` keeps it.

Put here its shape, and what its headers tell. Fetching belongs in `resources/active_jobs_client.py`,
storing in `db/raw/pages.py`.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

# No plan runs longer than a year or two; what says so (a date in place of a duration) says nothing.
_LONGEST_PERIOD_S = 2 * 366 * 86_400


@dataclass(frozen=True)
class Quota:
    """What the plan has left, as the last response said; None where it did not say."""

    jobs_remaining: int | None = None
    requests_remaining: int | None = None
    reset_seconds: int | None = None


@dataclass(frozen=True)
class PageResponse:
    """One response as it came. `request` and `headers` hold no key; `record_count` is None when unreadable."""

    request: Mapping[str, str]
    page_offset: int
    status: int
    headers: Mapping[str, str]
    body: bytes
    fetched_at: datetime
    record_count: int | None
    last_page: bool

    @property
    def sha256(self) -> str:
        """SHA-256 of the body, hex."""
        return hashlib.sha256(self.body).hexdigest()

    @property
    def quota(self) -> Quota:
        """Quota as the headers of this response tell it."""
        return read_quota(self.headers, self.fetched_at)

    @property
    def quota_is_spent(self) -> bool:
        """Whether it is a refusal for want of quota: by the headers, else by the gateway's words."""
        if self.status not in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.FORBIDDEN):
            return False
        left = (self.quota.jobs_remaining, self.quota.requests_remaining)
        if any(number is not None for number in left):
            return 0 in left
        return b"quota" in self.body[:2_000].lower()

    @property
    def retry_after_s(self) -> float | None:
        """Seconds to wait as `Retry-After` says it, a number or an HTTP date; None when it says nothing usable."""
        text = self.headers.get("retry-after")
        if not text:
            return None
        try:
            return max(0.0, float(text))
        except ValueError:
            pass
        try:
            return max(0.0, (parsedate_to_datetime(text) - self.fetched_at).total_seconds())
        except (TypeError, ValueError):
            return None


def read_quota(headers: Mapping[str, str], told_at: datetime) -> Quota:
    """Quota as headers (lower-case names) told it at a time, in the spelling of either generation."""

    def number(*names: str) -> int | None:
        return next((int(text) for name in names if (text := headers.get(name, "").strip()).isdecimal()), None)

    reset_seconds = number("x-ratelimit-jobs-reset", "x-ratelimit-requests-reset")
    if reset_seconds is None:
        reset_seconds = _seconds_until(headers.get("x-api-next-billing-date"), told_at)
    if reset_seconds is not None and reset_seconds > _LONGEST_PERIOD_S:
        reset_seconds = None
    return Quota(
        jobs_remaining=number("x-ratelimit-jobs-remaining", "x-api-jobs-remaining"),
        requests_remaining=number("x-ratelimit-requests-remaining", "x-api-requests-remaining"),
        reset_seconds=reset_seconds,
    )


def _seconds_until(text: str | None, now: datetime) -> int | None:
    try:
        moment = datetime.fromisoformat((text or "").strip())
    except ValueError:
        return None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    return max(0, round((moment - now).total_seconds()))
