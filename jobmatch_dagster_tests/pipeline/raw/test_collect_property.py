"""Whatever the API does, `jobs` ends with every posting that it sent, once, in the newest version."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from itertools import islice
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, text
from starlette.responses import JSONResponse

from jobmatch_dagster.core.raw.field_readers import read_title
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.demo.corpus import postings_of_hour, to_g2
from jobmatch_dagster.demo.server import ActiveJobsServer, Fault, RecordedCorpus
from jobmatch_dagster.errors import PassingFailure
from jobmatch_dagster.pipeline.catalog.load import load_pages
from jobmatch_dagster.pipeline.raw.collect import collect_hours
from jobmatch_dagster.resources.active_jobs import ActiveJobsResource
from jobmatch_dagster.resources.active_jobs_client import ActiveJobsClient
from jobmatch_dagster_tests.support.world import HOUR

_H = timedelta(hours=1)
_HOURS = 4
_FAULTS = st.sampled_from(
    [
        Fault(status=500, body=b"no"), Fault(status=503, body=b"busy", headers={"Retry-After": "1"}),
        Fault(status=429, body=b"{}"), Fault(body=b"<html>gateway</html>"), Fault(), Fault(body=b""),
        Fault(delay_s=0.4),
    ]
)  # fmt: skip
_STEP = st.fixed_dictionaries(
    {
        "new": st.integers(0, 130),
        "shifts": st.lists(st.integers(-3, 40), max_size=3),
        "changed": st.integers(0, 5),
        "faults": st.lists(_FAULTS, max_size=6),
        "generation": st.sampled_from(["g1", "g2"]),
        "skipped": st.booleans(),
        "killed_after": st.none() | st.integers(1, 60),
    }
)
# Shrinking a failure takes minutes, because each try is a market of its own.
_PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
_EXAMPLES = int(os.environ.get("COLLECTION_EXAMPLES", "12"))


@pytest.fixture
def server() -> Iterator[ActiveJobsServer]:
    with ActiveJobsServer(RecordedCorpus([])) as running:
        yield running


@settings(
    max_examples=_EXAMPLES, deadline=None, phases=_PHASES, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(_STEP, min_size=_HOURS, max_size=_HOURS))
def test_jobs_are_what_was_served(database: Database, server: ActiveJobsServer, steps: list[dict[str, Any]]) -> None:
    _reset(database, server)
    market = _Market(server)
    late = 0
    for number, step in enumerate(steps):
        market.begin_hour(number, step)
        server._faults = list(step["faults"])
        if not step["skipped"]:
            with _killed_after(database, step["killed_after"]), _late_pages(server) as pages:
                _run(database, server, number, step["generation"])
            late += pages[0]
    # What is still missing is fetched in the end, without faults.
    server._faults = []
    market.begin_hour(_HOURS, {"generation": "g1", "new": 0, "changed": 0, "shifts": []})
    with _late_pages(server) as pages:
        _run(database, server, _HOURS - 1, "g1", hours=_HOURS)
    late += pages[0]

    newest: dict[str, str] = {}
    for page in market.served:
        newest |= {str(record["id"]): read_title(record["title"]) or "" for record in page}
    with database.begin() as connection:
        found = {row.external_id: row.title for row in connection.execute(text("SELECT external_id, title FROM jobs"))}
        kept = connection.scalar(text("SELECT coalesce(sum(record_count), 0) FROM job_pages WHERE status = 200"))
        misplaced = connection.scalar(
            text("SELECT count(*) FROM jobs WHERE collection_hour <> date_trunc('hour', date_created)")
        )
    assert found == newest
    if not any(step["shifts"] for step in steps):  # a posting that moved past between two pages was never sent
        assert set(found) == {record["id"] for record in market.records}
    assert misplaced == 0
    assert server.credits_used == sum(map(len, market.served))
    # A page in flight when the process died was paid and is not stored: at most one per kill. The same holds for a page
    # that a busy machine sends later than the client waits.
    kills = sum(step["killed_after"] is not None and not step["skipped"] for step in steps)
    assert kept <= server.credits_used <= kept + 100 * (kills + late)
    paid = server.credits_used
    stamps = _stamps(database)
    _run(database, server, _HOURS - 1, "g1", hours=_HOURS)
    assert _stamps(database) == stamps
    assert server.credits_used == paid


class _Market:
    """What the server serves: it grows by the hour, and shifts between the pages of a sweep.

    `served` has every page that left the server as a page, in order.
    """

    def __init__(self, server: ActiveJobsServer) -> None:
        self.server, self.records, self.served = server, list[dict[str, Any]](), list[list[dict[str, Any]]]()
        self._fresh: Iterator[dict[str, Any]] = iter(())
        self._shifts: list[int] = []
        server._answer = self._answer  # type: ignore[method-assign]

    def begin_hour(self, number: int, step: dict[str, Any]) -> None:
        for record in self.records[: step["changed"]]:
            record["title"] += " II"
        self._second = step["generation"] == "g2"
        self._shifts = list(step["shifts"])
        self._fresh = iter(postings_of_hour(HOUR + number * _H, count=260))
        self._arrive(step["new"])

    def _arrive(self, count: int) -> None:
        self.records += [dict(record) for record in islice(self._fresh, count)]
        self.server.corpus = RecordedCorpus([to_g2(r) for r in self.records] if self._second else list(self.records))

    def _answer(self, page: list[Any]) -> JSONResponse:
        self.served.append(json.loads(json.dumps(page)))
        shift = self._shifts.pop(0) if self._shifts else 0
        if shift < 0:  # served postings are gone, so that the next page starts too far down
            served = {str(record["id"]) for record in page[:-shift]}
            self.records = [record for record in self.records if str(record["id"]) not in served]
        self._arrive(max(shift, 0))
        return JSONResponse(page, headers=self.server._quota_headers())


class _Killed(BaseException):
    """The end of a process, which no `except Exception` sees."""


@contextmanager
def _killed_after(database: Database, statements: int | None) -> Iterator[None]:
    """The process dies after this many statements; the server rolls back the open transaction."""
    left = statements

    def count(*_: object) -> None:
        nonlocal left
        if left is not None:
            left -= 1
            if left <= 0:
                raise _Killed

    event.listen(database.engine, "after_cursor_execute", count)
    try:
        with suppress(_Killed):
            yield
    finally:
        event.remove(database.engine, "after_cursor_execute", count)


@contextmanager
def _late_pages(server: ActiveJobsServer) -> Iterator[list[int]]:
    """Number of answers that came too late without a fault (one number, at the end of the block)."""
    counted = [0]
    given = sum(fault.delay_s > 0 for fault in server._faults)
    get = ActiveJobsClient._get

    def counting(client: ActiveJobsClient, *arguments: Any) -> Any:
        try:
            return get(client, *arguments)
        except requests.ReadTimeout:
            counted[0] += 1
            raise

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ActiveJobsClient, "_get", counting)
        try:
            yield counted
        finally:
            counted[0] -= given - sum(fault.delay_s > 0 for fault in server._faults)


def _run(database: Database, server: ActiveJobsServer, number: int, generation: str, *, hours: int = 1) -> None:
    now = HOUR + (number + 2) * _H + timedelta(minutes=15)
    server.now = lambda: now

    def client() -> ActiveJobsClient:
        made = ActiveJobsResource(base_url=server.url, api_key="k", generation=generation).client()
        made.sleep = lambda _: None
        made.timeouts_s = (5, 0.2)
        return made

    wanted = [HOUR + (number - n) * _H for n in range(hours)]
    with suppress(PassingFailure):
        collect_hours(database, client, wanted, now=now, max_pages_per_hour=10, run_id="r")
    load_pages(database, "r")


def _reset(database: Database, server: ActiveJobsServer) -> None:
    with database.begin() as connection:
        connection.execute(text("TRUNCATE job_pages, jobs, job_clusters, quarantined_records CASCADE"))
    server.calls.clear()
    server.credits_used = 0


def _stamps(database: Database) -> list[Any]:
    with database.begin() as connection:
        return [tuple(row) for row in connection.execute(text("SELECT external_id, xmin::text FROM jobs ORDER BY 1"))]
