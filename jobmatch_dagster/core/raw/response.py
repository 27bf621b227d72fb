"""One response of the Active Jobs API, as the client returns it and `job_pages` stores it.

Belongs here: its shape, and the meaning of its headers.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

# No plan has a longer period. A larger number is a date instead of a duration, and is ignored.
_LONGEST_PERIOD_S = 2 * 366 * 86_400
# Names in lower case, as both generations spell them.
_JOBS_REMAINING = ("x-ratelimit-jobs-remaining", "x-api-jobs-remaining")
_REQUESTS_REMAINING = ("x-ratelimit-requests-remaining", "x-api-requests-remaining")
_SECONDS_TO_RENEWAL = ("x-ratelimit-jobs-reset", "x-ratelimit-requests-reset")
_RENEWAL_DATE = "x-api-next-billing-date"
_QUOTA_PREFIXES = ("x-ratelimit-", "x-api-")
_RETRY_AFTER = "retry-after"
_OTHER_STORED_HEADERS = frozenset({"content-type", "date", _RETRY_AFTER})

REMAINING_HEADERS = (_JOBS_REMAINING, _REQUESTS_REMAINING)
"""Headers with the job credits that are left, and those with the requests."""


def is_stored_header(name: str) -> bool:
    """Whether a header, given its name in lower case, is stored with the page."""
    return name in _OTHER_STORED_HEADERS or name.startswith(_QUOTA_PREFIXES)


@dataclass(frozen=True)
class Quota:
    """What the plan has left, as a response states it; None for what it does not state."""

    jobs_remaining: int | None = None
    requests_remaining: int | None = None
    reset_seconds: int | None = None


@dataclass(frozen=True)
class PageResponse:
    """One response, unchanged. `request` and `headers` contain no key; `record_count` is None if it is unreadable."""

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
        """Quota as the headers of this response state it."""
        return read_quota(self.headers, self.fetched_at)

    @property
    def quota_is_spent(self) -> bool:
        """Whether it is a refusal because the quota is spent, by its headers, else by the gateway's message."""
        if self.status not in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.FORBIDDEN):
            return False
        left = (self.quota.jobs_remaining, self.quota.requests_remaining)
        if any(number is not None for number in left):
            return 0 in left
        return b"quota" in self.body[:2_000].lower()

    @property
    def retry_after_s(self) -> float | None:
        """Seconds to wait, from a number or an HTTP date in `Retry-After`; None if it has nothing usable."""
        text = self.headers.get(_RETRY_AFTER)
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


def read_quota(headers: Mapping[str, str], stated_at: datetime) -> Quota:
    """Quota from headers (lower-case names) of either generation, and the time of their response."""

    def number(*names: str) -> int | None:
        return next((int(text) for name in names if (text := headers.get(name, "").strip()).isdecimal()), None)

    reset_seconds = number(*_SECONDS_TO_RENEWAL)
    if reset_seconds is None:
        reset_seconds = _seconds_until(headers.get(_RENEWAL_DATE), stated_at)
    if reset_seconds is not None and reset_seconds > _LONGEST_PERIOD_S:
        reset_seconds = None
    return Quota(
        jobs_remaining=number(*_JOBS_REMAINING),
        requests_remaining=number(*_REQUESTS_REMAINING),
        reset_seconds=reset_seconds,
    )


def _seconds_until(text: str | None, now: datetime) -> int | None:
    try:
        moment = datetime.fromisoformat((text or "").strip())
    except ValueError:
        return None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    return max(0, round((moment - now).total_seconds()))
