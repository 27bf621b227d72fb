"""HTTP client of the Active Jobs API, both generations.

Put here how the API is called. What is done with the pages belongs in `defs/raw`, time windows in
`core/windows.py`.
"""

import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import requests

from jobmatch_dagster.core.failures import PassingFailure, PermanentFailure
from jobmatch_dagster.core.normalise import PageError, parse_page
from jobmatch_dagster.core.pages import PageResponse
from jobmatch_dagster.resources.active_jobs_filters import NOT_ON_FEED

RAPIDAPI_HOST = "active-jobs-db.p.rapidapi.com"
PAGE_SIZE = 100
CONNECT_TIMEOUT_S, READ_TIMEOUT_S = 10, 90
MAX_ATTEMPTS = 4
MAX_WAIT_S = 120.0
MAX_BODY_BYTES = 64 * 1024 * 1024

_G1_PATHS = {
    "1h": "/active-ats-1h", "24h": "/active-ats-24h", "7d": "/active-ats-7d", "6m": "/active-ats-6m",
    "modified": "/modified-ats-24h", "expired": "/active-ats-expired",
}  # fmt: skip
_G2_PATHS = {"modified": "/modified-ats", "expired": "/expired-ats"}
_PASSING_STATUS = frozenset({408, 429, 500, 502, 503, 504})
_KEPT_HEADERS = ("content-type", "date", "retry-after")


