"""Collection over many runs: outages, cut windows, reserves, interruptions, both generations, rebuilt tables."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from jobmatch_dagster.build import build_defs
from jobmatch_dagster.partitions import HOUR_FORMAT
from jobmatch_dagster.resources.active_jobs import ActiveJobsResource
from jobmatch_dagster.resources.active_jobs_filters import Filters
from jobmatch_dagster.runs import RunFailedError, run_job
from jobmatch_dagster.runtime import environment
from jobmatch_dagster_tests.world import HOUR, NOW, World

_H = timedelta(hours=1)


def _with(world: World, **fields: Any) -> None:
    resource = ActiveJobsResource(base_url=world.server.url, api_key="k", **fields)
    world.defs = build_defs({"active_jobs": resource})


def _metadata(result: Any, asset: str = "job_pages") -> dict[str, Any]:
    (event,) = (e for e in result.get_asset_materialization_events() if e.asset_key.path[-1] == asset)
    return {name: value.value for name, value in event.materialization.metadata.items()}


@contextmanager
def _at(world: World, hours: int) -> Iterator[None]:
    """Set the clocks of server and pipeline so many hours before now."""
    moment, clock = NOW - hours * _H, world.server.now
    world.server.now = lambda: moment
    with environment({"JOBMATCH_CLOCK": moment.isoformat()}):
        yield
    world.server.now = clock


@pytest.mark.parametrize("count", [4, pytest.param(24, marks=pytest.mark.nightly)])
def test_hourly_runs_are_as_one_wide_backfill(world: World, count: int) -> None:
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


def test_an_outage_is_found_by_the_check_and_mended_by_one_sweep(world: World) -> None:
    with _at(world, 4):
        world.market(per_hour=12, since=HOUR - 5 * _H)
        world.collect(HOUR - 4 * _H)
    result = world.collect(HOUR)
    check = next(e for e in result.get_asset_check_evaluations() if e.check_name == "no_missing_hours")
    assert not check.passed
    assert check.metadata["hours_missing"].value == 3
    assert "2026-11-20-04:00 to 2026-11-20-06:00" in str(check.metadata["recovery"].value)
    calls = len(world.server.calls)
    tags = {
        "dagster/asset_partition_range_start": (HOUR - 3 * _H).strftime(HOUR_FORMAT),
        "dagster/asset_partition_range_end": (HOUR - _H).strftime(HOUR_FORMAT),
    }
    mended = run_job(world.defs, world.instance, "hourly_collection", tags=tags)
    assert [call.split("?")[0] for call in world.server.calls[calls:]] == ["/active-ats-24h"]
    check = next(e for e in mended.get_asset_check_evaluations() if e.check_name == "no_missing_hours")
    assert check.passed
    hours = "SELECT count(*) FROM jobs WHERE collection_hour = date_trunc('hour', date_created)"
    assert world.scalar(hours) == world.scalar("SELECT count(*) FROM jobs") == 72


def test_a_window_cut_by_the_page_limit_is_asked_for_by_the_next_run(world: World) -> None:
    world.market(per_hour=150, since=HOUR - 2 * _H)
    _with(world, max_pages_per_hour=1)
    with _at(world, 1):
        first = world.collect(HOUR - _H)
    told = _metadata(first)
    assert (told["complete"], told["stopped"]) == (False, "the page limit is reached")
    check = next(e for e in first.get_asset_check_evaluations() if e.check_name == "no_cut_hours")
    assert not check.passed
    _with(world, max_pages_per_hour=10)
    second = world.collect(HOUR)
    assert _metadata(second)["hours_widened"] == 1
    assert world.scalar("SELECT count(*) FROM jobs") == 450
    assert world.scalar("SELECT count(*) FROM job_embeddings") == 450
    check = next(e for e in second.get_asset_check_evaluations() if e.check_name == "no_cut_hours")
    assert check.passed


def test_the_run_stops_before_the_reserve_and_says_so(world: World) -> None:
    world.market(per_hour=150, since=HOUR)
    world.server.plan.jobs = 350
    _with(world, credit_reserve=200)
    told = _metadata(world.collect())
    assert (told["stopped"], told["credits_spent"], told["complete"]) == ("the credit reserve is reached", 100, False)
    # What came is loaded, and the next run does not touch the reserve either.
    assert world.scalar("SELECT count(*) FROM jobs") == 100
    calls = len(world.server.calls)
    assert _metadata(world.collect())["calls"] == 0
    assert len(world.server.calls) == calls


def test_other_filters_are_other_hours(world: World) -> None:
    world.collect()
    _with(world, filters=Filters(location="Austria"))
    assert _metadata(world.collect())["hours_held"] == 0
    assert "location_filter=Austria" in world.server.calls[-1]


def test_an_interrupted_walk_through_a_wide_feed_goes_on_where_it_ended(world: World) -> None:
    world.market(per_hour=100, since=HOUR - 5 * _H)
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
    assert kept >= 100
    calls = len(world.server.calls)
    world.server._refusal, world.server.keys = refusal, known  # type: ignore[method-assign]
    run_job(world.defs, world.instance, "backfill_history", run_config=config)
    assert f"offset={kept}" in world.server.calls[calls]
    assert world.scalar("SELECT count(*) FROM jobs") == 600


def test_jobs_are_rebuilt_from_the_pages_alone(world: World) -> None:
    world.collect(HOUR - _H)
    before, calls = world.rows("jobs"), len(world.server.calls)
    with world.database.begin() as connection:
        connection.exec_driver_sql("TRUNCATE jobs, job_clusters CASCADE")
    world.collect(HOUR - _H, run_config={"ops": {"catalog__jobs": {"config": {"rebuild": True}}}})
    assert world.rows("jobs") == before
    assert len(world.server.calls) == calls


def test_both_generations_give_the_same_rows(world: World) -> None:
    facts = (
        "SELECT string_agg(concat_ws('|', external_id, title, company, location, date_created, text_hash, "
        "ai_key_skills, ai_salary_minvalue, linkedin_org_employees), ',' ORDER BY external_id) FROM jobs"
    )
    world.collect()
    known = world.scalar(facts)
    with world.database.begin() as connection:
        connection.exec_driver_sql("TRUNCATE jobs, job_pages, job_clusters CASCADE")
    _with(world, generation="g2")
    world.collect()
    assert world.scalar("SELECT count(*) FROM jobs") == 12
    assert world.scalar(facts) == known


def _history(endpoint: str) -> dict[str, Any]:
    return {"ops": {"sweep_history": {"config": {"endpoint": endpoint}}}}
