"""What a run writes into Dagster's history does not grow with what it works on, and costs little beside the work."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import dagster as dg
import pytest

from jobmatch_dagster.build import default_resources
from jobmatch_dagster.defs.catalog.stage import embed_postings, load_pages
from jobmatch_dagster.defs.enrichment.stage import enrich_pairs
from jobmatch_dagster.defs.matching.stage import MatchSettings, match_new_postings
from jobmatch_dagster.defs.profiles.stage import embed_profiles
from jobmatch_dagster.defs.raw.stage import collect_hours
from jobmatch_dagster_tests.world import HOUR, NOW, NURSE_CV, World


def test_an_hour_of_many_postings_writes_as_many_events_as_one_of_few(world: World) -> None:
    """Ten postings and 120; the load test below has 1,000."""
    assert _events(world, 10) == _events(world, 120)


@pytest.mark.load
def test_an_hour_of_a_thousand_postings_writes_as_many_events_as_one_of_ten(world: World) -> None:
    few, many = _events(world, 10), _events(world, 1_000)
    print(f"events of an hourly run: {few} for 10 postings, {many} for 1,000")  # noqa: T201
    assert few == many


@pytest.mark.load
def test_dagster_costs_little_beside_the_work(world: World) -> None:
    """The hourly run of 1,000 postings against the same functions called one after the other, on the same data."""
    world.take_in("ada", NURSE_CV)
    world.market(per_hour=1_000, since=HOUR - timedelta(hours=3))
    world.collect(HOUR - timedelta(hours=3))  # the model is loaded, the tables are warm
    runs, plain = [], []
    for _ in range(3):
        _forget(world)
        runs.append(_seconds(world.collect))
        _forget(world)
        plain.append(_seconds(lambda: _call_plainly(world)))
    run, work = sorted(runs)[1], sorted(plain)[1]
    print(f"run {run:.2f} s, plain calls {work:.2f} s, overhead {run - work:.2f} s, {(run - work) / run:.1%}")  # noqa: T201
    assert run - work < 5
    assert run - work < 0.1 * run


def _events(world: World, postings: int) -> int:
    """Events of an hourly run of so many postings, on an empty catalogue."""
    _forget(world)
    world.market(per_hour=postings, since=HOUR - timedelta(hours=3))
    result = world.collect()
    assert world.scalar("SELECT count(*) FROM jobs") == postings
    return len(world.instance.all_logs(result.run_id))


def _forget(world: World) -> None:
    with world.database.begin() as connection:
        connection.exec_driver_sql("TRUNCATE job_pages, jobs, job_clusters, quarantined_records CASCADE")


def _seconds(work: Callable[[], Any]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


def _call_plainly(world: World) -> None:
    resources = default_resources()
    embedder, matching, claude = resources["embedder"], resources["matching"], resources["claude"]
    with _api(world) as api:
        collect_hours(world.database, api, [HOUR], now=NOW, max_pages_per_hour=10, run_id="plain")
    load_pages(world.database, "plain")
    embed_postings(world.database, embedder, "plain")
    embed_profiles(world.database, embedder, "plain")
    match_new_postings(world.database, MatchSettings(embedder.model, matching.weights(), matching.keep_best), "plain")
    enrich_pairs(world.database, claude, "plain", None, None)


@contextmanager
def _api(world: World) -> Iterator[Callable[[], Any]]:
    """The API client as the resource makes it in a run."""
    with dg.build_resources({"active_jobs": default_resources()["active_jobs"]}) as built:
        yield built.active_jobs.client