@dataclass
class ActiveJobsClient:
    """Calls the API; every response, also a failed one, is handed to the caller before it is judged.

    Args:
        base_url: for instance https://active-jobs-db.p.rapidapi.com.
        api_key: sent as a header, shown nowhere.
        generation: "g1" or "g2".
        parameters: query parameters besides the page, without the key.
        filters: the same in the project's own terms; pages are kept with it.
        credit_reserve: job credits that are never spent.
        sleep: how to wait between attempts, seconds.
    """

    base_url: str
    api_key: str = field(repr=False)
    generation: str = "g1"
    parameters: Mapping[str, str] = field(default_factory=dict)
    filters: Mapping[str, Any] = field(default_factory=dict)
    credit_reserve: int = 0
    timeouts_s: tuple[float, float] = (CONNECT_TIMEOUT_S, READ_TIMEOUT_S)
    sleep: Callable[[float], None] = time.sleep

    def __post_init__(self) -> None:
        host = urlsplit(self.base_url).hostname or ""
        self._session = requests.Session()
        if self.generation == "g2" and not host.endswith("rapidapi.com"):
            self._session.headers["Authorization"] = f"Bearer {self.api_key}"
        else:
            self._session.headers.update({"x-rapidapi-key": self.api_key, "x-rapidapi-host": RAPIDAPI_HOST})

    def sweep(self, endpoint: str, *, max_pages: int, start_offset: int = 0) -> Iterator[PageResponse]:
        """Walk the pages of a feed until one is shorter than the limit, or `max_pages` are read.

        Failed responses are yielded too (status, or no record count); the walk goes on after a retry.

        Raises:
            PermanentFailure: on a refused key, plan or parameter, or a spent quota.
            PassingFailure: when an attempt after the last one failed, or the server repeats one page for ever.
        """
        offset, previous = start_offset, None
        for _ in range(max_pages):
            page = None
            for response in self._attempts(endpoint, offset):
                yield response
                page = response
            if page is None or page.last_page:
                return
            if page.sha256 == previous:
                raise PassingFailure(f"The API sends the same page of {endpoint} again and again; try again later.")
            previous, offset = page.sha256, offset + PAGE_SIZE

    def _attempts(self, endpoint: str, offset: int) -> Iterator[PageResponse]:
        """Responses for one page: failed ones, then the good one."""
        problem = ""
        for attempt in range(1, MAX_ATTEMPTS + 1):
            wait_s: float | None = None
            try:
                response = self._get(endpoint, offset)
            except requests.RequestException as error:
                # The exception's own text may repeat the request; its class says enough.
                problem = f"no answer ({type(error).__name__})"
            else:
                yield response
                if response.status == requests.codes.ok and response.record_count is not None:
                    return
                self._raise_if_permanent(response)
                problem = f"HTTP {response.status}" if response.status != requests.codes.ok else "an unreadable page"
                wait_s = _retry_after_s(response.headers.get("retry-after"), response.fetched_at)
            if attempt < MAX_ATTEMPTS:
                backoff_s = 2.0**attempt * random.uniform(0.5, 1.0)  # noqa: S311 (jitter, no secret)
                self.sleep(min(MAX_WAIT_S, max(wait_s or 0.0, backoff_s)))
        raise PassingFailure(
            f"The API gave {problem} for {endpoint} at offset {offset} {MAX_ATTEMPTS} times; try again later. "
            "What it sent is kept in job_pages."
        )

    def _get(self, endpoint: str, offset: int) -> PageResponse:
        path, parameters = self._request(endpoint, offset)
        with self._session.get(
            self.base_url.rstrip("/") + path, params=parameters, timeout=self.timeouts_s, stream=True
        ) as answer:
            body = answer.raw.read(MAX_BODY_BYTES, decode_content=True)
            headers = {
                name.lower(): value
                for name, value in answer.headers.items()
                if name.lower() in _KEPT_HEADERS or name.lower().startswith(("x-ratelimit-", "x-api-"))
            }
        count = _record_count(body) if answer.status_code == requests.codes.ok else None
        paged = endpoint != "expired"
        return PageResponse(
            request={"host": urlsplit(self.base_url).hostname or "", "path": path, **parameters},
            page_offset=offset,
            status=answer.status_code,
            headers=headers,
            body=body,
            fetched_at=datetime.now(UTC),
            record_count=count,
            last_page=count is not None and (not paged or count < PAGE_SIZE),
        )

    def _request(self, endpoint: str, offset: int) -> tuple[str, dict[str, str]]:
        if endpoint == "expired":
            return (
                (_G1_PATHS["expired"], {}) if self.generation == "g1" else (_G2_PATHS["expired"], {"time_frame": "1d"})
            )
        page = {"offset": str(offset)}
        if self.generation == "g1":
            # The hourly feed knows no limit: its pages hold 100.
            limit = {} if endpoint == "1h" else {"limit": str(PAGE_SIZE)}
            if unknown := sorted(NOT_ON_FEED.get(endpoint, frozenset()) & self.parameters.keys()):
                raise PermanentFailure(
                    f"The {endpoint} feed does not know {', '.join(unknown)}: without it more would be returned, and "
                    "paid for. Take the filter out of the resource active_jobs for this run."
                )
            return _G1_PATHS[endpoint], {**self.parameters, **page, **limit}
        frame = {} if endpoint == "modified" else {"time_frame": endpoint}
        return _G2_PATHS.get(endpoint, "/active-ats"), {**self.parameters, **frame, **page, "limit": str(PAGE_SIZE)}

    def _raise_if_permanent(self, response: PageResponse) -> None:
        status = response.status
        if status == requests.codes.too_many_requests and 0 in (
            response.quota.jobs_remaining, response.quota.requests_remaining
        ):  # fmt: skip
            reset = response.quota.reset_seconds
            when = f"in {reset / 86400:.1f} days" if reset else "with the next billing period"
            raise PermanentFailure(f"The plan's quota is spent; it is renewed {when}. Collect again then.")
        if status in (requests.codes.unauthorized, requests.codes.forbidden):
            raise PermanentFailure(
                f"The API refuses the key (HTTP {status}): check RAPIDAPI_KEY and the plan's subscription."
            )
        if status != requests.codes.ok and status not in _PASSING_STATUS:
            raise PermanentFailure(
                f"The API refuses the request (HTTP {status}): check the filters, ACTIVE_JOBS_BASE_URL and "
                "ACTIVE_JOBS_GENERATION."
            )


def _record_count(body: bytes) -> int | None:
    try:
        return len(parse_page(body))
    except PageError:
        return None


def _retry_after_s(text: str | None, now: datetime) -> float | None:
    """Seconds to wait as `Retry-After` says it: a number or an HTTP date; None when it says nothing usable."""
    if not text:
        return None
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(text) - now).total_seconds())
    except (TypeError, ValueError):
        return None


def expired_ids(body: bytes) -> list[str]:
    """Ids of the expired feed, which comes as strings, integers or objects with an `id`.

    Raises:
        PageError: if the body is no array.
    """
    found = (item.get("id") if isinstance(item, dict) else item for item in parse_page(body))
    return [str(item) for item in found if isinstance(item, int | str) and not isinstance(item, bool)]
