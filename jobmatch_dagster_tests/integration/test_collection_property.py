"""Whatever the API does, `jobs` ends as the set of what it showed, each posting once, in its newest version."""

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from starlette.responses import JSONResponse

from jobmatch_dagster.core.failures import PassingFailure
from jobmatch_dagster.core.fields import read_title
from jobmatch_dagster.db.engine import Database
from jobmatch_dagster.defs.catalog.stage import load_pages
from jobmatch_dagster.defs.raw.stage import collect_hours
from jobmatch_dagster.demo.corpus import postings_of_hour, to_g2
from jobmatch_dagster.demo.server import ActiveJobsServer, Fault, RecordedCorpus
from jobmatch_dagster.resources.active_jobs import ActiveJobsResource
from jobmatch_dagster.resources.active_jobs_client import ActiveJobsClient
from jobmatch_dagster_tests.world import HOUR

_H = timedelta(hours=1)
_HOURS = 4
_FAULTS = st.sampled_from(
    [
        Fault(status=500, body=b"no"), Fault(status=503, body=b"busy", headers={"Retry-After": "1"}),
        Fault(status=429, body=b"{}"), Fault(body=b"<html>gateway</html>"), Fault(), Fault(body=b""),
    ]
)  # fmt: skip
_STEP = st.fixed_dictionaries(
    {
        "new": st.integers(0, 130),
        "changed": st.integers(0, 5),
        "faults": st.lists(_FAULTS, max_size=6),
        "generation": st.sampled_from(["g1", "g2"]),
        "skipped": st.booleans(),
        "killed_before_loading": st.booleans(),
    }
)
# Making a failure smaller takes minutes: each try is a market of its own.
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
    served: list[list[dict[str, Any]]] = []
    _record(server, served)
    market: list[dict[str, Any]] = []
    for number, step in enumerate(steps):
        _change(market, step, number)
        server.corpus = RecordedCorpus([to_g2(r) for r in market] if step["generation"] == "g2" else list(market))
        server._faults = list(step["faults"])
        if not step["skipped"]:
            _run(database, server, number, step["generation"], load=not step["killed_before_loading"])
    # What is still missing is fetched in the end, without faults.
    server._faults = []
    server.corpus = RecordedCorpus(list(market))
    _run(database, server, _HOURS - 1, "g1", hours=_HOURS)

    newest: dict[str, str] = {}
    for page in served:
        newest |= {str(record["id"]): read_title(record["title"]) or "" for record in page}
    with database.begin() as connection:
        found = {row.external_id: row.title for row in connection.execute(text("SELECT external_id, title FROM jobs"))}
        kept = connection.scalar(text("SELECT coalesce(sum(record_count), 0) FROM job_pages WHERE status = 200"))
        misplaced = connection.scalar(
            text("SELECT count(*) FROM jobs WHERE collection_hour <> date_trunc('hour', date_created)")
        )
    assert found == newest
    assert set(found) >= {record["id"] for record in market}
    assert misplaced == 0
    assert kept == sum(map(len, served)) == server.credits_used
    stamps = _stamps(database)
    _run(database, server, _HOURS - 1, "g1", hours=_HOURS)
    assert _stamps(database) == stamps
    assert server.credits_used == kept


def _run(
    database: Database, server: ActiveJobsServer, number: int, generation: str, *, hours: int = 1, load: bool = True
) -> None:
    now = HOUR + (number + 2) * _H + timedelta(minutes=15)
    server.now = lambda: now

    def client() -> ActiveJobsClient:
        made = ActiveJobsResource(base_url=server.url, api_key="k", generation=generation).client()
        made.sleep = lambda _: None
        return made

    wanted = [HOUR + (number - n) * _H for n in range(hours)]
    with suppress(PassingFailure):
        collect_hours(database, client, wanted, now=now, max_pages_per_hour=10, run_id="r")
    if load:
        load_pages(database, "r")


def _change(market: list[dict[str, Any]], step: dict[str, Any], number: int) -> None:
    for record in market[: step["changed"]]:
        record["title"] += " II"
    fresh = postings_of_hour(HOUR + number * _H, count=200)[: step["new"]]
    market += [dict(record) for record in fresh]


def _record(server: ActiveJobsServer, served: list[list[dict[str, Any]]]) -> None:
    """Keep what leaves the server as a page."""

    def answer(page: list[Any]) -> JSONResponse:
        served.append(json.loads(json.dumps(page)))
        return JSONResponse(page, headers=server._quota_headers())

    server._answer = answer  # type: ignore[method-assign]


def _reset(database: Database, server: ActiveJobsServer) -> None:
    with database.begin() as connection:
        connection.execute(text("TRUNCATE job_pages, jobs, job_clusters, quarantined_records CASCADE"))
    server.calls.clear()
    server.credits_used = 0


def _stamps(database: Database) -> list[Any]:
    with database.begin() as connection:
        return [tuple(row) for row in connection.execute(text("SELECT external_id, xmin::text FROM jobs ORDER BY 1"))]
