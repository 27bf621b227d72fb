"""Collection over many runs: outages, cut windows, reserves, interruptions, both generations, rebuilt tables."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest

from jobmatch_dagster.cli.runs import RunFailedError, run_job
from jobmatch_dagster.core.raw.windows import hour_name
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.raw import pages
from jobmatch_dagster.demo.server import ActiveJobsServer, Fault, GeneratedCorpus
from jobmatch_dagster.environment import environment
from jobmatch_dagster.errors import PassingFailure
from jobmatch_dagster.pipeline.catalog.load import load_pages
from jobmatch_dagster.pipeline.raw.collect import collect_hours
from jobmatch_dagster.pipeline.raw.sweep import HOUR_PASSED, PAGE_LIMIT_REACHED, RESERVE_REACHED, CollectReport
from jobmatch_dagster.resources.active_jobs import ActiveJobsResource
from jobmatch_dagster.resources.active_jobs_client import ActiveJobsClient
from jobmatch_dagster.resources.active_jobs_filters import Filters
from jobmatch_dagster_tests.support.world import HOUR, NOW, World

_H = timedelta(hours=1)


def _metadata(result: Any, asset: str = "job_pages") -> dict[str, Any]:
    (event,) = (e for e in result.get_asset_materialization_events() if e.asset_key.path[-1] == asset)
    return {name: value.value for name, value in event.materialization.metadata.items()}


@contextmanager
def _at(world: World, hours: int) -> Iterator[None]:
    """Set the clocks of the server and the pipeline back by so many hours."""
    moment, clock = NOW - hours * _H, world.server.now
    world.server.now = lambda: moment
    with environment({"JOBMATCH_CLOCK": moment.isoformat()}):
        yield
    world.server.now = clock


@pytest.mark.parametrize("count", [4, pytest.param(24, marks=pytest.mark.nightly)])
def test_hourly_runs_and_one_wide_backfill_give_the_same_rows(world: World, count: int) -> None:
    world.market(per_hour=12, since=HOUR - (count - 1) * _H)
    for hours in reversed(range(count)):
        with _at(world, hours):
            world.collect(HOUR - hours * _H)
    assert {call.split("?")[0] for call in world.server.calls} == {"/active-ats-1h"}
    one_by_one = world.rows("jobs", "job_embeddings")
    clusters = "SELECT string_agg(cluster_key, ',' ORDER BY cluster_key) FROM job_clusters"
    found = world.scalar(clusters)
    with world.database.begin() as connection:
        connection.exec_driver_sql("TRUNCATE jobs, job_pages, job_clusters CASCADE")
    run_job(world.defs, world.instance, "backfill_history", run_config=_history("24h"))
    assert world.rows("jobs", "job_embeddings") == one_by_one
    assert world.scalar(clusters) == found
    assert len(one_by_one["jobs"]) == 12 * count


@pytest.mark.collected
def test_freshness_is_measured_from_date_created_to_the_row(world: World) -> None:
    with _at(world, -1):
        later = _metadata(world.collect(HOUR + _H), "jobs")
        again = _metadata(world.collect(HOUR + _H), "jobs")
    with world.database.begin() as connection:
        query = "SELECT date_created, inserted_at FROM jobs WHERE collection_hour = %s"
        rows = connection.exec_driver_sql(query, (HOUR + _H,)).all()
    seconds = [(row.inserted_at - row.date_created).total_seconds() for row in rows]
    # Only rows that the run inserted count; there is no freshness if it inserted none.
    assert len(seconds) == 12
    assert later["freshness_median_s"] == pytest.approx(np.median(seconds))
    assert later["freshness_p95_s"] == pytest.approx(np.percentile(seconds, 95))
    assert later["freshness_median_s"] < later["freshness_p95_s"]
    assert not [name for name in again if name.startswith("freshness")]


def test_outage_is_found_by_the_check_and_fixed_by_one_sweep(world: World) -> None:
    with _at(world, 4):
        world.market(per_hour=12, since=HOUR - 5 * _H)
        world.collect(HOUR - 4 * _H)
    result = world.collect(HOUR)
    check = next(e for e in result.get_asset_check_evaluations() if e.check_name == "no_missing_hours")
    assert not check.passed
    assert check.metadata["hours_missing"].value == 3
    assert "[2026-11-20-04:00...2026-11-20-06:00]" in str(check.metadata["recovery"].value)
    calls = len(world.server.calls)
    tags = {
        "dagster/asset_partition_range_start": hour_name(HOUR - 3 * _H),
        "dagster/asset_partition_range_end": hour_name(HOUR - _H),
    }
    backfill = run_job(world.defs, world.instance, "hourly_collection", tags=tags)
    assert [call.split("?")[0] for call in world.server.calls[calls:]] == ["/active-ats-24h"]
    check = next(e for e in backfill.get_asset_check_evaluations() if e.check_name == "no_missing_hours")
    assert check.passed
    hours = "SELECT count(*) FROM jobs WHERE collection_hour = date_trunc('hour', date_created)"
    assert world.scalar(hours) == world.scalar("SELECT count(*) FROM jobs") == 72


def test_hour_cut_by_the_page_limit_is_fetched_by_the_next_run(world: World) -> None:
    world.market(per_hour=15, since=HOUR - 2 * _H)
    world.server._page_size = lambda *_: 10  # type: ignore[method-assign]
    world.configure(max_pages_per_hour=1)
    with _at(world, 1):
        first = world.collect(HOUR - _H)
    metadata = _metadata(first)
    assert (metadata["complete"], metadata["stopped"]) == (False, "the page limit is reached")
    check = next(e for e in first.get_asset_check_evaluations() if e.check_name == "no_cut_hours")
    assert not check.passed
    world.configure(max_pages_per_hour=10)
    second = world.collect(HOUR)
    assert _metadata(second)["hours_fetched_again"] == 1
    assert world.scalar("SELECT count(*) FROM jobs") == 45
    assert world.scalar("SELECT count(*) FROM job_embeddings") == 45
    check = next(e for e in second.get_asset_check_evaluations() if e.check_name == "no_cut_hours")
    assert check.passed


def test_hours_cut_in_a_wider_feed_are_fetched_again(world: World) -> None:
    world.market(per_hour=150, since=HOUR - 2 * _H)
    with _at(world, 2):
        _collect(world, [HOUR - 2 * _H], NOW - 2 * _H, max_pages=1)
    with _at(world, 1):  # widens to both hours, and is cut as well
        report = _collect(world, [HOUR - _H], NOW - _H, max_pages=2)
    assert (report.endpoint, report.stopped) == ("24h", PAGE_LIMIT_REACHED)
    assert {HOUR - 2 * _H, HOUR - _H} <= _cut(world)
    report = _collect(world, [HOUR], NOW)
    assert (report.endpoint, report.complete, _cut(world)) == ("24h", True, set())
    assert world.scalar("SELECT count(*) FROM jobs") == 450


def test_completed_sweep_is_not_resumed_again(world: World) -> None:
    world.market(per_hour=100, since=HOUR - 5 * _H)
    week = [HOUR - n * _H for n in range(168)]
    for _ in range(3):
        _collect(world, week, NOW, max_pages=3)
    assert world.scalar("SELECT count(*) FROM jobs") == 600
    assert _offsets(world.server.calls) == [0, 100, 200, 200, 300, 400, 400, 500, 600]
    # A sweep after another outage begins at the first page.
    calls = len(world.server.calls)
    _collect(world, [HOUR - 30 * _H], NOW, refetch=True)
    assert world.server.calls[calls].startswith("/active-ats-7d")
    assert _offsets(world.server.calls[calls:])[0] == 0


def test_hours_since_an_interrupted_sweep_are_fetched(world: World) -> None:
    world.market(per_hour=100, since=HOUR - 5 * _H)
    with _at(world, 3):
        _collect(world, [HOUR - (n + 3) * _H for n in range(168)], NOW - 3 * _H, max_pages=2)
    calls = len(world.server.calls)
    assert _collect(world, [HOUR - n * _H for n in range(168)], NOW).complete
    assert world.scalar("SELECT count(*) FROM jobs") == 600
    asked = [call.split("?")[0] for call in world.server.calls[calls:]]
    assert asked[0] == "/active-ats-7d"
    assert asked[-1] == "/active-ats-24h"


def test_distant_hours_are_one_sweep(world: World) -> None:
    """Dagster launches a run for each range of a backfill; the feed of the first run has the hours of the others."""
    world.market(per_hour=12, since=HOUR - 9 * _H)
    for first, last in ((8, 7), (5, 5), (2, 1)):
        _collect(world, [HOUR - n * _H for n in range(last, first + 1)], NOW)
    assert [call.split("?")[0] for call in world.server.calls] == ["/active-ats-24h"] * 2
    assert world.server.credits_used == world.scalar("SELECT count(*) FROM jobs") == 120


def test_hour_that_ends_while_it_is_read_is_incomplete(database: Database) -> None:
    """From 10:00 on the feed answers for the next hour."""
    now = NOW.replace(minute=59, second=59)
    corpus = GeneratedCorpus(per_hour=250, since=HOUR)
    with ActiveJobsServer(corpus, now=lambda: now) as server:
        server.add_faults(Fault(status=503, body=b"busy"))
        resource = ActiveJobsResource(base_url=server.url, api_key="k")

        def client() -> ActiveJobsClient:
            made = resource.client()
            made.sleep = lambda _: time.sleep(1.1)
            return made

        report = collect_hours(database, client, [HOUR], now=now, max_pages_per_hour=10, run_id="r")
    assert (report.stopped, report.complete) == (HOUR_PASSED, False)
    with database.begin() as connection:
        assert pages.cut_hours(connection, HOUR, HOUR + _H, Filters().identity()) == {HOUR}


def test_interrupted_hour_resumes_at_its_last_page(world: World) -> None:
    """A retry of the step does not pay for the same postings again."""
    world.market(per_hour=450, since=HOUR)
    broken = [Fault(status=500, body=b"no")] * 4
    answer = world.server._answer

    def answer_then_break(page: list[Any]) -> Any:
        if world.server.credits_used == 300 and broken:
            world.server.add_faults(*broken)
            broken.clear()
        return answer(page)

    world.server._answer = answer_then_break  # type: ignore[method-assign]
    with pytest.raises(PassingFailure):
        _collect(world, [HOUR], NOW)
    report = _collect(world, [HOUR], NOW)
    assert (report.complete, report.credits) == (True, 250)
    assert world.server.credits_used == 450 + 100
    assert world.scalar("SELECT count(*) FROM jobs") == 450


def test_plan_without_renewal_date_is_tried_again_after_a_day(world: World) -> None:
    world.market(per_hour=150, since=HOUR)
    headers = {"X-Api-Jobs-Remaining": "150", "X-Api-Requests-Remaining": "7"}
    world.server._quota_headers = lambda: headers  # type: ignore[method-assign]
    assert _collect(world, [HOUR], NOW).stopped == RESERVE_REACHED
    again = _collect(world, [HOUR], NOW)
    assert again.outlook
    assert (again.calls, again.outlook.credits_left, again.outlook.requests_left) == (0, 150, 7)
    with world.database.begin() as connection:
        connection.exec_driver_sql("UPDATE job_pages SET fetched_at = fetched_at - interval '25 hours'")
    headers["X-Api-Jobs-Remaining"] = "20000"
    assert _collect(world, [HOUR], NOW).complete


def test_run_stops_before_the_credit_reserve(world: World) -> None:
    world.market(per_hour=150, since=HOUR)
    world.server.plan.jobs = 350
    world.configure(credit_reserve=200)
    metadata = _metadata(world.collect())
    assert (metadata["stopped"], metadata["credits_spent"], metadata["complete"]) == (
        "the credit reserve is reached",
        100,
        False,
    )
    # The fetched page is loaded, and the next run does not touch the reserve either.
    assert world.scalar("SELECT count(*) FROM jobs") == 100
    calls = len(world.server.calls)
    assert _metadata(world.collect())["calls"] == 0
    assert len(world.server.calls) == calls


@pytest.mark.collected
def test_other_filters_have_hours_of_their_own(world: World) -> None:
    world.configure(filters=Filters(location="Austria"))
    assert _metadata(world.collect())["hours_already_complete"] == 0
    assert "location_filter=Austria" in world.server.calls[-1]


def test_interrupted_wide_sweep_resumes_where_it_ended(world: World) -> None:
    world.market(per_hour=10, since=HOUR - 5 * _H)
    world.server._page_size = lambda *_: 10  # type: ignore[method-assign]
    config = _history("7d")
    # From the fourth call on the key is refused.
    known, refusal = world.server.keys, world.server._refusal

    def refuse(request: Any) -> Any:
        world.server.keys = known if len(world.server.calls) < 3 else frozenset({"another"})
        return refusal(request)

    world.server._refusal = refuse  # type: ignore[method-assign]
    with pytest.raises(RunFailedError, match="refuses the key"):
        run_job(world.defs, world.instance, "backfill_history", run_config=config)
    kept = world.scalar("SELECT max(page_offset) FROM job_pages WHERE status = 200 AND record_count IS NOT NULL")
    assert kept >= 10
    calls = len(world.server.calls)
    world.server._refusal, world.server.keys = refusal, known  # type: ignore[method-assign]
    run_job(world.defs, world.instance, "backfill_history", run_config=config)
    assert f"offset={kept}" in world.server.calls[calls]
    assert world.scalar("SELECT count(*) FROM jobs") == 60


def test_jobs_are_rebuilt_from_pages_alone(world: World) -> None:
    world.collect(HOUR - _H)
    before, calls = world.rows("jobs"), len(world.server.calls)
    with world.database.begin() as connection:
        connection.exec_driver_sql("TRUNCATE jobs, job_clusters CASCADE")
    world.collect(HOUR - _H, run_config={"ops": {"catalog__jobs": {"config": {"rebuild": True}}}})
    assert world.rows("jobs") == before
    assert len(world.server.calls) == calls


@pytest.mark.collected
def test_both_generations_give_the_same_rows(world: World) -> None:
    facts = (
        "SELECT string_agg(concat_ws('|', external_id, title, company, location, date_created, text_hash, "
        "ai_key_skills, ai_salary_minvalue, linkedin_org_employees), ',' ORDER BY external_id) FROM jobs"
    )
    known = world.scalar(facts)
    with world.database.begin() as connection:
        connection.exec_driver_sql("TRUNCATE jobs, job_pages, job_clusters CASCADE")
    world.configure(generation="g2")
    world.collect()
    assert world.scalar("SELECT count(*) FROM jobs") == 12
    assert world.scalar(facts) == known


def _collect(world: World, hours: list[datetime], now: datetime, **options: Any) -> CollectReport:
    """Fetch and load, without the later stages."""

    def client() -> ActiveJobsClient:
        made = ActiveJobsResource(base_url=world.server.url, api_key="k").client()
        made.sleep = lambda _: None
        return made

    report = collect_hours(world.database, client, hours, now=now, max_pages_per_hour=10, run_id="r", **options)
    load_pages(world.database, "r")
    return report


def _cut(world: World) -> set[datetime]:
    with world.database.begin() as connection:
        return pages.cut_hours(connection, HOUR - 23 * _H, HOUR + _H, Filters().identity())


def _offsets(calls: list[str]) -> list[int]:
    return [int(call.split("offset=")[1].split("&")[0]) for call in calls]


def _history(endpoint: str) -> dict[str, Any]:
    return {"ops": {"sweep_history": {"config": {"endpoint": endpoint}}}}
