"""One response of the Active Jobs API, as the client gives it and `job_pages` keeps it.

Put here its shape alone. Fetching belongs in `resources/active_jobs_client.py`, storing in `db/pages.py`.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Quota:
    """What the plan has left, as the last response said; None where it did not say."""

    jobs_limit: int | None = None
    jobs_remaining: int | None = None
    requests_limit: int | None = None
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
        return read_quota(self.headers)


def read_quota(headers: Mapping[str, str]) -> Quota:
    """Quota as headers (lower-case names) tell it, in the spelling of either generation."""

    def number(*names: str) -> int | None:
        return next((int(text) for name in names if (text := headers.get(name, "")).isdigit()), None)

    return Quota(
        jobs_limit=number("x-ratelimit-jobs-limit", "x-api-jobs-limit"),
        jobs_remaining=number("x-ratelimit-jobs-remaining", "x-api-jobs-remaining"),
        requests_limit=number("x-ratelimit-requests-limit", "x-api-requests-limit"),
        requests_remaining=number("x-ratelimit-requests-remaining", "x-api-requests-remaining"),
        reset_seconds=number("x-ratelimit-jobs-reset"),
    )
