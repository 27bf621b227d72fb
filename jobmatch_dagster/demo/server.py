"""A local Active Jobs server that behaves like the vendor's: paths, pages, windows, quota, errors.

It serves a corpus: the generated market (`corpus.py`) or the user's own records (`pages.py`).
"""

import functools
import json
import operator
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from jobmatch_dagster.core.raw.field_readers import UnusableValueError, read_time
from jobmatch_dagster.core.raw.windows import HOUR, LOOK_BACK, hour_of, latest_collectable_hour
from jobmatch_dagster.demo.corpus import DEFAULT_SEED, postings_of_hour, to_g2
from jobmatch_dagster.resources.clock import wall_time

_G1_ENDPOINTS = {"active-ats-1h": "1h", "active-ats-24h": "24h", "active-ats-7d": "7d", "active-ats-6m": "6m"}
# Largest and default page size of each feed of the first generation.
_G1_LIMITS = {"1h": (100, 100), "24h": (100, 100), "7d": (100, 100), "6m": (500, 500), "modified": (500, 100)}
_G2_LIMIT = 1_000
_DAY = timedelta(days=1)


class Corpus(Protocol):
    """The records that a server serves, in the form of either generation."""

    def records_between(self, start: datetime | None, end: datetime) -> list[dict[str, Any]]:
        """Records indexed in [start, end), or before `end` when there is no start."""


@dataclass(frozen=True)
class GeneratedCorpus:
    """The generated market; nothing in it is older than `since`."""

    per_hour: int
    seed: int = DEFAULT_SEED
    since: datetime | None = None

    def records_between(self, start: datetime | None, end: datetime) -> list[dict[str, Any]]:
        """Records of the hours in [start, end)."""
        first = max((moment for moment in (start, self.since) if moment), default=end - _DAY)
        hours = int((end - hour_of(first)) / HOUR)
        return [record for n in range(hours) for record in self._hour(hour_of(first) + n * HOUR)]

    def _hour(self, hour: datetime) -> list[dict[str, Any]]:
        return _cached_hour(hour, self.per_hour, self.seed)


@dataclass
class RecordedCorpus:
    """The user's own records of any age, served unchanged; tests may change the list between calls."""

    records: list[dict[str, Any]]

    def records_between(self, start: datetime | None, end: datetime) -> list[dict[str, Any]]:
        """Records indexed in [start, end), and those without a readable date."""
        return [
            record
            for record in self.records
            if (created := created_at(record)) is None or ((start is None or created >= start) and created < end)
        ]


@dataclass
class Fault:
    """The response to one call instead of its page; without a `body` it is a page that is cut off."""

    status: int = 200
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    content_type: str = "application/json"
    silent: bool = False
    """Leave out the quota headers."""


@dataclass
class Plan:
    """The quota of a key for one month."""

    jobs: int = 200_000
    requests: int = 25_000
    reset_seconds: int = 2_505_077


