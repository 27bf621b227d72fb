"""HTTP client of the Active Jobs API, both generations: paging, retries, and which failures are permanent."""

import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3

from jobmatch_dagster.core.raw.page_records import PageError, parse_page
from jobmatch_dagster.core.raw.response import PageResponse, is_stored_header
from jobmatch_dagster.core.raw.windows import Sweep, posted_after
from jobmatch_dagster.errors import PassingFailure, PermanentFailure
from jobmatch_dagster.resources.active_jobs_filters import NOT_ON_FEED
from jobmatch_dagster.resources.clock import wall_time

RAPIDAPI_HOST = "active-jobs-db.p.rapidapi.com"
# The 6m feed has larger pages: a fifth of the requests for the same postings.
PAGE_SIZE, HISTORY_PAGE_SIZE = 100, 500
# Feeds that cost a request but no job credits.
FREE_FEEDS = frozenset({"modified", "expired"})
CONNECT_TIMEOUT_S, READ_TIMEOUT_S = 10, 90
# A server that sends single bytes never reaches the read timeout.
BODY_TIMEOUT_S = 300
MAX_ATTEMPTS = 4
MAX_WAIT_S = 120.0
MAX_BODY_BYTES = 64 * 1024 * 1024

_G1_PATHS = {
    "1h": "/active-ats-1h", "24h": "/active-ats-24h", "7d": "/active-ats-7d", "6m": "/active-ats-6m",
    "modified": "/modified-ats-24h", "expired": "/active-ats-expired",
}  # fmt: skip
_G2_PATHS = {"modified": "/modified-ats", "expired": "/expired-ats"}
_FIRST_SERVER_ERROR = 500
# A first page of one of these sizes may be the whole feed, or the largest page that the server sends.
_LIKELY_CAPS = frozenset({10, 20, 25, 50, 100, 200, 250})
# A shorter key protects nothing, and may be part of any word.
_SHORTEST_KEY_CHARACTERS = 8
_CHUNK_BYTES = 256 * 1024
# Requests that cannot be sent: the address or the key is malformed.
_UNSENDABLE = (
    requests.exceptions.InvalidHeader,
    requests.exceptions.InvalidSchema,
    requests.exceptions.InvalidURL,
    requests.exceptions.MissingSchema,
)


@dataclass
class ActiveJobsClient:
    """Calls the API. The caller gets every response, failed ones too, before a failure is raised.

    Args:
        base_url: for instance https://active-jobs-db.p.rapidapi.com.
        api_key: sent as a header, never shown.
        generation: "g1" or "g2".
        parameters: query parameters besides the page, without the key.
        filters: the same in the project's own terms; stored with each page.
        credit_reserve: number of job credits that stay unspent.
        timeouts_s: longest waits for a connection and for the next bytes of an answer.
        sleep: waits between attempts, for so many seconds.
        now: gives the time when a page was fetched. It is not fixed: pages are ordered by it.
    """

    base_url: str
    api_key: str = field(repr=False)
    generation: str = "g1"
    parameters: Mapping[str, str] = field(default_factory=dict)
    filters: Mapping[str, Any] = field(default_factory=dict)
    credit_reserve: int = 0
    timeouts_s: tuple[float, float] = (CONNECT_TIMEOUT_S, READ_TIMEOUT_S)
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], datetime] = wall_time

    def __post_init__(self) -> None:
        host = urlsplit(self.base_url).hostname or ""
        self._session = requests.Session()
        if self.generation == "g2" and not host.endswith("rapidapi.com"):
            self._session.headers["Authorization"] = f"Bearer {self.api_key}"
        else:
            self._session.headers.update({"x-rapidapi-key": self.api_key, "x-rapidapi-host": RAPIDAPI_HOST})

    def modified_since(self, moment: datetime) -> "ActiveJobsClient":
        """The same client for changes since then; the feed of the first generation always covers one day."""
        if self.generation == "g1":
            return self
        return replace(self, parameters={**self.parameters, "date_modified_gte": _written(moment)})

    @property
    def selects_by_index_time(self) -> bool:
        """Whether a feed can be narrowed to hours of indexing."""
        return self.generation == "g2"

    def narrowed(self, sweep: Sweep) -> "ActiveJobsClient":
        """The same client for the hours of this sweep alone, as far as the generation and the feed can select them."""
        start, end = sweep.window_start, sweep.window_end
        if start is None or end is None or sweep.endpoint == "1h":
            return self
        if self.selects_by_index_time:
            bounds = {"date_created_gte": _written(start), "date_created_lt": _written(end)}
        elif sweep.endpoint == "7d":
            bounds = {"date_filter": _written(posted_after(start))}
        else:
            return self
        return replace(self, parameters={**self.parameters, **bounds})

    def page_size(self, endpoint: str) -> int:
        """Number of records on a full page."""
        return HISTORY_PAGE_SIZE if endpoint == "6m" else PAGE_SIZE

    def page_cost(self, endpoint: str) -> int:
        """Number of job credits that a full page costs."""
        return 0 if endpoint in FREE_FEEDS else self.page_size(endpoint)

    def sweep(self, endpoint: str, *, max_pages: int, start_offset: int = 0) -> Iterator[PageResponse]:
        """Fetch the pages of a feed until one is shorter than the server's full pages, `max_pages` at most.

        Failed responses are yielded too (by status, or without a record count); the sweep continues after a retry.

        Raises:
            PermanentFailure: on a refused key, plan or parameter, a spent quota, or a page that is too large.
            PassingFailure: if the last attempt fails, or the server asks for a long pause or repeats one page.
        """
        offset, previous, size = start_offset, None, self.page_size(endpoint)
        for number in range(max_pages):
            page = None
            for response in self._attempts(endpoint, offset):
                if number == 0 and response.record_count in _LIKELY_CAPS and endpoint != "expired":
                    size = min(size, response.record_count)
                page = replace(response, last_page=_is_last(response, size, endpoint))
                yield page
            if page is None or page.last_page:
                return
            if page.sha256 == previous:
                raise PassingFailure(f"The API repeats the same page of {endpoint}; try again later.")
            # The server may send more records than requested; the next page starts after them.
            previous, offset = page.sha256, offset + (page.record_count or 0)

    def _attempts(self, endpoint: str, offset: int) -> Iterator[PageResponse]:
        """Responses for one page: failed ones, then the usable one."""
        problem = ""
        for attempt in range(1, MAX_ATTEMPTS + 1):
            wait_s: float | None = None
            try:
                response = self._get(endpoint, offset)
            except _UNSENDABLE as error:
                raise PermanentFailure(
                    f"The request cannot be sent ({type(error).__name__}): check ACTIVE_JOBS_BASE_URL and RAPIDAPI_KEY."
                ) from None
            except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
                # The exception's text may repeat the request; its class says enough.
                problem = f"no answer ({type(error).__name__})"
            else:
                yield response
                if response.status == requests.codes.ok and response.record_count is not None:
                    return
                self._raise_if_permanent(response)
                problem = f"HTTP {response.status}" if response.status != requests.codes.ok else "an unreadable page"
                wait_s = response.retry_after_s
            if wait_s is not None and wait_s > MAX_WAIT_S:
                raise PassingFailure(
                    f"The API answered {endpoint} with {problem} and asks for a pause of {wait_s:,.0f} s.",
                    wait_s=wait_s,
                )
            if attempt < MAX_ATTEMPTS:
                backoff_s = 2.0**attempt * random.uniform(0.5, 1.0)  # noqa: S311 (jitter, no secret)
                self.sleep(max(wait_s or 0.0, backoff_s))
        raise PassingFailure(
            f"{MAX_ATTEMPTS} attempts failed with {problem} for {endpoint} at offset {offset}; try again later. "
            "The responses are stored in job_pages."
        )

    def _get(self, endpoint: str, offset: int) -> PageResponse:
        path, parameters = self._request(endpoint, offset)
        # A redirect would send the key to another host, so none is followed.
        with self._session.get(
            self.base_url.rstrip("/") + path, params=parameters, timeout=self.timeouts_s, stream=True,
            allow_redirects=False,
        ) as answer:  # fmt: skip
            body = _without_key(_read_body(answer), self.api_key)
            headers = {
                name.lower(): _without_key(value.replace("\0", "").encode(), self.api_key).decode()
                for name, value in answer.headers.items()
                if is_stored_header(name.lower())
            }
        return PageResponse(
            request={"host": urlsplit(self.base_url).hostname or "", "path": path, **parameters},
            page_offset=offset,
            status=answer.status_code,
            headers=headers,
            body=body,
            fetched_at=self.now(),
            record_count=_record_count(body) if answer.status_code == requests.codes.ok else None,
            last_page=False,
        )

    def _request(self, endpoint: str, offset: int) -> tuple[str, dict[str, str]]:
        if endpoint == "expired":
            return (
                (_G1_PATHS["expired"], {}) if self.generation == "g1" else (_G2_PATHS["expired"], {"time_frame": "1d"})
            )
        page, limit = {"offset": str(offset)}, {"limit": str(self.page_size(endpoint))}
        if self.generation == "g1":
            # The hourly feed has no parameter `limit`: its pages have 100 records.
            limit = {} if endpoint == "1h" else limit
            if unknown := sorted(NOT_ON_FEED.get(endpoint, frozenset()) & self.parameters.keys()):
                raise PermanentFailure(
                    f"The {endpoint} feed ignores {', '.join(unknown)} and would return, at a cost, more postings. "
                    "Remove the filter from the resource active_jobs for this run."
                )
            return _G1_PATHS[endpoint], {**self.parameters, **page, **limit}
        frame = {} if endpoint == "modified" else {"time_frame": endpoint}
        return _G2_PATHS.get(endpoint, "/active-ats"), {**self.parameters, **frame, **page, **limit}

    def _raise_if_permanent(self, response: PageResponse) -> None:
        status = response.status
        if response.quota_is_spent:
            reset = response.quota.reset_seconds
            when = f"in {reset / 86400:.1f} days" if reset else "with the next billing period"
            raise PermanentFailure(f"The plan's quota is spent; it is renewed {when}. Collect again then.")
        if status in (requests.codes.unauthorized, requests.codes.forbidden):
            raise PermanentFailure(
                f"The API refuses the key (HTTP {status}): check RAPIDAPI_KEY and the plan's subscription."
            )
        if status == requests.codes.ok and len(response.body) > MAX_BODY_BYTES:
            raise PermanentFailure(
                f"The API sent a page larger than {MAX_BODY_BYTES // 1024**2} MiB; its first part is stored. Use "
                "narrower filters, or leave descriptions out."
            )
        if status < _FIRST_SERVER_ERROR and status not in (
            requests.codes.ok, requests.codes.request_timeout, requests.codes.too_early,
            requests.codes.too_many_requests,
        ):  # fmt: skip
            raise PermanentFailure(
                f"The API refuses the request (HTTP {status}): check the filters, ACTIVE_JOBS_BASE_URL and "
                "ACTIVE_JOBS_GENERATION."
            )


def _written(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}"


def _read_body(answer: requests.Response) -> bytes:
    """The decoded body, cut one byte after `MAX_BODY_BYTES`: a longer one is too large."""
    body, deadline = bytearray(), time.monotonic() + BODY_TIMEOUT_S
    # One read of the socket at a time: requests' own chunks wait until they are full, for any length of time.
    while len(body) <= MAX_BODY_BYTES and (chunk := answer.raw.read1(_CHUNK_BYTES, decode_content=True)):
        body += chunk
        if time.monotonic() > deadline:
            raise requests.exceptions.ReadTimeout
    return bytes(body[: MAX_BODY_BYTES + 1])


def _without_key(answer: bytes, key: str) -> bytes:
    """An answer as it is stored: whoever repeats our key, as some proxies do in their errors, puts it into no table."""
    return answer.replace(key.encode(), b"***") if len(key) >= _SHORTEST_KEY_CHARACTERS else answer


def _is_last(response: PageResponse, size: int, endpoint: str) -> bool:
    count = response.record_count
    return count is not None and (endpoint == "expired" or count < size)


def _record_count(body: bytes) -> int | None:
    try:
        return len(parse_page(body))
    except PageError:
        return None