class ActiveJobsServer:
    """Serves a corpus on a loopback port while its `with` block runs.

    Args:
        corpus: the records.
        now: the server's clock, on which the time windows depend.
        plan: the quota of every key.
        keys: the accepted keys; every key when empty.
        port: a fixed port, or 0 for a free one.
        all_ages: whether the 6m feed includes records of any age (recorded pages).
    """

    def __init__(
        self,
        corpus: Corpus,
        *,
        now: Callable[[], datetime] = wall_time,
        plan: Plan | None = None,
        keys: Iterable[str] = (),
        port: int = 0,
        all_ages: bool = False,
    ) -> None:
        self.corpus, self.now, self.plan = corpus, now, plan or Plan()
        self.keys, self.all_ages = frozenset(keys), all_ages
        self.calls: list[str] = []
        self.credits_used = 0
        self.expired_ids: list[str] = []
        self.modified_ids: set[str] = set()
        self._faults: list[Fault] = []
        # Worker threads count calls and credits at the same time.
        self._lock = threading.Lock()
        self._server = uvicorn.Server(
            uvicorn.Config(self._app(), host="127.0.0.1", port=port, log_level="critical", lifespan="off")
        )
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    def __enter__(self) -> "ActiveJobsServer":
        self._thread.start()
        deadline = time.monotonic() + 10
        while not self._server.started:
            if time.monotonic() > deadline or not self._thread.is_alive():
                raise RuntimeError("The local Active Jobs server did not start; is its port in use?")
            time.sleep(0.01)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=10)

    @property
    def url(self) -> str:
        """Base address, for instance http://127.0.0.1:40123."""
        host, port = self._server.servers[0].sockets[0].getsockname()[:2]
        return f"http://{host}:{port}"

    def add_faults(self, *faults: Fault) -> None:
        """Respond to the next calls with these faults, one each, in order."""
        self._faults.extend(faults)

    def _app(self) -> Starlette:
        routes = [Route(f"/{path}", functools.partial(self._feed, "g1", e)) for path, e in _G1_ENDPOINTS.items()]
        return Starlette(
            routes=[
                *routes,
                Route("/modified-ats-24h", functools.partial(self._feed, "g1", "modified")),
                Route("/active-ats-expired", self._expired),
                Route("/active-ats", functools.partial(self._feed, "g2", "")),
                Route("/modified-ats", functools.partial(self._feed, "g2", "modified")),
                Route("/expired-ats", self._expired),
            ]
        )

    def _feed(self, generation: str, endpoint: str, request: Request) -> Response:
        query = dict(request.query_params)
        endpoint = endpoint or query.get("time_frame", "")
        if refusal := self._refusal(request) or self._bad_request(generation, endpoint, query):
            return refusal
        limit = self._page_size(generation, endpoint, query)
        offset = int(query.get("offset", 0))
        records = sorted(
            _selected(self._window(endpoint), query), key=lambda r: str(r.get("date_posted") or ""), reverse=True
        )
        page = [self._shaped(record, generation, query) for record in records[offset : offset + limit]]
        with self._lock:
            self.credits_used += 0 if endpoint == "modified" else len(page)
        return self._answer(page)

    def _page_size(self, generation: str, endpoint: str, query: dict[str, str]) -> int:
        largest, default = _G1_LIMITS[endpoint] if generation == "g1" else (_G2_LIMIT, 100)
        return min(int(query.get("limit", default)), largest)

    def _expired(self, request: Request) -> Response:
        return self._refusal(request) or self._answer(list(self.expired_ids))

    def _window(self, endpoint: str) -> list[dict[str, Any]]:
        now = self.now()
        end = latest_collectable_hour(now) + HOUR
        if endpoint == "modified":
            everything = self.corpus.records_between(None, end)
            return [record for record in everything if str(record.get("id")) in self.modified_ids]
        if endpoint == "6m" and self.all_ages:
            return self.corpus.records_between(None, now + _DAY)
        start = end - (HOUR if endpoint == "1h" else LOOK_BACK[endpoint])
        return self.corpus.records_between(start, end)

    def _shaped(self, record: dict[str, Any], generation: str, query: dict[str, str]) -> dict[str, Any]:
        """The record with the fields that the query asks for; the user's own records stay unchanged."""
        if isinstance(self.corpus, RecordedCorpus):
            return record
        if generation == "g2":
            return to_g2(record)
        hidden = [
            prefix
            for prefix, flag in (("ai_", "include_ai"), ("linkedin_org_", "include_li"))
            if query.get(flag) != "true"
        ]
        if "description_type" not in query:
            hidden.append("description_")
        return {key: value for key, value in record.items() if not key.startswith(tuple(hidden) or ("\0",))}

    def _refusal(self, request: Request) -> Response | None:
        """A response other than a page: a scripted fault, a bad key, a used-up quota."""
        with self._lock:
            self.calls.append(str(request.url.path) + "?" + str(request.url.query))
            fault = self._faults.pop(0) if self._faults else None
        if fault:
            time.sleep(fault.delay_s)
            body = b'[{"id": "1", "title": "cut o' if fault.body is None else fault.body
            quota = {} if fault.silent else self._quota_headers()
            return Response(body, fault.status, {**quota, **fault.headers}, media_type=fault.content_type)
        key = request.headers.get("x-rapidapi-key") or request.headers.get("authorization", "").removeprefix("Bearer ")
        if not key:
            return JSONResponse({"message": "Invalid API key."}, 401)
        if self.keys and key not in self.keys:
            return JSONResponse({"message": "You are not subscribed to this API."}, 403)
        if self.credits_used >= self.plan.jobs or len(self.calls) > self.plan.requests:
            message = "You have exceeded the MONTHLY quota for Jobs on your current plan."
            return JSONResponse({"message": message}, 429, self._quota_headers())
        return None

    def _bad_request(self, generation: str, endpoint: str, query: dict[str, str]) -> Response | None:
        numbers = all(query.get(name, "0").isdigit() for name in ("limit", "offset"))
        if endpoint in (*LOOK_BACK, "1h", "modified") and numbers:
            return None
        where = "time_frame" if numbers and generation == "g2" else "limit"
        return JSONResponse({"detail": [{"loc": ["query", where], "msg": "value is not valid"}]}, 400)

    def _answer(self, page: list[Any]) -> Response:
        # As the records came: pages that people saved have NaN and half surrogate pairs, which JSONResponse refuses.
        return Response(json.dumps(page), headers=self._quota_headers(), media_type="application/json")

    def _quota_headers(self) -> dict[str, str]:
        return {
            "X-RateLimit-Jobs-Limit": str(self.plan.jobs),
            "X-RateLimit-Jobs-Remaining": str(max(0, self.plan.jobs - self.credits_used)),
            "X-RateLimit-Jobs-Reset": str(self.plan.reset_seconds),
            "X-RateLimit-Requests-Limit": str(self.plan.requests),
            "X-RateLimit-Requests-Remaining": str(max(0, self.plan.requests - len(self.calls))),
        }


# Parameter: the field that it bounds, and whether a record with this value passes.
_BOUNDS: dict[str, tuple[str, Callable[[datetime, datetime], bool]]] = {
    "date_filter": ("date_posted", operator.gt),
    "date_created_gte": ("date_created", operator.ge),
    "date_created_lt": ("date_created", operator.lt),
}


def _selected(records: list[dict[str, Any]], query: dict[str, str]) -> list[dict[str, Any]]:
    """The records within the bounds of the query; one without a readable date passes."""
    for parameter, (field_name, passes) in _BOUNDS.items():
        bound = read_time(query.get(parameter))
        if bound is not None:
            records = [r for r in records if (moment := _time_of(r, field_name)) is None or passes(moment, bound)]
    return records


def created_at(record: Any) -> datetime | None:
    """When a record was indexed; None without a readable date."""
    return _time_of(record, "date_created")


def _time_of(record: Any, field_name: str) -> datetime | None:
    try:
        return read_time(record.get(field_name)) if isinstance(record, dict) else None
    except UnusableValueError:
        return None


@functools.lru_cache(maxsize=10_000)
def _cached_hour(hour: datetime, count: int, seed: int) -> list[dict[str, Any]]:
    return postings_of_hour(hour, count=count, seed=seed)
